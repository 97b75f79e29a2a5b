"""Lists that clinics keep in a spreadsheet and save as CSV: rows by the names of their columns.

For lists of paper: what is to be printed, and what lies on a shelf. Lists of people have a reader
of their own, because nothing of such a list may be repeated in a finding. Commas, semicolons or
tabs; UTF-8. Says of each row where it stands. Knows nothing of what the columns mean.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handbill.diagnostics import Fault, Location, not_utf8
from handbill.tables import nearest


#: No list is as large as this; in bytes.
LIMIT = 64 * 1024 * 1024

_DELIMITERS = ",;\t"


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
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column, message = not_utf8(error)
        reading.wrong(line, message, "save it as CSV UTF-8", column=column)
        return (), tuple(reading.faults)
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            reading.take(line, [cell.strip() for cell in cells])
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "is a quotation mark never closed?"
        reading.wrong(line, f"not CSV: {str(error).lower()}", hint)
    if not reading.names:
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
