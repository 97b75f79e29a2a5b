"""The ledger: what is written stays, what is not allowed is refused, nothing personal is kept."""

import itertools
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbill.diagnostics import HandbillError
from handbill.ledger import BEFORE, Entry, Item, Ledger, State


ADDRESS = "jane.doe@example.org"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where a ledger may be made."""
    return tmp_path / ".handbill"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """Return a ledger whose clock says 1, 2, 3 and so on."""
    with opened(folder) as made:
        yield made


def opened(folder: Path) -> Ledger:
    """Open a ledger with a clock of its own."""
    return Ledger(folder, clock=itertools.count(1.0).__next__)


def item(ledger: Ledger, address: str = ADDRESS, thing: str = "milia-ar") -> Item:
    """Return a thing on its way in the campaign `june`."""
    return Item(campaign="june", recipient=ledger.recipient(address), thing=thing)


def refusal(folder: Path) -> str:
    """Return why a ledger cannot be opened."""
    with pytest.raises(HandbillError) as caught:
        opened(folder)
    fault = caught.value.fault
    assert fault.kind == "ledger"
    assert fault.location.path == ".handbill/ledger.sqlite"
    assert fault.hint
    return fault.message


def test_what_is_delivered_is_known_ever_after(folder: Path) -> None:
    """A line outlives the process, with its attempts, reply, receipt and time."""
    with opened(folder) as ledger:
        sent = item(ledger)
        ledger.plan(sent)
        ledger.begin(sent)
        ledger.deferred(sent, until=50.0, reply="451 4.7.1")
        ledger.begin(sent)
        ledger.delivered(sent, reply="250 2.0.0", receipt="4F9A")
    expected = Entry(
        item=sent,
        state=State.DELIVERED,
        attempts=2,
        reply="250 2.0.0",
        receipt="4F9A",
        until=None,
        changed=5.0,
    )

    with opened(folder) as again:
        assert expected == again.plan(sent)
        assert again.campaigns() == ("june",)
        assert again.counts("june")[State.DELIVERED] == 1
        assert again.recipient(ADDRESS) == sent.recipient


def test_what_a_thing_is_may_be_written_down(ledger: Ledger) -> None:
    """What was delivered is found by its description, the oldest first; the rest is not."""
    sent = [item(ledger, thing=f"milia-{number}") for number in range(4)]
    for number, each in enumerate(sent):
        ledger.plan(each, about="" if number == 1 else f"milia {number}")
    for each in (sent[3], sent[1], sent[0]):
        ledger.begin(each)
        ledger.delivered(each)

    assert [entry.about for entry in ledger.described()] == ["milia 3", "milia 0"]


def test_another_campaign_or_thing_is_another_line(ledger: Ledger) -> None:
    """The same thing may go out again under another name, and another thing under the same."""
    first = item(ledger)
    others = (
        Item(campaign="july", recipient=first.recipient, thing=first.thing),
        item(ledger, thing="milia-es"),
        item(ledger, "john@example.org"),
    )
    ledger.plan(first)
    ledger.begin(first)
    ledger.delivered(first)

    assert [ledger.plan(other).state for other in others] == [State.PLANNED] * 3


def test_a_hand_over_begins_once(ledger: Ledger) -> None:
    """Nobody begins what is under way, delivered, refused or in doubt."""
    sent = item(ledger)
    ledger.plan(sent)
    ledger.begin(sent)
    for end in (None, ledger.in_doubt, ledger.delivered):
        if end is not None:
            end(sent)
        with pytest.raises(ValueError, match="to under way"):
            ledger.begin(sent)


def test_a_line_must_be_planned(ledger: Ledger) -> None:
    """What nobody has planned can be neither begun nor delivered."""
    with pytest.raises(ValueError, match="not planned"):
        ledger.begin(item(ledger))


def test_only_a_person_begins_again(ledger: Ledger) -> None:
    """What is in doubt or refused goes out again after `again`, and its attempts are kept."""
    sent = item(ledger)
    ledger.plan(sent)
    ledger.begin(sent)
    ledger.in_doubt(sent)

    assert ledger.plan(sent).state == State.IN_DOUBT
    assert ledger.again(sent).state == State.PLANNED
    ledger.begin(sent)
    assert ledger.refused(sent, reply="550 5.1.1").attempts == 2
    assert ledger.again(sent).attempts == 2


def test_a_noted_receipt_stays(ledger: Ledger) -> None:
    """The number of a job, noted while it is under way, outlives doubt and delivery."""
    sent = item(ledger)
    ledger.plan(sent)
    ledger.begin(sent)
    ledger.note(sent, "ipp://printer/jobs/7")
    ledger.left_behind("june")

    assert ledger.delivered(sent).receipt == "ipp://printer/jobs/7"


def brought(ledger: Ledger, item: Item, state: State) -> Entry:
    """Ask a ledger to bring an item into a state."""
    match state:
        case State.PLANNED:
            return ledger.again(item)
        case State.UNDER_WAY:
            return ledger.begin(item)
        case State.DELIVERED:
            return ledger.delivered(item)
        case State.REFUSED:
            return ledger.refused(item)
        case State.DEFERRED:
            return ledger.deferred(item, until=9.0)
        case State.IN_DOUBT:
            return ledger.in_doubt(item)


@given(
    steps=st.lists(st.tuples(st.sampled_from(State), st.integers(0, 2)), max_size=30),
    crashes=st.sets(st.integers(0, 29), max_size=3),
)
def test_no_order_of_steps_hands_over_twice(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[State, int]],
    crashes: set[int],
) -> None:
    """Whatever is called in whatever order, with crashes between, the table of states holds.

    Nothing is begun after it was delivered, and nothing twice without an end in between.
    """
    folder = tmp_path_factory.mktemp("ledger")
    ledger = opened(folder)
    items = [item(ledger, thing=str(number)) for number in range(3)]
    model = [ledger.plan(each).state for each in items]
    ends = [0, 0, 0]
    for number, (state, which) in enumerate(steps):
        moved = model[which] in BEFORE[state]
        if moved or (model[which] == state and state != State.UNDER_WAY):
            ends[which] += moved and state not in {State.PLANNED, State.UNDER_WAY}
            ends[which] -= moved and model[which] == State.IN_DOUBT and state != State.PLANNED
            model[which] = state
            assert brought(ledger, items[which], state).state == state
        else:
            with pytest.raises(ValueError, match=f"from {model[which]} to {state}"):
                brought(ledger, items[which], state)
        if number in crashes:
            ledger.close()
            ledger = opened(folder)
            with ledger.alone("june"):
                for entry in ledger.left_behind("june"):
                    left = items.index(entry.item)
                    assert model[left] == State.UNDER_WAY
                    model[left] = State.IN_DOUBT
                    ends[left] += 1
    found = {entry.item: (entry.state, entry.attempts) for entry in ledger.entries("june")}
    counts = ledger.counts("june")
    ledger.close()

    assert dict(zip(items, zip(model, ends, strict=True), strict=True)) == found
    assert {state: model.count(state) for state in State} == counts


def test_nothing_personal_is_kept(folder: Path) -> None:
    """No file of the ledger holds the address, and its hash needs the key."""
    with opened(folder) as ledger:
        sent = item(ledger)
        ledger.plan(sent)
        ledger.begin(sent)
        held = b"".join(path.read_bytes() for path in folder.iterdir())
    with opened(folder.parent / "other") as other:
        foreign = other.recipient(ADDRESS)

    assert sent.recipient.encode() in held
    for piece in (b"jane", b"doe", b"example"):
        assert piece not in held.lower()
    assert foreign != sent.recipient


def test_only_the_owner_may_look(folder: Path) -> None:
    """The folder, the ledger and its key are for their owner alone, whatever was there before."""
    folder.mkdir(mode=0o755)
    with opened(folder):
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (folder, folder / "ledger.sqlite", folder / "ledger.key")
        }

    assert modes == {".handbill": 0o700, "ledger.sqlite": 0o600, "ledger.key": 0o600}


def test_one_process_works_on_a_campaign(folder: Path, ledger: Ledger) -> None:
    """A second one is refused, another campaign is not, and a killed process lets go."""
    script = f"""
        import pathlib, sys, time
        from handbill.ledger import Ledger
        with Ledger(pathlib.Path({str(folder)!r}), clock=time.time).alone("june"):
            print("in", flush=True)
            sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(HandbillError, match="another process"), ledger.alone("june"):
            pass
        with ledger.alone("july"):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()
    with ledger.alone("june"):
        pass


def test_an_error_at_work_is_not_the_ledgers(ledger: Ledger) -> None:
    """What fails while a campaign is held is told as what it is."""
    with pytest.raises(ConnectionResetError), ledger.alone("june"):
        raise ConnectionResetError


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "ledger.sqlite").write_bytes(b"x" * 5000), "not a database"),
        (lambda folder: (folder / "ledger.sqlite").unlink(), "is missing"),
        (lambda folder: (folder / "ledger.sqlite").write_bytes(b""), "is empty"),
        (lambda folder: (folder / "ledger.key").unlink(), "without its key"),
        (lambda folder: (folder / "ledger.key").write_text("ff" * 32), "another key"),
        (lambda folder: (folder / "ledger.key").write_text("ff"), "damaged key"),
        (lambda folder: (folder / "ledger.key").chmod(0o644), "others may read"),
        (lambda folder: change(folder, "PRAGMA user_version = 2"), "newer handbill"),
        (lambda folder: change(folder, "PRAGMA application_id = 7"), "not a ledger of handbill"),
        (lambda folder: damage(folder / "ledger.sqlite"), "damaged|malformed"),
    ],
)
def test_a_ledger_that_cannot_be_trusted_stops_everything(
    folder: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """A damaged, foreign, newer or half missing ledger is told, and nothing begins anew."""
    with opened(folder) as ledger:
        for number in range(200):
            ledger.plan(item(ledger, thing=str(number)))
    spoil(folder)

    message = refusal(folder)
    assert any(piece in message for piece in said.split("|"))


def change(folder: Path, statement: str) -> None:
    """Change a ledger behind the program's back."""
    database = sqlite3.connect(folder / "ledger.sqlite")
    database.execute(statement)
    database.commit()
    database.close()


def damage(path: Path) -> None:
    """Overwrite the inner pages of a file."""
    with path.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 4)


@pytest.mark.parametrize("after", ["schema", "key"])
def test_a_ledger_cut_short_in_the_making_is_finished(folder: Path, after: str) -> None:
    """A crash before the first line leaves nothing that a person must mend."""
    with opened(folder):
        pass
    change(folder, "DELETE FROM key")
    if after == "schema":
        (folder / "ledger.key").unlink()
    with opened(folder) as ledger:
        ledger.plan(item(ledger))
    with opened(folder) as again:
        assert len(again.entries("june")) == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_ledger_that_may_not_be_written_is_told(folder: Path) -> None:
    """Somebody without the right to write is told so, before anything else."""
    with opened(folder):
        pass
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    child = os.fork()
    if not child:
        # Parents of the folder are closed to others: begin inside it.
        os.chdir(folder.parent)
        os.setuid(65534)
        try:
            Ledger(Path(folder.name), clock=float)
        except HandbillError as error:
            os._exit(0 if "cannot be used: " in error.fault.message else 1)
        os._exit(2)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_full_disk_writes_nothing_by_halves(ledger: Ledger) -> None:
    """What there is no room for is told, is not written, and goes on when there is room."""
    sent = [item(ledger, thing="x" * 3000 + str(number)) for number in range(100)]
    (pages,) = ledger._database.execute("PRAGMA page_count").fetchone()
    ledger._database.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(HandbillError) as caught:
        list(map(ledger.plan, sent))
    known = len(ledger.entries("june"))
    ledger._database.execute("PRAGMA max_page_count = 100000")
    for each in sent:
        ledger.plan(each)

    assert "full" in caught.value.fault.message
    assert "make room" in caught.value.fault.hint
    assert 0 < known < 100
    assert len(ledger.entries("june")) == 100
