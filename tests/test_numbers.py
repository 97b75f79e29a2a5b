"""Pairs of English and translation that say the same numbers, and pairs that do not.

The pairs are data: `numbers.toml`. They were listed before the code was written. What the rules
cannot do is listed there too, as `stopped` and `missed`, each with its reason.
"""

import functools
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbill import catalog, numbers, vocabulary
from handbill.model import Words
from tests.conftest import ROOT


PAIRS = tomllib.loads((Path(__file__).parent / "numbers.toml").read_text("utf-8"))
#: What people would put up with; every false alarm costs a waiver, or the trust in true ones.
FALSE_ALARMS = 0.05


@functools.cache
def table() -> dict[str, Words]:
    """Return the words that this repository knows of each language."""
    path = "locales/words.toml"
    words, faults = vocabulary.load((ROOT / path).read_text("utf-8"), path)
    assert faults == []
    return words


def differences(cldr: str, source: str, translation: str) -> list[numbers.Difference]:
    """Compare two texts as the rules do."""
    words = table()[cldr if cldr in table() else cldr.split("-", maxsplit=1)[0]]
    english = numbers.english(table()["en"])
    other = numbers.reader(words, *catalog.separators(cldr))
    return numbers.compare(english.read(source), other.read(translation), english.reader, other)


def test_every_wrong_pair_is_found_and_few_right_ones(
    record_property: Callable[[str, object], None],
) -> None:
    """No wrong number passes but for the known limits; false alarms are rare."""
    missed = [row for row in PAIRS["wrong"] if not differences(*row)]
    alarms = [row for row in PAIRS["right"] if differences(*row)]
    languages = {row[0] for rows in PAIRS.values() for row in rows}
    share = len(alarms) / len(PAIRS["right"])
    record_property(
        "counted",
        f"{len(PAIRS['wrong'])} wrong and {len(PAIRS['right'])} right pairs in "
        f"{len(languages)} languages: {len(missed)} missed, {share:.1%} false alarms",
    )

    assert len(PAIRS["wrong"]) + len(PAIRS["right"]) >= 120
    assert len(languages) >= 12
    assert missed == []
    assert share < FALSE_ALARMS, alarms


@pytest.mark.parametrize("row", PAIRS["stopped"], ids=lambda row: row[2])
def test_known_false_alarms(row: list[str]) -> None:
    """Limits are written down only as long as they are true."""
    assert differences(*row[:3])


@pytest.mark.parametrize("row", PAIRS["missed"], ids=lambda row: row[2])
def test_known_holes(row: list[str]) -> None:
    """Holes are written down only as long as they are there."""
    assert not differences(*row[:3])


@pytest.mark.parametrize(
    ("row", "kind", "lost", "gained", "start"),
    [
        (("es", "Take 500 mg.", "Tome 5000 mg."), "changed-number", ["500"], ["5000"], 5),
        (("es", "38.5 °C", "38.5 °C"), "changed-number", ["38.5"], ["38", "5"], 0),
        (("es", "1.000 mg", "1.000 mg"), "changed-number", ["1.000"], ["1000"], 0),
        (("ar", "38.5 °C", "عند ٣٨٥ °م"), "changed-number", ["38.5"], ["385"], 4),
        (("fr", "1½ tablets", "1 comprimé"), "changed-number", ["1.5"], ["1"], 0),
        (("vi", "Call 0800 123 456", "Gọi 800 123 456"), "changed-number", ["0800123456"], None, 4),
        (("es", "Take 5 mg.", "Tome **5** g."), "changed-unit", ["5 mg"], ["5 g"], 7),
        (
            ("es", "Take 5 to 10 mg.", "De 10 a 5 mg."),
            "swapped-number",
            ["5", "10"],
            ["10", "5"],
            3,
        ),
    ],
)
def test_what_is_said_and_where(
    row: tuple[str, str, str],
    kind: str,
    lost: list[str],
    gained: list[str] | None,
    start: int,
) -> None:
    """A difference names both sides, and the place in the translation."""
    found = differences(*row)[0]

    assert (kind, lost, start) == (found.kind, list(found.lost), found.start)
    assert gained is None or gained == list(found.gained)


def test_places_are_those_of_the_text_as_written() -> None:
    """Unseen marks, entities and fractions do not shift what comes behind them."""
    text = "\u2066½\u2069 &amp; ١٢ mg"

    found = numbers.reader(Words(), ".", ",").read(text).numbers

    assert [(n.value, n.unit, text[n.start]) for n in found] == [
        ("0.5", "", "½"),
        ("12", "mg", "١"),
    ]


@given(st.text(alphabet=st.sampled_from("0129.,+-–/½٣ &;#xamgh%°C:\u2066\u00a0()*a"), max_size=40))
def test_any_text_is_read_and_equals_itself(text: str) -> None:
    """No text stops the reader, and a text never differs from itself but for `.5`."""
    reader = numbers.reader(table()["en"], ".", ",")
    found = reader.read(text)

    assert all(0 <= n.start < n.end <= len(text) for n in found.numbers)
    assert numbers.compare(found, found, reader, reader) == []


@pytest.mark.parametrize(
    ("cldr", "source", "right", "wrong"),
    [
        (
            "es",
            "Take 1 tablet a day.",
            "Tome 1 comprimido al día.",
            "Tome 1 comprimido a la semana.",
        ),
        ("es", "Use it twice a day.", "Úsela 2 veces al día.", "Úsela 2 veces por hora."),
        ("ar", "Take 1 tablet a day.", "تناول قرصا 1 في اليوم.", "تناول قرصا 1 في الأسبوع."),
        ("hi", "Take 1 tablet a day.", "दिन में 1 गोली लें।", "हफ़्ते में 1 गोली लें।"),
        ("zh-Hans", "Take 1 tablet a day.", "每天服 1 片。", "每周服 1 片。"),
        ("zh-Hans", "Use it daily.", "每天使用。", "每小时使用。"),
        ("pl", "Use it every week.", "Stosuj co tydzień.", "Stosuj co miesiąc."),
    ],
)
def test_a_day_never_becomes_a_week(cldr: str, source: str, right: str, wrong: str) -> None:
    """How often is said without a digit, and is a dose all the same."""
    assert differences(cldr, source, right) == []
    assert "changed-unit" in {item.kind for item in differences(cldr, source, wrong)}
