"""Say where a cold build's time goes: each stage of each document, in one process.

    .venv/bin/python bench/stages.py --documents 60

Milliseconds of this thread's processor, so other programs on the machine count little. A stage's
time is without that of the stages within it. Stages are WeasyPrint's and our own functions, wrapped
for as long as this runs; garbage collection falls on whichever stage it interrupts.
"""

import argparse
import datetime as dt
import functools
import importlib
import pickle
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import corpus

from handbill import checks, plan, press, project, rules, sources, toolchain, typeset
from handbill.model import Proof
from handbill.store import Store


#: The name of a stage, and the functions that it is: module, then the way to them.
STAGES = (
    ("inputs and job", "handbill.plan", "inputs", "job"),
    ("compose", "handbill.press", "compose"),
    ("read HTML", "weasyprint", "HTML.__init__"),
    ("parse stylesheets", "weasyprint", "CSS.__init__"),
    ("cascade", "weasyprint.document", "get_all_computed_styles"),
    ("build boxes", "weasyprint.document", "build_formatting_structure"),
    ("lay out", "weasyprint.document", "layout_document"),
    ("lay out pages", "weasyprint.layout", "make_all_pages"),
    ("lay out margins", "weasyprint.layout", "make_margin_boxes"),
    ("measure", "handbill.measure", "layout", "flaws"),
    ("paint", "weasyprint.document", "Page.paint"),
    ("text layer", "handbill.textlayer", "_recode", "_marked"),
    ("cut fonts", "weasyprint.pdf", "build_fonts_dictionary"),
    ("tag", "weasyprint.pdf", "add_tags"),
    ("finish", "handbill.finish", "describe", "finish"),
    ("write PDF", "pydyf", "PDF.write"),
    ("proofread", "handbill.proofread", "problems"),
    ("validate", "handbill.validate", "problems"),
    ("look for barriers", "handbill.accessibility", "barriers"),
    ("publish", "handbill.store", "Store.keep", "Store.publish", "Store.holds"),
)


class Clock:
    """Adds up what each stage takes, without the stages within it."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.open: list[list[float]] = []

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function; what it yields is made at once."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            self.open.append([0.0])
            try:
                made = function(*args, **kwargs)
                return iter(list(made)) if isinstance(made, Iterator) else made
            finally:
                took = time.thread_time() - began
                within = self.open.pop()[0]
                self.spent[name] += took - within
                self.calls[name] += 1
                if self.open:
                    self.open[-1][0] += took

        return timed

    def wrap(self) -> None:
        """Wrap every stage."""
        for name, module, *ways in STAGES:
            for way in ways:
                owner = importlib.import_module(module)
                *parents, last = way.split(".")
                for parent in parents:
                    owner = getattr(owner, parent)
                setattr(owner, last, self.timed(name, getattr(owner, last)))


def main() -> None:
    """Print each document in this process, and then the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        corpus.make(root, -(-options.documents // len(corpus.LANGUAGES)))
        once = Clock()
        found = once.timed("read files", sources.read)(root)
        today = dt.datetime.now(tz=dt.UTC).date()
        loaded = once.timed("parse project", project.load)(found, today=today)
        assert checks  # noqa: S101 - its import registers the rules
        findings = list(once.timed("check", rules.run)(loaded))
        fonts = {
            path.removeprefix(project.FONTS): name
            for path, name in loaded.digests.items()
            if path.startswith(project.FONTS)
        }
        key = once.timed("toolchain", toolchain.fingerprint)(fonts)
        typeset.prepare(str(root / "templates/fonts/fonts.conf"))
        clock = Clock()
        clock.wrap()
        store = Store(root / "output")
        by_language: defaultdict[str, float] = defaultdict(float)
        editions = list(plan.editions(loaded))
        # The first document pays for what is loaded once.
        _print(loaded, editions[0], findings, key, store=store, clock=Clock())
        clock.spent.clear()
        clock.calls.clear()
        carried = 0
        for edition in editions:
            began = time.thread_time()
            carried += _print(loaded, edition, findings, key, store=store, clock=clock)
            by_language[edition.language] += time.thread_time() - began
        whole = sum(clock.spent.values())
        count = len(editions)
        print("| stage | ms a document | share | calls a document |\n| --- | ---: | ---: | ---: |")
        for name, spent in sorted(clock.spent.items(), key=lambda item: -item[1]):
            calls = clock.calls[name] / count
            print(f"| {name} | {spent / count * 1000:.1f} | {spent / whole:.0%} | {calls:.3g} |")
        print(f"| all | {whole / count * 1000:.1f} | 100% | |\n")
        spent = ", ".join(
            f"{tag} {part / count * len(by_language) * 1000:.0f}"
            for tag, part in by_language.items()
        )
        print(f"By language: {spent} ms. To and from workers: {carried / count / 1000:.0f} kB.")
        parts = ", ".join(f"{name} {part * 1000:.0f}" for name, part in once.spent.items())
        print(f"Once a build: {parts} ms.")


def _print(
    loaded: project.Project,
    edition: Any,
    findings: list[Any],
    key: str,
    *,
    store: Store,
    clock: Clock,
) -> int:
    """Make one document as a build does; return how many bytes travel to workers and back."""
    plan.inputs(loaded, edition, key)
    plan.stopped_by(edition, findings)
    job = plan.job(loaded, edition)
    carry = clock.timed("carry to workers", lambda value: pickle.loads(pickle.dumps(value)))  # noqa: S301
    proof = press.compose(carry(job), key)
    if not isinstance(proof, Proof):
        raise TypeError(proof.message)
    impression = clock.timed("the rest of the press", press.print_proof)(carry(carry(proof)))
    store.keep(proof.key, carry(impression))
    store.publish(edition.path, impression.data)
    values = (job, proof, proof, impression)
    return sum(len(pickle.dumps(value)) for value in values)


if __name__ == "__main__":
    main()
