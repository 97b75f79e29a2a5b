"""What a site offers: every leaflet of every clinic in every language, as `catalogue.json` says.

The catalogue is all that pages, feeds and search are made from. It remembers: what is published no
more keeps its entry, so that a code on paper that leads to it is never dead.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from handbill import archive, plan, signoff
from handbill.diagnostics import Diagnostic, Fault, Location, Scope
from handbill.editions import Edition, matches
from handbill.model import Project


SCHEMA = 1
#: The catalogue, and what it may hold, below the site's root.
CATALOGUE = "catalogue.json"
#: Holds what no clinic, leaflet or language is called: none of their names is a hyphen.
OWN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A clinic, as readers may reach it."""

    id: str
    name: str
    phone: str
    email: str
    website: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One edition as a site offers it.

    Attributes:
        path: its place below the site's root.
        pages: how many; 0 for a web page.
        size: in bytes.
    """

    format: str
    kind: str
    path: str
    pages: int
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A picture of the first page.

    Attributes:
        shows: the digest of the PDF that it shows.
    """

    path: str
    width: int
    height: int
    digest: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Who has signed a text, as what, and when."""

    name: str
    role: str
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One leaflet of one clinic in one language.

    Attributes:
        version: the leaflet's, with the code of the text, as it stands on paper.
        draft: whether a signature is wanting.
        changed: when it was last published, reviewed, signed or withdrawn.
        words: what people type who look for it, and what stands in no title.
        versions: all that were ever published here, this one last.
        withdrawn: when it was published no more; None while it is.
    """

    clinic: str
    leaflet: str
    language: str
    title: str
    summary: str
    audience: str
    kind: str
    version: str
    draft: bool
    published: dt.date
    last_review: dt.date
    next_review: dt.date
    changed: dt.date
    authors: tuple[str, ...] = ()
    checked_by: tuple[Checker, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    preview: Preview | None = None
    versions: tuple[str, ...] = ()
    withdrawn: dt.date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Its clinic, leaflet and language."""
        return self.clinic, self.leaflet, self.language

    @property
    def folder(self) -> str:
        """Its page below the site's root: where the code on paper leads."""
        return f"{self.clinic}/{self.leaflet}/{self.language}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All that a site offers, and all that it ever did."""

    source_language: str
    places: tuple[Place, ...]
    entries: tuple[Entry, ...]

    def of(self, clinic: str) -> tuple[Entry, ...]:
        """Return a clinic's entries."""
        return tuple(entry for entry in self.entries if entry.clinic == clinic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """A catalogue, and where its files are.

    Attributes:
        origins: the edition that each file of the site is a copy of, by the file's path.
        faults: what could not be taken up.
    """

    catalogue: Catalogue
    origins: Mapping[str, Edition]
    faults: tuple[Fault, ...]


#: Returns a published file by its path; `OSError` where it is not there.
Reader = Callable[[str], bytes]


def gather(
    project: Project,
    manifest: Mapping[str, Any],
    read: Reader,
    *,
    before: Catalogue | None,
    formats: tuple[str, ...],
    clinics: Sequence[str] = (),
    findings: Sequence[Diagnostic] = (),
) -> Gathering:
    """Make the catalogue of what a build has published.

    Args:
        project: the project.
        manifest: what was made of it.
        read: returns a published file.
        before: the catalogue of the site as it is; None where there is none.
        clinics: names or globs of those that are meant, none for all; of others the entries stay as
            they are.
        formats: those that are offered, in the order in which readers see them.
        findings: what is wrong with the project. What an error concerns is not withdrawn: a leaflet
            with a mistake in it looks like one that has gone.
    """
    rows = {row["path"]: row for row in manifest.get("editions", ())}
    old = {entry.key: entry for entry in before.entries} if before else {}
    planned: dict[tuple[str, str, str], list[Edition]] = {}
    for edition in plan.editions(project):
        if edition.format in formats:
            key = edition.clinic, edition.leaflet, edition.language
            planned.setdefault(key, []).append(edition)
    entries: dict[tuple[str, str, str], Entry] = {}
    origins: dict[str, Edition] = {}
    faults: list[Fault] = []
    for key, editions in planned.items():
        if not matches(key[0], clinics):
            continue
        sizes: dict[str, int] = {}
        stale = next(_stale(project, rows, editions, read, sizes), None)
        if stale is not None:
            faults.append(stale)
            continue
        ordered = sorted(editions, key=lambda item: formats.index(item.format))
        entry = _entry(project, rows, ordered, sizes, old.get(key))
        entries[key] = entry
        origins |= dict(zip((file.path for file in entry.files), ordered, strict=True))
    for key, entry in old.items():
        if key not in entries:
            gone = matches(key[0], clinics) and key not in planned and not _stopped(key, findings)
            entries[key] = _withdrawn(entry, project.today) if gone else entry
    known = {place.id: place for place in before.places} if before else {}
    known |= {name: _place(project, name) for name in project.clinics if matches(name, clinics)}
    used = {entry.clinic for entry in entries.values()}
    return Gathering(
        catalogue=Catalogue(
            source_language=project.settings.source_language,
            places=tuple(known[name] for name in sorted(known) if name in used),
            entries=tuple(entries[key] for key in sorted(entries)),
        ),
        origins=origins,
        faults=tuple(faults),
    )


def _stopped(key: tuple[str, str, str], findings: Sequence[Diagnostic]) -> bool:
    clinic, leaflet, language = key
    edition = Edition(leaflet=leaflet, clinic=clinic, language=language, format="")
    return bool(plan.stopped_by(edition, findings))


def _stale(
    project: Project,
    rows: Mapping[str, Any],
    editions: list[Edition],
    read: Reader,
    sizes: dict[str, int],
) -> Iterator[Fault]:
    """Yield why a leaflet cannot be shown, and note how large its files are."""
    for edition in editions:
        data = None
        with suppress(OSError):
            data = read(edition.path)
            sizes[edition.path] = len(data)
        if message := plan.outdated(project, edition, rows.get(edition.path), data):
            yield Fault(
                kind="stale-edition",
                location=Location(path=edition.path),
                message=message,
                hint="build it, then make the site; until then its page stays as it was",
                scope=edition.scope,
            )


def _entry(
    project: Project,
    rows: Mapping[str, Any],
    editions: list[Edition],
    sizes: Mapping[str, int],
    before: Entry | None,
) -> Entry:
    first = editions[0]
    leaflet, tag = project.leaflets[first.leaflet], first.language
    messages = project.catalogs.get((tag, leaflet.id))

    def told(number: int) -> str:
        block = leaflet.front_blocks[number]
        translated = tag != project.settings.source_language and messages is not None
        return (messages.gettext(block.msgid) if translated and messages else None) or block.msgid

    standings = signoff.standings(project, leaflet.id, tag)
    own = [standing for (domain, _), standing in standings.items() if domain == leaflet.id]
    signatures = [item for standing in own for item in standing.holding]
    draft = any(rows[edition.path]["draft"] for edition in editions)
    version = signoff.mark(leaflet.version, standings[leaflet.id, tag].code)
    earlier = before.versions if before else ()
    return Entry(
        clinic=first.clinic,
        leaflet=leaflet.id,
        language=tag,
        title=told(0),
        summary=told(1),
        audience=told(2),
        kind=leaflet.kind,
        version=version,
        draft=draft,
        published=leaflet.published,
        last_review=leaflet.last_review,
        next_review=leaflet.next_review,
        changed=max(leaflet.published, leaflet.last_review, *(item.date for item in signatures)),
        authors=leaflet.authors,
        checked_by=()
        if draft
        else tuple(Checker(name=item.name, role=item.role, date=item.date) for item in signatures),
        codes=leaflet.codes,
        words=sought.words if (sought := project.sought.get((tag, leaflet.id))) else (),
        files=tuple(_file(rows[item.path], item, sizes[item.path]) for item in editions),
        preview=before.preview if before else None,
        versions=(*(item for item in earlier if item != version), version),
    )


def _file(row: Mapping[str, Any], edition: Edition, size: int) -> File:
    return File(
        format=edition.format,
        kind=edition.kind,
        path=edition.public_path,
        pages=row["pages"],
        size=size,
        digest=row["digest"],
    )


def _withdrawn(entry: Entry, today: dt.date) -> Entry:
    if entry.withdrawn is not None:
        return entry
    return replace(entry, withdrawn=today, changed=today, files=(), preview=None)


def _place(project: Project, name: str) -> Place:
    clinic = project.clinics[name]
    slots = {slot.partition(".")[2]: value for slot, value in clinic.slots.items()}
    return Place(
        id=name,
        name=clinic.name,
        phone=slots["phone"],
        email=slots["email"],
        website=slots["website"],
    )


def write(catalogue: Catalogue, project: Project, base: str) -> bytes:
    """Write a catalogue as JSON; the same catalogue always gives the same bytes.

    Args:
        catalogue: the catalogue.
        project: says what its languages are called.
        base: the site's address; addresses are relative to the file where it is empty.
    """
    tags = sorted({entry.language for entry in catalogue.entries})
    found = {
        "$schema": f"{OWN}/catalogue.schema.json",
        "schema": SCHEMA,
        "base": base,
        "source_language": catalogue.source_language,
        "languages": [
            {
                "tag": tag,
                "autonym": project.languages[tag].autonym,
                "english": project.languages[tag].english,
                "script": project.languages[tag].script,
                "direction": project.languages[tag].direction,
            }
            for tag in tags
            if tag in project.languages
        ],
        "clinics": [
            {
                "id": place.id,
                "name": place.name,
                "phone": place.phone,
                "email": place.email,
                "website": place.website,
                "page": f"{place.id}/",
            }
            for place in catalogue.places
        ],
        "leaflets": [_row(entry) for entry in catalogue.entries],
    }
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def _row(entry: Entry) -> dict[str, Any]:
    preview = entry.preview
    return {
        "clinic": entry.clinic,
        "leaflet": entry.leaflet,
        "language": entry.language,
        "page": entry.folder,
        "title": entry.title,
        "summary": entry.summary,
        "audience": entry.audience,
        "kind": entry.kind,
        "version": entry.version,
        "draft": entry.draft,
        "published": entry.published.isoformat(),
        "last_review": entry.last_review.isoformat(),
        "next_review": entry.next_review.isoformat(),
        "changed": entry.changed.isoformat(),
        "withdrawn": entry.withdrawn.isoformat() if entry.withdrawn else None,
        "authors": list(entry.authors),
        "checked_by": [
            {"name": item.name, "role": item.role, "date": item.date.isoformat()}
            for item in entry.checked_by
        ],
        "codes": dict(sorted(entry.codes.items())),
        "words": list(entry.words),
        "files": [
            {
                "format": file.format,
                "kind": file.kind,
                "path": file.path,
                "pages": file.pages,
                "size": file.size,
                "sha256": file.digest,
            }
            for file in entry.files
        ],
        "preview": None
        if preview is None
        else {
            "path": preview.path,
            "width": preview.width,
            "height": preview.height,
            "sha256": preview.digest,
            "shows": preview.shows,
        },
        "versions": list(entry.versions),
    }


def read(data: bytes, path: str) -> Catalogue | Fault:
    """Read a catalogue that `write` has written, or say why it is none.

    Args:
        data: the file.
        path: its name.
    """
    try:
        found = json.loads(data)
        if found["schema"] != SCHEMA:
            return _broken(path, f"its schema is {found['schema']!r}, not {SCHEMA}")
        read = Catalogue(
            source_language=found["source_language"],
            places=tuple(
                Place(
                    id=row["id"],
                    name=row["name"],
                    phone=row["phone"],
                    email=row["email"],
                    website=row["website"],
                )
                for row in found["clinics"]
            ),
            entries=tuple(_entry_from(row) for row in found["leaflets"]),
        )
        strange = next(_strange(read), "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return _broken(path, f"not a catalogue: {type(error).__name__}: {error}")
    return _broken(path, f"not a catalogue of ours: {strange}") if strange else read


def _strange(read: Catalogue) -> Iterator[str]:
    """Yield what would lead out of the site, or be no text on it."""
    for place in read.places:
        yield from _no_name(place.id)
        if place.website and not place.website.startswith(("https://", "http://")):
            yield f"{place.website!r} is no address of a website"
    for entry in read.entries:
        for name in (*entry.key, *entry.versions):
            yield from _no_name(name)
        paths = [file.path for file in entry.files]
        paths += [entry.preview.path] if entry.preview else []
        for name in paths:
            if archive.unsafe(name) or not name.startswith(entry.folder):
                yield f"{name!r} is not in {entry.folder}"
        # The file is others': its values have any type.
        texts: tuple[object, ...] = (
            entry.title,
            entry.summary,
            entry.audience,
            entry.version,
            *entry.words,
        )
        for text in texts:
            if not isinstance(text, str):
                yield f"{text!r} is no text"


def _no_name(name: str) -> Iterator[str]:
    if "/" in name or archive.unsafe(name):
        yield f"{name!r} is no name"


def _entry_from(row: Mapping[str, Any]) -> Entry:
    preview = row["preview"]
    return Entry(
        clinic=row["clinic"],
        leaflet=row["leaflet"],
        language=row["language"],
        title=row["title"],
        summary=row["summary"],
        audience=row["audience"],
        kind=row["kind"],
        version=row["version"],
        draft=row["draft"],
        codes=row["codes"],
        published=dt.date.fromisoformat(row["published"]),
        last_review=dt.date.fromisoformat(row["last_review"]),
        next_review=dt.date.fromisoformat(row["next_review"]),
        changed=dt.date.fromisoformat(row["changed"]),
        authors=tuple(row["authors"]),
        words=tuple(row["words"]),
        versions=tuple(row["versions"]),
        withdrawn=dt.date.fromisoformat(row["withdrawn"]) if row["withdrawn"] else None,
        checked_by=tuple(
            Checker(name=item["name"], role=item["role"], date=dt.date.fromisoformat(item["date"]))
            for item in row["checked_by"]
        ),
        files=tuple(
            File(
                format=item["format"],
                kind=item["kind"],
                path=item["path"],
                pages=item["pages"],
                size=item["size"],
                digest=item["sha256"],
            )
            for item in row["files"]
        ),
        preview=None
        if preview is None
        else Preview(
            path=preview["path"],
            width=preview["width"],
            height=preview["height"],
            digest=preview["sha256"],
            shows=preview["shows"],
        ),
    )


def _broken(path: str, message: str) -> Fault:
    return Fault(
        kind="catalogue-file",
        location=Location(path=path),
        message=message,
        hint="take it from the published site, or from a backup: without it, addresses of leaflets "
        "that are withdrawn would be dead",
        scope=Scope(),
    )
