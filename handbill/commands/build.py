"""`build`, the default, and `merge`, which puts the parts of a build together."""

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handbill import disk, seal, sources, toolchain, uptodate
from handbill.commands import asked, told
from handbill.diagnostics import Diagnostic
from handbill.editions import Edition, Outcome, Shard, matches
from handbill.store import PREVIEWS, Store
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from concurrent.futures import Executor

    from handbill.model import Project


#: What a build does, where the command line does not ask for more.
PLAIN: Mapping[str, Any] = {
    "executor": "process",
    "shard": None,
    "explain": False,
    "json": False,
    "previews": False,
    "release": False,
    "signed": False,
    "paths": None,
}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the command line."""
    build = commands.add_parser("build", help="make the editions that are not up to date (default)")
    asked.common(build)
    asked.filters(build)
    build.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    build.add_argument(
        "--executor",
        default="process",
        help="inline, process (default), dask:ADDRESS of a scheduler, or module:factory",
    )
    build.add_argument(
        "--shard", type=_shard, metavar="K/N", help="make only the K-th of N equal parts; see merge"
    )
    build.add_argument(
        "--explain", action="store_true", help="say of each edition which inputs have changed"
    )
    build.add_argument("--json", action="store_true", help="print what was made as JSON")
    build.add_argument("--previews", action="store_true", help="draw every page as a picture too")
    build.add_argument("--release", action="store_true", help="stop drafts: unsigned editions")
    build.set_defaults(**{**PLAIN, "command": make})

    merge = commands.add_parser("merge", help="put the shards of a build together")
    asked.common(merge)
    merge.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a shard's output")
    products = merge.add_mutually_exclusive_group()
    products.add_argument("--json", action="store_true", help="print what was made as JSON")
    products.add_argument(
        "--output-format",
        choices=("text", "github"),
        default="text",
        help="github: annotate what was found in printing, which check does not see",
    )
    asked.summary(merge)
    merge.set_defaults(command=_merge, **{name: [] for name in asked.FILTERS})


def make(options: argparse.Namespace) -> int:
    """Make the editions that are not up to date."""
    today = asked.today(options)
    store = Store(asked.output(options))
    tools = {path: disk.signature(path) for path in toolchain.places()}
    found = sources.read(options.root)
    manifest = uptodate.unchanged(
        found, store, toolchain=toolchain.versions(), today=today, release=options.release
    )
    more = options.explain or options.previews or options.shard or options.signed
    if manifest is not None and not more:
        rows = [row for row in _selected(options, manifest["editions"]) if row["current"]]
        selected_all = not any(getattr(options, name) for name in asked.FILTERS)
        findings = [Diagnostic.from_row(row) for row in manifest["build"]["findings"]]
        if rows or selected_all:
            if selected_all:
                _seal(options, store, found, tools)
            return _conclude(options, rows, findings, {"unchanged": len(rows)})

    with store.alone():
        return _make(options, store, today, tools)


def ready(options: argparse.Namespace, editions: Sequence[Edition]) -> dict[str, dict[str, Any]]:
    """Make those of some editions that are not up to date; return their rows of the manifest.

    What is found in making them is told. An edition that is stopped by an error has no row.
    """
    today = asked.today(options)
    store = Store(asked.output(options))
    paths = {edition.path for edition in editions}
    found = sources.read(options.root)
    manifest = uptodate.unchanged(
        found, store, toolchain=toolchain.versions(), today=today, release=False
    )
    rows = manifest["editions"] if manifest else ()
    if not paths <= {row["path"] for row in rows if row["current"]}:
        filters = {
            name: sorted({getattr(edition, name) for edition in editions}) for name in asked.FILTERS
        }
        building = argparse.Namespace(
            root=options.root,
            output=options.output,
            today=options.today,
            # For one or two, workers would take longer to start than to work.
            jobs=(os.cpu_count() or 1) if len(paths) > 2 else 1,
            **{**PLAIN, "paths": paths},
            **filters,
        )
        with store.alone():
            _make(building, store, today, {})
        rows = store.manifest()["editions"]
    return {row["path"]: row for row in rows if row["path"] in paths and row["current"]}


def _make(
    options: argparse.Namespace, store: Store, today: dt.date, tools: Mapping[str, str]
) -> int:
    """Build what is not up to date, alone in the output folder."""
    if options.executor == "process" and options.jobs > 1:
        from handbill import warmth  # noqa: PLC0415

        warmth.warm()
    from handbill import project, runner  # noqa: PLC0415

    fonts_conf = str(asked.fonts_conf(options))
    found = sources.read(options.root)
    workers, at_once = runner.executor(
        options.executor,
        options.jobs,
        fonts_conf=fonts_conf,
        fonts=found.below(project.FONTS.rstrip("/")),
    )
    try:
        loaded = project.load(found, today=today)
        return _print(options, store, loaded, (found, tools), (workers, at_once, fonts_conf))
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _print(
    options: argparse.Namespace,
    store: Store,
    loaded: "Project",
    read: tuple[sources.Sources, Mapping[str, str]],
    press: tuple["Executor", int, str],
) -> int:
    """Check a project and print what is not up to date.

    Args:
        options: the command line.
        store: the output folder.
        loaded: the project.
        read: its files, and what the file system said of the toolchain before they were read.
        press: the workers, how many jobs they do at once, and where their fonts are described.
    """
    from handbill import plan, runner  # noqa: PLC0415

    workers, at_once, fonts_conf = press
    findings = list(told.rules().run(loaded))
    editions = wanted(options, loaded)
    editions = options.shard.deal(editions) if options.shard else editions
    if options.release:
        findings += [told.rules().diagnose(fault) for fault in plan.drafts(loaded, editions)]
    build = runner.Build(loaded, store, fonts_conf=fonts_conf, findings=findings)
    states = ("typeset", *(["imprinted"] if loaded.settings.fan_out else []), "reused", "stopped")
    counts = dict.fromkeys(states, 0)
    complete, finished = False, None
    try:
        for number, outcome in enumerate(build.run(editions, workers, at_once), start=1):
            counts[outcome.state] += 1
            progress(outcome, f"{number}/{len(editions)}", explain=options.explain)
        if options.previews:
            paths = sorted({item.path for item in editions} & set(build.rows))
            drawn = list(build.preview(paths, workers))
            say(f"{len(drawn)} editions drawn, into {PREVIEWS}/")
        part = options.shard or options.signed or options.paths is not None
        complete = asked.selection(options, loaded).everything and not part
        finished = options.shard
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        build.conclude(complete=complete, release=options.release, shard=finished)
    for reason, number in build.direct.most_common():
        say(f"typeset directly, not imprinted: {number}, because {reason}")
    for path in build.withdrawn:
        say(f"withdrawn {path}: nothing publishes it any more")
    if complete:
        _seal(options, store, *read)
    rows = _selected(options, [build.rows[path] for path in sorted(build.rows)])
    if options.shard:
        from handbill import report  # noqa: PLC0415

        # Five shards would say it five times.
        say(f"shard {options.shard}; merge tells of the project: {report.summary(findings)}")
        rows = [row for row in rows if row["path"] in build.visited]
        return _conclude(options, rows, build.met, counts)
    return _conclude(options, rows, [*findings, *build.met], counts)


def wanted(options: argparse.Namespace, loaded: "Project") -> Sequence[Edition]:
    """Return the editions that a build, or all shards of one, is over."""
    from handbill import plan  # noqa: PLC0415

    selection = asked.selection(options, loaded)
    editions: Sequence[Edition] = [
        item
        for item in plan.editions(loaded)
        if selection.selects(item) and (options.paths is None or item.path in options.paths)
    ]
    return plan.signed(loaded, editions) if options.signed else editions


def _merge(options: argparse.Namespace) -> int:
    from handbill import plan, project, runner, shards  # noqa: PLC0415

    store = Store(asked.output(options))
    with store.alone():
        loaded = project.load(sources.read(options.root), today=asked.today(options))
        parts, faults = shards.read(options.folders)
        findings = list(told.rules().run(loaded))
        release = any(part.release for part in parts)
        if release:
            drafts = plan.drafts(loaded, plan.editions(loaded))
            findings += [told.rules().diagnose(fault) for fault in drafts]
        build = runner.Build(loaded, store, fonts_conf="", findings=findings)
        faults = faults or list(shards.faults(build, parts))
        if faults:
            wrong = [told.rules().diagnose(fault) for fault in faults]
            _tell_forge(options, wrong)
            return _conclude(options, (), wrong, {"merged": 0})
        counts = dict.fromkeys(("merged", "stopped"), 0)
        for outcome in shards.merge(build, parts):
            counts[outcome.state] += 1
        build.conclude(complete=True, release=release)
    rows = [build.rows[path] for path in sorted(build.rows)]
    _tell_forge(options, _shown(options, rows, build.met))
    return _conclude(options, rows, [*findings, *build.met], counts)


def _tell_forge(options: argparse.Namespace, met: Sequence[Diagnostic]) -> None:
    """Tell GitHub, or whoever was asked to be told, what only printing could find."""
    from handbill import report  # noqa: PLC0415

    if options.output_format == "github" and met:
        sys.stdout.write(report.write(told.from_here(options, met), "github") + "\n")
    told.summarise(options, report.table("Printing", met))


def _seal(
    options: argparse.Namespace, store: Store, found: sources.Sources, tools: Mapping[str, str]
) -> None:
    """Seal a build over everything, so that the next one sees at once that nothing is to do."""
    manifest = store.manifest()
    rows = manifest["editions"]
    known = store.signatures
    whole = (known.get(row["path"]) or store.holds(row["path"], row["digest"]) for row in rows)
    # What a release has stopped, another build would make.
    if options.today or options.release or not tools or not all(whole):
        return
    current = [row for row in rows if row["current"]]
    build = manifest["build"]
    findings = [Diagnostic.from_row(row) for row in build["findings"]]
    shown = _shown(options, current, findings)
    plain, coloured = (
        "\n".join(_said(current, shown, {"unchanged": len(current)}, coloured=coloured))
        for coloured in (False, True)
    )
    text = seal.compose(
        (told.status(shown), plain, coloured),
        root=str(options.root),
        output=str(store.root),
        days=(build["from"], build["until"]),
        began=found.began,
        tools=tools,
        read=found.signatures,
        published=store.signatures,
    )
    store.seal(text)


def _conclude(
    options: argparse.Namespace,
    rows: Sequence[Mapping[str, Any]],
    findings: Sequence[Diagnostic],
    counts: Mapping[str, int],
) -> int:
    """Report a build; one with nothing to do repeats what the last one found."""
    shown = _shown(options, rows, findings)
    if options.json:
        made = {"editions": list(rows), "findings": [item.row() for item in dict.fromkeys(shown)]}
        sys.stdout.write(json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    say("\n".join(_said(rows, shown, counts, coloured=is_coloured())))
    return told.status(shown)


def _shown(
    options: argparse.Namespace,
    rows: Iterable[Mapping[str, Any]],
    findings: Iterable[Diagnostic],
) -> list[Diagnostic]:
    """Return what a build tells: what the checks found, and what was met in printing."""
    shown = [item for item in findings if asked.meant(options, item)]
    return shown + [Diagnostic.from_row(item) for row in rows for item in row["findings"]]


def _said(
    rows: Sequence[Mapping[str, Any]],
    shown: Sequence[Diagnostic],
    counts: Mapping[str, int],
    *,
    coloured: bool,
) -> Iterator[str]:
    """Yield the last lines of a build."""
    from handbill import report  # noqa: PLC0415

    if text := report.write(shown, "text", colour=coloured):
        yield text
    pdfs = [row for row in rows if row["kind"] == "pdf"]
    imprinted = [row["current"] for row in pdfs if "parts" in row]
    whole = [row["current"] for row in pdfs if "parts" not in row]
    if pdfs:
        yield f"validated by PDF/UA-1 and PDF/A-2a: {sum(whole)} of {len(pdfs)} PDFs"
    if imprinted:
        said = "their shells, their cards and a sample are validated"
        yield f"imprinted: {sum(imprinted)} PDFs; {said}"
    made_of = ", ".join(f"{number} {state}" for state, number in counts.items())
    yield f"{made_of}; {report.summary(shown)}"


def _selected(
    options: argparse.Namespace, rows: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    return [
        row
        for row in rows
        if all(matches(row[name], getattr(options, name)) for name in asked.FILTERS)
    ]


def progress(outcome: Outcome, count: str, *, explain: bool) -> None:
    """Say what became of an edition."""
    if outcome.state == "reused" and not explain:
        return
    pages = f" {outcome.pages} pages" if outcome.pages else ""
    pages += f", set {outcome.fit} to fit" if outcome.fit else ""
    say(f"[{count}] {outcome.state} {outcome.edition.path}{pages}")
    if explain and outcome.state != "stopped":
        for name in outcome.changed or ("nothing has changed",):
            say(f"    {name}")


def _shard(text: str) -> Shard:
    """Read a shard of the command line."""
    try:
        return Shard.named(text)
    except ValueError as error:
        message = f"no shard: {text!r}; for example 2/5, the second of five"
        raise argparse.ArgumentTypeError(message) from error
