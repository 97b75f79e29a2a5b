"""What has changed between two texts."""

import datetime as dt
from dataclasses import replace

import pytest

from handbill import bilingual, breaks, difference, hypertext, press, signoff
from handbill.difference import Change, Fate
from handbill.model import Line, Project, Signature, SignOff
from tests.conftest import ROOT, load


SAME, REMOVED, ADDED = Fate.SAME, Fate.REMOVED, Fate.ADDED
STAFF = {
    f"templates/{name}.html.jinja": (ROOT / f"templates/{name}.html.jinja").read_text("utf-8")
    for name in ("staff", "difference")
}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("Wash. Dry. Go.", "Wash. Go.", [(SAME, " … "), (REMOVED, "Dry."), (SAME, " … ")]),
        ("Wash. Go.", "Wash. Dry. Go.", [(SAME, " … "), (ADDED, "Dry."), (SAME, " … ")]),
        (
            "Take 5 mg. Rest.",
            "Take 50 mg. Rest.",
            [(SAME, "Take "), (REMOVED, "5 mg"), (ADDED, "50 mg"), (SAME, "."), (SAME, " … ")],
        ),
        ("", "New.", [(ADDED, "New.")]),
        ("Same.", "Same.", [(SAME, " … ")]),
    ],
)
def test_an_excerpt_holds_the_sentences_that_have_changed(
    before: str, after: str, found: list[tuple[Fate, str]]
) -> None:
    """And of the others a sign that they were left out."""
    sentences = (breaks.sentences(text, "en") if text else [] for text in (before, after))

    assert difference.excerpt(*sentences) == found


def line(source: str, text: str = "", kind: str = "list item") -> Line:
    """Return a line of a text as it is signed."""
    return Line(kind=kind, context=None, source=source, text=text or source)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("Wash well.", "Wash well.", [(SAME, "Wash well.")]),
        (
            "Take 5 mg now",
            "Take 50 mg now",
            [(SAME, "Take "), (REMOVED, "5 mg"), (ADDED, "50 mg"), (SAME, " now")],
        ),
        ("5 mg", "5 g", [(REMOVED, "5 mg"), (ADDED, "5 g")]),
        (
            "Do not stop it",
            "Do stop it",
            [(SAME, "Do"), (REMOVED, " not"), (SAME, " stop it")],
        ),
        ("a b c", "x y c", [(REMOVED, "a b"), (ADDED, "x y"), (SAME, " c")]),
        ("", "New", [(ADDED, "New")]),
        (
            "Call {{ clinic.phone }}",
            "Call {{ clinic.email }}",
            [(SAME, "Call "), (REMOVED, "{{ clinic.phone }}"), (ADDED, "{{ clinic.email }}")],
        ),
    ],
)
def test_words(before: str, after: str, found: list[tuple[Fate, str]]) -> None:
    """A number goes with its unit, a slot is one piece, and nothing of either text is lost."""
    assert difference.words(before, after) == found


def test_a_left_to_right_run_changes_as_a_whole() -> None:
    """Half of a range, marked alone in an Arabic line, would stand at its wrong end."""
    found = difference.words("خذ 5-10 mg/kg الآن", "خذ 5-20 mg/kg الآن", direction="rtl")

    assert (REMOVED, "5-10 mg/kg") in found
    assert (ADDED, "5-20 mg/kg") in found


def test_chinese_is_compared_by_letters() -> None:
    """There are no words to compare, but a lost 不 is one letter."""
    found = difference.words("不要挤压5毫米", "要挤压50毫米", spaced=False)

    assert found[0] == (REMOVED, "不")
    assert (REMOVED, "5") in found
    assert (ADDED, "50") in found


def test_lines_are_paired() -> None:
    """An edited line is one change; a new line, and one that has gone, are changes too."""
    kept, edited = line("Wash your hands."), line("Use warm water and soap.")
    newer = line("Use cold water and soap.")
    gone, come = line("Rest."), line("Call us today if it bleeds.")

    found = list(difference.changes([kept, edited, gone], [come, kept, newer]))

    assert found == [
        Change(before=None, after=come),
        Change(before=edited, after=newer),
        Change(before=gone, after=None),
    ]


def test_a_dose_that_changes_while_its_line_moves_is_seen() -> None:
    """The line is compared with what it was, wherever it stood."""
    dose, other = line("Take 5 mg of this medicine."), line("Drink a glass of water.")
    newer = line("Take 50 mg of this medicine.")

    found = list(difference.changes([dose, other], [other, newer]))

    assert found == [Change(before=dose, after=newer, moved=True)]


def test_a_line_that_only_moves_is_told() -> None:
    """Steps in another order are another text."""
    one, two = line("Wash your hands."), line("Open the tube.")

    found = list(difference.changes([one, two], [two, one]))

    assert [(item.before == item.after, item.moved) for item in found] == [(True, True)]


def test_a_translation_that_changes_under_the_same_english_is_a_change() -> None:
    """So does one whose English changes while it stays as it was."""
    before = [line("Take 5 mg.", "Tome 5 mg."), line("Rest.", "Descanse.")]
    after = [line("Take 5 mg.", "Tome 50 mg."), line("Rest well.", "Descanse.")]

    assert [item.after for item in difference.changes(before, after)] == after


def signed(project: Project, tag: str) -> Project:
    """Return a project in which the translator has signed."""
    code = signoff.standing(project, "hands", tag).code
    signature = Signature(
        role="translator",
        name="A. Person",
        date=dt.date(2026, 11, 24),
        expires=dt.date(2028, 11, 24),
        text=code,
    )
    sign_off = signoff.sign(project, "hands", tag, signature)
    assert isinstance(sign_off, SignOff)
    return replace(project, sign_offs={(tag, "hands"): sign_off})


def test_the_sheet_shows_what_has_changed_since_signing() -> None:
    """With the signer's name, and in words beside the marks."""
    before = signed(load(STAFF), "es")
    path = "locales/es/LC_MESSAGES/hands.po"
    text = (ROOT / "tests/projects/smallest" / path).read_text("utf-8")
    now = load({**STAFF, path: text.replace("durante 20", "durante 200")})

    proof = bilingual.comparison(
        replace(now, sign_offs=before.sign_offs), "hands", "es", kind="html"
    )
    unchanged = bilingual.comparison(before, "hands", "es", kind="html")

    assert proof
    assert unchanged
    said = " ".join(" ".join(hypertext.blocks(proof.html)).split())
    assert "Signed by A. Person, translator, 2026-11-24" in said
    assert "[removed] 20 segundos" in said
    assert "[added] 200 segundos" in said
    assert "Nothing has changed." in unchanged.html
    assert bilingual.comparison(load(STAFF), "hands", "es", kind="html") is None


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["es", "ar"])
def test_the_sheet_prints_without_a_finding(tag: str) -> None:
    """Also where a line is struck through, from right to left, on a single page."""
    before = signed(load(STAFF), tag)
    path = f"locales/{tag}/LC_MESSAGES/hands.po"
    text = (ROOT / "tests/projects/smallest" / path).read_text("utf-8")
    now = replace(load({**STAFF, path: text.replace("20", "5-10 mg")}), sign_offs=before.sign_offs)

    proof = bilingual.comparison(now, "hands", tag, kind="pdf")

    assert proof
    assert press.print_proof(proof).faults == ()
