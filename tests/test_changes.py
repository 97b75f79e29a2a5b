"""Which handouts a change reaches, told without printing what was before."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handbill import commands
from tests.conftest import TODAY


Copied = Callable[..., Path]


def run(root: Path, *words: str) -> int:
    """Run a command on a project."""
    return commands.run([*words, "--root", str(root), "--today", TODAY.isoformat()])


@pytest.fixture
def two(copied: Copied, tmp_path: Path) -> tuple[Path, Path]:
    """Return a project and a copy of it, as it was before."""
    root = copied()
    before = tmp_path / "before"
    shutil.copytree(root, before)
    return root, before


def rows(text: str) -> list[str]:
    """Return the rows of a table."""
    return [line for line in text.splitlines() if line.startswith("| ")][2:]


@pytest.mark.slow
def test_nothing_has_changed(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The same files are the same handouts."""
    root, before = two
    run(root, "build", "--executor", "inline")

    assert run(root, "changes", str(before)) == 0
    assert capsys.readouterr().out == "### No handout has changed\n"


@pytest.mark.slow
def test_each_change_is_told_with_its_reason(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed catalog, a stopped edition, a new clinic and one that has gone."""
    root, before = two
    arabic = root / "locales/ar/LC_MESSAGES/hands.po"
    arabic.write_text(f"# a comment\n{arabic.read_text('utf-8')}", "utf-8")
    spanish = root / "locales/es/LC_MESSAGES/hands.po"
    spanish.write_text(spanish.read_text("utf-8").replace('msgstr "Lávese"', 'msgstr ""'), "utf-8")
    clinic = root / "content/clinics/one.toml"
    clinic.with_name("two.toml").write_bytes(clinic.read_bytes())
    gone = before / "content/clinics/three.toml"
    gone.write_bytes(clinic.read_bytes())
    run(root, "build", "--executor", "inline")

    assert run(root, "changes", str(before)) == 0
    text = capsys.readouterr().out
    assert text.startswith("### 8 handouts changed\n")
    assert rows(text) == [
        "| hands | ar | changed | draft | 1 | locales/ar/LC&#95;MESSAGES/hands.po |",
        "| hands | ar | gone |  | 1 |  |",
        "| hands | ar | new | draft | 1 |  |",
        "| hands | en | gone |  | 1 |  |",
        "| hands | en | new | draft | 1 |  |",
        "| hands | es | gone |  | 1 |  |",
        "| hands | es | stopped |  | 2 |  |",
    ]


def test_changes_need_a_build(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Without a manifest nobody can say what was made."""
    root, before = two

    assert run(root, "changes", str(before)) == 2
    assert "nothing has been built here" in capsys.readouterr().err
