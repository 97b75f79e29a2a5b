"""The web pages of the collection in a real browser, as their readers have them.

Chromium is the machine's own: nothing is downloaded. axe-core judges what a program can judge of
WCAG 2.2; that it finds nothing does not make a page accessible.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.conftest import ROOT


pytestmark = pytest.mark.slow

#: Tried in this order; script/bootstrap knows the same.
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP = {"width": 1280, "height": 1024}
#: A desktop at 400 %: what WCAG 2.2, 1.4.10 asks for; also the width of the smallest telephone.
ZOOMED = {"width": 320, "height": 256}
#: WCAG 2.2, 1.4.12: a reader may set lines, letters, words and paragraphs this far apart.
SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""

#: Finds text that is off the page, and text that is cut off; a table may move in its own box.
LOST = """() => {
  const root = document.documentElement, lost = [];
  if (root.scrollWidth > root.clientWidth) lost.push(`page ${root.scrollWidth}px wide`);
  for (const box of document.querySelectorAll('body, body *')) {
    if (box.closest('.table')) continue;
    const hides = getComputedStyle(box).overflow !== 'visible';
    const taller = hides && box.scrollHeight > box.clientHeight + 1;
    const inline = getComputedStyle(box).display.startsWith('inline');
    if (taller || (!inline && box.scrollWidth > box.clientWidth + 1))
      lost.push(`${box.tagName} ${box.className}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (texts.currentNode.parentElement.closest('.table')) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const part of range.getClientRects())
      if (part.left < -0.5 || part.right > root.clientWidth + 0.5)
        lost.push(texts.currentNode.data);
  }
  return lost;
}"""

#: Tells whether a title begins at the left of its box, behind its bar, and whether at the right.
BEGINS = """() => {
  const range = document.createRange(), title = document.querySelector('h1');
  range.selectNodeContents(title);
  const text = range.getBoundingClientRect(), box = title.getBoundingClientRect();
  const style = getComputedStyle(title);
  const edge = side => parseFloat(style[`border${side}Width`])
    + parseFloat(style[`padding${side}`]);
  return [text.left - box.left - edge("Left") < 1, box.right - text.right - edge("Right") < 1];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "no Chromium: run script/bootstrap --dev"
    options = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium has none for root
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def editions(output: Path, manifest: dict[str, Any]) -> dict[str, Path]:
    """Return the web pages of one clinic, and the English ones of the other, by their paths.

    The two clinics' pages differ in the letterhead, and in what each has chosen.
    """
    rows = [row for row in manifest["editions"] if row["kind"] == "html"]
    assert {row["language"] for row in rows} >= {"en", "ar", "ur", "hi", "zh-Hans"}
    return {
        row["path"]: output / row["path"]
        for row in rows
        if row["clinic"] == "northgate" or row["language"] == "en"
    }


@contextmanager
def window(browser: Browser, size: dict[str, int], **options: Any) -> Iterator[Page]:
    """Open a window of a size in CSS pixels."""
    context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[tuple[str, str]]:
    """Return what axe-core holds against a page: its rule and the element."""
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        (item["id"], node["html"][:100]) for item in found["violations"] for node in item["nodes"]
    ]


def fonts(page: Page) -> set[tuple[str, bool]]:
    """Return the fonts that a page's text is set in, and whether the page brought each."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    query = {"nodeId": root, "selector": "body, body *"}
    return {
        (font["familyName"], font["isCustomFont"])
        for node in session.send("DOM.querySelectorAll", query)["nodeIds"]
        for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a window on a desktop shows of an edition.

    Attributes:
        asked: the addresses that were loaded.
        text: all that it says.
        fonts: as `fonts` finds them.
        right: whether its language runs from right to left.
        begins: whether its title begins at the left of its box, and whether at the right.
        violations: what axe-core holds against it, with the scheme and the width of the window.
        lost: what is lost with text spaced as a reader may.
    """

    asked: list[str]
    text: str
    fonts: set[tuple[str, bool]]
    right: bool
    begins: list[bool]
    violations: list[tuple[str, int, str, str]]
    lost: list[str]


@pytest.fixture(scope="module")
def seen(browser: Browser, editions: dict[str, Path]) -> dict[str, Seen]:
    """Open each edition once, for all that tests ask of it: a page takes long to be opened."""
    with window(browser, DESKTOP) as page:
        return {name: look(page, name, path) for name, path in editions.items()}


def look(page: Page, name: str, path: Path) -> Seen:
    """Look at an edition in a window on a desktop."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready")
    text, families, begins = page.inner_text("body"), fonts(page), page.evaluate(BEGINS)
    page.remove_listener("request", note)
    page.evaluate(AXE)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    looks = [(scheme, size) for scheme in schemes for size in (DESKTOP, ZOOMED)]
    # All looks at each leaflet, and at each language: one at what is of both kinds.
    known = "/milia." in name or name.startswith(("northgate/en/", "northgate/ar/"))
    held: list[tuple[str, int, str, str]] = []
    for scheme, size in looks if known else looks[:1]:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        held += [(scheme, size["width"], *found) for found in violations(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.add_style_tag(content=SPACING)
    return Seen(
        asked=[url for url in asked if not url.startswith("data:")],
        text=text,
        fonts=families,
        right=page.get_attribute("html", "dir") == "rtl",
        begins=begins,
        violations=held,
        lost=page.evaluate(LOST),
    )


def test_axe_finds_nothing(seen: dict[str, Seen]) -> None:
    """Not on a desktop nor at 400 %, not on light pages nor on dark ones."""
    for name, edition in seen.items():
        assert edition.violations == [], name


def test_axe_finds_nothing_on_a_report(browser: Browser, tmp_path: Path) -> None:
    """A page for editors is read by editors of all kinds, and loses nothing at 400 % either."""
    arguments = ["check", "--report", str(tmp_path), "--leaflet", "milia"]
    subprocess.run(
        [sys.executable, "build.py", *arguments], check=False, capture_output=True, cwd=ROOT
    )
    with window(browser, DESKTOP) as page:
        page.goto((tmp_path / "milia.html").as_uri())
        page.evaluate(AXE)
        for size in (DESKTOP, ZOOMED):
            page.set_viewport_size(size)  # type: ignore[arg-type]

            assert violations(page) == [], size
        assert [line for line in page.evaluate(LOST) if line.startswith("page")] == []


def test_nothing_is_lost_at_400_percent(browser: Browser, editions: dict[str, Path]) -> None:
    """No sideways scrolling but inside a table's box, also with text spaced as a reader may."""
    with window(browser, ZOOMED, device_scale_factor=4) as page:
        for name, path in editions.items():
            page.goto(path.as_uri())

            assert page.evaluate(LOST) == [], name
            page.add_style_tag(content=SPACING)
            assert page.evaluate(LOST) == [], f"{name} with wide spacing"


def test_text_spacing_loses_nothing_on_a_desktop(seen: dict[str, Seen]) -> None:
    """Spacing of WCAG 2.2, 1.4.12 finds room."""
    for name, edition in seen.items():
        assert edition.lost == [], name


def test_every_letter_is_in_a_font_of_the_page(seen: dict[str, Seen]) -> None:
    """No font of this machine is used for anything."""
    for name, edition in seen.items():
        assert edition.fonts, name
        assert {own for _family, own in edition.fonts} == {True}, (name, edition.fonts)


def test_a_page_asks_for_nothing_and_needs_no_script(
    browser: Browser, editions: dict[str, Path], seen: dict[str, Seen]
) -> None:
    """What it says is the same without script, and nothing but the page itself is fetched."""
    with window(browser, DESKTOP, java_script_enabled=False, offline=True) as plain:
        for name, path in editions.items():
            plain.goto(path.as_uri())

            assert seen[name].text == plain.inner_text("body")
            assert plain.inner_text("h1")
            assert seen[name].asked == [path.as_uri()]


def test_a_wide_table_moves_by_keys(browser: Browser, editions: dict[str, Path]) -> None:
    """Its box can be reached, shows that it is, has a name, and moves."""
    with window(browser, ZOOMED) as page:
        page.goto(editions["northgate/es/milia.html.html"].as_uri())
        box = page.locator(".table").first
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        page.keyboard.press("Tab")
        name, outline = box.evaluate(
            "box => [document.activeElement.ariaLabel, getComputedStyle(box).outlineStyle]"
        )
        page.keyboard.press("ArrowRight")

        assert (name, outline) == ("Tabla 1", "solid")
        page.wait_for_function("document.querySelector('.table').scrollLeft > 0", timeout=3000)


def test_right_to_left_pages_begin_at_the_right(seen: dict[str, Seen]) -> None:
    """A title begins where its language begins, after the bar that marks it."""
    for name, edition in seen.items():
        assert edition.begins == [not edition.right, edition.right], name


def test_dark_is_dark_and_paper_is_light(browser: Browser, editions: dict[str, Path]) -> None:
    """A reader's wish for dark pages is followed; ink is not wasted on it."""
    background = "getComputedStyle(document.documentElement).backgroundColor"
    with window(browser, DESKTOP) as page:
        page.goto(next(iter(editions.values())).as_uri())
        found = []
        for medium, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
            page.emulate_media(media=medium, color_scheme=scheme)  # type: ignore[arg-type]
            found.append(page.evaluate(background))

        assert found == ["rgb(255, 255, 255)", "rgb(16, 25, 27)", "rgb(255, 255, 255)"]


def test_these_tests_can_fail(browser: Browser) -> None:
    """A poor page is found to be one, by each of the ways above."""
    with window(browser, ZOOMED) as page:
        page.set_content(
            "<title>Poor</title><p style='color: #aaa'>pale</p><img src='data:,'>"
            "<p style='white-space: nowrap'>far too wide for a telephone, and then more words</p>"
            "<div style='overflow: hidden; height: 1em'>cut<br>off</div>"
        )
        page.evaluate(AXE)

        found = {rule for rule, _element in violations(page)}
        assert {"color-contrast", "image-alt", "html-has-lang"} <= found
        lost = page.evaluate(LOST)
        assert [line for line in lost if line.startswith(("page", "DIV", "far"))] == [
            lost[0],
            "DIV ",
            "far too wide for a telephone, and then more words",
        ]
        assert {own for _family, own in fonts(page)} == {False}
