"""Projects to test with: whole, small, on disk or in memory."""

import datetime as dt
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from handbill import checks, project, rules, sources, typeset
from handbill.diagnostics import Diagnostic
from handbill.model import Project
from handbill.sources import Sources


ROOT = Path(__file__).parent.parent
FONTS = ROOT / "templates" / "fonts"
SITUATIONS = Path(__file__).parent / "projects"
TODAY = dt.date(2026, 11, 24)
#: Fixtures that are set up once for many tests; of two, the first counts.
DEAR = ("watched", "browser", "refused", "built", "made", "clinic", "sealed")

# The same examples in every run, however slow the machine: a red run is the change's own fault.
# `--hypothesis-profile default` looks for new ones.
hypothesis.settings.register_profile("project", deadline=None, derandomize=True)
hypothesis.settings.load_profile("project")

__all__ = ["checks"]  # importing it registers the rules


@contextmanager
def held(path: Path, how: int) -> Iterator[None]:
    """Hold a lock on a file of the repository, which other processes that run tests wait for."""
    with path.open("rb") as file:
        fcntl.flock(file, how)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Run a test that measures time while no other runs, and the others side by side.

    Whoever wants to be alone keeps the door shut until the room is empty. A test and all its
    fixtures see no fonts but the project's: one that has run a command here has left others.
    """
    typeset.prepare(str(FONTS / "fonts.conf"))
    alone = item.get_closest_marker("alone") is not None
    with ExitStack() as room:
        with held(ROOT / "tests" / "__init__.py", fcntl.LOCK_EX):
            how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            room.enter_context(held(Path(__file__), how))
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share what is dear in one process, and begin with them: they take longest."""
    for item in items:
        for name in DEAR:
            if name in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(f"{name} of {item.path.stem}"))
                break
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what tests have counted: `record_property("counted", …)`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.line(f"{report.nodeid}: {value}")


def build(output: Path, *arguments: str, **environment: str) -> None:
    """Build the collection into a folder."""
    subprocess.run(
        [sys.executable, "build.py", "build", "--output", str(output), *arguments],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="session")
def output() -> Path:
    """Return the built collection, where builds put it: what is up to date is not made again.

    Of two processes that run tests one builds; the other finds nothing to do.
    """
    folder = ROOT / "output"
    with held(ROOT / "build.py", fcntl.LOCK_EX):
        build(folder)
    return folder


@pytest.fixture(scope="session")
def manifest(output: Path) -> dict[str, Any]:
    """Return the collection's manifest."""
    found: dict[str, Any] = json.loads((output / "manifest.json").read_text("utf-8"))
    return found


def in_memory(changes: Mapping[str, str | bytes | None], situation: str = "smallest") -> Sources:
    """Return a project that is nowhere on disk: a situation with some files changed or removed."""
    folder = SITUATIONS / situation
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    for name, content in changes.items():
        if content is None:
            del files[name]
        else:
            files[name] = content.encode() if isinstance(content, str) else content
    digests = {name: sources.digest(data) for name, data in files.items()}
    return Sources(root="", files=files, digests=digests)


def load(changes: Mapping[str, str | bytes | None] | None = None) -> Project:
    """Load the smallest project with some files changed."""
    return project.load(in_memory(changes or {}), today=TODAY)


def findings(changes: Mapping[str, str | bytes | None] | None = None) -> list[Diagnostic]:
    """Check the smallest project with some files changed."""
    return list(rules.run(load(changes)))


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that puts a situation on disk, with the fonts that it may use."""

    def copy(situation: str = "smallest", *, name: str = "project") -> Path:
        return on_disk(tmp_path / name, situation)

    return copy


def on_disk(root: Path, situation: str = "smallest") -> Path:
    """Put a situation on disk, with the fonts that it may use."""
    shutil.copytree(SITUATIONS / situation, root)
    fonts = root / "templates" / "fonts"
    fonts.mkdir()
    for font in FONTS.iterdir():
        if font.name == "fonts.conf" or font.name.startswith(("NotoSans-", "NotoNaskh")):
            os.link(font, fonts / font.name)
    tables = (FONTS / "fonts.toml").read_text("utf-8").split("[[font]]")
    here = [table for table in tables if re.search(r'"Noto(Sans-|Naskh)', table)]
    (fonts / "fonts.toml").write_text("".join(f"[[font]]{table}" for table in here), "utf-8")
    return root
