"""LF3: what a translation says: its numbers, units, denials, terms, letters and signs.

These rules read English. They are silent where leaflets are written in another language.
"""

import functools
import re
from collections.abc import Iterator

from handbill import lettering, numbers, waivers
from handbill import words as wording
from handbill.catalog import is_known, separators
from handbill.checks import messages
from handbill.checks.messages import running
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Block, Catalog, Message, Project, Words
from handbill.rules import declare, rule


#: English that denies without a word of its own: a translation may need one.
_HIDDEN = re.compile(
    r"\b(?:un(?!der|til|it|ion|iv|ique)\w+|(?:in|im|ir|dis)\w{5,}|\w+less|unless|until|except|only"
    r"|hardly|rarely|seldom|few|little|fail\w*|free|miss\w*|lack\w*|rather|instead|before|but"
    r"|poor\w*|bad\w*|trouble|hard|difficult\w*|away|out|refus\w*|keep|prevent\w*|leave|if|whether|clean|other|same|safe\w*|own|worse)\b",
    re.IGNORECASE,
)
#: How long a translation is beside its English, letter for letter, where letters are words.
_SHORT_SCRIPTS = {"Hans": 0.45, "Hant": 0.45, "Jpan": 0.55, "Kore": 0.6}
_DOUBLED = re.compile(r"(?<!\w)([^\W\d_]{2,})[ \n\u00a0]+\1(?!\w)", re.IGNORECASE)

declare(
    "LF326",
    "words-file",
    Severity.ERROR,
    """
    A mistake in words.toml, or in a glossary.

    What it does: checks every key.
    Why is this bad? A list with a mistake in it is not read, and what it would find is missed.
    Example: `milligram = ["mg"]`
    Use instead: `mg = ["mg"]`
    """,
)


@rule("LF312", "changed-number", Severity.ERROR)
def changed_number(project: Project) -> Iterator[Fault]:
    """A translation with other numbers than its source.

    What it does: compares the numbers of both by value. Digits may be of any script, and decimals
    and thousands are read as CLDR writes them in each language. A number in words may become
    digits, but not the other way; 8:30 pm may be 20:30. Slots and addresses are not compared.
    Why is this bad? A zero too many in a dose can kill.
    Example: `Tome 5000 mg` for `Take 500 mg`
    Use instead: `Tome 500 mg`
    """
    for catalog, block, message, difference in _differences(project, "LF312", "changed-number"):
        decimal, _ = separators(project.languages[catalog.language].cldr)
        text = messages.unlike(catalog.language, difference.lost, difference.gained)
        hint = messages.sourced(f"write each in digits, with {decimal!r} before decimals", block)
        where = messages.within(catalog, message, difference.start)
        yield messages.fault("changed-number", catalog, where, text, hint)


@rule("LF313", "changed-unit", Severity.ERROR)
def changed_unit(project: Project) -> Iterator[Fault]:
    """A translation in which a number has another unit, or none.

    What it does: compares what each number is a number of: milligrams, millilitres, degrees, hours,
    days, tablets, spoons, morning or evening; and whether a day, a week or an hour became another.
    The names of units are in locales/words.toml; nothing is converted.
    Why is this bad? 500 tablets of 2 mg are not 2 tablets of 500 mg, and a tablespoon holds three
    teaspoons.
    Example: `Tome 500 g` for `Take 500 mg`
    Use instead: `Tome 500 mg`, or the name that your language has for it, added to words.toml.
    """
    for catalog, block, message, difference in _differences(project, "LF313", "changed-unit"):
        text = messages.unlike(catalog.language, difference.lost, difference.gained)
        hint = f"if the unit is right, add its name to [{catalog.language}.units] of words.toml"
        where = messages.within(catalog, message, difference.start)
        yield messages.fault("changed-unit", catalog, where, text, messages.sourced(hint, block))


@rule("LF318", "swapped-number", Severity.ERROR)
def swapped_number(project: Project) -> Iterator[Fault]:
    """A translation that has the numbers of its source in another order.

    What it does: compares the order of the numbers that have the same unit, or none. Dates, and
    such as "1 in 100", may change theirs.
    Why is this bad? "2 in the morning and 1 at night" is another dose than "1 and 2".
    Example: `1 por la mañana y 2 por la noche` for `2 in the morning and 1 at night`
    Use instead: `2 por la mañana y 1 por la noche`
    """
    for catalog, block, message, difference in _differences(project, "LF318", "swapped-number"):
        order, ours = ", ".join(difference.gained), ", ".join(difference.lost)
        text = f"the translation into {catalog.language} has the order {order}, its source {ours}"
        hint = messages.sourced("keep the order, or waive this", block)
        where = messages.within(catalog, message, difference.start)
        yield messages.fault("swapped-number", catalog, where, text, hint)


@rule("LF314", "lost-negation", Severity.ERROR)
def lost_negation(project: Project) -> Iterator[Fault]:
    """A translation without the "not" of its source.

    What it does: looks for a word that forbids, denies or stops, sentence by sentence. Where the
    translation has more sentences or fewer, counts such words. They are in locales/words.toml.
    Why is this bad? "Do not take it with alcohol" becomes advice to drink.
    Example: `Use crema` for `Do not use cream`
    Use instead: `No use crema`
    """
    if not messages.is_english(project):
        return
    english = denials_of(messages.words(project, project.settings.source_language))
    denies = functools.lru_cache(maxsize=4096)(lambda text: _denying(text, english))
    for catalog, block, message in messages.translated(project, "LF314"):
        ours = denies(running(block.msgid))
        if not any(ours):
            continue
        denials = denials_of(messages.words(project, catalog.language))
        if not denials.known:
            continue
        text = running(message.msgstr)
        theirs = _denying(text, denials)
        if len(ours) == len(theirs):
            missing = sum(theirs) < sum(ours)
            pairs = enumerate(zip(ours, theirs, strict=True))
            lost = next((number for number, pair in pairs if pair == (True, False)), 0)
        else:
            # Sentences were joined or parted: each denial must still have a word.
            missing, lost = denials.count(text) < sum(ours), 0
        if missing:
            sentence = wording.sentences(text)[lost] if theirs else text
            said = f"does not say no in {catalog.language}: {messages.quote(sentence)}"
            where_to = f"not = […] under [{catalog.language}] of words.toml"
            hint = f"say it as the English does; if it is said, add the word to {where_to}"
            where = messages.within(catalog, message, text.find(sentence))
            yield messages.fault(
                "lost-negation", catalog, where, said, messages.sourced(hint, block)
            )


@rule("LF323", "gained-negation", Severity.WARNING)
def gained_negation(project: Project) -> Iterator[Fault]:
    """A translation that says no where its source does not.

    What it does: looks for a word that forbids or denies in a text whose English has none, not even
    a hidden one such as "unless" or "harmless".
    Why is this bad? "Wash it" becomes "Do not wash it".
    Example: `No use crema` for `Use cream`
    Use instead: `Use crema`
    """
    if not messages.is_english(project):
        return
    english = denials_of(messages.words(project, project.settings.source_language))
    affirms = functools.lru_cache(maxsize=4096)(
        lambda text: english.search(text) is None and _HIDDEN.search(text) is None
    )
    for catalog, block, message in messages.translated(project, "LF323"):
        if not affirms(block.msgid):
            continue
        denials = denials_of(messages.words(project, catalog.language))
        found = denials.search(running(message.msgstr)) if denials.known else None
        if found is None:
            continue
        text = f"the translation into {catalog.language} says no, its source does not: {found[1]!r}"
        where = messages.within(catalog, message, found[0])
        hint = messages.sourced("say it without, or waive this", block)
        yield messages.fault("gained-negation", catalog, where, text, hint)


@rule("LF315", "glossary-term", Severity.ERROR)
def glossary_term(project: Project) -> Iterator[Fault]:
    """A translation that calls a thing otherwise than the glossary.

    What it does: where the English has a term of locales/<language>/glossary.toml, looks for one of
    its translations, and everywhere for those that are forbidden for it.
    Why is this bad? A reader takes two names for two things.
    Example: `granos` where the glossary says `milia`
    Use instead: the glossary's word, or a new translation in the glossary.
    """
    compiled = {
        tag: [
            (
                term,
                wording.any_of(term.translations, clitics=True),
                wording.any_of(term.forbidden, clitics=True),
            )
            for term in terms
        ]
        for tag, terms in project.glossaries.items()
    }
    sources = {term.source for terms in project.glossaries.values() for term in terms}
    # Languages share their English, and most of their terms.
    named = functools.lru_cache(maxsize=4096)(
        lambda text: {source for source in sources if _named(source, text)}
    )
    for catalog, block, message in messages.translated(project, "LF315"):
        here = named(block.msgid)
        for term, right, wrong in compiled.get(catalog.language, ()):
            if term.source not in here:
                continue
            text = running(message.msgstr)
            name, place = term.source[0], term.location
            hint = messages.sourced(f"the term stands at {place.path}:{place.line}", block)
            if match := wrong.search(text):
                said = f"{match.group()!r} is forbidden for {name!r} in {catalog.language}"
                where = messages.within(catalog, message, match.start())
                yield messages.fault("glossary-term", catalog, where, said, hint)
            elif not right.search(text):
                said = f"{name!r} is not translated as {' or '.join(term.translations)}"
                where = messages.within(catalog, message)
                yield messages.fault("glossary-term", catalog, where, said, hint)


@rule("LF316", "forbidden-control", Severity.ERROR)
def forbidden_control(project: Project) -> Iterator[Fault]:
    """An invisible sign that changes what is read.

    What it does: finds control characters, embeddings and overrides of writing direction, marks of
    byte order, letters of private use, joiners where the script has none, and isolates that are
    not closed. Allowed are the marks LRM, RLM and ALM, closed isolates, soft hyphens and spaces
    that do not break. Looks at the English too.
    Why is this bad? One unseen U+202E prints 500 as 005.
    Use instead: remove it; type the word anew.
    """
    for leaflet in project.leaflets.values():
        for block in leaflet.blocks:
            for _, name in lettering.controls(block.msgid, "Latn"):
                yield Fault(
                    kind="forbidden-control",
                    location=Location(path=block.path, line=block.line, column=block.column),
                    message=f"an invisible sign: {name}",
                    hint="remove it; type the word anew",
                    scope=Scope(leaflet=leaflet.id),
                )
    for catalog, block, message in messages.translated(project):
        script = project.languages[catalog.language].script
        for start, name in lettering.controls(message.msgstr, script):
            text = f"an invisible sign in the translation into {catalog.language}: {name}"
            where = messages.within(catalog, message, start)
            hint = messages.sourced("remove it; type the word anew", block)
            yield messages.fault("forbidden-control", catalog, where, text, hint)


@rule("LF317", "wrong-script", Severity.ERROR)
def wrong_script(project: Project) -> Iterator[Fault]:
    """A word in letters that are not its language's.

    What it does: finds letters of other scripts. Allowed are symbols of units, and words that the
    English has too: names and abbreviations, known by a capital, and what stands in brackets. The
    glossary's translations may have them as well.
    Why is this bad? An English word was forgotten, or a letter only looks right: a Cyrillic letter
    in Polish makes another word for whoever listens or searches.
    Example: `крем cream`
    Use instead: `крем`
    """
    known_terms = {
        tag: {name for term in terms for word in term.translations for name in word.split()}
        for tag, terms in project.glossaries.items()
    }
    for catalog, block, message in messages.translated(project, "LF317"):
        script = project.languages[catalog.language].script
        text = running(message.msgstr)
        known = known_terms.get(catalog.language, ())
        for start, word in lettering.foreign_words(text, script):
            if word not in known and not _may_stay(word, block.msgid, text[:start]):
                said = f"not in the script of {catalog.language}: {messages.quote(word)}"
                where = messages.within(catalog, message, start)
                hint = messages.sourced("translate it, or type it anew", block)
                yield messages.fault("wrong-script", catalog, where, said, hint)


@rule("LF324", "foreign-letter", Severity.WARNING)
def foreign_letter(project: Project) -> Iterator[Fault]:
    """A letter of a neighbour language that looks the same.

    What it does: finds Arabic ي and ك in Urdu and Persian, and Urdu and Persian ی and ک in Arabic.
    Why is this bad? They look alike in some places of a word and not in others, and no search finds
    the word.
    Example: `كريم` in Urdu
    Use instead: `کریم`
    """
    for catalog, block, message in messages.translated(project, "LF324"):
        found = next(lettering.foreign_letters(message.msgstr, catalog.language), None)
        if found is not None:
            start, letter = found
            text = f"a letter that {catalog.language} does not have: {letter} (U+{ord(letter):04X})"
            where = messages.within(catalog, message, start)
            hint = messages.sourced("type the word on a keyboard of the language", block)
            yield messages.fault("foreign-letter", catalog, where, text, hint)


@rule("LF319", "length-ratio", Severity.WARNING)
def length_ratio(project: Project) -> Iterator[Fault]:
    """A translation that is far too short or far too long.

    What it does: compares lengths, for texts of more than 40 letters.
    Why is this bad? A sentence was left out, or stands twice.
    """
    for catalog, block, message in messages.translated(project, "LF319"):
        ours, theirs = len(block.msgid), len(message.msgstr)
        if ours < 40:
            continue
        ratio = theirs / ours / _SHORT_SCRIPTS.get(project.languages[catalog.language].script, 1.1)
        if not 0.4 <= ratio <= 2.5:
            size = "short" if ratio < 1 else "long"
            text = f"very {size} in {catalog.language}: {theirs} letters for {ours}"
            hint = messages.sourced("is a sentence missing, or there twice?", block)
            where = messages.within(catalog, message)
            yield messages.fault("length-ratio", catalog, where, text, hint)


@rule("LF320", "doubled-word", Severity.WARNING)
def doubled_word(project: Project) -> Iterator[Fault]:
    """A word that stands twice in a row.

    What it does: compares neighbours, in languages that do not repeat words by their grammar:
    `repeats` in locales/words.toml.
    Why is this bad? Something was pasted badly.
    Example: `en la la piel`
    Use instead: `en la piel`
    """
    for catalog, block, message in messages.translated(project, "LF320"):
        if messages.words(project, catalog.language).repeats:
            continue
        match = _DOUBLED.search(message.msgstr)
        if match and not _DOUBLED.search(block.msgid):
            text = f"twice in a row: {match.group(1)!r}"
            where = messages.within(catalog, message, match.start())
            hint = messages.sourced("remove one", block)
            yield messages.fault("doubled-word", catalog, where, text, hint)


@rule("LF321", "end-punctuation", Severity.WARNING)
def end_punctuation(project: Project) -> Iterator[Fault]:
    """A translation that ends otherwise than its source.

    What it does: compares the sign at the end, whatever it looks like in each script.
    Why is this bad? A question reads as a fact, or a list's colon is missing.
    Example: `Lávese las manos:` for `Wash your hands.`
    Use instead: `Lávese las manos.`
    """
    ends = functools.lru_cache(maxsize=4096)(lettering.end)
    for catalog, block, message in messages.translated(project, "LF321"):
        script = project.languages[catalog.language].script
        ours, theirs = ends(block.msgid, script), lettering.end(message.msgstr, script)
        if ours != theirs:
            here, there = theirs or "no sign", ours or "none"
            text = f"ends with {here} in {catalog.language}, its source with {there}"
            where = messages.within(catalog, message, max(0, len(message.msgstr.rstrip()) - 1))
            hint = messages.sourced("end it as the English does", block)
            yield messages.fault("end-punctuation", catalog, where, text, hint)


@rule("LF322", "void-waiver", Severity.ERROR)
def void_waiver(project: Project) -> Iterator[Fault]:
    """A waiver without force.

    What it does: reads `# waive:` above an entry. It must name a rule that may be waived, the
    digest of the texts as they are, a day that has been, a person and a reason.
    Why is this bad? A person has answered for a text that is no longer there.
    Example: a waiver left above a translation that was changed since
    Use instead: `python build.py catalog waive FILE:LINE RULE --by NAME --because REASON`
    """
    for catalog, block, message in messages.translated(project):
        for waiver in waivers.read(message) if message.comments else ():
            problem = waivers.refusal(waiver, project.today)
            if problem:
                where = messages.place(catalog, message)
                hint = messages.sourced("read the translation again; then waive anew", block)
                yield messages.fault("void-waiver", catalog, where, problem, hint)


@rule("LF325", "missing-words", Severity.WARNING)
def missing_words(project: Project) -> Iterator[Fault]:
    """A language of which nobody has said how it says no.

    What it does: looks for `not` and `units` of every language that is published in
    locales/words.toml.
    Why is this bad? A "not" or a unit that gets lost on the way is not found.
    Use instead: add a table for the language.
    """
    for tag in messages.languages(project) if messages.is_english(project) else ():
        known = messages.words(project, tag)
        for key, there in (("not", known.denials), ("units", known.units)):
            if not there:
                yield Fault(
                    kind="missing-words",
                    location=Location(path="locales/words.toml"),
                    message=f"no {key!r} for {project.languages[tag].english}",
                    hint=f"add it under [{tag}]",
                    scope=Scope(language=tag),
                )


class Denials:
    """Finds the words of a language that forbid, deny or stop."""

    def __init__(self, words: Words) -> None:
        self.known = bool(words.denials)
        self.pattern = wording.any_of(words.denials, clitics=True)
        self.harmless = wording.any_of(words.harmless) if words.harmless else None

    def search(self, text: str) -> tuple[int, str] | None:
        """Return the place and the word that denies."""
        match = self.pattern.search(self._plain(text))
        return (match.start(), match.group()) if match else None

    def count(self, text: str) -> int:
        """Count the words that deny."""
        return sum(1 for _ in self.pattern.finditer(self._plain(text)))

    def _plain(self, text: str) -> str:
        if self.harmless is None:
            return text
        return self.harmless.sub(lambda match: " " * len(match.group()), text)


def _named(source: tuple[str, ...], text: str) -> bool:
    """Tell whether an English text has a term."""
    return _any_of(source).search(running(text)) is not None


_any_of = functools.cache(wording.any_of)


@functools.cache
def denials_of(words: Words) -> Denials:
    """Return what finds the denials of a language, made once."""
    return Denials(words)


def _denying(text: str, denials: Denials) -> list[bool]:
    """Tell of each sentence whether it denies."""
    return [denials.search(sentence) is not None for sentence in wording.sentences(text)]


def _may_stay(word: str, source: str, before: str) -> bool:
    """Tell whether a word of another script is a name, or stands in brackets beside its own."""
    if not re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", source):
        return False
    brackets = [before.count(sign) for sign in "()（）"]
    if brackets[0] > brackets[1] or brackets[2] > brackets[3]:
        return True
    # The first word of a sentence has a capital, whatever it is; an abbreviation has more of them.
    inside = rf"[^.!?:\s]\W?\s\W?{re.escape(word)}(?![^\W\d_])"
    return not word.islower() and (word[1:] != word[1:].lower() or bool(re.search(inside, source)))


def _differences(
    project: Project, rule: str, kind: str
) -> Iterator[tuple[Catalog, Block, Message, numbers.Difference]]:
    """Yield the differences of one kind between the numbers of texts and their translations."""
    for catalog, block, message, difference in _compared(messages.Same(project)):
        if difference.kind == kind and not messages.is_waived(project, message, rule):
            yield catalog, block, message, difference


@functools.lru_cache(maxsize=1)
def _compared(
    same: messages.Same,
) -> tuple[tuple[Catalog, Block, Message, numbers.Difference], ...]:
    """Compare the numbers of all texts and their translations, once for the rules that ask."""
    project = same.project
    if not messages.is_english(project):
        return ()
    english = numbers.english(messages.words(project, project.settings.source_language))
    readers: dict[str, numbers.Reader] = {}
    for tag in messages.languages(project):
        # A locale that CLDR lacks is a finding of its own, and stops the language.
        if is_known(cldr := project.languages[tag].cldr):
            readers[tag] = numbers.reader(messages.words(project, tag), *separators(cldr))
    found = []
    for catalog, block, message in messages.translated(project):
        other = readers.get(catalog.language)
        if other is not None:
            source, there = english.read(running(block.msgid)), other.read(running(message.msgstr))
            differences = numbers.compare(source, there, english.reader, other)
            found += [(catalog, block, message, difference) for difference in differences]
    return tuple(found)
