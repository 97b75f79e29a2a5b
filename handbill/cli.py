"""The way in: a build with nothing to do ends here, and all else goes to `commands`."""

import sys
from collections.abc import Sequence

from handbill import seal, terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run handbill, and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in ([], ["build"]) and (ended := seal.unbroken(".", "output")):
        status, plain, coloured = ended
        terminal.say(coloured if terminal.is_coloured() else plain)
        return status
    # Two hundred times as much to load as what has been loaded so far.
    from handbill import commands  # noqa: PLC0415

    return commands.run(words)
