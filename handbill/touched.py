"""Which lines of which files a change touches, read from a unified diff such as `git diff`."""

import re
from collections.abc import Mapping

from handbill.diagnostics import Location


_FILE = re.compile(r"\+\+\+ b/(?P<path>[^\t]+)")
_HUNK = re.compile(
    r"@@ -\d+(?:,(?P<old>\d+))? \+(?P<begin>\d+)(?:,(?P<new>\d+))? @@",
)


def lines(diff: str) -> Mapping[str, frozenset[int]]:
    """Return the numbers of the lines that a unified diff has added or changed, by file.

    Paths are taken as `git -c core.quotePath=false diff` writes them.
    """
    found: dict[str, frozenset[int]] = {}
    path, old, new, number = "", 0, 0, 0
    for line in diff.split("\n"):
        # Inside a hunk a line may look like anything, a header too, so its lines are counted.
        if old > 0 or new > 0:
            if line.startswith("+"):
                found[path] |= {number}
            old -= line.startswith(("-", " "))
            new -= line.startswith(("+", " "))
            number += line.startswith(("+", " "))
        elif match := _FILE.match(line):
            path = match["path"]
            found.setdefault(path, frozenset())
        elif path and (match := _HUNK.match(line)):
            old, new = (int(match[side] or 1) for side in ("old", "new"))
            number = int(match["begin"])
    return found


def distance(place: Location, touched: Mapping[str, frozenset[int]]) -> int:
    """Tell how near a place is to a change: 0 on its lines, 1 in its files, 2 elsewhere."""
    if place.path not in touched:
        return 2
    return 0 if place.line in touched[place.path] else 1
