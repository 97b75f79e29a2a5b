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
