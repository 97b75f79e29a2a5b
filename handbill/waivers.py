"""Waivers: a person's word, in a catalog, that a finding on one exact translation is none.

A waiver is a translators' comment of the entry, which PO editors and msgmerge keep:

    # waive: LF312 3f9a2c1d 2026-11-24 Name of Person: reason

The eight hexadecimal digits are of the entry's context, msgid and msgstr. Whoever changes one of
them takes the waiver away. A comment that an editor has wrapped is read as one.
"""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass

from handbill import pofile
from handbill.model import Message


#: What a person may answer for. Never what is missing, stale, guessed, or no longer whole.
WAIVABLE = frozenset(
    {
        *("LF311", "LF312", "LF313", "LF314", "LF315", "LF317", "LF318", "LF319", "LF320"),
        *("LF321", "LF323", "LF324"),
    }
)
_BEGIN = re.compile(r"(?:^|(?<=\s))waive:\s*", re.IGNORECASE)
_WAIVER = re.compile(
    r"(LF\d{3})\s+([0-9a-f]{8})\s+(\d{4}-\d{2}-\d{2})\s+([^:]*\w[^:]*):\s+(\S.*)", re.DOTALL
)
_FORM = "LF312 3f9a2c1d 2026-11-24 Name of Person: reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver as written; `problem` says why it has no force, and is empty if it has."""

    rule: str
    digest: str
    date: str
    by: str
    reason: str
    problem: str = ""


def digest(message: Message) -> str:
    """Name an entry's exact texts in eight hexadecimal digits."""
    context = "" if message.context is None else f"{message.context}\x04"
    whole = f"{context}{message.msgid}\0{message.msgstr}"
    return hashlib.sha256(whole.encode()).hexdigest()[:8]


def read(message: Message) -> tuple[Waiver, ...]:
    """Read the waivers among a message's comments, those without force too."""
    if not any("waive" in comment.lower() for comment in message.comments):
        return ()
    _, *parts = _BEGIN.split(" ".join(message.comments))
    return tuple(_one(part.strip(), message) for part in parts)


def refusal(waiver: Waiver, today: dt.date) -> str:
    """Say why a waiver has no force; empty if it has."""
    if waiver.problem:
        return waiver.problem
    if waiver.rule not in WAIVABLE:
        return f"{waiver.rule} cannot be waived"
    return f"{waiver.date} is in the future" if waiver.date > today.isoformat() else ""


def comment(message: Message, rule: str, *, date: dt.date, by: str, reason: str) -> str:
    """Write the line of a PO file that waives a rule for a message."""
    by, reason = (" ".join(text.split()) for text in (by.replace(":", " "), reason))
    return f"# waive: {rule} {digest(message)} {date.isoformat()} {by}: {reason}"


def insert(text: str, message: Message, line: str) -> str:
    """Put a waiver above an entry of a PO file, behind its other comments by translators.

    One line that waives the same rule is replaced. Nothing else changes, line endings neither.
    """
    document = pofile.parse(text)
    old = f"# waive: {line.split()[2]} "
    entries = [
        entry.remarked(line, instead_of=old) if number == message.line else entry
        for number, entry in document.numbered()
    ]
    return str(document.put(entries))


def _one(text: str, message: Message) -> Waiver:
    match = _WAIVER.match(text)
    if match is None:
        problem = f"not a waiver: {text[:40]!r}; write {_FORM}"
        return Waiver(rule="", digest="", date="", by="", reason="", problem=problem)
    rule, named, date, by, reason = match.groups()
    problem = ""
    if named != digest(message):
        problem = f"the texts have changed since {rule} was waived"
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        problem = f"not a date: {date}"
    return Waiver(
        rule=rule, digest=named, date=date, by=by.strip(), reason=reason.strip(), problem=problem
    )
