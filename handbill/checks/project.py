"""LF0: the project as a whole, and the machine that it is built on."""

import re
from collections.abc import Iterator

from handbill import catalog
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Project
from handbill.project import FONTS, LANGUAGES
from handbill.rules import declare, rule
from handbill.seal import SETTINGS
from handbill.tables import nearest


_CONTENT = re.compile(
    r"content/(editorial\.toml|plain\.toml|standards\.toml|record\.toml"
    r"|countries/[A-Z]{2}\.toml|clinics/[^/]+\.(toml|svg|png|jpg|jpeg)"
    r"|leaflets/[^/]+/(leaflet\.md|record\.toml|[^/]+\.(svg|png|jpg|jpeg)))"
)

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
    An option on the command line names nothing that exists, or something new that exists already.

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
    "LF040",
    "shard-file",
    Severity.ERROR,
    """
    A folder named to `merge` holds no whole shard of a build.

    What it does: looks for the record of a build with `--shard` that has ended, and compares the
    digest of every file that it has made.
    Why is this bad? A file that was cut off on its way between machines is not the leaflet.
    Use instead: copy the whole output folder of each shard.
    """,
)
declare(
    "LF041",
    "missing-edition",
    Severity.ERROR,
    """
    No shard has an edition that the project publishes.

    What it does: looks in the shards for every edition of the project, made or stopped by errors.
    Why is this bad? Where a machine of a matrix has failed, a language would be gone, and nobody
    would know.
    Use instead: build the shard that the finding names.
    """,
)
declare(
    "LF042",
    "doubled-edition",
    Severity.ERROR,
    """
    Two shards have the same edition.

    What it does: compares which editions the shards were asked for.
    Why is this bad? They are not parts of one whole: a folder is named twice, or one build was
    dealt to five and another to four.
    Use instead: name each shard once.
    """,
)
declare(
    "LF043",
    "foreign-shard",
    Severity.ERROR,
    """
    A shard was made with other versions of Python, packages or libraries than there are here.

    What it does: compares the toolchains of the shards with that of the machine that merges.
    Why is this bad? Two clinics' copies of a leaflet would break their lines in other places, and
    the next build would make everything again.
    Use instead: the same image, or the same lock file and system libraries, on every machine.
    """,
)
declare(
    "LF044",
    "changed-input",
    Severity.ERROR,
    """
    A shard was made from other files, or with other options, than the rest.

    What it does: compares the digests of all that the shards have read with the project here, and
    asks whether each edition would be made of the same today.
    Why is this bad? One language would have the new telephone number, and another the old.
    Use instead: build all shards from the same commit, on the same day, and merge there.
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

    What it does: looks up the languages of the settings and of the folders under locales, asks
    whether CLDR knows the locale that each takes its dates from, and looks up the languages of
    each leaflet in the settings.
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
    for leaflet in project.leaflets.values():
        published = {settings.source_language, *settings.languages}
        for tag in leaflet.languages:
            if tag not in published:
                yield Fault(
                    kind="unknown-language",
                    location=leaflet.locations["languages"],
                    message=f"the language {tag!r} is not one of the settings",
                    hint=nearest(tag, published) or f"add it to languages in {SETTINGS}",
                    scope=Scope(leaflet=leaflet.id),
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


@rule("LF014", "nothing-to-publish", Severity.ERROR)
def nothing_to_publish(project: Project) -> Iterator[Fault]:
    """A project without leaflets, or without clinics.

    What it does: looks for a leaflet and a clinic that could be read.
    Why is this bad? A build of nothing would end as if all were well.
    Use instead: a folder in content/leaflets, and a file in content/clinics.
    """
    for what, found, example in (
        ("leaflets", project.leaflets, "content/leaflets/milia/leaflet.md"),
        ("clinics", project.clinics, "content/clinics/northgate.toml"),
    ):
        if not found:
            yield Fault(
                kind="nothing-to-publish",
                location=Location(path=f"content/{what}"),
                message=f"there are no {what} here",
                hint=f"such as {example}",
            )


@rule("LF015", "stray-file", Severity.ERROR)
def stray_file(project: Project) -> Iterator[Fault]:
    """A file in content that nothing reads, most often for its name.

    What it does: looks for what is neither a leaflet, a clinic, a country nor a picture.
    Why is this bad? `northgate.TOML` is a clinic that silently gets nothing.
    Example: `content/leaflets/milia.md`
    Use instead: `content/leaflets/milia/leaflet.md`
    """
    for path in project.digests:
        if path.startswith("content/") and not _CONTENT.fullmatch(path):
            yield Fault(
                kind="stray-file",
                location=Location(path=path),
                message="nothing reads this file",
                hint="leaflets are <id>/leaflet.md, clinics <id>.toml, countries <CC>.toml; "
                "letter case counts",
            )


@rule("LF016", "fonts-file", Severity.ERROR)
def fonts_file(project: Project) -> Iterator[Fault]:
    """A font that is missing, damaged, or not the one that fonts.toml describes.

    What it does: compares the digest of each font with templates/fonts/fonts.toml.
    Why is this bad? Without its regular weight a family is printed in bold, and nobody is told.
    Use instead: the files of the repository; for a font of your own, add it to fonts.toml.
    """
    here = {
        path.removeprefix(FONTS): name
        for path, name in project.digests.items()
        if path.startswith(FONTS) and path.endswith((".ttf", ".otf"))
    }
    for file, (place, wanted) in project.fonts.items():
        if file not in here:
            yield Fault(kind="fonts-file", location=place, message=f"there is no {file}")
        elif here[file] != wanted:
            hint = "take the file from where fonts.toml says, or write its new sha256"
            message = f"{file} is not the file that is described here"
            yield Fault(kind="fonts-file", location=place, message=message, hint=hint)
    for file in sorted(set(here) - set(project.fonts)):
        yield Fault(
            kind="fonts-file",
            location=Location(path=FONTS + file),
            message="fonts.toml does not describe this font",
            hint="add its family, source, licence and sha256 there",
        )
