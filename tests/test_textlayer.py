"""What readers' programs make of our PDFs, with the patch of WeasyPrint and without."""

import io
import subprocess
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from handbill import bidi, hypertext, press, project, proofread, sources, textlayer, typeset
from handbill.model import Project, Proof
from tests.conftest import ROOT, TODAY


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pymupdf

pytestmark = pytest.mark.slow

#: What must never be re-ordered, from the specimens of right-to-left languages.
TOKENS = (
    "5-10 mg/kg",
    "+1 (555) 010-4477",
    "0800 123 456",
    "38.5 °C",
    "4–6",
    "120/80",
    "Adapalene 0.1%",
)
LANGUAGES = [
    "en",
    "es",
    "pl",
    "ar",
    "ur",
    "hi",
    "bn",
    "zh-Hans",
    "fr",
    "pt",
    "ro",
    "so",
    "uk",
    "vi",
    "pa",
    "ta",
    "th",
    "he",
    "fa",
    "am",
    "km",
    "ja",
    "ku-Arab",
    "ru",
]


@pytest.fixture(scope="module")
def loaded() -> Project:
    """Return this repository's project."""
    return project.load(sources.read(ROOT), today=TODAY)


@pytest.fixture
def unpatched() -> Iterator[None]:
    """Print as WeasyPrint alone does."""
    textlayer.uninstall()
    yield
    textlayer.install()


def specimen(loaded: Project, tag: str) -> Proof:
    """Compose a language's specimen."""
    return press.specimen(loaded, tag, "")


def problems(loaded: Project, tag: str, proof: Proof | None = None) -> set[str]:
    """Print a specimen and read it; return the names of the rules that it breaks."""
    proof = proof or specimen(loaded, tag)
    pdf = typeset.typeset(proof).data
    found = proofread.problems(proof.html, pdf, script=proof.script, direction=proof.direction)
    return {kind for kind, _message in found}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_specimen_reads_as_it_was_written(loaded: Project, tag: str) -> None:
    """PDFium finds each word of the HTML; only vowel marks of Arabic script may move."""
    expected = {"vowel-mark"} if tag in {"ar", "ur", "fa"} else set()

    assert problems(loaded, tag) == expected


@pytest.mark.usefixtures("unpatched")
@pytest.mark.parametrize("tag", ["hi", "bn", "pa", "ta", "th", "km", "vi"])
def test_without_the_patch_the_text_is_wrong(loaded: Project, tag: str) -> None:
    """The rule sees what every validator passes."""
    assert "text-layer" in problems(loaded, tag)


@pytest.mark.parametrize("tag", ["ar", "ur", "he", "fa", "ku-Arab"])
def test_numbers_stand_in_their_order(loaded: Project, tag: str) -> None:
    """By the places of glyphs that MuPDF finds: headings, cells, links and margins alike."""
    proof = specimen(loaded, tag)
    lines = list(_visual_lines(typeset.typeset(proof).data))

    for token in TOKENS:
        wanted = token.replace(" ", "")
        times = sum(line.count(wanted) for line in lines)
        broken = sum(_over_two_lines(token, pair) for pair in pairwise(lines))
        # Once in the table; elsewhere in a heading, a link and the foot of the page.
        assert times + broken >= (1 if token == TOKENS[0] else 3), (token, lines)


@pytest.mark.parametrize("tag", ["ar", "ur", "he", "fa", "ku-Arab"])
def test_without_isolation_numbers_are_out_of_order(
    loaded: Project, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule sees "mg/kg 10-5"."""
    monkeypatch.setattr(bidi, "isolate", lambda html: html)

    assert "number-order" in problems(loaded, tag)


@pytest.mark.parametrize("tag", ["hi", "bn", "ta", "th", "am", "vi", "pl"])
def test_four_programs_find_the_words(loaded: Project, tag: str) -> None:
    """Poppler and PDFium find all; MuPDF and pypdf, which guess at gaps, more than without us."""
    proof = specimen(loaded, tag)
    pdf = typeset.typeset(proof).data
    wanted = Counter(
        word for block in hypertext.blocks(proof.html) for word in proofread.words(block)
    )
    texts = {
        "pypdf": "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages),
        "poppler": subprocess.run(
            ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True
        ).stdout.decode(),
        "mupdf": "\n".join(page.get_text() for page in _opened(pdf)),
    }
    found = {
        name: (wanted & Counter(proofread.words(text))).total() for name, text in texts.items()
    }

    if tag != "th":  # no spaces, so lines are words
        assert found["poppler"] == wanted.total()
    assert all(number > 0.7 * wanted.total() for number in found.values()), found


@pytest.mark.parametrize("tag", ["en", "ar", "ur", "hi", "bn", "ta", "km", "zh-Hans"])
def test_no_glyph_is_moved(loaded: Project, tag: str) -> None:
    """The pictures of the pages are the same with the patch and without; the file grows little."""
    proof = specimen(loaded, tag)
    patched = typeset.typeset(proof).data
    textlayer.uninstall()
    try:
        plain = typeset.typeset(proof).data
    finally:
        textlayer.install()

    for ours, theirs in zip(_pictures(patched), _pictures(plain), strict=True):
        assert ImageChops.difference(ours, theirs).getbbox() is None
    assert len(patched) <= 1.15 * len(plain)


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patch knows one version's internals, and no other's."""
    monkeypatch.setattr("weasyprint.__version__", "71.0")

    with pytest.raises(RuntimeError, match=r"70\.0, not 71\.0"):
        textlayer.install()


def _pictures(pdf: bytes) -> Iterator[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            yield page.render(scale=2).to_pil().convert("RGB")


def _opened(pdf: bytes) -> Any:
    return pymupdf.open(stream=pdf)  # type: ignore[no-untyped-call]


def _visual_lines(pdf: bytes) -> Iterator[str]:
    """Yield what stands on each line from left to right, by the origin of each glyph."""
    for page in _opened(pdf):
        placed = [
            (round(char["origin"][1] / 2), char["origin"][0], char["c"])
            for block in page.get_text("rawdict")["blocks"]
            for line in block.get("lines", ())
            for span in line["spans"]
            for char in span["chars"]
            if not char["c"].isspace()
        ]
        placed.sort()
        for height in dict.fromkeys(y for y, _x, _char in placed):
            yield "".join(char for y, _x, char in placed if y == height)


def _over_two_lines(token: str, lines: tuple[str, str]) -> bool:
    parts = token.split(" ")
    return any(
        "".join(parts[:cut]) in lines[0] and "".join(parts[cut:]) in lines[1]
        for cut in range(1, len(parts))
    )


def test_pieces_spell_the_cluster() -> None:
    """Letters are shared out among glyphs in drawing order, and none is lost."""
    pieces = textlayer._pieces

    assert pieces("दि", 2, backwards=False) == ["द", "ि"]
    assert pieces("क्ष", 1, backwards=False) == ["क्ष"]
    assert pieces("கொ", 3, backwards=False) == ["க", "\u0bc6", "\u0bbe"]
    assert pieces("ន", 2, backwards=False) == ["ន", "\u2060"]
    assert pieces("بً", 2, backwards=True) == ["ً", "ب"]
    assert pieces("\u200c", 0, backwards=True) == []
