"""How much memory a build takes by the number of its editions: `.venv/bin/python bench/memory.py`.

The press is a stand-in that prints nothing: what is measured is what a build keeps of each edition,
in the process that plans and writes, once made and once reused.
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from handbill import checks, plan, press, project, rules, runner, sources
from handbill.editions import Impression
from handbill.store import Store


ROOT = Path(__file__).parent.parent
SMALLEST = ROOT / "tests" / "projects" / "smallest"
TODAY = dt.date(2026, 11, 24)
__all__ = ["checks"]  # importing it registers the rules


def files(clinics: int) -> sources.Sources:
    """Return the smallest project with many clinics, each with three editions."""
    found = {
        path.relative_to(SMALLEST).as_posix(): path.read_bytes()
        for path in sorted(SMALLEST.rglob("*"))
        if path.is_file()
    }
    clinic = found.pop("content/clinics/one.toml")
    for number in range(clinics):
        found[f"content/clinics/c{number:05}.toml"] = clinic
    digests = {name: sources.digest(data) for name, data in found.items()}
    return sources.Sources("", found, digests)


def measure(clinics: int) -> None:
    """Build and build again, and print what it took."""
    if traced := sys.argv[-1] == "traced":
        tracemalloc.start()
    press.print_proof = lambda proof: Impression(data=proof.key.encode(), pages=1)
    runner._foreign = lambda *_arguments: None  # noqa: SLF001
    loaded = project.load(files(clinics), today=TODAY)
    findings = list(rules.run(loaded))
    with tempfile.TemporaryDirectory() as folder:
        for state in ("made", "reused"):
            before = tracemalloc.get_traced_memory()[0] if traced else 0
            began = time.perf_counter()
            build = runner.Build(loaded, Store(Path(folder)), fonts_conf="", findings=findings)
            count = 0
            peak = 0
            for outcome in build.run(plan.editions(loaded), runner.Inline(), 2):
                if outcome.state == "stopped":
                    raise SystemExit(str(outcome))
                count += 1
            held = tracemalloc.get_traced_memory()[0] - before if traced else 0
            build.conclude(complete=True)
            if traced:
                peak = tracemalloc.get_traced_memory()[1] - before
                tracemalloc.reset_peak()
            resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            seconds = time.perf_counter() - began
            print(
                f"{count:6} {state:7} {seconds:6.1f} s, peak RSS {resident:4} MiB"
                + (f", held {held / 1024:8.0f} KiB, peak {peak / 1024:8.0f} KiB" if traced else "")
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        for clinics in (34, 334, 3334):
            for traced in ([], ["traced"]):
                subprocess.run([sys.executable, __file__, str(clinics), *traced], check=True)
