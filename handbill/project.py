"""A project's files as one immutable value: parsing and nothing else, every mistake a fault."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from handbill import (
    catalog,
    editorial,
    languages,
    markup,
    signoff,
    standards,
    tables,
    templates,
    vocabulary,
)
from handbill.diagnostics import Fault, HandbillError, Location, Scope, not_utf8
from handbill.model import (
    Block,
    Catalog,
    Choice,
    Citation,
    Clinic,
    Fixture,
    Format,
    Hours,
    Leaflet,
    Mailing,
    Project,
    Record,
    Settings,
    SignOff,
    Sought,
    Specimen,
    Templates,
    Term,
)
from handbill.seal import SETTINGS
from handbill.sources import Sources, digest
from handbill.store import GALLERY
from handbill.tables import Key, Table


LANGUAGES = "locales/languages.toml"
WORDS = "locales/words.toml"
EDITORIAL = "content/editorial.toml"
PLAIN = "content/plain.toml"
SPECIMENS = "templates/specimen.toml"
FONTS = "templates/fonts/"
COUNTRIES = "content/countries/"

#: What a leaflet, a clinic or a format may be called.
ID = r"[a-z0-9]+(-[a-z0-9]+)*"
_TODO = re.compile(r"\bTODO\b")
_TAG_TABLE = re.compile(r"\[([A-Za-z0-9-]+)[.\]]")
_DATE = "2026-11-24"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg"})
_FIXTURE = re.compile(r"templates/components/([^/]+)/fixture(?:\.([A-Za-z0-9-]+))?\.md")
_FENCE = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)

_CITATION = MappingProxyType(
    {
        "key": Key(holds=str, pattern=r"[\w-]+", example='"who"'),
        "organisation": Key(holds=str, example='"World Health Organization"'),
        "title": Key(holds=str, example='"Skin care"'),
        "year": Key(holds=int, required=False, example="2024"),
        "undated": Key(holds=bool, required=False, example="true"),
        "url": Key(holds=str, pattern=r"https?://\S+", example='"https://example.org/page"'),
        "read": Key(holds=dt.date, example=_DATE),
    }
)
_FRONT_MATTER = MappingProxyType(
    {
        "id": Key(holds=str, pattern=ID, example='"milia"'),
        "title": Key(holds=str, example='"Milia (milk spots)"'),
        "summary": Key(holds=str, example='"What milia are."'),
        "audience": Key(holds=str, example='"adults and parents of babies"'),
        "version": Key(holds=str, pattern=r"\d+(\.\d+)*", example='"1.0"'),
        "published": Key(holds=dt.date, example=_DATE),
        "last_review": Key(holds=dt.date, example=_DATE),
        "next_review": Key(holds=dt.date, example="2028-11-24"),
        "authors": Key(holds=list, of=str, filled=True, example='["A. Author"]'),
        "kind": Key(holds=str, required=False, pattern=ID, example='"condition"'),
        "languages": Key(holds=list, of=str, required=False, filled=True, example='["es", "ar"]'),
        "sheets": Key(holds=int, required=False, example="2"),
        "purpose": Key(
            holds=dict,
            required=False,
            keys={
                name: Key(holds=str, required=False, example='"…"') for name in standards.PURPOSE
            },
        ),
        "codes": Key(holds=dict, required=False, example='{ icd-10 = "L72.0" }'),
        "sources": Key(holds=list, of=dict, keys=_CITATION, example="[[sources]]"),
    }
)
_HOURS = MappingProxyType(
    {
        "first": Key(holds=str, choices=_DAYS),
        "last": Key(holds=str, choices=_DAYS),
        "opens": Key(holds=dt.time, example="08:30:00"),
        "closes": Key(holds=dt.time, example="18:00:00"),
    }
)
_CHOICE = MappingProxyType(
    {
        "is": Key(holds=str, pattern=ID, example='"leave"'),
        "by": Key(holds=str, required=False, example='"Dr A. Person"'),
        "on": Key(holds=dt.date, required=False, example=_DATE),
    }
)
#: What a leaflet may print of a clinic, as `{{ clinic.phone }}`.
SLOTS = ("name", "phone", "email", "website", "advice_phone", "emergency_number")
_CLINIC = MappingProxyType(
    {
        "name": Key(holds=str, example='"Northgate Skin Clinic"'),
        "country": Key(holds=str, pattern=r"[A-Z]{2}", example='"GB"'),
        "paper": Key(holds=str, required=False, choices=("a4", "letter")),
        "formats": Key(holds=list, of=str, filled=True, example='["a4"]'),
        "logo": Key(holds=str, required=False, example='"northgate.svg"'),
        "address": Key(holds=list, of=str, required=False, example='["12 Northgate", "Anytown"]'),
        "hours": Key(holds=list, of=dict, keys=_HOURS, required=False, example="[[hours]]"),
        "email": Key(
            holds=str,
            required=False,
            pattern=r"[^@\s]+@[^@\s]+",
            example='"skin@northgate.example"',
        ),
        "email_monitored": Key(holds=bool, required=False, example="false"),
        "website": Key(
            holds=str,
            required=False,
            pattern=r"https?://\S+",
            example='"https://northgate.example"',
        ),
        "choices": Key(
            holds=dict,
            required=False,
            keys={"*": Key(holds=dict, required=False, keys=_CHOICE)},
            example='[choices.blisters] with is = "leave"',
        ),
        **{
            slot: Key(
                holds=str,
                required=False,
                pattern=r"[+(]?\d[\d\s()./-]*",
                example='"0808 157 0123"',
            )
            for slot in ("phone", "advice_phone", "emergency_number")
        },
    }
)
#: What clinics of a country share: a file of content/countries.
_COUNTRY = MappingProxyType(
    {name: _CLINIC[name] for name in ("advice_phone", "emergency_number", "choices")}
)
_MAILING = MappingProxyType(
    {
        "server": Key(
            holds=str,
            required=False,
            # `send` reads it, and repeats no password that somebody has put in: a finding does.
            pattern=r"smtps?://\S+",
            example='"smtp://mail.example.org:587"',
        ),
        "from": Key(holds=str, required=False, example='"leaflets@northgate.example"'),
        "rate": Key(holds=int, required=False, example="60"),
        "max-size": Key(holds=int, required=False, example="10"),
        "attach": Key(holds=list, of=str, required=False, example='["large-print", "html"]'),
        "subject-names-leaflet": Key(holds=bool, required=False, example="true"),
        "account": Key(holds=str, required=False, example='"/etc/handbill/account.toml"'),
        "authority": Key(holds=str, required=False, example='"/etc/ssl/certs/clinic.pem"'),
        "dkim-selector": Key(holds=str, required=False, pattern=r"[\w.-]+", example='"leaflets"'),
        "dkim-key": Key(holds=str, required=False, example='"/etc/handbill/dkim.pem"'),
    }
)
_SETTINGS = MappingProxyType(
    {
        "source-language": Key(holds=str, required=False, example='"en"'),
        "languages": Key(holds=list, of=str, required=False, example='["es", "ar"]'),
        "max-pages": Key(holds=int, required=False, example="24"),
        "source-signatures": Key(
            holds=list,
            of=str,
            required=False,
            filled=True,
            members=signoff.ROLES,
            example='["clinical-reviewer"]',
        ),
        "translation-signatures": Key(
            holds=list,
            of=str,
            required=False,
            filled=True,
            members=signoff.ROLES,
            example='["translator"]',
        ),
        "signature-days": Key(holds=int, required=False, example="730"),
        "draft-languages": Key(holds=list, of=str, required=False, example='["so"]'),
        "site": Key(
            holds=str,
            required=False,
            # What a reader can type, and what needs no escaping in a path below it.
            pattern=r"https://[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*/?",
            example='"https://leaflets.example.org"',
        ),
        "fan-out": Key(holds=bool, required=False, example="true"),
        "email": Key(
            holds=dict,
            required=False,
            keys=_MAILING,
            example='[tool.handbill.email] with from = "leaflets@example.org"',
        ),
    }
)
_SPECIMEN = MappingProxyType(
    {
        "heading": Key(holds=str),
        "pangram": Key(holds=str),
        "items": Key(holds=list, of=str, filled=True),
        "columns": Key(holds=list, of=str, filled=True),
        "row": Key(holds=list, of=str, filled=True),
        "mixed": Key(holds=str),
        "quotes": Key(holds=str),
    }
)
_FONT = MappingProxyType(
    {
        "file": Key(holds=str, example='"NotoSans-Regular.ttf"'),
        "family": Key(holds=str, example='"Noto Sans"'),
        "weight": Key(holds=int, example="400"),
        "version": Key(holds=str, example='"2.015"'),
        "source": Key(holds=str, example='"where it was taken from"'),
        "licence": Key(holds=str, example='"OFL-1.1"'),
        "sha256": Key(holds=str, pattern="[0-9a-f]{64}", example='"13a8…"'),
    }
)
_FORMAT = MappingProxyType(
    {
        "title": Key(holds=str, example='"A4"'),
        "kind": Key(holds=str, required=False, choices=("pdf", "html")),
        "imposition": Key(holds=str, required=False, choices=("booklet", "two-up")),
        "sheet-pages": Key(holds=int, required=False, example="2"),
        "least-size": Key(holds=float, required=False, example="18"),
    }
)


def load(sources: Sources, *, today: dt.date) -> Project:
    """Parse a project; what is broken is left out, and said in `Project.faults`."""
    faults: list[Fault] = []
    texts = {path: _text(path, data, faults) for path, data in sources.files.items()}
    settings = _settings(texts.get(SETTINGS, ""), faults)
    table, found = languages.load(texts.get(LANGUAGES, ""), LANGUAGES)
    faults += found
    words, found = vocabulary.load(texts.get(WORDS, ""), WORDS)
    faults += found
    editors_rules, found = editorial.load(texts.get(EDITORIAL, ""), EDITORIAL)
    faults += found
    plain, found = vocabulary.plain(texts.get(PLAIN, ""), PLAIN)
    faults += found
    press, outlets = _templates(texts)
    faults += _missing_templates(texts)
    faults += _unfilled(texts)
    messages, found = catalogs(sources.files)
    faults += found
    leaflets = _leaflets(sources, texts, faults)
    known, criteria, found = standards.criteria(texts.get(standards.STANDARDS, ""))
    # A project without the file has no standards to go by, which is no mistake.
    faults += found if standards.STANDARDS in texts else ()
    return Project(
        today=today,
        settings=settings,
        leaflets=leaflets,
        clinics=_clinics(sources, texts, faults),
        languages=table,
        formats=_formats(texts, faults),
        catalogs=messages,
        sign_offs=_sign_offs(sources, faults),
        templates=press,
        outlets=outlets,
        interfaces=_interfaces({catalog.INTERFACE: press, **outlets}, faults),
        specimens=_specimens(texts.get(SPECIMENS, ""), faults),
        fixtures=_fixtures(sources, texts, settings.source_language, faults),
        fonts=_fonts(texts.get(f"{FONTS}fonts.toml", ""), faults),
        words=words,
        plain=plain,
        glossaries=_glossaries(texts, faults),
        sought=_sought(texts, faults),
        standards=known,
        criteria=criteria,
        records=_records(texts, leaflets, faults),
        editorial=editors_rules,
        faults=tuple(faults),
        digests=sources.digests,
    )


def catalogs(
    files: Mapping[str, bytes],
) -> tuple[dict[tuple[str, str], Catalog], list[Fault]]:
    """Read the PO files among a project's files, by language and domain."""
    found: dict[tuple[str, str], Catalog] = {}
    faults: list[Fault] = []
    for path in _named(files, "locales/", ".po"):
        parts = PurePosixPath(path).parts
        if len(parts) != 4 or parts[2] != "LC_MESSAGES":
            continue
        domain, tag = PurePosixPath(path).stem, parts[1]
        loaded, met = catalog.read(files[path], path=path, domain=domain, language=tag)
        faults += met
        found[tag, domain] = loaded
    return found, faults


def _text(path: str, data: bytes, faults: list[Fault]) -> str:
    """Decode a file that people write; pictures and catalogs are read elsewhere."""
    if PurePosixPath(path).suffix not in {".md", ".toml", ".jinja", ".css"}:
        return ""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, column, message = not_utf8(error)
        faults.append(
            Fault(
                kind="unreadable-text",
                location=Location(path=path, line=line, column=column),
                message=message,
                hint="save the file as UTF-8",
            )
        )
        return ""


def _settings(text: str, faults: list[Fault]) -> Settings:
    """Read `[tool.handbill]`; the rest of pyproject.toml belongs to other tools."""
    table = tables.read(text, _SETTINGS, kind="settings", path=SETTINGS, below=("tool", "handbill"))
    faults += table.faults
    if not table.values and not table.faults:
        hint = 'add [tool.handbill] with languages = ["es"], or languages = []'
        message = "there are no settings of a publisher"
        place = Location(path=SETTINGS)
        faults.append(Fault(kind="settings", location=place, message=message, hint=hint))
    defaults = Settings()
    return Settings(
        source_language=table.values.get("source-language", defaults.source_language),
        languages=tuple(table.values.get("languages", ())),
        max_pages=table.values.get("max-pages", defaults.max_pages),
        source_roles=tuple(table.values.get("source-signatures", defaults.source_roles)),
        translation_roles=tuple(
            table.values.get("translation-signatures", defaults.translation_roles)
        ),
        signature_days=table.values.get("signature-days", defaults.signature_days),
        draft_languages=tuple(table.values.get("draft-languages", ())),
        site=table.values.get("site", defaults.site).rstrip("/"),
        fan_out=table.values.get("fan-out", defaults.fan_out),
        mailing=_mailing(table.values.get("email", {})),
        locations={name: table.where(name) for name in _SETTINGS}
        | {f"email.{name}": table.where("email", name) for name in _MAILING},
    )


def _mailing(values: Mapping[str, Any]) -> Mailing:
    """Read how leaflets are sent."""
    defaults = Mailing()
    return Mailing(
        server=values.get("server", defaults.server),
        sender=values.get("from", defaults.sender),
        rate=values.get("rate", defaults.rate),
        max_size=values.get("max-size", defaults.max_size),
        attach=tuple(values.get("attach", defaults.attach)),
        subject_names_leaflet=values.get("subject-names-leaflet", defaults.subject_names_leaflet),
        account=values.get("account", defaults.account),
        authority=values.get("authority", defaults.authority),
        dkim_selector=values.get("dkim-selector", defaults.dkim_selector),
        dkim_key=values.get("dkim-key", defaults.dkim_key),
    )


def _leaflets(
    sources: Sources, texts: Mapping[str, str], faults: list[Fault]
) -> dict[str, Leaflet]:
    found: dict[str, Leaflet] = {}
    folders = {path.split("/")[2] for path in texts if path.startswith("content/leaflets/")}
    for folder in sorted(folders):
        path = f"content/leaflets/{folder}/leaflet.md"
        if path not in texts:
            if any(name.startswith(f"content/leaflets/{folder}/") for name in texts):
                faults.append(
                    Fault(
                        kind="front-matter",
                        location=Location(path=path),
                        message=f"the folder {folder!r} has no leaflet.md",
                        hint="every folder of content/leaflets holds one leaflet",
                    )
                )
            continue
        assets = {
            name: data
            for name, data in sources.below(f"content/leaflets/{folder}").items()
            if PurePosixPath(name).suffix.lower() in _PICTURES
        }
        leaflet, met = _leaflet(folder, path, texts[path], assets)
        faults += met
        if leaflet is not None and leaflet.id in found:
            faults.append(
                Fault(
                    kind="duplicate-id",
                    location=leaflet.locations["id"],
                    message=f"{found[leaflet.id].path} has the id {leaflet.id!r} too",
                    hint="an id is the name of the leaflet's folder",
                    scope=Scope(leaflet=leaflet.id),
                )
            )
        elif leaflet is not None:
            found[leaflet.id] = leaflet
    return found


def _leaflet(
    folder: str, path: str, text: str, assets: Mapping[str, bytes]
) -> tuple[Leaflet | None, list[Fault]]:
    scope = Scope(leaflet=folder)
    fence = _FENCE.match(text)
    if fence is None:
        place = Location(path=path)
        what = "an empty leaflet" if not text.strip() else "no front matter"
        hint = "begin the file with +++, the front matter in TOML, and +++ again"
        return None, [
            Fault(kind="front-matter", location=place, message=what, hint=hint, scope=scope)
        ]
    table = tables.read(fence.group(1), _FRONT_MATTER, kind="front-matter", path=path, first_line=2)
    values = table.values
    if any(key.required and name not in values for name, key in _FRONT_MATTER.items()):
        return None, [replace(fault, scope=scope) for fault in table.faults]
    body = text[fence.end() :]
    first_line = text.count("\n", 0, fence.end()) + 1
    outline = markup.outline(body, path=path, first_line=first_line)
    scope = Scope(leaflet=values["id"])
    met = (*table.faults, *_front_faults(table, folder), *outline.faults)
    faults = [replace(fault, scope=scope) for fault in met]
    citations = [
        Citation(
            key=item["key"],
            organisation=item["organisation"],
            title=item["title"],
            url=item["url"],
            read=item["read"],
            year=item.get("year"),
            undated=item.get("undated", False),
        )
        for item in values["sources"]
        if all(name in item for name, key in _CITATION.items() if key.required)
    ]
    leaflet = Leaflet(
        id=values["id"],
        path=path,
        title=values["title"],
        summary=values["summary"],
        audience=values["audience"],
        version=values["version"],
        published=values["published"],
        last_review=values["last_review"],
        next_review=values["next_review"],
        authors=tuple(values["authors"]),
        sources=tuple(citations),
        codes=values.get("codes", {}),
        body=body,
        body_line=first_line,
        sheets=values.get("sheets", 0),
        kind=values.get("kind", ""),
        languages=tuple(values.get("languages", ())),
        purpose=values.get("purpose", {}),
        outline=outline,
        front_blocks=tuple(_front_blocks(table)),
        assets=assets,
        locations={name: table.where(name) for name in _FRONT_MATTER}
        | dict(_source_locations(table)),
    )
    return leaflet, faults


def _front_faults(table: Table, folder: str) -> Iterator[Fault]:
    """Find what the schema cannot see in a leaflet's front matter."""

    def fault(place: Location, message: str, hint: str) -> Fault:
        return Fault(kind="front-matter", location=place, message=message, hint=hint)

    values = table.values
    if values["id"] in catalog.INTERFACES:
        hint = "call the leaflet's folder something else"
        yield fault(table.where("id"), f"{values['id']!r} is the domain of templates", hint)
    if values["id"] != folder:
        yield fault(
            table.where("id"),
            f"the id {values['id']!r} is not the name of its folder, {folder!r}",
            f'write id = "{folder}"',
        )
    for name in ("title", "summary", "audience"):
        if "{{" in values[name] or "}}" in values[name]:
            hint = "slots are filled in the text only"
            yield fault(table.where(name), f"{name!r} holds a slot", hint)
    keys = [item.get("key") for item in values["sources"]]
    for number, key in enumerate(keys):
        if key is not None and key in keys[:number]:
            place = table.where("sources", number, "key")
            yield fault(place, f"two sources have the key {key!r}", "give each its own")


def _source_locations(table: Table) -> Iterator[tuple[str, Location]]:
    """Yield the place of each source, and of the day it was read, by the source's key."""
    for number, item in enumerate(table.values["sources"]):
        if "key" in item:
            yield f"sources.{item['key']}", table.where("sources", number)
            yield f"sources.{item['key']}.read", table.where("sources", number, "read")


def _front_blocks(table: Table) -> Iterator[Block]:
    """Yield the front matter's own messages: title, summary and audience, in this order."""
    for name in ("title", "summary", "audience"):
        place = table.where(name)
        yield Block(
            msgid=markup.normalise(table.values[name]),
            kind=name,
            line=place.line,
            column=place.column,
            path=place.path,
        )


def _clinics(sources: Sources, texts: Mapping[str, str], faults: list[Fault]) -> dict[str, Clinic]:
    found: dict[str, Clinic] = {}
    countries = {
        PurePosixPath(path).stem: tables.read(texts[path], _COUNTRY, kind="clinic-file", path=path)
        for path in _named(texts, COUNTRIES, ".toml")
    }
    for table in countries.values():
        faults += table.faults
    for path in _named(texts, "content/clinics/", ".toml"):
        table = tables.read(texts[path], _CLINIC, kind="clinic-file", path=path)
        clinic_id = PurePosixPath(path).stem
        scope = Scope(clinic=clinic_id)
        faults += [replace(fault, scope=scope) for fault in table.faults]
        values = table.values
        if any(key.required and name not in values for name, key in _CLINIC.items()):
            continue
        country = countries.get(values["country"])
        shared = country.values if country else {}
        logo = values.get("logo", "")
        logo_path = f"content/clinics/{logo}"
        if logo and logo_path not in sources.files:
            near = tables.nearest(logo, (PurePosixPath(name).name for name in sources.files))
            faults.append(
                Fault(
                    kind="missing-asset",
                    location=table.where("logo"),
                    message=f"no such file beside it: {logo}",
                    hint=near or "put the logo beside the clinic's file",
                    scope=scope,
                )
            )
        found[clinic_id] = Clinic(
            id=clinic_id,
            path=path,
            name=values["name"],
            country=values["country"],
            paper=values.get("paper", "a4"),
            formats=tuple(values["formats"]),
            address=tuple(values.get("address", ())),
            hours=tuple(
                Hours(
                    first=item["first"],
                    last=item["last"],
                    opens=item["opens"],
                    closes=item["closes"],
                )
                for item in values.get("hours", ())
                if set(_HOURS) <= set(item)
            ),
            slots={f"clinic.{name}": values.get(name, shared.get(name, "")) for name in SLOTS},
            choices=(_choices(country) if country else {}) | _choices(table),
            paths=(path, f"{COUNTRIES}{values['country']}.toml") if country else (path,),
            logo=logo,
            logo_data=sources.files.get(logo_path, b"") if logo else b"",
            email_monitored=values.get("email_monitored", True),
            locations={name: table.where(name) for name in ("formats", "name", "email")},
        )
    return found


def _choices(table: Table) -> dict[str, Choice]:
    """Read which local variants are printed."""
    return {
        name: Choice(
            option=item["is"],
            by=item.get("by", ""),
            on=item.get("on"),
            location=table.where("choices", name),
        )
        for name, item in table.values.get("choices", {}).items()
        if "is" in item
    }


def _formats(texts: Mapping[str, str], faults: list[Fault]) -> dict[str, Format]:
    found: dict[str, Format] = {}
    for path in _named(texts, "templates/formats/", "/format.toml"):
        name = path.split("/")[2]
        table = tables.read(texts[path], _FORMAT, kind="format-file", path=path)
        faults += table.faults
        stylesheet = texts.get(f"templates/formats/{name}/style.css", "")
        found[name] = Format(
            name=name,
            title=table.values.get("title", name),
            kind=table.values.get("kind", "pdf"),
            imposition=table.values.get("imposition", ""),
            sheet_pages=table.values.get("sheet-pages", 0),
            least_size=table.values.get("least-size", 12),
            stylesheet=stylesheet,
        )
    return found


def _glossaries(texts: Mapping[str, str], faults: list[Fault]) -> dict[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for path in _named(texts, "locales/", "/glossary.toml"):
        tag = path.split("/")[1]
        found[tag], met = vocabulary.glossary(texts[path], path)
        faults += [replace(fault, scope=Scope(language=tag)) for fault in met]
    return found


def _sought(texts: Mapping[str, str], faults: list[Fault]) -> dict[tuple[str, str], Sought]:
    """Read what people look for; a mistake in it stops no leaflet."""
    found: dict[tuple[str, str], Sought] = {}
    for path in _named(texts, "locales/", "/search.toml"):
        tag = path.split("/")[1]
        read, met = vocabulary.sought(texts[path], path)
        faults += [replace(fault, scope=Scope(leaflet=catalog.SITE, language=tag)) for fault in met]
        found |= {(tag, item.leaflet): item for item in read}
    return found


def _records(
    texts: Mapping[str, str], leaflets: Mapping[str, Leaflet], faults: list[Fault]
) -> dict[str, tuple[Record, ...]]:
    """Read what persons have recorded, of each leaflet and of those who publish."""
    paths = {standards.record_path(leaflet): leaflet for leaflet in ("", *leaflets)}
    found: dict[str, tuple[Record, ...]] = {}
    for path, leaflet in paths.items():
        if path in texts:
            found[leaflet], met = standards.records(texts[path], path, leaflet)
            faults += met
    return found


def _sign_offs(sources: Sources, faults: list[Fault]) -> dict[tuple[str, str], SignOff]:
    found: dict[tuple[str, str], SignOff] = {}
    for path in _named(sources.files, "locales/", ".json"):
        parts = PurePosixPath(path).parts
        domain, tag = PurePosixPath(path).stem, parts[1]
        if path == signoff.path(domain, tag):
            read, met = signoff.read(sources.files[path], path=path, domain=domain, language=tag)
            faults += met
            found[tag, domain] = read
    return found


def _templates(texts: Mapping[str, str]) -> tuple[Templates, dict[str, Templates]]:
    """Gather the templates of leaflets, and those of each outlet."""
    start = "templates/"
    jinja = {path.removeprefix(start): texts[path] for path in _named(texts, start, ".jinja")}
    outlets = {}
    for name in catalog.INTERFACES:
        own = {path: jinja.pop(path) for path in _named(jinja, f"{name}/", "")}
        if own:
            outlets[name] = _press(own, _named(texts, f"{start}{name}/", ".css"), texts)
    styles = [f"{start}style.css", *_named(texts, f"{start}components/", "/style.css")]
    return _press(jinja, styles, texts), outlets


def _press(jinja: Mapping[str, str], styles: Iterable[str], texts: Mapping[str, str]) -> Templates:
    components = [
        path.split("/")[1]
        for path in jinja
        if path.startswith("components/") and path.endswith("/component.html.jinja")
    ]
    return Templates(
        sources=jinja,
        components=tuple(sorted(set(components) - set(templates.FURNITURE))),
        styles={path: texts.get(path, "") for path in styles},
        digest=digest(repr(sorted(jinja.items())).encode()),
    )


def _fonts(text: str, faults: list[Fault]) -> dict[str, tuple[Location, str]]:
    schema = {"font": Key(holds=list, of=dict, keys=_FONT, required=False)}
    table = tables.read(text, schema, kind="fonts-file", path=f"{FONTS}fonts.toml")
    faults += table.faults
    return {
        font["file"]: (table.where("font", number), font["sha256"])
        for number, font in enumerate(table.values.get("font", ()))
        if {"file", "sha256"} <= set(font)
    }


def _specimens(text: str, faults: list[Fault]) -> dict[str, Specimen]:
    schema = {"*": Key(holds=dict, required=False, keys=_SPECIMEN)}
    table = tables.read(text, schema, kind="specimen-file", path=SPECIMENS)
    faults += table.faults
    return {
        tag: Specimen(
            heading=values["heading"],
            pangram=values["pangram"],
            items=tuple(values["items"]),
            columns=tuple(values["columns"]),
            row=tuple(values["row"]),
            mixed=values["mixed"],
            quotes=values["quotes"],
        )
        for tag, values in table.values.items()
        if set(_SPECIMEN) <= set(values)
    }


def _fixtures(
    sources: Sources, texts: Mapping[str, str], source_language: str, faults: list[Fault]
) -> dict[tuple[str, str], Fixture]:
    """Read the samples of components, by language and component; none stops a leaflet."""
    found: dict[tuple[str, str], Fixture] = {}
    for path, text in texts.items():
        match = _FIXTURE.fullmatch(path)
        if match is None:
            continue
        component, tag = match[1], match[2] or source_language
        faults += [
            replace(fault, scope=Scope(leaflet=GALLERY))
            for fault in markup.outline(text, path=path).faults
        ]
        found[tag, component] = Fixture(
            component=component,
            language=tag,
            path=path,
            text=text,
            assets={
                name: data
                for name, data in sources.below(path.rsplit("/", 1)[0]).items()
                if PurePosixPath(name).suffix.lower() in _PICTURES
            },
        )
    return found


def _missing_templates(texts: Mapping[str, str]) -> Iterator[Fault]:
    """Find the files without which a page would be printed bare, or not at all."""
    wanted = [f"templates/{name}" for name in (templates.PAGE, "style.css")]
    wanted += [f"templates/{templates.component(name)}" for name in templates.FURNITURE]
    wanted += [
        f"{path.removesuffix('/format.toml')}/style.css"
        for path in _named(texts, "templates/formats/", "/format.toml")
    ]
    for path in wanted:
        if not texts.get(path, "").strip():
            yield Fault(
                kind="template-error",
                location=Location(path=path),
                message="does not exist, or is empty",
                hint="every page needs it; take it from the repository's history",
            )


def _unfilled(texts: Mapping[str, str]) -> Iterator[Fault]:
    """Find what a scaffold has left for a person to write."""
    for path, text in sorted(texts.items()):
        folder, name = path.split("/", 1)[0], PurePosixPath(path)
        if folder != "content" and (folder, name.suffix) != ("locales", ".toml"):
            continue
        scope = {
            "content/leaflets": Scope(leaflet=name.parent.name),
            "content/clinics": Scope(clinic=name.stem),
        }.get("/".join(name.parts[:2]), Scope())
        if name.name == "glossary.toml":
            scope = Scope(language=name.parent.name)
        if name.name == "search.toml":
            scope = Scope(leaflet=catalog.SITE, language=name.parent.name)
        for number, line in enumerate(text.split("\n"), start=1):
            if path in {LANGUAGES, WORDS} and (table := _TAG_TABLE.match(line)):
                scope = Scope(language=table[1])
            if found := _TODO.search(line):
                yield Fault(
                    kind="unfilled",
                    location=Location(path=path, line=number, column=found.start() + 1),
                    message=f"not written yet: {line.strip()[:60]!r}",
                    hint="write what belongs there, or remove the line",
                    scope=scope,
                )


def _interfaces(
    presses: Mapping[str, Templates], faults: list[Fault]
) -> dict[str, tuple[Block, ...]]:
    """Collect the words of templates once each, in the order of files and lines, by domain."""
    collected = {}
    for domain, press in presses.items():
        found: dict[str, Block] = {}
        for path in sorted(press.sources):
            try:
                for block in templates.messages(path, press.sources[path]):
                    first = found.setdefault(block.msgid, block)
                    notes = dict.fromkeys((*first.notes, *block.notes))
                    found[block.msgid] = replace(first, notes=tuple(notes))
            except HandbillError as error:
                leaflet = None if domain == catalog.INTERFACE else domain
                faults.append(replace(error.fault, scope=Scope(leaflet=leaflet)))
        collected[domain] = tuple(found.values())
    return collected


def _named(paths: Iterable[str], start: str, end: str) -> list[str]:
    return sorted(path for path in paths if path.startswith(start) and path.endswith(end))
