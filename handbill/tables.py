"""TOML tables against a schema: every mistake is a fault with its line, its column and a hint."""

import datetime as dt
import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handbill.diagnostics import Fault, Location


_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_HEADER = re.compile(r"^\s*\[(\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]+"|'[^']+'|[\w-]+)\s*=""")

_TYPE_NAMES: Mapping[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dt.date: "a date such as 2026-11-24, without quotes",
    dt.time: "a time of day such as 08:30:00, without quotes",
    list: "a list in brackets",
    dict: "a table",
}

#: Where a key stands in a document: names of tables and keys, and numbers of list items.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one key of a table may hold.

    Attributes:
        holds: `str`, `int`, `float`, `bool`, `datetime.date`, `datetime.time`, `list` or `dict`.
        of: for a list, the type of its items.
        keys: for a table, or a list of tables, the keys of each; none means any key with a text.
        filled: whether a list must hold something.
        choices: the only texts allowed.
        members: for a list, the only texts allowed in it.
        pattern: what a text must match, whole.
        example: a right value, for the hint.
    """

    holds: type
    required: bool = True
    of: type = str
    keys: "Mapping[str, Key]" = field(default_factory=dict)
    filled: bool = False
    choices: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A TOML document as read: its values, and where each key stands."""

    values: Mapping[str, Any]
    faults: tuple[Fault, ...]
    locations: Mapping[Path, Location]

    def where(self, *path: str | int) -> Location:
        """Return the place of a key, or of the nearest table around it."""
        while path and path not in self.locations:
            path = path[:-1]
        return self.locations[path]


def read(
    text: str,
    schema: Mapping[str, Key],
    *,
    kind: str,
    path: str,
    first_line: int = 1,
    below: Path = (),
) -> Table:
    """Read a TOML document; values that break the schema are faults and are left out.

    Args:
        text: the document.
        schema: the keys it may hold; a key `*` stands for any name.
        kind: the rule that a mistake in it breaks.
        path: the file's name.
        first_line: the line of the file on which `text` begins.
        below: the table of the document that is meant; the rest is somebody else's.
    """
    locations = {
        key: Location(path=path, line=line + first_line - 1, column=column)
        for key, line, column in _locate(text)
    }
    locations[()] = Location(path=path, line=first_line)
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = str(error)
        found = _POSITION.search(message)
        line, column = (int(group or 0) for group in found.groups()) if found else (1, 1)
        if not line:
            line, column = text.count("\n") + 1, 1
        place = Location(path=path, line=line + first_line - 1, column=column)
        reason = _POSITION.sub("", message)
        fault = Fault(
            kind=kind,
            location=place,
            message=f"not TOML: {reason[:1].lower()}{reason[1:]}",
            hint="texts stand in straight double quotes, dates and numbers in none",
        )
        return Table(values={}, faults=(fault,), locations=locations)
    for name in below:
        values = values.get(str(name), {})
    table = Table(values=values, faults=(), locations=locations)
    checker = _Checker(table, kind)
    kept = checker.check(values, schema, below)
    return Table(
        values=kept,
        faults=tuple(checker.faults),
        locations=_below(locations, below),
    )


def _below(locations: Mapping[Path, Location], table: Path) -> dict[Path, Location]:
    """Name the places inside a table as if it were the whole document."""
    depth = len(table)
    inside = {key[depth:]: place for key, place in locations.items() if key[:depth] == table}
    return {(): locations[()], **inside}


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the name that was meant, as a hint; empty when none is near."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def _locate(text: str) -> Iterator[tuple[Path, int, int]]:
    """Yield where each key and table header stands; strings over several lines are no concern."""
    prefix: Path = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            name = header.group(2)
            prefix = tuple(part.strip().strip("\"'") for part in name.split("."))
            if header.group(1):
                counts[name] = counts.get(name, -1) + 1
                prefix = (*prefix, counts[name])
            yield prefix, number, line.index("[") + 1
        elif key := _KEY.match(line):
            yield (*prefix, key.group(1).strip("\"'")), number, key.start(1) + 1


class _Checker:
    """Walks a document beside its schema, and collects what does not fit."""

    def __init__(self, table: Table, kind: str) -> None:
        self.table, self.kind = table, kind
        self.faults: list[Fault] = []

    def check(self, values: Mapping[str, Any], schema: Mapping[str, Key], at: Path) -> Any:
        """Return the values that fit."""
        kept: dict[str, Any] = {}
        for name, value in values.items():
            key = schema.get(name) or schema.get("*")
            here = (*at, name)
            if key is None:
                hint = nearest(name, schema) or f"the keys are {', '.join(schema)}"
                self.fault(here, f"unknown key {name!r}", hint)
            elif problem := _problem(name, value, key):
                self.fault(here, *problem)
            else:
                kept[name] = self.below(value, key, here)
        for name, key in schema.items():
            if key.required and name not in values and name != "*":
                example = key.example or _TYPE_NAMES[key.holds]
                self.fault(at, f"missing key {name!r}", f"add {_assignment(name, example)}")
        return kept

    def below(self, value: Any, key: Key, here: Path) -> Any:
        """Check the tables inside a value."""
        if key.holds is dict and key.keys:
            return self.check(value, key.keys, here)
        if key.holds is list and key.of is dict:
            return [
                self.check(item, key.keys, (*here, number)) for number, item in enumerate(value)
            ]
        return value

    def fault(self, at: Path, message: str, hint: str) -> None:
        """Note a mistake, with its place."""
        place = self.table.where(*at)
        self.faults.append(Fault(kind=self.kind, location=place, message=message, hint=hint))


def _problem(name: str, value: object, key: Key) -> tuple[str, str] | None:
    """Return what is wrong with a value and how to mend it."""
    if not _is(value, key.holds):
        example = f"write {_assignment(name, key.example)}" if key.example else ""
        return f"{name!r} is not {_TYPE_NAMES[key.holds]}", example
    if isinstance(value, str):
        return _text_problem(name, value, key)
    if isinstance(value, list):
        return _list_problem(name, value, key)
    if isinstance(value, dict) and not key.keys:
        for inner, item in value.items():
            if not isinstance(item, str):
                return f"{name}.{inner} is not {_TYPE_NAMES[str]}", ""
    return None


def _list_problem(name: str, value: list[Any], key: Key) -> tuple[str, str] | None:
    if key.filled and not value:
        return f"{name!r} is empty", f"for example {name} = {key.example}"
    for item in value:
        if not _is(item, key.of):
            return f"{name!r} holds something other than {_TYPE_NAMES[key.of]}", ""
        if key.members and item not in key.members:
            hint = nearest(item, key.members) or f"any of {', '.join(key.members)}"
            return f"{name!r} cannot hold {item!r}", hint
    return None


def _assignment(name: str, value: str) -> str:
    """Write a key as it stands in a file; the header of a table stands for itself."""
    return value if value.startswith("[[") else f"{name} = {value}"


def _text_problem(name: str, value: str, key: Key) -> tuple[str, str] | None:
    if key.required and not value.strip():
        return f"{name!r} is empty", f"for example {key.example}" if key.example else ""
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in value):
        return f"{name!r} holds a control character", "type the text anew"
    if key.choices and value not in key.choices:
        hint = nearest(value, key.choices) or f"one of {', '.join(key.choices)}"
        return f"{name!r} cannot be {value!r}", hint
    if key.pattern and not re.fullmatch(key.pattern, value):
        return f"{name!r} cannot be {value!r}", f"for example {key.example}"
    return None


def _is(value: object, wanted: type) -> bool:
    if wanted is dt.date:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    if wanted in {int, float}:
        allowed = (int, float) if wanted is float else (int,)
        return isinstance(value, allowed) and not isinstance(value, bool)
    return isinstance(value, wanted)
