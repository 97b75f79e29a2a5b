"""Jobs for translators outside: nothing is lost going out, and nothing guessed coming in."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from translate.storage import xliff as toolkit

from handbill import catalog as po
from handbill import desk, exchange, pofile, project, sources, spreadsheet, waivers, xliff
from handbill.diagnostics import Fault
from handbill.exchange import Job, Unit
from handbill.model import Message
from handbill.pofile import Document, Entry
from handbill.sources import Sources
from tests.conftest import ROOT, TODAY, in_memory


HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
LEAFLET = "content/leaflets/hands/leaflet.md"
SPANISH = "locales/es/LC_MESSAGES/hands.po"
FORMS: dict[str, Callable[[Job], bytes]] = {
    "xliff": xliff.write,
    "xliff2": xliff.write_2,
    "csv": spreadsheet.write_csv,
    "xlsx": lambda job: spreadsheet.write_xlsx(job, right_to_left=True),
}
PIECES = st.sampled_from(
    [
        *(
            "a",
            "Wash",
            " ",
            "  ",
            "\n",
            "\t",
            '"',
            "\\",
            "'",
            "''",
            "=",
            "-",
            "+1",
            "@",
            "<b>",
            "&amp;",
        ),
        *("**", "_", "`", "[x](https://example.org/a_b)", "{{ clinic.phone }}", "{page}", "]]>"),
        *("500 mg", "سعال", "手", "\u00a0", "\u200f", "\u2028", "; ", ",", "#~ ", "\U0001f637"),
    ]
)
TEXT = st.lists(PIECES, min_size=1, max_size=6).map("".join).filter(lambda text: text.strip() != "")
LINE = TEXT.map(lambda text: " ".join(text.split())).filter(bool)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry with everything that PO files have."""
    plural = draw(st.none() | TEXT)
    forms = 1 if plural is None else draw(st.integers(1, 6))
    entry = pofile.compose(
        context=draw(st.none() | st.just("") | TEXT),
        msgid=draw(TEXT),
        plural=plural,
        strings=draw(st.lists(st.just("") | TEXT, min_size=forms, max_size=forms)),
        comments=draw(st.lists(LINE, max_size=2)),
        notes=draw(st.lists(LINE, max_size=2)),
        references=draw(st.lists(st.just("content/leaflets/hands/leaflet.md"), max_size=1)),
        flags=draw(st.sampled_from([(), ("fuzzy",), ("md-text", "fuzzy"), ("md-text",)])),
        previous=draw(st.none() | st.tuples(st.none() | TEXT, TEXT)),
    )
    return entry.retire() if draw(st.booleans()) else entry


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a catalog, its header first."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=6; plural=0;\n"
    found = draw(st.lists(entries(), max_size=6, unique_by=lambda entry: entry.key))
    text = "\n".join(pofile.compose(context=None, msgid="", strings=(header,)).lines[1:]) + "\n"
    return pofile.parse(str(pofile.parse(text).put([pofile.parse(text).entries[0], *found])))


def sent(document: Document, form: str) -> tuple[Job, list[Fault]]:
    """Write a job and read it again."""
    units = tuple(exchange.units(document, "hands"))
    job = Job(source_language="en", language="ar", units=units)
    assert list(exchange.unsayable(job)) == []
    return desk.read(FORMS[form](job), "job")


@pytest.mark.parametrize("form", FORMS)
@given(document=documents())
@settings(max_examples=60)
def test_a_job_that_comes_back_untouched_changes_no_byte(form: str, document: Document) -> None:
    """Plurals, contexts, markup, obsolete entries, old English and comments are as they were."""
    job, faults = sent(document, form)
    merged, met = exchange.merge(document, job.units, "job")

    assert [*faults, *met] == []
    assert {job.language} == {"ar"} or not job.units
    assert str(merged) == str(document)


@pytest.mark.parametrize("form", ["xliff", "xliff2"])
@given(document=documents())
@settings(max_examples=60)
def test_xliff_alone_restores_every_translation(form: str, document: Document) -> None:
    """A catalog that has lost its translations gets all of them back, byte for byte."""
    job, _ = sent(document, form)
    wiped = document.put(
        entry if entry.obsolete or entry.is_header else entry.translate([""] * len(entry.strings))
        for entry in document.entries
    )

    merged, _ = exchange.merge(wiped, job.units, "job")

    assert str(merged) == str(document)


@given(document=documents())
@settings(max_examples=100)
def test_a_catalog_is_read_as_babel_reads_it(document: Document) -> None:
    """Two readers of PO files agree on every entry."""
    kept = [line for line in str(document).split("\n") if not line.startswith(("#|", "#~|"))]

    found = read_po(io.StringIO("\n".join(kept)))

    ours = {
        entry.key: (*entry.strings, *[""] * (6 - len(entry.strings)))
        if entry.plural is not None
        else entry.strings[0]
        for entry in document.entries
        if not entry.obsolete and not entry.is_header
    }
    theirs = {
        (item.context, item.id if isinstance(item.id, str) else item.id[0]): item.string
        for item in found
        if item.id
    }
    assert ours == theirs


def test_our_own_catalogs_go_out_and_come_back() -> None:
    """All languages, in every form."""
    now = sources.read(ROOT)
    loaded = project.load(now, today=TODAY)
    domains = po.texts(loaded)
    sent = [desk.send(loaded, now, domains=domains, language=tag) for tag in desk.tags(loaded)]
    assert [faults for _job, faults in sent] == [[]] * len(sent)
    for write in FORMS.values():
        back = [desk.read(write(job), job.language) for job, _faults in sent]
        assert [met for _job, met in back] == [[]] * len(sent)
        assert desk.take(loaded, now, [job for job, _met in back]) == ([], [], [])


def test_translators_tools_read_xliff() -> None:
    """A toolkit that many tools are built on sees texts, codes and notes; nothing is approved."""
    entry = pofile.compose(
        context="box", msgid="**Do not** hurry.", strings=("**No** corra.",), notes=("a note",)
    )
    job = Job(
        source_language="en",
        language="es",
        units=tuple(exchange.units(Document(entries=(entry,), tail=("",)), "hands")),
    )

    (unit,) = toolkit.xlifffile.parsestring(xliff.write(job)).units  # type: ignore[no-untyped-call]

    assert (str(unit.source), str(unit.target)) == ("**Do not** hurry.", "**No** corra.")
    assert not unit.isapproved()
    assert "a note" in unit.getnotes()


def came_back(unit: Unit, **changes: object) -> Unit:
    """Return a unit as a translator has filled it in."""
    return Unit(**{name: getattr(unit, name) for name in Unit.__slots__} | changes)


def catalog(text: str) -> tuple[Document, list[Unit]]:
    """Read a catalog without a header, and its units."""
    document = pofile.parse(text)
    return document, list(exchange.units(document, "hands"))


def test_a_new_translation_keeps_the_old_one_beside_it() -> None:
    """Nobody's work is lost silently; an empty cell is nobody's decision."""
    document, (first, second) = catalog(
        'msgid "Wash"\nmsgstr "Lave"\n\n#, fuzzy\nmsgid "Dry"\nmsgstr "Seque"\n'
    )
    found = [came_back(first, target="Lávese", state=""), came_back(second, target="", state="")]

    merged, faults = exchange.merge(document, found, "job")

    assert faults == []
    assert str(merged) == (
        '# was: Lave\nmsgid "Wash"\nmsgstr "Lávese"\n\n#, fuzzy\nmsgid "Dry"\nmsgstr "Seque"\n'
    )


def test_a_guess_is_confirmed_and_a_doubt_is_kept() -> None:
    """What the agency says of a translation, the catalog says too."""
    document, (first, second) = catalog(
        '#, fuzzy\nmsgid "Wash"\nmsgstr "Lave"\n\nmsgid "Dry"\nmsgstr "Seque"\n'
    )
    found = [came_back(first, state="translated"), came_back(second, state="fuzzy")]

    merged, _ = exchange.merge(document, found, "job")

    assert [entry.fuzzy for entry in merged.entries] == [False, True]


def test_nothing_from_outside_is_a_waiver() -> None:
    """Neither a remark nor a translation can answer for itself, in a reviewer's name."""
    document, (unit,) = catalog(HEADER + 'msgid "Take 5 mg"\nmsgstr "Tome 50 mg"\n')
    forged = waivers.comment(
        Message(msgid="Take 5 mg", msgstr="Tome 50 mg", context=None, fuzzy=False, line=1),
        *("LF312",),
        date=TODAY,
        by="A. Reviewer",
        reason="fine",
    ).removeprefix("# ")
    first = came_back(unit, comments=("please\n" + forged, forged.upper()))
    second = came_back(unit, target=f"Tome 500 mg {forged}")
    third = came_back(unit, target="Tome 50 mg")

    for found in (first, second, third):
        document, _ = exchange.merge(document, [found], "job")

    (message,) = po.read(str(document).encode(), path="x.po", domain="x", language="es")[
        0
    ].messages.values()
    assert len(message.comments) == 4
    assert waivers.read(message) == ()


def test_a_translation_of_old_english_is_refused_by_name() -> None:
    """The English that was sent is not today's: `stale-exchange`, at its line in the job."""
    start = in_memory({})
    files = in_memory({**dict(start.files.items()), **followed(start)})
    loaded = project.load(files, today=TODAY)
    job, _ = desk.send(loaded, files, domains=["hands"], language="es")
    text = xliff.write(job).decode().replace(">20 ", ">40 ").replace("Wash for 20", "Wash for 40")
    back, _ = desk.read(text.encode(), "job.xlf")

    works, faults, _ = desk.take(loaded, files, [back])

    (fault,) = faults
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "Wash for 40" in row) - 1
    assert (fault.kind, str(fault.location)) == ("stale-exchange", f"job.xlf:{line}:1")
    assert works == []


def followed(files: Sources) -> dict[str, str]:
    """Return the catalogs that an update writes."""
    loaded = project.load(files, today=TODAY)
    works = desk.update(loaded, files, domains=po.texts(loaded), languages=desk.tags(loaded))
    return {work.path: work.data.decode() for work in works}


def test_what_is_imported_passes_through_the_gates() -> None:
    """A dose that has changed on the way is found at once."""
    start = in_memory({})
    files = in_memory({**dict(start.files.items()), **followed(start)})
    loaded = project.load(files, today=TODAY)
    job, _ = desk.send(loaded, files, domains=["hands"], language="es")
    text = xliff.write(job).decode().replace("durante 20 segundos", "durante 200 segundos")

    works, faults, found = desk.take(loaded, files, [desk.read(text.encode(), "job.xlf")[0]])

    assert [work.path for work in works] == [SPANISH]
    assert faults == []
    assert [(item.name, item.location.path) for item in found] == [("changed-number", SPANISH)]


def test_a_catalog_that_is_behind_its_english_is_not_sent() -> None:
    """Nobody is paid for translating what is no longer said."""
    text = in_memory({}).files[LEAFLET].decode().replace("20 seconds", "40 seconds")
    files = in_memory({LEAFLET: text})
    loaded = project.load(files, today=TODAY)

    job, (fault,) = desk.send(loaded, files, domains=["hands"], language="es")

    assert (fault.kind, fault.location.path, job.units) == ("stale-exchange", SPANISH, ())


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<x>&b;</x>'
HALF = (
    '<xliff version="2.1" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en" trgLang="es">'
    '\n<file id="hands"><unit id="a"><segment><source>One. </source><target>Uno. </target>'
    "</segment><segment><source>Two.</source></segment></unit></file></xliff>"
)
HEAD = "id,leaflet,kind,note,source,translation (es),comment\n"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (BOMB, 1, "document type"),
        ("<xliff>\n<file>", 2, "not XLIFF"),
        ("<xliff/>", 1, "not XLIFF 1.2 or 2"),
        (HALF, 2, "translated by half"),
        ("PK no workbook", 1, "not a workbook"),
        ("", 1, "an empty table"),
        ("id,source\n", 1, "not a table of translations"),
        (HEAD + "a,hands,,\n", 2, "a row of 4 cells"),
        (HEAD + 'a,hands,,,"Wash', 2, "not CSV"),
        (HEAD + "a,hands,,,Wash,Lave,\na,hands,,,Wash,Lávese,\n", 3, "in two ways"),
    ],
)
def test_a_job_that_is_not_whole_is_refused(data: str, line: int, message: str) -> None:
    """It is an `exchange-file`, with the line."""
    _, faults = desk.read(data.encode(), "job")

    assert [(fault.kind, fault.location.line) for fault in faults] == [("exchange-file", line)]
    assert message in faults[0].message


def test_bytes_that_are_not_utf8_are_placed() -> None:
    """Excel's older CSV is not guessed at."""
    _, (fault,) = desk.read(HEAD.encode() + "a,hands,,,Wash,Lávese,\n".encode("cp1252"), "job")

    assert (fault.location.line, fault.message) == (2, "not UTF-8: byte 0xe1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_of_any_country_are_read(delimiter: str) -> None:
    """Excel writes semicolons where commas stand before decimals."""
    text = (HEAD + "a,hands,,,Wash,Lávese,\n").replace(",", delimiter).replace("\n", "\r\n")

    job, faults = desk.read(text.encode("utf-8-sig"), "job")

    assert faults == []
    assert [(unit.source, unit.target) for unit in job.units] == [("Wash", "Lávese")]


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5 °C", "@x", "\tx", "'=x", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """A spreadsheet shows what was written, and an apostrophe that a person wrote is kept."""
    unit = Unit(id="a", leaflet="hands", source="x", target=text)
    job = Job(source_language="en", language="es", units=(unit,))

    assert f",'{text}," in spreadsheet.write_csv(job).decode()
    book = load_workbook(io.BytesIO(spreadsheet.write_xlsx(job, right_to_left=False)))
    cell = book.worksheets[0]["F2"]
    assert (cell.value, cell.data_type) == (text, "s")
    _, faults = desk.read((HEAD + "a,hands,,,x,'t Is goed,\n").encode(), "job")
    assert faults == []


def test_a_workbook_with_a_formula_or_without_end_is_refused(tmp_path: Path) -> None:
    """Neither is read as text."""
    unit = Unit(id="a", leaflet="hands", source="x", target="y")
    job = Job(source_language="en", language="es", units=(unit,))
    book = load_workbook(io.BytesIO(spreadsheet.write_xlsx(job, right_to_left=False)))
    book.worksheets[0]["F2"] = "=1+1"
    book.save(tmp_path / "formula.xlsx")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b" " * (exchange.LIMIT + 1))
    whole = spreadsheet.write_xlsx(job, right_to_left=False)
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(broken, "w") as parts:
        for name in old.namelist():
            parts.writestr(name, b"" if name == "xl/workbook.xml" else old.read(name))
    garbled = bytearray(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as old:
        begin = old.getinfo("xl/workbook.xml").header_offset + 30 + len("xl/workbook.xml")
    garbled[begin : begin + 20] = b"\xff" * 20

    for data, message in (
        (broken.getvalue(), "not a workbook: "),
        (bytes(garbled), "not a workbook: "),
        ((tmp_path / "formula.xlsx").read_bytes(), "a formula: =1+1"),
        (bomb.getvalue(), f"a workbook of {exchange.LIMIT + 1} bytes"),
    ):
        _, (fault,) = desk.read(data, "job")
        assert fault.kind == "exchange-file"
        assert fault.message.startswith(message)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<target>", '<target order="2">', "segments in another order"),
        ("Lave", 'Lave <mrk mtype="x-sdl-deleted">no</mrk>', "nobody has accepted or rejected"),
    ],
)
def test_a_target_that_is_not_to_be_read_as_it_stands_is_refused(
    before: str, after: str, message: str
) -> None:
    """XLIFF 2.1: `order` says where in the text a target belongs."""
    unit = Unit(id="a", leaflet="hands", source="Wash", target="Lave")
    job = Job(source_language="en", language="es", units=(unit,))
    data = xliff.write_2(job).decode()
    assert before in data

    _, (fault,) = desk.read(data.replace(before, after).encode(), "job")
    assert fault.kind == "exchange-file"
    assert message in fault.message
