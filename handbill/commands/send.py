"""`send` brings leaflets to people by email.

Nothing that it prints names a person: rows of the list stand for them.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handbill import sources
from handbill.commands import asked, told
from handbill.store import Store
from handbill.terminal import say


if TYPE_CHECKING:
    from handbill.campaign import Campaign, Choice, Outcome
    from handbill.diagnostics import Diagnostic
    from handbill.ledger import Entry, Ledger
    from handbill.model import Mailing, Project
    from handbill.post import Letter
    from handbill.recipients import Mailbox, Recipient
    from handbill.submission import Server

#: The option that gives each column of a list.
_OPTIONS = {
    "address": "--to",
    "language": "--language",
    "leaflets": "--leaflet",
    "clinic": "--clinic",
    "reference": "--reference",
}
_SETTINGS = "[tool.handbill.email]"
_MEGABYTE = 1_000_000


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("send", help="send leaflets to people by email, each once")
    asked.common(parser)
    parser.add_argument(
        "list",
        nargs="?",
        type=Path,
        metavar="LIST",
        help="CSV or JSON Lines with address, language, leaflets, clinic and perhaps reference",
    )
    parser.add_argument(
        "--campaign",
        metavar="NAME",
        help="nobody gets the same leaflet twice under one name (default with --to: today's date)",
    )
    one = parser.add_argument_group("one letter, instead of a list")
    one.add_argument(
        "--to", metavar="ADDRESS", help="who gets it; - reads it, so that no list of processes does"
    )
    one.add_argument("--leaflet", action="append", default=[], metavar="ID")
    one.add_argument("--language", metavar="TAG", default="")
    one.add_argument("--clinic", metavar="ID", default="")
    one.add_argument("--reference", metavar="TEXT", default="", help="stands in the letter")
    how = parser.add_argument_group("how", f"what is not given is taken from {_SETTINGS}")
    how.add_argument("--server", metavar="URL", help="smtp://host (STARTTLS) or smtps://host")
    how.add_argument("--from", dest="sender", metavar="ADDRESS", help="perhaps Name <address>")
    how.add_argument("--account", type=Path, metavar="FILE", help="holds user and password")
    how.add_argument("--authority", type=Path, metavar="FILE", help="certificates to trust")
    how.add_argument("--rate", type=_number, metavar="N", help="letters in a minute at most")
    how.add_argument("--max-size", type=_number, metavar="MB", help="of a letter; else links")
    how.add_argument("--allow-draft", action="store_true", help="send what nobody has signed")
    what = parser.add_argument_group("what")
    what.add_argument("--dry-run", type=Path, metavar="DIR", help="write letters there, send none")
    what.add_argument("--status", action="store_true", help="count what is known of a campaign")
    what.add_argument("--resume", action="store_true", help="refuse to begin a new campaign")
    what.add_argument(
        "--doubtful",
        choices=("keep", "again", "delivered"),
        help="what to do with letters of which nobody knows whether they went out "
        "(default: ask on a terminal, else keep)",
    )
    what.add_argument(
        "--refused",
        choices=("keep", "again"),
        default="keep",
        help="what to do with letters that the server has refused before",
    )
    parser.set_defaults(command=_send)


def _number(text: str) -> int:
    """Read a whole number from one on."""
    if not text.isdecimal() or not int(text):
        message = f"no number: {text!r}; for example 60"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _send(options: argparse.Namespace) -> int:
    if options.status:
        return _status(options)
    if (options.list is None) == (options.to is None):
        hint = "send LIST --campaign NAME, or send --to - --leaflet … --language … --clinic …"
        asked.cannot("unknown-choice", "send", "name a list, or one person with --to", hint)
    if options.list and not options.campaign and not options.dry_run:
        hint = "such as --campaign flu-2026; the same name later sends to nobody twice"
        asked.cannot("unknown-choice", "--campaign", "a list is sent under a name", hint)
    from handbill import project, spool  # noqa: PLC0415

    if spool.is_of_paper(options.campaign or ""):
        asked.cannot("unknown-choice", "--campaign", "a name of print runs", "name it otherwise")
    loaded = project.load(sources.read(options.root), today=asked.today(options))
    sender = _sender(options, loaded)
    wanted, found = _wanted(options, loaded)
    letters, more = _written(options, loaded, sender, wanted)
    found += more
    if told.status(found) == told.FINDINGS:
        told.tell(found)
        say("nothing was sent: everything is looked at before the first letter goes")
        return told.FINDINGS
    if options.dry_run:
        told.tell(found)
        largest = _max_size(options, loaded.settings.mailing)
        return _dry_run(options.dry_run, letters, largest)
    return _deliver(options, loaded, sender, letters, found)


def _wanted(
    options: argparse.Namespace, loaded: "Project"
) -> tuple[Sequence["Recipient"], list["Diagnostic"]]:
    """Read who is sent what."""
    from handbill import recipients  # noqa: PLC0415

    if options.list:
        data = sources.read_file(options.list, limit=recipients.LIMIT)
        found, faults = recipients.read(data, options.list.as_posix(), loaded)
    else:
        cells = {
            "address": _typed() if options.to == "-" else options.to,
            "language": options.language,
            "leaflets": " ".join(options.leaflet),
            "clinic": options.clinic,
            "reference": options.reference,
        }
        found, faults = recipients.single(cells, _OPTIONS, loaded)
    return found, [told.rules().diagnose(fault) for fault in faults]


def _typed() -> str:
    """Read an address from a person or a program."""
    if sys.stdin.isatty():
        say("address:")
    return sys.stdin.readline().rstrip("\r\n")


def _written(
    options: argparse.Namespace,
    loaded: "Project",
    sender: "Mailbox",
    wanted: Sequence["Recipient"],
) -> tuple[Sequence["Letter"], list["Diagnostic"]]:
    """Write the letters, or say what stands against any of them."""
    from handbill.letters import Desk  # noqa: PLC0415

    store = Store(asked.output(options))
    desk = Desk(
        loaded,
        store.manifest(),
        store.published,
        list(told.rules().run(loaded)),
        sender=sender,
        max_size=_max_size(options, loaded.settings.mailing),
        allow_draft=options.allow_draft,
    )
    letters = desk.letters(wanted)
    return letters, list(desk.diagnostics)


def _sender(options: argparse.Namespace, loaded: "Project") -> "Mailbox":
    """Return from whom letters come.

    Raises:
        HandbillError: nobody is named, or it is no address.
    """
    from handbill.recipients import mailbox  # noqa: PLC0415

    hint = f'such as --from leaflets@clinic.example, or from = "…" in {_SETTINGS}'
    text = options.sender or loaded.settings.mailing.sender
    if not text:
        asked.cannot("unknown-choice", "--from", "no sender is named", hint)
    found = mailbox(text)
    if found is None or not found.ascii:
        asked.cannot("malformed-address", "--from", "the sender is no address in ASCII", hint)
    return found


def _max_size(options: argparse.Namespace, mailing: "Mailing") -> int:
    return (options.max_size or mailing.max_size) * _MEGABYTE


def _dry_run(folder: Path, letters: Sequence["Letter"], largest: int) -> int:
    """Write letters as files, for no eyes but the owner's: they hold addresses."""
    from handbill.post import complete, wire  # noqa: PLC0415

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for letter in letters:
            name = f"row-{letter.place.line}.eml"
            number = f"dry-run.{letter.place.line}@{letter.sender.rpartition('@')[2]}"

            def written(letter: "Letter" = letter, number: str = number, *, enclose: bool) -> bytes:
                whole = letter.message(enclose)
                return wire(complete(whole, to=letter.recipient, number=number, at=time.time()))

            data = written(enclose=True)
            if len(data) > largest:
                data = written(enclose=False)
            opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(data)
    except OSError as error:
        message = f"cannot be written: {(error.strerror or str(error)).lower()}"
        asked.cannot("unwritable-output", folder.as_posix(), message)
    say(f"letters in {folder.as_posix()}/: {len(letters)}; nothing was sent")
    return told.CLEAN


def _deliver(
    options: argparse.Namespace,
    loaded: "Project",
    sender: "Mailbox",
    letters: Sequence["Letter"],
    found: list["Diagnostic"],
) -> int:
    """Send letters, and tell of each what became of it."""
    from handbill import submission  # noqa: PLC0415
    from handbill.campaign import Campaign, Pace  # noqa: PLC0415

    mailing = loaded.settings.mailing
    server = _server(options, mailing)
    seal = None
    if mailing.dkim_key:
        seal = submission.signer(
            domain=sender.ascii.rpartition("@")[2],
            selector=mailing.dkim_selector,
            file=options.root / mailing.dkim_key,
        )
    name = options.campaign or f"{loaded.today}"
    with asked.ledger(options) as ledger:
        if options.resume and name not in (known := _mailings(ledger)):
            asked.unknown("--campaign", name, known or ("none yet",))
        campaign = Campaign(
            name=name,
            ledger=ledger,
            submission=submission.Submission(server),
            pace=Pace(a_minute=options.rate or mailing.rate),
            clock=time.time,
            largest=_max_size(options, mailing),
            seal=seal,
        )
        campaign.choose = lambda letter, entry: _choice(options, campaign, letter, entry)
        counts: Counter[str] = Counter()
        try:
            outcomes = campaign.deliver(letters)
            for number, outcome in enumerate(outcomes, start=1):
                counts[_said(outcome)] += 1
                if outcome.fault is not None:
                    found.append(told.rules().diagnose(outcome.fault))
                if not outcome.before:
                    where = f"{outcome.letter.place.path}:{outcome.letter.place.line}"
                    say(f"[{number}/{len(letters)}] {where}: {_said(outcome)}")
        finally:
            told.tell(found)
            said = [f"{number} {what}" for what, number in counts.items()]
            say(f"campaign {name}: {', '.join(said) or 'nothing is known yet'}")
    if any(item.name == "doubtful-letter" for item in found):
        say("when you know: the same command with --doubtful delivered, or --doubtful again")
    return told.status(found)


def _mailings(ledger: "Ledger") -> tuple[str, ...]:
    """Return the names of all campaigns that are mailings."""
    from handbill.spool import is_of_paper  # noqa: PLC0415

    return tuple(name for name in ledger.campaigns() if not is_of_paper(name))


def _said(outcome: "Outcome") -> str:
    """Say what is known of a letter."""
    state = outcome.entry.state.value if outcome.entry else "not sent"
    if outcome.before:
        return f"{state} before"
    return state if outcome.enclosed or outcome.fault else f"{state}, with links"


def _server(options: argparse.Namespace, mailing: "Mailing") -> "Server":
    """Return the server that takes the letters.

    Raises:
        HandbillError: none is named, its name is none, or its account cannot be read.
    """
    from handbill.submission import Server, account  # noqa: PLC0415

    hint = f'such as --server smtp://mail.example.org, or server = "…" in {_SETTINGS}'
    name = options.server or mailing.server
    if not name:
        asked.cannot("unknown-choice", "--server", "no mail server is named", hint)
    file = options.account or (options.root / mailing.account if mailing.account else None)
    authority = options.authority or (
        options.root / mailing.authority if mailing.authority else None
    )
    try:
        return Server.named(name, account=account(os.environ, file), authority=authority)
    except ValueError as error:
        # A name may hold a password, so it is not repeated.
        asked.cannot("unknown-choice", "--server", str(error), hint)


def _choice(
    options: argparse.Namespace, campaign: "Campaign", letter: "Letter", entry: "Entry"
) -> "Choice":
    """Return what is to become of a letter that was refused, or of which nobody knows."""
    from handbill.campaign import Choice  # noqa: PLC0415
    from handbill.ledger import State  # noqa: PLC0415

    if entry.state == State.REFUSED:
        return Choice(options.refused)
    if options.doubtful:
        return Choice(options.doubtful)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return Choice.KEEP
    say(f"{letter.place}: nobody knows whether the server has this letter.")
    say(f"Its Message-ID, for the server's log: {campaign.number(letter)}")
    answers = {"k": Choice.KEEP, "d": Choice.DELIVERED, "a": Choice.AGAIN}
    while True:
        say("k to keep it as it is, d if it was delivered, a to send it again:")
        answer = sys.stdin.readline()
        if not answer:
            return Choice.KEEP
        if answer.strip().lower() in answers:
            return answers[answer.strip().lower()]


def _status(options: argparse.Namespace) -> int:
    """Count what is known of one campaign, or of all."""
    from handbill.ledger import FOLDER  # noqa: PLC0415

    if not (options.root / FOLDER).is_dir():
        say("nothing was ever sent from here")
        return told.CLEAN
    with asked.ledger(options) as ledger:
        known = _mailings(ledger)
        if options.campaign and options.campaign not in known:
            asked.unknown("--campaign", options.campaign, known or ("none yet",))
        for name in [options.campaign] if options.campaign else known:
            counts = ledger.counts(name).items()
            states = [f"{number} {state.value}" for state, number in counts if number]
            sys.stdout.write(f"{name}: {', '.join(states)}\n")
    return told.CLEAN
