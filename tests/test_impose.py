"""Pages on sheets."""

import io

import pikepdf
import pypdfium2
import pytest

from handbill import impose, typeset
from handbill.editions import Edition
from handbill.model import Proof


def numbered(pages: int) -> bytes:
    """Print pages that hold their numbers in words."""
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"][:pages]
    html = "".join(f'<h1 style="break-after: page">{word}</h1>' for word in words)
    proof = Proof(
        edition=Edition(leaflet="x", clinic="x", language="en", format="a5-booklet"),
        html=f'<html lang="en"><title>Numbers</title><style>@page {{ size: A5 }} '
        f'html {{ font-family: "Noto Sans" }}</style>{html}',
        assets={}, fonts=("Noto Sans",), script="Latn", direction="ltr", imposition="booklet",
        places={}, key="",
    )  # fmt: skip
    return typeset.typeset(proof).data


def sides(pdf: bytes) -> list[str]:
    """Return the words on each side of each sheet, from left to right."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            width, _height = page.get_size()
            text = page.get_textpage()
            halves = text.get_text_bounded(right=width / 2), text.get_text_bounded(left=width / 2)
            found.append(" ".join(half.strip() for half in halves if half.strip()))
    return found


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (4, ["four one", "two three"]),
        (6, ["one", "two", "six three", "four five"]),
        (8, ["eight one", "two seven", "six three", "four five"]),
    ],
)
def test_a_folded_booklet_reads_in_order(pages: int, expected: list[str]) -> None:
    """Six pages leave the back of the first sheet's outside, and its partner, blank."""
    assert sides(impose.impose(numbered(pages), "booklet", direction="ltr")) == expected


def test_blank_pages_are_the_last_two() -> None:
    """Of eight places, the two after page six are empty."""
    assert list(impose.booklet(6)) == [(None, 0), (1, None), (5, 2), (3, 4)]


def test_a_right_to_left_booklet_is_bound_on_the_right() -> None:
    """Its first page is on the left of the sheet's outside."""
    assert sides(impose.impose(numbered(4), "booklet", direction="rtl")) == [
        "one four",
        "three two",
    ]


def test_two_up_keeps_the_reading_order() -> None:
    """An odd last page has blank paper beside it."""
    assert sides(impose.impose(numbered(3), "two-up", direction="ltr")) == ["one two", "three"]


def test_a_sheet_is_two_pages_wide_and_claims_nothing() -> None:
    """A5 makes A4 across; the tags and the standards of the pages are not claimed for it."""
    data = impose.impose(numbered(4), "booklet", direction="ltr")

    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [round(float(length)) for length in pdf.pages[0].mediabox] == [0, 0, 839, 595]
        assert "/StructTreeRoot" not in pdf.Root
        assert "/Metadata" not in pdf.Root
    assert data == impose.impose(numbered(4), "booklet", direction="ltr")
