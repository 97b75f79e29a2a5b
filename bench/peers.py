"""Measure handbill beside its peers, in pairs and in one run, and print a Markdown table.

    .venv/bin/python bench/peers.py --documents 60
    .venv/bin/python bench/peers.py --documents 600 --rounds 1 --json figures.json
    .venv/bin/python bench/peers.py --documents 60 --write-readme

A round runs every program once, the next one in the opposite order, and a figure is the median of
what it was in each round: a ratio to the naive loop of the same round, whole process by whole
process. Absolute seconds say more of the machine than of the programs. The naive loop, WeasyPrint's
command line and Chromium print the very pages that handbill composes, Typst an equivalent source;
all have the project's fonts and no others. Programs that start anew for each document print one of
each five, and their seconds are multiplied.
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import corpus
import prints
import stopwatch
import typst_source
from prints import Comparison
from stopwatch import Run

from handbill import plan, press, project, sources


ROOT, HERE = corpus.ROOT, Path(__file__).parent
HANDBILL = [sys.executable, str(ROOT / "build.py")]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: How often a build with nothing to do is run in each round: it is short.
REPEAT = 9
#: One document of so many is printed by what starts anew for each.
SAMPLE = 5
#: How much ink a document may take beside the naive loop's: the same engine, another one.
SAME, OTHER = (0.97, 1.03), (0.6, 1.5)
README = ROOT / "README.md"
#: The sample clinic's number, and another one that is kept for fiction.
PHONES = ("0808 157 0123", "0808 157 0456")
MARKS = ("<!-- bench/peers.py writes this -->", "<!-- so far -->")

_PARTS = ("wall", "work")
NAIVE = "naive WeasyPrint loop"
COLD = "handbill, cold"
NOTHING = "handbill, nothing to do"
SENTENCE = "handbill, one sentence changed"
PHONE = "handbill, the clinic's telephone changed"
STYLE = "handbill, the stylesheet changed"
ONE = "WeasyPrint, started for one document"
COMMAND = "WeasyPrint's command line"
BROWSER = "Chromium, one browser"
BROWSERS_EACH = "Chromium's command line"
TYPST = "Typst, one compiler"


@dataclass(slots=True)
class Subject:
    """A thing to measure.

    Attributes:
        run: does it once, and says what it took.
        folder: where its PDFs are; None where they are not looked at.
        made: how many documents each run must make.
        absent: why it is not measured.
    """

    name: str
    run: Callable[[], Run]
    folder: Path | None = None
    made: int | None = None
    bounds: tuple[float, float] = OTHER
    absent: str = ""
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach."""

    claim: str
    found: float
    most: float
    unit: str = ""

    def __str__(self) -> str:
        verdict = "reached" if self.found <= self.most else "**missed**"
        return f"- {self.claim}: {self.found:.3g}{self.unit}, at most {self.most:g}: {verdict}"


class WrongError(Exception):
    """A program did not do what it was to do: its time is worth nothing."""


class Bench:
    """One run over one corpus."""

    def __init__(self, scratch: Path, documents: int) -> None:
        self.scratch, self.documents = scratch, documents
        self.root, self.pages = scratch / "project", scratch / "pages"
        self.stock = corpus.make(self.root, -(-documents // len(corpus.LANGUAGES)))
        self.environment = {"FONTCONFIG_FILE": str(self.root / "templates/fonts/fonts.conf")}
        self.export()
        self.sample = self.names[::SAMPLE]

    def export(self) -> None:
        """Write the pages that handbill composes, with their pictures, and sources for Typst."""
        self.pages.mkdir()
        loaded = project.load(sources.read(self.root), today=dt.datetime.now(tz=dt.UTC).date())
        self.families: set[str] = set()
        self.editions: dict[str, str] = {}
        for edition in plan.editions(loaded):
            job = plan.job(loaded, edition)
            proof = press.compose(job, "")
            if not isinstance(proof, press.Proof):
                raise WrongError(proof.message)
            name = f"{edition.leaflet}.{edition.language}"
            html = proof.html
            for asset, data in proof.assets.items():
                path = self.pages / name / asset
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                html = html.replace(f'"asset:{asset}"', f'"{name}/{asset}"')
            (self.pages / f"{name}.html").write_text(html, "utf-8")
            (self.pages / f"{name}.typ").write_text(typst_source.convert(html, job), "utf-8")
            self.families |= set(proof.fonts)
            self.editions[name] = edition.path
        self.names = sorted(self.editions)

    def subjects(self) -> list[Subject]:
        """Return what is measured, in the order of a round."""
        count = self.documents
        browser = next(filter(None, map(shutil.which, BROWSERS)), "")
        weasyprint = str(Path(sys.executable).with_name("weasyprint"))
        chromium = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        if os.geteuid() == 0:
            chromium.append("--no-sandbox")
        no_browser = "" if browser else "no Chromium is installed"
        return [
            self.peer(NAIVE, "peer_weasyprint.py", bounds=SAME),
            Subject(COLD, self.cold, self.scratch / "cold", count, SAME),
            self.peer(
                BROWSER,
                "peer_chromium.py",
                browser,
                absent=no_browser or _not_installed("playwright"),
            ),
            self.each(
                BROWSERS_EACH,
                lambda page, out: [*chromium, f"--print-to-pdf={out}", page.as_uri()],
                absent=no_browser,
            ),
            self.peer(
                TYPST,
                "peer_typst.py",
                str(ROOT / "templates/fonts"),
                absent=_not_installed("typst"),
                suffix="typ",
            ),
            self.each(
                COMMAND,
                lambda page, out: [weasyprint, "--pdf-variant", "pdf/ua-1", str(page), str(out)],
                bounds=SAME,
            ),
            Subject(NOTHING, self.nothing, made=0),
            self.peer(ONE, "peer_weasyprint.py", names=self.names[:1]),
            Subject(SENTENCE, lambda: self.changed(self.sentence), made=1),
            Subject(PHONE, lambda: self.changed(self.phone), made=count),
            Subject(STYLE, lambda: self.changed(self.style), made=count),
        ]

    def peer(
        self,
        name: str,
        script: str,
        *arguments: str,
        bounds: tuple[float, float] = OTHER,
        absent: str = "",
        suffix: str = "html",
        names: Sequence[str] = (),
    ) -> Subject:
        """Describe a program that prints all documents in one process."""
        out = self.scratch / script / str(len(names))
        pages = [str(self.pages / f"{page}.{suffix}") for page in names or self.names]
        command = [sys.executable, str(HERE / script), *arguments, str(out), *pages]

        def run() -> Run:
            _empty(out)
            ended = stopwatch.run(command, cwd=self.scratch, env=self.environment)
            _expect(name, ended, len(list(out.glob("*.pdf"))), len(pages))
            return ended

        return Subject(name, run, out, bounds=bounds, absent=absent)

    def each(
        self,
        name: str,
        command: Callable[[Path, Path], list[str]],
        *,
        bounds: tuple[float, float] = OTHER,
        absent: str = "",
    ) -> Subject:
        """Describe a program that is started for each document of the sample."""
        out = self.scratch / name.replace(" ", "-")

        def run() -> Run:
            _empty(out)
            runs = []
            for page in self.sample:
                words = command(self.pages / f"{page}.html", out / f"{page}.pdf")
                runs.append(stopwatch.run(words, cwd=self.scratch, env=self.environment))
                _expect(name, runs[-1], len(list(out.glob("*.pdf"))), len(runs))
            scale = len(self.names) / len(self.sample)
            return Run(sum(r.wall for r in runs) * scale, sum(r.work for r in runs) * scale, 0)

        return Subject(name, run, out, bounds=bounds, absent=absent)

    def build(self, made: int) -> Run:
        """Run handbill as its users do, and see that it made as many documents as it must."""
        before = self.digests()
        ended = stopwatch.run(HANDBILL, cwd=self.root)
        after = self.digests()
        _expect("handbill", ended, len(after.items() - before.items()), made)
        return ended

    def digests(self) -> dict[str, str]:
        """Return the published files with their digests."""
        path = self.root / "output/manifest.json"
        if not path.exists():
            return {}
        rows = json.loads(path.read_text("utf-8"))["editions"]
        return {row["path"]: row["digest"] for row in rows if row["current"]}

    def cold(self) -> Run:
        """Build everything from nothing."""
        _empty(self.root / "output")
        ended = self.build(self.documents)
        _empty(self.scratch / "cold")
        for name, path in self.editions.items():
            shutil.copy(self.root / "output" / path, self.scratch / "cold" / f"{name}.pdf")
        return ended

    def nothing(self) -> Run:
        """Build when nothing has changed."""
        runs = [self.build(0) for _ in range(REPEAT)]
        return Run(*(statistics.median(getattr(run, part) for run in runs) for part in _PARTS), 0)

    def changed(self, change: Callable[[], int]) -> Run:
        """Change something, and build."""
        return self.build(change())

    def sentence(self) -> int:
        """Let two names of a sentence change places, and back in the next round."""
        leaflet, tag = self.names[0].split(".")
        corpus.reword(self.root, leaflet, tag)
        return 1

    def phone(self) -> int:
        """Change the clinic's telephone, and back in the next round."""
        _swap(self.root / f"content/clinics/{corpus.CLINIC}.toml", *PHONES)
        return self.documents

    def style(self) -> int:
        """Change a colour of every page by next to nothing, and back in the next round."""
        _swap(self.root / "templates/style.css", "--accent: #00545f;", "--accent: #00545e;")
        return self.documents


def _swap(path: Path, one: str, other: str) -> None:
    """Write one text in place of another, or the other way round."""
    text = path.read_text("utf-8")
    if (one in text) == (other in text):
        raise WrongError(f"neither {one} nor {other} alone stands in {path}")
    path.write_text(text.replace(one, other) if one in text else text.replace(other, one), "utf-8")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _expect(name: str, run: Run, made: int, wanted: int) -> None:
    if run.code or made != wanted:
        raise WrongError(f"{name}: exit status {run.code}, {made} documents made, not {wanted}")


def _not_installed(package: str) -> str:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"the package {package} is not installed"
    return ""


def measure(subjects: Sequence[Subject], rounds: int) -> None:
    """Run every subject in every round; each round in the order opposite to the one before."""
    for number in range(rounds):
        for subject in subjects if number % 2 == 0 else reversed(subjects):
            if subject.absent:
                continue
            run = subject.run()
            subject.runs.append(run)
            print(
                f"round {number + 1}: {subject.name}: {run.wall:.2f} s, {run.work:.2f} s of work",
                file=sys.stderr,
                flush=True,
            )


def ratio(subject: Subject, other: Subject, part: str = "wall") -> list[float]:
    """Return what a subject took beside another, round by round."""
    pairs = zip(subject.runs, other.runs, strict=True)
    return [getattr(one, part) / getattr(two, part) for one, two in pairs]


def spread(values: Sequence[float]) -> str:
    """Write a median, with the least and the most."""
    middle, least, most = statistics.median(values), min(values), max(values)
    places = 2 if middle >= 0.1 else 3 if middle >= 0.01 else 4
    text = f"{middle:.{places}f}"
    return text if len(values) == 1 else f"{text} ({least:.{places}f}–{most:.{places}f})"


def table(subjects: Sequence[Subject], bench: Bench) -> Iterator[str]:
    """Yield the lines of the table, and what is wrong with what was printed."""
    naive = subjects[0]
    found = {
        subject.name: prints.folder(subject.folder)
        for subject in subjects
        if subject.folder and not subject.absent
    }
    head = ("", "wall", "processors", "pages", "MB", "tagged", "pages equal", "ink")
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    wrong = []
    for subject in subjects:
        if subject.absent:
            yield f"| {subject.name} | not measured: {subject.absent} |{' |' * (len(head) - 2)}"
            continue
        cells = [subject.name, *(spread(ratio(subject, naive, part)) for part in _PARTS)]
        if subject.folder:
            compared = prints.compare(
                found[subject.name],
                found[naive.name],
                families=bench.families,
                bounds=subject.bounds,
            )
            cells += _cells(compared, len(found[subject.name]))
            wrong += _wrong(subject.name, compared)
        else:
            cells += [""] * (len(head) - len(cells))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from wrong or ["No document has too little or too much ink, or a font that is not ours."]


def _cells(compared: Comparison, documents: int) -> list[str]:
    ink = f"{compared.least:.2f}–{compared.most:.2f}"
    return [
        str(compared.pages),
        f"{compared.size / 1e6:.1f}",
        f"{compared.tagged}/{documents}",
        str(compared.equal),
        ink,
    ]


def _wrong(name: str, compared: Comparison) -> Iterator[str]:
    if compared.thin:
        yield f"- **{name}: ink out of bounds:** {', '.join(compared.thin)}"
    if compared.foreign:
        yield f"- **{name}: fonts that are not ours:** {', '.join(compared.foreign)}"


def bars(subjects: Iterable[Subject]) -> Iterator[Bar]:
    """Yield what the figures must reach."""
    by = {subject.name: subject for subject in subjects}

    def beside(name: str, other: str) -> float:
        return statistics.median(ratio(by[name], by[other]))

    yield Bar("cold, beside the naive loop", beside(COLD, NAIVE), 0.38)
    if not by[BROWSER].absent:
        yield Bar("cold, beside Chromium", beside(COLD, BROWSER), 0.5)
    yield Bar("cold, beside WeasyPrint's command line", beside(COLD, COMMAND), 0.13)
    nothing = statistics.median(run.wall for run in by[NOTHING].runs) * 1000
    yield Bar("nothing to do, whole process", nothing, 60, " ms")
    yield Bar(
        "one sentence changed, beside WeasyPrint started for one document",
        beside(SENTENCE, ONE),
        1.3,
    )


def versions() -> Iterator[str]:
    """Yield the names and versions of what was measured."""
    from weasyprint.text.ffi import pango  # noqa: PLC0415 - only for its version

    number = pango.pango_version()
    yield f"Python {platform.python_version()}"
    yield f"WeasyPrint {importlib.metadata.version('weasyprint')}"
    yield f"Pango {number // 10000}.{number // 100 % 100}.{number % 100}"
    if browser := next(filter(None, map(shutil.which, BROWSERS)), None):
        said = subprocess.run([browser, "--version"], check=False, capture_output=True, text=True)
        yield " ".join(said.stdout.split()[:2])
    if not _not_installed("typst"):
        yield f"Typst {importlib.metadata.version('typst')}"


def report(subjects: Sequence[Subject], bench: Bench, load: float) -> Iterator[str]:
    """Yield all that is printed."""
    naive = subjects[0]
    wall, work = (statistics.median(getattr(r, part) for r in naive.runs) for part in _PARTS)
    words = ", ".join(f"{bench.stock.words(tag)} {tag}" for tag in corpus.LANGUAGES)
    yield (
        f"{len(bench.names)} documents in {len(corpus.LANGUAGES)} scripts; rounds: "
        f"{len(naive.runs)}. Ratios to the naive loop of the same round: medians, and in brackets "
        f"the least and the most. The naive loop took {wall:.1f} s, {work:.1f} s of processors, on "
        f"{os.cpu_count()} processors with a load of {load:.1f} before and "
        f"{os.getloadavg()[0]:.1f} after. {', '.join(versions())}. "
        f"{BROWSERS_EACH} and {COMMAND} printed {len(bench.sample)} of the documents. "
        f"Different words, or characters, to deal from: {words}."
    )
    yield ""
    yield from table(subjects, bench)
    yield ""
    yield from map(str, bars(subjects))


def write_readme(text: str) -> None:
    """Put the figures between the two marks of the README."""
    start, end = MARKS
    before, found, rest = README.read_text("utf-8").partition(start)
    _, also, after = rest.partition(end)
    if not found or not also:
        raise WrongError(f"README.md has no {start} … {end}")
    README.write_text(f"{before}{start}\n{text}\n{end}{after}", "utf-8")


def main() -> None:
    """Make the corpus, measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=60, help="a multiple of six")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="work here, in a folder that is not there yet")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--write-readme", action="store_true")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    stopwatch.adopt()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(options.keep or Path(scratch), options.documents)
        subjects = bench.subjects()
        measure(subjects, options.rounds)
        text = "\n".join(report(subjects, bench, load))
    print(text)
    if options.json:
        figures = {
            subject.name: subject.absent or [[run.wall, run.work] for run in subject.runs]
            for subject in subjects
        }
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    if options.write_readme:
        write_readme(text)


if __name__ == "__main__":
    main()
