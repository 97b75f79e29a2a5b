"""What handbill says about its inputs: values to collect, not exceptions to raise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Severity(StrEnum):
    """How much a finding matters. An error stops every edition in its scope."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """A place in an author's file; lines and columns count characters from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def not_utf8(error: UnicodeDecodeError) -> tuple[int, int, str]:
    """Return the line and the column of the first byte that is not UTF-8, and what to say of it."""
    before = error.object[: error.start]
    line = before.count(b"\n") + 1
    # Columns count characters; what stands before the first wrong byte is UTF-8.
    column = len(before.rpartition(b"\n")[2].decode()) + 1
    return line, column, f"not UTF-8: byte 0x{error.object[error.start]:02x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which editions a finding concerns; `None` means every one."""

    leaflet: str | None = None
    language: str | None = None
    clinic: str | None = None

    def covers(self, leaflet: str, language: str, clinic: str) -> bool:
        """Tell whether an edition of these is concerned."""
        return (
            self.leaflet in {None, leaflet}
            and self.language in {None, language}
            and self.clinic in {None, clinic}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong that a reader of files met; `kind` is the name of the rule it breaks."""

    kind: str
    location: Location
    message: str
    hint: str = ""
    scope: Scope = field(default_factory=Scope)

    def row(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {"kind": self.kind, **_row(self.location, self.message, self.hint, self.scope)}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read what `row` wrote."""
        return cls(kind=row["kind"], **_common(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A fault under the rule that it breaks: what is printed, recorded and counted."""

    rule: str
    name: str
    severity: Severity
    location: Location
    message: str
    hint: str = ""
    scope: Scope = field(default_factory=Scope)

    def row(self) -> dict[str, Any]:
        """Write it as JSON: an entry of the manifest and of every report for machines."""
        return {
            "rule": self.rule,
            "name": self.name,
            "severity": self.severity.value,
            **_row(self.location, self.message, self.hint, self.scope),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read what `row` wrote."""
        severity = Severity(row["severity"])
        return cls(rule=row["rule"], name=row["name"], severity=severity, **_common(row))


class HandbillError(Exception):
    """Cannot proceed at all: no project, no library, no room on the disk.

    The command line prints the fault and ends with status 2; nobody else catches this.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.location}: {fault.message}")
        self.fault = fault


def _row(location: Location, message: str, hint: str, scope: Scope) -> dict[str, Any]:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "message": message,
        "hint": hint,
        "scope": {
            "leaflet": scope.leaflet,
            "language": scope.language,
            "clinic": scope.clinic,
        },
    }


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "location": Location(path=row["path"], line=row["line"], column=row["column"]),
        "message": row["message"],
        "hint": row["hint"],
        "scope": Scope(**row["scope"]),
    }
