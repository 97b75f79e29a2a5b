"""LF1: what editors ask of every leaflet: `content/editorial.toml`, sources, reviews, versions.

The words that are looked for are in the rule file and in words.toml, so these rules read whatever
language leaflets are written in.
"""

import datetime as dt
import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handbill import signoff
from handbill import words as wording
from handbill.checks import messages
from handbill.checks.wording import denials_of
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import (
    VARIANT,
    Block,
    Contradiction,
    Heading,
    Kind,
    Leaflet,
    Line,
    Project,
    Saying,
    Statement,
    Words,
)
from handbill.project import EDITORIAL
from handbill.rules import rule
from handbill.tables import nearest


#: Kinds of text that stand beside a picture, or for it: no place for a warning.
_OF_PICTURES = frozenset({"picture", "caption"})
#: What a signed text holds that may change while its version stays.
_DATES = frozenset({"version", "published", "last_review", "next_review"})
_QUESTIONS = ("?", "\u061f", "\uff1f")
_SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a leaflet in its source language, without markup."""

    text: str
    denies: bool
    block: Block


@rule("LF142", "editorial-file", Severity.ERROR)
def editorial_file(project: Project) -> Iterator[Fault]:
    """No content/editorial.toml, or a mistake in it.

    What it does: checks every key; that each section is one that `[sections]` describes; and that
    the example of each statement says what the statement asks for.
    Why is this bad? A safety statement with a mistake in it is asked of nobody, so nothing is
    printed until it is mended.
    Example: `say = [["do not use"]]`
    Use instead: `words = [["do not use"]]`
    """
    if EDITORIAL not in project.digests:
        yield Fault(
            kind="editorial-file",
            location=Location(path=EDITORIAL),
            message="does not exist: no safety statement would be asked for",
            hint="take it from the repository's history",
        )
    for statement in project.editorial.statements:
        block = Block(msgid=statement.example, kind="paragraph", line=1, column=1)
        said = _sentences(block, _words(project))
        if not any(_says(sentence, statement.saying) for sentence in said):
            yield Fault(
                kind="editorial-file",
                location=statement.location,
                message=f"the example of {statement.id!r} does not say it",
                hint="an author will copy the example: mend it, or the words",
            )


@rule("LF143", "unknown-kind", Severity.ERROR)
def unknown_kind(project: Project) -> Iterator[Fault]:
    """A leaflet of a kind that editorial.toml does not describe, or of none.

    What it does: looks for the leaflet's `kind` among `[kinds]`, if there are any.
    Why is this bad? Nobody would notice that its section on getting help is missing.
    Example: `kind = "disease"`
    Use instead: `kind = "condition"`
    """
    kinds = project.editorial.kinds
    for leaflet in project.leaflets.values():
        if kinds and leaflet.kind not in kinds:
            said = f"no kind is called {leaflet.kind!r}" if leaflet.kind else "it has no kind"
            hint = nearest(leaflet.kind, kinds) or f"kind is one of {', '.join(kinds)}"
            place = leaflet.locations.get("kind", Location(path=leaflet.path))
            yield _fault("unknown-kind", leaflet, place, said, hint)


@rule("LF144", "missing-section", Severity.ERROR)
def missing_section(project: Project) -> Iterator[Fault]:
    """A leaflet without a section that all of its kind have.

    What it does: looks for the heading of each section of `[kinds]`, by the words of `[sections]`,
    with something below it. A heading in a local variant does not count.
    Why is this bad? A reader of a leaflet on a procedure must find what happens without it, and of
    any leaflet when to get help.
    Use instead: the section, with a heading that has one of its words.
    """
    for leaflet, kind in _of_kinds(project):
        headings = _headings(leaflet)
        for name in kind.sections:
            words = project.editorial.sections.get(name, ())
            if not any(_any_of(words).search(_plain(heading.text)) for heading in headings):
                message = f"no section {name!r}, which every {leaflet.kind} has"
                hint = f"its heading has one of: {', '.join(words)}"
                place = Location(path=leaflet.path, line=leaflet.body_line)
                yield _fault("missing-section", leaflet, place, message, hint)


@rule("LF145", "section-order", Severity.WARNING)
def section_order(project: Project) -> Iterator[Fault]:
    """Sections in another order than those of other leaflets.

    What it does: compares the order of headings with that of `[kinds]`; other sections may stand
    between them.
    Why is this bad? Who has read one leaflet looks for the same thing in the same place.
    Use instead: the order of editorial.toml.
    """
    for leaflet, kind in _of_kinds(project):
        headings = _headings(leaflet)
        before: Heading | None = None
        for name in kind.sections:
            words = _any_of(project.editorial.sections.get(name, ()))
            fitting = [heading for heading in headings if words.search(_plain(heading.text))]
            later = [heading for heading in fitting if not before or heading.line > before.line]
            if fitting and before and not later:
                place = _at(leaflet, fitting[0])
                message = f"the section {name!r} stands before {before.text!r}"
                yield _fault("section-order", leaflet, place, message, "move it below that")
            elif later:
                before = later[0]


@rule("LF146", "missing-box", Severity.ERROR)
def missing_box(project: Project) -> Iterator[Fault]:
    """A leaflet without a box that all of its kind have.

    What it does: looks for the boxes of `[kinds]`, and whether the leaflet begins with the right
    one. A box in a local variant does not count.
    Why is this bad? A reader in a hurry looks for the main points and for when to get help.
    Use instead: `!!! main-points "Main points"`
    """
    for leaflet, kind in _of_kinds(project):
        place = Location(path=leaflet.path, line=leaflet.body_line)
        there = {box for block in _everywhere(leaflet) for box in block.boxes}
        for boxes in kind.boxes:
            if not there.intersection(boxes):
                message = f"no box {' or '.join(boxes)}, which every {leaflet.kind} has"
                hint = f'write !!! {boxes[0]} "…" and its text indented by 4 spaces'
                yield _fault("missing-box", leaflet, place, message, hint)
        begins = leaflet.outline.blocks[0].boxes[:1] if leaflet.outline.blocks else ()
        if kind.first and kind.first in there and begins != (kind.first,):
            message = f"it does not begin with {kind.first}"
            yield _fault("missing-box", leaflet, place, message, "move the box to the top")


@rule("LF147", "missing-statement", Severity.ERROR)
def missing_statement(project: Project) -> Iterator[Fault]:
    """A leaflet without a safety statement that its subject asks for.

    What it does: where a leaflet has a word of a statement's `when`, looks for one sentence that
    has a word of each of the statement's lists, and none that would weaken it, in a box of its
    kind. Such a box in a local variant does not count: every clinic must print it.
    Why is this bad? A retinoid can harm an unborn child. Without its statement a leaflet is not
    printed in any language.
    Example: a leaflet on retinoid creams that does not mention pregnancy
    Use instead: the statement's example, in the author's own words.
    """
    for leaflet in project.leaflets.values():
        said = _said(leaflet, _words(project))
        for statement in project.editorial.statements:
            when = _any_of(statement.when)
            named = next(
                (block for block in leaflet.blocks if when.search(_plain(block.msgid))), None
            )
            if named is None or any(_stands(item, statement) for item in said):
                continue
            match = when.search(_plain(named.msgid))
            yield _fault(
                "missing-statement",
                leaflet,
                Location(path=named.path, line=named.line, column=named.column),
                f"it names {match.group() if match else ''!r}, and no {statement.box} says: "
                f"{statement.example}",
                f"write it as one sentence in a {statement.box} box; "
                f"{statement.id}: {statement.source}",
            )


@rule("LF148", "contradiction", Severity.ERROR)
def contradiction(project: Project) -> Iterator[Fault]:
    """Two sentences that may not both stand in one leaflet.

    What it does: looks for the pairs of `[[contradictions]]`, sentence by sentence. Questions are
    left out, and so are variants of which no clinic prints both.
    Why is this bad? A reader follows the one that is easier, or neither.
    Example: "Do not squeeze milia." and "Squeezing them can help."
    Use instead: the one that is true.
    """
    for leaflet in project.leaflets.values():
        said = _said(leaflet, _words(project))
        for pair in project.editorial.contradictions:
            found = _contradict(said, pair)
            if found is not None:
                earlier, later = found
                where = Location(
                    path=later.block.path, line=later.block.line, column=later.block.column
                )
                message = (
                    f"{messages.quote(later.text)} contradicts "
                    f"{messages.quote(earlier.text)} of line {earlier.block.line}"
                )
                yield _fault("contradiction", leaflet, where, message, pair.why)


@rule("LF149", "no-sources", Severity.ERROR)
def no_sources(project: Project) -> Iterator[Fault]:
    """A leaflet without any source.

    What it does: looks at `sources`.
    Why is this bad? Nobody can check what it says, today or at the next review.
    Example: `sources = []`
    Use instead: `[[sources]]` with key, organisation, title, year, url and the day it was read.
    """
    for leaflet in project.leaflets.values():
        if not leaflet.sources:
            place = leaflet.locations["sources"]
            hint = "add [[sources]], and cite each where it is used: [@key]"
            yield _fault("no-sources", leaflet, place, "it names no source", hint)


@rule("LF150", "undated-source", Severity.WARNING)
def undated_source(project: Project) -> Iterator[Fault]:
    """A source without its year.

    What it does: looks for `year`, or for `undated = true`, an author's word that none was found.
    Why is this bad? A reviewer cannot see how old the source is.
    Use instead: `year = 2024`; it is printed, and "no date" where there is none.
    """
    for leaflet in project.leaflets.values():
        for source in leaflet.sources:
            if source.year is None and not source.undated:
                place = leaflet.locations[f"sources.{source.key}"]
                hint = "add year = 2024, or undated = true where the page shows none"
                message = f"the source {source.key!r} has no year"
                yield _fault("undated-source", leaflet, place, message, hint)


@rule("LF151", "old-source", Severity.WARNING)
def old_source(project: Project) -> Iterator[Fault]:
    """A source that was read long ago.

    What it does: compares `read` with today; `source-years` says how long is too long.
    Why is this bad? The page may say something else by now.
    Use instead: read it again, mend what has changed, and write the new day.
    """
    for leaflet in project.leaflets.values():
        for source in leaflet.sources:
            if years_after(source.read, project.editorial.source_years) < project.today:
                place = leaflet.locations[f"sources.{source.key}.read"]
                message = f"the source {source.key!r} was read on {source.read}"
                yield _fault("old-source", leaflet, place, message, "read it again")


@rule("LF152", "uncited-section", Severity.WARNING)
def uncited_section(project: Project) -> Iterator[Fault]:
    """A section that cites no source.

    What it does: looks for `[@key]` below each heading of the highest level. Left out are the
    sections that editorial.toml lists as `uncited`.
    Why is this bad? A reviewer cannot see where its facts come from.
    Use instead: `[@key]` at the end of a block.
    """
    editorial = project.editorial
    names = [editorial.sections.get(name, ()) for name in editorial.uncited]
    exempt = _any_of(tuple(word for words in names for word in words))
    for leaflet in project.leaflets.values():
        outline = leaflet.outline
        if not leaflet.sources or not outline.headings:
            continue
        highest = min(heading.level for heading in outline.headings)
        tops = [heading for heading in outline.headings if heading.level == highest]
        cited = [reference.line for reference in outline.citations]
        for heading, following in zip(tops, [*tops[1:], None], strict=True):
            end = following.line if following else None
            inside = [line for line in cited if line > heading.line and (not end or line < end)]
            if not inside and not exempt.search(_plain(heading.text)):
                message = f"no source is cited in {messages.quote(heading.text)}"
                hint = "add [@key] at the end of a block"
                yield _fault("uncited-section", leaflet, _at(leaflet, heading), message, hint)


@rule("LF153", "review-cycle", Severity.ERROR)
def review_cycle(project: Project) -> Iterator[Fault]:
    """A next review too long after the last.

    What it does: compares `last_review` and `next_review`; `review-years` says how long is too
    long.
    Why is this bad? Advice grows old without anybody looking at it.
    Use instead: an earlier `next_review`.
    """
    years = project.editorial.review_years
    for leaflet in project.leaflets.values():
        latest = years_after(leaflet.last_review, years)
        if leaflet.next_review > latest:
            place = leaflet.locations["next_review"]
            message = f"the next review is more than {years} years after the last"
            hint = f"not later than {latest}"
            yield _fault("review-cycle", leaflet, place, message, hint)


@rule("LF154", "review-due", Severity.WARNING)
def review_due(project: Project) -> Iterator[Fault]:
    """A review that is due soon.

    What it does: compares `next_review` with today; `review-days` says how soon is soon.
    Why is this bad? After that day the leaflet's review is overdue.
    Use instead: let a clinician read it, sign it, and write the new dates.
    """
    for leaflet in project.leaflets.values():
        if 0 <= (leaflet.next_review - project.today).days <= project.editorial.review_days:
            place = leaflet.locations["next_review"]
            message = f"its review is due on {leaflet.next_review}"
            yield _fault("review-due", leaflet, place, message, "let a clinician read it in time")


@rule("LF155", "unraised-version", Severity.ERROR)
def unraised_version(project: Project) -> Iterator[Fault]:
    """A text that has changed since it was signed, under the same version.

    What it does: compares the leaflet with each text that was signed in its own language; dates
    of reviews may change alone.
    Why is this bad? Two texts in patients' hands have the same number, and nobody can tell on the
    telephone which one it is.
    Use instead: a higher `version`.
    """
    tag = project.settings.source_language
    for leaflet in project.leaflets.values():
        signed = project.sign_offs.get((tag, leaflet.id))
        if signed is None or not signed.texts:
            continue
        now = _lasting(signoff.printed(project, leaflet.id, tag))
        others = [text for text in signed.texts.values() if _lasting(text) != now]
        versions = {line.text for text in others for line in text if line.kind == "version"}
        highest = max(versions, key=_number, default="")
        if highest and _number(leaflet.version) <= _number(highest):
            place = leaflet.locations["version"]
            message = f"another text was signed as version {highest}"
            hint = "raise the version, and sign anew; see python build.py catalog diff"
            yield _fault("unraised-version", leaflet, place, message, hint)


@rule("LF156", "self-review", Severity.WARNING)
def self_review(project: Project) -> Iterator[Fault]:
    """A leaflet that its own author has signed as its clinical reviewer.

    What it does: compares the authors with the name under the signature.
    Why is this bad? Nobody sees a mistake of their own.
    Use instead: the signature of another clinician.
    """
    tag = project.settings.source_language
    for leaflet in project.leaflets.values():
        authors = {signoff.person(name) for name in leaflet.authors}
        for signature in signoff.standing(project, leaflet.id, tag).holding:
            if signature.role == "clinical-reviewer" and signoff.person(signature.name) in authors:
                place = leaflet.locations["authors"]
                message = f"{signature.name} has written and reviewed it"
                yield _fault(
                    "self-review", leaflet, place, message, "let another clinician read it"
                )


@rule("LF157", "no-contact", Severity.ERROR)
def no_contact(project: Project) -> Iterator[Fault]:
    """A clinic that readers cannot answer.

    What it does: looks for a telephone number, an email address or a website.
    Why is this bad? Who finds a mistake in a leaflet, or does not understand it, can tell nobody.
    Use instead: `phone`, `email` or `website` in the clinic's file.
    """
    ways = ("phone", "email", "website")
    for clinic in project.clinics.values():
        if not any(clinic.slots.get(f"clinic.{way}", "").strip() for way in ways):
            yield Fault(
                kind="no-contact",
                location=Location(path=clinic.path),
                message=f"none of {', '.join(ways)}: readers cannot answer",
                hint='add phone = "…", email = "…" or website = "…"',
                scope=Scope(clinic=clinic.id),
            )


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the same day some years later; 1 March for a 29 February that is none."""
    year = min(day.year + years, dt.MAXYEAR)
    try:
        return day.replace(year=year)
    except ValueError:
        return dt.date(year, 3, 1)


def last_days(project: Project) -> Iterator[dt.date]:
    """Yield the days after which these rules may find something new in the same files."""
    editorial = project.editorial
    for leaflet in project.leaflets.values():
        before = leaflet.next_review.toordinal() - editorial.review_days - 1
        yield dt.date.fromordinal(max(1, before))
        for source in leaflet.sources:
            yield years_after(source.read, editorial.source_years)


def _fault(kind: str, leaflet: Leaflet, where: Location, message: str, hint: str) -> Fault:
    scope = Scope(leaflet=leaflet.id)
    return Fault(kind=kind, location=where, message=message, hint=hint, scope=scope)


def _at(leaflet: Leaflet, heading: Heading) -> Location:
    return Location(path=leaflet.path, line=heading.line, column=heading.column)


def _words(project: Project) -> Words:
    return messages.words(project, project.settings.source_language)


def _of_kinds(project: Project) -> Iterator[tuple[Leaflet, Kind]]:
    """Yield the leaflets whose kind is known."""
    for leaflet in project.leaflets.values():
        kind = project.editorial.kinds.get(leaflet.kind)
        if kind is not None:
            yield leaflet, kind


def _everywhere(leaflet: Leaflet) -> tuple[Block, ...]:
    """Return the blocks that every clinic prints."""
    return tuple(block for block in leaflet.outline.blocks if not _variants(block))


def _variants(block: Block) -> Mapping[str, str]:
    """Return the options of the local variants around a block, by name."""
    names = [box.split() for box in block.boxes if box.startswith(VARIANT)]
    return {name: " ".join(option) for _, name, *option in names}


def _headings(leaflet: Leaflet) -> list[Heading]:
    """Return the headings that every clinic prints, with something below them.

    Below the last one stands the list of sources.
    """
    printed = _everywhere(leaflet)
    places = {(block.line, block.column) for block in printed if block.kind == "heading"}
    texts = [block.line for block in printed if block.kind != "heading"]
    found = []
    for number, heading in enumerate(leaflet.outline.headings):
        rest = leaflet.outline.headings[number + 1 :]
        # A part of a section is below its heading; the next section is not.
        ends = [other.line for other in rest if other.level <= heading.level]
        filled = bisect_right(texts, heading.line)
        has_text = filled < len(texts) and (not ends or texts[filled] < ends[0])
        if (heading.line, heading.column) in places and (has_text or not rest):
            found.append(heading)
    return found


def _plain(text: str) -> str:
    """Return a text as it is read: without markup, slots, addresses and what nobody sees."""
    text = messages.running(text).replace(_SOFT_HYPHEN, "").replace("’", "'")
    text = text.translate(dict.fromkeys(map(ord, "*_`[]\\")))
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _sentences(block: Block, words: Words) -> Iterator[Sentence]:
    """Yield the sentences of a block; a question says neither yes nor no."""
    known = denials_of(words)
    for sentence in wording.sentences(_plain(block.msgid)):
        if not sentence.endswith(_QUESTIONS):
            denies = known.search(sentence) is not None
            yield Sentence(text=sentence, denies=denies, block=block)


def _said(leaflet: Leaflet, words: Words) -> list[Sentence]:
    return [sentence for block in leaflet.blocks for sentence in _sentences(block, words)]


def _says(sentence: Sentence, saying: Saying) -> bool:
    """Tell whether a sentence says something."""
    if saying.denied is not None and saying.denied is not sentence.denies:
        return False
    if saying.without and _any_of(saying.without).search(sentence.text):
        return False
    return all(_any_of(words).search(sentence.text) for words in saying.words)


def _stands(sentence: Sentence, statement: Statement) -> bool:
    """Tell whether a sentence is a statement, in its box, and printed by every clinic."""
    block = sentence.block
    return (
        statement.box in block.boxes
        and not _variants(block)
        and block.kind not in _OF_PICTURES
        and _says(sentence, statement.saying)
    )


def _contradict(said: list[Sentence], pair: Contradiction) -> tuple[Sentence, Sentence] | None:
    """Return the first sentences of a pair that one clinic prints both, in reading order."""
    one = [number for number, sentence in enumerate(said) if _says(sentence, pair.first)]
    other = [number for number, sentence in enumerate(said) if _says(sentence, pair.second)]
    for first in one:
        for second in other:
            ours, theirs = _variants(said[first].block), _variants(said[second].block)
            together = all(theirs.get(name, option) == option for name, option in ours.items())
            if first != second and together:
                return said[min(first, second)], said[max(first, second)]
    return None


def _lasting(text: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines of a signed text that ask for a new version when they change."""
    return tuple(line for line in text if line.kind not in _DATES)


def _number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 1.10 is above 1.9, and 1.0 is 1."""
    parts = [int(part) for part in version.split(".") if part.isdecimal()]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


@functools.lru_cache(maxsize=1024)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return wording.any_of(words)
