"""Markdown to HTML, a block at a time, and the same blocks as gettext messages.

The only importer of markdown. Python-Markdown parses blocks first and inline text second; one
treeprocessor stands between the two, so it sees each block's raw inline Markdown. That text is
the msgid. Because a translation is put in place *after* block parsing, no msgstr can ever make
or break a heading, a list or a table. Extraction and translation run the same code.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from handbill.diagnostics import Fault, Location
from handbill.model import Block, Heading, Image, Outline, Reference


#: Every msgid depends on this list: changing it makes all catalogs stale.
EXTENSIONS = ("tables", "def_list", "admonition", "sane_lists")

# Not str.split(): U+00A0 and U+202F between a number and its unit are text, not layout.
_SPACE = re.compile(r"[ \t\n\r\f]+")
_HARD_BREAK = re.compile(r" {2,}\n[ \t]*")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_CITATION = re.compile(r"\s*\[(@[\w-]+(?:[,;]\s*@[\w-]+)*)\]\s*$")
_STRAY_CITATION = re.compile(r"\[@[^\]]*\]?")
_IMAGE = re.compile(r'^!\[(?P<alt>[^\]]*)\]\((?P<src>[^\s)]+)(?:\s+"(?P<caption>[^"]*)")?\)$')
_ANY_IMAGE = re.compile(r"!\[[^\]]*\]\(")
_SLOT = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?=[\s/>])[^>\n]*>|<!(?!--)|<\?")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_BULLET = re.compile(r"^( *)([-*+]|\d+[.)]) +\S")
_SHORT_NESTING = (2, 3)
_ADMONITION = re.compile(r"^!!! ?")
_TABLE_RULE = re.compile(r"^ *\|? *:?-+:? *(\| *:?-+:? *)+\|? *$")

_KINDS = {
    "p": "paragraph",
    "li": "list item",
    "td": "table cell",
    "th": "table header",
    "dt": "term",
    "dd": "definition",
}
_HEADING = re.compile(r"h[1-6]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """What markup needs from the floors above to render a leaflet.

    Attributes:
        translate: the text to print for a block.
        component: HTML for a component, from its name, title, body (both HTML) and heading level.
        figure: HTML for a picture, from its source, alt text and caption.
        citation: HTML for the sources cited at the end of a block, from their keys.
        slot: the value of a slot, as plain text.
    """

    translate: Callable[[Block], str]
    component: Callable[[str, str, str, int], str]
    figure: Callable[[str, str, str], str]
    citation: Callable[[Sequence[str]], str]
    slot: Callable[[str], str]


def normalise(raw: str) -> str:
    """Turn a block's raw text into its msgid: re-wrapping is invisible, a hard break a newline."""
    parts = _HARD_BREAK.split(raw.strip(" \t\r\n"))
    return "\n".join(_SPACE.sub(" ", part).strip(" ") for part in parts)


def outline(text: str, *, path: str = "", first_line: int = 1) -> Outline:
    """Read a leaflet's Markdown without printing it.

    Args:
        text: the Markdown, without front matter.
        path: the file's name, for the locations of faults.
        first_line: the line of the file on which `text` begins.
    """
    reader = _Reader(text, path, first_line)
    silent = Furniture(
        translate=lambda block: block.msgid,
        component=lambda _name, _title, _body, _level: "",
        figure=lambda _src, _alt, _caption: "",
        citation=lambda _keys: "",
        slot=lambda _name: "",
    )
    _convert(text, reader, silent)
    reader.lint()
    return Outline(
        blocks=tuple(reader.blocks),
        headings=tuple(reader.headings),
        images=tuple(reader.images),
        slots=tuple(reader.slots),
        citations=tuple(reader.citations),
        components=tuple(reader.components),
        faults=tuple(sorted(reader.faults, key=lambda fault: fault.location)),
    )


def render(text: str, furniture: Furniture) -> str:
    """Render a leaflet's Markdown, each block translated, as HTML."""
    return _convert(text, _Reader(text, "", 1), furniture)


def inline(text: str) -> str:
    """Render one run of inline Markdown as HTML, with no block around it."""
    html = _parser().convert("\u200b" + text)
    return html.removeprefix("<p>").removesuffix("</p>").replace("\u200b", "", 1)


def slots(text: str) -> tuple[str, ...]:
    """Name the slots that a text holds, in order."""
    return tuple(match.group(1) for match in _SLOT.finditer(text))


def _parser() -> markdown.Markdown:
    md = markdown.Markdown(extensions=list(EXTENSIONS), output_format="html")
    # Raw HTML is never passed through: its text would escape translation, and a msgstr could
    # carry markup of its own. With these two gone, `<` prints as `<`; `lint` reports the tag.
    md.preprocessors.deregister("html_block")
    md.inlinePatterns.deregister("html")
    return md


def _convert(text: str, reader: "_Reader", furniture: Furniture) -> str:
    md = _parser()
    _Hook(reader, furniture).extendMarkdown(md)
    return md.convert(_without_comments(text))


def _without_comments(text: str) -> str:
    """Remove comments; a comment that fills its lines takes them with it, so lists stay tight."""
    alone = re.compile(r"^[ \t]*<!--.*?-->[ \t]*\n", re.DOTALL | re.MULTILINE)
    return _COMMENT.sub("", alone.sub("", text))


class _Reader:
    """Collects what a leaflet holds and recovers where in the file each block stands.

    Blocks come in document order, so each is searched for from where the last one ended.
    """

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self.path, self.first_line = path, first_line
        # Comments become spaces of the same shape: positions stay, their text cannot match.
        self.source = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
        self.comments = [(m.start(), m.group(1).strip()) for m in _COMMENT.finditer(text)]
        self.position = 0
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.images: list[Image] = []
        self.slots: list[Reference] = []
        self.citations: list[Reference] = []
        self.components: list[Reference] = []
        self.faults: list[Fault] = []

    def find(self, raw: str, *, stay: bool = False) -> tuple[int, int]:
        """Return the line and column where `raw` next begins, and move past it or just to it."""
        first = next((line.strip() for line in raw.split("\n") if line.strip()), "")
        start = r"(?<!\w)" if first[:1].isalnum() else ""
        end = r"(?!\w)" if first[-1:].isalnum() else ""
        match = re.compile(start + re.escape(first) + end).search(self.source, self.position)
        if match:
            self.position = match.start() if stay else match.end()
        return self.place(match.start() if match else self.position)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the file's line and column of an offset in the text."""
        before = self.source.rfind("\n", 0, offset)
        return self.first_line + self.source.count("\n", 0, offset), offset - before

    def notes(self) -> tuple[str | None, tuple[str, ...]]:
        """Take the context and the translator's notes written above the current block."""
        context, notes = None, []
        while self.comments and self.comments[0][0] < self.position:
            comment = self.comments.pop(0)[1]
            if comment.startswith("L10n:"):
                notes.append(_SPACE.sub(" ", comment.removeprefix("L10n:")).strip())
            elif comment.startswith("context:"):
                context = comment.removeprefix("context:").strip()
        return context, tuple(notes)

    def fault(self, kind: str, line: int, column: int, message: str, hint: str = "") -> None:
        location = Location(path=self.path, line=line, column=column)
        self.faults.append(Fault(kind=kind, location=location, message=message, hint=hint))

    def lint(self) -> None:
        """Find what Markdown would silently print otherwise than its author meant."""
        lines = self.source.split("\n")
        self._fences(lines)
        self._lists(lines)
        self._tables(lines)
        for match in _TAG.finditer(self.source):
            self.fault(
                "raw-html",
                *self.place(match.start()),
                f"HTML in a leaflet: {match.group()[:40]!r}",
                "use Markdown; an HTML block would never reach a translator",
            )
        for match in _BRACES.finditer(self.source):
            if not _SLOT.fullmatch(match.group()):
                self.fault(
                    "malformed-slot",
                    *self.place(match.start()),
                    f"not a slot: {match.group()[:40]!r}",
                    "write {{ clinic.phone }}",
                )

    def _fences(self, lines: list[str]) -> None:
        opened: tuple[int, str] | None = None
        for number, line in enumerate(lines):
            match = _FENCE.match(line)
            if match is None:
                continue
            if opened is None:
                opened = number, match.group(1)
                self.fault(
                    "code-block",
                    self.first_line + number,
                    match.start(1) + 1,
                    "a code fence; its text is never translated",
                    "remove the fence: a leaflet has no code",
                )
            elif match.group(1).startswith(opened[1]):
                opened = None
        if opened is not None:
            self.fault(
                "code-block",
                self.first_line + opened[0],
                1,
                f"a code fence that is never closed: {opened[1]}",
                "everything after it would be taken for code",
            )

    def _lists(self, lines: list[str]) -> None:
        base: int | None = None
        in_component = False
        for number, line in enumerate(lines):
            if _ADMONITION.match(line):
                in_component, base = True, None
                continue
            bullet = _BULLET.match(line)
            if line.strip() and not line.startswith(" "):
                in_component = False
                base = None if bullet is None else 0
                continue
            if bullet is None:
                continue
            indent = len(bullet.group(1))
            if base is None:
                base = 4 if in_component and indent >= 4 else 0
            if indent - base in _SHORT_NESTING:
                self.fault(
                    "list-nesting",
                    self.first_line + number,
                    indent + 1,
                    f"a list item indented by {indent - base} spaces joins the list above it",
                    "indent a nested item by 4 spaces",
                )

    def _tables(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            if not _TABLE_RULE.match(line) or number == 0 or "|" not in lines[number - 1]:
                continue
            columns = _cells(lines[number - 1])
            if _cells(line) != columns:
                self.fault(
                    "broken-table",
                    self.first_line + number,
                    1,
                    f"the rule under the header has {_cells(line)} columns, the header {columns}",
                    "without one --- for each column this is not a table",
                )
            for row in range(number + 1, len(lines)):
                if "|" not in lines[row]:
                    break
                if (found := _cells(lines[row])) != columns:
                    self.fault(
                        "broken-table",
                        self.first_line + row,
                        1,
                        f"a row of {found} cells in a table of {columns} columns",
                        r"write \| for a bar inside a cell",
                    )


def _cells(row: str) -> int:
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return len(re.findall(r"(?<!\\)\|", inner)) + 1


class _Hook(Extension):
    """Registers the three passes over the tree, around Python-Markdown's own inline pass (20)."""

    def __init__(self, reader: _Reader, furniture: Furniture) -> None:
        super().__init__()
        self.reader, self.furniture = reader, furniture

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - Markdown's name
        md.treeprocessors.register(_Translate(md, self.reader, self.furniture), "translate", 25)
        md.treeprocessors.register(_Fill(md, self.furniture), "fill", 15)
        md.treeprocessors.register(_Assemble(md, self.furniture), "assemble", 10)


class _Translate(Treeprocessor):
    """Replace each block's raw inline text by its translation, before inline parsing."""

    def __init__(self, md: markdown.Markdown, reader: _Reader, furniture: Furniture) -> None:
        super().__init__(md)
        self.reader, self.furniture = reader, furniture
        self.ids: set[str] = set()

    def run(self, root: Element) -> None:
        self._walk(root)
        for label in self.md.references:
            self.reader.fault(
                "reference-link",
                *self.reader.find(f"[{label}]"),
                f"a link defined apart from its text: [{label}]",
                "write [text](address), so that a translator sees both",
            )

    def _walk(self, parent: Element) -> None:
        for child in list(parent):
            if child.tag == "pre":
                raw = "".join(child.itertext())
                self.reader.fault(
                    "code-block",
                    *self.reader.find(raw),
                    "a paragraph indented by 4 spaces is code, and is never translated",
                    "remove the indent",
                )
                continue
            if _HEADING.fullmatch(child.tag):
                self._heading(child)
            elif child.tag == "div":
                self._component(child)
            elif child.tag == "p" and _IMAGE.match(normalise(child.text or "")):
                self._figure(child)
                continue
            elif child.tag == "tr":
                self._row(child)
            else:
                titled = child.get("class") == "admonition-title"
                self._text(child, "box title" if titled else _KINDS.get(child.tag, child.tag))
            self._walk(child)
            if child.tail and child.tail.strip():
                child.tail = self._unit(child.tail, "paragraph")

    def _text(self, element: Element, kind: str) -> None:
        """Translate an element's text; sources cited at its end are kept out of the msgid."""
        if not element.text or not element.text.strip():
            return
        raw = element.text
        cited = _CITATION.search(raw)
        if cited:
            raw = raw[: cited.start()]
        element.text = self._unit(raw, kind)
        if cited:
            keys = [key.strip().removeprefix("@") for key in re.split("[,;]", cited.group(1))]
            line, column = self.reader.find(f"[{cited.group(1)}")
            self.reader.citations += [Reference(name=key, line=line, column=column) for key in keys]
            SubElement(element, "cite", {"keys": " ".join(keys)})

    def _unit(self, raw: str, kind: str) -> str:
        """Translate one run of raw inline Markdown: the only place where text changes."""
        line, column = self.reader.find(raw)
        msgid = normalise(raw)
        for match in _STRAY_CITATION.finditer(msgid):
            self.reader.fault(
                "stray-citation",
                line,
                column,
                f"sources cited in the middle of a block: {match.group()}",
                "cite them at its end: [@key, @key]",
            )
        if kind != "picture" and _ANY_IMAGE.search(msgid):
            self.reader.fault(
                "inline-picture",
                line,
                column,
                "a picture inside a line of text",
                "give the picture a paragraph of its own",
            )
        self.reader.slots += [
            Reference(name=name, line=line, column=column) for name in slots(msgid)
        ]
        context, notes = self.reader.notes()
        if not _SLOT.sub("", msgid).strip():
            return msgid
        block = Block(
            msgid=msgid,
            kind=kind,
            line=line,
            column=column,
            path=self.reader.path,
            context=context,
            notes=notes,
        )
        self.reader.blocks.append(block)
        printed = self.furniture.translate(block)
        # A msgstr is text: no stash marker of Python-Markdown's may come in with it.
        return printed.replace("\x02", "").replace("\x03", "").strip("\n").replace("\n", "  \n")

    def _heading(self, element: Element) -> None:
        """Translate a heading; its id comes from the English in every language."""
        raw = normalise(element.text or "")
        slug = re.sub(r"\W+", "-", _SLOT.sub("", raw).lower()).strip("-") or "section"
        taken, number = slug, 2
        while taken in self.ids:
            taken, number = f"{slug}-{number}", number + 1
        self.ids.add(taken)
        element.set("id", taken)
        line, column = self.reader.find(raw, stay=True)
        self.reader.headings.append(
            Heading(level=int(element.tag[1]), text=raw, line=line, column=column)
        )
        self._text(element, "heading")

    def _component(self, element: Element) -> None:
        name = (element.get("class") or "").removeprefix("admonition").strip()
        title = element.find("p")
        written = re.compile(rf"^[ ]*!!! ?{re.escape(name)}(?![\w-])", re.MULTILINE)
        match = written.search(self.reader.source, self.reader.position)
        line, column = self.reader.place(match.start() if match else self.reader.position)
        self.reader.components.append(Reference(name=name, line=line, column=column))
        rest = self.reader.source[match.end() :].split("\n", 1)[0] if match else '"'
        if '"' not in rest and title is not None:
            self.reader.fault(
                "untitled-component",
                line,
                column,
                f"a {name} box without a title",
                f'write !!! {name} "Title"',
            )

    def _figure(self, element: Element) -> None:
        """Translate a picture's alt text and caption; its address is no translator's matter."""
        raw = normalise(element.text or "")
        match = _IMAGE.match(raw)
        if match is None:
            return
        line, column = self.reader.find((element.text or "").strip(), stay=True)
        self.reader.images.append(
            Image(src=match["src"], alt=match["alt"], line=line, column=column)
        )
        alt = self._unit(match["alt"], "picture") if match["alt"].strip() else ""
        caption = self._unit(match["caption"], "caption") if match["caption"] else ""
        element.tag, element.text = "figure", None
        element.attrib |= {"src": match["src"], "alt": alt}
        SubElement(element, "figcaption").text = caption

    def _row(self, row: Element) -> None:
        """Make a row's first cell its header where the author wrote all of it in bold."""
        if len(row) and row[0].tag == "td":
            whole = re.fullmatch(r"\*\*((?:(?!\*\*).)+)\*\*", (row[0].text or "").strip())
            if whole:
                row[0].tag, row[0].text = "th", whole.group(1)
                row[0].set("scope", "row")
        for cell in row:
            if cell.tag == "th" and cell.get("scope") is None:
                cell.set("scope", "col")


class _Fill(Treeprocessor):
    """Put slot values in place, after inline parsing: a value is text and never Markdown."""

    def __init__(self, md: markdown.Markdown, furniture: Furniture) -> None:
        super().__init__(md)
        self.furniture = furniture

    def run(self, root: Element) -> None:
        def fill(text: str | None) -> str | None:
            return text and _SLOT.sub(lambda match: self.furniture.slot(match.group(1)), text)

        for element in root.iter():
            element.text, element.tail = fill(element.text), fill(element.tail)
            for name, value in element.attrib.items():
                element.set(name, fill(value) or "")


class _Assemble(Treeprocessor):
    """Hand boxes, pictures and citations to the templates, innermost first."""

    def __init__(self, md: markdown.Markdown, furniture: Furniture) -> None:
        super().__init__(md)
        self.furniture = furniture

    def run(self, root: Element) -> None:
        level = 1
        levels: dict[Element, int] = {}
        for element in root.iter():
            if _HEADING.fullmatch(element.tag):
                level = int(element.tag[1])
            levels[element] = level + 1
        for parent in reversed(list(root.iter())):
            for child in list(parent):
                html = self._html(child, levels[child])
                if html is not None:
                    tail = child.tail
                    child.clear()
                    child.tag = "p"
                    child.text, child.tail = self.md.htmlStash.store(html), tail
                    if parent.tag in {"p", "li", "td", "th", "dd"}:
                        child.tag = "span"

    def _html(self, element: Element, level: int) -> str | None:
        furniture = self.furniture
        if element.tag == "cite":
            return furniture.citation((element.get("keys") or "").split())
        if element.tag == "figure":
            caption = element.find("figcaption")
            return furniture.figure(
                element.get("src") or "",
                element.get("alt") or "",
                self._inner(caption) if caption is not None else "",
            )
        classes = (element.get("class") or "").split()
        if element.tag == "div" and classes[:1] == ["admonition"]:
            title = element.find("p")
            name = " ".join(classes[1:])
            if title is None:
                return furniture.component(name, "", self._inner(element), level)
            element.remove(title)
            return furniture.component(name, self._inner(title), self._inner(element), level)
        return None

    def _inner(self, element: Element) -> str:
        """Serialise what an element holds, without the element."""
        outer = self.md.serializer(element)
        return outer[outer.index(">") + 1 : outer.rindex("</")].strip()
