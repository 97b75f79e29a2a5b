"""What people tell of words: every language's, a glossary, plain ones, and what is looked for."""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from handbill.diagnostics import Fault
from handbill.model import Plain, Sought, Term, Words
from handbill.numbers import UNITS
from handbill.tables import Key, read


#: The rule that a mistake in `plain.toml` breaks.
PLAIN = "plain-file"
_HALVES = ("am", "pm")
_LIST = Key(holds=list, of=str, required=False, example='["mg", "miligramo*"]')
_WORDS: Mapping[str, Key] = MappingProxyType(
    {
        "not": Key(holds=list, of=str, required=False, example='["no", "nunca", "evit*"]'),
        "but": Key(holds=list, of=str, required=False, example='["非常"]'),
        **dict.fromkeys(_HALVES, Key(holds=list, of=str, required=False, example='["a. m."]')),
        "repeats": Key(holds=bool, required=False, example="true"),
        "large": Key(
            holds=dict,
            required=False,
            keys={"*": Key(holds=int, required=False, example="1000")},
        ),
        "units": Key(holds=dict, required=False, keys=dict.fromkeys(UNITS, _LIST)),
    }
)
_TERM: Mapping[str, Key] = MappingProxyType(
    {
        "source": Key(holds=list, of=str, filled=True, example='["milium", "milia"]'),
        "translations": Key(holds=list, of=str, filled=True, example='["milium", "milia"]'),
        "forbidden": Key(holds=list, of=str, required=False, example='["acné"]'),
        "note": Key(holds=str, required=False, example='"masculine"'),
    }
)

_LIMITS = ("longest-sentence", "longest-paragraph", "longest-list", "long-words", "passive")
_SWAPS = ("jargon", "latin")
_LISTS = (
    "known",
    "strangers",
    "reader",
    "actions",
    "prohibitions",
    "promotion",
    "pseudoscience",
    "professionals",
    "harms",
    "redness",
    "skin-tones",
)
_PLAIN: Mapping[str, Key] = MappingProxyType(
    {
        **dict.fromkeys(_LIMITS, Key(holds=int, required=False, example="20")),
        **dict.fromkeys(_LISTS, Key(holds=list, of=str, required=False, example='["toxins"]')),
        **dict.fromkeys(
            _SWAPS,
            Key(
                holds=dict,
                required=False,
                keys={"*": Key(holds=str, required=False, example='"use"')},
                example='{ "utilise*" = "use" }',
            ),
        ),
        "unsafe": Key(
            holds=dict,
            required=False,
            keys={"*": Key(holds=list, of=str, required=False, example='["tube"]')},
            example='{ "squeez*" = ["tube"] }',
        ),
    }
)


@functools.lru_cache(maxsize=2)
def load(text: str, path: str) -> tuple[dict[str, Words], list[Fault]]:
    """Read `words.toml`; a list with a mistake in it is left out."""
    tags = Key(holds=dict, required=False, keys=_WORDS)
    table = read(text, {"*": tags}, kind="words-file", path=path)
    found = {
        tag: Words(
            units=tuple((unit, _filled(names)) for unit, names in values.get("units", {}).items()),
            denials=_filled(values.get("not", [])),
            harmless=_filled(values.get("but", [])),
            halves=tuple((half, _filled(values[half])) for half in _HALVES if half in values),
            large=tuple(values.get("large", {}).items()),
            repeats=values.get("repeats", False),
        )
        for tag, values in table.values.items()
    }
    return found, list(table.faults)


@functools.lru_cache(maxsize=2)
def plain(text: str, path: str) -> tuple[dict[str, Plain], list[Fault]]:
    """Read `plain.toml`; a list with a mistake in it is left out."""
    table = read(text, {"*": Key(holds=dict, required=False, keys=_PLAIN)}, kind=PLAIN, path=path)
    faults = list(table.faults)
    found: dict[str, Plain] = {}
    for tag, values in table.values.items():
        faults += [
            Fault(
                kind=PLAIN,
                location=table.where(tag, name),
                message=f"{name!r} is not a number from 1",
                hint="leave the key out where nothing is to be claimed",
            )
            for name in _LIMITS
            if values.get(name, 1) < 1
        ]
        given: dict[str, Any] = {name: max(0, values.get(name, 0)) for name in _LIMITS}
        given |= {name: _filled(values.get(name, [])) for name in _LISTS}
        for name in _SWAPS:
            swaps = values.get(name, {}).items()
            given[name] = tuple((word, better) for word, better in swaps if _filled([word]))
        unsafe = values.get("unsafe", {}).items()
        given["unsafe"] = tuple((word, _filled(near)) for word, near in unsafe if _filled([word]))
        found[tag] = Plain(**{name.replace("-", "_"): value for name, value in given.items()})
    return found, faults


def glossary(text: str, path: str) -> tuple[tuple[Term, ...], list[Fault]]:
    """Read a language's glossary; a term with a mistake in it is left out."""
    schema = {"term": Key(holds=list, of=dict, keys=_TERM, required=False, example="[[term]]")}
    table = read(text, schema, kind="words-file", path=path)
    found = [
        Term(
            source=_filled(item["source"]),
            translations=_filled(item["translations"]),
            forbidden=_filled(item.get("forbidden", [])),
            note=item.get("note", ""),
            location=table.where("term", number),
        )
        for number, item in enumerate(table.values.get("term", ()))
        if {"source", "translations"} <= set(item)
    ]
    return tuple(found), list(table.faults)


def sought(text: str, path: str) -> tuple[tuple[Sought, ...], list[Fault]]:
    """Read a language's `search.toml`; a leaflet with a mistake in its words is left out."""
    words = Key(holds=list, of=str, filled=True, example='["milk spots", "white bumps"]')
    schema = {"*": Key(holds=dict, required=False, keys={"words": words}, example="[milia]")}
    table = read(text, schema, kind="search-file", path=path)
    found = [
        Sought(leaflet=name, words=tuple(item["words"]), location=table.where(name, "words"))
        for name, item in table.values.items()
        if "words" in item
    ]
    return tuple(found), list(table.faults)


def _filled(words: list[str]) -> tuple[str, ...]:
    """Return words; one that is empty, or only a star, would be found in every text."""
    return tuple(word for word in words if word.strip().strip("*"))
