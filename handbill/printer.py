"""What a printer can do, what it is asked to do with a leaflet, and in plain words what it says."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from handbill import ipp
from handbill.diagnostics import Fault, Location
from handbill.ipp import Asked, Attributes, Operation, Range, Tag


PDF = "application/pdf"
#: What is asked of a printer before anything is sent to it.
WANTED = (
    "copies-supported",
    "document-format-supported",
    "finishings-supported",
    "media-ready",
    "media-supported",
    "multiple-document-handling-supported",
    "operations-supported",
    "print-color-mode-supported",
    "print-scaling-supported",
    "printer-info",
    "printer-is-accepting-jobs",
    "printer-make-and-model",
    "printer-name",
    "printer-state",
    "printer-state-message",
    "printer-state-reasons",
    "sides-supported",
)
#: What is asked about a job.
ABOUT_JOB = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-impressions-completed",
    "job-k-octets",
    "number-of-documents",
)

#: Without these a job that was interrupted could not be found again.
_NEEDED = frozenset(
    {
        Operation.CREATE_JOB,
        Operation.SEND_DOCUMENT,
        Operation.GET_JOB_ATTRIBUTES,
        Operation.GET_JOBS,
        Operation.CANCEL_JOB,
    }
)
_QUEUE = "add it to CUPS (lpadmin -p NAME -E -v ADDRESS -m everywhere), and print to that queue"

#: Names of media end in their size.
_SIZE = re.compile(r"_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$")
#: Names that are older than that.
_OLD_SIZES = {
    "iso-a3": (297.0, 420.0),
    "iso-a4": (210.0, 297.0),
    "iso-a5": (148.0, 210.0),
    "na-letter": (215.9, 279.4),
    "na-legal": (215.9, 355.6),
}
_NAMES = {
    (210.0, 297.0): "A4",
    (215.9, 279.4): "US Letter",
    (148.0, 210.0): "A5",
    (297.0, 420.0): "A3",
    (215.9, 355.6): "US Legal",
}
#: Paper is as large as a page if both differ by no more than this, in millimetres. Two pages of A5,
#: side by side, lack one of A4.
_SAME = 1.5

#: Finishings, by RFC 8011 and PWG 5100.1.
_STAPLE, _SADDLE_STITCH, _FOLD = 4, 8, 10
_STAPLE_TOP_LEFT, _STAPLE_TOP_RIGHT, _FOLD_HALF = 20, 22, 93

_COLLATED = "separate-documents-collated-copies"


#: Takes what is done instead of what was asked, and a hint.
_Instead = Callable[[str, str], None]


class JobState(IntEnum):
    """What becomes of a job, by RFC 8011."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELLED = 7
    ABORTED = 8
    COMPLETED = 9


_PRINTER_STOPPED = 5

#: Why a printer does not print: the keywords of RFC 8011, 5.4.12, of its extensions and of CUPS.
_REASONS = {
    "connecting-to-device": "the printer is being connected to",
    "cover-open": "a cover is open",
    "cups-missing-filter": "a program that CUPS needs for the printer is missing",
    "deactivated": "the printer is switched off for jobs",
    "developer-empty": "the developer is used up",
    "developer-low": "the developer is nearly used up",
    "door-open": "a door is open",
    "fuser-over-temp": "the printer's fuser is too hot",
    "fuser-under-temp": "the printer's fuser is still cold",
    "hold-new-jobs": "the printer holds new jobs",
    "input-tray-missing": "a paper tray is missing",
    "interlock-open": "a safety switch is open",
    "interpreter-resource-unavailable": "something that the file needs is not there",
    "marker-supply-empty": "ink or toner is used up",
    "marker-supply-low": "ink or toner is low",
    "marker-waste-almost-full": "the printer's waste box is nearly full",
    "marker-waste-full": "the printer's waste box is full",
    "media-empty": "out of paper",
    "media-jam": "paper is jammed",
    "media-low": "paper is low",
    "media-needed": "the printer needs other paper than is loaded",
    "moving-to-paused": "the printer is being paused",
    "offline": "the printer is offline",
    "opc-life-over": "the printer's drum is worn out",
    "opc-near-eol": "the printer's drum is nearly worn out",
    "other": "the printer says only that something is wrong",
    "output-area-almost-full": "the printer's output tray is nearly full",
    "output-area-full": "the printer's output tray is full",
    "output-tray-missing": "an output tray is missing",
    "paused": "the printer is paused",
    "shutdown": "the printer is switched off",
    "spool-area-full": "the printer has no room for more jobs",
    "stopped-partly": "a part of it is stopped",
    "stopping": "the printer is being stopped",
    "timed-out": "the printer does not answer its server",
    "toner-empty": "toner is used up",
    "toner-low": "toner is low",
}
#: With these a printer goes on.
_MERE_WARNINGS = frozenset(
    name for name in _REASONS if name.endswith(("-low", "-almost-full", "-near-eol"))
)

#: Why a job is where it is: the keywords of RFC 8011, 5.3.8, and of its extensions.
_JOB_REASONS = {
    "aborted-by-system": "the printer has given it up",
    "account-authorization-failed": "the account is not allowed to print",
    "account-closed": "the account is closed",
    "account-info-needed": "the printer wants to know an account",
    "account-limit-reached": "the account has printed all that it may",
    "compression-error": "the file cannot be unpacked",
    "conflicting-attributes": "what was asked contradicts itself",
    "document-access-error": "the file cannot be fetched",
    "document-format-error": "the printer cannot read the file",
    "document-unprintable-error": "the printer cannot print the file",
    "job-canceled-at-device": "somebody has cancelled it at the printer",
    "job-canceled-by-operator": "whoever runs the printer has cancelled it",
    "job-canceled-by-user": "its user has cancelled it",
    "job-completed-with-errors": "with errors: count the sheets",
    "job-completed-with-warnings": "with warnings: look at the sheets",
    "job-data-insufficient": "the printer waits for the rest of the file",
    "job-held-for-review": "somebody has to release it",
    "job-held-on-create": "somebody has to release it",
    "job-hold-until-specified": "the printer holds it until a time that was set, or for good",
    "job-incoming": "the file is on its way",
    "job-password-wait": "somebody has to enter a password at the printer",
    "job-release-wait": "somebody has to release it at the printer",
    "job-suspended": "it was suspended",
    "printer-stopped": "the printer is stopped",
    "printer-stopped-partly": "a part of the printer is stopped",
    "resources-are-not-ready": "the printer lacks paper or something else that it needs",
    "service-off-line": "the printer is offline",
    "submission-interrupted": "the file did not arrive whole",
    "unsupported-attributes-or-values": "the printer cannot do what was asked",
    "unsupported-document-format": "the printer does not read this kind of file",
    "waiting-for-user-action": "somebody has to do something at the printer",
}
_FLAWS = frozenset({"job-completed-with-errors", "job-completed-with-warnings"})
#: With these, not all of the document has arrived.
_INCOMPLETE = frozenset({"job-incoming", "job-data-insufficient", "submission-interrupted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """How large the pages of a file are, in millimetres, and how many there are."""

    width: float
    height: float
    pages: int

    @property
    def is_landscape(self) -> bool:
        """Whether a page is wider than it is high."""
        return self.width > self.height

    def __str__(self) -> str:
        """Name the paper that it is for."""
        for sizes, name in _NAMES.items():
            if self.is_as_large(*sizes):
                return name
        short, long = sorted((self.width, self.height))
        return f"{short:.0f} × {long:.0f} mm"

    def is_as_large(self, width: float, height: float) -> bool:
        """Tell whether paper is of this size, however it lies."""
        ours, theirs = sorted((self.width, self.height)), sorted((width, height))
        return all(abs(one - other) <= _SAME for one, other in zip(ours, theirs, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a printer can do, and whether it is ready to."""

    name: str
    model: str
    formats: tuple[str, ...]
    media: tuple[str, ...]
    ready: tuple[str, ...]
    sides: tuple[str, ...]
    colours: tuple[str, ...]
    finishings: tuple[int, ...]
    scaling: tuple[str, ...]
    handling: tuple[str, ...]
    operations: frozenset[int]
    copies: int
    is_accepting: bool
    is_stopped: bool
    reasons: tuple[str, ...]
    message: str

    @classmethod
    def of(cls, found: Attributes) -> Self:
        """Read what a printer says of itself."""
        copies = found.get("copies-supported", (None,))[0]
        return cls(
            name=ipp.text(found, "printer-name") or ipp.text(found, "printer-info"),
            model=ipp.text(found, "printer-make-and-model"),
            formats=ipp.texts(found, "document-format-supported"),
            media=ipp.texts(found, "media-supported"),
            ready=ipp.texts(found, "media-ready"),
            sides=ipp.texts(found, "sides-supported"),
            colours=ipp.texts(found, "print-color-mode-supported"),
            finishings=ipp.numbers(found, "finishings-supported"),
            scaling=ipp.texts(found, "print-scaling-supported"),
            handling=ipp.texts(found, "multiple-document-handling-supported"),
            operations=frozenset(ipp.numbers(found, "operations-supported")),
            copies=max(1, copies.most) if isinstance(copies, Range) else 1,
            # Who does not say so accepts them.
            is_accepting=ipp.number(found, "printer-is-accepting-jobs") != 0,
            is_stopped=ipp.number(found, "printer-state") == _PRINTER_STOPPED,
            reasons=tuple(
                reason for reason in ipp.texts(found, "printer-state-reasons") if reason != "none"
            ),
            message=ipp.text(found, "printer-state-message"),
        )

    def lines(self) -> Iterable[str]:
        """Yield what the printer can do, for people."""
        sizes = {str(sheet) for name in self.media if (sheet := _sheet(name))}
        loaded = {str(sheet) for name in self.ready if (sheet := _sheet(name))}
        staples = {_STAPLE, _STAPLE_TOP_LEFT, _STAPLE_TOP_RIGHT} & set(self.finishings)
        both = {"two-sided-long-edge", "two-sided-short-edge"} & set(self.sides)
        yield f"{self.name} ({self.model})" if self.model else self.name
        yield f"paper: {', '.join(sorted(sizes)) or 'it does not say'}"
        yield f"loaded: {', '.join(sorted(loaded)) or 'it does not say'}"
        yield f"both sides: {'yes' if len(both) == 2 else 'no'}"
        yield f"colour: {'yes' if 'color' in self.colours else 'no'}"
        yield f"staples: {'yes' if staples else 'no'}"
        folds = {_FOLD, _FOLD_HALF} & set(self.finishings)
        yield f"folds: {'yes' if folds else 'no'}"
        yield f"stitches booklets: {'yes' if _SADDLE_STITCH in self.finishings else 'no'}"
        yield f"copies of a job: up to {self.copies}"
        yield f"takes PDF: {'yes' if self.takes_pdf else 'no'}"
        yield f"now: {self.standing() or 'ready'}"

    @property
    def takes_pdf(self) -> bool:
        """Whether what handbill makes can be sent to it."""
        return PDF in self.formats

    def standing(self) -> str:
        """Say why it does not print now; nothing if it would."""
        found = [] if self.is_accepting else ["the printer accepts no jobs"]
        found += [said for reason in self.reasons if (said := _reason(reason))]
        if self.is_stopped and not found:
            found.append("the printer is stopped")
        return ", ".join(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a person wants a file printed.

    Attributes:
        sheet: its pages.
        copies: how many.
        direction: `rtl` for pages that are bound on the right.
        is_booklet: whether its sheets are to be folded.
        is_mono: whether in black alone.
        is_one_sided: whether the backs are to stay empty.
        is_stapled: whether to staple it.
        location: where that was asked.
    """

    sheet: Sheet
    copies: int
    direction: str
    is_booklet: bool
    is_mono: bool
    is_one_sided: bool
    is_stapled: bool
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a printer is asked to do with a file.

    Attributes:
        asked: the attributes of its jobs, but for the number of copies.
        parts: the copies of each job: as many jobs as the printer needs for them.
        words: the same for people.
        faults: what the printer cannot do: instead of which something else is done, or nothing.
    """

    asked: tuple[Asked, ...]
    parts: tuple[int, ...]
    words: str
    faults: tuple[Fault, ...]


def unfit(printer: Capabilities, location: Location) -> Fault | None:
    """Say why nothing at all can be printed there; nothing if something can."""
    name = printer.name or "the printer"
    if missing := sorted(_NEEDED - printer.operations):
        words = ", ".join(item.name.replace("_", "-").title() for item in missing)
        message = f"{name} cannot follow a job: it lacks {words}"
        return _fault("missing-capability", location, message, f"{_QUEUE}, which can")
    if not printer.takes_pdf:
        takes = ", ".join(printer.formats) or "nothing that it tells of"
        hint = f"{_QUEUE}, which turns PDF into what it takes"
        return _fault("missing-capability", location, f"{name} takes no PDF, but {takes}", hint)
    if not printer.is_accepting:
        message = f"{name} accepts no jobs"
        message += f": {printer.message}" if printer.message else ""
        hint = "ask who runs it; for a queue of CUPS: cupsaccept"
        return _fault("refusing-printer", location, message, hint)
    return None


def ticket(printer: Capabilities, wish: Wish) -> Ticket:
    """Work out how a file is printed on a printer.

    The paper is that of the pages: nothing is scaled. A page that is wider than high is turned over
    its short edge, any other over its long one, wherever it is bound: a printer turns a sheet about
    the middle of its edge, so left and right are the same to it. Not so to staples.
    """
    faults: list[Fault] = []
    asked: list[Asked] = []
    words: list[str] = [str(wish.sheet)]

    def instead(message: str, hint: str) -> None:
        faults.append(_fault("lesser-print", wish.location, message, hint))

    medium, fault = _medium(printer, wish)
    faults += [fault] if fault else []
    if medium:
        asked.append(("media", Tag.KEYWORD, (medium,)))
        if "none" in printer.scaling:
            asked.append(("print-scaling", Tag.KEYWORD, ("none",)))

    sides, fault = _sides(printer, wish)
    faults += [fault] if fault else []
    words.append(_SIDES[sides])
    if printer.sides:
        asked.append(("sides", Tag.KEYWORD, (sides,)))

    colour = _colour(printer, wish, instead)
    words.append(_COLOURS.get(colour, "in the colours that it has"))
    if colour:
        asked.append(("print-color-mode", Tag.KEYWORD, (colour,)))

    if finishings := _finishings(printer, wish, sides, instead):
        asked.append(("finishings", Tag.ENUM, tuple(finishings)))
        words += [_FINISHINGS[item] for item in finishings]

    if wish.copies > 1 and _COLLATED in printer.handling:
        asked.append(("multiple-document-handling", Tag.KEYWORD, (_COLLATED,)))
    full, rest = divmod(wish.copies, printer.copies)
    parts = (*([printer.copies] * full), *([rest] if rest else []))
    words.append(f"{wish.copies} {'copy' if wish.copies == 1 else 'copies'}")
    if len(parts) > 1:
        words.append(f"in {len(parts)} jobs, as it takes {printer.copies} copies a job")
    return Ticket(asked=tuple(asked), parts=parts, words=", ".join(words), faults=tuple(faults))


_SIDES = {
    "one-sided": "one side",
    "two-sided-long-edge": "both sides, turned over the long edge",
    "two-sided-short-edge": "both sides, turned over the short edge",
}
_COLOURS = {"color": "in colour", "monochrome": "in black", "process-monochrome": "in black"}
_FINISHINGS = {
    _STAPLE: "stapled",
    _STAPLE_TOP_LEFT: "stapled top left",
    _STAPLE_TOP_RIGHT: "stapled top right",
    _SADDLE_STITCH: "stitched in the middle",
    _FOLD: "folded",
    _FOLD_HALF: "folded in half",
}


def _sheet(medium: str) -> Sheet | None:
    """Read the size of a medium off its name."""
    if found := _SIZE.search(medium):
        scale = 25.4 if found.group(3) == "in" else 1
        sizes = float(found.group(1)) * scale, float(found.group(2)) * scale
    elif medium in _OLD_SIZES:
        sizes = _OLD_SIZES[medium]
    else:
        return None
    # The least and the most that a printer can feed are no paper.
    if medium.startswith(("custom_min", "custom_max", "roll_")):
        return None
    return Sheet(width=sizes[0], height=sizes[1], pages=1)


def _is_as_large(medium: str, sheet: Sheet) -> bool:
    found = _sheet(medium)
    return found is not None and sheet.is_as_large(found.width, found.height)


def _medium(printer: Capabilities, wish: Wish) -> tuple[str, Fault | None]:
    """Choose the paper; a page is never scaled to fit another."""
    sheet = wish.sheet
    fitting = [name for name in printer.media if _is_as_large(name, sheet)]
    # What is loaded first: one size can have several names, such as that for borderless printing.
    loaded = [name for name in printer.ready if _is_as_large(name, sheet)]
    has = sorted({str(size) for name in printer.media if (size := _sheet(name))})
    if not printer.media:
        message = f"{printer.name} does not say which paper it has; look whether it is {sheet}"
        return "", _fault("lesser-print", wish.location, message)
    if not fitting:
        message = f"{printer.name} has no {sheet}, but {', '.join(has)}; nothing is scaled"
        hint = f"choose a format for paper that it has, or a printer with {sheet}"
        return "", _fault("missing-capability", wish.location, message, hint)
    if printer.ready and not loaded:
        ready = sorted({str(size) for name in printer.ready if (size := _sheet(name))})
        message = f"{sheet} is not loaded, but {', '.join(ready) or 'other paper'}"
        hint = f"the printer will wait for it: load {sheet}"
        return fitting[0], _fault("lesser-print", wish.location, message, hint)
    return next((name for name in fitting if name in loaded), fitting[0]), None


def _sides(printer: Capabilities, wish: Wish) -> tuple[str, Fault | None]:
    if wish.sheet.pages == 1 or (wish.is_one_sided and not wish.is_booklet):
        return "one-sided", None
    edge = "short" if wish.sheet.is_landscape else "long"
    if f"two-sided-{edge}-edge" in printer.sides:
        return f"two-sided-{edge}-edge", None
    message = f"{printer.name} does not print on both sides"
    if edge == "short" and "two-sided-long-edge" in printer.sides:
        message = f"{printer.name} does not turn sheets over their short edge"
    if wish.is_booklet:
        hint = "print it without --booklet, or on a printer that does"
        return "one-sided", _fault("missing-capability", wish.location, message, hint)
    message += f"; printed on one side: {wish.sheet.pages} sheets a copy"
    return "one-sided", _fault("lesser-print", wish.location, message)


def _colour(printer: Capabilities, wish: Wish, instead: _Instead) -> str:
    black = [name for name in ("monochrome", "process-monochrome") if name in printer.colours]
    if wish.is_mono:
        if not black and printer.colours:
            instead(f"{printer.name} cannot be told to print in black; it may use colour", "")
        return black[0] if black else ""
    if "color" in printer.colours:
        return "color"
    if black:
        instead(f"{printer.name} has no colour; printed in black", "--mono asks for just that")
        return black[0]
    return ""


def _finishings(printer: Capabilities, wish: Wish, sides: str, instead: _Instead) -> list[int]:
    """Choose staples and folds; what a person has asked for and does not get is told."""
    has = set(printer.finishings)
    if wish.is_booklet:
        folds = [item for item in (_FOLD_HALF, _FOLD) if item in has][:1]
        stitches = [_SADDLE_STITCH] if _SADDLE_STITCH in has else []
        if not folds and not stitches:
            instead(f"{printer.name} does not fold; the sheets come out flat", "fold them by hand")
        elif wish.is_stapled and not stitches:
            instead(f"{printer.name} does not stitch in the middle", "staple them by hand")
        return stitches + folds
    if not wish.is_stapled:
        return []
    pages = wish.sheet.pages
    if pages == 1 or (pages == 2 and sides != "one-sided"):
        instead("one sheet a copy: nothing to staple", "")
        return []
    # A text that is read from the right is bound there. Where a plain staple goes nobody says,
    # and it is the top left corner of nearly all printers.
    rtl = wish.direction == "rtl"
    for item in (_STAPLE_TOP_RIGHT,) if rtl else (_STAPLE_TOP_LEFT, _STAPLE):
        if item in has:
            return [item]
    corner = "at the top right, where it is bound" if rtl else "at all"
    instead(f"{printer.name} does not staple {corner}; not stapled", "staple the copies by hand")
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a printer says of a job.

    Attributes:
        impressions: how many sides have come out; None where it does not count.
        documents: how many files it has of it; None where it does not say.
        kilobytes: how large they are; None where it does not say.
    """

    id: int
    name: str
    state: JobState
    reasons: tuple[str, ...]
    message: str
    impressions: int | None
    documents: int | None
    kilobytes: int | None

    @classmethod
    def of(cls, found: Attributes) -> Self:
        """Read what a printer says of a job.

        Raises:
            ipp.ProtocolError: it says nothing of it.
        """
        try:
            state = JobState(ipp.number(found, "job-state") or 0)
        except ValueError as error:
            raise ipp.ProtocolError("it does not say what became of the job") from error
        return cls(
            id=ipp.number(found, "job-id") or 0,
            name=ipp.text(found, "job-name"),
            state=state,
            reasons=tuple(
                reason for reason in ipp.texts(found, "job-state-reasons") if reason != "none"
            ),
            message=ipp.text(found, "job-state-message"),
            impressions=ipp.number(found, "job-impressions-completed"),
            documents=ipp.number(found, "number-of-documents"),
            kilobytes=ipp.number(found, "job-k-octets"),
        )

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state >= JobState.CANCELLED

    @property
    def was_flawed(self) -> bool:
        """Whether it was printed, but the printer says that something went wrong."""
        return bool(_FLAWS.intersection(self.reasons))

    @property
    def lacks_document(self) -> bool:
        """Whether the printer says that not all of the document has arrived."""
        return self.documents == 0 or bool(_INCOMPLETE.intersection(self.reasons))

    def holds(self, size: int) -> bool:
        """Tell whether the printer says that a document of so many bytes has arrived."""
        return self.kilobytes == -(-size // 1024)

    def words(self) -> str:
        """Say why it is where it is; nothing where the printer does not say."""
        said = [_JOB_REASONS[reason] for reason in self.reasons if reason in _JOB_REASONS]
        return ", ".join(dict.fromkeys(said))

    @property
    def out(self) -> str:
        """Say how much has come out."""
        if self.impressions is None:
            return "nobody has counted what came out"
        if not self.impressions:
            return "nothing came out"
        return f"{self.impressions} side{'s' if self.impressions > 1 else ''} came out"


def standing(job: Job, printer: Capabilities) -> str:
    """Say in plain words how a job stands that has not ended."""
    why = ", ".join(filter(None, (job.words(), printer.standing())))
    if job.state == JobState.HELD:
        return f"held: {why or 'release it at the printer'}"
    if job.state == JobState.STOPPED:
        return f"stopped: {why or job.message or 'the printer does not say why'}"
    if job.state == JobState.PENDING:
        return f"waiting: {why or 'other jobs are first'}"
    if blocked := [reason for reason in printer.reasons if _bare(reason) not in _MERE_WARNINGS]:
        return f"stopped: {why or ', '.join(blocked)}"
    return "printing" + (f"; {why}" if why else "")


def ended(job: Job) -> str:
    """Say in plain words how a job has ended."""
    why = job.words() or job.message
    if job.state == JobState.COMPLETED:
        return f"printed, {job.words()}" if job.was_flawed else "printed"
    if job.state == JobState.CANCELLED:
        return f"cancelled: {why or 'the printer does not say by whom'}; {job.out}"
    return f"given up: {why or 'the printer does not say why'}; {job.out}"


def _bare(reason: str) -> str:
    """Take off how bad it is."""
    return re.sub(r"-(report|warning|error)$", "", reason)


def _reason(reason: str) -> str:
    return _REASONS.get(_bare(reason), f"the printer says {reason!r}")


def _fault(kind: str, location: Location, message: str, hint: str = "") -> Fault:
    return Fault(kind=kind, location=location, message=message, hint=hint)
