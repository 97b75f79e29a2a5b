"""Blocks, messages and HTML of a leaflet's Markdown."""

import re
import textwrap
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbill import markup
from handbill.markup import Furniture
from handbill.model import Block


BREAK = "  \n"
SAMPLE = f"""\
!!! main-points "Main points"
    - One **point**
    - Another point

## What is it?

A paragraph that goes on
over two lines.{BREAK}And a hard break. [@who, @nhs]

1. First
2. Second
    - nested

Term
:   Meaning

| Age | Dose |
| --- | --- |
| **Adult** | 500 mg \\| 1 g |

<!-- L10n: a note for translators -->
![A hand](hand.svg "Wash it")

Call {{{{ clinic.phone }}}} now.
"""


def furniture(translate: dict[str, str] | None = None) -> Furniture:
    """Render with plain HTML, and some translations."""
    table = translate or {}
    return Furniture(
        translate=lambda block: table.get(block.msgid, block.msgid),
        component=lambda name, title, body, level: f"<box {name} {level}>{title}|{body}</box>",
        figure=lambda src, alt, caption: f"<figure {src}>{alt}|{caption}</figure>",
        table=lambda html: html,
        citation=lambda keys: f"<cite>{','.join(keys)}</cite>",
        slot=lambda name: f"<{name}>",
    )


def msgids(text: str) -> list[str]:
    """Return the messages of a text."""
    return [block.msgid for block in markup.outline(text).blocks]


class Tags(HTMLParser):
    """Lists the block elements of a page, in order."""

    BLOCKS = frozenset({"p", "ul", "ol", "li", "table", "tr", "td", "th", "h2", "h3", "box", "dl"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        """Note a block."""
        if tag in self.BLOCKS:
            self.found.append(tag)


def test_blocks_come_in_reading_order_with_their_kinds_and_places() -> None:
    """A msgid is one block's raw inline Markdown, found on its own line."""
    blocks = markup.outline(SAMPLE, path="a.md", first_line=10).blocks

    found = [(block.kind, block.msgid, block.line, block.column) for block in blocks]

    assert found == [
        ("box title", "Main points", 10, 18),
        ("list item", "One **point**", 11, 7),
        ("list item", "Another point", 12, 7),
        ("heading", "What is it?", 14, 4),
        ("paragraph", "A paragraph that goes on over two lines.\nAnd a hard break.", 16, 1),
        ("list item", "First", 20, 4),
        ("list item", "Second", 21, 4),
        ("list item", "nested", 22, 7),
        ("term", "Term", 24, 1),
        ("definition", "Meaning", 25, 5),
        ("table header", "Age", 27, 3),
        ("table header", "Dose", 27, 9),
        ("table header", "Adult", 29, 5),
        ("table cell", "500 mg \\| 1 g", 29, 15),
        ("picture", "A hand", 32, 3),
        ("caption", "Wash it", 32, 21),
        ("paragraph", "Call {{ clinic.phone }} now.", 34, 1),
    ]
    assert blocks[14].notes == ("a note for translators",)


def test_a_box_may_hold_steps_times_and_doses() -> None:
    """Numbered lists, definition lists and tables stand in boxes as they do outside."""
    text = """\
!!! timeline "When"
    Day 1
    :   Rest.

    Day 2
    :   Walk.

!!! dose-table "How much"
    | Age | Dose |
    | --- | --- |
    | **Adult** | 5 ml |

!!! steps "How"
    1. Open
    2. Close
"""

    outline = markup.outline(text)
    tags = Tags(markup.render(text, furniture())).found

    assert outline.faults == ()
    assert [block.msgid for block in outline.blocks if block.kind != "box title"] == [
        "Day 1", "Rest.", "Day 2", "Walk.", "Age", "Dose", "Adult", "5 ml", "Open", "Close",
    ]  # fmt: skip
    assert tags.count("box") == 3
    assert tags.count("th") == 3
    assert tags.count("dl") == 1
    assert '<th scope="row">Adult</th>' in markup.render(text, furniture())


def test_rendering_hands_boxes_pictures_and_citations_to_the_templates() -> None:
    """A box, a picture and a citation are the designer's HTML; a slot's value is escaped."""
    html = markup.render(SAMPLE, furniture())

    assert "<box main-points 2>Main points|<ul>" in html
    assert "<figure hand.svg>A hand|Wash it</figure>" in html
    assert "<cite>who,nhs</cite>" in html
    assert "Call &lt;clinic.phone&gt; now." in html
    assert '<th scope="row">Adult</th>' in html
    assert '<th scope="col">Dose</th>' in html
    assert "<br>" in html
    assert "L10n" not in html


def test_heading_ids_come_from_the_source_language() -> None:
    """A link to a heading holds in every language."""
    html = markup.render("## What is it?\n", furniture({"What is it?": "ما هو؟"}))

    assert html == '<h2 id="what-is-it">ما هو؟</h2>'


def test_a_translation_cannot_make_html_or_blocks() -> None:
    """A msgstr is text: tags in it are printed, and block marks mean nothing."""
    for attack in ("<script>alert(1)</script>", "# no heading", "1. no list", "> no quote",
                   "```\ncode", "\x02wzxhzdk:0\x03", "| a | b |", "text\n\n- item"):  # fmt: skip
        html = markup.render("Take one.\n", furniture({"Take one.": attack}))

        assert Tags(html).found == ["p"]
        assert "<script" not in html


def test_a_translation_may_move_its_markup() -> None:
    """Bold belongs to words, and words move."""
    html = markup.render("*a* **b**\n", furniture({"*a* **b**": "**B** *A*"}))

    assert html == "<p><strong>B</strong> <em>A</em></p>"


def test_non_breaking_spaces_are_text() -> None:
    """A number and its unit stay together through normalising."""
    assert msgids("500\u00a0mg or\n5\u202f%\n") == ["500\u00a0mg or 5\u202f%"]


def test_context_tells_equal_texts_apart() -> None:
    """`<!-- context: … -->` becomes the msgctxt of the next block."""
    blocks = markup.outline("<!-- context: button -->\nOpen\n\nOpen\n").blocks

    assert [(block.context, block.msgid) for block in blocks] == [
        ("button", "Open"),
        (None, "Open"),
    ]


def test_a_comment_alone_on_its_line_does_not_loosen_a_list() -> None:
    """A note between two items leaves them tight."""
    plain = markup.render("- a\n- b\n", furniture())

    assert markup.render("- a\n<!-- L10n: x -->\n- b\n", furniture()) == plain


def test_repeated_text_is_found_where_it_stands() -> None:
    """The same words on several lines have several places."""
    lines = [block.line for block in markup.outline("Same\n\nOther\n\nSame\n").blocks]

    assert lines == [1, 3, 5]


def test_blocks_know_their_file_while_they_are_printed() -> None:
    """A finding on paper in the source language points into the author's file."""
    blocks: list[Block] = []

    def translate(block: Block) -> str:
        blocks.append(block)
        return block.msgid

    markup.render("\nText.\n", replace(furniture(), translate=translate), path="a.md", first_line=9)

    assert [(block.path, block.line) for block in blocks] == [("a.md", 10)]


@pytest.mark.parametrize(
    "text", ["> " * 900 + "x\n", "a " + "> " * 900 + "b\n\nc " + "> " * 900 + "\n",
             "x " + "a " * 9000 + "b\n\n" + "a " * 9000 + "\n"],
)  # fmt: skip
def test_reading_takes_no_longer_than_the_text(text: str) -> None:
    """A row of quotation marks is found in a moment, wherever it may stand."""
    began = time.perf_counter()

    markup.outline(text)

    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(" " * 4 * depth + "- x" for depth in range(400)),
        "- " * 600 + "x",
        "> " * 900 + "x",
    ],
)
def test_what_is_nested_too_deeply_is_a_fault(text: str) -> None:
    """Python-Markdown's stack ends before such a list does."""
    faults = markup.outline(text, path="a.md").faults

    assert [fault.kind for fault in faults if "too deeply" in fault.message] == ["list-nesting"]


def test_places_are_found_however_a_text_is_wrapped_and_quoted() -> None:
    """A quotation's marks, and words that hold one, do not hide where a block begins."""
    blocks = markup.outline("unwell\n\n> One a->b\n>   two\n\nwell > 5 x\n\n- well\n").blocks

    assert [(block.msgid, block.line, block.column) for block in blocks] == [
        ("unwell", 1, 1),
        ("One a->b two", 3, 3),
        ("well > 5 x", 6, 1),
        ("well", 8, 3),
    ]


def test_marks_are_counted_as_they_are_printed() -> None:
    """What Markdown leaves alone is no markup; a link counts by its address."""
    text = r"**a** *b* __c__ d_e_f \*g\* [h](https://a.org/x_y_z?a&b) <https://a.org> ** i **"

    found = markup.marks(text)

    assert found == {
        "bold": 2,
        "emphasis": 1,
        "link to https://a.org/x_y_z?a&b": 1,
        "link to https://a.org": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        "NÃO é",
        "„Spaß“",
        "« santé\u00a0»",
        "IRMÃ…",
        "Nestlé®”",
        "Â, Ã",
        "Ân nhân",
        "Привет",
        "žluťoučký",
    ],
)
def test_true_letters_are_not_taken_for_broken_ones(text: str) -> None:
    """Languages that use Ã, Â, é and ß before quotation marks may go on doing so."""
    found = markup.strays(text, "paragraph")

    assert found == []


PARAGRAPH = st.lists(
    st.text(alphabet=st.sampled_from("abcXYZ012é水\u0627*_()'\"%"), min_size=1, max_size=9)
    .filter(lambda word: not re.fullmatch(r"[-*+_=]+|\d+[.)]|[*_].*|.*[*_]", word)),
    min_size=1, max_size=40,
).map(" ".join)  # fmt: skip


@given(PARAGRAPH, st.integers(20, 90), st.integers(20, 90))
@settings(max_examples=200)
def test_wrapping_changes_no_message(text: str, narrow: int, wide: int) -> None:
    """An author may wrap lines anywhere, and no translation is lost."""
    one = "\n".join(textwrap.wrap(text, narrow, break_long_words=False))
    other = "\n".join(textwrap.wrap(text, wide, break_long_words=False))

    assert msgids(one + "\n") == msgids(other + "\n")


@given(st.lists(PARAGRAPH, min_size=1, max_size=6))
@settings(max_examples=100)
def test_the_identity_translation_changes_nothing(paragraphs: list[str]) -> None:
    """Looking every text up and finding itself prints the page of no look-up at all."""
    text = "\n\n".join(["## Title", *paragraphs, *(f"- {line}" for line in paragraphs)]) + "\n"
    blocks = markup.outline(text).blocks

    same = markup.render(text, furniture({block.msgid: block.msgid for block in blocks}))

    assert same == markup.render(text, furniture())


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_no_catalog_can_change_the_block_structure(msgstr: str) -> None:
    """Whatever a translator types, the page has the author's blocks."""
    source = Tags(markup.render(SAMPLE, furniture())).found
    table = dict.fromkeys(msgids(SAMPLE), msgstr)

    assert Tags(markup.render(SAMPLE, furniture(table))).found == source


@given(st.text(alphabet=st.sampled_from("ab -*#|!`~\n\t[](){}<>@:.1\"'"), max_size=200))
@settings(max_examples=400)
def test_any_text_can_be_read(text: str) -> None:
    """No Markdown, however broken, stops the reader."""
    outline = markup.outline(text)

    assert all(isinstance(block, Block) for block in outline.blocks)
    assert all(block.line >= 1 and block.column >= 1 for block in outline.blocks)


@given(
    st.text(
        alphabet=st.sampled_from("ab 1-+#|~.:/>@'\"\u00a0\u0633\u4e2d\x02\x03(){}="), max_size=40
    )
)
@settings(max_examples=300)
def test_a_text_without_a_sign_of_markup_has_none(text: str) -> None:
    """What is not handed to Markdown, because no sign in it could begin markup, holds none."""
    assert markup._inline_marks(text) == ((), ())
    assert [element.tag for element in markup._inline(text).iter()] == ["div", "p"]


def test_the_structure_says_which_blocks_stand_in_which() -> None:
    """With the numbers of lists and the sides of cells, and without any text."""
    text = '!!! do "Now"\n    - a\n        1. *b*\n\nc\n\n---\n\n3. d\n4. e\n'

    assert markup.outline(text).structure == 'section(ul(li(ol(li)))) p hr ol start="3"(li li)'
