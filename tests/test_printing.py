"""`print` and `status`: the command line, a small project, and CUPS' own printer and server."""

import io
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest

from handbill import commands
from handbill.ledger import FOLDER
from tests import printers
from tests.conftest import ROOT, TODAY
from tests.printers import Printer, ask, eventually, job
from tests.test_signoff import all_signed


pytestmark = pytest.mark.slow

#: Beside A4.
FORMATS = {
    "a5-booklet": (
        'imposition = "booklet"\nsheet-pages = 4\n',
        "@page { size: A5; margin: 15mm; }",
    ),
    "large-print": ("", "body { font-size: 20pt; }"),
    "letter": ("", "@page { size: letter; }"),
}
_CLINIC = 'name = "Clinic One"\ncountry = "GB"\nphone = "0808 157 0123"\nformats = ["{}"]\n'


@pytest.fixture
def root(copied: Callable[..., Path]) -> Path:
    """Return a project whose Spanish is signed and whose Arabic is not, with more formats."""
    folder = copied()
    for name, data in all_signed().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert data is not None
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    for name, (settings, style) in FORMATS.items():
        form = folder / f"templates/formats/{name}"
        form.mkdir()
        (form / "format.toml").write_text(f'title = "{name}"\n{settings}', "utf-8")
        (form / "style.css").write_text(style, "utf-8")
    for name in ("trial", "staff"):
        shutil.copy(ROOT / f"templates/{name}.html.jinja", folder / "templates")
    page = folder / "templates/leaflet.html.jinja"
    said = page.read_text("utf-8")
    # A format's paper is laid over that of the clinic, as in the collection's template.
    there = "{{ stylesheet }}\n{{ typography }}"
    assert there in said
    page.write_text(said.replace(there, "{{ typography }}\n{{ stylesheet }}"), "utf-8")
    clinic = _CLINIC.format('a4", "a5-booklet", "large-print')
    (folder / "content/clinics/one.toml").write_text(clinic, "utf-8")
    return folder


@pytest.fixture
def eve(tmp_path: Path) -> Iterator[Printer]:
    """Return an IPP Everywhere printer that staples and folds."""
    can = """\
    ATTR keyword media-supported iso_a4_210x297mm,na_letter_8.5x11in
    ATTR keyword media-ready iso_a4_210x297mm
    ATTR keyword sides-supported one-sided,two-sided-long-edge,two-sided-short-edge
    ATTR enum finishings-supported 3,8,20,22,93
    """
    with printers.eve(tmp_path / "e", attributes=can) as found:
        yield found


class Run:
    """The command line, in this process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        """Run a command; return its exit status."""
        status = commands.run([*words, "--root", str(self.root), "--today", TODAY.isoformat()])
        self.out, self.err = self.capsys.readouterr()
        return status


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the command line."""
    for name in ("LPDEST", "PRINTER", "CUPS_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return Run(root, capsys)


def command(root: Path, *words: str) -> list[str]:
    """Return the command line of a process."""
    program = [sys.executable, str(ROOT / "build.py"), *words]
    return [*program, "--root", str(root), "--today", TODAY.isoformat()]


def rules(text: str) -> list[str]:
    """Return the names of the rules that are told."""
    return re.findall(r":1: LF\d+ ([a-z-]+)", text)


def text(pdf: bytes) -> str:
    """Return the text of a file."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_signed_leaflet_is_built_and_printed(run: Run, eve: Printer) -> None:
    """What is missing is built; what arrives is the published file, as the printer was asked."""
    status = run("print", "hands", "--language", "es", "--copies", "20", "--printer", eve.uri)

    assert (status, run.out) == (0, "")
    assert "1 typeset, 0 reused, 0 stopped" in run.err
    assert eve.tray.printed == [(run.root / "output/one/es/hands.a4.pdf").read_bytes()]
    (asked,) = eve.tray.asked
    assert (asked["IPP_COPIES"], asked["IPP_MEDIA"]) == ("20", "iso_a4_210x297mm")
    assert run.err.splitlines()[-1] == "one/es/hands.a4.pdf: printed"
    # A second command is a second printing: the first has ended.
    assert run("print", "hands", "--language", "es", "--copies", "20", "--printer", eve.uri) == 0
    assert len(eve.tray.printed) == 2


def test_a_draft_is_not_printed_unless_asked_for(run: Run, eve: Printer) -> None:
    """The finding says what to do; the stamp stays on what is printed all the same."""
    words = ("print", "hands", "--language", "ar", "--printer", eve.uri)

    assert run(*words) == 1
    assert rules(run.err) == ["unprintable-draft"]
    assert "LF801 unprintable-draft: one/ar/hands.a4.pdf: a draft, which nobody has" in run.err
    assert eve.tray.printed == []
    assert run(*words, "--allow-draft") == 0
    assert len(eve.tray.printed) == 1


def test_an_edition_with_errors_is_not_printed(run: Run, eve: Printer) -> None:
    """It is stopped by the build, and `print` says so after it."""
    catalog = run.root / "locales/es/LC_MESSAGES/hands.po"
    said = catalog.read_text("utf-8")
    catalog.write_text(said.replace("20 segundos", "30 segundos"), "utf-8")

    assert run("print", "hands", "--language", "es", "--printer", eve.uri) == 1
    assert "unready-edition" in rules(run.err)
    assert "LF802 unready-edition: one/es/hands.a4.pdf: it is stopped by errors" in run.err
    assert eve.tray.printed == []


def test_booklets_are_turned_folded_and_stitched(run: Run, eve: Printer) -> None:
    """In Arabic too: its pages are imposed the other way, the sheet is turned the same."""
    for language in ("es", "ar"):
        words = ("--booklet", "--staple", "--allow-draft", "--printer", eve.uri)
        assert run("print", "hands", "--language", language, *words) == 0, run.err

    spanish, arabic = eve.tray.asked
    assert spanish["IPP_SIDES"] == arabic["IPP_SIDES"]
    assert spanish["IPP_FINISHINGS"] == arabic["IPP_FINISHINGS"] == "saddle-stitch,fold-half"
    files = [f"one/{tag}/hands.a5-booklet.pdf" for tag in ("es", "ar")]
    assert eve.tray.printed == [(run.root / "output" / name).read_bytes() for name in files]


def test_other_formats_and_black(run: Run, eve: Printer) -> None:
    """Large print where the clinic has it; black where it is asked for."""
    words = ("print", "hands", "--language", "es", "--printer", eve.uri)

    assert run(*words, "--large-print", "--mono") == 0
    (asked,) = eve.tray.asked
    assert asked["IPP_PRINT_COLOR_MODE"] == "monochrome"
    assert eve.tray.printed == [(run.root / "output/one/es/hands.large-print.pdf").read_bytes()]
    assert run(*words, "--format", "letter") == 1
    assert "LF800 print-list: one has no letter for paper" in run.err


def test_a_printer_that_cannot_answers_clearly(run: Run, tmp_path: Path) -> None:
    """Without A4, without both sides, with PWG raster only: nothing is printed, and it is said."""
    words = ("print", "hands", "--language", "es", "--printer")
    american = (
        "ATTR keyword media-supported na_letter_8.5x11in\nATTR keyword sides-supported one-sided"
    )
    with printers.eve(tmp_path / "a", attributes=american) as found:
        assert run(*words, found.uri) == 1
        assert "LF805 missing-capability: Trial has no A4, but US Letter; nothing is" in run.err
        assert "nothing was printed; 1 error" in run.err
        assert found.tray.printed == []
    with printers.eve(tmp_path / "b", duplex=False, colour=False) as found:
        assert run(*words, found.uri, "--booklet") == 1
        assert "LF805 missing-capability: Trial does not print on both sides" in run.err
        assert run(*words, found.uri) == 0
        assert "LF806 lesser-print (warning): Trial has no colour; printed in black" in run.err
        assert len(found.tray.printed) == 1
    with printers.eve(tmp_path / "c", formats="image/pwg-raster") as found:
        assert run(*words, found.uri) == 1
        assert "LF805 missing-capability: Trial takes no PDF, but " in run.err
        assert "image/pwg-raster" in run.err
        assert "add it to CUPS (lpadmin" in run.err


def test_a_list_is_printed_as_a_whole_or_not_at_all(run: Run, eve: Printer, tmp_path: Path) -> None:
    """A wrong row is told with its line before anything is printed."""
    shelf = tmp_path / "shelf.csv"
    rows = "leaflet;language;copies\nhands;es;3\nhands;en;4\n"
    shelf.write_text(rows + "hands;fr;2\n", "utf-8")
    words = ("print", str(shelf), "--printer", eve.uri)

    assert run(*words) == 1
    assert f"{shelf}:4:1: LF800 print-list: no language is called 'fr'" in run.err
    assert eve.tray.printed == []
    shelf.write_text(rows, "utf-8")
    assert run(*words, "--copies", "9") == 2
    assert "--copies:1:1: LF009 unknown-choice: a list says that itself" in run.err
    assert run(*words, "--dry-run") == 0
    assert "one/en/hands.a4.pdf: A4, one side, in colour, 4 copies" in run.err
    assert eve.tray.printed == []
    assert run(*words) == 0
    assert [asked["IPP_COPIES"] for asked in eve.tray.asked] == ["3", "4"]
    assert run.err.splitlines()[-1] == "2 printed"


def test_a_named_run_is_printed_once(run: Run, eve: Printer) -> None:
    """For a job that a machine starts, however often it does."""
    words = ("print", "hands", "--language", "es", "--run", "monday", "--printer", eve.uri)

    assert (run(*words), run(*words)) == (0, 0)
    assert "one/es/hands.a4.pdf: printed before, as job 1; not printed again" in run.err
    assert len(eve.tray.printed) == 1


def test_a_killed_list_goes_on_where_it_was(run: Run, eve: Printer, tmp_path: Path) -> None:
    """The first row is printed, the second is at the printer: the same command prints each once."""
    shelf = tmp_path / "shelf.csv"
    shelf.write_text("leaflet,language,copies\nhands,es,1\nhands,en,2\nhands,ar,3\n", "utf-8")
    words = ("print", str(shelf), "--allow-draft", "--printer", eve.uri)
    run("build", "--jobs", "1")
    process = subprocess.Popen(command(run.root, *words), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if line == "one/es/hands.a4.pdf: printed\n":
            eve.tray.acts("reason media-empty-error")
        if "one/en/hands.a4.pdf: stopped: out of paper" in line:
            process.kill()
    process.communicate()
    eve.tray.acts("ok")

    assert run(*words) == 0
    assert "one/es/hands.a4.pdf: printed before, as job 1" in run.err
    assert "one/en/hands.a4.pdf: found again, as job 2; not sent again" in run.err
    assert [asked["IPP_COPIES"] for asked in eve.tray.asked] == ["1", "2", "3"]


def test_ctrl_c_cancels_the_job(run: Run, eve: Printer) -> None:
    """At the printer, at once; the exit status is that of an interruption."""
    run("build", "--jobs", "1")
    eve.tray.acts("reason media-empty-error")
    words = ("print", "hands", "--language", "es", "--printer", eve.uri)
    process = subprocess.Popen(command(run.root, *words), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if "stopped: out of paper" in line:
            process.send_signal(signal.SIGINT)
            eventually(lambda: "processing-to-stop-point" in str(job(eve, 1)))
            eve.tray.acts("quit")

    process.stderr.close()
    assert process.wait() == 2
    assert any("one/es/hands.a4.pdf: cancelled: " in line for line in said)
    assert job(eve, 1)["job-state"] == "canceled"
    assert eve.tray.printed == []


def test_a_queue_is_the_default(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of CUPS, where no printer is named; a name that there is none of is told."""
    with printers.cups(tmp_path / "c") as found:
        monkeypatch.setenv("CUPS_SERVER", found.socket)

        assert run("print", "hands", "--language", "es") == 0
        assert "the printer is Front, the default of CUPS" in run.err
        assert found.tray.printed == [(run.root / "output/one/es/hands.a4.pdf").read_bytes()]
        assert job(found, 1)["print-scaling"] == "none"
        assert run("print", "hands", "--printer", "Back") == 2
        assert "Back:1:1: LF803 unreachable-printer: it knows no such printer" in run.err
        ask(found, "CUPS-Reject-Jobs")
        assert run("print", "hands", "--printer", "Front") == 1
        assert "LF804 refusing-printer: Front accepts no jobs" in run.err


def test_a_printer_that_is_not_there(run: Run) -> None:
    """Nothing is built, nothing is written down."""
    address = f"ipp://localhost:{printers.free_port()}/ipp/print"

    assert run("print", "hands", "--printer", address) == 2
    assert rules(run.err) == ["unreachable-printer"]
    assert f"{address}:1:1: LF803 unreachable-printer: nothing listens at localhost:" in run.err
    assert run("print", "hands", "--printer", "http://localhost/") == 2
    assert "no address of a printer: http:// is no way to a printer" in run.err


def test_time_runs_out(run: Run, eve: Printer) -> None:
    """The job stays; nobody need wait at all."""
    words = ("print", "hands", "--language", "es", "--printer", eve.uri)
    eve.tray.acts("reason media-empty-error")

    assert run(*words, "--timeout", "1") == 1
    assert "LF808 waiting-job: one/es/hands.a4.pdf: job 1 is not printed yet: stopped" in run.err
    assert run(*words, "--no-wait") == 0
    assert "job 1 is at the printer; not waiting for it" in run.err
    eve.tray.acts("ok")
    eventually(lambda: len(eve.tray.printed) == 1)


def test_a_printer_is_tried_out(run: Run, eve: Printer) -> None:
    """The pages say what was asked, and are not on the shelf; what it can do is said."""
    assert run("print", "--test", "--printer", eve.uri) == 0
    assert run("print", "--test", "--booklet", "--mono", "--printer", eve.uri) == 0

    plain, booklet = map(text, eve.tray.printed)
    assert "Page 1 of 2" in plain
    assert "A4, both sides, turned over the long edge, in colour, 1 copy" in " ".join(plain.split())
    assert "This line is 100 mm long" in plain
    assert "Page 4 of 4" in booklet
    assert [asked["IPP_SIDES"] for asked in eve.tray.asked] == [
        "two-sided-long-edge",
        "two-sided-short-edge",
    ]
    assert run("print", "--capabilities", "--printer", eve.uri) == 0
    assert "paper: A4, US Letter\n" in run.out
    assert "stitches booklets: yes\n" in run.out
    run("build", "--jobs", "1")
    assert run("status", "--shelf") == 0
    assert run.out == ""


def test_the_shelf_is_compared_with_what_is_published(
    run: Run, eve: Printer, tmp_path: Path
) -> None:
    """What was printed is current, until its text changes; then it is recycled, once."""
    run("print", "hands", "--language", "es", "--copies", "8", "--printer", eve.uri)
    run("build", "--jobs", "1")
    assert run("status", "--shelf") == 0
    assert run.out.startswith("current      hands es one a4 1.0-")
    code = run.out.split()[5]
    found = tmp_path / "found.csv"
    found.write_text(
        f"leaflet,language,code\nhands,es,{code}\nhands,es,0.9-00000000\nlice,es,1.0-00000000\n",
        "utf-8",
    )

    assert run("status", "--shelf", str(found), "--json") == 1
    assert [row["standing"] for row in json.loads(run.out)] == ["current", "superseded", "unknown"]

    leaflet = run.root / "content/leaflets/hands/leaflet.md"
    leaflet.write_text(leaflet.read_text("utf-8").replace('"1.0"', '"1.1"'), "utf-8")
    assert run("status", "--shelf") == 0
    assert "files have changed since the last build of everything" in run.err
    run("build", "--jobs", "1")
    assert run("status", "--shelf") == 1
    assert run.out.startswith(f"superseded   hands es one a4 {code} 8 copies printed on ")
    assert ": today's is 1.1-" in run.out
    assert run("status", "--shelf", "--recycled") == 0
    assert (run("status", "--shelf"), run.out) == (0, "")


def test_nothing_of_it_is_readable_by_others(run: Run, eve: Printer) -> None:
    """The ledger is private, and the printer is told no leaflet's name."""
    run("print", "hands", "--language", "es", "--printer", eve.uri)

    assert (run.root / FOLDER).stat().st_mode & 0o077 == 0
    assert "hands" not in job(eve, 1)["job-name"]
