"""What translators tell the checks: the words of every language, and the glossary of one."""

from collections.abc import Mapping
from types import MappingProxyType

from handbill.diagnostics import Fault
from handbill.model import Term, Words
from handbill.numbers import UNITS
from handbill.tables import Key, read


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


def _filled(words: list[str]) -> tuple[str, ...]:
    """Return words; one that is empty, or only a star, would be found in every text."""
    return tuple(word for word in words if word.strip().strip("*"))
