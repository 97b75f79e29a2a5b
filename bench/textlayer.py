"""Print the README's table of languages: what each reader's program makes of each specimen.

    .venv/bin/python bench/textlayer.py             with the patch of handbill/textlayer.py
    .venv/bin/python bench/textlayer.py --plain     as WeasyPrint alone writes it

Words are counted; in scripts without spaces, groups of three letters. In brackets: words without
Arabic or Hebrew vowel marks.
"""

import datetime as dt
import io
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pypdfium2

from handbill import (
    bidi,
    hypertext,
    languages,
    press,
    project,
    proofread,
    sources,
    textlayer,
    typeset,
)


ROOT = Path(__file__).parent.parent

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pymupdf


def poppler(pdf: bytes) -> str:
    """Read with pdftotext, in the order of the page."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        command = ["pdftotext", "-enc", "UTF-8", file.name, "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pdfium(pdf: bytes) -> str:
    """Read as Chrome and Edge do."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def py_pdf(pdf: bytes) -> str:
    """Read with pypdf."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def mupdf(pdf: bytes) -> str:
    """Read with MuPDF."""
    with pymupdf.open(stream=pdf) as document:
        return "\n".join(page.get_text() for page in document)


READERS: dict[str, Callable[[bytes], str]] = {
    "poppler": poppler,
    "PDFium": pdfium,
    "MuPDF": mupdf,
    "pypdf": py_pdf,
}


def units(text: str, script: str) -> Counter[str]:
    """Count a text's words, or its groups of three letters."""
    if script not in languages.UNSPACED:
        return Counter(proofread.words(text))
    letters = "".join(proofread.letters(text))
    return Counter(letters[i : i + 3] for i in range(len(letters) - 2))


def share(wanted: Counter[str], found: Counter[str]) -> str:
    """Write how much of what was wanted was found; all of it is written 100 %."""
    right, total = sum((wanted & found).values()), sum(wanted.values())
    return "100 %" if right == total else f"{right / total:.1%}".replace("%", " %")


def rows() -> Iterator[list[str]]:
    """Yield a row of the table for each specimen."""
    loaded = project.load(sources.read(ROOT), today=dt.datetime.now(tz=dt.UTC).date())
    for tag in sorted(loaded.specimens):
        language = loaded.languages[tag]
        proof = press.specimen(loaded, tag, "")
        pdf = typeset.typeset(proof).data
        blocks = list(hypertext.blocks(proof.html))
        wanted = sum((units(block, language.script) for block in blocks), Counter())
        row = [
            language.english,
            next((name for name in language.fonts if name != "Noto Sans"), "Noto Sans"),
            language.direction,
        ]
        runs = {run for block in blocks for run in bidi.runs(block)}
        met = proofread.problems(
            proof.html, pdf, script=language.script, direction=language.direction
        )
        wrong = sum(kind == "number-order" for kind, _message in met)
        row.append(f"{len(runs) - wrong}/{len(runs)}" if language.direction == "rtl" else "–")
        bare = wanted
        if language.direction == "rtl":
            kept = {word for word in wanted if word == proofread.unmarked(word)}
            bare = Counter({word: wanted[word] for word in kept})
        for read in READERS.values():
            found = units(read(pdf), language.script)
            cell = share(wanted, found)
            without = share(bare, found)
            row.append(cell if cell == without else f"{cell} ({without})")
        yield row


def main() -> None:
    """Print the table as Markdown."""
    typeset.prepare(str(ROOT / "templates/fonts/fonts.conf"))
    if "--plain" in sys.argv[1:]:
        textlayer.uninstall()
    head = ["language", "font", "direction", "numbers in order", *READERS]
    print("|", " | ".join(head), "|")
    print("|", " | ".join("---" for _ in head), "|")
    for row in rows():
        print("|", " | ".join(row), "|")


if __name__ == "__main__":
    main()
