"""See whether memory stays flat, and a build with nothing to do fast, from 100 editions to 10,000.

    .venv/bin/python bench/scale.py                              100, 1,000, 6,000 and 10,000
    .venv/bin/python bench/scale.py --editions 100 1000 --real   print every page, too

The leaflets are as short as may be, and each clinic has all of them. Without --real, one finished
page stands in for each: all is read, checked, composed, stored and published as ever, and only
typesetting is left out.
Memory is the most that each process ever had, and the most that all had at one time, where pages
that they share count once. Linux only.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import corpus
import stopwatch

from handbill.model import Proof


HANDBILL = [sys.executable, str(corpus.ROOT / "build.py")]
#: How many leaflets a project of so many editions has; clinics make up the rest.
LEAFLETS = 20
REPEAT = 9


class StandIns(ProcessPoolExecutor):
    """Composes in workers, as the process executor does; typesets the first proof for all."""

    def __init__(self) -> None:
        super().__init__(os.cpu_count() or 1, mp_context=get_context("forkserver"))
        self.page: Any = None

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do a task in a worker, or at once what has been done before."""
        if not isinstance(args[0], Proof):
            return super().submit(task, *args, **kwargs)
        if self.page is None:
            self.page = super().submit(task, *args, **kwargs).result()
        future: Future[Any] = Future()
        future.set_result(self.page)
        return future


def main() -> None:
    """Make a project of each size, build it, and build it again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--editions", type=int, nargs="+", default=[100, 1000, 6000, 10000])
    parser.add_argument("--real", action="store_true")
    options = parser.parse_args()
    stopwatch.adopt()
    head = (
        "editions",
        "pages",
        "cold",
        "asking process",
        "largest worker",
        "all",
        "nothing to do",
        "one sentence changed",
    )
    print(f"| {' | '.join(head)} |\n|{' ---: |' * len(head)}", flush=True)
    for wanted in options.editions:
        print(f"| {' | '.join(row(wanted, real=options.real))} |", flush=True)


def row(wanted: int, *, real: bool) -> list[str]:
    """Measure a project of about so many editions."""
    of_a_clinic = LEAFLETS * len(corpus.LANGUAGES)
    clinics = max(1, round(wanted / of_a_clinic))
    leaflets = LEAFLETS if clinics > 1 else round(wanted / len(corpus.LANGUAGES))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        corpus.make(root, leaflets, clinics=clinics, tiny=True)
        command = HANDBILL if real else [*HANDBILL, "--executor", "scale:StandIns"]
        run, memory = stopwatch.watch(
            command, cwd=root, env={"PYTHONPATH": str(Path(__file__).parent)}
        )
        rows = json.loads((root / "output/manifest.json").read_text("utf-8"))["editions"]
        if run.code or not all(item["current"] for item in rows):
            raise SystemExit(f"the build of {wanted} editions failed")
        nothing = [stopwatch.run(HANDBILL, cwd=root) for _ in range(REPEAT)]
        corpus.reword(root, "leaflet-000", corpus.LANGUAGES[1])
        changed = stopwatch.run(HANDBILL, cwd=root)
    return [
        str(len(rows)),
        str(sum(item["pages"] for item in rows)) if real else "stand-ins",
        f"{run.wall:.0f} s",
        f"{memory.first:.0f} MB",
        f"{memory.other:.0f} MB",
        f"{memory.whole:.0f} MB",
        f"{statistics.median(item.wall for item in nothing) * 1000:.0f} ms",
        f"{changed.wall:.1f} s for {clinics} editions",
    ]


if __name__ == "__main__":
    main()
