"""Templates of other things than leaflets: their words, and what does not depend on them."""

import pytest

from handbill import catalog, plan, signoff
from handbill.diagnostics import Scope, Severity
from tests.conftest import findings, in_memory, load


WORDS = '<p lang="{{ language.tag }}">{{ t("Here is your leaflet.") }}</p>'


MAIL = "templates/email/message.html.jinja"


def test_words_of_an_outlet_are_a_text_of_their_own() -> None:
    """They are translated and signed under the outlet's name, and are in no leaflet's catalog."""
    loaded = load({MAIL: WORDS})
    texts = catalog.texts(loaded)
    signed = signoff.printed(loaded, "email", "en")

    assert [block.msgid for block in texts["email"]] == ["Here is your leaflet."]
    assert "Here is your leaflet." not in {block.msgid for block in texts[catalog.INTERFACE]}
    assert [line.source for line in signed] == ["Here is your leaflet."]


def test_no_edition_depends_on_an_outlet() -> None:
    """A changed email makes no leaflet anew."""
    without, before = load(), load({MAIL: WORDS})
    after = load({MAIL: WORDS.replace("Here", "There")})
    edition = next(plan.editions(before))

    assert plan.inputs(without, edition, "") == plan.inputs(before, edition, "")
    assert plan.inputs(before, edition, "") == plan.inputs(after, edition, "")


@pytest.mark.parametrize(
    ("words", "rule", "language"),
    [
        ("{% if %}", "template-error", None),
        ("<p>Hello</p>", "untranslatable-text", None),
        (WORDS, "missing-catalog", "es"),
    ],
)
def test_a_mistake_in_an_outlet_is_its_own(words: str, rule: str, language: str | None) -> None:
    """What is wrong in a template of emails, or is not translated, stops no leaflet."""
    found = [item for item in findings({MAIL: words}) if item.severity is Severity.ERROR]
    said = {(item.name, item.scope) for item in found}

    assert (rule, Scope(leaflet="email", language=language)) in said
    assert {scope.leaflet for _, scope in said} == {"email"}


def test_no_leaflet_takes_the_name_of_an_outlet() -> None:
    """Two texts of one name could not be told apart."""
    text = load().leaflets["hands"].path
    leaflet = in_memory({}).files[text].decode().replace('id = "hands"', 'id = "email"')
    found = findings({text: None, text.replace("hands", "email"): leaflet})

    assert "'email' is the domain of templates" in [item.message for item in found]
