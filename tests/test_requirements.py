"""The lock files hold what is asked for, and do not say where it was got."""

import re
import tomllib

import pytest

from tests.conftest import ROOT


FOLDER = ROOT / "requirements"
_NAME = re.compile(r"^(\w[\w.-]*)(?:==([\w.]+))?", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Return the packages of a lock file, with their versions."""
    return dict(_NAME.findall((FOLDER / f"{name}.lock").read_text("utf-8")))


@pytest.mark.parametrize("name", ["runtime", "cluster", "build", "dev"])
def test_a_lock_holds_all_that_is_asked_for(name: str) -> None:
    """A requirement without a lock would first be missed on a clinic's machine."""
    found = locked(name)
    asked = dict(_NAME.findall((FOLDER / f"{name}.in").read_text("utf-8")))

    assert asked
    assert {package: found.get(package) for package in asked} == {
        package: version or found.get(package, "nothing") for package, version in asked.items()
    }


def test_the_runtime_lock_holds_what_the_package_needs() -> None:
    """Pip checks nothing: the package is installed without its dependencies."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = {re.split(r"[=<>~]", line)[0] for line in settings["project"]["dependencies"]}

    assert needed <= locked("runtime").keys()
    extra = {
        re.split(r"[=<>~]", line)[0]
        for line in settings["project"]["optional-dependencies"]["cluster"]
    }
    assert extra <= locked("cluster").keys()


def test_the_locks_agree() -> None:
    """A worker that was set up with another lock file must print the same bytes."""
    runtime, cluster, dev = map(locked, ("runtime", "cluster", "dev"))

    assert runtime.items() <= cluster.items() <= dev.items()


@pytest.mark.parametrize("name", ["runtime", "cluster", "dev"])
def test_a_lock_names_no_index(name: str) -> None:
    """Every package has its hash; where it comes from is the machine's business."""
    text = (FOLDER / f"{name}.lock").read_text("utf-8")

    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)  # no address, no folder of one machine
    lines = re.findall(r"^\w.*", text, re.MULTILINE)
    assert lines == re.findall(r"^(\w.*)\n +--hash=sha256:", text, re.MULTILINE)
