"""veraPDF judges the collection, and is itself tried: with PDFs that are broken in known ways."""

import base64
import functools
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import weasyprint
from PIL import Image

from handbill import finish, impose, validate
from tests.conftest import ROOT
from tests.verapdf import judge


pytestmark = pytest.mark.slow

COMMAND = ROOT / "tests" / "verapdf" / "judge.py"

HTML = """<html lang="en"><head><title>Leaflet</title><style>
@page {{ @bottom-center {{ content: counter(page) }} }}
body {{ font-family: "Noto Sans" }}
img {{ image-rendering: pixelated }}
</style></head><body><h1>One</h1><p>Text.</p>{}</body></html>"""


def picture() -> str:
    """Return the address of a red square."""
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "png")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def painted(
    html: str, *, variant: str = finish.VARIANT, finished: bool = True, described: bool = True
) -> bytes:
    """Print a page with WeasyPrint, as `typeset` does but for what is asked to be left out."""
    document = weasyprint.HTML(string=html).render()
    if described:
        finish.describe(document)
    found: bytes = document.write_pdf(
        finisher=(lambda _, pdf: finish.finish(pdf)) if finished else None,
        pdf_variant=variant,
        pdf_identifier=True,
    )
    return found


def page(body: str = "", old: str = "", new: str = "", **options: Any) -> Callable[[], bytes]:
    """Return how to print the sound page with something in its body, or something changed."""
    html = HTML.format(body)
    assert old in html
    return functools.partial(painted, html.replace(old, new) if old else html, **options)


SOUND = f"""<h2>Two</h2><img src="{picture()}" alt="a red square">
<p>See <a href="https://example.org/">a link</a>, <span style="opacity: .5">pale text</span>.</p>
<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"""

#: PDFs, and the rules of veraPDF that each breaks. The sound ones come last: what veraPDF
#: remembers of a broken file must not spoil the next, nor the other way about.
PDFS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "no title": (page(old="<title>Leaflet</title>"), {"PDF/UA-1 7.1-9"}),
    "no language": (page(old=' lang="en"'), {"PDF/UA-1 7.2-29"}),
    "no alternative text": (page(f'<img src="{picture()}">'), {"PDF/UA-1 7.3-1"}),
    "a skipped heading": (page("<h3>Three</h3>"), {"PDF/UA-1 7.4.2-1"}),
    "a first heading that is not h1": (page(old="h1>", new="h2>"), {"PDF/UA-1 7.4.2-1"}),
    "a ragged table": (
        page("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr></table>"),
        {"PDF/UA-1 7.2-43"},
    ),
    "no tags": (
        page(variant="pdf/a-2b", finished=False),
        {
            *("PDF/UA-1 6.2-1", "PDF/UA-1 7.1-3", "PDF/UA-1 7.1-10", "PDF/UA-1 7.1-11"),
            *("PDF/A-2a 6.6.4-3", "PDF/A-2a 6.7.2.2-1", "PDF/A-2a 6.7.3.3-1"),
        },
    ),
    "a letter without a glyph": (
        page("<p>\N{EGYPTIAN HIEROGLYPH A001}</p>"),
        {
            *("PDF/UA-1 7.21.4.1-2", "PDF/UA-1 7.21.5-1", "PDF/UA-1 7.21.8-1"),
            *("PDF/A-2a 6.2.11.4.1-2", "PDF/A-2a 6.2.11.5-1", "PDF/A-2a 6.2.11.8-1"),
        },
    ),
    "a smoothed picture": (
        page(f'<img src="{picture()}" alt="red" style="image-rendering: auto">'),
        {"PDF/A-2a 6.2.8-3"},
    ),
    "a printer's colour": (
        page('<p style="color: device-cmyk(0 1 0 0)">Red.</p>'),
        {"PDF/A-2a 6.2.4.3-3"},
    ),
    "no mark of PDF/UA": (page(described=False), {"PDF/UA-1 5-1"}),
    "mute text": (
        page('<p style="opacity: .5">Pale.</p>', finished=False),
        {"PDF/UA-1 7.1-3"},
    ),
    "half a file": (lambda: page()()[:5000], {"PDF/UA-1 ", "PDF/A-2a "}),
    "nothing": (lambda: b"", {"PDF/UA-1 ", "PDF/A-2a "}),
    "not finished": (page(finished=False), set()),
    "sound": (page(SOUND), set()),
}

#: PDFs by the profiles that the two judges disagree on: refused by veraPDF alone, by page alone.
DISAGREEMENTS: dict[str, tuple[set[str], set[str]]] = {
    # page asks for metadata that is not compressed, as ISO 19005-1 did; veraPDF does not.
    "not finished": (set(), {"PDF/A-2a"}),
    # page does not look whether the structure reaches into a group.
    "mute text": ({"PDF/UA-1"}, {"PDF/A-2a"}),
}


@pytest.fixture(scope="session")
def _java() -> None:
    """Skip where there is no Java."""
    try:
        judge.java()
    except judge.JavaMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the PDFs on disk, by their names."""
    folder = tmp_path_factory.mktemp("PDF’s")
    paths = {name: folder / f"{number}.pdf" for number, name in enumerate(PDFS)}
    for name, path in paths.items():
        path.write_bytes(PDFS[name][0]())
    return paths


@pytest.fixture(scope="module")
def refused(_java: None, printed: dict[str, Path]) -> dict[str, set[str]]:
    """Return the rules of veraPDF that each PDF breaks."""
    failures = list(judge.judge(list(printed.values())))
    return {
        name: {f"{failure.profile} {failure.rule}" for failure in failures if failure.path == path}
        for name, path in printed.items()
    }


@pytest.mark.parametrize("name", PDFS)
def test_what_is_broken_is_refused_and_nothing_else(
    name: str, refused: dict[str, set[str]]
) -> None:
    """A judge that never refuses proves nothing; each fault is named by the clause it breaks."""
    assert refused[name] == PDFS[name][1]


@pytest.mark.parametrize("name", PDFS)
def test_the_two_judges_agree_but_where_we_know_it(
    name: str, refused: dict[str, set[str]], printed: dict[str, Path]
) -> None:
    """What `validate` lets through, it should; the exceptions are known."""
    second = {rule.partition(" ")[0] for rule in refused[name]}
    first = {
        problem.partition(": ")[0].partition(",")[0]
        for problem in validate.problems(printed[name].read_bytes())
    }

    assert (second - first, first - second) == DISAGREEMENTS.get(name, (set(), set()))


@pytest.mark.usefixtures("_java")
def test_the_collection_is_sound(output: Path, manifest: dict[str, Any]) -> None:
    """Every PDF that somebody reads on a screen is judged, and one of each language is sound.

    CI asks `script/verapdf` about all of them.
    """
    paths = judge.published(output)

    assert {path.relative_to(output).as_posix() for path in paths} == {
        row["path"]
        for row in manifest["editions"]
        if row["format"] in {"a4", "letter", "large-print"}
    }
    milia = [path for path in paths if path.match("northgate/*/milia.a4.pdf")]
    assert len(milia) == len({row["language"] for row in manifest["editions"]})
    assert [str(failure) for failure in judge.judge(milia)] == []


def ask(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command; return its exit code and all that it says."""
    ended = subprocess.run(
        [sys.executable, COMMAND, folder, *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    return ended.returncode, ended.stdout


def publish(folder: Path, **editions: bytes) -> None:
    """Write a build of one edition for each format."""
    rows = []
    for form, data in editions.items():
        name = form.replace("_", "-")
        (folder / f"{name}.pdf").write_bytes(data)
        rows.append({"kind": "pdf", "format": name, "path": f"{name}.pdf"})
    rows.append({"kind": "html", "format": "html", "path": "nowhere.html"})
    (folder / "manifest.json").write_text(json.dumps({"editions": rows}), "utf-8")


@pytest.mark.usefixtures("_java")
def test_the_command_names_path_profile_and_clause(tmp_path: Path) -> None:
    """It ends with 1 if a PDF is not sound; imposed sheets are for printers, and not judged."""
    sound = page()()
    publish(tmp_path, a4=sound, two_up=impose.impose(sound, "two-up", direction="ltr"))

    assert ask(tmp_path) == (0, "1 PDF, 2 profiles: 0 failures\n")

    publish(tmp_path, a4=sound, letter=page(old="<title>Leaflet</title>")())
    code, told = ask(tmp_path)

    assert code == 1
    assert told.startswith(f"{tmp_path / 'letter.pdf'}: PDF/UA-1 7.1-9 The Metadata stream")
    assert told.endswith("\n2 PDFs, 2 profiles: 1 failure\n")


def test_without_java_the_command_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    """It ends with 2; who can do without says so, and reads that nothing was judged."""
    publish(tmp_path, a4=b"")

    code, told = ask(tmp_path, JAVA_HOME=str(tmp_path))
    assert (code, told.partition(";")[0]) == (2, "verapdf: no Java")
    code, told = ask(tmp_path, "--if-java", JAVA_HOME=str(tmp_path))
    assert (code, told.partition(";")[0]) == (0, "skipped: no Java")


def test_without_pdfs_the_command_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    """It ends with 2, with Java or without."""
    assert ask(tmp_path, "--if-java") == (2, f"verapdf: {tmp_path} has no manifest; build first\n")

    publish(tmp_path)
    assert ask(tmp_path, "--if-java") == (2, f"verapdf: {tmp_path} has no PDF to judge\n")
