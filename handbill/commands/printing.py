"""`print`: from the build to the paper."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handbill import sources
from handbill.commands import asked, build, told
from handbill.diagnostics import Fault, Location
from handbill.store import Store
from handbill.terminal import say


if TYPE_CHECKING:
    from handbill.ledger import Ledger
    from handbill.model import Project
    from handbill.printer import Capabilities, Ticket, Wish
    from handbill.shelf import Paper
    from handbill.spool import Order, Spool

#: Where CUPS listens on this machine: on Debian and its kin, and on macOS.
_SOCKETS = ("/run/cups/cups.sock", "/private/var/run/cupsd")
_NOTHING = "nothing was printed"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("print", help="print leaflets on a printer")
    asked.common(parser)
    parser.add_argument(
        "what", nargs="*", metavar="LEAFLET", help="its id; or a list, a file that ends in .csv"
    )
    parser.add_argument("--language", default="", metavar="TAG", help="(default: the source's)")
    parser.add_argument("--clinic", default="", metavar="ID", help="(default: the only one)")
    parser.add_argument("--copies", default="", metavar="N", help="of each (default: 1)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", default="", metavar="ID", help="(default: the clinic's paper)")
    form.add_argument("--booklet", action="store_true", help="as the clinic's booklet")
    form.add_argument("--large-print", action="store_true", help="in the clinic's large print")
    parser.add_argument("--mono", action="store_true", help="in black")
    parser.add_argument("--one-sided", action="store_true", help="leave the backs empty")
    parser.add_argument("--staple", action="store_true", help="if the printer can")
    parser.add_argument("--allow-draft", action="store_true", help="print what nobody has signed")
    where = parser.add_argument_group("printer")
    where.add_argument(
        "--printer",
        default="",
        metavar="NAME|URI",
        help="a queue of CUPS, ipp://… or ipps://… (default: LPDEST, PRINTER, or that of CUPS)",
    )
    where.add_argument("--capabilities", action="store_true", help="say what the printer can do")
    where.add_argument("--test", action="store_true", help="print pages that try the printer out")
    where.add_argument(
        "--dry-run", action="store_true", help="say what would be printed, and print nothing"
    )
    jobs = parser.add_argument_group("jobs")
    jobs.add_argument(
        "--no-wait", dest="wait", action="store_false", help="end when the printer has them"
    )
    jobs.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="wait no longer than this, in all"
    )
    jobs.add_argument(
        "--run", default="", metavar="NAME", help="a name under which nothing is printed twice"
    )
    again = jobs.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="finish a run that was interrupted")
    again.add_argument("--anew", action="store_true", help="leave it, and print everything")
    again.add_argument(
        "--in-doubt",
        choices=("printed", "again"),
        default="",
        help="what a person has seen of jobs that the printer has forgotten",
    )
    parser.set_defaults(command=_print)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheaf:
    """An edition that is ready for a printer."""

    paper: "Paper"
    row: Mapping[str, Any]
    data: bytes
    wish: "Wish"
    ticket: "Ticket"

    @property
    def name(self) -> tuple[str, ...]:
        """What a person wants printed: the same in a retry, whichever paper is loaded by then."""
        wanted = replace(self.wish, location=Location(path=""))
        return self.paper.edition.path, self.row["digest"], repr(wanted)


def _print(options: argparse.Namespace) -> int:
    from handbill import printer, project  # noqa: PLC0415

    if not (options.what or options.test or options.capabilities):
        hint = "name a leaflet, or a list that ends in .csv"
        asked.cannot("unknown-choice", "print", "nothing to print is named", hint)
    # Who is in the wrong folder should not get a ledger there.
    found = sources.read(options.root)
    with asked.ledger(options) as ledger:
        spool, can = _at_the_printer(options, ledger)
        if options.capabilities:
            sys.stdout.write("".join(f"{line}\n" for line in can.lines()))
            return told.CLEAN
        if fault := printer.unfit(can, Location(path=_place(options.printer))):
            return _told([fault], _NOTHING)
        if standing := can.standing():
            say(f"{can.name}: {standing}")
        loaded = project.load(found, today=asked.today(options))
        if options.test:
            return _test(options, loaded, spool, can)
        papers, faults = _papers(options, loaded)
        if faults:
            return _told(faults, _NOTHING)
        sheaves, unfit = _sheaves(options, loaded, papers, can)
        for sheaf in sheaves:
            say(f"{sheaf.paper.edition.path}: {sheaf.ticket.words}")
        # Either all of it can be printed, or nothing is begun.
        if options.dry_run or told.status(map(told.rules().diagnose, unfit)) == told.FINDINGS:
            return _told(unfit, _NOTHING)
        _told(unfit)
        return _run(options, spool, sheaves)


def _at_the_printer(
    options: argparse.Namespace, ledger: "Ledger"
) -> tuple["Spool", "Capabilities"]:
    """Find the printer, and ask what it can do.

    Raises:
        HandbillError: there is none.
    """
    from handbill import ipp, spool  # noqa: PLC0415

    environment = os.environ
    name = options.printer or environment.get("LPDEST") or environment.get("PRINTER") or ""
    place = _place(name)
    server = environment.get("CUPS_SERVER") or next(
        (path for path in _SOCKETS if Path(path).is_socket()), "localhost"
    )
    user = _user()
    try:
        if not name:
            client = ipp.Client(ipp.Address.queue("", server), user=user)
            name = ipp.text(client.ask(ipp.Operation.CUPS_GET_DEFAULT).printer, "printer-name")
            say(f"the printer is {name}, the default of CUPS")
        address = ipp.Address.of(name) if "://" in name else ipp.Address.queue(name, server)
        way = spool.Spool(
            ipp.Client(address, user=user),
            ledger,
            clock=time.time,
            pause=time.sleep,
            say=say,
            seen=options.in_doubt,
        )
        can = way.capabilities()
    except ValueError as error:
        hint = "the name of a queue of CUPS, or such as ipp://10.0.0.7/ipp/print"
        asked.cannot("unknown-choice", place, f"no address of a printer: {error}", hint)
    except ipp.UnreachableError as error:
        asked.cannot("unreachable-printer", place, error.reason, error.hint)
    except (ipp.ProtocolError, ipp.RefusedError) as error:
        hint = "name a printer with --printer; lpstat -e lists those of CUPS"
        asked.cannot("unreachable-printer", place, str(error), hint)
    return way, replace(can, name=can.name or name)


def _place(name: str) -> str:
    """Return what findings call a printer; a name may hold a password, which is not repeated."""
    return "--printer" if not name or "@" in name else name


def _user() -> str:
    """Return in whose name is printed; who cancels a job must be the same."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as somebody whom it does not know.
        return "handbill"


def _papers(
    options: argparse.Namespace, loaded: "Project"
) -> tuple[tuple["Paper", ...], tuple[Fault, ...]]:
    """Read what is to be printed, from the command line or from lists."""
    from handbill import lists, shelf  # noqa: PLC0415

    rows: list[lists.Row] = []
    faults: list[Fault] = []
    for what in options.what:
        if what.lower().endswith(".csv"):
            for name in ("--language", "--copies"):
                if getattr(options, name.lstrip("-")):
                    hint = f"leave {name} out, or name a leaflet instead of a list"
                    asked.cannot("unknown-choice", name, "a list says that itself", hint)
            found, wrong = lists.read(
                sources.read_file(Path(what), limit=lists.LIMIT),
                path=what,
                kind="print-list",
                columns=shelf.PRINT_COLUMNS,
                optional=shelf.PRINT_OPTIONAL,
            )
            faults += wrong
        else:
            language = options.language or loaded.settings.source_language
            cells = {"leaflet": what, "language": language, "copies": options.copies or "1"}
            found = (lists.Row(cells=cells, location=Location(path=what)),)
        rows += (
            replace(row, cells={**row.cells, "clinic": row["clinic"] or options.clinic})
            for row in found
        )
    choice = shelf.Choice(
        format=options.format,
        is_booklet=options.booklet,
        is_large_print=options.large_print,
        is_mono=options.mono,
    )
    papers, wrong = shelf.papers(loaded, rows, choice)
    return papers, (*faults, *wrong)


def _sheaves(
    options: argparse.Namespace,
    loaded: "Project",
    papers: Sequence["Paper"],
    can: "Capabilities",
) -> tuple[list[_Sheaf], list[Fault]]:
    """Make what is to be printed, and work out how; say what cannot be."""
    from handbill import printer  # noqa: PLC0415

    rows = build.ready(options, [paper.edition for paper in papers])
    store = Store(asked.output(options))
    sheaves: list[_Sheaf] = []
    faults: list[Fault] = []

    def wrong(paper: "Paper", kind: str, message: str, hint: str = "") -> None:
        faults.append(
            Fault(
                kind=kind,
                location=paper.location,
                message=f"{paper.edition.path}: {message}",
                hint=hint,
                scope=paper.edition.scope,
            )
        )

    for paper in papers:
        path = paper.edition.path
        row = rows.get(path)
        if row is None:
            wrong(paper, "unready-edition", "it is stopped by errors", "mend what is found above")
            continue
        if not store.holds(path, row["digest"]):
            wrong(paper, "unready-edition", "its file is not the one that was made", "build it")
            continue
        if row["draft"] and not options.allow_draft:
            hint = "have it signed; to proof-read it on paper, --allow-draft"
            wrong(paper, "unprintable-draft", "a draft, which nobody has signed", hint)
            continue
        data = store.published(path)
        sheet = _sheet(data)
        if sheet is None:
            wrong(paper, "missing-capability", "its pages differ in size", "choose another format")
            continue
        form = loaded.formats[paper.edition.format]
        wish = printer.Wish(
            sheet=sheet,
            copies=paper.copies,
            direction=loaded.languages[paper.edition.language].direction,
            is_booklet=form.imposition == "booklet",
            is_mono=options.mono,
            is_one_sided=options.one_sided,
            is_stapled=options.staple,
            location=paper.location,
        )
        ticket = printer.ticket(can, wish)
        faults += ticket.faults
        sheaves.append(_Sheaf(paper=paper, row=row, data=data, wish=wish, ticket=ticket))
    return sheaves, faults


def _sheet(data: bytes) -> Any:
    """Return how large a file's pages are; None if they differ."""
    from handbill import impose, printer  # noqa: PLC0415

    sizes = impose.sizes(data)
    if len({(round(width), round(height)) for width, height in sizes}) != 1:
        return None
    return printer.Sheet(width=sizes[0][0], height=sizes[0][1], pages=len(sizes))


def _run(options: argparse.Namespace, spool: "Spool", sheaves: Sequence[_Sheaf]) -> int:
    """Print what has not been printed in this run, one job after the other."""
    from handbill import shelf  # noqa: PLC0415
    from handbill.ledger import Item  # noqa: PLC0415
    from handbill.spool import Order, run  # noqa: PLC0415

    ledger, uri = spool.ledger, spool.client.address.uri
    parts = [
        (sheaf, part, copies) for sheaf in sheaves for part, copies in enumerate(sheaf.ticket.parts)
    ]
    names = [(*sheaf.name, f"{part} {copies}") for sheaf, part, copies in parts]
    key = ledger.token("run", uri, *(word for name in names for word in name))[:16]
    campaign = run(
        ledger,
        key,
        time.time(),
        name=options.run,
        anew=options.anew,
        resume=options.resume or bool(options.in_doubt),
    )
    orders = [
        Order(
            item=Item(
                campaign=campaign,
                recipient=ledger.token("paper", uri, *name),
                thing=sheaf.row["digest"],
            ),
            title=sheaf.paper.edition.path,
            about=shelf.about(sheaf.row, copies),
            asked=sheaf.ticket.asked,
            copies=copies,
            data=sheaf.data,
            location=sheaf.paper.location,
        )
        for (sheaf, _, copies), name in zip(parts, names, strict=True)
    ]
    return _print_orders(options, spool, campaign, orders)


def _print_orders(
    options: argparse.Namespace, spool: "Spool", campaign: str, orders: Sequence["Order"]
) -> int:
    if options.timeout is not None:
        spool.deadline = time.time() + options.timeout
    faults: list[Fault] = []
    ends: list[str] = []
    with spool.ledger.alone(campaign):
        # An interrupted run is known to be one: all of it is written down before any of it.
        for order in orders:
            spool.ledger.plan(order.item, about=order.about)
        spool.ledger.left_behind(campaign)
        for order in orders:
            result = spool.print(order, waits=options.wait)
            ends.append(result.end)
            faults += [result.fault] if result.fault else []
            if result.stops:
                break
    if len(orders) > 1:
        counts = ", ".join(f"{ends.count(end)} {end}" for end in dict.fromkeys(ends))
        left = len(orders) - len(ends)
        say(f"{counts}" + (f", {left} not begun" if left else ""))
    return _told(faults)


def _test(
    options: argparse.Namespace, loaded: "Project", spool: "Spool", can: "Capabilities"
) -> int:
    """Print pages that say what was asked of the printer."""
    from handbill import press, printer, typeset  # noqa: PLC0415
    from handbill.ledger import Item  # noqa: PLC0415
    from handbill.spool import Order, run  # noqa: PLC0415

    clinics = loaded.clinics
    if options.clinic and options.clinic not in clinics:
        asked.unknown("--clinic", options.clinic, list(clinics))
    clinic = clinics.get(options.clinic) or next(iter(clinics.values()), None)
    is_letter = clinic is not None and clinic.paper == "letter"
    width, height = (215.9, 279.4) if is_letter else (210.0, 297.0)
    size = "letter" if is_letter else "A4"
    if options.booklet:
        width, height, size = 297.0, 210.0, "A5"
    place = Location(path="--test")
    wish = printer.Wish(
        sheet=printer.Sheet(width=width, height=height, pages=2),
        copies=1,
        direction="ltr",
        is_booklet=options.booklet,
        is_mono=options.mono,
        is_one_sided=options.one_sided,
        is_stapled=options.staple,
        location=place,
    )
    ticket = printer.ticket(can, wish)
    if told.status(map(told.rules().diagnose, ticket.faults)) == told.FINDINGS:
        return _told(ticket.faults, _NOTHING)
    _told(ticket.faults)
    typeset.prepare(str(asked.fonts_conf(options)))
    proof = press.trial(
        loaded,
        asked=ticket.words,
        printer=can.name,
        size=size,
        imposition="booklet" if options.booklet else "",
        toolchain="",
    )
    impression = press.print_proof(proof)
    if not impression.data:
        return _told(impression.faults, _NOTHING)
    say(f"test: {ticket.words}")
    if options.dry_run:
        return told.CLEAN
    ledger, uri = spool.ledger, spool.client.address.uri
    name = ledger.token("test", uri)
    campaign = run(ledger, name[:16], time.time(), anew=True)
    order = Order(
        item=Item(campaign=campaign, recipient=name, thing=sources.digest(impression.data)),
        title="test",
        about="",
        asked=ticket.asked,
        copies=1,
        data=impression.data,
        location=place,
    )
    return _print_orders(options, spool, campaign, [order])


def _told(faults: Sequence[Fault], end: str = "") -> int:
    """Tell findings; return the exit status that they make."""
    from handbill import report  # noqa: PLC0415

    found = [told.rules().diagnose(fault) for fault in faults]
    told.tell(found)
    if end:
        say(f"{end}; {report.summary(found)}")
    return told.status(found)
