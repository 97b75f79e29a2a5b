"""The sheet on which a text is read beside its translation, and signed."""

import re
from collections.abc import Mapping

import pytest

from handbill import bilingual, hypertext, press, rules, signoff
from handbill.bilingual import Marker
from handbill.catalog import INTERFACE
from tests.conftest import ROOT, load


SHEET = {
    f"templates/{name}.html.jinja": (ROOT / f"templates/{name}.html.jinja").read_text("utf-8")
    for name in ("staff", "proof")
}
TABLE = (ROOT / "locales/languages.toml").read_text("utf-8")
SPANISH = "locales/es/LC_MESSAGES/hands.po"


def original(path: str) -> str:
    """Return a file of the smallest project."""
    return (ROOT / "tests/projects/smallest" / path).read_text("utf-8")


def changed(path: str, old: str, new: str) -> dict[str, str]:
    """Return a file of the smallest project with one change in it."""
    text = original(path)
    assert old in text
    return {path: text.replace(old, new)}


def sheet(
    changes: Mapping[str, str], domain: str = "hands", tag: str = "es", kind: str = "html"
) -> str:
    """Compose a sheet of the smallest project."""
    project = load({**SHEET, **changes})
    return bilingual.sheet(project, domain, tag, rules.run(project), kind=kind).html


def rows(html: str) -> list[str]:
    """Return the HTML of each row of the table."""
    body = html[html.index('<tbody role="rowgroup">') : html.index("</tbody>")]
    return body.split('<tr role="row">')[1:]


def test_every_block_stands_beside_its_translation() -> None:
    """In reading order, each with its kind and both places; headings look like headings."""
    found = rows(sheet({}))
    texts = [" ".join(hypertext.blocks(row)).split() for row in found]

    assert len(found) == 7
    assert texts[3][:4] == ["4", "heading", "2", "leaflet.md:21"]
    assert texts[3][4] == "hands.po:15"
    assert '<div class="level-2" lang="en">Wash</div>' in found[3]
    assert '<div class="translation level-2" lang="es" dir="ltr">Lávese</div>' in found[3]
    assert "<strong>No</strong> se apure." in found[4]
    assert "Cites: who" in " ".join(texts[4])
    assert "Begins the box: warning" in " ".join(texts[5])


def test_what_is_not_printed_is_said() -> None:
    """A missing translation is named as such, a fuzzy one as a guess, each with its finding."""
    bare = sheet(changed(SPANISH, 'msgstr "Lávese"', 'msgstr ""'))
    fuzzy = sheet(changed(SPANISH, 'msgid "Wash"\n', '#, fuzzy\nmsgid "Wash"\n'))

    assert "Not translated" in rows(bare)[3]
    assert "LF301 untranslated:" in rows(bare)[3]
    assert "1 error, 0 warnings" in bare
    assert "See row 4." in bare
    assert "A guess that nobody has confirmed" in rows(fuzzy)[3]
    assert "Lávese" in rows(fuzzy)[3]


def test_a_finding_of_no_row_stands_above_the_table() -> None:
    """A finding on the front matter, or on an entry that nothing prints, is not lost."""
    html = sheet({SPANISH: original(SPANISH) + '\nmsgid "Old"\nmsgstr "Viejo"\n'})

    assert "LF306" in html.split("<table", 1)[0]
    assert "LF306" not in "".join(rows(html))


@pytest.mark.parametrize(
    ("tag", "text", "marked"),
    [
        ("en", "Take 500 mg for 2 weeks", ["500 mg", "2 weeks"]),
        ("en", "1 to 2 mm wide, 50% of 1,000", ["1", "2 mm", "50%", "1,000"]),
        ("en", "“5’s” & 38.5 °C", ["5", "38.5 °C"]),
        ("ar", "خذ 5-10 mg/kg كل 4 ساعات", ["5-10 mg/kg", "4 ساعات"]),
        ("ar", "اتصل على +1 (555) 010-4477", ["+1 (555) 010-4477"]),
        ("ar", "خذ ٥٠٠ ملغ", ["٥٠٠ ملغ"]),
        ("zh-Hans", "宽1到2毫米，可达3毫米。", ["1", "2毫米", "3毫米"]),
    ],
)
def test_numbers_are_marked_with_their_units(tag: str, text: str, marked: list[str]) -> None:
    """A unit in the language's own words belongs to its number; no mark breaks an order."""
    language = load({"locales/languages.toml": TABLE}).languages[tag]
    html = Marker(language).text(text, "paragraph")
    parts = html.split('<span class="number" data-short>')[1:]

    assert [_first(part) for part in parts] == marked
    assert "".join(hypertext.blocks(html)) == text


def _first(part: str) -> str:
    """Return the text up to the end of the element that has just begun."""
    depth, text = 1, ""
    for tag, run in re.findall(r"(<[^>]*>)|([^<]+)", part):
        depth += 0 if run else -1 if tag.startswith("</") else 1
        if not depth:
            break
        text += run
    return text


def test_slots_show_a_value_and_their_name() -> None:
    """A clinician reads the sentence as the first clinic's patients will; markup stays text."""
    html = Marker(load().languages["ar"], load().clinics["one"]).text(
        "اتصل على {{ clinic.phone }} **الآن** <b>", "paragraph"
    )

    assert '<span class="number" dir="ltr"><b>0808 157 0123</b> {clinic.phone}</span>' in html
    assert "<strong>الآن</strong> &lt;" in html


def test_all_that_is_signed_is_on_the_sheet() -> None:
    """The code, the roles that are asked for, sources, dates and authors."""
    project = load(SHEET)
    html = sheet({}, tag="ar")
    code = signoff.standing(project, "hands", "ar").code[:8]
    tail = " ".join(hypertext.blocks(html.split("</table>", 1)[1]))

    assert f"--leaflet hands --language ar --text {code}" in tail
    assert "Second reader" in tail
    assert "https://example.org/hands" in tail
    assert "2028-01-01" in tail
    assert "A. Author" in tail


def test_the_source_stands_alone() -> None:
    """In the source language there is one column, and the clinician's line to sign."""
    html = sheet({}, tag="en")

    assert "translation" not in html.split("</style>", 1)[1]
    assert "Clinical reviewer" in html
    assert len(rows(html)) == 7


def test_the_interface_has_a_sheet_too() -> None:
    """The templates' own words are read and signed like a leaflet."""
    html = sheet({}, domain=INTERFACE, tag="ar")

    assert '<span class="number" dir="ltr"><b></b> {version}</span>' in html
    assert len(rows(html)) == len(load(SHEET).interfaces[INTERFACE])


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["en", "es", "ar"])
def test_the_sheet_prints_without_a_finding(tag: str) -> None:
    """Tagged, every glyph there, numbers in order, a stamp on every page."""
    project = load(SHEET)
    proof = bilingual.sheet(project, "hands", tag, [], kind="pdf")

    impression = press.print_proof(proof)

    assert impression.faults == ()
    assert impression.pages >= 1
