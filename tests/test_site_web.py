"""The site in a real browser, below a path of a host, as its readers have it.

Two leaflets of the collection in English, Arabic and Chinese; one is not there in Chinese.
"""

import gzip
import http.server
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from handbill import commands
from handbill.catalog import INTERFACES
from tests.conftest import ROOT, TODAY, build
from tests.test_web import (
    AXE,
    DESKTOP,
    LOST,
    SPACING,
    ZOOMED,
    browser,
    fonts,
    violations,
    window,
)


__all__ = ["browser"]  # a fixture

pytestmark = pytest.mark.slow

DAY = ("--today", TODAY.isoformat())
#: The site lies below a path, as on a host that has others too.
PLACE = "skin/leaflets"
TAGS = ("en", "ar", "zh-Hans")
CONTENT = "content/leaflets"
CATALOGUES = {tag: f"northgate/-/{tag}/" for tag in TAGS} | {"en": "northgate/"}
LEAFLETS = {tag: f"northgate/milia/{tag}/" for tag in TAGS}
#: What a page may weigh before its pictures, as hosts send it, with search and a worker.
BUDGET = 100_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Patient(http.server.ThreadingHTTPServer):
    """Minds nothing that a browser breaks off."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Host:
    """A host of plain files, which can go away."""

    def __init__(self, folder: Path) -> None:
        handler = partial(Quiet, directory=str(folder))
        self.server = Patient(("127.0.0.1", 0), handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}/{PLACE}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def leave(self) -> None:
        """Answer nothing any more."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def hosted(site: Path, folder: Path) -> Iterator[Host]:
    """Serve a copy of a site below its path."""
    shutil.copytree(site, folder / PLACE)
    host = Host(folder)
    yield host
    host.leave()


def edit(path: Path, pattern: str, text: str) -> None:
    """Change a file, which may be a link to another project's."""
    changed, count = re.subn(pattern, text, path.read_text("utf-8"), count=1)
    assert count, (path, pattern)
    path.unlink()
    path.write_text(changed, "utf-8")


def gathered(root: Path) -> None:
    """Put two leaflets of the collection into a project, with one clinic and three languages."""
    wanted = {"milia", "acne", "glossary", *INTERFACES}
    files = [path for name in ("milia", "acne") for path in (ROOT / CONTENT / name).iterdir()]
    files += [*(ROOT / "content").glob("*.toml"), *(ROOT / "content/clinics").glob("northgate.*")]
    files += [*(ROOT / "content/countries").iterdir(), *(ROOT / "locales").glob("*.toml")]
    for tag in TAGS:
        files += [path for path in (ROOT / "locales" / tag).rglob("*.*") if path.stem in wanted]
    for path in files:
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for tag in TAGS:
        text = (ROOT / f"locales/{tag}/search.toml").read_text("utf-8")
        words = re.findall(r"^\[(?:milia|acne)\]\nwords = .*$", text, re.MULTILINE)
        (root / f"locales/{tag}").mkdir(exist_ok=True)
        (root / f"locales/{tag}/search.toml").write_text("\n".join(words), "utf-8")
    edit(root / "content/clinics/northgate.toml", r"formats = .*", 'formats = ["a4", "html"]')
    edit(root / CONTENT / "acne/leaflet.md", r"\nlanguages = .*", '\nlanguages = ["ar"]')
    settings = '[tool.handbill]\nlanguages = ["ar", "zh-Hans"]\n'
    (root / "pyproject.toml").write_text(settings, "utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of two leaflets of the collection, built, with a site."""
    root = tmp_path_factory.mktemp("web") / "project"
    shutil.copytree(ROOT / "templates", root / "templates", copy_function=os.link)
    gathered(root)
    build(root / "output", "--root", str(root), *DAY)
    assert commands.run(["site", "--root", str(root), *DAY]) == 0
    return root


@pytest.fixture(scope="module")
def site(built: Path) -> Path:
    """Return the site's folder."""
    return built / "output" / "site"


@pytest.fixture(scope="module")
def host(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the site; return its address."""
    with hosted(site, tmp_path_factory.mktemp("host")) as served:
        yield served.base


@pytest.fixture(scope="module")
def withdrawn(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the site after Arabic and Chinese are published no more; return its address."""
    folder = tmp_path_factory.mktemp("withdrawn")
    root = Path(shutil.copytree(built, folder / "project", copy_function=os.link))
    edit(root / "pyproject.toml", r"languages = .*", "languages = []")
    edit(root / CONTENT / "acne/leaflet.md", r"\nlanguages = .*", "")
    edit(root / "templates/site/site.toml", r"formats = .*", 'formats = ["html"]')
    build(root / "output", "--root", str(root), "--format", "html", *DAY)
    arguments = ["site", "--root", str(root), "--base", "https://leaflets.example.org", *DAY]
    assert commands.run(arguments) == 0
    with hosted(root / "output/site", folder / "host") as served:
        yield served.base


def until(page: Page, expression: str) -> None:
    """Wait until a page's promise holds true."""
    for _ in range(150):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {expression}")


def search(page: Page, text: str) -> list[str]:
    """Type a text, and return the titles that are found."""
    page.fill("#q", text)
    expect(page.locator("#told")).not_to_be_empty()
    return page.locator("#results a").all_inner_texts()


def test_axe_finds_nothing_on_any_kind_of_page(browser: Browser, host: str, withdrawn: str) -> None:
    """Not on a desktop nor at 400 %, in light nor in dark, in three scripts and two directions."""
    kinds = ["", "northgate/milia/", *CATALOGUES.values(), *LEAFLETS.values()]
    gone = ["404.html", "northgate/milia/ar/", "northgate/milia/zh-Hans/", "northgate/acne/"]
    addresses = [host + path for path in kinds] + [withdrawn + path for path in gone]
    with window(browser, DESKTOP, service_workers="block") as page:
        # One clinic: the first page would lead straight to it.
        page.route(re.compile(r"/(skin/leaflets/northgate/)$"), lambda route: route.continue_())
        for address in addresses:
            if address == host:
                html = page.request.get(address).text()
                page.goto(host + "404.html")
                page.set_content(re.sub(r'<meta http-equiv="(?:refresh|Con).*?>', "", html))
            else:
                page.goto(address)
            page.evaluate(AXE)
            for scheme, size in (("light", DESKTOP), ("dark", DESKTOP), ("light", ZOOMED)):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.set_viewport_size(size)  # type: ignore[arg-type]

                assert violations(page) == [], (address, scheme, size)


def test_axe_finds_nothing_in_results(browser: Browser, host: str) -> None:
    """A list that a program has made is as good as the one that was there."""
    with window(browser, DESKTOP, service_workers="block") as page:
        for path in CATALOGUES.values():
            page.goto(host + path)
            page.evaluate(AXE)
            assert search(page, "L72")

            assert violations(page) == [], path


def lost(page: Page) -> list[str]:
    """Return what is off the page or cut off, but for the link that shows when it has focus."""
    page.evaluate("document.fonts.ready")
    hidden = {"A skip", page.locator(".skip").inner_text()}
    return [line for line in page.evaluate(LOST) if line not in hidden]


def test_nothing_is_lost_at_320_pixels(browser: Browser, host: str, withdrawn: str) -> None:
    """No sideways scrolling, also with text spaced as a reader may."""
    spaced = """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet]; }"""
    pages = [host + path for path in (*CATALOGUES.values(), *LEAFLETS.values())]
    with window(browser, ZOOMED, service_workers="block") as page:
        for address in (*pages, host + "northgate/milia/", withdrawn + "northgate/milia/ar/"):
            page.goto(address)
            assert lost(page) == [], address
            page.evaluate(spaced, SPACING)

            assert lost(page) == [], f"{address} with wide spacing"


def test_targets_are_large_enough(browser: Browser, host: str) -> None:
    """Whatever can be pressed is 24 pixels high and wide, or more (WCAG 2.2, 2.5.8)."""
    small = """() => [...document.querySelectorAll('a, button, input, select')]
      .filter(item => !item.closest('[hidden]') && !item.classList.contains('skip'))
      .map(item => [item.textContent.trim() || item.id, item.getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""
    with window(browser, ZOOMED, service_workers="block") as page:
        for path in (*CATALOGUES.values(), *LEAFLETS.values()):
            page.goto(host + path)

            assert page.evaluate(small) == [], path


#: In which catalogue what is typed, and what is found first; nothing for nothing.
SEARCHES: list[tuple[str, str, list[str]]] = [
    ("en", "milia", ["Milia (milk spots)"]),
    ("en", "MILK  spots", ["Milia (milk spots)"]),
    ("en", "粟丘疹", ["Milia (milk spots)"]),
    ("en", "丘疹", ["Milia (milk spots)"]),
    ("en", "L72.0", ["Milia (milk spots)"]),
    ("en", "l72", ["Milia (milk spots)"]),
    ("en", "pimpels", ["Acne"]),
    ("en", "مسام", []),
    ("zh-Hans", "脂肪粒", ["粟丘疹（脂肪粒）"]),
    ("zh-Hans", "小白粒", ["粟丘疹（脂肪粒）"]),
    ("zh-Hans", "milia", ["粟丘疹（脂肪粒）"]),
    # Not there in Chinese: what is there is shown.
    ("zh-Hans", "pimples", ["Acne"]),
    ("ar", "الدخينات", ["الدخينات (بقع الحليب)"]),
    # Without the article, and with vowel signs, tatweel and another hamza.
    ("ar", "دخينة", ["الدخينات (بقع الحليب)"]),
    ("ar", "حَـبّ الشَّباب", ["حب الشباب"]),
    ("ar", "بثور", ["حب الشباب"]),
    ("ar", "acne", ["حب الشباب"]),
]


def test_search_finds(browser: Browser, host: str) -> None:
    """By title, word, code and slip, in any script; the page's own language first."""
    with window(browser, DESKTOP, service_workers="block") as page:
        for tag, text, titles in SEARCHES:
            page.goto(host + CATALOGUES[tag])

            assert search(page, text)[: len(titles) or 1] == titles, (tag, text)


def test_what_only_another_language_has_is_shown_in_both(browser: Browser, host: str) -> None:
    """Who types Chinese into an English page reads Chinese, and who helps them English."""
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + CATALOGUES["en"])

        assert search(page, "粟丘疹") == ["Milia (milk spots)", "粟丘疹（脂肪粒）"]

        page.goto(host + CATALOGUES["zh-Hans"])

        assert search(page, "粟丘疹") == ["粟丘疹（脂肪粒）"]


def test_search_and_filters_go_together(browser: Browser, host: str) -> None:
    """A language chosen shows that language; a format leaves out what lacks it."""
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + CATALOGUES["en"])
        page.select_option("#l", "ar")
        expect(page.locator("#results a")).to_have_text(["حب الشباب", "الدخينات (بقع الحليب)"])
        page.select_option("#l", "zh-Hans")
        expect(page.locator("#results a")).to_have_text(["粟丘疹（脂肪粒）"])
        assert page.locator("#results a").get_attribute("lang") == "zh-Hans"
        page.fill("#q", "acne")
        expect(page.locator("#told")).to_have_text("No leaflet found. Try another word, or ask us.")
        page.select_option("#l", "")
        page.select_option("#f", "a4")
        expect(page.locator("#told")).to_have_text("Leaflets found: 1")
        page.reload()

        expect(page.locator("#results a")).to_have_text(["Acne"])
        assert page.input_value("#q") == "acne"
        page.click("#clear")
        expect(page.locator("#all")).to_be_visible()
        expect(page.locator("#results")).to_be_hidden()


NORMALISED = [
    ("ＭＩＬＩＡ", "milia"),
    ("Trądzik", "tradzik"),
    ("Ölçü", "olcu"),
    ("łuszczyca", "luszczyca"),
    ("حَبُّ الشَّبَابِ", "حب الشباب"),
    ("حـــب", "حب"),
    ("أإآٱ", "اااا"),
    ("دخينة", "دخينه"),
    ("ایکنی", "ايكني"),
    ("क़", "क"),
    ("١٢۳४", "1234"),
    ("milia\u200f", "milia"),
]


def test_letters_are_compared_as_people_type_them(browser: Browser, host: str) -> None:
    """Width, case, accents, vowel signs, tatweel and neighbours' letters make no difference."""
    run = "async ([address, texts]) => texts.map((await import(address)).normalise)"
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + LEAFLETS["en"])
        found = page.evaluate(run, [f"{host}-/site.js", [text for text, _ in NORMALISED]])

        assert found == [wanted for _, wanted in NORMALISED]


def test_texts_are_cut_where_words_are_not(browser: Browser, host: str) -> None:
    """Chinese is looked for in pairs of letters, a code without its stop, a word as it is."""
    run = "async ([address, text, query]) => (await import(address)).terms(text, { query })"
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + LEAFLETS["en"])

        def terms(text: str, *, query: bool) -> Any:
            return page.evaluate(run, [f"{host}-/site.js", text, query])

        assert terms("粟丘疹", query=True) == ["粟丘", "丘疹"]
        assert terms("粟丘", query=False) == ["粟", "丘", "粟丘"]
        assert terms("疹", query=True) == ["疹"]
        assert terms("维A酸 L72.0", query=True) == ["a", "维", "酸", "l720"]


def test_keys_are_enough(browser: Browser, host: str) -> None:
    """To the field, to a result, to the leaflet's page, to the leaflet; each stop is seen."""
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + CATALOGUES["ar"])
        focus = "document.activeElement"
        page.keyboard.press("Tab")
        assert page.evaluate(f"{focus}.className") == "skip"
        box = page.locator(".skip").bounding_box()
        assert box
        assert box["width"] > 24
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate(f"{focus}.id") == "q"
        page.keyboard.type("الدخينات")
        expect(page.locator("#results a")).to_have_count(1)
        for wanted in ("l", "f", "clear"):
            page.keyboard.press("Tab")
            assert page.evaluate(f"{focus}.id") == wanted
        page.keyboard.press("Tab")
        assert page.evaluate(f"getComputedStyle({focus}).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url(host + LEAFLETS["ar"])
        seen = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            seen.add(page.evaluate(f"{focus}.textContent.trim()"))
            if page.evaluate(f"{focus}.textContent") == "اقرأ على هذه الشاشة":
                break
        page.keyboard.press("Enter")

        page.wait_for_url(f"{host}{LEAFLETS['ar']}milia.html")
        assert {"English", "简体中文"} <= seen


def test_all_is_there_without_script(browser: Browser, host: str) -> None:
    """The list, other languages, the prints; and nothing that would not work."""
    with window(browser, DESKTOP, java_script_enabled=False) as page:
        page.goto(host)
        page.wait_for_url(host + CATALOGUES["en"])
        assert not page.locator("#search").is_visible()
        assert page.locator("#all h3 a").all_inner_texts() == ["Acne", "Milia (milk spots)"]
        page.click("nav a[hreflang='zh-Hans']")
        assert page.locator("#all h3").all_inner_texts() == ["粟丘疹（脂肪粒） 草稿", "Acne"]
        assert page.locator("#all .tongues a").all_inner_texts() == ["English", "العربية"]
        page.click("#all h3 a")
        page.click("nav a[hreflang='ar']")
        assert page.inner_text("h1") == "الدخينات (بقع الحليب)"
        page.click("a[type='text/html']")

        assert page.inner_text("h1") == "الدخينات (بقع الحليب)"
        page.goto(host + LEAFLETS["ar"])
        with page.expect_download() as saved:
            page.click("a[download]")
        assert saved.value.suggested_filename == "milia-ar-a4.pdf"


def test_a_code_on_paper_is_never_dead(browser: Browser, host: str, withdrawn: str) -> None:
    """An old version leads to the newest; what is withdrawn says so, and where else to look."""
    version = next(
        row["version"]
        for row in json.loads(fetched(browser, host + "catalogue.json"))["leaflets"]
        if row["page"] == LEAFLETS["ar"]
    )
    with window(browser, DESKTOP, java_script_enabled=False) as page:
        for base in (host, withdrawn):
            page.goto(f"{base}{LEAFLETS['ar']}{version}/")
            page.wait_for_url(base + LEAFLETS["ar"])
        assert page.locator(".notice").count() == 1
        assert page.locator(".actions").count() == 0
        page.click("nav a[hreflang='en']")

        assert page.url == withdrawn + LEAFLETS["en"]
        assert page.locator(".actions a").count() == 1


def fetched(browser: Browser, address: str) -> str:
    """Return a file of a host."""
    with window(browser, DESKTOP) as page:
        return page.request.get(address).text()


def test_every_letter_is_in_a_font_of_the_site(browser: Browser, host: str) -> None:
    """No font of this machine is used: a desk without Chinese fonts shows its name all the same."""
    with window(browser, DESKTOP, service_workers="block") as page:
        for path in (*CATALOGUES.values(), *LEAFLETS.values(), "northgate/milia/"):
            page.goto(host + path)
            page.evaluate("document.fonts.ready")
            page.wait_for_timeout(200)

            assert {own for _family, own in fonts(page)} == {True}, (path, fonts(page))


def visit(browser: Browser, address: str) -> tuple[dict[str, bytes], list[str]]:
    """Open a page, and look for something; return what it loaded, and what it complained of."""
    loaded: dict[str, Response] = {}
    said: list[str] = []
    with window(browser, DESKTOP, service_workers="block") as page:
        page.on("response", lambda response: loaded.update({response.url: response}))
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        if page.locator("#q").count():
            assert search(page, "milia")
        page.wait_for_load_state("networkidle")
        bodies = {url: response.body() for url, response in loaded.items()}
    return bodies, [text for text in said if "Playwright" not in text]


def test_a_page_is_light_and_asks_nobody_else(browser: Browser, host: str) -> None:
    """With its search, its fonts and all, before pictures; no rule of its own is broken."""
    for path in (*CATALOGUES.values(), *LEAFLETS.values()):
        bodies, said = visit(browser, host + path)
        held = [data for url, data in bodies.items() if not url.endswith(".png")]
        sent = sum(len(gzip.compress(data)) for data in held)
        print(f"{path}: {sent} bytes as sent, {sum(map(len, held))} as they are")

        assert sent <= BUDGET, (path, sent)
        assert said == [], path
        assert [url for url in bodies if not url.startswith(host)] == []


def test_pages_are_kept_for_a_time_without_a_network(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    """After one visit: the page, its language's others, what was opened; and each says so."""
    with hosted(site, tmp_path) as host, window(browser, DESKTOP) as page:
        page.goto(host.base + CATALOGUES["ar"])
        kept = f"caches.match('{host.base}{LEAFLETS['ar']}').then(Boolean)"
        until(page, kept)
        page.goto(host.base + LEAFLETS["ar"] + "milia.html")
        assert page.locator(".offline").count() == 0
        until(page, f"caches.match('{host.base}{LEAFLETS['ar']}milia.html').then(Boolean)")
        host.leave()

        page.goto(host.base + LEAFLETS["ar"] + "milia.html")
        assert page.locator(".offline").inner_text().startswith("أنت غير متصل بالإنترنت.")
        for path in (CATALOGUES["ar"], LEAFLETS["ar"]):
            page.goto(host.base + path)
            assert page.locator(".offline[lang='ar'][dir='rtl']").count() == 1
            assert page.inner_text("h1") in {"نشرات للمرضى", "الدخينات (بقع الحليب)"}
        page.goto(host.base + CATALOGUES["ar"])
        assert search(page, "الدخينات") == ["الدخينات (بقع الحليب)"]
        page.goto(host.base + LEAFLETS["zh-Hans"])
        assert page.inner_text("h1").startswith("您现在没有联网")


def test_a_new_site_takes_the_place_of_what_was_kept(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    """With a network the newest is shown at once; what was kept is fetched anew, once."""
    with hosted(site, tmp_path) as host, window(browser, DESKTOP) as page:
        served = tmp_path / PLACE
        page.goto(host.base + LEAFLETS["en"])
        kept = f"caches.match('{host.base}{CATALOGUES['en']}').then(Boolean)"
        until(page, kept)
        before = page.evaluate("caches.keys()")
        for path in (CATALOGUES["en"], LEAFLETS["en"]):
            file = served / path / "index.html"
            text = file.read_text("utf-8").replace("Milia (milk spots)", "Milia, anew")
            file.write_text(text, "utf-8")
        worker = served / "sw.js"
        text = re.sub(r'"version": "\w+"', '"version": "new"', worker.read_text("utf-8"))
        worker.write_text(text, "utf-8")

        page.goto(host.base + LEAFLETS["en"])
        assert page.inner_text("h1") == "Milia, anew"
        assert len(before) == 1
        until(page, f"caches.keys().then(now => now.length === 1 && now[0] !== '{before[0]}')")
        host.leave()
        page.goto(host.base + CATALOGUES["en"])
        assert "Milia, anew" in page.inner_text("#all")
        assert page.locator(".offline").count() == 1


def test_forced_colours_and_paper(browser: Browser, host: str) -> None:
    """Buttons keep an edge where colours are the reader's; paper is light and has no controls."""
    with window(browser, DESKTOP, service_workers="block") as page:
        page.goto(host + LEAFLETS["en"])
        page.emulate_media(forced_colors="active")
        edge = "getComputedStyle(document.querySelector('.button')).borderTopWidth"
        assert page.evaluate(edge) == "2px"
        page.emulate_media(media="print", color_scheme="dark", forced_colors="none")
        ground = "getComputedStyle(document.documentElement).backgroundColor"

        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        assert not page.locator(".actions").is_visible()
        assert page.locator(".summary").is_visible()
