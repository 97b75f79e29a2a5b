"""What a person at a terminal sees of a run: progress and findings on stderr.

Imports nothing that Python has not loaded before it reads a program: see `seal`.
"""

import os
import sys


def say(text: str) -> None:
    """Print what is no product of a command."""
    if text:
        print(text, file=sys.stderr, flush=True)


def is_coloured(*, stdout: bool = False) -> bool:
    """Follow https://no-color.org: colour on a terminal, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR"):
        return False
    stream = sys.stdout if stdout else sys.stderr
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
