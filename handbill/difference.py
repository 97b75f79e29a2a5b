"""What has changed between two texts, line by line and word by word."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from handbill import bidi
from handbill.model import Line


#: Two lines this alike are one line before and after an edit.
_ALIKE = 0.5

#: A number is one piece with the word behind it: half a dose says nothing.
_NUMBER = r"\d+(?:[.,:/\u2013-]\d+)*"
_SLOT = r"\{\{.*?\}\}|\{[a-z_]+\}"
_PART = re.compile(rf"{_SLOT}|{_NUMBER}(?:[ \u00a0\u202f]?[^\W\d_]+)?|[^\W\d_]+|\s+|.", re.DOTALL)
#: In scripts without spaces a letter is what a word is elsewhere.
_LETTER = re.compile(rf"{_SLOT}|{_NUMBER}|[A-Za-z]+|\s+|.", re.DOTALL)


class Fate(StrEnum):
    """What has become of some words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line that is not as it was; None where it was not there, or is there no more.

    Attributes:
        moved: whether it stood elsewhere; it may also have been changed.
    """

    before: Line | None
    after: Line | None
    moved: bool = False


def changes(before: Sequence[Line], after: Sequence[Line]) -> Iterator[Change]:
    """Yield the lines that differ between two texts, as they stand in the newer one."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found: list[Change] = []
    for fate, a, b, c, d in matcher.get_opcodes():
        if fate != "equal":
            found += _paired(before[a:b], after[c:d])
    yield from _moved(found)


def words(
    before: str, after: str, *, direction: str = "ltr", spaced: bool = True
) -> list[tuple[Fate, str]]:
    """Compare two texts word by word.

    Args:
        before: the older text.
        after: the newer.
        direction: `rtl` keeps every left-to-right run in one piece, for half of one would stand
            elsewhere on the page than in the whole.
        spaced: whether its script sets spaces between words.
    """
    old, new = (_parts(text, direction, spaced=spaced) for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    pairs = [
        ("".join(old[a:b]), "".join(new[c:d]), fate == "equal")
        for fate, a, b, c, d in matcher.get_opcodes()
    ]
    found: list[tuple[Fate, str]] = []
    removed = added = ""
    for number, (gone, come, same) in enumerate(pairs):
        # Two changes with nothing but a space between them read better as one.
        inside = 0 < number < len(pairs) - 1 and gone.isspace()
        if not same or inside:
            removed, added = removed + gone, added + come
            continue
        found += [(Fate.REMOVED, removed), (Fate.ADDED, added), (Fate.SAME, gone)]
        removed = added = ""
    found += [(Fate.REMOVED, removed), (Fate.ADDED, added)]
    return [(fate, text) for fate, text in found if text]


def excerpt(
    before: Sequence[str], after: Sequence[str], *, direction: str = "ltr", spaced: bool = True
) -> list[tuple[Fate, str]]:
    """Compare two texts word by word, and leave out the sentences in which they are the same.

    Args:
        before: the sentences of the older text.
        after: those of the newer.
        direction: as for `words`.
        spaced: as for `words`.
    """
    old, new = ([sentence.strip() for sentence in text] for text in (before, after))
    found: list[tuple[Fate, str]] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for fate, a, b, c, d in matcher.get_opcodes():
        if fate == "equal":
            found.append((Fate.SAME, " … "))
        else:
            gone, come = " ".join(old[a:b]), " ".join(new[c:d])
            found += words(gone, come, direction=direction, spaced=spaced)
    return found


def _paired(before: Sequence[Line], after: Sequence[Line]) -> Iterator[Change]:
    """Pair the lines of two passages; what has no partner was added or removed."""
    waiting = list(before)
    for line in after:
        partner = next((old for old in waiting if _is_partner(old, line)), None)
        while partner is not None and waiting[0] is not partner:
            yield Change(before=waiting.pop(0), after=None)
        if partner is not None:
            waiting.pop(0)
        yield Change(before=partner, after=line)
    for old in waiting:
        yield Change(before=old, after=None)


def _moved(found: Sequence[Change]) -> Iterator[Change]:
    """Make one change of a line that was taken away in one place and stands in another."""
    gone = [item.before for item in found if item.after is None and item.before]
    homes: dict[int, Line] = {}
    for is_home in (lambda old, new: old == new, _is_partner):
        for position, item in enumerate(found):
            if item.before is None and item.after and position not in homes:
                line = next((old for old in gone if is_home(old, item.after)), None)
                if line:
                    gone.remove(line)
                    homes[position] = line
    for position, item in enumerate(found):
        if position in homes:
            yield replace(item, before=homes[position], moved=True)
        elif item.after is not None or item.before in gone:
            yield item


def _is_partner(old: Line, new: Line) -> bool:
    if (old.kind, old.context) != (new.kind, new.context):
        return False
    return any(
        one == other or difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
        for one, other in ((old.source, new.source), (old.text, new.text))
    )


def _parts(text: str, direction: str, *, spaced: bool) -> list[str]:
    pattern = _PART if spaced else _LETTER
    if direction != "rtl":
        return pattern.findall(text)
    parts: list[str] = []
    for piece, is_run in bidi.pieces(text):
        parts += [piece] if is_run else pattern.findall(piece)
    return parts
