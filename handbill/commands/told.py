"""What commands tell: findings, exit status, and pages for staff.

stdout is the product and stderr the progress. Exit status: 0 clean, 1 findings, 2 cannot proceed.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from handbill.commands import asked
from handbill.diagnostics import Diagnostic, Fault, Location, Severity
from handbill.store import Store, append
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from handbill.model import Proof

CLEAN, FINDINGS, STUCK = 0, 1, 2


def rules() -> ModuleType:
    """Return the registry of rules with every rule in it: ours, and those of installed packages."""
    from handbill import checks, rules  # noqa: PLC0415

    checks.install()
    return rules


def status(found: Iterable[Diagnostic]) -> int:
    """Return the exit status of a command that has found these; warnings are no failure."""
    return FINDINGS if any(item.severity is Severity.ERROR for item in found) else CLEAN


def tell(found: Iterable[Diagnostic]) -> None:
    """Print findings, if there are any."""
    from handbill import report  # noqa: PLC0415

    say(report.write(list(found), "text", colour=is_coloured()))


def print_page(
    options: argparse.Namespace, proof: "Proof", path: str, *, folder: Path | None = None
) -> list[Diagnostic]:
    """Print a page for staff, into the output folder or another; return what was met."""
    from handbill import press, typeset  # noqa: PLC0415

    typeset.prepare(str(asked.fonts_conf(options)))
    impression = press.print_proof(proof)
    place = Location(path=path)
    found = [
        rules().diagnose(
            replace(fault, location=place) if fault.location.path == proof.edition.path else fault
        )
        for fault in impression.faults
    ]
    if impression.data:
        Store(folder or asked.output(options)).publish(path, impression.data)
        say(f"{path}" + (f": {impression.pages} pages" if impression.pages else ""))
    return found


def from_here(options: argparse.Namespace, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Name files from where the command runs: for a forge that is the repository, not the root."""
    root: Path = options.root
    return [
        replace(item, location=replace(item.location, path=(root / item.location.path).as_posix()))
        if not root.is_absolute()
        else item
        for item in found
    ]


def summarise(options: argparse.Namespace, table: str) -> None:
    """Add a table to the file that a command was asked to add one to.

    Raises:
        HandbillError: it cannot be written.
    """
    if options.summary:
        append(options.summary, table + "\n")


def stuck(fault: Fault) -> int:
    """Say why a command cannot proceed; return its exit status."""
    tell([rules().diagnose(fault)])
    return STUCK
