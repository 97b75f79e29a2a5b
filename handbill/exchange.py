"""Jobs for translators outside: what is sent, and how what comes back is put into a catalog.

A catalog stays the master. What comes back is compared with today's English, unit by unit, and
brings translations and remarks, nothing else.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from handbill import pofile
from handbill.diagnostics import Fault, Location
from handbill.pofile import Document, Entry
from handbill.sources import digest


#: No job is as large as this; in bytes.
LIMIT = 64 * 1024 * 1024
#: What XML 1.0 cannot hold, and the carriage return, which it does not keep.
UNSAYABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One text to translate: a message, or one of its plural forms.

    Attributes:
        id: names the message by its context and its English, and the plural form.
        notes: what its author and the extraction say of it.
        state: `translated`, `fuzzy`, or empty where nobody has said.
        previous: the English that the translation was made from, and that translation.
        comments: what translators say of it.
        line: where it stands in the job.
    """

    id: str
    leaflet: str
    source: str
    target: str = ""
    kind: str = ""
    notes: tuple[str, ...] = ()
    state: str = ""
    previous: tuple[str, str] = ("", "")
    comments: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is sent to one language's translators, or has come back from them."""

    source_language: str
    language: str
    units: tuple[Unit, ...]
    path: str = ""


@dataclass
class Reading:
    """What is read of a job, and what is wrong with it."""

    path: str
    language: str = ""
    source_language: str = ""
    units: list[Unit] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, message: str, hint: str = "") -> None:
        """Note a mistake on a line of the job."""
        place = Location(path=self.path, line=max(line, 1))
        fault = Fault(kind="exchange-file", location=place, message=message, hint=hint)
        self.faults.append(fault)


def job(reading: Reading) -> tuple[Job, list[Fault]]:
    """Close a job that has been read; a unit that comes twice must say the same twice."""
    seen: dict[tuple[str, str], Unit] = {}
    for unit in reading.units:
        other = seen.setdefault((unit.leaflet, unit.id), unit)
        if other.target != unit.target:
            message = f"translated in two ways; the other is on line {other.line}"
            reading.fault(unit.line, message, "keep one of the two")
    found = Job(
        path=reading.path,
        source_language=reading.source_language,
        language=reading.language,
        units=tuple(seen.values()),
    )
    return found, reading.faults


def units(document: Document, leaflet: str) -> Iterator[Unit]:
    """Yield the units of a catalog."""
    for entry in document.entries:
        if entry.obsolete or entry.is_header:
            continue
        kind = next((note[6:] for note in entry.notes if note.startswith("type: ")), "")
        notes = [note for note in entry.notes if not note.startswith("type: ")]
        if entry.context is not None:
            notes.insert(0, f"context: {entry.context}")
        old = next((text[5:] for text in entry.comments if text.startswith("was: ")), "")
        before = (entry.previous[1] if entry.previous else "", old)
        for number, text in enumerate(entry.strings):
            form = [] if entry.plural is None else [f"plural form {number}"]
            yield Unit(
                id=name(entry, number),
                leaflet=leaflet,
                kind=kind,
                notes=_sayable((*form, *notes)),
                source=_source(entry, number),
                target=text,
                state="" if not text else "fuzzy" if entry.fuzzy else "translated",
                previous=(before[0], before[1]) if len(_sayable(before)) == 2 else ("", ""),
                comments=_sayable(entry.comments),
            )


def _sayable(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text and not UNSAYABLE.search(text))


def name(entry: Entry, number: int) -> str:
    """Name a message by what it says, so that another English is another unit."""
    found = digest(json.dumps([entry.context, entry.msgid]).encode())[:16]
    return found if entry.plural is None else f"{found}.{number}"


def _source(entry: Entry, number: int) -> str:
    return entry.msgid if entry.plural is None or number == 0 else entry.plural


def merge(document: Document, found: Iterable[Unit], path: str) -> tuple[Document, list[Fault]]:
    """Put translations into a catalog.

    An empty translation changes nothing. A translation that is replaced stays as a comment.

    Args:
        document: the catalog.
        found: the units of one leaflet.
        path: the job's file, for faults: units whose English is not today's are refused.
    """
    waiting = {unit.id: unit for unit in found}
    entries = []
    for entry in document.entries:
        merged = entry
        if not entry.obsolete and not entry.is_header:
            own = [waiting.pop(name(entry, n), None) for n in range(len(entry.strings))]
            fresh = [
                unit if unit and unit.source == _source(entry, n) else None
                for n, unit in enumerate(own)
            ]
            waiting |= {
                unit.id: unit for unit, kept in zip(own, fresh, strict=True) if unit and not kept
            }
            merged = _merged(entry, fresh)
        entries.append(merged)
    faults = [
        Fault(
            kind="stale-exchange",
            location=Location(path=path, line=unit.line),
            message=f"the English is not today's: {unit.source[:60]!r}",
            hint="export the catalog again, and have this text translated anew",
        )
        for unit in waiting.values()
        if unit.target.strip()
    ]
    return document.put(entries), faults


def _merged(entry: Entry, found: Sequence[Unit | None]) -> Entry:
    strings, states, comments = list(entry.strings), [], list(entry.comments)
    known = "fuzzy" if entry.fuzzy else "translated"
    for number, unit in enumerate(found):
        if unit is None or not unit.target.strip():
            states += [known] if strings[number].strip() else []
            continue
        if unit.target == strings[number]:
            states.append(unit.state or known)
            continue
        if old := strings[number].strip():
            form = "was" if entry.plural is None else f"was[{number}]"
            comments.append(pofile.remark(form, old))
        strings[number] = unit.target
        states.append(unit.state or "translated")
    for unit in found:
        for text in unit.comments if unit else ():
            # Behind a word of its own, a remark cannot pass for a reviewer's.
            if (
                text not in entry.comments
                and (said := pofile.remark("comment", text)) not in comments
            ):
                comments.append(said)
    merged = entry.translate(strings)
    if tuple(comments) != entry.comments:
        merged = merged.comment(comments)
    return merged.mark(fuzzy="fuzzy" in states) if states else merged


def unsayable(job: Job) -> Iterator[tuple[Unit, str]]:
    """Yield the units with a letter that no job can hold, and that letter."""
    for unit in job.units:
        if match := UNSAYABLE.search(unit.source + unit.target):
            yield unit, f"U+{ord(match.group()):04X}"
