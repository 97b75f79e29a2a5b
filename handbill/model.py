"""The nouns of a leaflet publisher: frozen values, picklable, without I/O or third-party types."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from handbill.diagnostics import Fault, Location
from handbill.editions import Edition


#: Begins the name of a box that only those clinics print which have chosen it.
VARIANT = "variant "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One leaf block: what a translator translates, and where its author wrote it.

    Attributes:
        boxes: the names of the boxes around it, innermost last.
    """

    msgid: str
    kind: str
    line: int
    column: int
    path: str = ""
    context: str | None = None
    notes: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()


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
    """A name that the text uses and something else must define: a slot, a source, a component.

    Attributes:
        boxes: the names of the boxes around it, innermost last.
    """

    name: str
    line: int
    column: int
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """All that a leaflet's text holds, found without rendering it for a reader.

    Attributes:
        structure: which blocks stand in which list, box, table or quotation, without their texts.
        components: the boxes, those that are local variants among them.
    """

    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]
    images: tuple[Image, ...]
    slots: tuple[Reference, ...]
    citations: tuple[Reference, ...]
    components: tuple[Reference, ...]
    links: tuple[Reference, ...]
    structure: str
    faults: tuple[Fault, ...]

    @property
    def variants(self) -> tuple[Reference, ...]:
        """The local variants, as `blisters leave`."""
        return tuple(
            replace(item, name=item.name.removeprefix(VARIANT))
            for item in self.components
            if item.name.startswith(VARIANT)
        )

    @property
    def options(self) -> dict[str, list[str]]:
        """The options of each local variant, in the order of the text."""
        found: dict[str, list[str]] = {}
        for item in self.variants:
            name, _, option = item.name.partition(" ")
            if option and option not in found.setdefault(name, []):
                found[name].append(option)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source that an author has read, as the leaflet lists it.

    Attributes:
        undated: whether its author has looked for its year, and found none.
    """

    key: str
    organisation: str
    title: str
    url: str
    read: dt.date
    year: int | None = None
    undated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet:
    """One text in its source language, with what its front matter says of it.

    Attributes:
        front_blocks: the texts of the front matter that readers see, as messages.
        outline: what the Markdown holds.
        assets: the other files of its folder, by name.
        locations: where each key of the front matter stands.
        body_line: the line of the file on which the Markdown begins.
        sheets: how many sheets of paper it may take, printed on both sides; 0 for any number.
        kind: which sections it must have: `condition`, `medicine` or another that editors define.
        languages: the languages it is translated into; empty for all of the settings.
        purpose: what its authors want of it, for those who judge it; no reader sees it.
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
    sources: tuple[Citation, ...]
    codes: Mapping[str, str]
    body: str
    outline: Outline
    front_blocks: tuple[Block, ...]
    assets: Mapping[str, bytes]
    locations: Mapping[str, Location]
    body_line: int
    sheets: int = 0
    kind: str = ""
    languages: tuple[str, ...] = ()
    purpose: Mapping[str, str] = field(default_factory=dict)

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
class Choice:
    """Which local variant a clinic prints.

    Attributes:
        option: the variant that is printed.
        by: who has chosen; empty while nobody answers for it.
        on: when.
    """

    option: str
    by: str = ""
    on: dt.date | None = None
    location: Location = field(compare=False, repr=False)

    @property
    def is_signed(self) -> bool:
        """Tell whether a named person answers for it."""
        return bool(self.by.strip()) and self.on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Who hands the leaflet out.

    Attributes:
        slots: the values that leaflets may print; its own before its country's.
        choices: which local variants it prints, by name; its own before its country's.
        paths: the files that say so: its own, then its country's.
        email_monitored: whether somebody reads what comes to its email address.
    """

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
    choices: Mapping[str, Choice] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    email_monitored: bool = True
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    def prints(self, boxes: Iterable[str]) -> bool:
        """Tell whether what stands in these boxes is printed: in none that was not chosen."""
        for box in boxes:
            if box.startswith(VARIANT):
                name, _, option = box.removeprefix(VARIANT).partition(" ")
                choice = self.choices.get(name)
                if choice is None or choice.option != option:
                    return False
        return True

    def chosen(self, leaflet: Leaflet) -> dict[str, Choice]:
        """Return the choices that a leaflet asks for, where the clinic has made them."""
        names = dict.fromkeys(item.name.split(" ")[0] for item in leaflet.outline.variants)
        return {name: self.choices[name] for name in names if name in self.choices}


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
        vague_links: words that say nothing about where a link leads, in small letters.
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
    vague_links: tuple[str, ...] = ()
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What `words.toml` says of one language; tuples, so that a reader of it is made once.

    Attributes:
        units: the names of each unit.
        denials: words that forbid, deny or stop.
        harmless: words in which one of these is found, and that deny nothing.
        halves: how it says `am` and `pm`.
        large: words that multiply the number before them.
        repeats: whether a word is rightly written twice in a row.
    """

    units: tuple[tuple[str, tuple[str, ...]], ...] = ()
    denials: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    halves: tuple[tuple[str, tuple[str, ...]], ...] = ()
    large: tuple[tuple[str, int], ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What `plain.toml` says of one language; tuples, so that a reader of it is made once.

    Attributes:
        longest_sentence: in words; 0 where nothing is claimed.
        longest_paragraph: in words; 0 likewise.
        longest_list: in items; 0 likewise.
        long_words: the largest share of long words, in percent; 0 likewise.
        passive: the largest share of sentences in the passive, in percent; 0 likewise.
        jargon: words, and what to write instead.
        latin: abbreviations of Latin, and what to write instead.
        known: abbreviations that need no explanation.
        strangers: words that speak about the reader as somebody else.
        reader: words that speak to the reader.
        actions: what sentences that ask for something begin with.
        prohibitions: what sentences that forbid something begin with.
        promotion: words that sell.
        pseudoscience: words of false explanations.
        unsafe: what nobody should try at home, and the words beside which it is harmless.
        professionals: words for those who may do it.
        harms: words for what comes of it.
        redness: words for the colour that only pale skin turns.
        skin_tones: words of a note on other skin.
    """

    longest_sentence: int = 0
    longest_paragraph: int = 0
    longest_list: int = 0
    long_words: int = 0
    passive: int = 0
    jargon: tuple[tuple[str, str], ...] = ()
    latin: tuple[tuple[str, str], ...] = ()
    known: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    reader: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    prohibitions: tuple[str, ...] = ()
    promotion: tuple[str, ...] = ()
    pseudoscience: tuple[str, ...] = ()
    unsafe: tuple[tuple[str, tuple[str, ...]], ...] = ()
    professionals: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()
    redness: tuple[str, ...] = ()
    skin_tones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of a glossary; in the source and in translations `*` stands for any ending."""

    source: tuple[str, ...]
    translations: tuple[str, ...]
    forbidden: tuple[str, ...]
    note: str
    location: Location = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What people type who look for a leaflet, in one language; no leaflet prints it."""

    leaflet: str
    words: tuple[str, ...]
    location: Location = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What one sentence may say, in whatever words; a star stands for any ending.

    Attributes:
        words: lists; the sentence has a word of each.
        without: words of which it has none.
        denied: whether it denies; None if that does not matter.
    """

    words: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    denied: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence without which a leaflet is not safe.

    Attributes:
        when: words that make it necessary, wherever the leaflet has them.
        box: the kind of box in which it must stand.
        example: one such sentence, to show an author.
        source: who says that it is necessary.
    """

    id: str
    when: tuple[str, ...]
    box: str
    saying: Saying
    example: str
    source: str
    location: Location = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two sayings that may not both stand in one leaflet, and why."""

    id: str
    first: Saying
    second: Saying
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What every leaflet of one kind has.

    Attributes:
        first: the box that it begins with; empty for anything.
        boxes: lists of boxes; the leaflet has one of each list.
        sections: names of sections, in their order.
    """

    first: str = ""
    boxes: tuple[tuple[str, ...], ...] = ()
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Editorial:
    """What `editorial.toml` asks of every leaflet.

    Attributes:
        review_years: the longest time from one review to the next.
        review_days: how long before a review its editors are reminded.
        source_years: how long after it was read a source counts as known.
        uncited: the names of sections that need no source.
        sections: the words by which the heading of each section is known.
    """

    review_years: int = 3
    review_days: int = 90
    source_years: int = 3
    uncited: tuple[str, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a gettext catalog.

    Attributes:
        line: where its msgid begins.
        msgstr_line: where its msgstr begins.
        written: the lines of its msgstr as the file has them, where they are not just one line
            without escapes.
        comments: the translators' own, without their hashes.
        previous: the English that it translated before; empty where it has not changed.
    """

    msgid: str
    msgstr: str
    context: str | None
    fuzzy: bool
    line: int
    previous: str = ""
    msgstr_line: int = 1
    written: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    def place(self, start: int) -> tuple[int, int]:
        """Return the line and column of the file at which a letter of the msgstr stands."""
        if not self.written:
            return self.msgstr_line, len('msgstr "') + start + 1
        line, column, left = self.msgstr_line, 1, start
        for number, written in enumerate(self.written):
            at = written.find('"') + 1
            line, column = self.msgstr_line + number, at + 1
            while at < len(written) - 1 and written[at] != '"':
                if not left:
                    return line, at + 1
                left -= 1
                at += 2 if written[at] == "\\" else 1
        return line, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The messages of one domain in one language."""

    domain: str
    language: str
    path: str
    messages: Mapping[tuple[str | None, str], Message]

    def at(self, line: int) -> Message | None:
        """Return the entry that stands on a line of the file, its comments included."""
        for message in sorted(self.messages.values(), key=lambda message: message.line):
            if line < message.msgstr_line + max(1, len(message.written)):
                return message
        return None

    def gettext(self, msgid: str, context: str | None = None) -> str | None:
        """Return the translation; None where it is missing, empty or fuzzy."""
        message = self.messages.get((context, msgid))
        if message is None or message.fuzzy or not message.msgstr:
            return None
        return message.msgstr


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a text as it is signed: what kind it is, its English, and what is printed."""

    kind: str
    context: str | None
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A person's word for one text.

    Attributes:
        role: as what the person has read it; see `signoff.ROLES`.
        date: when it was signed.
        expires: the last day on which it holds.
        text: the code of the text that was signed, and of no other.
    """

    role: str
    name: str
    date: dt.date
    expires: dt.date
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """All signatures under one leaflet, or under the templates' words, in one language.

    Attributes:
        texts: each text that a signature is for, in full, by its code.
    """

    domain: str
    language: str
    path: str
    signatures: tuple[Signature, ...] = ()
    texts: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to publish.

    Attributes:
        title: the name that people know it by.
        kind: `pdf`, or `html` for a web page.
        imposition: how pages are put on sheets: none, `booklet` or `two-up`.
        sheet_pages: how many pages a sheet holds, both sides; 0 where sheets are not counted.
        least_size: no type is smaller, in points.
    """

    name: str
    title: str
    kind: str
    imposition: str
    sheet_pages: int
    least_size: float
    stylesheet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The designers' files: Jinja templates and stylesheets by path, components by name."""

    sources: Mapping[str, str]
    components: tuple[str, ...]
    styles: Mapping[str, str]
    digest: str

    @property
    def stylesheet(self) -> str:
        """All stylesheets as one."""
        return "\n".join(self.styles.values())


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
    """All that one edition needs and nothing else: what a worker is sent.

    Attributes:
        site: as in the settings.
        code: the code of the text that is printed; people sign it.
        draft: whether a signature is wanting.
        signatures: those that hold, of the source and of the translation.
        fan_out: whether its text is typeset once for many clinics.
    """

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
    code: str
    draft: bool
    signatures: tuple[Signature, ...] = ()
    fan_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A composed edition: its HTML and assets are all that its PDF depends on.

    Attributes:
        fonts: the families that its language may be printed in.
        script: the ISO 15924 code of its language's script.
        direction: `ltr` or `rtl`.
        imposition: how its pages are put on sheets; part of the key too.
        budget: how many pages it may take; 0 for any number; part of the key too.
        least_size: no type on it is smaller, in points; part of the key too.
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
    budget: int = 0
    least_size: float = 0
    draft: bool = False

    def place(self, words: str) -> Location:
        """Return where these words were written; the edition's own path if that is not known."""
        for text, location in self.places.items():
            if words and words in text:
                return location
        return Location(path=self.edition.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """`[tool.handbill.email]` of pyproject.toml; what is empty must stand on the command line.

    Attributes:
        server: where messages are handed in, such as `smtp://mail.example.org:587`.
        sender: from whom they come, with or without a name.
        rate: how many are sent in a minute at most.
        max_size: how large one may be, in megabytes.
        attach: the formats that are attached beside the PDF for paper where there is no site.
        subject_names_leaflet: whether a subject, which lock screens show, says what it is about.
        account: the file that holds user and password.
        authority: the file of certificates to trust instead of the system's.
        dkim_selector: under which name the sender's domain publishes the key that letters are
            signed with; `dkim_key` is the file of that key. Empty for no signatures.
    """

    server: str = ""
    sender: str = ""
    account: str = ""
    authority: str = ""
    dkim_selector: str = ""
    dkim_key: str = ""
    rate: int = 60
    max_size: int = 10
    attach: tuple[str, ...] = ("large-print",)
    subject_names_leaflet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`[tool.handbill]` of pyproject.toml.

    Attributes:
        source_roles: who must sign a leaflet in its source language.
        translation_roles: who must sign each translation.
        signature_days: how long a signature holds, unless it says itself.
        draft_languages: the languages whose drafts a release may hold.
        site: where the web pages are published, without a slash at its end; none if empty.
        fan_out: whether a text is typeset once for all its clinics where that can be.
        mailing: how leaflets are sent by email; no edition depends on it.
    """

    source_language: str = "en"
    languages: tuple[str, ...] = ()
    max_pages: int = 24
    source_roles: tuple[str, ...] = ("clinical-reviewer",)
    translation_roles: tuple[str, ...] = ("translator", "second-reader")
    signature_days: int = 730
    draft_languages: tuple[str, ...] = ()
    site: str = ""
    fan_out: bool = False
    # Not in what `repr` says, of which the inputs of editions are made.
    mailing: Mailing = field(default_factory=Mailing, repr=False)
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
class Standard:
    """A standard, or a way to score leaflets, that the publisher goes by.

    Attributes:
        url: where it can be read; empty if it has no lasting address.
        scored: whether persons answer its criteria with yes or no, and count.
    """

    id: str
    title: str
    url: str = ""
    scored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that a standard asks of a leaflet, or of those who publish it.

    Attributes:
        asks: what it asks, in our own words.
        kind: who decides: `auto`, the rules; `assist`, a person who is shown what rules find;
            `record`, a person alone.
        rules: the names of rules; what they find speaks against it.
        field: what the front matter must say for it.
        signed: whose signatures count as records: of the `source` or of its `translations`.
        publisher: whether it is about those who publish, and so about no one text.
        figures: whether the figures of readability are shown with it.
    """

    id: str
    standard: str
    asks: str
    kind: str
    location: Location = field(compare=False)
    rules: tuple[str, ...] = ()
    field: str = ""
    signed: str = ""
    publisher: bool = False
    figures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A person's answer to a criterion.

    Attributes:
        says: `agree`, `disagree` or `not applicable`.
        by: the person's name; `role` says as what.
        text: the code of the text that the person had read, as it was written down.
        language: the language in which it was read; empty for the source language.
        readers: of how many readers this tells.
        changed: what was changed for it.
    """

    criterion: str
    says: str
    by: str
    role: str
    on: dt.date
    location: Location = field(compare=False)
    text: str = ""
    language: str = ""
    note: str = ""
    readers: int = 0
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The whole input of a build, even today's date: nothing else may influence an edition.

    Attributes:
        templates: those that leaflets are printed with.
        outlets: templates of other things than leaflets, by the gettext domain of their words.
        interfaces: the messages of all templates, by domain.
        sought: what people type who look for a leaflet, by language and leaflet.
        records: what persons have recorded, by leaflet; of those who publish under no name.
    """

    today: dt.date
    settings: Settings
    leaflets: Mapping[str, Leaflet]
    clinics: Mapping[str, Clinic]
    languages: Mapping[str, Language]
    formats: Mapping[str, Format]
    catalogs: Mapping[tuple[str, str], Catalog]
    templates: Templates
    outlets: Mapping[str, Templates]
    interfaces: Mapping[str, tuple[Block, ...]]
    specimens: Mapping[str, Specimen]
    fixtures: Mapping[tuple[str, str], Fixture]
    fonts: Mapping[str, tuple[Location, str]]
    sign_offs: Mapping[tuple[str, str], SignOff]
    words: Mapping[str, Words] = field(default_factory=dict)
    plain: Mapping[str, Plain] = field(default_factory=dict)
    glossaries: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    sought: Mapping[tuple[str, str], Sought] = field(default_factory=dict)
    standards: Mapping[str, Standard] = field(default_factory=dict)
    criteria: tuple[Criterion, ...] = ()
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    editorial: Editorial = field(default_factory=Editorial)
    faults: tuple[Fault, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    def publishes(self, domain: str, tag: str) -> bool:
        """Tell whether a leaflet, or the templates' words, are wanted in a language."""
        leaflet = self.leaflets.get(domain)
        source = self.settings.source_language
        return leaflet is None or not leaflet.languages or tag in {source, *leaflet.languages}
