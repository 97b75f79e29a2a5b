"""What a page that is laid out looks like to a typesetter: how full it is, and what is amiss on it.

WeasyPrint has no public description of its pages; this reads the boxes that it paints.
"""

import re
from collections.abc import Iterator
from typing import Any

from weasyprint.formatting_structure import boxes

from handbill.fitting import NEARLY_EMPTY, Layout
from handbill.imprint import EXACT, Room, Spot, Unfit


#: Clear print asks for no less between the lines of running text (UKAAF G003, 2019).
LEAST_LEADING = 1.4

#: Points in a CSS pixel.
_POINT = 0.75
_HEADING = re.compile(r"h[1-6]")
_RUNNING = frozenset({"p", "li", "dd", "td", "th"})


def layout(document: Any, setting: str) -> Layout:
    """Measure a document that was laid out in a setting."""
    lines = []
    last = 0.0
    for page in document.pages:
        sheet = page._page_box  # noqa: SLF001 - pages have no public layout
        bottoms = [
            box.position_y + box.height
            for box, _ in _boxes(_root(page))
            if isinstance(box, boxes.LineBox)
        ]
        lines.append(len(bottoms))
        last = (max(bottoms, default=0.0) - sheet.content_box_y()) / sheet.height
    return Layout(setting=setting, lines=tuple(lines), last=last)


def flaws(document: Any, least_size: float) -> Iterator[tuple[str, str, str]]:
    """Yield what no page should be printed with: the rule's name, what it is, and the cure.

    Args:
        document: the document, laid out.
        least_size: no type is smaller, in points.
    """
    begun: dict[Any, int] = {}
    for number, page in enumerate(document.pages, start=1):
        last: tuple[Any, tuple[str, ...]] = None, ()
        for box, tags in _boxes(_root(page)):
            if isinstance(box, boxes.TextBox):
                size = box.style["font_size"] * _POINT
                if size < least_size - 0.01 and any(map(str.isalnum, box.text)):
                    message = f"{_said(box)} on page {number} is set in {size:.1f} pt"
                    yield "small-print", message, f"{least_size:g} pt is the least here"
            elif isinstance(box, boxes.LineBox):
                last = box, tags
            elif _is_crowded(box, tags):
                message = f"the lines of {_said(box)} on page {number} are too close"
                yield "small-print", message, f"line-height: {LEAST_LEADING} is the least"
            if _stays_whole(box, tags) and begun.setdefault(box.element, number) != number:
                message = f"{tags[-1]} is split: {_said(box)} goes on on page {number}"
                hint = "shorten it, or let it break in the stylesheet of this format"
                yield "split-box", message, hint
        line, tags = last
        if number < len(document.pages) and any(map(_HEADING.fullmatch, tags)):
            message = f"the heading {_said(line)} is the last line of page {number}"
            yield "stranded-heading", message, "keep it with its text: break-after: avoid"


def spots(document: Any, attribute: str) -> dict[str, Spot]:
    """Return where the elements stand that have an attribute, by its values.

    Raises:
        Unfit: what stands in one of them cannot be cut out and set elsewhere.
    """
    found: dict[str, Spot] = {}
    for number, page in enumerate(document.pages):
        sheet = page._page_box  # noqa: SLF001 - pages have no public layout
        foot = sheet.content_box_y() + sheet.height
        whole: set[Any] = set()
        seen: set[Any] = set()
        for box, _tags in _boxes(_root(page)):
            if box.style["break_inside"] == "avoid":
                whole.update(each.element for each, _ in _boxes(box))
            name = box.element.get(attribute) if box.element is not None else None
            if not name or box.element in seen:
                continue
            seen.add(box.element)
            if not isinstance(box, boxes.BlockLevelBox) or name in found:
                raise Unfit(f"its {name} is no block that stays whole")
            spot = Spot(
                page=number,
                x=box.border_box_x(),
                y=box.border_box_y(),
                width=box.border_width(),
                height=box.border_height(),
            )
            if (number and box.element not in whole) or spot.y + spot.height > foot + EXACT:
                raise Unfit(f"its {name} may be split over pages")
            if not all(_is_plain(each) for each, _ in list(_boxes(box))[1:]):
                raise Unfit(f"its {name} has borders, grounds or places of its own")
            found[name] = spot
    return found


def room(document: Any, attribute: str) -> Room | None:
    """Return how the elements with an attribute that stand on the last page may grow there.

    They may grow to the foot of the page, for what must stay whole with them still fits. They may
    shrink until the page becomes ragged, or, where nothing stands before them, until they would
    fit on the page before.
    """
    page = document.pages[-1]
    sheet = page._page_box  # noqa: SLF001 - pages have no public layout
    top, foot = sheet.content_box_y(), sheet.content_box_y() + sheet.height
    bottom = end = whole = 0.0
    first = head = foot
    for box, tags in _boxes(_root(page)):
        if isinstance(box, boxes.LineBox):
            first = min(first, box.position_y)
            end = max(end, box.position_y + box.height)
        elif isinstance(box, boxes.BlockLevelBox) and tags[-1] not in {"html", "body"}:
            bottom = max(bottom, box.position_y + box.margin_height())
            if box.style["break_inside"] == "avoid" and any(
                each.element is not None and each.element.get(attribute) for each, _ in _boxes(box)
            ):
                head, whole = min((head, whole), (box.position_y, box.border_height()))
    if head == foot:
        return None
    least = top - foot
    if len(document.pages) > 1:
        least = top + NEARLY_EMPTY * sheet.height - end
        if first >= head:
            lines = (box for box, _ in _boxes(_root(document.pages[-2])))
            ends = [b.position_y + b.height for b in lines if isinstance(b, boxes.LineBox)]
            least = max(least, foot - max(ends, default=top) - whole + 1)
    least = min(0.0, least)
    return Room(least=least, most=max(0.0, foot - bottom), foot=foot)


def _is_plain(box: Any) -> bool:
    """Tell whether nothing of a box is painted but its text or its picture, in its place."""
    style = box.style
    edges = ("top", "right", "bottom", "left")
    return (
        getattr(box, "background", None) is None
        and not any(style[f"border_{edge}_width"] for edge in edges)
        and style["outline_style"] == "none"
        and style["position"] == "static"
        and style["opacity"] == 1
        and not style["transform"]
        and not str(box.element_tag).endswith("::marker")
    )


def _root(page: Any) -> Any:
    """Return what stands on a page, without the boxes in its margins."""
    sheet = page._page_box  # noqa: SLF001 - pages have no public layout
    return next(box for box in sheet.children if not isinstance(box, boxes.MarginBox))


def _boxes(box: Any, within: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield every box below one, in reading order, with the tags of the elements around it."""
    tags = within if within[-1:] == (box.element_tag,) else (*within, box.element_tag)
    yield box, tags
    for child in getattr(box, "children", ()):
        yield from _boxes(child, tags)


def _is_crowded(box: Any, tags: tuple[str, ...]) -> bool:
    """Tell whether the lines of a paragraph are closer than clear print has them."""
    lines = [child for child in getattr(box, "children", ()) if isinstance(child, boxes.LineBox)]
    return (
        len(lines) > 1
        and tags[-1] in _RUNNING
        and any(line.height < (LEAST_LEADING - 0.01) * line.style["font_size"] for line in lines)
    )


def _stays_whole(box: Any, tags: tuple[str, ...]) -> bool:
    """Tell whether the stylesheet asks that a box should not be broken over pages."""
    # The head of a table is repeated on every page.
    return (
        box.element is not None
        and isinstance(box, (boxes.BlockLevelBox, boxes.TableRowBox))
        and box.style["break_inside"] == "avoid"
        and "thead" not in tags
    )


def _said(box: Any) -> str:
    """Quote the beginning of a box's text."""
    lines = [found for found, _ in _boxes(box) if isinstance(found, boxes.LineBox)] or [box]
    text = " ".join(
        "".join(found.text for found, _ in _boxes(line) if isinstance(found, boxes.TextBox)).strip()
        for line in lines
    )
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else text[:39] + "…")
