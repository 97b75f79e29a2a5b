"""Waivers: what a person answers for, until one letter of it changes."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from handbill import catalog, cli, waivers
from handbill.model import Message
from tests.conftest import findings


HANDS = "locales/ar/LC_MESSAGES/hands.po"
PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

# checker: a note
#. type: paragraph
#: x.md
msgctxt "box"
msgid "Take 2 tablets."
msgstr ""
"خذ "
"قرصين."

#~ msgid "old"
#~ msgstr "x"
"""


def entry(text: str) -> Message:
    """Return the first entry of a PO file."""
    found, faults = catalog.read(text.encode(), path="x.po", domain="x", language="ar")
    assert faults == []
    return next(iter(found.messages.values()))


def waived(text: str, rule: str = "LF312", reason: str = "a dual") -> str:
    """Return a PO file with a waiver above its first entry."""
    message = entry(text)
    date = dt.date(2026, 11, 24)
    line = waivers.comment(message, rule, date=date, by="A. Name", reason=reason)
    return waivers.insert(text, message, line)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_waiver_is_one_line_behind_the_translators_comments(ending: str) -> None:
    """Everything else stays as it was, byte for byte."""
    text = PO.replace("\n", ending)

    after = waived(text).split(ending)

    assert after[:5] + after[6:] == text.split(ending)
    assert after[5].startswith("# waive: LF312 ")
    assert after[5].endswith(" 2026-11-24 A. Name: a dual")


def test_a_waiver_is_read_though_an_editor_wraps_it() -> None:
    """Editors that wrap comments do no harm, nor does another waiver behind it."""
    line = next(line for line in waived(PO).split("\n") if "waive" in line)
    wrapped = line.replace(" A. Name", "\n# A. Name")
    text = waived(PO).replace(line, f"{wrapped}\n{line.replace('LF312', 'LF313')}")

    found = waivers.read(entry(text))

    assert [(item.rule, item.by, item.problem) for item in found] == [
        ("LF312", "A. Name", ""),
        ("LF313", "A. Name", ""),
    ]
    assert found[0].reason == "a dual"


@pytest.mark.parametrize(
    ("old", "new"), [("قرصين", "قرصا"), ("Take 2", "Take 3"), ('"box"', '"table"')]
)
def test_any_change_takes_the_waiver_away(old: str, new: str) -> None:
    """A waiver is for one context, one msgid and one msgstr."""
    found = waivers.read(entry(waived(PO).replace(old, new)))

    assert [item.problem for item in found] == ["the texts have changed since LF312 was waived"]


def test_waiving_anew_replaces_the_old_waiver() -> None:
    """A void waiver need not be looked for and deleted."""
    stale = waived(PO).replace("قرصين", "قرصا")

    assert waived(stale).count("# waive:") == 1
    assert waived(stale, rule="LF313").count("# waive:") == 2


def test_a_waiver_silences_its_rule_for_its_entry_alone() -> None:
    """Other rules, and other entries, go on being checked."""
    text = PO.replace('msgctxt "box"\n', "").replace(
        "Take 2 tablets.", "Wash for 20 seconds. **Do not** hurry."
    )
    text = text.replace('"خذ "', '"30 يوم "').replace('"قرصين."', '"20 يوم. **لا** تتعجل."')
    both = {"LF312", "LF313"}
    for changes, expected in (
        (text, both),
        (waived(text), {"LF313"}),
        (waived(text, "LF313"), {"LF312"}),
        (waived(waived(text), "LF313"), set()),
    ):
        found = findings({HANDS: changes})

        assert {item.rule for item in found if item.location.path == HANDS} & both == expected


def test_the_command_writes_and_check_counts(
    copied: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A person waives a finding where it stands; the check goes on, and says that it does."""
    root = copied()
    file = root / HANDS
    file.write_text(file.read_text("utf-8").replace("20 ثانية", "عشرين ثانية"), "utf-8")
    arguments = ["--root", str(root), "--today", "2026-11-24"]
    before = cli.main(["check", "--output-format", "json", *arguments])
    row = next(row for row in json.loads(capsys.readouterr().out) if row["rule"] == "LF312")
    place = f"{HANDS}:{row['line']}"

    waive = ["catalog", "waive", place, "LF312", "--by", "A. Name", "--because", "in words"]
    wrote = cli.main([*waive, *arguments])
    after = cli.main(["check", "--output-format", "json", *arguments])
    output = capsys.readouterr()
    rows = json.loads(output.out)

    assert (before, wrote, after) == (1, 0, 0)
    assert [(row["rule"], row["severity"], row["message"]) for row in rows] == [
        ("LF312", "waived", "in words")
    ]
    assert "waivers in force: 1" in output.err
    assert "A. Name" not in output.out + output.err


@pytest.mark.parametrize(
    ("place", "rule", "because"),
    [
        (f"{HANDS}:6", "LF301", "so"),
        (f"{HANDS}:6", "no-such-rule", "so"),
        (f"{HANDS}:600", "LF312", "so"),
        (HANDS, "LF312", "so"),
        ("locales/xx.po:6", "LF312", "so"),
        (f"{HANDS}:6", "LF312", " "),
    ],
)
def test_what_cannot_be_waived_is_refused(
    copied: Callable[..., Path], place: str, rule: str, because: str
) -> None:
    """Nothing is written for a rule, a place or a reason that is none."""
    root = copied()
    before = (root / HANDS).read_bytes()

    status = cli.main(
        ["catalog", "waive", place, rule, "--by", "A", "--because", because, "--root", str(root)]
    )

    assert status == 2
    assert (root / HANDS).read_bytes() == before
