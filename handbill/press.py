"""One edition, from job to proof to impression: pure, so any process on any machine may run it."""

import base64
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from handbill import (
    accessibility,
    barcode,
    bidi,
    breaks,
    catalog,
    fitting,
    hypertext,
    imprint,
    languages,
    markup,
    templates,
)
from handbill.diagnostics import Fault, HandbillError, Location
from handbill.editions import Edition, Impression
from handbill.imprint import BLOCK, ID, NAME, SLOT, Unfit, masked
from handbill.markup import Furniture
from handbill.model import (
    Block,
    Catalog,
    Choice,
    Fixture,
    Format,
    Hours,
    Job,
    Language,
    Leaflet,
    Outline,
    Project,
    Proof,
    Templates,
)
from handbill.signoff import mark
from handbill.sources import digest
from handbill.store import GALLERY


#: The owner and the name of what the press draws itself.
_PRESS, _BARCODE = "press", "address.svg"

#: Stands before what a clinic's values are where no shell may show them; around a slot's value
#: while a page is composed; and what they leave in a page that shows more than a shell may.
_HIDDEN, _CLOSE, _OPEN = "\ue010", "\ue0ff", 0xE100
_MARKED = re.compile("([\ue100-\ue1ff])(.*?)\ue0ff", re.DOTALL)
_TOLD = re.compile(r"<title>.*?</title>|<meta\b[^>]*>", re.DOTALL)
_SECRET = re.compile(f"[{_HIDDEN}{ID}{NAME}]")
#: So many digits are a telephone number; fewer are one that a whole country shares.
_LONG = 6

_PHONE = re.compile(r"[+(]?\d[\d\s()./-]*")


_NEVER = dt.date(2000, 1, 1)
#: The leaflet of a card: a page without a text.
_EMPTY = Leaflet(
    id=_PRESS,
    path=_PRESS,
    title="–",
    summary="–",
    audience="–",
    version="0",
    published=_NEVER,
    last_review=_NEVER,
    next_review=_NEVER,
    authors=(),
    sources=(),
    codes={},
    body="",
    outline=Outline(
        blocks=(),
        headings=(),
        images=(),
        slots=(),
        citations=(),
        components=(),
        links=(),
        structure="",
        faults=(),
    ),
    front_blocks=tuple(Block(msgid="–", kind="", path=_PRESS, line=1, column=1) for _ in range(3)),
    assets={},
    locations={},
    body_line=1,
)


def compose(job: Job, toolchain: str) -> Proof | Fault:
    """Merge an edition's text, translations and templates into HTML.

    Args:
        job: a job that no check objects to; every message of it is translated.
        toolchain: the digest of the versions that will print it; part of the proof's key.

    Returns:
        The proof, or the template's mistake that made it impossible.
    """
    try:
        html, places = _Composer(job).page()
    except HandbillError as error:
        return error.fault
    return _proof(job, html, places, toolchain)


def shell(job: Job) -> tuple[Job, dict[str, str]]:
    """Return the job of an edition's shell, and the values that stand for its slots' there.

    Raises:
        Unfit: the edition is one that must be typeset directly.
    """
    if job.format.kind != "pdf" or job.format.imposition:
        raise Unfit("its format is not fanned out")
    if job.site:
        raise Unfit("its address on the site stands on the page")
    clinic, masks = job.clinic, dict[str, str]()
    used = {reference.name for reference in job.leaflet.outline.slots}
    slots = {}
    for number, (name, value) in enumerate(sorted(clinic.slots.items())):
        if name not in used:
            slots[name] = value and _HIDDEN + name
        elif not _PHONE.fullmatch(value):
            raise Unfit(f"its text names {name}")
        elif sum(map(str.isdecimal, value)) < _LONG:
            slots[name] = value
        else:
            slots[name] = masked(value, str(number))
            masks[name] = unbroken(slots[name])
    hidden = replace(
        clinic,
        id=ID,
        path="",
        name=NAME,
        country="",
        formats=(),
        address=tuple(_HIDDEN for _ in clinic.address[:1]),
        hours=(),
        slots=slots,
        logo=clinic.logo and _HIDDEN,
        logo_data=b"",
        choices={
            name: Choice(option=choice.option, location=Location(path=""))
            for name, choice in clinic.chosen(job.leaflet).items()
        },
        paths=(),
        locations={},
    )
    edition = replace(job.edition, clinic=_PRESS)
    return replace(job, clinic=hidden, edition=edition), masks


def compose_shell(
    job: Job, masks: Mapping[str, str], heights: Mapping[str, float], toolchain: str
) -> Proof:
    """Compose a leaflet whose clinic's blocks are blanks of these heights, in CSS pixels.

    Raises:
        Unfit: its template shows the clinic elsewhere too.
        HandbillError: a template is wrong.
    """
    html, places = _Composer(job).page()

    def leave(name: str, tag: str) -> tuple[str, str]:
        if name not in heights:
            raise Unfit(f"its {name} has no height")
        # One sign says where its content and its structure begin.
        inner = {"ul": "<li>0</li>", "ol": "<li>0</li>", "div": "<p>0</p>"}.get(tag, "0")
        return f' style="height: {heights[name]!r}px"', inner

    html = hypertext.blanked(html, BLOCK, leave)
    if _SECRET.search(_TOLD.sub("", html)):
        raise Unfit("its template shows the clinic elsewhere too")
    texts = re.sub(rf"<span {SLOT}=[^>]*>.*?</span>", "", html)
    if any(mask in texts for mask in masks.values()):
        raise Unfit("its text has numbers that look like blanks")
    return _proof(job, html, places, toolchain)


def standard(job: Job) -> Job:
    """Return the job of a clinic with a short line for everything: what shells are typeset for."""
    hours = Hours(first="mon", last="fri", opens=dt.time(8), closes=dt.time(18))
    clinic = replace(
        job.clinic,
        id=_PRESS,
        path="",
        name="Clinic",
        country="",
        formats=(),
        address=("1 Street",),
        hours=(hours,),
        slots=dict.fromkeys(job.clinic.slots, "0"),
        logo="",
        logo_data=b"",
        choices={},
        paths=(),
        locations={},
    )
    return replace(job, clinic=clinic, edition=replace(job.edition, clinic=_PRESS))


def compose_card(job: Job, fit: str, toolchain: str) -> Proof:
    """Compose a clinic's blocks: a page without a text, in one of the stylesheet's settings.

    Raises:
        HandbillError: a template is wrong.
    """
    edition = replace(job.edition, leaflet=_PRESS)
    job = replace(
        job, edition=edition, leaflet=_EMPTY, catalog=None, code="", draft=False, signatures=()
    )
    html, places = _Composer(job).page()
    return _proof(job, fitting.apply(html, fit), places, toolchain)


def _proof(job: Job, html: str, places: Mapping[str, Location], toolchain: str) -> Proof:
    """Make a proof of a composed job."""
    pictures = {image.src for image in job.leaflet.outline.images}
    assets = {f"leaflet/{name}": job.leaflet.assets[name] for name in pictures}
    if job.clinic.logo:
        assets[f"clinic/{job.clinic.logo}"] = job.clinic.logo_data
    if job.site and job.format.kind == "pdf":
        assets[f"{_PRESS}/{_BARCODE}"] = barcode.svg(_address(job))
    return proof_of(
        job.edition,
        html,
        job.language,
        toolchain,
        assets=assets,
        places=places,
        imposition=job.format.imposition,
        budget=job.leaflet.sheets * job.format.sheet_pages,
        least_size=job.format.least_size,
        draft=job.draft,
    )


def specimen(project: Project, tag: str, toolchain: str) -> Proof:
    """Compose the page that tries out a language.

    Raises:
        HandbillError: the template is wrong.
    """
    language = project.languages[tag]
    html = templates.render(
        project.templates,
        templates.SPECIMEN,
        {
            "language": language,
            "text": project.specimens[tag],
            "stylesheet": templates.safe(project.templates.stylesheet),
            "typography": templates.safe(typography(language, "a4")),
        },
    )
    html = readable(html, language)
    edition = Edition(leaflet="specimen", clinic="specimen", language=tag, format="a4")
    return proof_of(edition, html, language, toolchain, assets={}, places={})


def trial(
    project: Project, *, asked: str, printer: str, size: str, imposition: str, toolchain: str
) -> Proof:
    """Compose the pages that try out a printer: two, or the four of a small booklet.

    Args:
        project: the project.
        asked: what the printer is asked for, in words.
        printer: its name.
        size: of a page, as CSS calls it.
        imposition: how the pages are put on sheets.
        toolchain: the digest of the versions that will print it.

    Raises:
        HandbillError: the template is wrong.
    """
    language = project.languages[project.settings.source_language]
    words: tuple[str, ...] = (
        "The front. Turn the sheet over as you turn the page of a book: page 2 stands upright.",
        "The back of page 1. If it is on another sheet, the printer prints on one side.",
    )
    if imposition:
        words = (
            "The cover. Fold the sheet: the pages follow each other as in a book.",
            "Inside, on the left.",
            "Inside, on the right.",
            "The back.",
        )
    html = templates.render(
        project.templates,
        templates.TRIAL,
        {
            "language": language,
            "typography": templates.safe(typography(language, size)),
            "size": size,
            "asked": asked,
            "printer": printer,
            "today": project.today,
            "words": words,
            "pages": len(words),
        },
    )
    edition = Edition(leaflet="trial", clinic="trial", language=language.tag, format=size.lower())
    return proof_of(edition, html, language, toolchain, assets={}, places={}, imposition=imposition)


def gallery(project: Project, tag: str, form: Format | None, toolchain: str) -> Proof:
    """Compose the page that shows every component: its name, its print and its Markdown.

    Args:
        project: the project; no error in it concerns the gallery in this language.
        tag: a language that has fixtures.
        form: the format to show them in; None for the common stylesheet on A4.
        toolchain: the digest of the versions that will print it.

    Raises:
        HandbillError: a template is wrong.
    """
    language, press = project.languages[tag], project.templates
    interface = project.catalogs.get((tag, catalog.INTERFACE))
    entries: list[dict[str, object]] = []
    assets: dict[str, bytes] = {}
    places: dict[str, Location] = {}
    kind = form.kind if form else "pdf"
    tables = 0
    for (found, name), fixture in sorted(project.fixtures.items()):
        if found == tag:
            setter = _Setter(press, language, interface, _keys(fixture), name, kind=kind)
            setter.tables = tables
            entries.append(
                {
                    "name": name,
                    "markdown": fixture.text.strip(),
                    "html": templates.safe(_sample(project, fixture, setter)),
                }
            )
            assets |= {f"{name}/{file}": data for file, data in fixture.assets.items()}
            places |= setter.places
            tables = setter.tables
    page = _Setter(press, language, interface, (), "", kind=kind)
    context = {
        **page.words(),
        "language": language,
        "source_language": project.settings.source_language,
        "translated": tag != project.settings.source_language,
        "entries": entries,
        "stylesheet": templates.safe(press.stylesheet + (form.stylesheet if form else "")),
        "typography": templates.safe(typography(language, "a4")),
    }
    html = readable(templates.render(press, templates.GALLERY, context), language)
    edition = Edition(
        leaflet=GALLERY,
        clinic=GALLERY,
        language=tag,
        format=form.name if form else "a4",
        kind=kind,
    )
    places |= page.places
    return proof_of(edition, html, language, toolchain, assets=assets, places=places, draft=True)


def print_proof(proof: Proof) -> Impression:
    """Make of a proof the file that readers get, and look for what would keep them out."""
    return on_sheets(proof, judge(proof, strike(proof)))


def print_shell(proof: Proof, masks: Mapping[str, str]) -> Impression:
    """Typeset a shell; the impression's data is what `imprint` keeps of it."""
    from handbill import typeset  # noqa: PLC0415 - as below

    impression, made = typeset.shell(proof, masks)
    return _kept(proof, impression, made)


def print_card(proof: Proof) -> Impression:
    """Typeset a card; the impression's data is what `imprint` keeps of it."""
    from handbill import typeset  # noqa: PLC0415 - as below

    impression, made = typeset.card(proof)
    return _kept(proof, impression, made)


def _kept(
    proof: Proof, impression: Impression, made: imprint.Shell | imprint.Card | str
) -> Impression:
    """Judge what was cut as what is published, and keep its parts."""
    judged = judge(proof, impression) if impression.data else impression
    return replace(judged, data=imprint.dumps(made))


def strike(proof: Proof) -> Impression:
    """Make of a proof its file, one page after another, which nobody has judged yet."""
    if proof.edition.kind == "html":
        return _web_page(proof)
    # WeasyPrint and its like take a second to load, and checks only compose.
    from handbill import typeset  # noqa: PLC0415

    return typeset.typeset(proof)


def judge(proof: Proof, impression: Impression) -> Impression:
    """Read a file as programs and readers will; add what would keep them out to its faults."""
    met: list[Fault] = []
    if proof.edition.kind == "pdf" and impression.data:
        met += read_back(proof, impression.data)
    met += [
        Fault(
            kind=barrier.kind,
            location=proof.place(barrier.words),
            message=barrier.message,
            hint=barrier.hint,
            scope=proof.edition.scope,
        )
        for barrier in accessibility.barriers(proof.html, proof.edition.kind)
    ]
    if proof.draft and not _stamp(proof):
        place, scope = Location(path=proof.edition.path), proof.edition.scope
        message = "no page says that it is a draft: the template has no element of class draft"
        met.append(Fault(kind="unstamped-draft", location=place, message=message, scope=scope))
    return replace(impression, faults=(*impression.faults, *met))


def on_sheets(proof: Proof, impression: Impression) -> Impression:
    """Put the pages of a file on the sheets of its format."""
    if not proof.imposition or not impression.data:
        return impression
    from handbill import impose  # noqa: PLC0415 - as above

    data = impose.impose(impression.data, proof.imposition, direction=proof.direction)
    return replace(impression, data=data)


def _stamp(proof: Proof) -> str:
    """Return what every page of a draft says."""
    return hypertext.inside(proof.html, 'class="draft"') if proof.draft else ""


def read_back(proof: Proof, pdf: bytes) -> list[Fault]:
    """Read a PDF as programs will, and judge it; every page of a draft says its stamp."""
    from handbill import proofread, validate  # noqa: PLC0415 - as above

    place, scope = Location(path=proof.edition.path), proof.edition.scope
    met = [
        Fault(kind=kind, location=place, message=message, scope=scope)
        for kind, message in proofread.problems(
            proof.html,
            pdf,
            script=proof.script,
            direction=proof.direction,
            stamp=_stamp(proof),
        )
    ]
    met += [
        Fault(kind="pdf-standard", location=place, message=message, scope=scope)
        for message in dict.fromkeys(validate.problems(pdf))
    ]
    return met


class _Setter:
    """Renders the parts of a page in one language; remembers where each text was written."""

    def __init__(
        self,
        press: Templates,
        language: Language,
        interface: Catalog | None,
        sources: Sequence[str],
        owner: str,
        *,
        kind: str,
    ) -> None:
        """Take what every part needs.

        Args:
            press: the designers' templates.
            language: the page's language.
            interface: the templates' own words in it; None for the source language.
            sources: the keys of the sources, in the order of their numbers.
            owner: whose pictures they are: the first part of the names of assets.
            kind: `pdf` or `html`.
        """
        self.templates, self.language, self.interface = press, language, interface
        self.numbers = {key: n for n, key in enumerate(sources, start=1)}
        self.owner, self.kind = owner, kind
        self.tables = 0
        self.places: dict[str, Location] = {}

    def words(self) -> dict[str, object]:
        """Return the functions that every template may call."""
        return {"t": self.t, "date": self.date}

    def t(self, msgid: str, **values: object) -> str:
        """Return a template's own words in the edition's language, as HTML."""
        place = Location(path=f"templates/{templates.PAGE}")
        return templates.fill(self._look_up(self.interface, msgid, None, place), values)

    def date(self, date: dt.date) -> str:
        """Write a date in the edition's language."""
        language = self.language
        return languages.write_digits(catalog.long_date(date, language.cldr), language)

    def component(self, name: str, title: str, body: str, level: int) -> str:
        """Render a box that the author has asked for."""
        context = {
            **self.words(),
            "title": templates.safe(title),
            "body": templates.safe(body),
            "level": level,
        }
        return templates.render(
            self.templates, templates.component(name), context, whole=("title", "body")
        )

    def figure(self, src: str, alt: str, caption: str) -> str:
        """Render a picture with its caption."""
        context = {
            **self.words(),
            "src": _url(self.owner, src),
            "alt": alt,
            "caption": templates.safe(caption),
        }
        return templates.render(
            self.templates,
            templates.component("figure"),
            context,
            whole=("src", "alt", "caption"),
        )

    def table(self, html: str) -> str:
        """Render a table, which has a number: a screen reader tells tables apart by their names."""
        self.tables += 1
        context = {
            **self.words(),
            "table": templates.safe(html),
            "number": languages.write_digits(str(self.tables), self.language),
            "kind": self.kind,
        }
        return templates.render(
            self.templates, templates.component("table"), context, whole=("table",)
        )

    def citation(self, keys: Sequence[str]) -> str:
        """Render the numbers of the sources cited."""
        context = {**self.words(), "numbers": sorted(self.numbers[key] for key in keys)}
        return templates.render(self.templates, templates.component("citation"), context)

    def _look_up(
        self, messages: Catalog | None, msgid: str, context: str | None, place: Location
    ) -> str:
        """Return a text in the edition's language; `place` is where its English was written."""
        if messages is None:
            self.places[msgid] = place
            return msgid
        text = messages.gettext(msgid, context)
        if text is None:
            message = f"printing an untranslated message, which checks should stop: {msgid!r}"
            raise LookupError(message)
        line = messages.messages[context, msgid].line
        self.places[text] = Location(path=messages.path, line=line)
        return text


class _Composer(_Setter):
    """Renders one job."""

    def __init__(self, job: Job) -> None:
        keys = [source.key for source in job.leaflet.sources]
        super().__init__(
            job.templates, job.language, job.interface, keys, "leaflet", kind=job.format.kind
        )
        self.job = job

    def page(self) -> tuple[str, dict[str, Location]]:
        """Return the edition's HTML and the places of its texts."""
        job, leaflet = self.job, self.job.leaflet
        printed = job.site and job.format.kind == "pdf"
        title, summary, audience = (self.translate(block) for block in leaflet.front_blocks)
        body = markup.render(
            leaflet.body,
            Furniture(
                translate=self.translate,
                component=self.component,
                figure=self.figure,
                table=self.table,
                citation=self.citation,
                slot=self.slot,
                prints=lambda box: job.clinic.prints([box]),
            ),
            path=leaflet.path,
            first_line=leaflet.body_line,
        )
        html = templates.render(
            job.templates,
            templates.PAGE,
            {
                **self.words(),
                "title": title,
                "summary": summary,
                "audience": audience,
                "body": templates.safe(body),
                "leaflet": leaflet,
                "clinic": job.clinic,
                "logo": _url("clinic", job.clinic.logo) if job.clinic.logo else "",
                "language": job.language,
                "format": job.format,
                "draft": job.draft,
                "version": mark(leaflet.version, job.code),
                "signatures": job.signatures,
                "address": _address(job) if job.site else "",
                "barcode": _url(_PRESS, _BARCODE) if printed else "",
                "typography": templates.safe(typography(job.language, job.clinic.paper)),
                "page": templates.safe('<span class="page-number"></span>'),
                "pages": templates.safe('<span class="page-count"></span>'),
                "translated": job.language.tag != job.source_language,
                "source_language": job.source_language,
                "stylesheet": templates.safe(job.templates.stylesheet + job.format.stylesheet),
                "hours": [catalog.opening(item, job.language.cldr) for item in job.clinic.hours],
            },
            whole=("title", "summary", "audience", "body"),
        )
        return _spanned(readable(html, job.language), sorted(job.clinic.slots)), self.places

    def slot(self, name: str) -> str:
        """Return what to print for a slot; where texts are shared, it is an element of its own."""
        slots = self.job.clinic.slots
        value = unbroken(slots[name])
        if not self.job.fan_out or self.kind != "pdf":
            return value
        return f"{chr(_OPEN + sorted(slots).index(name))}{value}{_CLOSE}"

    def translate(self, block: Block) -> str:
        """Return what to print for a block of the leaflet."""
        place = Location(path=block.path, line=block.line, column=block.column)
        return self._look_up(self.job.catalog, block.msgid, block.context, place)


def _spanned(html: str, names: Sequence[str]) -> str:
    """Make elements of the slots that were marked."""
    return _MARKED.sub(
        lambda match: (
            f'<span {SLOT}="{names[ord(match.group(1)) - _OPEN]}">{match.group(2)}</span>'
        ),
        html,
    )


def _keys(fixture: Fixture) -> list[str]:
    """Return the sources that a fixture cites, in the order of the text."""
    cited = markup.outline(fixture.text).citations
    return list(dict.fromkeys(reference.name for reference in cited))


def _sample(project: Project, fixture: Fixture, setter: _Setter) -> str:
    """Render a fixture, with the values of the first clinic that has them."""

    def slot(name: str) -> str:
        values = (clinic.slots.get(name) for clinic in project.clinics.values())
        return unbroken(next(filter(None, values), name))

    furniture = Furniture(
        translate=lambda block: block.msgid,
        # The component's name is the heading above it.
        component=lambda name, title, body, level: setter.component(name, title, body, level + 1),
        figure=setter.figure,
        table=setter.table,
        citation=setter.citation,
        slot=slot,
    )
    return markup.render(fixture.text, furniture, path=fixture.path)


def readable(html: str, language: Language) -> str:
    """Let the lines of a page break where its readers expect, and its numbers keep their order."""
    if language.script in breaks.SCRIPTS:
        html = breaks.between_words(html, language.cldr)
    return bidi.isolate(html) if language.direction == "rtl" else html


def proof_of(
    edition: Edition,
    html: str,
    language: Language,
    toolchain: str,
    *,
    assets: Mapping[str, bytes],
    places: Mapping[str, Location],
    imposition: str = "",
    budget: int = 0,
    least_size: float = 0,
    draft: bool = False,
) -> Proof:
    """Make a proof of a composed page, with the key of all that its print depends on."""
    named = {name: digest(data) for name, data in sorted(assets.items())}
    return Proof(
        edition=edition,
        html=html,
        assets=assets,
        fonts=language.fonts,
        script=language.script,
        direction=language.direction,
        places=places,
        imposition=imposition,
        budget=budget,
        least_size=least_size,
        draft=draft,
        key=digest(
            json.dumps(
                [
                    # What is found on paper names its edition: an equal page is another proof.
                    edition.path,
                    html,
                    named,
                    language.fonts,
                    language.script,
                    language.direction,
                    imposition,
                    budget,
                    least_size,
                    draft,
                    toolchain,
                ]
            ).encode()
        ),
    )


def _web_page(proof: Proof) -> Impression:
    """Put a web page's pictures and fonts into the page, so that one file is all of it."""
    from handbill import typeset, webfonts  # noqa: PLC0415 - as above

    page = webfonts.embed(proof.html, proof.fonts, typeset.fonts_folder())
    met = [typeset.missing_glyph(letter, proof) for letter in page.missing]
    met += [typeset.font_fallback(family, proof) for family in page.foreign]
    html = with_pictures(page.html, proof.assets)
    return Impression(data=html.encode(), pages=0, faults=tuple(met))


def with_pictures(html: str, assets: Mapping[str, bytes]) -> str:
    """Put a page's pictures into it."""
    for name, data in assets.items():
        suffix = name.rsplit(".", 1)[-1].lower()
        kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(suffix, suffix)
        encoded = base64.b64encode(data).decode()
        html = html.replace(f'"asset:{quote(name)}"', f'"data:image/{kind};base64,{encoded}"')
    return html


def typography(language: Language, paper: str) -> str:
    """Return CSS that no designer writes: a language's fonts and leading, a clinic's paper."""
    fonts = ", ".join(f'"{name}"' for name in language.fonts)
    quotes = " ".join(f'"{mark}"' for mark in language.quotes)
    hyphens = "auto" if language.hyphenation else "manual"
    digits = languages.COUNTERS[language.digits]
    return (
        f"@page {{ size: {paper}; }} html {{ font-family: {fonts}, sans-serif; hyphens: {hyphens};"
        f" line-height: {language.line_height};"
        f" quotes: {quotes}; --digits: {digits}; }}"
    )


def _address(job: Job) -> str:
    """Return where an edition's newest text is read."""
    return f"{job.site}/{quote(job.edition.page)}"


def unbroken(value: str) -> str:
    """Keep a telephone number on one line; other values may be broken."""
    return value.replace(" ", "\u00a0") if _PHONE.fullmatch(value) else value


def _url(owner: str, name: str) -> str:
    """Name an asset for the press; the leaflet's and the clinic's may be called alike."""
    return f"asset:{owner}/{quote(name)}"
