"""Who is sent which leaflets: a list as spreadsheets and programs write it, and its mistakes.

No finding repeats what stands in a list: findings end in logs, and a column that has slipped puts
an address where a language should be. They name the row and the column instead. The only importer
of email_validator.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from email_validator import EmailNotValidError, validate_email

from handbill import lists
from handbill.diagnostics import Fault, Location
from handbill.model import Project
from handbill.tables import nearest


#: No list is as large as this; in bytes.
LIMIT = 16 * 1024 * 1024
#: The columns of a list; the last is optional.
COLUMNS = ("address", "language", "leaflets", "clinic", "reference")
_REQUIRED = COLUMNS[:-1]
#: So long a reference still is one.
_REFERENCE = 64

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"[\s,;]+")
#: What may stand around a value without meaning anything.
_SPACES = " \u00a0"
#: Letters that are none: control characters, turned text, what cannot be seen, half of a pair.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One message to be sent: a row of a list.

    Attributes:
        address: as its mail server wants it: composed letters, the domain in small ones.
        reference: by which the clinic knows the message; printed in it, empty for none.
        row: where it stands.
    """

    address: str = field(repr=False)
    language: str
    leaflets: tuple[str, ...]
    clinic: str
    reference: str = field(default="", repr=False)
    row: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """The cells of a row, by column, and where each stands."""

    cells: Mapping[str, str]
    places: Mapping[str, Location]


@dataclass
class _Reading:
    """What is read of a list, and what is wrong with it."""

    path: str
    project: Project
    recipients: list[Recipient] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: The row that sends a leaflet to a recipient.
    seen: dict[tuple[str, ...], Location] = field(default_factory=dict)

    def fault(self, kind: str, place: Location, message: str, hint: str = "") -> None:
        """Note a mistake."""
        self.faults.append(Fault(kind=kind, location=place, message=message, hint=hint))

    def at(self, line: int, column: int = 1) -> Location:
        """Return a place of the list."""
        return Location(path=self.path, line=line, column=column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address with the name before it.

    Attributes:
        ascii: the address in ASCII; empty if it has no such form.
    """

    name: str
    ascii: str


def mailbox(text: str) -> Mailbox | None:
    """Read an address as people write it, perhaps with a name before it; None if it is none."""
    try:
        found = validate_email(
            text, check_deliverability=False, strict=True, allow_display_name=True
        )
    except EmailNotValidError:
        return None
    return Mailbox(name=found.display_name or "", ascii=found.ascii_email or "")


def read(data: bytes, path: str, project: Project) -> tuple[tuple[Recipient, ...], list[Fault]]:
    """Read a list: CSV with commas, semicolons or tabs, or JSON Lines.

    Args:
        data: the file.
        path: its name.
        project: whose leaflets, languages and clinics are meant.
    """
    reading = _Reading(path, project)
    found: list[_Row] = []
    try:
        text = lists.decoded(data)
        rows = _json_lines if text.lstrip().startswith("{") else _table
        found += rows(text, reading)
    except lists.UnreadableError as error:
        place = reading.at(error.line, error.column)
        reading.fault("mailing-list", place, str(error), error.hint)
    if not found and not reading.faults:
        hint = f"a first row with {', '.join(_REQUIRED)}, then a row for each message"
        reading.fault("mailing-list", reading.at(1), "nobody stands in it", hint)
    for row in found:
        _take(row, reading)
    return tuple(reading.recipients), reading.faults


def single(
    cells: Mapping[str, str], places: Mapping[str, str], project: Project
) -> tuple[tuple[Recipient, ...], list[Fault]]:
    """Read the one message that a command line asks for.

    Args:
        cells: its values by column.
        places: the option that gives each.
        project: as for `read`.
    """
    reading = _Reading(places["address"], project)
    found = {column: Location(path=option) for column, option in places.items()}
    _take(_Row(cells=cells, places=found), reading)
    return tuple(reading.recipients), reading.faults


def _table(text: str, reading: _Reading) -> Iterator[_Row]:
    """Yield the rows of a CSV file, behind a first row that names their columns."""
    delimiter = max(
        lists.DELIMITERS, key=lambda sign: len(_names(_heads(text, sign)) & set(COLUMNS))
    )
    heads: tuple[str, ...] = ()
    for line, raw, cells in lists.records(text, delimiter):
        if not any(cell.strip() for cell in cells):
            continue
        record = _Record(reading=reading, line=line, raw=raw, delimiter=delimiter)
        if not heads:
            heads = tuple(_name(cell) for cell in cells)
            if not _headed(heads, record, reading):
                return
            continue
        if any(cell.strip() for cell in cells[len(heads) :]):
            message = f"a row of {len(cells)} cells under {len(heads)} headings"
            hint = f"a value with {_said(delimiter)} in it stands in double quotes"
            reading.fault("mailing-list", record.place(len(heads)), message, hint)
            continue
        # Spreadsheets leave empty cells at the end away.
        filled = [*cells, *[""] * (len(heads) - len(cells))]
        at = {name: heads.index(name) for name in COLUMNS if name in heads}
        yield _Row(
            cells={name: filled[number] for name, number in at.items()},
            places={name: record.place(min(at.get(name, 0), len(cells) - 1)) for name in COLUMNS},
        )


def _heads(text: str, delimiter: str) -> list[str]:
    """Return the first row of a table, if it has this delimiter."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _name(cell: str) -> str:
    return cell.strip().casefold()


def _names(cells: Sequence[str]) -> set[str]:
    return set(map(_name, cells))


def _headed(heads: Sequence[str], record: "_Record", reading: _Reading) -> bool:
    """Tell whether a first row names all columns; say what it does not."""
    complete = True
    for name in _REQUIRED:
        if name not in heads:
            hint = f"the columns are {', '.join(_REQUIRED)}, and perhaps {COLUMNS[-1]}"
            reading.fault("mailing-list", reading.at(record.line), f"no column {name!r}", hint)
            complete = False
    for number, name in enumerate(heads):
        if name and name in heads[:number]:
            message = f"the column in place {number + 1} is there twice"
            reading.fault("mailing-list", record.place(number), message, "keep one of the two")
            complete = False
        elif name and name not in COLUMNS:
            _unread(name, record.place(number), f"the column in place {number + 1}", reading)
    return complete


def _unread(name: str, place: Location, what: str, reading: _Reading) -> None:
    # The name of a column that nobody has named may be a person's.
    hint = nearest(name, COLUMNS) or "leave out of a list what sending does not need"
    reading.fault("unread-column", place, f"nothing reads {what}", hint)


def _said(delimiter: str) -> str:
    return {",": "a comma", ";": "a semicolon"}.get(delimiter, "a tab")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """The text of one row of a table, which may be several lines."""

    reading: _Reading
    line: int
    raw: str
    delimiter: str

    def place(self, number: int) -> Location:
        """Return where a cell begins."""
        cell = re.compile(f'"(?:[^"]|"")*"[^{self.delimiter}]*|[^{self.delimiter}]*')
        at = 0
        for _ in range(number):
            found = cell.match(self.raw, at)
            at = found.end() + 1 if found else at
        before = _NEWLINE.split(self.raw[:at])
        return self.reading.at(self.line + len(before) - 1, len(before[-1]) + 1)


def _json_lines(text: str, reading: _Reading) -> Iterator[_Row]:
    """Yield the rows of JSON Lines: an object on each line, with the names of the columns."""
    unread: set[str] = set()
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            pairs = json.loads(raw, object_pairs_hook=_Pairs)
        except json.JSONDecodeError as error:
            message = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
            hint = "an object on each line"
            reading.fault("mailing-list", reading.at(line, error.colno), message, hint)
            continue
        except (RecursionError, ValueError):
            reading.fault(
                "mailing-list", reading.at(line), "not JSON: too deep, or a number too long"
            )
            continue

        def place(name: str, line: int = line, raw: str = raw) -> Location:
            found = re.search(rf'"{re.escape(name)}"\s*:', raw)
            return reading.at(line, found.start() + 1 if found else 1)

        if not isinstance(pairs, _Pairs):
            hint = 'such as {"address": …, "language": "ar", "leaflets": ["milia"], "clinic": …}'
            reading.fault("mailing-list", reading.at(line), "not an object", hint)
            continue
        for name in dict.fromkeys(name for name, _ in pairs if name not in COLUMNS):
            if name not in unread:
                _unread(name, place(name), "a key", reading)
            unread.add(name)
        cells = _cells(pairs, place, reading)
        if cells is not None:
            yield _Row(cells=cells, places={name: place(name) for name in COLUMNS})


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON as it is written, even if it has a key twice."""


def _cells(
    pairs: _Pairs, place: Callable[[str], Location], reading: _Reading
) -> dict[str, str] | None:
    """Return the texts of an object's columns; none if one is something else."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in COLUMNS:
            continue
        texts = value if name == "leaflets" and isinstance(value, list) else [value]
        if isinstance(value, _Pairs) or not all(isinstance(text, str) for text in texts):
            message = f"{name!r} is not a text" + (" or a list of texts" * (name == "leaflets"))
            reading.fault("mailing-list", place(name), message, "texts stand in double quotes")
            return None
        if name in found:
            message = f"{name!r} is there twice"
            reading.fault("mailing-list", place(name), message, "keep one of the two")
            return None
        found[name] = " ".join(texts)
    return found


def _take(row: _Row, reading: _Reading) -> None:
    """Read one row; one with a mistake is no recipient."""
    before = len(reading.faults)
    cells = {name: row.cells.get(name, "").strip(_SPACES) for name in COLUMNS}
    for name, value in cells.items():
        if not value and name in _REQUIRED:
            message = f"no {name}"
            reading.fault(
                "mailing-list", row.places[name], message, "fill it in, or leave out the row"
            )
        elif letter := next((sign for sign in value if unicodedata.category(sign) in _UNSAFE), ""):
            what = "a line break" if letter in "\r\n" else f"the sign U+{ord(letter):04X}"
            message = f"{name} holds {what}"
            reading.fault("unsafe-text", row.places[name], message, "type the value anew")
    if len(reading.faults) > before:
        return
    if len(cells["reference"]) > _REFERENCE:
        message = f"a reference of {len(cells['reference'])} letters"
        hint = f"{_REFERENCE} are enough"
        reading.fault("mailing-list", row.places["reference"], message, hint)
    address = _address(cells["address"], row, reading)
    leaflets = tuple(dict.fromkeys(filter(None, _SEPARATOR.split(cells["leaflets"]))))
    _choices(cells, leaflets, row, reading)
    if len(reading.faults) == before:
        _first(address, cells, leaflets, row, reading)
    if len(reading.faults) == before:
        found = Recipient(
            address=address,
            language=cells["language"],
            leaflets=leaflets,
            clinic=cells["clinic"],
            reference=cells["reference"],
            row=row.places["address"],
        )
        reading.recipients.append(found)


def _address(written: str, row: _Row, reading: _Reading) -> str:
    """Return an address as mail servers want it; only its form is looked at, nobody is asked."""
    try:
        return validate_email(written, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        local, sign, domain = written.rpartition("@")
        message = f"not an address: {_wrong(local, domain) if sign else 'it has no @'}"
        hint = "one address, such as name@example.org, and nothing around it"
        reading.fault("malformed-address", row.places["address"], message, hint)
        return ""


def _wrong(local: str, domain: str) -> str:
    """Say what is wrong with an address, without repeating it as the library does."""
    if not local or not domain:
        return f"nothing stands {'behind' if local else 'before'} the @"
    if "@" in local:
        return "it has more than one @"
    try:
        validate_email(f"a@{domain}", check_deliverability=False, strict=True)
    except EmailNotValidError:
        return "what stands behind the @ names no mail server"
    return "what stands before the @ is no name of a mailbox"


def _choices(
    cells: Mapping[str, str], leaflets: Sequence[str], row: _Row, reading: _Reading
) -> None:
    """Look for the language, the leaflets and the clinic in the project."""
    project, language = reading.project, cells["language"]
    tags = dict.fromkeys((project.settings.source_language, *project.settings.languages))
    names = {tag: tag for tag in tags}
    for tag in filter(project.languages.__contains__, tags):
        known = project.languages[tag]
        names |= {known.english: tag, known.autonym: tag}

    def unknown(column: str, what: str, hint: str) -> None:
        reading.fault("unknown-recipient-choice", row.places[column], what, hint)

    if language not in tags:
        meant = {name.casefold(): tag for name, tag in names.items()}.get(language.casefold())
        hint = f"did you mean {meant!r}?" if meant else nearest(language, tags)
        unknown("language", "no language of this project", hint or f"there are {', '.join(tags)}")
    if cells["clinic"] not in project.clinics:
        hint = nearest(cells["clinic"], project.clinics)
        hint = hint or f"there are {', '.join(sorted(project.clinics))}"
        unknown("clinic", "no clinic of this project", hint)
    for number, leaflet in enumerate(leaflets, start=1):
        which = f"leaflet {number} of the row" if len(leaflets) > 1 else "the leaflet"
        if leaflet not in project.leaflets:
            hint = nearest(leaflet, project.leaflets)
            hint = hint or f"there are {', '.join(sorted(project.leaflets))}"
            unknown("leaflets", f"{which} is none of this project", hint)
        elif language in tags and not project.publishes(leaflet, language):
            others = [tag for tag in tags if project.publishes(leaflet, tag)]
            message = f"{leaflet} is not published in {language}"
            unknown("leaflets", message, f"it is in {', '.join(others)}")


def _first(
    address: str, cells: Mapping[str, str], leaflets: Sequence[str], row: _Row, reading: _Reading
) -> None:
    """Find the rows that send the same leaflet to the same mailbox."""
    for leaflet in leaflets:
        # Mail servers may tell Anna@ from anna@, and none does.
        key = (address.casefold(), cells["clinic"], cells["language"], leaflet)
        place = row.places["address"]
        earlier = reading.seen.setdefault(key, place)
        if earlier is not place:
            message = f"line {earlier.line} sends {leaflet} to the same address already"
            reading.fault("doubled-recipient", place, message, "remove one of the two rows")
            return
