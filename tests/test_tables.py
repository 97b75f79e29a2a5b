"""TOML against a schema."""

import datetime as dt

from handbill import tables
from handbill.tables import Key


SCHEMA = {
    "id": Key(holds=str, pattern=r"[a-z]+", example='"milia"'),
    "read": Key(holds=dt.date, required=False, example="2026-11-24"),
    "items": Key(holds=list, of=dict, required=False, keys={"year": Key(holds=int)}),
}


def faults(text: str) -> list[tuple[str, str, str]]:
    """Return place, message and hint of every mistake."""
    table = tables.read(text, SCHEMA, kind="k", path="f", first_line=2)
    return [(str(item.location), item.message, item.hint) for item in table.faults]


def test_mistakes_have_places_and_hints() -> None:
    """A misspelt key is met where it stands, with the key that was meant."""
    assert faults('ids = "a"\n') == [
        ("f:2:1", "unknown key 'ids'", "did you mean 'id'?"),
        ("f:2:1", "missing key 'id'", 'add id = "milia"'),
    ]


def test_items_of_lists_have_their_own_places() -> None:
    """The second table of a list is not the first."""
    text = 'id = "a"\n[[items]]\nyear = 1\n[[items]]\n  year = "2"\n'

    assert faults(text) == [("f:6:3", "'year' is not a whole number", "")]


def test_a_date_is_a_date() -> None:
    """A date in quotes is a text, and a text is no date."""
    text = 'id = "a"\nread = "2026-11-24"\n'

    assert faults(text) == [
        (
            "f:3:1",
            "'read' is not a date such as 2026-11-24, without quotes",
            "write read = 2026-11-24",
        )
    ]


def test_broken_toml_is_placed() -> None:
    """What is not TOML at all is found where the parser gave up."""
    assert [item[0] for item in faults('id = "a"\nread = \n')] == ["f:3:8"]


def test_what_fits_is_kept() -> None:
    """A mistake costs its own key and no other."""
    table = tables.read('id = "a"\nread = 5\n', SCHEMA, kind="k", path="f")

    assert table.values == {"id": "a"}


def test_near_names_are_suggested() -> None:
    """Only a near name is worth a hint."""
    assert tables.nearest("warnign", ["warning", "do"]) == "did you mean 'warning'?"
    assert tables.nearest("xyz", ["warning", "do"]) == ""
