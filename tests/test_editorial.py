"""What editors ask of leaflets: the rule file of the collection, on texts that must not pass."""

import datetime as dt
import re
from pathlib import Path

import pytest

from handbill import plan, project, rules, signoff, sources
from handbill.checks import editorial
from handbill.diagnostics import Diagnostic, Severity
from handbill.model import Leaflet
from tests.conftest import ROOT, SITUATIONS, TODAY, load
from tests.test_runner import Press, press
from tests.test_signoff import Changes, sign


__all__ = ["press"]  # a fixture

COLLECTION = sources.read(ROOT)
LOADED = project.load(COLLECTION, today=TODAY)
HANDS = "content/leaflets/hands/leaflet.md"
SEED = "content/leaflets/milia/leaflet.md"
#: The collection's own rules and words.
RULES: Changes = {
    name: COLLECTION.files[name] for name in ("content/editorial.toml", "locales/words.toml")
}
FRONT = """+++
id = "hands"
kind = "{kind}"
title = "Hands"
summary = "About hands."
audience = "everyone"
version = "1.0"
published = 2026-01-01
last_review = 2026-01-01
next_review = 2028-01-01
authors = ["A. Author"]

[[sources]]
key = "who"
organisation = "WHO"
title = "Hand hygiene"
year = 2009
url = "https://example.org/hands"
read = 2026-01-01
+++

"""


def found(changes: Changes) -> list[Diagnostic]:
    """Check the smallest project, with some files changed, by the collection's rules."""
    return list(rules.run(load({**RULES, **changes})))


def names_a_retinoid(leaflet: Leaflet) -> bool:
    """Tell whether a leaflet is in reach of the gate, by plain search."""
    text = " ".join(block.msgid for block in leaflet.blocks).lower()
    return any(word in text for word in ("retinoid", "tretinoin", "adapalene"))


RETINOIDS = [leaflet for leaflet in LOADED.leaflets.values() if names_a_retinoid(leaflet)]


def test_the_source_article_fails() -> None:
    """The article that milia began with has no sources, no structure, and contradicts itself."""
    article = (SITUATIONS / "seed" / SEED).read_bytes()

    broken = [item for item in found({HANDS: None, SEED: article}) if item.location.path == SEED]

    assert {
        "no-sources",
        "missing-section",
        "missing-box",
        "missing-statement",
        "contradiction",
    } <= {item.name for item in broken if item.severity is Severity.ERROR}
    assert {
        "it tells readers to squeeze, and not to",
        "it can be done at home, or by professionals only",
        "either it must be treated, or it need not be",
        "milia are full of keratin; oil in pores is acne",
        "it tells readers to scrub, and not to",
        "either it goes away by itself, or it is hard to get rid of",
        "milia have two sizes",
    } == {item.hint for item in broken if item.name == "contradiction"}


def test_both_places_of_a_contradiction_are_named() -> None:
    """The later sentence is pointed at, the earlier one's line is in the message."""
    text = FRONT.format(kind="") + "Do not squeeze milia. [@who]\n\n- Squeezing helps.\n"

    (item,) = [item for item in found({HANDS: text}) if item.name == "contradiction"]

    assert str(item.location) == f"{HANDS}:24:3"
    assert item.message.endswith("contradicts 'Do not squeeze milia.' of line 22")


@pytest.mark.parametrize("leaflet", RETINOIDS, ids=lambda leaflet: leaflet.id)
def test_no_edition_without_the_pregnancy_statement(leaflet: Leaflet) -> None:
    """Without its statement a leaflet on retinoids is printed in no language for no clinic."""
    text = COLLECTION.files[leaflet.path].decode()
    lines = [line for line in text.split("\n") if not re.match(r" +- .*pregnan", line)]
    files = {**COLLECTION.files, leaflet.path: "\n".join(lines).encode()}
    changed = sources.Sources(root="", files=files, digests=COLLECTION.digests)
    loaded = project.load(changed, today=TODAY)

    gates = [item for item in rules.run(loaded) if item.name == "missing-statement"]

    assert len(lines) < text.count("\n") + 1
    for edition in plan.editions(loaded):
        assert bool(plan.stopped_by(edition, gates)) is (edition.leaflet == leaflet.id)
    assert {item.leaflet for item in plan.editions(loaded)} == set(LOADED.leaflets)


def test_the_collection_has_leaflets_on_retinoids() -> None:
    """The gate is tested on real leaflets."""
    assert RETINOIDS


@pytest.mark.parametrize(
    "sentence",
    [
        "**Do not** use it if you are pregnant or plan to get pregnant.",
        "You must not use it when pregnant, nor if you want to have a baby.",
        "Never use it during pregnancy or while you are trying for a baby.",
        "Don’t use it if you\n      are pregnant or may become pregnant.",
    ],
)
def test_a_pregnancy_statement_in_other_words(sentence: str) -> None:
    """An author may write the statement as a reader needs it."""
    box = f'A retinoid. [@who]\n\n!!! warning "Pregnancy"\n    - {sentence}\n'

    assert missing(box) == set()


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ("warning", "Use it if you are pregnant or plan to get pregnant."),
        ("warning", "Do not use it near your eyes. Tell us if you are pregnant or plan to be."),
        ("warning", "Do not use it if you are pregnant or planning a baby unless we say so."),
        ("warning", "Do not use it more than twice if you are pregnant or plan to get pregnant."),
        ("warning", "Do not use it if you are pregnant or plan to get pregnant?"),
        ("warning", "You do not need to stop if you are pregnant or plan to get pregnant."),
        ("warning", "<!-- Do not use it if you are pregnant or plan to get pregnant. -->Wash."),
        ("dont", "Do not use it if you are pregnant or plan to get pregnant."),
        ("variant pregnancy long", "Do not use it if you are pregnant or plan to get pregnant."),
    ],
)
def test_what_is_no_pregnancy_statement(box: str, sentence: str) -> None:
    """Another box, another sentence, a reserve or a comment is not the statement."""
    title = "" if box.startswith("variant") else ' "Pregnancy"'
    text = f"A retinoid. [@who]\n\n!!! {box}{title}\n    - {sentence}\n"

    assert missing(text) == {"retinoid-pregnant", "retinoid-planning-pregnancy"}


def test_a_picture_says_no_statement() -> None:
    """A text for a picture is not read by who sees the picture."""
    statement = "Do not use it if you are pregnant or plan to get pregnant."
    text = (
        f'A retinoid. [@who]\n\n!!! warning "Pregnancy"\n    ![{statement}](a.svg)\n\n    Wash.\n'
    )

    assert missing(text) == {"retinoid-pregnant", "retinoid-planning-pregnancy"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Use an emollient. [@who]", {"emollient-fire", "emollient-flames"}),
        ("Lymecycline may help. [@who]", {"tetracycline-pregnancy"}),
        ("Isotretinoin may help. [@who]", {"retinoid-pregnant", "retinoid-planning-pregnancy"}),
        ("Wash with soap. [@who]", set()),
    ],
)
def test_what_each_subject_asks_for(text: str, wanted: set[str]) -> None:
    """A word of the subject asks for its statements, and no other word does."""
    assert missing(text) == wanted


def missing(text: str) -> set[str]:
    """Return the ids of the statements that a text lacks."""
    return {
        item.hint.split("; ", 1)[1].split(":", 1)[0]
        for item in found({HANDS: FRONT.format(kind="") + text})
        if item.name == "missing-statement"
    }


def test_without_the_rule_file_nothing_is_printed() -> None:
    """Who removes the rules removes the safety statements too: that stops everything."""
    loaded = load({"content/editorial.toml": None})
    errors = [item for item in rules.run(loaded) if item.name == "editorial-file"]

    assert [item.location.path for item in errors] == ["content/editorial.toml"]
    assert all(plan.stopped_by(edition, errors) for edition in plan.editions(loaded))


@pytest.mark.slow
def test_the_gate_from_file_to_page(press: Press) -> None:
    """Three languages are printed, none without the statement in its box, then three again."""
    press.changes["content/editorial.toml"] = """
[[statements]]
id = "sore"
when = ["hurry"]
box = "warning"
words = [["call"], ["sore"]]
example = "Call us if your skin is sore."
source = "nobody: this is a test"
"""
    whole = press.states()
    press.change(HANDS, '!!! warning "Warning"\n    - Call', "Call")
    gone = press.build().values()
    del press.changes[HANDS]

    assert whole == dict.fromkeys(("en", "es", "ar"), "typeset")
    assert [outcome.state for outcome in gone] == ["stopped"] * 3
    for outcome in gone:
        assert [item.name for item in outcome.diagnostics] == ["missing-statement"]
    assert "stopped" not in press.states().values()


def signed(text: str, name: str = "Dr A. Example") -> Changes:
    """Return a text with its clinical reviewer's signature."""
    files: Changes = {HANDS: text}
    sign_off = sign(load(files), "hands", "en", "clinical-reviewer", name)
    return {**files, sign_off.path: signoff.write(sign_off)}


TEXT = FRONT.format(kind="") + "Wash your hands. [@who]\n"


@pytest.mark.parametrize(
    ("before", "after", "messages"),
    [
        ("Wash", "Scrub", ["another text was signed as version 1.0"]),
        ("https://example.org/hands", "https://example.org/arms", ["another text was signed"]),
        ("next_review = 2028-01-01", "next_review = 2028-06-01", []),
        ("Wash your", "Wash\nyour", []),
    ],
)
def test_a_changed_text_has_a_higher_version(before: str, after: str, messages: list[str]) -> None:
    """What was signed and has changed needs another version; dates of reviews do not."""
    files = signed(TEXT)

    met = [
        item
        for item in rules.run(load({**files, HANDS: TEXT.replace(before, after)}))
        if item.name == "unraised-version"
    ]

    assert len(messages) == len(met)
    for message, item in zip(messages, met, strict=True):
        assert item.message.startswith(message)
        assert str(item.location) == f"{HANDS}:7:1"


@pytest.mark.parametrize(
    ("version", "raised"),
    [("1.1", True), ("1.0.1", True), ("2", True), ("1", False), ("0.9", False)],
)
def test_a_version_is_compared_by_its_numbers(version: str, *, raised: bool) -> None:
    """1.0 and 1 are the same; a lower one is not another."""
    text = TEXT.replace("Wash", "Scrub").replace('version = "1.0"', f'version = "{version}"')

    met = {item.name for item in rules.run(load({**signed(TEXT), HANDS: text}))}

    assert ("unraised-version" not in met) is raised


@pytest.mark.parametrize(("name", "own"), [("a author", True), ("Dr B. Other", False)])
def test_an_author_is_no_reviewer(name: str, *, own: bool) -> None:
    """However the name is written."""
    met = {item.name for item in rules.run(load(signed(TEXT, name)))}

    assert ("self-review" in met) is own


def test_a_build_ends_before_a_rule_would_speak() -> None:
    """The last day on which the same files say the same is one of those that are told."""
    loaded = load({HANDS: TEXT, "content/editorial.toml": "review-days = 30\nsource-years = 2\n"})

    assert set(editorial.last_days(loaded)) == {dt.date(2027, 12, 1), dt.date(2028, 1, 1)}
    for day in editorial.last_days(loaded):
        assert names(day) != names(day + dt.timedelta(days=1))


def names(today: dt.date) -> set[str]:
    """Return the rules on dates that are broken on a day."""
    sources_then = Press(Path("unused"))
    sources_then.changes = {
        HANDS: TEXT,
        "content/editorial.toml": "review-days = 30\nsource-years = 2\n",
    }
    loaded = project.load(sources_then.sources(), today=today)
    return {item.name for item in rules.run(loaded)} & {"old-source", "review-due"}


@pytest.mark.parametrize(
    ("day", "years", "after"),
    [
        (dt.date(2024, 2, 29), 4, dt.date(2028, 2, 29)),
        (dt.date(2024, 2, 29), 1, dt.date(2025, 3, 1)),
        (dt.date(9999, 1, 1), 3, dt.date(9999, 1, 1)),
    ],
)
def test_years_after_a_day(day: dt.date, years: int, after: dt.date) -> None:
    """A leap day has no other; the calendar ends."""
    assert editorial.years_after(day, years) == after
