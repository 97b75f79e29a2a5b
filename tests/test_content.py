"""The texts that this repository publishes."""

import re
import tomllib
from hashlib import sha256

import pytest

from handbill import catalog, project, rules, sources
from handbill.model import Leaflet
from tests.conftest import FONTS, ROOT, TODAY


LOADED = project.load(sources.read(ROOT), today=TODAY)

#: Advice that must never be printed, in any form that tells a reader to do it.
FORBIDDEN = (r"\bopen (your|up the) pores\b", r"\btoxins?\b", r"removal cream", r"affordable")


def sentences(text: str) -> list[str]:
    """Return the sentences of a leaflet, its headings and list items too (NHS service manual)."""
    text = re.sub(r"\[@[^\]]*\]|<!--.*?-->|\{\{.*?\}\}|!\[.*?\)", " ", text, flags=re.DOTALL)
    text = re.sub(r'^\s*(#+|-|!!! [\w-]+) (.*?)[.:?!"]*$', r"\2.", text, flags=re.MULTILINE)
    text = re.sub(r"[*|]|---", " ", text)
    return [part for part in re.split(r"[.?!:]+\s", text) if re.search(r"[A-Za-z]", part)]


def syllables(word: str) -> int:
    """Count groups of vowels, without a silent e: within a tenth of a dictionary's count."""
    word = word.lower()
    if word.endswith("e") and not word.endswith("le"):
        word = word[:-1]
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def test_the_collection_has_no_findings() -> None:
    """What we publish breaks none of our rules."""
    assert [f"{item.location} {item.message}" for item in rules.run(LOADED)] == []


@pytest.mark.parametrize("leaflet", LOADED.leaflets.values(), ids=lambda leaflet: leaflet.id)
def test_leaflets_are_in_plain_english(leaflet: Leaflet) -> None:
    """Flesch-Kincaid grade 6 or lower (Kincaid and others, 1975)."""
    found = sentences(leaflet.body)
    words = [word for sentence in found for word in re.findall(r"[A-Za-z']+", sentence)]
    total = sum(map(syllables, words))
    grade = 0.39 * len(words) / len(found) + 11.8 * total / len(words) - 15.59

    assert grade <= 6
    assert len(words) > 600


@pytest.mark.parametrize("leaflet", LOADED.leaflets.values(), ids=lambda leaflet: leaflet.id)
def test_leaflets_sell_nothing_and_harm_nobody(leaflet: Leaflet) -> None:
    """No advert, no home removal; tools and steam are named only to say no."""
    for pattern in FORBIDDEN:
        assert not re.search(pattern, leaflet.body, re.IGNORECASE)
    for sentence in re.split(r"(?<=[.?!])\s", leaflet.body):
        if re.search(r"tweezers|steam|squeeze(?! out that)|needle, ", sentence, re.IGNORECASE):
            assert re.search(r"\bnot\b|\?", sentence) or "trained person" in sentence, sentence
    if re.search("retinoid", leaflet.body, re.IGNORECASE):
        assert re.search(
            r"\*\*Do not\*\* use a retinoid [a-z, ]+ if you are pregnant", leaflet.body
        )


def test_fonts_are_what_they_are_said_to_be() -> None:
    """Every font has its digest, its licence and its source, and there is no other."""
    table = tomllib.loads((FONTS / "fonts.toml").read_text("utf-8"))["font"]
    listed = {font["file"]: font for font in table}
    found = {path.name: path for path in FONTS.glob("*.ttf")}

    assert set(found) == set(listed)
    for name, path in found.items():
        font = listed[name]
        assert sha256(path.read_bytes()).hexdigest() == font["sha256"], name
        assert font["licence"] == "OFL-1.1"
        assert (FONTS / f"OFL-{font['family'].replace(' ', '')}.txt").is_file(), name
    for language in LOADED.languages.values():
        assert set(language.fonts) <= {font["family"] for font in table}


def test_templates_for_translators_are_up_to_date() -> None:
    """The POT files say what the leaflets and templates say now."""
    for domain in (*LOADED.leaflets, "handbill"):
        blocks = catalog.texts(LOADED)[domain]
        newest = max(leaflet.published for leaflet in LOADED.leaflets.values())
        expected = catalog.template(domain, blocks, date=newest)

        assert (ROOT / "locales" / f"{domain}.pot").read_bytes() == expected
