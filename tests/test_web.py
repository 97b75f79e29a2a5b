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
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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


def test_axe_finds_nothing(browser: Browser, editions: dict[str, Path]) -> None:
    """Not on a desktop nor at 400 %, not on light pages nor on dark ones."""
    looks = [(scheme, size) for scheme in ("light", "dark") for size in (DESKTOP, ZOOMED)]
    with window(browser, DESKTOP) as page:
        for name, path in editions.items():
            page.goto(path.as_uri())
            page.evaluate(AXE)
            # All looks at each leaflet, and at each language: one at what is of both kinds.
            known = "/milia." in name or name.startswith(("northgate/en/", "northgate/ar/"))
            for scheme, size in looks if known else looks[:1]:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.set_viewport_size(size)  # type: ignore[arg-type]

                assert violations(page) == [], (name, scheme, size)


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


def test_text_spacing_loses_nothing_on_a_desktop(
    browser: Browser, editions: dict[str, Path]
) -> None:
    """Spacing of WCAG 2.2, 1.4.12 finds room."""
    with window(browser, DESKTOP) as page:
        for name, path in editions.items():
            page.goto(path.as_uri())
            page.add_style_tag(content=SPACING)

            assert page.evaluate(LOST) == [], name


def test_every_letter_is_in_a_font_of_the_page(browser: Browser, editions: dict[str, Path]) -> None:
    """No font of this machine is used for anything."""
    with window(browser, DESKTOP) as page:
        for name, path in editions.items():
            page.goto(path.as_uri())
            page.evaluate("document.fonts.ready")
            found = fonts(page)

            assert found, name
            assert {own for _family, own in found} == {True}, (name, found)


def test_a_page_asks_for_nothing_and_needs_no_script(
    browser: Browser, editions: dict[str, Path]
) -> None:
    """What it says is the same without script, and nothing but the page itself is fetched."""
    with (
        window(browser, DESKTOP) as page,
        window(browser, DESKTOP, java_script_enabled=False, offline=True) as plain,
    ):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in editions.values():
            page.goto(path.as_uri())
            plain.goto(path.as_uri())

            assert page.inner_text("body") == plain.inner_text("body")
            assert plain.inner_text("h1")
        addresses = [url for url in asked if not url.startswith("data:")]
        assert addresses == [path.as_uri() for path in editions.values()]


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


def test_right_to_left_pages_begin_at_the_right(
    browser: Browser, editions: dict[str, Path]
) -> None:
    """A title begins where its language begins, after the bar that marks it."""
    edges = """() => {
      const range = document.createRange(), title = document.querySelector('h1');
      range.selectNodeContents(title);
      const text = range.getBoundingClientRect(), box = title.getBoundingClientRect();
      const style = getComputedStyle(title);
      const edge = side => parseFloat(style[`border${side}Width`])
        + parseFloat(style[`padding${side}`]);
      return [text.left - box.left - edge("Left") < 1, box.right - text.right - edge("Right") < 1];
    }"""
    with window(browser, DESKTOP) as page:
        for name, path in editions.items():
            page.goto(path.as_uri())
            right = page.get_attribute("html", "dir") == "rtl"

            assert page.evaluate(edges) == [not right, right], name


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
