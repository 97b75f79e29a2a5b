"""How far the translations are, as a table for a terminal, for machines, and as a picture.

The picture is one web page with nothing beside it. Every colour is also a sign and words, so it
can be read aloud, printed in black, and seen by anyone.
"""

import json
from collections.abc import Sequence
from html import escape

from handbill.catalog import INTERFACES
from handbill.desk import Standing
from handbill.model import Project


_COLUMNS = (
    "leaflet",
    "language",
    "translated",
    "stale",
    "missing",
    "fuzzy",
    "errors",
    "signed",
    "since",
)
#: What a state of the picture is called, and its sign.
_LEGEND = {
    "done": ("✔", "signed"),
    "open": ("○", "translated, not signed"),
    "debt": ("▲", "something is missing, stale or fuzzy"),
    "stop": ("✖", "errors"),
}
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #767676;
  --done: #d5efda; --open: #dce9f9; --debt: #fdeabf; --stop: #fbd9d5; --focus: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --ink: #f1f1f1; --paper: #161616; --line: #8c8c8c;
  --done: #14401f; --open: #1c3557; --debt: #4d3a05; --stop: #5c1d17; --focus: #a8c7fa; } }
body { margin: 1.5rem; background: var(--paper); color: var(--ink); line-height: 1.5;
  font: 1rem/1.5 system-ui, sans-serif; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
table { border-collapse: collapse; }
caption { text-align: start; padding-block-end: .5rem; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: start;
  vertical-align: top; }
td { min-width: 8rem; }
.done { background: var(--done); } .open { background: var(--open); }
.debt { background: var(--debt); } .stop { background: var(--stop); }
ul { padding-inline-start: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .5rem; }
li { border: 1px solid var(--line); padding: .2rem .6rem; }
small { display: block; font-size: .875rem; }
@media print { .scroll { overflow: visible; } }
"""


def write(standings: Sequence[Standing], project: Project, form: str) -> str:
    """Render standings, in their order, as `table`, `json`, `markdown` or `html`."""
    if form == "json":
        values = [_json(item) for item in standings]
        return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    if form == "html":
        return _html(standings, project)
    rows = [_row(item) for item in standings]
    if form == "markdown":
        signed = [f"- {item.domain}, {item.language}: {said}" for item, said in _signed(standings)]
        return _markdown(rows) + "".join(f"\n{line}" for line in signed) + "\n" * bool(signed)
    signed = [f"{item.domain} {item.language} {said}" for item, said in _signed(standings)]
    return _table(rows) + "".join(f"\n{line}" for line in signed) + "\n" * bool(signed)


def _signed(standings: Sequence[Standing]) -> list[tuple[Standing, str]]:
    """Return who has signed what; where nobody has, the table says enough."""
    return [
        (item, said)
        for item in standings
        if item.signed != "unsigned" or any(": nobody" not in said for said in item.signers)
        for said in item.signers
    ]


def _row(item: Standing) -> tuple[str, ...]:
    return (
        item.domain,
        item.language,
        f"{item.translated}/{item.total}" + (" (English has errors)" if item.broken else ""),
        *(str(number or "–") for number in (item.stale, item.missing, item.fuzzy, item.errors)),
        item.signed,
        item.since.isoformat() if item.since else "–",
    )


def _json(item: Standing) -> dict[str, object]:
    return {
        "leaflet": item.domain,
        "language": item.language,
        "path": item.path,
        "since": item.since.isoformat() if item.since else None,
        "total": item.total,
        "translated": item.translated,
        "stale": item.stale,
        "missing": item.missing,
        "fuzzy": item.fuzzy,
        "errors": item.errors,
        "signed": item.signed,
        "signers": list(item.signers),
        "broken": item.broken,
    }


def _table(rows: Sequence[Sequence[str]]) -> str:
    table = [_COLUMNS, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in table
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    table = [_COLUMNS, ["---"] * len(_COLUMNS), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in table)


def _state(item: Standing) -> str:
    if item.errors or item.broken:
        return "stop"
    if item.debt:
        return "debt"
    return "done" if item.signed == "signed" else "open"


def _said(item: Standing) -> str:
    """Say in words how a translation stands."""
    counts = (
        (item.errors, "error" if item.errors == 1 else "errors"),
        (item.stale, "stale"),
        (item.missing, "missing"),
        (item.fuzzy, "fuzzy"),
    )
    said = [f"{number} {word}" for number, word in counts if number]
    if item.broken:
        said.insert(0, "its English has errors")
    reasons = {"changed": "changed since it was signed", "expired": "its signature has expired"}
    return ", ".join(said) or reasons.get(item.signed, item.signed)


def _html(standings: Sequence[Standing], project: Project) -> str:
    """Draw a table of leaflets by languages; the leaflet that has waited longest comes first."""
    cells = {(item.domain, item.language): item for item in standings}
    domains = dict.fromkeys(item.domain for item in standings)
    tags = sorted({item.language for item in standings})
    counts = dict.fromkeys(_LEGEND, 0)
    for item in standings:
        counts[_state(item)] += 1
    legend = "".join(
        f'<li class="{state}"><span aria-hidden="true">{sign}</span> {word}: {counts[state]}</li>'
        for state, (sign, word) in _LEGEND.items()
    )
    heads = "".join(
        f'<th scope="col">{escape(project.languages[tag].english)}<small>{escape(tag)}</small></th>'
        for tag in tags
    )
    body = "".join(
        f'<tr><th scope="row">{escape(_title(domain, project))}<small>{escape(domain)}</small></th>'
        + "".join(_cell(cells[domain, tag]) for tag in tags)
        + "</tr>\n"
        for domain in domains
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Translations on {project.today.isoformat()}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Translations on {project.today.isoformat()}</h1>
<ul aria-label="Signs, and how many translations have them">{legend}</ul>
<div class="scroll" role="region" aria-labelledby="caption" tabindex="0">
<table>
<caption id="caption">Leaflets and their languages. What has waited longest comes first.</caption>
<thead><tr><th scope="col">Leaflet</th>{heads}</tr></thead>
<tbody>
{body}</tbody>
</table>
</div>
</main>
</body>
</html>
"""


def _cell(item: Standing) -> str:
    state = _state(item)
    since = f"<small>since {item.since.isoformat()}</small>" if item.debt and item.since else ""
    return (
        f'<td class="{state}"><span aria-hidden="true">{_LEGEND[state][0]}</span> '
        f"{escape(_said(item))}<small>{item.translated} of {item.total} translated</small>"
        f"{since}{''.join(f'<small>{escape(said)}</small>' for said in item.signers)}</td>"
    )


def _title(domain: str, project: Project) -> str:
    leaflet = project.leaflets.get(domain)
    return leaflet.title if leaflet else INTERFACES[domain]
