"""What forges are told of findings: nothing is lost, and what a change touches comes first."""

import json
import re
from pathlib import Path

import pytest

from handbill import commands, report, touched
from handbill.diagnostics import Diagnostic, Location, Severity
from tests.conftest import TODAY, on_disk


DIFF = """\
diff --git a/content/leaflets/hands/leaflet.md b/content/leaflets/hands/leaflet.md
index 1111111..2222222 100644
--- a/content/leaflets/hands/leaflet.md
+++ b/content/leaflets/hands/leaflet.md
@@ -3,2 +3,3 @@ title
--- old
-old
++++ b/no/header
+new
+new
@@ -20 +21,0 @@ gone
-gone
@@ -30,0 +31 @@ here
+here
\\ No newline at end of file
diff --git a/content/old.md b/content/old.md
deleted file mode 100644
--- a/content/old.md
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/locales/größe.po b/locales/größe.po
--- a/locales/größe.po
+++ b/locales/größe.po
@@ -7 +7 @@
-a
+b
"""


def finding(path: str, line: int = 1, message: str = "wrong", hint: str = "") -> Diagnostic:
    """Return an error."""
    return Diagnostic(
        rule="LF301",
        name="untranslated",
        severity=Severity.ERROR,
        location=Location(path=path, line=line),
        message=message,
        hint=hint,
    )


def test_a_diff_tells_which_lines_it_touches() -> None:
    """Added lines are counted in the new file; a line that looks like a header is none."""
    found = touched.lines(DIFF)

    assert found == {
        "content/leaflets/hands/leaflet.md": {3, 4, 5, 31},
        "locales/größe.po": {7},
    }


def test_findings_on_changed_lines_come_first() -> None:
    """GitHub shows ten errors of a step: those of the change, then those of its files."""
    found = [
        finding("a.po"),
        finding("locales/größe.po", 6),
        finding("locales/größe.po", 7),
    ]
    lines = report.write(found, "github", change=touched.lines(DIFF)).splitlines()

    assert [line.split(",title")[0] for line in lines] == [
        "::error file=locales/größe.po,line=7,col=1",
        "::error file=locales/größe.po,line=6,col=1",
        "::error file=a.po,line=1,col=1",
    ]


def test_an_annotation_cannot_be_broken_out_of() -> None:
    """A text from a leaflet is no command: what GitHub would read in it is written otherwise."""
    found = [finding("a,b:c%.md", message="one\n::error::two", hint="100 %\r::set-env::x")]

    assert report.write(found, "github") == (
        "::error file=a%2Cb%3Ac%25.md,line=1,col=1,title=LF301 untranslated::"
        "one%0A::error::two – 100 %25%0D::set-env::x"
    )


def test_a_summary_has_every_finding() -> None:
    """Thirty errors are thirty rows, where annotations stop at ten."""
    found = [finding("a.po", line) for line in range(1, 31)]
    text = report.table("Check", found)

    assert text.startswith("### Check: 30 errors, 0 warnings\n\n| |")
    assert len(re.findall(r"^\| error \| a\.po:\d+:1 \|", text, re.MULTILINE)) == 30
    assert report.table("Check", []) == "### Check: 0 errors, 0 warnings\n\n"


def test_a_summary_marks_what_is_on_changed_lines() -> None:
    """A reviewer sees at once what the change itself brought."""
    found = [finding("a.po"), finding("locales/größe.po", 7)]
    rows = report.table("Check", found, touched.lines(DIFF)).splitlines()[4:]

    assert [row.split(" | ")[0] for row in rows] == ["| error, on a changed line", "| error"]


def test_a_cell_is_read_as_its_text() -> None:
    """Bars, tags, links and mentions of a leaflet are letters, in a table too."""
    said = report.cell("a|b <img> [x](y) @who `c`\nnext")

    assert said == ("a&#124;b &#60;img&#62; &#91;x&#93;(y) &#64;who &#96;c&#96;<br>next")


def test_a_summary_is_cut_before_it_is_refused() -> None:
    """GitHub drops a summary of more than a megabyte: the last rows are counted instead."""
    found = [finding("a.po", line, "ü" * 10_000) for line in range(1, 101)]
    text = report.table("Check", found)
    kept = text.count("| error |")

    assert 0 < kept < 100
    assert len(text.encode()) < 1024 * 1024
    assert text.endswith(f"\n{100 - kept} more are in the log: there is no room for them here.\n")


def test_gitlab_gets_a_report_of_code_quality() -> None:
    """Each issue has a fingerprint of its own, which stays when it moves down."""
    before = json.loads(report.write([finding("a.po", 3), finding("a.po", 5)], "gitlab"))
    after = json.loads(report.write([finding("a.po", 4), finding("a.po", 6)], "gitlab"))
    names = [item["fingerprint"] for item in before]

    assert before[0] == {
        "description": "wrong",
        "check_name": "LF301 untranslated",
        "fingerprint": names[0],
        "severity": "major",
        "location": {"path": "a.po", "lines": {"begin": 3}},
    }
    assert names[0] != names[1]
    assert names == [item["fingerprint"] for item in after]
    assert report.write([], "gitlab") == "[]"


def test_files_are_named_from_where_the_forge_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A project below the repository's root is annotated there, and the summary is added to."""
    root = on_disk(tmp_path / "leaflets")
    catalog = root / "locales/es/LC_MESSAGES/hands.po"
    catalog.write_text(catalog.read_text("utf-8").replace('msgstr "Lávese"', 'msgstr ""'), "utf-8")
    (tmp_path / "summary.md").write_text("# Before\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    words = ("check", "--root", "leaflets", "--output-format", "github")

    status = commands.run([*words, "--summary", "summary.md", "--today", TODAY.isoformat()])

    assert status == 1
    assert capsys.readouterr().out.startswith(
        "::error file=leaflets/locales/es/LC_MESSAGES/hands.po,line=15,"
    )
    said = (tmp_path / "summary.md").read_text("utf-8")
    assert said.startswith("# Before\n### Check: 1 error, 0 warnings\n")
    assert "| error | leaflets/locales/es/LC&#95;MESSAGES/hands.po:15:1 | LF301" in said


def test_a_summary_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Findings that nobody would see are no success."""
    root = on_disk(tmp_path / "project")
    words = ("check", "--root", str(root), "--today", TODAY.isoformat())

    status = commands.run([*words, "--summary", str(tmp_path / "no" / "summary.md")])

    assert status == 2
    assert "cannot be written: no such file or directory" in capsys.readouterr().err
