"""The commands: parse, call, print. With `cli` and `terminal`, all that prints.

stdout is the product and stderr the progress. Exit status: 0 clean, 1 findings, 2 cannot proceed.
"""

import argparse
import datetime as dt
import fnmatch
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from handbill import __version__, disk, seal, sources, toolchain, uptodate
from handbill.diagnostics import Diagnostic, Fault, HandbillError, Location, Severity
from handbill.editions import Outcome, Selection, Shard, matches
from handbill.store import DIFFERENCES, GALLERY, PREVIEWS, PROOFS, PSEUDO, REPORTS, SPECIMENS, Store
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from concurrent.futures import Executor

    from handbill.model import Project, Proof

# The modules that import Markdown, Babel, Jinja and WeasyPrint take a second to load. They are
# imported where they are used, so that a build with nothing to do costs a tenth of that.

CLEAN, FINDINGS, STUCK = 0, 1, 2
FILTERS = ("leaflet", "language", "clinic", "format")
#: As many catalogs are judged faster in one process than in two that must be started first.
SMALL = 100
FONTS_CONF = "templates/fonts/fonts.conf"


def run(words: list[str]) -> int:
    """Run a command line, and return its exit status."""
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}):
        words.insert(0, "build")
    options = _parser().parse_args(words)
    # A polite end, as from a service manager, is an interruption like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status: int = options.command(options)
    except HandbillError as error:
        say(_stuck(error.fault))
        return STUCK
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept, the rest is as it was before")
        return STUCK
    except ModuleNotFoundError as error:
        say(f"the package {error.name} is not installed; run script/build, or use .venv/bin/python")
        return STUCK
    except BrokenPipeError:
        # The reader of our output, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="handbill", description="Print patient leaflets in many languages."
    )
    parser.add_argument("--version", action="version", version=f"handbill {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    _build_parser(commands)

    check = commands.add_parser("check", help="look for mistakes and print nothing on paper")
    _common(check)
    _filters(check)
    check.add_argument(
        "--output-format", choices=("text", "json", "sarif", "github"), default="text"
    )
    check.add_argument("--release", action="store_true", help="find drafts: unsigned editions")
    check.add_argument(
        "--report",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="write for each leaflet what speaks for and against it, by the standards of "
        f"content/standards.toml (default: {REPORTS} in the output folder)",
    )
    check.set_defaults(command=_check)

    sign = commands.add_parser("sign", help="record who has read and approved a text")
    _common(sign)
    sign.add_argument("--leaflet", required=True, help="its id, or handbill: the templates' words")
    sign.add_argument("--language", required=True)
    sign.add_argument("--role", required=True, help="such as clinical-reviewer or translator")
    sign.add_argument("--name", required=True, help="who signs")
    sign.add_argument(
        "--text", required=True, metavar="CODE", help="the code on the page that was read"
    )
    sign.add_argument("--expires", type=_date, help="last day, YYYY-MM-DD")
    sign.set_defaults(command=_sign)

    rule = commands.add_parser("rule", help="print the manual of a rule, or list them all")
    rule.add_argument("id", nargs="?", help="such as LF301, or untranslated")
    rule.set_defaults(command=_rule)

    _desk_parser(commands.add_parser("catalog", help="what translators need"))

    _new_parser(commands.add_parser("new", help="begin a leaflet, clinic, language or format"))

    specimen = commands.add_parser("specimen", help="print a page that tries out each language")
    _common(specimen)
    specimen.add_argument("--language", action="append", default=[], metavar="GLOB")
    specimen.set_defaults(command=_specimen)

    gallery = commands.add_parser("gallery", help="show every component, printed and as written")
    _common(gallery)
    for name in ("language", "format"):
        gallery.add_argument(f"--{name}", action="append", default=[], metavar="GLOB")
    gallery.set_defaults(command=_gallery)

    pseudo = commands.add_parser(
        "pseudo", help="print leaflets in two languages that are none, to try the templates"
    )
    _common(pseudo)
    _filters(pseudo)
    pseudo.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    pseudo.set_defaults(command=_pseudo)

    _watch_parser(
        commands.add_parser("watch", help="show an edition in the browser, and follow every save")
    )

    _clean_parser(commands.add_parser("clean", help="remove all that builds have written"))
    return parser


def _build_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    build = commands.add_parser("build", help="make the editions that are not up to date (default)")
    _common(build)
    _filters(build)
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
    build.set_defaults(command=_build)

    merge = commands.add_parser("merge", help="put the shards of a build together")
    _common(merge)
    merge.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a shard's output")
    merge.add_argument("--json", action="store_true", help="print what was made as JSON")
    merge.set_defaults(command=_merge, **{name: [] for name in FILTERS})


def _desk_parser(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    extract = actions.add_parser("extract", help="write the POT file of every leaflet")
    _common(extract)
    extract.set_defaults(command=_extract)
    update = actions.add_parser("update", help="bring catalogs up to date with their English")
    _common(update)
    _filters(update, ("leaflet", "language"))
    update.add_argument(
        "--check", action="store_true", help="write nothing; fail if something would change"
    )
    update.set_defaults(command=_update)
    export = actions.add_parser("export", help="write a job for a translation agency")
    _common(export)
    _filters(export, ("leaflet",))
    export.add_argument("--language", required=True)
    export.add_argument(
        "--to", type=Path, required=True, help="a file, or a folder for a job of each leaflet"
    )
    export.add_argument(
        "--as", dest="form", choices=("xliff", "xliff2", "csv", "xlsx"), default="xliff"
    )
    export.set_defaults(command=_export)
    take = actions.add_parser("import", help="put jobs that have come back into the catalogs")
    _common(take)
    take.add_argument("files", nargs="+", type=Path, metavar="FILE")
    take.set_defaults(command=_import)
    status = actions.add_parser("status", help="how far every translation is")
    _common(status)
    _filters(status, ("leaflet", "language"))
    status.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    status.add_argument(
        "--output-format", choices=("table", "json", "markdown", "html"), default="table"
    )
    status.set_defaults(command=_standings)
    proof = actions.add_parser("proof", help="print texts beside their translations, to be signed")
    _common(proof)
    _texts(proof)
    proof.set_defaults(command=_proof)
    diff = actions.add_parser("diff", help="show what has changed since texts were signed")
    _common(diff)
    _texts(diff)
    diff.set_defaults(command=_diff)

    waive = actions.add_parser(
        "waive", help="answer for a translation that a rule finds fault with"
    )
    _common(waive)
    waive.add_argument("place", metavar="FILE:LINE", help="as the finding names it")
    waive.add_argument("rule", help="such as LF312, or changed-number")
    waive.add_argument("--by", required=True, metavar="NAME", help="the person who answers for it")
    waive.add_argument("--because", required=True, metavar="REASON")
    waive.set_defaults(command=_waive)


def _new_parser(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(title="things", dest="thing", metavar="THING", required=True)
    leaflet = things.add_parser("leaflet", help="with the sections of its kind")
    leaflet.add_argument("--kind", required=True, help="condition, procedure, medicine or advice")
    clinic = things.add_parser("clinic", help="with the choices that leaflets ask for")
    clinic.add_argument("--country", required=True, help="two capitals, such as GB")
    language = things.add_parser("language", help="as CLDR knows it, with empty catalogs")
    page_format = things.add_parser("format", help="as a copy of a4")
    for thing in (leaflet, clinic, page_format):
        thing.add_argument("name", metavar="ID", help="small letters, digits and hyphens")
    language.add_argument("name", metavar="TAG", help="its BCP 47 tag, such as fr")
    for thing in (leaflet, clinic, language, page_format):
        _common(thing)
        thing.set_defaults(command=_new)


def _clean_parser(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.set_defaults(command=_clean)


def _watch_parser(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    for name in FILTERS:
        parser.add_argument(f"--{name}", metavar="ID", help="what is shown first")
    parser.add_argument("--port", type=int, default=0, help="of this machine (default: a free one)")
    parser.add_argument("--open", action="store_true", help="open the browser")
    parser.set_defaults(command=_watch)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    parser.add_argument("--output", type=Path, help="where to write (default: output in the root)")
    parser.add_argument("--today", type=_date, help="the date to judge reviews by, YYYY-MM-DD")


def _filters(parser: argparse.ArgumentParser, names: Sequence[str] = FILTERS) -> None:
    group = parser.add_argument_group(
        "filters", "each a name or a glob; may be given more than once"
    )
    for name in names:
        group.add_argument(f"--{name}", action="append", default=[], metavar="GLOB")


def _texts(parser: argparse.ArgumentParser) -> None:
    """Let a command choose texts: leaflets, or the templates' words, in languages."""
    parser.add_argument(
        "--leaflet",
        action="append",
        default=[],
        metavar="GLOB",
        help="its id, or handbill: the templates' words",
    )
    parser.add_argument("--language", action="append", default=[], metavar="GLOB")


def _build(options: argparse.Namespace) -> int:
    today = _today(options)
    store = Store(_output(options))
    tools = {path: disk.signature(path) for path in toolchain.places()}
    found = sources.read(options.root)
    manifest = uptodate.unchanged(
        found, store, toolchain=toolchain.versions(), today=today, release=options.release
    )
    asked = options.explain or options.previews or options.shard
    if manifest is not None and not asked:
        rows = [row for row in _selected(options, manifest["editions"]) if row["current"]]
        selected_all = not any(getattr(options, name) for name in FILTERS)
        findings = [Diagnostic.from_row(row) for row in manifest["build"]["findings"]]
        if rows or selected_all:
            if selected_all:
                _seal(options, store, found, tools)
            return _conclude(options, rows, findings, {"unchanged": len(rows)})

    with store.alone():
        return _make(options, store, today, tools)


def _make(
    options: argparse.Namespace, store: Store, today: dt.date, tools: Mapping[str, str]
) -> int:
    """Build what is not up to date, alone in the output folder."""
    if options.executor == "process" and options.jobs > 1:
        from handbill import warmth  # noqa: PLC0415

        warmth.warm()
    from handbill import project, runner  # noqa: PLC0415

    fonts_conf = str(_fonts_conf(options))
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
    findings = list(_rules().run(loaded))
    selection = _selection(options, loaded)
    editions = [item for item in plan.editions(loaded) if selection.selects(item)]
    if options.shard:
        editions = options.shard.deal(editions)
    if options.release:
        findings += [_rules().diagnose(fault) for fault in plan.drafts(loaded, editions)]
    build = runner.Build(loaded, store, fonts_conf=fonts_conf, findings=findings)
    states = ("typeset", *(["imprinted"] if loaded.settings.fan_out else []), "reused", "stopped")
    counts = dict.fromkeys(states, 0)
    complete, finished = False, None
    try:
        for number, outcome in enumerate(build.run(editions, workers, at_once), start=1):
            counts[outcome.state] += 1
            _progress(outcome, f"{number}/{len(editions)}", explain=options.explain)
        if options.previews:
            paths = sorted({item.path for item in editions} & set(build.rows))
            drawn = list(build.preview(paths, workers))
            say(f"{len(drawn)} editions drawn, into {PREVIEWS}/")
        complete, finished = selection.everything and not options.shard, options.shard
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


def _merge(options: argparse.Namespace) -> int:
    from handbill import plan, project, runner, shards  # noqa: PLC0415

    store = Store(_output(options))
    with store.alone():
        loaded = project.load(sources.read(options.root), today=_today(options))
        parts, faults = shards.read(options.folders)
        findings = list(_rules().run(loaded))
        release = any(part.release for part in parts)
        if release:
            drafts = plan.drafts(loaded, plan.editions(loaded))
            findings += [_rules().diagnose(fault) for fault in drafts]
        build = runner.Build(loaded, store, fonts_conf="", findings=findings)
        faults = faults or list(shards.faults(build, parts))
        if faults:
            wrong = [_rules().diagnose(fault) for fault in faults]
            return _conclude(options, (), wrong, {"merged": 0})
        counts = dict.fromkeys(("merged", "stopped"), 0)
        for outcome in shards.merge(build, parts):
            counts[outcome.state] += 1
        build.conclude(complete=True, release=release)
    rows = [build.rows[path] for path in sorted(build.rows)]
    return _conclude(options, rows, [*findings, *build.met], counts)


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
        (_status(shown), plain, coloured),
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
    return _status(shown)


def _shown(
    options: argparse.Namespace,
    rows: Iterable[Mapping[str, Any]],
    findings: Iterable[Diagnostic],
) -> list[Diagnostic]:
    """Return what a build tells: what the checks found, and what was met in printing."""
    shown = [item for item in findings if _meant(options, item)]
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


def _check(options: argparse.Namespace) -> int:
    from handbill import plan, project, report  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    _selection(options, loaded)
    found = list(_rules().run(loaded))
    if options.release:
        drafts = plan.drafts(loaded, plan.editions(loaded))
        found += [_rules().diagnose(fault) for fault in drafts]
    everything = found
    found = [item for item in found if _meant(options, item)]
    if options.report is not None:
        found += _report(options, loaded, everything)
    waived = _waived(options, loaded)
    text = report.write(
        found, options.output_format, colour=is_coloured(stdout=True), waived=waived
    )
    if text:
        sys.stdout.write(text + "\n")
    count = f"; waivers in force: {len(waived)}" if waived else ""
    say(f"{report.summary(found)}{count}")
    return _status(found)


def _report(
    options: argparse.Namespace, loaded: "Project", findings: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Print what speaks for and against each leaflet; return what was met in printing it.

    Raises:
        HandbillError: the project goes by no standards.
    """
    from handbill import evidence, runner, standards  # noqa: PLC0415

    if not loaded.criteria:
        hint = "take the file from the repository's history, or write your own"
        _cannot("standards-file", standards.STANDARDS, "asks nothing, or is not there", hint)
    build = runner.Build(loaded, Store(_output(options)), fonts_conf="", findings=findings)
    made, known = build.made(), [*findings, *build.last()]
    folder = Path(options.report) if options.report else _output(options) / REPORTS
    met: list[Diagnostic] = []
    for name, kind in product(_named(options, "leaflet", list(loaded.leaflets)), ("html", "pdf")):
        proof = evidence.page(loaded, name, known, made, kind=kind)
        met += _print_page(options, proof, f"{name}.{kind}", folder=folder)
    # How much paper a page for staff takes is nobody's mistake.
    return [item for item in met if item.name != "nearly-empty-page"]


def _sign(options: argparse.Namespace) -> int:
    from handbill import catalog, project, report, signoff  # noqa: PLC0415
    from handbill.model import Signature  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    domain, tag = options.leaflet, options.language
    settings = loaded.settings
    tags = [
        item
        for item in (settings.source_language, *settings.languages)
        if loaded.publishes(domain, item)
    ]
    for place, wanted, names in (
        ("--leaflet", domain, [*loaded.leaflets, catalog.INTERFACE]),
        ("--language", tag, tags),
        ("--role", options.role, signoff.ROLES),
    ):
        if wanted not in names:
            _unknown(place, wanted, names)
    days = min(settings.signature_days, (dt.date.max - loaded.today).days)
    signature = Signature(
        role=options.role,
        name=" ".join(options.name.split()),
        date=loaded.today,
        expires=options.expires or loaded.today + dt.timedelta(days=days),
        text=options.text,
    )
    signed = signoff.sign(loaded, domain, tag, signature)
    found = [
        item
        for item in _rules().run(loaded)
        if item.severity is Severity.ERROR
        and item.scope.clinic is None
        and item.scope.leaflet in {None, domain}
        and item.scope.language in {None, tag}
    ]
    if isinstance(signed, Fault):
        found.append(_rules().diagnose(signed))
    if found or isinstance(signed, Fault):
        say(report.write(found, "text", colour=is_coloured()))
        say(f"not signed; {report.summary(found)}")
        return FINDINGS
    Store(options.root).publish(signed.path, signoff.write(signed))
    say(f"{signed.path}: {signature.role}, until {signature.expires}")
    return CLEAN


def _rule(options: argparse.Namespace) -> int:
    rules = _rules()
    known = rules.every()
    if options.id is None:
        for rule in known:
            sys.stdout.write(f"{rule.id}  {rule.name:20} {rule.severity:8} {rule.summary}\n")
        return CLEAN
    rule_found = rules.find(options.id)
    if rule_found is None:
        names = [name for rule in known for name in (rule.id, rule.name)]
        _unknown("rule", options.id, names)
    sys.stdout.write(
        f"{rule_found.id} {rule_found.name} ({rule_found.severity})\n\n{rule_found.manual}\n"
    )
    return CLEAN


def _extract(options: argparse.Namespace) -> int:
    from handbill import catalog, project, report  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    faults = [_rules().diagnose(fault) for fault in loaded.faults]
    folder = Store(options.root / "locales")
    newest = max((leaflet.published for leaflet in loaded.leaflets.values()), default=loaded.today)
    for domain, blocks in catalog.texts(loaded).items():
        folder.publish(f"{domain}.pot", catalog.template(domain, blocks, date=newest))
        say(f"locales/{domain}.pot: {len(blocks)} messages")
    say(report.write(faults, "text", colour=is_coloured()))
    return FINDINGS if faults else CLEAN


def _update(options: argparse.Namespace) -> int:
    from handbill import catalog, desk, project, report  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=_today(options))
    domains, tags = _meant_texts(options, loaded, desk.tags(loaded))
    faults = [_rules().diagnose(fault) for fault in loaded.faults]
    works = list(desk.update(loaded, found, domains=domains, languages=tags))
    for work in works:
        if not options.check:
            Store(options.root).publish(work.path, work.data)
        say(f"{work.path}: {work.said}")
    for tag in tags:
        for domain in domains:
            if desk.unsafe(loaded, domain, tag):
                say(f"{catalog.path(domain, tag)}: left as it is; it or its English has errors")
    say(report.write(faults, "text", colour=is_coloured()))
    done = "to change" if options.check else "changed"
    say(f"{len(works)} of {len(tags) * len(domains)} catalogs {done}")
    return FINDINGS if options.check and works else _status(faults)


def _standings(options: argparse.Namespace) -> int:
    from handbill import desk, matrix, runner  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = desk.outline(found, today=_today(options))
    domains, tags = _meant_texts(options, loaded, desk.tags(loaded))
    if matches(loaded.settings.source_language, options.language):
        tags = [loaded.settings.source_language, *tags]
    jobs = max(1, options.jobs) if len(domains) * len(tags) > SMALL else 1
    workers, at_once = runner.executor("process", jobs)
    try:
        standings = desk.status(loaded, found, workers, at_once, domains=domains, languages=tags)
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
    sys.stdout.write(matrix.write(standings, loaded, options.output_format))
    return CLEAN


def _export(options: argparse.Namespace) -> int:
    from handbill import desk, project, report  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=_today(options))
    tags = desk.tags(loaded)
    if options.language not in tags:
        _unknown("--language", options.language, tags)
    options.language = [options.language]
    domains, (tag,) = _meant_texts(options, loaded, tags)
    to: Path = options.to
    end = desk.FORMS[options.form]
    jobs = {to.name: domains}
    folder = to.parent
    if to.is_dir() or not to.suffix:
        jobs, folder = {f"{domain}.{tag}.{end}": [domain] for domain in domains}, to
    faults: list[Fault] = []
    for name, wanted in jobs.items():
        job, met = desk.send(loaded, found, domains=wanted, language=tag)
        faults += met
        if not met:
            data = desk.write(job, options.form, loaded.languages[tag])
            Store(folder).publish(name, data)
            say(f"{folder / name}: {len(job.units)} texts")
    items = [_rules().diagnose(fault) for fault in faults]
    say(report.write(items, "text", colour=is_coloured()))
    return _status(items)


def _import(options: argparse.Namespace) -> int:
    from handbill import desk, exchange, project, report  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=_today(options))
    rules = _rules()
    jobs, items = [], []
    for path in options.files:
        job, met = desk.read(sources.read_file(path, limit=exchange.LIMIT), path.as_posix())
        jobs.append(job)
        items += [rules.diagnose(fault) for fault in met]
    if not items:
        works, faults, items = desk.take(loaded, found, jobs)
        items += [rules.diagnose(fault) for fault in faults]
        for work in works:
            Store(options.root).publish(work.path, work.data)
            say(f"{work.path}: {work.said}")
        say(f"{len(works)} catalogs changed")
    say(report.write(items, "text", colour=is_coloured()))
    say(report.summary(items))
    return _status(items)


def _meant_texts(
    options: argparse.Namespace, loaded: "Project", tags: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Read the filters of texts: which, the templates' words among them, in which languages."""
    from handbill import catalog  # noqa: PLC0415

    return (
        _named(options, "leaflet", list(catalog.texts(loaded))),
        _named(options, "language", tags),
    )


def _waived(options: argparse.Namespace, loaded: "Project") -> list[dict[str, Any]]:
    """Write the waivers in force as rows, like findings; their people are in the catalogs only."""
    from handbill.checks import messages  # noqa: PLC0415

    found: dict[Diagnostic, dict[str, Any]] = {}
    for catalog, message, waiver in messages.in_force(loaded):
        what = messages.fault("", catalog, messages.place(catalog, message), waiver.reason, "")
        known = _rules().find(waiver.rule)
        item = Diagnostic(
            rule=waiver.rule,
            name=known.name,
            severity=known.severity,
            location=what.location,
            message=what.message,
            scope=what.scope,
        )
        if _meant(options, item):
            found[item] = {**item.row(), "severity": "waived"}
    return list(found.values())


def _waive(options: argparse.Namespace) -> int:
    """Write a waiver into a catalog; a person must have read the translation."""
    from handbill import catalog, waivers  # noqa: PLC0415

    rule, path = _rules().find(options.rule), Path(options.place.rpartition(":")[0])
    if rule is None or rule.id not in waivers.WAIVABLE:
        known = [item.id for item in _rules().every() if item.id in waivers.WAIVABLE]
        _unknown("rule that may be waived", options.rule, known)
    if not options.by.strip() or not options.because.strip():
        _cannot("unknown-choice", "--by", "a waiver needs a person and a reason")
    file = options.root / path
    line = options.place.rpartition(":")[2]
    if not file.is_file() or not line.isdecimal():
        _cannot("unknown-choice", "place", f"no entry of a catalog: {options.place}")
    data = file.read_bytes()
    read, faults = catalog.read(
        data, path=str(path), domain=path.stem, language=path.parent.parent.name
    )
    message = read.at(int(line))
    if faults or message is None:
        hint = "name a line of the entry, as its finding does"
        _cannot("unknown-choice", "place", f"no entry of a catalog: {options.place}", hint)
    comment = waivers.comment(
        message, rule.id, date=_today(options), by=options.by, reason=options.because
    )
    text = waivers.insert(data.decode("utf-8"), message, comment)
    Store(file.parent).publish(file.name, text.encode())
    say(f"{path}:{message.line}: {rule.name} is waived for {message.msgstr!r}")
    return CLEAN


def _new(options: argparse.Namespace) -> int:
    """Begin something; what a person must write in it is TODO, which `check` finds."""
    from handbill import catalog, desk, project, scaffold  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=_today(options))
    name = options.name
    if options.thing == "leaflet":
        begun = scaffold.leaflet(found, name, kind=options.kind, today=loaded.today)
    elif options.thing == "clinic":
        begun = scaffold.clinic(found, loaded, name, country=options.country)
    elif options.thing == "language":
        begun = scaffold.language(found, loaded, name)
    else:
        begun = scaffold.page_format(found, name)
    store = Store(options.root)
    for path, data in begun.files.items():
        store.publish(path, data)
        say(path)
    if options.thing == "language":
        found = sources.read(options.root)
        loaded = project.load(found, today=loaded.today)
        # As if it were published: its catalogs are made before it is.
        loaded = replace(loaded, settings=replace(loaded.settings, languages=(name,)))
        for work in desk.update(loaded, found, domains=catalog.texts(loaded), languages=[name]):
            store.publish(work.path, work.data)
            say(f"{work.path}: {work.said}")
    for step in begun.steps:
        say(f"next: {step}")
    return CLEAN


def _specimen(options: argparse.Namespace) -> int:
    from handbill import press, project, report, typeset  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    typeset.prepare(str(_fonts_conf(options)))
    store = Store(_output(options))
    tags = [tag for tag in loaded.specimens if tag in loaded.languages]
    found: list[Diagnostic] = [_rules().diagnose(fault) for fault in loaded.faults]
    for tag in _named(options, "language", tags):
        impression = press.print_proof(press.specimen(loaded, tag, ""))
        found += [_rules().diagnose(fault) for fault in impression.faults]
        store.publish(f"{SPECIMENS}/{tag}.pdf", impression.data)
        say(f"specimen/{tag}.pdf: {loaded.languages[tag].autonym}")
    say(report.write(found, "text", colour=is_coloured()))
    return _status(found)


def _proof(options: argparse.Namespace) -> int:
    from handbill import bilingual, plan, project, report  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    findings = list(_rules().run(loaded))
    met: list[Diagnostic] = []
    domains, tags = _meant_texts(options, loaded, plan.languages(loaded))
    for tag, domain, kind in product(tags, domains, ("pdf", "html")):
        if not loaded.publishes(domain, tag):
            continue
        proof = bilingual.sheet(loaded, domain, tag, findings, kind=kind)
        met += _print_page(options, proof, f"{PROOFS}/{tag}/{domain}.{kind}")
    say(report.write(met, "text", colour=is_coloured()))
    return _status(met)


def _diff(options: argparse.Namespace) -> int:
    from handbill import bilingual, plan, project, report  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    met: list[Diagnostic] = [_rules().diagnose(fault) for fault in loaded.faults]
    domains, tags = _meant_texts(options, loaded, plan.languages(loaded))
    for tag, domain, kind in product(tags, domains, ("pdf", "html")):
        if not loaded.publishes(domain, tag):
            continue
        proof = bilingual.comparison(loaded, domain, tag, kind=kind)
        if proof is not None:
            met += _print_page(options, proof, f"{DIFFERENCES}/{tag}/{domain}.{kind}")
        elif kind == "pdf":
            say(f"{domain} in {tag}: nobody has signed it")
    say(report.write(met, "text", colour=is_coloured()))
    return _status(met)


def _print_page(
    options: argparse.Namespace, proof: "Proof", path: str, *, folder: Path | None = None
) -> list[Diagnostic]:
    """Print a page for staff, into the output folder or another; return what was met."""
    from handbill import press, typeset  # noqa: PLC0415

    typeset.prepare(str(_fonts_conf(options)))
    impression = press.print_proof(proof)
    place = Location(path=path)
    found = [
        _rules().diagnose(
            replace(fault, location=place) if fault.location.path == proof.edition.path else fault
        )
        for fault in impression.faults
    ]
    if impression.data:
        Store(folder or _output(options)).publish(path, impression.data)
        say(f"{path}" + (f": {impression.pages} pages" if impression.pages else ""))
    return found


def _gallery(options: argparse.Namespace) -> int:
    from handbill import plan, press, project, report, typeset  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=_today(options))
    typeset.prepare(str(_fonts_conf(options)))
    store = Store(_output(options))
    shown = {tag for tag, _component in loaded.fixtures}
    tags = [tag for tag in plan.languages(loaded) if tag in shown]
    forms = [
        loaded.formats[name]
        for name in _named(options, "format", list(loaded.formats))
        if options.format or loaded.formats[name].kind == "html"
    ]
    wanted = _named(options, "language", tags)
    if not options.language:
        # Of each direction one language is enough to look at.
        first = {loaded.languages[tag].direction: tag for tag in reversed(tags)}
        wanted = [tag for tag in tags if tag in first.values()]
    checked = list(_rules().run(loaded))
    found: list[Diagnostic] = []
    for tag in wanted:
        here = [item for item in checked if item.scope.covers(GALLERY, tag, GALLERY)]
        found += here
        if _status(here) == FINDINGS:
            continue
        for form in forms if options.format else (None, *forms):
            proof = press.gallery(loaded, tag, form, "")
            impression = press.print_proof(proof)
            found += [_rules().diagnose(fault) for fault in impression.faults]
            name = f"{tag}.{form.name}" if form and form.kind == "pdf" else tag
            store.publish(f"{GALLERY}/{name}.{proof.edition.kind}", impression.data)
            say(f"{GALLERY}/{name}.{proof.edition.kind}: {loaded.languages[tag].autonym}")
    say(report.write(list(dict.fromkeys(found)), "text", colour=is_coloured()))
    return _status(found)


def _pseudo(options: argparse.Namespace) -> int:
    from handbill import plan, project, pseudo, report, runner  # noqa: PLC0415

    real = project.load(sources.read(options.root), today=_today(options))
    loaded = pseudo.project(real)
    selection = _selection(options, loaded)
    # What no translator sees is printed: that is what these editions show.
    shown = {"untranslatable-text", "untranslated-leak"}
    findings = [
        item
        for item in _rules().run(real)
        if item.scope.language in {None, real.settings.source_language} and item.name not in shown
    ]
    editions = [
        item
        for item in plan.editions(loaded)
        if item.language in loaded.settings.languages and selection.selects(item)
    ]
    store = Store(_output(options) / PSEUDO)
    with store.alone():
        build = runner.Build(loaded, store, fonts_conf=str(_fonts_conf(options)), findings=findings)
        workers, at_once = runner.executor("process", max(1, min(options.jobs, len(editions))))
        try:
            for number, outcome in enumerate(build.run(editions, workers, at_once), start=1):
                _progress(outcome, f"{number}/{len(editions)}", explain=False)
                findings += outcome.diagnostics
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
            build.conclude(complete=selection.everything)
    say(report.write(findings, "text", colour=is_coloured()))
    say(f"in {PSEUDO}/ of the output folder; {report.summary(findings)}")
    return _status(findings)


def _watch(options: argparse.Namespace) -> int:
    """Show editions in the browser until Ctrl-C, which is how this ends."""
    import threading  # noqa: PLC0415
    import webbrowser  # noqa: PLC0415

    from handbill import runner, saves, serve, watch  # noqa: PLC0415

    _rules()
    fonts_conf = str(_fonts_conf(options))
    watcher = watch.Watch(
        options.root,
        today=lambda: _today(options),
        fonts_conf=fonts_conf,
        hire=lambda: runner.executor("process", watch.WORKERS)[0],
    )
    try:
        chosen = {}
        for name, names in watcher.choices().items():
            if (wanted := getattr(options, name)) and wanted not in names:
                _unknown(f"--{name}", wanted, names)
            chosen[name] = wanted or (*names, "none")[0]
        first = watcher.edition(
            chosen["leaflet"], chosen["language"], chosen["clinic"], options.format or ""
        )
        server = serve.Server(watcher, first, options.port)
        server.start()
        try:
            watcher.warm(first)
            say(f"{server.address}\nCtrl-C ends")
            if options.open:
                webbrowser.open(server.address)
            for touched in saves.changes(options.root, threading.Event()):
                for sight in watcher.saved(touched):
                    say(f"{', '.join(sorted(touched))}: {sight.status}")
        except KeyboardInterrupt:
            say("ended; nothing was written")
        finally:
            server.stop()
    finally:
        watcher.end()
    return CLEAN


def _fonts_conf(options: argparse.Namespace) -> Path:
    fonts_conf: Path = options.root.resolve() / FONTS_CONF
    if not fonts_conf.is_file():
        _cannot("missing-fonts", FONTS_CONF, "the project has no fonts of its own")
    return fonts_conf


def _clean(options: argparse.Namespace) -> int:
    output = _output(options)
    say(f"removed {Store(output / PSEUDO).clean() + Store(output).clean()} files")
    return CLEAN


def _date(text: str) -> dt.date:
    """Read a date of the command line."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        message = f"no date: {text!r}; for example 2026-11-24"
        raise argparse.ArgumentTypeError(message) from error


def _shard(text: str) -> Shard:
    """Read a shard of the command line."""
    try:
        return Shard.named(text)
    except ValueError as error:
        message = f"no shard: {text!r}; for example 2/5, the second of five"
        raise argparse.ArgumentTypeError(message) from error


def _today(options: argparse.Namespace) -> dt.date:
    """Return the date that reviews are judged by: the one place where the clock is read."""
    today: dt.date | None = options.today
    return today or dt.datetime.now(tz=dt.UTC).date()


def _output(options: argparse.Namespace) -> Path:
    output: Path | None = options.output
    return output or options.root / "output"


def _selection(options: argparse.Namespace, loaded: "Project") -> Selection:
    """Read the filters; one that matches nothing is an error, not a build of nothing.

    Raises:
        HandbillError: a filter names nothing that the project has.
    """
    known = {
        "leaflet": list(loaded.leaflets),
        "language": [loaded.settings.source_language, *loaded.settings.languages],
        "clinic": list(loaded.clinics),
        "format": list(loaded.formats),
    }
    for name, names in known.items():
        _named(options, name, names)
    return Selection(
        leaflets=tuple(options.leaflet),
        languages=tuple(options.language),
        clinics=tuple(options.clinic),
        formats=tuple(options.format),
    )


def _named(options: argparse.Namespace, name: str, names: Sequence[str]) -> list[str]:
    """Return the names that a filter selects; without one, all.

    Raises:
        HandbillError: a pattern of the filter fits none of them.
    """
    patterns = getattr(options, name)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            _unknown(f"--{name}", pattern, names)
    return [item for item in names if matches(item, patterns)]


def _selected(
    options: argparse.Namespace, rows: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    return [
        row for row in rows if all(matches(row[name], getattr(options, name)) for name in FILTERS)
    ]


def _meant(options: argparse.Namespace, item: Diagnostic) -> bool:
    """Tell whether a finding concerns anything that the filters select."""
    values = {name: getattr(item.scope, name) for name in ("leaflet", "language", "clinic")}
    return all(matches(value, getattr(options, name)) for name, value in values.items() if value)


def _status(found: Iterable[Diagnostic]) -> int:
    """Return the exit status of a command that has found these; warnings are no failure."""
    return FINDINGS if any(item.severity is Severity.ERROR for item in found) else CLEAN


def _progress(outcome: Outcome, count: str, *, explain: bool) -> None:
    if outcome.state == "reused" and not explain:
        return
    pages = f" {outcome.pages} pages" if outcome.pages else ""
    pages += f", set {outcome.fit} to fit" if outcome.fit else ""
    say(f"[{count}] {outcome.state} {outcome.edition.path}{pages}")
    if explain and outcome.state != "stopped":
        for name in outcome.changed or ("nothing has changed",):
            say(f"    {name}")


def _rules() -> ModuleType:
    """Return the registry of rules with every rule in it: ours, and those of installed packages."""
    from handbill import checks, rules  # noqa: PLC0415

    checks.install()
    return rules


def _unknown(place: str, wanted: str, names: Sequence[str]) -> NoReturn:
    """Refuse a name that there is none of."""
    from handbill.tables import nearest  # noqa: PLC0415

    message = f"no {place.lstrip('-')} is called {wanted!r}"
    hint = nearest(wanted, names) or f"there are {', '.join(names)}"
    _cannot("unknown-choice", place, message, hint)


def _cannot(kind: str, path: str, message: str, hint: str = "") -> NoReturn:
    raise HandbillError(Fault(kind=kind, location=Location(path=path), message=message, hint=hint))


def _stuck(fault: Fault) -> str:
    from handbill import report  # noqa: PLC0415

    return report.write([_rules().diagnose(fault)], "text", colour=is_coloured())
