"""A catalogue as pages for readers: files that any host can serve, below any address.

Every page is whole without script. Links are relative; only feeds, sitemap and canonical addresses
are whole, where the site's address is known.
"""

import datetime as dt
import gzip
import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

from handbill import (
    catalog,
    hypertext,
    languages,
    press,
    preview,
    syndication,
    tables,
    templates,
    webfonts,
)
from handbill.catalog import SITE
from handbill.catalogue import CATALOGUE, OWN, Catalogue, Entry, Place, Preview, Reader, write
from handbill.diagnostics import Fault, Location, Scope
from handbill.editions import Edition
from handbill.model import Language, Project
from handbill.sources import digest
from handbill.tables import Key


FOLDER = f"templates/{SITE}/"
SETTINGS = f"{FOLDER}site.toml"
#: Files that the site takes as they are.
STYLES, PROGRAM, WORKER, FONTS = "site.css", "site.js", "sw.js", "fonts.css"
SCHEMA_FILE, ICON = "catalogue.schema.json", "icon.svg"
#: What a page may weigh before its pictures, as hosts send it.
HEAVY = 100_000
#: What a language's fonts may weigh. Above it, bold letters are the browser's own work; where the
#: plain ones alone weigh more, readers see the page in the fonts of their device.
FONTS_LIMIT = 55_000

_PAGES = ("clinics", "catalogue", "leaflet", "languages", "moved", "lost", "notes")
#: Nothing is loaded from elsewhere, and no program stands in a page.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
)
#: Stands for the digest of the fonts while nobody knows which letters there are.
_LATER = "later"
_ALWAYS = "0123456789ABCDEFabcdef .,:;-–·()/@+"
_NOTE = re.compile(r'<p data-note="(\w+)">(.*?)</p>', re.DOTALL)
_PROGRAM_KEYS: Mapping[str, Key] = {
    "file": Key(holds=str, example='"minisearch-7.2.0.js"'),
    "sha256": Key(holds=str, pattern="[0-9a-f]{64}", example='"0346…"'),
    **dict.fromkeys(("name", "version", "source", "licence"), Key(holds=str, example='"…"')),
}
_SCHEMA: Mapping[str, Key] = {
    "formats": Key(holds=list, of=str, filled=True, example='["html", "a4"]'),
    "program": Key(holds=list, of=dict, keys=_PROGRAM_KEYS, required=False, example="[[program]]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What designers have put in templates/site, beside the pages.

    Attributes:
        formats: those that readers are offered, in their order.
        programs: the names of others' programs.
        files: the folder's files, by name.
    """

    formats: tuple[str, ...]
    programs: tuple[str, ...]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a page of a site weighs before its pictures, in bytes, and as hosts send it."""

    path: str
    plain: int
    sent: int


def design(project: Project, files: Mapping[str, bytes]) -> tuple[Design, list[Fault]]:
    """Read the folder of the site's design; what is missing in it is a fault.

    Args:
        project: the project.
        files: the files of the folder, by name.
    """
    scope = Scope(leaflet=SITE)
    text = files.get("site.toml", b"").decode("utf-8", "replace")
    table = tables.read(text, _SCHEMA, kind="site-file", path=SETTINGS)
    faults = [replace(fault, scope=scope) for fault in table.faults]
    formats = tuple(table.values.get("formats", ()))
    wanted = [STYLES, PROGRAM, WORKER, SCHEMA_FILE, ICON]
    wanted += [f"{name}.html.jinja" for name in _PAGES]
    programs = table.values.get("program", ())

    def fault(place: Location, message: str, hint: str) -> None:
        faults.append(
            Fault(kind="site-file", location=place, message=message, hint=hint, scope=scope)
        )

    for name in wanted:
        if name not in files:
            fault(Location(path=FOLDER + name), "does not exist", "take it from the repository")
    for name in formats:
        if name not in project.formats:
            hint = tables.nearest(name, project.formats) or "see templates/formats"
            fault(table.where("formats"), f"no format is called {name!r}", hint)
    for number, item in enumerate(programs):
        data = files.get(item.get("file", ""))
        if data is None or digest(data) != item.get("sha256"):
            place = table.where("program", number)
            hint = "take the file from where site.toml says, or write its new sha256"
            fault(place, f"{item.get('file')} is not the file that is described here", hint)
    names = tuple(item["file"] for item in programs if "file" in item)
    return Design(formats=formats, programs=names, files=files), faults


def illustrate(
    catalogue: Catalogue,
    origins: Mapping[str, Edition],
    read: Reader,
    holds: Callable[[str, str], bool],
) -> tuple[Catalogue, dict[str, bytes]]:
    """Give each leaflet a picture of the first page of its first PDF; draw only what is new.

    Args:
        catalogue: the catalogue.
        origins: the editions that its files are copies of.
        read: returns a published file.
        holds: tells whether the site has a file with this digest already.

    Returns:
        The catalogue, and the pictures that are new, by their paths.
    """
    drawn: dict[str, bytes] = {}
    entries = []
    for entry in catalogue.entries:
        pdf = next((file for file in entry.files if file.kind == "pdf"), None)
        if pdf is None or pdf.path not in origins:
            entries.append(entry if pdf else replace(entry, preview=None))
            continue
        known = entry.preview
        if known is None or known.shows != pdf.digest or not holds(known.path, known.digest):
            picture = next(preview.pictures(read(origins[pdf.path].path)))
            width, height = struct.unpack(">II", picture[16:24])
            known = Preview(
                path=f"{entry.folder}page-1.png",
                width=width,
                height=height,
                digest=digest(picture),
                shows=pdf.digest,
            )
            drawn[known.path] = picture
        entries.append(replace(entry, preview=known))
    return replace(catalogue, entries=tuple(entries)), drawn


def pages(
    project: Project,
    catalogue: Catalogue,
    design: Design,
    *,
    base: str,
    fonts: Path,
    silent: frozenset[str] = frozenset(),
) -> tuple[dict[str, bytes], list[Weight]]:
    """Make every file of a site but editions and pictures, and say what its pages weigh.

    Args:
        project: the project; no error in it concerns the site's words in its source language.
        catalogue: what the site offers.
        design: the site's styles and programs.
        base: the site's address, without a slash at its end; empty if it is not known.
        fonts: the folder of the project's fonts.
        silent: the languages whose words for the site are not there: leaflets in them have pages
            all the same, with the words of the source language.

    Raises:
        HandbillError: a template is wrong.
    """
    return _Writer(project, catalogue, design, base=base, fonts=fonts, silent=silent).site()


class _Writer:
    """Writes one site."""

    def __init__(
        self,
        project: Project,
        catalogue: Catalogue,
        design: Design,
        *,
        base: str,
        fonts: Path,
        silent: frozenset[str],
    ) -> None:
        self.fonts = fonts
        self.project, self.catalogue, self.design = project, catalogue, design
        self.base, self.silent = base, silent
        self.source = project.languages[catalogue.source_language]
        self.templates = project.outlets[SITE]
        self.files: dict[str, bytes] = {}
        self.weights: list[Weight] = []
        #: The pages that are weighed, and the languages that stand on each page.
        self.pages: list[tuple[Place, str]] = []
        self.tags: dict[str, list[str]] = {}
        #: The pages that search engines are told of: when each changed, and its other languages.
        self.told: dict[str, tuple[dt.date, Mapping[str, str]]] = {}
        own = (STYLES, PROGRAM, *design.programs)
        self.versions = {name: digest(design.files[name])[:8] for name in own}
        self.versions[FONTS] = _LATER
        self.letters: dict[str, set[str]] = {}
        self.loaded: dict[str, list[str]] = {}

    def site(self) -> tuple[dict[str, bytes], list[Weight]]:
        """Return the files, and what the pages weigh."""
        for name in (STYLES, PROGRAM, SCHEMA_FILE, ICON, *self.design.programs):
            self.files[f"{OWN}/{name}"] = self.design.files[name]
        self.files[CATALOGUE] = write(self.catalogue, self.project, self.base)
        for place in self.catalogue.places:
            self._search_data(place)
        self._page("", self.source, "clinics", place=None, places=self.catalogue.places)
        if self.base:
            # A host shows it for any address, so its links cannot be relative.
            self._page(
                "404.html",
                self.source,
                "lost",
                place=None,
                places=self.catalogue.places,
                root=f"{self.base}/",
                hidden=True,
            )
        for place in self.catalogue.places:
            self._clinic(place)
        if self.base:
            self.files["sitemap.xml"] = syndication.sitemap(self.told)
        self._fonts()
        for place, path in self.pages:
            self._weigh(place, path)
        self.files[WORKER] = self._worker()
        return self.files, self.weights

    def _clinic(self, place: Place) -> None:
        entries = self.catalogue.of(place.id)
        current = [entry for entry in entries if entry.withdrawn is None]
        # A list and a feed stay where they were, also when their last leaflet is withdrawn.
        once = dict.fromkeys(entry.language for entry in entries)
        tags = dict.fromkeys((self.source.tag, *self.project.settings.languages, *once))
        spoken = [
            tag for tag in tags if tag == self.source.tag or (tag in once and self._speaks(tag))
        ]
        places = {tag: f"{place.id}/{OWN}/{tag}/" for tag in spoken} | {
            self.source.tag: f"{place.id}/"
        }
        for tag, path in places.items():
            self._catalogue(place, tag, path, places, current)
        by_leaflet: dict[str, list[Entry]] = {}
        for entry in entries:
            by_leaflet.setdefault(entry.leaflet, []).append(entry)
        for leaflet, group in by_leaflet.items():
            live = self._ordered(entry for entry in group if entry.withdrawn is None)
            pages = {entry.language: entry.folder for entry in live}
            known = next(
                (entry for entry in (*live, *group) if entry.language == self.source.tag), group[0]
            )
            folder = f"{place.id}/{leaflet}/"
            self._page(
                folder,
                self.source,
                "languages",
                place=place,
                entry=known,
                entries=live,
                home=f"{place.id}/",
                hidden=not live or all(entry.draft for entry in live),
                alternates=[*pages.items()],
                changed=known.changed,
            )
            for entry in group:
                self._leaflet(place, entry, live, folder, places)

    def _catalogue(
        self,
        place: Place,
        tag: str,
        path: str,
        places: Mapping[str, str],
        current: Sequence[Entry],
    ) -> None:
        language = self.project.languages[tag]
        own = sorted(
            (entry for entry in current if entry.language == tag), key=lambda item: item.leaflet
        )
        there = {entry.leaflet for entry in own}
        others: dict[str, list[Entry]] = {}
        for entry in self._ordered(current):
            if entry.leaflet not in there:
                others.setdefault(entry.leaflet, []).append(entry)
        kinds = {file.format: file for entry in current for file in entry.files}
        feeds = self._feeds(place, language, path)
        self._page(
            path,
            language,
            "catalogue",
            place=place,
            entries=own,
            others=list(others.values()),
            feeds=feeds,
            kinds=[kinds[name] for name in self.design.formats if name in kinds],
            languages=[(self.project.languages[item], at) for item, at in places.items()],
            alternates=[*places.items(), ("x-default", f"{place.id}/")],
            search=f"{place.id}/{OWN}/search.json",
            home=path,
            changed=max((entry.changed for entry in own), default=None),
        )
        self.pages.append((place, path))

    def _leaflet(
        self,
        place: Place,
        entry: Entry,
        live: Sequence[Entry],
        folder: str,
        places: Mapping[str, str],
    ) -> None:
        language = self.project.languages.get(entry.language, self.source)
        spoken = language if self._speaks(language.tag) else self.source
        home = places.get(spoken.tag, f"{place.id}/")
        hidden = entry.draft or entry.withdrawn is not None
        listed = [
            (self.project.languages.get(item.language, self.source), item.folder) for item in live
        ]
        linked = syndication.linked(entry, self.catalogue, base=self.base)
        script = f'<script type="application/ld+json">{linked}</script>'
        self._page(
            entry.folder,
            spoken,
            "leaflet",
            place=place,
            entry=entry,
            home=home,
            hidden=hidden,
            print=next((file for file in entry.files if file.kind == "pdf"), None),
            linked=templates.safe("" if entry.withdrawn else script),
            languages=listed,
            alternates=[(item.language, item.folder) for item in live]
            + [("x-default", folder)] * bool(live),
            changed=entry.changed,
        )
        self.pages.append((place, entry.folder))
        for version in entry.versions:
            self._page(
                f"{entry.folder}{version}/",
                spoken,
                "moved",
                place=place,
                entry=entry,
                home=home,
                hidden=True,
            )

    def _feeds(self, place: Place, language: Language, path: str) -> list[str]:
        """Write a clinic's feed in a language, and in all; return those that a page names."""
        if not self.base:
            return []
        told = list(self.catalogue.of(place.id))
        title = f"{self._t(language)('Patient leaflets')} – {place.name}"
        made = {
            f"{place.id}/{OWN}/{language.tag}/feed.xml": [
                entry for entry in told if entry.language == language.tag
            ]
        }
        if language == self.source:
            made[f"{place.id}/{OWN}/feed.xml"] = told
        for name, entries in made.items():
            self.files[name] = syndication.feed(
                entries,
                base=self.base,
                path=name,
                page=path,
                title=title,
                author=place.name,
                tag=language.tag,
            )
        return list(made)[:1]

    def _page(
        self,
        path: str,
        language: Language,
        name: str,
        *,
        changed: dt.date | None = None,
        alternates: Sequence[tuple[str, str]] = (),
        hidden: bool = False,
        root: str = "",
        **context: object,
    ) -> None:
        """Render a page at a place below the root; a folder's page is its index."""
        values: dict[str, object] = {
            **self._words(language),
            "language": language,
            "source_language": self.source.tag,
            "base": self.base,
            "root": root or "../" * path.count("/") or "./",
            "here": path,
            "policy": _POLICY,
            "versions": self.versions,
            "formats": self.project.formats,
            "many": len(self.catalogue.places) > 1,
            "alternates": alternates,
            "hidden": hidden,
            "languages": (),
            "feeds": (),
            "home": "",
            **context,
        }
        html = templates.render(self.templates, f"{SITE}/{name}.html.jinja", values)
        html = press.readable(html, language)
        index = path if path.endswith(".html") else f"{path}index.html"
        reading = _Reading()
        reading.feed(html)
        self.tags[path] = sorted(reading.letters)
        for tag, found in reading.letters.items():
            self.letters.setdefault(tag, set()).update(found)
        self.files[index] = html.encode()
        if self.base and not hidden:
            others = {tag: f"{self.base}/{other}" for tag, other in alternates}
            self.told[f"{self.base}/{path}"] = changed or self._changed(), others

    def _words(self, language: Language) -> dict[str, object]:
        """Return what every template may call."""
        return {
            "t": self._t(language),
            "date": lambda day: languages.write_digits(
                catalog.long_date(day, language.cldr), language
            ),
            "number": lambda number: languages.write_digits(str(number), language),
            "size": lambda file: languages.write_digits(
                catalog.kilobytes(file.size, language.cldr), language
            ),
            "digits": languages.write_digits("0123456789", language),
            "dialled": lambda phone: re.sub(r"[^\d+]", "", phone),
            "direction": self._direction,
            "autonym": lambda entry: (
                self.project.languages[entry.language].autonym
                if entry.language in self.project.languages
                else entry.language
            ),
        }

    def _t(self, language: Language) -> Callable[..., str]:
        messages = self.project.catalogs.get((language.tag, SITE))

        def t(msgid: str, **values: object) -> str:
            text = messages.gettext(msgid) if messages and language != self.source else msgid
            if text is None:
                message = f"writing an untranslated message, which checks stop: {msgid!r}"
                raise LookupError(message)
            return templates.fill(text, values)

        return t

    def _speaks(self, tag: str) -> bool:
        """Tell whether the site has words in a language."""
        if tag == self.source.tag:
            return True
        known = tag in self.project.languages and (tag, SITE) in self.project.catalogs
        return known and tag not in self.silent

    def _direction(self, entry: Entry) -> str:
        language = self.project.languages.get(entry.language)
        return language.direction if language else "auto"

    def _ordered(self, entries: Iterator[Entry] | Sequence[Entry]) -> list[Entry]:
        """Put entries in the order of the settings' languages, the source's first."""
        tags = [self.source.tag, *self.project.settings.languages]
        return sorted(
            entries,
            key=lambda item: (
                tags.index(item.language) if item.language in tags else len(tags),
                item.key,
            ),
        )

    def _changed(self) -> dt.date:
        return max((entry.changed for entry in self.catalogue.entries), default=dt.date(1970, 1, 1))

    def _search_data(self, place: Place) -> None:
        rows = [
            {
                "leaflet": entry.leaflet,
                "language": entry.language,
                "direction": self._direction(entry),
                "page": entry.folder,
                "title": entry.title,
                "summary": entry.summary,
                "words": list(entry.words),
                "codes": [code for _system, code in sorted(entry.codes.items())],
                "formats": [file.format for file in entry.files],
                "draft": entry.draft,
            }
            for entry in self._ordered(self.catalogue.of(place.id))
            if entry.withdrawn is None
        ]
        data = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        self.files[f"{place.id}/{OWN}/search.json"] = data.encode()

    def _worker(self) -> bytes:
        """Write what keeps pages for a time without a network."""
        words = {}
        for tag in dict.fromkeys((self.source.tag, *self.project.settings.languages)):
            if self._speaks(tag):
                language = self.project.languages[tag]
                html = templates.render(
                    self.templates, f"{SITE}/notes.html.jinja", self._words(language)
                )
                said = _NOTE.findall(press.readable(html, language))
                words[tag] = {"tag": tag, "direction": language.direction, **dict(said)}
        state = json.dumps([[name, digest(data)] for name, data in sorted(self.files.items())])
        keep = ["./", f"{OWN}/{ICON}", *(f"{OWN}/{name}" for name in self.versions)]
        site = {
            "version": digest(state.encode())[:16],
            "source": self.source.tag,
            "keep": keep,
            "words": words,
        }
        told = json.dumps(site, ensure_ascii=False, indent=1, sort_keys=True)
        return f"const SITE = {told};\n\n".encode() + self.design.files[WORKER]

    def _fonts(self) -> None:
        """Cut fonts down to the letters of the pages in each language, and name them in a sheet."""
        known = webfonts.faces(self.fonts)
        rules: list[str] = []
        told = [
            self.project.languages[tag] for tag in self.letters if tag in self.project.languages
        ]
        for language in sorted(told, key=lambda item: item.tag):
            tag = language.tag
            letters = self.letters[tag] | set(_ALWAYS)
            if (messages := self.project.catalogs.get((tag, SITE))) and self._speaks(tag):
                letters |= {letter for item in messages.messages.values() for letter in item.msgstr}
            cut = list(
                webfonts.cuts(
                    known,
                    language.fonts,
                    {webfonts.REGULAR: letters, webfonts.BOLD: letters},
                )
            )
            for weights in ((webfonts.REGULAR, webfonts.BOLD), (webfonts.REGULAR,), ()):
                cut = [item for item in cut if item[1] in weights]
                if sum(len(data) for _family, _weight, data in cut) <= FONTS_LIMIT:
                    break
            own = self._faces(tag, cut, rules)
            rules.append(
                f":lang({tag}) {{ font-family: {own}system-ui, sans-serif;"
                f" line-height: {max(1.5, language.line_height)}; }}"
            )
        titles = (form.title for form in self.project.formats.values())
        known_names = (place.name for place in self.catalogue.places)
        # A leaflet that a language lacks is named in another: for that no more fonts are loaded.
        sources = (
            entry.title for entry in self.catalogue.entries if entry.language == self.source.tag
        )
        names = {
            letter
            for name in (*(language.autonym for language in told), *known_names, *titles, *sources)
            for letter in name
        }
        families = dict.fromkeys(family for language in told for family in language.fonts)
        cut = list(webfonts.cuts(known, list(families), {webfonts.REGULAR: names}))
        rules.append(
            f".name, .name option {{ font-family: {self._faces('names', cut, rules)}system-ui; }}"
        )
        sheet = "\n".join(rules).encode() + b"\n"
        self.files[f"{OWN}/{FONTS}"] = sheet
        self.versions[FONTS] = digest(sheet)[:8]
        before, after = f"{FONTS}?{_LATER}", f"{FONTS}?{self.versions[FONTS]}"
        for path, data in self.files.items():
            if path.endswith(".html"):
                self.files[path] = data.replace(before.encode(), after.encode())

    def _faces(self, name: str, cut: Sequence[tuple[str, int, bytes]], rules: list[str]) -> str:
        """Put fonts in their places; return the families, in their order, for a stylesheet."""
        families: dict[str, str] = {}
        for family, weight, data in cut:
            alias = families.setdefault(family, f'"site {name} {len(families) + 1}"')
            number = list(families).index(family) + 1
            path = f"fonts/{name}-{number}-{weight}.woff2"
            self.files[f"{OWN}/{path}"] = data
            self.loaded.setdefault(name, []).append(f"{OWN}/{path}")
            rules.append(
                f"@font-face {{ font-family: {alias}; font-weight: {weight}; font-display: swap;"
                f' src: url("{path}?{digest(data)[:8]}") format("woff2"); }}'
            )
        return "".join(f"{alias}, " for alias in families.values())

    def _weigh(self, place: Place, path: str) -> None:
        parts = [
            f"{path}index.html",
            f"{place.id}/{OWN}/search.json",
            WORKER,
            *(f"{OWN}/{name}" for name in self.versions),
            f"{OWN}/{ICON}",
            *(font for name in (*self.tags[path], "names") for font in self.loaded.get(name, ())),
        ]
        held = [self.files.get(name, self.design.files.get(name, b"")) for name in parts]
        self.weights.append(
            Weight(
                path=path,
                plain=sum(map(len, held)),
                sent=sum(len(gzip.compress(data, mtime=0)) for data in held),
            )
        )


class _Reading(HTMLParser):
    """Gathers the letters of a page by their language; names have fonts of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, set[str]] = {}
        self._tags: list[tuple[str, str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a language begins."""
        if tag not in hypertext.VOID:
            _tag, around, named = self._tags[-1] if self._tags else ("", "", False)
            given = dict(attrs)
            named = named or "name" in (given.get("class") or "").split()
            self._tags.append((tag, given.get("lang") or around, named))

    def handle_endtag(self, tag: str) -> None:
        """Note where a language ends."""
        if tag not in hypertext.VOID and self._tags:
            self._tags.pop()

    def handle_data(self, data: str) -> None:
        """Take letters up."""
        if self._tags and data.strip():
            tag, language, named = self._tags[-1]
            if not named and tag not in {"script", "style", "title"}:
                self.letters.setdefault(language, set()).update(data)


def heavy(weights: Sequence[Weight]) -> Iterator[Fault]:
    """Yield the pages that weigh too much, the heaviest of all as the one that is named."""
    worst = max(weights, key=lambda item: item.sent, default=None)
    if worst is not None and worst.sent > HEAVY:
        number = sum(item.sent > HEAVY for item in weights)
        yield Fault(
            kind="heavy-page",
            location=Location(path=worst.path),
            message=f"{worst.sent // 1000} kB before its pictures, of {HEAVY // 1000};"
            f" {number} pages weigh too much",
            scope=Scope(leaflet=SITE),
        )
