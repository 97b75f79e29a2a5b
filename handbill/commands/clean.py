"""`clean` removes all that builds have written."""

import argparse

from handbill.commands import asked, told
from handbill.store import PSEUDO, Store
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    clean = commands.add_parser("clean", help="remove all that builds have written")
    asked.common(clean)
    clean.set_defaults(command=_clean)


def _clean(options: argparse.Namespace) -> int:
    output = asked.output(options)
    say(f"removed {Store(output / PSEUDO).clean() + Store(output).clean()} files")
    return told.CLEAN
