"""From a file to paper, once: what is handed to a printer is followed until it lies in the tray.

A job is made first, and its number written down; only then is the document sent. So of a job
without a number nothing can have been printed, and one with a number can be asked about, whatever
has broken in between. What neither the printer nor the ledger knows is told to a person as in
doubt, and never printed again unasked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat

from handbill import ipp, printer
from handbill.diagnostics import Fault, HandbillError, Location
from handbill.ipp import Asked, Operation, RefusedError, Status, Tag, UnreachableError
from handbill.ledger import Item, Ledger, State
from handbill.printer import PDF, Capabilities, Job, JobState


#: How often one job is sent while the connection breaks, and how long to wait before each, in
#: seconds.
_WAITS = (0.0, 2.0, 5.0)
#: How often a printer is asked how a job stands: soon at first, then every two seconds.
_RHYTHM = (0.2, 0.3, 0.5, 1.0)
_STEADY = 2.0
#: For how long a printer that has a job may be out of reach, in seconds.
_SILENCE = 120.0
#: For how long a printer may take to cancel a job, in seconds.
_CANCELLING = 20.0
#: After this an unfinished run is not taken up again unasked, in seconds.
RECENT = 12 * 3600.0

_BUSY = frozenset({Status.BUSY, Status.TEMPORARY_ERROR, Status.SERVICE_UNAVAILABLE})
_UNKNOWN = frozenset({Status.NOT_FOUND, Status.GONE})
_RUN, _NAMED_RUN = "print:", "print run "
#: Follows a job's number in the ledger once the printer has said that it has the document.
_ARRIVED = " arrived"
_LOOK = (
    "when the printer answers, the same command again looks for the job; if it cannot be found, "
    "look at the tray, then add --in-doubt printed or --in-doubt again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A file to print, as one job.

    Attributes:
        item: what the ledger calls it.
        title: what people call it.
        about: which leaflet it is, for the ledger.
        asked: what the printer is told of its paper.
        copies: how many.
        data: the PDF.
        location: where it was asked for.
    """

    item: Item
    title: str
    about: str
    asked: tuple[Asked, ...]
    copies: int
    data: bytes
    location: Location


class End(StrEnum):
    """What became of an order."""

    PRINTED = "printed"
    #: The printer has it, and nobody waits.
    HANDED_OVER = "handed over"
    #: An earlier command has printed it.
    BEFORE = "printed before"
    FAILED = "failed"
    WAITING = "waiting"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of an order.

    Attributes:
        fault: what went wrong, if something did.
        stops: whether other orders would fare the same.
    """

    end: End
    fault: Fault | None = None
    stops: bool = False


class _DoubtError(Exception):
    """Nobody knows what became of a job."""


def run(
    ledger: Ledger,
    key: str,
    now: float,
    *,
    name: str = "",
    anew: bool = False,
    resume: bool = False,
) -> str:
    """Return the name of the run that an order belongs to: that of a retry is the one it retries.

    Args:
        ledger: what was printed before.
        key: the same for the same files, copies and printer.
        now: the time.
        name: what a person calls the run; what was printed in it is never printed in it again.
        anew: whether to leave an unfinished run alone.
        resume: whether to take up an unfinished run, however old it is.

    Raises:
        HandbillError: there is an unfinished one, too old to be taken for the same unasked.
    """
    if name:
        return f"{_NAMED_RUN}{name}"
    prefix = f"{_RUN}{key}:"
    numbers = [
        int(known.removeprefix(prefix)) for known in ledger.campaigns() if known.startswith(prefix)
    ]
    last = max(numbers, default=0)
    entries = ledger.entries(f"{prefix}{last}")
    if anew or all(entry.state is State.DELIVERED for entry in entries):
        return f"{prefix}{last + 1}"
    begun = any(
        entry.state is State.DELIVERED
        or (entry.receipt and entry.state in {State.UNDER_WAY, State.IN_DOUBT})
        for entry in entries
    )
    if begun and not resume and now - max(entry.changed for entry in entries) > RECENT:
        done = sum(entry.state is State.DELIVERED for entry in entries)
        message = f"the same was begun before and not finished: {done} of {len(entries)} printed"
        hint = "--resume prints the rest, --anew prints all of it again"
        raise HandbillError(
            Fault(
                kind="doubtful-print",
                location=Location(path=ledger.folder.name),
                message=message,
                hint=hint,
            )
        )
    return f"{prefix}{last}"


def is_of_paper(campaign: str) -> bool:
    """Tell whether a campaign of the ledger is of paper, and no mailing."""
    return campaign.startswith((_RUN, _NAMED_RUN))


class Spool:
    """Hands files to one printer.

    Args:
        client: the way to it.
        ledger: what was printed before; nobody else is at work on these orders.
        clock: what tells the time.
        pause: what lets time pass, given seconds.
        say: what tells people how it goes.
        deadline: when to wait no more.
        seen: what a person says of jobs that the printer has forgotten: `printed`, or `again`
            for those that are to be printed again; empty where nobody has said anything.
    """

    def __init__(
        self,
        client: ipp.Client,
        ledger: Ledger,
        *,
        clock: Callable[[], float],
        pause: Callable[[float], None],
        say: Callable[[str], None],
        deadline: float = float("inf"),
        seen: str = "",
    ) -> None:
        self.client, self.ledger, self.deadline, self.seen = client, ledger, deadline, seen
        self._clock, self._pause, self._say = clock, pause, say

    def capabilities(self) -> Capabilities:
        """Ask the printer what it can do."""
        wanted: Asked = ("requested-attributes", Tag.KEYWORD, printer.WANTED)
        found = self.client.ask(Operation.GET_PRINTER_ATTRIBUTES, (wanted,))
        return Capabilities.of(found.printer)

    def print(self, order: Order, *, waits: bool = True) -> Result:
        """Print an order, unless that was done, and follow it to its end.

        Args:
            order: it.
            waits: whether to stay until it lies in the tray.
        """
        entry = self.ledger.plan(order.item, about=order.about)
        if entry.state is State.DELIVERED:
            number = entry.receipt.removesuffix(_ARRIVED)
            self._say(f"{order.title}: printed before, as job {number}; not printed again")
            return Result(end=End.BEFORE)
        try:
            if entry.state is State.IN_DOUBT:
                try:
                    found = self._found(order, entry.receipt)
                except _DoubtError:
                    if not self.seen:
                        raise
                    found = None
                    if self.seen == "printed":
                        self.ledger.delivered(order.item, reply="seen in the tray")
                        self._say(f"{order.title}: printed, as was seen in the tray")
                        return Result(end=End.BEFORE)
                if found is not None:
                    self._say(f"{order.title}: found again, as job {found.id}; not sent again")
                    return self._ended(order, found, waits=waits)
            if entry.state in {State.IN_DOUBT, State.REFUSED}:
                self.ledger.again(order.item)
            return self._send(order, waits=waits)
        except KeyboardInterrupt:
            self._withdraw(order)
            raise
        except (_DoubtError, UnreachableError, RefusedError, ipp.ProtocolError) as error:
            return self._lost(order, error)

    def _send(self, order: Order, *, waits: bool) -> Result:
        """Make a job, send its document, and follow it; again where a broken connection ate it."""
        number = ""
        for wait in _WAITS:
            self._pause(wait)
            self.ledger.begin(order.item)
            self.ledger.note(order.item, "")
            number = ""
            try:
                number = str(self._create(order))
                self.ledger.note(order.item, number)
                self._say(f"{order.title}: job {number}")
                self._submit(order, int(number))
                self.ledger.note(order.item, f"{number}{_ARRIVED}")
                found: Job | None = self._job(int(number))
            except RefusedError as error:
                return self._refused(order, number, error)
            except UnreachableError as error:
                if not error.sent and not number:
                    raise
                self._say(f"{order.title}: {error.reason}; looking what became of it")
                entry = self.ledger.in_doubt(order.item, reply=error.reason)
                found = self._found_later(order, entry.receipt)
            if found is not None:
                return self._ended(order, found, waits=waits)
            self.ledger.again(order.item)
        message = f"the connection broke {len(_WAITS)} times; nothing was printed"
        fault = _fault("unreachable-printer", order, message, "look at the network, and try again")
        return Result(end=End.FAILED, fault=fault, stops=True)

    def _create(self, order: Order) -> int:
        """Make a job without a document; return its number."""
        asked: list[Asked] = [
            ("job-name", Tag.NAME, (self._name(order),)),
            ("ipp-attribute-fidelity", Tag.BOOLEAN, (True,)),
        ]
        wanted = (("copies", Tag.INTEGER, (order.copies,)), *order.asked)
        made = self._patiently(order, asked, wanted)
        number = ipp.number(made.jobs[0], "job-id") if made.jobs else None
        if not number:
            raise ipp.ProtocolError("it makes a job without a number")
        # Nothing has been sent yet: a job that would be printed otherwise is not printed.
        if ignored := sorted({*made.unsupported} - {"ipp-attribute-fidelity"}):
            self._cancel(number)
            raise RefusedError(
                ipp.Response(
                    status=Status.VALUES_NOT_SUPPORTED,
                    unsupported=dict.fromkeys(ignored, (None,)),
                )
            )
        return number

    def _patiently(
        self, order: Order, asked: Sequence[Asked], wanted: Sequence[Asked]
    ) -> ipp.Response:
        """Ask for a job until a busy printer makes it."""
        is_told, rhythm = False, self._rhythm()
        while True:
            try:
                return self.client.ask(Operation.CREATE_JOB, asked, wanted=wanted)
            except RefusedError as error:
                if error.status not in _BUSY or self._clock() > self.deadline:
                    raise
                if not is_told:
                    self._say(f"{order.title}: waiting: {error}")
                is_told = True
            self._pause(next(rhythm))

    def _submit(self, order: Order, number: int) -> None:
        asked: tuple[Asked, ...] = (
            ("document-format", Tag.MIME_TYPE, (PDF,)),
            ("last-document", Tag.BOOLEAN, (True,)),
        )
        self.client.ask(Operation.SEND_DOCUMENT, asked, job=number, document=order.data)

    def _ended(self, order: Order, job: Job, *, waits: bool) -> Result:
        """Follow a job that has its document, and write down how it ends."""
        item, end = order.item, job
        if waits and not job.has_ended:
            followed = self._follow(order, job)
            if followed is None:
                raise _DoubtError(f"the printer has forgotten job {job.id}")
            end = followed
        if not waits and not job.has_ended:
            self.ledger.delivered(item, reply="handed over")
            self._say(f"{order.title}: job {job.id} is at the printer; not waiting for it")
            return Result(end=End.HANDED_OVER)
        if not end.has_ended:
            words = printer.standing(end, self.capabilities())
            self.ledger.in_doubt(item, reply=words)
            hint = "it stays at the printer; the same command again waits for it, and sends nothing"
            fault = _fault("waiting-job", order, f"job {end.id} is not printed yet: {words}", hint)
            return Result(end=End.WAITING, fault=fault, stops=True)
        words = printer.ended(end)
        if end.state is JobState.COMPLETED:
            self.ledger.delivered(item, reply=words)
            self._say(f"{order.title}: {words}")
            flaw = _fault("lesser-print", order, f"job {end.id} was {words}")
            return Result(end=End.PRINTED, fault=flaw if end.was_flawed else None)
        self.ledger.refused(item, reply=words)
        hint = "the same command again prints all its copies"
        return Result(
            end=End.FAILED, fault=_fault("failed-job", order, f"job {end.id} was {words}", hint)
        )

    def _follow(self, order: Order, job: Job) -> Job | None:
        """Ask how a job stands until it has ended, or it is time; None once it is forgotten."""
        said, silent = "", float("inf")
        for wait in self._rhythm():
            try:
                job = self._job(job.id)
                words = "" if job.has_ended else printer.standing(job, self.capabilities())
                silent = float("inf")
            except UnreachableError as error:
                words = f"{error.reason}; trying again"
                silent = min(silent, self._clock())
                if self._clock() > min(silent + _SILENCE, self.deadline):
                    raise
            except RefusedError as error:
                if error.status in _UNKNOWN:
                    return None
                raise
            if words != said and words:
                self._say(f"{order.title}: {words}")
            said = words
            if job.has_ended or self._clock() > self.deadline:
                break
            self._pause(wait)
        return job

    def _found_later(self, order: Order, receipt: str) -> Job | None:
        """Look for an interrupted job, and give the printer time to be there again."""
        for wait in _WAITS[1:]:
            self._pause(wait)
            with suppress(UnreachableError):
                return self._found(order, receipt)
        raise _DoubtError("the printer is out of reach")

    def _found(self, order: Order, receipt: str) -> Job | None:
        """Find out what became of a job that was interrupted.

        Args:
            order: what it was for.
            receipt: its number, and whether the printer has said that it has the document. Empty
                if the number was never known, so that it had none.

        Returns:
            The job, if it is being printed or something of it was. None if nothing of it was
            printed, and nothing will be: what was left of it is cancelled.

        Raises:
            _DoubtError: the printer does not know.
        """
        name, number = self._name(order), receipt.removesuffix(_ARRIVED)
        for job in self._waiting():
            if job.name == name and str(job.id) != number:
                self._cancel(job.id)
        if not number:
            return None
        try:
            job = self._job(int(number))
        except RefusedError as error:
            if error.status in _UNKNOWN:
                raise _DoubtError(f"the printer has forgotten job {number}") from error
            raise
        if job.name != name:
            raise _DoubtError(f"job {number} of the printer is another one now")
        if job.state is JobState.ABORTED and job.impressions == 0:
            # Given up without a page: as if it had never been.
            return None
        if receipt.endswith(_ARRIVED) or job.holds(len(order.data)):
            return job
        self._cut_off(job)
        return None

    def _cut_off(self, job: Job) -> None:
        """Cancel a job whose document may not be whole, as long as nothing of it is printed."""
        # The connection has broken in the middle. Some printers print what they have of a file as
        # if it were all, so only one that has not begun can be told to forget it.
        if job.lacks_document or job.state in {JobState.PENDING, JobState.HELD}:
            job = job if job.has_ended else self._cancel(job.id)
            if job.state is not JobState.COMPLETED and not job.impressions:
                return
        raise _DoubtError("the printer does not say whether all of the file has arrived")

    def _cancel(self, number: int) -> Job:
        """Cancel a job, and return how it has ended."""
        with suppress(RefusedError):  # it has ended meanwhile
            self.client.ask(Operation.CANCEL_JOB, job=number)
        until = self._clock() + _CANCELLING
        for wait in self._rhythm():
            job = self._job(number)
            if job.has_ended:
                return job
            if self._clock() > until:
                break
            self._pause(wait)
        raise _DoubtError(f"the printer does not cancel job {number}")

    def _withdraw(self, order: Order) -> None:
        """Cancel an order's job because a person has interrupted us; say what came out."""
        entry = self.ledger.entry(order.item)
        if entry is None or entry.state not in {State.UNDER_WAY, State.IN_DOUBT}:
            return
        try:
            if entry.receipt:
                job = self._cancel(int(entry.receipt.removesuffix(_ARRIVED)))
                words = printer.ended(job)
                if job.state is JobState.COMPLETED:
                    self.ledger.delivered(order.item, reply=words)
                else:
                    self.ledger.refused(order.item, reply=words)
                self._say(f"{order.title}: {words}")
            else:
                self._found(order, "")
                self.ledger.refused(order.item, reply="cancelled")
                self._say(f"{order.title}: nothing was sent")
        except (_DoubtError, UnreachableError, RefusedError, ipp.ProtocolError) as error:
            self.ledger.in_doubt(order.item, reply=str(error))
            self._say(f"{order.title}: could not be cancelled, look at the printer: {error}")

    def _refused(self, order: Order, number: str, error: RefusedError) -> Result:
        """Write down that the printer does not take an order."""
        if number:
            job = self._cancel(int(number))
            if job.impressions:
                return self._ended(order, job, waits=True)
        self.ledger.refused(order.item, reply=str(error))
        names = ", ".join(sorted(error.response.unsupported))
        message = f"the printer refuses it: {error}" + (f": {names}" if names else "")
        kind, stops = "failed-job", False
        if error.status == Status.NOT_ACCEPTING_JOBS or error.status in _BUSY:
            kind, stops = "refusing-printer", True
        if error.status in {Status.VALUES_NOT_SUPPORTED, Status.CONFLICTING}:
            kind = "missing-capability"
        return Result(end=End.FAILED, fault=_fault(kind, order, message), stops=stops)

    def _lost(self, order: Order, error: Exception) -> Result:
        """Write down that an answer is missing, and whether anything is in doubt."""
        entry = self.ledger.entry(order.item)
        if entry is not None and entry.state is State.UNDER_WAY:
            entry = self.ledger.in_doubt(order.item, reply=str(error))
        if entry is not None and entry.receipt and entry.state is State.IN_DOUBT:
            number = entry.receipt.removesuffix(_ARRIVED)
            message = f"job {number} may have been printed: {error}"
            fault = _fault("doubtful-print", order, message, _LOOK)
            return Result(end=End.IN_DOUBT, fault=fault, stops=True)
        # Without a number there was no document. A job that is left behind is cancelled next time.
        hint = error.hint if isinstance(error, UnreachableError) else ""
        fault = _fault("unreachable-printer", order, f"{error}; nothing was printed", hint)
        return Result(end=End.FAILED, fault=fault, stops=True)

    def _name(self, order: Order) -> str:
        """Return what the printer calls an order's jobs; it says nothing of the leaflet."""
        item = order.item
        return (
            f"handbill {self.ledger.token('job', item.campaign, item.recipient, item.thing)[:16]}"
        )

    def _job(self, number: int) -> Job:
        wanted: Asked = ("requested-attributes", Tag.KEYWORD, printer.ABOUT_JOB)
        found = self.client.ask(Operation.GET_JOB_ATTRIBUTES, (wanted,), job=number)
        return Job.of(found.jobs[0] if found.jobs else {})

    def _waiting(self) -> Sequence[Job]:
        """Return the printer's jobs that have not ended."""
        asked: tuple[Asked, ...] = (
            ("requested-attributes", Tag.KEYWORD, printer.ABOUT_JOB),
            ("which-jobs", Tag.KEYWORD, ("not-completed",)),
        )
        return [Job.of(found) for found in self.client.ask(Operation.GET_JOBS, asked).jobs]

    def _rhythm(self) -> Iterator[float]:
        return chain(_RHYTHM, repeat(_STEADY))


def _fault(kind: str, order: Order, message: str, hint: str = "") -> Fault:
    return Fault(kind=kind, location=order.location, message=f"{order.title}: {message}", hint=hint)
