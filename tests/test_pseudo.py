"""Pseudo-languages: what a translation would do to a page, before there is one."""

import pytest

from handbill import markup, plan, press, pseudo
from handbill.diagnostics import Fault
from tests.conftest import SITUATIONS, load


WRITERS = (pseudo.accented, pseudo.mirrored)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    "kept",
    ["{{ clinic.phone }}", "{version}", "](https://example.org/a?b=c)", "**", "500", "a@b.example"],
)
def test_what_is_no_words_is_kept(write: pseudo.Writer, kept: str) -> None:
    """Slots, placeholders, addresses, markup and numbers are those of the source."""
    text = f"Do **not** take {'[this' if kept.startswith(']') else ''}{kept} 500 mg **now**."

    assert kept in write(text)
    assert markup.marks(write(text)) == markup.marks(text)


def test_accents_lengthen() -> None:
    """About 40 % longer, as translations of English are; no plain letter is left."""
    text = "Wash your hands for 20 seconds with soap and warm water."
    found = pseudo.accented(text)

    assert 1.35 <= len(found) / len(text) <= 1.5
    assert list(pseudo.leaks(f"<p>{found}</p>", ())) == []


def test_mirrored_text_can_be_recognised() -> None:
    """The first word stays in Latin letters, the rest is Arabic script."""
    assert pseudo.mirrored("Wash **all** day") == "[Ẇȧšħ **الل** داى]"


@pytest.mark.parametrize(
    ("html", "leak"),
    [
        ("<p>Close</p>", ("text", "Close")),
        ('<p><img alt="Photo of Ẇȧšħ"></p>', ("alt", "Photo of")),
        ("<title>Leaflet – One</title>", ("title of the page", "Leaflet")),
        ("<style>p::before { content: ';' 'See ' attr(id) }</style>", ("CSS content", "See")),
        ('<meta name="description" content="About">', ("description of the page", "About")),
    ],
)
def test_plain_words_are_found(html: str, leak: tuple[str, str]) -> None:
    """Wherever a reader could see or hear them; names that are known are none."""
    assert list(pseudo.leaks(html, ["One"])) == [leak]


@pytest.mark.parametrize(
    "html",
    [
        "<p>[Ẇȧšħ] 24 November 2026, One, https://example.org/x, a@b.example, 1.0-3f9a2c1d</p>",
        '<p class="box" id="wash" lang="en">20</p>',
        "<style>p { content: counter(page) } /* content: 'no' */ i { align-content: 'x' }</style>",
    ],
)
def test_what_is_the_same_everywhere_is_no_leak(html: str) -> None:
    """Numbers, addresses, codes, dates and names; and what no reader sees."""
    assert list(pseudo.leaks(html, ["One", "24 November 2026"])) == []


def test_components_are_covered_by_few_leaflets() -> None:
    """A second leaflet with the same parts is not composed again."""
    text = (SITUATIONS / "smallest/content/leaflets/hands/leaflet.md").read_text("utf-8")
    feet = text.replace('id = "hands"', 'id = "feet"')
    project = load({"content/leaflets/feet/leaflet.md": feet})

    assert set(project.leaflets) == {"hands", "feet"}
    assert [edition.leaflet for edition in pseudo.sample(project)] == ["feet"]


@pytest.mark.slow
@pytest.mark.parametrize("tag", [pseudo.ACCENTED, pseudo.MIRRORED])
def test_pseudo_editions_print_without_a_finding(tag: str) -> None:
    """Every glyph is in the project's fonts, numbers keep their order, every page is stamped."""
    project = pseudo.project(load())
    edition = next(item for item in plan.editions(project) if item.language == tag)
    proof = press.compose(plan.job(project, edition), "")
    assert not isinstance(proof, Fault)

    assert press.print_proof(proof).faults == ()
    assert proof.draft
