"""`release`, which writes what CI publishes, and `verify`, which judges what was received."""

import argparse
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handbill import seal, sources
from handbill.commands import asked, build, told
from handbill.diagnostics import Diagnostic, Fault, Location, Severity
from handbill.editions import Edition, matches
from handbill.store import GALLERY, REPORTS, Store
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from handbill.model import Project
    from handbill.release import Release

_NAME = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]{0,62}[0-9A-Za-z])?")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the command line."""
    release = commands.add_parser(
        "release", help="write final editions as a folder and zips, with notes and sums"
    )
    asked.common(release)
    asked.filters(release)
    release.add_argument("--name", required=True, help="such as 2026.11.1")
    release.add_argument(
        "--since",
        type=Path,
        metavar="RELEASE",
        help="the last release, its folder or zip: the notes say what has changed since",
    )
    release.add_argument(
        "--to", type=Path, help="where to write (default: releases in the root)", metavar="FOLDER"
    )
    release.add_argument(
        "--signed", action="store_true", help="leave out drafts, and say so, instead of refusing"
    )
    release.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    release.add_argument("--executor", default="process", help="as for build")
    release.set_defaults(**{**build.PLAIN, "command": _release, "release": True})

    verify = commands.add_parser("verify", help="judge a release that was received, offline")
    verify.add_argument("path", type=Path, metavar="RELEASE", help="a folder or a zip")
    verify.add_argument(
        "--typeset",
        type=int,
        default=0,
        metavar="N",
        help="make N of its editions anew from the project, and compare; with filters, of these",
    )
    verify.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    verify.add_argument("--today", type=asked.date, help="the date to judge signatures by")
    asked.filters(verify)
    verify.add_argument(
        "--output-format", choices=("text", "json", "sarif", "github"), default="text"
    )
    verify.set_defaults(command=_verify)


def _release(options: argparse.Namespace) -> int:
    from handbill import archive, plan, project, publication, release, runner  # noqa: PLC0415

    name, to = options.name, options.to or options.root / "releases"
    if not _NAME.fullmatch(name) or archive.unsafe(name):
        message = f"a release cannot be called {name!r}"
        hint = "use letters, digits, full stops, hyphens and low lines; such as 2026.11.1"
        asked.cannot("release-name", "--name", message, hint)
    before = _before(options.since) if options.since else None
    if before is None:
        say("the notes will compare with nothing; name the last release with --since")
    found = sources.read(options.root)
    loaded = project.load(found, today=asked.today(options))
    editions = build.wanted(options, loaded)
    findings = list(told.rules().run(loaded))
    findings += [told.rules().diagnose(fault) for fault in plan.drafts(loaded, editions)]
    planned = list(plan.editions(loaded))
    wrong = [item for item in findings if _stops(options, item, editions, planned)]
    if not editions:
        wrong.append(_diagnosed("unreleasable", "--signed", "nothing that was asked for is signed"))
    if wrong:
        return _refused(wrong)
    # It may end with findings on what is left out; what matters is what it has made.
    build.make(options)
    store = Store(asked.output(options))
    with store.alone():
        made = runner.Build(loaded, store, fonts_conf="", findings=findings)
        current = made.made()
        wrong = [
            _diagnosed("unreleasable", item.path, "is not current: it was not made, or was stopped")
            for item in editions
            if item.path not in current
        ]
        wrong += _unsafe_names(editions)
        if wrong:
            return _refused(wrong)
        rows = {item.path: made.rows[item.path] for item in editions}
        whole = _composed(options, loaded, rows, before)
        if not whole.source:
            say("git knows of no revision here; the manifest names none")
        elif whole.source["changed"]:
            message = "files of the project differ from the revision that is checked out"
            told.tell([_diagnosed("uncommitted", ".", message)])
        fonts = tomllib.loads(found.files[f"{project.FONTS}fonts.toml"].decode())["font"]

        def records(part: "Release") -> dict[str, bytes]:
            same = release.part(before, **part.part) if before and part.part else before
            return publication.records(part, same, loaded, fonts)

        return _written(Store(to), whole, store, records)


def _before(path: Path) -> "Release":
    """Read the last release.

    Raises:
        HandbillError: there is none, or it cannot be trusted.
    """
    from handbill import archive, release, verify  # noqa: PLC0415

    if path.is_dir() and not (path / release.MANIFEST).exists():
        inner = path / f"leaflets-{path.resolve().name}"
        path = inner if inner.is_dir() else path
    try:
        with archive.opened(path) as tree:
            verdict = verify.integrity(tree)
    except archive.DamagedError as error:
        asked.cannot("last-release", str(path), str(error))
    hint = "name the folder or the zip of the last release, as it was published"
    if verdict.faults or verdict.release is None:
        first = verdict.faults[0]
        asked.cannot("last-release", first.location.path, first.message, hint)
    if verdict.release.part:
        message = "is the part for one clinic or language, not the whole"
        asked.cannot("last-release", str(path), message, hint)
    return verdict.release


def _stops(
    options: argparse.Namespace,
    item: Diagnostic,
    editions: Sequence[Edition],
    planned: Sequence[Edition],
) -> bool:
    """Tell whether a release cannot be made with a finding.

    What is wrong with an edition that is left out, the notes need not say. But of a leaflet or a
    clinic that cannot be read nobody knows that it is left out.
    """
    from handbill.catalog import INTERFACES  # noqa: PLC0415

    def covers(edition: Edition) -> bool:
        return item.scope.covers(edition.leaflet, edition.language, edition.clinic)

    if item.severity is not Severity.ERROR or not asked.meant(options, item):
        return False
    if any(map(covers, planned)):
        return any(map(covers, editions))
    return item.scope.clinic != REPORTS and item.scope.leaflet not in {GALLERY, *INTERFACES}


def _unsafe_names(editions: Sequence[Edition]) -> Iterator[Diagnostic]:
    """Find editions whose files could not be unpacked everywhere."""
    from handbill import archive  # noqa: PLC0415

    first: dict[str, str] = {}
    for edition in editions:
        other = first.setdefault(archive.folded(edition.path), edition.path)
        reason = archive.unsafe(edition.path)
        if other != edition.path:
            reason = f"on some systems it is {other}"
        if reason:
            yield _diagnosed(
                "release-name", edition.path, f"cannot be a file of a release: {reason}"
            )


def _composed(
    options: argparse.Namespace,
    loaded: "Project",
    rows: Mapping[str, Mapping[str, Any]],
    before: "Release | None",
) -> "Release":
    from handbill import release, revision  # noqa: PLC0415

    paths = (*seal.FOLDERS, seal.SETTINGS)
    return release.compose(
        loaded,
        rows,
        name=options.name,
        selection=asked.selection(options, loaded),
        signed=options.signed,
        source=revision.revision(options.root, paths),
        since=(
            {"name": before.name, "digest": sources.digest(release.write(before)[0])}
            if before
            else {}
        ),
    )


def _written(
    to: Store,
    whole: "Release",
    made: Store,
    records: "Callable[[Release], dict[str, bytes]]",
) -> int:
    """Write a release and its parts: all of it, or nothing.

    Args:
        to: where releases are.
        whole: the release.
        made: where its editions are.
        records: returns the files beside the editions of a part.
    """
    from handbill import archive, release  # noqa: PLC0415

    name = whole.name
    zips: dict[str, str] = {}
    with to.filled(name) as folder:
        for part in release.parts(whole):
            beside = records(part)
            zipped = f"{part.stem}.zip"
            with folder.created(zipped) as file:
                archive.pack(file, _files(part, beside, made))
            zips[zipped] = folder.digest(zipped)
            for path, data in _files(part, beside, made) if part is whole else ():
                folder.publish(path, data)
        folder.publish(release.SUMS, release.sums(zips))
        if (to.root / name).exists():
            is_same = folder.equals(to.root / name)
            folder.discard()
            if not is_same:
                message = "a release of this name is there, and is another"
                hint = "give this one another name; what was published is never changed"
                return _refused([_diagnosed("release-name", str(to.root / name), message, hint)])
            say(f"{to.root / name} is there already, and is the same")
    for zipped in zips:
        sys.stdout.write(f"{to.root / name / zipped}\n")
    drafts = sum(row["draft"] for row in whole.rows)
    said = f", {drafts} of them drafts" if drafts else ""
    say(f"{len(whole.rows)} editions released as {name}{said}; {len(zips)} zips")
    return told.CLEAN


def _files(
    part: "Release", records: Mapping[str, bytes], made: Store
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a part, in order, below its folder.

    Raises:
        HandbillError: an edition is not what the build has made.
    """
    rows = {row["path"]: row for row in part.rows}
    for path in sorted({*records, *rows}):
        data = records[path] if path in records else made.published(path)
        if path in rows and sources.digest(data) != rows[path]["digest"]:
            asked.cannot("unreleasable", path, "has changed while it was released")
        yield f"{part.stem}/{path}", data


def _verify(options: argparse.Namespace) -> int:
    from handbill import archive, report, verify  # noqa: PLC0415

    try:
        verdicts = verify.Verifier(asked.today(options)).everything(options.path)
    except archive.DamagedError as error:
        asked.cannot("release-file", str(options.path), str(error))
    found = [told.rules().diagnose(fault) for item in verdicts for fault in item.faults]
    if options.typeset or any(getattr(options, name) for name in asked.FILTERS):
        readable = [(item.release, item.inputs) for item in verdicts if item.release]
        # The whole, if it is there.
        readable.sort(key=lambda pair: len(pair[0].part))
        for released, made_from in readable[:1]:
            found += _typeset_anew(options, released, made_from)
        if not readable:
            say("nothing was made anew: the release cannot be read")
    text = report.write(found, options.output_format, colour=is_coloured(stdout=True))
    if text:
        sys.stdout.write(text + "\n")
    files = sum(len(item.digests) for item in verdicts)
    say(f"{files} files in {len(verdicts)} folders and zips; {report.summary(found)}")
    return told.status(found)


def _typeset_anew(
    options: argparse.Namespace, found: "Release", made_from: Mapping[str, str]
) -> list[Diagnostic]:
    """Make editions anew from the project, and say which have other bytes."""
    from handbill import plan, project, runner, typeset, verify  # noqa: PLC0415

    for name in asked.FILTERS:
        asked.named(options, name, sorted({row[name] for row in found.rows}))
    paths = {
        row["path"]
        for row in found.rows
        if all(matches(row[name], getattr(options, name)) for name in asked.FILTERS)
    }
    rows = verify.sample(found, paths, options.typeset or len(paths))
    loaded = project.load(sources.read(options.root), today=asked.today(options))
    fonts_conf = str(asked.fonts_conf(options))
    typeset.prepare(fonts_conf)
    with tempfile.TemporaryDirectory() as folder:
        build = runner.Build(loaded, Store(Path(folder)), fonts_conf=fonts_conf, findings=[])
        if unlike := verify.unlike(loaded, found, made_from, rows, build.toolchain):
            return [told.rules().diagnose(fault) for fault in unlike]
        wanted = {row["path"] for row in rows}
        editions = [item for item in plan.editions(loaded) if item.path in wanted]
        workers, at_once = runner.executor("inline", 1)
        for outcome in build.run(editions, workers, at_once):
            say(f"{outcome.state} {outcome.edition.path} anew")
        differing = [
            told.rules().diagnose(verify.other(found, row, made))
            for row in rows
            if (made := build.rows.get(row["path"], {}).get("digest", "nothing")) != row["digest"]
        ]
    say(f"{len(rows) - len(differing)} of {len(rows)} made anew have the same bytes")
    return [*build.met, *differing]


def _refused(wrong: Sequence[Diagnostic]) -> int:
    from handbill import report  # noqa: PLC0415

    told.tell(wrong)
    say(f"not released; {report.summary(wrong)}" if wrong else "not released")
    return told.FINDINGS


def _diagnosed(kind: str, path: str, message: str, hint: str = "") -> Diagnostic:
    place = Location(path=path)
    found: Diagnostic = told.rules().diagnose(
        Fault(kind=kind, location=place, message=message, hint=hint)
    )
    return found
