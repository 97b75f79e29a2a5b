"""Keep numbers and Latin words in their order inside right-to-left text.

Unicode's bidirectional algorithm (UAX #9) reorders the parts of `+1 (555) 010-4477`, `5-10 mg/kg`
or `38.5 °C` in an Arabic sentence. Each such run is wrapped in an isolate of its own, in finished
HTML, so that it holds for text from Markdown, catalogs, slots and templates alike.
"""

import re
from collections.abc import Iterator
from html import escape, unescape

from handbill import hypertext


_ATOM = r"(?:[0-9A-Za-z\u00AA\u00B5\u00BA\u00C0-\u024F\u1E00-\u1EFF]|\([0-9]+\))+"
_INNER = r"(?:[.,:;/\\\-+×*'’@_=°%~?\u2010-\u2015\u2212]|&(?:amp|#39);)"
_SPACE = r"[ \u00A0\u202F]"
_DASH = r"[\-\u2010-\u2015\u2212]"
#: What may stand between two atoms of one run: punctuation set tight, or one space, or a dash
#: between two numbers.
_JOINER = (
    rf"(?:{_INNER}{{1,3}}|{_SPACE}{_INNER}{{0,2}}|(?<=[0-9]){_SPACE}?{_DASH}{_SPACE}(?=[0-9]))"
)
_SIGN = r"(?:(?<![\w)])[+\-±<>≤≥~$€£\u2212](?=[0-9(]))?"
#: An isolate that takes its direction from its first letter, from left to right if it has none, and
#: what ends it (UAX #9, 2.4 and 2.5).
_FIRST_STRONG, _POP = "\u2068", "\u2069"
_WHOLE = re.compile(f"({_FIRST_STRONG}[^{_POP}]*{_POP})")
_ADDRESS = re.compile(r"https?://\S+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
#: Letters and digits of all other scripts; a sign alone turns nothing around.
_LEFT_TO_RIGHT = re.compile(rf"(?!{_RIGHT_TO_LEFT.pattern})[^\W_]")
_ENTITY_OR_RUN = re.compile(rf"&#?\w+;|({_SIGN}{_ATOM}(?:{_JOINER}{_ATOM})*(?:{_SPACE}?[%‰°′″])?)")


def isolate(html: str) -> str:
    """Wrap each left-to-right run of a right-to-left page in `<span dir="ltr">`.

    An isolate with a direction is needed: `<bdi>` alone takes its direction from the first strong
    letter, and `+1 (555) 010-4477` has none. Elements that state `dir="ltr"` are left as they are.
    """
    return hypertext.change(html, _isolated, leave='dir="ltr"')


def runs(text: str) -> list[str]:
    """Find the left-to-right runs of a plain text: what must keep its order on the page."""
    found = _ENTITY_OR_RUN.finditer(escape(text, quote=False))
    return [unescape(match.group(1)) for match in found if match.group(1)]


def pieces(text: str) -> list[tuple[str, bool]]:
    """Part a plain text into left-to-right runs, which are true, and what stands between them."""
    escaped = escape(text, quote=False)
    found: list[tuple[str, bool]] = []
    position = 0
    for match in _ENTITY_OR_RUN.finditer(escaped):
        if match.group(1):
            found += [(unescape(escaped[position : match.start()]), False)]
            found += [(unescape(match.group(1)), True)]
            position = match.end()
    return [*found, (unescape(escaped[position:]), False)]


def whole(value: str, direction: str) -> str:
    """Keep a name or a number together in a text of a direction, with signs that nobody sees."""
    against = _LEFT_TO_RIGHT if direction == "rtl" else _RIGHT_TO_LEFT
    return f"{_FIRST_STRONG}{value}{_POP}" if against.search(value) else value


def isolate_plain(text: str) -> str:
    """Do as `isolate` does for a right-to-left text that is no HTML; what is whole stays so.

    A line that is nothing but a web address stays as it is: programs that make a link of it would
    take such a sign for a part of it.
    """
    return "\n".join(
        line if _ADDRESS.fullmatch(line.strip()) else "".join(_wrapped(line))
        for line in text.split("\n")
    )


def _wrapped(line: str) -> Iterator[str]:
    for part in _WHOLE.split(line):
        if part.startswith(_FIRST_STRONG):
            yield part
        else:
            for text, run in pieces(part):
                yield f"{_FIRST_STRONG}{text}{_POP}" if run else text


def _isolated(text: str) -> str:
    return _ENTITY_OR_RUN.sub(_wrap, text)


def _wrap(match: re.Match[str]) -> str:
    return f'<span dir="ltr">{match.group(1)}</span>' if match.group(1) else match.group()
