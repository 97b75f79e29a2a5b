"""What a build prints that an earlier version of the project would not have: a table for reviewers.

The earlier version is planned, not printed: an edition is the same when it is made from the same
inputs. So a reviewer sees in seconds which handouts a small change reaches.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from handbill import plan, report
from handbill.editions import Edition, differing
from handbill.model import Project


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Change:
    """What has become of one edition.

    Attributes:
        leaflet: its leaflet.
        language: its language.
        state: `new`, `changed`, `stopped` (not printed, though the project publishes it) or `gone`.
        stamp: `draft`, `final`, or empty for what is not printed.
        inputs: the names of the inputs that are not as they were.
        edition: which one.
    """

    leaflet: str
    language: str
    state: str
    stamp: str
    inputs: tuple[str, ...]
    edition: Edition


def since(before: Project, after: Project, rows: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Compare what an earlier version of a project asks for with what a later one has made.

    Args:
        before: the earlier version.
        after: the later version.
        rows: of the later version's manifest.
    """
    made = {row["path"]: row for row in rows if row["current"]}
    old = {edition.path: edition for edition in plan.editions(before)}
    wanted = {edition.path: edition for edition in plan.editions(after)}
    tools = plan.toolchain_and_fonts(before)
    found = []
    for path in sorted(old.keys() | wanted.keys()):
        edition = wanted.get(path) or old[path]
        row = made.get(path)
        inputs: tuple[str, ...] = ()
        if path not in wanted:
            state = "gone"
        elif row is None:
            state = "stopped"
        elif path not in old:
            state = "new"
        else:
            inputs = differing(plan.inputs(before, old[path], tools), row["inputs"])
            state = "changed"
            if not inputs:
                continue
        stamp = ("draft" if row["draft"] else "final") if row and path in wanted else ""
        found.append(
            Change(
                leaflet=edition.leaflet,
                language=edition.language,
                state=state,
                stamp=stamp,
                inputs=inputs,
                edition=edition,
            )
        )
    return sorted(found)


def table(changes: Iterable[Change]) -> str:
    """Write changes as a Markdown table: a row for the editions that share their reason."""
    rows = list(_rows(changes))
    if not rows:
        return "### No handout has changed\n"
    number = sum(count for _cells, count in rows)
    head = (
        f"### {number} handout{'' if number == 1 else 's'} changed",
        "",
        "| leaflet | language | | stamp | editions | made from another |",
        "| --- | --- | --- | --- | ---: | --- |",
    )
    lines = (f"| {' | '.join(report.cell(text) for text in cells)} |" for cells, _ in rows)
    return "\n".join([*head, *lines, ""])


def _rows(changes: Iterable[Change]) -> Iterator[tuple[tuple[str, ...], int]]:
    def shared(item: Change) -> tuple[str, str, str, str]:
        return item.leaflet, item.language, item.state, item.stamp

    for (leaflet, language, state, stamp), group in groupby(sorted(changes), key=shared):
        alike = list(group)
        names = sorted({name for item in alike for name in item.inputs})
        cells = (leaflet, language, state, stamp, str(len(alike)), ", ".join(names))
        yield cells, len(alike)
