"""Look at printed PDFs: pages, bytes, tags, fonts and ink, so that a fast wrong answer shows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2


#: Pages are drawn at this many dots for each point: enough to see a missing word.
_SCALE = 0.5


@dataclass(frozen=True, slots=True)
class Print:
    """One PDF as it is.

    Attributes:
        tagged: whether it has a tree of structure.
        fonts: the names of its fonts, without the letters before `+`, spaces and hyphens.
        pages: each page drawn in grey, with its width.
    """

    size: int
    tagged: bool
    fonts: frozenset[str]
    pages: tuple[tuple[int, bytes], ...]

    @property
    def ink(self) -> tuple[float, ...]:
        """How much ink each page takes."""
        return tuple(sum(255 - dot for dot in drawn) / 255 for _, drawn in self.pages)


def look(path: Path) -> Print:
    """Look at a PDF."""
    drawn = []
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            picture = page.render(scale=_SCALE, grayscale=True).to_pil()
            drawn.append((picture.width, picture.tobytes()))
    fonts = set()
    with pikepdf.open(path) as pdf:
        tagged = "/StructTreeRoot" in pdf.Root
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font":
                name = str(item.get("/BaseFont", item.get("/Name", "/no name")))
                fonts.add(re.sub(r"^/(?:[A-Z]{6}\+)?|[ -]", "", name))
    return Print(path.stat().st_size, tagged, frozenset(fonts), tuple(drawn))


def folder(path: Path) -> dict[str, Print]:
    """Look at every PDF of a folder, by its name without an ending."""
    return {found.stem: look(found) for found in sorted(path.glob("*.pdf"))}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What some prints are beside those of the naive loop.

    Attributes:
        equal: how many pages are the same in every dot.
        least: the least ink of a document, as a part of that of the naive loop's.
        most: the most.
        thin: the documents whose ink is out of bounds.
        foreign: the fonts that are not the project's.
    """

    pages: int
    size: int
    tagged: int
    equal: int
    least: float
    most: float
    thin: tuple[str, ...]
    foreign: tuple[str, ...]


def compare(
    found: Mapping[str, Print],
    wanted: Mapping[str, Print],
    *,
    families: Iterable[str],
    bounds: tuple[float, float],
) -> Comparison:
    """Compare prints with those of the naive loop.

    Args:
        found: the prints.
        wanted: the naive loop's, of these documents at least.
        families: the fonts of the project.
        bounds: how much ink a document may take, as a part of the naive loop's. Blank glyphs take
            less, boxes in place of letters about as much: those the fonts betray.
    """
    own = tuple(family.replace(" ", "") for family in families)
    ratios = {name: sum(item.ink) / sum(wanted[name].ink) for name, item in found.items()}
    fonts = {name for item in found.values() for name in item.fonts}
    return Comparison(
        pages=sum(len(item.pages) for item in found.values()),
        size=sum(item.size for item in found.values()),
        tagged=sum(item.tagged for item in found.values()),
        equal=sum(
            one == other
            for name, item in found.items()
            for one, other in zip(item.pages, wanted[name].pages, strict=False)
        ),
        least=min(ratios.values()),
        most=max(ratios.values()),
        thin=tuple(name for name, ink in ratios.items() if not bounds[0] <= ink <= bounds[1]),
        foreign=tuple(sorted(name for name in fonts if not name.startswith(own))),
    )
