"""What is released is the same wherever it is made, and what was changed since is found."""

import datetime as dt
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cyclonedx.schema
import jsonschema
import pytest
import referencing
from playwright.sync_api import Browser

from handbill import commands, project, release, signoff, sources
from handbill.catalog import INTERFACE
from handbill.model import Signature, SignOff
from tests.conftest import ROOT, TODAY, on_disk
from tests.test_web import AXE, DESKTOP, LOST, ZOOMED, browser, violations, window


__all__ = ["browser"]  # a fixture

NAME = "2026.11.1"
STEM = f"leaflets-{NAME}"
SIGNERS = {
    "en": {"clinical-reviewer": "Dr A. Example"},
    "es": {"translator": "T. Example", "second-reader": "S. Example"},
    "ar": {"translator": "U. Example", "second-reader": "V. Example"},
}
ENGLISH = "content/leaflets/hands/leaflet.md"
SPANISH = "locales/es/LC_MESSAGES/hands.po"
ARABIC = "locales/ar/LC_MESSAGES/hands.po"


class Publisher:
    """A project of one leaflet in three languages for two clinics, and made-up persons who sign."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "project"

    @property
    def released(self) -> Path:
        """What was written under the usual name."""
        return self.root / "releases" / NAME

    def begin(self) -> None:
        """Put the project on disk."""
        on_disk(self.root)
        clinic = self.root / "content/clinics/one.toml"
        text = clinic.read_text("utf-8")
        clinic.with_name("two.toml").write_text(text.replace("Clinic One", "Clinic Two"), "utf-8")
        # Each clinic's pages bear its name, so that no two files are the same.
        self.edit(
            "templates/leaflet.html.jinja", "{{ summary }}", "{{ clinic.name }} {{ summary }}"
        )

    def sign(self, *tags: str) -> None:
        """Let them sign all texts in these languages as they are."""
        for tag in tags or SIGNERS:
            for domain, (role, name) in itertools.product(
                ("hands", INTERFACE), SIGNERS[tag].items()
            ):
                loaded = project.load(sources.read(self.root), today=TODAY)
                signature = Signature(
                    role=role,
                    name=name,
                    date=TODAY,
                    expires=TODAY + dt.timedelta(days=730),
                    text=signoff.code(signoff.printed(loaded, domain, tag)),
                )
                signed = signoff.sign(loaded, domain, tag, signature)
                assert isinstance(signed, SignOff)
                path = self.root / signed.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(signoff.write(signed))

    def edit(self, path: str, before: str, after: str) -> None:
        """Change a file of the project."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    def run(self, *words: str, today: dt.date = TODAY) -> int:
        """Run a command on the project."""
        return commands.run([*words, "--root", str(self.root), "--today", today.isoformat()])

    def release(self, *words: str, name: str = NAME) -> int:
        """Release the project."""
        return self.run("release", f"--name={name}", "--executor", "inline", *words)

    def verify(self, path: Path | None = None, *words: str, today: dt.date = TODAY) -> int:
        """Judge a release; what there is to say of it is on stdout."""
        return self.run("verify", str(path or self.released), *words, today=today)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a project with all signatures, and its release."""
    publisher = Publisher(tmp_path_factory.mktemp("release"))
    publisher.begin()
    publisher.sign()
    assert publisher.release() == 0
    return publisher.folder


@pytest.fixture
def publisher(made: Path, tmp_path: Path) -> Publisher:
    """Return a copy of it, to be changed."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Publisher(tmp_path)


@pytest.fixture
def unsigned(tmp_path: Path) -> Publisher:
    """Return a project that nobody has signed."""
    publisher = Publisher(tmp_path)
    publisher.begin()
    return publisher


def files(root: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def notes(publisher: Publisher, name: str = NAME) -> str:
    """Return the notes of a release."""
    path = publisher.root / "releases" / name / f"leaflets-{name}" / "release-notes.md"
    return path.read_text("utf-8")


def marked(before: str, after: str) -> str:
    """Return how notes show words in place of others."""
    return f"<del>[removed] {before}</del> <ins>[added] {after}</ins>"


def section(text: str, title: str) -> str:
    """Return the part of notes that begins with a heading."""
    match = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
    assert match
    return match[1]


@pytest.mark.slow
def test_two_clean_builds_are_one_release(made: Path, tmp_path: Path) -> None:
    """In other folders, time zones, locales and masks, with other workers: the same bytes."""
    for number, (zone, locale, mask, jobs) in enumerate(
        (("Pacific/Auckland", "C.UTF-8", 0o077, "2"), ("America/Los_Angeles", "C", 0o002, "1"))
    ):
        root = tmp_path / str(number) / ("deep/er" if number else "flat")
        shutil.copytree(made / "project", root, ignore=shutil.ignore_patterns("output", "releases"))
        subprocess.run(
            [
                *(sys.executable, str(ROOT / "build.py"), "release", "--name", NAME),
                *("--today", TODAY.isoformat(), "--jobs", jobs),
            ],
            check=True,
            capture_output=True,
            cwd=root,
            env={**os.environ, "TZ": zone, "LC_ALL": locale},
            umask=mask,
        )

        found = files(root / "releases")
        assert found == files(made / "project/releases")
        assert len([name for name in found if name.endswith(".zip")]) == 6


def test_a_release_stands_on_its_own(made: Path) -> None:
    """Each clinic and language has a zip; coreutils check its sums, and handbill the rest."""
    publisher = Publisher(made)

    assert publisher.verify() == 0
    for path in (publisher.released, publisher.released / STEM):
        # macOS calls it by another name.
        program = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "-a", "256"]
        subprocess.run([*program, "--check", "SHA256SUMS"], cwd=path, check=True)
    zips = sorted(path.name for path in publisher.released.glob("*.zip"))
    assert zips == [
        f"{STEM}{end}.zip"
        for end in (
            "-clinic-one",
            "-clinic-two",
            "-language-ar",
            "-language-en",
            "-language-es",
            "",
        )
    ]
    for path in publisher.released.glob("*.zip"):
        assert publisher.verify(path) == 0
    with zipfile.ZipFile(publisher.released / f"{STEM}.zip") as whole:
        held = {
            info.filename.removeprefix(f"{STEM}/"): whole.read(info) for info in whole.infolist()
        }
    assert held == files(publisher.released / STEM)
    with zipfile.ZipFile(publisher.released / f"{STEM}-language-ar.zip") as part:
        assert [name for name in part.namelist() if name.endswith(".pdf")] == [
            f"{STEM}-language-ar/{clinic}/ar/hands.a4.pdf" for clinic in ("one", "two")
        ]


def test_a_release_is_written_once(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same again is no mistake; another of the same name is, and changes nothing."""
    before = files(publisher.root / "releases")
    assert publisher.release() == 0
    said = capsys.readouterr()
    assert "is there already, and is the same" in said.err
    assert said.out.splitlines()[0] == str(publisher.released / f"{STEM}.zip")

    assert publisher.release("--language", "en") == 1
    assert "LF851 release-name: a release of this name is there" in capsys.readouterr().err
    assert files(publisher.root / "releases") == before
    assert [path.name for path in (publisher.root / "releases").iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "con", "x.", "-x", "é", "x" * 65])
def test_a_name_is_safe_everywhere(name: str, unsigned: Publisher) -> None:
    """Rule "release-name": a name that is no name of a folder somewhere is refused."""
    assert unsigned.release(name=name) == 2
    assert not (unsigned.root / "releases").exists()


def test_drafts_are_refused(unsigned: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """One text that nobody has signed stops the whole release, before anything is printed."""
    unsigned.sign("en", "es")

    assert unsigned.release() == 1
    said = capsys.readouterr()
    assert "locales/ar/signed/hands.json:1:1: LF332 unsigned" in said.err
    assert "not released" in said.err
    assert said.out == ""
    assert not (unsigned.root / "releases").exists()
    assert not (unsigned.root / "output").exists()


def test_nothing_signed_is_nothing_to_release(
    unsigned: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "unreleasable": an empty release would look like a success."""
    assert unsigned.release("--signed") == 1
    assert "LF850 unreleasable: nothing that was asked for is signed" in capsys.readouterr().err


def test_what_is_signed_can_go_out_alone(unsigned: Publisher) -> None:
    """The notes and the manifest say what was left out, and why."""
    unsigned.sign("en", "es")
    assert unsigned.release("--signed", "--clinic", "one") == 0

    assert unsigned.verify() == 0
    text = notes(unsigned)
    assert "## Left out\n\n- Clean hands (hands), a draft: Arabic (ar)\n" in text
    assert "1 file not in this release: not asked for." in section(text, "Spanish (es)")
    assert "This release was narrowed: clinic one; only what is signed." in text
    manifest = json.loads((unsigned.released / STEM / "manifest.json").read_text("utf-8"))
    assert [(row["path"], row["why"]) for row in manifest["left_out"]] == [
        ("one/ar/hands.a4.pdf", "a draft"),
        ("two/ar/hands.a4.pdf", "not asked for"),
        ("two/en/hands.a4.pdf", "not asked for"),
        ("two/es/hands.a4.pdf", "not asked for"),
    ]
    assert not list((unsigned.root / "output").glob("*/ar/*.pdf"))


def test_released_drafts_are_named(unsigned: Publisher) -> None:
    """Those of the settings' languages go out with their stamp, and the notes say so."""
    unsigned.edit("pyproject.toml", "languages", 'draft-languages = ["ar"]\nlanguages')
    unsigned.sign("en", "es")
    assert unsigned.release() == 0

    assert unsigned.verify() == 0
    text = notes(unsigned)
    assert "**2 files of these are drafts, and say so on every page.**" in text
    told = section(text, "Arabic (ar)")
    assert "A draft: nobody has signed hands (ar): translator, hands (ar): second-reader" in told
    assert "draft" not in section(text, "Spanish (es)")


def test_an_edition_that_fails_stops_the_release(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is met in printing, too; no half of a release is left."""
    publisher.edit("pyproject.toml", "[tool.handbill]", "[tool.handbill]\nmax-pages = 0")
    shutil.rmtree(publisher.root / "releases")

    assert publisher.release() == 1
    assert "not released" in (said := capsys.readouterr().err)
    assert "page-budget" in said
    # All that is signed was asked for, and it is not there.
    assert publisher.release("--signed") == 1
    assert "one/en/hands.a4.pdf:1:1: LF850 unreleasable: is not current" in capsys.readouterr().err
    assert not (publisher.root / "releases").exists()


def test_a_leaflet_that_cannot_be_read_is_not_left_out_silently(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows that it is a draft; what no leaflet waits for stops no release."""
    broken = publisher.root / "content/leaflets/feet/leaflet.md"
    broken.parent.mkdir()
    broken.write_text("+++\nid = 1\n+++\n", "utf-8")
    assert publisher.release("--signed", name="2") == 1
    assert "content/leaflets/feet/leaflet.md:2:1: LF101" in capsys.readouterr().err
    assert publisher.release("--leaflet", "hands", name="2") == 0

    shutil.rmtree(broken.parent)
    message = publisher.root / "templates/email/message.txt.jinja"
    message.parent.mkdir()
    message.write_text('{{ t("Your leaflet") }}', "utf-8")
    assert publisher.release("--language", "es", name="3") == 0
    assert "2 reused, 0 stopped; 1 error" in capsys.readouterr().err


def test_nobody_answers_for_a_choice(publisher: Publisher) -> None:
    """A clinic's choice without a name is left out of what is signed, for that clinic alone."""
    leaflet = publisher.root / ENGLISH
    variants = "\n!!! variant soap bar\n    Wash\n\n!!! variant soap gel\n    Wash\n"
    leaflet.write_text(leaflet.read_text("utf-8") + variants, "utf-8")
    for clinic, said in (("one", 'by = "Dr B. Example"\non = 2026-01-02\n'), ("two", "")):
        path = publisher.root / f"content/clinics/{clinic}.toml"
        text = path.read_text("utf-8") + f'\n[choices.soap]\nis = "bar"\n{said}'
        path.write_text(text, "utf-8")
    publisher.sign()

    assert publisher.release("--signed", name="2") == 0
    assert publisher.verify(publisher.root / "releases/2") == 0
    told = section(notes(publisher, "2"), "English (en)")
    assert "1 file not in this release: a draft." in told
    manifest = publisher.root / "releases/2/leaflets-2/manifest.json"
    assert json.loads(manifest.read_text("utf-8"))["clinics"] == {
        "one": {
            "name": "Clinic One",
            "choices": {"soap": {"is": "bar", "by": "Dr B. Example", "on": "2026-01-02"}},
        }
    }


def test_notes_show_exactly_what_has_changed(publisher: Publisher) -> None:
    """The changed sentence in each language, words marked, and not the sentence beside it."""
    publisher.edit(ENGLISH, "20 seconds", "30 seconds")
    publisher.edit(SPANISH, "20 seconds", "30 seconds")
    publisher.edit(SPANISH, "20 segundos", "30 segundos")
    publisher.edit(ARABIC, "20 seconds", "30 seconds")
    publisher.edit(ARABIC, "20 ثانية", "30 ثانية")
    publisher.sign()
    assert publisher.release("--since", str(publisher.released), name="2") == 0

    text = notes(publisher, "2")
    passages = re.findall(r'^<p lang="(..)" dir="(...)">(.*)</p>$', text, re.MULTILINE)
    assert passages == [
        ("en", "ltr", f"Wash for {marked('20 seconds', '30 seconds')}. …"),
        ("ar", "rtl", f"اغسل لمدة {marked('20', '30')} ثانية. …"),
        ("es", "ltr", f"Lávese durante {marked('20 segundos', '30 segundos')}. …"),
    ]
    assert "Compared with 2026.11.1." in text
    assert "- Signed by Dr A. Example, clinical reviewer, 2026-11-24; holds until 2028-11-23" in (
        section(text, "English (en): changed")
    )
    assert "unchanged" in text.partition("templates’ words")[2]
    page = publisher.root / "releases/2/leaflets-2/release-notes.html"
    html = page.read_text("utf-8")
    assert '<p class="passage" lang="ar" dir="rtl">' in html
    assert html.count("<ins>") == 3
    assert "hurry" not in text + html
    # Parts compare with the same part of the last release.
    with zipfile.ZipFile(publisher.root / "releases/2/leaflets-2-language-es.zip") as part:
        spanish = part.read("leaflets-2-language-es/release-notes.md").decode("utf-8")
    assert "Lávese durante <del>" in spanish
    assert "Arabic" not in spanish


@pytest.mark.slow
def test_notes_can_be_read_by_everyone(publisher: Publisher, browser: Browser) -> None:
    """axe-core finds nothing, and at 400 % nothing lies beside the page."""
    publisher.edit(ARABIC, "لمدة 20 ثانية", "20 ثانية")
    publisher.sign("ar")
    assert publisher.release("--since", str(publisher.released), name="2") == 0

    with window(browser, DESKTOP) as page:
        page.goto((publisher.root / "releases/2/leaflets-2/release-notes.html").as_uri())
        page.evaluate(AXE)
        for size in (DESKTOP, ZOOMED):
            page.set_viewport_size(size)  # type: ignore[arg-type]

            assert violations(page) == [], size
            assert page.evaluate(LOST) == [], size
        assert page.locator("del").count() == 1


def test_notes_tell_what_came_and_went(publisher: Publisher) -> None:
    """A clinic, a language, and files that are other bytes though their text is the same."""
    (publisher.root / "content/clinics/two.toml").rename(
        publisher.root / "content/clinics/three.toml"
    )
    publisher.edit("content/clinics/three.toml", "Clinic Two", "Clinic Three")
    publisher.edit("content/clinics/one.toml", "0123", "0124")
    publisher.edit("pyproject.toml", '["es", "ar"]', '["es"]')
    shutil.rmtree(publisher.root / "locales/ar")
    assert publisher.release("--since", str(publisher.released / f"{STEM}.zip"), name="2") == 0

    text = notes(publisher, "2")
    assert "New clinics: Clinic Three." in text
    assert "Clinics withdrawn: Clinic Two." in text
    assert "one/ar/hands.a4.pdf" in section(text, "Arabic (ar): withdrawn")
    told = section(text, "Spanish (es): unchanged")
    assert "these have changed:\n\n- content/clinics/one.toml\n" in told
    assert "New files:\n\n- three/es/hands.a4.pdf\n" in told
    assert "Files withdrawn:\n\n- two/es/hands.a4.pdf\n" in told


def test_a_translation_that_stayed_is_told(publisher: Publisher) -> None:
    """Its English has other words now; what is the same in every language is told once."""
    for path in (ENGLISH, SPANISH, ARABIC):
        publisher.edit(path, "hurry", "rush")
    publisher.edit(ENGLISH, 'version = "1.0"', 'version = "1.1"')
    publisher.edit(ENGLISH, "year = 2009", "year = 2024")
    leaflet = publisher.root / ENGLISH
    text = leaflet.read_text("utf-8")
    box = text[text.index("!!! warning") :]
    leaflet.write_text(text.replace(box, "").replace("## Wash", f"{box}\n## Wash"), "utf-8")
    publisher.sign()
    assert publisher.release("--since", str(publisher.released), name="2") == 0

    source = "World Health Organization. Hand hygiene"
    told = section(notes(publisher, "2"), "English (en): changed")
    english = re.sub(r"\n+", "\n", re.sub("<p [^>]*>", "", told)).replace("</p>", "").split("\n")
    assert english[2:-2] == [
        "Heading, moved:",
        "Wash",
        "Paragraph, moved and changed:",
        f"… **Do not** {marked('hurry', 'rush')}.",
        "Structure, changed:",
        "which blocks stand in which list, box or table",
        "Source who, changed:",
        f"{source} ({marked('2009', '2024')}). https://example.org/hands",
        "Version, changed:",
        marked("1.0", "1.1"),
    ]
    spanish = section(notes(publisher, "2"), "Spanish (es): changed")
    assert "1 line as before, though the English has changed." in spanish
    assert "Paragraph, moved:" in spanish
    assert "<ins>" not in spanish


def test_a_draft_that_was_signed_since_is_told(unsigned: Publisher) -> None:
    """It has the same words as before, and is another leaflet."""
    unsigned.edit("pyproject.toml", "languages", 'draft-languages = ["ar"]\nlanguages')
    unsigned.sign("en", "es")
    assert unsigned.release(name="1") == 0
    unsigned.sign("ar")
    since = str(unsigned.root / "releases/1/leaflets-1")
    assert unsigned.release("--since", since, name="2") == 0

    told = section(notes(unsigned, "2"), "Arabic (ar): unchanged")
    assert "It was a draft in the last release, and is none any more." in told


def test_what_the_last_release_was_is_checked(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "last-release": a part, a damaged one and none at all cannot be compared with."""
    part = publisher.released / f"{STEM}-clinic-one.zip"
    assert publisher.release("--since", str(part), name="2") == 2
    assert "LF852 last-release: is the part for one clinic" in capsys.readouterr().err

    texts = publisher.released / STEM / "texts.json"
    texts.write_bytes(texts.read_bytes().replace(b"20 seconds", b"25 seconds"))
    assert publisher.release("--since", str(publisher.released), name="2") == 2
    assert f"{STEM}/texts.json:1:1: LF852 last-release: is " in capsys.readouterr().err

    assert publisher.release("--since", str(publisher.root / "nowhere"), name="2") == 2
    assert "LF852 last-release: is neither a folder nor a zip" in capsys.readouterr().err


def test_the_revision_is_told_if_git_knows_it(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its digest, and no person; rule "uncommitted" warns of files that it does not hold."""

    def git(*words: str) -> str:
        identity = ["-c", "user.name=G. Example", "-c", "user.email=g@example.org"]
        return subprocess.run(
            ["git", "-C", str(publisher.root), *identity, *words],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    git("init", "--quiet")
    git("add", "content", "locales", "templates", "pyproject.toml")
    git("commit", "--quiet", "--message", "Begin")
    assert publisher.release(name="2") == 0
    assert "LF853" not in capsys.readouterr().err
    data = (publisher.root / "releases/2/leaflets-2/manifest.json").read_bytes()
    assert json.loads(data)["source"] == {
        "revision": git("rev-parse", "HEAD").strip(),
        "changed": False,
    }
    assert b"g@example.org" not in data
    statement = json.loads(
        (publisher.root / "releases/2/leaflets-2/provenance.intoto.json").read_text("utf-8")
    )
    needed = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert needed[0]["digest"] == {"gitCommit": git("rev-parse", "HEAD").strip()}

    publisher.edit("content/clinics/one.toml", "0123", "0124")
    assert publisher.release(name="3") == 0
    assert "LF853 uncommitted (warning)" in capsys.readouterr().err


def test_the_bill_of_materials_follows_its_standard(made: Path) -> None:
    """CycloneDX's own schema finds nothing wrong, and every font and package of the press is in."""
    bill = json.loads((Publisher(made).released / STEM / "sbom.cdx.json").read_text("utf-8"))

    folder = Path(cyclonedx.schema.__file__).parent / "_res"
    schemas = {
        f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json": json.loads(
            (folder / f"{name}.SNAPSHOT.schema.json").read_text("utf-8")
        )
        for name in ("bom-1.6", "spdx", "jsf-0.82")
    }
    registry = referencing.Registry[Any]().with_resources(
        (uri, referencing.Resource.from_contents(schema)) for uri, schema in schemas.items()
    )
    validator = jsonschema.Draft7Validator(
        next(iter(schemas.values())),
        registry=registry,
        format_checker=jsonschema.FormatChecker(),
    )
    assert [error.message for error in validator.iter_errors(bill)] == []
    parts = {part["name"].lower(): part for part in bill["components"]}
    assert parts["weasyprint"]["purl"] == "pkg:pypi/weasyprint@70.0"
    assert parts["brotli"]["licenses"] == [{"license": {"name": "MIT"}}]
    assert parts["markdown"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert parts["notosans-regular.ttf"]["licenses"] == [{"license": {"id": "OFL-1.1"}}]
    assert {"pango", "harfbuzz", "python", "zlib", "cffi", "handbill"} <= parts.keys()
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(refs) == len(set(refs))


def test_the_provenance_follows_its_standards(made: Path) -> None:
    """As https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1 ask, without a time."""
    root = Publisher(made).released / STEM
    found = json.loads((root / "provenance.intoto.json").read_text("utf-8"))

    assert found.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    assert found["predicate"].keys() == {"buildDefinition", "runDetails"}
    definition = found["predicate"]["buildDefinition"]
    assert definition.keys() == {"buildType", "externalParameters", "resolvedDependencies"}
    assert definition["externalParameters"] == {"name": NAME}
    for uri in (definition["buildType"], found["predicate"]["runDetails"]["builder"]["id"]):
        assert re.fullmatch(r"[a-z]+:\S+", uri)
    for item in (*found["subject"], *definition["resolvedDependencies"]):
        assert item.keys() == {"name", "digest"}
        assert re.fullmatch("[0-9a-f]{64}", item["digest"]["sha256"])
    digests = {name: sources.digest(data) for name, data in files(root).items()}
    subjects = {item["name"]: item["digest"]["sha256"] for item in found["subject"]}
    assert subjects == {
        name: digest
        for name, digest in digests.items()
        if name not in {"SHA256SUMS", "provenance.intoto.json"}
    }
    needed = {item["name"]: item["digest"]["sha256"] for item in definition["resolvedDependencies"]}
    project_root = made / "project"
    assert needed[ENGLISH] == sources.digest((project_root / ENGLISH).read_bytes())
    assert {"pyproject.toml", SPANISH, "templates/style.css"} <= needed.keys()


# What follows is done to a release by somebody who should not have.


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """Give a JSON file to be changed, and write it back."""
    found = json.loads(path.read_text("utf-8"))
    yield found
    path.write_bytes(release.as_json(found))


def cover_up(root: Path) -> None:
    """Make every record of a release tell of the files as they are now."""
    found = files(root)
    digests = {name: sources.digest(data) for name, data in found.items()}
    with edited(root / "manifest.json") as manifest:
        for row in manifest["editions"]:
            row["digest"] = digests.get(row["path"], row["digest"])
    digests["manifest.json"] = sources.digest((root / "manifest.json").read_bytes())
    with edited(root / "provenance.intoto.json") as statement:
        statement["subject"] = [
            {"name": name, "digest": {"sha256": digest}}
            for name, digest in digests.items()
            if name not in {"SHA256SUMS", "provenance.intoto.json"}
        ]
    path = root / "provenance.intoto.json"
    digests["provenance.intoto.json"] = sources.digest(path.read_bytes())
    digests.pop("SHA256SUMS")
    (root / "SHA256SUMS").write_bytes(release.sums(digests))


def findings(publisher: Publisher, capsys: pytest.CaptureFixture[str], path: Path) -> list[str]:
    """Return what is found in a release, without hints."""
    capsys.readouterr()
    status = publisher.verify(path)
    found = [line for line in capsys.readouterr().out.splitlines() if ": LF" in line]
    assert status == (1 if found else 0)
    return found


def test_a_tampered_file_is_named(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule "tampered-file": one changed bit in a PDF; its records contradict it too."""
    root = publisher.released / STEM
    pdf = root / "one/es/hands.a4.pdf"
    data = bytearray(pdf.read_bytes())
    data[len(data) // 2] ^= 1
    pdf.write_bytes(data)

    found = findings(publisher, capsys, root)
    assert found[0].startswith(f"{STEM}/one/es/hands.a4.pdf:1:1: LF857 tampered-file: is ")
    assert {line.split(": ")[0] for line in found} == {f"{STEM}/one/es/hands.a4.pdf:1:1"}


def test_a_missing_file_is_named(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule "missing-file": a leaflet of one clinic has gone."""
    root = publisher.released / STEM
    (root / "two/ar/hands.a4.pdf").unlink()

    found = findings(publisher, capsys, root)
    assert f"{STEM}/two/ar/hands.a4.pdf:1:1: LF858 missing-file: is missing" in found
    assert {line.split(": ")[0] for line in found} == {f"{STEM}/two/ar/hands.a4.pdf:1:1"}


def test_an_extra_file_is_named(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule "extra-file": also one that has been written into the sums."""
    root = publisher.released / STEM
    (root / "one/es/doses.a4.pdf").write_bytes(b"%PDF-1.7")

    found = findings(publisher, capsys, root)
    name = f"{STEM}/one/es/doses.a4.pdf:1:1"
    assert f"{name}: LF859 extra-file: is not part of the release" in found
    assert {line.split(": ")[0] for line in found} == {name}
    cover_up(root)
    assert findings(publisher, capsys, root) == [
        f"{name}: LF859 extra-file: is not in the manifest"
    ]


def test_a_file_and_its_sum_are_changed(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "contradictory-record": the manifest and the provenance tell of another file."""
    root = publisher.released / STEM
    shutil.copy(root / "two/es/hands.a4.pdf", root / "one/es/hands.a4.pdf")
    digests = {name: sources.digest(data) for name, data in files(root).items()}
    digests.pop("SHA256SUMS")
    (root / "SHA256SUMS").write_bytes(release.sums(digests))

    found = findings(publisher, capsys, root)
    place = f"{STEM}/one/es/hands.a4.pdf:1:1: LF860 contradictory-record: "
    assert [line.removeprefix(place)[:14] for line in found] == [
        "is " + digests["one/es/hands.a4.pdf"][:11],
        "the provenance",
    ]


def test_the_zips_and_the_folder_are_one_release(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """A zip of another release, in itself without fault, does not belong."""
    publisher.edit("content/clinics/one.toml", "0123", "0124")
    assert publisher.release(name="2") == 0
    other = publisher.root / "releases/2"
    shutil.copy(
        publisher.released / f"{STEM}-language-es.zip", other / "leaflets-2-language-es.zip"
    )

    found = findings(publisher, capsys, other)
    assert "2/leaflets-2-language-es.zip:1:1: LF857 tampered-file" in found[0]
    assert any(
        "LF860 contradictory-record: is not as in the whole release" in line for line in found
    )
    (other / "leaflets-3.zip").symlink_to(publisher.released / f"{STEM}.zip")
    assert "2/leaflets-3.zip:1:1: LF856 unsafe-archive: is a link" in (
        findings(publisher, capsys, other)
    )


def test_a_changed_text_is_not_what_was_signed(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "forged-text": codes are worked out anew, whatever the records say."""
    root = publisher.released / STEM
    texts = root / "texts.json"
    texts.write_bytes(texts.read_bytes().replace(b"20 seconds", b"25 seconds"))
    cover_up(root)

    found = findings(publisher, capsys, root)
    assert len(found) == 3  # the English is part of each translation's text
    assert all("LF861 forged-text: the text " in line for line in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text["signatures"][0].update(text="0" * 64),
            "the clinical-reviewer of hands in en has signed 00000000",
        ),
        (lambda text: text.update(code="0" * 64), "the text of hands in en is missing"),
    ],
)
def test_a_signature_is_for_its_text(
    publisher: Publisher,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Any], object],
    said: str,
) -> None:
    """A signature that was moved to another text is found."""
    root = publisher.released / STEM
    with edited(root / "manifest.json") as manifest:
        texts = manifest["texts"]
        change(next(t for t in texts if (t["domain"], t["language"]) == ("hands", "en")))
    cover_up(root)

    assert any(f"LF861 forged-text: {said}" in line for line in findings(publisher, capsys, root))


def test_a_draft_in_disguise_is_found(
    unsigned: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "disguised-draft": by the signatures that it lacks, and by the stamp on its pages."""
    unsigned.edit("pyproject.toml", "languages", 'draft-languages = ["ar"]\nlanguages')
    unsigned.sign("en", "es")
    assert unsigned.release() == 0
    root = unsigned.released / STEM
    with edited(root / "manifest.json") as manifest:
        for row in manifest["editions"]:
            row["draft"] = False
    cover_up(root)

    said = "\n".join(findings(unsigned, capsys, root))
    place = f"{STEM}/one/ar/hands.a4.pdf:1:1: LF862 disguised-draft: is said to be final, but "
    assert f"{place}nobody has signed hands (ar): translator" in said
    assert f"{place}its pages say that it is a draft" in said
    # And with signatures that somebody has made up, the pages still say what they say.
    with edited(root / "manifest.json") as manifest:
        manifest["settings"]["translation-signatures"] = []
    cover_up(root)
    said = "\n".join(findings(unsigned, capsys, root))
    assert "nobody has signed" not in said
    assert f"{place}its pages say that it is a draft" in said


def test_another_leaflet_under_a_name_is_found(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every page bears the code of its text; a web page is read too."""
    root = publisher.released / STEM
    shutil.copy(root / "one/en/hands.a4.pdf", root / "one/es/hands.a4.pdf")
    (root / "one/ar/hands.a4.pdf").write_bytes(b"no PDF")
    cover_up(root)

    found = findings(publisher, capsys, root)
    assert [line.split("LF862 disguised-draft: ")[1][:22] for line in found] == [
        "cannot be read: no PDF",
        "no page bears the code",
    ]


def test_signatures_end(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule "expired-release": it is told once, as a warning, when there is something newer."""
    capsys.readouterr()
    assert publisher.verify(today=TODAY + dt.timedelta(days=731)) == 0
    said = capsys.readouterr().out
    assert said.count("LF863 expired-release (warning): the clinical-reviewer's signature") == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("manifest.json", b"{}"),
        ("manifest.json", b"[" * 100_000),
        ("manifest.json", b"\xff"),
        ("texts.json", b'{"x": [[1, 2]]}'),
        ("provenance.intoto.json", b'{"_type": "x"}'),
        ("SHA256SUMS", b"no sums"),
    ],
)
def test_records_of_strangers_are_read_with_care(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    """Rule "release-file": what is not as we write it is a finding, never a crash."""
    root = publisher.released / STEM
    (root / name).write_bytes(data)

    assert any("LF855 release-file" in line for line in findings(publisher, capsys, root))


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(more="x"),
        lambda manifest: manifest["texts"].append(manifest["texts"][0]),
        lambda manifest: manifest["part"].update(leaflet="hands"),
        lambda manifest: manifest["editions"][0].update(path="one/es/hands.a4.pdf"),
        lambda manifest: manifest["editions"][0].update(clinic="three"),
        lambda manifest: manifest["texts"][0]["signatures"][0].update(role="king"),
        lambda manifest: manifest["settings"].update({"source-signatures": None}),
        lambda manifest: manifest.update(name="\ud800"),
    ],
)
def test_a_manifest_holds_what_handbill_writes_and_no_more(
    publisher: Publisher,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Any], object],
) -> None:
    """What is not understood is not trusted."""
    path = publisher.released / STEM / "manifest.json"
    found = json.loads(path.read_text("utf-8"))
    change(found)
    path.write_bytes(json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")

    said = findings(publisher, capsys, publisher.released / STEM)
    assert any(f"{STEM}/manifest.json:1:1: LF855 release-file: " in line for line in said)


def test_what_is_no_release_is_refused(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing can be said of it."""
    for path in (
        publisher.root / "nowhere",
        publisher.root / "pyproject.toml",
        publisher.root / "locales",
    ):
        assert publisher.verify(path) in {1, 2}
        said = capsys.readouterr()
        assert "LF855 release-file" in said.err + said.out


def rezipped(path: Path, change: Callable[[list[tuple[zipfile.ZipInfo, bytes]]], object]) -> Path:
    """Write a zip anew, with something changed in what it holds."""
    with zipfile.ZipFile(path) as zipped:
        entries = [(info, zipped.read(info)) for info in zipped.infolist()]
    change(entries)
    with zipfile.ZipFile(path, "w") as zipped:
        for info, data in entries:
            zipped.writestr(info, data)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../outside.pdf", "it leads out of its folder"),
        ("/etc/passwd", "it leads out of its folder"),
        ("one\\en\\x.pdf", "has an unsafe name: it has"),
        ("C:x.pdf", "it has ':'"),
        ("ONE/en/hands.a4.pdf", "on some systems"),
        ("one/en/nul.pdf", "is a device on Windows"),
        ("one/en/hands.a4.pdf ", "begins or ends with a space"),
    ],
)
def test_names_that_lead_elsewhere_are_found(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    """Rule "unsafe-archive": before anybody unpacks them."""
    path = rezipped(
        publisher.released / f"{STEM}.zip",
        lambda entries: entries.append((zipfile.ZipInfo(f"{STEM}/{name}"), b"x")),
    )

    found = findings(publisher, capsys, path)
    assert len(found) == 1
    assert "LF856 unsafe-archive: " in found[0]
    assert said in found[0]


def test_links_twins_and_hidden_bytes_are_found(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one program unpacks and another does not."""
    original = publisher.released / f"{STEM}-language-en.zip"
    stem = original.stem

    def linked(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
        entries[-1][0].external_attr = 0o120777 << 16

    path = publisher.folder / original.name
    shutil.copy(original, path)
    assert "is a link" in findings(publisher, capsys, rezipped(path, linked))[0]

    shutil.copy(original, path)
    with pytest.warns(UserWarning, match="Duplicate name"):
        rezipped(
            path, lambda entries: entries.append((zipfile.ZipInfo(f"{stem}/manifest.json"), b"{}"))
        )
    assert "is there twice" in findings(publisher, capsys, path)[0]

    for data in (b"MZ" + original.read_bytes(), original.read_bytes()[:-2] + b"\x01\x00x"):
        path.write_bytes(data)
        found = findings(publisher, capsys, path)
        assert [line.split("unsafe-archive: ")[1] for line in found] == [
            "holds bytes that belong to none of its files"
        ]

    folder = publisher.released / STEM
    (folder / "one/en/link.pdf").symlink_to("/etc/passwd")
    assert findings(publisher, capsys, folder) == [
        f"{STEM}/one/en/link.pdf:1:1: LF856 unsafe-archive: is a link"
    ]


def test_what_no_zip_of_ours_holds_is_found(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes behind the end, remarks on a file, and ways to pack that crash readers."""
    original = publisher.released / f"{STEM}-language-en.zip"
    path = publisher.folder / original.name

    path.write_bytes(original.read_bytes() + b"more" * 100)
    assert "bytes that belong to none of its files" in findings(publisher, capsys, path)[0]

    def remarked(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
        entries[0][0].comment = b"a remark"

    shutil.copy(original, path)
    assert "none of our zips does" in "".join(findings(publisher, capsys, rezipped(path, remarked)))
    shutil.copy(original, path)
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\1\2") + 8] |= 0x20
    path.write_bytes(data)
    assert "none of our zips does" in "".join(findings(publisher, capsys, path))


def test_a_bomb_is_not_unpacked(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    """A gigabyte of nothing in a small zip."""
    path = publisher.folder / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped,
        zipped.open("a/b", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))

    assert publisher.verify(path) == 1
    assert "would unpack to 314572800 bytes" in capsys.readouterr().out


def test_a_sample_is_made_anew_to_the_same_bytes(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the checkout, as many as were asked for, or those that filters name."""
    assert publisher.verify(None, "--typeset", "1") == 0
    assert "1 of 1 made anew have the same bytes" in capsys.readouterr().err
    assert publisher.verify(None, "--language", "ar", "--clinic", "two") == 0
    said = capsys.readouterr().err
    assert "typeset two/ar/hands.a4.pdf anew\n1 of 1 made anew" in said
    assert publisher.verify(None, "--language", "xx") == 2


def test_who_covers_everything_up_is_found_out(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "other-impression": all records agree, and the page is still another."""
    root = publisher.released / STEM
    pdf = root / "one/en/hands.a4.pdf"
    pdf.write_bytes(pdf.read_bytes() + b"%")
    cover_up(root)
    assert findings(publisher, capsys, root) == []

    assert publisher.verify(root, "--clinic", "one", "--language", "en") == 1
    out = capsys.readouterr().out
    assert f"{STEM}/one/en/hands.a4.pdf:1:1: LF865 other-impression" in out


def test_another_checkout_is_named_instead_of_a_false_alarm(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule "unlike-checkout": the file that differs, and the package."""
    publisher.edit("content/clinics/one.toml", "0123", "0124")
    assert publisher.verify(None, "--clinic", "two") == 0
    capsys.readouterr()
    assert publisher.verify(None, "--clinic", "one") == 1
    found = [line for line in capsys.readouterr().out.splitlines() if ": LF" in line]
    said = "LF864 unlike-checkout: is not what one/ar/hands.a4.pdf was made from"
    assert found == [f"content/clinics/one.toml:1:1: {said}"]

    publisher.edit("templates/leaflet.html.jinja", "<h1>", '<h1 class="x">')
    publisher.edit("locales/languages.toml", "line-height = 1.6", "line-height = 1.7")
    (publisher.root / "locales/ar/signed/hands.json").unlink()
    (publisher.root / "content/clinics/two.toml").unlink()
    assert publisher.verify() == 0
    capsys.readouterr()
    assert publisher.verify(None, "--language", "ar") == 1
    found = [line for line in capsys.readouterr().out.splitlines() if ": LF" in line]
    assert [line.split(":")[0] for line in found] == [
        "content/clinics/one.toml",
        "locales/ar/signed/hands.json",
        "locales/languages.toml",
        "templates/leaflet.html.jinja",
        "two/ar/hands.a4.pdf",
    ]


def test_another_toolchain_is_named_instead_of_a_false_alarm(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package, and what it was; a font is a file of the checkout."""
    root = publisher.released / STEM
    with edited(root / "manifest.json") as manifest:
        manifest["toolchain"]["weasyprint"] = "69.0"
    cover_up(root)
    capsys.readouterr()
    assert publisher.verify(root, "--clinic", "two") == 1
    found = [line for line in capsys.readouterr().out.splitlines() if ": LF" in line]
    said = "the release was made with 69.0; here is 70.0"
    assert found == [f"weasyprint:1:1: LF864 unlike-checkout: {said}"]

    font = publisher.root / "templates/fonts/NotoSans-Bold.ttf"
    data = font.read_bytes()
    font.unlink()  # its bytes are shared with other projects
    font.write_bytes(data + b"x")
    assert publisher.verify(publisher.released / f"{STEM}.zip", "--language", "en") == 1
    found = [line for line in capsys.readouterr().out.splitlines() if ": LF" in line]
    assert [line.split(":")[0] for line in found] == ["templates/fonts/NotoSans-Bold.ttf"]


def test_findings_are_written_for_machines(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    """As those of `check` are."""
    (publisher.released / STEM / "two/ar/hands.a4.pdf").unlink()
    capsys.readouterr()

    assert publisher.verify(publisher.released / STEM, "--output-format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert {item["rule"] for item in found} == {"LF858", "LF860"}
