"""Deliver the letters of a campaign: each once, or known to be in doubt.

The ledger is told of a letter before the one step that makes it the server's, and of the answer
after it. Killed at any moment and started again, this delivers what the ledger does not know to be
delivered, and nothing of which it cannot know.
"""

import heapq
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from types import FrameType

from handbill.diagnostics import Fault, HandbillError
from handbill.ledger import Entry, Item, Ledger, State
from handbill.post import Letter, UndeliverableError, complete, identity, wire
from handbill.submission import Answer, Fate, Submission, UnreachableError, meaning


#: A connection is not kept for a longer wait than this, in seconds: servers drop it.
_IDLE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a campaign is, and how fast. Times are in seconds.

    Attributes:
        attempts: how often a letter is tried in one run, and how often in a row a server that
            does not answer.
        first: about how long to wait before the second attempt; twice as long before each next.
        most: the longest wait between two attempts.
        within: after which time a letter is not tried again in this run.
        a_minute: how many letters the server may be given in a minute; none for no limit.
        refusals: after how many letters refused in a row, with the same answer, the fault is
            sought with us.
    """

    attempts: int = 6
    first: float = 30.0
    most: float = 900.0
    within: float = 4 * 3600.0
    a_minute: float | None = None
    refusals: int = 10

    def wait(self, tried: int, chance: float) -> float:
        """Return how long to wait after so many attempts; chance (0 to 1) spreads them."""
        whole: float = min(self.first * 2 ** (tried - 1), self.most)
        return whole * (0.5 + chance / 2)


class Choice(StrEnum):
    """What a person says of a letter that is in doubt or was refused."""

    KEEP = "keep"
    AGAIN = "again"
    #: They have found it with the recipient, or in the server's log.
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of a letter when this run is through with it.

    Attributes:
        entry: what the ledger knows; nothing of what it could not be asked for.
        before: it was known before this run, which did nothing.
        enclosed: whether the files were in it; otherwise links were, or it did not go out.
        fault: what is wrong, if anything is.
    """

    letter: Letter
    entry: Entry | None
    before: bool = False
    enclosed: bool = True
    fault: Fault | None = None


def keep(_letter: Letter, _entry: Entry) -> Choice:
    """Leave what is in doubt or was refused as it is."""
    return Choice.KEEP


@dataclass(slots=True, kw_only=True)
class _Turn:
    """A letter of this run."""

    letter: Letter
    item: Item
    #: How often this run has tried it, since when, and before which time it may not again.
    tried: int = 0
    since: float = 0.0
    due: float = 0.0
    enclosed: bool = True


@dataclass(kw_only=True)
class Campaign:
    """Letters under one name: whoever has one of them does not get it again under that name.

    Args:
        name: of the campaign.
        ledger: what is known of its letters.
        submission: who takes them.
        pace: how patient it is.
        clock: what tells the time, in seconds since 1970.
        sleep: what waits, in seconds.
        chance: what spreads attempts.
        largest: how many bytes a message may have, whatever the server says; none for no limit.
        seal: what signs a message for its domain, as bytes to bytes.
        choose: what a person says of a letter that is in doubt or was refused.
    """

    name: str
    ledger: Ledger
    submission: Submission
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = field(default_factory=lambda: Random().random)  # noqa: S311
    largest: int | None = None
    seal: Callable[[bytes], bytes] | None = None
    choose: Callable[[Letter, Entry], Choice] = keep

    def item(self, letter: Letter) -> Item:
        """Return what the ledger calls a letter.

        Raises:
            UndeliverableError: its address is none.
        """
        recipient = self.ledger.recipient(identity(letter.recipient))
        return Item(campaign=self.name, recipient=recipient, thing=letter.key)

    def number(self, letter: Letter) -> str:
        """Return a letter's Message-ID, without brackets: the same whenever it is sent.

        By it a server's log, or a recipient, can tell whether a letter in doubt has come.
        """
        item = self.item(letter)
        token = self.ledger.token("message", item.campaign, item.recipient, item.thing)
        return f"{token}@{letter.sender.rpartition('@')[2]}"

    def entry(self, letter: Letter) -> Entry | None:
        """Return what the ledger knows of a letter, if anything, without asking a server.

        Raises:
            UndeliverableError: its address is none.
        """
        return self.ledger.entry(self.item(letter))

    def deliver(self, letters: Iterable[Letter]) -> Iterator[Outcome]:
        """Deliver letters; yield what is known of each, in the order in which that is final.

        Raises:
            HandbillError: the ledger or the server cannot be used. What was delivered is known;
                the same call goes on from there.
        """
        with self.ledger.alone(self.name), self.submission:
            self.ledger.left_behind(self.name)
            yield from self._run(letters)

    def _run(self, letters: Iterable[Letter]) -> Iterator[Outcome]:
        turns, faults = self._turns(letters)
        entries = self.ledger.plan_all(turn.item for turn in turns)
        for letter, fault in faults:
            yield Outcome(letter=letter, entry=None, enclosed=False, fault=fault)
        waiting: list[tuple[float, int]] = []
        fresh: list[int] = []
        for place, (turn, entry) in enumerate(zip(turns, entries, strict=True)):
            known = self._decided(turn.letter, entry)
            if known.state == State.DEFERRED:
                turn.due = min(known.until or 0.0, self.clock() + self.pace.most)
                heapq.heappush(waiting, (turn.due, place))
            elif known.state == State.PLANNED:
                fresh.append(place)
            else:
                yield Outcome(
                    letter=turn.letter, entry=known, before=True, fault=self._fault(turn, known)
                )
        if waiting or fresh:
            self._reach()
            yield from self._deliver(turns, fresh[::-1], waiting)

    def _turns(self, letters: Iterable[Letter]) -> tuple[list[_Turn], list[tuple[Letter, Fault]]]:
        turns: dict[Item, _Turn] = {}
        faults = []
        for letter in letters:
            try:
                item = self.item(letter)
            except UndeliverableError as error:
                faults.append((letter, _undeliverable(letter, error)))
            else:
                # The list's checks tell of a row that stands there twice; it is one letter.
                turns.setdefault(item, _Turn(letter=letter, item=item))
        return list(turns.values()), faults

    def _decided(self, letter: Letter, entry: Entry) -> Entry:
        """Carry out what a person says of a letter in doubt or refused."""
        if entry.state not in {State.IN_DOUBT, State.REFUSED}:
            return entry
        match self.choose(letter, entry):
            case Choice.AGAIN:
                return self.ledger.again(entry.item)
            case Choice.DELIVERED if entry.state == State.IN_DOUBT:
                return self.ledger.delivered(entry.item, reply=_BY_HAND)
            case Choice.DELIVERED | Choice.KEEP:
                return entry

    def _reach(self) -> None:
        """Connect before anything is tried: what a person must mend is told at once."""
        try:
            self.submission.open()
        except UnreachableError as error:
            raise HandbillError(error.fault) from None

    def _deliver(
        self, turns: Sequence[_Turn], fresh: list[int], waiting: list[tuple[float, int]]
    ) -> Iterator[Outcome]:
        slot, lost, refused = 0.0, 0, ("", 0)
        while fresh or waiting:
            now = self.clock()
            due = waiting[0][0] if waiting else 0.0
            if not fresh and due > now:
                self._wait(due - now)
                continue
            if slot > now:
                self._wait(slot - now)
                continue
            place = heapq.heappop(waiting)[1] if waiting and due <= now else fresh.pop()
            turn = turns[place]
            slot = now + (60 / self.pace.a_minute if self.pace.a_minute else 0.0)
            try:
                outcome, answer = self._attempt(turn)
            except UnreachableError as error:
                # The server's fault, not the letter's: it is as it was.
                heapq.heappush(waiting, (turn.due, place))
                lost += 1
                self._despair(lost, error.fault)
                continue
            if answer is not None:
                lost = lost + 1 if answer.lost else 0
                same = answer.fate == Fate.REFUSED and answer.reply == refused[0]
                refused = (answer.reply, refused[1] + 1 if same else 1)
            if outcome is None:
                heapq.heappush(waiting, (turn.due, place))
            else:
                yield outcome
            if answer is not None and answer.fate == Fate.REFUSED:
                self._doubt_ourselves(*refused)
            if answer is not None and answer.lost and lost > 1:
                hint = "it breaks off each time: ask who runs it"
                self._despair(lost, self.submission.server.fault("the connection is lost", hint))

    def _wait(self, seconds: float) -> None:
        if seconds > _IDLE:
            self.submission.close()
        self.sleep(seconds)

    def _despair(self, lost: int, fault: Fault) -> None:
        """Wait for a server that was lost so many times in a row, or give up."""
        if lost >= self.pace.attempts:
            raise HandbillError(fault)
        self._wait(self.pace.wait(lost, self.chance()))

    def _doubt_ourselves(self, reply: str, times: int) -> None:
        """Stop when everybody is refused alike: that is not for the recipients to mend."""
        if times >= self.pace.refusals:
            message = f"{times} letters in a row were refused: {meaning(reply)}"
            hint = "does it let this account send to others? then choose to send these again"
            raise HandbillError(self.submission.server.fault(message, hint))

    def _attempt(self, turn: _Turn) -> tuple[Outcome | None, Answer | None]:
        """Try a letter once; return what is known of it if that is final, and the answer."""
        letter = turn.letter
        turn.since = turn.since or self.clock()
        try:
            address = self.submission.form(letter.recipient)
        except UndeliverableError as error:
            entry = self.ledger.entry(turn.item)
            fault = _undeliverable(letter, error)
            return Outcome(letter=letter, entry=entry, enclosed=False, fault=fault), None
        data = self._composed(turn, address)
        if data is None:
            return self._oversized(turn), None
        with _uninterrupted():
            answer = self.submission.submit(
                letter.sender, address, data, lambda: self.ledger.begin(turn.item)
            )
            if answer.too_large and turn.enclosed:
                # The smaller one goes at once.
                turn.enclosed, turn.due = False, self.clock()
                self.ledger.deferred(turn.item, until=turn.due, reply=answer.reply)
                return None, None
            return self._recorded(turn, answer), answer

    def _composed(self, turn: _Turn, address: str) -> bytes | None:
        """Compose a letter, with links if it would be too large; none if it is too large so too."""
        limits = [limit for limit in (self.largest, self.submission.largest()) if limit]
        for enclosed in (True, False) if turn.enclosed else (False,):
            message = turn.letter.message(enclosed)
            whole = complete(message, to=address, number=self.number(turn.letter), at=self.clock())
            data = wire(whole)
            data = self.seal(data) if self.seal else data
            if not limits or len(data) <= min(limits):
                turn.enclosed = enclosed
                return data
        return None

    def _recorded(self, turn: _Turn, answer: Answer) -> Outcome | None:
        """Write down an answer; return what is known if that is final."""
        turn.tried += 1
        if answer.fate == Fate.LATER:
            turn.due = self.clock() + self.pace.wait(turn.tried, self.chance())
            entry = self.ledger.deferred(turn.item, until=turn.due, reply=answer.reply)
            late = turn.due - turn.since > self.pace.within
            if turn.tried < self.pace.attempts and not late:
                return None
        elif answer.fate == Fate.ACCEPTED:
            entry = self.ledger.delivered(turn.item, reply=answer.reply, receipt=answer.receipt)
        elif answer.fate == Fate.REFUSED:
            entry = self.ledger.refused(turn.item, reply=answer.reply)
        else:
            entry = self.ledger.in_doubt(turn.item, reply=answer.reply)
        fault = self._fault(turn, entry)
        return Outcome(letter=turn.letter, entry=entry, enclosed=turn.enclosed, fault=fault)

    def _oversized(self, turn: _Turn) -> Outcome:
        letter = turn.letter
        fault = Fault(
            kind="oversized-letter",
            location=letter.place,
            message="too large, even with links instead of what is enclosed",
            hint="shorten the text of the message, or raise the limit",
        )
        entry = self.ledger.entry(turn.item)
        return Outcome(letter=letter, entry=entry, enclosed=False, fault=fault)

    def _fault(self, turn: _Turn, entry: Entry) -> Fault | None:
        """Return what a person must know of a letter, by what is known of it."""
        if entry.state == State.DELIVERED:
            return None
        if entry.state == State.REFUSED:
            kind, message = "refused-letter", f"refused: {meaning(entry.reply)}"
            hint = "it is not sent again unless you say so; is the address right?"
        elif entry.state == State.IN_DOUBT:
            kind, message = "doubtful-letter", "nobody knows whether the server has it"
            hint = f"look in the server's log for Message-ID {self.number(turn.letter)}"
        else:
            kind, hint = "unsent-letter", "the same command tries again"
            message = f"not sent in {turn.tried} attempts: {meaning(entry.reply)}"
        return Fault(kind=kind, location=turn.letter.place, message=message, hint=hint)


_BY_HAND = "somebody says so"


def _undeliverable(letter: Letter, error: UndeliverableError) -> Fault:
    return Fault(
        kind="undeliverable-address",
        location=letter.place,
        message=f"cannot be sent to: {error}",
        hint="ask for another address, or send through a server that takes it",
    )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put an interruption off until an answer is written down; a second one is not put off."""
    if threading.current_thread() is not threading.main_thread():
        # Signals do not come here.
        yield
        return
    interruptions: list[int] = []
    names = (signal.SIGINT, signal.SIGTERM)

    def put_off(number: int, _frame: FrameType | None) -> None:
        interruptions.append(number)
        if len(interruptions) > 1:
            raise KeyboardInterrupt

    before = {name: signal.signal(name, put_off) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if interruptions:
        raise KeyboardInterrupt
