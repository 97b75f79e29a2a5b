"""Markdown to HTML, a block at a time, and the same blocks as gettext messages.

The only importer of markdown. Python-Markdown parses blocks first and inline text second; one
treeprocessor stands between the two, so it sees each block's raw inline Markdown. That text is
the msgid. Because a translation is put in place *after* block parsing, no msgstr can ever make
or break a heading, a list or a table. Extraction and translation run the same code.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
_BRACES = re.compile(r"\{\{\s*[\w.-]+\s*\}\}|\{\{.*?\}\}|\{\{|\}\}")
# Comments are gone when this looks: a `<!--` that is left is never closed, and would be printed.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?=[\s/>])(?:[^>\n]|\n(?![ \t]*\n))*>|<!(?:--)?|<\?")
_FENCE = re.compile(r"^ *(```+|~~~+)")
_BULLET = re.compile(r"^( *)([-*+]|\d+[.)]) +\S")
_SHORT_NESTING = (2, 3)
# A line of a paragraph: no heading, box, list item, quotation, table or blank line.
_RUNNING = re.compile(r"^ *(?!#|!!!|>|\||[-*+] |\d+[.)] |: |[-=]+ *$)\S")
_ADMONITION = re.compile(r"^ *!!!")
_TITLED = re.compile(r'^(?: {4})*!!! ?[\w-]+(?: +[\w-]+)* +" *[^" ].*" *$')
_TABLE_RULE = re.compile(r"^(?=.*\|) *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$")

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
        self.began = self.position = 0
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.images: list[Image] = []
        self.slots: list[Reference] = []
        self.citations: list[Reference] = []
        self.components: list[Reference] = []
        self.faults: list[Fault] = []

    def find(self, raw: str, *, stay: bool = False) -> tuple[int, int]:
        """Return the line and column where `raw` next begins, and move past it or just to it."""
        first = next((line for line in raw.split("\n") if line.strip()), "")
        match = self._search(raw, self.position) or self._search(first, self.position)
        self.began = match.start() if match else self.position
        if match:
            self.position = match.start() if stay else match.end()
        return self.place(self.began)

    def within(self, parts: Iterable[str]) -> Iterator[tuple[int, int]]:
        """Yield the line and column of each part of what was last found."""
        position = self.began
        for part in parts:
            match = self._search(part, position)
            if match:
                position = match.end()
            yield self.place(match.start() if match else self.began)

    def _search(self, text: str, position: int) -> re.Match[str] | None:
        """Find a text however its author wrapped and indented it."""
        text = text.strip()
        start = r"(?<!\w)" if text[:1].isalnum() else ""
        end = r"(?!\w)" if text[-1:].isalnum() else ""
        words = r"[\s>]+".join(re.escape(word) for word in text.split())
        return re.compile(start + words + end).search(self.source, position)

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
        self._boxes(lines)
        self._tables(lines)
        for match in _TAG.finditer(self.source):
            self.fault(
                "raw-html",
                *self.place(match.start()),
                f"HTML in a leaflet: {normalise(match.group())[:40]!r}",
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
        opened: tuple[int, int, str] | None = None
        for number, line in enumerate(lines):
            match = _FENCE.match(line)
            if match is None:
                continue
            if opened is None:
                opened = number, match.start(1) + 1, match.group(1)
                self.fault(
                    "code-block",
                    self.first_line + number,
                    match.start(1) + 1,
                    "a code fence; its text is never translated",
                    "remove the fence: a leaflet has no code",
                )
            elif match.group(1).startswith(opened[2]):
                opened = None
        if opened is not None:
            self.fault(
                "code-block",
                self.first_line + opened[0],
                opened[1],
                f"a code fence that is never closed: {opened[2]}",
                "everything after it would be taken for code",
            )

    def _lists(self, lines: list[str]) -> None:
        open_items: list[int] = []
        for number, line in enumerate(lines):
            bullet = _BULLET.match(line)
            glued = number > 0 and not open_items and _RUNNING.match(lines[number - 1])
            if glued and (bullet or (line.lstrip().startswith("|") and _is_table(lines, number))):
                self.fault(
                    "glued-block",
                    self.first_line + number,
                    _indent(line) + 1,
                    f"a {'list' if bullet else 'table'} right under a line of text is more text",
                    "leave an empty line above it",
                )
            if bullet is None:
                after_blank = number > 0 and not lines[number - 1].strip()
                if _ADMONITION.match(line) or (after_blank and line[:1].strip()):
                    open_items = []
                continue
            indent = len(bullet.group(1))
            open_items = [item for item in open_items if item < indent]
            above = open_items[-1] if open_items else indent
            # Markdown nests by steps of four: an item on its parent's step is no child of it.
            if indent - above in _SHORT_NESTING and indent // 4 == above // 4:
                self.fault(
                    "list-nesting",
                    self.first_line + number,
                    indent + 1,
                    f"a list item indented by {indent - above} spaces joins the list above it",
                    "indent a nested item by 4 spaces",
                )
            open_items.append(indent)

    def _boxes(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            if _ADMONITION.match(line) and not _TITLED.match(line):
                name = re.search(r"[\w-]+", line)
                self.fault(
                    "untitled-component",
                    self.first_line + number,
                    _indent(line) + 1,
                    f"not a box with a title: {line.strip()[:40]!r}",
                    f'write !!! {name.group() if name else "name"} "Title", in straight quotes',
                )

    def _tables(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            header = lines[number - 1] if number else ""
            if "|" not in header or not _TABLE_RULE.match(line):
                continue
            border = "|" in (header.strip()[0], header.strip()[-1])
            columns = _cells(header, border=border)
            if (found := _cells(line, border=border)) != columns:
                self.fault(
                    "broken-table",
                    self.first_line + number,
                    _indent(line) + 1,
                    f"the rule under the header has {found} columns, the header {columns}",
                    "without one --- for each column this is not a table",
                )
            for row in range(number + 1, len(lines)):
                # A row needs no bar: whatever follows without an empty line is one.
                if not lines[row].strip() or _ADMONITION.match(lines[row]):
                    break
                if (found := _cells(lines[row], border=border)) != columns:
                    self.fault(
                        "broken-table",
                        self.first_line + row,
                        _indent(lines[row]) + 1,
                        f"a row of {found} cells in a table of {columns} columns",
                        r"write \| for a bar inside a cell",
                    )


def _is_table(lines: list[str], number: int) -> bool:
    return number + 1 < len(lines) and _TABLE_RULE.match(lines[number + 1]) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _cells(row: str, *, border: bool) -> int:
    """Count a row's cells; bars at its ends are no cells in a table whose header has them."""
    inner = row.strip()
    if border:
        inner = inner.removeprefix("|")
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
            # Python-Markdown has lower-cased the label, and its place may be long past.
            written = re.compile(rf"\[\s*{re.escape(label)}\s*\]:", re.IGNORECASE)
            match = written.search(self.reader.source)
            self.reader.fault(
                "reference-link",
                *self.reader.place(match.start() if match else 0),
                f"a link defined apart from its text: [{label}]",
                "write [text](address), so that a translator sees both",
            )

    def _walk(self, parent: Element) -> None:
        for child in list(parent):
            if child.tag == "pre":
                raw = html.unescape("".join(child.itertext()))
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
        strays = _STRAY_CITATION.findall(msgid)
        for stray, place in zip(strays, self.reader.within(strays), strict=True):
            self.reader.fault(
                "stray-citation",
                *place,
                f"sources cited in the middle of a block: {stray}",
                "cite them at its end: [@key, @key]",
            )
        pictures = _ANY_IMAGE.findall(msgid) if kind != "picture" else []
        for place in self.reader.within(pictures):
            self.reader.fault(
                "inline-picture",
                *place,
                "a picture inside a line of text",
                "give the picture a paragraph of its own",
            )
        holes = list(_SLOT.finditer(msgid))
        places = self.reader.within(hole.group() for hole in holes)
        self.reader.slots += [
            Reference(name=hole.group(1), line=place[0], column=place[1])
            for hole, place in zip(holes, places, strict=True)
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
        line, column = self.reader.find(element.text or "", stay=True)
        self.reader.headings.append(
            Heading(level=int(element.tag[1]), text=raw, line=line, column=column)
        )
        self._text(element, "heading")

    def _component(self, element: Element) -> None:
        name = (element.get("class") or "").removeprefix("admonition").strip()
        title = element.find("p")
        words = " +".join(re.escape(word) for word in name.split())
        written = re.compile(rf"^ *(!!! ?{words})(?![\w-])", re.MULTILINE | re.IGNORECASE)
        match = written.search(self.reader.source, self.reader.position)
        start = match.start(1) if match else self.reader.position
        line, column = self.reader.place(start)
        self.reader.components.append(Reference(name=name, line=line, column=column))
        if match is None:
            return
        self.reader.position = match.end()
        rest = self.reader.source[match.end() :].split("\n", 1)[0]
        if '"' not in rest and title is not None:
            # Python-Markdown's own title, of the English name: nobody wrote it.
            element.remove(title)

    def _figure(self, element: Element) -> None:
        """Translate a picture's alt text and caption; its address is no translator's matter."""
        raw = normalise(element.text or "")
        match = _IMAGE.match(raw)
        if match is None:
            return
        line, column = self.reader.find(element.text or "", stay=True)
        start = self.reader.position
        self.reader.images.append(
            Image(src=match["src"], alt=match["alt"], line=line, column=column)
        )
        alt = self._unit(match["alt"], "picture") if match["alt"].strip() else ""
        caption = self._unit(match["caption"], "caption") if match["caption"] else ""
        element.tag, element.text = "figure", None
        element.attrib |= {"src": match["src"], "alt": alt}
        SubElement(element, "figcaption").text = caption
        self.reader.position = start
        self.reader.find(raw)

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
