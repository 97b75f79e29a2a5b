"""Lists from spreadsheets: rows by the names of their columns."""

import pytest

from handbill import lists


def read(text: str | bytes) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Read a list of leaflets, with an optional clinic."""
    data = text if isinstance(text, bytes) else text.encode()
    rows, faults = lists.read(
        data,
        path="shelf.csv",
        kind="print-list",
        columns=("leaflet", "copies"),
        optional=("clinic",),
    )
    return (
        [(row.location.line, dict(row.cells)) for row in rows],
        [f"{fault.location.line}:{fault.location.column} {fault.message}" for fault in faults],
    )


@pytest.mark.parametrize(
    "text",
    [
        "leaflet,copies\nmilia,20\n",
        "leaflet;copies\r\nmilia;20\r\n",
        "Copies\tLeaflet\n20\tmilia\n",
        "\ufeffleaflet,copies\n milia , 20 \n",
        'leaflet,copies\n"milia","20"',
        "leaflet,copies,\nmilia,20,,,\n",
    ],
)
def test_spreadsheets_save_lists_in_many_ways(text: str) -> None:
    """Commas, semicolons, tabs, a mark at the start, capitals, spaces and empty columns do."""
    rows, faults = read(text)

    assert [line for line, _ in rows] == [2]
    assert (rows[0][1]["leaflet"], rows[0][1]["copies"]) == ("milia", "20")
    assert faults == []


def test_rows_are_told_by_their_lines() -> None:
    """A cell over two lines and an empty line count, as they do in an editor."""
    rows, _ = read('leaflet,copies,clinic\n"mi\nlia",1,\n\neczema,2,north\n')

    assert [(line, row["leaflet"], row["clinic"]) for line, row in rows] == [
        (2, "mi\nlia", ""),
        (5, "eczema", "north"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 the list is empty"]),
        ("\n\n", ["1:1 the list is empty"]),
        ("milia,20\n", ["1:1 no column is called 'milia'", "1:1 no column is called '20'"]),
        ("leaflet\nmilia\n", ["1:1 the column 'copies' is missing"]),
        ("leaflet,copies,copies\nm,1,2\n", ["1:1 two columns are called 'copies'"]),
        ("leaflet,copys\nm,1\n", ["1:1 no column is called 'copys'"]),
        ("leaflet,copies\nmilia,\n", ["2:1 no copies"]),
        ("leaflet,copies\nmilia\n,\n", ["2:1 no copies"]),
        ("leaflet,copies\nmilia,2,x\n", ["2:1 3 cells, where the list has 2 columns"]),
        ('leaflet,copies\nmilia,1\n"eczema,2\n', ["3:1 not CSV: unexpected end of data"]),
        (b"leaflet,copies\nmil\xefa,2\n", ["2:4 not UTF-8: byte 0xef"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str | bytes, expected: list[str]) -> None:
    """Nothing is guessed: a list that is not whole is a finding."""
    _, faults = read(text)

    assert expected == faults[: len(expected)]
    assert faults


def test_good_rows_are_read_beside_bad_ones() -> None:
    """One row without a number of copies does not hide the next."""
    rows, faults = read("leaflet,copies\nmilia,\neczema,2\n")

    assert rows == [(3, {"leaflet": "eczema", "copies": "2"})]
    assert faults == ["2:1 no copies"]
