"""The files of a release that are no editions: what it is, what changed, and how to check it."""

from collections.abc import Iterable, Mapping
from typing import Any

from handbill import materials, notes, provenance, release
from handbill.model import Project
from handbill.release import Release
from handbill.sources import digest


def records(
    issued: Release,
    before: Release | None,
    project: Project,
    fonts: Iterable[Mapping[str, Any]],
) -> dict[str, bytes]:
    """Return the files beside the editions of a release, or of its part, by path.

    Args:
        issued: what is released.
        before: the same part of the last release; None if there is nothing to compare with.
        project: what it was made from.
        fonts: the tables of fonts.toml.
    """
    manifest, texts = release.write(issued)
    markdown, html = notes.write(issued, before, project.languages)
    bill = materials.bill(
        issued.stem, issued.name, date=issued.date, versions=issued.toolchain, fonts=fonts
    )
    found = {
        release.MANIFEST: manifest,
        release.TEXTS: texts,
        release.MATERIALS: release.as_json(bill),
        **dict(zip(release.NOTES, (markdown, html), strict=True)),
    }
    digests = {row["path"]: row["digest"] for row in issued.rows}
    digests |= {path: digest(data) for path, data in found.items()}
    found[release.PROVENANCE] = release.as_json(
        provenance.statement(
            digests,
            parameters={
                "name": issued.name,
                **({"part": dict(issued.part)} if issued.part else {}),
                **({"narrowed": dict(issued.narrowed)} if issued.narrowed else {}),
            },
            inputs=release.inputs(project, issued),
            revision=str(issued.source.get("revision", "")),
            since=issued.since,
            versions=issued.toolchain,
        )
    )
    digests[release.PROVENANCE] = digest(found[release.PROVENANCE])
    found[release.SUMS] = release.sums(digests)
    return found
