"""What the proofreader reports, and what it does not, on small pages typeset for real."""

import pytest

from handbill import proofread, typeset
from handbill.editions import Edition
from handbill.model import Proof


pytestmark = pytest.mark.slow

NARROW = '<p style="width: 20mm; overflow-wrap: anywhere">'


def page(body: str, *, language: str, direction: str, style: str) -> str:
    """Write a page in the fonts of Latin, Arabic, Devanagari and Hebrew."""
    return (
        f'<html lang="{language}" dir="{direction}"><title>Page</title><style>'
        '@page { size: A6; margin: 10mm } html { font-family: "Noto Sans", "Noto Naskh Arabic",'
        f'"Noto Sans Devanagari", "Noto Sans Hebrew" }} {style}</style>{body}'
    )


def printed(html: str, *, language: str = "en", direction: str = "ltr") -> bytes:
    """Typeset a page."""
    script = {"ar": "Arab", "hi": "Deva"}.get(language, "Latn")
    proof = Proof(
        edition=Edition(leaflet="x", clinic="x", language=language, format="a4"),
        html=html, assets={}, fonts=("Noto Sans",), script=script, direction=direction,
        imposition="", draft=False, places={}, key="",
    )  # fmt: skip
    return typeset.typeset(proof).data


def met(
    written: str, paper: str = "", *, language: str = "en", style: str = "", stamp: str = ""
) -> list[tuple[str, str]]:
    """Return what is wrong when one text was written and, if given, another is on paper."""
    direction = "rtl" if language == "ar" else "ltr"
    pages = [
        page(body, language=language, direction=direction, style=style)
        for body in (written, paper or written)
    ]
    pdf = printed(pages[1], language=language, direction=direction)
    script = {"ar": "Arab", "hi": "Deva"}.get(language, "Latn")
    found = proofread.problems(pages[0], pdf, script=script, direction=direction, stamp=stamp)
    return list(found)


def kinds(found: list[tuple[str, str]]) -> set[str]:
    """Return the names of the rules."""
    return {kind for kind, _message in found}


LOST = "cannot be read out or copied: "
STRANGE = "would be read out, but is not in the text: "


def test_a_word_inside_a_torn_word_is_missed() -> None:
    """A torn word excuses its own pieces, not another word that is part of it."""
    found = met("<p>لا تستخدم عِلاجًا</p>", "<p>تستخدم عِلاجًا</p>", language="ar")

    assert ("text-layer", f"{LOST}'لا'") in found


def test_torn_words_are_only_warned_of() -> None:
    """Whatever PDFium makes of their marks."""
    found = met("<p>لا تستخدم عِلاجًا <b>فوراً</b> قبل أَبَدًا بَيتٌ</p>", language="ar")

    assert {"vowel-mark"} == kinds(found)


DOSE = '<span dir="ltr">5-10 mg</span>'


@pytest.mark.parametrize("other", [DOSE, '<span dir="ltr">15-10 mg</span>'])
def test_one_right_dose_does_not_hide_a_wrong_one(other: str) -> None:
    """Runs are counted, and begin and end at their own letters."""
    found = met(f"<p>قبل 5-10 mg وبعد</p><p>قبل {other} وبعد</p>", language="ar")

    assert ("number-order", "'5-10 mg' is not printed in this order") in found


def test_a_right_dose_is_right() -> None:
    """As often as it is written, next to other numbers too."""
    found = met(
        f"<p>قبل {DOSE} وبعد {DOSE}، ثم <span dir='ltr'>10 mg</span>.</p><table><tr><td>{DOSE}<td>2"
        "</table>",
        language="ar",
    )

    assert found == []


def test_a_run_may_be_broken_over_many_lines() -> None:
    """At any of its letters, as addresses are."""
    address = '<span dir="ltr">https://example.org/verylongpath/another-123-456.html</span>'

    assert met(f"{NARROW}انظر {address} الان</p>", language="ar") == []


def test_a_broken_address_takes_nothing_from_another() -> None:
    """Two addresses begin alike; the one that is broken over lines is not found in the other."""
    text = (
        '<p>الموقع <span dir="ltr">https://northgate.example</span></p>' + NARROW + "العنوان "
        '<span dir="ltr">https://leaflets.example.org/northgate/milia/ar/</span></p>'
    )

    assert met(text, language="ar") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a so-called so-called so-called so-called dose", "en"),
        ("5-10 5-10 5-10 10-15 4–6 4–6 4–6 4–6", "en"),
        ("hyphen\u00adation hyphen\u00adation self\u2010care self\u2010care", "en"),
        ("https://example.org/verylongpath/another-123-456.htm", "en"),
        ("incomprehensibilities", "en"),
        ("के आस-पास कौन-सा थोड़े-से आस-पास कौन-सा थोड़े-से", "hi"),
    ],
)
def test_words_are_joined_over_line_ends(text: str, language: str) -> None:
    """With a hyphen that was written, one that was printed, and none."""
    assert met(f"{NARROW}{text}</p>", language=language) == []


def test_hyphenated_words_are_joined() -> None:
    """Also on every page's foot, where a word is printed more often than written."""
    body = "<footer>comprehensibility</footer><h1>One</h1><h1>Two</h1>"
    style = (
        "html { hyphens: auto } h1 { break-before: page } footer { position: running(foot);"
        "width: 20mm } @page { margin-bottom: 40mm;"
        "@bottom-left { content: element(foot); width: 20mm } }"
    )

    assert met(body, style=style) == []


def test_a_word_may_go_on_over_the_page() -> None:
    """Its pieces are the last and the first of two pages."""
    style = "p { width: 20mm; overflow-wrap: anywhere; orphans: 1; widows: 1 }"
    body = '<div style="height: 120mm"></div><p>incomprehensibilities remain</p>'

    assert met(body, style=style) == []


def test_a_gap_inside_a_word_is_reported() -> None:
    """Only the end of a line may part a word."""
    found = met("<p>sometimes</p>", "<p>some times</p>")

    assert found == [("text-layer", f"{LOST}'sometimes'"),
                     ("text-layer", f"{STRANGE}'some', 'times'")]  # fmt: skip


def test_letter_spacing_is_read() -> None:
    """PDFium takes each letter for a word."""
    assert met('<h1 style="letter-spacing: .3em">Wash hands fi ill</h1>') == []


def test_ligatures_are_letters() -> None:
    """A reader spells them out."""
    assert met("<p>of\ufb01ce office \ufb02ow</p>") == []


@pytest.mark.parametrize(
    ("written", "paper"),
    [("½", "¼"), ("&lt;", "&gt;"), ("≤", "≥"), ("±", "+"), ("×", "+"), ("%", ""), ("½", "1/2")],
)
def test_signs_are_compared(written: str, paper: str) -> None:
    """A sign that changes a dose is as good as a word."""
    assert met(f"<p>Take {written} 5 a</p>") == []
    assert kinds(met(f"<p>Take {written} 5 a</p>", f"<p>Take {paper} 5 a</p>")) == {"text-layer"}


def test_signs_are_compared_from_right_to_left() -> None:
    """Where PDFium mirrors them, and spells fractions out."""
    text = '<p>قبل <span dir="ltr">&lt;5%</span> ½ <span dir="ltr">≥10</span></p>'

    assert met(text, language="ar") == []
    assert kinds(met(text, text.replace("½", "¼"), language="ar")) == {"text-layer"}


def test_a_number_from_nowhere_is_reported() -> None:
    """Pages and list items have numbers; nothing else may be numbered."""
    made = "p::after { content: ' 40' }"

    assert met("<p>Take</p>", style=made) == [("text-layer", f"{STRANGE}'40'")]


def test_pages_and_items_are_numbered() -> None:
    """And nobody writes these numbers."""
    style = "@page { @bottom-left { content: counter(page) ' ' counter(pages) } }"

    assert met("<ol><li>a<li>b<li>c</ol>", style=style) == []


def test_the_only_page_may_be_numbered_in_the_middle_of_a_line() -> None:
    """As in "Page 1 of 1": the numbers part words that follow each other in the text."""
    style = ".page::after { content: counter(page) } .pages::after { content: counter(pages) }"
    foot = '<p>Page <span class="page"></span> of <span class="pages"></span> here</p>'

    assert met(f"<p>take one daily</p>{foot}", style=style) == []


def test_another_order_is_reported_though_pages_are_many() -> None:
    """A page's turn excuses the pair that it parts, and no other."""
    turns = '<h1 style="break-before: page">again</h1>' * 3
    found = met(f"<p>take one daily</p>{turns}", f"<p>take daily one</p>{turns}")

    assert found == [("text-layer", "would be read out in another order: 'take one', 'one daily'")]


def test_cells_may_go_on_over_the_page() -> None:
    """Each cell of a row is parted once."""
    cells = "".join(
        f"<td>{' '.join(f'{name}{letter}' for letter in 'abcdefgh')}</td>"
        for name in ("foo", "bar", "baz", "qux")
    )
    body = f'<div style="height: 105mm"></div><table><tr>{cells}</tr></table>'

    assert met(body, style="td { width: 15mm; orphans: 1; widows: 1 }") == []


def test_text_off_the_paper_is_reported() -> None:
    """Programs read it, people cannot."""
    found = met('<p style="position: absolute; top: -20mm">off</p><p>on</p>')

    assert found == [("text-layer", "stands off the paper: 'off'")]


STAMPED = (
    '<p class="stamp">Draft - not for use</p><h1>one</h1><h1 style="break-before: page">two</h1>'
)


def test_a_page_without_its_stamp_is_reported() -> None:
    """Once a page."""
    found = met(STAMPED, stamp="Draft - not for use")

    assert found == [("unstamped-draft", "page 2 does not say that it is a draft")]


def test_a_stamp_on_every_page_is_enough() -> None:
    """Wherever it stands."""
    style = (
        ".stamp { position: running(head) }"
        "@page { margin-top: 20mm; @top-left { content: element(head) } }"
    )

    assert met(STAMPED, style=style, stamp="Draft - not for use") == []


@pytest.mark.parametrize(
    ("body", "language", "said", "found"),
    [
        ("<p>Draft, not approved</p><div style='break-before: page'>Draft</div>", "en", "Draft", 2),
        ("<p>Draft</p><div style='break-before: page'>Final</div>", "en", "Draft", 1),
        ("<p>Version 1.0-3f9a2c1d</p>", "en", "1.0-3f9a2c1d", 1),
        ("<p>الإصدار <span dir='ltr'>1.0-3f9a2c1d</span></p>", "ar", "1.0-3f9a2c1d", 1),
        ("<p>الإصدار <span dir='ltr'>1.0-3f9a2c1e</span></p>", "ar", "1.0-3f9a2c1d", 0),
        ("<p>مُسَوَّدَة للمراجعة</p>", "ar", "مُسَوَّدَة", 1),
    ],
)
def test_words_are_counted_by_pages(body: str, language: str, said: str, found: int) -> None:
    """In both directions, with vowel marks, and codes of letters and digits."""
    direction = "rtl" if language == "ar" else "ltr"
    html = page(body, language=language, direction=direction, style="")
    pdf = printed(html, language=language, direction=direction)
    script = "Arab" if language == "ar" else "Latn"

    counts, pages = proofread.saying(pdf, (said,), script=script, direction=direction)
    assert counts == [found]
    assert pages == body.count("break-before") + 1


def test_what_is_no_pdf_is_told() -> None:
    """A file of strangers may be anything."""
    with pytest.raises(ValueError, match="no PDF"):
        proofread.saying(b"%PDF-1.7", ("x",), script="Latn", direction="ltr")
