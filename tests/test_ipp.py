"""IPP as bytes: what is written can be read, and what is no message is refused."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbill import ipp
from handbill.ipp import Address, Asked, Operation, ProtocolError, Range, Resolution, Tag


def response(*groups: tuple[Tag, tuple[Asked, ...]], status: int = 0) -> bytes:
    """Return a response; its form is that of a request."""
    return ipp.write(status, groups)


def test_a_request_is_written_as_the_standard_says() -> None:
    """Version, operation, number of the request, groups of attributes, end."""
    written = ipp.write(
        Operation.GET_JOBS,
        [
            (
                Tag.OPERATION,
                (
                    ("attributes-charset", Tag.CHARSET, ("utf-8",)),
                    ("limit", Tag.INTEGER, (50,)),
                    ("requested-attributes", Tag.KEYWORD, ("job-id", "job-name")),
                ),
            )
        ],
    )

    assert written == (
        b"\x02\x00\x00\x0a\x00\x00\x00\x01\x01"
        b"\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x21\x00\x05limit\x00\x04\x00\x00\x00\x32"
        b"\x44\x00\x14requested-attributes\x00\x06job-id"
        b"\x44\x00\x00\x00\x08job-name"
        b"\x03"
    )


def test_every_kind_of_value_is_read() -> None:
    """Numbers, ranges, text with its language, and what has no value."""
    data = (
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x01\x04"
        b"\x33\x00\x06copies\x00\x08\x00\x00\x00\x01\x00\x00\x03\xe7"
        b"\x22\x00\x02is\x00\x01\x01"
        b"\x32\x00\x03res\x00\x09\x00\x00\x02\x58\x00\x00\x01\x2c\x03"
        b"\x36\x00\x04name\x00\x0b\x00\x02fr\x00\x05encre"
        b"\x13\x00\x04none\x00\x00"
        b"\x31\x00\x04date\x00\x02\x07\xea"
        b"\x03"
    )

    assert ipp.read(data).printer == {
        "copies": (Range(1, 999),),
        "is": (True,),
        "res": (Resolution(600, 300, 3),),
        "name": ("encre",),
        "none": (None,),
        "date": (b"\x07\xea",),
    }


def test_collections_are_read() -> None:
    """A medium with its size inside it, and a list of two beside it."""
    data = (
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x04"
        b"\x34\x00\x09media-col\x00\x00"
        b"\x4a\x00\x00\x00\x0amedia-size"
        b"\x34\x00\x00\x00\x00"
        b"\x4a\x00\x00\x00\x0bx-dimension\x21\x00\x00\x00\x04\x00\x00\x52\x08"
        b"\x37\x00\x00\x00\x00"
        b"\x4a\x00\x00\x00\x04type\x44\x00\x00\x00\x05plain\x44\x00\x00\x00\x05heavy"
        b"\x37\x00\x00\x00\x00"
        b"\x44\x00\x05media\x00\x02a4"
        b"\x03"
    )

    assert ipp.read(data).printer == {
        "media-col": ({"media-size": {"x-dimension": 21000}, "type": ("plain", "heavy")},),
        "media": ("a4",),
    }


def test_jobs_are_groups_of_their_own() -> None:
    """Each job of a list keeps its attributes to itself."""
    jobs = [(Tag.JOB, (("job-id", Tag.INTEGER, (number,)),)) for number in (1, 2)]

    assert [found["job-id"] for found in ipp.read(response(*jobs)).jobs] == [(1,), (2,)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>Not found</html>",
        b"\x02\x00\x00\x00\x00\x00\x00\x01",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x44\x00\x05media\x00\x90a4",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x21\x00\x05media\x00\x02a4\x03",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x34\x00\x01m\x00\x00"
        + b"\x4a\x00\x00\x00\x01n\x34\x00\x00\x00\x00" * 20,
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """Cut off, of another kind, or without an end."""
    with pytest.raises(ProtocolError):
        ipp.read(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever a printer sends, it is read or refused."""
    with contextlib.suppress(ProtocolError):
        ipp.read(b"\x02\x00\x00\x00\x00\x00\x00\x01" + data)


@given(
    st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20),
        st.lists(st.text(max_size=50), min_size=1, max_size=4),
        max_size=5,
    ),
    st.integers(-(2**31), 2**31 - 1),
)
def test_what_is_written_is_read(texts: dict[str, list[str]], number: int) -> None:
    """Text of any script, several values of a name, and numbers."""
    attributes: list[Asked] = [(name, Tag.TEXT, tuple(values)) for name, values in texts.items()]
    attributes.append(("the number", Tag.INTEGER, (number,)))
    found = ipp.read(response((Tag.PRINTER, tuple(attributes)))).printer

    assert found == {
        **{name: tuple(values) for name, values in texts.items()},
        "the number": (number,),
    }


def test_a_number_that_is_too_large_is_no_number() -> None:
    """It is not cut down in silence."""
    with pytest.raises(struct.error):
        ipp.write(Operation.CREATE_JOB, [(Tag.JOB, (("copies", Tag.INTEGER, (2**31,)),))])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("ipp://printer", ("ipp://printer/ipp/print", "printer", 631, "/ipp/print", False)),
        ("ipps://[::1]:8631/q/", ("ipps://[::1]:8631/q", "::1", 8631, "/q", True)),
        ("ipp://h/Étage 2", ("ipp://h/%C3%89tage%202", "h", 631, "/%C3%89tage%202", False)),
    ],
)
def test_addresses_are_read(uri: str, expected: tuple[str, str, int, str, bool]) -> None:
    """With the port and the path that printers have where none is given."""
    found = Address.of(uri)

    assert expected == (found.uri, found.host, found.port, found.path, found.secure)


@pytest.mark.parametrize(
    "uri", ["http://printer/", "ipp:///x", "ipp://me:secret@printer/", "ipp://h:no/", "lpd://h/q"]
)
def test_other_addresses_are_refused(uri: str) -> None:
    """No other protocol, and no password in an address."""
    with pytest.raises(ValueError, match=r"."):
        Address.of(uri)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("localhost", ("ipp://localhost/printers/Front", "localhost", 631, "")),
        ("cups.example:8631", ("ipp://cups.example:8631/printers/Front", "cups.example", 8631, "")),
        (
            "/run/cups/cups.sock",
            ("ipp://localhost/printers/Front", "localhost", 631, "/run/cups/cups.sock"),
        ),
    ],
)
def test_queues_have_addresses(server: str, expected: tuple[str, str, int, str]) -> None:
    """At a server, or at the socket of this machine."""
    found = Address.queue("Front", server)

    assert expected == (found.uri, found.host, found.port, found.socket)
