"""What a preview shows while files are edited, and how it follows each save.

First the shown leaflet alone, in its language and for its clinic, is read, checked and composed:
the web page is seen at once. Then a worker prints it on paper, another reads the paper as `build`
does, and at last the whole project is checked, because some rules look at all leaflets. Nothing is
written to disk.
"""

import datetime as dt
import difflib
import functools
import re
import threading
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from handbill import (
    checks,
    plan,
    press,
    preview,
    report,
    rules,
    runner,
    sources,
    templates,
    typeset,
)
from handbill import project as projects
from handbill.catalog import INTERFACE
from handbill.diagnostics import Diagnostic, Fault, HandbillError, Location, Severity
from handbill.editions import Edition, Impression
from handbill.model import Format, Language, Project, Proof
from handbill.project import FONTS
from handbill.sources import Sources, digest


#: How many workers a watch wants: while one still prints what was saved before, another begins.
WORKERS = 3

_CHOICES = (
    ("leaflet", re.compile(r"content/leaflets/([^/]+)/.+")),
    ("clinic", re.compile(r"content/clinics/([^/]+)\.toml")),
    ("format", re.compile(r"templates/formats/([^/]+)/.+")),
)
_FONT_FILE = (".ttf", ".otf")
#: What only a check of all leaflets can tell; said when the whole project has been checked.
_OF_THE_WHOLE = frozenset({"unused-choice"})
#: Where the text of a message is not what is printed: slots, placeholders, citations, addresses.
_FILLED = re.compile(r"\{\{.*?\}\}|\{\w+\}|\[@[^\]]*\]|\]\([^)]*\)")
#: So many letters that stand together are found on a page at their own place.
_ENOUGH = 3


class State(StrEnum):
    """What the shown print is to what is written now.

    `refused` is printed, but with an error for which a build would not publish it.
    """

    CURRENT = "current"
    REFUSED = "refused"
    OLD = "old"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen of an edition at one moment.

    Attributes:
        status: the state in words.
        html: the web page; empty if there is none.
        sheets: the names of the pictures of its pages.
        setting: whether newer pages are being printed.
        findings: the mistakes, each with `words`: letters of the page where it was made.
        everything: how many findings the whole project has; empty while that is not known.
    """

    state: State
    status: str
    html: str = ""
    sheets: tuple[str, ...] = ()
    setting: bool = False
    findings: tuple[Mapping[str, str], ...] = ()
    everything: str = ""


@dataclass(kw_only=True)
class _Print:
    """A page as it was composed: from which files, and where each text was written."""

    html: str
    places: Mapping[str, Location]
    files: Mapping[str, bytes]
    sheets: tuple[str, ...] = ()
    judged: bool = False


@dataclass(kw_only=True)
class _Show:
    """One edition in the preview.

    Attributes:
        viewers: how many windows show it.
        serial: the number of the save that it shows.
        run: counts its makings, so that what comes late from a worker is known to be late.
        latest: what is written now; None if it cannot be printed.
        good: what was printed last without an error, and `before` what was before that.
        checked: what the checks have found; `met` what was met in printing.
        note: why there is no such edition.
    """

    edition: Edition
    viewers: int = 0
    serial: int = 0
    run: int = 0
    project: Project | None = None
    proof: Proof | None = None
    latest: _Print | None = None
    good: _Print | None = None
    before: _Print | None = None
    checked: Sequence[Diagnostic] = ()
    met: Sequence[Diagnostic] = ()
    setting: bool = False
    note: str = ""
    pending: list[Future[Any]] = field(default_factory=list)
    sight: Sight = field(default_factory=lambda: Sight(state=State.NONE, status="Being made."))


class Watch:
    """A project that is being edited, and the editions of it that are being looked at."""

    def __init__(
        self,
        root: Path,
        *,
        today: Callable[[], dt.date],
        fonts_conf: str,
        hire: Callable[[], Executor],
    ) -> None:
        """Read a project.

        Args:
            root: its folder.
            today: asks for the date to judge reviews by.
            fonts_conf: its fontconfig file.
            hire: makes the workers; asked again when one has died.

        Raises:
            HandbillError: there is no project here.
        """
        self.root, self.today, self.fonts_conf, self.hire = root, today, fonts_conf, hire
        self.found = sources.read(root)
        self.unread: Fault | None = None
        self.serial = 1
        self.workers = hire()
        self.changed = threading.Condition(threading.RLock())
        self.pictures: dict[str, bytes] = {}
        self._shows: dict[Edition, _Show] = {}
        self._whole: tuple[int, Sequence[Diagnostic]] = (0, ())
        self._checking = False
        self._ended = False

    def choices(self) -> dict[str, list[str]]:
        """Return what there is to choose from, whether or not it can be read at the moment."""
        settings = projects.load(_settings_only(self.found), today=self.today()).settings
        found: dict[str, list[str]] = {"leaflet": [], "language": [], "clinic": [], "format": []}
        for name, pattern in _CHOICES:
            matched = {match[1] for path in self.found.files if (match := pattern.fullmatch(path))}
            found[name] = sorted(matched)
        found["language"] = list(dict.fromkeys((settings.source_language, *settings.languages)))
        return found

    def edition(self, leaflet: str, language: str, clinic: str, form: str = "") -> Edition:
        """Return the edition of these names; without a format, in the first of its clinic."""
        edition = Edition(leaflet=leaflet, language=language, clinic=clinic, format=form)
        if form:
            return edition
        loaded = projects.load(part(self.found, edition), today=self.today())
        forms = loaded.clinics[clinic].formats if clinic in loaded.clinics else ()
        return replace(edition, format=(*forms, *self.choices()["format"], "a4")[0])

    def warm(self, edition: Edition) -> None:
        """Make an edition for the first time, in every worker: the next time they are quick."""
        with self.changed:
            show = self._show(edition)
            self._make(show)
            for _ in range(WORKERS - 1):
                self.workers.submit(_warm, show.proof, self.fonts_conf)

    def page(self, edition: Edition) -> str:
        """Return the page around a preview.

        Raises:
            HandbillError: the template is wrong.
        """
        with self.changed:
            loaded = projects.load(part(self.found, edition), today=self.today())
            language = loaded.languages.get(edition.language)
            return templates.render(
                loaded.templates,
                templates.WATCH,
                {
                    "edition": edition,
                    "chosen": {name: getattr(edition, name) for name in self.choices()},
                    "choices": self.choices(),
                    "names": {tag: item.english for tag, item in loaded.languages.items()},
                    "language": language.english if language else edition.language,
                },
            )

    def font(self, name: str) -> bytes | None:
        """Return one of the project's fonts."""
        return self.found.files.get(FONTS + name) if name.endswith(_FONT_FILE) else None

    def companion(self, name: str) -> bytes | None:
        """Return a file that belongs to the page around a preview: its script or its style."""
        return self.found.files.get(f"templates/{name}")

    def join(self, edition: Edition) -> None:
        """Begin to look at an edition; it is made if it is not what is written now."""
        with self.changed:
            show = self._show(edition)
            show.viewers += 1
            if show.serial != self.serial:
                self._make(show)

    def leave(self, edition: Edition) -> None:
        """Look at an edition no more."""
        with self.changed:
            self._show(edition).viewers -= 1

    def wait(self, edition: Edition, seen: Sight | None, seconds: float) -> Sight:
        """Return what is to be seen of an edition, as soon as it differs from what was seen."""
        with self.changed:
            show = self._show(edition)
            self.changed.wait_for(lambda: show.sight is not seen, seconds)
            return show.sight

    def saved(self, touched: Collection[str]) -> list[Sight]:
        """Read what was saved, and make what is being looked at; return how it looks now."""
        with self.changed:
            self.serial += 1
            try:
                self.found = sources.read(self.root, known=self.found, touched=touched)
                self.unread = None
            except HandbillError as error:
                self.unread = error.fault
            seen = [show for show in self._shows.values() if show.viewers]
            for show in seen:
                self._make(show)
            return [show.sight for show in seen]

    def end(self) -> None:
        """Begin nothing more, and let the workers go."""
        with self.changed:
            self._ended = True
        self.workers.shutdown(wait=True, cancel_futures=True)

    def _show(self, edition: Edition) -> _Show:
        return self._shows.setdefault(edition, _Show(edition=edition))

    def _make(self, show: _Show, known: Sequence[Diagnostic] | None = None) -> None:
        """Read, check and compose an edition, and have it printed.

        Args:
            show: where it is shown.
            known: what a check of the whole project has found, if it has been made.
        """
        show.run += 1
        show.serial = self.serial
        for future in show.pending:
            future.cancel()
        show.pending.clear()
        show.latest, show.checked, show.met, show.setting, show.note = None, (), (), False, ""
        try:
            if self.unread:
                raise HandbillError(self.unread)  # noqa: TRY301 - as everything else that stops it
            self._compose(show, known)
        except HandbillError as error:
            show.met = [rules.diagnose(error.fault)]
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the preview
            show.met = [_crash(show.edition, error)]
        self._tell(show)
        if not show.setting:
            self._check()

    def _compose(self, show: _Show, known: Sequence[Diagnostic] | None) -> None:
        edition = show.edition
        loaded = projects.load(part(self.found, edition), today=self.today())
        form = loaded.formats.get(edition.format)
        web = next((item for item in loaded.formats.values() if item.kind == "html"), form)
        named = replace(edition, kind=form.kind if form else "pdf")
        show.project, show.note = loaded, _absence(loaded, edition)
        if known is None:
            found = rules.run(_narrow(loaded, edition, web))
            known = [item for item in found if item.name not in _OF_THE_WHOLE]
        show.checked = [item for item in dict.fromkeys(known) if _covers(item, edition)]
        if show.note or form is None or web is None or plan.stopped_by(named, show.checked):
            return
        job = plan.job(loaded, named)
        proof = press.compose(job, "")
        beside = proof
        if named.kind == "pdf" and web.kind == "html":
            other = replace(named, format=web.name, kind="html")
            beside = press.compose(replace(job, edition=other, format=web), "")
        if isinstance(proof, Fault) or isinstance(beside, Fault):
            faults = [item for item in (proof, beside) if isinstance(item, Fault)]
            show.met = [rules.diagnose(fault) for fault in dict.fromkeys(faults)]
            return
        html = _framed(beside, job.language, self.found)
        show.latest = _Print(html=html, places=beside.places, files=self.found.files)
        show.setting = True
        show.proof = proof
        self._submit(show, self._struck, _set, proof, self.fonts_conf)

    def _submit(
        self, show: _Show, take: Callable[..., None], task: Callable[..., Any], *of: Any
    ) -> None:
        """Give a worker something to do for an edition, and take what it brings if still wanted."""
        run, workers = show.run, self.workers

        def done(future: Future[Any]) -> None:
            if future.cancelled():
                return
            with self.changed:
                if self._ended or show.run != run:
                    return
                try:
                    take(show, future.result())
                except BrokenProcessPool as error:
                    show.setting = False
                    show.met = [rules.diagnose(runner.lost_worker(error))]
                    if self.workers is workers:
                        self.workers = self.hire()
                except Exception as error:  # noqa: BLE001 - as in _make
                    show.setting = False
                    show.met = [_crash(show.edition, error)]
                self._tell(show)

        future = workers.submit(task, *of)
        show.pending.append(future)
        future.add_done_callback(done)

    def _struck(self, show: _Show, result: tuple[Impression, Sequence[bytes]]) -> None:
        """Show the pages, and have them read."""
        struck, drawn = result
        if show.latest is None or show.project is None or show.proof is None:
            return  # nothing else was printed
        names = [f"{digest(picture)[:32]}.jpg" for picture in drawn]
        self.pictures |= dict(zip(names, drawn, strict=True))
        show.latest.sheets = tuple(names)
        show.setting = False
        faults = (*struck.faults, *runner.beyond(show.project, show.proof, struck))
        show.met = [rules.diagnose(fault) for fault in faults]
        if not plan.stopped_by(show.edition, show.met):
            show.before, show.good = show.good, show.latest
        self._submit(show, self._judged, _judge, show.proof, struck, self.fonts_conf)

    def _judged(self, show: _Show, faults: Sequence[Fault]) -> None:
        """Add what was found in reading the pages; without an error, it is a good print."""
        known = [*show.met, *(rules.diagnose(fault) for fault in faults)]
        show.met = list(dict.fromkeys(known))
        if show.latest is not None:
            show.latest.judged = True
        if plan.stopped_by(show.edition, show.met) and show.good is show.latest:
            show.good = show.before
        self._forget()
        self._check()

    def _check(self) -> None:
        """Have the whole project checked, if that has not been done since the last save."""
        if self._checking or self._ended or self.unread or self._whole[0] == self.serial:
            return
        serial, workers = self.serial, self.workers

        def done(future: Future[Sequence[Diagnostic]]) -> None:
            with self.changed:
                self._checking = False
                if self._ended or future.cancelled():
                    return
                if future.exception() is not None:
                    # What is shown says so itself; the next save asks again.
                    if self.workers is workers and isinstance(
                        future.exception(), BrokenProcessPool
                    ):
                        self.workers = self.hire()
                    return
                if serial != self.serial:
                    self._check()
                    return
                self._whole = serial, future.result()
                for show in [show for show in self._shows.values() if show.serial == serial]:
                    self._complete(show)

        self._checking = True
        everything = replace(
            self.found,
            files={path: _without_font(path, data) for path, data in self.found.files.items()},
        )
        workers.submit(_check, everything, self.today()).add_done_callback(done)

    def _complete(self, show: _Show) -> None:
        """Put what the whole project's check has found in the place of the first findings."""
        known = [item for item in dict.fromkeys(self._whole[1]) if _covers(item, show.edition)]
        stopped, stops = (
            bool(plan.stopped_by(show.edition, found)) for found in (show.checked, known)
        )
        if stopped and not stops:
            self._make(show, known)
            return
        show.checked = known
        if stops and show.latest is not None and show.good is show.latest:
            show.good = show.before
        self._tell(show)

    def _forget(self) -> None:
        """Forget pictures that nothing shows any more."""
        kept = {
            name
            for show in self._shows.values()
            for item in (show.latest, show.good, show.before)
            if item is not None
            for name in item.sheets
        }
        self.pictures = {name: data for name, data in self.pictures.items() if name in kept}

    def _tell(self, show: _Show) -> None:
        """Let all who look at an edition see what has become of it."""
        found = list(dict.fromkeys([*show.checked, *show.met]))
        found.sort(key=lambda item: (item.severity is not Severity.ERROR, item.location, item.rule))
        errors = sum(item.severity is Severity.ERROR for item in found)
        shown = show.latest or show.good
        if show.latest is not None:
            state = State.REFUSED if errors else State.CURRENT
        else:
            state = State.OLD if shown else State.NONE
        # Until new pages are printed, those before them are shown.
        sheets = shown.sheets if shown else ()
        if show.setting and not sheets and show.good:
            sheets = show.good.sheets
        serial, everything = self._whole
        show.sight = Sight(
            state=state,
            status=_status(state, errors, show.note, judged=bool(shown and shown.judged)),
            html=shown.html if shown else "",
            sheets=sheets,
            setting=show.setting,
            findings=tuple(_row(item, shown, self.found.files) for item in found),
            everything=report.summary(everything) if serial == self.serial else "",
        )
        self.changed.notify_all()


def part(found: Sources, edition: Edition) -> Sources:
    """Return as much of a project's files as the findings on one edition need."""

    def is_needed(path: str) -> bool:
        name = PurePosixPath(path)
        folders = name.parts
        if path.startswith("content/leaflets/"):
            return folders[2] == edition.leaflet
        if path.startswith("content/clinics/") and name.suffix == ".toml":
            return name.stem == edition.clinic
        if path.startswith("templates/components/") and name.name.startswith("fixture"):
            return False
        if path.startswith("locales/") and len(folders) > 2:
            if name.suffix in {".po", ".json"} and name.stem not in {edition.leaflet, INTERFACE}:
                return False
            return name.suffix == ".json" or folders[1] == edition.language
        return True

    files = {path: data for path, data in found.files.items() if is_needed(path)}
    return replace(found, files=files)


def _settings_only(found: Sources) -> Sources:
    return replace(
        found, files={path: data for path, data in found.files.items() if "/" not in path}
    )


def _narrow(project: Project, edition: Edition, web: Format | None) -> Project:
    """Leave in a project only the languages and the formats that one edition's findings need."""
    meant, all_tags = {edition.format, web.name if web else ""}, project.settings.languages
    leaflets = {}
    for name, item in project.leaflets.items():
        # One that the settings do not know is a finding; a leaflet in no language is another.
        tags = [tag for tag in item.languages if tag == edition.language or tag not in all_tags]
        leaflets[name] = replace(item, languages=tuple(tags) or item.languages[:1])
    clinics = {}
    for name, clinic in project.clinics.items():
        forms = [form for form in clinic.formats if form in meant or form not in project.formats]
        clinics[name] = replace(clinic, formats=tuple(forms) or clinic.formats[:1])
    wanted = {edition.language, *(tag for item in leaflets.values() for tag in item.languages)}
    settings = replace(project.settings, languages=tuple(tag for tag in all_tags if tag in wanted))
    return replace(project, settings=settings, leaflets=leaflets, clinics=clinics)


def _covers(item: Diagnostic, edition: Edition) -> bool:
    return item.scope.covers(edition.leaflet, edition.language, edition.clinic)


def _absence(project: Project, edition: Edition) -> str:
    """Say why there is no such edition; nothing if there is."""
    known = {
        "leaflet": project.leaflets,
        "language": plan.languages(project),
        "clinic": project.clinics,
        "format": project.formats,
    }
    for name, names in known.items():
        if (value := getattr(edition, name)) not in names:
            return f"There is no {name} {value!r}, or it cannot be read."
    if not project.publishes(edition.leaflet, edition.language):
        return f"This leaflet is not wanted in {project.languages[edition.language].english}."
    translated = edition.language != project.settings.source_language
    for domain in (edition.leaflet, INTERFACE):
        if translated and (edition.language, domain) not in project.catalogs:
            return f"There is no catalog of {domain!r} in this language."
    return ""


def _status(state: State, errors: int, note: str, *, judged: bool) -> str:
    """Say what the shown print is to what is written now."""
    counted = f"{errors} error{'' if errors == 1 else 's'}"
    last = "the last good print" if judged else "the last print, not all of which was checked"
    said = {
        State.CURRENT: "Up to date.",
        State.REFUSED: f"{counted} met: a build would not publish this print.",
        State.OLD: f"Stopped by {counted}: shows {last}, not what is written now.",
        State.NONE: f"Stopped by {counted}: there is no good print yet.",
    }
    if state in {State.OLD, State.NONE} and note:
        return f"Stopped. {note}" + (f" Shows {last}." if state is State.OLD else "")
    return said[state]


def _crash(edition: Edition, error: Exception) -> Diagnostic:
    """Make a finding of a mistake of ours, so that it is seen and the preview goes on."""
    message = f"the preview cannot show this: {type(error).__name__}: {error}"
    hint = "try build.py build; the next save tries again"
    place = Location(path=edition.path)
    return rules.diagnose(
        Fault(
            kind="engine-failure", location=place, message=message, hint=hint, scope=edition.scope
        )
    )


def _framed(proof: Proof, language: Language, found: Sources) -> str:
    """Return a page for the preview's frame: its fonts are fetched, not cut and put into it."""
    table = found.files.get(f"{FONTS}fonts.toml", b"").decode("utf-8", "replace")
    rows = "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: block;'
        f' src: url("/fonts/{file}"); }}'
        for family, weight, file in _faces(table)
        if family in language.fonts
    )
    head = f'<style>\n{rows}\n</style>\n<link rel="stylesheet" href="/watch.css">\n</head>'
    return press.with_pictures(proof.html, proof.assets).replace("</head>", head, 1)


@functools.lru_cache(maxsize=2)
def _faces(table: str) -> tuple[tuple[str, int, str], ...]:
    """Return family, weight and file of each font; a table with mistakes has its own findings."""
    try:
        rows = tomllib.loads(table).get("font", [])
        return tuple((row["family"], row["weight"], row["file"]) for row in rows)
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return ()


def _row(item: Diagnostic, shown: _Print | None, files: Mapping[str, bytes]) -> Mapping[str, str]:
    """Write a finding for the list, with the letters of the page where it was made."""
    words = _words(item.location, shown, files) if shown else ""
    return {
        "severity": item.severity.value,
        "place": str(item.location),
        "rule": f"{item.rule} {item.name}",
        "message": item.message,
        "hint": item.hint,
        "words": words,
    }


def _words(place: Location, shown: _Print, files: Mapping[str, bytes]) -> str:
    """Return letters that stand together on a page, of the text that was written at a place."""
    old, new = shown.files.get(place.path), files.get(place.path)
    if old is None or new is None:
        return ""
    line = place.line if old is new else _before(place.line, new, old)
    lines = [text.strip() for text in old.splitlines()]
    here = {
        location.line: text
        for text, location in shown.places.items()
        if location.path == place.path
    }
    if line in here:
        return _together(here[line])
    first = last = line
    # Blocks of Markdown and entries of a catalog are parted by empty lines.
    while first > 1 and lines[first - 2 : first - 1] not in ([], [b""]):
        first -= 1
    while last < len(lines) and lines[last]:
        last += 1
    if lines[first - 1 : first] == [b"+++"]:
        return ""  # another key of the front matter
    above = [number for number in here if first <= number <= line]
    below = [number for number in here if line < number <= last]
    if above:
        return _together(here[max(above)])
    return _together(here[min(below)]) if below and place.path.endswith(".po") else ""


def _before(line: int, new: bytes, old: bytes) -> int:
    """Return where a line of a file stood before the file was edited."""
    for tag, old_start, old_end, new_start, new_end in _edits(old, new):
        if new_start < line <= new_end:
            if tag == "equal":
                return line - new_start + old_start
            return min(line - new_start + old_start, max(old_end, old_start + 1))
    return line


@functools.lru_cache(maxsize=8)
def _edits(old: bytes, new: bytes) -> Sequence[tuple[str, int, int, int, int]]:
    matcher = difflib.SequenceMatcher(None, old.split(b"\n"), new.split(b"\n"), autojunk=False)
    return matcher.get_opcodes()


def _together(text: str) -> str:
    """Return the most letters of a message that stand together on its page."""
    parts = ("".join(filter(_is_letter, part)) for part in _FILLED.split(text))
    longest = max(parts, key=len)
    return longest if len(longest) >= _ENOUGH else ""


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN"


def _without_font(path: str, data: bytes) -> bytes:
    """Keep a font's name but not its data: checks know it by its digest."""
    return b"" if path.startswith(FONTS) and path.endswith(_FONT_FILE) else data


def _warm(proof: Proof | None, fonts_conf: str) -> None:
    """In a worker: load what printing needs, and try it."""
    typeset.prepare(fonts_conf)
    if proof is not None:
        _judge(proof, _set(proof, fonts_conf)[0], fonts_conf)


def _set(proof: Proof, fonts_conf: str) -> tuple[Impression, Sequence[bytes]]:
    """In a worker: print a proof, and draw its pages."""
    typeset.prepare(fonts_conf)
    struck = press.strike(proof)
    if proof.edition.kind == "html" or not struck.data:
        return struck, ()
    return struck, tuple(preview.photographs(press.on_sheets(proof, struck).data))


def _judge(proof: Proof, struck: Impression, fonts_conf: str) -> Iterable[Fault]:
    """In a worker: read what was printed, as a build does before it publishes."""
    typeset.prepare(fonts_conf)
    return press.judge(proof, struck).faults


def _check(found: Sources, today: dt.date) -> Sequence[Diagnostic]:
    """In a worker: check a whole project."""
    checks.install()
    return tuple(rules.run(projects.load(found, today=today)))
