"""`changes` tells which handouts an earlier version of the project would have printed otherwise."""

import argparse
import sys
from pathlib import Path

from handbill import sources
from handbill.commands import asked, told
from handbill.store import MANIFEST, Store
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "changes", help="list the built editions that an earlier version would print otherwise"
    )
    asked.common(parser)
    parser.add_argument(
        "before",
        type=Path,
        metavar="FOLDER",
        help="the earlier version of the project, such as a git worktree",
    )
    parser.set_defaults(command=_changes)


def _changes(options: argparse.Namespace) -> int:
    from handbill import changes, project  # noqa: PLC0415

    today = asked.today(options)
    manifest = Store(asked.output(options)).manifest()
    if not manifest:
        path = (asked.output(options) / MANIFEST).as_posix()
        asked.cannot("unknown-choice", path, "nothing has been built here", "build first")
    after = project.load(sources.read(options.root), today=today)
    before = project.load(sources.read(options.before), today=today)
    found = changes.since(before, after, manifest["editions"])
    sys.stdout.write(changes.table(found))
    say(f"{len(found)} editions")
    return told.CLEAN
