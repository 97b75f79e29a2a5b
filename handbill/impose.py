"""Put finished pages on sheets of paper, for printing only. The only importer of pikepdf.

What comes out has no tags and claims no standard: it is for a printer. Readers get the pages that
it is made of.
"""

import io
from collections.abc import Iterator, Sequence

import pikepdf


def impose(pdf: bytes, imposition: str, *, direction: str) -> bytes:
    """Put two pages side by side on each side of a sheet.

    Args:
        pdf: pages of one size.
        imposition: `booklet`, to be printed on both sides, turned over the short edge, folded and
            stapled in the middle; or `two-up`, pages in reading order.
        direction: `ltr`, or `rtl` for a booklet that is bound on the right.
    """
    with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.new() as sheets:
        pages = source.pages
        width, height = (float(length) for length in pages[0].mediabox[2:])
        order = booklet(len(pages)) if imposition == "booklet" else two_up(len(pages))
        for left, right in order:
            side = sheets.add_blank_page(page_size=(2 * width, height))
            if direction == "rtl":
                left, right = right, left  # noqa: PLW2901 - a page is read from its other end
            drawing = []
            for place, number, name in ((0.0, left, "/Left"), (width, right, "/Right")):
                if number is not None:
                    picture = sheets.copy_foreign(pages[number].as_form_xobject())
                    # A name of our own: pikepdf's are random, and the bytes must be the same.
                    side.add_resource(picture, pikepdf.Name.XObject, name=pikepdf.Name(name))
                    drawing.append(f"q 1 0 0 1 {place:g} 0 cm {name} Do Q")
            side.contents_add(" ".join(drawing).encode())
        title = source.docinfo.get("/Title")
        if title is not None:
            sheets.docinfo["/Title"] = pikepdf.String(str(title))
        output = io.BytesIO()
        sheets.save(output, deterministic_id=True, linearize=False)
    return output.getvalue()


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Return the width and the height of every page, in millimetres."""
    with pikepdf.open(io.BytesIO(pdf)) as source:
        boxes = [[float(length) for length in page.mediabox] for page in source.pages]
    return [
        ((right - left) * 25.4 / 72, (top - bottom) * 25.4 / 72)
        for left, bottom, right, top in boxes
    ]


Side = tuple[int | None, int | None]


def booklet(pages: int) -> Iterator[Side]:
    """Yield the pages, from 0, on the left and right of each side of a folded booklet's sheets.

    A sheet holds four pages; what is missing at the end stays blank.
    """
    total = -(-pages // 4) * 4
    numbers: Sequence[int | None] = [n if n < pages else None for n in range(total)]
    for sheet in range(total // 4):
        first, last = 2 * sheet, total - 1 - 2 * sheet
        yield numbers[last], numbers[first]
        yield numbers[first + 1], numbers[last - 1]


def two_up(pages: int) -> Iterator[Side]:
    """Yield the pages, from 0, side by side in reading order."""
    for first in range(0, pages, 2):
        yield first, first + 1 if first + 1 < pages else None
