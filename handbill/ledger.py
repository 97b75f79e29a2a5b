"""What has been handed over, to whom, and what is known of it: mailings and print jobs.

A line of the ledger says that a thing (a digest) goes to somebody (a keyed hash) in a campaign.
Whoever delivers writes the intention down before the step that cannot be taken back, and the
result after it; both outlive a crash. So a line that is still under way when nobody is at work is
in doubt, and only a person, or the other side's own record, can say more. No address, no name and
no subject is ever stored. Knows nothing of mail or printers.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from handbill.diagnostics import Fault, HandbillError, Location


#: Where the ledger of a project lies, below its root. Git ignores the folder.
FOLDER = ".handbill"

_LEDGER, _KEY = "ledger.sqlite", "ledger.key"

#: "hand" and "bill" as a number; the file system's `file` shows it.
_APPLICATION = 0x68626C6C
_SCHEMA = 1

#: For how long another process may be writing, in seconds.
_PATIENCE = 30

_TABLES = """
CREATE TABLE key (mark TEXT NOT NULL);
CREATE TABLE line (
  campaign TEXT NOT NULL,
  recipient TEXT NOT NULL,
  thing TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  reply TEXT NOT NULL DEFAULT '',
  receipt TEXT NOT NULL DEFAULT '',
  about TEXT NOT NULL DEFAULT '',
  until REAL,
  planned REAL NOT NULL,
  changed REAL NOT NULL,
  PRIMARY KEY (campaign, recipient, thing)
) WITHOUT ROWID;
"""


class State(StrEnum):
    """What is known of a delivery."""

    PLANNED = "planned"
    #: It may not happen before a time: the other side said "later".
    DEFERRED = "deferred"
    #: It is being handed over, and the other side has not said yet that it has it.
    UNDER_WAY = "under way"
    DELIVERED = "delivered"
    REFUSED = "refused"
    #: It was handed over, and nobody heard whether the other side has it.
    IN_DOUBT = "in doubt"


#: From which states each state is reached.
BEFORE: Mapping[State, frozenset[State]] = {
    # Only a person begins again what was refused or is in doubt.
    State.PLANNED: frozenset({State.REFUSED, State.IN_DOUBT}),
    State.UNDER_WAY: frozenset({State.PLANNED, State.DEFERRED}),
    State.DEFERRED: frozenset({State.PLANNED, State.DEFERRED, State.UNDER_WAY}),
    State.DELIVERED: frozenset({State.UNDER_WAY, State.IN_DOUBT}),
    State.REFUSED: frozenset({State.PLANNED, State.DEFERRED, State.UNDER_WAY, State.IN_DOUBT}),
    State.IN_DOUBT: frozenset({State.UNDER_WAY}),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Item:
    """A thing on its way to somebody.

    Attributes:
        campaign: the name under which a person sends it; the same thing goes out again only under
            another name.
        recipient: what `Ledger.recipient` makes of an address.
        thing: the digest of what is delivered.
    """

    campaign: str
    recipient: str
    thing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of an item.

    Attributes:
        attempts: how often it was tried, to an end that is known or in doubt.
        reply: what the other side said, without anything personal.
        receipt: by what the other side knows it, such as the number of a job.
        about: what the thing is, where that says nothing of anybody, such as which leaflet.
        until: before which time it may not be tried again.
        changed: when this became known.
    """

    item: Item
    state: State
    attempts: int
    reply: str
    receipt: str
    about: str = ""
    until: float | None
    changed: float


class Ledger:
    """The ledger in a folder, made if it is not there.

    Args:
        folder: usually `FOLDER` below the project's root; only its owner may look into it.
        clock: what tells the time, in seconds since 1970.

    Raises:
        HandbillError: it cannot be read and written, is damaged, or is not of this program.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._clock = clock
        with self._told():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)
        with self._held(folder / "lock", wait=True), self._told():
            self._secret, self._database = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def recipient(self, address: str) -> str:
        """Return what the ledger calls an address: a hash that nobody can make without the key."""
        return self.token("recipient", address)

    def token(self, *parts: str) -> str:
        """Return a name that is the same for the same parts, and that says nothing of them."""
        # The lengths keep ("ab", "c") apart from ("a", "bc").
        message = "".join(f"{len(part)}:{part}" for part in parts).encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:40]

    @contextmanager
    def alone(self, campaign: str) -> Iterator[None]:
        """Keep other processes out of a campaign meanwhile.

        Raises:
            HandbillError: another process is at work on it.
        """
        with self._held(self.folder / f"{self.token('lock', campaign)}.lock", wait=False):
            yield

    def plan(self, item: Item, *, about: str = "") -> Entry:
        """Write down that an item is to be delivered, unless it is known; return what is known."""
        (entry,) = self.plan_all([item], about=about)
        return entry

    def plan_all(self, items: Iterable[Item], *, about: str = "") -> tuple[Entry, ...]:
        """Do as `plan` does for many items: all or none are written down."""
        now = self._clock()
        wanted = tuple(items)
        with self._writing():
            self._database.executemany(
                "INSERT OR IGNORE INTO line"
                " (campaign, recipient, thing, state, about, planned, changed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (item.campaign, item.recipient, item.thing, State.PLANNED, about, now, now)
                    for item in wanted
                ],
            )
            return tuple(map(self._known, wanted))

    def entry(self, item: Item) -> Entry | None:
        """Return what is known of an item, if anything is."""
        with self._told():
            row = self._database.execute(
                "SELECT * FROM line WHERE campaign = ? AND recipient = ? AND thing = ?",
                (item.campaign, item.recipient, item.thing),
            ).fetchone()
        return _entry(row) if row else None

    def entries(self, campaign: str, *states: State) -> tuple[Entry, ...]:
        """Return what is known of a campaign's items, or of those in certain states."""
        wanted = frozenset(states or State)
        with self._told():
            rows = self._database.execute(
                "SELECT * FROM line WHERE campaign = ? ORDER BY planned, recipient, thing",
                (campaign,),
            )
            return tuple(entry for entry in map(_entry, rows) if entry.state in wanted)

    def described(self) -> tuple[Entry, ...]:
        """Return all that was delivered and is described, the oldest first."""
        with self._told():
            rows = self._database.execute(
                "SELECT * FROM line WHERE state = ? AND about != ''"
                " ORDER BY changed, recipient, thing",
                (State.DELIVERED,),
            )
            return tuple(map(_entry, rows))

    def campaigns(self) -> tuple[str, ...]:
        """Return the names of all campaigns."""
        with self._told():
            rows = self._database.execute("SELECT DISTINCT campaign FROM line ORDER BY campaign")
            return tuple(name for (name,) in rows)

    def counts(self, campaign: str) -> Mapping[State, int]:
        """Return how many items of a campaign are in each state."""
        with self._told():
            rows = self._database.execute(
                "SELECT state, COUNT(*) FROM line WHERE campaign = ? GROUP BY state", (campaign,)
            )
            found = dict(rows)
        return {state: found.get(state, 0) for state in State}

    def begin(self, item: Item) -> Entry:
        """Write down that an item is being handed over. Only after this may that be done.

        Raises:
            ValueError: it is under way already, so handing it over might be the second time.
        """
        return self._move(item, State.UNDER_WAY)

    def delivered(self, item: Item, *, reply: str = "", receipt: str | None = None) -> Entry:
        """Write down that the other side has an item; without a receipt, the noted one stays."""
        return self._move(item, State.DELIVERED, reply=reply, receipt=receipt)

    def refused(self, item: Item, *, reply: str = "") -> Entry:
        """Write down that the other side will not take an item."""
        return self._move(item, State.REFUSED, reply=reply)

    def deferred(self, item: Item, *, until: float, reply: str = "") -> Entry:
        """Write down that an item did not get there, and may be tried again at a time."""
        return self._move(item, State.DEFERRED, reply=reply, until=until)

    def in_doubt(self, item: Item, *, reply: str = "", receipt: str | None = None) -> Entry:
        """Write down that nobody knows whether the other side has an item."""
        return self._move(item, State.IN_DOUBT, reply=reply, receipt=receipt)

    def again(self, item: Item) -> Entry:
        """Write down that a person wants an item delivered that was refused or is in doubt."""
        return self._move(item, State.PLANNED)

    def note(self, item: Item, receipt: str) -> Entry:
        """Write down by what the other side knows an item that is under way or in doubt."""
        with self._writing():
            self._database.execute(
                "UPDATE line SET receipt = ?, changed = ?"
                " WHERE campaign = ? AND recipient = ? AND thing = ? AND state IN (?, ?)",
                (
                    receipt,
                    self._clock(),
                    item.campaign,
                    item.recipient,
                    item.thing,
                    State.UNDER_WAY,
                    State.IN_DOUBT,
                ),
            )
            return self._known(item)

    def left_behind(self, campaign: str) -> tuple[Entry, ...]:
        """Put in doubt what is under way though nobody is at work: call it inside `alone`."""
        return tuple(
            self._move(entry.item, State.IN_DOUBT)
            for entry in self.entries(campaign, State.UNDER_WAY)
        )

    def _move(
        self,
        item: Item,
        state: State,
        *,
        reply: str = "",
        receipt: str | None = None,
        until: float | None = None,
    ) -> Entry:
        """Bring an item into a state; nothing happens if it is there already, but to `begin`.

        Raises:
            ValueError: no way leads there from the state that it is in; that is a bug.
        """
        # An attempt is counted when it ends, so what a crash left behind counts once.
        tried = int(state not in {State.PLANNED, State.UNDER_WAY})
        with self._writing():
            moved = self._database.execute(
                "UPDATE line SET state = ?, attempts = attempts + (? AND state != ?), reply = ?,"
                " receipt = coalesce(?, receipt), until = ?, changed = ?"
                " WHERE campaign = ? AND recipient = ? AND thing = ?"
                " AND state IN (SELECT value FROM json_each(?))",
                (
                    state,
                    tried,
                    State.IN_DOUBT,
                    reply,
                    receipt,
                    until,
                    self._clock(),
                    item.campaign,
                    item.recipient,
                    item.thing,
                    json.dumps(sorted(BEFORE[state])),
                ),
            ).rowcount
            known = self._known(item)
        if not moved and (known.state != state or state == State.UNDER_WAY):
            message = f"from {known.state} to {state}"
            raise ValueError(message)
        return known

    def _known(self, item: Item) -> Entry:
        known = self.entry(item)
        if known is None:
            message = "an item that was not planned"
            raise ValueError(message)
        return known

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Do all of it or nothing; when it is left, it is on the disk."""
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _open(self) -> tuple[bytes, sqlite3.Connection]:
        """Open the ledger and read its key; make both if neither is there."""
        path, key = self.folder / _LEDGER, self.folder / _KEY
        if key.exists() and not path.exists():
            raise self._error("is missing, though its key is there", _LOST)
        with ExitStack() as undo:
            database = undo.enter_context(
                closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None))
            )
            path.chmod(0o600)
            self._prepare(database)
            mark = database.execute("SELECT mark FROM key").fetchone()
            if mark is not None and not key.exists():
                raise self._error(
                    f"cannot be read without its key, {_KEY}", "restore that file from a backup"
                )
            secret = self._key(key)
            expected = hmac.new(secret, b"mark", hashlib.sha256).hexdigest()
            if mark is None:
                database.execute("INSERT INTO key (mark) VALUES (?)", (expected,))
            elif mark != (expected,):
                raise self._error(
                    f"belongs to another key than {_KEY}", "restore both from the same backup"
                )
            undo.pop_all()
            return secret, database

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Make the tables if there are none; refuse what is damaged or not ours."""
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (schema,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        if not application and not tables:
            if (self.folder / _KEY).exists():
                raise self._error("is empty, though its key is there", _LOST)
            self._make(database)
        elif application != _APPLICATION:
            raise self._error("is not a ledger of handbill", "move the file away")
        elif schema > _SCHEMA:
            raise self._error("was written by a newer handbill", "use that version, or a newer")
        (health,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise self._error("is damaged", _HINTS[sqlite3.SQLITE_CORRUPT])
        (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise self._error("is on a file system without shared memory", "use a local disk")
        database.execute("PRAGMA synchronous = FULL")
        # A disk or a mode that forbids writing is told now, before anything is handed over.
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA user_version = {_SCHEMA}")
        database.execute("COMMIT")

    def _make(self, database: sqlite3.Connection) -> None:
        database.executescript(
            f"BEGIN IMMEDIATE; {_TABLES}"
            f" PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_SCHEMA}; COMMIT;"
        )

    def _key(self, path: Path) -> bytes:
        """Read the key, or make it: whole or not at all."""
        if not path.exists():
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            temporary.unlink(missing_ok=True)
            try:
                opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with closing(os.fdopen(opened, "w")) as file:
                    file.write(secrets.token_hex(32) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                temporary.rename(path)
            finally:
                temporary.unlink(missing_ok=True)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        try:
            secret = bytes.fromhex(path.read_text("ascii"))
        except ValueError:
            secret = b""
        if len(secret) != 32:
            raise self._error(f"has a damaged key, {_KEY}", "restore that file from a backup")
        if path.stat().st_mode & 0o077:
            raise self._error(f"has a key that others may read, {_KEY}", f"chmod 600 {_KEY}")
        return secret

    @contextmanager
    def _held(self, path: Path, *, wait: bool) -> Iterator[None]:
        """Hold a lock that the system drops when this process ends, however it ends."""
        with self._told():
            file = path.open("w")
        with file:
            with self._told():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                except BlockingIOError as error:
                    raise self._error(
                        "is in use: another process is at work on this campaign",
                        "wait until it has ended",
                    ) from error
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what the disk or SQLite refuses as a fault."""
        try:
            yield
        except sqlite3.Error as error:
            said = str(error)
            hint = _HINTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _HINT)
            raise self._error(f"cannot be used: {said[:1].lower()}{said[1:]}", hint) from error
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            raise self._error(f"cannot be used: {said}", _HINT) from error

    def _error(self, message: str, hint: str) -> HandbillError:
        place = Location(path=f"{self.folder.name}/{_LEDGER}")
        return HandbillError(Fault(kind="ledger", location=place, message=message, hint=hint))


def _entry(row: tuple[Any, ...]) -> Entry:
    campaign, recipient, thing, state, attempts, reply, receipt, about, until, _, changed = row
    return Entry(
        item=Item(campaign=campaign, recipient=recipient, thing=thing),
        state=State(state),
        attempts=attempts,
        reply=reply,
        receipt=receipt,
        about=about,
        until=until,
        changed=changed,
    )


_LOST = f"restore it from a backup; or remove {_KEY} too, and everything counts as unsent"
_HINT = "nothing more was handed over; mend this, and give the same command again"
_HINTS = {
    sqlite3.SQLITE_CORRUPT: "restore it from a backup: without it, things would be sent twice",
    sqlite3.SQLITE_NOTADB: "it is not a ledger; move the file away, or restore it from a backup",
    sqlite3.SQLITE_FULL: "make room on the disk, and give the same command again",
    sqlite3.SQLITE_BUSY: "another process is writing to it; wait until it has ended",
    sqlite3.SQLITE_READONLY: "give yourself the permission to write it",
}
