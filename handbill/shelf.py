"""A clinic's shelf: which leaflets are to be printed for it, and which of those on it are too old.

What lies there is known from the ledger of what was printed, or from a list that somebody has made
in front of the shelf. It is compared with the manifest: with what the last build has published.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from handbill.diagnostics import Fault, Location
from handbill.editions import Edition, differing
from handbill.ledger import Entry, Item, Ledger, State
from handbill.lists import Row
from handbill.model import Clinic, Project
from handbill.signoff import SHORT, mark
from handbill.tables import nearest


#: The columns of a list of what to print, and of a list of what lies on a shelf.
PRINT_COLUMNS, PRINT_OPTIONAL = ("leaflet", "language", "copies"), ("clinic", "format")
SHELF_COLUMNS, SHELF_OPTIONAL = ("leaflet", "language", "code"), ("clinic", "format", "copies")
#: More copies than this are a mistake in typing.
MOST_COPIES = 10_000

#: What the ledger calls the papers that have gone: as `spool` calls runs, so that it is no mailing.
_RECYCLED = "print:recycled"
#: What can change without any letter on the paper changing. Signatures take the word DRAFT off,
#: which is told by itself.
_INVISIBLE = frozenset({"toolchain and fonts", "pyproject.toml#tool.handbill", "signatures"})


# --- what is to be printed ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which of a clinic's formats is wanted.

    Attributes:
        format: its name; empty for the one of the clinic's paper.
        is_booklet: whether it is the booklet.
        is_large_print: whether it is the large print.
        is_mono: whether it is the black one, where the clinic has it.
    """

    format: str = ""
    is_booklet: bool = False
    is_large_print: bool = False
    is_mono: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """An edition that is wanted on paper."""

    edition: Edition
    copies: int
    location: Location


def papers(
    project: Project, rows: Iterable[Row], choice: Choice
) -> tuple[tuple[Paper, ...], tuple[Fault, ...]]:
    """Read which editions are wanted; what is wrong with a row is told with its line."""
    found: dict[Edition, Paper] = {}
    faults: list[Fault] = []
    for row in rows:
        read = _paper(project, row, choice)
        if isinstance(read, Fault):
            faults.append(read)
        elif before := found.get(read.edition):
            message = f"the same edition as in line {before.location.line}"
            faults.append(_wrong(row, message, "add up their copies, in one row"))
        else:
            found[read.edition] = read
    return tuple(found.values()), tuple(faults)


def _paper(project: Project, row: Row, choice: Choice) -> Paper | Fault:
    leaflet, tag, name = row["leaflet"], row["language"], row["clinic"]
    settings = project.settings
    tags = [
        item
        for item in (settings.source_language, *settings.languages)
        if project.publishes(leaflet, item)
    ]
    for what, wanted, names in (
        ("leaflet", leaflet, list(project.leaflets)),
        ("language", tag, tags),
        ("clinic", name, list(project.clinics)),
        ("format", row["format"], list(project.formats)),
    ):
        if wanted and wanted not in names:
            hint = nearest(wanted, names) or f"there are {', '.join(names)}"
            return _wrong(row, f"no {what} is called {wanted!r}", hint)
    if not name and len(project.clinics) != 1:
        return _wrong(row, "for which clinic?", f"there are {', '.join(project.clinics) or 'none'}")
    copies = _count(row["copies"])
    if not copies or copies > MOST_COPIES:
        return _wrong(row, f"{row['copies']!r} copies", f"a whole number from 1 to {MOST_COPIES}")
    clinic = project.clinics[name] if name else next(iter(project.clinics.values()))
    form = _format(project, clinic, Choice(format=row["format"]) if row["format"] else choice)
    if isinstance(form, str):
        edition = Edition(leaflet=leaflet, clinic=clinic.id, language=tag, format=form)
        return Paper(edition=edition, copies=copies, location=row.location)
    message, hint = form
    return _wrong(row, message, hint)


def _count(digits: str) -> int | None:
    """Read how many copies are meant; None if that is no number that a shelf could hold."""
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MOST_COPIES))
    return int(digits) if is_number else None


def _format(project: Project, clinic: Clinic, choice: Choice) -> str | tuple[str, str]:
    """Choose one of a clinic's formats; or say why there is none, and what to do."""
    has = [
        name
        for name in clinic.formats
        if name in project.formats and project.formats[name].kind == "pdf"
    ]
    wanted = [choice.format] if choice.format else [clinic.paper]
    if choice.is_mono and not choice.format:
        wanted = ["mono", clinic.paper]
    if choice.is_large_print:
        wanted = ["large-print"]
    if choice.is_booklet:
        wanted = [name for name in has if project.formats[name].imposition == "booklet"]
    for name in wanted:
        if name in has:
            return name
    said = "booklet" if choice.is_booklet else wanted[-1]
    hint = f"it has {', '.join(has) or 'no format for paper'}; add one to formats in {clinic.path}"
    return f"{clinic.id} has no {said} for paper", hint


def _wrong(row: Row, message: str, hint: str) -> Fault:
    return Fault(kind="print-list", location=row.location, message=message, hint=hint)


# --- what lies there ---------------------------------------------------------------------------


class Standing(StrEnum):
    """How a printed leaflet stands to what is published today."""

    CURRENT = "current"
    #: Its text is today's, but something else of the page is not.
    CHANGED = "changed"
    #: It says DRAFT, and today's does not.
    DRAFT = "draft"
    #: It says DRAFT, and so does today's.
    STILL_DRAFT = "still draft"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    #: Today's edition has not been made.
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Leaflets on a shelf.

    Attributes:
        code: as it stands at their foot, such as `1.0-3f9a2c1d`.
        copies: how many; 0 where nobody has counted.
        on: when they were last printed.
        digest: of the file they were printed from; empty where that is not known.
        draft: whether they say DRAFT; None where that is not known.
        inputs: what they were made from, as in the manifest.
        items: what the ledger calls them.
    """

    leaflet: str
    language: str
    code: str
    clinic: str = ""
    format: str = ""
    copies: int = 0
    on: dt.date | None = None
    digest: str = ""
    draft: bool | None = None
    inputs: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    items: tuple[Item, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Leaflets on a shelf, beside today's.

    Attributes:
        words: why they stand so.
        today: the code of today's text; empty where there is none.
    """

    printed: Printed
    standing: Standing
    words: str = ""
    today: str = ""

    @property
    def is_good(self) -> bool:
        """Whether they may stay on the shelf."""
        return self.standing in {Standing.CURRENT, Standing.STILL_DRAFT}

    @property
    def is_bad(self) -> bool:
        """Whether they must leave the shelf; of some nobody can tell before the next build."""
        return self.standing in {
            Standing.CHANGED,
            Standing.DRAFT,
            Standing.SUPERSEDED,
            Standing.WITHDRAWN,
        }

    def row(self) -> dict[str, Any]:
        """Write it as JSON."""
        printed = self.printed
        return {
            "leaflet": printed.leaflet,
            "language": printed.language,
            "clinic": printed.clinic,
            "format": printed.format,
            "code": printed.code,
            "copies": printed.copies,
            "printed": printed.on.isoformat() if printed.on else None,
            "standing": self.standing.value,
            "words": self.words,
            "today": self.today,
        }

    def line(self) -> str:
        """Write it for people."""
        printed = self.printed
        what = [printed.leaflet, printed.language, printed.clinic, printed.format, printed.code]
        if printed.copies:
            what.append(f"{printed.copies} {'copy' if printed.copies == 1 else 'copies'}")
        if printed.on:
            what.append(f"printed on {printed.on.isoformat()}")
        said = f": {self.words}" if self.words else ""
        return f"{self.standing.value:11}  {' '.join(filter(None, what))}{said}"


def about(row: Mapping[str, Any], copies: int) -> str:
    """Describe an edition for the ledger: which paper it becomes. Nothing of it is personal."""
    names = ("leaflet", "language", "clinic", "format", "version", "code", "draft", "inputs")
    return json.dumps({**{name: row[name] for name in names}, "copies": copies}, sort_keys=True)


def code(row: Mapping[str, Any]) -> str:
    """Return what stands at the foot of an edition's pages, from its row of the manifest."""
    return mark(row["version"], row["code"])


def printed(ledger: Ledger) -> tuple[Printed, ...]:
    """Return what the ledger knows to have been printed, and nobody has recycled."""
    found: dict[tuple[str, ...], Printed] = {}
    for entry in ledger.described():
        if ledger.entry(_recycled(ledger, entry.item)) is None:
            one = _printed(entry)
            key = (one.leaflet, one.language, one.clinic, one.format, one.code, one.digest)
            before = found.get(key)
            found[key] = replace(
                one,
                copies=one.copies + (before.copies if before else 0),
                items=(*(before.items if before else ()), *one.items),
            )
    return tuple(found[key] for key in sorted(found))


def _printed(entry: Entry) -> Printed:
    row = json.loads(entry.about)
    return Printed(
        leaflet=row["leaflet"],
        language=row["language"],
        clinic=row["clinic"],
        format=row["format"],
        code=code(row),
        copies=row["copies"],
        on=dt.datetime.fromtimestamp(entry.changed, tz=dt.UTC).date(),
        digest=entry.item.thing,
        draft=row["draft"],
        inputs=row["inputs"],
        items=(entry.item,),
    )


def listed(rows: Iterable[Row]) -> tuple[tuple[Printed, ...], tuple[Fault, ...]]:
    """Read a list of what lies on a shelf."""
    found: list[Printed] = []
    faults: list[Fault] = []
    for row in rows:
        version, _, short = row["code"].rpartition("-")
        copies = _count(row["copies"] or "0")
        if not version or len(short) != SHORT:
            hint = "it stands at the foot of each page, such as 1.0-3f9a2c1d"
            faults.append(_wrong(row, f"{row['code']!r} is no code of a text", hint))
        elif copies is None:
            message = f"{row['copies']!r} copies"
            faults.append(_wrong(row, message, "a whole number, or nothing"))
        else:
            found.append(
                Printed(
                    leaflet=row["leaflet"],
                    language=row["language"],
                    clinic=row["clinic"],
                    format=row["format"],
                    code=f"{version}-{short.lower()}",
                    copies=copies,
                )
            )
    return tuple(found), tuple(faults)


def judge(found: Printed, rows: Sequence[Mapping[str, Any]], project: Project) -> Judged:
    """Compare leaflets on a shelf with today's.

    Args:
        found: the leaflets.
        rows: the editions of the manifest.
        project: for the names of what it publishes.
    """
    of_text = [
        row
        for row in rows
        if row["kind"] == "pdf"
        and (row["leaflet"], row["language"]) == (found.leaflet, found.language)
    ]
    ours = [row for row in of_text if found.clinic in {"", row["clinic"]}]
    same = [row for row in ours if found.format in {"", row["format"]}] or ours
    if not same:
        return _without(found, project, is_text_known=bool(of_text))
    today = code(same[0])
    if all(row["current"] for row in same):
        standing, words = _beside(found, same[0])
    else:
        standing = Standing.UNSURE
        words = f"today's edition could not be made; the last one is {today}"
    return Judged(printed=found, standing=standing, words=words, today=today)


def _beside(found: Printed, row: Mapping[str, Any]) -> tuple[Standing, str]:
    """Compare leaflets on a shelf with today's edition; say how they stand, and why."""
    changed = [name for name in differing(found.inputs, row["inputs"]) if name not in _INVISIBLE]
    standing, words = Standing.CURRENT, ""
    if found.code != code(row):
        standing, words = Standing.SUPERSEDED, f"today's is {code(row)}"
        words += _slip(found.code, code(row))
    elif found.draft and not row["draft"]:
        standing, words = Standing.DRAFT, "it says DRAFT, and has been signed since"
    elif found.digest not in {"", row["digest"]} and changed:
        standing = Standing.CHANGED
        words = f"its text is today's, but these have changed: {', '.join(changed)}"
    elif row["draft"]:
        standing, words = Standing.STILL_DRAFT, "nobody has signed it"
    elif found.draft is None:
        words = "unless it says DRAFT: it has been signed"
    return standing, words


def _without(found: Printed, project: Project, *, is_text_known: bool) -> Judged:
    """Say what becomes of leaflets that the manifest has nothing of."""
    settings = project.settings
    tags = (settings.source_language, *settings.languages)
    standing, words = Standing.WITHDRAWN, "no such leaflet is published any more"
    if found.leaflet not in project.leaflets and not found.digest:
        hint = nearest(found.leaflet, project.leaflets)
        standing = Standing.UNKNOWN
        words = f"no such leaflet is published; {hint or 'was it withdrawn?'}"
    elif found.leaflet in project.leaflets:
        published = found.language in tags and project.publishes(found.leaflet, found.language)
        words = f"it is published in {found.language} no more"
        if published and found.clinic and found.clinic not in project.clinics:
            words = f"there is no clinic called {found.clinic}"
        elif published and is_text_known:
            words = f"{found.clinic} publishes it no more"
        elif published:
            standing, words = Standing.UNSURE, "today's edition has not been made: build it first"
    return Judged(printed=found, standing=standing, words=words)


def _slip(found: str, today: str) -> str:
    """Say so if a code may only be misread."""
    wrong = sum(one != other for one, other in zip(found, today, strict=False))
    return "; one letter differs, look again" if len(found) == len(today) and wrong == 1 else ""


def recycle(ledger: Ledger, found: Iterable[Judged]) -> int:
    """Write down that leaflets have gone from the shelf; return how many kinds."""
    gone = [judged.printed for judged in found if judged.is_bad and judged.printed.items]
    for item in (item for one in gone for item in one.items):
        recycled = _recycled(ledger, item)
        if ledger.plan(recycled).state is State.PLANNED:
            ledger.begin(recycled)
            ledger.delivered(recycled)
    return len(gone)


def _recycled(ledger: Ledger, item: Item) -> Item:
    name = ledger.token(item.campaign, item.recipient)
    return Item(campaign=_RECYCLED, recipient=name, thing=item.thing)
