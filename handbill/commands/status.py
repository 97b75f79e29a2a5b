"""`status --shelf`: which printed leaflets are too old."""

import argparse
import json
import sys
from pathlib import Path

from handbill import sources, toolchain, uptodate
from handbill.commands import asked, told
from handbill.store import Store
from handbill.terminal import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    status = commands.add_parser("status", help="say which printed leaflets are too old")
    asked.common(status)
    status.add_argument(
        "--shelf",
        nargs="?",
        const="",
        required=True,
        metavar="LIST",
        help="judge what was printed from here, or the papers of a list in CSV",
    )
    status.add_argument("--json", action="store_true", help="print it as JSON")
    status.add_argument(
        "--recycled", action="store_true", help="write down that what is too old has gone"
    )
    status.set_defaults(command=_status)


def _status(options: argparse.Namespace) -> int:
    from handbill import lists, project, shelf  # noqa: PLC0415

    found = sources.read(options.root)
    today = asked.today(options)
    loaded = project.load(found, today=today)
    store = Store(asked.output(options))
    manifest = store.manifest()
    if not manifest:
        hint = "python build.py makes it"
        asked.cannot("unready-edition", "output/manifest.json", "nothing has been built", hint)
    # Releases stop drafts, and are as good a measure.
    if not any(
        uptodate.unchanged(
            found, store, toolchain=toolchain.versions(), today=today, release=release
        )
        for release in (False, True)
    ):
        say("files have changed since the last build of everything: what it made is compared")
    with asked.ledger(options) as ledger:
        if options.shelf:
            rows, faults = lists.read(
                sources.read_file(Path(options.shelf), limit=lists.LIMIT),
                path=options.shelf,
                kind="print-list",
                columns=shelf.SHELF_COLUMNS,
                optional=shelf.SHELF_OPTIONAL,
            )
            papers, wrong = shelf.listed(rows)
            faults = (*faults, *wrong)
        else:
            papers, faults = shelf.printed(ledger), ()
        judged = [shelf.judge(paper, manifest["editions"], loaded) for paper in papers]
        if options.json:
            text = json.dumps([item.row() for item in judged], ensure_ascii=False, indent=1)
            sys.stdout.write(f"{text}\n")
        else:
            sys.stdout.write("".join(f"{item.line()}\n" for item in judged))
        diagnosed = [told.rules().diagnose(fault) for fault in faults]
        told.tell(diagnosed)
        bad = sum(not item.is_good for item in judged)
        say(f"{len(judged) - bad} current, {bad} to look at or to recycle")
        if options.recycled:
            say(f"{shelf.recycle(ledger, judged)} kinds of paper are written down as gone")
            bad -= sum(item.is_bad for item in judged)
    return told.FINDINGS if bad else told.status(diagnosed)
