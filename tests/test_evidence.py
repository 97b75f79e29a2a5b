"""What speaks for and against a leaflet, and the lists that it is put into."""

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from handbill import (
    cli,
    evidence,
    press,
    project,
    rules,
    runner,
    signoff,
    sources,
    standards,
)
from handbill.commands import told
from handbill.diagnostics import Diagnostic, Location
from handbill.evidence import Evidence, Lists
from handbill.store import Store
from tests.conftest import FONTS, ROOT, TODAY, findings, load


PAGE = {
    f"templates/{name}.html.jinja": (ROOT / f"templates/{name}.html.jinja").read_text("utf-8")
    for name in ("staff", "evidence")
}
LEAFLET = "content/leaflets/hands/leaflet.md"
RECORDS = "content/leaflets/hands/record.toml"
#: A word that would say that a standard is kept; nobody here may say that.
VERDICT = re.compile(
    r"\b(meets?|met|compl(y|ies|iant|iance)|pass(es|ed)?|conform\w*|satisf\w*|fulfil\w*|certified)\b",
    re.IGNORECASE,
)


def original(path: str) -> str:
    """Return a file of the smallest project."""
    return (ROOT / "tests/projects/smallest" / path).read_text("utf-8")


def uncited() -> str:
    """Return the leaflet with a source that it never cites, which is a warning."""
    source = (
        '[[sources]]\nkey = "cdc"\norganisation = "CDC"\ntitle = "Hands"\n'
        'url = "https://example.org/cdc"\nread = 2026-01-01\n'
    )
    return original(LEAFLET).replace("+++\n\n## Wash", f"{source}+++\n\n## Wash")


def asked(*criteria: str) -> str:
    """Write a standard that asks for these, each given as the keys that differ."""
    lines = ['[[standard]]\nid = "S"\ntitle = "A standard"\nscored = true\n']
    for number, keys in enumerate(criteria, start=1):
        common = f'id = "S {number}"\nstandard = "S"\nasks = "Something {number}."\n'
        lines.append(f"[[criterion]]\n{common}{keys}\n")
    return "\n".join(lines)


def record(criterion: str, **keys: str) -> str:
    """Write a record of today's text; `keys` are TOML."""
    values = {
        "criterion": f'"{criterion}"',
        "says": '"agree"',
        "by": '"A. Name"',
        "role": '"editor"',
        "on": "2026-11-20",
        "text": f'"{code()}"',
        **keys,
    }
    return "[[record]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


def code(tag: str = "en") -> str:
    """Return the code of the smallest leaflet's text, as it is printed."""
    return signoff.standing(load(), "hands", tag).code[: signoff.SHORT]


def judged(changes: Mapping[str, str | bytes | None]) -> Evidence:
    """Judge the smallest leaflet, of which no edition has been made."""
    loaded = load(changes)
    return Evidence(loaded, loaded.leaflets["hands"], rules.run(loaded), {})


def where(lists: Lists) -> dict[str, str]:
    """Return the list that each criterion is in."""
    return {
        item.criterion.id: name
        for name in ("failed", "waiting", "recorded", "quiet")
        for item in getattr(lists, name)
    }


def said(lists: Lists, criterion: str) -> str:
    """Return what is said of a criterion."""
    every = lists.failed + lists.waiting + lists.recorded + lists.quiet
    return " ".join(next(item.said for item in every if item.criterion.id == criterion))


def test_what_nobody_has_looked_at_is_not_approved() -> None:
    """Silence of rules is a list of its own where they decide, and open where a person does."""
    lists = judged(
        {
            standards.STANDARDS: asked(
                'kind = "auto"\nrules = ["vague-link"]',
                'kind = "assist"\nrules = ["vague-link"]',
                'kind = "record"',
            )
        }
    ).lists()

    assert where(lists) == {"S 1": "quiet", "S 2": "waiting", "S 3": "waiting"}
    assert said(lists, "S 1") == "Nothing found by LF126."
    assert said(lists, "S 2") == "Nothing found by LF126."
    assert said(lists, "S 3") == ""


def test_a_finding_is_a_failure() -> None:
    """Also a warning; the finding is named with its place, and belongs to no other list."""
    changes = {
        LEAFLET: uncited(),
        standards.STANDARDS: asked(
            'kind = "auto"\nrules = ["uncited-source"]', 'kind = "auto"\nrules = ["naked-decimal"]'
        ),
    }
    found = judged(changes)
    lists = found.lists()

    assert where(lists) == {"S 1": "failed", "S 2": "quiet"}
    line = uncited().partition('key = "cdc"')[0].count("\n")
    assert said(lists, "S 1").startswith(f"LF114 uncited-source, leaflet.md:{line}: ")
    assert "uncited-source" not in {item.name for item in found.unclaimed()}


def test_a_finding_that_no_criterion_names_is_not_lost() -> None:
    """It stands in the report all the same."""
    changes = {
        LEAFLET: uncited(),
        standards.STANDARDS: asked('kind = "record"'),
        **PAGE,
    }

    assert "uncited-source" in {item.name for item in judged(changes).unclaimed()}
    assert "LF114 uncited-source, content/leaflets/hands/leaflet.md:" in html(changes)


def test_findings_on_translations_are_counted() -> None:
    """An English page cannot quote every script; the proof sheet does."""
    path = "locales/es/LC_MESSAGES/hands.po"
    lists = judged(
        {
            path: original(path).replace('msgstr "Lávese"', 'msgstr ""'),
            standards.STANDARDS: asked('kind = "assist"\nrules = ["untranslated"]'),
        }
    ).lists()

    assert said(lists, "S 1") == "LF301 untranslated: Spanish 1."


def test_a_person_decides_where_rules_only_warn() -> None:
    """A record outweighs a warning where a person decides; never an error."""
    both = '["uncited-source", "naked-decimal"]'
    asks = asked(f'kind = "assist"\nrules = {both}', f'kind = "auto"\nrules = {both}')

    found = {}
    for name, text in {"warned": uncited(), "wrong": original(LEAFLET) + "\nUse .5 mg.\n"}.items():
        standing = signoff.standing(load({LEAFLET: text}), "hands", "en")
        now = f'"{standing.code[: signoff.SHORT]}"'
        records = record("S 1", text=now) + record("S 2", text=now)
        changes = {LEAFLET: text, standards.STANDARDS: asks, RECORDS: records}
        found[name] = where(judged(changes).lists())

    assert found == {
        "warned": {"S 1": "recorded", "S 2": "failed"},
        "wrong": {"S 1": "failed", "S 2": "failed"},
    }


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "recorded"),
        ({"says": '"not applicable"'}, "recorded"),
        ({"says": '"disagree"'}, "failed"),
        ({"text": '"3f9a2c1d"'}, "waiting"),
        ({"on": "2062-11-24"}, "waiting"),
        ({"by": '""'}, "waiting"),
    ],
)
def test_a_record_moves_a_criterion(keys: dict[str, str], expected: str) -> None:
    """A person's word counts, whatever it is, for the text that the person has read."""
    lists = judged(
        {standards.STANDARDS: asked('kind = "record"'), RECORDS: record("S 1", **keys)}
    ).lists()

    assert where(lists) == {"S 1": expected}


def test_persons_who_do_not_agree_are_asked_again() -> None:
    """Neither of two answers counts more than the other."""
    records = record("S 1") + record("S 1", by='"B. Other"', says='"disagree"')
    lists = judged({standards.STANDARDS: asked('kind = "record"'), RECORDS: records}).lists()

    assert where(lists) == {"S 1": "waiting"}
    assert said(lists, "S 1").startswith("Persons do not agree. A. Name, editor, on 2026-11-20:")


def test_a_stale_record_does_not_count() -> None:
    """It is a warning, it is shown with its reason, and the criterion waits for a person."""
    old = record("S 1", text='"3f9a2c1d"')
    changes = {standards.STANDARDS: asked('kind = "record"'), RECORDS: old}
    found = [item for item in findings(changes) if item.name == "stale-record"]

    assert [(item.severity, str(item.location)) for item in found] == [
        ("warning", f"{RECORDS}:1:1")
    ]
    reason = f"it was recorded for an earlier text, 3f9a2c1d; today’s is {code()}"
    assert found[0].message == f"A. Name’s record of S 1 counts no more: {reason}"
    assert f"It does not count: {reason}." in said(judged(changes).lists(), "S 1")
    assert judged(changes).scores()[0]["said"] == []


def test_a_record_of_a_translation_is_of_its_text() -> None:
    """Readers of Spanish have read the Spanish; its version may stand before its code."""
    asks = asked('kind = "record"')
    right = record("S 1", language='"es"', text=f'"1.0-{code("es")}"', readers="8")
    wrong = record("S 1", language='"es"')

    assert where(judged({standards.STANDARDS: asks, RECORDS: right}).lists()) == {"S 1": "recorded"}
    assert where(judged({standards.STANDARDS: asks, RECORDS: wrong}).lists()) == {"S 1": "waiting"}
    assert "Readers: 8." in said(judged({standards.STANDARDS: asks, RECORDS: right}).lists(), "S 1")


def test_a_record_of_the_publisher_holds_as_long_as_a_signature() -> None:
    """It is of no text, and is recorded once for all leaflets."""
    asks = asked('kind = "record"\npublisher = true')
    keys = 'criterion = "S 1"\nsays = "agree"\nby = "A. Name"\nrole = "manager"\n'
    found = {}
    for day in ("2024-11-24", "2024-11-23"):
        changes = {
            standards.STANDARDS: asks,
            "content/record.toml": f"[[record]]\n{keys}on = {day}\n",
        }
        stale = [item for item in findings(changes) if item.name == "stale-record"]
        found[day] = where(judged(changes).lists())["S 1"], len(stale)

    assert found == {"2024-11-24": ("recorded", 0), "2024-11-23": ("waiting", 1)}


def signed(domain: str, tag: str, *roles: str) -> dict[str, bytes]:
    """Write the sign-off of a text with a person in each role."""
    loaded = load()
    lines = signoff.printed(loaded, domain, tag)
    rows = [
        {
            "role": role,
            "name": f"Dr {number}",
            "date": "2026-11-01",
            "expires": "2028-11-01",
            "text": signoff.code(lines),
        }
        for number, role in enumerate(roles)
    ]
    texts = {signoff.code(lines): [[x.kind, x.context, x.source, x.text] for x in lines]}
    data = json.dumps({"schema": 1, "signatures": rows, "texts": texts})
    return {signoff.path(domain, tag): data.encode()}


def test_signatures_are_records() -> None:
    """Of the English, and of the translations when all of them are signed."""
    asks = {
        standards.STANDARDS: asked(
            'kind = "record"\nsigned = "source"', 'kind = "record"\nsigned = "translations"'
        )
    }
    english = signed("hands", "en", "clinical-reviewer")
    spanish = signed("hands", "es", "translator", "second-reader")
    arabic = signed("hands", "ar", "translator", "second-reader")

    assert where(judged(asks).lists()) == {"S 1": "waiting", "S 2": "waiting"}
    half = judged({**asks, **english, **spanish}).lists()
    assert where(half) == {"S 1": "recorded", "S 2": "waiting"}
    assert said(half, "S 1") == "English: signed by Dr 0, clinical reviewer, on 2026-11-01."
    assert said(half, "S 2").startswith("Not signed: Arabic (translator and second reader).")
    whole = judged({**asks, **english, **spanish, **arabic}).lists()
    assert where(whole) == {"S 1": "recorded", "S 2": "recorded"}


def test_an_unsaid_purpose_is_a_failure() -> None:
    """What the front matter says is shown to the person who decides."""
    asks = {standards.STANDARDS: asked('kind = "assist"\nfield = "need"')}
    bare = original(LEAFLET)
    told = bare.replace("\n[[sources]]", '\n[purpose]\nneed = "Many ask."\n\n[[sources]]', 1)
    assert told != bare

    assert said(judged(asks).lists(), "S 1") == "The front matter does not say it: need."
    assert where(judged(asks).lists()) == {"S 1": "failed"}
    assert where(judged({**asks, LEAFLET: told}).lists()) == {"S 1": "waiting"}
    assert said(judged({**asks, LEAFLET: told}).lists(), "S 1") == (
        "The front matter says: “Many ask.”"
    )


def test_figures_of_readability_are_shown_with_what_they_do_not_say() -> None:
    """A person sees them beside the criterion; a leaflet too short to be measured has none."""
    asks = {standards.STANDARDS: asked('kind = "assist"\nfigures = true'), **PAGE}
    many = {LEAFLET: original(LEAFLET) + "\nWash your hands. Dry them well.\n" * 20}
    short, long = judged(asks), judged({**asks, **many})
    assert long.figures is not None

    assert (short.figures, said(short.lists(), "S 1")) == (None, "")
    assert said(long.lists(), "S 1").startswith("Flesch-Kincaid ")
    page = html({**asks, **many})
    for score in long.figures.scores:
        assert f"<b>{score.formula.name} {score.value:.1f}</b>" in page
        assert f"Limits: {score.formula.limits}." in page


def test_two_persons_scores_are_counted_and_compared() -> None:
    """What is not applicable is not counted; nobody adds their answers up."""
    criteria = asked(*['kind = "record"'] * 4)
    answers = {
        "A. Name": ["agree", "agree", "disagree", "not applicable"],
        "B. Other": ["agree", "disagree", "disagree"],
    }
    records = "".join(
        record(f"S {number}", by=f'"{name}"', says=f'"{answer}"')
        for name, given in answers.items()
        for number, answer in enumerate(given, start=1)
    )
    scores = judged({standards.STANDARDS: criteria, RECORDS: records}).scores()

    assert scores[0]["said"] == [
        "Scored by A. Name on 2026-11-20: 2 of 3 (not applicable: 1).",
        "Scored by B. Other on 2026-11-20: 1 of 3 (no answer yet: 1).",
        "A. Name and B. Other gave 2 of 3 the same answer.",
    ]


def test_what_is_judged_on_paper_waits_for_paper() -> None:
    """Until every edition is made from today's text, nothing is known; then findings count."""
    asks = {standards.STANDARDS: asked('kind = "auto"\nrules = ["small-print"]')}
    loaded = load(asks)
    leaflet = loaded.leaflets["hands"]
    paths = [item.path for item in judged(asks).editions]
    small = rules.find("small-print")
    assert small is not None
    found = Diagnostic(
        rule=small.id,
        name=small.name,
        severity=small.severity,
        location=Location(path=paths[0]),
        message="too small",
    )

    def listed(made: Mapping[str, list[Diagnostic]]) -> str:
        return where(Evidence(loaded, leaflet, [], made).lists())["S 1"]

    assert listed({}) == "waiting"
    assert listed({path: [] for path in paths[1:]}) == "waiting"
    assert listed({path: [] for path in paths}) == "quiet"
    assert listed({path: [found] if path == paths[0] else [] for path in paths}) == "failed"


def html(changes: Mapping[str, str | bytes | None], kind: str = "html") -> str:
    """Compose the report on the smallest leaflet."""
    loaded = load({**PAGE, **changes})
    return evidence.page(loaded, "hands", rules.run(loaded), {}, kind=kind).html


def test_no_page_says_that_a_standard_is_kept() -> None:
    """Not in any state that a criterion can be in, and not in the words of our own standards."""
    criteria = asked(
        'kind = "auto"\nrules = ["naked-decimal"]',
        'kind = "assist"\nrules = ["vague-link"]',
        *['kind = "record"'] * 3,
        'kind = "record"\nsigned = "source"',
        'kind = "assist"\nfield = "need"',
        'kind = "auto"\nrules = ["small-print"]',
    )
    records = record("S 3") + record("S 4", says='"disagree"') + record("S 5", text='"3f9a2c1d"')
    changes: dict[str, str | bytes | None] = {
        standards.STANDARDS: criteria,
        RECORDS: records,
        **signed("hands", "en", "clinical-reviewer"),
    }
    states = where(judged(changes).lists())
    assert set(states.values()) == {"failed", "waiting", "recorded", "quiet"}
    real = project.load(sources.read(ROOT), today=TODAY)
    found = list(rules.run(real))
    pages = [html(changes)]
    pages += [evidence.page(real, name, found, {}, kind="html").html for name in real.leaflets]

    for page in pages:
        assert VERDICT.findall(page.split("</style>", 1)[1]) == []
        assert "this is no approval" in page


def test_our_own_standards_name_rules_that_are_there() -> None:
    """Every criterion is read, and every rule of it is found."""
    real = project.load(sources.read(ROOT), today=TODAY)
    wrong = [item for item in rules.run(real) if item.name == "standards-file"]

    assert wrong == []
    written = (ROOT / standards.STANDARDS).read_text("utf-8")
    assert len(real.criteria) == written.count("\n[[criterion]]")


def test_mistakes_in_the_files_of_a_report_are_in_it() -> None:
    """A report that leaves a record out says so; the leaflet itself is printed as before."""
    changes = {
        standards.STANDARDS: asked('kind = "record"'),
        RECORDS: record("S 1", says='"yes"'),
        **PAGE,
    }
    page = html(changes)
    wrong = [item for item in findings(changes) if item.name == "record-file"]

    assert "This report is not whole" in page
    assert f"LF161 record-file, {RECORDS}:3:1" in page
    assert [item.scope.covers("hands", "en", "one") for item in wrong] == [False]


def test_a_report_can_be_read_aloud() -> None:
    """One title, headings without gaps, a language, and tables whose cells have heads."""
    page = html({standards.STANDARDS: asked('kind = "record"'), RECORDS: record("S 1")})
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]

    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert '<html lang="en">' in page
    assert '<th scope="row" role="rowheader" class="row-head"><b>S 1</b></th>' in page


@pytest.mark.slow
def test_the_report_prints_without_a_finding() -> None:
    """Tagged, every glyph there, a stamp on every page; names may be in any script."""
    changes = {
        **PAGE,
        standards.STANDARDS: asked('kind = "record"'),
        RECORDS: record("S 1", by='"منى"', note='"ten readers"'),
    }
    loaded = load(changes)
    proof = evidence.page(loaded, "hands", rules.run(loaded), {}, kind="pdf")
    faults = [item for item in press.print_proof(proof).faults if item.kind != "nearly-empty-page"]

    assert faults == []


@pytest.fixture
def reported(copied: Callable[..., Path]) -> Path:
    """Return a small project on disk that can be reported on."""
    root = copied()
    for name, text in PAGE.items():
        (root / name).write_text(text, "utf-8")
    asks = asked('kind = "record"', 'kind = "auto"\nrules = ["small-print"]')
    (root / standards.STANDARDS).write_text(asks, "utf-8")
    return root


def check(root: Path, *arguments: str) -> int:
    """Run `check --report` on the day of the tests."""
    return cli.main(["check", "--root", str(root), "--today", str(TODAY), "--report", *arguments])


@pytest.mark.slow
def test_reports_are_written_and_cleaned(reported: Path, tmp_path: Path) -> None:
    """Beside the editions or in a folder of choice, byte for byte the same every time."""
    assert check(reported) == told.CLEAN
    folder = reported / "output/reports"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert check(reported, str(tmp_path / "pack"), "--leaflet", "hands") == told.CLEAN
    second = {path.name: path.read_bytes() for path in (tmp_path / "pack").iterdir()}

    assert sorted(first) == ["hands.html", "hands.pdf"]
    assert first == second
    assert cli.main(["clean", "--root", str(reported)]) == told.CLEAN
    assert not folder.exists()


@pytest.mark.slow
def test_a_report_takes_what_the_last_build_saw_and_survives_the_next(reported: Path) -> None:
    """Editions count as made while they are today's; no build takes a report away."""

    def build() -> int:
        arguments = ["build", "--root", str(reported), "--today", str(TODAY), "--jobs", "1"]
        return cli.main(arguments)

    def made() -> int:
        loaded = project.load(sources.read(reported), today=TODAY)
        store = Store(reported / "output")
        return len(runner.Build(loaded, store, fonts_conf=str(FONTS), findings=[]).made())

    assert build() == told.CLEAN
    check(reported)
    page = reported / "output/reports/hands.html"
    assert made() == 3
    assert "Nothing found by LF514." in page.read_text("utf-8")
    leaflet = reported / LEAFLET
    leaflet.write_text(leaflet.read_text("utf-8").replace('version = "1.0"', 'version = "1.1"'))
    assert made() == 0
    check(reported)
    assert "Editions not yet made from today’s text: 3 of 3." in page.read_text("utf-8")
    assert build() == told.CLEAN
    assert page.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "day", "until"),
    [(RECORDS, "2026-11-26", "2026-11-26"), ("content/record.toml", "2024-11-29", "2026-11-29")],
)
def test_a_build_looks_again_when_a_record_may_change(
    reported: Path, path: str, day: str, until: str
) -> None:
    """A day is no longer in the future, or a record of the publisher is too old."""
    text = f'text = "{code()}"\n' if path == RECORDS else ""
    keys = 'criterion = "S 1"\nsays = "agree"\nby = "A. Name"\nrole = "editor"\n'
    (reported / path).write_text(f"[[record]]\n{keys}on = {day}\n{text}", "utf-8")
    cli.main(["build", "--root", str(reported), "--today", str(TODAY), "--jobs", "1"])

    assert Store(reported / "output").manifest()["build"]["until"] == until


@pytest.mark.slow
def test_what_stopped_an_edition_in_printing_is_reported(reported: Path) -> None:
    """What was met on paper is a failure, as long as nothing has changed since."""
    style = reported / "templates/style.css"
    style.write_text(style.read_text("utf-8") + "\nbody { font-size: 8pt; }\n", "utf-8")

    def page() -> str:
        check(reported)
        return (reported / "output/reports/hands.html").read_text("utf-8")

    assert cli.main(["build", "--root", str(reported), "--today", str(TODAY), "--jobs", "1"]) == 1
    assert "LF514 small-print" in page()
    style.write_text(style.read_text("utf-8").replace("8pt", "12pt"), "utf-8")
    assert "LF514 small-print" not in page()


def test_without_standards_there_is_no_report(
    copied: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty report would look like one in which nothing is wrong."""
    assert check(copied()) == told.STUCK
    assert "content/standards.toml:1:1: LF160 standards-file:" in capsys.readouterr().err
