"""A site's files: pages without a dead link, feeds, and what designers put beside them."""

import calendar
import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest

from handbill import catalogue, commands, plan, project, site, sources, syndication
from handbill.catalogue import Catalogue
from handbill.diagnostics import Fault
from handbill.model import Project
from tests.conftest import ROOT, TODAY, build, load, on_disk


BASE = "https://leaflets.example.org/skin"
TEMPLATES = ROOT / "templates" / "site"
DAY = ("--today", TODAY.isoformat())
#: What HTML may lead to: its attributes that hold addresses.
LINKS = {"href", "src"}


class Reading(HTMLParser):
    """Gathers the addresses of a page, and its `meta` elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element leads to."""
        self.links += [value for name, value in attrs if name in LINKS and value]
        if tag == "meta":
            self.metas.append(dict(attrs))


def furnish(root: Path) -> Path:
    """Give a project of three languages a site, a web page, and a second clinic."""
    shutil.copytree(TEMPLATES, root / "templates" / "site")
    shutil.copytree(ROOT / "templates/formats/html", root / "templates/formats/html")
    design = root / "templates/site/site.toml"
    text = re.sub(
        r"^formats = .*$", 'formats = ["html", "a4"]', design.read_text("utf-8"), flags=re.MULTILINE
    )
    design.write_text(text, "utf-8")
    for tag in ("ar", "es"):
        name = f"locales/{tag}/LC_MESSAGES/site.po"
        shutil.copy(ROOT / name, root / name)
    clinic = root / "content/clinics/one.toml"
    clinic.write_text(clinic.read_text("utf-8").replace('["a4"]', '["a4", "html"]'), "utf-8")
    (root / "content/clinics/two.toml").write_text(
        'name = "Clinic Two"\ncountry = "GB"\nformats = ["html"]\nphone = "0808 157 0124"\n',
        "utf-8",
    )
    (root / "locales/es/search.toml").write_text('[hands]\nwords = ["lavarse"]\n', "utf-8")
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has been built, and whose site has been made without an address."""
    root = furnish(on_disk(tmp_path_factory.mktemp("site") / "project"))
    build(root / "output", "--root", str(root), *DAY)
    assert run(root) == 0
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the built project, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "copy", copy_function=os.link))


def run(root: Path, *arguments: str) -> int:
    """Make the site of a project."""
    return commands.run(["site", "--root", str(root), *DAY, *arguments])


def write(path: Path, text: str) -> None:
    """Replace a file, which may be a link to another project's."""
    path.unlink(missing_ok=True)
    path.write_text(text, "utf-8")


def rebuilt(root: Path) -> None:
    """Let the manifest say what a build of today's texts would: the site believes it."""
    path, now = root / "output/manifest.json", loaded(root)
    manifest = json.loads(path.read_text("utf-8"))
    rows = {row["path"]: row for row in manifest["editions"]}
    manifest["editions"] = [
        rows[item.path]
        | {"inputs": plan.inputs(now, item, rows[item.path]["inputs"]["toolchain and fonts"])}
        for item in plan.editions(now)
    ]
    write(path, json.dumps(manifest))


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the pages of a site but the leaflets' own, by their folders."""
    for path in sorted(root.rglob("index.html")):
        yield path.parent.relative_to(root).as_posix() + "/", path.read_text("utf-8")


def loaded(root: Path) -> Project:
    """Load a project from disk."""
    return project.load(sources.read(root), today=TODAY)


def known(root: Path) -> Catalogue:
    """Read the catalogue of a site."""
    found = catalogue.read((root / "output/site/catalogue.json").read_bytes(), "")
    assert isinstance(found, Catalogue)
    return found


@pytest.mark.slow
def test_no_link_is_dead(made: Path) -> None:
    """Each leads to a file of the site, by a relative address: it works below any path."""
    root = made / "output" / "site"
    seen = 0
    for folder, html in pages(root):
        for link in Reading(html).links:
            address = urlsplit(link)
            if address.scheme in {"tel", "mailto"}:
                continue
            assert not address.scheme, (folder, link)
            target = (root / folder / address.path).resolve()
            assert target.is_relative_to(root.resolve()), (folder, link)
            assert target.is_file() or (target / "index.html").is_file(), (folder, link)
            seen += 1

    assert seen > 100


@pytest.mark.slow
def test_every_code_on_paper_has_a_page(made: Path) -> None:
    """A clinic's, a leaflet's, a language's and a version's address is a folder with an index."""
    root = made / "output" / "site"
    entries = known(made).entries

    assert len(entries) == 6
    for entry in entries:
        for place in ("", "..", "../..", entry.version):
            assert (root / entry.folder / place / "index.html").is_file(), (entry.key, place)
        moved = (root / entry.folder / entry.version / "index.html").read_text("utf-8")
        assert {"http-equiv": "refresh", "content": "0; url=../"} in Reading(moved).metas


@pytest.mark.slow
def test_a_second_run_writes_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same build gives the same bytes, and no file is touched."""
    files = sorted(path for path in (made / "output/site").rglob("*") if path.is_file())
    before = [path.stat().st_mtime_ns for path in files]

    assert run(made) == 0
    assert "0 files written, 0 removed" in capsys.readouterr().err
    assert [path.stat().st_mtime_ns for path in files] == before


@pytest.mark.slow
def test_a_site_elsewhere_is_the_same(made: Path, tmp_path: Path) -> None:
    """Nothing of a site depends on where or when it is written."""
    assert run(made, "--to", str(tmp_path / "site")) == 0
    one, other = made / "output/site", tmp_path / "site"
    for path in sorted(one.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (other / path.relative_to(one)).read_bytes(), path


@pytest.mark.slow
def test_what_is_withdrawn_keeps_its_pages(copy: Path) -> None:
    """The page stays at its address, and says so; the prints go, and so does the list's entry."""
    site_folder = copy / "output/site"
    old = next(item for item in known(copy).entries if item.key == ("one", "hands", "ar"))
    write(copy / "pyproject.toml", '[tool.handbill]\nlanguages = ["es"]\n')
    rebuilt(copy)

    assert run(copy) == 0
    html = (site_folder / "one/hands/ar/index.html").read_text("utf-8")
    assert "هذه النشرة لم تعد تنشر." in html or "This leaflet is no longer published." in html
    assert 'href="../../../one/hands/es/"' in html
    assert {"name": "robots", "content": "noindex"} in Reading(html).metas
    assert not any((site_folder / file.path).exists() for file in old.files)
    assert (site_folder / "one/hands/ar" / old.version / "index.html").is_file()
    assert "one/hands/ar/" not in (site_folder / "one/index.html").read_text("utf-8")
    assert "one/hands/ar/" not in (site_folder / "one/-/search.json").read_text("utf-8")
    test_no_link_is_dead(copy)


@pytest.mark.slow
def test_the_published_catalogue_is_enough(copy: Path, tmp_path: Path) -> None:
    """In a fresh clone, what was withdrawn is known from the published file alone."""
    published = tmp_path / "catalogue.json"
    shutil.copy(copy / "output/site/catalogue.json", published)
    write(copy / "pyproject.toml", '[tool.handbill]\nlanguages = ["es"]\n')
    rebuilt(copy)

    assert run(copy, "--to", str(tmp_path / "new"), "--previous", str(published)) == 0
    assert (tmp_path / "new/one/hands/ar/index.html").is_file()
    # Its list and its feed are read by people too, and tell that it has gone.
    assert "one/hands/ar/" not in (tmp_path / "new/one/-/ar/index.html").read_text("utf-8")


@pytest.mark.slow
def test_a_site_without_its_files_is_not_made(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that stays as it was needs the print that it leads to."""
    published = tmp_path / "catalogue.json"
    shutil.copy(copy / "output/site/catalogue.json", published)
    path = copy / "content/leaflets/hands/leaflet.md"
    write(path, path.read_text("utf-8").replace('version = "1.0"', 'version = "1.1"'))

    assert run(copy, "--to", str(tmp_path / "new"), "--previous", str(published)) == 2
    assert "files that the last site had are not there" in capsys.readouterr().err
    assert not list((tmp_path / "new").rglob("*.html"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"path": "one/hands', '"path": "../one/hands'),
        ('"leaflet": "hands"', '"leaflet": "../../hands"'),
        ('"title": "', '"title": 5, "was": "'),
    ],
)
def test_a_catalogue_leads_nowhere_else(
    copy: Path, tmp_path: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The published file comes from outside: nothing beyond the site is written or removed."""
    text = (copy / "output/site/catalogue.json").read_text("utf-8")
    assert old in text
    (tmp_path / "catalogue.json").write_text(text.replace(old, new), "utf-8")

    assert run(copy, "--previous", str(tmp_path / "catalogue.json")) == 2
    assert "not a catalogue of ours" in capsys.readouterr().err


@pytest.mark.slow
def test_a_new_text_is_a_new_version(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Until it is built its page stays; then the old version's address leads to the new one."""
    before = known(copy)
    path = copy / "content/leaflets/hands/leaflet.md"
    write(path, path.read_text("utf-8").replace('version = "1.0"', 'version = "1.1"'))

    assert run(copy) == 1
    assert "LF872 stale-edition: what it was made from has changed" in capsys.readouterr().err
    assert known(copy) == before
    rebuilt(copy)
    assert run(copy) == 0
    for old, new in zip(before.entries, known(copy).entries, strict=True):
        assert new.versions == (old.version, new.version)
        assert (copy / "output/site" / new.folder / old.version / "index.html").is_file()


@pytest.mark.slow
def test_a_language_without_words_has_leaflets_all_the_same(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its catalogue waits for its translators; its leaflets' pages speak the source language."""
    (copy / "locales/ar/LC_MESSAGES/site.po").unlink()

    assert run(copy, "--to", str(copy / "new")) == 1
    assert "LF307 missing-catalog" in capsys.readouterr().err
    assert not (copy / "new/one/-/ar").exists()
    html = (copy / "new/one/hands/ar/index.html").read_text("utf-8")
    assert '<html lang="en" dir="ltr"' in html
    assert '<h1 lang="ar" dir="rtl">يدان نظيفتان</h1>' in html
    assert 'href="../../../one/"' in html


@pytest.mark.slow
def test_a_language_that_is_not_known_any_more_has_pages_all_the_same(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its words are there, and nobody describes it: that is told, and its leaflets' pages stay."""
    write(copy / "pyproject.toml", '[tool.handbill]\nlanguages = ["es"]\n')
    table = copy / "locales/languages.toml"
    head, _, tail = table.read_text("utf-8").partition("[ar]")
    write(table, head + tail[tail.find("\n[") :] if "\n[" in tail else head)
    rebuilt(copy)

    assert run(copy) == 1
    assert "LF012 unknown-language" in capsys.readouterr().err
    html = (copy / "output/site/one/hands/ar/index.html").read_text("utf-8")
    assert '<html lang="en"' in html


@pytest.mark.slow
def test_a_broken_template_makes_no_site(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half a site would be worse than the old one, which stays."""
    before = {path: path.stat().st_mtime_ns for path in (copy / "output/site").rglob("*")}
    write(copy / "templates/site/leaflet.html.jinja", "{{ t( }}")

    assert run(copy) == 1
    assert "no site was made" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (copy / "output/site").rglob("*")} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--previous", "nowhere.json"], "unreadable-file"),
        (["--previous", "pyproject.toml"], "not a catalogue"),
        (["--clinic", "three"], "no clinic is called 'three'"),
    ],
)
def test_what_cannot_be(
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    """A catalogue that is not there is not guessed: the old addresses would be dead."""
    monkeypatch.chdir(copy)

    assert run(copy, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["leaflets.example", "ftp://x", "https://", "https://x/?a"])
def test_an_address_is_one(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Feeds with half an address would lead nowhere."""
    with pytest.raises(SystemExit):
        commands.run(["site", "--base", text])

    assert "no address of a site" in capsys.readouterr().err


@pytest.mark.slow
def test_feeds_are_read_by_a_parser_that_did_not_write_them(made: Path, tmp_path: Path) -> None:
    """Ids stay, dates are the leaflets' own, addresses are whole and lead to pages."""
    target = tmp_path / "site"
    assert run(made, "--to", str(target), "--base", BASE + "/") == 0

    for name, count in (("one/-/feed.xml", 3), ("one/-/ar/feed.xml", 1)):
        found = feedparser.parse((target / name).read_bytes())
        assert (found.bozo, found.version, len(found.entries)) == (False, "atom10", count)
        assert found.feed.id.startswith("tag:leaflets.example.org,2026:skin/one/")
        assert len({entry.id for entry in found.entries}) == count
        for entry in found.entries:
            day = dt.datetime.fromtimestamp(calendar.timegm(entry.updated_parsed), tz=dt.UTC)
            path = entry.link.removeprefix(BASE + "/")
            assert day.date() == dt.date(2026, 1, 1)
            assert (target / path / "index.html").is_file()
            assert [tag.term for tag in entry.tags] == ["draft"]
            for file in entry.enclosures:
                assert (target / file.href.removeprefix(BASE + "/")).is_file()
    arabic = feedparser.parse((target / "one/-/ar/feed.xml").read_bytes())
    assert arabic.entries[0].title == "يدان نظيفتان"


@pytest.mark.slow
def test_addresses_are_whole_where_the_site_is_known(made: Path, tmp_path: Path) -> None:
    """Canonical addresses, other languages and the sitemap; drafts are told to nobody."""
    target = tmp_path / "site"
    assert run(made, "--to", str(target), "--base", BASE) == 0

    tree = ET.parse(target / "sitemap.xml").getroot()  # noqa: S314 - our own file
    places = [item.text for item in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{BASE}/one/-/ar/" in places
    assert not [place for place in places if place and "/hands/" in place]
    html = (target / "one/-/ar/index.html").read_text("utf-8")
    assert f'<link rel="canonical" href="{BASE}/one/-/ar/">' in html
    assert f'<link rel="alternate" hreflang="es" href="{BASE}/one/-/es/">' in html
    lost = (target / "404.html").read_text("utf-8")
    assert {link for link in Reading(lost).links if not link.startswith(BASE)} == {"#main"}


def test_pages_say_to_programs_what_they_say_to_readers() -> None:
    """The words of schema.org; an illness by its code, a reviewer only of what was signed."""
    entry = catalogue.Entry(
        clinic="one",
        leaflet="milia",
        language="ar",
        title="</script>",
        summary="s",
        audience="a",
        kind="condition",
        version="1.0-3f9a2c1d",
        draft=False,
        published=dt.date(2026, 1, 1),
        last_review=dt.date(2026, 2, 1),
        next_review=dt.date(2028, 1, 1),
        changed=dt.date(2026, 3, 1),
        codes={"icd-10": "L72.0"},
        checked_by=(
            catalogue.Checker(name="A. Reader", role="clinical-reviewer", date=TODAY),
            catalogue.Checker(name="B. Writer", role="translator", date=TODAY),
        ),
    )
    place = catalogue.Place(id="one", name="Clinic One", phone="", email="", website="")
    shown = Catalogue(source_language="en", places=(place,), entries=(entry,))

    text = syndication.linked(entry, shown, base="")
    found = json.loads(text)
    assert "</" not in text
    assert (found["@type"], found["inLanguage"], found["lastReviewed"]) == (
        "MedicalWebPage",
        "ar",
        "2026-02-01",
    )
    assert found["reviewedBy"] == [{"@type": "Person", "name": "A. Reader"}]
    assert found["about"]["code"] == [
        {"@type": "MedicalCode", "codeValue": "L72.0", "codingSystem": "ICD-10"}
    ]
    assert "url" not in found


@pytest.mark.slow
def test_a_page_names_what_it_describes(made: Path) -> None:
    """What stands in the page as JSON is what its catalogue says; drafts have no reviewer."""
    html = (made / "output/site/one/hands/es/index.html").read_text("utf-8")
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert block
    found = json.loads(block[1])

    assert (found["creativeWorkStatus"], "reviewedBy" in found) == ("Draft", False)
    assert {"name": "robots", "content": "noindex"} in Reading(html).metas


def designed(changes: dict[str, bytes | None]) -> list[Fault]:
    """Read the site's design with some files changed or removed."""
    files = {path.name: path.read_bytes() for path in TEMPLATES.iterdir()}
    for name, data in changes.items():
        if data is None:
            del files[name]
        else:
            files[name] = data
    names = ("html", "letter", "large-print", "mono")
    more = {f"templates/formats/{name}/format.toml": f'title = "{name}"\n' for name in names}
    return site.design(load(more), files)[1]


def test_the_design_is_whole() -> None:
    """Others' programs are those that site.toml describes, to the byte."""
    assert designed({}) == []


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"site.css": None}, "templates/site/site.css:1:1", "does not exist"),
        ({"moved.html.jinja": None}, "templates/site/moved.html.jinja:1:1", "does not exist"),
        (
            {"minisearch-7.2.0.js": b"alert(1)"},
            "templates/site/site.toml:7:1",
            "minisearch-7.2.0.js is not the file that is described here",
        ),
        ({"site.toml": b'formats = ["a5"]\n'}, "templates/site/site.toml:1:1", "'a5'"),
        ({"site.toml": b"formats = 1\n"}, "templates/site/site.toml:1:1", "formats"),
    ],
)
def test_a_design_with_a_mistake_is_a_fault(
    changes: dict[str, bytes | None], place: str, said: str
) -> None:
    """No program that nobody has read is given to readers."""
    found = designed(changes)[0]

    assert (found.kind, str(found.location)) == ("site-file", place)
    assert said in found.message


def test_a_heavy_page_is_told() -> None:
    """One finding for all of them, at the heaviest; a site of light pages has none."""
    weights = [
        site.Weight(path="one/", plain=300_000, sent=99_000),
        site.Weight(path="two/", plain=300_000, sent=120_500),
        site.Weight(path="three/", plain=300_000, sent=101_000),
    ]

    assert list(site.heavy(weights[:1])) == []
    (found,) = site.heavy(weights)
    assert (found.kind, found.location.path) == ("heavy-page", "two/")
    assert "120 kB" in found.message
    assert "2 pages" in found.message
