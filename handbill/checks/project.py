"""LF0: the project as a whole, and the machine that it is built on."""

from collections.abc import Iterator

from handbill import catalog
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Project
from handbill.project import LANGUAGES
from handbill.rules import declare, rule
from handbill.sources import SETTINGS
from handbill.tables import nearest


declare(
    "LF001",
    "settings",
    Severity.ERROR,
    """
    A mistake in `[tool.handbill]` of pyproject.toml.

    What it does: checks every key and value of the settings.
    Why is this bad? A misspelt setting would silently be no setting at all.
    Example: `langauges = ["es"]`
    Use instead: `languages = ["es"]`
    """,
)
declare(
    "LF002",
    "languages-file",
    Severity.ERROR,
    """
    A mistake in locales/languages.toml.

    What it does: checks every language of the table.
    Why is this bad? A wrong direction, script or font prints a page that nobody can read.
    Example: `script = "arabic"`
    Use instead: `script = "Arab"`
    """,
)
declare(
    "LF003",
    "format-file",
    Severity.ERROR,
    """
    A mistake in a templates/formats/<name>/format.toml.

    What it does: checks every key of the file.
    Why is this bad? A misspelt key would silently be ignored.
    Example: `titel = "A4"`
    Use instead: `title = "A4"`
    """,
)
declare(
    "LF004",
    "unreadable-file",
    Severity.ERROR,
    """
    A file of the project cannot be read.

    What it does: reports the system's reason.
    Why is this bad? A build without that file would print something else than what is written.
    Use instead: give the file permissions that let you read it.
    """,
)
declare(
    "LF005",
    "unreadable-text",
    Severity.ERROR,
    """
    A text file is not UTF-8.

    What it does: names the first byte that is not.
    Why is this bad? Letters would be lost or replaced, and in a name or a dose nobody would see.
    Use instead: save the file as UTF-8 in your editor.
    """,
)
declare(
    "LF006",
    "missing-project",
    Severity.ERROR,
    """
    There is no project in this folder.

    What it does: looks for the folder `content`.
    Use instead: run handbill in the project's root, or name it with `--root`.
    """,
)
declare(
    "LF007",
    "missing-library",
    Severity.ERROR,
    """
    A system library that typesetting needs is not installed.

    What it does: asks Pango, HarfBuzz, its subsetter and fontconfig for their versions.
    Why is this bad? Without HarfBuzz's subsetter a Chinese page takes 50 times as long, and its
    bytes differ from everybody else's.
    Use instead: the command in the hint installs it.
    """,
)
declare(
    "LF008",
    "unwritable-output",
    Severity.ERROR,
    """
    The output folder cannot be written to, or its disk is full.

    What it does: stops at the first file that cannot be written whole.
    Why is this bad? Half a PDF looks like a PDF.
    Use instead: make room, or give yourself the permission. What was there before is untouched.
    """,
)
declare(
    "LF009",
    "unknown-choice",
    Severity.ERROR,
    """
    An option on the command line names nothing that exists.

    What it does: checks leaflets, languages, clinics, formats, executors and rules by name.
    Why is this bad? A filter that matches nothing would look like a build with nothing to do.
    """,
)
declare(
    "LF010",
    "lost-worker",
    Severity.ERROR,
    """
    A process that prints has died.

    What it does: stops the build; what was finished stays finished.
    Why is this bad? The machine has most likely run out of memory.
    Use instead: fewer at once, with `--jobs 1`.
    """,
)
declare(
    "LF011",
    "foreign-toolchain",
    Severity.ERROR,
    """
    A worker on another machine has other versions of Python, packages or libraries.

    What it does: compares digests of the toolchains before any work.
    Why is this bad? The same leaflet would have other bytes, or other line breaks, by chance.
    Use instead: install the same lock file and the same system libraries on every machine.
    """,
)


declare(
    "LF013",
    "missing-fonts",
    Severity.ERROR,
    """
    The project has no fonts of its own.

    What it does: looks for templates/fonts/fonts.conf.
    Why is this bad? With the machine's fonts the same leaflet looks otherwise on every machine, and
    a missing letter is silently taken from somewhere.
    Use instead: the folder templates/fonts of the handbill repository.
    """,
)


@rule("LF012", "unknown-language", Severity.ERROR)
def unknown_language(project: Project) -> Iterator[Fault]:
    """A language that locales/languages.toml does not describe.

    What it does: looks up the languages of the settings and of the folders under locales, and
    asks whether CLDR knows the locale that each takes its dates from.
    Why is this bad? Without script, direction and fonts its pages would be guesswork.
    Example: `languages = ["zh-CN"]` where the table has `[zh-Hans]`
    Use instead: the table's own tag, or a new table for the language.
    """
    known, settings = project.languages, project.settings
    asked = [("source-language", settings.source_language)]
    for key, tag in asked + [("languages", tag) for tag in settings.languages]:
        if tag not in known:
            yield Fault(
                kind="unknown-language",
                location=settings.locations.get(key, Location(path=SETTINGS)),
                message=f"the language {tag!r} is not in {LANGUAGES}",
                hint=nearest(tag, known) or f"add a table [{tag}] there",
                scope=Scope(language=tag),
            )
    for tag in sorted({tag for tag, _domain in project.catalogs} - set(known)):
        yield Fault(
            kind="unknown-language",
            location=Location(path=f"locales/{tag}"),
            message=f"a folder of catalogs for {tag!r}, which is not in {LANGUAGES}",
            hint=nearest(tag, known) or f"add a table [{tag}] there",
            scope=Scope(language=tag),
        )
    for tag, language in known.items():
        if not catalog.is_known(language.cldr):
            yield Fault(
                kind="unknown-language",
                location=language.locations["cldr"],
                message=f"CLDR has no locale {language.cldr!r} for {tag}",
                hint="name a locale whose month names its readers know",
                scope=Scope(language=tag),
            )
