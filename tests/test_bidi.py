"""Left-to-right runs inside right-to-left pages."""

import pytest

from handbill import bidi


def isolated(text: str) -> list[str]:
    """Return the runs that are wrapped."""
    html = bidi.isolate(f"<p>{text}</p>")
    return [part.split("</span>")[0] for part in html.split('<span dir="ltr">')[1:]]


@pytest.mark.parametrize(
    "run",
    [
        "5-10 mg/kg",
        "+1 (555) 010-4477",
        "0800 123 456",
        "38.5 °C",
        "4–6",
        "1 – 2",
        "120/80",
        "Adapalene 0.1%",
        "SPF 30",
        "2026-11-24",
        "https://example.org/a?b=c",
        "skin@northgate.example",
        "B12",
        "08:30",
        "-5",
        "1,000.5 ml",
        "café 3",
    ],
)
def test_a_run_is_one_isolate(run: str) -> None:
    """Numbers, units, telephone numbers and Latin words keep their own order."""
    assert isolated(f"خذ {run} يوميا") == [run]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("من 1 إلى 2 مم", ["1", "2"]),
        ("(milia)", ["milia"]),
        ("Mayo، BMJ", ["Mayo", "BMJ"]),
        ("[1, 2, 3]", ["1", "2", "3"]),
        ("R&amp;D", ["R&amp;D"]),
        ("a &lt; b", ["a", "b"]),
        ("نص بلا أرقام", []),
    ],
)
def test_runs_end_where_the_sentence_goes_on(text: str, runs: list[str]) -> None:
    """A list of runs is read in the page's direction, each run in its own."""
    assert isolated(text) == runs


def test_markup_is_left_alone() -> None:
    """Attributes, styles, titles, comments and what is left-to-right already do not change."""
    for html in (
        '<img alt="5 mg" src="asset:a1.svg">',
        "<style>p { margin: 1mm }</style>",
        "<title>Milia 1</title>",
        "<!-- 5 mg -->",
        '<p dir="ltr">5 <b>mg</b> 6<br>7</p>',
    ):
        assert bidi.isolate(html) == html


def test_isolation_ends_with_its_element() -> None:
    """After a left-to-right element, runs are wrapped again."""
    html = bidi.isolate('<p><span dir="ltr">a <i>b</i></span> 5</p>')

    assert html == '<p><span dir="ltr">a <i>b</i></span> <span dir="ltr">5</span></p>'


@pytest.mark.parametrize(
    ("value", "direction", "isolated"),
    [
        ("North & Sons (UK)", "rtl", True),
        ("0808 157 0123", "rtl", True),
        ("عيادة الشمال", "rtl", False),
        ("–", "rtl", False),
        ("عيادة 12", "ltr", True),
        ("North & Sons", "ltr", False),
        ("北门诊所", "ltr", False),
    ],
)
def test_a_name_against_a_texts_direction_stays_whole(
    value: str,
    direction: str,
    isolated: bool,  # noqa: FBT001
) -> None:
    """Its words and signs keep their order, whatever stands beside them."""
    assert bidi.whole(value, direction) == (f"\u2068{value}\u2069" if isolated else value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("اتصل بالرقم 0808 157 0123.", "اتصل بالرقم <0808 157 0123>."),
        ("من \u2068North & Sons (UK)\u2069 12", "من <North & Sons (UK)> <12>"),
        ("الموقع:\nhttps://one.example/a/", "الموقع:\nhttps://one.example/a/"),
        ("نظافة\n\nاليدين", "نظافة\n\nاليدين"),
    ],
)
def test_a_plain_text_keeps_its_runs_in_order(text: str, expected: str) -> None:
    """By isolates; an address of the web is left as a program that makes links wants it."""
    found = bidi.isolate_plain(text)

    assert found.replace("\u2068", "<").replace("\u2069", ">") == expected
