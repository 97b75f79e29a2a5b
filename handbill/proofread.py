"""Read a finished PDF as its readers' programs will, and compare. The only importer of pypdfium2.

PDFium is what Chrome and Edge read PDFs with. What it finds is compared with the words of the
HTML: each must be there, nothing else may be, and they must follow each other as written. In a
right-to-left page PDFium itself shuffles numbers among words when it guesses at lines, so there the
order of numbers is read from where their glyphs stand on the page.
"""

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pypdfium2
from pypdfium2 import raw

from handbill import bidi, hypertext


#: Scripts without spaces between words: there, letters are compared instead of words.
UNSPACED = frozenset({"Hans", "Hant", "Jpan", "Khmr", "Laoo", "Mymr", "Thai"})

#: Letters whose baselines are this many points apart, or less, stand on one line.
_LINE = 2.0

_JOINING = frozenset(".,/:-\u2010\u2011\u2012\u2013")
_WORD = re.compile("L[LM]*|R[RM]*|N[NM]*(?:JN[NM]*)*")
_SIGNS = re.compile("[.,/:\u2010-\u2013-]")
#: A line that is broken inside a range.
_BROKEN = re.compile("(?<=[0-9])([/:\u2010-\u2013-])[\r\n]+(?=[0-9])")


def problems(html: str, pdf: bytes, *, script: str, direction: str) -> Iterator[tuple[str, str]]:
    """Yield what a reader's program would get wrong.

    Args:
        html: what was printed.
        pdf: what came out.
        script: the ISO 15924 code of the page's script.
        direction: `ltr` or `rtl`.

    Yields:
        The name of the rule, and what is wrong.
    """
    backwards = direction == "rtl"
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage() for page in document]
        texts = [page.get_text_bounded() for page in pages]
        lines = [line for page in pages for line in _lines(page)] if backwards else []
        for page in pages:
            page.close()
    blocks = list(hypertext.blocks(html))
    excused: list[str] = []
    if backwards:
        # PDFium takes a vowel mark, which is set a little higher, for a line of its own.
        marked = {word for block in blocks for word in words(block)}
        marked -= {word for text in texts for word in words(text)}
        moved = [word for word in marked if word != unmarked(word)]
        if moved:
            yield "vowel-mark", f"its marks move when it is copied: {_some(moved)}"
        excused = [unmarked(word) for word in moved]
        blocks, texts = [unmarked(block) for block in blocks], [unmarked(text) for text in texts]

    def units(text: str) -> list[str]:
        read = letters if script in UNSPACED else _parts if backwards else words
        found = read(text)
        if not excused:
            return found
        return [unit for unit in found if not any(unit in word for word in excused)]

    expected = [units(block) for block in blocks]
    found = [unit for text in texts for unit in units(text)]
    yield from _differences(expected, found, len(pages), ordered=not backwards)
    if backwards:
        own = hypertext.blocks(html, leave='dir="ltr"')
        for run in dict.fromkeys(run for block in own for run in bidi.runs(block)):
            if not _stands(run, lines):
                yield "number-order", f"{run!r} is not printed in this order"


def _differences(
    expected: list[list[str]], found: list[str], pages: int, *, ordered: bool
) -> Iterator[tuple[str, str]]:
    wanted = Counter(unit for block in expected for unit in block)
    lost = wanted - Counter(found)
    if lost:
        yield "text-layer", f"cannot be read out or copied: {_some(lost)}"
    # Numbers of pages and of list items are made while printing.
    strange = {unit for unit in found if unit not in wanted and not unit.isdigit()}
    if strange:
        yield "text-layer", f"would be read out, but is not in the text: {_some(strange)}"
    if ordered and not lost:
        followed = {*pairwise(found)}
        pairs = [pair for block in expected for pair in pairwise(block)]
        broken = [pair for pair in pairs if pair not in followed]
        # A block that goes on over the page is interrupted by the foot and the head.
        if len(broken) >= pages:
            text = ", ".join(f"{' '.join(pair)!r}" for pair in broken[:3])
            yield "text-layer", f"would be read out in another order: {text}"


def _some(units: Iterable[str]) -> str:
    shown = sorted(units)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(repr(unit) for unit in shown[:5]) + more


class _Seen(dict[int, int | None]):
    """For `str.translate`: drops what is never seen or spoken."""

    def __missing__(self, code: int) -> int | None:
        unseen = unicodedata.category(chr(code)) in {"Cf", "Cc", "Cn"} and not chr(code).isspace()
        self[code] = None if unseen else code
        return self[code]


class _Kinds(dict[int, str]):
    """For `str.translate`: what a letter is part of, as one letter.

    `L` and `R`, a word to the right or left; `M`, a mark of either; `N`, a number; `J`, a sign that
    may join two; a space, nothing.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        kind = " "
        if category.startswith("L"):
            kind = "R" if unicodedata.bidirectional(letter) in {"R", "AL"} else "L"
        elif category.startswith("M"):
            kind = "M"
        elif category == "Nd":
            kind = "N"
        elif letter in _JOINING:
            kind = "J"
        self[code] = kind
        return kind


_SEEN, _KINDS = _Seen(), _Kinds()


def _plain(text: str) -> str:
    """Compose letters and marks, and drop what is never seen or spoken."""
    return unicodedata.normalize("NFC", text).translate(_SEEN)


def words(text: str) -> list[str]:
    """Find words and numbers.

    A number keeps the signs inside it, such as 4–6 and 38.5. Where the direction changes a word
    ends, for readers drop spaces there.
    """
    text = _BROKEN.sub(r"\1", _plain(text))
    return [text[slice(*found.span())] for found in _WORD.finditer(text.translate(_KINDS))]


def _parts(text: str) -> list[str]:
    """Find words, and the parts of numbers: PDFium may tell these in any order."""
    return [part for word in words(text) for part in _SIGNS.split(word)]


def unmarked(text: str) -> str:
    """Leave out the vowel marks of Arabic and Hebrew."""
    return "".join(letter for letter in text if unicodedata.bidirectional(letter) != "NSM")


def letters(text: str) -> list[str]:
    """Find letters, marks and digits, for scripts that set no spaces."""
    text = _plain(text)
    kinds = text.translate(_KINDS)
    return [letter for letter, kind in zip(text, kinds, strict=True) if kind not in " J"]


def _lines(page: pypdfium2.PdfTextPage) -> Iterator[str]:
    """Yield the left-to-right letters of each line of a page, as they stand from left to right."""
    x, y = ctypes.c_double(), ctypes.c_double()
    placed: list[tuple[float, float, str]] = []
    for i in range(page.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(page, i))
        if letter.isspace() or not _is_left_to_right(letter):
            continue
        if raw.FPDFText_GetCharOrigin(page, i, x, y):
            placed.append((round(-y.value / _LINE), x.value, letter))
    placed.sort()
    for height in dict.fromkeys(line for line, _x, _letter in placed):
        yield "".join(letter for line, _x, letter in placed if line == height)


def _is_left_to_right(letter: str) -> bool:
    """Leave out letters of the other direction, and brackets, which PDFium mirrors as it likes."""
    other = unicodedata.bidirectional(letter) in {"R", "AL", "NSM", "BN"}
    return not other and not unicodedata.mirrored(letter)


def _stands(run: str, lines: list[str]) -> bool:
    """Tell whether a run stands in its order on one line, or broken at its spaces over two."""
    parts = ["".join(filter(_is_left_to_right, part)) for part in run.split()]
    whole = "".join(parts)
    if any(whole in line for line in lines):
        return True
    return any(
        any("".join(parts[:cut]) in line for line in lines)
        and any("".join(parts[cut:]) in line for line in lines)
        for cut in range(1, len(parts))
    )
