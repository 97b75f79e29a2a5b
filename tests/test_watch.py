"""The preview that follows every save: in a real browser, and what it is made of."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page

from handbill import plan, project, rules, saves, sources, watch
from handbill.diagnostics import Location
from handbill.editions import Edition
from tests.conftest import ROOT, TODAY, in_memory
from tests.test_web import AXE, DESKTOP, ZOOMED, browser, violations, window


__all__ = ["browser"]  # a fixture

SENTENCE = "You cannot catch them or pass them on."
MARKDOWN = "content/leaflets/milia/leaflet.md"
CATALOG = "locales/es/LC_MESSAGES/milia.po"


class Watched:
    """A copy of the collection that is being watched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("content", "locales", "templates"):
            copy = os.link if name == "templates" else shutil.copy2
            shutil.copytree(ROOT / name, root / name, copy_function=copy)
        shutil.copy2(ROOT / "pyproject.toml", root)
        command = [sys.executable, "build.py", "watch", "--root", str(root), "--leaflet", "milia"]
        command += ["--language", "en", "--clinic", "northgate", "--format", "a4"]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.address = self.process.stderr.readline().strip()
        self.host = re.match(r"http://127\.0\.0\.1:\d+", self.address)

    def at(self, *names: str) -> str:
        """Return the address of an edition."""
        assert self.host
        return "/".join((self.host[0], *names))

    @contextmanager
    def saved(self, path: str, old: str, new: str) -> Iterator[None]:
        """Save a changed file as editors do, and put it back at the end."""
        file = self.root / path
        before = file.read_text("utf-8")
        assert old in before
        self._write(file, before.replace(old, new, 1))
        try:
            yield
        finally:
            self._write(file, before)

    def _write(self, file: Path, text: str) -> None:
        new = file.with_name(f"{file.name}~")
        new.write_text(text, "utf-8")
        new.replace(file)

    def asked(self, path: str, host: str | None = None) -> int:
        """Return the status of an answer."""
        assert self.host
        name = self.host[0].removeprefix("http://")
        connection = HTTPConnection(name)
        connection.request("GET", path, headers={"Host": name if host is None else host})
        status = connection.getresponse().status
        connection.close()
        return status

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status and what was said."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            said = stream.read()
        return self.process.wait(30), said


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Watch a copy of the collection."""
    found = Watched(tmp_path_factory.mktemp("watched") / "project")
    yield found
    if found.process.poll() is None:
        found.end()


@pytest.fixture
def page(browser: Browser, watched: Watched) -> Iterator[Page]:
    """Look at the English leaflet, whole and printed."""
    with window(browser, DESKTOP) as opened:
        opened.goto(watched.at("milia", "en", "northgate", "a4"))
        settled(opened)
        yield opened


def settled(page: Page) -> None:
    """Wait until the page is printed and the whole project is checked."""
    page.wait_for_selector("[data-state=current]")
    page.wait_for_selector("#sheets img")
    page.wait_for_selector("#everything:not(:empty)")


def shows(page: Page, text: str) -> None:
    """Wait until the frame shows a text."""
    page.frame_locator("#web").get_by_text(text).first.wait_for()


@pytest.mark.slow
def test_a_saved_sentence_is_seen_where_the_reader_is(page: Page, watched: Watched) -> None:
    """The frame shows it, then the paper does, and neither goes back to the beginning."""
    page.evaluate("document.getElementById('web').contentWindow.scrollTo(0, 400)")
    printed = page.get_attribute("#sheets img", "src")
    with watched.saved(MARKDOWN, SENTENCE, "Nobody catches them."):
        shows(page, "Nobody catches them.")
        place = "document.getElementById('web').contentDocument.scrollingElement.scrollTop"

        assert page.evaluate(place) == 400
        page.wait_for_selector(f'#sheets img:first-child:not([src="{printed}"])')
    shows(page, SENTENCE)
    page.wait_for_selector(f'#sheets img:first-child[src="{printed}"]')
    assert not (watched.root / "output").exists()


@pytest.mark.slow
def test_an_error_is_shown_at_its_line_beside_the_last_good_print(
    page: Page, watched: Watched
) -> None:
    """The old print is marked as old, in words; what was mended is shown at once."""
    page.goto(watched.at("milia", "es", "northgate", "a4"))
    settled(page)
    frame = page.frame_locator("#web")
    catalog = (watched.root / CATALOG).read_text("utf-8")
    line = next(n for n, text in enumerate(catalog.split("\n"), 1) if SENTENCE in text)
    said = re.search(rf'"{re.escape(SENTENCE)}"\nmsgstr "(.*)"', catalog)
    assert said
    with watched.saved(CATALOG, f'"{said[1]}"', '""'):
        page.wait_for_selector("[data-state=old]")

        assert "shows the last" in page.inner_text("#status")
        assert "not what is written now" in page.inner_text("#status")
        finding = page.locator("#findings li.error").first.inner_text()
        assert "LF301" in finding
        place = re.search(rf"{CATALOG}:(\d+)", finding)
        assert place
        assert abs(int(place[1]) - line) <= 1
        assert frame.locator("[data-found~=error]").inner_text().strip() == said[1]
        page.evaluate(AXE)
        assert violations(page) == []
    settled(page)
    assert frame.locator("[data-found]").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (("templates/leaflet.html.jinja", "{{ body }}", "{{ body }"), "template-error"),
        (("templates/leaflet.html.jinja", "{{ body }}", "{{ nobody }}"), "template-error"),
        (("pyproject.toml", "max-pages = 24", "max-pages = = 24"), "settings"),
        (("content/clinics/northgate.toml", 'name = "', "name = "), "clinic-file"),
        ((MARKDOWN, "+++", "++"), "front-matter"),
        (("locales/languages.toml", "[en]", "[en"), "languages-file"),
    ],
)
def test_no_mistake_ends_the_preview(
    page: Page, watched: Watched, edit: tuple[str, str, str], rule: str
) -> None:
    """Whatever is broken is a finding beside the last good print."""
    with watched.saved(*edit):
        page.wait_for_selector("[data-state=old]")
        found = page.inner_text("#findings")

        assert edit[0] in found
        assert rule in found
        assert page.locator("#sheets img").count() > 0
    settled(page)


@pytest.mark.slow
def test_a_broken_page_around_the_preview_says_so(page: Page, watched: Watched) -> None:
    """Its own template is a designer's file too."""
    path = "templates/watch.html.jinja"
    with watched.saved(path, "{{ language }}", "{{ nothing }}"):
        page.wait_for_timeout(2000)
        page.reload()
        page.get_by_text(re.compile(rf"{path}:\d+:1: 'nothing' is undefined")).wait_for()
    page.wait_for_selector("#sheets img")  # it tries again by itself


@pytest.mark.slow
def test_another_edition_is_chosen_by_keys_alone(page: Page) -> None:
    """The address names it, so that it can be kept and sent."""
    page.select_option("select[name=language]", "ar")
    page.focus("form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/milia/ar/northgate/a4")
    settled(page)

    inside = "document.getElementById('web').contentDocument.documentElement"
    assert page.evaluate(f"{inside}.dir") == "rtl"
    assert "Arabic" in page.title()


@pytest.mark.slow
def test_what_is_no_edition_is_said(page: Page, watched: Watched) -> None:
    """Nothing is printed, and nothing is a dead end."""
    page.goto(watched.at("nothing", "en", "northgate", "a4"))
    page.get_by_text("There is no leaflet 'nothing'").wait_for()

    assert page.locator("#sheets img").count() == 0


@pytest.mark.slow
def test_axe_finds_nothing_on_the_preview(page: Page, watched: Watched) -> None:
    """In both schemes, on a desktop and at 400 %, in both directions."""
    for tag in ("en", "ar"):
        page.goto(watched.at("milia", tag, "northgate", "a4"))
        settled(page)
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            for size in (DESKTOP, ZOOMED):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size(size)  # type: ignore[arg-type]

                assert violations(page) == [], (tag, scheme, size)
                wide = "document.documentElement.scrollWidth > innerWidth"
                assert not page.evaluate(wide), (tag, size)


@pytest.mark.slow
def test_nothing_comes_from_elsewhere_and_no_script_runs_in_the_frame(
    browser: Browser, watched: Watched
) -> None:
    """The preview's policy forbids both; without mistakes nothing is forbidden."""
    with window(browser, DESKTOP) as page:
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(watched.address)
        settled(page)

        assert {re.split(r"[:/]", url)[0] for url in asked} <= {"http", "data"}
        assert watched.host
        assert all(url.startswith((watched.host[0], "data:")) for url in asked)
        assert complaints == []
        bad = "<main><img src='x' alt='' onerror='parent.bad = 1'>"
        with watched.saved("templates/leaflet.html.jinja", "<main>", bad):
            page.frame_locator("#web").locator("main img[src=x]").first.wait_for(state="attached")
            page.wait_for_timeout(500)
            assert page.evaluate("window.bad === undefined")


@pytest.mark.slow
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", ""])
def test_another_name_gets_nothing(watched: Watched, host: str) -> None:
    """A page from elsewhere may not read drafts through a name that leads here."""
    assert watched.asked("/", host) == HTTPStatus.MISDIRECTED_REQUEST


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/fonts/../fonts.toml", "/fonts/fonts.toml", "/pyproject.toml"])
def test_only_what_the_preview_needs_is_served(watched: Watched, path: str) -> None:
    """Names are looked up among what was read; no path is ever opened."""
    assert watched.asked(path) == HTTPStatus.NOT_FOUND


@pytest.mark.slow
@pytest.mark.alone
def test_a_save_is_seen_sooner_than_it_is_built(
    page: Page, watched: Watched, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The figures are of a machine that does other things too, so a cold build is the measure."""
    command = [sys.executable, "build.py", "build", "--output", str(tmp_path), "--root", "."]
    command += ["--leaflet", "milia", "--language", "en", "--clinic", "northgate"]
    seen: list[tuple[float, float]] = []
    cold: list[float] = []
    for number in range(2):
        shutil.rmtree(tmp_path)
        begun = time.perf_counter()
        subprocess.run([*command, "--format", "a4"], cwd=ROOT, check=True, capture_output=True)
        cold.append(time.perf_counter() - begun)
        printed = page.get_attribute("#sheets img", "src")
        words = f"Nobody {'ever ' * number}catches them."
        begun = time.perf_counter()
        with watched.saved(MARKDOWN, SENTENCE, words):
            shows(page, words)
            html = time.perf_counter() - begun
            page.wait_for_selector(f'#sheets img:first-child:not([src="{printed}"])')
            page.evaluate("document.querySelector('#sheets img').decode()")
            seen.append((html, time.perf_counter() - begun))
            settled(page)
        shows(page, SENTENCE)
        page.wait_for_selector(f'#sheets img:first-child[src="{printed}"]')
        settled(page)
    screen, paper = (min(times) for times in zip(*seen, strict=True))
    record_property(
        "counted",
        f"saved to visible: HTML {screen:.2f} s, paper {paper:.2f} s; cold build {min(cold):.2f} s",
    )

    assert screen < min(cold) / 3
    assert paper < min(cold)


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly(watched: Watched) -> None:
    """The last of these tests: no worker is left, nothing was written, and the status is 0."""
    status, said = watched.end()

    assert status == 0
    assert "Traceback" not in said
    assert said.endswith("ended; nothing was written\n")
    assert not (watched.root / "output").exists()


@pytest.mark.slow
def test_a_part_says_of_its_edition_what_the_whole_says() -> None:
    """For every edition of the collection, as it is and with mistakes in it."""
    found = sources.read(ROOT)
    broken = {
        CATALOG: found.files[CATALOG].replace(b'msgstr "Los', b'msgstr "20 Los'),
        MARKDOWN: found.files[MARKDOWN].replace(b"skin", b"dermis 5 mg", 3),
    }
    for files, of in ((found.files, None), ({**found.files, **broken}, "milia")):
        whole = project.load(replace(found, files=files), today=TODAY)
        known = list(rules.run(whole))
        editions = [item for item in plan.editions(whole) if item.format == "html"]
        for edition in [item for item in editions if of in {None, item.leaflet}]:
            some = project.load(watch.part(replace(found, files=files), edition), today=TODAY)
            here = rules.run(watch._narrow(some, edition, some.formats["html"]))
            got = {item for item in here if watch._covers(item, edition)}

            assert {item for item in got if item.name not in watch._OF_THE_WHOLE} == {
                item for item in known if watch._covers(item, edition)
            }, edition


@pytest.mark.parametrize("way", ["told", "looking"])
def test_a_save_is_told(
    copied: Callable[..., Path], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the system or by looking: new, changed, replaced and removed files, and no others."""
    root, stop = copied(), Event()
    if way == "looking":
        monkeypatch.setitem(sys.modules, "watchfiles", None)
    told: list[frozenset[str]] = []
    thread = Thread(target=lambda: told.extend(saves.changes(root, stop)))
    thread.start()
    time.sleep(1)
    steps: list[tuple[str, Callable[[Path], object]]] = [
        ("content/leaflets/hands/leaflet.md", lambda file: file.write_text("new", "utf-8")),
        ("content/leaflets/hands/.leaflet.md.swp", lambda file: file.write_text("x", "utf-8")),
        ("pyproject.toml", lambda file: file.write_text("[tool.handbill]\n", "utf-8")),
        ("locales/es/LC_MESSAGES/other.po", lambda file: file.write_text("", "utf-8")),
        ("locales/es/LC_MESSAGES/other.po", lambda file: file.unlink()),
    ]
    wanted: list[str] = []
    try:
        for path, step in steps:
            step(root / path)
            if "swp" not in path:
                wanted.append(path)
            until = time.monotonic() + 10
            while len({p for some in told for p in some}) < len(set(wanted)):
                assert time.monotonic() < until, path
                time.sleep(0.02)
            time.sleep(0.6)
    finally:
        stop.set()
        thread.join()

    assert {path for some in told for path in some} == set(wanted)
    assert sum("locales/es/LC_MESSAGES/other.po" in some for some in told) >= 2


def test_what_was_touched_is_read_again(copied: Callable[..., Path]) -> None:
    """Even where the file system says that nothing has changed; all else is taken as it was."""
    root, path = copied(), "content/leaflets/hands/leaflet.md"
    known = sources.read(root)
    (root / path).write_bytes(b"new")
    signatures = {**known.signatures, path: sources.read(root).signatures[path]}
    known = replace(known, signatures=signatures)

    assert sources.read(root, known=known).files[path] == known.files[path] != b"new"
    now = sources.read(root, known=known, touched={path})
    assert now.files == {**known.files, path: b"new"}
    assert now.digests == {**known.digests, path: sources.digest(b"new")}


@pytest.mark.parametrize(
    ("old", "new", "line", "wanted"),
    [
        ("a\n\nbb bb\n", "a\n\nbb bb\n", 3, "bbbb"),
        ("a\n\nbb bb\n", "a\nnew\n\nbb bb\n", 4, "bbbb"),
        ("a\n\nbb bb\n", "a\n\nchanged\n", 3, "bbbb"),
        ("a\n\nbb bb\ncc\n", "a\n\nbb bb\ncc\n", 4, "bbbb"),
        ("a\n\nbb bb\n", "a\n\nbb bb\n", 1, ""),
    ],
)
def test_a_place_is_found_on_the_page_that_was_printed_before(
    old: str, new: str, line: int, wanted: str
) -> None:
    """Lines have moved since; a block is found by any of its lines, and by no other's."""
    path = "x.md"
    shown = watch._Print(
        html="",
        places={"bb *bb* {{ clinic.phone }} b": Location(path=path, line=3)},
        files={path: old.encode()},
    )
    place = Location(path=path, line=line)

    assert watch._words(place, shown, {path: new.encode()}) == wanted


def test_an_edition_that_is_not_there_has_a_reason() -> None:
    """One that is there has none."""
    loaded = project.load(in_memory({}), today=TODAY)
    clinic, form = next(iter(loaded.clinics)), next(iter(loaded.formats))
    there = Edition(leaflet="hands", language="en", clinic=clinic, format=form)
    nowhere = replace(there, clinic="nowhere")

    assert watch._absence(loaded, there) == ""
    assert watch._absence(loaded, nowhere) == "There is no clinic 'nowhere', or it cannot be read."
