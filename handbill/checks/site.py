"""LF87: the catalogue that people find leaflets in."""

import unicodedata
from collections.abc import Iterator

from handbill import lettering
from handbill.catalog import SITE
from handbill.diagnostics import Fault, Location, Scope, Severity
from handbill.model import Project, Sought
from handbill.rules import declare, rule
from handbill.tables import nearest


@rule("LF870", "search-file", Severity.ERROR)
def search_file(project: Project) -> Iterator[Fault]:
    """A mistake in a locales/<language>/search.toml.

    What it does: checks every key of the file, and that each table names a leaflet.
    Why is this bad? Words under a misspelt name are words that find nothing. Leaflets are printed
    all the same; the site's pages in this language wait.
    Example: `[mlia]`
    Use instead: `[milia]`
    """
    for (tag, leaflet), sought in sorted(project.sought.items()):
        if leaflet not in project.leaflets:
            yield _fault(
                "search-file",
                tag,
                sought.location,
                f"no leaflet is called {leaflet!r}",
                nearest(leaflet, project.leaflets) or "a table bears the id of a leaflet",
            )


@rule("LF871", "search-word", Severity.WARNING)
def search_word(project: Project) -> Iterator[Fault]:
    """A word for search that stands there twice, or in letters that are not its language's.

    What it does: compares the words of each leaflet of a search.toml, without regard to case, and
    looks for letters of other scripts, of a neighbouring language, and for invisible signs.
    Why is this bad? Nobody finds a leaflet by a word that nobody can type. Each language has a
    file of its own, and a search finds the words of all.
    Example: `words = ["prosaki", "Prosaki"]`
    Use instead: `words = ["prosaki"]`
    """
    for (tag, _leaflet), sought in sorted(project.sought.items()):
        if language := project.languages.get(tag):
            for message, hint in _odd(sought, tag, language.script):
                yield _fault("search-word", tag, sought.location, message, hint)


def _odd(sought: Sought, tag: str, script: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for word in sought.words:
        folded = " ".join(unicodedata.normalize("NFKC", word).casefold().split())
        if not folded:
            yield "a word without a letter", "remove it"
        elif folded in seen:
            yield f"{word!r} stands there twice", "keep one"
        seen.add(folded)
        for _at, foreign in lettering.foreign_words(word, script):
            yield f"{foreign!r} is not written in {script}", "put it in the file of its language"
        for _at, letter in lettering.foreign_letters(word, tag):
            yield f"{word!r} has a letter of another language, U+{ord(letter):04X}", ""
        for _at, name in lettering.controls(word, script):
            yield f"{word!r} has an invisible sign, {name}", "write the word anew"


def _fault(kind: str, tag: str, place: Location, message: str, hint: str) -> Fault:
    scope = Scope(leaflet=SITE, language=tag)
    return Fault(kind=kind, location=place, message=message, hint=hint, scope=scope)


declare(
    "LF872",
    "stale-edition",
    Severity.ERROR,
    """
    The site cannot show an edition: what is built is not what the project says today.

    What it does: compares each edition with the manifest, and its file with the manifest's digest.
    Why is this bad? The page would tell of one text, and the file beside it would hold another.
    Its old page stays as it was; where there was none, the leaflet is not listed.
    Use instead: `python build.py build`, and then `python build.py site`.
    """,
)
declare(
    "LF873",
    "catalogue-file",
    Severity.ERROR,
    """
    The catalogue of the site as it was cannot be read.

    What it does: reads `catalogue.json` of the folder that is written to, or of `--previous`.
    Why is this bad? It alone remembers what was withdrawn. Without it, codes on paper would lead
    to nothing.
    Use instead: the file of the published site, unchanged.
    """,
)
declare(
    "LF874",
    "site-file",
    Severity.ERROR,
    """
    A file of templates/site is missing, damaged, or has a mistake in it.

    What it does: checks site.toml, that the pages' templates, stylesheet and programs are there,
    and that programs of others are those that site.toml describes.
    Why is this bad? A program that nobody has read would run in readers' browsers.
    Use instead: the files of the repository; for a newer version, write its digest.
    """,
)
declare(
    "LF875",
    "heavy-page",
    Severity.WARNING,
    """
    A page of the site is heavy for a slow telephone.

    What it does: adds up a page, its styles, programs and data for search, each as hosts send
    it (gzip), before pictures; more than 100 kB is too much.
    Why is this bad? Readers with little credit and poor reception give up.
    Use instead: shorter summaries, fewer words for search; a site for each group of clinics.
    """,
)
