"""LF4: the designers' templates."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

from handbill import plan, press, pseudo, templates
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Job, Project, Signature
from handbill.rules import declare, rule
from handbill.store import GALLERY


#: Nobody's: shows what a signed page says.
_SIGNATURE = Signature(
    role="clinical-reviewer",
    name="A. Reader",
    date=dt.date(2000, 1, 1),
    expires=dt.date(2001, 1, 1),
    text="",
)


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
    A Jinja template is wrong, names something that does not exist, or leaves text out.

    What it does: points at the template's line. A page must print `title`, `summary`, `audience`
    and `body` as they are, a box `title` and `body`, a table `table`, a picture `src`, `alt` and
    `caption`.
    Why is this bad? An undefined name would print as nothing, in silence, and so would a box's
    text that its template leaves out.
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
    for domain, own in ((None, project.templates), *project.outlets.items()):
        for path, source in sorted(own.sources.items()):
            if path in templates.STAFF:
                continue
            for line, words in templates.bare_words(source):
                yield Fault(
                    kind="untranslatable-text",
                    location=Location(path=f"templates/{path}", line=line),
                    message=f"words that are not translated: {words[:40]!r}",
                    hint='write {{ t("…") }}',
                    scope=Scope(leaflet=domain),
                )


@rule("LF410", "untranslated-leak", Severity.ERROR)
def untranslated_leak(project: Project) -> Iterator[Fault]:
    """Words on a finished page that no translator sees.

    What it does: composes leaflets in a pseudo-language, in which every text that is translated has
    accents, and finds what has none: in the text, the page's title, `alt`, `aria-label` and their
    like, and `content` of stylesheets. Enough leaflets are taken to print every component that is
    used, of one clinic, in one format of each kind, as drafts and signed. Names, addresses, dates
    and sources are known. Silent where no leaflet can be composed, and where `untranslatable-text`
    has found the same words in a template.
    Why is this bad? They would be English in every language.
    Example: `<nav aria-label="Contents">`
    Use instead: `<nav aria-label="{{ t('Contents') }}">`
    """
    source = project.languages.get(project.settings.source_language)
    if source is None or source.script != "Latn":
        return
    seen: set[tuple[str, str]] = set()
    found_before = {
        (f"templates/{path}", line)
        for path, text in project.templates.sources.items()
        for line, _words in templates.bare_words(text)
    }
    copy = pseudo.project(project)
    for edition in pseudo.sample(project):
        draft = plan.job(copy, edition)
        signed = replace(draft, draft=False, signatures=(_SIGNATURE,))
        for job in (draft, signed):
            proof = press.compose(job, "")
            if isinstance(proof, Fault):
                continue
            for what, words in pseudo.leaks(proof.html, pseudo.known(job)):
                place = _origin(project, job, words)
                if (what, words) in seen or (place.path, place.line) in found_before:
                    continue
                seen.add((what, words))
                yield Fault(
                    kind="untranslated-leak",
                    location=place,
                    message=f"words that are not translated ({what}): {words[:40]!r}",
                    hint='write them in {{ t("…") }}, not in a stylesheet or a program',
                )


def _origin(project: Project, job: Job, words: str) -> Location:
    """Find where words of a finished page may have been written; else name the page."""
    form = f"templates/formats/{job.format.name}/style.css"
    files = {f"templates/{path}": text for path, text in project.templates.sources.items()}
    files |= {**project.templates.styles, form: job.format.stylesheet}
    files[job.leaflet.path] = "\n" * (job.leaflet.body_line - 1) + job.leaflet.body
    for wanted in (words, *sorted(re.findall("[A-Za-z]{2,}", words), key=len, reverse=True)[:1]):
        for path, text in files.items():
            if path.removeprefix("templates/") not in templates.STAFF and wanted in text:
                position = text.index(wanted)
                line = text.count("\n", 0, position) + 1
                column = position - text.rfind("\n", 0, position)
                return Location(path=path, line=line, column=column)
    return Location(path=f"templates/{templates.PAGE}")
