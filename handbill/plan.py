"""Which editions a project publishes, and the job of each."""

import json
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any

from handbill import signoff, toolchain
from handbill.catalog import INTERFACE
from handbill.diagnostics import Diagnostic, Fault, Location, Scope, Severity
from handbill.editions import Edition
from handbill.model import Job, Project
from handbill.project import FONTS, LANGUAGES
from handbill.sources import digest
from handbill.store import MANIFEST


#: What the manifest calls the toolchain that an edition was made with.
TOOLCHAIN = "toolchain and fonts"


def languages(project: Project) -> list[str]:
    """Return the tags of the languages that a project publishes, its own first."""
    tags = dict.fromkeys((project.settings.source_language, *project.settings.languages))
    return [tag for tag in tags if tag in project.languages]


def editions(project: Project) -> Iterator[Edition]:
    """Yield every edition of a project: leaflet by clinic by language by the clinic's formats."""
    tags = languages(project)
    for clinic in sorted(project.clinics):
        for tag in tags:
            for leaflet in sorted(project.leaflets):
                if not project.publishes(leaflet, tag):
                    continue
                for form in project.clinics[clinic].formats:
                    if form in project.formats:
                        yield Edition(
                            leaflet=leaflet,
                            clinic=clinic,
                            language=tag,
                            format=form,
                            kind=project.formats[form].kind,
                        )


def stopped_by(edition: Edition, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the errors that an edition must not be printed with."""
    return [
        item
        for item in diagnostics
        if item.severity is Severity.ERROR
        and item.scope.covers(edition.leaflet, edition.language, edition.clinic)
    ]


def job(project: Project, edition: Edition) -> Job:
    """Gather all that an edition needs, and nothing else."""
    translated = edition.language != project.settings.source_language
    signed = signoff.standings(project, edition.leaflet, edition.language)
    own = [standing for (domain, _), standing in signed.items() if domain == edition.leaflet]
    leaflet, clinic = project.leaflets[edition.leaflet], project.clinics[edition.clinic]
    choices = clinic.chosen(leaflet).values()
    return Job(
        edition=edition,
        leaflet=leaflet,
        clinic=clinic,
        language=project.languages[edition.language],
        source_language=project.settings.source_language,
        format=project.formats[edition.format],
        catalog=project.catalogs[edition.language, edition.leaflet] if translated else None,
        interface=project.catalogs[edition.language, INTERFACE] if translated else None,
        templates=project.templates,
        code=signed[edition.leaflet, edition.language].code,
        draft=any(standing.missing for standing in signed.values())
        or not all(choice.is_signed for choice in choices),
        signatures=tuple(item for standing in own for item in standing.holding),
        site=project.settings.site,
        fan_out=project.settings.fan_out,
    )


def signed(project: Project, editions: Iterable[Edition]) -> list[Edition]:
    """Return those editions for which everybody has answered: their texts, and their choices."""
    wanting: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for edition in editions:
        pair = edition.leaflet, edition.language
        if pair not in wanting:
            wanting[pair] = signoff.wanting(project, *pair)
        chosen = project.clinics[edition.clinic].chosen(project.leaflets[edition.leaflet])
        if not wanting[pair] and all(choice.is_signed for choice in chosen.values()):
            found.append(edition)
    return found


def drafts(project: Project, editions: Iterable[Edition]) -> Iterator[Fault]:
    """Yield what may not be in a release: each text and each choice that wants a signature, once.

    Languages of which the settings release drafts are left out.
    """
    meant = tuple(editions)
    for name, clinic in dict.fromkeys((edition.leaflet, edition.clinic) for edition in meant):
        chosen = project.clinics[clinic].chosen(project.leaflets[name])
        for variant, choice in chosen.items():
            if not choice.is_signed:
                yield Fault(
                    kind="unsigned",
                    location=choice.location,
                    message=f"nobody has signed the choice of {variant!r}, which {name} prints",
                    hint="whoever has chosen adds by and on",
                    scope=Scope(leaflet=name, clinic=clinic),
                )
    for leaflet, tag in dict.fromkeys((edition.leaflet, edition.language) for edition in meant):
        wanting = signoff.wanting(project, leaflet, tag)
        if wanting and tag not in project.settings.draft_languages:
            yield Fault(
                kind="unsigned",
                location=Location(path=signoff.path(leaflet, tag)),
                message=f"a draft; nobody has signed {', '.join(wanting)}",
                hint="have it read, then python build.py sign",
                scope=Scope(leaflet=leaflet, language=tag),
            )


def toolchain_and_fonts(project: Project) -> str:
    """Name the toolchain with which a project is printed here, its own fonts included."""
    return toolchain.fingerprint(
        {
            path.removeprefix(FONTS): name
            for path, name in project.digests.items()
            if path.startswith(FONTS)
        }
    )


def outdated(
    project: Project, edition: Edition, row: Mapping[str, Any] | None, data: bytes | None
) -> str:
    """Say why a published file is not what would be printed today; nothing if it is.

    Another toolchain than the one that has printed it makes it no other text.

    Args:
        project: the project of today.
        edition: what the file should be.
        row: of the manifest; None if it has none.
        data: the file; None if it is not there.
    """
    if row is None or data is None:
        return "it is not built"
    made_from = inputs(project, edition, row["inputs"].get(TOOLCHAIN, ""))
    if not row["current"]:
        return "what it was made from has changed since, and its last build was stopped"
    if row["inputs"] != made_from:
        return "what it was made from has changed since"
    if digest(data) != row["digest"]:
        return f"it is not the file that {MANIFEST} describes"
    return ""


def inputs(project: Project, edition: Edition, tools: str) -> dict[str, str]:
    """Return the digests of exactly what an edition is made from, by the names of the inputs."""
    leaflet = project.leaflets[edition.leaflet]
    clinic = project.clinics[edition.clinic]
    language = project.languages[edition.language]
    form = project.formats[edition.format]
    folder = leaflet.path.rsplit("/", 1)[0]
    paths = [leaflet.path, *clinic.paths]
    paths += [f"{folder}/{name}" for name in leaflet.assets]
    if clinic.logo:
        paths.append(f"content/clinics/{clinic.logo}")
    if edition.language != project.settings.source_language:
        for domain in (edition.leaflet, INTERFACE):
            if catalog := project.catalogs.get((edition.language, domain)):
                paths.append(catalog.path)
    found = {path: project.digests[path] for path in sorted(paths) if path in project.digests}
    press = project.templates
    found["signatures"] = digest(
        repr(signoff.standings(project, edition.leaflet, edition.language)).encode()
    )
    found["templates"] = digest(json.dumps([press.digest, press.stylesheet]).encode())
    found[f"templates/formats/{form.name}"] = digest(repr(form).encode())
    found[f"{LANGUAGES}#{language.tag}"] = digest(repr(language).encode())
    found["pyproject.toml#tool.handbill"] = digest(repr(project.settings).encode())
    found[TOOLCHAIN] = tools
    # A build holds this of every edition, and most of it is the same.
    return {intern(name): intern(said) for name, said in found.items()}
