"""Time whole processes: wall clock, seconds of processors, memory. Nothing of what they do."""

import ctypes
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


#: Linux: orphans of our children become ours, so that their seconds count (`prctl(2)`).
_SUBREAPER = 36
#: How long orphans may take to end: a browser's helpers, a server of forks.
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took.

    Attributes:
        wall: seconds until it ended.
        work: seconds of processors, those of its children and orphans included.
    """

    wall: float
    work: float
    code: int


@dataclass(slots=True)
class Memory:
    """The most memory that a command's processes had resident, in MB.

    Attributes:
        whole: all at one time; pages that processes share count once (proportional set size).
        first: the process that was started.
        other: the largest of the others.
    """

    whole: float = 0
    first: float = 0
    other: float = 0
    work: dict[int, int] = field(default_factory=dict)


def adopt() -> None:
    """Take in the orphans of the commands to come; elsewhere than on Linux they go uncounted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1)


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run a command, and wait for its orphans too."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall = time.monotonic() - began
    while time.monotonic() - began - wall < _PATIENCE:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, work, ended.returncode)


def watch(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None
) -> tuple[Run, Memory]:
    """Run a command, and look at its session twice a second; what it says goes to nobody."""
    began = time.monotonic()
    running = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    memory, done = Memory(), threading.Event()

    def look() -> None:
        while not done.wait(0.5):
            _sample(running.pid, memory)

    watcher = threading.Thread(target=look)
    watcher.start()
    code = running.wait()
    wall = time.monotonic() - began
    done.set()
    watcher.join()
    return Run(wall, sum(memory.work.values()) / os.sysconf("SC_CLK_TCK"), code), memory


def _sample(session: int, memory: Memory) -> None:
    """Note the memory and the work of each process of a session."""
    whole = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            memory.work[int(folder.name)] = int(fields[11]) + int(fields[12])
            status = (folder / "status").read_text()
            rollup = (folder / "smaps_rollup").read_text()
        except OSError:
            continue
        whole += _megabytes("Pss", rollup)
        peak = _megabytes("VmHWM", status)
        if int(folder.name) == session:
            memory.first = max(memory.first, peak)
        else:
            memory.other = max(memory.other, peak)
    memory.whole = max(memory.whole, whole)


def _megabytes(name: str, text: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0
