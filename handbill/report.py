"""Diagnostics for people and for machines: text, JSON, SARIF, and what GitHub and GitLab show."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from handbill import __version__, rules, touched
from handbill.diagnostics import Diagnostic, Severity
from handbill.sources import digest


FORMATS = ("text", "json", "sarif", "github", "gitlab")
#: GitHub takes 1024 KiB of summary from a step, and shows nothing of what is larger.
SUMMARY_BYTES = 1_000_000
#: What Markdown, or a reader that allows more than it, would take for other than itself.
_MARKUP = re.compile(r"[&<>|\\`*_\[\]~$@#]")


def write(
    diagnostics: Sequence[Diagnostic],
    form: str,
    *,
    colour: bool = False,
    waived: Sequence[Mapping[str, Any]] = (),
    change: Mapping[str, frozenset[int]] | None = None,
) -> str:
    """Render findings in one of `FORMATS`; an empty text where there is nothing to say.

    Args:
        diagnostics: the findings.
        form: of `FORMATS`.
        colour: whether text may be coloured.
        waived: what people have waived is told to machines only, as rows of the severity `waived`.
        change: lines by file, whose findings come first: GitHub shows ten errors and ten warnings.
    """
    found = _ordered(diagnostics, change)
    if form == "json":
        rows = [item.row() for item in found]
        return json.dumps([*rows, *waived], ensure_ascii=False, indent=1)
    if form == "sarif":
        return _sarif(found)
    if form == "github":
        return "\n".join(_github(item) for item in found)
    if form == "gitlab":
        return json.dumps(list(_gitlab(found)), ensure_ascii=False, indent=1)
    return "\n".join(_text(item, colour=colour) for item in found)


def table(
    title: str,
    diagnostics: Sequence[Diagnostic],
    change: Mapping[str, frozenset[int]] | None = None,
) -> str:
    """Write all findings as a Markdown table, for the summary of a job; cut before it is too long.

    With a change, findings on its lines come first, and are marked.
    """
    found = _ordered(diagnostics, change)
    head = [f"### {title}: {summary(found)}", ""]
    if not found:
        return "\n".join([*head, ""])
    head += ["| | place | rule | finding |", "| --- | --- | --- | --- |"]
    rows = []
    for item in found:
        near = change is not None and touched.distance(item.location, change) == 0
        said = f"{item.message}\n{item.hint}" if item.hint else item.message
        cells = (
            item.severity.value + (", on a changed line" if near else ""),
            str(item.location),
            f"{item.rule} {item.name}",
            said,
        )
        rows.append(f"| {' | '.join(cell(text) for text in cells)} |")
    room = SUMMARY_BYTES - len("\n".join(head).encode())
    kept: list[str] = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(row)
    cut = len(rows) - len(kept)
    rest = ["", f"{cut} more are in the log: there is no room for them here."] if cut else []
    return "\n".join([*head, *kept, *rest, ""])


def cell(text: str) -> str:
    """Write a text as a cell of a Markdown table that is read as that text, and as nothing else."""
    plain = _MARKUP.sub(lambda sign: f"&#{ord(sign[0])};", text)
    return "<br>".join(plain.splitlines())


def _ordered(
    diagnostics: Iterable[Diagnostic], change: Mapping[str, frozenset[int]] | None
) -> list[Diagnostic]:
    """Drop what is said twice; sort by place, and first by how near that is to a change."""
    near = change or {}
    return sorted(
        dict.fromkeys(diagnostics),
        key=lambda item: (touched.distance(item.location, near), item.location, item.rule),
    )


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Count findings in words."""
    found = set(diagnostics)
    errors = sum(item.severity is Severity.ERROR for item in found)
    warnings = len(found) - errors
    return f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _text(item: Diagnostic, *, colour: bool) -> str:
    rule = f"{item.rule} {item.name}"
    if colour:
        shade = "31" if item.severity is Severity.ERROR else "33"
        rule = f"\x1b[{shade}m{rule}\x1b[0m"
    warning = "" if item.severity is Severity.ERROR else " (warning)"
    line = f"{item.location}: {rule}{warning}: {item.message}"
    return f"{line}\n    {item.hint}" if item.hint else line


def _github(item: Diagnostic) -> str:
    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    place = item.location
    message = f"{item.message} – {item.hint}" if item.hint else item.message
    return (
        f"::{item.severity.value} file={value(place.path)},line={place.line},col={place.column},"
        f"title={value(f'{item.rule} {item.name}')}::{data(message)}"
    )


def _gitlab(found: Sequence[Diagnostic]) -> Iterator[dict[str, Any]]:
    """Yield the issues of a Code Quality report.

    A fingerprint must be a finding's own, or GitLab shows one of several; and it must stay when
    lines above are added, or a merge request would seem to mend one and make another.
    """
    times: dict[tuple[str, ...], int] = {}
    for item in found:
        said = (item.rule, item.location.path, item.message)
        times[said] = times.get(said, 0) + 1
        yield {
            "description": f"{item.message} – {item.hint}" if item.hint else item.message,
            "check_name": f"{item.rule} {item.name}",
            "fingerprint": digest(json.dumps([*said, times[said]]).encode()),
            "severity": "major" if item.severity is Severity.ERROR else "minor",
            "location": {"path": item.location.path, "lines": {"begin": item.location.line}},
        }


def _sarif(found: Sequence[Diagnostic]) -> str:
    """Write SARIF 2.1.0 (OASIS); columns count characters, not UTF-16 units."""
    known = {rule.id: rule for rule in rules.every()}
    ids = sorted({item.rule for item in found})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "handbill",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule_id,
                                "name": known[rule_id].name,
                                "shortDescription": {"text": known[rule_id].summary},
                                "fullDescription": {"text": known[rule_id].manual},
                            }
                            for rule_id in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": item.rule,
                        "ruleIndex": ids.index(item.rule),
                        "level": item.severity.value,
                        "message": {
                            "text": f"{item.message}\n{item.hint}" if item.hint else item.message
                        },
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {
                                        "uri": item.location.path,
                                        "uriBaseId": "%SRCROOT%",
                                    },
                                    "region": {
                                        "startLine": item.location.line,
                                        "startColumn": item.location.column,
                                    },
                                }
                            }
                        ],
                    }
                    for item in found
                ],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1)
