"""New files: what is known is written, the rest is TODO, and nothing is overwritten."""

import datetime as dt
import functools
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from handbill import project, rules, scaffold, sources
from handbill.cli import main
from handbill.diagnostics import HandbillError
from handbill.model import Project
from handbill.sources import Sources
from tests.conftest import ROOT, TODAY, in_memory


KINDS = sorted(path.stem for path in (ROOT / "templates/new").glob("*.md"))
#: What a person must write, choose or translate; a scaffold may break no other rule.
OPEN = {"unfilled", "missing-catalog", "missing-slot", "missing-choice", "no-contact"}
#: Findings that a person ends by naming the sources.
OPEN |= {"undated-source", "uncited-section"}


@functools.cache
def own() -> Mapping[str, bytes]:
    """Return the project's own files, without the catalogs, which no scaffold reads."""
    return {name: data for name, data in sources.read(ROOT).files.items() if name[-3:] != ".po"}


def collection(changes: Mapping[str, bytes] | None = None) -> Sources:
    """Return the project's own files, with some more."""
    files = {**own(), **(changes or {})}
    return Sources(
        root="",
        files=files,
        digests={name: sources.digest(data) for name, data in files.items()},
    )


def loaded(changes: Mapping[str, bytes] | None = None) -> Project:
    """Load the project's own files, with some more."""
    return project.load(collection(changes), today=TODAY)


def broken(begun: scaffold.Beginning, scope: str, name: str) -> set[str]:
    """Return the rules that a scaffold breaks, when it is laid into the project."""
    found = rules.run(loaded(begun.files))
    return {item.name for item in found if getattr(item.scope, scope) == name}


def test_each_kind_of_leaflet_has_a_beginning() -> None:
    """The four kinds, by the names that front matter has for them."""
    assert KINDS == ["advice", "condition", "medicine", "procedure"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_leaflet_lacks_only_what_a_person_must_write(kind: str) -> None:
    """Its structure breaks no rule, and what is not written cannot be published."""
    begun = scaffold.leaflet(collection(), "feet", kind=kind, today=TODAY)
    found = loaded(begun.files).leaflets["feet"]

    assert {"unfilled"} <= broken(begun, "leaflet", "feet") <= OPEN
    assert (found.kind, found.published) == (kind, TODAY)
    assert found.next_review == dt.date(2028, 11, 24)
    assert {"main-points", "do", "dont", "care-emergency", "notes"} <= {
        item.name for item in found.outline.components
    }


def test_every_todo_of_a_leaflet_is_named_with_its_line() -> None:
    """A person is led from one to the next."""
    begun = scaffold.leaflet(collection(), "feet", kind="condition", today=TODAY)
    path, data = next(iter(begun.files.items()))
    lines = [number for number, line in enumerate(data.decode().split("\n"), 1) if "TODO" in line]
    found = [item.location for item in loaded(begun.files).faults if item.kind == "unfilled"]

    assert [(place.path, place.line) for place in found] == [(path, line) for line in lines]


def test_a_review_after_two_years_is_a_day_that_exists() -> None:
    """A leaflet begun on 29 February is reviewed on 28 February."""
    begun = scaffold.leaflet(collection(), "feet", kind="advice", today=dt.date(2028, 2, 29))

    assert b"next_review = 2030-02-28" in begun.files["content/leaflets/feet/leaflet.md"]


def test_a_new_clinic_lists_the_choices_that_leaflets_ask_for() -> None:
    """No option is chosen, and nothing but what a person must fill in is missing."""
    begun = scaffold.clinic(collection(), loaded(), "hill", country="US")
    text = begun.files["content/clinics/hill.toml"].decode()
    here = loaded(begun.files).clinics["hill"]

    assert '"leave" or "drain"?' in text
    assert "# [choices.blisters]" in text
    assert broken(begun, "clinic", "hill") <= OPEN
    assert (here.paper, here.formats) == ("letter", ("letter", "large-print", "html"))
    assert "choices" not in tomllib.loads(text)


def test_a_clinic_abroad_begins_on_a4() -> None:
    """Where there is no neighbour, the formats are the plain ones."""
    begun = scaffold.clinic(collection(), loaded(), "dublin", country="IE")
    here = loaded(begun.files).clinics["dublin"]

    assert (here.paper, here.formats) == ("a4", ("a4", "large-print", "html"))


def test_a_new_language_is_described_as_cldr_knows_it() -> None:
    """Name, script and plural forms are CLDR's; fonts are those of another with its script."""
    before = collection()
    begun = scaffold.language(before, loaded(), "tr")
    found = loaded(begun.files)
    turkish = found.languages["tr"]

    assert found.faults == ()
    assert (turkish.autonym, turkish.english, turkish.script) == ("Türkçe", "Turkish", "Latn")
    assert (turkish.direction, turkish.fonts) == ("ltr", ("Noto Sans",))
    assert turkish.plural == "nplurals=1; plural=0;"
    for path, data in begun.files.items():
        assert data.startswith(before.files[path])


def test_a_language_of_right_to_left_script_is_one() -> None:
    """The direction follows from the script, which CLDR guesses from the language."""
    begun = scaffold.language(collection(), loaded(), "ps")
    pashto = loaded(begun.files).languages["ps"]

    assert (pashto.script, pashto.direction) == ("Arab", "rtl")
    assert "Noto Naskh Arabic" in pashto.fonts


def test_a_language_in_a_script_without_fonts_is_unfilled() -> None:
    """No font is guessed; only that language's editions are stopped."""
    begun = scaffold.language(collection(), loaded(), "ko")
    found = [item for item in rules.run(loaded(begun.files)) if item.name == "unfilled"]

    assert [item.scope.language for item in found] == ["ko"]
    assert any("Kore" in step for step in begun.steps)


def test_a_new_format_has_the_shape_of_a4() -> None:
    """It is a4 with another title."""
    begun = scaffold.page_format(collection(), "a3")
    found = loaded(begun.files)

    assert (found.faults, found.formats["a3"].title) == ((), "a3")
    assert found.formats["a3"].stylesheet == found.formats["a4"].stylesheet


@pytest.mark.parametrize(
    ("begin", "message"),
    [
        (lambda s, _: scaffold.leaflet(s, "milia", kind="advice", today=TODAY), "already"),
        (lambda s, _: scaffold.leaflet(s, "Milia 2", kind="advice", today=TODAY), "called"),
        (lambda s, _: scaffold.leaflet(s, "handbill", kind="advice", today=TODAY), "domain of"),
        (lambda s, _: scaffold.leaflet(s, "feet", kind="advise", today=TODAY), "no kind"),
        (lambda s, p: scaffold.clinic(s, p, "northgate", country="GB"), "already"),
        (lambda s, p: scaffold.clinic(s, p, "hill", country="gb"), "no country"),
        (lambda s, p: scaffold.language(s, p, "hi"), "already"),
        (lambda s, p: scaffold.language(s, p, "Hindi"), "BCP 47"),
        (lambda s, p: scaffold.language(s, p, "qqq"), "CLDR"),
        (lambda s, _: scaffold.page_format(s, "a4"), "already"),
    ],
)
def test_what_is_there_or_has_no_name_is_refused(
    begin: Callable[[Sources, Project], object], message: str
) -> None:
    """Nothing is overwritten, and nothing is begun that could not be read."""
    with pytest.raises(HandbillError, match=message):
        begin(collection(), loaded())


def test_damaged_files_are_not_added_to() -> None:
    """A mistake in a table of languages is said, with its line."""
    files = in_memory({"locales/languages.toml": "[en\n", "templates/new/advice.md": b"\xff"})

    with pytest.raises(HandbillError, match=r"languages\.toml:1"):
        scaffold.language(files, project.load(files, today=TODAY), "tr")
    with pytest.raises(HandbillError, match="not UTF-8"):
        scaffold.leaflet(files, "feet", kind="advice", today=TODAY)


def test_a_language_begun_on_the_command_line_has_catalogs(
    copied: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its catalogs are made; the settings, which publish it, are left to a person."""
    root = copied()
    settings = (root / "pyproject.toml").read_bytes()
    status = main(["new", "language", "tr", "--root", str(root)])

    assert (status, (root / "pyproject.toml").read_bytes()) == (0, settings)
    assert (root / "locales/tr/LC_MESSAGES/hands.po").is_file()
    assert (root / "locales/tr/LC_MESSAGES/handbill.po").is_file()
    assert "next: translate its catalogs" in capsys.readouterr().err


def test_beginning_twice_changes_nothing(copied: Callable[..., Path]) -> None:
    """The second time the file is there, and stays as it is."""
    root = copied()
    path = root / "content/clinics/hill.toml"
    (root / "templates/new").mkdir()
    (root / "templates/new/clinic.toml").write_text('name = "$id"\n', "utf-8")
    words = ["new", "clinic", "hill", "--country", "GB", "--root", str(root)]

    assert main(words) == 0
    path.write_text('name = "Mine"\n', "utf-8")
    assert main(words) == 2
    assert path.read_text("utf-8") == 'name = "Mine"\n'
