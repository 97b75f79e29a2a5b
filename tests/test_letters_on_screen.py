"""Letters in a real browser, as their readers have them: found by axe-core to keep nobody out."""

from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from tests.test_letters import SIGNED, SITE, TAGS, files, part, signed, written
from tests.test_web import AXE, DESKTOP, LOST, SPACING, ZOOMED, browser, violations, window


pytestmark = pytest.mark.slow

__all__ = ["browser"]  # a fixture

#: The kinds of letters: attached, with links, unsigned, and from a clinic that reads no replies.
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "attached": (SIGNED, {}),
    "with links": (signed(files(f'site = "{SITE}"')), {"reference": "A-17", "enclose": False}),
    "draft": (files(clinic="email_monitored = false\n"), {"allow_draft": True}),
}


@pytest.mark.parametrize("tag", TAGS)
def test_axe_finds_nothing_in_a_letter(browser: Browser, tag: str) -> None:
    """Of any kind, on light pages and on dark ones, at 400 % too; nothing is lost at its edges."""
    with window(browser, DESKTOP) as page:
        for kind, (found, options) in KINDS.items():
            page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
            page.set_content(part(written(tag, found, **options), "html"))
            page.evaluate(AXE)
            # What a browser paints behind a page without a ground of its own, axe takes for white.
            page.add_style_tag(content="html { background: Canvas }")
            schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                assert violations(page) == [], (kind, scheme)
            page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
            assert violations(page) == [], kind
            assert page.evaluate(LOST) == [], kind
            page.add_style_tag(content=SPACING)
            assert page.evaluate(LOST) == [], f"{kind} with wide spacing"


def test_an_open_letter_asks_for_nothing(browser: Browser) -> None:
    """Whoever sends it does not learn that it was opened, and it says the same without script."""
    asked: list[str] = []
    found, options = KINDS["with links"]
    html = part(written("ar", found, **options), "html")
    with (
        window(browser, DESKTOP) as page,
        window(browser, DESKTOP, java_script_enabled=False, offline=True) as plain,
    ):
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(html, wait_until="networkidle")
        plain.set_content(html)

        assert asked == []
        assert page.inner_text("body") == plain.inner_text("body")


def test_a_letter_begins_where_its_language_begins(browser: Browser) -> None:
    """Also in a program that takes away html and body, and what they say of its direction."""
    html = part(written("ar", SIGNED), "html")
    inner = html.partition('<body style="margin: 0">')[2].partition("</body>")[0]
    with window(browser, DESKTOP) as page:
        page.set_content(f'<div lang="en" dir="ltr">{inner}</div>')
        gap = page.evaluate(
            """() => { const title = document.querySelector('h1'), range = document.createRange();
            range.selectNodeContents(title);
            return title.getBoundingClientRect().right - range.getBoundingClientRect().right; }"""
        )

        assert gap < 1
        assert page.locator("h1").evaluate("title => getComputedStyle(title).direction") == "rtl"
