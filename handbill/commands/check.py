"""`check` looks for mistakes, and `rule` prints the manual of a rule."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handbill import sources
from handbill.commands import asked, told
from handbill.diagnostics import Diagnostic
from handbill.store import REPORTS, Store
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from handbill.model import Project


LARGEST_DIFF = 100_000_000


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the command line."""
    check = commands.add_parser("check", help="look for mistakes and print nothing on paper")
    asked.common(check)
    asked.filters(check)
    check.add_argument(
        "--output-format", choices=("text", "json", "sarif", "github", "gitlab"), default="text"
    )
    check.add_argument(
        "--diff",
        type=Path,
        metavar="FILE",
        help="a unified diff, of which findings on changed lines come first; see docs/ci.md",
    )
    asked.summary(check)
    check.add_argument("--release", action="store_true", help="find drafts: unsigned editions")
    check.add_argument(
        "--report",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="write for each leaflet what speaks for and against it, by the standards of "
        f"content/standards.toml (default: {REPORTS} in the output folder)",
    )
    check.set_defaults(command=_check)

    rule = commands.add_parser("rule", help="print the manual of a rule, or list them all")
    rule.add_argument("id", nargs="?", help="such as LF301, or untranslated")
    rule.set_defaults(command=_rule)


def _check(options: argparse.Namespace) -> int:
    from handbill import plan, project, report  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    asked.selection(options, loaded)
    found = list(told.rules().run(loaded))
    if options.release:
        drafts = plan.drafts(loaded, plan.editions(loaded))
        found += [told.rules().diagnose(fault) for fault in drafts]
    everything = found
    found = [item for item in found if asked.meant(options, item)]
    if options.report is not None:
        found += _report(options, loaded, everything)
    waived = _waived(options, loaded)
    change = _change(options.diff) if options.diff else None
    if options.output_format in {"github", "gitlab"}:
        found = told.from_here(options, found)
    text = report.write(
        found,
        options.output_format,
        colour=is_coloured(stdout=True),
        waived=waived,
        change=change,
    )
    if text:
        sys.stdout.write(text + "\n")
    told.summarise(options, report.table("Check", found, change))
    count = f"; waivers in force: {len(waived)}" if waived else ""
    say(f"{report.summary(found)}{count}")
    return told.status(found)


def _change(diff: Path) -> Mapping[str, frozenset[int]]:
    """Read which lines a diff touches; what is not UTF-8 in it is in nobody's way."""
    from handbill import touched  # noqa: PLC0415

    data = sources.read_file(diff, limit=LARGEST_DIFF)
    return touched.lines(data.decode("utf-8", errors="replace"))


def _report(
    options: argparse.Namespace, loaded: "Project", findings: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Print what speaks for and against each leaflet; return what was met in printing it.

    Raises:
        HandbillError: the project goes by no standards.
    """
    from handbill import evidence, runner, standards  # noqa: PLC0415

    if not loaded.criteria:
        hint = "take the file from the repository's history, or write your own"
        asked.cannot("standards-file", standards.STANDARDS, "asks nothing, or is not there", hint)
    build = runner.Build(loaded, Store(asked.output(options)), fonts_conf="", findings=findings)
    made, known = build.made(), [*findings, *build.last()]
    folder = Path(options.report) if options.report else asked.output(options) / REPORTS
    met: list[Diagnostic] = []
    for name, kind in product(
        asked.named(options, "leaflet", list(loaded.leaflets)), ("html", "pdf")
    ):
        proof = evidence.page(loaded, name, known, made, kind=kind)
        met += told.print_page(options, proof, f"{name}.{kind}", folder=folder)
    # How much paper a page for staff takes is nobody's mistake.
    return [item for item in met if item.name != "nearly-empty-page"]


def _waived(options: argparse.Namespace, loaded: "Project") -> list[dict[str, Any]]:
    """Write the waivers in force as rows, like findings; their people are in the catalogs only."""
    from handbill.checks import messages  # noqa: PLC0415

    found: dict[Diagnostic, dict[str, Any]] = {}
    for catalog, message, waiver in messages.in_force(loaded):
        what = messages.fault("", catalog, messages.place(catalog, message), waiver.reason, "")
        known = told.rules().find(waiver.rule)
        item = Diagnostic(
            rule=waiver.rule,
            name=known.name,
            severity=known.severity,
            location=what.location,
            message=what.message,
            scope=what.scope,
        )
        if asked.meant(options, item):
            found[item] = {**item.row(), "severity": "waived"}
    return list(found.values())


def _rule(options: argparse.Namespace) -> int:
    rules = told.rules()
    known = rules.every()
    if options.id is None:
        for rule in known:
            sys.stdout.write(f"{rule.id}  {rule.name:20} {rule.severity:8} {rule.summary}\n")
        return told.CLEAN
    rule_found = rules.find(options.id)
    if rule_found is None:
        names = [name for rule in known for name in (rule.id, rule.name)]
        asked.unknown("rule", options.id, names)
    sys.stdout.write(
        f"{rule_found.id} {rule_found.name} ({rule_found.severity})\n\n{rule_found.manual}\n"
    )
    return told.CLEAN
