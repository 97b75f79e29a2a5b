"""The bench: its corpus is clean, its table whole, and a fast wrong answer shows."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from tests.conftest import ROOT


BENCH = ROOT / "bench"
ROWS = [
    "naive WeasyPrint loop",
    "handbill, cold",
    "Chromium, one browser",
    "Chromium's command line",
    "Typst, one compiler",
    "WeasyPrint's command line",
    "handbill, nothing to do",
    "WeasyPrint, started for one document",
    "handbill, one sentence changed",
    "handbill, the clinic's telephone changed",
    "handbill, the stylesheet changed",
]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the bench's modules."""
    return subprocess.run(
        [sys.executable, *words],
        check=True,
        capture_output=True,
        text=True,
        cwd=BENCH,
    )


@pytest.mark.slow
def test_the_corpus_has_no_errors_and_no_two_leaflets_alike(tmp_path: Path) -> None:
    """What is measured is what handbill would publish: every gate holds."""
    root = tmp_path / "corpus"
    run("corpus.py", str(root), "--leaflets", "12")
    checked = run(str(ROOT / "build.py"), "check", "--root", str(root), "--output-format", "json")
    texts = {path.read_text("utf-8") for path in root.glob("content/leaflets/*/leaflet.md")}
    bodies = {text.rpartition("+++")[2] for text in texts}

    assert "error" not in {item["severity"] for item in json.loads(checked.stdout)}
    assert len(bodies) == 12


@pytest.mark.slow
def test_the_table_has_every_row(tmp_path: Path) -> None:
    """A peer that is not installed has a row too, with the reason."""
    found = run("peers.py", "--documents", "6", "--rounds", "1", "--json", str(tmp_path / "j"))
    rows = [line.split(" | ") for line in found.stdout.splitlines() if line.startswith("| ")]
    names = [row[0].removeprefix("| ") for row in rows[2:]]
    figures = json.loads((tmp_path / "j").read_text("utf-8"))

    assert names == ROWS
    assert all(re.match(r"\d|not measured: ", row[1]) for row in rows[2:])
    assert list(figures) == ROWS
    assert "| handbill, cold |" in found.stdout
    assert "6/6 | 12 | 1.00–1.00 |" in found.stdout
    assert found.stdout.count("at most") == 5 - ("no Chromium" in found.stdout)


WRONG = """
import sys
from pathlib import Path
import prints
wanted, found = (prints.folder(Path(name)) for name in sys.argv[1:])
made = prints.compare(found, wanted, families=["Noto Sans"], bounds=(0.97, 1.03))
print(made.thin, made.foreign, made.equal)
"""


def test_a_page_without_its_letters_shows(tmp_path: Path) -> None:
    """The same number of pages proves nothing: ink does."""
    for name, word in (("right", "Take one tablet a day."), ("wrong", "Take one")):
        folder = tmp_path / name
        folder.mkdir()
        with pypdfium2.PdfDocument.new() as document:
            page = document.new_page(300, 100)
            font = pypdfium2.raw.FPDFText_LoadStandardFont(document, b"Helvetica")
            text = pypdfium2.raw.FPDFPageObj_CreateTextObj(document, font, 20)
            letters = (word + "\0").encode("utf-16-le")
            pypdfium2.raw.FPDFText_SetText(
                text, (pypdfium2.raw.FPDF_WCHAR * (len(letters) // 2)).from_buffer_copy(letters)
            )
            pypdfium2.raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 10, 40)
            pypdfium2.raw.FPDFPage_InsertObject(page, text)
            page.gen_content()
            document.save(folder / "one.pdf")
    found = run("-c", WRONG, str(tmp_path / "right"), str(tmp_path / "wrong"))

    assert found.stdout.strip() == "('one',) ('Helvetica',) 0"
