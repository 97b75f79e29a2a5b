"""`site`: a catalogue for any host of plain files, made from what a build has published."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handbill import sources
from handbill.commands import asked, told
from handbill.diagnostics import Fault, HandbillError
from handbill.store import Store
from handbill.terminal import say


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
    from handbill import catalogue, project, site  # noqa: PLC0415
    from handbill.catalog import SITE  # noqa: PLC0415

    built = Store(asked.output(options))
    target = Store(options.to or built.root / TO)
    with built.alone():
        files = sources.read(options.root)
        loaded = project.load(files, today=asked.today(options))
        asked.named(options, "clinic", list(loaded.clinics))
        everything = list(told.rules().run(loaded))
        source = loaded.settings.source_language
        design, met = site.design(loaded, files.below(site.FOLDER.rstrip("/")))
        found = [item for item in everything if item.scope.leaflet in {None, SITE}]
        found += [told.rules().diagnose(fault) for fault in met]
        errors = [item for item in found if told.status([item])]
        if any(item.scope.covers(SITE, source, item.scope.clinic or "") for item in errors):
            told.tell(found)
            say("no site was made: what is said above concerns all of it")
            return told.FINDINGS
        silent = {item.scope.language for item in errors if item.scope.language}
        before = _before(options, target)
        gathered = catalogue.gather(
            loaded,
            built.manifest(),
            built.published,
            before=before,
            formats=design.formats,
            clinics=options.clinic,
            findings=everything,
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
        # Prints before the pages that lead to them; the catalogue last, when all else is done: it
        # is what the next site believes, also after this one was broken off.
        believed = made.pop(catalogue.CATALOGUE)
        written = 0
        digests = {file.path: file.digest for entry in shown.entries for file in entry.files}
        for path, edition in gathered.origins.items():
            if not target.holds(path, digests[path]):
                target.publish(path, built.published(edition.path))
                written += 1
        _all_there(shown, target, drawn)
        for path, data in (drawn | made).items():
            written += _publish(target, path, data)
        gone = _gone(before, shown)
        for path in gone:
            target.withdraw(path)
        written += _publish(target, catalogue.CATALOGUE, believed)
    found += [told.rules().diagnose(fault) for fault in (*gathered.faults, *site.heavy(weights))]
    told.tell(found)
    live = sum(entry.withdrawn is None for entry in shown.entries)
    say(
        f"{target.root}: {live} leaflets of {len(shown.places)} clinics, "
        f"{len(shown.entries) - live} withdrawn; {written} files written, {len(gone)} removed"
    )
    if before is None:
        say("this is a first site: name the published one's catalogue.json with --previous")
    if base and loaded.settings.site not in {"", base}:
        say(f"codes on paper lead to {loaded.settings.site}, not to this site")
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


def _publish(target: Store, path: str, data: bytes) -> bool:
    """Put a file in its place; tell whether it was not there already."""
    held = target.holds(path, sources.digest(data))
    if not held:
        target.publish(path, data)
    return not held


def _all_there(shown: "Catalogue", target: Store, drawn: Mapping[str, bytes]) -> None:
    """Make sure that the site has the files its pages lead to.

    Raises:
        HandbillError: an edition is not today's, and the site's older file is not there either.
    """
    live = [entry for entry in shown.entries if entry.withdrawn is None]
    wanted = {file.path: file.digest for entry in live for file in entry.files}
    wanted |= {entry.preview.path: entry.preview.digest for entry in live if entry.preview}
    lost = [
        path
        for path, digest in wanted.items()
        if path not in drawn and not target.holds(path, digest)
    ]
    if lost:
        asked.cannot(
            "catalogue-file",
            f"{target.root}/{lost[0]}",
            f"{len(lost)} files that the last site had are not there, and are not built anew",
            "build them, or fetch the whole published site into the folder of --to",
        )


def _gone(before: "Catalogue | None", now: "Catalogue") -> list[str]:
    """Return the files of the site that nothing names any more: old prints, never pages."""

    def named(catalogue: "Catalogue") -> set[str]:
        files = {file.path for entry in catalogue.entries for file in entry.files}
        return files | {entry.preview.path for entry in catalogue.entries if entry.preview}

    return sorted(named(before) - named(now)) if before else []


def _base(text: str) -> str:
    """Read an address of the command line."""
    try:
        is_address = bool(_BASE.fullmatch(text) and urlsplit(text).hostname)
    except ValueError:
        is_address = False
    if not is_address:
        message = f"no address of a site: {text!r}; for example https://leaflets.example.org"
        raise argparse.ArgumentTypeError(message)
    return text
