"""What a site offers, what it remembers, and what is never shown: the catalogue."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from handbill import catalogue, plan, signoff
from handbill.catalogue import Catalogue, Gathering
from handbill.diagnostics import Fault
from handbill.model import Project, Signature
from handbill.sources import digest
from tests.conftest import ROOT, TODAY, load


SCHEMA = json.loads((ROOT / "templates/site/catalogue.schema.json").read_text("utf-8"))
FORMATS = ("html", "a4")
KEY = ("one", "hands", "ar")


def built(loaded: Project) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a manifest and files as a build of a project leaves them."""
    files: dict[str, bytes] = {}
    rows = []
    for edition in plan.editions(loaded):
        files[edition.path] = f"%PDF {edition.path}".encode()
        rows.append(
            {
                "path": edition.path,
                "draft": plan.job(loaded, edition).draft,
                "current": True,
                "digest": digest(files[edition.path]),
                "pages": 2,
                "inputs": plan.inputs(loaded, edition, "tools"),
            }
        )
    return {"editions": rows}, files


def gather(
    loaded: Project,
    *,
    before: Catalogue | None = None,
    whole: bool = True,
    manifest: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Gathering:
    """Gather the catalogue of a project as if it had just been built, or of what is given."""
    found, made = built(loaded)
    held = made if files is None else files

    def read(path: str) -> bytes:
        if path not in held:
            raise FileNotFoundError(path)
        return held[path]

    return catalogue.gather(
        loaded,
        found if manifest is None else manifest,
        read,
        before=before,
        clinics=tuple(loaded.clinics),
        formats=FORMATS,
        whole=whole,
    )


def entry(gathered: Gathering, key: tuple[str, str, str] = KEY) -> catalogue.Entry:
    """Return one entry."""
    return next(item for item in gathered.catalogue.entries if item.key == key)


def test_an_entry_says_what_its_page_needs() -> None:
    """Its title is the translation, its version has the text's code, its file its digest."""
    loaded = load()

    found = entry(gather(loaded))
    assert (found.title, found.draft, found.withdrawn) == ("يدان نظيفتان", True, None)
    assert found.version.startswith("1.0-")
    assert len(found.version) == len("1.0-") + 8
    assert [(file.path, file.pages) for file in found.files] == [("one/hands/ar/hands.a4.pdf", 2)]
    assert found.folder == "one/hands/ar/"
    assert found.versions == (found.version,)


@pytest.mark.parametrize("trouble", ["absent", "stopped", "changed", "damaged", "lost"])
def test_what_is_not_current_is_not_shown(trouble: str) -> None:
    """An edition that is not today's is a finding; its old entry stays, letter by letter."""
    loaded = load()
    before = gather(loaded).catalogue
    manifest, files = built(loaded)
    row = next(item for item in manifest["editions"] if item["path"] == "one/ar/hands.a4.pdf")
    if trouble == "absent":
        manifest["editions"].remove(row)
    elif trouble == "stopped":
        row["current"] = False
    elif trouble == "changed":
        row["inputs"] = {**row["inputs"], "templates": "other"}
    elif trouble == "damaged":
        files[row["path"]] += b"!"
    else:
        del files[row["path"]]

    fresh = gather(loaded, manifest=manifest, files=files)
    kept = gather(loaded, manifest=manifest, files=files, before=before)
    assert [(fault.kind, fault.location.path) for fault in fresh.faults] == [
        ("stale-edition", "one/ar/hands.a4.pdf")
    ]
    assert KEY not in {item.key for item in fresh.catalogue.entries}
    assert kept.catalogue == before
    assert "one/hands/ar/hands.a4.pdf" not in kept.origins


def test_what_is_withdrawn_keeps_its_entry() -> None:
    """A leaflet that has gone has no files any more, and the day on which it went, for ever."""
    before = gather(load()).catalogue
    now = load({"pyproject.toml": '[tool.handbill]\nlanguages = ["es"]\n'})
    later = replace(now, today=TODAY + dt.timedelta(days=9))

    gone = gather(now, before=before)
    again = gather(later, before=gone.catalogue)
    assert (entry(gone).withdrawn, entry(gone).files) == (TODAY, ())
    assert entry(gone).changed == TODAY
    assert entry(again) == entry(gone)
    assert entry(gone).versions == entry(gather(load())).versions


def test_nothing_is_withdrawn_while_something_is_wrong() -> None:
    """A clinic's file with a mistake looks like a clinic that has gone."""
    before = gather(load()).catalogue
    now = load({"content/clinics/one.toml": "name = 1\n"})

    assert gather(now, before=before, whole=False).catalogue.entries == before.entries
    assert gather(now, before=before, whole=False).catalogue.places == before.places


def test_what_comes_back_is_published_again() -> None:
    """Its versions of before are remembered."""
    before = gather(load()).catalogue
    gone = gather(load({"pyproject.toml": "[tool.handbill]\nlanguages = []\n"}), before=before)

    assert entry(gather(load(), before=gone.catalogue)) == entry(gather(load()))


def test_each_version_is_remembered() -> None:
    """A new text has a new code, and the old one's page must lead to it."""
    text = ROOT / "tests/projects/smallest/content/leaflets/hands/leaflet.md"
    changed = text.read_text("utf-8").replace('version = "1.0"', 'version = "1.1"')
    before = gather(load()).catalogue
    now = gather(load({"content/leaflets/hands/leaflet.md": changed}), before=before)

    old, new = entry(gather(load())), entry(now)
    assert new.version.startswith("1.1-")
    assert new.versions == (old.version, new.version)


def test_other_clinics_stay_as_they_are() -> None:
    """A site that is made for one clinic withdraws nothing of another."""
    clinic = 'name = "Clinic Two"\ncountry = "GB"\nformats = ["a4"]\nphone = "0808 157 0124"\n'
    both = load({"content/clinics/two.toml": clinic})
    before = gather(both).catalogue
    manifest, files = built(both)

    found = catalogue.gather(
        both,
        {"editions": []},
        files.__getitem__,
        before=before,
        clinics=(),
        formats=FORMATS,
        whole=True,
    )
    assert found.catalogue == before
    assert manifest["editions"]


def test_reviewers_are_named_of_what_they_have_signed() -> None:
    """While one signature is wanting, nobody is named."""
    loaded = load()
    signature = Signature(
        role="clinical-reviewer", name="A. Reader", date=TODAY, expires=dt.date(2030, 1, 1), text=""
    )
    sign_offs = {}
    for domain in ("hands", "handbill"):
        code = signoff.standing(loaded, domain, "en").code
        signed = signoff.sign(loaded, domain, "en", replace(signature, text=code))
        assert not isinstance(signed, Fault)
        sign_offs["en", domain] = signed

    only_text = replace(loaded, sign_offs={("en", "hands"): sign_offs["en", "hands"]})
    final = entry(gather(replace(loaded, sign_offs=sign_offs)), ("one", "hands", "en"))
    draft = entry(gather(only_text), ("one", "hands", "en"))
    assert (draft.draft, draft.checked_by) == (True, ())
    assert (final.draft, [item.name for item in final.checked_by]) == (False, ["A. Reader"])
    assert final.changed == TODAY


def test_a_catalogue_reads_what_it_wrote() -> None:
    """The file holds all of it, follows its schema, and is the same each time."""
    loaded = load({"locales/ar/search.toml": '[hands]\nwords = ["غسل"]\n'})
    before = gather(loaded).catalogue
    withdrawn = gather(load({"pyproject.toml": "[tool.handbill]\nlanguages = []\n"}), before=before)

    for found in (before, withdrawn.catalogue):
        data = catalogue.write(found, loaded, "https://leaflets.example")
        jsonschema.Draft202012Validator(
            SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(json.loads(data))
        assert catalogue.read(data, "catalogue.json") == found
        assert catalogue.write(found, loaded, "https://leaflets.example") == data
    assert entry(gather(loaded)).words == ("غسل",)


def test_the_schema_refuses_what_is_none() -> None:
    """It says of every key what it may hold."""
    found = json.loads(catalogue.write(gather(load()).catalogue, load(), ""))
    found["leaflets"][0]["version"] = "1.0"
    found["leaflets"][1]["more"] = True
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(found)

    assert sorted(error.validator for error in errors) == ["additionalProperties", "pattern"]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"schema": 2}', b'{"schema": 1}', b"\xff"])
def test_a_broken_catalogue_is_a_fault(data: bytes) -> None:
    """Without it nobody would know what was withdrawn: nothing is guessed."""
    found = catalogue.read(data, "catalogue.json")

    assert isinstance(found, Fault)
    assert (found.kind, found.location.path) == ("catalogue-file", "catalogue.json")


def test_words_for_search_are_no_part_of_an_edition() -> None:
    """An edit to them changes no edition's inputs, and no code of a text."""
    plain, more = load(), load({"locales/ar/search.toml": '[hands]\nwords = ["غسل"]\n'})

    for edition in plan.editions(plain):
        assert plan.inputs(plain, edition, "") == plan.inputs(more, edition, "")
        assert plan.job(plain, edition).code == plan.job(more, edition).code
