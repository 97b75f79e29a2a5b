"""LF1: leaflets as their authors wrote them."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.markup import links, strays
from handbill.model import VARIANT, Heading, Language, Leaflet, Project, Reference
from handbill.rules import declare, rule
from handbill.tables import nearest


#: A page of clear print holds some 350 words; beyond this, layout alone takes a minute.
MAX_WORDS = 12_000
#: A longer address is no name of a page.
MAX_ADDRESS = 60

declare(
    "LF101",
    "front-matter",
    Severity.ERROR,
    """
    A mistake in a leaflet's front matter.

    What it does: checks that the file begins with TOML between two lines of `+++`, and each key.
    Why is this bad? Version, dates and sources are printed; a misspelt one would be missing.
    Example: `next-review = 2028-11-24`
    Use instead: `next_review = 2028-11-24`
    """,
)
declare(
    "LF103",
    "duplicate-id",
    Severity.ERROR,
    """
    Two leaflets with one id.

    What it does: compares the ids of all leaflets.
    Why is this bad? One would overwrite the other's PDF and take its translations.
    Use instead: the name of the leaflet's folder as its id.
    """,
)
declare(
    "LF104",
    "raw-html",
    Severity.ERROR,
    """
    HTML inside a leaflet.

    What it does: finds tags in the Markdown.
    Why is this bad? Text in an HTML block reaches no translator and stays English in every
    language; handbill prints the tag as it is written.
    Example: `<div class="note">Do not rub.</div>`
    Use instead: `!!! warning "Note"` and the text indented below it.
    """,
)
declare(
    "LF105",
    "code-block",
    Severity.ERROR,
    """
    A code block inside a leaflet: a fence, or a paragraph indented by four spaces.

    What it does: finds fences, closed or not, and indented paragraphs.
    Why is this bad? Code is never translated, and a fence that is not closed swallows the rest.
    Use instead: plain paragraphs; text below `!!!` is indented by four spaces, once.
    """,
)
declare(
    "LF106",
    "list-nesting",
    Severity.ERROR,
    """
    A nested list item indented by two or three spaces, or nested beyond measure.

    What it does: finds items that Markdown would put in the list above, and lists and quotations
    so deep in each other that they cannot be set.
    Why is this bad? "Do not" items have slipped into "do" lists that way.
    Example: `   - not near the eyes`
    Use instead: `    - not near the eyes` with four spaces.
    """,
)
declare(
    "LF107",
    "broken-table",
    Severity.ERROR,
    """
    A table whose rows do not have the header's number of cells, or one of doses with a hole.

    What it does: counts the cells of every row, and finds empty ones in a dose-table.
    Why is this bad? Markdown drops a cell that is too many and invents one that is missing; in a
    dose table that moves a dose to another age.
    Use instead: one cell a column; write a bar inside a cell as `\\|`.
    """,
)
declare(
    "LF108",
    "reference-link",
    Severity.ERROR,
    """
    A link whose address stands apart from its text.

    What it does: finds link definitions.
    Why is this bad? A translator who translates the label breaks the link without seeing it.
    Example: `[the clinic]` and `[the clinic]: https://example.org`
    Use instead: `[the clinic](https://example.org)`
    """,
)
declare(
    "LF109",
    "malformed-slot",
    Severity.ERROR,
    """
    Braces that are not a slot.

    What it does: finds `{{` and `}}` that do not enclose a name, and a slot's name in single
    braces.
    Why is this bad? The braces would be printed.
    Example: `{{ clinic phone }}`
    Use instead: `{{ clinic.phone }}`
    """,
)
declare(
    "LF110",
    "untitled-component",
    Severity.ERROR,
    """
    A box without a title.

    What it does: looks for the title in quotes after `!!! name`.
    Why is this bad? Markdown would make a title of the box's English name, in every language.
    Example: `!!! warning`
    Use instead: `!!! warning "Warning"`
    """,
)
declare(
    "LF112",
    "stray-citation",
    Severity.ERROR,
    """
    Sources cited in the middle of a block.

    What it does: finds `[@key]` that does not end its paragraph, item or cell.
    Why is this bad? Only at the end can it be kept away from translators, who would lose it.
    Example: `Milia are common [@kansal] in babies.`
    Use instead: `Milia are common in babies. [@kansal]`
    """,
)
declare(
    "LF115",
    "inline-picture",
    Severity.ERROR,
    """
    A picture inside a line of text.

    What it does: finds `![…](…)` that shares its paragraph.
    Why is this bad? It has no caption, no place of its own, and its address reaches translators.
    Use instead: a paragraph of its own.
    """,
)
declare(
    "LF123",
    "glued-block",
    Severity.ERROR,
    """
    A list or a table right under a line of text.

    What it does: finds lists and tables without an empty line above them.
    Why is this bad? To Markdown they are more of the paragraph: the dashes or bars are printed, and
    the instructions run together.
    Example: `Do this:` and `- wash` on the next line
    Use instead: an empty line between the two.
    """,
)
declare(
    "LF117",
    "missing-asset",
    Severity.ERROR,
    """
    A file that a template or a clinic names, and that the press does not have.

    What it does: looks for the logo of every clinic, and for all that a template asks for.
    Why is this bad? The press would leave a hole.
    Example: `logo = "northgat.svg"`
    Use instead: `logo = "northgate.svg"`, with the file beside the clinic's.
    """,
)


declare(
    "LF134",
    "malformed-variant",
    Severity.ERROR,
    """
    A local variant that no clinic could choose.

    What it does: reads the name and the option of every `!!! variant`; it has no title, and stands
    in no other variant.
    Why is this bad? Its text would be printed for nobody, or for everybody.
    Example: `!!! variant leave`
    Use instead: `!!! variant blisters leave`
    """,
)
declare(
    "LF125",
    "empty-box",
    Severity.ERROR,
    """
    A box without content.

    What it does: finds `!!!` with nothing below it that is indented by four spaces.
    Why is this bad? A red box with only the word "Emergency" is printed, and the instructions
    stand outside it, or nowhere.
    Example: `!!! care-emergency "Call"` and the text below it, not indented
    Use instead: the same text indented by four spaces.
    """,
)
declare(
    "LF141",
    "unfilled",
    Severity.ERROR,
    """
    A place in a new file that nobody has filled in.

    What it does: finds the word `TODO`, in capitals, in leaflets, in the files of clinics and
    countries, and in the tables of languages, comments included.
    Why is this bad? It would be printed, or hide that something is missing.
    Example: `title = "TODO: a title"`
    Use instead: `title = "Milia (milk spots)"`
    """,
)


@rule("LF102", "review-overdue", Severity.ERROR)
def review_overdue(project: Project) -> Iterator[Fault]:
    """A leaflet whose next review has passed.

    What it does: compares `next_review` with today.
    Why is this bad? Advice changes; readers must be able to trust the date on the page (NHS
    standard for creating health content: show when it was last checked and will be again).
    Use instead: have it reviewed, then set `last_review` and `next_review`.
    """
    for leaflet in project.leaflets.values():
        if leaflet.next_review < project.today:
            days = (project.today - leaflet.next_review).days
            yield Fault(
                kind="review-overdue",
                location=leaflet.locations["next_review"],
                message=f"the review has been overdue for {days} days",
                hint="have the leaflet reviewed, then set last_review and next_review",
                scope=Scope(leaflet=leaflet.id),
            )


@rule("LF111", "unknown-component", Severity.ERROR)
def unknown_component(project: Project) -> Iterator[Fault]:
    """A box of a kind that templates/components does not have.

    What it does: looks for the folder of every `!!! name`.
    Why is this bad? A warning that is not set as a warning reads like any other paragraph.
    Example: `!!! warnign "Warning"`
    Use instead: `!!! warning "Warning"`
    """
    known = project.templates.components
    for leaflet in project.leaflets.values():
        for ref in leaflet.outline.components:
            if ref.name not in known and ref.name.split(" ")[0] != VARIANT.strip():
                hint = nearest(ref.name, known) or f"the components are {', '.join(known)}"
                yield _at(leaflet, ref, "unknown-component", f"no box is called {ref.name!r}", hint)


@rule("LF113", "unknown-source", Severity.ERROR)
def unknown_source(project: Project) -> Iterator[Fault]:
    """A citation of a source that the front matter does not list.

    What it does: looks up every `[@key]`.
    Why is this bad? The reader is pointed at nothing.
    Example: `[@kansl]`
    Use instead: `[@kansal]`
    """
    for leaflet in project.leaflets.values():
        known = [source.key for source in leaflet.sources]
        for ref in leaflet.outline.citations:
            # A source with a mistake in it is no source, and yet it is there.
            if f"sources.{ref.name}" not in leaflet.locations:
                hint = nearest(ref.name, known) or "add it to [[sources]]"
                yield _at(leaflet, ref, "unknown-source", f"no source is called {ref.name!r}", hint)


@rule("LF114", "uncited-source", Severity.WARNING)
def uncited_source(project: Project) -> Iterator[Fault]:
    """A source that the text never cites.

    What it does: looks for each key of `[[sources]]` in the text.
    Why is this bad? A list of sources must say which sentence stands on which.
    Use instead: cite it where it is used, or remove it.
    """
    for leaflet in project.leaflets.values():
        cited = {ref.name for ref in leaflet.outline.citations}
        for source in leaflet.sources:
            if source.key not in cited:
                yield Fault(
                    kind="uncited-source",
                    location=leaflet.locations[f"sources.{source.key}"],
                    message=f"the source {source.key!r} is never cited",
                    hint=f"cite it as [@{source.key}], or remove it",
                    scope=Scope(leaflet=leaflet.id),
                )


@rule("LF116", "missing-alt", Severity.ERROR)
def missing_alt(project: Project) -> Iterator[Fault]:
    """A picture without alt text.

    What it does: looks at every picture of every leaflet.
    Why is this bad? Who cannot see it gets nothing (WCAG 2.2, 1.1.1; PDF/UA-1, 7.3).
    Example: `![](skin.svg)`
    Use instead: `![A slice through the skin.](skin.svg)`
    """
    for leaflet in project.leaflets.values():
        for image in leaflet.outline.images:
            if not image.alt.strip():
                ref = Reference(name=image.src, line=image.line, column=image.column)
                hint = "say in words what the picture shows: ![words](file)"
                yield _at(leaflet, ref, "missing-alt", f"no alt text for {image.src}", hint)


@rule("LF118", "heading-order", Severity.ERROR)
def heading_order(project: Project) -> Iterator[Fault]:
    """A heading that skips a level.

    What it does: follows the levels from the leaflet's title, which is level 1.
    Why is this bad? A reader who moves by headings believes that a part is missing.
    Example: `## Treatment` followed by `#### Creams`
    Use instead: `### Creams`
    """
    for leaflet in project.leaflets.values():
        title = Heading(level=1, text=leaflet.title, line=1, column=1)
        before = title
        for heading in leaflet.outline.headings:
            ref = Reference(name=heading.text, line=heading.line, column=heading.column)
            if heading.level == 1:
                message, hint = "a second title", "the title is in the front matter: begin with ##"
                yield _at(leaflet, ref, "heading-order", message, hint)
            elif heading.level > before.level + 1:
                message = f"a heading of level {heading.level} under one of level {before.level}"
                yield _at(leaflet, ref, "heading-order", message, f"use level {before.level + 1}")
            before = heading


@rule("LF119", "empty-leaflet", Severity.ERROR)
def empty_leaflet(project: Project) -> Iterator[Fault]:
    """A leaflet with front matter and no text.

    What it does: looks for a block to print.
    Why is this bad? An empty page would be published.
    """
    for leaflet in project.leaflets.values():
        # A text with faults may have blocks that could not be read.
        if not leaflet.outline.blocks and not leaflet.outline.faults:
            yield Fault(
                kind="empty-leaflet",
                location=Location(path=leaflet.path),
                message="there is no text after the front matter",
                hint="write the leaflet below the second +++",
                scope=Scope(leaflet=leaflet.id),
            )


@rule("LF120", "oversized-leaflet", Severity.ERROR)
def oversized_leaflet(project: Project) -> Iterator[Fault]:
    """A leaflet that is a book.

    What it does: counts words before anything is typeset.
    Why is this bad? It would keep the press busy for minutes, to print what nobody hands out.
    Use instead: several leaflets.
    """
    for leaflet in project.leaflets.values():
        words = len(re.findall(r"\w+", leaflet.body))
        if words > MAX_WORDS:
            yield Fault(
                kind="oversized-leaflet",
                location=Location(path=leaflet.path),
                message=f"{words:,} words; at most {MAX_WORDS:,}",
                hint="was something pasted twice?",
                scope=Scope(leaflet=leaflet.id),
            )


@rule("LF121", "review-dates", Severity.ERROR)
def review_dates(project: Project) -> Iterator[Fault]:
    """Dates of a leaflet that cannot all be true.

    What it does: checks that the next review comes after the last, and that nothing but the next
    review lies in the future.
    Why is this bad? The reader is told that somebody has checked a text who cannot have.
    """
    for leaflet in project.leaflets.values():
        scope = Scope(leaflet=leaflet.id)
        if leaflet.next_review <= leaflet.last_review:
            yield Fault(
                kind="review-dates",
                location=leaflet.locations["next_review"],
                message="the next review is not after the last",
                scope=scope,
            )
        for name, date in (("published", leaflet.published), ("last_review", leaflet.last_review)):
            if date > project.today:
                yield Fault(
                    kind="review-dates",
                    location=leaflet.locations[name],
                    message=f"{name} is in the future",
                    scope=scope,
                )
        for source in leaflet.sources:
            if source.read > project.today:
                yield Fault(
                    kind="review-dates",
                    location=leaflet.locations[f"sources.{source.key}.read"],
                    message=f"the source {source.key!r} was read in the future",
                    scope=scope,
                )


@rule("LF122", "missing-picture", Severity.ERROR)
def missing_picture(project: Project) -> Iterator[Fault]:
    """A picture that is not a file of the leaflet's own folder.

    What it does: looks for the file of every picture beside its leaflet.md.
    Why is this bad? The press would leave a hole; a file from elsewhere may change unseen, and a
    picture from the network may not be there, or be another one, tomorrow.
    Example: `![A hand](../hand.svg)`
    Use instead: `![A hand](hand.svg)`
    """
    for leaflet in project.leaflets.values():
        for image in leaflet.outline.images:
            if image.src in leaflet.assets:
                continue
            ref = Reference(name=image.src, line=image.line, column=image.column)
            outside = ":" in image.src or ".." in PurePosixPath(image.src).parts
            outside = outside or image.src.startswith("/")
            message = "is not in the leaflet's own folder" if outside else "does not exist"
            near = nearest(image.src, leaflet.assets)
            hint = near or "put an .svg, .png or .jpg file beside leaflet.md"
            yield _at(leaflet, ref, "missing-picture", f"the picture {image.src} {message}", hint)


@rule("LF124", "stray-markup", Severity.ERROR)
def stray_markup(project: Project) -> Iterator[Fault]:
    """Signs that would be printed, though they were meant as markup or as letters.

    What it does: finds asterisks that make nothing bold, links that are not whole, bullets and
    numbers that Markdown does not take for a list, markup in title, summary, audience and alt
    text, letters that were lost or changed on the way, and letters among digits.
    Why is this bad? "**Do not** take ** more" loses its emphasis just where it matters, steps run
    together, and a reader who sees broken letters doubts the dose beside them.
    Example: `• Wash your hands`
    Use instead: `- Wash your hands`
    """
    # Those of the text itself are met while it is read.
    for leaflet in project.leaflets.values():
        for block in leaflet.front_blocks:
            ref = Reference(name=block.kind, line=block.line, column=block.column)
            for stray in strays(block.msgid, block.kind):
                yield _at(leaflet, ref, "stray-markup", stray.message, stray.hint)


@rule("LF126", "vague-link", Severity.WARNING)
def vague_link(project: Project) -> Iterator[Fault]:
    """A link whose words do not say where it leads.

    What it does: compares the words of each link with the language's `vague-links` in
    languages.toml, in leaflets and in their translations, and finds addresses of more than 60
    characters that stand as they are.
    Why is this bad? Who cannot see the page often goes from link to link, and hears "here, here,
    more"; a long address is read out letter by letter (WCAG 2.2, 2.4.4). On paper "here" is
    nowhere.
    Example: `Wash your hands well. Read more [here](https://example.org/hands).`
    Use instead: `Read [how to wash your hands](https://example.org/hands).`
    """
    hint = "name the page that it leads to"
    for leaflet in project.leaflets.values():
        language = project.languages.get(project.settings.source_language)
        for link in leaflet.outline.links:
            if message := language and _vague(link.name, language):
                yield _at(leaflet, link, "vague-link", message, hint)
    for catalog in project.catalogs.values():
        language = project.languages.get(catalog.language)
        if catalog.domain not in project.leaflets or language is None:
            continue
        for entry in catalog.messages.values():
            for words in () if entry.fuzzy else links(entry.msgstr):
                if message := _vague(words, language):
                    yield Fault(
                        kind="vague-link",
                        location=Location(path=catalog.path, line=entry.line),
                        message=message,
                        hint=hint,
                        scope=Scope(leaflet=catalog.domain, language=catalog.language),
                    )


def _vague(words: str, language: Language) -> str:
    """Say what is wrong with the words of a link; empty where nothing is."""
    bare = "".join(" " if unicodedata.category(letter)[0] in "PS" else letter for letter in words)
    if " ".join(bare.split()).casefold() in language.vague_links:
        return f"a link that says no more than {words!r}"
    if len(words) > MAX_ADDRESS and "://" in words and " " not in words:
        return f"an address of {len(words)} characters as the words of a link"
    return ""


def _at(leaflet: Leaflet, ref: Reference, kind: str, message: str, hint: str) -> Fault:
    return Fault(
        kind=kind,
        location=Location(path=leaflet.path, line=ref.line, column=ref.column),
        message=message,
        hint=hint,
        scope=Scope(leaflet=leaflet.id),
    )
