"""Letters and signs of scripts: what a text in a language may be written with."""

import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType


#: The letters of each script (ISO 15924), as Unicode 16 has them; a class of a regular expression.
_SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "Latn": "A-Za-zªºÀ-ɏ\u0250-\u02af\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\ufb00-\ufb06",
        "Grek": "\u0370-\u03ff\u1f00-\u1fff",
        "Cyrl": "\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f",
        "Armn": "\u0530-\u058f",
        "Hebr": "\u0590-\u05ff\ufb1d-\ufb4f",
        "Arab": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefe",
        "Syrc": "\u0700-\u074f",
        "Thaa": "\u0780-\u07bf",
        "Nkoo": "\u07c0-\u07ff",
        "Deva": "\u0900-\u097f\ua8e0-\ua8ff",
        "Beng": "\u0980-\u09ff",
        "Guru": "\u0a00-\u0a7f",
        "Gujr": "\u0a80-\u0aff",
        "Orya": "\u0b00-\u0b7f",
        "Taml": "\u0b80-\u0bff",
        "Telu": "\u0c00-\u0c7f",
        "Knda": "\u0c80-\u0cff",
        "Mlym": "\u0d00-\u0d7f",
        "Sinh": "\u0d80-\u0dff",
        "Thai": "\u0e00-\u0e7f",
        "Laoo": "\u0e80-\u0eff",
        "Tibt": "\u0f00-\u0fff",
        "Mymr": "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
        "Geor": "\u10a0-\u10ff\u1c90-\u1cbf",
        "Hang": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff",
        "Ethi": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
        "Khmr": "\u1780-\u17ff",
        "Hani": "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
        "Kana": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
        "Rohg": "\U00010d00-\U00010d3f",
        "Adlm": "\U0001e900-\U0001e95f",
    }
)
#: Writing systems that are several scripts, or one by another name.
_WRITINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Hans": ("Hani",),
        "Hant": ("Hani",),
        "Jpan": ("Hani", "Kana"),
        "Kore": ("Hang", "Hani"),
        "Aran": ("Arab",),
    }
)
#: Scripts in which joiners change how a word looks (Unicode Standard, 23.2).
_JOINING = frozenset(
    {
        *("Arab", "Aran", "Syrc", "Rohg", "Adlm", "Khmr", "Mymr", "Sinh", "Deva", "Beng"),
        *("Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym"),
    }
)
#: Scripts in which a space without width tells where a line may break.
_BREAKING = frozenset({"Khmr", "Laoo", "Mymr", "Thai"})
_CONTROLS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u034f\u115f\u1160\u180e\u2028-\u202e\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffc\ue000-\uf8ff\U000e0000-\U0010ffff"
)
_ISOLATES = re.compile("[\u2066-\u2069\n]")
#: Letters that look like those of a language, and are its neighbour's.
_NEIGHBOURS: Mapping[str, str] = MappingProxyType(
    {
        "ar": "\u06cc\u06a9\u06c1\u06be\u06d2\u06ba\u0679\u0688\u0691",
        "ur": "\u064a\u0649\u0643\u0647",
        "fa": "\u064a\u0649\u0643",
        "prs": "\u064a\u0649\u0643",
    }
)
#: Symbols of units, which every script writes in Latin or Greek letters.
_SYMBOLS = frozenset(
    (
        "mcg",
        "μg",
        "µg",
        "μ",
        "mg",
        "g",
        "kg",
        "ml",
        "dl",
        "l",
        "mmol",
        "iu",
        "mm",
        "cm",
        "m",
        "c",
        "f",
    )
)
STOP = "a full stop"
_ENDS = (
    ("a question mark", "?؟？\u037e"),
    ("an exclamation mark", "!！"),
    ("a colon", ":："),
    (STOP, ".。．۔।።։။។"),
)
_CLOSERS = "*_ \u00a0\u200e\u200f\u061c\u2069»”’\"')]）」』“"
#: Scripts that end a sentence with a space.
_WITHOUT_STOPS = frozenset({"Thai", "Laoo"})


def controls(text: str, script: str) -> Iterator[tuple[int, str]]:
    """Yield the place and name of each invisible sign that a text must not hold."""
    for match in _forbidden(script).finditer(text):
        yield match.start(), f"U+{ord(match.group()):04X}"
    opened: list[int] = []
    for match in _ISOLATES.finditer(text):
        sign = match.group()
        if sign in "\u2066\u2067\u2068":
            opened.append(match.start())
        elif sign == "\u2069" and opened:
            opened.pop()
        elif sign == "\u2069":
            yield match.start(), "U+2069 that closes nothing"
        else:
            yield from ((at, f"U+{ord(text[at]):04X} that nothing closes") for at in opened)
            opened = []
    yield from ((at, f"U+{ord(text[at]):04X} that nothing closes") for at in opened)


def foreign_words(text: str, script: str) -> Iterator[tuple[int, str]]:
    """Yield the place of each run of letters of another script, but for symbols of units.

    Chinese writes single letters among its own, as in 维A酸 and B超.
    """
    single = script in {"Hans", "Hant", "Jpan", "Kore"}
    for match in _foreign(script).finditer(text):
        word = match.group()
        if word.lower() not in _SYMBOLS and not (single and len(word) == 1 and "A" <= word <= "Z"):
            yield match.start(), word


def foreign_letters(text: str, tag: str) -> Iterator[tuple[int, str]]:
    """Yield letters that are another language's, in the same script."""
    neighbours = _NEIGHBOURS.get(tag.split("-", maxsplit=1)[0], "")
    if any(letter in text for letter in neighbours):
        yield from ((at, letter) for at, letter in enumerate(text) if letter in neighbours)


def end(text: str, script: str) -> str:
    """Name the sign that ends a text; empty for none, and for a stop that its script lacks."""
    last = text.rstrip(_CLOSERS)[-1:]
    for name, signs in _ENDS:
        if last and last in signs and not (name == STOP and script in _WITHOUT_STOPS):
            return name
    return ""


@functools.cache
def _forbidden(script: str) -> re.Pattern[str]:
    more = "" if script in _JOINING else "\u200c\u200d"
    return re.compile(f"[{_CONTROLS}{more}{'' if script in _BREAKING else chr(0x200B)}]")


@functools.cache
def _foreign(script: str) -> re.Pattern[str]:
    own = "".join(_SCRIPTS.get(name, "") for name in _WRITINGS.get(script, (script,)))
    if not own:
        return re.compile(r"(?!)")
    return re.compile(rf"(?:(?![{own}])[^\W\d_])+")
