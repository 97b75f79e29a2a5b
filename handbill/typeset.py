"""HTML to PDF. The only importer of weasyprint.

The press is hermetic: it serves only the assets of a proof, sees only the project's fonts, and
takes its clock from a constant. What WeasyPrint logs becomes faults: it never raises for bad
input, so an unread log is a wrong leaflet.
"""

import ctypes
import functools
import logging
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from handbill import dissect, finish, fitting, measure, textlayer
from handbill.diagnostics import Fault, Location
from handbill.editions import Impression
from handbill.fitting import Layout
from handbill.imprint import BLOCK, Card, Shell, Unfit
from handbill.model import Proof


#: 2000-01-01; fontTools stamps a font's `head.modified` with it. Any constant will do.
EPOCH = "946684800"

#: After so many seconds an edition is given up; the slowest takes two.
PATIENCE = 120

_STYLE = re.compile(r"(?<=<style>).*?(?=</style>)", re.DOTALL)
_OPTIONS = {"pdf_variant": finish.VARIANT, "pdf_identifier": True}

_LOGGER = logging.getLogger("weasyprint")
_GLYPH = re.compile(r'\.notdef glyph .*: "(.+)" \(U\+([0-9A-F]+)\)', re.DOTALL)
_KINDS = (
    (re.compile(r"Failed to (load|render)|Relative URI|Malformed URL"), "missing-asset"),
    (
        re.compile(r"has no required alt|Missing required \"lang\"|No anchor|Anchor defined twice"),
        "untagged-content",
    ),
)


#: Is given a document, its PDF and the settings in which it was laid out.
_Cut = Callable[[Any, dissect.Painted, tuple[str, ...]], None]


class _Assets(URLFetcher):  # type: ignore[misc] # weasyprint has no types
    """Serves `asset:` names of one proof, and nothing else."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__()
        self.assets = assets

    def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - WeasyPrint's signature
        scheme, _, quoted = url.partition(":")
        name = unquote(quoted)
        if scheme != "asset" or name not in self.assets:
            message = f"not one of the leaflet's files: {url}"
            raise ValueError(message)
        kind = "image/svg+xml" if name.endswith(".svg") else "application/octet-stream"
        return URLFetcherResponse(url, self.assets[name], {"Content-Type": kind})


class _Log(logging.Handler):
    """Collects what WeasyPrint says during one document."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A stylesheet as WeasyPrint reads it, and what it said of it."""

    css: Any
    lines: tuple[str, ...]


@functools.lru_cache(maxsize=32)
def _sheet(text: str, fonts_conf: str) -> _Sheet:
    """Read a stylesheet, which the editions of a format and a script share, once a process.

    WeasyPrint takes a tenth of a document's time for it. It counts as a user's stylesheet then,
    which is the same where there is no other.
    """
    log = _Log()
    _LOGGER.addHandler(log)
    try:
        css = weasyprint.CSS(
            string=text, base_url="asset:", media_type="print", font_config=_fonts(fonts_conf)
        )
    finally:
        _LOGGER.removeHandler(log)
    return _Sheet(css, tuple(log.lines))


def prepare(fonts_conf: str) -> None:
    """Make a fontconfig file the only source of fonts, and warm this process up.

    Raises:
        ValueError: the path is relative; fontconfig would silently use the machine's fonts.
    """
    if not Path(fonts_conf).is_absolute():
        message = f"not an absolute path: {fonts_conf}"
        raise ValueError(message)
    os.environ["FONTCONFIG_FILE"] = fonts_conf
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    _LOGGER.propagate = False
    textlayer.install()
    _fonts(fonts_conf)


def fonts_folder() -> Path:
    """Return the folder of the only fonts there are; `prepare` has set it."""
    return Path(os.environ["FONTCONFIG_FILE"]).parent


@functools.lru_cache(maxsize=4)
def _fonts(fonts_conf: str) -> FontConfiguration:
    """Load a font folder once a process; WeasyPrint finds it in the environment."""
    assert os.environ["FONTCONFIG_FILE"] == fonts_conf  # noqa: S101 - prepare has set it
    return FontConfiguration()


def typeset(proof: Proof) -> Impression:
    """Lay out and paint a proof as a tagged PDF (PDF/UA-1 and PDF/A-2a)."""
    return _paint(proof, lambda _document, _painted, _tried: None)


def shell(proof: Proof, masks: Mapping[str, str]) -> tuple[Impression, Shell | str]:
    """Typeset a leaflet whose clinic is blank, and cut it; say why where that cannot be.

    Args:
        proof: the leaflet.
        masks: the values that stand for those of slots.
    """
    made: list[Shell | str] = [""]

    def cut(document: Any, painted: dissect.Painted, tried: tuple[str, ...]) -> None:
        spots = measure.spots(document, BLOCK)
        # In another setting, or beyond its paper, another height could lead to another choice.
        fits = tried == ("",) and not (proof.budget and len(document.pages) > proof.budget)
        room = measure.room(document, BLOCK) if fits else None
        made[:] = [dissect.shell(painted, spots, masks, tried, room)]

    return _cut(proof, cut, made), made[0]


def card(proof: Proof) -> tuple[Impression, Card | str]:
    """Typeset a clinic's blocks, and cut them out; say why where that cannot be."""
    made: list[Card | str] = [""]

    def cut(document: Any, painted: dissect.Painted, _tried: tuple[str, ...]) -> None:
        made[:] = [dissect.card(painted, measure.spots(document, BLOCK))]

    return _cut(proof, cut, made), made[0]


def _cut(proof: Proof, cut: _Cut, made: list[Any]) -> Impression:
    """Paint a proof and cut it, or say why that cannot be."""

    def attempt(document: Any, painted: dissect.Painted, tried: tuple[str, ...]) -> None:
        try:
            cut(document, painted, tried)
        except Unfit as error:
            made[:] = [str(error)]

    return _paint(proof, attempt, parted=True)


def _paint(proof: Proof, cut: _Cut, *, parted: bool = False) -> Impression:
    """Lay out and paint a proof.

    Args:
        proof: the page.
        cut: is given the document, its finished PDF before it is written, and in which settings
            it was laid out.
        parted: whether what is a clinic's is marked in the content.
    """
    log = _Log()
    _LOGGER.addHandler(log)
    families: set[str] = set()
    tried: tuple[str, ...] = ()

    def complete(document: Any, pdf: Any) -> None:
        finish.mend(pdf)
        contents = dissect.contents(pdf)
        finish.settle(pdf)
        for item in pdf.objects:
            if isinstance(item, dict) and item.get("Type") == "/FontDescriptor":
                families.add(str(item["FontFamily"].string))
        cut(document, dissect.Painted(pdf=pdf, contents=contents), tried)

    try:
        with _patience(PATIENCE):
            layout, document, parts, tried = _fitted(proof, log.lines)
            finish.describe(document)
            with textlayer.parted(parts if parted else {}):
                pdf = document.write_pdf(finisher=complete, **_OPTIONS)
            flaws = list(measure.flaws(document, proof.least_size))
    except Exception as error:  # noqa: BLE001 - WeasyPrint's own crash is this edition's finding
        message = f"the engine cannot print this: {type(error).__name__}: {error}"
        crash = Fault(
            kind="engine-failure",
            location=Location(path=proof.edition.path),
            message=message,
            hint="remove the newest CSS or Markdown piece by piece to find what it cannot take",
            scope=proof.edition.scope,
        )
        return Impression(data=b"", pages=0, faults=(crash,))
    finally:
        _LOGGER.removeHandler(log)
    faults = [_fault(line, proof) for line in dict.fromkeys(log.lines)]
    faults += [font_fallback(family, proof) for family in sorted(families - set(proof.fonts))]
    if layout.is_ragged:
        message = f"its last page, {layout.pages}, is nearly empty"
        flaws.append(("nearly-empty-page", message, "a sentence less, or some more"))
    faults += [
        Fault(
            kind=kind,
            location=Location(path=proof.edition.path),
            message=message,
            hint=hint,
            scope=proof.edition.scope,
        )
        for kind, message, hint in flaws
    ]
    return Impression(
        data=pdf,
        pages=layout.pages,
        fit=layout.setting,
        over=layout.over(proof.budget),
        faults=tuple(faults),
    )


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer: there are stylesheets that WeasyPrint never finishes.

    WeasyPrint swallows what is raised while it loads a picture, so it is interrupted again and
    again: the main thread by a signal, the thread of a cluster's worker as CPython allows it.

    Raises:
        TimeoutError: it took longer.
    """
    main = threading.current_thread() is threading.main_thread()
    try:
        with _alarm(seconds) if main else _interruption(seconds):
            yield
    except _OverdueError as error:
        message = f"not finished after {seconds:g} seconds"
        raise TimeoutError(message) from error


class _OverdueError(TimeoutError):
    """Raised in the middle of whatever takes too long."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the main thread."""

    def stop(_signal: int, _frame: object) -> None:
        raise _OverdueError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _interruption(seconds: float) -> Iterator[None]:
    """Interrupt another thread than the main one."""
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    thread, over = ctypes.c_ulong(threading.get_ident()), threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            interrupt(thread, ctypes.py_object(_OverdueError))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        # One that was on its way when the work ended is not for what comes next.
        interrupt(thread, None)


def _fitted(
    proof: Proof, lines: list[str]
) -> tuple[Layout, Any, dict[Any, textlayer.Part], tuple[str, ...]]:
    """Lay a proof out in the setting that fits its paper.

    Args:
        proof: the proof.
        lines: the log, to which is added what was said of its stylesheets when they were read.

    Returns:
        The layout, the document, its elements that are a clinic's, and the settings tried.
    """
    fonts_conf = os.environ["FONTCONFIG_FILE"]
    fonts = _fonts(fonts_conf)
    made: dict[str, tuple[Layout, Any, dict[Any, textlayer.Part]]] = {}
    sheets = [_sheet(css, fonts_conf) for css in _STYLE.findall(proof.html)]
    lines[:0] = [line for sheet in sheets for line in sheet.lines]
    bare = _STYLE.sub("", proof.html)

    def lay_out(setting: str) -> Layout:
        html = weasyprint.HTML(
            string=fitting.apply(bare, setting),
            base_url="asset:",
            url_fetcher=_Assets(proof.assets),
        )
        document = html.render(
            font_config=fonts, stylesheets=[sheet.css for sheet in sheets], **_OPTIONS
        )
        parts = textlayer.clinics(html.etree_element)
        made[setting] = measure.layout(document, setting), document, parts
        return made[setting][0]

    chosen = fitting.fit(proof.html, proof.budget, lay_out)
    return *made[chosen.setting], tuple(made)


def missing_glyph(letter: str, proof: Proof) -> Fault:
    """Say that no font of the project has a character of the page."""
    return Fault(
        kind="missing-glyph",
        location=proof.place(letter),
        message=f"no font has the character {letter!r} (U+{ord(letter[0]):04X})",
        hint="replace the character, or add a font that has it",
        scope=proof.edition.scope,
    )


def font_fallback(family: str, proof: Proof) -> Fault:
    """Say that a page needs a font which its language does not name."""
    return Fault(
        kind="font-fallback",
        location=Location(path=proof.edition.path),
        message=f"printed with {family}, which is not a font of {proof.edition.language}",
        hint="add it to the language's fonts in languages.toml if that is right",
        scope=proof.edition.scope,
    )


def _fault(line: str, proof: Proof) -> Fault:
    scope = proof.edition.scope
    place = Location(path=proof.edition.path)
    if glyph := _GLYPH.match(line):
        return missing_glyph(glyph.group(1), proof)
    for pattern, kind in _KINDS:
        if pattern.search(line):
            return Fault(kind=kind, location=place, message=line, scope=scope)
    return Fault(kind="stylesheet-warning", location=place, message=line, scope=scope)
