"""A list is read whole, every mistake is told with its place, and nothing in it is repeated."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbill import recipients
from handbill.diagnostics import Fault
from handbill.recipients import Recipient
from tests.conftest import in_memory, load


PROJECT = load()
HEAD = "address,language,leaflets,clinic,reference\n"
ROW = "anna@example.org,es,hands,one,A-17\n"
#: What would send a message to somebody else, or turn a line around.
UNSAFE = (
    "\r",
    "\n",
    "\r\n",
    "\0",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\u200b",
    "\x1b",
    "\x85",
)


def read(text: str | bytes) -> tuple[tuple[Recipient, ...], list[Fault]]:
    """Read a list."""
    data = text.encode() if isinstance(text, str) else text
    return recipients.read(data, "list.csv", PROJECT)


def told(text: str | bytes) -> list[tuple[str, str, str]]:
    """Return the place, kind and message of each mistake in a list."""
    return [(str(item.location)[9:], item.kind, item.message) for item in read(text)[1]]


def written(rows: list[list[str]], delimiter: str = ",") -> str:
    """Write a table as spreadsheets do."""
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    return output.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_spreadsheets_lists_are_read(delimiter: str, encoding: str, newline: str) -> None:
    """Whatever delimiter, mark and line ends a spreadsheet writes, and in any order."""
    rows = "Clinic,Reference,address ,leaflets,language|one,,Anna@EXAMPLE.org,hands,ar|,,,,|"
    text = rows.replace(",", delimiter).replace("|", newline)
    found, faults = read(text.encode(encoding))

    assert faults == []
    assert [(item.address, item.language, item.leaflets, item.clinic) for item in found] == [
        ("Anna@example.org", "ar", ("hands",), "one")
    ]
    assert (found[0].reference, found[0].row.line, found[0].row.column) == ("", 2, 6)


def test_json_lines_are_read() -> None:
    """One leaflet or several, and lines may be empty."""
    rows = [
        {"address": "anna@example.org", "language": "es", "leaflets": "hands", "clinic": "one"},
        {"address": "ana@example.org", "language": "ar", "leaflets": ["hands"], "clinic": "one"},
    ]
    found, faults = read("\n\n".join(map(json.dumps, rows)))

    assert faults == []
    assert [(item.address, item.row.line) for item in found] == [
        ("anna@example.org", 1),
        ("ana@example.org", 3),
    ]


def test_quoted_line_breaks_leave_places_right() -> None:
    """A finding after one, and in the same row, stands where the editor shows it."""
    text = (
        'note,address,language,leaflets,clinic\n"a\n""b",no address,es,hands,one\n'
        ",,,,\nx,y,es,hands,one\n"
    )

    assert [item[:2] for item in told(text)] == [
        ("1:1", "unread-column"),
        ("3:6", "malformed-address"),
        ("5:3", "malformed-address"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("1:1", "nobody stands in it")),
        (" \n \n", ("1:1", "nobody stands in it")),
        (HEAD, ("1:1", "nobody stands in it")),
        (HEAD.replace("clinic", "klinik"), ("1:1", "no column 'clinic'")),
        ("anna@example.org,es,hands,one\n", ("1:1", "no column 'address'")),
        (HEAD.replace("reference", "clinic"), ("1:34", "the column in place 5 is there twice")),
        (HEAD + "anna@example.org,es,hands,one,a,b\n", ("2:33", "a row of 6 cells under 5")),
        (HEAD + '"anna@example.org,es,hands,one', ("2:1", "not CSV: unexpected end of data")),
        (HEAD + "anna@example.org,,hands,one\n", ("2:18", "no language")),
        (HEAD + "anna@example.org,es,hands\n", ("2:21", "no clinic")),
        (HEAD.encode() + b"an\xf1a@example.org", ("2:3", "not UTF-8: byte 0xf1")),
        (HEAD.encode("utf-16-le"), ("1:1", "not UTF-8: it holds zero bytes")),
        (HEAD.encode("utf-16")[:-1], ("1:1", "UTF-16 that has been cut off")),
        ('{"address": "a@example.org",}', ("1:29", "not JSON: ")),
        ('{"address": 1}', ("1:2", "'address' is not a text")),
        ('{"leaflets": [["hands"]]}', ("1:2", "'leaflets' is not a text or a list of texts")),
        ('{"clinic": "one", "clinic": "two"}', ("1:2", "'clinic' is there twice")),
        ('{}\n"anna@example.org"', ("2:1", "not an object")),
        ('{"address": ' + "1" * 5000 + "}", ("1:1", "not JSON: too deep, or a number too long")),
        ('{"a": ' + "[" * 100_000, ("1:1", "not JSON: too deep")),
    ],
)
def test_what_is_no_list_is_told(text: str | bytes, expected: tuple[str, str]) -> None:
    """An empty file, a missing column, another encoding: with the place."""
    mistakes = [item for item in told(text) if item[1] == "mailing-list"]

    assert any(place == expected[0] and expected[1] in said for place, _, said in mistakes)
    assert read(text)[0] == ()


@pytest.mark.parametrize(
    ("row", "place", "message", "hint"),
    [
        (
            "anna@example.org,fr,hands,one",
            "2:18",
            "no language of this project",
            "there are en, es, ar",
        ),
        ("anna@example.org,Español,hands,one", "2:18", "no language", "did you mean 'es'?"),
        ("anna@example.org,arabic,hands,one", "2:18", "no language", "did you mean 'ar'?"),
        ("anna@example.org,es,hand,one", "2:21", "the leaflet is none", "did you mean 'hands'?"),
        ("anna@example.org,es,hands x,one", "2:21", "leaflet 2 of the row", "there are hands"),
        ("anna@example.org,es,hands,ones", "2:27", "no clinic", "did you mean 'one'?"),
    ],
)
def test_unknown_names_are_told(row: str, place: str, message: str, hint: str) -> None:
    """With the nearest one, or all."""
    (fault,) = read(HEAD + row)[1]

    assert (str(fault.location)[9:], fault.kind) == (place, "unknown-recipient-choice")
    assert message in fault.message
    assert fault.hint == hint


def test_a_leaflet_that_is_not_published_in_a_language_is_told() -> None:
    """Its own front matter says in which it is."""
    path = "content/leaflets/hands/leaflet.md"
    source = in_memory({}).files[path].decode().replace("version", 'languages = ["es"]\nversion', 1)
    project = load({path: source})
    _, faults = recipients.read((HEAD + ROW.replace("es", "ar", 1)).encode(), "list.csv", project)

    assert [(item.message, item.hint) for item in faults] == [
        ("hands is not published in ar", "it is in en, es")
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("anna", "it has no @"),
        ("@example.org", "nothing stands before the @"),
        ("anna@", "nothing stands behind the @"),
        ("anna@@example.org", "it has more than one @"),
        ("anna@example.org; ben@example.org", "it has more than one @"),
        ("Anna <anna@example.org>", "what stands behind the @ names no mail server"),
        ("anna@example", "what stands behind the @ names no mail server"),
        ("anna@exa mple.org", "what stands behind the @ names no mail server"),
        ("anna..b@example.org", "what stands before the @ is no name of a mailbox"),
        ("a" * 65 + "@example.org", "what stands before the @ is no name of a mailbox"),
    ],
)
def test_malformed_addresses_are_told_and_not_repeated(address: str, message: str) -> None:
    """The finding says what is wrong, not with what."""
    (fault,) = read(written([HEAD.strip().split(","), [address, "es", "hands", "one", ""]]))[1]

    assert (fault.kind, fault.message) == ("malformed-address", f"not an address: {message}")


@pytest.mark.parametrize(
    "address", ["анна@example.org", "anna@bücher.example.org", "o'x+y@example.org"]
)
def test_addresses_of_any_script_are_read(address: str) -> None:
    """Whether a server takes them is for it to say."""
    found, faults = read(HEAD + f"{address},es,hands,one,\n")

    assert ([item.address for item in found], faults) == ([address], [])


def test_the_same_leaflet_to_the_same_mailbox_is_told() -> None:
    """However the address is written; another language or another leaflet is another message."""
    text = HEAD + ROW + ROW.replace("es", "ar", 1) + ROW.replace("anna@example", "Anna@EXAMPLE")

    assert told(text) == [
        ("4:1", "doubled-recipient", "line 2 sends hands to the same address already")
    ]


def test_a_column_that_nothing_reads_is_a_warning() -> None:
    """What sending does not need has no place in a list; a slip of the keys is shown."""
    text = "address,language,leaflets,clinic,surname,referense\nanna@example.org,es,hands,one,X,\n"
    found, faults = read(text)

    assert len(found) == 1
    assert [(item.kind, item.hint) for item in faults] == [
        ("unread-column", "leave out of a list what sending does not need"),
        ("unread-column", "did you mean 'reference'?"),
    ]
    assert all("surname" not in item.message for item in faults)


@given(
    column=st.sampled_from(recipients.COLUMNS),
    unsafe=st.sampled_from(UNSAFE),
    at=st.integers(0, 30),
    tail=st.sampled_from(["", "Bcc: eve@example.net", "\r\n\r\nbody"]),
    as_json=st.booleans(),
)
def test_nothing_unsafe_is_taken(
    column: str,
    unsafe: str,
    at: int,
    tail: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Line breaks, zeros and signs that turn text around, anywhere in any field, are found."""
    values = dict(zip(recipients.COLUMNS, ROW.strip().split(","), strict=True))
    value = values[column]
    values[column] = value[:at] + unsafe + tail + value[at:]
    text = json.dumps(values) if as_json else written([[*values], [*values.values()]])
    found, faults = read(text)

    assert found == ()
    assert [item.kind for item in faults] == ["unsafe-text"]
    assert "eve" not in str(faults)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    """Never an exception, and nobody is made up."""
    found, faults = read(data)

    assert faults or found
    for tail in (data, HEAD.encode() + data):
        for fault in read(tail)[1]:
            assert fault.location.line >= 1
            assert fault.location.column >= 1


@given(st.text(min_size=3, max_size=40), st.sampled_from(recipients.COLUMNS))
def test_no_finding_repeats_a_value(value: str, column: str) -> None:
    """Whatever column it has slipped into, a value of a list is in no message and in no hint."""
    secret = f"Zq9{value}9qZ"
    values = dict(zip(recipients.COLUMNS, ROW.strip().split(","), strict=True)) | {column: secret}
    for text in (written([[*values], [*values.values()]]), json.dumps(values)):
        for fault in read(text)[1]:
            assert "Zq9" not in fault.message + fault.hint


def test_one_message_from_the_command_line() -> None:
    """Its mistakes name the options."""
    places = {"address": "--to", "language": "--language", "leaflets": "--leaflet"}
    places |= {"clinic": "--clinic", "reference": "--reference"}
    cells = {"address": "anna@example.org", "language": "sp", "leaflets": "hands", "clinic": "one"}
    found, faults = recipients.single(cells, places, PROJECT)

    assert found == ()
    assert [str(item.location) for item in faults] == ["--language:1:1"]
    found, faults = recipients.single({**cells, "language": "es"}, places, PROJECT)
    assert ([item.leaflets for item in found], faults) == ([("hands",)], [])


def test_an_address_is_not_in_what_python_prints() -> None:
    """A traceback or a debugger's log shows neither address nor reference."""
    (found,), _ = read(HEAD + ROW)

    assert "anna" not in repr(found)
    assert "A-17" not in repr(found)
