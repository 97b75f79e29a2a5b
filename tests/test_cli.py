"""The command line, as a whole process: what it prints, writes and returns."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT


pytestmark = pytest.mark.slow

Copied = Callable[..., Path]


def handbill(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run handbill on a project, on a fixed day."""
    return subprocess.run(
        command(root, *arguments),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def command(root: Path, *arguments: str) -> list[str]:
    """Return the command that runs handbill on a project."""
    words = list(arguments) or ["build"]
    if words[0] != "rule":
        words += ["--root", str(root)]
        if words[0] in {"build", "check"}:
            words += ["--today", "2026-11-24"]
        if words[0] == "build" and not {"--jobs", "--executor"} & set(words):
            words += ["--executor", "inline"]  # workers take longer to start than to print so few
    return [sys.executable, str(ROOT / "build.py"), *words]


def pdfs(root: Path) -> list[str]:
    """Return the published files."""
    output = root / "output"
    return sorted(path.relative_to(output).as_posix() for path in output.glob("[!.]*/*/*.pdf"))


def test_a_build_makes_every_edition_and_a_manifest(copied: Copied) -> None:
    """Progress goes to stderr, and stdout stays empty."""
    root = copied()
    done = handbill(root, "build", "--jobs", "2")

    assert (done.returncode, done.stdout) == (0, "")
    assert "3 typeset, 0 reused, 0 stopped; 0 errors, 0 warnings" in done.stderr
    assert pdfs(root) == ["one/ar/hands.a4.pdf", "one/en/hands.a4.pdf", "one/es/hands.a4.pdf"]
    manifest = json.loads((root / "output/manifest.json").read_text("utf-8"))
    assert [row["draft"] for row in manifest["editions"]] == [True, True, True]
    assert str(root) not in json.dumps(manifest)


def test_a_second_build_does_nothing(copied: Copied) -> None:
    """Nothing is composed and no file is touched; a filter and --json answer from the manifest."""
    root = copied()
    handbill(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")}

    again = handbill(root, "build", "--json", "--language", "es")

    assert again.stderr == (
        "validated by PDF/UA-1 and PDF/A-2a: 1 of 1 PDFs\n1 unchanged; 0 errors, 0 warnings\n"
    )
    assert [row["language"] for row in json.loads(again.stdout)["editions"]] == ["es"]
    assert {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")} == before


def test_names_of_files_may_be_in_any_language(copied: Copied) -> None:
    """A project in a folder with spaces and umlauts is built, pictures and all."""
    root = copied("ünicöde prøject", name="ein größeres prøjékt")
    done = handbill(root)

    assert done.returncode == 0, done.stderr
    assert pdfs(root)[0] == "klinik-größe/ar/hands.a4.pdf"


def test_errors_stop_their_edition_alone(copied: Copied) -> None:
    """One msgstr less: that edition fails with its place, the others are made, exit 1."""
    root = copied()
    catalog = root / "locales/es/LC_MESSAGES/hands.po"
    catalog.write_text(catalog.read_text("utf-8").replace('msgstr "Lávese"', 'msgstr ""'), "utf-8")
    done = handbill(root)

    assert done.returncode == 1
    assert "locales/es/LC_MESSAGES/hands.po:15:1: LF301 untranslated: " in done.stderr
    assert pdfs(root) == ["one/ar/hands.a4.pdf", "one/en/hands.a4.pdf"]
    again = handbill(root)
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        1,
        "2 unchanged; 1 error, 0 warnings",
    )


def test_check_prints_findings_in_four_formats(copied: Copied) -> None:
    """Text for people, JSON and SARIF for machines, annotations for GitHub."""
    root = copied()
    leaflet = root / "content/leaflets/hands/leaflet.md"
    leaflet.write_text(leaflet.read_text("utf-8") + "\n<div>x</div>\n", "utf-8")

    text = handbill(root, "check", "--language", "en")
    github = handbill(root, "check", "--language", "en", "--output-format", "github")
    rows = json.loads(handbill(root, "check", "--output-format", "json").stdout)
    sarif = json.loads(handbill(root, "check", "--output-format", "sarif").stdout)

    assert text.returncode == 1
    assert text.stdout.startswith("content/leaflets/hands/leaflet.md:28:1: LF104 raw-html: ")
    assert (
        "::error file=content/leaflets/hands/leaflet.md,line=28,col=1,title=LF104" in github.stdout
    )
    assert {row["rule"] for row in rows} == {"LF104", "LF301"}
    results = sarif["runs"][0]["results"]
    assert sarif["version"] == "2.1.0"
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 28


def test_explain_names_the_inputs_that_changed(copied: Copied) -> None:
    """A changed telephone number is the clinic's file, and nothing else."""
    root = copied()
    handbill(root)
    clinic = root / "content/clinics/one.toml"
    clinic.write_text(clinic.read_text("utf-8").replace("0123", "0124"), "utf-8")

    lines = handbill(root, "build", "--explain", "--language", "en").stderr.splitlines()

    assert lines[:2] == [
        "[1/1] typeset one/en/hands.a4.pdf 1 pages",
        "    content/clinics/one.toml",
    ]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("build", "--language", "sp"), "--language:1:1: LF009"),
        (("build", "--leaflet", "foot"), "--leaflet:1:1: LF009"),
        (("check", "--clinic", "two"), "--clinic:1:1: LF009"),
        (("build", "--executor", "nowhere"), "--executor:1:1: LF009"),
        (("rule", "LF999"), "rule:1:1: LF009"),
    ],
)
def test_options_that_name_nothing_are_errors(
    copied: Copied, arguments: tuple[str, ...], place: str
) -> None:
    """A filter that matches nothing is not a build of nothing; rule "unknown-choice"."""
    done = handbill(copied(), *arguments)

    assert (done.returncode, done.stderr[: len(place)]) == (2, place)


def test_a_date_that_is_none_is_said_plainly() -> None:
    """With an example of one, and without Python's names for it."""
    done = handbill(ROOT, "check", "--today", "24/11/2026")

    assert done.returncode == 2
    assert "argument --today: no date: '24/11/2026'; for example 2026-11-24" in done.stderr


def test_a_rule_prints_its_manual() -> None:
    """By id or by name, in any case."""
    by_id = handbill(ROOT, "rule", "lf301")
    by_name = handbill(ROOT, "rule", "untranslated")

    assert by_id.stdout == by_name.stdout
    assert by_id.stdout.startswith("LF301 untranslated (error)\n\nA text without a translation.")


def test_no_project_cannot_proceed(tmp_path: Path) -> None:
    """Rule "missing-project": the wrong folder is said to be."""
    done = handbill(tmp_path)

    assert (done.returncode, done.stderr.split(": ")[1]) == (2, "LF006 missing-project")


def test_no_fonts_cannot_proceed(copied: Copied) -> None:
    """Rule "missing-fonts": a project never falls back to the machine's fonts."""
    root = copied()
    shutil.rmtree(root / "templates/fonts")
    done = handbill(root)

    assert (done.returncode, done.stderr.split(": ")[1]) == (2, "LF013 missing-fonts")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_unreadable_and_unwritable_files_cannot_proceed(copied: Copied) -> None:
    """Rules "unreadable-file" and "unwritable-output", with the system's reason."""
    root = copied()
    (root / "output").mkdir(mode=0o500)
    assert "LF008" in handbill(root).stderr
    (root / "content/clinics/one.toml").chmod(0)
    assert "LF004" in handbill(root).stderr


def test_an_output_that_is_a_file_cannot_be_written(copied: Copied) -> None:
    """Rule "unwritable-output": the build ends with status 2, and says where."""
    root = copied()
    (root / "output").write_text("mine")
    done = handbill(root)

    assert done.returncode == 2
    assert "LF008 unwritable-output" in done.stderr
    assert (root / "output").read_text() == "mine"


def test_a_file_that_cannot_be_read_cannot_proceed(copied: Copied) -> None:
    """Rule "unreadable-file": a link to nowhere is found, not skipped."""
    root = copied()
    (root / "content/leaflets/hands/lost.svg").symlink_to("nowhere.svg")
    done = handbill(root)

    assert done.returncode == 2
    assert "content/leaflets/hands/lost.svg:1:1: LF004 unreadable-file" in done.stderr


def test_an_interrupted_build_keeps_what_was_finished(copied: Copied) -> None:
    """Ctrl-C in the middle leaves whole files, no temporary ones, and a build that can go on."""
    root = copied()
    leaflets = root / "content/leaflets"
    for number in range(12):
        shutil.copytree(leaflets / "hands", leaflets / f"hands{number}")
        file = leaflets / f"hands{number}" / "leaflet.md"
        text = file.read_text("utf-8").replace('"hands"', f'"hands{number}"')
        file.write_text(text.replace("Clean hands", f"Clean hands {number}"), "utf-8")
    process = subprocess.Popen(
        [*command(root, "build", "--language", "en", "--jobs", "2")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "interrupted" in said
    assert list((root / "output").rglob("*.tmp")) == []
    finished = len(pdfs(root))
    assert 1 <= finished < 13
    done = handbill(root, "build", "--language", "en")
    assert (done.returncode, len(pdfs(root))) == (0, 13)
    made = re.search(r"(\d+) typeset, (\d+) reused", done.stderr)
    assert made is not None
    # What was printed but not yet in its place when the signal came is not printed again either.
    assert int(made[1]) + int(made[2]) == 13
    assert int(made[2]) >= finished


def test_the_no_op_imports_nothing_heavy(copied: Copied) -> None:
    """A build with nothing to do loads no Markdown, Babel, Jinja or WeasyPrint."""
    root = copied()
    handbill(root)
    program = (
        "import sys; from handbill.cli import main; status = main(sys.argv[1:]);"
        "heavy = {'markdown', 'babel', 'jinja2', 'weasyprint'} & set(sys.modules);"
        "print(sorted(heavy)); raise SystemExit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command(root, "build", "--jobs", "2")[2:]],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "[]\n")


def test_importing_the_build_script_does_nothing() -> None:
    """`python -m build` in the root finds our build.py first: importing it must be harmless."""
    done = subprocess.run(
        [sys.executable, "-c", "import build; print(dir(build).count('main'))"],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip

    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_review_date_ends_a_no_op(copied: Copied) -> None:
    """The same files say something new on the day after a review was due."""
    root = copied()
    handbill(root)
    words = command(root, "build")
    words[words.index("2026-11-24")] = "2028-01-02"
    done = subprocess.run(words, check=False, capture_output=True, text=True)

    assert done.returncode == 1
    assert "LF102 review-overdue" in done.stderr


def test_the_translation_desk_works_from_the_command_line(copied: Copied, tmp_path: Path) -> None:
    """Update, status, export and import: a job goes out, comes back, and is in the catalog."""
    root = copied()
    behind = handbill(root, "catalog", "update", "--check")
    handbill(root, "catalog", "extract")
    done = handbill(root, "catalog", "update")
    again = handbill(root, "catalog", "update", "--check")
    assert (behind.returncode, done.returncode, again.returncode) == (1, 0, 0)
    assert "0 of 4 catalogs to change" in again.stderr

    status = handbill(root, "catalog", "status", "--output-format", "json", "--leaflet", "hands")
    assert [row["translated"] for row in json.loads(status.stdout)] == [7, 7, 7]

    job = tmp_path / "job.csv"
    out = handbill(root, "catalog", "export", "--language", "es", "--as", "csv", "--to", str(job))
    assert (out.returncode, out.stdout) == (0, "")
    text = job.read_text("utf-8").replace("todo el mundo", "todas las personas")
    job.write_text(text.replace("20 segundos", "200 segundos"), "utf-8")
    back = handbill(root, "catalog", "import", str(job))
    assert back.returncode == 1
    assert "LF312 changed-number" in back.stderr
    catalog = (root / "locales/es/LC_MESSAGES/hands.po").read_text("utf-8")
    assert "# was: todo el mundo\n" in catalog
    assert 'msgstr "todas las personas"' in catalog

    job.write_text("nonsense", "utf-8")
    refused = handbill(root, "catalog", "import", str(job))
    assert refused.returncode == 1
    assert f"{job}:1:1: LF341 exchange-file" in refused.stderr
    assert (root / "locales/es/LC_MESSAGES/hands.po").read_text("utf-8") == catalog


def test_previews_are_drawn_once_and_never_of_another_text(copied: Copied) -> None:
    """Each page is a picture; a changed text takes its pictures away, and they are drawn anew."""
    root = copied()
    drawn = handbill(root, "build", "--previews")
    again = handbill(root, "build", "--previews")
    picture = root / "output/previews/one/en/hands.a4/page-1.png"
    before = picture.read_bytes()

    assert "3 editions drawn" in drawn.stderr
    assert "0 editions drawn" in again.stderr
    assert before.startswith(b"\x89PNG")

    leaflet = root / "content/leaflets/hands/leaflet.md"
    leaflet.write_text(leaflet.read_text("utf-8").replace('"1.0"', '"2.0"'), "utf-8")
    handbill(root)
    assert not picture.exists()
    handbill(root, "build", "--previews", "--language", "en")
    assert picture.read_bytes() != before
    assert not (root / "output/previews/one/es").exists()
    handbill(root, "clean")
    assert not (root / "output/previews").exists()


@pytest.mark.slow
def test_sheets_and_pseudo_editions_are_printed_and_cleaned(copied: Copied) -> None:
    """Each where README says; a wrong name is refused with those that there are."""
    root = copied()
    for name in ("staff.html.jinja", "proof.html.jinja"):
        (root / "templates" / name).write_bytes((ROOT / "templates" / name).read_bytes())

    proof = handbill(root, "catalog", "proof", "--language", "ar", "--leaflet", "hands")
    pseudo = handbill(root, "pseudo", "--language", "ar-XB")
    wrong = handbill(root, "catalog", "proof", "--leaflet", "feet")

    assert proof.returncode == 0, proof.stderr
    assert pseudo.returncode == 0, pseudo.stderr
    assert (root / "output/proof/ar/hands.pdf").is_file()
    assert (root / "output/proof/ar/hands.html").is_file()
    assert (root / "output/pseudo/one/ar-XB/hands.a4.pdf").is_file()
    assert wrong.returncode == 2
    assert "hands" in wrong.stderr
    handbill(root, "clean")
    assert not [path for path in (root / "output").rglob("*") if path.is_file()]
