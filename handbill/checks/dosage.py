"""LF1: how English leaflets write doses, times and dates, so that nobody can misread them.

After the Institute for Safe Medication Practices, List of Error-Prone Abbreviations, Symbols, and
Dose Designations (ISMP, 2021), and the NHS content guide on numbers. Silent in other languages.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from handbill import numbers
from handbill import words as wording
from handbill.checks import messages
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Block, Leaflet, Project
from handbill.rules import rule


#: What to write for abbreviations that have been misread, with the harm that ISMP records.
_ABBREVIATIONS = {
    "micrograms": ("µg", "μg"),
    "units": ("IU", "iu"),
    "once a day": ("od", "o.d.", "OD", "O.D.", "qd", "QD", "q.d.", "Q.D.", "q1d"),
    "every other day": ("qod", "QOD", "q.o.d.", "Q.O.D."),
    "twice a day": ("bd", "b.d.", "BD", "B.D.", "BID", "b.i.d."),
    "3 times a day": ("tds", "t.d.s.", "TDS", "tid", "TID", "t.i.d."),
    "4 times a day": ("qds", "q.d.s.", "QDS", "qid", "QID", "q.i.d."),
    "3 times a week": ("TIW", "tiw"),
    "twice a week": ("BIW", "biw"),
    "when you need it": ("prn", "PRN", "p.r.n."),
    "at bedtime": ("HS", "hs", "qhs", "nocte"),
    "under the skin": ("SC", "sc", "SQ", "sq", "sub q"),
    "by mouth": ("p.o.", "per os"),
    "stop": ("D/C",),
    "half": ("ss",),
    "morphine": ("MSO4",),
    "magnesium sulfate": ("MgSO4",),
}
_MEANT = {short: long for long, shorts in _ABBREVIATIONS.items() for short in shorts}
_SHORT = re.compile(
    r"(?<![\w.])(?:"
    + "|".join(re.escape(short) for short in sorted(_MEANT, key=len, reverse=True))
    + r")(?!\w)"
)
#: Only behind a number: `10U` has been read as 100, `4cc` as 4 units, and `gr` is a grain.
_BEHIND = {"cc": "ml", "U": "units", "u": "units", **dict.fromkeys(("gr", "grs", "gm", "gms"), "g")}
_BEHIND_NUMBERS = re.compile(rf"(?<=\d)[ \u00a0]?(?P<unit>{'|'.join(_BEHIND)})(?!\w)")
_NAKED = re.compile(r"(?<![\w.])\.\d+")
_TRAILING = re.compile(r"\d+\.\d*0")
_GROUPED = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_GLUED = re.compile(r"\d+(?:[.,]\d+)*(?:mcg|mg|g|kg|ml|mL|l|L|mmol|mm|cm)(?!\w)")
_DATE = re.compile(
    r"(?<![\w/.-])\d{1,2}([/-])\d{1,2}\1(?:\d{4}|\d{2})(?![\w/-])"
    r"|(?<![\w.])\d{1,2}\.\d{1,2}\.\d{4}(?!\w)"
)
#: Units of which nobody says "two"; of times, "one day" and "once" are plain English.
_DOSES = frozenset(numbers.UNITS) - {"time"}
_SPANS = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
_PLAIN = frozenset({"a", "an", "each", "every", "per", "once", "twice", "one"})
_ORDINALS = re.compile(r"first|second|third|\w+th\b|\w+ly\b", re.IGNORECASE)
_IMPERATIVE = re.compile(
    r"(?:^|[,;:]\s*|\b(?:and|then|or)\s+)(?:then\s+)?"
    r"(?:take|use|apply|put|give|wait|drink|spread|repeat|swallow|inject|inhale|add|mix|dissolve"
    r"|leave|rub|rinse|wash|soak)\b",
    re.IGNORECASE,
)


@rule("LF127", "spelled-dose", Severity.ERROR)
def spelled_dose(project: Project) -> Iterator[Fault]:
    """A dose, or a time between doses, in words.

    What it does: finds words for numbers before units of medicine and, from two on, of time.
    Why is this bad? Digits are seen at a glance, and are compared with every translation; words
    are not (NHS content guide: use numerals).
    Example: `Take two tablets every four hours.`
    Use instead: `Take 2 tablets every 4 hours.`
    """
    for leaflet, block, text in _texts(project):
        english = numbers.english(messages.words(project, project.settings.source_language))
        for number in english.read(text).numbers:
            word = number.written.lower()
            plain = word in _PLAIN if number.unit in _SPANS else word in _PLAIN - {"one"}
            if (
                number.spelled
                and number.unit in _DOSES
                and not plain
                and not _ORDINALS.fullmatch(word)
            ):
                what = f"a number in words: {number.written!r}"
                hint = f"write {number.value}"
                yield _fault(
                    "spelled-dose", leaflet, block, number.written, message=what, hint=hint
                )


@rule("LF128", "naked-decimal", Severity.ERROR)
def naked_decimal(project: Project) -> Iterator[Fault]:
    """A decimal without a nought before its point.

    What it does: finds a point before digits with nothing before it.
    Why is this bad? The point is overlooked, and the dose is ten times too high (ISMP).
    Example: `.5 mg`
    Use instead: `0.5 mg`
    """
    yield from _found(project, "naked-decimal", _NAKED, "no nought before {}", "write 0{}")


@rule("LF129", "trailing-zero", Severity.ERROR)
def trailing_zero(project: Project) -> Iterator[Fault]:
    """A dose with a nought at the end of its decimals.

    What it does: finds decimals that end with 0 before a unit.
    Why is this bad? The point is overlooked, and 5.0 mg become 50 (ISMP).
    Example: `5.0 mg`
    Use instead: `5 mg`
    """
    for leaflet, block, text in _texts(project):
        reader = numbers.english(messages.words(project, project.settings.source_language)).reader
        for match in _TRAILING.finditer(text):
            if reader.unit_after(text, match.end())[0]:
                short = match.group().rstrip("0").rstrip(".")
                what = f"a nought at the end of {match.group()}"
                yield _fault(
                    "trailing-zero",
                    leaflet,
                    block,
                    match.group(),
                    message=what,
                    # Much of the world groups thousands by a point.
                    hint=f"write {short}, or {match.group().replace('.', ',')} for thousands"
                    if _GROUPED.fullmatch(match.group())
                    else f"write {short}",
                )


@rule("LF130", "error-prone-abbreviation", Severity.ERROR)
def error_prone_abbreviation(project: Project) -> Iterator[Fault]:
    """An abbreviation that has been misread before.

    What it does: finds what ISMP lists as error-prone, and the Latin of prescriptions.
    Why is this bad? "U" has been read as 0 and "µg" as mg, each with a dose that did harm; and who
    reads leaflets knows no Latin.
    Example: `10 U bd`
    Use instead: `10 units twice a day`
    """
    for leaflet, block, text in _texts(project):
        for match in _SHORT.finditer(text):
            what, hint = f"an abbreviation: {match.group()!r}", f"write {_MEANT[match.group()]}"
            yield _fault(
                "error-prone-abbreviation", leaflet, block, match.group(), message=what, hint=hint
            )
        for match in _BEHIND_NUMBERS.finditer(text):
            unit = match.group("unit")
            hint = f"write {_BEHIND[unit]}"
            what = f"an abbreviation: {unit!r}"
            yield _fault("error-prone-abbreviation", leaflet, block, unit, message=what, hint=hint)


@rule("LF131", "crowded-instruction", Severity.WARNING)
def crowded_instruction(project: Project) -> Iterator[Fault]:
    """Two instructions with numbers in one sentence.

    What it does: counts commands that are followed by a number, sentence by sentence.
    Why is this bad? The numbers of one are remembered with the other, and a translator who turns
    the sentence round swaps them.
    Example: `Take 2 tablets, wait 30 minutes, then drink 1 glass of water.`
    Use instead: a list with one instruction an item.
    """
    for leaflet, block, text in _texts(project):
        for sentence in wording.sentences(text):
            starts = [match.start() for match in _IMPERATIVE.finditer(sentence)]
            parts = [sentence[a:b] for a, b in pairwise([*starts, len(sentence)])]
            if sum(bool(re.search(r"\d", part)) for part in parts) > 1:
                what = f"several instructions with numbers: {messages.quote(sentence)}"
                hint = "one instruction a sentence, or a list"
                first = sentence.split(maxsplit=1)[0]
                yield _fault("crowded-instruction", leaflet, block, first, message=what, hint=hint)


@rule("LF132", "glued-unit", Severity.WARNING)
def glued_unit(project: Project) -> Iterator[Fault]:
    """A unit without a space before it.

    What it does: finds a number and the sign of its unit written together.
    Why is this bad? The m of 10mg has been read as noughts (ISMP), and no translator's checks can
    find where a number ends.
    Example: `10mg`
    Use instead: `10 mg`
    """
    yield from _found(
        project, "glued-unit", _GLUED, "no space before the unit: {}", "put one there"
    )


@rule("LF133", "date-in-figures", Severity.ERROR)
def date_in_figures(project: Project) -> Iterator[Fault]:
    """A date in figures.

    What it does: finds days, months and years with strokes, points or hyphens between them.
    Why is this bad? 03/04 is in March to some readers and in April to others.
    Example: `03/04/2026`
    Use instead: `3 April 2026`
    """
    yield from _found(
        project, "date-in-figures", _DATE, "a date in figures: {}", "name the month: 3 April 2026"
    )


def _texts(project: Project) -> Iterator[tuple[Leaflet, Block, str]]:
    """Yield the running text of every block of English leaflets."""
    for leaflet in project.leaflets.values() if messages.is_english(project) else ():
        for block in leaflet.blocks:
            yield leaflet, block, messages.running(block.msgid)


def _found(
    project: Project, kind: str, pattern: re.Pattern[str], what: str, hint: str
) -> Iterator[Fault]:
    """Yield a fault for each place that a pattern matches; `{}` stands for what matched."""
    for leaflet, block, text in _texts(project):
        for match in pattern.finditer(text):
            word = match.group()
            yield _fault(
                kind, leaflet, block, word, message=what.format(word), hint=hint.format(word)
            )


def _fault(
    kind: str, leaflet: Leaflet, block: Block, word: str, *, message: str, hint: str
) -> Fault:
    """Return a fault at a word of a block, or where the block begins."""
    line, column = block.line, block.column
    lines = leaflet.body.split("\n")
    first = line - leaflet.body_line
    if block.path == leaflet.path and first >= 0:
        for number, written in enumerate(lines[first : first + 1 + len(block.msgid) // 4]):
            at = written.find(word, column - 1 if not number else 0)
            if at >= 0:
                line, column = line + number, at + 1
                break
    return Fault(
        kind=kind,
        location=Location(path=leaflet.path, line=line, column=column),
        message=message,
        hint=hint,
        scope=Scope(leaflet=leaflet.id),
    )
