"""The commands: parse, call, print, exit. With `cli` and `terminal`, all that prints."""

import argparse
import os
import signal
import sys

from handbill import __version__
from handbill.commands import (
    build,
    catalog,
    changes,
    check,
    clean,
    new,
    printing,
    release,
    send,
    sheets,
    sign,
    site,
    status,
    told,
    watch,
)
from handbill.diagnostics import HandbillError
from handbill.terminal import say


# The modules that import Markdown, Babel, Jinja and WeasyPrint take a second to load. Commands
# import them where they use them, so that a build with nothing to do costs a tenth of that.

#: In the order in which `--help` lists them.
_GROUPS = (
    build,
    check,
    sign,
    catalog,
    new,
    watch,
    sheets,
    printing,
    send,
    status,
    release,
    site,
    changes,
    clean,
)


def run(words: list[str]) -> int:
    """Run a command line, and return its exit status."""
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}):
        words.insert(0, "build")
    options = _parser().parse_args(words)
    # A polite end, as from a service manager, is an interruption like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status: int = options.command(options)
    except HandbillError as error:
        return told.stuck(error.fault)
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept, the rest is as it was before")
        return told.STUCK
    except ModuleNotFoundError as error:
        say(f"the package {error.name} is not installed; run script/build, or use .venv/bin/python")
        return told.STUCK
    except BrokenPipeError:
        # The reader of our output, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return told.FINDINGS
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="handbill", description="Print patient leaflets in many languages."
    )
    parser.add_argument("--version", action="version", version=f"handbill {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.register(commands)
    return parser
