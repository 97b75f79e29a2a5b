"""LF4: the designers' templates."""

from collections.abc import Iterator

from handbill import templates
from handbill.diagnostics import Fault, Location, Severity
from handbill.model import Project
from handbill.rules import declare, rule


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
