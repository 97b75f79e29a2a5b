"""`specimen`, `gallery` and `pseudo`: pages that try out languages, components and templates."""

import argparse
import os
from typing import TYPE_CHECKING

from handbill import sources
from handbill.commands import asked, told
from handbill.commands.build import progress
from handbill.store import GALLERY, PSEUDO, SPECIMENS, Store
from handbill.terminal import say


if TYPE_CHECKING:
    from handbill.diagnostics import Diagnostic


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the command line."""
    specimen = commands.add_parser("specimen", help="print a page that tries out each language")
    asked.common(specimen)
    specimen.add_argument("--language", action="append", default=[], metavar="GLOB")
    specimen.set_defaults(command=_specimen)

    gallery = commands.add_parser("gallery", help="show every component, printed and as written")
    asked.common(gallery)
    for name in ("language", "format"):
        gallery.add_argument(f"--{name}", action="append", default=[], metavar="GLOB")
    gallery.set_defaults(command=_gallery)

    pseudo = commands.add_parser(
        "pseudo", help="print leaflets in two languages that are none, to try the templates"
    )
    asked.common(pseudo)
    asked.filters(pseudo)
    pseudo.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    pseudo.set_defaults(command=_pseudo)


def _specimen(options: argparse.Namespace) -> int:
    from handbill import press, project, typeset  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    typeset.prepare(str(asked.fonts_conf(options)))
    store = Store(asked.output(options))
    tags = [tag for tag in loaded.specimens if tag in loaded.languages]
    found: list[Diagnostic] = [told.rules().diagnose(fault) for fault in loaded.faults]
    for tag in asked.named(options, "language", tags):
        impression = press.print_proof(press.specimen(loaded, tag, ""))
        found += [told.rules().diagnose(fault) for fault in impression.faults]
        store.publish(f"{SPECIMENS}/{tag}.pdf", impression.data)
        say(f"specimen/{tag}.pdf: {loaded.languages[tag].autonym}")
    told.tell(found)
    return told.status(found)


def _gallery(options: argparse.Namespace) -> int:
    from handbill import plan, press, project, typeset  # noqa: PLC0415

    loaded = project.load(sources.read(options.root), today=asked.today(options))
    typeset.prepare(str(asked.fonts_conf(options)))
    store = Store(asked.output(options))
    shown = {tag for tag, _component in loaded.fixtures}
    tags = [tag for tag in plan.languages(loaded) if tag in shown]
    forms = [
        loaded.formats[name]
        for name in asked.named(options, "format", list(loaded.formats))
        if options.format or loaded.formats[name].kind == "html"
    ]
    wanted = asked.named(options, "language", tags)
    if not options.language:
        # Of each direction one language is enough to look at.
        first = {loaded.languages[tag].direction: tag for tag in reversed(tags)}
        wanted = [tag for tag in tags if tag in first.values()]
    checked = list(told.rules().run(loaded))
    found: list[Diagnostic] = []
    for tag in wanted:
        here = [item for item in checked if item.scope.covers(GALLERY, tag, GALLERY)]
        found += here
        if told.status(here) == told.FINDINGS:
            continue
        for form in forms if options.format else (None, *forms):
            proof = press.gallery(loaded, tag, form, "")
            impression = press.print_proof(proof)
            found += [told.rules().diagnose(fault) for fault in impression.faults]
            name = f"{tag}.{form.name}" if form and form.kind == "pdf" else tag
            store.publish(f"{GALLERY}/{name}.{proof.edition.kind}", impression.data)
            say(f"{GALLERY}/{name}.{proof.edition.kind}: {loaded.languages[tag].autonym}")
    told.tell(dict.fromkeys(found))
    return told.status(found)


def _pseudo(options: argparse.Namespace) -> int:
    from handbill import plan, project, pseudo, report, runner  # noqa: PLC0415

    real = project.load(sources.read(options.root), today=asked.today(options))
    loaded = pseudo.project(real)
    selection = asked.selection(options, loaded)
    # What no translator sees is printed: that is what these editions show.
    shown = {"untranslatable-text", "untranslated-leak"}
    findings = [
        item
        for item in told.rules().run(real)
        if item.scope.language in {None, real.settings.source_language} and item.name not in shown
    ]
    editions = [
        item
        for item in plan.editions(loaded)
        if item.language in loaded.settings.languages and selection.selects(item)
    ]
    store = Store(asked.output(options) / PSEUDO)
    with store.alone():
        build = runner.Build(
            loaded, store, fonts_conf=str(asked.fonts_conf(options)), findings=findings
        )
        workers, at_once = runner.executor("process", max(1, min(options.jobs, len(editions))))
        try:
            for number, outcome in enumerate(build.run(editions, workers, at_once), start=1):
                progress(outcome, f"{number}/{len(editions)}", explain=False)
                findings += outcome.diagnostics
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
            build.conclude(complete=selection.everything)
    told.tell(findings)
    say(f"in {PSEUDO}/ of the output folder; {report.summary(findings)}")
    return told.status(findings)
