"""What no validator of PDF sees: tables without headers, headings that skip, pale text.

Read from a page's HTML and its stylesheets, in milliseconds; no page is laid out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from handbill import cascade
from handbill.cascade import words


#: The least contrast of text and background (WCAG 2.2, 1.4.3); large print gets no discount.
LEAST_CONTRAST = 4.5

#: How the pages of each kind of edition may look: a name, the medium, the dark scheme.
_LOOKS = {
    "pdf": (("", "print", False),),
    "html": (
        ("", "screen", False),
        (" on a dark screen", "screen", True),
        (" when printed", "print", False),
    ),
}
_HEADING = re.compile(r"h[1-6]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """Something that keeps a reader out; `kind` is the name of the rule it breaks.

    Attributes:
        words: text of the page near it, by which its place is found; empty if it has none.
    """

    kind: str
    words: str
    message: str
    hint: str


def barriers(html: str, kind: str) -> Iterator[Barrier]:
    """Yield what is wrong with the tables, the headings and the colours of a page.

    Args:
        html: the page, with its stylesheets inside.
        kind: `pdf` or `html`.
    """
    page = cascade.Page(html)
    for table in page.root.iter("table"):
        yield from _table(table)
    yield from _headings(page.root)
    yield from _pale(page, kind)


def _table(table: Element) -> Iterator[Barrier]:
    rows = [[cell for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    headers = [cell for row in rows for cell in row if cell.tag == "th"]
    near = next(filter(None, map(words, table.iter())), "") if not headers else ""
    near = next((words(cell) for row in rows for cell in row if words(cell)), near)

    def barrier(message: str, hint: str, text: str = near) -> Barrier:
        return Barrier(kind="table-header", words=text, message=message, hint=hint)

    if not headers:
        yield barrier(f"a table without headers: {near[:40]!r}", "write its first row as a header")
        return
    if any(not words(cell) for cell in headers):
        yield barrier(
            f"an empty header in the table of {near[:40]!r}", "say what the column or row is of"
        )
    first_row = rows[0] if rows else []
    first_column = [row[0] for row in rows if row]
    one_way = all(cell in first_row for cell in headers) or (
        all(cell in first_column for cell in headers)
    )
    for cell in headers:
        if cell.get("scope") is None and not one_way:
            message = f"a header that does not say of what: {words(cell)[:40]!r}"
            yield barrier(message, 'write scope="col" or scope="row" in the template', words(cell))


def _headings(root: Element) -> Iterator[Barrier]:
    headings = [item for item in root.iter() if _HEADING.fullmatch(str(item.tag))]
    titles = [item for item in headings if item.tag == "h1"]

    def barrier(element: Element | None, message: str, hint: str) -> Barrier:
        text = words(element) if element is not None else ""
        return Barrier(kind="heading-skip", words=text, message=message, hint=hint)

    if not titles:
        yield barrier(None, "the page has no h1", "write the leaflet's title in <h1>")
    for title in titles[1:]:
        message = f"a second h1: {words(title)[:40]!r}"
        yield barrier(title, message, "a page has one title; what is below it is h2")
    before = 0
    for heading in headings:
        level = int(heading.tag[1])
        if level > before + 1:
            under = f"under h{before}" if before else "at the beginning"
            message = f"h{level} {under}: {words(heading)[:40]!r}"
            yield barrier(heading, message, f"use h{before + 1}; a box has its level as `level`")
        before = level


def _pale(page: cascade.Page, kind: str) -> Iterator[Barrier]:
    seen: set[tuple[str, str]] = set()
    for look, medium, dark in _LOOKS[kind]:
        for found in page.contrasts(medium=medium, dark=dark):
            pair = found.colour, found.background
            if found.ratio >= LEAST_CONTRAST or pair in seen:
                continue
            seen.add(pair)
            if found.background == cascade.PICTURE:
                yield Barrier(
                    kind="contrast",
                    words="",
                    message=f"{found.element}: text on {found.background}{look}",
                    hint="put the text on a plain ground; draw bars and marks as borders",
                )
                continue
            # Rounded down, or 4.499 would be said to be the 4.5 that it is not.
            ratio = int(found.ratio * 100) / 100
            yield Barrier(
                kind="contrast",
                words="",
                message=f"{found.element}: {found.colour} on {found.background}{look} is"
                f" {ratio}:1, and {LEAST_CONTRAST}:1 is the least",
                hint="make one of the two colours darker or lighter in the stylesheet",
            )
