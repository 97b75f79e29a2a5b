"""LF3: catalogs against what they translate. Nothing English ever stands in for a translation."""

import difflib
import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from handbill import languages, rules, templates
from handbill.catalog import INTERFACE, path, scope
from handbill.checks import messages
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.markup import PLAIN, foreign_markup, malformed_slots, marks, slots, strays
from handbill.model import Block, Catalog, Message, Project
from handbill.rules import declare, rule


#: Two English texts this alike are the same sentence before and after an edit.
ALIKE = 0.6
_PUNCTUATION = ".,:;!?()[]*_\"'"
_BRACE = re.compile(r"[{}]")
#: So many words of the source in a row are no chance.
_RUN = 4
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

declare(
    "LF305",
    "po-syntax",
    Severity.ERROR,
    """
    A catalog that is not a PO file in UTF-8.

    What it does: checks every line, the character set and the header, and finds entries that come
    twice.
    Why is this bad? Readers of PO files guess, drop letters, or let the last entry win.
    Example: `msgstr "Nie`
    Use instead: `msgstr "Nie"`
    """,
)


@rule("LF301", "untranslated", Severity.ERROR)
def untranslated(project: Project) -> Iterator[Fault]:
    """A text without a translation.

    What it does: looks up every block of every leaflet, and every word of the templates, in the
    catalog of each language.
    Why is this bad? An English sentence inside a leaflet in Urdu looks checked, and cannot be
    read. The edition is not printed.
    Use instead: translate the `msgid` in the language's PO file.
    """
    for catalog, block in messages.wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is None and (
            is_broken(project, catalog.domain) or _predecessor(catalog, block, project) is None
        ):
            place = Location(path=block.path, line=block.line, column=block.column)
            text = f"not in the catalog for {catalog.language}: {messages.quote(block.msgid)}"
            hint = f"add it to {catalog.path} and translate it"
            yield messages.fault("untranslated", catalog, place, text, hint)
        elif message is not None and _is_empty(message) and not message.previous:
            text = f"not translated into {catalog.language}: {messages.quote(block.msgid)}"
            yield messages.fault(
                "untranslated",
                catalog,
                messages.place(catalog, message),
                text,
                f"its source is {block.path}:{block.line}:{block.column}",
            )


@rule("LF302", "fuzzy", Severity.ERROR)
def fuzzy(project: Project) -> Iterator[Fault]:
    """A translation that is marked as a guess.

    What it does: finds `#, fuzzy` on texts that would be printed.
    Why is this bad? Tools guess a translation from a similar text: one carried "No tome con
    alcohol" over to "Take with alcohol".
    Use instead: check the translation, mend it, and remove the flag.
    """
    for catalog, block in messages.wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is not None and message.fuzzy:
            text = f"marked fuzzy in {catalog.language}: {messages.quote(block.msgid)}"
            hint = "check the translation, then remove the flag"
            yield messages.fault("fuzzy", catalog, messages.place(catalog, message), text, hint)


@rule("LF303", "stale", Severity.ERROR)
def stale(project: Project) -> Iterator[Fault]:
    """A translation of what the English used to say.

    What it does: finds entries without a translation that name their old English after `#|`, as
    `catalog update` writes them. Where a text is missing from a catalog, looks there for a very
    similar one that nothing uses any more. Silent while the source itself has errors.
    Why is this bad? The English has changed, perhaps by a dose or a "not", and readers of this
    language would be told the old version.
    Use instead: run `catalog update`, and translate what the entry's `msgid` says now.
    """
    for catalog, block in messages.wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is not None and _is_empty(message) and message.previous:
            text = f"the English has changed: now {messages.quote(block.msgid)}"
            hint = (
                f"it was {messages.quote(message.previous)}; translate what it says now, at "
                f"{block.path}:{block.line}:{block.column}"
            )
            where = messages.place(catalog, message)
            yield messages.fault("stale", catalog, where, text, hint)
        if message is not None or is_broken(project, catalog.domain):
            continue
        before = _predecessor(catalog, block, project)
        if before is not None:
            text = f"the English has changed: now {messages.quote(block.msgid)}"
            hint = (
                f"translates {messages.quote(before.msgid)}; "
                f"the new text is at {block.path}:{block.line}:{block.column}"
            )
            yield messages.fault("stale", catalog, messages.place(catalog, before), text, hint)


@rule("LF304", "placeholder", Severity.ERROR)
def placeholder(project: Project) -> Iterator[Fault]:
    """A translation with other slots or placeholders than its source.

    What it does: compares `{{ clinic.phone }}` and `{page}` on both sides, each as often, and
    finds braces that are no slot.
    Why is this bad? The telephone number is not printed, or braces are.
    Example: `Llame ahora` for `Call {{ clinic.phone }} now`
    Use instead: `Llame al {{ clinic.phone }} ahora`
    """
    for catalog, block in messages.wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is None or not message.msgstr:
            continue
        if not _BRACE.search(block.msgid) and not _BRACE.search(message.msgstr):
            continue
        wanted, found = _holes(block), _holes_in(message.msgstr, block.kind)
        if block.kind != "interface" and malformed_slots(message.msgstr):
            text = f"braces that are no slot in the translation into {catalog.language}"
            start = message.msgstr.find(malformed_slots(message.msgstr)[0])
            hint = messages.sourced("copy slots from the msgid as they stand", block)
            where = messages.within(catalog, message, start)
            yield messages.fault("placeholder", catalog, where, text, hint)
        elif wanted != found:
            text = messages.unlike(catalog.language, wanted - found, found - wanted)
            extra = next(iter(found - wanted), "")
            where = messages.within(catalog, message, max(0, message.msgstr.find(extra)))
            hint = messages.sourced("copy it from the msgid as it stands", block)
            yield messages.fault("placeholder", catalog, where, text, hint)


@rule("LF308", "foreign-digits", Severity.ERROR)
def foreign_digits(project: Project) -> Iterator[Fault]:
    """A text with digits that its language does not use here.

    What it does: compares the digits of every leaflet, and of every translation, with `digits` in
    languages.toml.
    Why is this bad? A page that mixes two kinds of digits makes its reader doubt both, and a dose
    with them.
    Example: a dose in Arabic-Indic digits in a language with `digits = "latn"`
    Use instead: `500 mg`, or another policy for the whole language.
    """
    spoken = project.languages.get(project.settings.source_language)
    for leaflet in project.leaflets.values():
        if spoken is None:
            break
        for block in leaflet.blocks:
            found = languages.foreign_digits(messages.running(block.msgid), spoken)
            if found:
                yield Fault(
                    kind="foreign-digits",
                    location=Location(path=leaflet.path, line=block.line, column=block.column),
                    message=f"digits that are not {spoken.digits}: {' '.join(found)}",
                    hint=f"write numbers with the digits of {spoken.digits}",
                    scope=Scope(leaflet=leaflet.id),
                )
    for catalog, block, message in messages.translated(project):
        if block.kind == "interface":
            continue
        language = project.languages[catalog.language]
        found = languages.foreign_digits(messages.running(message.msgstr), language)
        if found:
            policy = language.digits
            yield messages.fault(
                "foreign-digits",
                catalog,
                messages.within(catalog, message, message.msgstr.find(found[0])),
                f"digits that are not {policy}: {' '.join(found)}",
                messages.sourced(f"write numbers with the digits of {policy}", block),
            )


@rule("LF306", "unused-message", Severity.WARNING)
def unused_message(project: Project) -> Iterator[Fault]:
    """A catalog entry that nothing prints.

    What it does: finds messages whose `msgid` is no longer in the leaflet or the templates, in
    the languages that are published. Silent while the source itself has errors.
    Why is this bad? Translators keep on mending it, and it hides what is missing.
    Use instead: remove the entry.
    """
    for (tag, domain), catalog in sorted(project.catalogs.items()):
        blocks = messages.blocks(project, domain)
        if tag not in messages.languages(project) or not project.publishes(domain, tag):
            continue
        if not blocks or is_broken(project, domain):
            continue
        missing = [
            block for block in blocks if (block.context, block.msgid) not in catalog.messages
        ]
        succeeded = {
            before.msgid
            for block in missing
            if (before := _predecessor(catalog, block, project)) is not None
        }
        for message in _unused(catalog, project):
            if message.msgid not in succeeded:
                text = f"nothing prints this: {messages.quote(message.msgid)}"
                yield messages.fault(
                    "unused-message", catalog, messages.place(catalog, message), text, "remove it"
                )


@rule("LF310", "lost-markup", Severity.ERROR)
def lost_markup(project: Project) -> Iterator[Fault]:
    """A translation with other markup than its source.

    What it does: sets both with the same Markdown and compares how often each is bold or
    emphasised, and where its links lead. Finds asterisks and brackets that would be printed,
    HTML, citations and pictures, and letters that were lost on the way.
    Why is this bad? The "not" that the author made bold is overlooked, a link leads nowhere, or
    signs are printed that mean nothing.
    Example: `No se apure.` for `**Do not** hurry.`
    Use instead: `**No** se apure.`
    """
    for catalog, block, message in messages.translated(project):
        for text, hint, at in _markup_faults(block, message.msgstr, catalog.language):
            where = messages.within(catalog, message, max(0, message.msgstr.find(at)))
            hint_and_source = messages.sourced(hint, block)
            yield messages.fault("lost-markup", catalog, where, text, hint_and_source)


@rule("LF311", "same-as-source", Severity.ERROR)
def same_as_source(project: Project) -> Iterator[Fault]:
    """A translation that is its source, word for word, or holds a piece of it.

    What it does: compares the two where there is a sentence, or two words of three letters, and
    looks in each translation for four words of its source in a row.
    Why is this bad? A text that was copied to be translated later looks translated to every tool,
    and is printed in English.
    Example: `msgstr "Lávese. Dry them with a towel."` for `Wash. Dry them with a towel.`
    Use instead: `msgstr "Lávese. Séqueselas con una toalla."`, or a waiver for a name.
    """
    source = project.settings.source_language
    for catalog, block, message in messages.translated(project, "LF311"):
        if catalog.language.split("-")[0] == source.split("-")[0]:
            continue
        start = _copied(block.msgid, message.msgstr)
        if start is not None:
            text = messages.quote(message.msgstr[start:])
            said = f"not {catalog.language}, but as in the source: {text}"
            where = messages.within(catalog, message, start)
            hint = messages.sourced("translate it, or waive this", block)
            yield messages.fault("same-as-source", catalog, where, said, hint)


def _copied(msgid: str, msgstr: str) -> int | None:
    """Return where a translation begins to repeat its source; None where it does not."""
    if msgstr == msgid:
        words = [word.strip(_PUNCTUATION) for word in messages.running(msgid).split()]
        count = sum(word.isalpha() and len(word) > 2 for word in words)
        # "Paracetamol 500 mg" is the same in many languages, "Take 500 mg." is not.
        return 0 if count >= 2 or (count and msgid.endswith((".", "!", "?", ":"))) else None
    known = _runs(msgid)
    found = list(_LATIN_WORD.finditer(messages.running(msgstr))) if known else []
    words = [match.group().lower() for match in found]
    for first in range(len(words) - _RUN + 1):
        if tuple(words[first : first + _RUN]) in known:
            return found[first].start()
    return None


@functools.lru_cache(maxsize=4096)
def _runs(msgid: str) -> frozenset[tuple[str, ...]]:
    """Return every row of so many words of an English text."""
    words = [word.lower() for word in _LATIN_WORD.findall(messages.running(msgid))]
    return frozenset(zip(*(words[n:] for n in range(_RUN)), strict=False))


@rule("LF307", "missing-catalog", Severity.ERROR)
def missing_catalog(project: Project) -> Iterator[Fault]:
    """A language that is published without a catalog.

    What it does: looks for the PO file of every leaflet, and of the templates, in each language.
    Why is this bad? There is nothing to print but English.
    Use instead: start one from the leaflet's POT file, or take the language out of the settings.
    """
    for tag in messages.languages(project):
        for domain in (*project.leaflets, *project.interfaces):
            if project.publishes(domain, tag) and (tag, domain) not in project.catalogs:
                yield Fault(
                    kind="missing-catalog",
                    location=Location(path=path(domain, tag)),
                    message=f"there is no {project.languages[tag].english} catalog for {domain}",
                    hint="python build.py catalog update makes it",
                    scope=scope(domain, tag),
                )


def _is_empty(message: Message) -> bool:
    return not message.msgstr.strip() and not message.fuzzy


def is_broken(project: Project, domain: str) -> bool:
    """Tell whether a domain's source has errors, so that some of its messages are not seen."""
    leaflet = project.leaflets.get(domain)
    if domain == INTERFACE and templates.PAGE not in project.templates.sources:
        return True
    for fault in project.faults:
        path, known = fault.location.path, rules.find(fault.kind)
        if known is None or known.severity != Severity.ERROR:
            continue
        if domain == INTERFACE and path.endswith(".jinja") and fault.scope.leaflet is None:
            return True
        of_leaflet = leaflet is not None and path == leaflet.path
        if of_leaflet or (fault.scope.leaflet == domain and not path.startswith("locales/")):
            return True
    return False


def _markup_faults(block: Block, msgstr: str, language: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a translation's markup, the cure, and the words to look at."""
    wanted, found = marks(block.msgid), marks(msgstr)
    # What is printed letter by letter has no markup to lose.
    unlike = ""
    if wanted != found:
        lost = wanted - found if block.kind not in PLAIN else Counter[str]()
        unlike = messages.unlike(language, lost, found - wanted)
    if unlike:
        address = next((name for name in found - wanted if name.startswith("link to ")), "")
        hint = "mark the same words as in the msgid, and leave addresses as they are"
        yield unlike, hint, address.removeprefix("link to ")
    # Marks in plain text are said above; what the source has too is its author's matter.
    there = strays(msgstr, block.kind)
    excused = {stray.hint for stray in strays(block.msgid, block.kind)} if there else set()
    for stray in there:
        if stray.hint in excused or (unlike and block.kind in PLAIN):
            continue
        what = f"in the translation into {language}, {stray.message}"
        yield what, stray.hint, stray.words[-1] if stray.words else ""
    known = foreign_markup(block.msgid)
    for what in foreign_markup(msgstr):
        if what not in known:
            named = what.partition(": ")[2].strip("'")
            hint = "a translation is text: remove it"
            yield f"the translation into {language} holds {what}", hint, named


def _unused(catalog: Catalog, project: Project) -> list[Message]:
    used = {
        (block.context, block.msgid) for block in messages.blocks(project, catalog.domain) or ()
    }
    return [message for key, message in catalog.messages.items() if key not in used]


def _predecessor(catalog: Catalog, block: Block, project: Project) -> Message | None:
    """Find the entry that translates what a missing text said before it was edited."""
    unused = {message.msgid: message for message in _unused(catalog, project) if message.msgstr}
    near = difflib.get_close_matches(block.msgid, unused, n=1, cutoff=ALIKE)
    return unused[near[0]] if near else None


def _holes(block: Block) -> Counter[str]:
    return _holes_in(block.msgid, block.kind)


def _holes_in(text: str, kind: str) -> Counter[str]:
    names: Iterable[str] = (f"{{{{ {name} }}}}" for name in slots(text))
    if kind == "interface":
        names = (f"{{{name}}}" for name in _PLACEHOLDER.findall(text))
    return Counter(names)
