"""The nouns of a leaflet publisher: frozen values, picklable, without I/O or third-party types."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from handbill.diagnostics import Fault, Location
from handbill.editions import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One leaf block: what a translator translates, and where its author wrote it."""

    msgid: str
    kind: str
    line: int
    column: int
    path: str = ""
    context: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading as written: its level from 1 and its place."""

    level: int
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture as written: its file, relative to the leaflet's folder, and its alt text."""

    src: str
    alt: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name that the text uses and something else must define: a slot, a source, a component."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """All that a leaflet's text holds, found without rendering it for a reader."""

    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]
    images: tuple[Image, ...]
    slots: tuple[Reference, ...]
    citations: tuple[Reference, ...]
    components: tuple[Reference, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source that an author has read, as the leaflet lists it."""

    key: str
    organisation: str
    title: str
    url: str
    read: dt.date
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """One text in its source language, with what its front matter says of it.

    Attributes:
        front_blocks: the texts of the front matter that readers see, as messages.
        outline: what the Markdown holds.
        assets: the other files of its folder, by name.
        locations: where each key of the front matter stands.
        body_line: the line of the file on which the Markdown begins.
    """

    id: str
    path: str
    title: str
    summary: str
    audience: str
    version: str
    published: dt.date
    last_review: dt.date
    next_review: dt.date
    authors: tuple[str, ...]
    reviewers: tuple[str, ...]
    sources: tuple[Citation, ...]
    codes: Mapping[str, str]
    body: str
    outline: Outline
    front_blocks: tuple[Block, ...]
    assets: Mapping[str, bytes]
    locations: Mapping[str, Location]
    body_line: int

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All that a translator translates, in reading order."""
        return self.front_blocks + self.outline.blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours: days as three English letters, `mon` to `sun`, from first to last."""

    first: str
    last: str
    opens: dt.time
    closes: dt.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Who hands the leaflet out; `slots` are the values that leaflets may print."""

    id: str
    path: str
    name: str
    country: str
    paper: str
    formats: tuple[str, ...]
    address: tuple[str, ...]
    hours: tuple[Hours, ...]
    slots: Mapping[str, str]
    logo: str
    logo_data: bytes
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language as `languages.toml` describes it.

    Attributes:
        tag: the BCP 47 tag: the key of the table, of folders and of `lang` attributes.
        cldr: the CLDR locale that lends its date and day names.
        fonts: the families it may be printed in, first choice first.
        line_height: a multiple of the type size.
        quotes: the opening and the closing quotation mark.
        digits: CLDR's name of the numbering system for numbers in running text.
        hyphenation: whether words may be broken; clear print says no.
    """

    tag: str
    autonym: str
    english: str
    script: str
    direction: str
    cldr: str
    plural: str
    fonts: tuple[str, ...]
    line_height: float
    quotes: tuple[str, ...]
    digits: str
    hyphenation: bool
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a gettext catalog; `line` is where its msgid begins."""

    msgid: str
    msgstr: str
    context: str | None
    fuzzy: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The messages of one domain in one language."""

    domain: str
    language: str
    path: str
    messages: Mapping[tuple[str | None, str], Message]

    def gettext(self, msgid: str, context: str | None = None) -> str | None:
        """Return the translation; None where it is missing, empty or fuzzy."""
        message = self.messages.get((context, msgid))
        if message is None or message.fuzzy or not message.msgstr:
            return None
        return message.msgstr


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to publish.

    Attributes:
        title: the name that people know it by.
        kind: `pdf`, or `html` for a web page.
        imposition: how pages are put on sheets: none, `booklet` or `two-up`.
    """

    name: str
    title: str
    kind: str
    imposition: str
    stylesheet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The designers' files: Jinja templates by path, components by name, one stylesheet of all."""

    sources: Mapping[str, str]
    components: tuple[str, ...]
    stylesheet: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A sample of a component for `handbill gallery`: a piece of Markdown in one language.

    Attributes:
        language: the tag of its language.
        assets: the pictures beside it, by name.
    """

    component: str
    language: str
    path: str
    text: str
    assets: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that one edition needs and nothing else: what a worker is sent; `site` as in settings."""

    edition: Edition
    leaflet: Leaflet
    clinic: Clinic
    language: Language
    source_language: str
    format: Format
    catalog: Catalog | None
    interface: Catalog | None
    templates: Templates
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A composed edition: its HTML and assets are all that its PDF depends on.

    Attributes:
        fonts: the families that its language may be printed in.
        script: the ISO 15924 code of its language's script.
        direction: `ltr` or `rtl`.
        imposition: how its pages are put on sheets; part of the key too.
        draft: whether every page must say that nobody has signed it.
        places: where each printed text was written, for findings made on paper.
        key: the digest of HTML, assets and toolchain.
    """

    edition: Edition
    html: str
    assets: Mapping[str, bytes]
    fonts: tuple[str, ...]
    script: str
    direction: str
    imposition: str
    places: Mapping[str, Location]
    key: str
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`[tool.handbill]` of pyproject.toml.

    Attributes:
        site: where the web pages are published, without a slash at its end; none if empty.
    """

    source_language: str = "en"
    languages: tuple[str, ...] = ()
    max_pages: int = 24
    site: str = ""
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """Texts that try out a language's letters, marks and numbers."""

    heading: str
    pangram: str
    items: tuple[str, ...]
    columns: tuple[str, ...]
    row: tuple[str, ...]
    mixed: str
    quotes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The whole input of a build, even today's date: nothing else may influence an edition."""

    today: dt.date
    settings: Settings
    leaflets: Mapping[str, Leaflet]
    clinics: Mapping[str, Clinic]
    languages: Mapping[str, Language]
    formats: Mapping[str, Format]
    catalogs: Mapping[tuple[str, str], Catalog]
    templates: Templates
    interface_blocks: tuple[Block, ...]
    specimens: Mapping[str, Specimen]
    fixtures: Mapping[tuple[str, str], Fixture]
    fonts: Mapping[str, tuple[Location, str]]
    faults: tuple[Fault, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
