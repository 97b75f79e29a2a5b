"""`site`: a catalogue for any host of plain files, made from what a build has published."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from handbill import sources
from handbill.commands import asked, told
from handbill.diagnostics import Fault, HandbillError
from handbill.store import Store
from handbill.terminal import is_coloured, say


if TYPE_CHECKING:
    from handbill.catalogue import Catalogue

#: Where the site is written, below the output folder.
TO = "site"
_BASE = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*[^\s?#/])?/?")
_LIMIT = 1 << 28


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    site = commands.add_parser("site", help="make a catalogue for the web of what is built")
    asked.common(site)
    asked.filters(site, ("clinic",))
    site.add_argument("--to", type=Path, help=f"where (default: {TO} in the output folder)")
    site.add_argument(
        "--previous",
        type=Path,
        metavar="FILE",
        help="the catalogue.json of the published site, if it is not where the new one is written",
    )
    site.add_argument(
        "--base", type=_base, metavar="URL", help="the site's address (default: of the settings)"
    )
    site.set_defaults(command=_site)


def _site(options: argparse.Namespace) -> int:
    from handbill import catalogue, project, report, site  # noqa: PLC0415
    from handbill.catalog import SITE  # noqa: PLC0415

    built = Store(asked.output(options))
    target = Store(options.to or built.root / TO)
    with built.alone():
        files = sources.read(options.root)
        loaded = project.load(files, today=asked.today(options))
        clinics = tuple(asked.named(options, "clinic", list(loaded.clinics)))
        everything = list(told.rules().run(loaded))
        source = loaded.settings.source_language
        design, met = site.design(loaded, files.below(site.FOLDER.rstrip("/")))
        found = [item for item in everything if item.scope.leaflet in {None, SITE}]
        found += [told.rules().diagnose(fault) for fault in met]
        errors = [item for item in found if told.status([item])]
        if any(item.scope.covers(SITE, source, item.scope.clinic or "") for item in errors):
            say(report.write(found, "text", colour=is_coloured()))
            say("no site was made: what is said above concerns all of it")
            return told.FINDINGS
        silent = {item.scope.language for item in errors if item.scope.language}
        before = _before(options, target)
        gathered = catalogue.gather(
            loaded,
            built.manifest(),
            built.published,
            before=before,
            clinics=clinics,
            formats=design.formats,
            whole=not told.status(everything),
        )
        shown, drawn = site.illustrate(
            gathered.catalogue, gathered.origins, built.published, target.holds
        )
        base = (options.base or loaded.settings.site).rstrip("/")
        made, weights = site.pages(
            loaded,
            shown,
            design,
            base=base,
            fonts=asked.fonts_conf(options).parent,
            silent=frozenset(silent),
        )
        changed = 0
        copies = {path: edition.path for path, edition in gathered.origins.items()}
        known = {file.path: file.digest for entry in shown.entries for file in entry.files}
        for path, origin in copies.items():
            if not target.holds(path, known[path]):
                target.publish(path, built.published(origin))
                changed += 1
        # The catalogue last: it is what the next site believes.
        for path, data in sorted(
            (drawn | made).items(), key=lambda item: item[0] == catalogue.CATALOGUE
        ):
            if not target.holds(path, sources.digest(data)):
                target.publish(path, data)
                changed += 1
        gone = _gone(before, shown)
        for path in gone:
            target.withdraw(path)
    found += [told.rules().diagnose(fault) for fault in (*gathered.faults, *site.heavy(weights))]
    say(report.write(found, "text", colour=is_coloured()))
    live = sum(entry.withdrawn is None for entry in shown.entries)
    say(
        f"{target.root}: {live} leaflets of {len(shown.places)} clinics, "
        f"{len(shown.entries) - live} withdrawn; {changed} files written, {len(gone)} removed"
    )
    if before is None:
        say("this is a first site: name the published one's catalogue.json with --previous")
    if not base:
        say("without an address (--base, or site in the settings) it has no feeds and no sitemap")
    return told.status(found)


def _before(options: argparse.Namespace, target: Store) -> "Catalogue | None":
    """Return the catalogue of the site as it is.

    Raises:
        HandbillError: there is one that cannot be read.
    """
    from handbill import catalogue  # noqa: PLC0415

    path: Path = options.previous or target.root / catalogue.CATALOGUE
    if options.previous is None and not path.is_file():
        return None
    found = catalogue.read(sources.read_file(path, limit=_LIMIT), str(path))
    if isinstance(found, Fault):
        raise HandbillError(found)
    return found


def _gone(before: "Catalogue | None", now: "Catalogue") -> list[str]:
    """Return the files of the site that nothing names any more: old prints, never pages."""

    def named(catalogue: "Catalogue") -> set[str]:
        files = {file.path for entry in catalogue.entries for file in entry.files}
        return files | {entry.preview.path for entry in catalogue.entries if entry.preview}

    return sorted(named(before) - named(now)) if before else []


def _base(text: str) -> str:
    """Read an address of the command line."""
    if not _BASE.fullmatch(text):
        message = f"no address of a site: {text!r}; for example https://leaflets.example.org"
        raise argparse.ArgumentTypeError(message)
    return text
