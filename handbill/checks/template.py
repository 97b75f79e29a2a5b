"""LF4: the designers' templates."""

from collections.abc import Iterator

from handbill import templates
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Project
from handbill.rules import declare, rule
from handbill.store import GALLERY


declare(
    "LF402",
    "specimen-file",
    Severity.ERROR,
    """
    A mistake in templates/specimen.toml.

    What it does: checks every text of every language's specimen.
    Why is this bad? A letter that is not tried out is found wrong by a reader.
    Example: `heading = ["Hands"]`
    Use instead: `heading = "Hands"`
    """,
)
declare(
    "LF401",
    "template-error",
    Severity.ERROR,
    """
    A Jinja template is wrong, or names something that does not exist.

    What it does: points at the template's line.
    Why is this bad? An undefined name would print as nothing, in silence.
    Example: `{{ clinic.nmae }}`
    Use instead: `{{ clinic.name }}`
    """,
)


@rule("LF404", "missing-fixture", Severity.WARNING)
def missing_fixture(project: Project) -> Iterator[Fault]:
    """A component that the gallery cannot show.

    What it does: looks for `fixture.md` beside each component's template, and where right-to-left
    languages are published, for the same in one of them, such as `fixture.ar.md`.
    Why is this bad? Nobody sees what a component looks like, or that it does not mirror, before a
    reader does. Leaflets are printed all the same.
    Use instead: a short sample in Markdown, and its translation.
    """
    source = project.settings.source_language
    mirrored = [
        tag
        for tag in project.settings.languages
        if tag in project.languages and project.languages[tag].direction == "rtl"
    ]
    wanted: dict[tuple[str, ...], str] = {(source,): "fixture.md"}
    if mirrored:
        wanted[tuple(mirrored)] = f"fixture.{mirrored[0]}.md"
    for name in sorted({*project.templates.components, *templates.FURNITURE}):
        for tags, file in wanted.items():
            if not any((tag, name) in project.fixtures for tag in tags):
                yield Fault(
                    kind="missing-fixture",
                    location=Location(path=f"templates/{templates.component(name)}"),
                    message=f"the gallery cannot show {name}: there is no {file} beside it",
                    hint="write a short sample in Markdown, as in the other components",
                    scope=Scope(leaflet=GALLERY),
                )


@rule("LF403", "untranslatable-text", Severity.ERROR)
def untranslatable_text(project: Project) -> Iterator[Fault]:
    """Words in a template that no translator sees.

    What it does: finds letters outside tags, `{{ … }}` and `{% … %}`. Pages for staff are English.
    Why is this bad? They would be English in every language.
    Example: `<h2>Contact us</h2>`
    Use instead: `<h2>{{ t("Contact us") }}</h2>`
    """
    for path, source in sorted(project.templates.sources.items()):
        if path in templates.STAFF:
            continue
        for line, words in templates.bare_words(source):
            yield Fault(
                kind="untranslatable-text",
                location=Location(path=f"templates/{path}", line=line),
                message=f"words that are not translated: {words[:40]!r}",
                hint='write {{ t("…") }}',
            )
