"""Diagnostics for people and for machines: text, JSON, SARIF 2.1.0, GitHub annotations."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from handbill import __version__, rules
from handbill.diagnostics import Diagnostic, Severity


FORMATS = ("text", "json", "sarif", "github")


def write(
    diagnostics: Sequence[Diagnostic],
    form: str,
    *,
    colour: bool = False,
    waived: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Render findings in one of `FORMATS`; an empty text where there is nothing to say.

    What people have waived is told to machines only, as rows of the severity `waived`.
    """
    found = sorted(dict.fromkeys(diagnostics), key=lambda item: (item.location, item.rule))
    if form == "json":
        rows = [item.row() for item in found]
        return json.dumps([*rows, *waived], ensure_ascii=False, indent=1)
    if form == "sarif":
        return _sarif(found)
    if form == "github":
        return "\n".join(_github(item) for item in found)
    return "\n".join(_text(item, colour=colour) for item in found)


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
