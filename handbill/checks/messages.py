"""What the rules on translations share: the texts that would be printed, and where they stand."""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handbill import waivers
from handbill.catalog import scope
from handbill.diagnostics import Fault, Location
from handbill.model import Block, Catalog, Leaflet, Message, Project, Words


_ADDRESS = re.compile(r"\]\([^)]*\)|<[a-z]+:[^>]*>")
_TOKEN = re.compile(r"\S+")
_ANY_SLOT = re.compile(r"\{\{\s*[\w.-]+\s*\}\}|\{[a-z_]+\}")


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """A project that is equal to itself alone: it holds too much to be compared."""

    project: Project

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.project is other.project

    def __hash__(self) -> int:
        return id(self.project)


def languages(project: Project) -> list[str]:
    """Return the languages that are translated into."""
    source = project.settings.source_language
    return [tag for tag in project.settings.languages if tag in project.languages and tag != source]


def is_english(project: Project) -> bool:
    """Tell whether leaflets are written in English, which rules on wording read."""
    return project.settings.source_language.split("-")[0] == "en"


def words(project: Project, tag: str) -> Words:
    """Return the words of a language; a regional one has those of its language, if none of its own.

    A script is never crossed: `pa-Arab` has nothing of `pa`.
    """
    language = re.sub(r"-([A-Z]{2}|\d{3})$", "", tag)
    return project.words.get(tag) or project.words.get(language) or Words()


def blocks(project: Project, domain: str) -> tuple[Block, ...] | None:
    """Return the messages of a domain; None for one that belongs to nothing."""
    leaflet = project.leaflets.get(domain)
    return project.interfaces.get(domain) if leaflet is None else leaflet.blocks


def wanted(project: Project) -> tuple[tuple[Catalog, Block], ...]:
    """Return every text that would be printed with the catalog that must hold it, once each.

    All languages of a leaflet come together: what is found out about its English is known then.
    """
    return _wanted(Same(project))


@functools.lru_cache(maxsize=1)
def _wanted(same: Same) -> tuple[tuple[Catalog, Block], ...]:
    """List the texts of a project, once for all the rules that ask."""
    project = same.project
    broken = {fault.location.path for fault in project.faults if fault.kind == "po-syntax"}
    tags = languages(project)
    listed: list[tuple[Catalog, Block]] = []
    for domain in (*project.leaflets, *project.interfaces):
        found = blocks(project, domain) or ()
        texts = list({(block.context, block.msgid): block for block in found}.values())
        for tag in tags:
            catalog = project.catalogs.get((tag, domain))
            if not project.publishes(domain, tag):
                continue
            if catalog is not None and catalog.path not in broken:
                listed += [(catalog, block) for block in texts]
    return tuple(listed)


def translated(project: Project, rule: str = "") -> Iterator[tuple[Catalog, Block, Message]]:
    """Yield every text that would be printed and has a translation.

    Translations for which the rule with the id `rule` is waived are left out.
    """
    for catalog, block, message in _translated(Same(project)):
        if not (rule and message.comments and is_waived(project, message, rule)):
            yield catalog, block, message


@functools.lru_cache(maxsize=1)
def _translated(same: Same) -> tuple[tuple[Catalog, Block, Message], ...]:
    """List the translations of a project, once for all the rules that ask."""
    found = (
        (catalog, block, catalog.messages.get((block.context, block.msgid)))
        for catalog, block in wanted(same.project)
    )
    return tuple(
        (catalog, block, message)
        for catalog, block, message in found
        if message is not None and message.msgstr.strip()
    )


def is_waived(project: Project, message: Message, rule: str) -> bool:
    """Tell whether a person has answered for what a rule finds in this exact translation."""
    found = waivers.read(message) if message.comments else ()
    return any(item.rule == rule and not waivers.refusal(item, project.today) for item in found)


def in_force(project: Project) -> list[tuple[Catalog, Message, waivers.Waiver]]:
    """Return every waiver that has force, with its entry."""
    return [
        (catalog, message, waiver)
        for catalog, _, message in translated(project)
        for waiver in (waivers.read(message) if message.comments else ())
        if not waivers.refusal(waiver, project.today)
    ]


def running(text: str) -> str:
    """Return a text with spaces for slots and addresses, so that the rest keeps its place."""
    if "](" in text or "<" in text:
        text = _ADDRESS.sub(_blank, text)
    return _ANY_SLOT.sub(_blank, text) if "{" in text else text


def place(catalog: Catalog, message: Message) -> Location:
    """Return where an entry begins."""
    return Location(path=catalog.path, line=message.line)


def within(catalog: Catalog, message: Message, start: int = 0) -> Location:
    """Return where a letter of a translation stands."""
    line, column = message.place(start)
    return Location(path=catalog.path, line=line, column=column)


def at(leaflet: Leaflet, block: Block, start: int = 0) -> Location:
    """Return where a letter of a block stands in its leaflet; where the block does, in doubt.

    A block's text is the words of the file from the block's own place on, with other gaps.
    """
    own = Location(path=leaflet.path, line=block.line, column=block.column)
    before = [match for match in _TOKEN.finditer(block.msgid) if match.start() <= start]
    if not before or block.path != leaflet.path or block.line < leaflet.body_line:
        return own
    left = len(before)
    lines = leaflet.body.split("\n")[block.line - leaflet.body_line :]
    for number, line in enumerate(lines):
        for word in _TOKEN.finditer(line, 0 if number else block.column - 1):
            if number and word.group() == ">":
                continue
            left -= 1
            if not left and word.group().startswith(before[-1].group()):
                column = word.start() + start - before[-1].start() + 1
                return Location(path=leaflet.path, line=block.line + number, column=column)
            if not left:
                return own
    return own


def fault(kind: str, catalog: Catalog, where: Location, message: str, hint: str) -> Fault:
    """Return a fault that stops the editions of a catalog."""
    concerned = scope(catalog.domain, catalog.language)
    return Fault(kind=kind, location=where, message=message, hint=hint, scope=concerned)


def sourced(hint: str, block: Block) -> str:
    """Add to a hint where the source of a translation stands."""
    return f"{hint}; its source is {block.path}:{block.line}:{block.column}"


def unlike(language: str, lost: Iterable[str], extra: Iterable[str]) -> str:
    """Say what a translation lacks and what it has too much of; empty where it is neither."""
    parts = [f"without {name}" for name in lost]
    parts += [f"with an extra {name}" for name in extra]
    return f"the translation into {language} is {', '.join(parts)}" if parts else ""


def quote(text: str) -> str:
    """Quote a text, or its beginning."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
