"""Make the text of a PDF the text of its HTML: a patch of WeasyPrint 70, small enough for upstream.

WeasyPrint maps each glyph of a font to text once, the first time it is drawn (Kozea/WeasyPrint
#2841). One glyph serves many texts in Arabic, Indic and South-East Asian scripts, so what a
reader copies, or a screen reader speaks, is other letters than those on the page; every PDF/UA
validator passes it. Two remedies, neither of which moves a glyph:

1. *A code for each glyph and text.* PDF text is a row of codes; a font's ToUnicode map gives each
   its text, its CIDToGIDMap the glyph (ISO 32000-1, 9.7.4.2 and 9.10.3). A glyph that is drawn
   for a second text gets a second code. The letters of a cluster are shared out among its glyphs
   in drawing order, so that reading the codes in order spells the text.
2. *ActualText* (14.9.4) on left-to-right text whose letters carry marks: some readers take the
   gaps around marks for spaces, and believe ActualText instead. Not on right-to-left text, where
   the same readers would reverse it.

Runs and fonts that this does not understand are drawn as WeasyPrint draws them.

While a page is painted to be imprinted (see `imprint`), what belongs to a clinic is marked too: it
depends on nothing painted before it, and nothing after it depends on it.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import pydyf
import weasyprint
from weasyprint.draw import text as draw
from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.pdf import fonts
from weasyprint.pdf.stream import Stream
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.line_break import Layout

from handbill.imprint import BLOCK, SLOT


#: The only version whose internals this has been read and tested against.
VERSION = "70.0"

#: Text for a glyph when its cluster has fewer letters than glyphs: says nothing, splits nothing.
_NOTHING = "\u2060"

#: How many letters that a font lacks WeasyPrint may number before our codes begin.
_RESERVED = 256

#: The attribute of a WeasyPrint font that holds our codes: code by (glyph, text), glyph by code.
_ATTRIBUTE = "handbill_codes"

_draw_first_line = draw.draw_first_line
_subset = fonts.Font.subset
_build_vector_font = fonts._build_vector_font_dictionary  # noqa: SLF001


DIGITS = "0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a clinic an element shows.

    Attributes:
        kind: `BLOCK` or `SLOT`.
        name: which of them.
        number: tells elements apart.
    """

    kind: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of marked content that is a part of a clinic's.

    Attributes:
        text: what it says; empty for a picture.
        digits: the code of each digit in the font of a slot; empty where digits are not alike.
    """

    part: Part
    text: str
    digits: tuple[int, ...] = ()


#: The attribute of marked content's properties that holds its piece.
PIECE = "handbill_piece"

#: The elements of the document being painted that are a clinic's.
_parts: dict[Any, Part] = {}


class _Codes:
    """The codes of one font in one document."""

    def __init__(self) -> None:
        self.by_text: dict[tuple[int, str], int] = {}
        self.glyphs: dict[int, int] = {}


def install() -> None:
    """Patch WeasyPrint in this process, once.

    Raises:
        RuntimeError: another version of WeasyPrint is installed.
    """
    if weasyprint.__version__ != VERSION:
        message = f"handbill prints with WeasyPrint {VERSION}, not {weasyprint.__version__}"
        raise RuntimeError(message)
    draw.draw_first_line = _draw_recoded_line
    fonts.Font.subset = _subset_by_glyph
    fonts._build_vector_font_dictionary = _build_recoded_font  # noqa: SLF001
    Stream.marked = _marked


def uninstall() -> None:
    """Take the patch back, for tests that compare."""
    draw.draw_first_line = _draw_first_line
    fonts.Font.subset = _subset
    fonts._build_vector_font_dictionary = _build_vector_font  # noqa: SLF001
    Stream.marked = _marked_before


def _draw_recoded_line(
    stream: Any, textbox: Any, text_overflow: Any, block_ellipsis: Any, matrix: Any
) -> Any:
    """Draw a line whose glyph numbers have been replaced by codes."""
    layout = textbox.pango_layout
    if textbox.text.strip() and text_overflow != "ellipsis" and block_ellipsis == "none":
        # WeasyPrint does this first too; done later it would lay the line out anew.
        pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
        line, _index = layout.get_first_line()
        text = layout.text.encode()
        run = line.runs[0]
        while run != ffi.NULL:
            _recode(stream, run.data, text)
            run = run.next
    return _draw_first_line(stream, textbox, text_overflow, block_ellipsis, matrix)


def _recode(stream: Any, run: Any, text: bytes) -> None:
    """Replace the glyph numbers of a run by codes that stand for a glyph and a text."""
    pango_font = run.item.analysis.font
    font, size = stream.add_font(pango_font)
    if font.bitmap or font.png or font.svg or font.colr or font.type == "otf":
        return
    codes = _codes(stream, font)
    glyphs, backwards = run.glyphs.glyphs, bool(run.item.analysis.level % 2)
    for cluster, letters in _clusters(run, text):
        drawn = [(i, glyphs[i].glyph) for i in cluster]
        if len(drawn) > 1 or len(letters) > 1 or drawn[0][1] >= pango.PANGO_GLYPH_EMPTY:
            if any(glyph & pango.PANGO_GLYPH_UNKNOWN_FLAG for _i, glyph in drawn):
                continue
            drawn = [item for item in drawn if item[1] != pango.PANGO_GLYPH_EMPTY]
            pieces = _pieces(letters, len(drawn), backwards=backwards)
        else:
            pieces = [letters]
        for (i, glyph), piece in zip(drawn, pieces, strict=True):
            code = codes.by_text.get((glyph, piece))
            if code is None:
                code = _new_code(font, codes, glyph, piece)
                if code not in font.widths:
                    font.widths[code] = _width(stream, pango_font, glyph, size)
            if code != glyph:
                glyphs[i].glyph = code


def _codes(stream: Any, font: Any) -> _Codes:
    """Return a font's codes; fonts that share a file share one dictionary in the PDF, and them."""
    if not hasattr(font, _ATTRIBUTE):
        for other in stream._fonts.values():  # noqa: SLF001
            if other.hash == font.hash and hasattr(other, _ATTRIBUTE):
                setattr(font, _ATTRIBUTE, getattr(other, _ATTRIBUTE))
                font.to_unicode, font.widths = other.to_unicode, other.widths
                break
        else:
            setattr(font, _ATTRIBUTE, _Codes())
    codes: _Codes = getattr(font, _ATTRIBUTE)
    return codes


def _new_code(font: Any, codes: _Codes, glyph: int, text: str) -> int:
    """Give a glyph a code for a text: its own number for the first, a new number for another."""
    # Numbers just above the glyphs are WeasyPrint's own, for letters that the font lacks.
    first = font.glyph_count + _RESERVED
    code = glyph if glyph not in codes.glyphs else first + len(codes.glyphs)
    codes.by_text[glyph, text] = code
    codes.glyphs[code] = glyph
    font.to_unicode[code] = text
    return code


def _width(stream: Any, pango_font: Any, glyph: int, size: float) -> int:
    """Return a glyph's advance in thousandths of the type size, as WeasyPrint measures it."""
    pango.pango_font_get_glyph_extents(pango_font, glyph, stream.ink_rect, stream.logical_rect)
    advance: float = stream.logical_rect.width * 1000 * FROM_UNITS / size
    return round(advance)


def _clusters(run: Any, text: bytes) -> Iterator[tuple[list[int], str]]:
    """Yield the glyphs of each cluster, in drawing order, and the text that they stand for."""
    offset, length, number = run.item.offset, run.item.length, run.glyphs.num_glyphs
    starts = ffi.unpack(run.glyphs.log_clusters, number)
    text = text[offset : offset + length]
    if starts == list(range(number)) and number == length:
        # ASCII in most fonts: one byte, one letter, one glyph.
        yield from (([i], chr(byte)) for i, byte in enumerate(text))
        return
    bounds = sorted({*starts, length})
    ends = dict(pairwise(bounds))
    for start, group in groupby(range(number), starts.__getitem__):
        yield list(group), text[start : ends[start]].decode()


def _pieces(letters: str, number: int, *, backwards: bool) -> list[str]:
    """Share a cluster's letters out among its glyphs, in drawing order."""
    if not number:
        return []
    parts = list(letters)
    if len(parts) < number:
        # Tamil o is drawn as e and aa around its consonant, and is canonically e and aa.
        parts = list(unicodedata.normalize("NFD", letters))
    if len(parts) < number:
        parts += [_NOTHING] * (number - len(parts))
    else:
        parts = [*parts[: number - 1], "".join(parts[number - 1 :])]
    return parts[::-1] if backwards else parts


def _subset_by_glyph(self: Any, to_unicode: dict[int, str], hinting: Any) -> None:
    """Keep the glyphs behind the codes."""
    codes: _Codes | None = getattr(self, _ATTRIBUTE, None)
    glyphs = codes.glyphs if codes else {}
    _subset(self, {glyphs.get(code, code): text for code, text in to_unicode.items()}, hinting)


def _build_recoded_font(
    font_dictionary: Any, pdf: Any, font: Any, widths: Any, compress: Any, *rest: Any
) -> None:
    """Write a font's dictionary, and which glyph each of its codes draws."""
    _build_vector_font(font_dictionary, pdf, font, widths, compress, *rest)
    codes: _Codes | None = getattr(font, _ATTRIBUTE, None)
    if codes is None or all(code == glyph for code, glyph in codes.glyphs.items()):
        return
    # What was drawn without a code of ours, such as a shortened line, draws its own glyph.
    glyphs = {glyph: glyph for glyph in widths} | codes.glyphs
    table = bytearray(2 * (max(glyphs) + 1))
    for code, glyph in glyphs.items():
        table[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
    stream = pydyf.Stream([bytes(table)], compress=compress)
    pdf.add_object(stream)
    number = int(font_dictionary["DescendantFonts"][0].split()[0])
    pdf.objects[number]["CIDToGIDMap"] = stream.reference


_marked_before = Stream.marked


@contextmanager
def _marked(self: Any, box: Any, tag: str) -> Iterator[None]:
    """Mark content as WeasyPrint does, with its text where readers would guess wrong."""
    with _marked_before(self, box, tag):
        if self._tags is not None and isinstance(box, TextBox):
            # pydyf has just written "/Tag", the properties and "BDC".
            if _needs_text(box.text):
                self.stream[-2]["ActualText"] = pydyf.String(box.text)
            if box.style["lang"]:
                self.stream[-2]["Lang"] = pydyf.String(box.style["lang"])
        part = _parts.get(box.element) if self._tags is not None else None
        if part is None:
            yield
            return
        text = box.text if isinstance(box, TextBox) else ""
        digits = _digits(self, box, text) if part.kind == SLOT and text.strip() else ()
        setattr(self.stream[-2], PIECE, Piece(part=part, text=text, digits=digits))
        _forget(self)
        yield
        _forget(self)


def clinics(root: Any) -> dict[Any, Part]:
    """Find the elements of a page that show what is a clinic's."""
    found: dict[Any, Part] = {}
    for number, element in enumerate(root.iter()):
        for kind in (BLOCK, SLOT):
            if name := element.get(kind):
                part = Part(kind=kind, name=name, number=number)
                found |= dict.fromkeys(element.iter(), part)
    return found


@contextmanager
def parted(parts: Mapping[Any, Part]) -> Iterator[None]:
    """Mark these elements' pieces while a document is painted."""
    _parts.update(parts)
    try:
        yield
    finally:
        _parts.clear()


def _forget(stream: Any) -> None:
    """Let what is painted next say its colour and its font again."""
    stream._current_color = stream._current_color_stroke = None  # noqa: SLF001
    stream._current_alpha = stream._current_alpha_stroke = None  # noqa: SLF001
    stream._current_font = stream._old_font = None  # noqa: SLF001


def _digits(stream: Any, box: Any, text: str) -> tuple[int, ...]:
    """Return the codes that draw the ten digits where a slot stands, and put them into its font.

    None where one digit takes another width than another, alone, beside a digit or beside a sign
    of the slot: there a value cannot take the place of another.
    """
    signs = {letter for letter in text if letter not in DIGITS} - {"\n"}
    pairs = "".join(f"{a}{b}" for a in DIGITS for b in DIGITS)
    sample = pairs + "".join(f"{sign}{digit}" for sign in sorted(signs) for digit in DIGITS)
    layout = Layout(box.style)
    layout.set_text(sample + DIGITS[0])
    line, _index = layout.get_first_line()
    run, encoded = line.runs[0], layout.text.encode()
    drawn: dict[str, set[tuple[str, int, int]]] = {}
    while run != ffi.NULL:
        item, run = run.data, run.next
        font, size = stream.add_font(item.item.analysis.font)
        clusters = list(_clusters(item, encoded))
        _recode(stream, item, encoded)
        for cluster, letters in clusters:
            infos = [item.glyphs.glyphs[i] for i in cluster]
            widths = sum(info.geometry.width for info in infos)
            drawn.setdefault(letters, set()).add((font.hash, infos[0].glyph, widths))
            if letters in DIGITS and infos[0].glyph not in font.to_unicode:
                font.to_unicode[infos[0].glyph] = letters
                width = _width(stream, item.item.analysis.font, infos[0].glyph, size)
                font.widths.setdefault(infos[0].glyph, width)
    if any(len(found) != 1 for found in drawn.values()) or not drawn.keys() >= set(DIGITS):
        return ()
    digits = [next(iter(drawn[digit])) for digit in DIGITS]
    if len({(font, width) for font, _code, width in digits}) != 1:
        return ()
    return tuple(code for _font, code, _width in digits)


def _needs_text(text: str) -> bool:
    """Tell whether left-to-right text has marks of its own, or glyphs that fonts make of two."""
    if text.isascii() or any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text):
        return False
    return any(
        unicodedata.category(letter).startswith("M") or "\u1e00" <= letter <= "\u1eff"
        for letter in text
    )
