"""PO files as values, and the dates of every language."""

import datetime as dt
import io

import pytest
from babel.messages.pofile import read_po

from handbill import catalog
from handbill.diagnostics import Fault
from handbill.model import Block, Catalog, Hours


HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
HOURS = Hours(first="mon", last="fri", opens=dt.time(8, 30), closes=dt.time(18))


def read(text: str | bytes) -> tuple[Catalog, list[Fault]]:
    """Read a PO file of the domain `x` in Spanish."""
    data = text if isinstance(text, bytes) else text.encode()
    return catalog.read(data, path="x.po", domain="x", language="es")


def test_messages_keep_their_lines_contexts_and_flags() -> None:
    """An entry is found by its context and msgid, with the line of its msgid."""
    found, faults = read(
        HEADER + 'msgctxt "b"\nmsgid "Open"\nmsgstr "Abrir"\n\n#, fuzzy\nmsgid "Open"\nmsgstr "A"\n'
    )

    assert faults == []
    assert found.messages["b", "Open"].line == 6
    assert found.gettext("Open", "b") == "Abrir"
    assert found.messages[None, "Open"].fuzzy


@pytest.mark.parametrize("entry", ['#, fuzzy\nmsgid "a"\nmsgstr "b"\n', 'msgid "a"\nmsgstr ""\n'])
def test_a_guess_or_nothing_is_no_translation(entry: str) -> None:
    """Neither a fuzzy nor an empty entry is ever printed."""
    found, _ = read(HEADER + entry)

    assert found.gettext("a") is None


def test_obsolete_entries_are_not_there() -> None:
    """`#~` entries are for translators' memories."""
    found, faults = read(HEADER + '#~ msgid "a"\n#~ msgstr "b"\n')

    assert (dict(found.messages), faults) == ({}, [])


def test_bytes_that_are_not_utf8_are_placed() -> None:
    """The first wrong byte is named with its line and column."""
    _, faults = read(HEADER.encode() + b'msgid "a"\nmsgstr "\xe9"\n')

    assert [(str(fault.location), fault.message) for fault in faults] == [
        ("x.po:6:9", "not UTF-8: byte 0xe9")
    ]


def test_a_template_holds_places_kinds_and_notes_and_no_format_flags() -> None:
    """`50% of people` is no Python format, whatever Babel thinks."""
    block = Block(
        msgid="50% of people", kind="paragraph", line=7, column=1, path="a.md", notes=("n",)
    )

    data = catalog.template("x", [block], date=dt.date(2026, 1, 1))

    entry = read_po(io.BytesIO(data)).get("50% of people")
    assert entry is not None
    assert (entry.locations, entry.auto_comments) == ([("a.md", 7)], ["type: paragraph", "n"])
    assert b"python-format" not in data
    assert data == catalog.template("x", [block], date=dt.date(2026, 1, 1))


def test_one_language_does_not_change_another() -> None:
    """After Urdu, Chinese days are Chinese: Babel alone would print Urdu ones (babel#1234)."""
    urdu = catalog.opening(HOURS, "ur")
    chinese = catalog.opening(HOURS, "zh-Hans")

    assert urdu[0] == "پیر – جمعہ"
    assert chinese[0] == "星期一 – 星期五"


def test_dates_are_in_words_and_western_digits() -> None:
    """A date has the month's name, and digits that every reader knows."""
    date = dt.date(2026, 11, 24)

    assert catalog.long_date(date, "en-GB") == "24 November 2026"
    assert catalog.long_date(date, "ar") == "24 نوفمبر 2026"
    assert catalog.long_date(date, "zh-Hans") == "2026年11月24日"


def test_one_day_is_no_range() -> None:
    """Friday to Friday is Friday."""
    days, times = catalog.opening(
        Hours(first="fri", last="fri", opens=dt.time(8), closes=dt.time(13)), "en-GB"
    )

    assert (days, times) == ("Friday", "08:00 – 13:00")


def test_unknown_locales_are_told() -> None:
    """CLDR has Dari as fa-AF, and no `prs`."""
    assert catalog.is_known("fa-AF")
    assert not catalog.is_known("prs")
