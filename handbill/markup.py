"""Markdown to HTML, a block at a time, and the same blocks as gettext messages.

The only importer of markdown. Python-Markdown parses blocks first and inline text second; one
treeprocessor stands between the two, so it sees each block's raw inline Markdown. That text is
the msgid. Because a translation is put in place *after* block parsing, no msgstr can ever make
or break a heading, a list or a table. Extraction and translation run the same code.
"""

import functools
import html
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE

from handbill import lint
from handbill.diagnostics import Fault, Location
from handbill.model import VARIANT, Block, Heading, Image, Outline, Reference


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
_BRACES = re.compile(
    r"\{\{\s*[\w.-]+\s*\}\}|\{\{.*?\}\}|\{\{|\}\}|\{\s*[A-Za-z_]\w*\.\w[\w.-]*\s*\}"
)

_BOLD = re.compile(r"(?<!\\)\*\*")
_OPEN_LINK = re.compile(r"\]\(|\] \((?=https?:|mailto:|tel:)")
# Python-Markdown knows neither these bullets nor `1)`.
_HOME_MADE = re.compile(
    r"^[ \t>]*(?:[•·●▪◦‣]|(–|\d{1,2}\))(?=[ \u00a0]))[ \u00a0]*[^ \n]+", re.MULTILINE
)
_WORD = re.compile(r"[^ \t\n]+")
#: `5OO` and `1l0`: a letter typed for a nought or a one, as by programs that read scans.
_LETTERED = re.compile(r"(?<!\w)(?:\d+O+\d*|\d+o+\d+|\d+[lI]+\d+)(?!\w)")
#: A list's, a heading's or a quotation's sign, where only a translation can have it.
_BLOCK_SIGN = re.compile(r"\s*(?:[-+*]|#{1,6}|>)(?=[ \u00a0\t])")
#: A text with none of these is printed as it stands: Markdown need not be asked.
_MARKUP = re.compile(r"[*_`<\[\]]")
# UTF-8 read as Windows-1252. Marks that may follow a capital Ã in true text count only inside a
# word, and those that may follow é only in second place.
_TAIL = "".join(
    bytes([code]).decode("cp1252" if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1")
    for code in range(0x80, 0xC0)
)
_MAY_FOLLOW = "\u00a0\u2018\u201a\u2039\u203a«»“”’„…–—"
_NEVER = "".join(mark for mark in _TAIL if mark not in _MAY_FOLLOW)
_NEVER_FIRST = "".join(mark for mark in _NEVER if mark not in "®™©°ªº¹²³")
_MOJIBAKE = re.compile(
    rf"[ÂÃ](?:[{_NEVER}]|[{_MAY_FOLLOW}](?=\w))|(?<![A-ZÀ-Þ])[ÂÃ][{_MAY_FOLLOW}]"
    r"|(?<=[\da-zß-ÿ.,;:])[ÂÃ](?![^\W\d_])"
    rf"|â€|â„¢|[à-ï][{_NEVER_FIRST}][{_TAIL}]|(?:[Ä-ß][{_TAIL}]){{2}}|ï»¿|[\x80-\x9f]"
)
_LEADING = re.compile(r"(?:[\s>*+-]|\d+\. )*")
#: Deeper than any leaflet, and far from where Python-Markdown runs out of stack.
_MAX_DEPTH = 40
_TOO_DEEP = "lists or quotations nested too deeply"

_VARIANT = re.compile(VARIANT + r"[a-z0-9]+(?:-[a-z0-9]+)* [a-z0-9]+(?:-[a-z0-9]+)*")

#: Kinds of text that are printed letter by letter: Markdown in them is not read.
PLAIN = frozenset({"title", "summary", "audience", "picture", "interface"})
_LISTS = frozenset({"paragraph", "list item", "definition"})
_MARKS = {"strong": "bold", "em": "emphasis", "code": "code"}

_KINDS = {
    "p": "paragraph",
    "li": "list item",
    "td": "table cell",
    "th": "table header",
    "dt": "term",
    "dd": "definition",
}
_HEADING = re.compile(r"h[1-6]")
_BLOCK = re.compile(
    r"<(/?)(blockquote|dd|dl|dt|figure|h[1-6]|hr|li|ol|p|section|table|tbody|td|th|thead|tr|ul)\b"
    r"([^>]*)>"
)
_EMPTY = frozenset({"figure", "hr"})
_SEEN = re.compile(r' (?:start|style)="[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """What markup needs from the floors above to render a leaflet.

    Attributes:
        translate: the text to print for a block.
        component: HTML for a component, from its name, title, body (both HTML) and heading level.
        figure: HTML for a picture, from its source, alt text and caption.
        table: HTML for a table, from its HTML.
        citation: HTML for the sources cited at the end of a block, from their keys.
        slot: the value of a slot, as plain text.
        prints: whether the clinic prints what stands in a box of this name; all if None.
    """

    translate: Callable[[Block], str]
    component: Callable[[str, str, str, int], str]
    figure: Callable[[str, str, str], str]
    table: Callable[[str], str]
    citation: Callable[[Sequence[str]], str]
    slot: Callable[[str], str]
    prints: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Something in a text that would be printed as it stands, though nobody meant it to.

    Attributes:
        words: where it stands, as words of the text; the last of them is the place.
    """

    message: str
    hint: str
    words: tuple[str, ...]


def normalise(raw: str) -> str:
    """Turn a block's raw text into its msgid: re-wrapping is invisible, a hard break a newline."""
    parts = _HARD_BREAK.split(raw.strip(" \t\r\n"))
    return "\n".join(_SPACE.sub(" ", part).strip(" ") for part in parts)


@functools.lru_cache(maxsize=32)
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
        component=lambda _name, _title, body, _level: f"<section>{body}</section>",
        figure=lambda _src, _alt, _caption: "<figure>",
        table=lambda html: html,
        citation=lambda _keys: "",
        slot=lambda _name: "",
    )
    html = ""
    limit = 4 * _MAX_DEPTH
    if any(lint.BULLET.match(line) and lint.indent(line) > limit for line in text.split("\n")):
        # Python-Markdown would take seconds to run out of stack.
        reader.too_deep()
    else:
        try:
            html = _convert(text, reader, silent)
        except RecursionError:
            reader.too_deep()
    reader.lint()
    return Outline(
        blocks=tuple(reader.blocks),
        headings=tuple(reader.headings),
        images=tuple(reader.images),
        slots=tuple(reader.slots),
        citations=tuple(reader.citations),
        components=tuple(reader.components),
        links=tuple(reader.links),
        structure=_structure(html),
        faults=tuple(sorted(reader.faults, key=lambda fault: fault.location)),
    )


def render(text: str, furniture: Furniture, *, path: str = "", first_line: int = 1) -> str:
    """Render a leaflet's Markdown, each block translated, as HTML.

    Args:
        text: the Markdown, without front matter.
        furniture: what the floors above make of its parts.
        path: the file's name, for the blocks that are handed to `translate`.
        first_line: the line of the file on which `text` begins.
    """
    return _convert(text, _Reader(text, path, first_line), furniture)


def marks(text: str) -> Counter[str]:
    """Count the inline markup of a text as it is printed: bold, emphasis, links by address."""
    return Counter(_inline_marks(text)[0])


def links(text: str) -> tuple[str, ...]:
    """Return the words of each link in a text; for an address between `<` and `>`, the address."""
    if "](" not in text and "<" not in text:
        return ()  # without a parser's help: most texts have none
    return tuple(
        " ".join("".join(element.itertext()).replace(AMP_SUBSTITUTE, "&").split())
        for element in _inline(text).iter("a")
    )


def inline(text: str) -> str:
    """Set one text's inline Markdown as HTML, for one who checks it: addresses of links are shown.

    Slots stay as they are written.
    """
    root = _inline(text)
    for link in list(root.iter("a")):
        address = link.get("href") or ""
        if not address.endswith("".join(link.itertext())):
            SubElement(link, "span", {"class": "address"}).text = f" ({address})"
    md = _inline_parser()
    md.treeprocessors["unescape"].run(root)
    html = md.serializer(root[0])
    for process in md.postprocessors:
        html = process.run(html)
    return html[html.index(">") + 1 : html.rindex("</")]


def strays(text: str, kind: str) -> list[Stray]:
    """Find what would be printed though it was meant as markup, and letters that were lost.

    Args:
        text: a block's raw inline Markdown, or its translation.
        kind: what kind of block it is.
    """
    found: list[Stray] = []

    def stray(message: str, hint: str, *words: str) -> None:
        found.append(Stray(message=message, hint=hint, words=words))

    plain, printed = _inline_marks(text)
    if len(_BOLD.findall(text)) % 2 or any("**" in run for run in printed):
        hint = "write **words**, without a space inside the asterisks"
        stray("asterisks that make nothing bold", hint, *_words_with(_BOLD, text))
    if any(_OPEN_LINK.search(run) for run in printed):
        stray("a link that is not whole", "write [text](address)", *_words_with(_OPEN_LINK, text))
    if kind in PLAIN and plain:
        message = f"{plain[0]} in a text that is printed letter by letter"
        stray(message, "remove the markup", next(iter(_words_with(re.compile(r"[*_\[<`]"), text))))
    if kind in _LISTS and (item := _home_made(text)):
        hint = "begin each item with - or 1. and leave an empty line above the first"
        stray(f"a list that Markdown does not know: {item[:40]!r}", hint, item)
    for match in _LETTERED.finditer(text):
        word = match.group()
        stray(f"a letter among digits: {word!r}", "type the number anew", word)
    broken = not text.isascii() and ("\ufffd" in text or _MOJIBAKE.search(text))
    for word in _WORD.findall(text) if broken else ():
        if "\ufffd" in word:
            stray(f"a letter was lost: {word[:40]!r}", "type the word anew", word)
        elif _MOJIBAKE.search(word):
            hint = "the text was UTF-8 and was read as something else: paste it anew"
            stray(f"letters that nobody wrote: {word[:40]!r}", hint, word)
    return found


def foreign_markup(text: str) -> list[str]:
    """Name what only an author may write, or nobody: tags, citations, pictures, signs of lists."""
    sign = _BLOCK_SIGN.match(text)
    found = [f"a sign that begins a list or a heading: {sign.group().strip()!r}"] if sign else []
    if not _MARKUP.search(text):
        return found
    found += [f"HTML: {match.group()[:40]!r}" for match in lint.TAG.finditer(text)]
    found += [f"a citation: {match.group()[:40]!r}" for match in _STRAY_CITATION.finditer(text)]
    if "![" in text:
        found.append("a picture: '!['")
    return found


def malformed_slots(text: str) -> tuple[str, ...]:
    """Name what looks like a slot in a text and is none."""
    return tuple(match.group() for match in _malformed(text))


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


@functools.cache
def _inline_parser() -> markdown.Markdown:
    return _parser()


def _inline(text: str) -> Element:
    """Run the inline pass, and only this, on a text: no line of it can begin a block."""
    md = _inline_parser()
    md.reset()
    root = Element("div")
    run = SubElement(root, "p")
    run.text = _as_printed(text)
    md.treeprocessors["inline"].run(root)
    return root


@functools.lru_cache(maxsize=4096)
def _inline_marks(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the inline markup of a text, in order, and the runs of letters that it prints.

    A source is asked for once for each language; nothing is printed where there is no markup.
    """
    if not _MARKUP.search(text):
        return (), ()
    root = _inline(text)
    found: list[str] = []
    for element in root.iter():
        if element.tag == "a":
            address = (element.get("href") or "").replace(AMP_SUBSTITUTE, "&")
            found.append(f"link to {html.unescape(address)}")
        elif element.tag in _MARKS:
            found.append(_MARKS[element.tag])
    return tuple(found), tuple(run for run in root.itertext() if run)


def _as_printed(text: str) -> str:
    # A msgstr is text: no stash marker of Python-Markdown's may come in with it.
    return text.replace("\x02", "").replace("\x03", "").strip("\n").replace("\n", "  \n")


def _malformed(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _BRACES.finditer(text) if not _SLOT.fullmatch(match.group()))


def _words_with(pattern: re.Pattern[str], text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if pattern.search(word)] or [text]


def _home_made(text: str) -> str:
    """Return the beginning of a list that Markdown takes for running text."""
    dashes = len(re.findall(r"^[ \t>]*–[ \u00a0]", text, re.MULTILINE))
    for match in _HOME_MADE.finditer(text):
        before, mark = text[: match.start()], match.group(1)
        # A line may begin with a dash, or with the end of a bracket, because it was wrapped there.
        wrapped_dash = (
            mark == "–" and dashes < 2 and before.strip() and not before.endswith((":\n", "  \n"))
        )
        wrapped_bracket = mark not in {None, "–"} and before.count("(") > before.count(")")
        if not wrapped_dash and not wrapped_bracket:
            return match.group().lstrip(" \t>")
    return ""


def _structure(html: str) -> str:
    """Write which blocks stand in which; a section is a box: `p ol start="2"(li li) section(p)`."""
    parts = []
    for end, name, attributes in _BLOCK.findall(html):
        seen = "".join(_SEEN.findall(attributes))
        parts.append(")" if end else f" {name}{seen}" + ("" if name in _EMPTY else "("))
    return "".join(parts).replace("()", "").replace("( ", "(").strip()


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
        # The source as one line of words, and where each word begins here and there.
        words = list(re.finditer(r"[^\s>]+", self.source))
        self.packed = " ".join(word.group() for word in words)
        self.starts = [word.start() for word in words]
        self.packed_starts: list[int] = []
        length = 0
        for word in words:
            self.packed_starts.append(length)
            length += word.end() - word.start() + 1
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.images: list[Image] = []
        self.slots: list[Reference] = []
        self.citations: list[Reference] = []
        self.components: list[Reference] = []
        self.links: list[Reference] = []
        self.boxes: list[str] = []
        self.faults: list[Fault] = []

    def find(self, raw: str, *, stay: bool = False) -> tuple[int, int]:
        """Return the line and column where `raw` next begins, and move past it or just to it."""
        first = next((line for line in raw.split("\n") if line.strip()), "")
        match = self._search(raw, self.position) or self._search(first, self.position)
        self.began = match[0] if match else self.position
        if match:
            self.position = match[0] if stay else match[1]
        return self.place(self.began)

    def within(self, parts: Iterable[str]) -> Iterator[tuple[int, int]]:
        """Yield the line and column of each part of what was last found."""
        position = self.began
        for part in parts:
            match = self._search(part, position)
            if match:
                position = match[1]
            yield self.place(match[0] if match else self.began)

    def _search(self, text: str, position: int) -> tuple[int, int] | None:
        """Find where a text begins and ends, however its author wrapped, indented and quoted it.

        No regular expression: one that lets `>` stand between words tries every way to share out
        a row of them, and a leaflet of a few kilobytes takes for ever.
        """
        wanted = " ".join(re.split(r"[\s>]+", text)).strip(" ")
        start = self._packed(position)
        while wanted and (start := self.packed.find(wanted, start)) >= 0:
            end = start + len(wanted)
            inside = wanted[0].isalnum() and _is_word(self.packed[start - 1 : start])
            if not inside and not (wanted[-1].isalnum() and _is_word(self.packed[end : end + 1])):
                return self._unpacked(start), self._unpacked(end - 1) + 1
            start += 1
        return None

    def _packed(self, offset: int) -> int:
        """Return where an offset in the source, or the end of the word before it, is packed."""
        word = bisect_right(self.starts, offset) - 1
        if word < 0:
            return 0
        packed = self.packed_starts[word] + offset - self.starts[word]
        following = self.packed_starts[word + 1 : word + 2] or [len(self.packed) + 1]
        return min(packed, following[0] - 1)

    def _unpacked(self, packed: int) -> int:
        """Return where a packed offset inside a word stands in the source."""
        word = bisect_right(self.packed_starts, packed) - 1
        return self.starts[word] + packed - self.packed_starts[word]

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
        self.faults += lint.faults(self.source, path=self.path, first_line=self.first_line)
        for match in _malformed(self.source):
            self.fault(
                "malformed-slot",
                *self.place(match.start()),
                f"not a slot: {match.group()[:40]!r}",
                "write {{ clinic.phone }}",
            )

    def too_deep(self) -> None:
        """Say that lists, quotations or boxes stand too deep in each other to be printed."""
        if any(fault.message == _TOO_DEEP for fault in self.faults):
            return
        depths = [match.end() for match in map(_LEADING.match, self.source.split("\n")) if match]
        deepest = depths.index(max(depths))
        self.fault(
            "list-nesting",
            self.first_line + deepest,
            1,
            _TOO_DEEP,
            "a reader cannot follow more than three levels",
        )


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


class _Hook(Extension):
    """Registers the three passes over the tree, around Python-Markdown's own inline pass (20)."""

    def __init__(self, reader: _Reader, furniture: Furniture) -> None:
        super().__init__()
        self.reader, self.furniture = reader, furniture

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - Markdown's name
        md.treeprocessors.register(_Translate(md, self.reader, self.furniture), "translate", 25)
        md.treeprocessors.register(_Fill(md, self.furniture), "fill", 15)
        md.treeprocessors.register(_Assemble(md, self.furniture), "assemble", 10)


def _depth(root: Element) -> int:
    depth, level = 0, [root]
    while level:
        depth, level = depth + 1, [child for element in level for child in element]
    return depth


class _Translate(Treeprocessor):
    """Replace each block's raw inline text by its translation, before inline parsing."""

    def __init__(self, md: markdown.Markdown, reader: _Reader, furniture: Furniture) -> None:
        super().__init__(md)
        self.reader, self.furniture = reader, furniture
        self.ids: set[str] = set()

    def run(self, root: Element) -> None:
        if _depth(root) > _MAX_DEPTH:
            self.reader.too_deep()
        self._walk(root)
        if self.furniture.prints is not None:
            _choose(root, self.furniture.prints)
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
                self.reader.boxes.append(_box(child))
                self._walk(child)
                self.reader.boxes.pop()
                self._tail(child)
                continue
            elif child.tag == "p" and _IMAGE.match(normalise(child.text or "")):
                self._figure(child)
                continue
            elif child.tag == "tr":
                self._row(child)
            else:
                titled = child.get("class") == "admonition-title"
                self._text(child, "box title" if titled else _KINDS.get(child.tag, child.tag))
            self._walk(child)
            self._tail(child)

    def _tail(self, element: Element) -> None:
        if element.tail and element.tail.strip():
            element.tail = self._unit(element.tail, "paragraph")

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
        cited = _STRAY_CITATION.findall(msgid)
        for citation, place in zip(cited, self.reader.within(cited), strict=True):
            self.reader.fault(
                "stray-citation",
                *place,
                f"sources cited in the middle of a block: {citation}",
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
        for stray in strays(raw, kind):
            *_, place = self.reader.within(stray.words)
            self.reader.fault("stray-markup", *place, stray.message, stray.hint)
        holes = list(_SLOT.finditer(msgid))
        linked = links(msgid)
        self.reader.links += [
            Reference(name=words, line=place[0], column=place[1])
            for words, place in zip(linked, self.reader.within(linked), strict=True)
        ]
        places = self.reader.within(hole.group() for hole in holes)
        self.reader.slots += [
            Reference(
                name=hole.group(1), line=place[0], column=place[1], boxes=tuple(self.reader.boxes)
            )
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
            notes=(*notes, *_local(self.reader.boxes)),
            boxes=tuple(self.reader.boxes),
        )
        self.reader.blocks.append(block)
        return _as_printed(self.furniture.translate(block))

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
        name = _box(element)
        title = element.find("p")
        words = " +".join(re.escape(word) for word in name.split())
        written = re.compile(rf"^ *(!!! ?{words})(?![\w-])", re.MULTILINE | re.IGNORECASE)
        match = written.search(self.reader.source, self.reader.position)
        start = match.start(1) if match else self.reader.position
        line, column = self.reader.place(start)
        self.reader.components.append(
            Reference(name=name, line=line, column=column, boxes=tuple(self.reader.boxes))
        )
        body = [child for child in element if child.get("class") != "admonition-title"]
        if not body and not (element.text or "").strip():
            self.reader.fault(
                "empty-box",
                line,
                column,
                f"a box with nothing in it: {name}",
                "indent its text by 4 spaces; without that it stands below the box",
            )
        if match is None:
            return
        self.reader.position = match.end()
        rest = self.reader.source[match.end() :].split("\n", 1)[0]
        if '"' not in rest and title is not None:
            # Python-Markdown's own title, of the English name: nobody wrote it.
            element.remove(title)
        if name.split(" ")[0] == VARIANT.strip():
            self._variant(name, rest, line, column)

    def _variant(self, name: str, rest: str, line: int, column: int) -> None:
        """Say what is wrong with a local variant."""
        message = ""
        if not _VARIANT.fullmatch(name):
            message = f"not a name and an option: {name!r}"
        elif '"' in rest:
            message = "a local variant with a title"
        elif any(box.startswith(VARIANT) for box in self.reader.boxes):
            message = "a local variant inside another"
        if message:
            hint = "write !!! variant blisters leave, and its text indented by 4 spaces"
            self.reader.fault("malformed-variant", line, column, message, hint)

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


def _box(element: Element) -> str:
    """Return the name of a box, as its author wrote it."""
    return (element.get("class") or "").removeprefix("admonition").strip()


def _local(boxes: Iterable[str]) -> Iterator[str]:
    """Tell translators that a text is printed only where a clinic has chosen it."""
    for box in boxes:
        if _VARIANT.fullmatch(box):
            _, name, option = box.split(" ")
            yield f"Only for clinics that have chosen {option!r} for {name!r}."


def _choose(parent: Element, prints: Callable[[str], bool]) -> None:
    """Leave of local variants those that are printed, without the box around them."""
    kept: list[Element] = []
    for child in parent:
        _choose(child, prints)
        if not _box(child).startswith(VARIANT):
            kept.append(child)
        elif prints(_box(child)):
            kept += child
    parent[:] = kept


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
    """Hand boxes, pictures, tables and citations to the templates, innermost first."""

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
        if element.tag == "table":
            return furniture.table(self.md.serializer(element).strip())
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
