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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2
from pypdfium2 import raw

from handbill import bidi, hypertext, languages


#: Letters whose baselines are this many points apart, or less, stand on one line.
_LINE = 2.0
#: Glyphs that are further apart, in points, without a space stand in two cells.
_GAP = 2.5
#: How many lines may stand between two pieces of a run: a page's foot and the next one's head.
_REACH = 8

_JOINING = frozenset(".,/:-\u2010\u2011\u2012\u2013")
_WORD = re.compile("[CL][CLM]*|R[RM]*|N[NM]*(?:JN[NM]*)*|S")
_PART = re.compile("[CL][CLM]*|R[RM]*|N[NM]*|S")
_LETTER = re.compile("C[CM]*|[LRM]|N[NM]*(?:JN[NM]*)*|S")
#: A line that is broken inside a range.
_BROKEN = re.compile("(?<=[0-9])([/:\u2010-\u2013-])[\r\n]+(?=[0-9])")
_LIST = re.compile(r"<(/?)(ol|ul|li)\b([^>]*)>", re.IGNORECASE)
_START = re.compile(r'\bstart="(\d+)"')

#: PDFium mirrors these in right-to-left text as it likes, and spells out fractions.
_FOLDED = str.maketrans("<≤\u2044", ">≥/")


def problems(
    html: str, pdf: bytes, *, script: str, direction: str, stamp: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield what a reader's program would get wrong.

    Args:
        html: what was printed.
        pdf: what came out.
        script: the ISO 15924 code of the page's script.
        direction: `ltr` or `rtl`.
        stamp: what every page must say, if anything: that it is a draft.

    Yields:
        The name of the rule, and what is wrong.
    """
    backwards = direction == "rtl"
    texts, lines, cut = list[str](), list[str](), Counter[str]()
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            reader = page.get_textpage()
            text = reader.get_text_bounded(-1e5, -1e5, 1e5, 1e5)
            safe = reader.get_text_bounded()
            if text != safe:
                cut += Counter(words(text)) - Counter(words(safe))
            texts.append(text)
            lines += _lines(reader) if backwards else ()
            reader.close()
    blocks = list(hypertext.blocks(html))
    if cut:
        yield "text-layer", f"stands off the paper: {_some(cut)}"
    moved: frozenset[str] = frozenset()
    if backwards:
        # PDFium takes a vowel mark, which is set a little higher, for a line of its own.
        marked = Counter(word for block in blocks for word in words(block))
        marked -= Counter(word for text in texts for word in words(text))
        torn = [word for word in marked if word != unmarked(word)]
        if torn:
            yield "vowel-mark", f"its marks move when it is copied: {_some(torn)}"
        moved = frozenset(map(_folded, torn))
        blocks, texts = [*map(_folded, blocks)], [*map(_folded, texts)]

    pattern = _LETTER if script in languages.UNSPACED else _PART if backwards else _WORD
    expected = [_read(block, pattern).units for block in blocks]
    pages = [_read(text, pattern) for text in texts]
    yield from _differences(
        expected, pages, moved, _numbers(html, len(pages)), ordered=not backwards
    )
    if backwards:
        yield from _reordered(html, lines)
    said = _read(_folded(stamp) if backwards else stamp, pattern).units
    for number, page in enumerate(pages, start=1):
        if not _says(page.units, said, moved, whole=script in languages.UNSPACED):
            yield "unstamped-draft", f"page {number} does not say that it is a draft"


def saying(
    pdf: bytes, phrases: Sequence[str], *, script: str, direction: str
) -> tuple[list[int], int]:
    """Count the pages of a PDF on which a reader's program finds each of these, and all its pages.

    Raises:
        ValueError: it is no PDF that can be read.
    """
    backwards = direction == "rtl"
    pattern = _LETTER if script in languages.UNSPACED else _PART if backwards else _WORD

    def units(text: str) -> list[str]:
        return _read(_folded(text) if backwards else text, pattern).units

    try:
        with pypdfium2.PdfDocument(pdf) as document:
            readers = [page.get_textpage() for page in document]
            pages = [units(reader.get_text_bounded(-1e5, -1e5, 1e5, 1e5)) for reader in readers]
            for reader in readers:
                reader.close()
    except pypdfium2.PdfiumError as error:
        message = f"no PDF: {str(error).lower()}"
        raise ValueError(message) from error
    whole = script in languages.UNSPACED
    counts = []
    for said in map(units, phrases):
        # Vowel marks part the words that they stand in.
        moved = frozenset(said) if backwards else frozenset()
        counts.append(sum(_says(page, said, moved, whole=whole) for page in pages))
    return counts, len(pages)


@dataclass(slots=True)
class _Page:
    """The units that are compared, and what stands before each."""

    units: list[str]
    gaps: list[str]


def _read(text: str, pattern: re.Pattern[str]) -> _Page:
    text = _BROKEN.sub(r"\1", _plain(text))
    spans = [found.span() for found in pattern.finditer(text.translate(_KINDS))]
    starts = [0, *(end for _start, end in spans)]
    return _Page(
        units=[text[start:end] for start, end in spans],
        gaps=[text[before:start] for before, (start, _end) in zip(starts, spans, strict=False)],
    )


def _differences(
    expected: list[list[str]],
    pages: list[_Page],
    moved: frozenset[str],
    numbers: frozenset[int],
    *,
    ordered: bool,
) -> Iterator[tuple[str, str]]:
    wanted = Counter(unit for block in expected for unit in block)
    found = Counter(unit for page in pages for unit in page.units)
    lost, spare = wanted - found, found - wanted
    if lost or any(unit not in wanted for unit in spare):
        for page in pages:
            _join(page, wanted, lost, spare)
        found = Counter(unit for page in pages for unit in page.units)
        lost, spare = wanted - found, found - wanted
        _join_pages(pages, lost, spare)
        if not ordered:
            _gather(lost, spare, moved)
    if lost:
        yield "text-layer", f"cannot be read out or copied: {_some(lost)}"
    # Numbers of pages and of list items are made while printing.
    strange = {
        unit
        for unit in spare
        if unit not in wanted and not (unit.isdecimal() and int(unit) in numbers)
    }
    if strange:
        yield "text-layer", f"would be read out, but is not in the text: {_some(strange)}"
    if ordered and not lost:
        broken = list(_parted(expected, pages, frozenset(map(str, numbers))))
        if broken:
            text = ", ".join(f"{' '.join(pair)!r}" for pair in broken[:3])
            yield "text-layer", f"would be read out in another order: {text}"


def _join(page: _Page, wanted: Counter[str], lost: Counter[str], spare: Counter[str]) -> None:
    """Join the pieces of words that the end of a line, or letter-spacing, has parted."""
    longest = max(map(len, wanted), default=0)
    units, gaps = page.units, page.gaps
    joined, before, i = list[str](), list[str](), 0
    while i < len(units):
        forms, end, whole = {units[i]}, i + 1, ""
        while not whole and forms and end < len(units) and spare[units[end - 1]] > 0:
            signs = _bonds(units[end - 1], gaps[end], units[end])
            forms = {form + sign + units[end] for form in forms for sign in signs}
            forms = {form for form in forms if len(form) <= longest}
            end += 1
            pieces = units[i:end]
            # A foot is broken on every page; but what is whole in the text may follow by chance.
            parted = any(piece not in wanted for piece in pieces)
            if Counter(pieces) <= spare:
                fit = (form for form in forms if form in (wanted if parted else lost))
                whole = next(fit, "")
        if not whole:
            end = i + 1
        else:
            spare.subtract(units[i:end])
        joined.append(whole or units[i])
        before.append(gaps[i])
        i = end
    page.units, page.gaps = joined, before


def _bonds(left: str, gap: str, right: str) -> tuple[str, ...]:
    """Return the signs by which two neighbours may be one word."""
    sign = gap.strip()
    if "\n" in gap or "\r" in gap:
        return ("", sign) if _JOINING.issuperset(sign) else ()
    spaced = not sign and _is_single(left) and _is_single(right)
    return ("",) if spaced else ()


def _is_single(unit: str) -> bool:
    return all(unicodedata.category(letter).startswith("M") for letter in unit[1:])


def _join_pages(pages: list[_Page], lost: Counter[str], spare: Counter[str]) -> None:
    """Join the two pieces of a word that goes on over the page."""
    for word in list(lost):
        for cut in range(1, len(word)):
            left, right = word[:cut].rstrip("-\u2010"), word[cut:].lstrip("-\u2010")
            if not (spare[left] > 0 and spare[right] > 0):
                continue
            for page, after in pairwise(pages):
                if lost[word] and left in page.units and right in after.units:
                    i = len(page.units) - 1 - page.units[::-1].index(left)
                    k = after.units.index(right)
                    page.units[i] = word
                    del after.units[k], after.gaps[k]
                    lost.subtract([word])
                    spare.subtract([left, right])
    _keep_positive(lost, spare)


def _gather(lost: Counter[str], spare: Counter[str], moved: frozenset[str]) -> None:
    """Excuse words that PDFium scatters in right-to-left text, if all their pieces are there.

    Vowel marks tear their words. Of left-to-right words the order is judged by their glyphs.
    """
    for word in [*moved, *(word for word in lost if word not in moved)]:
        if word not in moved and unicodedata.bidirectional(word[0]) in {"R", "AL"}:
            continue
        # A word of the page's foot is torn again on each page.
        while len(pieces := _spelling(word, spare, len(word) - 1)) > 1:
            spare.subtract(pieces)
            lost.subtract([word])
    _keep_positive(lost, spare)


def _spelling(word: str, spare: Counter[str], longest: int) -> list[str]:
    """Find pieces that spell a word together, the longest first."""
    for cut in range(min(longest, len(word)), 0, -1):
        piece = word[:cut]
        if spare[piece] > 0:
            if cut == len(word):
                return [piece]
            rest = _spelling(word[cut:], spare - Counter([piece]), len(word))
            if rest:
                return [piece, *rest]
    return []


def _keep_positive(*counters: Counter[str]) -> None:
    for counter in counters:
        for unit in [unit for unit, number in counter.items() if number <= 0]:
            del counter[unit]


def _parted(
    expected: list[list[str]], pages: list[_Page], made: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield neighbours that have been parted, but for those of a block that turns a page there.

    A number that is made while printing, as in "Page 1 of 2", may stand between two.
    """
    pairs = [
        {
            *pairwise(page.units),
            *((a, c) for (a, b), (_, c) in pairwise(pairwise(page.units)) if b in made),
        }
        for page in pages
    ]
    units = [{*page.units} for page in pages]
    followed = set[tuple[str, str]]().union(*pairs)
    for block in expected:
        breaks = [i for i, pair in enumerate(pairwise(block), start=1) if pair not in followed]
        if not breaks:
            continue
        parts = [block[start:end] for start, end in pairwise([0, *breaks, len(block)])]
        turned = any(
            all(
                part[0] in units[first + n] and pairs[first + n].issuperset(pairwise(part))
                for n, part in enumerate(parts)
            )
            for first in range(len(pages) - len(parts) + 1)
        )
        if not turned:
            yield from ((block[i - 1], block[i]) for i in breaks)


def _says(units: list[str], said: list[str], moved: frozenset[str], *, whole: bool) -> bool:
    if whole:
        return "".join(said) in "".join(units)
    there = Counter(units)
    return all(
        word in there or (word in moved and _spelling(word, there, len(word))) for word in said
    )


def _numbers(html: str, pages: int) -> frozenset[int]:
    """Return the numbers that are made while printing: of pages, and of the items of lists."""
    numbers = {*range(1, pages + 1)}
    lists: list[int | None] = []
    for match in _LIST.finditer(html):
        end, name, attributes = match.groups()
        if name.lower() == "li":
            if not end and lists and (number := lists[-1]) is not None:
                numbers.add(number)
                lists[-1] = number + 1
        elif not end:
            start = _START.search(attributes)
            first = int(start.group(1)) if start else 1
            lists.append(first if name.lower() == "ol" else None)
        elif lists:
            lists.pop()
    return frozenset(numbers)


def _some(units: Iterable[str]) -> str:
    shown = sorted(units)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(repr(unit) for unit in shown[:5]) + more


class _Seen(dict[int, str | None]):
    """For `str.translate`: spells ligatures out, and drops what is never seen or spoken."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        category = unicodedata.category(letter)
        if category in {"Cf", "Cc", "Cn"} and not letter.isspace():
            self[code] = None
        else:
            # Fractions and small numbers are other numbers when they are spelt out.
            self[code] = letter if category == "No" else unicodedata.normalize("NFKC", letter)
        return self[code]


class _Kinds(dict[int, str]):
    """For `str.translate`: what a letter is part of, as one letter.

    `L` and `R`, a word to the right or left; `C`, the former in a script that has capitals; `M`, a
    mark of either; `N`, a number; `S`, a sign that changes a number, such as ½, ≤ or %; `J`, a sign
    that may join two; a space, nothing.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        kind = " "
        if category in {"Lu", "Ll"}:
            kind = "C"
        elif category.startswith("L"):
            kind = "R" if unicodedata.bidirectional(letter) in {"R", "AL"} else "L"
        elif category.startswith("M"):
            kind = "M"
        elif category == "Nd":
            kind = "N"
        elif letter in _JOINING:
            kind = "J"
        elif category in {"No", "Sm"} or letter in "%‰٪":
            kind = "S"
        self[code] = kind
        return kind


_SEEN, _KINDS = _Seen(), _Kinds()
#: PDFium's sign for a hyphen that ends a line; the line's end it leaves out.
_SEEN[2] = "-\n"


def _plain(text: str) -> str:
    """Compose letters and marks, and drop what is never seen or spoken."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_SEEN))


def _folded(text: str) -> str:
    """Leave out what PDFium moves or changes in right-to-left text."""
    return unicodedata.normalize("NFKC", unmarked(text)).translate(_FOLDED)


def words(text: str) -> list[str]:
    """Find words, numbers and the signs that change them.

    A number keeps the signs inside it, such as 4–6 and 38.5. Where the direction changes a word
    ends, for readers drop spaces there.
    """
    return _read(text, _WORD).units


def unmarked(text: str) -> str:
    """Leave out the vowel marks of Arabic and Hebrew."""
    return "".join(letter for letter in text if unicodedata.bidirectional(letter) != "NSM")


def letters(text: str) -> list[str]:
    """Find letters, marks and digits, for scripts that set no spaces."""
    text = _plain(text)
    kinds = text.translate(_KINDS)
    return [letter for letter, kind in zip(text, kinds, strict=True) if kind not in " JS"]


class _Sides(dict[int, str]):
    """What is written of a glyph on a line that is read from left to right.

    `|` for letters of the other direction; `¦` for brackets and their like, which PDFium mirrors as
    it likes; nothing for marks.
    """

    def __missing__(self, code: int) -> str:
        letter = "-" if code == 2 else chr(code)
        side = unicodedata.bidirectional(letter)
        if letter.isspace():
            letter = " "
        elif side in {"NSM", "BN"}:
            letter = ""
        elif side in {"R", "AL"}:
            letter = "|"
        elif unicodedata.mirrored(letter):
            letter = "¦"
        self[code] = letter
        return letter


_SIDES = _Sides()


def _lines(page: pypdfium2.PdfTextPage) -> Iterator[str]:
    """Yield each line of a page as it stands from left to right; a tab parts cells."""
    x, y = ctypes.c_double(), ctypes.c_double()
    box = raw.FS_RECTF()
    placed: list[tuple[float, float, int, str, float]] = []
    for i in range(page.count_chars()):
        letter = _SIDES[raw.FPDFText_GetUnicode(page, i)]
        if not letter or (letter == " " and raw.FPDFText_IsGenerated(page, i)):
            continue
        if raw.FPDFText_GetCharOrigin(page, i, x, y):
            end = x.value
            if letter not in " |" and raw.FPDFText_GetLooseCharBox(page, i, box):
                end = box.right
            placed.append((round(-y.value / _LINE), x.value, i, letter, end))
    placed.sort()
    line, last, edge = "", "", 0.0
    height: float | None = None
    for at, start, _i, letter, end in placed:
        if at != height:
            if line:
                yield line
            line, last, height = "", "", at
        elif start - edge > _GAP and last not in " |" and letter not in " |":
            line += "\t"
        line += letter
        last, edge = letter, end
    if line:
        yield line


def _reordered(html: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the runs that do not stand on the page in their order as often as in the text."""
    every = Counter(hypertext.blocks(html))
    own = Counter(hypertext.blocks(html, leave='dir="ltr"'))
    elsewhere = "\n".join((every - own).elements()).translate(_SIDES)
    runs = [run for block in own.elements() for run in bidi.runs(block)]
    # One number may stand in the text with spaces of several kinds; on the page they are one run.
    wanted = Counter(_glyphs(run) for run in runs if not run.isalnum())
    written = {_glyphs(run): run for run in runs}
    page = "\n".join(lines)
    # What is found is taken away, the longest first: "10 mg" is not found in "5-10 mg".
    for glyphs in sorted(wanted, key=lambda glyphs: (-len(glyphs), glyphs)):
        pattern = _pattern(glyphs)
        page, number = pattern.subn("|", page)
        missing = wanted[glyphs] + len(pattern.findall(elsewhere)) - number
        if missing > 0:
            rest = page.split("\n")
            while missing and _take(glyphs, rest):
                missing -= 1
            page = "\n".join(rest)
        if missing > 0:
            yield "number-order", f"{written[glyphs]!r} is not printed in this order"


def _glyphs(run: str) -> str:
    return "".join(run.translate(_SIDES).split())


def _pattern(glyphs: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){' *'.join(map(re.escape, glyphs))}(?!\w)")


def _take(glyphs: str, lines: list[str]) -> bool:
    """Take a run that is broken over lines away from them, if it is there."""
    for first in range(len(lines)):
        spans = _spans(glyphs, lines, range(first, first + 1))
        if spans:
            for i, start, end in spans:
                lines[i] = f"{lines[i][:start]}|{lines[i][end:]}"
            return True
    return False


def _spans(
    glyphs: str, lines: list[str], reach: range, *, head: bool = True
) -> list[tuple[int, int, int]]:
    """Find where the pieces of a run stand: each reaches the end of its line, but for the last.

    Between that end and the piece there is no text of the other direction.
    """
    for i in reach:
        if i >= len(lines):
            break
        line = lines[i]
        start = line.find(glyphs[0])
        while start >= 0:
            size, end = _piece(glyphs, line, start)
            here = (i, start, end)
            rest = glyphs[size:]
            fits = head or "|" not in line[end:].split("\t", 1)[0]
            fits = fits and (not rest or "|" not in line[:start].rsplit("\t", 1)[-1])
            if size and fits:
                if not rest:
                    return [here]
                further = _spans(rest, lines, range(i + 1, i + 1 + _REACH), head=False)
                if further:
                    return [here, *further]
            start = line.find(glyphs[0], start + 1)
    return []


def _piece(glyphs: str, line: str, start: int) -> tuple[int, int]:
    """Return how many glyphs of a run stand at a place, and where they end."""
    if start and glyphs[0].isalnum() and line[start - 1].isalnum():
        return 0, start
    size, end, place = 0, start, start
    while place < len(line) and size < len(glyphs):
        if line[place] == glyphs[size]:
            size, end = size + 1, place + 1
        elif line[place] != " ":
            break
        place += 1
    parted = size < len(glyphs) or glyphs[size - 1].isalnum()
    if end < len(line) and line[end].isalnum() and parted:
        # Another run that begins alike, such as a second web address.
        return 0, start
    return size, end
