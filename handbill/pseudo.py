"""Pseudo-languages: what a translation would do to a page, before there is one.

`en-XA` accents and lengthens the source text; `ar-XB` writes it from right to left, in Arabic
letters, with the first word of each text in accented Latin ones so that it can be recognised. What
is then still plain on a page has passed every translator by.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from html import unescape

from handbill import catalog, hypertext
from handbill.editions import Edition
from handbill.model import VARIANT, Block, Catalog, Clinic, Job, Language, Leaflet, Message, Project
from handbill.signoff import SHORT


#: Writes a text in a pseudo-language.
Writer = Callable[[str], str]

ACCENTED, MIRRORED = "en-XA", "ar-XB"

#: How much longer than English a short text becomes in many languages.
_GROWTH = 1.4
_PLAIN = "abcdefghijklmnopqrstuvwxyz"
_ACCENTS = "ȧƀçđḗƒĝħíĵķļḿñǿƥɋřšŧüṽẇẋẏž"
_CAPITALS = "ȦƁÇĐḖƑĜĦÍĴĶĻḾÑǾƤɊŘŠŦÜṼẆẊẎŽ"
_ARABIC = "ابجديفگهیژكلمنوپقرستۆڤۇخىز"
_TO_ACCENTS = str.maketrans(_PLAIN + _PLAIN.upper(), _ACCENTS + _CAPITALS)
_TO_ARABIC = str.maketrans(_PLAIN + _PLAIN.upper(), _ARABIC + _ARABIC)
_LONGER = str.maketrans({letter: letter * 2 for letter in "aeiou"})
_PADDING = " one two three four five six seven eight nine ten"

#: What no translator may change: slots, placeholders, addresses and entities.
_KEPT = re.compile(
    r"\{\{.*?\}\}|\{[a-z_]+\}|\]\([^)]*\)|<[a-z]+:[^>]*>|https?://\S+|[^\s@]+@[^\s@]+|&#?\w+;"
)
_WORD = re.compile(r"[^\W\d_]+")

#: Attributes that are read out or shown.
_ATTRIBUTE = re.compile(
    r'\s(alt|title|aria-label|aria-description|aria-roledescription|placeholder)="([^"]*)"'
)
_DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_TAG = re.compile(r"<[a-z][^>]*>", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONTENT = re.compile(r"""(?<![\w-])content\s*:\s*((?:"[^"]*"|'[^']*'|[^;}"'])*)""")
_URL = re.compile(r"\burl\([^)]*\)")
_STRING = re.compile(r""""([^"]*)"|'([^']*)'""")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_ASCII = re.compile(r"(?<![^\W_])[A-Za-z]+(?:[ ,;:.!?’'()/-]{1,2}[A-Za-z]+)*(?![^\W_])")


def accented(text: str) -> str:
    """Write a text with accents, in brackets, and about 40 % longer."""
    long = _change(text, lambda part: part.translate(_LONGER).translate(_TO_ACCENTS))
    missing = round(_GROWTH * len(text)) - len(long) - 2
    padding = _PADDING[: max(0, missing)].rstrip().translate(_TO_ACCENTS)
    return f"[{long}{padding}]"


def mirrored(text: str) -> str:
    """Write a text in Arabic letters, but for its first word."""
    first = True

    def change(part: str) -> str:
        nonlocal first
        word = _WORD.search(part) if first else None
        if word is None:
            return part.translate(_TO_ARABIC)
        first = False
        end = word.end()
        return part[:end].translate(_TO_ACCENTS) + part[end:].translate(_TO_ARABIC)

    return f"[{_change(text, change)}]"


def project(real: Project) -> Project:
    """Return a project whose only translations are pseudo ones; nobody has signed them."""
    source = real.languages[real.settings.source_language]
    arabic = next((item for item in real.languages.values() if item.script == "Arab"), None)
    ways = {
        ACCENTED: (accented, replace(source, tag=ACCENTED)),
        MIRRORED: (mirrored, _arabic(source, arabic)),
    }
    return replace(
        real,
        settings=replace(
            real.settings,
            languages=tuple(ways),
            # One who must sign, so that every page says that it is a draft.
            translation_roles=real.settings.translation_roles or ("translator",),
        ),
        languages={
            source.tag: source,
            **{
                tag: replace(language, autonym=write(source.autonym))
                for tag, (write, language) in ways.items()
            },
        },
        catalogs={
            (tag, domain): _catalog(domain, tag, blocks, write)
            for tag, (write, _language) in ways.items()
            for domain, blocks in catalog.texts(real).items()
        },
        leaflets={name: replace(item, languages=()) for name, item in real.leaflets.items()},
        sign_offs={},
    )


def leaks(html: str, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is plain on an accented page: where it stands, and its words.

    Args:
        html: the finished page.
        known: what is printed as it is in every language, such as names and dates.
    """
    longest = sorted({item for item in known if item}, key=lambda item: (-len(item), item))
    for place, text in _visible(html):
        rest = _ADDRESS.sub(" ", text)
        for item in longest:
            rest = rest.replace(item, " ")
        for words in _ASCII.findall(rest):
            yield place, words


def known(job: Job) -> Iterator[str]:
    """Yield what an edition prints as it is in every language."""
    leaflet, clinic = job.leaflet, job.clinic
    yield from (clinic.name, *clinic.address, *clinic.slots.values())
    for item in leaflet.sources:
        yield from (item.organisation, item.title, item.url)
    yield from leaflet.authors
    yield from (signature.name for signature in job.signatures)
    yield job.code[:SHORT]
    for hours in clinic.hours:
        yield from catalog.opening(hours, job.language.cldr)
    days = (leaflet.published, leaflet.last_review, leaflet.next_review)
    for day in (*days, *(signature.date for signature in job.signatures)):
        yield catalog.long_date(day, job.language.cldr)


def sample(real: Project) -> Iterator[Edition]:
    """Yield editions that together print every component that a leaflet uses.

    One clinic, the one that has most to say, and one format of each kind.
    """
    clinic = max(real.clinics.values(), key=_facts, default=None)
    published = sorted({name for item in real.clinics.values() for name in item.formats})
    forms = {real.formats[name].kind: name for name in reversed(published) if name in real.formats}
    covered: set[str] = set()
    for leaflet in real.leaflets.values():
        outline = leaflet.outline
        if clinic is None or not _composable(real, leaflet, clinic):
            continue
        parts = {item.name for item in outline.components}
        parts |= {"picture"} if outline.images else set()
        parts |= {"citation"} if outline.citations else {"no citation"}
        if parts - covered:
            covered |= parts
            for kind, form in sorted(forms.items()):
                yield Edition(
                    leaflet=leaflet.id,
                    clinic=clinic.id,
                    language=ACCENTED,
                    format=form,
                    kind=kind,
                )


def _composable(real: Project, leaflet: Leaflet, clinic: Clinic) -> bool:
    """Tell whether a leaflet has no mistake that would stop the press; checks find each."""
    outline = leaflet.outline
    keys = {source.key for source in leaflet.sources}
    return (
        not outline.faults
        and keys.issuperset(item.name for item in outline.citations)
        and leaflet.assets.keys() >= {item.src for item in outline.images}
        and clinic.slots.keys() >= {item.name for item in outline.slots}
        and {item.name for item in outline.components if not item.name.startswith(VARIANT)}
        <= {*real.templates.components}
    )


def _facts(clinic: Clinic) -> tuple[int, str]:
    said = [*clinic.slots.values(), *clinic.address, *clinic.hours, clinic.logo]
    return sum(map(bool, said)), clinic.id


def _change(text: str, change: Callable[[str], str]) -> str:
    parts, position = [], 0
    for match in _KEPT.finditer(text):
        parts += [change(text[position : match.start()]), match[0]]
        position = match.end()
    return "".join([*parts, change(text[position:])])


def _arabic(source: Language, arabic: Language | None) -> Language:
    """Return the source language, set from right to left in the project's Arabic type."""
    own = ("Noto Sans", "Noto Naskh Arabic")
    return replace(
        source,
        tag=MIRRORED,
        script="Arab",
        direction="rtl",
        cldr="ar",
        digits="latn",
        fonts=arabic.fonts if arabic else own,
        line_height=arabic.line_height if arabic else 1.5,
        hyphenation=False,
    )


def _catalog(domain: str, tag: str, blocks: Iterable[Block], write: Writer) -> Catalog:
    messages: Mapping[tuple[str | None, str], Message] = {
        (block.context, block.msgid): Message(
            msgid=block.msgid,
            msgstr=write(block.msgid),
            context=block.context,
            fuzzy=False,
            line=block.line,
        )
        for block in blocks
    }
    return Catalog(domain=domain, language=tag, path=f"locales/{tag}/{domain}", messages=messages)


def _visible(html: str) -> Iterator[tuple[str, str]]:
    """Yield all that a page shows or says, and what it is."""
    for text in hypertext.blocks(html):
        yield "text", text
    for title in _TITLE.findall(html):
        yield "title of the page", unescape(title)
    for description in _DESCRIPTION.findall(html):
        yield "description of the page", unescape(description)
    for tag in _TAG.findall(html):
        for name, value in _ATTRIBUTE.findall(tag):
            yield name, unescape(value)
    for style in _STYLE.findall(html):
        for content in _CONTENT.findall(_COMMENT.sub("", style)):
            for double, single in _STRING.findall(_URL.sub("", content)):
                yield "CSS content", double or single
