"""What a command line asks for: options that commands share, and refusals of what is not there."""

import argparse
import datetime as dt
import fnmatch
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from handbill.diagnostics import Diagnostic, Fault, HandbillError, Location
from handbill.editions import Selection, matches


if TYPE_CHECKING:
    from handbill.ledger import Ledger
    from handbill.model import Project

FILTERS = ("leaflet", "language", "clinic", "format")
FONTS_CONF = "templates/fonts/fonts.conf"


def common(parser: argparse.ArgumentParser) -> None:
    """Let a command say where it works, and on which day."""
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    parser.add_argument("--output", type=Path, help="where to write (default: output in the root)")
    parser.add_argument("--today", type=date, help="the date to judge reviews by, YYYY-MM-DD")


def filters(parser: argparse.ArgumentParser, names: Sequence[str] = FILTERS) -> None:
    """Let a command choose editions."""
    group = parser.add_argument_group(
        "filters", "each a name or a glob; may be given more than once"
    )
    for name in names:
        group.add_argument(f"--{name}", action="append", default=[], metavar="GLOB")


def texts(parser: argparse.ArgumentParser) -> None:
    """Let a command choose texts: leaflets, or the templates' words, in languages."""
    parser.add_argument(
        "--leaflet",
        action="append",
        default=[],
        metavar="GLOB",
        help="its id, or handbill: the templates' words",
    )
    parser.add_argument("--language", action="append", default=[], metavar="GLOB")


def summary(parser: argparse.ArgumentParser) -> None:
    """Let a command add what it found to a file, for the page that CI shows of a job."""
    parser.add_argument(
        "--summary",
        type=Path,
        metavar="FILE",
        help="add all findings to a file, as a Markdown table; such as $GITHUB_STEP_SUMMARY",
    )


def date(text: str) -> dt.date:
    """Read a date of the command line."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        message = f"no date: {text!r}; for example 2026-11-24"
        raise argparse.ArgumentTypeError(message) from error


def today(options: argparse.Namespace) -> dt.date:
    """Return the date that reviews are judged by: the one place where the clock is read."""
    given: dt.date | None = options.today
    return given or dt.datetime.now(tz=dt.UTC).date()


def output(options: argparse.Namespace) -> Path:
    """Return the output folder."""
    named: Path | None = options.output
    return named or options.root / "output"


def fonts_conf(options: argparse.Namespace) -> Path:
    """Return the file that says where the project's fonts are.

    Raises:
        HandbillError: there is none.
    """
    path: Path = options.root.resolve() / FONTS_CONF
    if not path.is_file():
        cannot("missing-fonts", FONTS_CONF, "the project has no fonts of its own")
    return path


def ledger(options: argparse.Namespace) -> "Ledger":
    """Open the project's ledger of what was handed over.

    Raises:
        HandbillError: it cannot be used.
    """
    from handbill.ledger import FOLDER, Ledger  # noqa: PLC0415

    return Ledger(options.root / FOLDER, clock=time.time)


def selection(options: argparse.Namespace, loaded: "Project") -> Selection:
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
        named(options, name, names)
    return Selection(
        leaflets=tuple(options.leaflet),
        languages=tuple(options.language),
        clinics=tuple(options.clinic),
        formats=tuple(options.format),
    )


def named(options: argparse.Namespace, name: str, names: Sequence[str]) -> list[str]:
    """Return the names that a filter selects; without one, all.

    Raises:
        HandbillError: a pattern of the filter fits none of them.
    """
    patterns = getattr(options, name)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            unknown(f"--{name}", pattern, names)
    return [item for item in names if matches(item, patterns)]


def meant_texts(
    options: argparse.Namespace, loaded: "Project", tags: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Read the filters of texts: which, the templates' words among them, in which languages."""
    from handbill import catalog  # noqa: PLC0415

    return (
        named(options, "leaflet", list(catalog.texts(loaded))),
        named(options, "language", tags),
    )


def meant(options: argparse.Namespace, item: Diagnostic) -> bool:
    """Tell whether a finding concerns anything that the filters select."""
    values = {name: getattr(item.scope, name) for name in ("leaflet", "language", "clinic")}
    return all(matches(value, getattr(options, name)) for name, value in values.items() if value)


def unknown(place: str, wanted: str, names: Sequence[str]) -> NoReturn:
    """Refuse a name that there is none of."""
    from handbill.tables import nearest  # noqa: PLC0415

    message = f"no {place.lstrip('-')} is called {wanted!r}"
    hint = nearest(wanted, names) or f"there are {', '.join(names)}"
    cannot("unknown-choice", place, message, hint)


def cannot(kind: str, path: str, message: str, hint: str = "") -> NoReturn:
    """Refuse to go on.

    Raises:
        HandbillError: always.
    """
    raise HandbillError(Fault(kind=kind, location=Location(path=path), message=message, hint=hint))
