"""What editors ask of every leaflet: its sections, its statements, what may not both stand."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from handbill.diagnostics import Fault
from handbill.model import Contradiction, Editorial, Kind, Saying, Statement
from handbill.tables import Key, Path, Table, nearest, read


#: Where something is wrong, what, and how to mend it.
Problem = tuple[Path, str, str]

_WORDS = Key(holds=list, of=list, filled=True, example='[["do not use"], ["pregnan*"]]')
_LIST = Key(holds=list, of=str, required=False, example='["unless"]')
_ID = Key(holds=str, pattern=r"[a-z0-9]+(-[a-z0-9]+)*", example='"emollient-fire"')
_SAYING: Mapping[str, Key] = MappingProxyType(
    {
        "words": _WORDS,
        "without": _LIST,
        "denied": Key(holds=bool, required=False, example="true"),
    }
)
_SIDE = Key(holds=dict, keys=_SAYING, example='{ words = [["squeez*"]], denied = true }')
_EDITORIAL: Mapping[str, Key] = MappingProxyType(
    {
        "review-years": Key(holds=int, required=False, example="3"),
        "review-days": Key(holds=int, required=False, example="90"),
        "source-years": Key(holds=int, required=False, example="3"),
        "uncited": Key(holds=list, of=str, required=False, example='["help"]'),
        "sections": Key(
            holds=dict,
            required=False,
            keys={"*": Key(holds=list, of=str, filled=True, example='["what is", "what are"]')},
        ),
        "kinds": Key(
            holds=dict,
            required=False,
            keys={
                "*": Key(
                    holds=dict,
                    required=False,
                    keys={
                        "first": Key(holds=str, required=False, example='"main-points"'),
                        "boxes": Key(
                            holds=list, of=list, required=False, example='[["do"], ["dont"]]'
                        ),
                        "sections": Key(
                            holds=list, of=str, required=False, example='["what", "help"]'
                        ),
                    },
                )
            },
        ),
        "statements": Key(
            holds=list,
            of=dict,
            required=False,
            keys={
                "id": _ID,
                "when": Key(holds=list, of=str, filled=True, example='["retinoid*"]'),
                "box": Key(holds=str, example='"warning"'),
                "words": _WORDS,
                "without": _LIST,
                "example": Key(holds=str, example='"Do not use it if you are pregnant."'),
                "source": Key(holds=str, example='"MHRA, 2018"'),
            },
        ),
        "contradictions": Key(
            holds=list,
            of=dict,
            required=False,
            keys={
                "id": _ID,
                "first": _SIDE,
                "second": _SIDE,
                "why": Key(holds=str, example='"it is safe or it is not"'),
            },
        ),
    }
)


@functools.lru_cache(maxsize=2)
def load(text: str, path: str) -> tuple[Editorial, list[Fault]]:
    """Read `editorial.toml`; what has a mistake in it is left out, and is a fault."""
    table = read(text, _EDITORIAL, kind="editorial-file", path=path)
    values = table.values
    faults = [*table.faults, *_faults(table)]
    defaults = Editorial()
    found = Editorial(
        review_years=values.get("review-years", defaults.review_years),
        review_days=values.get("review-days", defaults.review_days),
        source_years=values.get("source-years", defaults.source_years),
        uncited=tuple(values.get("uncited", ())),
        sections={name: _filled(words) for name, words in values.get("sections", {}).items()},
        kinds={
            name: Kind(
                first=item.get("first", ""),
                boxes=tuple(_filled(names) for names in item.get("boxes", ())),
                sections=tuple(item.get("sections", ())),
            )
            for name, item in values.get("kinds", {}).items()
        },
        statements=tuple(
            Statement(
                id=item["id"],
                when=_filled(item["when"]),
                box=item["box"],
                saying=_saying(item),
                example=item["example"],
                source=item["source"],
                location=table.where("statements", number),
            )
            for number, item in enumerate(values.get("statements", ()))
            if {"id", "when", "box", "words", "example", "source"} <= set(item)
        ),
        contradictions=tuple(
            Contradiction(
                id=item["id"],
                first=_saying(item["first"]),
                second=_saying(item["second"]),
                why=item["why"],
            )
            for item in values.get("contradictions", ())
            if {"id", "first", "second", "why"} <= set(item)
            and "words" in item["first"]
            and "words" in item["second"]
        ),
    )
    return found, faults


def _saying(item: Mapping[str, Any]) -> Saying:
    return Saying(
        words=tuple(_filled(words) for words in item["words"]),
        without=_filled(item.get("without", ())),
        denied=item.get("denied"),
    )


def _filled(words: Iterable[Any]) -> tuple[str, ...]:
    """Return words; what is none finds nothing, so that no statement is met by it."""
    return tuple(word for word in words if _is_word(word))


def _is_word(word: object) -> bool:
    return isinstance(word, str) and bool(word.strip().strip("*"))


def _faults(table: Table) -> Iterator[Fault]:
    """Find what the schema cannot see."""
    for found in (_empty, _unnamed, _doubled):
        for at, message, hint in found(table.values):
            place = table.where(*at)
            yield Fault(kind="editorial-file", location=place, message=message, hint=hint)


def _empty(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find times of nothing, and words that say nothing."""
    for name in ("review-years", "review-days", "source-years"):
        if values.get(name, 1) < 1:
            yield (name,), f"{name!r} is less than 1", f"for example {name} = 3"
    for at, words in _lists(values):
        wrong = [word for word in words if not _is_word(word)]
        if not words or wrong:
            message = f"not a word: {wrong[0]!r}" if wrong else "a list without words"
            yield at, message, 'each list holds words in quotes: ["do not use", "pregnan*"]'


def _unnamed(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find sections that nobody has described."""
    sections = values.get("sections", {})
    used: list[tuple[Path, str]] = [(("uncited",), name) for name in values.get("uncited", ())]
    for kind, item in values.get("kinds", {}).items():
        used += [(("kinds", kind, "sections"), name) for name in item.get("sections", ())]
    for at, name in used:
        if name not in sections:
            hint = nearest(name, sections) or f'add {name} = ["…"] under [sections]'
            yield at, f"no section is called {name!r}", hint


def _doubled(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find statements, or contradictions, with one name."""
    for part in ("statements", "contradictions"):
        names = [item.get("id") for item in values.get(part, ())]
        for number, name in enumerate(names):
            if name is not None and name in names[:number]:
                yield (part, number, "id"), f"two {part} are called {name!r}", "give each its own"


def _lists(values: Mapping[str, Any]) -> Iterator[tuple[Path, list[Any]]]:
    """Yield every list of words or of boxes, and where it stands."""
    for name, words in values.get("sections", {}).items():
        yield ("sections", name), words
    for name, item in values.get("kinds", {}).items():
        for boxes in item.get("boxes", ()):
            yield ("kinds", name, "boxes"), boxes
    for number, item in enumerate(values.get("statements", ())):
        at = ("statements", number)
        if "when" in item:
            yield (*at, "when"), item["when"]
        yield from _said(item, at)
    for number, item in enumerate(values.get("contradictions", ())):
        for side in ("first", "second"):
            yield from _said(item.get(side, {}), ("contradictions", number, side))


def _said(item: Mapping[str, Any], at: Path) -> Iterator[tuple[Path, list[Any]]]:
    for words in item.get("words", ()):
        yield (*at, "words"), words
    if item.get("without"):
        yield (*at, "without"), item["without"]
