"""Time fan-out: leaflets that are typeset once and imprinted for many clinics, on one core.

    .venv/bin/python bench/fanout.py                     1 leaflet and 6, for 50 clinics
    .venv/bin/python bench/fanout.py --leaflets 60 --clinics 50 --direct 12
    .venv/bin/python bench/fanout.py --leaflets 6 --odd 5 --keep /tmp/clinics

The leaflets are the collection's, in English, on A4. If more are asked for than there are, some are
there under several names. The clinics are made up: their names and addresses have various lengths,
some have no website, and some open on more days. Odd ones need shells of their own, for their names
take two lines or their numbers are written otherwise; one has a logo that cannot be cut out, and is
typeset directly. Everything is counted: composing, shells, cards, examinations and writing files.
"direct" is the mean of some of the same editions, typeset and examined one by one in the same run.
On a machine that is busy otherwise, the seconds of the processor count.
"""

import argparse
import datetime as dt
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handbill import checks, plan, press, project, rules, runner, sources, typeset
from handbill.diagnostics import Fault
from handbill.model import Project
from handbill.store import Store


ROOT = Path(__file__).parent.parent
FONTS = ROOT / "templates" / "fonts"
TODAY = dt.date(2026, 11, 24)
PLACES = (
    *("Ashford", "Birchwood", "Castle Street", "Dale", "Eastgate", "Fernhill", "Green Lane"),
    *("Harbour View", "Ivy", "Kingsmead", "Larch Grove", "Meadow", "Old Mill", "Station Road"),
)
GRADIENT = '<linearGradient id="g"><stop stop-color="#00545f"/><stop offset="1"/></linearGradient>'
KINDS = ("Surgery", "Clinic", "Skin Clinic", "Health Centre", "Family Practice")
LONG = "The {} Community Dermatology and Family Health Partnership, Upper Riverside Building"

__all__ = ["checks"]  # importing it registers the rules


def main() -> None:
    """Time what was asked for, and print it as a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--leaflets", type=int, action="append")
    parser.add_argument("--clinics", type=int, default=50)
    parser.add_argument("--odd", type=int, default=0, help="how many clinics are odd")
    parser.add_argument("--direct", type=int, default=6, help="how many are typeset directly")
    parser.add_argument("--keep", type=Path, help="keep the projects and what they print here")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    typeset.prepare(str(FONTS / "fonts.conf"))
    print(
        "| leaflets × clinics | imprinted | shells | ms a PDF | of the processor | direct | ratio |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for leaflets in options.leaflets or (1, 6):
        with tempfile.TemporaryDirectory() as scratch:
            folder = (options.keep or Path(scratch)) / f"{leaflets}x{options.clinics}"
            make(folder, leaflets, options.clinics, options.odd)
            print(row(folder, f"{leaflets} × {options.clinics}", options.direct), flush=True)


def row(folder: Path, name: str, sample: int) -> str:
    """Build a project, and some of its editions directly."""
    loaded = project.load(sources.read(folder), today=TODAY)
    editions = list(plan.editions(loaded))
    with timed() as direct:
        for edition in editions[:: max(1, len(editions) // sample)][:sample]:
            proof = press.compose(plan.job(loaded, edition), "bench")
            if isinstance(proof, Fault):
                raise SystemExit(proof.message)
            press.print_proof(proof)
    shutil.rmtree(folder / "output", ignore_errors=True)
    found = list(rules.run(loaded))
    with timed() as fanned:
        build = runner.Build(
            loaded,
            Store(folder / "output"),
            fonts_conf=str(FONTS / "fonts.conf"),
            findings=found,
        )
        outcomes = list(build.run(editions, runner.Inline(), 1))
        build.conclude(complete=True)
    states = Counter(item.state for item in outcomes)
    said = (item for each in outcomes for item in each.diagnostics)
    for finding in sorted({f"{item.rule} {item.message}" for item in said}):
        print(f"<!-- {finding} -->")
    for reason, number in build.direct.most_common():
        print(f"<!-- {number} directly: {reason} -->")
    typeset_directly = min(sample, len(editions))
    each = [1000 * seconds / len(editions) for seconds in fanned]
    once = [1000 * seconds / typeset_directly for seconds in direct]
    shells = {item["parts"][0] for item in build.rows.values() if "parts" in item}
    if len(outcomes) != len(editions):
        raise SystemExit(f"{len(editions)} editions, {len(outcomes)} outcomes")
    return (
        f"| {name} | {states['imprinted']} of {len(editions)} | {len(shells)} "
        f"| {each[0]:.1f} | {each[1]:.1f} "
        f"| {once[1]:.0f} | {each[1] / once[1]:.3f} |"
    )


@contextmanager
def timed() -> Iterator[list[float]]:
    """Measure seconds by the clock and of the processor."""
    clock, processor = time.monotonic(), time.process_time()
    found: list[float] = []
    yield found
    found += [time.monotonic() - clock, time.process_time() - processor]


def make(folder: Path, leaflets: int, clinics: int, odd: int) -> Project:
    """Make a project of English leaflets and made-up clinics."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copytree(ROOT / "locales", folder / "locales", ignore=shutil.ignore_patterns("*.po"))
    shutil.copytree(ROOT / "content" / "countries", folder / "content" / "countries")
    shutil.copy(ROOT / "content" / "editorial.toml", folder / "content")
    settings = "[tool.handbill]\nlanguages = []\nfan-out = true\nmax-pages = 40\n"
    (folder / "pyproject.toml").write_text(settings, "utf-8")
    originals = sorted((ROOT / "content" / "leaflets").iterdir())
    for number in range(leaflets):
        original = originals[number % len(originals)]
        name = original.name + (f"-{number}" if number >= len(originals) else "")
        target = folder / "content" / "leaflets" / name
        shutil.copytree(original, target)
        text = (target / "leaflet.md").read_text("utf-8")
        text = text.replace(f'id = "{original.name}"', f'id = "{name}"', 1)
        text = re.sub(r"(?m)^languages = .*\n", "", text)
        (target / "leaflet.md").write_text(text, "utf-8")
    (folder / "content" / "clinics").mkdir()
    for number in range(clinics):
        path = folder / "content" / "clinics" / f"clinic-{number:02}.toml"
        path.write_text(clinic(number, odd=clinics - number <= odd), "utf-8")
        logo = (ROOT / "content" / "clinics" / "northgate.svg").read_text("utf-8")
        if odd and number == clinics - 1:
            logo = logo.replace("<circle", GRADIENT + "<circle").replace("#00545f", "url(#g)")
        path.with_suffix(".svg").write_text(logo, "utf-8")
    return project.load(sources.read(folder), today=TODAY)


def clinic(number: int, *, odd: bool) -> str:
    """Write the file of a made-up clinic; the telephone numbers are kept for fiction."""
    place, kind = PLACES[number % len(PLACES)], KINDS[number % len(KINDS)]
    name = LONG.format(place) if odd and number % 2 else f"{place} {kind}"
    address = [f"{number + 1} {place}", "Anytown", f"AN{number % 9 + 1} 2YZ"]
    if number % 10 == 9:
        address[1:1] = ["Upper Riverside Building", "behind the old corn exchange, third floor"]
    hours = [("mon", "fri", "08:30:00", "18:00:00")]
    if number % 10 >= 7:
        hours.append(("sat", "sat", "09:00:00", "12:00:00"))
    phone = f"0808 157 {number:04}" if number % 2 or not odd else f"0808 157{number:04}"
    lines = [
        f'name = "{name}"',
        'country = "GB"',
        'formats = ["a4"]',
        f'logo = "clinic-{number:02}.svg"',
        f"address = {address!r}".replace("'", '"'),
        f'phone = "{phone}"',
        f'email = "desk@clinic-{number}.example"',
    ]
    if number % 16 != 15:
        lines.append(f'website = "https://clinic-{number}.example"')
    for first, last, opens, closes in hours:
        lines += ["", "[[hours]]", f'first = "{first}"', f'last = "{last}"']
        lines += [f"opens = {opens}", f"closes = {closes}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
