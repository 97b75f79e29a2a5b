"""Put the shards of a build together, if they are parts of the same whole.

A shard knows only its own editions, so this alone can say that nothing is missing. It works from
the project, not from what the shards believe: what is put together is what a build of everything
would have made here, to the byte, or nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handbill import plan, toolchain
from handbill.diagnostics import Diagnostic, Fault, Location
from handbill.editions import Edition, Outcome, Shard
from handbill.runner import Build
from handbill.store import MANIFEST, Store, artifact_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a shard has left in its output folder.

    Attributes:
        asked: the paths of the editions that it was to make.
        rows: those that it has made, by path.
        met: the errors that it met in printing.
    """

    place: Location
    store: Store
    shard: Shard
    release: bool
    inputs: Mapping[str, str]
    toolchain: Mapping[str, str]
    asked: frozenset[str]
    rows: Mapping[str, Mapping[str, Any]]
    met: tuple[Diagnostic, ...]


def read(folders: Sequence[Path]) -> tuple[list[Part], list[Fault]]:
    """Read what shards have left in their output folders."""
    parts, faults = [], []
    for folder in folders:
        place = Location(path=(folder / MANIFEST).as_posix())
        store = Store(folder)
        try:
            parts.append(_part(place, store, store.manifest()))
        except (KeyError, TypeError, ValueError, AttributeError):
            hint = "name the output folders of builds with --shard that have ended"
            message = "no shard of a build is here"
            faults.append(Fault(kind="shard-file", location=place, message=message, hint=hint))
    return parts, faults


def _part(place: Location, store: Store, manifest: Mapping[str, Any]) -> Part:
    record = manifest["shard"]
    asked = frozenset(record["editions"])
    return Part(
        place=place,
        store=store,
        shard=Shard.named(f"{record['number']}/{record['of']}"),
        release=bool(record["release"]),
        inputs=dict(record["inputs"]),
        toolchain=dict(manifest["toolchain"]),
        asked=asked,
        # The folder may hold others, of an earlier build.
        rows={
            row["path"]: row
            for row in manifest["editions"]
            if row["path"] in asked and row["current"]
        },
        met=tuple(Diagnostic.from_row(row) for row in record["findings"]),
    )


def faults(build: Build, parts: Sequence[Part]) -> Iterator[Fault]:
    """Yield why these are not the parts of a build of everything, here and now."""
    yield from _foreign(parts)
    changed = list(_changed(build, parts))
    yield from changed
    yield from _damaged(parts)
    if not changed:
        yield from _uncounted(build, parts)


def merge(build: Build, parts: Sequence[Part]) -> Iterator[Outcome]:
    """Take over every edition of parts without faults; yield what became of each."""
    made = {path: (part, row) for part in parts for path, row in part.rows.items()}
    for edition in plan.editions(build.project):
        if edition.path in made and not plan.stopped_by(edition, build.findings):
            part, row = made[edition.path]
            yield build.adopt(edition, row, part.store)
        else:
            yield build.pass_over(edition)
    build.met += [item for part in parts for item in part.met]


def _foreign(parts: Sequence[Part]) -> Iterator[Fault]:
    here = toolchain.versions()
    for part in parts:
        names = sorted(here.keys() | part.toolchain.keys())
        differing = [
            f"{name} {part.toolchain.get(name, 'none')[:12]} (here {here.get(name, 'none')[:12]})"
            for name in names
            if here.get(name) != part.toolchain.get(name)
        ]
        if differing:
            yield Fault(
                kind="foreign-shard",
                location=part.place,
                message=f"shard {part.shard} was made with {', '.join(differing)}",
                hint="use the same image, or the same lock file and system libraries, for all",
            )


def _changed(build: Build, parts: Sequence[Part]) -> Iterator[Fault]:
    """Find files that were others when a shard was built, and editions made of something else."""
    here = build.project.digests
    hint = "build all shards from the same commit, and merge there"
    for part in parts:
        for path in sorted(here.keys() | part.inputs.keys()):
            if here.get(path) != part.inputs.get(path):
                message = f"shard {part.shard} was made from another version of this file"
                place = Location(path=path)
                yield Fault(kind="changed-input", location=place, message=message, hint=hint)
    if len({part.release for part in parts}) > 1:
        message = "some shards were built with --release, and some without"
        yield Fault(
            kind="changed-input", location=Location(path="--release"), message=message, hint=hint
        )
    editions = {edition.path: edition for edition in plan.editions(build.project)}
    for part in parts:
        known = set(part.inputs.items()) == set(here.items())
        for path, row in part.rows.items() if known else ():
            if name := _differing(build, editions.get(path), row):
                yield Fault(
                    kind="changed-input",
                    location=part.place,
                    message=f"{path} was made from another {name} than there is today",
                    hint=hint,
                )


def _differing(build: Build, edition: Edition | None, row: Mapping[str, Any]) -> str:
    """Name the first input of which an edition would be made from another today."""
    if edition is None or artifact_from(row).edition != edition:
        return "project"
    inputs = plan.inputs(build.project, edition, build.toolchain)
    names = sorted(inputs.keys() | row["inputs"].keys())
    return next((name for name in names if inputs.get(name) != row["inputs"].get(name)), "")


def _damaged(parts: Sequence[Part]) -> Iterator[Fault]:
    for part in parts:
        for path, row in part.rows.items():
            if not part.store.holds(path, row["digest"]):
                yield Fault(
                    kind="shard-file",
                    location=part.place,
                    message=f"{path} is not there, or is not what was made",
                    hint="copy the whole output folder of the shard",
                )


def _uncounted(build: Build, parts: Sequence[Part]) -> Iterator[Fault]:
    """Find editions that no part has, or more than one."""
    editions = list(plan.editions(build.project))
    first: dict[str, Part] = {}
    for part in parts:
        if doubled := sorted(part.asked & first.keys()):
            other = first[doubled[0]]
            yield Fault(
                kind="doubled-edition",
                location=part.place,
                message=f"shard {part.shard} has what {other.place.path} has too: {_some(doubled)}",
                hint="name each shard once, all of the same number of shards",
            )
        first |= dict.fromkeys(part.asked - first.keys(), part)
    stopped = {edition.path for edition in editions if plan.stopped_by(edition, build.findings)}
    wanting = [edition.path for edition in editions if edition.path not in first]
    # What a shard was asked for it has made, or it says what stopped it: here, or in printing.
    for part in parts:
        told = {edition.path for edition in editions if plan.stopped_by(edition, part.met)}
        wanting += sorted(part.asked - part.rows.keys() - stopped - told)
    of = max((part.shard.of for part in parts), default=1)
    for number in range(1, of + 1):
        shard = Shard(number=number, of=of)
        mine = {edition.path for edition in shard.deal(editions)}
        if missing := sorted(mine & set(wanting)):
            yield Fault(
                kind="missing-edition",
                location=Location(path=f"--shard {shard}"),
                message=f"no folder has {_some(missing)}",
                hint=f"build it with --shard {shard}, and name its folder too",
            )


def _some(paths: Sequence[str]) -> str:
    """Name the first of many editions, and count the rest."""
    rest = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + rest
