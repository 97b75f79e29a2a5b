"""Write a page of handbill's as a Typst source: the same blocks, fonts, sizes, space and colours.

What Typst has not, such as ticks and crosses that a stylesheet draws, is drawn as simply.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from handbill.model import Job


_VOID = {"br", "img", "meta", "link"}
_SKIPPED = {"head", "style", "title"}
_COLOURS = {"accent": "#00545f", "tint": "#e6f0f1", "urgent": "#7a3e00", "danger": "#8c1d18"}
_BANDS = {"do": "accent", "dont": "danger"}
_CARES = {"care-routine": "accent", "care-urgent": "urgent", "care-emergency": "danger"}

_PREAMBLE = """\
#set document(title: {title})
#set page(
  paper: {paper},
  margin: (top: 25mm, bottom: 24mm, x: 16mm),
  header: [{draft}],
  footer: [{foot}],
)
#set text(
  font: {fonts}, size: 12pt, lang: {lang}, dir: {direction}, fill: rgb("#0b1f24"),
  hyphenate: false, top-edge: 0.8em, bottom-edge: -0.2em,
)
#set par(leading: {leading}em, spacing: {between}em)
#set list(spacing: {between}em)
#show heading: set text(fill: rgb("#003c45"))
#show heading: set par(leading: 0.25em)
#show heading.where(level: 1): set text(size: 28.4pt)
#show heading.where(level: 2): set text(size: 16pt)
#show heading.where(level: 3): set text(size: 13.9pt)
#show heading.where(level: 1): it => block(
  stroke: ({start}: 4.2pt + rgb("#00545f")), inset: ({start}: 9pt), it.body)
#show heading.where(level: 2): set block(above: 15pt, below: 6pt)
#let band(fill, body) = block(width: 100%, fill: fill, inset: (x: 12pt, y: 3pt), spacing: 0pt, {{
  set text(fill: white, weight: "bold")
  body
}})
#let frame(edge, ground, body) = block(
  width: 100%, breakable: false, stroke: edge, fill: ground, above: 6pt, below: 9pt, body)
#let inside(body) = block(width: 100%, inset: (x: 12pt, top: 6pt, bottom: 3pt), spacing: 0pt, body)
"""


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def find(self, name: str) -> "_Element":
        """Return the first element of a class or a name.

        Raises:
            LookupError: there is none.
        """
        for found in self.all(name):
            return found
        raise LookupError(name)

    def all(self, name: str) -> Iterator["_Element"]:
        """Yield the elements of a class or a name, in order."""
        for child in self.children:
            if isinstance(child, _Element):
                if name == child.name or name in child.classes:
                    yield child
                yield from child.all(name)


class _Tree(HTMLParser):
    """Reads a page into elements."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Element("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        found = _Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(found)
        if tag not in _VOID:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        while self.open.pop().name != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Take in text."""
        self.open[-1].children.append(re.sub(r"\s+", " ", data))


def convert(html: str, job: Job) -> str:
    """Return the Typst source of a page."""
    tree = _Tree()
    tree.feed(html)
    body = tree.root.find("body")
    language = job.language
    preamble = _PREAMBLE.format(
        title=_string(_text(tree.root.find("title"))),
        paper=_string({"letter": "us-letter"}.get(job.clinic.paper, job.clinic.paper)),
        draft=_draft(body),
        foot=_foot(body.find("foot")),
        fonts=f"({', '.join(map(_string, language.fonts))},)",
        lang=_string(language.tag.split("-")[0]),
        direction=language.direction,
        start="right" if language.direction == "rtl" else "left",
        leading=round(language.line_height - 1, 3),
        between=round(language.line_height - 1 + 0.5, 3),
    )
    return preamble + _blocks(body) + "\n"


def _draft(body: _Element) -> str:
    for found in body.all("draft"):
        lines = " \\ ".join(_in_line(part) for part in found.all("p"))
        return (
            "#align(center, block(width: 100%,"
            ' stroke: (paint: black, thickness: 1.6pt, dash: "dashed"),'
            f" inset: (x: 9pt, y: 3pt), [#set par(leading: 0.4em)\n{lines}]))"
        )
    return ""


def _foot(foot: _Element) -> str:
    return (
        '#block(width: 100%, stroke: (top: 0.8pt + rgb("#00545f")), inset: (top: 3pt),'
        " grid(columns: (1fr, auto), column-gutter: 9pt,"
        f" [{_inline(foot.find('foot-start'))}], [{_inline(foot.find('foot-end'))}]))"
    )


def _blocks(parent: _Element) -> str:
    return "\n\n".join(filter(None, map(_block, parent.children)))


def _block(element: _Element | str) -> str:  # noqa: C901, PLR0911 - one for each kind
    """Write an element that stands in a line of its own."""
    if isinstance(element, str):
        return _run(element) if element.strip() else ""
    if element.name in _SKIPPED or {"draft", "foot"} & set(element.classes):
        return ""
    if re.fullmatch(r"h[1-6]", element.name):
        return f"#heading(level: {element.name[1]})[{_inline(element)}]"
    if element.name == "p":
        size = "13.9pt" if {"summary", "clinic-name"} & set(element.classes) else ""
        text = _inline(element)
        return f"#text(size: {size})[{text}]" if size else text
    if element.name in {"ul", "ol"}:
        return _list(element)
    if "box" in element.classes:
        return _box(element)
    if "contact" in element.classes:
        return f'#frame(1.6pt + rgb("#00545f"), none)[#inside[{_blocks(element)}]]'
    if element.name == "figure":
        picture = _picture(element.find("img"), "height: 96pt")
        caption = _inline(element.find("figcaption"))
        return f"#figure({picture}, caption: [*{caption}*], numbering: none, supplement: none)"
    if element.name == "table":
        return _table(element)
    if element.name == "img":
        return f"#{_picture(element, 'height: 30pt')}"
    return _blocks(element)


def _box(element: _Element) -> str:
    name = next(item for item in element.classes if item not in {"box", "care"})
    title = element.find("box-title")
    head = _block(title)
    colour = _COLOURS[_CARES.get(name) or _BANDS.get(name, "accent")]
    if name in _CARES:
        label = _inline(element.find("care-label"))
        head = f'#band(rgb("{colour}"))[{label}]\n#inside[{head}]'
    elif name in _BANDS:
        plain = f"#[#show heading: set text(fill: white)\n{head}]"
        head = f'#band(rgb("{colour}"))[{plain}]'
    else:
        head = f"#inside[{head}]"
    ground = f'rgb("{_COLOURS["tint"]}")' if name == "main-points" else "none"
    body = _blocks(element.find("box-body"))
    return f'#frame(1.6pt + rgb("{colour}"), {ground})[{head}\n#inside[{body}]]'


def _list(element: _Element) -> str:
    items = [f"[{_inline(item)}]" for item in element.all("li")]
    if "facts" in element.classes:
        return " \\\n".join(item[1:-1] for item in items)
    kind = "enum" if element.name == "ol" else "list"
    text = f"#{kind}({', '.join(items)})"
    if element.attributes.get("dir") == "ltr":
        text = f'#[#set text(dir: ltr, lang: "en")\n{text}]'
    return text


def _table(element: _Element) -> str:
    rows = [
        [cell for cell in row.children if isinstance(cell, _Element)] for row in element.all("tr")
    ]
    head, *others = rows
    cells = [f"[*{_inline(cell)}*]" for cell in head]
    text = f"table.header({', '.join(cells)}), "
    for row in others:
        for cell in row:
            words = _inline(cell)
            text += f"[*{words}*], " if cell.name == "th" else f"[{words}], "
    return (
        f"#table(columns: (22%, {', '.join(['1fr'] * (len(head) - 1))}), align: start,"
        ' stroke: (y: 0.8pt + rgb("#00545f")), inset: (x: 6pt, y: 3pt),'
        f' fill: (_, y) => if y == 0 {{ rgb("{_COLOURS["tint"]}") }}, {text})'
    )


def _picture(element: _Element, size: str) -> str:
    source, alt = (_string(element.attributes[name]) for name in ("src", "alt"))
    return f"image({source}, alt: {alt}, {size})"


def _inline(element: _Element) -> str:
    """Write what stands in a line."""
    return "".join(_in_line(child) for child in element.children)


def _in_line(child: _Element | str) -> str:  # noqa: PLR0911 - as above
    if isinstance(child, str):
        return _run(child)
    if child.name == "br":
        return " \\ "
    if "page-number" in child.classes:
        return "#context counter(page).display()"
    if "page-count" in child.classes:
        return "#context counter(page).final().first()"
    text = _inline(child)
    if child.name in {"b", "strong"} or "draft-stamp" in child.classes:
        return f"#strong[{text}]"
    if child.attributes.get("dir") in {"ltr", "rtl"}:
        return f"#text(dir: {child.attributes['dir']})[{text}]"
    return text


def _run(text: str) -> str:
    return f"#{_string(text)}" if text else ""


def _text(element: _Element) -> str:
    return "".join(
        child if isinstance(child, str) else _text(child) for child in element.children
    ).strip()


def _string(text: str) -> str:
    """Write a string; no sign in it means anything to Typst."""
    return re.sub(r"\\u([0-9a-f]{4})", r"\\u{\1}", json.dumps(text, ensure_ascii=False))
