"""What standards ask of a leaflet, and what persons have recorded of it: two kinds of TOML files.

`content/standards.toml` belongs to the editors: they choose the standards that they go by, and mend
the wording. It names our rules, so that an editor sees which finding speaks against what; a name
that is none is a finding itself.
"""

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from handbill.diagnostics import Fault, Location, Scope
from handbill.model import Criterion, Record, Standard
from handbill.store import REPORTS
from handbill.tables import Key, nearest, read


STANDARDS = "content/standards.toml"
SAYS = ("agree", "disagree", "not applicable")
KINDS = ("auto", "assist", "record")
#: What authors want of a leaflet; see the table `[purpose]` of its front matter.
PURPOSE = ("need", "objective", "main_message", "reader_skills")
#: What of the front matter a criterion may ask for.
FIELDS = ("audience", *PURPOSE)
#: The code of a text as it is printed, with the version before it or without.
_CODE = r"([\w.]+-)?[0-9a-f]{8,64}"

_STANDARD: Mapping[str, Key] = MappingProxyType(
    {
        "id": Key(holds=str, example='"PEMAT-P"'),
        "title": Key(holds=str, example='"Patient Education Materials Assessment Tool"'),
        "url": Key(
            holds=str, required=False, pattern=r"https?://\S+", example='"https://example.org"'
        ),
        "scored": Key(holds=bool, required=False, example="true"),
    }
)
_CRITERION: Mapping[str, Key] = MappingProxyType(
    {
        "id": Key(holds=str, example='"PEMAT-P 8"'),
        "standard": Key(holds=str, example='"PEMAT-P"'),
        "asks": Key(holds=str, example='"The text stands in short sections."'),
        "kind": Key(holds=str, choices=KINDS, example='"assist"'),
        "rules": Key(holds=list, of=str, required=False, filled=True, example='["vague-link"]'),
        "field": Key(holds=str, required=False, choices=FIELDS, example='"audience"'),
        "signed": Key(holds=str, required=False, choices=("source", "translations")),
        "publisher": Key(holds=bool, required=False, example="true"),
        "figures": Key(holds=bool, required=False, example="true"),
    }
)
_RECORD: Mapping[str, Key] = MappingProxyType(
    {
        "criterion": Key(holds=str, example='"PEMAT-P 15"'),
        "says": Key(holds=str, choices=SAYS, example='"agree"'),
        "by": Key(holds=str, example='"A. Name"'),
        "role": Key(holds=str, example='"editor"'),
        "on": Key(holds=dt.date, example="2026-11-24"),
        "text": Key(holds=str, pattern=_CODE, example='"3f9a2c1d"'),
        "language": Key(holds=str, required=False, example='"es"'),
        "note": Key(holds=str, required=False, example='"the table is too long"'),
        "readers": Key(holds=int, required=False, example="8"),
        "changed": Key(holds=str, required=False, example='"the steps are numbered now"'),
    }
)
_OF_THE_PUBLISHER = MappingProxyType(
    {name: _RECORD[name] for name in ("criterion", "says", "by", "role", "on", "note")}
)


def record_path(leaflet: str) -> str:
    """Return where records of a leaflet are kept; of those who publish, if it has no name."""
    return f"content/leaflets/{leaflet}/record.toml" if leaflet else "content/record.toml"


def scope(leaflet: str | None) -> Scope:
    """Return what a mistake in these files concerns: a report, and no edition of any clinic."""
    return Scope(leaflet=leaflet, clinic=REPORTS)


@functools.lru_cache(maxsize=2)
def criteria(text: str) -> tuple[dict[str, Standard], tuple[Criterion, ...], list[Fault]]:
    """Read the standards and what they ask; an entry with a mistake in it is left out."""
    schema = {
        "standard": Key(holds=list, of=dict, keys=_STANDARD, example="[[standard]]"),
        "criterion": Key(holds=list, of=dict, keys=_CRITERION, example="[[criterion]]"),
    }
    table = read(text, schema, kind="standards-file", path=STANDARDS)
    faults = list(table.faults)

    def fault(place: Location, message: str, hint: str) -> None:
        faults.append(Fault(kind="standards-file", location=place, message=message, hint=hint))

    standards: dict[str, Standard] = {}
    for number, item in enumerate(table.values.get("standard", ())):
        if item.get("id") in standards:
            place = table.where("standard", number, "id")
            fault(place, f"two standards are called {item['id']!r}", "give each its own id")
        elif {"id", "title"} <= set(item):
            standards[item["id"]] = Standard(**item)
    found: dict[str, Criterion] = {}
    for number, item in enumerate(table.values.get("criterion", ())):
        if not {"id", "standard", "asks", "kind"} <= set(item):
            continue
        if item["id"] in found:
            place = table.where("criterion", number, "id")
            fault(place, f"two criteria are called {item['id']!r}", "give each its own id")
        elif item["standard"] not in standards:
            place = table.where("criterion", number, "standard")
            hint = nearest(item["standard"], standards) or "add it as a [[standard]]"
            fault(place, f"no standard is called {item['standard']!r}", hint)
        elif item["kind"] == "auto" and not {"rules", "field"} & set(item):
            place = table.where("criterion", number, "kind")
            fault(
                place, "nothing decides it: it has no rules", 'name some, or write kind = "record"'
            )
        else:
            values = {**item, "rules": tuple(item.get("rules", ()))}
            place = table.where("criterion", number, "id")
            found[item["id"]] = Criterion(**values, location=place)
    return standards, tuple(found.values()), [replace(item, scope=scope(None)) for item in faults]


def records(text: str, path: str, leaflet: str) -> tuple[tuple[Record, ...], list[Fault]]:
    """Read what persons have recorded; an entry with a mistake in it is left out.

    Args:
        text: the file.
        path: its name.
        leaflet: whose it is; empty for those who publish.
    """
    keys = _RECORD if leaflet else _OF_THE_PUBLISHER
    schema = {"record": Key(holds=list, of=dict, keys=keys, example="[[record]]")}
    table = read(text, schema, kind="record-file", path=path)
    faults = list(table.faults)
    wanted = {name for name, key in keys.items() if key.required}
    found: dict[tuple[str, str, str], Record] = {}
    for number, item in enumerate(table.values.get("record", ())):
        if not wanted <= set(item):
            continue
        record = Record(**item, location=table.where("record", number))
        key = record.criterion, record.by, record.language
        if key in found:
            message = f"two records of {record.criterion} by {record.by}"
            hint = "keep the one that holds; the history remembers the other"
            faults.append(
                Fault(kind="record-file", location=record.location, message=message, hint=hint)
            )
        found.setdefault(key, record)
    return tuple(found.values()), [replace(item, scope=scope(leaflet or None)) for item in faults]
