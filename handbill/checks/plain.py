"""LF2: plain language: how hard a leaflet is to read, how it speaks to its reader, what it sells.

Limits and lists of words stand in content/plain.toml, where editors can mend them. What reads
English grammar is silent where leaflets are written in another language.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from handbill import readability, rules
from handbill import words as wording
from handbill.catalog import INTERFACES
from handbill.checks import messages
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Block, Catalog, Leaflet, Message, Plain, Project
from handbill.project import PLAIN
from handbill.readability import Tally
from handbill.rules import declare, rule


#: A leaflet in English above this school grade is not printed; its target is lower.
HARDEST_GRADE = 8.0
#: So many words say something about the grade of one paragraph.
_LEAST_BLOCK = 20
#: As many "do not" for each "do" are too many.
_BALANCE = 2
_LEAST_PROHIBITIONS = 4

_CAPITALS = re.compile(r"(?<![\w.&-])([A-Z][A-Z0-9]*[A-Z])(?:s|’s|'s)?(?![\w-])")
_MEANS = re.compile(r"(?:s|’s|'s)? (?:\(|is short for|stands? for|means?)")
_ONE_IN = re.compile(r"\b\d[\d,]*(?: out of every | out of | in every | in )\d[\d,]*\b")
#: A share of people, not the strength of a cream.
_PERCENT = re.compile(
    r"\b\d+(?:\.\d+)?(?: ?%| per ?cent)(?= (?:of (?!the (?:cream|gel))|chance|risk|more|less|fewer"
    r"|people|patients|babies|children|adults|women|men)|$|[.,;)])",
    re.IGNORECASE,
)
_ADVERBS = r"(?:(?:\w+ly|not|also|often|always|never|then|still|already|now|just|most often) )*"
_PARTICIPLES = (
    r"\w{2,}(?<!ne)(?<!spe)(?<!ble)(?<!fe)(?<!inde)ed|given|taken|made|done|seen|known|found|shown|told"
    r"|kept|left|put|sent|held|brought|caught|cut|drawn|felt|frozen|hidden|lost|paid|read|said|set"
    r"|written|chosen|broken|worn|understood|built|born"
)
_PASSIVE = re.compile(
    rf"\b(?:is|are|was|were|be|been|being) {_ADVERBS}({_PARTICIPLES})\b", re.IGNORECASE
)
#: Participles that describe, or that everybody says.
_DESCRIBES = frozenset({
    "advanced", "aged", "allowed", "blocked", "bored", "called", "colored", "coloured",
    "concerned", "confused", "covered", "crusted", "dried", "embarrassed", "hot", "infected",
    "interested", "married", "mixed", "naked", "named", "needed", "pleased", "raised", "red",
    "related", "scared", "supposed", "swollen", "tired", "trained", "trapped", "used", "wicked",
    "worried",
})  # fmt: skip
_NOT_AFTER = re.compile(
    r"^(?:[\w’'-]+ ){0,5}?(?:(?:is|are|was|were|do|does|did|should|must|can|will|may|have|has|would"
    r"|could)(?: not|n[’']t)|cannot|never)\b",
    re.IGNORECASE,
)
_NOT_ONLY = re.compile(r"\b(?:not only|not just|why not|no doubt|no problem)\b", re.IGNORECASE)
#: Where one clause ends and another begins, whose "not" does not count for the first.
_CLAUSE = re.compile(r"[;:] | [–—] |,? \b(?:but|instead|so that|without|then)\b ")
_CONDITION = re.compile(r"(?:if|when|where|once|unless|as)\b[^,]*, ", re.IGNORECASE)
_MAY_HARM = re.compile(
    r"\b(?:can|may|might|could|will|would|often|lead|leads|cause|causes)\b", re.IGNORECASE
)

declare(
    "LF219",
    "plain-file",
    Severity.ERROR,
    """
    A mistake in plain.toml.

    What it does: checks every key.
    Why is this bad? A list with a mistake in it is not read, and what it would find is missed.
    Example: `longest-sentence = "20"`
    Use instead: `longest-sentence = 20`
    """,
)


@dataclass(frozen=True, slots=True)
class _Text:
    """One block of a leaflet as it is read, and its sentences with where each begins."""

    leaflet: Leaflet
    block: Block
    text: str
    sentences: tuple[tuple[int, str], ...]

    def place(self, start: int = 0) -> Location:
        """Return where a letter of the text stands in the file."""
        return messages.at(self.leaflet, self.block, readability.marked(self.block.msgid, start))


@rule("LF201", "hard-to-read", Severity.ERROR)
def hard_to_read(project: Project) -> Iterator[Fault]:
    """A leaflet in English that needs more than eight years of school.

    What it does: counts the words, sentences and syllables of all that is printed; a heading, a
    list item and a table cell are sentences. Finds a Flesch-Kincaid grade over 8.0, from 100 words
    on. SMOG, as the NHS prepares a text for it, is told too. Finds nothing in other languages.
    Why is this bad? Half of all adults cannot use such a leaflet. The formula was made with sailors
    and training manuals: a low grade does not prove that anybody understands.
    Use instead: shorter sentences, shorter words, in the place that is named first.
    """
    for figures, hardest in figures_of(project):
        if messages.is_english(project):
            grade = round(figures.score("Flesch-Kincaid"), 1)
            if grade > HARDEST_GRADE:
                yield _reading(figures, hardest, "hard-to-read", HARDEST_GRADE)


@rule("LF202", "above-target", Severity.WARNING)
def above_target(project: Project) -> Iterator[Fault]:
    """A leaflet that is harder to read than it should be.

    What it does: as LF201, for grades from 6.0 to 8.0. Leaflets written in Spanish, French, German,
    Italian, Swedish or Polish are measured by the formula of their language.
    Why is this bad? Readers of English health texts are best served by six years of school or
    fewer, as the American Medical Association asks.
    Use instead: shorter sentences, shorter words, in the place that is named first.
    """
    for figures, hardest in figures_of(project):
        first = figures.scores[0]
        too_hard = messages.is_english(project) and round(first.value, 1) > HARDEST_GRADE
        if first.formula.misses(first.value) and not too_hard:
            target = first.formula.target or 0.0
            yield _reading(figures, hardest, "above-target", target)


@rule("LF203", "hard-translation", Severity.WARNING)
def hard_translation(project: Project) -> Iterator[Fault]:
    """A translation that is harder to read than it should be.

    What it does: measures Spanish, French, German, Italian, Swedish and Polish, each by a formula
    that was made or tested for it, from 100 words on. Nothing is claimed of other languages.
    Why is this bad? A translation may be harder than its English, and nobody here can tell.
    Use instead: shorter sentences, in the place that is named. The figures of two languages say
    nothing about each other.
    """
    counted: dict[str, tuple[Catalog, Tally, float | None, Message]] = {}
    for catalog, _, message in messages.translated(project):
        known = readability.formulas(catalog.language)
        if not known or catalog.domain in INTERFACES:
            continue
        tally = _tally(message.msgstr, catalog.language)
        _, sums, most, hardest = counted.get(catalog.path, (catalog, Tally(), None, message))
        if tally.words >= _LEAST_BLOCK:
            effort = known[0].effort(tally)
            if most is None or effort > most:
                most, hardest = effort, message
        counted[catalog.path] = catalog, sums + tally, most, hardest
    for catalog, tally, _, hardest in counted.values():
        if tally.words < readability.LEAST_WORDS:
            continue
        score = readability.of_tally(tally, catalog.language).scores[0]
        if score.formula.misses(score.value):
            text = f"{_told(score)} in {catalog.language}, {_wanted(score.formula)}"
            hint = "its hardest text stands here: shorten the sentences first"
            where = messages.within(catalog, hardest)
            yield messages.fault("hard-translation", catalog, where, text, hint)


@rule("LF204", "long-sentence", Severity.WARNING)
def long_sentence(project: Project) -> Iterator[Fault]:
    """A sentence that is too long.

    What it does: counts words, in leaflets and translations; the limit of each language is
    `longest-sentence` of plain.toml. Silent where scripts do not part words.
    Why is this bad? Who reads slowly has forgotten its beginning (NHS content guide: 20 words).
    Use instead: two sentences, or a list.
    """
    for item in _texts(project):
        limit = _plain(project).longest_sentence
        for start, sentence in item.sentences if limit else ():
            count = readability.tally(sentence, project.settings.source_language).words
            if count > limit:
                text = f"a sentence of {count} words: {messages.quote(sentence)}"
                yield _fault("long-sentence", item, start, text, f"use {limit} at most")
    for catalog, block, message in messages.translated(project, "LF204"):
        limit = _table(project, catalog.language).longest_sentence
        if not limit or message.msgstr.count(" ") < limit or catalog.domain in INTERFACES:
            continue
        text = readability.plain(message.msgstr)
        for start, sentence in _sentences(text):
            count = readability.tally(sentence, catalog.language).words
            if count > limit:
                said = f"a sentence of {count} words in {catalog.language}"
                where = messages.within(catalog, message, readability.marked(message.msgstr, start))
                hint = messages.sourced(f"use {limit} at most", block)
                yield messages.fault("long-sentence", catalog, where, said, hint)


@rule("LF205", "long-paragraph", Severity.WARNING)
def long_paragraph(project: Project) -> Iterator[Fault]:
    """A paragraph that is too long.

    What it does: counts its words; the limit is `longest-paragraph` of plain.toml.
    Why is this bad? A wall of text is not begun. The NHS content guide wants 3 sentences of 20
    words at most; four of ten words are no wall.
    Use instead: two paragraphs, a heading or a list.
    """
    limit = _plain(project).longest_paragraph
    for item in _texts(project) if limit else ():
        count = len(readability.listed(item.text)) if item.block.kind == "paragraph" else 0
        if count > limit:
            text = f"a paragraph of {count} words: {messages.quote(item.text)}"
            yield _fault("long-paragraph", item, 0, text, f"use {limit} at most")


@rule("LF206", "long-words", Severity.WARNING)
def long_words(project: Project) -> Iterator[Fault]:
    """A leaflet with too many long words.

    What it does: counts the words with three syllables or more, but not those of the title. The
    limit is `long-words` of plain.toml, in percent. English only, from 100 words on.
    Why is this bad? Long words are the ones that readers stumble over.
    Use instead: the commonest of the words that are named in other words.
    """
    limit = _plain(project).long_words
    for leaflet, items in _english(project) if limit else ():
        topic = _topic(leaflet)
        counts: dict[str, int] = {}
        total = 0
        first: tuple[_Text, int] | None = None
        for item in items:
            total += len(readability.listed(item.text))
            for word in readability.long_words(item.text):
                if not readability.is_topic(word, topic):
                    bare = word.strip(".,:;!?()“”\"'").lower()
                    counts[bare] = counts.get(bare, 0) + 1
                    first = first or (item, item.text.find(word))
        share = 100 * sum(counts.values()) / total if total else 0
        if first and total >= readability.LEAST_WORDS and round(share) > limit:
            most = sorted(counts, key=lambda word: (-counts[word], word))[:5]
            text = f"{share:.0f} % of the words are long, such as {', '.join(most)}"
            yield _fault("long-words", *first, text, f"use {limit} % at most")


@rule("LF207", "passive-voice", Severity.WARNING)
def passive_voice(project: Project) -> Iterator[Fault]:
    """A leaflet that often does not say who acts.

    What it does: counts sentences with a form of "be" and a participle. The limit is `passive` of
    plain.toml, in percent. English only, from 100 words on.
    Why is this bad? "The cream is applied" does not say who has to apply it.
    Example: `The area should be washed.`
    Use instead: `Wash the area.`
    """
    limit = _plain(project).passive
    for _, items in _english(project) if limit else ():
        found = [
            (item, start + match.start())
            for item in items
            for start, sentence in item.sentences
            if (match := _passive(sentence))
        ]
        every = sum(len(item.sentences) for item in items)
        words = sum(len(readability.listed(item.text)) for item in items)
        if words >= readability.LEAST_WORDS and 100 * len(found) > limit * every:
            item, start = found[0]
            said = messages.quote(item.text[start : start + 40])
            text = f"{len(found)} of {every} sentences are passive, first {said}"
            yield _fault("passive-voice", item, start, text, "say who does it")


@rule("LF208", "jargon", Severity.WARNING)
def jargon(project: Project) -> Iterator[Fault]:
    """A word for which there is a plainer one.

    What it does: finds the words of `jargon` in plain.toml, once in each leaflet. Words of the
    title, of a glossary, in brackets or before them, after "called" and before "means" are
    explained, and stay.
    Why is this bad? Patients take "chronic" for "severe" and "benign" for something bad.
    Example: `Utilise it prior to bed.`
    Use instead: `Use it before bed.`
    """
    yield from _swapped(project, "jargon", _plain(project).jargon)


@rule("LF218", "latin-abbreviation", Severity.WARNING)
def latin_abbreviation(project: Project) -> Iterator[Fault]:
    """Latin, cut short.

    What it does: finds the words of `latin` in plain.toml.
    Why is this bad? Programs that read aloud say "egg" for "eg", and not everybody knows them.
    Example: `thick creams, e.g. petroleum jelly`
    Use instead: `thick creams, such as petroleum jelly`
    """
    yield from _swapped(project, "latin-abbreviation", _plain(project).latin)


@rule("LF209", "unexplained-abbreviation", Severity.WARNING)
def unexplained_abbreviation(project: Project) -> Iterator[Fault]:
    """An abbreviation that nobody explains where it comes first.

    What it does: finds words in capitals. Explained are those that stand in the same text in
    brackets, before brackets or before "means", and those of a glossary; known are those of `known`
    in plain.toml.
    Why is this bad? The reader stops. Whole words in capitals are hard to read too.
    Example: `Use SPF 30.`
    Use instead: `Use sun protection factor (SPF) 30.`
    """
    known = frozenset(_plain(project).known)
    for _, items in _english(project):
        seen = {short for item in items if _defines(item) for short in _CAPITALS.findall(item.text)}
        for item in items:
            for match in _CAPITALS.finditer(item.text):
                short = match.group(1)
                if short not in known and short not in seen and not _is_meant(short, item.text):
                    text = f"an abbreviation that is not explained: {short}"
                    hint = "write it in full first, with the short form in brackets"
                    yield _fault("unexplained-abbreviation", item, match.start(), text, hint)
                seen.add(short)


@rule("LF210", "third-person", Severity.WARNING)
def third_person(project: Project) -> Iterator[Fault]:
    """A leaflet that does not speak to its reader.

    What it does: finds the words of `strangers` in plain.toml, and leaflets of 100 words and more
    without one of `reader`.
    Why is this bad? Readers do not see that they are meant.
    Example: `Patients should wash the area.`
    Use instead: `Wash the area.`
    """
    plain = _plain(project)
    strangers, reader = _any_of(plain.strangers), _any_of(plain.reader)
    for leaflet, items in _by_leaflet(project):
        here = strangers.within(items)
        for item in items if here else ():
            for match in here.finditer(item.text):
                text = f"speaks about the reader: {match.group()!r}"
                yield _fault("third-person", item, match.start(), text, "say you, or ask for it")
        spoken = not plain.reader or any(reader.search(item.text) for item in items)
        words = sum(len(readability.listed(item.text)) for item in items)
        if not spoken and words >= readability.LEAST_WORDS:
            yield Fault(
                kind="third-person",
                location=Location(path=leaflet.path),
                message="never speaks to the reader",
                hint=f"say {plain.reader[0]}",
                scope=Scope(leaflet=leaflet.id),
            )


@rule("LF211", "long-list", Severity.WARNING)
def long_list(project: Project) -> Iterator[Fault]:
    """A list of too many items.

    What it does: counts the items of lists that have no lists in them. The limit is `longest-list`
    of plain.toml.
    Why is this bad? Nobody keeps more in mind (CDC Clear Communication Index: 7 items).
    Use instead: two lists, each with a line above it, or lists inside a list.
    """
    limit = _plain(project).longest_list
    for leaflet in project.leaflets.values() if limit else ():
        for first, count in _lists(leaflet.outline.blocks):
            if count > limit:
                yield Fault(
                    kind="long-list",
                    location=messages.at(leaflet, first),
                    message=f"a list of {count} items",
                    hint=f"use {limit} at most, or part the list",
                    scope=Scope(leaflet=leaflet.id),
                )


@rule("LF212", "unbalanced-advice", Severity.WARNING)
def unbalanced_advice(project: Project) -> Iterator[Fault]:
    """A leaflet that forbids more than it asks for.

    What it does: counts sentences that begin with one of `actions` or `prohibitions` in plain.toml,
    and the items of `do` and `dont` boxes. More than two that forbid for each that asks are too
    many. English only.
    Why is this bad? Who knows only what not to do does nothing.
    Example: `Do not rub it. Do not scrub it. Do not pick it. Do not scratch it.`
    Use instead: `Pat it dry. Do not rub it.`
    """
    plain = _plain(project)
    actions, prohibitions = _begins(plain.actions), _begins(plain.prohibitions)
    for _, items in _english(project) if plain.actions and plain.prohibitions else ():
        dos, donts = 0, 0
        first: tuple[_Text, int] | None = None
        for item in items:
            box = item.block.boxes[-1] if item.block.boxes else ""
            asked = item.block.kind == "list item"
            for number, (start, sentence) in enumerate(item.sentences):
                said = sentence.lstrip("“\"'(")
                if prohibitions.match(said) or (box == "dont" and asked and not number):
                    donts += 1
                    first = first or (item, start)
                elif actions.match(said) or (box == "do" and asked and not number):
                    dos += 1
        if first and donts >= _LEAST_PROHIBITIONS and donts > _BALANCE * dos:
            text = f"{donts} sentences forbid something, {dos} say what to do"
            yield _fault("unbalanced-advice", *first, text, "say what to do instead")


@rule("LF213", "promotion", Severity.ERROR)
def promotion(project: Project) -> Iterator[Fault]:
    """Words that sell something.

    What it does: finds the words of `promotion` in plain.toml, in leaflets and translations, unless
    the sentence says no before them.
    Why is this bad? A leaflet that advertises cannot be trusted, and may be against the law.
    Example: `Our affordable cream works wonders.`
    Use instead: what the evidence says, with its source.
    """
    lists = {tag: plain.promotion for tag, plain in project.plain.items()}
    hint = "a leaflet sells nothing; leave it out"
    yield from _claimed(project, "promotion", "words that sell", lists, hint)


@rule("LF214", "pseudoscience", Severity.ERROR)
def pseudoscience(project: Project) -> Iterator[Fault]:
    """Words of false explanations.

    What it does: finds the words of `pseudoscience` in plain.toml, in leaflets and translations,
    unless the sentence says no before them.
    Why is this bad? Nobody has found the "toxins" that a diet or a cream removes.
    Example: `Drink water to wash out toxins.`
    Use instead: what is known, with its source; "we do not know" is an answer.
    """
    lists = {tag: plain.pseudoscience for tag, plain in project.plain.items()}
    hint = "say what is known, with its source"
    yield from _claimed(project, "pseudoscience", "a false explanation", lists, hint)


@rule("LF215", "unsafe-advice", Severity.ERROR)
def unsafe_advice(project: Project) -> Iterator[Fault]:
    """Advice to do at home what does harm.

    What it does: finds the words of `unsafe` in plain.toml where the clause does not forbid or
    deny it, the sentence names no professional, asks no question and says no harm of it, and no
    `dont` box stands around it. English only.
    Why is this bad? Steam over a bowl has scalded children so badly that scars stayed for life;
    tweezers and needles near the eye need no explanation.
    Example: `Use tweezers to take them out.`
    Use instead: `Do not use tweezers.`
    """
    plain = _plain(project)
    unsafe = _each_of(tuple(word for word, _ in plain.unsafe))
    beside = {word: _any_of(words) for word, words in plain.unsafe if words}
    for _, items in _english(project) if plain.unsafe else ():
        here = unsafe.within(items)
        for item in items if here else ():
            if "dont" in item.block.boxes:
                continue
            for start, sentence in item.sentences:
                for match in here.finditer(sentence):
                    harmless = beside.get(here.name(match))
                    if harmless and harmless.search(sentence):
                        continue
                    if _is_advised(project, plain, sentence, match.start(), match.end()):
                        text = f"advice to do harm: {messages.quote(sentence)}"
                        hint = f"forbid it, or say who may do it: {match.group()!r}"
                        place = start + match.start()
                        yield _fault("unsafe-advice", item, place, text, hint)
                        break


@rule("LF216", "mixed-numbers", Severity.WARNING)
def mixed_numbers(project: Project) -> Iterator[Fault]:
    """Chances told in two ways.

    What it does: finds "1 in 10" and "10 %" of people in the same leaflet. The strength of a cream
    is no chance. English only.
    Why is this bad? Readers cannot tell which is more (NHS content guide: 1 in 7, not 14.3 %).
    Example: `5 % of people bleed. 1 in 10 has a scar.`
    Use instead: `5 in 100 people bleed. 10 in 100 have a scar.`
    """
    for _, items in _english(project):
        shares = [(item, match) for item in items for match in _PERCENT.finditer(item.text)]
        chances = [match for item in items for match in _ONE_IN.finditer(item.text)]
        if shares and chances:
            item, match = shares[0]
            text = f"{match.group()!r} here, {chances[0].group()!r} elsewhere"
            yield _fault(
                "mixed-numbers", item, match.start(), text, "use one way, such as 5 in 100"
            )


@rule("LF217", "redness-only", Severity.WARNING)
def redness_only(project: Project) -> Iterator[Fault]:
    """A leaflet that goes by redness, without a word on brown and black skin.

    What it does: finds the words of `redness` in plain.toml in leaflets that have none of
    `skin-tones`.
    Why is this bad? On brown and black skin redness is hard to see, and what is wrong is found
    late.
    Use instead: say how it feels, and "on brown and black skin, redness can be hard to see".
    """
    plain = _plain(project)
    red, tones = _any_of(plain.redness), _any_of(plain.skin_tones)
    for _, items in _by_leaflet(project) if plain.redness else ():
        found = [(item, match) for item in items for match in red.finditer(item.text)]
        if found and not any(tones.search(item.text) for item in items):
            item, match = found[0]
            text = f"{match.group()!r}, and nothing on brown and black skin"
            yield _fault("redness-only", item, match.start(), text, "say how it looks there")


@rule("LF220", "missing-plain-words", Severity.WARNING)
def missing_plain_words(project: Project) -> Iterator[Fault]:
    """A language of leaflets of which nobody has said what is plain.

    What it does: looks for the table of the source language in content/plain.toml.
    Why is this bad? No sentence is too long and no word is jargon where there are no limits.
    Use instead: the file of the repository, or a table for your language.
    """
    tag = project.settings.source_language
    if not _has_table(project, tag):
        yield Fault(
            kind="missing-plain-words",
            location=Location(path=PLAIN),
            message=f"no table for {tag}: plain language is not checked",
            hint=f"add [{tag}]",
        )


def _reading(
    figures: readability.Figures,
    hardest: "_Text",
    kind: str,
    target: float,
) -> Fault:
    """Say how hard a leaflet is to read, at its hardest place."""
    told = ", ".join(_told(score) for score in figures.scores)
    least = "at least" if figures.scores[0].formula.ease else "at most"
    return _fault(
        kind,
        hardest,
        0,
        f"{told}: the first should be {least} {target:.1f}",
        "its hardest text stands here: shorten sentences and words",
    )


def _told(score: readability.Score) -> str:
    return f"{score.formula.name} {score.value:.1f}"


def _wanted(formula: readability.Formula) -> str:
    return f"which should be {'at least' if formula.ease else 'at most'} {formula.target:.0f}"


def _plain(project: Project) -> Plain:
    """Return what is plain in the language of the leaflets."""
    return _table(project, project.settings.source_language)


def _table(project: Project, tag: str) -> Plain:
    return project.plain.get(tag) or project.plain.get(_language(tag)) or _NOTHING


def _has_table(project: Project, tag: str) -> bool:
    return tag in project.plain or _language(tag) in project.plain


_NOTHING = Plain()


@functools.cache
def _language(tag: str) -> str:
    """Return a tag without its region; a script is another matter."""
    return re.sub(r"-([A-Z]{2}|\d{3})$", "", tag)


def _by_leaflet(project: Project) -> tuple[tuple[Leaflet, tuple[_Text, ...]], ...]:
    return _read(messages.Same(project))


def _english(project: Project) -> tuple[tuple[Leaflet, tuple[_Text, ...]], ...]:
    return _by_leaflet(project) if messages.is_english(project) else ()


def _texts(project: Project) -> Iterator[_Text]:
    for _, items in _by_leaflet(project):
        yield from items


@functools.lru_cache(maxsize=1)
def _read(same: messages.Same) -> tuple[tuple[Leaflet, tuple[_Text, ...]], ...]:
    """Read all leaflets, once for all rules."""
    return tuple(
        (leaflet, tuple(_text(leaflet, block) for block in leaflet.blocks))
        for leaflet in same.project.leaflets.values()
    )


def _text(leaflet: Leaflet, block: Block) -> _Text:
    text = readability.plain(block.msgid)
    return _Text(leaflet, block, text, _sentences(text))


@functools.lru_cache(maxsize=1 << 14)
def _sentences(text: str) -> tuple[tuple[int, str], ...]:
    """Part a plain text into sentences, with where each begins."""
    found, start = [], 0
    for sentence in readability.sentences(text):
        start = max(start, text.find(sentence.split(" ", 1)[0], start))
        found.append((start, sentence))
        start += len(sentence)
    return tuple(found)


@functools.lru_cache(maxsize=1 << 16)
def _tally(text: str, language: str) -> Tally:
    return readability.tally_all(readability.plain(text), language)


def figures_of(project: Project) -> tuple[tuple[readability.Figures, _Text], ...]:
    """Return the figures of each leaflet that has enough words, and its hardest block."""
    return _measured(messages.Same(project))


@functools.lru_cache(maxsize=1)
def _measured(same: messages.Same) -> tuple[tuple[readability.Figures, _Text], ...]:
    """Measure the leaflets that have enough words, and find the hardest block of each."""
    project = same.project
    found: list[tuple[readability.Figures, _Text]] = []
    tag = project.settings.source_language
    known = readability.formulas(tag)
    for leaflet, items in _by_leaflet(project) if known else ():
        spoken = [sentence for item in items for _, sentence in item.sentences]
        figures = readability.figures(spoken, tag, _topic(leaflet))
        if figures is None or figures.words < readability.LEAST_WORDS:
            continue
        counted = [(item, _tally(item.block.msgid, tag)) for item in items]
        long_enough = [pair for pair in counted if pair[1].words >= _LEAST_BLOCK] or [
            pair for pair in counted if pair[1].words
        ]
        hardest = max(long_enough, key=lambda pair: known[0].effort(pair[1]))
        found.append((figures, hardest[0]))
    return tuple(found)


def _topic(leaflet: Leaflet) -> frozenset[str]:
    """Return the words of a title: a leaflet cannot do without them."""
    return frozenset(word.lower() for word in re.findall(r"[^\W\d_]+", leaflet.title))


def _defines(item: _Text) -> bool:
    """Tell whether a text belongs to a glossary."""
    return item.block.kind == "term" or "glossary" in item.block.boxes


def _is_meant(short: str, text: str) -> bool:
    """Tell whether a text says what an abbreviation in it means."""
    if f"({short})" in text or f"({short}s)" in text:
        return True
    return any(
        _MEANS.match(text, match.end(1))
        for match in _CAPITALS.finditer(text)
        if match.group(1) == short
    )


def _passive(sentence: str) -> re.Match[str] | None:
    for match in _PASSIVE.finditer(sentence):
        if match.group(1).lower() not in _DESCRIBES:
            return match
    return None


def _swapped(project: Project, kind: str, swaps: tuple[tuple[str, str], ...]) -> Iterator[Fault]:
    """Find words for which there are better ones, once in each leaflet."""
    hard = _better(swaps)
    for leaflet, items in _by_leaflet(project) if swaps else ():
        seen, topic, here = set[str](), _topic(leaflet), hard.within(items)
        for item in items if here else ():
            if item.block.kind == "title" or _defines(item):
                continue
            for match in here.finditer(item.text):
                word = match.group().lower()
                if (
                    word not in seen
                    and not readability.is_topic(word, topic)
                    and not _is_explained(item.text, match.start(), match.end())
                ):
                    seen.add(word)
                    text = f"a hard word: {match.group()!r}"
                    yield _fault(kind, item, match.start(), text, f"write {here.name(match)}")


def _is_explained(text: str, start: int, end: int) -> bool:
    """Tell whether a word is itself an explanation, or has one beside it."""
    before = text[:start]
    in_brackets = before.count("(") > before.count(")")
    called = re.search(r"\b(?:calls?|called|name for|known as)\b[^.]{0,20}$", before)
    return in_brackets or bool(called) or text[end:].startswith((" (", " means "))


def _claimed(
    project: Project, kind: str, what: str, lists: Mapping[str, tuple[str, ...]], hint: str
) -> Iterator[Fault]:
    """Find words that nobody may claim, in leaflets and translations.

    Args:
        project: what is searched.
        kind: the rule that they break.
        what: what such words are called.
        lists: the words, by language.
        hint: what to do instead.
    """
    found = rules.find(kind)
    rule_id = found.id if found else ""
    source = project.settings.source_language
    words = lists.get(source) or lists.get(_language(source)) or ()
    denials = _any_of(messages.words(project, source).denials)
    finders = [(items, _any_of(words).within(items)) for _, items in _by_leaflet(project)]
    for item, pattern in ((item, here) for items, here in finders if here for item in items):
        if not pattern.search(item.text):
            continue
        for start, sentence in item.sentences:
            match = pattern.search(sentence)
            if match and not denials.search(_NOT_ONLY.sub("", sentence[: match.start()])):
                text = f"{what}: {match.group()!r}"
                yield _fault(kind, item, start + match.start(), text, hint)
    for catalog, block, message in messages.translated(project, rule_id):
        tag = catalog.language
        words = lists.get(tag) or lists.get(_language(tag)) or ()
        if not words or not _any_of(words).search(message.msgstr):
            continue
        text = readability.plain(message.msgstr)
        denials = _any_of(messages.words(project, tag).denials)
        for start, sentence in _sentences(text):
            match = _any_of(words).search(sentence)
            if match and not denials.search(sentence[: match.start()]):
                said = f"{what} in {tag}: {match.group()!r}"
                place = readability.marked(message.msgstr, start + match.start())
                where = messages.within(catalog, message, place)
                yield messages.fault(kind, catalog, where, said, messages.sourced(hint, block))


def _is_advised(project: Project, plain: Plain, sentence: str, start: int, end: int) -> bool:
    """Tell whether a sentence recommends what stands between two of its letters."""
    if sentence.endswith("?") or _any_of(plain.professionals).search(sentence):
        return False
    clause = start - len(_clause_before(sentence, start))
    before = sentence[clause:start]
    after = _NOT_ONLY.sub("", _CLAUSE.split(sentence[end:], maxsplit=1)[0]).lstrip()
    denials = _any_of(messages.words(project, project.settings.source_language).denials)
    if denials.search(_NOT_ONLY.sub("", before)) or _NOT_AFTER.match(after):
        return False
    harm = _any_of(plain.harms).search(after)
    return not (harm and _MAY_HARM.search(after[: harm.start()]) and before.strip() == "")


def _clause_before(sentence: str, start: int) -> str:
    """Return what stands before a letter in its own clause."""
    before = sentence[:start]
    for match in _CLAUSE.finditer(before):
        before = sentence[match.end() : start]
    condition = _CONDITION.match(before)
    return before[condition.end() :] if condition else before


def _lists(blocks: Iterable[Block]) -> Iterator[tuple[Block, int]]:
    """Yield each list without lists in it: its first item, and how many it has."""
    open_lists: list[tuple[Block, int, bool]] = []

    def close(column: int) -> Iterator[tuple[Block, int]]:
        while open_lists and open_lists[-1][0].column > column:
            first, count, nests = open_lists.pop()
            if not nests:
                yield first, count

    for block in blocks:
        if block.kind == "list item":
            if open_lists and open_lists[-1][0].boxes != block.boxes:
                yield from close(0)
            yield from close(block.column)
            if open_lists and open_lists[-1][0].column == block.column:
                first, count, nests = open_lists.pop()
                open_lists.append((first, count + 1, nests))
            else:
                if open_lists:
                    first, count, _ = open_lists.pop()
                    open_lists.append((first, count, True))
                open_lists.append((block, 1, False))
        else:
            # What stands as far in as an item's text belongs to the item.
            yield from close(block.column - 1 if block.kind == "paragraph" else 0)
    yield from close(0)


def _fault(kind: str, item: _Text, start: int, message: str, hint: str) -> Fault:
    """Return a fault at a letter of a leaflet's text."""
    return Fault(
        kind=kind,
        location=item.place(start),
        message=message,
        hint=hint,
        scope=Scope(leaflet=item.leaflet.id),
    )


class _Finder:
    """Finds words in a text; most texts have none, and are told by their letters alone."""

    def __init__(self, names: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        self.names = names
        self.pattern, self.order = wording.alternatives(dict(names))
        self.stems = tuple({_stem(word) for _, words in names for word in words})

    def __bool__(self) -> bool:
        return bool(self.stems)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first word that is found."""
        return self.pattern.search(text) if self._may_have(text) else None

    def finditer(self, text: str) -> Iterable[re.Match[str]]:
        """Return all words that are found."""
        return self.pattern.finditer(text) if self._may_have(text) else ()

    def name(self, match: re.Match[str]) -> str:
        """Return the name under which a word that was found is listed."""
        return self.order[(match.lastindex or 1) - 1]

    def within(self, items: tuple[_Text, ...]) -> "_Finder":
        """Return a finder of those words alone that these texts may have: most have hardly any."""
        lower = "\n".join(item.text for item in items).lower()
        here = tuple(
            (name, tuple(word for word in words if _stem(word) in lower))
            for name, words in self.names
        )
        return _finder(tuple((name, words) for name, words in here if words))

    def _may_have(self, text: str) -> bool:
        lower = text.lower()
        return any(stem in lower for stem in self.stems)


def _stem(word: str) -> str:
    """Return the letters that are there wherever a word is found."""
    return word.split(" ", 1)[0].rstrip("*").lower()


@functools.cache
def _finder(names: tuple[tuple[str, tuple[str, ...]], ...]) -> _Finder:
    return _Finder(names)


@functools.cache
def _any_of(words: tuple[str, ...]) -> _Finder:
    return _Finder((("", words),))


@functools.cache
def _each_of(words: tuple[str, ...]) -> _Finder:
    return _Finder(tuple((word, (word,)) for word in words))


@functools.cache
def _begins(words: tuple[str, ...]) -> re.Pattern[str]:
    """Compile what a sentence begins with, perhaps after a condition or a word of courtesy."""
    opening = r"(?:please |then |and |also |(?:if|when|once|before|after) [^,]*, )?"
    return re.compile(f"{opening}(?:{wording.any_of(words).pattern})", re.IGNORECASE)


@functools.cache
def _better(swaps: tuple[tuple[str, str], ...]) -> _Finder:
    names: dict[str, list[str]] = {}
    for word, better in swaps:
        names.setdefault(better, []).append(word)
    return _Finder(tuple((better, tuple(words)) for better, words in names.items()))
