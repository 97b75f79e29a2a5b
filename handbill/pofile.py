"""PO files line by line: what is edited is written anew, and every other byte stays.

Babel reads catalogs well and writes them otherwise than it found them: it makes `#|` a comment,
rewraps, and fills in headers. Translators' tools and histories want small changes, so update,
import and the like edit a document of exact lines. It is read only after `catalog.read` has found
no mistake in it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace


Key = tuple[str | None, str]

#: What the lines of an entry are, in the order in which gettext's own tools write them.
_ORDER = (
    "translator",
    "extracted",
    "reference",
    "flag",
    "previous",
    "msgctxt",
    "msgid",
    "msgid_plural",
    "msgstr",
)
_COMMENTS = {"#.": "extracted", "#:": "reference", "#,": "flag", "#|": "previous"}
_STRING = r'"(?P<text>(?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    r"\s*(?P<old>#~\s*)?(?P<before>#?\|\s*)?"
    rf"(?:(?P<word>msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+)?{_STRING}\s*"
)
_WAIVER = re.compile(r"waive\s*:", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is written: blank lines above it, comments, keywords and strings.

    Attributes:
        lines: its lines, without their ends.
        kinds: what each line is: one of `_ORDER`, or `blank`.
        strings: the translation; more than one where there are plural forms.
        previous: the context and the English that the entry translated before, after `#|`.
        obsolete: whether it is out of use, after `#~`.
    """

    lines: tuple[str, ...]
    kinds: tuple[str, ...]
    context: str | None
    msgid: str
    plural: str | None
    strings: tuple[str, ...]
    previous: Key | None
    obsolete: bool

    @property
    def key(self) -> Key:
        """What gettext finds it by."""
        return self.context, self.msgid

    @property
    def is_header(self) -> bool:
        """Whether it is the file's header."""
        return not self.msgid and self.context is None

    @property
    def translated(self) -> bool:
        """Whether any translation is there, be it a guess."""
        return any(text.strip() for text in self.strings)

    @property
    def fuzzy(self) -> bool:
        """Whether its translation is marked as a guess."""
        return "fuzzy" in self.flags

    @property
    def flags(self) -> tuple[str, ...]:
        """What stands after `#,`."""
        found = ",".join(line.strip()[2:] for line in self.of("flag")).split(",")
        return tuple(flag.strip() for flag in found if flag.strip())

    @property
    def comments(self) -> tuple[str, ...]:
        """What translators have written, a line each."""
        return tuple(line.strip().removeprefix("#").strip() for line in self.of("translator"))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was extracted for translators, after `#.`."""
        return tuple(line.strip()[2:].strip() for line in self.of("extracted"))

    @property
    def references(self) -> tuple[str, ...]:
        """Where its English stands, after `#:`."""
        return tuple(line.strip()[2:].strip() for line in self.of("reference"))

    def of(self, kind: str) -> tuple[str, ...]:
        """Return its lines of a kind."""
        return tuple(line for line, own in zip(self.lines, self.kinds, strict=True) if own == kind)

    def translate(self, strings: Sequence[str]) -> "Entry":
        """Return it with another translation."""
        if tuple(strings) == self.strings:
            return self
        if self.plural is None:
            written = _write("msgstr", strings[0])
        else:
            written = [
                line for n, text in enumerate(strings) for line in _write(f"msgstr[{n}]", text)
            ]
        return self._put("msgstr", written)

    def comment(self, comments: Iterable[str]) -> "Entry":
        """Return it with these translators' comments, in place of its own."""
        wanted = tuple(comments)
        if wanted == self.comments:
            return self
        return self._put("translator", [f"# {text}".rstrip() for text in wanted])

    def remarked(self, comment: str, *, instead_of: str) -> "Entry":
        """Return it with one more line of comment by translators, and none that begins so."""
        kept = [
            (line, kind)
            for line, kind in zip(self.lines, self.kinds, strict=True)
            if not (kind == "translator" and line.startswith(instead_of))
        ]
        at = next(n for n, (_, kind) in enumerate(kept) if kind not in {"blank", "translator"})
        lines = [line for line, _ in kept]
        end = "\r" if self.lines[-1].endswith("\r") else ""
        return _entry([*lines[:at], comment + end, *lines[at:]])

    def annotate(self, notes: Sequence[str], references: Sequence[str]) -> "Entry":
        """Return it with what was extracted today."""
        if tuple(notes) != self.notes:
            written = [f"#. {note}" for note in notes]
            return self._put("extracted", written).annotate(notes, references)
        if tuple(references) != self.references:
            return self._put("reference", [f"#: {place}" for place in references])
        return self

    def mark(self, *, fuzzy: bool) -> "Entry":
        """Return it marked as a guess, or as none."""
        if fuzzy == self.fuzzy:
            return self
        flags = [flag for flag in self.flags if flag != "fuzzy"]
        if fuzzy:
            flags.insert(0, "fuzzy")
        return self._put("flag", [f"#, {', '.join(flags)}"] if flags else [])

    def retire(self) -> "Entry":
        """Return it out of use: what translators wrote is kept, what was extracted is not."""
        kept = [
            line if kind in {"blank", "translator", "flag"} else f"#~ {line.strip()}"
            for line, kind in zip(self.lines, self.kinds, strict=True)
            if kind not in {"extracted", "reference", "previous"}
        ]
        return _entry(kept)

    def revive(self) -> "Entry":
        """Return it in use again."""
        kept = [
            re.sub(r"^\s*#~\s*", "", line)
            for line, kind in zip(self.lines, self.kinds, strict=True)
            if kind != "previous"
        ]
        return _entry(kept)

    def _put(self, kind: str, written: Sequence[str]) -> "Entry":
        """Write the lines of a kind anew, where they stand or where gettext would put them."""
        rank = _ORDER.index(kind)
        lines = list(zip(self.lines, self.kinds, strict=True))
        end = "\r" if any(line.endswith("\r") for line in self.lines) else ""
        at = next((n for n, (_, own) in enumerate(lines) if own == kind), None)
        if at is None:
            later = (
                n for n, (_, own) in enumerate(lines) if own != "blank" and _ORDER.index(own) > rank
            )
            at = next(later, len(lines))
        before = [line for line, _ in lines[:at]]
        after = [line for line, own in lines[at:] if own != kind]
        return _entry([*before, *(line + end for line in written), *after])


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A PO file: its entries in order, the header among them, and the lines after the last."""

    entries: tuple[Entry, ...]
    tail: tuple[str, ...]

    def __str__(self) -> str:
        lines = [line for entry in self.entries for line in entry.lines]
        return "\n".join([*lines, *self.tail])

    def numbered(self) -> Iterator[tuple[int, Entry]]:
        """Yield each entry with the line of its msgid."""
        line = 1
        for entry in self.entries:
            yield line + entry.kinds.index("msgid"), entry
            line += len(entry.lines)

    def put(self, entries: Iterable[Entry]) -> "Document":
        """Return it with other entries."""
        return replace(self, entries=tuple(entries))


def parse(text: str) -> Document:
    """Read a PO file in which `catalog.read` has found no mistake."""
    entries: list[Entry] = []
    held: list[str] = []
    whole = False
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        word = match["word"] if match and not match["before"] else None
        form = word is not None and word.startswith("msgstr")
        # After a msgstr, all but its other lines and plural forms begins another entry.
        another = match is None or bool(match["before"]) or (word is not None and not form)
        if whole and line.strip() and another:
            cut = len(held)
            while not held[cut - 1].strip():
                cut -= 1
            entries.append(_entry(held[:cut]))
            held, whole = held[cut:], False
        held.append(line)
        whole = whole or form
    cut = len(held)
    while whole and not held[cut - 1].strip():
        cut -= 1
    if whole:
        entries.append(_entry(held[:cut]))
        held = held[cut:]
    return Document(entries=tuple(entries), tail=tuple(held))


def compose(
    *,
    context: str | None,
    msgid: str,
    plural: str | None = None,
    strings: Sequence[str] = ("",),
    comments: Sequence[str] = (),
    notes: Sequence[str] = (),
    references: Sequence[str] = (),
    flags: Sequence[str] = (),
    previous: Key | None = None,
) -> Entry:
    """Write a new entry, with a blank line above it."""
    lines = ["", *(f"# {text}".rstrip() for text in comments)]
    lines += [f"#. {note}" for note in notes]
    lines += [f"#: {place}" for place in references]
    if flags:
        lines.append(f"#, {', '.join(flags)}")
    if previous is not None:
        if previous[0] is not None:
            lines += [f"#| {line}" for line in _write("msgctxt", previous[0])]
        lines += [f"#| {line}" for line in _write("msgid", previous[1])]
    if context is not None:
        lines += _write("msgctxt", context)
    lines += _write("msgid", msgid)
    if plural is None:
        lines += _write("msgstr", strings[0])
    else:
        lines += _write("msgid_plural", plural)
        for number, text in enumerate(strings):
            lines += _write(f"msgstr[{number}]", text)
    return _entry(lines)


def escape(text: str) -> str:
    """Write a text on one line, as between the quotes of a PO file."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def remark(word: str, text: str) -> str:
    """Write a text from elsewhere as one line of comment, that cannot pass for a waiver.

    Args:
        word: what the comment begins with.
        text: an earlier translation, or what a translator outside has said.
    """
    line = " ".join(text.replace("\n", "\\n").split())
    return f"{word}: {_WAIVER.sub('waive -', line)}"


def unescape(text: str) -> str:
    """Read what stands between the quotes of a PO file."""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)


def strings(lines: Iterable[str]) -> str:
    """Join the strings that lines of a PO file hold, whatever stands before their quotes."""
    found = (re.search(_STRING, line) for line in lines)
    return "".join(unescape(match["text"]) for match in found if match)


def _write(word: str, text: str) -> list[str]:
    """Write a keyword with its string: one line, or one for each line of the text."""
    parts = text.split("\n")
    if len(parts) == 1 or (len(parts) == 2 and not parts[1]):
        return [f'{word} "{escape(text)}"']
    ended = [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    return [f'{word} ""', *(f'"{escape(part)}"' for part in ended)]


def _entry(lines: Sequence[str]) -> Entry:
    """Read the lines of one entry."""
    kinds: list[str] = []
    found: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    obsolete = False
    word = ""
    for line in lines:
        text = line.strip()
        match = _LINE.fullmatch(line)
        if not text:
            kinds.append("blank")
        elif match and match["before"]:
            kinds.append("previous")
            word = match["word"] or word
            before.setdefault(word, []).append(match["text"])
        elif match:
            obsolete = obsolete or match["old"] is not None
            word = match["word"] or word
            kinds.append(word.split("[")[0])
            found.setdefault(word, []).append(match["text"])
        else:
            kinds.append(_COMMENTS.get(text[:2], "translator"))

    def joined(word: str, parts: dict[str, list[str]]) -> str | None:
        return unescape("".join(parts[word])) if word in parts else None

    previous = joined("msgid", before)
    return Entry(
        lines=tuple(lines),
        kinds=tuple(kinds),
        context=joined("msgctxt", found),
        msgid=joined("msgid", found) or "",
        plural=joined("msgid_plural", found),
        strings=tuple(joined(name, found) or "" for name in found if name.startswith("msgstr")),
        previous=None if previous is None else (joined("msgctxt", before), previous),
        obsolete=obsolete,
    )
