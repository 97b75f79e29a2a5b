"""The collection that this repository publishes, printed for real and looked at."""

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageStat

from handbill import validate
from tests.conftest import ROOT, build


pytestmark = pytest.mark.slow

FORMATS = {
    "northgate": ("a4", "large-print", "a5-booklet", "html"),
    "lakeside": ("letter", "large-print", "html"),
}
#: Pixels an inch of the pictures that are measured.
RESOLUTION = 50


def pdfs(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of PDFs."""
    return [row for row in manifest["editions"] if row["kind"] == "pdf"]


def pages(path: Path) -> Iterator[Image.Image]:
    """Render the pages of a PDF in grey."""
    with pypdfium2.PdfDocument(path) as pdf:
        for page in pdf:
            yield page.render(scale=RESOLUTION / 72).to_pil().convert("L")


def ink(picture: Image.Image) -> float:
    """Return the share of a page that is black, from 0 to 1."""
    return 1 - float(ImageStat.Stat(picture).mean[0]) / 255


def test_six_leaflets_for_two_clinics(manifest: dict[str, Any]) -> None:
    """Milia is there in 13 languages, the five others in 7, on each clinic's paper."""
    found = {
        (row["leaflet"], row["clinic"], row["language"], row["format"])
        for row in manifest["editions"]
    }
    languages = ("en", "es", "pl", "ar", "ur", "hi", "zh-Hans")
    published = {
        "milia": (*languages, "bn", "fr", "pt", "ro", "so", "uk"),
        "acne": languages,
        "cryotherapy-aftercare": languages,
        "eczema-creams": languages,
        "sun-protection": languages,
        "topical-retinoid": languages,
    }

    assert found == {
        (leaflet, clinic, language, form)
        for leaflet, tags in published.items()
        for clinic, forms in FORMATS.items()
        for language in tags
        for form in forms
    }


def test_the_manifest_tells_of_what_is_there(output: Path, manifest: dict[str, Any]) -> None:
    """Pages and drafts are as the files are, and nothing personal is in it."""
    for row in manifest["editions"]:
        if row["format"] in {"a4", "letter", "large-print"}:
            with pypdfium2.PdfDocument(output / row["path"]) as pdf:
                assert row["pages"] == len(pdf)
        assert (row["draft"], row["current"]) == (True, True)
        assert row["findings"] == []
    assert str(ROOT) not in json.dumps(manifest)


def test_pages_are_of_the_clinics_paper(output: Path, manifest: dict[str, Any]) -> None:
    """A4 is 595 by 842 points, US Letter 612 by 792; a booklet's sheet is A4 across."""
    sizes = {"northgate": (595, 842), "lakeside": (612, 792)}
    for row in pdfs(manifest):
        expected = (839, 595) if row["format"] == "a5-booklet" else sizes[row["clinic"]]
        with pypdfium2.PdfDocument(output / row["path"]) as pdf:
            for page in pdf:
                assert tuple(map(round, page.get_size())) == expected


def test_every_page_has_ink_and_margins(output: Path, manifest: dict[str, Any]) -> None:
    """Text and page count can be right on blank pages; ink in the margins would be cut off."""
    for row in pdfs(manifest):
        if row["format"] == "a5-booklet":  # blank pages are part of it
            continue
        for number, picture in enumerate(pages(output / row["path"]), start=1):
            width, height = picture.size
            edge = round(5 / 25.4 * RESOLUTION)
            body = picture.crop((0, height // 8, width, height * 7 // 8))

            assert ink(picture) > 0.008, (row["path"], number)
            assert ink(body) > 0.004, (row["path"], number)
            for margin in (
                (0, 0, width, edge),
                (0, height - edge, width, height),
                (0, 0, edge, height),
                (width - edge, 0, width, height),
            ):
                assert ink(picture.crop(margin)) == 0, (row["path"], number)


def test_right_to_left_pages_are_mirrored(output: Path) -> None:
    """The logo is on the left of an English page, and on the right of an Arabic and Urdu one."""
    for language, side in (("en", "left"), ("zh-Hans", "left"), ("ar", "right"), ("ur", "right")):
        first = next(pages(output / f"northgate/{language}/milia.a4.pdf"))
        width, height = first.size
        band = (height * 8 // 100, height * 13 // 100)
        left = ink(first.crop((0, band[0], width // 5, band[1])))
        right = ink(first.crop((width * 4 // 5, band[0], width, band[1])))

        assert ("left" if left > right else "right") == side, language


def test_every_page_says_that_it_is_a_draft(output: Path) -> None:
    """The stamp is on each page, in the page's language."""
    for language, stamp in (
        ("en", "Draft - not approved for use with patients"),
        ("es", "Borrador"),
        ("pl", "Wersja robocza"),
        ("zh-Hans", "草稿"),
    ):
        for page in pypdf.PdfReader(output / f"northgate/{language}/milia.a4.pdf").pages:
            assert stamp in page.extract_text()


def test_a_clinics_own_numbers_are_printed(output: Path) -> None:
    """Each clinic has its own emergency number, and not the other's."""
    for clinic, paper, own, other in (
        ("northgate", "a4", "999", "911"),
        ("lakeside", "letter", "911", "999"),
    ):
        pdf = pypdf.PdfReader(output / f"{clinic}/en/milia.{paper}.pdf")
        text = " ".join(page.extract_text() for page in pdf.pages)

        assert f"Call {own} now" in text
        assert other not in text


def test_pdfs_are_tagged_and_titled(output: Path, manifest: dict[str, Any]) -> None:
    """Language, title, structure and both standards' marks are in every file for readers."""
    for row in pdfs(manifest):
        if row["format"] == "a5-booklet":  # for printers only
            continue
        with pikepdf.open(output / row["path"]) as pdf:
            root = pdf.Root
            title, described = str(pdf.docinfo["/Title"]), root.Metadata.read_bytes().decode()

            assert root.Lang == row["language"]
            assert bool(root.MarkInfo.Marked)
            assert "/StructTreeRoot" in root
            assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert title
        assert "<pdfuaid:part>1<" in described
        assert 'pdfaid:part="2"' in described
        name = f"{row['leaflet']}.{row['language']}.{row['clinic']}"
        assert f"<dc:identifier>{name}</dc:identifier>" in described
        assert f"<dc:language><rdf:Bag><rdf:li>{row['language']}</rdf:li>" in described
        assert f"<xmpMM:VersionID>{row['version']}-" in described
        assert ("<rdf:li>icd-10 L72.0</rdf:li>" in described) == (row["leaflet"] == "milia")


def test_every_pdf_is_valid(
    output: Path, manifest: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """Each file is sound as qpdf sees it, and each for readers is PDF/UA-1 and PDF/A-2a.

    A booklet is for printers; the pages that it is made of were judged before they were imposed.
    """
    sound = valid = 0
    for row in pdfs(manifest):
        data = (output / row["path"]).read_bytes()
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert pdf.check_pdf_syntax() == [], row["path"]
        sound += 1
        if row["format"] != "a5-booklet":
            assert list(validate.problems(data)) == [], row["path"]
            valid += 1
    record_property(
        "counted",
        f"{sound} PDFs are sound (qpdf); {valid} for readers are PDF/UA-1 and PDF/A-2a",
    )
    assert sound == len(pdfs(manifest))
    assert valid > sound // 2


def test_the_same_bytes_everywhere(output: Path, manifest: dict[str, Any], tmp_path: Path) -> None:
    """Another process, hash seed, time zone, locale and folder make the same files."""
    some = ["--language", "en", "--language", "ar", "--language", "zh-Hans"]
    some += ["--leaflet", "eczema-creams", "--clinic", "northgate", "--executor", "inline"]
    build(tmp_path, *some, PYTHONHASHSEED="99", TZ="Asia/Tokyo", LC_ALL="C")

    second = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.glob("[!.]*/*/*")}
    first = {path: (output / path).read_bytes() for path in second}
    rows = {row["path"]: row for row in manifest["editions"]}
    again = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert len(first) == 3 * 4
    assert first == second
    assert again["editions"] == [rows[row["path"]] for row in again["editions"]]


def test_web_pages_stand_alone(output: Path, manifest: dict[str, Any]) -> None:
    """One file is all of a page: no script, no other address to load from, its language told."""
    rows = [row for row in manifest["editions"] if row["kind"] == "html"]
    assert rows
    for row in rows:
        html = (output / row["path"]).read_text("utf-8")

        assert f'<html lang="{row["language"]}"' in html
        assert "asset:" not in html
        assert "<script" not in html
        assert not re.search(r'(src|href)="(?!data:image/)', html)
        assert 'class="draft"' in html


def test_web_pages_bring_their_fonts_and_stay_small(output: Path, manifest: dict[str, Any]) -> None:
    """A page is read on a telephone: 300 kB, with the letters of any language."""
    for row in manifest["editions"]:
        if row["kind"] == "html":
            data = (output / row["path"]).read_bytes()

            assert b"@font-face" in data
            assert len(data) < 300_000, row["path"]
