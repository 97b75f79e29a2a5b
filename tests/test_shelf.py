"""A clinic's shelf: what is to be printed for it, and what on it is too old."""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from handbill import lists, shelf
from handbill.editions import Edition
from handbill.ledger import Item, Ledger
from handbill.model import Project
from handbill.shelf import Choice, Printed, Standing
from tests.conftest import load


FORMATS: Mapping[str, str | bytes | None] = {
    f"templates/formats/{name}/format.toml": f'title = "{name}"\n{more}'
    for name, more in {
        "letter": "",
        "large-print": "",
        "mono": "",
        "html": 'kind = "html"\n',
        "a5-booklet": 'imposition = "booklet"\nsheet-pages = 4\n',
    }.items()
}
TWO: Mapping[str, str | bytes | None] = {
    **FORMATS,
    "content/clinics/one.toml": (
        'name = "Clinic One"\ncountry = "GB"\nphone = "0808 157 0123"\n'
        'formats = ["html", "large-print", "a5-booklet", "a4"]\n'
    ),
    "content/clinics/two.toml": (
        'name = "Clinic Two"\ncountry = "GB"\nphone = "0808 157 0124"\npaper = "letter"\n'
        'formats = ["mono", "letter"]\n'
    ),
}


def wanted(
    project: Project, text: str, choice: Choice | None = None
) -> tuple[list[tuple[str, int]], list[str]]:
    """Return which files a list asks for with how many copies, and what is wrong with it."""
    rows, faults = lists.read(
        text.encode(),
        path="shelf.csv",
        kind="print-list",
        columns=shelf.PRINT_COLUMNS,
        optional=shelf.PRINT_OPTIONAL,
    )
    papers, wrong = shelf.papers(project, rows, choice or Choice())
    return (
        [(paper.edition.path, paper.copies) for paper in papers],
        [f"{fault.location.line} {fault.message}" for fault in (*faults, *wrong)],
    )


def test_a_list_says_what_is_printed() -> None:
    """In the format of the clinic's paper, unless a row names another."""
    found, faults = wanted(
        load(TWO),
        "leaflet,language,copies,clinic,format\n"
        "hands,es,20,one,\nhands,ar,5,one,a5-booklet\nhands,en,1,two,\n",
    )

    assert faults == []
    assert found == [
        ("one/es/hands.a4.pdf", 20),
        ("one/ar/hands.a5-booklet.pdf", 5),
        ("two/en/hands.letter.pdf", 1),
    ]


def test_a_rows_own_format_comes_first() -> None:
    """A list of booklets may have one leaflet that is none."""
    found, _ = wanted(
        load(TWO),
        "leaflet,language,copies,clinic,format\nhands,es,1,one,a4\nhands,en,1,one,\n",
        Choice(is_booklet=True),
    )

    assert [path for path, _ in found] == ["one/es/hands.a4.pdf", "one/en/hands.a5-booklet.pdf"]


@pytest.mark.parametrize(
    ("choice", "one", "two"),
    [
        (Choice(), "a4", "letter"),
        (Choice(is_booklet=True), "a5-booklet", None),
        (Choice(is_large_print=True), "large-print", None),
        (Choice(is_mono=True), "a4", "mono"),
        (Choice(format="mono"), None, "mono"),
        (Choice(format="html"), None, None),
    ],
)
def test_the_format_is_one_of_the_clinics(choice: Choice, one: str | None, two: str | None) -> None:
    """What a clinic does not publish it does not print, and the finding says what it has."""
    project = load(TWO)
    for clinic, name in (("one", one), ("two", two)):
        text = f"leaflet,language,copies,clinic\nhands,en,1,{clinic}\n"
        found, faults = wanted(project, text, choice)

        assert found == ([(f"{clinic}/en/hands.{name}.pdf", 1)] if name else [])
        assert len(faults) == (0 if name else 1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("hand,en,1,one,", "no leaflet is called 'hand'"),
        ("hands,de,1,one,", "no language is called 'de'"),
        ("hands,en,1,three,", "no clinic is called 'three'"),
        ("hands,en,1,,", "for which clinic?"),
        ("hands,en,1,one,a3", "no format is called 'a3'"),
        ("hands,en,1,two,a4", "two has no a4 for paper"),
        ("hands,en,0,one,", "'0' copies"),
        ("hands,en,-3,one,", "'-3' copies"),
        ("hands,en,2.5,one,", "'2.5' copies"),
        ("hands,en,٢٠,one,", "'٢٠' copies"),
        ("hands,en,99999,one,", "'99999' copies"),
        ("hands,es,3,one,a4", "the same edition as in line 2"),
    ],
)
def test_a_wrong_row_is_a_finding_with_its_line(row: str, message: str) -> None:
    """The other rows are read."""
    found, faults = wanted(
        load(TWO), f"leaflet,language,copies,clinic,format\nhands,es,2,one,\n{row}\n"
    )

    assert found == [("one/es/hands.a4.pdf", 2)]
    assert faults == [f"3 {message}"]


# --- what lies there ---------------------------------------------------------------------------


def row(**changes: Any) -> dict[str, Any]:
    """Return a row of a manifest."""
    edition = Edition(leaflet="hands", clinic="one", language="es", format="a4")
    return {
        "path": edition.path,
        "leaflet": "hands",
        "clinic": "one",
        "language": "es",
        "format": "a4",
        "kind": "pdf",
        "version": "1.1",
        "code": "3f9a2c1d" + "0" * 56,
        "draft": False,
        "current": True,
        "digest": "new",
        "inputs": {"content/clinics/one.toml": "1", "toolchain and fonts": "1"},
        **changes,
    }


def found(**changes: Any) -> Printed:
    """Return what was printed of that edition."""
    return Printed(
        **{
            "leaflet": "hands",
            "language": "es",
            "clinic": "one",
            "format": "a4",
            "code": "1.1-3f9a2c1d",
            "digest": "new",
            "draft": False,
            "inputs": row()["inputs"],
            **changes,
        }
    )


OTHER = {"content/clinics/one.toml": "0", "toolchain and fonts": "1"}
OLDER = {"content/clinics/one.toml": "1", "toolchain and fonts": "0"}


@pytest.mark.parametrize(
    ("printed", "today", "standing", "words"),
    [
        (found(), row(), Standing.CURRENT, ""),
        (found(code="1.0-11111111"), row(), Standing.SUPERSEDED, "today's is 1.1-3f9a2c1d"),
        (
            found(code="1.1-3f9a2c1e"),
            row(),
            Standing.SUPERSEDED,
            "today's is 1.1-3f9a2c1d; one letter differs, look again",
        ),
        (
            found(digest="old", inputs=OTHER),
            row(),
            Standing.CHANGED,
            "its text is today's, but these have changed: content/clinics/one.toml",
        ),
        # Another version of the program draws the same page.
        (found(digest="old", inputs=OLDER), row(), Standing.CURRENT, ""),
        (
            found(digest="old", draft=True),
            row(),
            Standing.DRAFT,
            "it says DRAFT, and has been signed since",
        ),
        (found(draft=True), row(draft=True), Standing.STILL_DRAFT, "nobody has signed it"),
        (
            found(digest="", draft=None, inputs={}),
            row(),
            Standing.CURRENT,
            "unless it says DRAFT: it has been signed",
        ),
        (
            found(),
            row(current=False),
            Standing.UNSURE,
            "today's edition could not be made; the last one is 1.1-3f9a2c1d",
        ),
        (
            found(clinic="gone"),
            row(),
            Standing.WITHDRAWN,
            "there is no clinic called gone",
        ),
        (
            found(leaflet="lice"),
            row(),
            Standing.WITHDRAWN,
            "no such leaflet is published any more",
        ),
        (
            found(leaflet="hand", digest=""),
            row(),
            Standing.UNKNOWN,
            "no such leaflet is published; did you mean 'hands'?",
        ),
        (found(language="de"), row(), Standing.WITHDRAWN, "it is published in de no more"),
        (
            found(language="ar"),
            row(),
            Standing.UNSURE,
            "today's edition has not been made: build it first",
        ),
    ],
)
def test_paper_is_compared_with_the_manifest(
    printed: Printed, today: dict[str, Any], standing: Standing, words: str
) -> None:
    """By the code at its foot, and by its digest where it was printed from here."""
    judged = shelf.judge(printed, [today], load())

    assert (judged.standing, judged.words) == (standing, words)
    assert judged.is_good == (standing in {Standing.CURRENT, Standing.STILL_DRAFT})


def test_a_list_of_a_shelf_is_read() -> None:
    """With the code as it is printed; a code that is none is a finding."""
    rows, faults = lists.read(
        b"leaflet,language,code,copies\nhands,es,1.1-3F9A2C1D,7\nhands,es,3f9a2c1d,\n"
        b"hands,ar,1.1-3f9a,\nhands,es,1.1-3f9a2c1d,many\n",
        path="found.csv",
        kind="print-list",
        columns=shelf.SHELF_COLUMNS,
        optional=shelf.SHELF_OPTIONAL,
    )
    papers, wrong = shelf.listed(rows)

    assert faults == ()
    assert [(paper.code, paper.copies) for paper in papers] == [("1.1-3f9a2c1d", 7)]
    assert [f"{fault.location.line} {fault.message}" for fault in wrong] == [
        "3 '3f9a2c1d' is no code of a text",
        "4 '1.1-3f9a' is no code of a text",
        "5 'many' copies",
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger whose clock says one day after the other."""
    noon = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC).timestamp()
    with Ledger(tmp_path / ".handbill", clock=itertools.count(noon).__next__) as made:
        yield made


def test_nothing_is_recycled_that_may_be_good(ledger: Ledger) -> None:
    """What cannot be judged before the next build stays on the shelf's list."""
    item = Item(campaign="print:k:1", recipient="paper", thing="new")
    ledger.plan(item, about=shelf.about(row(), 5))
    ledger.begin(item)
    ledger.delivered(item)
    stopped = {**row(), "current": False}
    judged = [shelf.judge(paper, [stopped], load()) for paper in shelf.printed(ledger)]

    assert [item.standing for item in judged] == [shelf.Standing.UNSURE]
    assert shelf.recycle(ledger, judged) == 0
    assert len(shelf.printed(ledger)) == 1


def test_what_was_printed_here_is_on_the_shelf_until_it_is_recycled(ledger: Ledger) -> None:
    """Copies of the same file add up, and what has gone is not told again."""
    for number, (thing, copies) in enumerate((("new", 5), ("new", 7), ("old", 3))):
        item = Item(campaign=f"print:k:{number}", recipient="paper", thing=thing)
        code = "3f9a2c1d" if thing == "new" else "11111111"
        ledger.plan(item, about=shelf.about(row(code=code), copies))
        ledger.begin(item)
        ledger.delivered(item)
    waiting = Item(campaign="print:k:9", recipient="paper", thing="new")
    ledger.plan(waiting, about=shelf.about(row(), 100))

    judged = [shelf.judge(paper, [row()], load()) for paper in shelf.printed(ledger)]
    old, new = (item.line() for item in judged)
    assert old.startswith(
        "superseded   hands es one a4 1.1-11111111 3 copies printed on 2026-11-24"
    )
    assert old.endswith(": today's is 1.1-3f9a2c1d")
    assert new == "current      hands es one a4 1.1-3f9a2c1d 12 copies printed on 2026-11-24"

    assert shelf.recycle(ledger, judged) == 1
    assert [paper.code for paper in shelf.printed(ledger)] == ["1.1-3f9a2c1d"]
