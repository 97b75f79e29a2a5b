"""Work on several machines: a real scheduler and real workers, of which one dies."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handbill.sources import digest
from tests.conftest import ROOT, TODAY


pytestmark = pytest.mark.slow

#: What every machine has: the package, and no fonts but those that it is sent.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"},
    "PYTHONPATH": str(ROOT),
}


class Cluster:
    """A scheduler on loopback, and its workers, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file),
        )  # fmt: skip
        self.address = self.told("scheduler", r"Scheduler at:\s+(tcp://\S+)")

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of dask's programs."""
        folder = self.folder / name
        folder.mkdir()
        kind = name.partition("-")[0]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *arguments],
                cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until the scheduler knows it."""
        process = self.start(
            f"worker-{name}", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", str(self.folder / f"worker-{name}"),
        )  # fmt: skip
        self.told(f"worker-{name}", r"(Registered to)")
        return process

    def told(self, name: str, pattern: str) -> str:
        """Wait for something in a program's log."""
        until, text = time.monotonic() + 60, ""
        while time.monotonic() < until:
            text = (self.folder / name / "log").read_text("utf-8")
            if found := re.search(pattern, text):
                return found.group(1)
            time.sleep(0.05)
        raise AssertionError(text)

    def end(self) -> None:
        """End all that was started."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a scheduler that has no workers yet."""
    started = Cluster(tmp_path)
    try:
        yield started
    finally:
        started.end()


def start(project: Path, output: Path, *options: str) -> subprocess.Popen[str]:
    """Start a build."""
    return subprocess.Popen(
        [
            sys.executable, str(ROOT / "build.py"), "build", "--root", str(project),
            "--output", str(output), "--today", TODAY.isoformat(), *options,
        ],
        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def built(output: Path) -> dict[str, str]:
    """Return the digest of every published file, and of the manifest."""
    files = (path for path in output.rglob("*") if path.is_file() and ".store" not in path.parts)
    return {path.relative_to(output).as_posix(): digest(path.read_bytes()) for path in files}


def test_a_cluster_that_loses_a_worker_makes_the_same_files(
    cluster: Cluster, copied: Callable[..., Path], tmp_path: Path
) -> None:
    """Killed in the middle, and every byte is as it is from this machine alone."""
    project = copied()
    clinic = project / "content/clinics/one.toml"
    for name in ("two", "three", "four", "five"):
        text = clinic.read_text("utf-8").replace("Clinic One", f"Clinic {name}")
        clinic.with_name(f"{name}.toml").write_text(text, "utf-8")
    for executor in ("inline", "process"):
        with start(project, tmp_path / executor, "--executor", executor, "--jobs", "2") as local:
            assert "15 typeset" in local.communicate()[1]
    victim = cluster.worker("one")
    cluster.worker("two")

    lines = []
    with start(project, tmp_path / "far", "--executor", f"dask:{cluster.address}") as build:
        assert build.stderr
        for line in build.stderr:
            lines.append(line)
            if line.startswith("[3/"):
                victim.send_signal(signal.SIGKILL)

    assert build.returncode == 0, "".join(lines)
    assert sum(" typeset " in line for line in lines) == 15
    assert victim.wait() == -signal.SIGKILL
    assert "Remove worker" in (cluster.folder / "scheduler/log").read_text("utf-8")
    assert list(cluster.folder.glob("worker-two/**/handbill-fonts-*/fonts.conf"))
    assert len(built(tmp_path / "inline")) == 16
    assert built(tmp_path / "process") == built(tmp_path / "inline")
    assert built(tmp_path / "far") == built(tmp_path / "inline")


def script(text: str, *arguments: str) -> str:
    """Run a program that uses the executor, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"from handbill import cluster\n{text}", *arguments],
        check=True, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def test_nobody_is_waited_for_in_vain(
    cluster: Cluster, copied: Callable[..., Path], tmp_path: Path
) -> None:
    """No scheduler, no workers, no workers any more: each is said, and ends the build."""
    with start(copied(), tmp_path / "output", "--executor", "dask:tcp://127.0.0.1:9") as nobody:
        said = nobody.communicate()[1]
    assert nobody.returncode == 2
    assert (
        "LF009 unknown-choice: no executor 'dask:tcp://127.0.0.1:9': no scheduler answers" in said
    )

    bare = (
        "for address in ('tls://127.0.0.1:9', '', 'localhost'):\n"
        " try: cluster.Crew(address, fonts_conf='', fonts={})\n"
        " except cluster.UnreachableError as error: print(error)"
    )
    address = "an address is tcp://HOST:PORT, or tls://HOST:PORT"
    assert script(bare).splitlines() == [
        "dask's settings name no certificate for tls", address, address
    ]  # fmt: skip

    crew = "cluster.Crew(sys.argv[1], fonts_conf='', fonts={}, patience=2)"
    lonely = f"import sys\ntry: {crew}\nexcept cluster.UnreachableError as error: print(error)"
    assert script(lonely, cluster.address) == "the scheduler has no workers\n"

    worker = cluster.worker("one")
    last = (
        "import os, signal, sys, time\n"
        f"crew = {crew}\n"
        "assert crew.submit(os.getpid).result() == int(sys.argv[2])\n"
        "sleep = crew.submit(time.sleep, 50)\n"
        "os.kill(int(sys.argv[2]), signal.SIGKILL)\n"
        "print(sleep.exception())"
    )
    assert script(last, cluster.address, str(worker.pid)) == "the cluster has no workers any more\n"


def test_results_do_not_pile_up(cluster: Cluster) -> None:
    """What has been fetched is forgotten by scheduler and workers: memory stays flat."""
    cluster.worker("one")
    text = (
        "import sys, time\n"
        "crew = cluster.Crew(sys.argv[1], fonts_conf='', fonts={})\n"
        "def kept(): return crew.client.run_on_scheduler(lambda dask_scheduler: len("
        "dask_scheduler.tasks))\n"
        "waiting = crew.submit(time.sleep, 1)\n"
        "while not kept(): time.sleep(0.05)\n"
        "for _ in range(30): assert len(crew.submit(bytes, 1_000_000).result()) == 1_000_000\n"
        "until = time.monotonic() + 20\n"
        "while kept() and time.monotonic() < until: time.sleep(0.1)\n"
        "print(kept())"
    )

    assert script(text, cluster.address) == "0\n"


def test_what_a_worker_raises_comes_back(cluster: Cluster) -> None:
    """A task's own error, an edition that kills its workers, and another handbill's worker."""
    cluster.worker("one")
    text = (
        "import os, sys\n"
        "crew = cluster.Crew(\n"
        " sys.argv[1], fonts_conf='/here/fonts.conf', fonts={'fonts.conf': b''})\n"
        "print(repr(crew.submit(int, 'x').exception()))\n"
        "print(crew.submit(str, '/here/fonts.conf').result())\n"
        "cluster.toolchain.versions = lambda: {'handbill': 'another'}\n"
        "print(crew.submit(int, '1').exception().fault.kind)\n"
        "crew.shutdown()"
    )
    raised, place, refused = script(text, cluster.address).splitlines()

    assert raised.startswith("ValueError(")
    assert Path(place).is_relative_to(cluster.folder / "worker-one")
    assert Path(place).read_bytes() == b""
    assert refused == "foreign-toolchain"
