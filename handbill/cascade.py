"""What a page's own stylesheets make of its elements: which are bold, which colours meet.

Reads finished HTML with the `style` elements inside it, without laying anything out. The only
importer of tinyhtml5, tinycss2 and cssselect2, which WeasyPrint brings.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import cssselect2
import tinycss2
import tinyhtml5
from tinycss2.color4 import parse_color


#: Elements that a browser sets in bold of itself (HTML Standard, 15.3).
_BOLD = frozenset({"b", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "th"})
#: Elements whose text no reader sees.
_UNSEEN = frozenset({"head", "script", "style", "template", "title"})
_GENERATED = frozenset({"content", "list-style", "list-style-type", "quotes"})
#: The signs that browsers add: numbers of list items, hyphens at the ends of lines.
_ADDED = "0123456789. -"
#: States in which an element looks otherwise: as bold as it may become.
_STATES = re.compile(r":(?:active|focus(?:-visible|-within)?|hover|target|visited)\b")

Colour = tuple[float, float, float, float]
_BLACK: Colour = (0.0, 0.0, 0.0, 1.0)
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_CLEAR: Colour = (0.0, 0.0, 0.0, 0.0)
#: What Chromium shows where nothing is said: on light pages, and on dark ones that allow it.
_LIGHT_PAGE = "a[href] { color: #0000ee }"
_DARK_PAGE = ":root { color: #fff; background: #121212 } a[href] { color: #9e9eff }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """The characters that a page shows: all of them, and those that are bold somewhere."""

    every: frozenset[str]
    bold: frozenset[str]


#: What stands for a background whose colours cannot be told.
PICTURE = "a picture or a gradient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Text on its background: colours as `#rrggbb`, and their ratio (WCAG 2.2), from 1 to 21.

    On a picture or a gradient it is 1, and `background` is `PICTURE`.
    """

    element: str
    text: str
    colour: str
    background: str
    ratio: float


@dataclass(frozen=True, slots=True)
class _Rule:
    media: tuple[str, ...]
    selectors: str
    declarations: tuple[Any, ...]


def words(element: Element) -> str:
    """Return the text inside an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


class Page:
    """A page's elements that are seen, parents first, and the rules of its stylesheets."""

    def __init__(self, html: str) -> None:
        # As a browser reads it, but names of elements have no namespace.
        self.root: Element = tinyhtml5.parse(html, namespace_html_elements=False)
        sheets = ["".join(style.itertext()) for style in self.root.iter("style")]
        self.rules = _rules("\n".join(sheets))
        wrapped = cssselect2.ElementWrapper.from_html_root(self.root)
        hidden = {node for part in self.root.iter() if part.tag in _UNSEEN for node in part.iter()}
        self.elements = [
            element for element in wrapped.iter_subtree() if element.etree_element not in hidden
        ]

    @property
    def may_be_dark(self) -> bool:
        """Whether a stylesheet lets the browser show its own dark page."""
        return any(
            declaration.name == "color-scheme" and "dark" in tinycss2.serialize(declaration.value)
            for rule in self.rules
            for declaration in rule.declarations
        )

    def letters(self) -> Letters:
        """Return the characters that the page shows, those of generated content among them.

        An element counts as bold if any rule may make it so, on any screen and in any state.
        """
        matcher = cssselect2.Matcher()
        added = _ADDED
        cases = False
        for rule in self.rules:
            for declaration in rule.declarations:
                if declaration.name in _GENERATED or declaration.name.startswith("--"):
                    added += "".join(_strings(declaration.value))
                cases |= declaration.name == "text-transform"
            if any(map(_is_bold, rule.declarations)):
                known = _add(matcher, _STATES.sub(":is(*)", rule.selectors), None)
                if not known:
                    _add(matcher, "*", None)
        every, bold = set(added), set(added)
        heavy: set[Element] = set()
        for element in self.elements:
            node = element.etree_element
            above = element.parent.etree_element if element.parent is not None else None
            own = _declarations(node.get("style", ""))
            if (
                above in heavy
                or node.tag in _BOLD
                or matcher.match(element)
                or any(map(_is_bold, own))
            ):
                heavy.add(node)
            text = "".join(_own_text(node))
            if cases:
                text += text.upper() + text.lower() + text.title()
            every |= set(text)
            if node in heavy:
                bold |= set(text)
        return Letters(every=frozenset(every), bold=frozenset(bold))

    def contrasts(self, *, medium: str, dark: bool = False) -> Iterator[Contrast]:
        """Yield the contrast of each element's own text, where both colours can be told.

        Text over a picture or a gradient has none: nobody knows what is behind a letter there.
        Not told: opacity, generated text, elements that are laid over others, and colours that are
        not of sRGB. Rules for widths count as if they held.

        Args:
            medium: `screen` or `print`.
            dark: whether the reader prefers dark pages.
        """
        matcher = cssselect2.Matcher()
        own = _DARK_PAGE if dark and self.may_be_dark else _LIGHT_PAGE
        for rule in (*_rules(own), *self.rules):
            if all(_holds(media, medium, dark=dark) for media in rule.media):
                _add(matcher, rule.selectors, rule.declarations)
        looks: dict[Element, _Look] = {}
        # Items of a list, and cells of a table, look alike: a page has few looks.
        alike: dict[tuple[int, tuple[int, ...], str], _Look] = {}
        first = _Look()
        for element in self.elements:
            node = element.etree_element
            above = looks[element.parent.etree_element] if element.parent is not None else first
            matched = [
                declarations
                for _specificity, _order, pseudo, declarations in matcher.match(element)
                if pseudo is None
            ]
            style = node.get("style", "")
            key = id(above), tuple(map(id, matched)), style
            if key not in alike:
                declared = [item for declarations in matched for item in declarations]
                alike[key] = above.inherited([*declared, *_declarations(style)])
            look = looks[node] = alike[key]
            text = " ".join("".join(_own_text(node)).split())
            if text and look.colour is not None and look.background is not None:
                colour = _over(look.colour, look.background)
                yield Contrast(
                    element=_name(node),
                    text=text,
                    colour=_hex(colour),
                    background=_hex(look.background),
                    ratio=_ratio(colour, look.background),
                )
            elif text and look.pictured:
                yield Contrast(
                    element=_name(node), text=text, colour="", background=PICTURE, ratio=1
                )


class _Look:
    """The colours of one element; None where they cannot be told."""

    def __init__(self) -> None:
        self.variables: dict[str, Sequence[Any]] = {}
        self.colour: Colour | None = _BLACK
        self.background: Colour | None = _WHITE
        self.pictured = False

    def inherited(self, declared: Sequence[Any]) -> "_Look":
        """Return the look of a child for which this is declared, weakest first."""
        look = _Look()
        values: dict[str, Sequence[Any]] = {}
        for item in sorted(declared, key=lambda item: bool(item.important)):
            values.pop(item.name, None)  # the strongest stand last
            values[item.name] = item.value
        look.variables = self.variables | {
            name: value for name, value in values.items() if name.startswith("--")
        }
        look.colour = self.colour
        if paint := look.resolve(values.get("color", ())):
            look.colour = _colour(paint, inherited=self.colour)
        look.background, look.pictured = self.background, self.pictured
        picture = False
        for name, value in values.items():
            paint = look.resolve(value)
            if name in {"background", "background-image"}:
                picture = any(map(_is_picture, paint))
            if name in {"background", "background-color"} and paint:
                look.paint(paint, below=self.background)
        if picture:
            look.background, look.pictured = None, True
        return look

    def paint(self, value: Sequence[Any], below: Colour | None) -> None:
        """Lay a background over what is below the element."""
        known = [token for token in value if _is_colour(token)]
        front = _colour(known[:1], inherited=self.colour) if known else _CLEAR
        if front is None:
            self.background = None
        elif front[3] == 1:
            self.background, self.pictured = front, False
        else:
            self.background = below and _over(front, below)

    def resolve(self, value: Sequence[Any], depth: int = 0) -> list[Any]:
        """Put the values of custom properties in the place of each `var()`; leave out spaces."""
        found: list[Any] = []
        for token in value:
            if token.type in {"comment", "whitespace"}:
                continue
            if token.type != "function" or token.lower_name != "var" or depth > 8:
                found.append(token)
                continue
            # A name, then perhaps a comma and what to use if nothing has that name.
            name, *rest = [item for item in token.arguments if item.type != "whitespace"]
            inner = self.variables.get(name.value, rest[1:])
            found += self.resolve(inner, depth + 1)
        return found


def _is_picture(token: Any) -> bool:
    if token.type == "function":
        return bool(re.search(r"gradient|image|url|element", token.lower_name))
    return bool(token.type == "url")


def _is_colour(token: Any) -> bool:
    """Tell whether a value may be a colour: one that is known, or a function that is not."""
    return token.type == "function" or parse_color(token) is not None


def _colour(value: Sequence[Any], *, inherited: Colour | None) -> Colour | None:
    """Return a colour of sRGB; None if it is of another kind."""
    token = value[0]
    if token.type == "ident" and token.lower_value in {"currentcolor", "inherit", "unset"}:
        return inherited
    parsed = parse_color(token)
    if parsed is None:
        return None
    try:
        red, green, blue = parsed.to("srgb").coordinates
    except NotImplementedError:
        return None
    return red, green, blue, parsed.alpha


def _over(front: Colour, back: Colour) -> Colour:
    alpha = front[3]
    mixed = [alpha * a + (1 - alpha) * b for a, b in zip(front[:3], back[:3], strict=True)]
    return mixed[0], mixed[1], mixed[2], 1.0


def _ratio(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, "relative luminance")."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[:3])


def _holds(media: str, medium: str, *, dark: bool) -> bool:
    """Tell whether a media query list holds; what is not known here is taken to hold."""
    schemes = {"(prefers-color-scheme:dark)": dark, "(prefers-color-scheme:light)": not dark}

    def part(condition: str) -> bool:
        condition = re.sub(r"\s+", "", condition)
        if condition in {"screen", "print", "speech"}:
            return condition == medium
        return schemes.get(condition, True)

    queries = media.lower().replace("only ", "").split(",")
    return any(all(map(part, re.split(r"\band\b", query))) for query in queries)


@functools.lru_cache(maxsize=32)
def _rules(css: str) -> tuple[_Rule, ...]:
    """Return the rules of a stylesheet, which the editions of a format share."""
    return tuple(_nested(css, ()))


def _nested(css: str, media: tuple[str, ...]) -> Iterator[_Rule]:
    """Yield the rules of a stylesheet, each with the media queries that it stands in."""
    for item in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if item.type not in {"at-rule", "qualified-rule"}:
            continue
        prelude = tinycss2.serialize(item.prelude).strip()
        content = tinycss2.serialize(item.content or ())
        if item.type == "qualified-rule":
            yield _Rule(media, prelude, tuple(_declarations(content)))
            for inner in tinycss2.parse_blocks_contents(content, skip_comments=True):
                if inner.type == "qualified-rule":
                    selectors = tinycss2.serialize(inner.prelude).strip()
                    parent = f":is({prelude})"
                    whole = (
                        selectors.replace("&", parent)
                        if "&" in selectors
                        else f"{parent} :is({selectors})"
                    )
                    yield from _nested(f"{whole} {{{tinycss2.serialize(inner.content)}}}", media)
        elif item.lower_at_keyword == "media":
            yield from _nested(content, (*media, prelude))
        elif item.lower_at_keyword in {"layer", "supports"}:
            yield from _nested(content, media)


def _declarations(css: str) -> list[Any]:
    found = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
    return [item for item in found if item.type == "declaration"]


def _add(matcher: Any, selectors: str, payload: Any) -> bool:
    """Add a rule's selectors; tell whether cssselect2 can read them."""
    compiled = _compiled(selectors)
    for selector in compiled or ():
        matcher.add_selector(selector, payload)
    return compiled is not None


@functools.lru_cache(maxsize=2048)
def _compiled(selectors: str) -> tuple[Any, ...] | None:
    """Compile the selectors of a rule, which every page of a format has; None if they are none."""
    try:
        return tuple(cssselect2.compile_selector_list(selectors))
    except cssselect2.SelectorError:
        return None


def _is_bold(declaration: Any) -> bool:
    if declaration.name not in {"font", "font-weight"}:
        return False
    return any(
        (token.type == "number" and 600 <= token.value <= 1000)
        or (token.type == "ident" and token.lower_value in {"bold", "bolder"})
        # A custom property may hold anything.
        or token.type == "function"
        for token in declaration.value
    )


def _strings(value: Sequence[Any]) -> Iterator[str]:
    return (token.value for token in value if token.type == "string")


def _own_text(node: Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        yield child.tail or ""


def _name(node: Element) -> str:
    """Name an element as a selector would: its tag and its classes."""
    return ".".join([str(node.tag), *node.get("class", "").split()])
