"""The translation desk: catalogs follow their English, and nothing is guessed."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from translate.storage import pypo

from handbill import catalog, desk, matrix, pofile, project, rules, sources
from handbill.diagnostics import Diagnostic
from handbill.pofile import Entry
from handbill.runner import Inline
from handbill.sources import Sources
from tests.conftest import ROOT, TODAY, in_memory


LEAFLET = "content/leaflets/hands/leaflet.md"
SPANISH = "locales/es/LC_MESSAGES/hands.po"


def updated(files: Sources, *domains: str) -> dict[str, str]:
    """Return what an update writes, by path."""
    loaded = project.load(files, today=TODAY)
    works = desk.update(
        loaded, files, domains=domains or catalog.texts(loaded), languages=desk.tags(loaded)
    )
    return {work.path: work.data.decode() for work in works}


def edited(changes: dict[str, str], files: Sources | None = None) -> Sources:
    """Return a project after edits, and the update that follows them."""
    before = files or in_memory({})
    after = in_memory({**dict(before.files.items()), **changes})
    return in_memory({**dict(after.files.items()), **updated(after)})


def leaflet(old: str, new: str, files: Sources) -> str:
    """Return the leaflet with some words exchanged."""
    text = files.files[LEAFLET].decode()
    assert old in text
    return text.replace(old, new)


def entries(files: Sources, path: str = SPANISH) -> dict[str, Entry]:
    """Return the entries of a catalog by msgid; obsolete ones begin with `~`."""
    document = pofile.parse(files.files[path].decode())
    return {("~" if item.obsolete else "") + item.msgid: item for item in document.entries}


def found(files: Sources) -> list[Diagnostic]:
    """Check a project."""
    return list(rules.run(project.load(files, today=TODAY)))


def test_what_is_up_to_date_is_not_touched() -> None:
    """After one update there is nothing to update."""
    once = edited({})

    assert updated(once) == {}
    assert found(once) == []


def test_an_edited_text_is_left_to_a_person() -> None:
    """It becomes empty, with the old English and its translation beside it, and is stale."""
    start = edited({})
    files = edited({LEAFLET: leaflet("20 seconds", "40 seconds", start)}, start)

    entry = entries(files)["Wash for 40 seconds. **Do not** hurry."]
    assert entry.strings == ("",)
    assert entry.previous == (None, "Wash for 20 seconds. **Do not** hurry.")
    assert entry.comments == ("was: Lávese durante 20 segundos. **No** se apure.",)
    assert entries(files)["~Wash for 20 seconds. **Do not** hurry."].translated
    assert {(item.name, item.location.path) for item in found(files)} == {
        ("stale", SPANISH),
        ("stale", SPANISH.replace("/es/", "/ar/")),
    }
    assert updated(files) == {}


def test_a_second_edit_still_shows_the_last_translation() -> None:
    """What stands beside an untranslated text is what somebody once translated."""
    files = edited({})
    for old, new in (("20 seconds", "40 seconds"), ("40 seconds", "60 seconds")):
        files = edited({LEAFLET: leaflet(old, new, files)}, files)

    entry = entries(files)["Wash for 60 seconds. **Do not** hurry."]
    assert entry.previous == (None, "Wash for 20 seconds. **Do not** hurry.")
    assert entry.comments == ("was: Lávese durante 20 segundos. **No** se apure.",)
    assert "Wash for 40 seconds. **Do not** hurry." not in entries(files)


def test_an_edit_that_is_taken_back_brings_its_translation_back() -> None:
    """The same English in the same leaflet has the translation that it had, letter by letter."""
    start = edited({})
    there = edited({LEAFLET: leaflet("20 seconds", "40 seconds", start)}, start)
    back = edited({LEAFLET: start.files[LEAFLET].decode()}, there)

    assert back.files[SPANISH] == start.files[SPANISH]


def test_a_remark_on_an_untranslated_text_outlives_it() -> None:
    """What a person has written is kept as an obsolete entry; what was written for her is not."""
    start = edited({})
    text = start.files[SPANISH].decode()
    text = text.replace('msgstr "todo el mundo"', 'msgstr ""')
    asked = text.replace("#. type: audience", "# was it children too?\n#. type: audience")
    new = leaflet('"everyone"', '"children"', start)

    kept = entries(edited({SPANISH: asked, LEAFLET: new}, start))
    assert kept["~everyone"].comments == ("was it children too?",)
    assert "~everyone" not in entries(edited({SPANISH: text, LEAFLET: new}, start))


def test_new_texts_stand_in_reading_order() -> None:
    """A translator meets a text between those that it stands between."""
    start = edited({})
    files = edited({LEAFLET: leaflet("Wash for 20", "Roll up your sleeves.\n\nWash for 20", start)})

    names = list(entries(files))
    assert names.index("Roll up your sleeves.") == names.index("Wash") + 1


def test_what_translators_wrote_survives() -> None:
    """Comments, the header, the order of entries, obsolete entries and strange flags stay."""
    text = in_memory({}).files[SPANISH].decode()
    text = text.replace('msgid "everyone"', '# as in a hospital\n#, md-text\nmsgid "everyone"')
    text += '\n#, fuzzy\n#~| msgid "Older"\n#~ msgid "Old"\n#~ msgstr "Viejo"\n\n# the end'
    files = edited({SPANISH: text})

    after = files.files[SPANISH].decode()
    kept = [line for line in after.split("\n") if not line.startswith(("#.", "#:"))]
    assert kept == text.split("\n")


def test_the_same_words_elsewhere_are_offered_and_never_taken() -> None:
    """Another leaflet's translation of the same text is a comment."""
    feet = in_memory({}).files[LEAFLET].decode().replace('id = "hands"', 'id = "feet"')
    feet = feet.replace("**Do not** hurry", "Take your time")
    files = edited({"content/leaflets/feet/leaflet.md": feet})

    entry = entries(files, SPANISH.replace("hands", "feet"))["Wash"]
    assert (entry.strings, entry.comments) == (("",), ("elsewhere (hands): Lávese",))
    assert updated(files) == {}


def test_a_catalog_is_begun_with_a_whole_header() -> None:
    """Even in a language that CLDR does not know, it is no guess and names its plural forms."""
    table = in_memory({}).files["locales/languages.toml"].decode()
    hmong = table[table.index("[es]") : table.index("[ar]")].replace("[es]", "[mww]")
    settings = '[tool.handbill]\nlanguages = ["es", "ar", "mww"]\n'
    files = edited({"locales/languages.toml": table + hmong, "pyproject.toml": settings})

    header = entries(files, SPANISH.replace("/es/", "/mww/"))[""]
    assert not header.fuzzy
    assert "Language: mww\nPlural-Forms: nplurals=2; plural=(n != 1);\n" in header.strings[0]
    assert {item.name for item in found(files)} >= {"untranslated"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LEAFLET, "+++\n+++\n"),
        (LEAFLET, in_memory({}).files[LEAFLET].decode() + "\n<b>Dry</b> them.\n"),
        (SPANISH, 'msgid "Wash'),
    ],
)
def test_where_something_is_broken_nothing_is_written(path: str, text: str) -> None:
    """A text that is not all seen would make translations obsolete that are not."""
    start = edited({})
    files = in_memory({**dict(start.files.items()), path: text})

    assert SPANISH not in updated(files)


def test_catalogs_please_the_tools_of_translators(tmp_path: Path) -> None:
    """Gettext and the toolkit that Weblate reads catalogs with take them all, edited ones too."""
    now = sources.read(ROOT)
    milia = "content/leaflets/milia/leaflet.md"
    text = now.files[milia].decode()
    old = "Nearly half of all newborn babies have them."
    assert old in text
    later = replace(
        now, files={**now.files, milia: text.replace(old, "About 50% of babies do.").encode()}
    )
    after = {path: text.encode() for path, text in updated(later).items()}

    assert len(after) == len(project.load(now, today=TODAY).settings.languages)
    for files in (now.files, after):
        for path, data in files.items():
            if not path.endswith(".po"):
                continue
            file = tmp_path / "x.po"
            file.write_bytes(data)
            command = ["msgfmt", "-c", "-o", str(tmp_path / "x.mo"), str(file)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)

            assert (path, done.returncode, done.stderr) == (path, 0, "")
            units = pypo.pofile.parsestring(data).units  # type: ignore[no-untyped-call]
            found = pofile.parse(data.decode()).entries
            assert [str(unit.source) for unit in units] == [entry.msgid for entry in found]
            assert [str(unit.target) for unit in units] == [entry.strings[0] for entry in found]
            assert {unit.isobsolete() for unit in units} <= {False, files is after}


def test_our_own_catalogs_are_up_to_date() -> None:
    """What `catalog update` would write is committed."""
    assert updated(sources.read(ROOT)) == {}


def standings(files: Sources) -> dict[str, desk.Standing]:
    """Judge the leaflet of a project, by language."""
    loaded = desk.outline(files, today=TODAY)
    found = desk.status(
        loaded, files, Inline(), 1, domains=list(catalog.texts(loaded)), languages=desk.tags(loaded)
    )
    return {item.language: item for item in found if item.domain == "hands"}


def test_a_standing_counts_what_the_gates_find() -> None:
    """Stale, missing and fuzzy texts are told apart, other errors are counted, each once."""
    start = edited({})
    text = start.files[SPANISH].decode()
    text = text.replace('msgstr "todo el mundo"', 'msgstr ""')
    text = text.replace('msgid "Wash"\n', '#, fuzzy\nmsgid "Wash"\n')
    text = text.replace("Llame al {{ clinic.phone }}", "Llame")
    files = edited({LEAFLET: leaflet("20 seconds", "40 seconds", start), SPANISH: text}, start)

    found = standings(files)["es"]
    assert (found.total, found.translated, found.stale, found.missing, found.fuzzy) == (
        7,
        4,
        1,
        1,
        1,
    )
    assert (found.errors, found.signed, found.broken) == (1, "unsigned", False)
    assert standings(files)["ar"].debt == 1


def test_a_catalog_that_is_not_there_or_cannot_be_read_is_no_translation() -> None:
    """Nothing is counted as translated that nobody can read."""
    files = in_memory({SPANISH: 'msgid "Wash', SPANISH.replace("/es/", "/ar/"): None})

    found = standings(files)
    assert (found["es"].translated, found["es"].errors) == (0, 2)
    assert (found["ar"].translated, found["ar"].missing, found["ar"].errors) == (0, 7, 0)


def test_english_with_errors_is_said() -> None:
    """Half of a leaflet's messages are not its standing."""
    text = in_memory({}).files[LEAFLET].decode() + "\n<b>Dry</b> them.\n"

    assert standings(in_memory({LEAFLET: text}))["es"].broken


@pytest.mark.parametrize("form", ["table", "json", "markdown", "html"])
def test_every_form_says_the_same_in_words(form: str) -> None:
    """No form leaves its reader with a colour or a sign alone."""
    files = edited({LEAFLET: leaflet("20 seconds", "40 seconds", in_memory({}))}, edited({}))
    loaded = desk.outline(files, today=TODAY)

    text = matrix.write(list(standings(files).values()), loaded, form)

    assert "unsigned" in text if form != "html" else "1 stale" in text
    assert "6/7" in text or "6 of 7" in text or '"translated": 6' in text
    assert "2026-01-01" in text


def test_what_has_waited_longest_comes_first() -> None:
    """A leaflet that nobody has translated since spring stands above one of this week."""
    feet = in_memory({}).files[LEAFLET].decode().replace('id = "hands"', 'id = "feet"')
    feet = feet.replace("published = 2026-01-01", "published = 2025-01-01")
    files = in_memory({"content/leaflets/feet/leaflet.md": feet})
    loaded = desk.outline(files, today=TODAY)

    found = desk.status(
        loaded, files, Inline(), 1, domains=["hands", "feet"], languages=["es", "ar"]
    )

    assert [item.domain for item in found] == ["feet", "feet", "hands", "hands"]
