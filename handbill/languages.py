"""The table of languages: what Babel gets wrong, or does not know, is written down there."""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from handbill.diagnostics import Fault
from handbill.model import Language
from handbill.tables import Key, read


#: Scripts written from right to left (ISO 15924). Babel forgets the script of `ku-Arab`.
RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"})

#: Scripts that set no spaces between words: there, a letter is what a word is elsewhere.
UNSPACED = frozenset({"Hans", "Hant", "Jpan", "Khmr", "Laoo", "Mymr", "Thai"})

#: The digit nought of each numbering system (CLDR's names).
ZEROS: Mapping[str, str] = MappingProxyType(
    {
        "latn": "0",
        "arab": "\u0660",
        "arabext": "\u06f0",
        "beng": "\u09e6",
        "deva": "\u0966",
        "guru": "\u0a66",
        "khmr": "\u17e0",
        "laoo": "\u0ed0",
        "mymr": "\u1040",
        "taml": "\u0be6",
        "thai": "\u0e50",
    }
)

#: The counter style of CSS for each numbering system (CSS Counter Styles 3, 6.1).
COUNTERS: Mapping[str, str] = MappingProxyType(
    {
        "latn": "decimal",
        "arab": "arabic-indic",
        "arabext": "persian",
        "beng": "bengali",
        "deva": "devanagari",
        "guru": "gurmukhi",
        "khmr": "khmer",
        "laoo": "lao",
        "mymr": "myanmar",
        "taml": "tamil",
        "thai": "thai",
    }
)

#: What a language may be called: the shape of a BCP 47 tag.
TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*")
_DIGIT = re.compile(r"\d")
_QUOTES = ("“", "”")

_LANGUAGE: Mapping[str, Key] = MappingProxyType(
    {
        "autonym": Key(holds=str, example='"Español"'),
        "english": Key(holds=str, example='"Spanish"'),
        "script": Key(holds=str, pattern=r"[A-Z][a-z]{3}", example='"Latn"'),
        "direction": Key(holds=str, required=False, choices=("ltr", "rtl")),
        "cldr": Key(holds=str, pattern=r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", example='"es-MX"'),
        "plural": Key(
            holds=str,
            pattern=r"nplurals=\d; plural=[n0-9()<>=!&|?:%* ]+;",
            example='"nplurals=2; plural=(n != 1);"',
        ),
        "fonts": Key(holds=list, of=str, filled=True, example='["Noto Sans"]'),
        "line-height": Key(holds=float, example="1.4"),
        "quotes": Key(holds=list, of=str, required=False, example='["“", "”"]'),
        "digits": Key(holds=str, required=False, choices=tuple(ZEROS)),
        "hyphenation": Key(holds=bool, required=False, example="false"),
        "vague-links": Key(holds=list, of=str, required=False, example='["here", "more"]'),
    }
)


@functools.lru_cache(maxsize=2)
def load(text: str, path: str) -> tuple[dict[str, Language], list[Fault]]:
    """Read `languages.toml`; a language with a mistake in it is left out."""
    tags = Key(holds=dict, required=False, keys=_LANGUAGE)
    table = read(text, {"*": tags}, kind="languages-file", path=path)
    required = {name for name, key in _LANGUAGE.items() if key.required}
    found: dict[str, Language] = {}
    faults = list(table.faults)
    for tag, values in table.values.items():
        if not TAG.fullmatch(tag):
            message = f"not a BCP 47 tag: {tag!r}"
            faults.append(
                Fault(
                    kind="languages-file",
                    location=table.where(tag),
                    message=message,
                    hint="for example es, zh-Hans, pt-BR",
                )
            )
            continue
        if required - set(values):
            continue
        script = values["script"]
        default = "rtl" if script in RIGHT_TO_LEFT else "ltr"
        found[tag] = Language(
            tag=tag,
            autonym=values["autonym"],
            english=values["english"],
            script=script,
            direction=values.get("direction", default),
            cldr=values["cldr"],
            plural=values["plural"],
            fonts=tuple(values["fonts"]),
            line_height=float(values["line-height"]),
            quotes=tuple(values.get("quotes", _QUOTES)),
            digits=values.get("digits", "latn"),
            hyphenation=values.get("hyphenation", False),
            vague_links=tuple(words.casefold() for words in values.get("vague-links", ())),
            locations={name: table.where(tag, name) for name in _LANGUAGE},
        )
    return found, faults


def write_digits(text: str, language: Language) -> str:
    """Write a text's Western digits as a language writes numbers in running text."""
    zero = ord(ZEROS[language.digits])
    return text.translate({ord("0") + n: zero + n for n in range(10)})


def foreign_digits(text: str, language: Language) -> list[str]:
    """Find the digits of a text that are not those of its language, once each."""
    if not _DIGIT.search(text):
        return []
    zero = ord(ZEROS[language.digits])
    return [
        letter
        for letter in dict.fromkeys(text)
        if letter.isdecimal() and not zero <= ord(letter) <= zero + 9
    ]
