"""The text of finished HTML: to change it, and to read it. Markup is left as it is.

The HTML is our own: well formed, with attributes in double quotes and every `<` of text escaped.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape


_MARKUP = re.compile(r"<(style|script|title)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b([^>]*?)(/?)>", re.IGNORECASE)
#: Elements that have no end.
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_INLINE = frozenset({"a", "abbr", "b", "bdi", "cite", "em", "i", "span", "strong"})


def change(html: str, edit: Callable[[str], str], *, leave: str = "") -> str:
    """Edit every run of text between two tags.

    Args:
        html: the page.
        edit: what to make of a run; it is escaped HTML and may become markup.
        leave: an attribute, as written; elements that have it are not edited.
    """
    parts: list[str] = []
    position = 0
    depth = 0  # how deep inside an element that is left alone
    for match in _MARKUP.finditer(html):
        text = html[position : match.start()]
        parts += [text if depth or not text else edit(text), match.group()]
        position = match.end()
        depth = _depth(match, depth, leave)
    text = html[position:]
    return "".join([*parts, text if depth or not text else edit(text)])


def blocks(html: str, *, leave: str = "") -> Iterator[str]:
    """Yield the text of each block of a page, unescaped, without its markup.

    Args:
        html: the page.
        leave: an attribute, as written; blocks that have it are not told.
    """
    words: list[str] = []
    position = 0
    depth = 0
    for match in _MARKUP.finditer(html):
        if not depth:
            words.append(html[position : match.start()])
        position = match.end()
        tag = _TAG.match(match.group())
        if tag is not None and tag.group(2).lower() not in _INLINE:
            yield from _joined(words)
            words = []
            depth = _depth(match, depth, leave)
    words.append(html[position:])
    yield from _joined(words)


def inside(html: str, attribute: str) -> str:
    """Return the text of the first element that has an attribute; empty where none has."""
    words: list[str] = []
    position = depth = 0
    for match in _MARKUP.finditer(html):
        if depth:
            words.append(html[position : match.start()])
        position = match.end()
        before, depth = depth, _depth(match, depth, attribute)
        if before and not depth:
            break
    return unescape(" ".join(words))


def blanked(html: str, attribute: str, leave: Callable[[str, str], tuple[str, str]]) -> str:
    """Empty the elements that have an attribute.

    Args:
        html: the page.
        attribute: the attribute's name.
        leave: from its value and the name of the element, more attributes and what to put in.
    """
    parts: list[str] = []
    position = 0
    pattern = re.compile(rf'<([a-z0-9]+)\b[^>]*\b{re.escape(attribute)}="([^"]*)"[^>]*(?=>)')
    while match := pattern.search(html, position):
        attributes, inner = leave(match.group(2), match.group(1))
        parts += [html[position : match.end()], attributes, ">", inner]
        position = _end(html, match.end(), match.group(1))
    return "".join([*parts, html[position:]])


def _end(html: str, start: int, name: str) -> int:
    """Return where the closing tag stands of an element whose opening tag ends at `start`."""
    depth = 1
    for match in re.compile(rf"<(/?){name}\b[^>]*>").finditer(html, start):
        depth += -1 if match.group(1) else 1
        if not depth:
            return match.start()
    return len(html)


def _joined(words: list[str]) -> Iterator[str]:
    text = unescape("".join(words))
    if text.strip():
        yield text


def _depth(match: re.Match[str], depth: int, leave: str) -> int:
    tag = _TAG.match(match.group())
    if tag is None or match.group(1) or tag.group(2).lower() in VOID or tag.group(4):
        return depth
    if tag.group(1):
        return max(0, depth - 1)
    return depth + 1 if depth or (leave and leave in tag.group(3)) else 0
