"""Jobs as tables, for translators without a tool of their own: CSV, and XLSX.

The only importer of openpyxl.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from handbill.diagnostics import Fault, not_utf8
from handbill.exchange import LIMIT, Job, Reading, Unit, job


COLUMNS = ("id", "leaflet", "kind", "note", "source", "translation", "comment")
#: How wide they are in a workbook, in digits of its font.
_WIDTHS = (20, 14, 14, 30, 60, 60, 30)

#: What a spreadsheet would run as a formula (OWASP, CSV injection), behind our own apostrophes.
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_HEADING = re.compile(r"translation \((?P<tag>[\w-]+)\)")


def write_csv(sent: Job) -> bytes:
    """Write a job as CSV: UTF-8 with a byte order mark, so that Excel knows it."""
    output = io.StringIO()
    writer = csv.writer(output)
    for row in _rows(sent):
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
    return output.getvalue().encode("utf-8-sig")


def _rows(sent: Job) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table, its headings first; the language stands in them."""
    yield tuple(f"{name} ({sent.language})" if name == "translation" else name for name in COLUMNS)
    for unit in sent.units:
        notes = "\n".join(unit.notes)
        comments = "\n".join(unit.comments)
        yield unit.id, unit.leaflet, unit.kind, notes, unit.source, unit.target, comments


def read_csv(data: bytes, path: str) -> tuple[Job, list[Fault]]:
    """Read what `write_csv` wrote and people have filled in, with commas, semicolons or tabs."""
    reading = Reading(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, _, message = not_utf8(error)
        reading.fault(line, message, "save it as CSV UTF-8")
        return job(reading)
    first = text.split("\n", 1)[0]
    delimiter = next((sign for sign in ";\t" if f"id{sign}" in first.replace('"', "")), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1

    def numbered() -> Iterator[tuple[int, list[str]]]:
        nonlocal line
        for row in reader:
            cells = [cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell for cell in row]
            yield line, cells
            line = reader.line_num + 1

    try:
        _read_rows(numbered(), reading)
    except csv.Error as error:
        reading.fault(line, f"not CSV: {error}", "export it again, and paste the translations")
    return job(reading)


def _read_rows(table: Iterable[tuple[int, Sequence[str]]], reading: Reading) -> None:
    """Read the rows of a table into units."""
    places: Mapping[str, int] = {}
    for line, cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        if not places:
            heads = [cell.strip() for cell in cells]
            match = next((m for m in map(_HEADING.fullmatch, heads) if m), None)
            wanted = [column for column in COLUMNS if column != "translation"]
            if match is None or not set(wanted) <= set(heads):
                hint = f"the first row names {', '.join(COLUMNS)}, with (ar) after translation"
                reading.fault(line, "not a table of translations", hint)
                return
            reading.language = match["tag"]
            places = {column: heads.index(column) for column in wanted}
            places = {**places, "translation": heads.index(match.group())}
            continue
        if len(cells) <= max(places.values()):
            reading.fault(line, f"a row of {len(cells)} cells", "export it again")
            continue
        cell = {column: cells[at].replace("\r\n", "\n") for column, at in places.items()}
        reading.units.append(
            Unit(
                id=cell["id"],
                leaflet=cell["leaflet"],
                source=cell["source"],
                target=cell["translation"],
                comments=tuple(
                    text for text in map(str.strip, cell["comment"].split("\n")) if text
                ),
                line=line,
            )
        )
    if not places and not reading.faults:
        reading.fault(1, "an empty table")


def write_xlsx(sent: Job, *, right_to_left: bool) -> bytes:
    """Write a job as a workbook; every cell is text."""
    book = Workbook()
    del book[book.sheetnames[0]]
    sheet = book.create_sheet(sent.language)
    for line, row in enumerate(_rows(sent), start=1):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(line, column, text)
            cell.data_type = "s"
            order = 2 if right_to_left and COLUMNS[column - 1] == "translation" else 1
            cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=order)
            if line == 1:
                cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def read_xlsx(data: bytes, path: str) -> tuple[Job, list[Fault]]:
    """Read the first sheet of a workbook; openpyxl reads XML with defusedxml where it is there."""
    reading = Reading(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > LIMIT:
            reading.fault(1, f"a workbook of {size} bytes", "export it again")
            return job(reading)
        book = load_workbook(io.BytesIO(data), read_only=True)
        _read_rows(_cells(book.worksheets[0].iter_rows(), reading), reading)
    except Exception as error:  # noqa: BLE001 - openpyxl lets all that its parts raise pass
        reading.fault(1, f"not a workbook: {error}", "export it again")
    return job(reading)


def _cells(rows: Iterable[Sequence[Any]], reading: Reading) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if cell.data_type == "f":
                reading.fault(number, f"a formula: {cell.value!s:.40}", "write it as text")
        yield number, ["" if cell.value is None else str(cell.value) for cell in row]
