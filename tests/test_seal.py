"""A sealed build is not looked at again until a file under it has been touched."""

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from handbill import disk, seal, toolchain
from tests.conftest import ROOT, on_disk


pytestmark = pytest.mark.slow

#: Runs the command line, and says whether the build looked at more than the seal.
PROGRAM = (
    "import sys; from handbill.cli import main; status = main(sys.argv[1:]);"
    "print('handbill.commands' in sys.modules, 'argparse' in sys.modules);"
    "raise SystemExit(status)"
)


def build(root: Path, *arguments: str, **environment: str) -> tuple[bool, str, int]:
    """Build in a folder; return whether the seal was broken, what was said, and the status."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    return done.stdout != "False False\n", done.stderr, done.returncode


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has been built and sealed, to be copied."""
    root = on_disk(tmp_path_factory.mktemp("sealed") / "project")
    time.sleep(0.05)
    build(root)
    assert (root / "output" / seal.PATH).is_file()
    return root


def test_a_sealed_build_loads_nothing_and_says_the_same(sealed: Path) -> None:
    """Not even the parser of the command line is loaded; the last build's words come again."""
    broken, said, status = build(sealed)

    assert (broken, status) == (False, 0)
    assert said.splitlines()[-1] == "3 unchanged; 0 errors, 0 warnings"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: rewrite(root / "content/clinics/one.toml", b"0123", b"0124"),
        lambda root: (root / "output/one/en/hands.a4.pdf").unlink(),
        lambda root: rewrite(root / "output/one/en/hands.a4.pdf", b"%PDF-1", b"%PDX-1"),
        lambda root: (root / "output/manifest.json").touch(),
        lambda root: (root / "content/clinics/two.toml").write_text("name = 'Two'"),
        lambda root: (root / "locales/es/LC_MESSAGES/hands.po").unlink(),
        lambda root: rewrite(root / "output" / seal.PATH, b"3 unchanged", b"4 unchanged\n"),
    ],
    ids=["input", "lost", "damaged", "manifest", "new", "removed", "seal"],
)  # fmt: skip
def test_what_is_touched_is_looked_at(
    sealed: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """An edit breaks the seal though size and time of change are put back, and so does a loss."""
    root = shutil.copytree(sealed, tmp_path / "project")
    time.sleep(0.05)
    build(root)
    assert not build(root)[0]
    change(root)

    assert build(root)[0]


def test_a_release_is_not_sealed(sealed: Path, tmp_path: Path) -> None:
    """What a release has stopped is made by the next build that is none, with a seal or without."""
    root = shutil.copytree(sealed, tmp_path / "project")
    released = build(root, "build", "--release")
    again = build(root, "build", "--release")
    broken, said, status = build(root)

    assert (released[2], again[2], broken, status) == (1, 1, True, 0)
    assert said.splitlines()[-1].endswith("0 errors, 0 warnings")


def rewrite(path: Path, before: bytes, after: bytes) -> None:
    """Change some bytes of a file, and set its time of change back to what it was."""
    found = path.stat()
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_another_interpreter_or_library_path_breaks_the_seal(sealed: Path) -> None:
    """What is found elsewhere may be another toolchain."""
    assert build(sealed, LD_LIBRARY_PATH="/nowhere")[0]
    assert build(sealed, PYTHONPATH=f"{ROOT}:/nowhere")[0]


def test_the_toolchain_is_watched() -> None:
    """Our own modules, the folders of packages and the libraries are under the seal."""
    found = toolchain.places()

    assert str(ROOT / "handbill/seal.py") in found
    assert any("libpango-1.0" in path for path in found)
    assert any("libfontconfig" in path for path in found)
    assert all(disk.signature(path) for path in found)


def test_the_seal_ends_with_its_days(sealed: Path) -> None:
    """After the last day of a seal a review may be overdue."""
    path = sealed / "output" / seal.PATH
    text = path.read_text("utf-8")
    today = dt.datetime.now(tz=dt.UTC).date()
    days = text.split("\n")[1]
    yesterday = today - dt.timedelta(days=1)
    path.write_text(text.replace(days, f"{yesterday} {yesterday}", 1), "utf-8")
    expired = seal.unbroken(str(sealed), "output")
    path.write_text(text, "utf-8")

    assert expired is None


def test_young_files_are_not_sealed(tmp_path: Path) -> None:
    """A file touched in the tick in which it was read may change and say the same."""
    old, young = tmp_path / "old", tmp_path / "young"
    old.write_text("old")
    time.sleep(0.05)
    began = time.time_ns()
    young.write_text("young")

    def composed(name: str) -> str:
        return seal.compose(
            (0, "", ""),
            root=str(tmp_path),
            output=str(tmp_path),
            days=("2026-01-01", "2026-12-31"),
            began=began,
            tools={},
            read={name: disk.signature(str(tmp_path / name))},
            published={},
        )

    assert composed("old")
    assert not composed("young")
