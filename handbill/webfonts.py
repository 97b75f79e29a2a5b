"""Fonts inside a web page, so that any browser can show it. The only importer of uharfbuzz.

A page brings the letters that it shows, and no others, as WOFF2 in `data:` addresses. HarfBuzz
cuts the fonts: the fontTools subsetter gives files of the same size in up to 400 times the time.
"""

import base64
import functools
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz
from fontTools.ttLib import TTFont

from handbill import cascade


#: The weights that a page may use, of those that a family may have.
REGULAR, BOLD = 400, 700

#: Need no glyph: controls, signs of direction and of joining, line ends.
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})
#: Belong to the letters beside them, whichever font these are in.
_SHARED = frozenset({"Cf", "Mc", "Me", "Mn", "Zs"})
#: Names of a font that its licence wants kept: its licence, and where to read it.
_LICENCE = (13, 14)
_AM = frozenset("\u0e33\u0eb3")
_AROUND = frozenset("\u17be\u17bf\u17c0\u17c4\u17c5")
_KHMER_E = "\u17c1"
_HEAD = re.compile(r"</head>|<body\b|\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One font file: its family, its weight and the characters that it has."""

    family: str
    weight: int
    path: Path
    characters: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """A page with its fonts.

    Attributes:
        html: the page.
        foreign: families that the page needs and that its language does not name.
        missing: characters that no font of the folder has.
    """

    html: str
    foreign: tuple[str, ...]
    missing: tuple[str, ...]


def embed(html: str, families: Sequence[str], folder: Path) -> Embedding:
    """Put the fonts into a page that its text needs.

    A family of the page hides one of the same name on the reader's machine (CSS Fonts 4, 4.2), so
    the families keep their names.

    Args:
        html: the page; its stylesheets name the families.
        families: the families of its language, first choice first.
        folder: the project's fonts.
    """
    known = faces(folder)
    letters = cascade.Page(html).letters()
    foreign: set[str] = set()
    missing: set[str] = set()
    for weight, wanted in ((REGULAR, letters.every), (BOLD, letters.bold)):
        own = [_nearest(known, family, weight) for family in families]
        for letter in wanted:
            if unicodedata.category(letter) in _INVISIBLE or _has(own, letter):
                continue
            others = [face.family for face in known if letter in face.characters]
            if others:
                foreign.add(others[0])
            else:
                missing.add(letter)
    rules = "\n".join(_rules(known, families, letters))
    html = _HEAD.sub(lambda end: f"<style>\n{rules}\n</style>\n{end.group()}", html, count=1)
    return Embedding(html=html, foreign=tuple(sorted(foreign)), missing=tuple(sorted(missing)))


@functools.lru_cache(maxsize=4)
def faces(folder: Path) -> tuple[Face, ...]:
    """Return the upright fonts of a folder, by family and weight."""
    found = []
    for path in sorted(folder.glob("*.[ot]tf")):
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        style = uharfbuzz.Font(face)
        if style.get_style_value(uharfbuzz.StyleTag.ITALIC):
            continue
        found.append(
            Face(
                family=face.get_name(uharfbuzz.OTNameIdPredefined.FONT_FAMILY),
                weight=round(style.get_style_value(uharfbuzz.StyleTag.WEIGHT)),
                path=path,
                characters=frozenset(map(chr, face.unicodes)),
            )
        )
    return tuple(sorted(found, key=lambda face: (face.family, face.weight)))


def _rules(
    known: Sequence[Face], families: Sequence[str], letters: cascade.Letters
) -> Iterator[str]:
    """Yield a rule for each font that has a letter of the page before the others do."""
    wanted = {REGULAR: letters.every, BOLD: letters.bold}
    for family, weight, font in cuts(known, families, wanted):
        data = base64.b64encode(font).decode()
        yield (
            f'@font-face {{ font-family: "{family}"; font-weight: {weight};'
            f" font-display: block;"
            f' src: url("data:font/woff2;base64,{data}") format("woff2"); }}'
        )


def cuts(
    known: Sequence[Face], families: Sequence[str], letters: Mapping[int, AbstractSet[str]]
) -> Iterator[tuple[str, int, bytes]]:
    """Yield each font that has one of these letters before the others do: family, weight, WOFF2.

    Args:
        known: the fonts there are.
        families: the families of a language, first choice first.
        letters: what is to be shown, by its weight.
    """
    for weight, wanted in letters.items():
        left = {letter for letter in wanted if unicodedata.category(letter) not in _SHARED}
        shared = wanted - left
        for family in families:
            face = _nearest(known, family, weight)
            if face is None:
                continue
            if own := left & face.characters:
                left -= own
                yield family, weight, subset(face.path, own | shared)


def subset(path: Path, characters: frozenset[str] | set[str]) -> bytes:
    """Cut a font down to some characters, with all that joins and stacks them, as WOFF2.

    The same font and characters always give the same bytes: `head.modified` stays as it is.
    """
    packed = io.BytesIO()
    cut = io.BytesIO(_cut(path, characters))
    with TTFont(cut, recalcTimestamp=False, recalcBBoxes=False) as font:
        font.flavor = "woff2"
        font.save(packed)
    return packed.getvalue()


def _cut(path: Path, characters: frozenset[str] | set[str]) -> bytes:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, characters | _parts(characters)))
    features = wanted.sets(uharfbuzz.SubsetInputSets.LAYOUT_FEATURE_TAG)
    features.clear()
    features.invert()  # every feature
    wanted.name_id_set.update(_LICENCE)
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
    data: bytes = uharfbuzz.subset(face, wanted).blob.data
    return data


def _parts(characters: frozenset[str] | set[str]) -> set[str]:
    """Return what HarfBuzz may take characters apart into before it looks for their glyphs.

    Canonical decompositions, Thai and Lao am, and the Khmer vowels that stand around a letter, as
    in its shapers; a font cut without these parts would show boxes.
    """
    text = "".join(characters)
    apart = unicodedata.normalize("NFD", text)
    apart += unicodedata.normalize("NFKD", "".join(characters & _AM))
    return {*apart, *(_KHMER_E if characters & _AROUND else "")}


def _nearest(known: Sequence[Face], family: str, weight: int) -> Face | None:
    own = [face for face in known if face.family == family]
    return min(own, key=lambda face: abs(face.weight - weight), default=None)


def _has(fonts: Sequence[Face | None], letter: str) -> bool:
    return any(letter in face.characters for face in fonts if face is not None)
