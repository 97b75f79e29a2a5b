"""Beginnings of new files, for `handbill new`: what is known is written, the rest is TODO.

Leaflets and clinics begin as the files of `templates/new/`, which designers may edit; in them
`$id`, `$today` and the like are filled in. Rule LF141 stops what still has a TODO.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Template
from typing import NoReturn

from handbill import catalog, languages
from handbill.diagnostics import Fault, HandbillError, Location, not_utf8
from handbill.model import Project
from handbill.project import ID, LANGUAGES, WORDS
from handbill.sources import Sources
from handbill.tables import nearest


BEGINNINGS = "templates/new/"
#: The format that others begin as.
PLAIN = "a4"
_FORMATS = (PLAIN, "large-print", "html")
_LEADING = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Files that are not there yet, or not so long, and what a person does next."""

    files: Mapping[str, bytes]
    steps: tuple[str, ...]


def leaflet(sources: Sources, name: str, *, kind: str, today: dt.date) -> Beginning:
    """Begin a leaflet of a kind, with the sections and boxes that the kind has.

    Raises:
        HandbillError: there is no such kind, or there is such a leaflet already.
    """
    _new("leaflet", name, sources, f"content/leaflets/{name}/leaflet.md")
    if name in catalog.INTERFACES:
        _refuse(f"{name!r} is the domain of templates", "call the leaflet something else")
    text = _beginning(sources, "kind", kind, ".md").safe_substitute(
        id=name, today=today, later=_two_years_after(today)
    )
    return Beginning(
        files={f"content/leaflets/{name}/leaflet.md": text.encode()},
        steps=(
            "write what stands for each TODO",
            'say in which languages it will be: languages = ["es"]; without that line, in all',
            "run catalog update when the English is written",
        ),
    )


def clinic(sources: Sources, project: Project, name: str, *, country: str) -> Beginning:
    """Begin a clinic, with the formats of its neighbours and the choices that leaflets ask for.

    Raises:
        HandbillError: there is such a clinic already, or the country has not two capitals.
    """
    path = f"content/clinics/{name}.toml"
    _new("clinic", name, sources, path)
    if not re.fullmatch("[A-Z]{2}", country):
        _refuse(f"no country is called {country!r}", "write two capitals, such as GB")
    neighbours = [item for item in project.clinics.values() if item.country == country]
    paper = neighbours[0].paper if neighbours else "a4"
    formats = neighbours[0].formats if neighbours else _FORMATS
    text = _beginning(sources, "file", "clinic", ".toml").safe_substitute(
        id=name,
        country=country,
        paper=paper,
        formats=json.dumps([item for item in formats if item in project.formats]),
        choices=_choices(project),
    )
    return Beginning(
        files={path: text.encode()},
        steps=(
            "write what stands for each TODO, and the telephone numbers",
            "make the choices at the end that the country's file does not make",
        ),
    )


def language(sources: Sources, project: Project, tag: str) -> Beginning:
    """Describe a language as CLDR knows it, at the end of the tables of languages and words.

    Raises:
        HandbillError: CLDR does not know it, or the tables have it already.
    """
    if not languages.TAG.fullmatch(tag):
        _refuse(f"not a BCP 47 tag: {tag!r}", "for example es, zh-Hans, pt-BR")
    if broken := [item for item in project.faults if item.location.path in {LANGUAGES, WORDS}]:
        raise HandbillError(broken[0])
    texts = {path: _text(path, sources.files.get(path, b"")) for path in (LANGUAGES, WORDS)}
    absent = [path for path, text in texts.items() if not _has_table(text, tag)]
    if LANGUAGES not in absent:
        _refuse(f"{LANGUAGES} has a language {tag!r} already", f"edit its table, [{tag}]")
    known = catalog.describe(tag)
    if known is None:
        _refuse(f"CLDR does not know {tag!r}", f"write its table in {LANGUAGES} by hand")
    alike = next((item for item in project.languages.values() if item.script == known.script), None)
    fonts = alike.fonts if alike else ("TODO: a font that has its letters",)
    tables = {
        LANGUAGES: (
            f"autonym = {_quoted(known.autonym)}",
            f"english = {_quoted(known.english)}",
            f"script = {_quoted(known.script)}",
            f"cldr = {_quoted(tag)}",
            f"plural = {_quoted(known.plural)}",
            f"fonts = [{', '.join(map(_quoted, fonts))}]",
            f"line-height = {alike.line_height if alike else _LEADING}",
        ),
        WORDS: ("not = []",),
    }
    files = {
        path: "\n".join((texts[path].rstrip("\n"), "", f"[{tag}]", *tables[path], "")).encode()
        for path in absent
    }
    return Beginning(
        files=files,
        steps=(
            f"read what CLDR says of it in {LANGUAGES}",
            *(() if alike else (f"add a font for {known.script} to templates/fonts, and name it",)),
            f"say in {WORDS} how it says no, and what it calls units",
            "translate its catalogs",
            "try it: add it to templates/specimen.toml, and run specimen",
            f'publish it: add "{tag}" to languages in pyproject.toml',
        ),
    )


def page_format(sources: Sources, name: str) -> Beginning:
    """Begin a format as a copy of `a4`.

    Raises:
        HandbillError: there is such a format already.
    """
    start, end = (f"templates/formats/{item}" for item in (PLAIN, name))
    _new("format", name, sources, f"{end}/format.toml")
    files = {
        end + path.removeprefix(start): data
        for path, data in sources.files.items()
        if path.startswith(f"{start}/")
    }
    if f"{end}/format.toml" not in files:
        _refuse(f"there is no {start} to begin with", "take it from the repository's history")
    settings = _text(f"{start}/format.toml", files[f"{end}/format.toml"])
    title = re.sub(r'^title = ".*"$', f"title = {_quoted(name)}", settings, flags=re.MULTILINE)
    return Beginning(
        files={**files, f"{end}/format.toml": title.encode()},
        steps=(
            f"give it a title in {end}/format.toml, and its paper in style.css",
            f'add "{name}" to the formats of a clinic',
        ),
    )


def _beginning(sources: Sources, what: str, name: str, end: str) -> Template:
    """Return a file of `templates/new/`."""
    known = {
        PurePosixPath(path).stem: path
        for path in sources.files
        if path.startswith(BEGINNINGS) and path.endswith(end)
    }
    if name not in known:
        hint = nearest(name, known) or f"{BEGINNINGS} has {', '.join(known) or 'none'}"
        _refuse(f"no {what} is called {name!r}", hint)
    return Template(_text(known[name], sources.files[known[name]]))


def _choices(project: Project) -> str:
    """List, as comments, the local variants that leaflets ask for."""
    asked: dict[str, tuple[list[str], list[str]]] = {}
    for item in project.leaflets.values():
        for name, options in item.outline.options.items():
            every, leaflets = asked.setdefault(name, ([], []))
            every += [option for option in options if option not in every]
            leaflets.append(item.id)
    parts = [
        f"\n# {', '.join(leaflets)}: {' or '.join(map(_quoted, every))}?"
        f' Your own choice, or the country\'s.\n# [choices.{name}]\n# is = "…"\n'
        for name, (every, leaflets) in sorted(asked.items())
    ]
    return "".join(parts)


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, column, message = not_utf8(error)
        place = Location(path=path, line=line, column=column)
        hint = "save the file as UTF-8"
        fault = Fault(kind="unreadable-text", location=place, message=message, hint=hint)
        raise HandbillError(fault) from error


def _has_table(text: str, tag: str) -> bool:
    return re.search(rf"^\s*\[\s*{re.escape(tag)}\s*[.\]]", text, re.MULTILINE) is not None


def _quoted(text: str) -> str:
    """Write a text as TOML does, which for these is as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _two_years_after(day: dt.date) -> dt.date:
    """Return the same day two years later; after 29 February, the last of that month."""
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    return day.replace(year=day.year + 2)


def _new(what: str, name: str, sources: Sources, path: str) -> None:
    """Refuse a name that is none, or that something has."""
    if not re.fullmatch(ID, name):
        _refuse(f"no {what} can be called {name!r}", "use small letters, digits and single hyphens")
    if path in sources.files:
        _refuse(f"there is a {what} {name!r} already: {path}", "nothing is overwritten")


def _refuse(message: str, hint: str) -> NoReturn:
    raise HandbillError(
        Fault(kind="unknown-choice", location=Location(path="new"), message=message, hint=hint)
    )
