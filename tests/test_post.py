"""Addresses keep their meaning, and messages go over the wire whole."""

from email import message_from_bytes, policy

import pytest

from handbill.post import UndeliverableError, complete, identity, routable, wire
from tests.letters import letter


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("jane@example.org", "jane@example.org"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        # IDNA of 2003 makes another domain of this, "strasse".
        ("jane@straße.example", "jane@xn--strae-oqa.example"),
        ("jane@ΠΑΡΆΔΕΙΓΜΑ.gr", "jane@xn--hxajbheg2az3al.gr"),
        ("ü@例え.テスト", "ü@xn--r8jz45g.xn--zckzah"),
        ("u\u0308@example.org", "ü@example.org"),
    ],
)
def test_a_domain_is_written_in_ascii(address: str, expected: str) -> None:
    """A domain of any script is written as the mail system has it; what is before `@` stays."""
    assert routable(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jane",
        "@example.org",
        "jane@",
        "a@b@c",
        "a b@c.org",
        "a@b.org\r\nRCPT TO:<x@y.org>",
        "<a@b.org>",
        '"jane doe"@example.org',
        "a@b.org\0",
        "a@\u2024.org",
        "a@xn--\u00fc.org",
        "\u200bjane@example.org",
    ],
)
def test_what_is_no_address_is_told_without_it(address: str) -> None:
    """What could become another command, or another's address, is refused and not repeated."""
    with pytest.raises(UndeliverableError) as caught:
        routable(address)
    text = f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"
    for piece in filter(None, address.replace("@", " ").split()):
        assert len(piece) < 3 or piece not in text


def test_one_person_has_one_identity() -> None:
    """Small and large letters, and either way of writing a domain, are one mailbox."""
    ways = ("Jane@BÜCHER.example", "jane@xn--bcher-kva.example", "JANE@bücher.EXAMPLE")

    assert {identity(way) for way in ways} == {"jane@xn--bcher-kva.example"}


@pytest.mark.parametrize("to", ["reader@xn--bcher-kva.example", "lesœr@xn--bcher-kva.example"])
def test_a_message_is_ascii_wherever_it_can_be(to: str) -> None:
    """Only an address that is not ASCII makes headers so. All lines end alike."""
    data = wire(complete(letter(1).message(True), to=to, number="n@c.example", at=0))
    read = message_from_bytes(data, policy=policy.default)

    assert data.isascii() == to.isascii()
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert read["To"] == to
    assert read["Message-ID"] == "<n@c.example>"
    assert read["Date"] == "Thu, 01 Jan 1970 00:00:00 +0000"
    assert read["Subject"] == "Your leaflet – نشرتك"


@pytest.mark.parametrize("name", ["To", "Date", "Message-ID"])
def test_only_the_sender_completes_a_message(name: str) -> None:
    """A message that is complete already is a mistake of who composed it."""
    message = letter(1).message(True)
    message[name] = "x"
    with pytest.raises(ValueError, match=f"has no {name}"):
        complete(message, to="a@b.example", number="n", at=0)
