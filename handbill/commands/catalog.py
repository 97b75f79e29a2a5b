"""`catalog`: what translators need."""

import argparse
import os
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from handbill import sources
from handbill.commands import asked, told
from handbill.editions import matches
from handbill.store import DIFFERENCES, PROOFS, Store
from handbill.terminal import say


if TYPE_CHECKING:
    from handbill.diagnostics import Diagnostic, Fault


#: As many catalogs are judged faster in one process than in two that must be started first.
SMALL = 100


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the command line."""
    parser = commands.add_parser("catalog", help="what translators need")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    extract = actions.add_parser("extract", help="write the POT file of every leaflet")
    asked.common(extract)
    extract.set_defaults(command=_extract)
    update = actions.add_parser("update", help="bring catalogs up to date with their English")
    asked.common(update)
    asked.filters(update, ("leaflet", "language"))
    update.add_argument(
        "--check", action="store_true", help="write nothing; fail if something would change"
    )
    update.set_defaults(command=_update)
    export = actions.add_parser("export", help="write a job for a translation agency")
    asked.common(export)
    asked.filters(export, ("leaflet",))
    export.add_argument("--language", required=True)
    export.add_argument(
        "--to", type=Path, required=True, help="a file, or a folder for a job of each leaflet"
    )
    export.add_argument(
        "--as", dest="form", choices=("xliff", "xliff2", "csv", "xlsx"), default="xliff"
    )
    export.set_defaults(command=_export)
    take = actions.add_parser("import", help="put jobs that have come back into the catalogs")
    asked.common(take)
    take.add_argument("files", nargs="+", type=Path, metavar="FILE")
    take.set_defaults(command=_import)
    status = actions.add_parser("status", help="how far every translation is")
    asked.common(status)
    asked.filters(status, ("leaflet", "language"))
    status.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    status.add_argument(
        "--output-format", choices=("table", "json", "markdown", "html"), default="table"
    )
    status.set_defaults(command=_standings)
    proof = actions.add_parser("proof", help="print texts beside their translations, to be signed")
    asked.common(proof)
    asked.texts(proof)
    proof.set_defaults(command=_proof)
    diff = actions.add_parser("diff", help="show what has changed since texts were signed")
    asked.common(diff)
    asked.texts(diff)
    diff.set_defaults(command=_diff)

    waive = actions.add_parser(
        "waive", help="answer for a translation that a rule finds fault with"
    )
    asked.common(waive)
    waive.add_argument("place", metavar="FILE:LINE", help="as the finding names it")
    waive.add_argument("rule", help="such as LF312, or changed-number")
    waive.add_argument("--by", required=True, metavar="NAME", help="the person who answers for it")
    waive.add_argument("--because", required=True, metavar="REASON")
    waive.set_defaults(command=_waive)


def _extract(options: argparse.Namespace) -> int:
    from handbill import catalog, project  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    faults = [told.rules().diagnose(fault) for fault in loaded.faults]
    folder = Store(options.root / "locales")
    newest = max((leaflet.published for leaflet in loaded.leaflets.values()), default=loaded.today)
    for domain, blocks in catalog.texts(loaded).items():
        folder.publish(f"{domain}.pot", catalog.template(domain, blocks, date=newest))
        say(f"locales/{domain}.pot: {len(blocks)} messages")
    told.tell(faults)
    return told.FINDINGS if faults else told.CLEAN


def _update(options: argparse.Namespace) -> int:
    from handbill import catalog, desk, project  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=asked.today(options))
    domains, tags = asked.meant_texts(options, loaded, desk.tags(loaded))
    faults = [told.rules().diagnose(fault) for fault in loaded.faults]
    works = list(desk.update(loaded, found, domains=domains, languages=tags))
    for work in works:
        if not options.check:
            Store(options.root).publish(work.path, work.data)
        say(f"{work.path}: {work.said}")
    for tag in tags:
        for domain in domains:
            if desk.unsafe(loaded, domain, tag):
                say(f"{catalog.path(domain, tag)}: left as it is; it or its English has errors")
    told.tell(faults)
    done = "to change" if options.check else "changed"
    say(f"{len(works)} of {len(tags) * len(domains)} catalogs {done}")
    return told.FINDINGS if options.check and works else told.status(faults)


def _standings(options: argparse.Namespace) -> int:
    from handbill import desk, matrix, runner  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = desk.outline(found, today=asked.today(options))
    domains, tags = asked.meant_texts(options, loaded, desk.tags(loaded))
    if matches(loaded.settings.source_language, options.language):
        tags = [loaded.settings.source_language, *tags]
    jobs = max(1, options.jobs) if len(domains) * len(tags) > SMALL else 1
    workers, at_once = runner.executor("process", jobs)
    try:
        standings = desk.status(loaded, found, workers, at_once, domains=domains, languages=tags)
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
    sys.stdout.write(matrix.write(standings, loaded, options.output_format))
    return told.CLEAN


def _export(options: argparse.Namespace) -> int:
    from handbill import desk, project  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=asked.today(options))
    tags = desk.tags(loaded)
    if options.language not in tags:
        asked.unknown("--language", options.language, tags)
    options.language = [options.language]
    domains, (tag,) = asked.meant_texts(options, loaded, tags)
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
    items = [told.rules().diagnose(fault) for fault in faults]
    told.tell(items)
    return told.status(items)


def _import(options: argparse.Namespace) -> int:
    from handbill import desk, exchange, project, report  # noqa: PLC0415

    found = sources.read(options.root)
    loaded = project.load(found, today=asked.today(options))
    rules = told.rules()
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
    told.tell(items)
    say(report.summary(items))
    return told.status(items)


def _waive(options: argparse.Namespace) -> int:
    """Write a waiver into a catalog; a person must have read the translation."""
    from handbill import catalog, waivers  # noqa: PLC0415

    rule, path = told.rules().find(options.rule), Path(options.place.rpartition(":")[0])
    if rule is None or rule.id not in waivers.WAIVABLE:
        known = [item.id for item in told.rules().every() if item.id in waivers.WAIVABLE]
        asked.unknown("rule that may be waived", options.rule, known)
    if not options.by.strip() or not options.because.strip():
        asked.cannot("unknown-choice", "--by", "a waiver needs a person and a reason")
    file = options.root / path
    line = options.place.rpartition(":")[2]
    if not file.is_file() or not line.isdecimal():
        asked.cannot("unknown-choice", "place", f"no entry of a catalog: {options.place}")
    data = file.read_bytes()
    read, faults = catalog.read(
        data, path=str(path), domain=path.stem, language=path.parent.parent.name
    )
    message = read.at(int(line))
    if faults or message is None:
        hint = "name a line of the entry, as its finding does"
        asked.cannot("unknown-choice", "place", f"no entry of a catalog: {options.place}", hint)
    comment = waivers.comment(
        message, rule.id, date=asked.today(options), by=options.by, reason=options.because
    )
    text = waivers.insert(data.decode("utf-8"), message, comment)
    Store(file.parent).publish(file.name, text.encode())
    say(f"{path}:{message.line}: {rule.name} is waived for {message.msgstr!r}")
    return told.CLEAN


def _proof(options: argparse.Namespace) -> int:
    from handbill import bilingual, plan, project  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    findings = list(told.rules().run(loaded))
    met: list[Diagnostic] = []
    domains, tags = asked.meant_texts(options, loaded, plan.languages(loaded))
    for tag, domain, kind in product(tags, domains, ("pdf", "html")):
        if not loaded.publishes(domain, tag):
            continue
        proof = bilingual.sheet(loaded, domain, tag, findings, kind=kind)
        met += told.print_page(options, proof, f"{PROOFS}/{tag}/{domain}.{kind}")
    told.tell(met)
    return told.status(met)


def _diff(options: argparse.Namespace) -> int:
    from handbill import bilingual, plan, project  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    met: list[Diagnostic] = [told.rules().diagnose(fault) for fault in loaded.faults]
    domains, tags = asked.meant_texts(options, loaded, plan.languages(loaded))
    for tag, domain, kind in product(tags, domains, ("pdf", "html")):
        if not loaded.publishes(domain, tag):
            continue
        proof = bilingual.comparison(loaded, domain, tag, kind=kind)
        if proof is not None:
            met += told.print_page(options, proof, f"{DIFFERENCES}/{tag}/{domain}.{kind}")
        elif kind == "pdf":
            say(f"{domain} in {tag}: nobody has signed it")
    told.tell(met)
    return told.status(met)
