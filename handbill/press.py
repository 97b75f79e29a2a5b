"""One edition, from job to proof to impression: pure, so any process on any machine may run it."""

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from handbill import (
    bidi,
    breaks,
    catalog,
    hypertext,
    impose,
    languages,
    markup,
    proofread,
    templates,
    typeset,
    validate,
)
from handbill.diagnostics import Fault, HandbillError, Location
from handbill.editions import Edition, Impression
from handbill.markup import Furniture
from handbill.model import Block, Catalog, Job, Language, Project, Proof
from handbill.signoff import SHORT
from handbill.sources import digest


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
    pictures = {image.src for image in job.leaflet.outline.images}
    assets = {f"leaflet/{name}": job.leaflet.assets[name] for name in pictures}
    if job.clinic.logo:
        assets[f"clinic/{job.clinic.logo}"] = job.clinic.logo_data
    return proof_of(
        job.edition,
        html,
        job.language,
        toolchain,
        assets=assets,
        places=places,
        imposition=job.format.imposition,
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


def print_proof(proof: Proof) -> Impression:
    """Typeset a proof as the PDF that readers get, and read it as their programs will."""
    if proof.edition.kind == "html":
        return Impression(data=_self_contained(proof).encode(), pages=0)
    impression = typeset.typeset(proof)
    if not impression.data:
        return impression
    edition = proof.edition
    stamp = hypertext.inside(proof.html, 'class="draft"') if proof.draft else ""
    place = Location(path=edition.path)
    scope = edition.scope
    met = [
        Fault(kind=kind, location=place, message=message, scope=scope)
        for kind, message in proofread.problems(
            proof.html,
            impression.data,
            script=proof.script,
            direction=proof.direction,
            stamp=stamp,
        )
    ]
    if proof.draft and not stamp:
        message = "no page says that it is a draft: the template has no element of class draft"
        met.append(Fault(kind="unstamped-draft", location=place, message=message, scope=scope))
    met += [
        Fault(kind="pdf-standard", location=place, message=message, scope=scope)
        for message in dict.fromkeys(validate.problems(impression.data))
    ]
    data = impression.data
    if proof.imposition:
        data = impose.impose(data, proof.imposition, direction=proof.direction)
    return replace(impression, data=data, faults=(*impression.faults, *met))


class _Composer:
    """Renders one job; remembers where each printed text was written."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.places: dict[str, Location] = {}
        self.numbers = {source.key: n for n, source in enumerate(job.leaflet.sources, start=1)}

    def page(self) -> tuple[str, dict[str, Location]]:
        """Return the edition's HTML and the places of its texts."""
        job, leaflet = self.job, self.job.leaflet
        title, summary, audience = (self.translate(block) for block in leaflet.front_blocks)
        body = markup.render(
            leaflet.body,
            Furniture(
                translate=self.translate,
                component=self.component,
                figure=self.figure,
                citation=self.citation,
                slot=job.clinic.slots.__getitem__,
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
                "version": f"{leaflet.version}-{job.code[:SHORT]}",
                "signatures": job.signatures,
                "typography": templates.safe(typography(job.language, job.clinic.paper)),
                "page": templates.safe('<span class="page-number"></span>'),
                "pages": templates.safe('<span class="page-count"></span>'),
                "translated": job.language.tag != job.source_language,
                "source_language": job.source_language,
                "stylesheet": templates.safe(job.templates.stylesheet + job.format.stylesheet),
                "hours": [catalog.opening(item, job.language.cldr) for item in job.clinic.hours],
            },
        )
        return readable(html, job.language), self.places

    def words(self) -> dict[str, object]:
        """Return the functions that every template may call."""
        return {"t": self.t, "date": self.date}

    def translate(self, block: Block) -> str:
        """Return what to print for a block of the leaflet."""
        place = Location(path=block.path, line=block.line, column=block.column)
        return self._look_up(self.job.catalog, block.msgid, block.context, place)

    def t(self, msgid: str, **values: object) -> str:
        """Return a template's own words in the edition's language, as HTML."""
        place = Location(path=f"templates/{templates.PAGE}")
        return templates.fill(self._look_up(self.job.interface, msgid, None, place), values)

    def date(self, date: dt.date) -> str:
        """Write a date in the edition's language."""
        language = self.job.language
        return languages.write_digits(catalog.long_date(date, language.cldr), language)

    def component(self, name: str, title: str, body: str, level: int) -> str:
        """Render a box that the author has asked for."""
        context = {
            **self.words(),
            "title": templates.safe(title),
            "body": templates.safe(body),
            "level": level,
        }
        return templates.render(self.job.templates, templates.component(name), context)

    def figure(self, src: str, alt: str, caption: str) -> str:
        """Render a picture with its caption."""
        context = {
            **self.words(),
            "src": _url("leaflet", src),
            "alt": alt,
            "caption": templates.safe(caption),
        }
        return templates.render(self.job.templates, templates.component("figure"), context)

    def citation(self, keys: Sequence[str]) -> str:
        """Render the numbers of the sources cited."""
        context = {**self.words(), "numbers": [self.numbers[key] for key in keys]}
        return templates.render(self.job.templates, templates.component("citation"), context)

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
    draft: bool = False,
) -> Proof:
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
                    toolchain,
                ]
            ).encode()
        ),
    )


def _self_contained(proof: Proof) -> str:
    """Put a web page's pictures into the page, so that one file is all of it."""
    html = proof.html
    for name, data in proof.assets.items():
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
    return (
        f"@page {{ size: {paper}; }} html {{ font-family: {fonts}, sans-serif; hyphens: {hyphens};"
        f" line-height: {language.line_height};"
        f" quotes: {quotes}; }}"
    )


def _url(owner: str, name: str) -> str:
    """Name an asset for the press; the leaflet's and the clinic's may be called alike."""
    return f"asset:{owner}/{quote(name)}"
