"""LF3: catalogs against what they translate. Nothing English ever stands in for a translation."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from handbill import languages, numbers, rules, templates
from handbill.catalog import INTERFACE, is_known, separators
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.markup import PLAIN, foreign_markup, malformed_slots, marks, slots, strays
from handbill.model import Block, Catalog, Message, Project
from handbill.rules import declare, rule


#: Two English texts this alike are the same sentence before and after an edit.
ALIKE = 0.6
_ADDRESS = re.compile(r"\]\([^)]*\)|<[a-z]+:[^>]*>")
_ANY_SLOT = re.compile(r"\{\{\s*[\w.-]+\s*\}\}")
_PUNCTUATION = ".,:;!?()[]*_\"'"
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
    for catalog, block in _wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is None and (
            is_broken(project, catalog.domain) or _predecessor(catalog, block, project) is None
        ):
            place = Location(path=block.path, line=block.line, column=block.column)
            text = f"not in the catalog for {catalog.language}: {_quote(block.msgid)}"
            hint = f"add it to {catalog.path} and translate it"
            yield _fault("untranslated", catalog, place, text, hint)
        elif message is not None and _is_empty(message) and not message.previous:
            text = f"not translated into {catalog.language}: {_quote(block.msgid)}"
            yield _fault(
                "untranslated",
                catalog,
                _place(catalog, message),
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
    for catalog, block in _wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is not None and message.fuzzy:
            text = f"marked fuzzy in {catalog.language}: {_quote(block.msgid)}"
            hint = "check the translation, then remove the flag"
            yield _fault("fuzzy", catalog, _place(catalog, message), text, hint)


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
    for catalog, block in _wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is not None and _is_empty(message) and message.previous:
            text = f"the English has changed: now {_quote(block.msgid)}"
            hint = (
                f"it was {_quote(message.previous)}; translate what it says now, at "
                f"{block.path}:{block.line}:{block.column}"
            )
            yield _fault("stale", catalog, _place(catalog, message), text, hint)
        if message is not None or is_broken(project, catalog.domain):
            continue
        before = _predecessor(catalog, block, project)
        if before is not None:
            text = f"the English has changed: now {_quote(block.msgid)}"
            hint = (
                f"translates {_quote(before.msgid)}; "
                f"the new text is at {block.path}:{block.line}:{block.column}"
            )
            yield _fault("stale", catalog, _place(catalog, before), text, hint)


@rule("LF304", "placeholder", Severity.ERROR)
def placeholder(project: Project) -> Iterator[Fault]:
    """A translation with other slots or placeholders than its source.

    What it does: compares `{{ clinic.phone }}` and `{page}` on both sides, each as often, and
    finds braces that are no slot.
    Why is this bad? The telephone number is not printed, or braces are.
    Example: `Llame ahora` for `Call {{ clinic.phone }} now`
    Use instead: `Llame al {{ clinic.phone }} ahora`
    """
    for catalog, block in _wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is None or not message.msgstr:
            continue
        wanted, found = _holes(block), _holes_in(message.msgstr, block.kind)
        if block.kind != "interface" and malformed_slots(message.msgstr):
            text = f"braces that are no slot in the translation into {catalog.language}"
            hint = "copy slots from the msgid as they stand"
            yield _fault("placeholder", catalog, _place(catalog, message), text, hint)
        elif wanted != found:
            text = _unlike(catalog.language, wanted - found, found - wanted)
            hint = "copy it from the msgid as it stands"
            yield _fault("placeholder", catalog, _place(catalog, message), text, hint)


@rule("LF308", "foreign-digits", Severity.ERROR)
def foreign_digits(project: Project) -> Iterator[Fault]:
    """A translation with digits that its language does not use here.

    What it does: compares the digits of every translation with `digits` in languages.toml.
    Why is this bad? A page that mixes two kinds of digits makes its reader doubt both, and a dose
    with them.
    Example: a dose in Arabic-Indic digits in a language with `digits = "latn"`
    Use instead: `500 mg`, or another policy for the whole language.
    """
    for catalog, block, message in _translated(project):
        if block.kind == "interface":
            continue
        language = project.languages[catalog.language]
        found = languages.foreign_digits(_running(message.msgstr), language)
        if found:
            policy = language.digits
            yield _fault(
                "foreign-digits",
                catalog,
                _place(catalog, message),
                f"digits that are not {policy}: {' '.join(found)}",
                f"write numbers in {catalog.language} with the digits of {policy}",
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
        blocks = _blocks(project, domain)
        if tag not in _languages(project) or not blocks or is_broken(project, domain):
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
                text = f"nothing prints this: {_quote(message.msgid)}"
                yield _fault("unused-message", catalog, _place(catalog, message), text, "remove it")


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
    for catalog, block, message in _translated(project):
        for text, hint in _markup_faults(block, message.msgstr, catalog.language):
            yield _fault("lost-markup", catalog, _place(catalog, message), text, hint)


@rule("LF311", "same-as-source", Severity.WARNING)
def same_as_source(project: Project) -> Iterator[Fault]:
    """A translation that is its source, word for word.

    What it does: compares the two where there are two words or more.
    Why is this bad? A text that was copied to be translated later looks translated to every tool,
    and is printed in English.
    Example: `msgstr "Wash your hands"` for `msgid "Wash your hands"`
    Use instead: `msgstr "Lávese las manos"`
    """
    source = project.settings.source_language
    for catalog, block, message in _translated(project):
        if catalog.language.split("-")[0] == source.split("-")[0]:
            continue
        words = [word.strip(_PUNCTUATION) for word in _running(block.msgid).split()]
        if message.msgstr == block.msgid and sum(word.isalpha() for word in words) >= 2:
            said = f"the same in {catalog.language} as in the source: {_quote(block.msgid)}"
            hint = "translate it"
            yield _fault("same-as-source", catalog, _place(catalog, message), said, hint)


@rule("LF312", "changed-number", Severity.ERROR)
def changed_number(project: Project) -> Iterator[Fault]:
    """A translation with other numbers than its source.

    What it does: compares the numbers of both by value. Digits may be of any script, and decimals
    and thousands are read as CLDR writes them in each language. A number in words may become
    digits, but not the other way. Slots and addresses are not compared, nor the order of numbers,
    nor units.
    Why is this bad? A zero too many in a dose can kill.
    Example: `Tome 5000 mg` for `Take 500 mg`
    Use instead: `Tome 500 mg`
    """
    if project.settings.source_language.split("-")[0] != "en":
        return
    locales = {tag: project.languages[tag].cldr for tag in _languages(project)}
    # A locale that CLDR lacks is a finding of its own, and stops the language.
    signs = {tag: separators(cldr) for tag, cldr in locales.items() if is_known(cldr)}
    for catalog, block, message in _translated(project):
        if catalog.language not in signs:
            continue
        decimal, group = signs[catalog.language]
        lost, gained = numbers.changed(
            _running(block.msgid), _running(message.msgstr), decimal=decimal, group=group
        )
        if text := _unlike(catalog.language, lost, gained):
            hint = f"write each number in digits, with {decimal!r} before decimals"
            yield _fault("changed-number", catalog, _place(catalog, message), text, hint)


@rule("LF307", "missing-catalog", Severity.ERROR)
def missing_catalog(project: Project) -> Iterator[Fault]:
    """A language that is published without a catalog.

    What it does: looks for the PO file of every leaflet, and of the templates, in each language.
    Why is this bad? There is nothing to print but English.
    Use instead: start one from the leaflet's POT file, or take the language out of the settings.
    """
    for tag in _languages(project):
        for domain in (*project.leaflets, INTERFACE):
            if (tag, domain) not in project.catalogs:
                yield Fault(
                    kind="missing-catalog",
                    location=Location(path=f"locales/{tag}/LC_MESSAGES/{domain}.po"),
                    message=f"there is no {project.languages[tag].english} catalog for {domain}",
                    hint=f"copy locales/{domain}.pot there and translate it",
                    scope=Scope(leaflet=None if domain == INTERFACE else domain, language=tag),
                )


def _languages(project: Project) -> list[str]:
    source = project.settings.source_language
    return [tag for tag in project.settings.languages if tag in project.languages and tag != source]


def _blocks(project: Project, domain: str) -> tuple[Block, ...] | None:
    """Return the messages of a domain; None for one that belongs to nothing."""
    if domain == INTERFACE:
        return project.interface_blocks
    leaflet = project.leaflets.get(domain)
    return None if leaflet is None else leaflet.blocks


def is_broken(project: Project, domain: str) -> bool:
    """Tell whether a domain's source has errors, so that some of its messages are not seen."""
    leaflet = project.leaflets.get(domain)
    if domain == INTERFACE and templates.PAGE not in project.templates.sources:
        return True
    for fault in project.faults:
        path, known = fault.location.path, rules.find(fault.kind)
        if known is None or known.severity != Severity.ERROR:
            continue
        if domain == INTERFACE and path.endswith(".jinja"):
            return True
        of_leaflet = leaflet is not None and path == leaflet.path
        if of_leaflet or (fault.scope.leaflet == domain and not path.startswith("locales/")):
            return True
    return False


def _markup_faults(block: Block, msgstr: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a translation's markup, and the cure."""
    wanted, found = marks(block.msgid), marks(msgstr)
    # What is printed letter by letter has no markup to lose.
    lost = wanted - found if block.kind not in PLAIN else Counter[str]()
    unlike = _unlike(language, lost, found - wanted)
    if unlike:
        yield unlike, "mark the same words as in the msgid, and leave addresses as they are"
    # Marks in plain text are said above; what the source has too is its author's matter.
    excused = {stray.hint for stray in strays(block.msgid, block.kind)}
    for stray in strays(msgstr, block.kind):
        if stray.hint in excused or (unlike and block.kind in PLAIN):
            continue
        yield f"in the translation into {language}, {stray.message}", stray.hint
    known = foreign_markup(block.msgid)
    for what in foreign_markup(msgstr):
        if what not in known:
            yield (
                f"the translation into {language} holds {what}",
                "a translation is text: remove it",
            )


def _unlike(language: str, lost: Iterable[str], extra: Iterable[str]) -> str:
    """Say what a translation lacks and what it has too much of; empty where it is neither."""
    parts = [f"without {name}" for name in lost]
    parts += [f"with an extra {name}" for name in extra]
    return f"the translation into {language} is {', '.join(parts)}" if parts else ""


def _running(text: str) -> str:
    """Return a text without its slots and addresses."""
    return _ANY_SLOT.sub("", _ADDRESS.sub("", text))


def _is_empty(message: Message) -> bool:
    return not message.msgstr.strip() and not message.fuzzy


def _wanted(project: Project) -> Iterator[tuple[Catalog, Block]]:
    """Yield every text that would be printed with the catalog that must hold it, once each."""
    broken = {fault.location.path for fault in project.faults if fault.kind == "po-syntax"}
    for tag in _languages(project):
        for domain in (*project.leaflets, INTERFACE):
            catalog = project.catalogs.get((tag, domain))
            if catalog is None or catalog.path in broken:
                continue
            blocks = _blocks(project, domain) or ()
            for block in {(block.context, block.msgid): block for block in blocks}.values():
                yield catalog, block


def _translated(project: Project) -> Iterator[tuple[Catalog, Block, Message]]:
    """Yield every text that would be printed and has a translation."""
    for catalog, block in _wanted(project):
        message = catalog.messages.get((block.context, block.msgid))
        if message is not None and message.msgstr.strip():
            yield catalog, block, message


def _unused(catalog: Catalog, project: Project) -> list[Message]:
    used = {(block.context, block.msgid) for block in _blocks(project, catalog.domain) or ()}
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


def _place(catalog: Catalog, message: Message) -> Location:
    return Location(path=catalog.path, line=message.line)


def _fault(kind: str, catalog: Catalog, place: Location, message: str, hint: str) -> Fault:
    leaflet = None if catalog.domain == INTERFACE else catalog.domain
    scope = Scope(leaflet=leaflet, language=catalog.language)
    return Fault(kind=kind, location=place, message=message, hint=hint, scope=scope)


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
