"""What a release says of itself: its manifest, and all texts in full, to be compared and checked.

Nothing in it tells when or where it was made: the same inputs make the same release. Its date is
the newest that its content bears. Each clinic and each language has a part that stands for itself.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from handbill import hypertext, plan, press, signoff, toolchain
from handbill.catalog import INTERFACE
from handbill.diagnostics import Fault
from handbill.editions import Edition, Selection
from handbill.model import Line, Project, Signature
from handbill.seal import SETTINGS


SCHEMA = 1
MANIFEST = "manifest.json"
TEXTS = "texts.json"
SUMS = "SHA256SUMS"
MATERIALS = "sbom.cdx.json"
PROVENANCE = "provenance.intoto.json"
NOTES = ("release-notes.md", "release-notes.html")
#: All files of a release that are no editions.
RECORDS = frozenset([MANIFEST, TEXTS, SUMS, MATERIALS, PROVENANCE, *NOTES])

#: What a part of a release may be of.
_PARTS = ("clinic", "language")
#: What stands in a row of a build's manifest that its reader may know.
_PUBLIC = (
    "path",
    "leaflet",
    "clinic",
    "language",
    "format",
    "kind",
    "version",
    "draft",
    "digest",
    "pages",
    "fit",
    "key",
    "inputs",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a release, by its code, and who has signed it.

    Attributes:
        domain: a leaflet, or `catalog.INTERFACE`.
        signatures: those that held when it was released.
    """

    domain: str
    language: str
    code: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Editions that go out together under one name.

    Attributes:
        part: of which `clinic` or `language` alone it is; of neither, it is the whole.
        date: the newest date that its content bears.
        source: the revision of the project's files; nothing where none is known.
        since: what the release before was called, and its manifest's digest.
        settings: those that say what must be signed, and what is published.
        narrowed: the filters that it was made with.
        languages: what each is called, and what a draft in it says on every page.
        leaflets: what each is called, its version and its local variants.
        clinics: what each is called, and which variants it has chosen.
        left_out: the editions that the project publishes and this does not hold, with the reason.
        texts: its texts, by domain and language.
        rows: its editions, in the order of their paths.
        printed: its texts in full, by code.
    """

    name: str
    date: str
    settings: Mapping[str, Any]
    toolchain: Mapping[str, str]
    languages: Mapping[str, Mapping[str, str]]
    leaflets: Mapping[str, Mapping[str, Any]]
    clinics: Mapping[str, Mapping[str, Any]]
    texts: Mapping[tuple[str, str], Text]
    rows: tuple[Mapping[str, Any], ...]
    printed: Mapping[str, tuple[Line, ...]] = field(repr=False)
    part: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    narrowed: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[Mapping[str, str], ...] = ()

    @property
    def stem(self) -> str:
        """What its folder and its zip are called."""
        return "-".join(["leaflets", self.name, *(f"{k}-{v}" for k, v in self.part.items())])


def compose(
    project: Project,
    made: Mapping[str, Mapping[str, Any]],
    *,
    name: str,
    selection: Selection,
    signed: bool,
    source: Mapping[str, Any],
    since: Mapping[str, str],
) -> Release:
    """Gather what a release says of itself.

    Args:
        project: the project.
        made: the rows of the editions that are released, as the build has written them.
        name: what it is called.
        selection: the filters that it was made with.
        signed: whether drafts were left out.
        source: the revision of the project's files.
        since: the release before.
    """
    planned = {item.path: item for item in plan.editions(project)}
    editions = [planned[path] for path in sorted(made)]
    pairs = sorted({(item.leaflet, item.language) for item in editions})
    first = project.settings.source_language
    tags = sorted({item.language for item in editions} | {first} if editions else ())
    domains = sorted({leaflet for leaflet, _ in pairs})
    wanted = dict.fromkeys(
        [
            *((domain, tag) for domain in (*domains, INTERFACE) for tag in (first,)),
            *pairs,
            *((INTERFACE, tag) for tag in tags),
        ]
    )
    printed: dict[str, tuple[Line, ...]] = {}
    texts: dict[tuple[str, str], Text] = {}
    for domain, tag in sorted(wanted):
        standing = signoff.standing(project, domain, tag)
        printed[standing.code] = signoff.printed(project, domain, tag)
        holding = tuple(sorted(standing.holding, key=lambda item: (item.role, item.name)))
        texts[domain, tag] = Text(
            domain=domain, language=tag, code=standing.code, signatures=holding
        )
    rows = tuple(
        {
            **{key: made[path][key] for key in _PUBLIC},
            "code": texts[planned[path].leaflet, planned[path].language].code,
        }
        for path in sorted(made)
    )
    left_out = tuple(
        {
            "path": path,
            "leaflet": item.leaflet,
            "clinic": item.clinic,
            "language": item.language,
            "why": "a draft" if selection.selects(item) else "not asked for",
        }
        for path, item in sorted(planned.items())
        if path not in made
    )
    stamps = _stamps(project, editions)
    return Release(
        name=name,
        date=_newest(project, editions, texts.values()).isoformat(),
        source=source,
        since=since,
        settings=settings(project),
        narrowed=_narrowed(selection, signed=signed),
        toolchain=dict(toolchain.versions()),
        languages={
            tag: {
                "english": project.languages[tag].english,
                "autonym": project.languages[tag].autonym,
                "direction": project.languages[tag].direction,
                "script": project.languages[tag].script,
                "stamp": stamps.get(tag, ""),
            }
            for tag in tags
        },
        leaflets={domain: _leaflet(project, domain) for domain in domains},
        clinics={
            clinic: _clinic(project, clinic, domains)
            for clinic in sorted({item.clinic for item in editions})
        },
        texts=texts,
        left_out=left_out,
        rows=rows,
        printed=printed,
    )


def parts(release: Release) -> Iterator[Release]:
    """Yield the whole, then its part for each clinic, then for each language."""
    yield release
    for clinic in release.clinics:
        yield part(release, clinic=clinic)
    for tag in sorted({row["language"] for row in release.rows}):
        yield part(release, language=tag)


def part(release: Release, **only: str) -> Release:
    """Return the part of a release for one clinic or language, which can stand alone."""

    def kept(row: Mapping[str, Any]) -> bool:
        return all(row[key] == value for key, value in only.items())

    rows = tuple(filter(kept, release.rows))
    first = release.settings["source-language"]
    tags = {row["language"] for row in rows} | {first}
    leaflets = {row["leaflet"] for row in rows}
    clinics = {row["clinic"] for row in rows}
    texts = {
        (domain, tag): item
        for (domain, tag), item in release.texts.items()
        if tag in tags and domain in {INTERFACE, *leaflets}
    }
    codes = {item.code for item in texts.values()}
    return replace(
        release,
        part=only,
        rows=rows,
        texts=texts,
        left_out=tuple(filter(kept, release.left_out)),
        languages={tag: what for tag, what in release.languages.items() if tag in tags},
        leaflets={name: what for name, what in release.leaflets.items() if name in leaflets},
        clinics={name: what for name, what in release.clinics.items() if name in clinics},
        printed={code: text for code, text in release.printed.items() if code in codes},
    )


def wanting(release: Release, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what nobody has answered for in an edition, by what the release itself holds."""
    first = release.settings["source-language"]
    found = []
    for domain in (row["leaflet"], INTERFACE):
        for tag in dict.fromkeys((first, row["language"])):
            text = release.texts.get((domain, tag))
            kind = "source-signatures" if tag == first else "translation-signatures"
            signed = {item.role for item in text.signatures} if text else set()
            said = "the templates' words" if domain == INTERFACE else domain
            found += [
                f"{said} ({tag}): {role}" for role in release.settings[kind] if role not in signed
            ]
    chosen = release.clinics[row["clinic"]]["choices"]
    for variant in release.leaflets[row["leaflet"]]["variants"]:
        choice = chosen.get(variant, {})
        if not (choice.get("by") and choice.get("on")):
            found.append(f"the choice of {variant!r} ({row['clinic']})")
    return tuple(found)


def write(release: Release) -> tuple[bytes, bytes]:
    """Write a release's manifest, and its texts."""
    manifest = {
        "schema": SCHEMA,
        "name": release.name,
        "part": dict(release.part),
        "date": release.date,
        "source": dict(release.source),
        "since": dict(release.since),
        "settings": dict(release.settings),
        "narrowed": dict(release.narrowed),
        "toolchain": dict(release.toolchain),
        "languages": release.languages,
        "leaflets": release.leaflets,
        "clinics": release.clinics,
        "texts": [
            {
                "domain": item.domain,
                "language": item.language,
                "code": item.code,
                "signatures": list(map(signoff.signature_row, item.signatures)),
            }
            for item in release.texts.values()
        ],
        "left_out": list(release.left_out),
        "editions": list(release.rows),
    }
    texts = {code: signoff.rows(text) for code, text in release.printed.items()}
    return as_json(manifest), as_json(texts)


def read(manifest: bytes, texts: bytes) -> Release:
    """Read what `write` wrote.

    Raises:
        ValueError: it is something else; the message says what.
    """
    found, printed = parsed(manifest), parsed(texts)
    try:
        if found["schema"] != SCHEMA:
            message = f"its schema is {found['schema']!r}, not {SCHEMA}"
            raise ValueError(message)
        release = Release(
            name=_of(str, found["name"]),
            part=_part(found["part"]),
            date=dt.date.fromisoformat(found["date"]).isoformat(),
            source=_of(dict, found["source"]),
            since=_words(found["since"]),
            settings=_settings(found["settings"]),
            narrowed=_of(dict, found["narrowed"]),
            toolchain=_words(found["toolchain"]),
            languages={tag: _words(what) for tag, what in found["languages"].items()},
            leaflets={name: _described(what) for name, what in found["leaflets"].items()},
            clinics={name: _chosen(what) for name, what in found["clinics"].items()},
            texts={(item.domain, item.language): item for item in map(_text, found["texts"])},
            left_out=tuple(_words(row) for row in found["left_out"]),
            rows=tuple(_row(row) for row in found["editions"]),
            printed={code: signoff.lines(rows) for code, rows in printed.items()},
        )
        for row in release.rows:
            # What the rows name is there to be looked up.
            release.clinics[row["clinic"]], release.leaflets[row["leaflet"]]
            language = release.languages[row["language"]]
            language["script"], language["direction"], language["stamp"]
    except (KeyError, TypeError, AttributeError) as error:
        message = f"it is not what handbill writes: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    if write(release) != (manifest, texts):
        message = "it holds more than handbill writes"
        raise ValueError(message)
    return release


def as_json(found: Any) -> bytes:
    """Write JSON that is the same wherever it is written."""
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def parsed(data: bytes) -> Any:
    """Read what `as_json` wrote; what says the same in other bytes is refused.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = json.loads(data)
        if as_json(found) != data:
            message = "it is written in another way than handbill writes"
            raise ValueError(message)
    except RecursionError as error:
        message = "it is nested too deep"
        raise ValueError(message) from error
    return found


def sums(digests: Mapping[str, str]) -> bytes:
    """Write what `sha256sum --check` reads."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def settings(project: Project) -> dict[str, Any]:
    """Return the settings by which a release is judged and made."""
    found = project.settings
    return {
        "source-language": found.source_language,
        "languages": list(found.languages),
        "max-pages": found.max_pages,
        "source-signatures": list(found.source_roles),
        "translation-signatures": list(found.translation_roles),
        "signature-days": found.signature_days,
        "draft-languages": list(found.draft_languages),
        "site": found.site,
        "fan-out": found.fan_out,
    }


def inputs(project: Project, release: Release) -> dict[str, str]:
    """Return the digests of the files that a release was made from.

    Leaflets, clinics and catalogs that it does not hold are not named: nobody has released them.
    """
    named = {name for row in release.rows for name in row["inputs"]}
    common = ("templates/", "locales/languages.toml", SETTINGS)
    signed = {signoff.path(item.domain, item.language) for item in release.texts.values()}
    return {
        path: name
        for path, name in sorted(project.digests.items())
        if path in named
        or path in signed
        or (path.startswith(common) and not path.startswith("templates/new/"))
    }


def _stamps(project: Project, editions: Sequence[Edition]) -> dict[str, str]:
    """Return what a draft in each language says on every page."""
    found: dict[str, str] = {}
    for edition in editions:
        if edition.language not in found:
            proof = press.compose(replace(plan.job(project, edition), draft=True), "")
            # It was composed before, with less in it.
            html = "" if isinstance(proof, Fault) else proof.html
            found[edition.language] = " ".join(hypertext.inside(html, 'class="draft"').split())
    return found


def _newest(project: Project, editions: Iterable[Edition], texts: Iterable[Text]) -> dt.date:
    dates = [signature.date for item in texts for signature in item.signatures]
    for edition in editions:
        leaflet = project.leaflets[edition.leaflet]
        dates += [leaflet.published, leaflet.last_review, *(s.read for s in leaflet.sources)]
        chosen = project.clinics[edition.clinic].chosen(leaflet)
        dates += [choice.on for choice in chosen.values() if choice.on]
    return max(dates)


def _narrowed(selection: Selection, *, signed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "leaflet": list(selection.leaflets),
        "language": list(selection.languages),
        "clinic": list(selection.clinics),
        "format": list(selection.formats),
        "signed": signed,
    }
    return {name: asked for name, asked in found.items() if asked}


def _leaflet(project: Project, name: str) -> dict[str, Any]:
    leaflet = project.leaflets[name]
    return {
        "title": leaflet.title,
        "version": leaflet.version,
        "published": leaflet.published.isoformat(),
        "last_review": leaflet.last_review.isoformat(),
        "next_review": leaflet.next_review.isoformat(),
        "variants": list(leaflet.outline.options),
    }


def _clinic(project: Project, name: str, leaflets: Iterable[str]) -> dict[str, Any]:
    clinic = project.clinics[name]
    chosen = {
        variant: choice
        for leaflet in leaflets
        for variant, choice in clinic.chosen(project.leaflets[leaflet]).items()
    }
    return {
        "name": clinic.name,
        "choices": {
            variant: {
                "is": choice.option,
                "by": choice.by,
                "on": choice.on.isoformat() if choice.on else "",
            }
            for variant, choice in sorted(chosen.items())
        },
    }


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        message = f"{value!r} is no {kind.__name__}"
        raise TypeError(message)
    return value


def _words(row: Any) -> dict[str, str]:
    return {_of(str, key): _of(str, value) for key, value in row.items()}


def _part(row: Any) -> dict[str, str]:
    found = _words(row)
    if strange := found.keys() - set(_PARTS):
        message = f"nothing is a part by {', '.join(sorted(strange))}"
        raise ValueError(message)
    return found


def _settings(row: Any) -> dict[str, Any]:
    for name in ("source-signatures", "translation-signatures", "draft-languages", "languages"):
        for value in _of(list, row[name]):
            _of(str, value)
    _of(str, row["source-language"])
    return dict(row)


def _described(row: Any) -> dict[str, Any]:
    for name in ("title", "version"):
        _of(str, row[name])
    for variant in _of(list, row["variants"]):
        _of(str, variant)
    return dict(row)


def _chosen(row: Any) -> dict[str, Any]:
    _of(str, row["name"])
    return {**row, "choices": {name: _words(choice) for name, choice in row["choices"].items()}}


def _text(row: Any) -> Text:
    return Text(
        domain=_of(str, row["domain"]),
        language=_of(str, row["language"]),
        code=_of(str, row["code"]),
        signatures=tuple(signoff.signature(item) for item in row["signatures"]),
    )


def _row(row: Any) -> dict[str, Any]:
    for name in ("path", "leaflet", "clinic", "language", "format", "version", "digest", "code"):
        _of(str, row[name])
    _of(bool, row["draft"])
    _words(row["inputs"])
    edition = Edition(**{k: row[k] for k in ("leaflet", "clinic", "language", "format", "kind")})
    if edition.path != row["path"]:
        message = f"{row['path']!r} is not where {edition.path!r} belongs"
        raise ValueError(message)
    return dict(row)
