"""Fonts in web pages: every letter, joined and stacked as in the whole font, and nothing else."""

import io
import tomllib
from pathlib import Path

import pytest
import uharfbuzz
from fontTools.ttLib import TTFont

from handbill import cascade, languages, webfonts
from tests.conftest import FONTS, ROOT


LANGUAGES, _ = languages.load((ROOT / "locales/languages.toml").read_text("utf-8"), "")
SPECIMENS = tomllib.loads((ROOT / "templates/specimen.toml").read_text("utf-8"))


def page(body: str, css: str = "") -> str:
    """Return a page with a text and a stylesheet."""
    return f"<!DOCTYPE html><html><head><style>{css}</style></head><body>{body}</body></html>"


def shaped(font: bytes, text: str, tag: str) -> list[tuple[int, int, int, int]]:
    """Return the advances and offsets of a text's glyphs; 0 is the glyph for what is missing."""
    shaper = uharfbuzz.Font(uharfbuzz.Face(font))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.language = tag
    uharfbuzz.shape(shaper, buffer)

    assert 0 not in [info.codepoint for info in buffer.glyph_infos]
    positions = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    return [
        (info.cluster, place.x_advance, place.x_offset, place.y_offset) for info, place in positions
    ]


def unpacked(woff2: bytes) -> bytes:
    """Return the TrueType font inside a WOFF2 font."""
    out = io.BytesIO()
    with TTFont(io.BytesIO(woff2)) as font:
        font.flavor = None
        font.save(out)
    return out.getvalue()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_cut_font_sets_text_as_the_whole_font_does(tag: str) -> None:
    """Arabic still joins, conjuncts still form and marks still sit, in every language we know."""
    specimen = SPECIMENS["fa" if tag == "prs" else tag]
    text = f"{specimen['pangram']} {specimen['heading']}"
    fonts = [face for face in webfonts.faces(FONTS) if face.weight == webfonts.REGULAR]
    own = [face for face in fonts if face.family in LANGUAGES[tag].fonts]
    face = max(own, key=lambda face: len(face.characters & set(text)))
    words = [word for word in text.split() if set(word) <= face.characters]
    whole = face.path.read_bytes()
    packed = webfonts.subset(face.path, frozenset(" ".join(words)))
    cut = unpacked(packed)

    assert len(words) > 1
    assert len(packed) < len(whole) / 3
    for word in words:
        expected = shaped(whole, word, tag)
        assert expected == shaped(cut, word, tag)
        # What one word needs may not be there for another's sake.
        assert expected == shaped(webfonts._cut(face.path, frozenset(f"{word} ")), word, tag)


def test_a_cut_font_has_its_letters_alone_and_its_licence() -> None:
    """What a page does not show is not in it; the licence of the font stays."""
    cut = webfonts.subset(FONTS / "NotoSans-Regular.ttf", frozenset("Milia"))
    with TTFont(io.BytesIO(cut)) as font:
        assert {chr(code) for code in font.getBestCmap()} == set("Milia")
        assert "OFL" in font["name"].getDebugName(13) or "Open Font" in font["name"].getDebugName(
            13
        )


def test_the_same_letters_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock is in a font."""
    font, letters = FONTS / "NotoNaskhArabic-Bold.ttf", "سلام"
    first = webfonts.subset(font, frozenset(letters))
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    second = webfonts.subset(font, frozenset(reversed(letters)))

    assert first == second
    with TTFont(io.BytesIO(first), recalcTimestamp=False) as cut, TTFont(font) as whole:
        assert cut["head"].modified == whole["head"].modified


def test_each_letter_is_in_one_font_and_bold_only_where_it_is_bold() -> None:
    """A heading needs the bold font; a font that shows nothing is not there."""
    found = webfonts.embed(
        page("<h1>Urgent</h1><p>سلام</p>"), ["Noto Sans", "Noto Naskh Arabic"], FONTS
    )

    assert found.html.count("@font-face") == 3
    assert found.html.count('"Noto Naskh Arabic"; font-weight: 400') == 1
    assert '"Noto Naskh Arabic"; font-weight: 700' not in found.html
    assert (found.foreign, found.missing) == ((), ())


def test_generated_text_and_capitals_count() -> None:
    """What a stylesheet writes, or writes in capitals, is on the page too."""
    css = "p::before { content: '♞ ' } b { text-transform: uppercase }"
    html = page("<p><b>é</b></p>", css)

    assert webfonts.embed(html, ["Noto Sans"], FONTS).missing == ("♞",)
    assert {"é", "É"} <= cascade.Page(html).letters().bold


def test_a_letter_without_a_font_is_told() -> None:
    """As on paper: what no font has, and what only a font of another language has."""
    found = webfonts.embed(page("<p>♞ and م&#8203;</p>"), ["Noto Sans"], FONTS)

    assert found.missing == ("♞",)
    assert found.foreign == ("Noto Naskh Arabic",)


def test_a_page_without_a_head_gets_its_fonts(tmp_path: Path) -> None:
    """HTML may leave the head out; a folder without fonts has none to give."""
    whole = webfonts.embed("<p>Milia</p>", ["Noto Sans"], FONTS)
    none = webfonts.embed("<p>Milia</p>", ["Noto Sans"], tmp_path)

    assert "@font-face" in whole.html
    assert set("Milia") <= set(none.missing)
