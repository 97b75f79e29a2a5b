"""Signatures hold for the text that was read, to the letter, and for no longer than they say."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from handbill import desk, matrix, plan, project, rules, signoff
from handbill.catalog import INTERFACE
from handbill.diagnostics import Diagnostic, Fault
from handbill.model import Project, Signature, SignOff
from handbill.runner import Inline
from tests.conftest import TODAY, in_memory, load
from tests.test_cli import handbill


Changes = dict[str, str | bytes | None]

LEAFLET = "content/leaflets/hands/leaflet.md"
SPANISH = "locales/es/LC_MESSAGES/hands.po"
SIGNERS = {
    "en": {"clinical-reviewer": "Dr A. Example"},
    "es": {"translator": "T. Example", "second-reader": "S. Example"},
}


def signature(role: str, name: str, text: str, days: int = 730) -> Signature:
    """Return a signature of today."""
    expires = TODAY + dt.timedelta(days=days)
    return Signature(role=role, name=name, date=TODAY, expires=expires, text=text)


def sign(loaded: Project, domain: str, tag: str, role: str, name: str = "A. Example") -> SignOff:
    """Sign a text as it is."""
    text = signoff.code(signoff.printed(loaded, domain, tag))
    signed = signoff.sign(loaded, domain, tag, signature(role, name, text[: signoff.SHORT]))
    assert isinstance(signed, SignOff)
    return signed


def all_signed(changes: Mapping[str, str | bytes | None] | None = None) -> Changes:
    """Return the files of the smallest project with every signature for English and Spanish."""
    files: Changes = dict(changes or {})
    for tag, roles in SIGNERS.items():
        for domain, role in itertools.product(("hands", INTERFACE), roles):
            signed = sign(load(files), domain, tag, role, roles[role])
            files[signed.path] = signoff.write(signed)
    return files


def changed(files: Changes, name: str, before: str, after: str) -> Changes:
    """Edit a file of a project."""
    text = in_memory(files).files[name].decode()
    assert before in text
    return {**files, name: text.replace(before, after)}


def found(files: Changes, today: dt.date = TODAY) -> list[Diagnostic]:
    """Return what the rules about signatures find."""
    loaded = project.load(in_memory(files), today=today)
    assert rules.find("LF331") is not None
    return [item for item in rules.run(loaded) if item.rule.startswith("LF33")]


def test_nothing_is_signed_until_every_role_has() -> None:
    """A leaflet wants its source, its translation and the templates' words signed."""
    loaded = load()

    assert signoff.wanting(loaded, "hands", "en") == (
        "hands (en): clinical-reviewer",
        "the templates' words (en): clinical-reviewer",
    )
    assert len(signoff.wanting(loaded, "hands", "es")) == 6
    files = all_signed()
    assert signoff.wanting(load(files), "hands", "es") == ()
    assert signoff.wanting(load(files), "hands", "ar")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (LEAFLET, "20 seconds", "30 seconds"),
        (LEAFLET, 'version = "1.0"', 'version = "1.1"'),
        (LEAFLET, "!!! warning", "!!! do"),
        (LEAFLET, "## Wash", "### Wash"),
        (LEAFLET, " [@who]", ""),
        (LEAFLET, "year = 2009", "year = 2010"),
    ],
)
def test_any_change_of_the_source_voids_every_signature(name: str, before: str, after: str) -> None:
    """A word, a number, a kind of box, a heading's level, a source: each is another text."""
    files = changed(all_signed(), name, before, after)

    assert "hands (en): clinical-reviewer" in signoff.wanting(load(files), "hands", "es")
    assert {item.name for item in found(files)} == {"void-signature"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1. Wet\n2. Soap", "2. Wet\n3. Soap"),
        ("1. Wet\n2. Soap", "- Wet\n- Soap"),
        ("- Wet\n- Soap", "- Wet\n    - Soap"),
        ('!!! warning "Never"\n    - Wet\n    - Soap', '!!! warning "Never"\n    - Wet\n\n- Soap'),
        ("> Wet", "Wet"),
        ("Wet\n\nSoap", "Wet\n\n---\n\nSoap"),
        ("| A | B |\n| - | - |\n| c | d |", "| A | B |\n| - | -: |\n| c | d |"),
    ],
)
def test_the_same_words_in_another_place_are_another_text(before: str, after: str) -> None:
    """What leaves a box of warnings is no warning any more; a step has its number."""
    text = in_memory({}).files[LEAFLET].decode()
    texts = (load({LEAFLET: f"{text}\n{body}\n"}) for body in (before, after))

    codes = [signoff.code(signoff.printed(loaded, "hands", "en")) for loaded in texts]
    assert codes[0] != codes[1]


def test_a_changed_translation_voids_its_own_signatures_only() -> None:
    """English stays signed; the finding names the role and the new code, and no person."""
    files = changed(all_signed(), SPANISH, "20 segundos", "veinte segundos")

    assert signoff.wanting(load(files), "hands", "en") == ()
    assert signoff.wanting(load(files), "hands", "es") == (
        "hands (es): translator",
        "hands (es): second-reader",
    )
    first = found(files)[0]
    assert str(first.location) == "locales/es/signed/hands.json:1:1"
    assert "the translator's signature of 2026-11-24 is void" in first.message
    assert "Example" not in first.message + first.hint


def test_wrapping_and_comments_are_no_change() -> None:
    """What readers cannot see is not signed."""
    files = changed(all_signed(), LEAFLET, "20 seconds. **Do", "20 seconds.\n<!-- note --> **Do")
    files = changed(files, SPANISH, 'msgid "Wash"', '# A note.\nmsgid "Wash"')

    assert signoff.wanting(load(files), "hands", "es") == ()


def test_another_picture_under_the_same_name_is_another_text() -> None:
    """The bytes of a picture are part of what was read."""
    name = "content/leaflets/hands/soap.svg"
    text = in_memory({}).files[LEAFLET].decode() + "\n![Soap.](soap.svg)\n"
    before = load({LEAFLET: text, name: "<svg/>"})
    after = load({LEAFLET: text, name: "<svg><path/></svg>"})

    codes = [signoff.code(signoff.printed(loaded, "hands", "en")) for loaded in (before, after)]
    assert codes[0] != codes[1]


def test_a_signature_expires() -> None:
    """On its last day it holds, on the next it does not, and a warning says so."""
    files = all_signed()
    last = TODAY + dt.timedelta(days=730)
    next_day = last + dt.timedelta(days=1)

    assert signoff.wanting(project.load(in_memory(files), today=last), "hands", "en") == ()
    assert signoff.wanting(project.load(in_memory(files), today=next_day), "hands", "en")
    assert "it expired on 2028-11-23" in found(files, today=next_day)[0].message


def test_only_the_text_that_was_read_can_be_signed() -> None:
    """Another code, or a piece of one too short to tell texts apart, is refused."""
    loaded = load()
    code = signoff.code(signoff.printed(loaded, "hands", "en"))

    for text in ("00000000", code[:7], ""):
        refused = signoff.sign(
            loaded, "hands", "en", signature("clinical-reviewer", "A. Example", text)
        )
        assert isinstance(refused, Fault)
        assert refused.kind == "refused-signature"


def test_nobody_is_their_own_second_reader() -> None:
    """Four eyes are two persons', however the name is written; another text is another matter."""
    signed = sign(load(), "hands", "es", "translator", "A. Example")
    loaded = load({signed.path: signoff.write(signed)})
    code = signoff.code(signoff.printed(loaded, "hands", "es"))

    for name in ("a. example", "A Example", "A.\u200b E\uff58ample", "A\u200b.  Example "):
        refused = signoff.sign(loaded, "hands", "es", signature("second-reader", name, code))
        assert isinstance(refused, Fault)
        assert "second reader" in refused.message


@pytest.mark.parametrize("name", ["", " ", "\u200b", "--"])
def test_a_signature_has_a_name(name: str) -> None:
    """Nothing is checked by nobody."""
    loaded = load()
    code = signoff.code(signoff.printed(loaded, "hands", "en"))

    refused = signoff.sign(loaded, "hands", "en", signature("clinical-reviewer", name, code))
    assert isinstance(refused, Fault)
    assert refused.kind == "refused-signature"


def test_the_code_may_be_given_as_it_is_printed() -> None:
    """What stands at the foot of the page, version and all, names the text."""
    loaded = load()
    code = signoff.code(signoff.printed(loaded, "hands", "es"))
    printed = f"1.0-{code[: signoff.SHORT]}"

    signed = signoff.sign(loaded, "hands", "es", signature("translator", "T. Example", printed))
    assert isinstance(signed, SignOff)
    assert [item.text for item in signed.signatures] == [code]


def test_the_code_of_the_templates_words_is_on_their_proof() -> None:
    """No page of a leaflet prints it: a wrong one is answered with where to read it."""
    wrong = signature("translator", "T. Example", "00000000")

    refused = signoff.sign(load(), INTERFACE, "es", wrong)
    assert isinstance(refused, Fault)
    assert (
        refused.hint == "python build.py catalog proof prints the templates' words and their code"
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda row: row["texts"][next(iter(row["texts"]))][0].__setitem__(3, "Dirty hands"),
        lambda row: row["texts"].clear(),
        lambda row: row["signatures"][0].__setitem__("text", "0" * 64),
        lambda row: row["signatures"][0].__setitem__("role", "director"),
        lambda row: row["signatures"][0].pop("expires"),
        lambda row: row["signatures"][0].__setitem__("name", None),
        lambda row: row["signatures"][0].__setitem__("text", []),
        lambda row: row["signatures"].append({**row["signatures"][0], "role": "second-reader"}),
        lambda row: row["texts"].__setitem__("\ud800", [["\ud800", None, "", ""]]),
        lambda row: row.__setitem__("schema", 2),
    ],
)
def test_a_sign_off_edited_by_hand_is_no_sign_off(damage: Callable[[object], object]) -> None:
    """Nothing in it counts, and it stops the editions."""
    signed = sign(load(), "hands", "en", "translator")
    row = json.loads(signoff.write(signed))
    damage(row)
    files: Changes = {signed.path: json.dumps(row)}

    assert [(item.name, item.severity.value) for item in found(files)] == [
        ("sign-off-file", "error")
    ]
    assert load(files).sign_offs["en", "hands"].signatures == ()
    assert found({signed.path: "{"})[0].rule == "LF330"


def test_a_project_cannot_do_without_signatures() -> None:
    """An empty list of roles would make every draft final."""
    settings = in_memory({}).files["pyproject.toml"].decode()
    lists = "source-signatures = []\ntranslation-signatures = []\n"
    loaded = load({"pyproject.toml": settings + lists})

    assert {(item.kind, item.message) for item in loaded.faults} == {
        ("settings", "'source-signatures' is empty"),
        ("settings", "'translation-signatures' is empty"),
    }


def test_a_sign_off_is_read_as_it_was_written() -> None:
    """Signatures and texts come back whole; texts that nobody signs any more are dropped."""
    first = sign(load(), "hands", "en", "clinical-reviewer")
    files = changed({first.path: signoff.write(first)}, LEAFLET, "20 seconds", "30 seconds")
    second = sign(load(files), "hands", "en", "clinical-reviewer")

    assert load(files).sign_offs["en", "hands"] == first
    assert len(second.texts) == 1
    both = sign(load(files), "hands", "en", "patient-reader")
    assert len(both.texts) == 2


def test_a_release_stops_what_is_unsigned() -> None:
    """Each unsigned text is named once, but not of languages whose drafts may go out."""
    loaded = load(all_signed())
    drafts = list(plan.drafts(loaded, plan.editions(loaded)))

    assert [(fault.kind, fault.scope.language) for fault in drafts] == [("unsigned", "ar")]
    tolerant = replace(loaded, settings=replace(loaded.settings, draft_languages=("ar",)))
    assert list(plan.drafts(tolerant, plan.editions(tolerant))) == []


@pytest.mark.slow
def test_signing_takes_the_stamp_away_and_a_change_brings_it_back(
    copied: Callable[..., Path],
) -> None:
    """From draft to release on the command line: who signs is printed, and nowhere else named."""
    root = copied()
    refused = handbill(root, "build", "--release")
    assert refused.returncode == 1
    assert "locales/es/signed/hands.json:1:1: LF332 unsigned" in refused.stderr
    assert not list(root.glob("output/one/*/*.pdf"))

    loaded = load()
    for tag, roles in SIGNERS.items():
        for domain, role in itertools.product(("hands", INTERFACE), roles):
            code = signoff.code(signoff.printed(loaded, domain, tag))
            words = ["--leaflet", domain, "--language", tag, "--role", role]
            words += ["--name", roles[role], "--text", code[: signoff.SHORT]]
            signed = handbill(root, "sign", *words, "--today", "2026-11-24")
            assert (signed.returncode, signed.stdout) == (0, "")
            assert roles[role] not in signed.stderr

    released = handbill(root, "build", "--release")
    assert released.returncode == 1  # Arabic is still a draft
    assert "1 stopped" in released.stderr
    text = pypdf.PdfReader(root / "output/one/es/hands.a4.pdf").pages[0].extract_text()
    assert "Borrador" not in text
    assert "T. Example" in text
    manifest = (root / "output/manifest.json").read_text("utf-8")
    assert "Example" not in manifest
    assert [row["draft"] for row in json.loads(manifest)["editions"]] == [False, False]

    assert handbill(root).returncode == 0  # a build that is no release prints Arabic, as a draft
    catalog = root / SPANISH
    catalog.write_text(catalog.read_text("utf-8").replace("20 segundos", "30 segundos"), "utf-8")
    words = ["--leaflet", "hands", "--language", "es", "--role", "translator"]
    wrong = handbill(root, "sign", *words, "--name", "T. Example", "--text", "00000000")
    assert wrong.returncode == 1
    assert "LF312" in wrong.stderr
    catalog.write_text(catalog.read_text("utf-8").replace("30 segundos", "20  segundos"), "utf-8")
    again = handbill(root)
    assert "LF331 void-signature" in again.stderr
    text = pypdf.PdfReader(root / "output/one/es/hands.a4.pdf").pages[0].extract_text()
    assert "Borrador" in text


def test_status_says_who_signed_what() -> None:
    """By name, role and date, with those who are yet to sign, and what no longer holds."""
    files = changed(all_signed(), SPANISH, "20 segundos", "veinte segundos")
    loaded = load(files)

    assert desk.signers(signoff.standing(loaded, "hands", "en")) == (
        "clinical-reviewer: Dr A. Example, 2026-11-24 to 2028-11-23",
    )
    spanish = signoff.standing(loaded, "hands", "es")
    assert desk.signed(spanish) == "changed"
    assert desk.signers(spanish) == (
        "translator: T. Example, 2026-11-24 to 2028-11-23, changed since",
        "second-reader: S. Example, 2026-11-24 to 2028-11-23, changed since",
        "translator: nobody",
        "second-reader: nobody",
    )
    workers, domains = Inline(), ["hands"]
    found = desk.status(
        loaded, in_memory(files), workers, 1, domains=domains, languages=["en", "es", "ar"]
    )
    assert {(item.language, item.signed) for item in found} == {
        ("en", "signed"),
        ("es", "changed"),
        ("ar", "unsigned"),
    }
    for form in ("table", "json", "markdown", "html"):
        said = matrix.write(found, loaded, form)
        assert "T. Example, 2026-11-24 to 2028-11-23, changed since" in said, form
