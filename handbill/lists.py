"""Lists that clinics keep in a spreadsheet and save as CSV: rows by the names of their columns.

`read` is for lists of paper: what is to be printed, and what lies on a shelf. Of lists of people
nothing may be repeated in a finding: `recipients` judges their rows itself. Commas, semicolons or
tabs; UTF-8, or the UTF-16 that Excel calls Unicode text. Says of each row where it stands. Knows
nothing of what the columns mean.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handbill.diagnostics import Fault, Location, not_utf8
from handbill.tables import nearest


#: No list is as large as this; in bytes.
LIMIT = 64 * 1024 * 1024

#: What spreadsheets write between cells.
DELIMITERS = ",;\t"


class UnreadableError(Exception):
    """A file is no list.

    Attributes:
        line: where it ends to be one.
        column: as above.
        hint: how to make one of it.
    """

    def __init__(self, message: str, hint: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line, self.column, self.hint = line, column, hint


def decoded(data: bytes) -> str:
    """Return a list's text.

    Raises:
        UnreadableError: it is neither UTF-8 nor UTF-16 with its first mark.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            message, hint = "UTF-16 that has been cut off", "save it anew as CSV UTF-8"
            raise UnreadableError(message, hint) from None
    if b"\0" in data[:2]:
        hint = "it looks like UTF-16 without its first mark; save it as CSV UTF-8"
        message = "not UTF-8: it holds zero bytes"
        raise UnreadableError(message, hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column, message = not_utf8(error)
        raise UnreadableError(message, "save it as CSV UTF-8", line=line, column=column) from None


def records(text: str, delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each record of a table: its first line, its text and its cells.

    Quoted line breaks are part of a record.

    Raises:
        UnreadableError: it is no CSV from some line on.
    """
    used: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            used.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, "".join(used), cells
            used.clear()
            line = reader.line_num + 1
    except csv.Error as error:
        hint = 'is a quotation mark never closed? one inside a value is written ""'
        raise UnreadableError(f"not CSV: {str(error).lower()}", hint, line=line) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a list: its cells without the spaces around them, and where it stands."""

    cells: Mapping[str, str]
    location: Location

    def __getitem__(self, column: str) -> str:
        """Return a cell; empty where the list has no such column."""
        return self.cells.get(column, "")


def read(
    data: bytes,
    *,
    path: str,
    kind: str,
    columns: Sequence[str],
    optional: Sequence[str] = (),
) -> tuple[tuple[Row, ...], tuple[Fault, ...]]:
    """Read a list.

    Args:
        data: the file.
        path: its name, for findings.
        kind: the name of the rule that a broken list breaks.
        columns: what its first line must name, in any order; no cell of them may be empty.
        optional: what its first line may name.

    Returns:
        The rows that are whole, and what is wrong with the list. A list without its columns has no
        rows.
    """
    reading = _Reading(path, kind, columns, optional)
    text = None
    try:
        text = decoded(data)
        delimiter = max(DELIMITERS, key=text.split("\n", 1)[0].count)
        for line, _, cells in records(text, delimiter):
            reading.take(line, [cell.strip() for cell in cells])
    except UnreadableError as error:
        reading.wrong(error.line, str(error), error.hint, column=error.column)
    if text is not None and not reading.names:
        hint = f"its first line names its columns: {', '.join(columns)}"
        reading.wrong(1, "the list is empty", hint)
    return tuple(reading.rows), tuple(reading.faults)


class _Reading:
    """A list, as far as it is read."""

    def __init__(
        self, path: str, kind: str, columns: Sequence[str], optional: Sequence[str]
    ) -> None:
        self.path, self.kind, self.columns, self.optional = path, kind, columns, optional
        self.names: list[str] = []
        self.rows: list[Row] = []
        self.faults: list[Fault] = []
        self.has_columns = False

    def wrong(self, line: int, message: str, hint: str = "", *, column: int = 1) -> None:
        """Say what is wrong with the list."""
        place = Location(path=self.path, line=line, column=column)
        self.faults.append(Fault(kind=self.kind, location=place, message=message, hint=hint))

    def take(self, line: int, found: list[str]) -> None:
        """Take the next row; lines without any text are no rows."""
        if not any(found):
            return
        if not self.names:
            self.names = [name.lower() for name in found]
            self.has_columns = self._are_columns(line)
        elif self.has_columns:
            cells = dict(zip(self.names, found, strict=False))
            missing = [name for name in self.columns if not cells.get(name)]
            if any(found[len(self.names) :]):
                message = f"{len(found)} cells, where the list has {len(self.names)} columns"
                self.wrong(line, message, "put a cell with commas between quotation marks")
            elif missing:
                self.wrong(line, f"no {' and no '.join(missing)}")
            else:
                self.rows.append(Row(cells=cells, location=Location(path=self.path, line=line)))

    def _are_columns(self, line: int) -> bool:
        """Tell whether the first line names the columns, and say what is wrong if not."""
        known = (*self.columns, *self.optional)
        before = len(self.faults)
        for name in dict.fromkeys(self.names):
            if name and name not in known:
                hint = nearest(name, known) or f"there are {', '.join(known)}"
                self.wrong(line, f"no column is called {name!r}", hint)
            if name and self.names.count(name) > 1:
                self.wrong(line, f"two columns are called {name!r}")
        for name in self.columns:
            if name not in self.names:
                hint = f"its first line names its columns: {', '.join(self.columns)}"
                self.wrong(line, f"the column {name!r} is missing", hint)
        return len(self.faults) == before
