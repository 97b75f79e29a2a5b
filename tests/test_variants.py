"""Local variants: a clinic prints what it has chosen, and somebody answers for the choice."""

import datetime as dt
from pathlib import Path

from handbill import plan, press, runner, signoff
from handbill.catalog import INTERFACE
from handbill.diagnostics import Severity
from handbill.editions import Edition
from handbill.model import Proof
from handbill.store import Store
from tests.conftest import TODAY, findings, in_memory, load
from tests.test_signoff import Changes, all_signed


LEAFLET = "content/leaflets/hands/leaflet.md"
CLINIC = "content/clinics/one.toml"
CHOICE = '\n[choices.blisters]\nis = "{}"\n'
SIGNED = f'by = "A. Person"\non = {TODAY}\n'


def files(choice: str, *, country: str = "") -> Changes:
    """Return the smallest project with variants, one of which asks for a value of the clinic."""
    before = in_memory({})
    leaflet = before.files[LEAFLET].decode() + (
        "\n!!! variant blisters leave\n    Leave blisters alone.\n"
        "\n!!! variant blisters drain\n    Come to us: {{ clinic.email }}.\n"
    )
    changes: Changes = {
        LEAFLET: leaflet,
        CLINIC: before.files[CLINIC].decode() + choice,
        "pyproject.toml": "[tool.handbill]\nlanguages = []\n",
    }
    if country:
        changes["content/countries/GB.toml"] = country
    return changes


def composed(changes: Changes) -> Proof:
    """Compose the first English edition of a project."""
    loaded = load(changes)
    edition = next(item for item in plan.editions(loaded) if item.language == "en")
    proof = press.compose(plan.job(loaded, edition), "")
    assert isinstance(proof, Proof)
    return proof


def test_clinic_prints_its_variant_and_no_other() -> None:
    """The chosen text stands on the page, without a box; the other does not."""
    html = composed(files(CHOICE.format("leave"))).html

    assert "<p>Leave blisters alone.</p>" in html
    assert "Come to us" not in html
    assert "variant" not in html


def test_clinic_comes_before_its_country() -> None:
    """A country's choice and values hold where the clinic has none of its own."""
    country = 'advice_phone = "111"' + CHOICE.format("leave")
    loaded = load(files("", country=country))
    own = load(files(CHOICE.format("drain"), country=country))

    assert loaded.clinics["one"].choices["blisters"].option == "leave"
    assert own.clinics["one"].choices["blisters"].option == "drain"
    assert own.clinics["one"].slots["clinic.advice_phone"] == "111"


def test_edition_depends_on_its_country() -> None:
    """A change in the country's file changes the inputs of its editions."""
    edition = Edition(leaflet="hands", clinic="one", language="en", format="a4")
    before, after = (
        plan.inputs(load(files("", country=CHOICE.format(option))), edition, "")
        for option in ("leave", "drain")
    )

    changed = {name for name in before if before[name] != after[name]}

    assert {"content/countries/GB.toml"} == changed


def test_values_of_the_other_variant_are_not_asked_for() -> None:
    """A clinic without email may leave blisters alone, but not ask for letters about them."""
    leave, drain = (
        {item.name for item in findings(files(CHOICE.format(option)))}
        for option in ("leave", "drain")
    )

    assert "missing-slot" not in leave
    assert "missing-slot" in drain


def test_missing_choice_stops_this_clinic_alone() -> None:
    """Without a choice there is no edition of the leaflet, and no variant by default."""
    other = 'name = "Two"\ncountry = "US"\nformats = ["a4"]\nphone = "1"\n' + CHOICE.format("leave")
    changes = {**files(""), "content/clinics/two.toml": other}
    found = [item for item in findings(changes) if item.severity is Severity.ERROR]

    stopped = [item.clinic for item in plan.editions(load(changes)) if plan.stopped_by(item, found)]

    assert [item.name for item in found] == ["missing-choice"]
    assert stopped == ["one"]


def test_choice_that_nobody_answers_for_is_a_draft() -> None:
    """With all texts signed, the edition is final only if a person has signed the choice too."""
    unsigned = all_signed_english(files(CHOICE.format("leave")))
    signed = all_signed_english(files(CHOICE.format("leave") + SIGNED))
    edition = next(iter(plan.editions(load(signed))))

    assert plan.job(load(unsigned), edition).draft
    assert not plan.job(load(signed), edition).draft


def test_release_names_the_choice() -> None:
    """A release says which choice wants a signature, at its line."""
    loaded = load(all_signed_english(files(CHOICE.format("leave"))))

    found = list(plan.drafts(loaded, plan.editions(loaded)))

    assert [fault.message for fault in found] == [
        "nobody has signed the choice of 'blisters', which hands prints"
    ]
    assert found[0].location.path == CLINIC


def test_a_build_looks_again_on_the_day_of_a_choice(tmp_path: Path) -> None:
    """A choice of the day after tomorrow is a finding today, and none then."""
    day = TODAY + dt.timedelta(days=2)
    choice = CHOICE.format("leave") + f'by = "A. Person"\non = {day}\n'
    store = Store(tmp_path)
    build = runner.Build(load(files(choice)), store, fonts_conf="", findings=[])

    build.conclude(complete=True)

    assert store.manifest()["build"]["until"] == day.isoformat()


def test_all_variants_are_signed_and_translated() -> None:
    """A text's code is of all its variants; translators are told for whom each is."""
    loaded = load(files(CHOICE.format("leave")))
    lines = [line.text for line in signoff.printed(loaded, "hands", "en")]
    notes = {block.msgid: block.notes for block in loaded.leaflets["hands"].blocks}

    assert {"Leave blisters alone.", "variant blisters drain"} <= set(lines)
    assert notes["Leave blisters alone."] == (
        "Only for clinics that have chosen 'leave' for 'blisters'.",
    )


def test_leaflet_names_its_own_languages() -> None:
    """A leaflet for some languages has editions in these, and asks for no other catalog."""
    leaflet = in_memory({}).files[LEAFLET].decode()
    narrowed = leaflet.replace('version = "1.0"', 'version = "1.0"\nlanguages = ["ar"]')
    changes: Changes = {LEAFLET: narrowed, "locales/es/LC_MESSAGES/hands.po": None}
    loaded = load(changes)

    assert {"en", "ar"} == {item.language for item in plan.editions(loaded)}
    assert loaded.publishes(INTERFACE, "es")
    assert "missing-catalog" not in {item.name for item in findings(changes)}


def all_signed_english(changes: Changes) -> Changes:
    """Return the files of a project with every signature for English."""
    return {path: data for path, data in all_signed(changes).items() if "/es/" not in path}
