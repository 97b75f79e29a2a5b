"""Builds dealt to several machines, and put together again: to the byte, or not at all."""

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from handbill import commands, shards
from handbill.editions import Edition, Shard
from tests.conftest import TODAY, on_disk


OF = 5


class Whole:
    """A project of twelve editions, built whole and in five shards."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, on_disk(folder / "project")
        clinic = self.project / "content/clinics/one.toml"
        for name in ("two", "three", "four"):
            text = clinic.read_text("utf-8").replace("Clinic One", f"Clinic {name}")
            clinic.with_name(f"{name}.toml").write_text(text, "utf-8")

    def run(self, *words: str, today: dt.date = TODAY) -> int:
        """Run a command on the project."""
        return commands.run([*words, "--root", str(self.project), "--today", today.isoformat()])

    def build(self, name: str, *words: str) -> int:
        """Build into a folder."""
        output = str(self.folder / name)
        return self.run("build", "--output", output, "--executor", "inline", *words)

    def merge(self, *names: str, to: str = "merged", today: dt.date = TODAY) -> int:
        """Merge folders."""
        folders = [str(self.folder / name) for name in names]
        return self.run("merge", *folders, "--output", str(self.folder / to), today=today)

    def files(self, name: str) -> dict[str, bytes]:
        """Return what a folder holds, kept impressions too."""
        root = self.folder / name
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.name != "lock"
        }


ALL = tuple(f"shard-{number}" for number in range(1, OF + 1))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project, its whole and its shards."""
    whole = Whole(tmp_path_factory.mktemp("shards"))
    assert whole.build("whole") == 0
    for number, name in enumerate(ALL, start=1):
        assert whole.build(name, "--shard", f"{number}/{OF}") == 0
    return whole.folder


@pytest.fixture
def whole(built: Path, tmp_path: Path) -> Whole:
    """Return a copy of it, to be changed."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    found = Whole.__new__(Whole)
    found.folder, found.project = tmp_path, tmp_path / "project"
    return found


@contextmanager
def edit(path: Path) -> Iterator[dict[str, Any]]:
    """Give a manifest to be changed, and write it back."""
    manifest = json.loads(path.read_text("utf-8"))
    yield manifest
    path.write_text(json.dumps(manifest), "utf-8")


def test_merged_shards_are_the_whole(whole: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file has the same bytes, the manifest too, so that nothing is left to do."""
    assert whole.merge(*reversed(ALL)) == 0
    assert "12 merged, 0 stopped; 0 errors" in capsys.readouterr().err

    assert len(list((whole.folder / "merged").glob("*/*/*.pdf"))) == 12
    assert whole.files("merged") == whole.files("whole")
    assert whole.build("merged") == 0
    assert "12 unchanged" in capsys.readouterr().err


def test_what_only_merge_can_find_is_annotated(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub is told that a shard is missing; the summary of the job says it too."""
    folders = [str(whole.folder / name) for name in ALL[1:]]
    words = ["--output-format", "github", "--summary", str(whole.folder / "summary.md")]
    status = whole.run("merge", *folders, *words, "--output", str(whole.folder / "merged"))
    said = capsys.readouterr().out.splitlines()

    assert status == 1
    assert [line.split("::")[1].split(",")[0] for line in said] == ["error file=--shard 1/5"]
    summary = (whole.folder / "summary.md").read_text("utf-8")
    assert summary.startswith("### Printing: 1 error, 0 warnings\n")


def test_hidden_files_may_be_lost_on_the_way(whole: Whole) -> None:
    """Some machines do not carry `.store` along; only what is kept for later is missing then."""
    for name in ALL:
        shutil.rmtree(whole.folder / name / ".store")

    assert whole.merge(*ALL) == 0
    visible = {
        path: data for path, data in whole.files("whole").items() if not path.startswith(".")
    }
    assert whole.files("merged") == visible


def test_every_shard_has_its_share() -> None:
    """Of each format and language every shard has as many as the others, give or take one."""
    editions = [
        Edition(leaflet=leaflet, clinic=f"c{clinic}", language=language, format=form)
        for clinic in range(10)
        for language in ("en", "zh-Hans")
        for leaflet in ("milia", "hands", "acne")
        for form in ("a4", "large-print")
    ]
    for of in (1, 2, 3, 5, 7, 200):
        parts = [Shard(number=number, of=of).deal(editions) for number in range(1, of + 1)]

        assert sorted(item for part in parts for item in part) == sorted(editions)
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1
        for kind in {(item.format, item.language) for item in editions}:
            counts = [
                Counter((item.format, item.language) for item in part)[kind] for part in parts
            ]
            assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("text", ["0/5", "6/5", "1/0", "x", "1", "1/2/3", "-1/5", "1.0/5"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """A shard that is left out by mistake would be missed only at the end."""
    with pytest.raises(SystemExit):
        commands.run(["build", f"--shard={text}"])


def findings(capsys: pytest.CaptureFixture[str], whole: Whole) -> list[str]:
    """Return the findings of a merge that has written nothing."""
    said = capsys.readouterr().err
    assert "0 merged" in said
    assert not (whole.folder / "merged/manifest.json").exists()
    assert not list((whole.folder / "merged").rglob("*.pdf"))
    return [line for line in said.splitlines() if ": LF" in line]


def test_a_missing_shard_is_named(whole: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    """With the editions that nobody has made; rule "missing-edition"."""
    assert whole.merge(*ALL[:3], ALL[4]) == 1

    (found,) = findings(capsys, whole)
    assert found.startswith(
        "--shard 4/5:1:1: LF041 missing-edition: no folder has four/es/hands.a4"
    )


def test_a_shard_named_twice_is_told(whole: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    """Two that are said to be different are compared by what they hold; rule "doubled-edition"."""
    assert whole.merge(*ALL, ALL[1]) == 1

    (found,) = findings(capsys, whole)
    assert "LF042 doubled-edition: shard 2/5 has what" in found
    assert whole.build("half", "--shard", "1/2") == 0
    assert whole.merge(*ALL[1:], "half") == 1
    assert "LF042 doubled-edition: shard 1/2 has what" in capsys.readouterr().err


def test_a_shard_of_another_machine_is_told(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what differs; rule "foreign-shard"."""
    with edit(whole.folder / ALL[2] / "manifest.json") as manifest:
        manifest["toolchain"]["weasyprint"] = "69.0"

    assert whole.merge(*ALL) == 1
    (found,) = findings(capsys, whole)
    assert "LF043 foreign-shard: shard 3/5 was made with weasyprint 69.0 (here 70.0)" in found


def test_a_changed_file_is_told(whole: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    """Once for each shard and file, at the file; rule "changed-input"."""
    clinic = whole.project / "content/clinics/two.toml"
    clinic.write_text(clinic.read_text("utf-8").replace("0123", "0124"), "utf-8")
    assert whole.build(ALL[4], "--shard", "5/5") == 0

    capsys.readouterr()
    assert whole.merge(*ALL) == 1
    assert findings(capsys, whole) == [
        f"content/clinics/two.toml:1:1: LF044 changed-input: "
        f"shard {number}/5 was made from another version of this file"
        for number in range(1, 5)
    ]


def test_an_edition_of_other_inputs_is_told(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same files may say something else another day: a signature has ended."""
    with edit(whole.folder / ALL[0] / "manifest.json") as manifest:
        row = manifest["editions"][0]
        row["inputs"]["signatures"] = "of another day"

    assert whole.merge(*ALL) == 1
    (found,) = findings(capsys, whole)
    assert f"LF044 changed-input: {row['path']} was made from another signatures" in found


def test_a_release_is_not_merged_with_drafts(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stopped drafts in one shard did not in another."""
    assert whole.build(ALL[0], "--shard", "1/5", "--release") == 0

    capsys.readouterr()
    assert whole.merge(*ALL) == 1
    assert "--release:1:1: LF044 changed-input" in findings(capsys, whole)[0]


def test_a_damaged_shard_is_told(whole: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is cut off, a folder that is none; rule "shard-file"."""
    file = next((whole.folder / ALL[0]).glob("*/*/*.pdf"))
    file.write_bytes(file.read_bytes()[:1000])
    assert whole.merge(*ALL) == 1
    (found,) = findings(capsys, whole)
    assert f"LF040 shard-file: {file.relative_to(whole.folder / ALL[0])} is not there" in found

    assert whole.merge("whole", "nowhere", *ALL) == 1
    assert [line.split(" ", 1)[1] for line in findings(capsys, whole)] == [
        "LF040 shard-file: no shard of a build is here"
    ] * 2


def test_errors_of_the_project_are_told_once(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the merge, whose manifest is that of a whole build with the same errors."""
    shutil.rmtree(whole.folder / "whole")
    catalog = whole.project / "locales/es/LC_MESSAGES/hands.po"
    text = catalog.read_text("utf-8")
    catalog.write_text(text.replace('msgstr "Lávese"', 'msgstr ""'), "utf-8")
    assert whole.build("whole") == 1
    capsys.readouterr()
    for number, name in enumerate(ALL, start=1):
        shutil.rmtree(whole.folder / name)
        assert whole.build(name, "--shard", f"{number}/{OF}") == 0
    assert "LF301" not in (said := capsys.readouterr().err)
    assert "merge tells of the project: 1 error" in said

    assert whole.merge(*ALL) == 1
    assert capsys.readouterr().err.count("LF301") == 1
    assert whole.files("merged") == whole.files("whole")


def test_what_is_met_in_printing_is_merged(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edition that was stopped in a shard is not missing, and the reason is kept."""
    settings = whole.project / "pyproject.toml"
    settings.write_text(settings.read_text("utf-8") + "max-pages = 0\n", "utf-8")
    for name in (*ALL, "whole"):
        shutil.rmtree(whole.folder / name)
    assert whole.build("whole") == 1
    for number, name in enumerate(ALL, start=1):
        assert whole.build(name, "--shard", f"{number}/{OF}") == 1

    assert whole.merge(*ALL) == 1
    assert "0 merged, 12 stopped" in capsys.readouterr().err
    assert whole.files("merged")["manifest.json"] == whole.files("whole")["manifest.json"]


def test_pictures_of_pages_are_merged_too(whole: Whole) -> None:
    """Where the shards were built with previews."""
    for number, name in enumerate(ALL, start=1):
        whole.build(name, "--shard", f"{number}/{OF}", "--previews")
    whole.build("whole", "--previews")

    assert whole.merge(*ALL) == 0
    assert sum(path.endswith(".png") for path in whole.files("merged")) == 12
    assert whole.files("merged") == whole.files("whole")


def test_an_old_shard_in_the_folder_is_not_counted(whole: Whole) -> None:
    """A folder that has been used for another shard before holds rows that are not asked for."""
    whole.build(ALL[0], "--shard", "2/5")
    whole.build(ALL[0], "--shard", "1/5")

    assert whole.merge(*ALL) == 0
    parts, faults = shards.read([whole.folder / ALL[0]])
    assert faults == []
    assert len(parts[0].rows) == 3


def test_a_shard_that_has_not_ended_is_none(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would have made is not known."""

    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.build, "progress", interrupted)
    shutil.rmtree(whole.folder / ALL[0])
    assert whole.build(ALL[0], "--shard", "1/5") == 2

    parts, (fault,) = shards.read([whole.folder / ALL[0]])
    assert parts == []
    assert fault.kind == "shard-file"
