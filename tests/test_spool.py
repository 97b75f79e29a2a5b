"""From a file to paper, against CUPS' own printer and print server: once, whatever breaks."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handbill import ipp, printer, spool
from handbill.diagnostics import HandbillError
from handbill.ipp import Operation, Tag
from handbill.ledger import Item, Ledger, State
from handbill.spool import End, Order, Result, Spool
from tests import printers
from tests.conftest import ROOT
from tests.printers import PDF, PLACE, Printer, Told, Wire, ask, eventually, job, ordered, spooler


pytestmark = pytest.mark.slow

Served = Callable[..., AbstractContextManager[Printer]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger."""
    with Ledger(tmp_path / ".handbill", clock=time.time) as made:
        yield made


@pytest.fixture
def eve(tmp_path: Path) -> Iterator[Printer]:
    """Return an IPP Everywhere printer that prints on both sides, in colour."""
    with printers.eve(tmp_path / "e") as found:
        yield found


@pytest.fixture
def cups(tmp_path: Path) -> Iterator[Printer]:
    """Return a queue of CUPS."""
    with printers.cups(tmp_path / "c") as found:
        yield found


@pytest.fixture(params=[printers.eve, printers.cups], ids=["eve", "cups"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Printer]:
    """Return the one, then the other."""
    with request.param(tmp_path / "p") as found:
        yield found


def printed(ledger: Ledger, found: Printer, told: Told, **options: float) -> Result:
    """Print an order on a printer."""
    way = spooler(ledger, found.uri, told, **options)
    return way.print(ordered(ledger, way))


def state(ledger: Ledger) -> State:
    """Return what is known of the only order."""
    (entry,) = ledger.entries("print:test:1")
    return entry.state


# --- what arrives ------------------------------------------------------------------------------


def test_what_was_asked_for_arrives_at_a_printer(eve: Printer, ledger: Ledger) -> None:
    """Copies, sides, paper, colour and every byte of the file; the name says nothing of it."""
    told = Told()
    done = printed(ledger, eve, told)

    assert done == Result(end=End.PRINTED)
    assert eve.tray.printed == [PDF]
    (asked,) = eve.tray.asked
    assert asked["IPP_COPIES"] == "3"
    assert asked["IPP_SIDES"] == "two-sided-long-edge"
    assert asked["IPP_MEDIA"] == "iso_a4_210x297mm"
    assert asked["IPP_PRINT_COLOR_MODE"] == "color"
    assert asked["IPP_MULTIPLE_DOCUMENT_HANDLING"] == "separate-documents-collated-copies"
    assert told[-1] == "one/ar/milia.a4.pdf: printed"
    assert "milia" not in str(asked)


def test_what_was_asked_for_arrives_at_a_queue(cups: Printer, ledger: Ledger) -> None:
    """CUPS takes the same, and is told not to scale."""
    done = printed(ledger, cups, Told())

    assert done == Result(end=End.PRINTED)
    assert cups.tray.printed == [PDF]
    known = job(cups, 1)
    assert {
        "copies": "3",
        "sides": "two-sided-long-edge",
        "media": "iso_a4_210x297mm",
        "print-color-mode": "color",
        "print-scaling": "none",
        "document-format": "application/pdf",
        "job-originating-user-name": "tester",
    }.items() <= known.items()
    assert known["job-name"].startswith("handbill ")


def test_a_queue_is_reached_by_its_name(cups: Printer, ledger: Ledger) -> None:
    """Over the socket of this machine, or at a server with a port."""
    for server in (cups.socket, f"localhost:{cups.port}"):
        client = ipp.Client(ipp.Address.queue("Front", server), user="tester")
        way = Spool(client, ledger, clock=time.time, pause=time.sleep, say=Told())

        assert way.capabilities().name == "Front"


def test_encrypted_printers_must_be_trusted(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that nobody knows is refused; one that a person has named is taken."""
    with printers.eve(tmp_path / "e", secure=True) as found:
        way = spooler(ledger, found.uri, Told())
        with pytest.raises(ipp.UnreachableError) as caught:
            way.capabilities()
        assert "cannot be trusted" in caught.value.reason
        (certificate,) = (tmp_path / "e/keys").glob("*.crt")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        assert printed(ledger, found, Told()).end is End.PRINTED
        assert found.tray.printed == [PDF]


# --- what printers say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("serve", "reason", "words"),
    [
        (printers.eve, "media-empty-error", "out of paper"),
        (printers.cups, "media-empty-error", "out of paper"),
        (printers.eve, "media-jam-error", "paper is jammed"),
        (printers.eve, "cover-open-error", "a cover is open"),
        (printers.cups, "marker-waste-full-error", "the printer's waste box is full"),
        (printers.cups, "offline-report", "the printer is offline"),
    ],
)
def test_a_printer_that_stops_says_why(
    serve: Served, tmp_path: Path, ledger: Ledger, reason: str, words: str
) -> None:
    """Out of paper and its like are told in plain words, once, and the job is waited for."""
    with serve(tmp_path / "p") as either:
        stops(either, ledger, reason, words)


def stops(either: Printer, ledger: Ledger, reason: str, words: str) -> None:
    """Stop a printer, and see it told."""
    told = Told()
    either.tray.acts(f"reason {reason}")
    told.then[words] = lambda: either.tray.acts("ok")
    done = printed(ledger, either, told)

    assert done.end is End.PRINTED
    assert sum(f"stopped: {words}" in said for said in told) == 1
    assert either.tray.printed == [PDF]


def test_a_printer_that_gives_up_is_told(eve: Printer, ledger: Ledger) -> None:
    """An aborted job is a finding, with what is known of it; the next command prints it."""
    eve.tray.acts("fail")
    done = printed(ledger, eve, Told())

    assert done.end is End.FAILED
    assert done.fault
    assert done.fault.kind == "failed-job"
    assert "job 1 was given up: the printer has given it up; nothing came out" in done.fault.message
    assert (done.fault.location, state(ledger)) == (PLACE, State.REFUSED)

    eve.tray.acts("ok")
    assert printed(ledger, eve, Told()).end is End.PRINTED
    assert eve.tray.printed == [PDF]


def test_a_queue_that_gives_up_is_told(tmp_path: Path, ledger: Ledger) -> None:
    """CUPS gives a job up where its queue says so."""
    with printers.cups(tmp_path / "c", policy="abort-job") as found:
        found.tray.acts("fail")
        done = printed(ledger, found, Told())

        assert done.fault
        assert "job 1 was given up" in done.fault.message


def test_time_runs_out_and_the_job_stays(either: Printer, ledger: Ledger) -> None:
    """After the timeout it is said why, and the same command waits for the same job."""
    either.tray.acts("reason media-empty-error")
    done = printed(ledger, either, Told(), wait=1.5)

    assert (done.end, done.stops) == (End.WAITING, True)
    assert done.fault
    assert done.fault.kind == "waiting-job"
    assert "job 1 is not printed yet: stopped: out of paper" in done.fault.message
    assert either.tray.printed == []

    told = Told()
    told.then["found again, as job 1; not sent again"] = lambda: either.tray.acts("ok")
    assert printed(ledger, either, told).end is End.PRINTED
    assert either.tray.printed == [PDF]


def test_a_paused_queue_is_waited_for(cups: Printer, ledger: Ledger) -> None:
    """A job waits while its queue is paused, and is told why."""
    told = Told()
    ask(cups, "Pause-Printer")
    told.then["the printer is paused"] = lambda: (ask(cups, "Resume-Printer"), None)[1]
    done = printed(ledger, cups, told)

    assert done.end is End.PRINTED
    assert "one/ar/milia.a4.pdf: waiting: the printer is paused" in told
    assert cups.tray.printed == [PDF]


def test_a_queue_that_stops_is_waited_for(cups: Printer, ledger: Ledger) -> None:
    """CUPS stops a queue whose printer fails; the job is told to wait, and printed when it may."""
    told = Told()

    def mend() -> None:
        cups.tray.acts("ok")
        ask(cups, "Resume-Printer")

    cups.tray.acts("fail")
    told.then["waiting: the printer is stopped"] = mend
    done = printed(ledger, cups, told)

    assert done.end is End.PRINTED
    assert cups.tray.printed == [PDF]


def test_a_held_job_is_waited_for(cups: Printer, ledger: Ledger) -> None:
    """Somebody holds the job at the server, and releases it."""
    told = Told()
    ask(cups, "Pause-Printer")
    number = "ATTR integer job-id 1"

    def hold() -> None:
        ask(cups, "Hold-Job", number)

    def release() -> None:
        ask(cups, "Resume-Printer")
        ask(cups, "Release-Job", number)

    told.then["the printer is paused"] = hold
    told.then["held: "] = release
    done = printed(ledger, cups, told)

    assert done.end is End.PRINTED
    assert any("held: the printer holds it until a time that was set" in said for said in told)
    assert cups.tray.printed == [PDF]


def test_a_job_cancelled_by_somebody_is_told(cups: Printer, ledger: Ledger) -> None:
    """Who cancels a job wants it cancelled: it is a finding, and not printed unasked."""
    told = Told()
    ask(cups, "Pause-Printer")
    told.then["the printer is paused"] = lambda: (
        ask(cups, "Cancel-Job", "ATTR integer job-id 1"),
        None,
    )[1]
    done = printed(ledger, cups, told)

    assert done.fault
    assert "job 1 was cancelled: " in done.fault.message
    assert "nothing came out" in done.fault.message
    assert not done.stops


def test_a_refusing_queue_stops_everything(cups: Printer, ledger: Ledger) -> None:
    """It says so before anything is sent, and again if it changes its mind meanwhile."""
    way = spooler(ledger, cups.uri, Told())
    order = ordered(ledger, way)
    ask(cups, "CUPS-Reject-Jobs")
    fault = printer.unfit(way.capabilities(), PLACE)
    done = way.print(order)

    assert fault
    assert fault.message == "Front accepts no jobs: Rejecting Jobs"
    assert done.fault
    assert (done.fault.kind, done.stops) == ("refusing-printer", True)
    assert "it accepts no jobs" in done.fault.message
    assert cups.tray.printed == []


def test_nothing_listens(ledger: Ledger) -> None:
    """A printer that is switched off is told as such, and nothing is in doubt."""
    with pytest.raises(ipp.UnreachableError) as caught:
        spooler(ledger, f"ipp://localhost:{printers.free_port()}/ipp/print", Told()).capabilities()

    assert "nothing listens at localhost:" in caught.value.reason
    assert not caught.value.sent


# --- what breaks -------------------------------------------------------------------------------

CREATE, SEND, FOLLOW = Operation.CREATE_JOB, Operation.SEND_DOCUMENT, Operation.GET_JOB_ATTRIBUTES
#: IPP Everywhere's sample printer prints half a file as if it were whole, and counts no bytes.
UNSURE = {(SEND, "middle"), (SEND, "after")}
BREAKS = [
    (CREATE, "before"),
    (CREATE, "after"),
    (SEND, "before"),
    (SEND, "middle"),
    (SEND, "after"),
    (FOLLOW, "before"),
]


def drained(found: Printer) -> None:
    """Wait until a printer has no job any more."""

    def is_idle() -> bool:
        said = ask(found, "Get-Jobs", "ATTR keyword which-jobs not-completed")
        return "job-id" not in said

    eventually(is_idle, "a job is left")


@pytest.mark.parametrize(("operation", "where"), BREAKS)
def test_a_broken_connection_prints_once(
    either: Printer, ledger: Ledger, operation: Operation, where: str
) -> None:
    """Wherever it breaks, what became of the job is looked up, and the leaflet comes out once."""
    wire, told = Wire(either), Told()
    way = spooler(ledger, wire.uri, told)
    order = ordered(ledger, way)
    wire.cut(operation, where)
    done = way.print(order)
    again = way.print(order)

    drained(either)
    assert len(either.tray.printed) == 1
    if not either.socket and (operation, where) in UNSURE:
        assert (done.end, again.end) == (End.IN_DOUBT, End.IN_DOUBT)
    else:
        assert (done.end, again.end) == (End.PRINTED, End.BEFORE)
        assert either.tray.printed == [PDF]


#: A process of its own, to be killed: it prints the order of this file.
_PROCESS = """\
import sys, time
from pathlib import Path
from handbill.ledger import Ledger
from tests.printers import Told, ordered, spooler
with Ledger(Path(sys.argv[1]), clock=time.time) as ledger:
    way = spooler(ledger, sys.argv[2], Told())
    with ledger.alone("print:test:1"):
        order = ordered(ledger, way)
        ledger.left_behind("print:test:1")
        print("begin", flush=True)
        print(way.print(order).end, flush=True)
"""


def started(folder: Path, uri: str) -> subprocess.Popen[str]:
    """Start printing in another process."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_PROCESS), str(folder), uri],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("operation", "where"), [*BREAKS, (FOLLOW, "after")])
def test_a_killed_process_prints_once(
    either: Printer, tmp_path: Path, operation: Operation, where: str
) -> None:
    """Killed at any step, and started again, it has printed the leaflet once."""
    wire, folder = Wire(either), tmp_path / "ledger"
    process = started(folder, wire.uri)
    wire.cut(operation, where, lambda: process.send_signal(signal.SIGKILL))
    said, _ = process.communicate(timeout=printers.PATIENCE)
    again, _ = started(folder, wire.uri).communicate(timeout=printers.PATIENCE)

    assert (said, process.returncode) == ("begin\n", -signal.SIGKILL)
    drained(either)
    assert len(either.tray.printed) == 1
    if not either.socket and (operation, where) in UNSURE:
        assert again == "begin\nin doubt\n"
    else:
        assert again == "begin\nprinted\n"
        assert either.tray.printed == [PDF]


def test_a_job_that_is_being_printed_is_found_again(either: Printer, tmp_path: Path) -> None:
    """Killed while the printer is at work, a retry waits for that job and sends nothing."""
    folder = tmp_path / "ledger"
    either.tray.acts("reason media-empty-error")
    process = started(folder, either.uri)
    eventually(lambda: "media-empty" in ask(either, "Get-Printer-Attributes"))
    process.kill()
    process.communicate()
    retry = started(folder, either.uri)
    eventually(lambda: retry.stdout and retry.stdout.readline() == "begin\n")
    either.tray.acts("ok")
    said, _ = retry.communicate(timeout=printers.PATIENCE)

    assert said == "printed\n"
    assert either.tray.printed == [PDF]


def test_an_interrupted_job_is_cancelled(either: Printer, ledger: Ledger) -> None:
    """Ctrl-C cancels the job at the printer, and says what came out."""
    told, wire = Told(), Wire(either)

    def interrupt() -> None:
        raise KeyboardInterrupt

    either.tray.acts("reason media-empty-error")
    told.then["stopped: out of paper"] = interrupt
    wire.cut(Operation.CANCEL_JOB, "never", lambda: either.tray.acts("quit"))
    way = spooler(ledger, wire.uri, told)
    with pytest.raises(KeyboardInterrupt):
        way.print(ordered(ledger, way))

    assert told[-1].startswith("one/ar/milia.a4.pdf: cancelled: ")
    assert told[-1].endswith("nothing came out")
    assert state(ledger) is State.REFUSED
    drained(either)
    assert either.tray.printed == []


def test_sides_that_came_out_are_counted(eve: Printer, ledger: Ledger) -> None:
    """Where the printer counts, who cancels learns how much is in the tray."""
    told, wire = Told(), Wire(eve)

    def interrupt() -> None:
        eventually(lambda: job(eve, 1).get("job-impressions-completed") == "3")
        raise KeyboardInterrupt

    eve.tray.acts("hang")
    told.then["printing"] = interrupt
    wire.cut(Operation.CANCEL_JOB, "never", lambda: eve.tray.acts("quit"))
    way = spooler(ledger, wire.uri, told)
    with pytest.raises(KeyboardInterrupt):
        way.print(ordered(ledger, way))

    assert told[-1].endswith("; 3 sides came out")


def test_what_a_printer_has_forgotten_is_in_doubt(tmp_path: Path, ledger: Ledger) -> None:
    """A server that keeps no history cannot tell, so a person is asked, and decides."""
    with printers.cups(tmp_path / "c", history=False) as found:
        wire, told = Wire(found), Told()
        way = spooler(ledger, wire.uri, told)
        order = ordered(ledger, way)
        wire.cut(SEND, "after", lambda: eventually(lambda: found.tray.printed))
        wire.cut(FOLLOW, "before")
        done = way.print(order)

        assert (done.end, state(ledger)) == (End.IN_DOUBT, State.IN_DOUBT)
        assert done.fault
        assert done.fault.kind == "doubtful-print"
        assert "job 1 may have been printed: the printer has forgotten job 1" in done.fault.message
        assert way.print(order).end is End.IN_DOUBT
        way.seen = "printed"
        assert way.print(order).end is End.BEFORE
        assert found.tray.printed == [PDF]

        other = ordered(ledger, way, run="print:test:2")
        wire.cut(SEND, "after", lambda: eventually(lambda: len(found.tray.printed) == 2))
        wire.cut(FOLLOW, "before")
        way.seen = ""
        assert way.print(other).end is End.IN_DOUBT
        way.seen = "again"
        way.print(other)
        eventually(lambda: len(found.tray.printed) == 3)


def test_a_printer_that_vanishes_leaves_a_doubt(cups: Printer, ledger: Ledger) -> None:
    """Out of reach after the document was sent: in doubt, until it can be asked."""
    wire, told = Wire(cups), Told()
    way = spooler(ledger, wire.uri, told)
    order = ordered(ledger, way)
    wire.cut(SEND, "after", wire.close)
    done = way.print(order)

    assert (done.end, done.stops) == (End.IN_DOUBT, True)
    again = spooler(ledger, cups.uri, told)
    assert again.print(order).end is End.PRINTED
    assert cups.tray.printed == [PDF]


def test_nobody_need_wait(either: Printer, ledger: Ledger) -> None:
    """Handed over is handed over: the run has ended, and the printer goes on."""
    told = Told()
    way = spooler(ledger, either.uri, told)
    done = way.print(ordered(ledger, way), waits=False)

    assert done.end in {End.HANDED_OVER, End.PRINTED}
    assert state(ledger) is State.DELIVERED
    eventually(lambda: either.tray.printed == [PDF])


def test_a_busy_printer_is_waited_for(eve: Printer, ledger: Ledger) -> None:
    """It takes no second job while it prints one; then it does."""
    told = Told()
    way = spooler(ledger, eve.uri, told)
    eve.tray.acts("reason media-empty-error")
    way.print(ordered(ledger, way), waits=False)
    told.then["waiting: it is busy"] = lambda: eve.tray.acts("ok")
    done = way.print(ordered(ledger, way, name="hands"))

    assert done.end is End.PRINTED
    assert len(eve.tray.printed) == 2


def test_a_job_without_a_document_is_cancelled_too(either: Printer, ledger: Ledger) -> None:
    """Interrupted between the two, nothing is left behind."""
    told = Told()

    def interrupt() -> None:
        raise KeyboardInterrupt

    told.then["job 1"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        printed(ledger, either, told)

    assert "cancelled: " in told[-1]
    drained(either)
    assert printed(ledger, either, told).end is End.PRINTED
    assert either.tray.printed == [PDF]


def test_a_printer_that_drops_what_is_asked_prints_nothing(
    eve: Printer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who makes a job, but says that it will come out otherwise, gets no document."""
    way = spooler(ledger, eve.uri, Told())
    ask_truly = way.client.ask

    def ask_with_less(operation: Operation, *said: Any, **more: Any) -> ipp.Response:
        found = ask_truly(operation, *said, **more)
        if operation is CREATE:
            return replace(found, status=1, unsupported={"sides": (None,)})
        return found

    monkeypatch.setattr(way.client, "ask", ask_with_less)
    done = way.print(ordered(ledger, way))

    assert done.fault
    assert done.fault.kind == "missing-capability"
    assert done.fault.message.endswith(
        "the printer refuses it: it does not do what is asked: sides"
    )
    drained(eve)
    assert eve.tray.printed == []


def test_no_printer_at_an_address(eve: Printer, cups: Printer, ledger: Ledger) -> None:
    """A wrong path, and a queue that there is none of."""
    for uri, words in (
        (eve.uri.replace("/ipp/print", "/ipp/fax"), "it knows no such printer"),
        (cups.uri.replace("Front", "Back"), "it knows no such printer or job"),
    ):
        with pytest.raises(ipp.RefusedError) as caught:
            spooler(ledger, uri, Told()).capabilities()

        assert words in str(caught.value)


def test_a_printer_refuses_what_it_cannot_do(eve: Printer, ledger: Ledger) -> None:
    """It is asked to take all or nothing, and says what it lacks."""
    way = spooler(ledger, eve.uri, Told())
    order = ordered(ledger, way)
    wrong = (*order.asked, ("sides", Tag.KEYWORD, ("no-such-side",)))
    strange = Order(
        item=order.item,
        title=order.title,
        about="",
        asked=wrong[3:],
        copies=1,
        data=PDF,
        location=PLACE,
    )
    done = way.print(strange)

    assert done.fault
    assert done.fault.kind == "missing-capability"
    assert "sides" in done.fault.message
    assert eve.tray.printed == []


# --- which runs are the same -------------------------------------------------------------------


def test_a_retry_is_the_same_run_and_a_finished_one_is_over(ledger: Ledger) -> None:
    """What is unfinished is taken up, unless that is long ago; what is finished is printed anew."""
    now = time.time()

    def run(**options: bool | str) -> str:
        return spool.run(ledger, "k", now, **options)  # type: ignore[arg-type]

    first, second = (
        Item(campaign="print:k:1", recipient=name, thing="digest") for name in ("a", "b")
    )
    assert run() == "print:k:1"
    for item in (first, second):
        ledger.plan(item)
    assert run() == "print:k:1"
    ledger.begin(first)
    ledger.delivered(first)
    assert run() == "print:k:1"
    assert run(anew=True) == "print:k:2"
    assert run(name="monday") == "print run monday"

    now += spool.RECENT + 60
    with pytest.raises(HandbillError) as caught:
        run()
    assert "not finished: 1 of 2 printed" in caught.value.fault.message
    assert run(resume=True) == "print:k:1"
    ledger.begin(second)
    ledger.delivered(second)
    assert run() == "print:k:2"
