"""Tests of fan-out: shells, cards, and editions that are imprinted."""

import dataclasses
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from handbill import fanout, imprint, plan, press, project, runner, sources, templates
from handbill.diagnostics import Fault, Location
from handbill.editions import Outcome
from handbill.model import Project
from handbill.store import Store
from tests.conftest import FONTS, ROOT, SITUATIONS, TODAY


LEAFLET = """+++
id = "hands"
title = "Clean hands"
summary = "How to wash your hands."
audience = "everyone"
version = "1.0"
published = 2026-01-01
last_review = 2026-01-01
next_review = 2028-01-01
authors = ["A. Author"]

[[sources]]
key = "who"
organisation = "World Health Organization"
title = "Hand hygiene"
year = 2009
url = "https://example.org/hands"
read = 2026-01-01
+++

## Wash

Wash for 20 seconds. Call us on **{{ clinic.phone }}** or {{ clinic.advice_phone }} to ask. [@who]

| When | What |
| --- | --- |
| **Sore skin** | Call {{ clinic.phone }} |

!!! care-urgent "Call {{ clinic.phone }} today if:"
    - your skin is sore

!!! care-emergency "Call {{ clinic.emergency_number }} now if:"
    - you cannot breathe

## Dry

Dry your hands well. It takes a while. A paper towel will do. So will a clean towel at home.
"""
#: What stands for each text; long enough to take a second page.
TRANSLATED = {
    "ar": {
        "Clean hands": "تنظيف اليدين",
        "How to wash your hands.": "كيف تغسل يديك.",
        "everyone": "الجميع",
        "Wash": "اغسل",
        "Dry": "جفف",
        "When": "متى",
        "What": "ماذا",
        "Sore skin": "جلد مؤلم",
        "your skin is sore": "كان جلدك يؤلمك",
        "you cannot breathe": "لا تستطيع التنفس",
    },
    "zh-Hans": {
        "Clean hands": "清洁双手",
        "How to wash your hands.": "如何洗手。",
        "everyone": "所有人",
        "Wash": "洗手",
        "Dry": "擦干",
        "When": "何时",
        "What": "做什么",
        "Sore skin": "皮肤疼痛",
        "your skin is sore": "皮肤疼痛",
        "you cannot breathe": "无法呼吸",
    },
}
#: The words of longer texts, around what a translation keeps.
WORDS = {"ar": ("اتصل بنا على", "الآن من فضلك."), "zh-Hans": ("请致电", "联系我们。")}
CLINICS: Mapping[str, Mapping[str, Any]] = {
    "a": {},
    "b": {"phone": "0808 157 0987", "name": "Birch (West) & Sons Surgery"},
    "c": {"website": "", "phone": "0808 157 0111"},
    "d": {
        "address": [
            "Upper Riverside Building",
            "behind the old corn exchange on the square, third floor",
            "Anytown",
        ]
    },
    "e": {"phone": "+44 (808) 157-0456", "email": "a.long.address@skin.clinic.example"},
    "f": {"name": "The Old Mill Community Dermatology and Family Health Partnership " * 2},
    "g": {"logo": ""},
}
GRADIENT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><title>A</title><defs>'
    '<linearGradient id="g"><stop offset="0" stop-color="#00545f"/><stop offset="1"/>'
    '</linearGradient></defs><rect width="64" height="64" fill="url(#g)"/></svg>'
)


def write_clinic(root: Path, clinic: str, **changes: Any) -> None:
    """Write a clinic's file; the telephone numbers are kept for fiction."""
    values = {
        "name": f"Clinic {clinic.upper()}",
        "country": "GB",
        "formats": ["a4"],
        "address": ["1 Dale", "Anytown", "AN1 2YZ"],
        "phone": "0808 157 0123",
        "email": f"desk@{clinic}.example",
        "website": f"https://{clinic}.example",
        "advice_phone": "0808 157 0100",
        "emergency_number": "999",
        "logo": "northgate.svg",
        **changes,
    }
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in values.items() if value]
    lines += ["", "[[hours]]", 'first = "mon"', 'last = "fri"']
    lines += ["opens = 08:30:00", "closes = 18:00:00"]
    path = root / "content" / "clinics" / f"{clinic}.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")


def translated(msgid: str, tag: str) -> str:
    """Translate a text of the leaflet: by the table, or as words around what it keeps."""
    if msgid in TRANSLATED[tag]:
        return TRANSLATED[tag][msgid]
    kept = re.findall(r"\*\*\{\{.*?\}\}\*\*|\{\{.*?\}\}", msgid)
    before, after = WORDS[tag]
    return " ".join(f"{before} {item} {after}" for item in kept or [after])


@pytest.fixture(scope="session")
def leaflet_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with one leaflet in three languages, and no clinic."""
    root = tmp_path_factory.mktemp("fanout")
    shutil.copytree(ROOT / "templates", root / "templates", copy_function=os.link)
    (root / "content" / "leaflets" / "hands").mkdir(parents=True)
    (root / "content" / "leaflets" / "hands" / "leaflet.md").write_text(LEAFLET, "utf-8")
    (root / "content" / "clinics").mkdir()
    shutil.copy(SITUATIONS / "smallest" / "content" / "editorial.toml", root / "content")
    shutil.copy(ROOT / "content" / "clinics" / "northgate.svg", root / "content" / "clinics")
    (root / "locales").mkdir()
    for name in ("languages.toml", "words.toml"):
        shutil.copy(ROOT / "locales" / name, root / "locales")
    settings = '[tool.handbill]\nlanguages = ["ar", "zh-Hans"]\nfan-out = true\n'
    (root / "pyproject.toml").write_text(settings, "utf-8")
    blocks = load(root).leaflets["hands"].blocks
    for tag in TRANSLATED:
        folder = root / "locales" / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "locales" / tag / "LC_MESSAGES" / "handbill.po", folder)
        entries = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"']
        for context, msgid in dict.fromkeys((block.context, block.msgid) for block in blocks):
            said = f'msgctxt "{context}"\n' if context else ""
            entries.append(f'{said}msgid "{msgid}"\nmsgstr "{translated(msgid, tag)}"')
        (folder / "hands.po").write_text("\n\n".join(entries) + "\n", "utf-8")
    return root


@pytest.fixture
def root(leaflet_root: Path, tmp_path: Path) -> Path:
    """Return a copy of the project to change."""
    target = tmp_path / "project"
    shutil.copytree(leaflet_root, target, copy_function=os.link)
    return target


def load(root: Path) -> Project:
    """Load a project from disk."""
    return project.load(sources.read(root), today=TODAY)


def build(
    root: Path, *, tag: str = "", output: str = "output"
) -> tuple[runner.Build, list[Outcome]]:
    """Build a project's editions in one language, or in all."""
    loaded = load(root)
    made = runner.Build(
        loaded, Store(root / output), fonts_conf=str(FONTS / "fonts.conf"), findings=[]
    )
    wanted = [item for item in plan.editions(loaded) if tag in {"", item.language}]
    outcomes = list(made.run(wanted, runner.Inline(), 1))
    made.conclude(complete=not tag)
    return made, outcomes


def states(outcomes: list[Outcome]) -> dict[str, str]:
    """Return what became of each clinic's edition."""
    return {item.edition.clinic: item.state for item in outcomes}


def pixels(pdf: bytes) -> list[bytes]:
    """Draw the pages of a PDF at 100 dpi."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=100 / 72).to_numpy().tobytes() for page in document]


def structure(document: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Return the roles of a PDF's structure elements, in order, and what they say."""
    told = {page.objgen: dict(marked(page)) for page in document.pages}

    def walk(element: Any, page: Any) -> Iterator[tuple[str, str]]:
        page = element.get("/Pg", page)
        kids = element.get("/K", [])
        kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        own = "".join(told[page.objgen][int(kid)] for kid in kids if isinstance(kid, int))
        yield str(element.S), str(element.get("/Alt", "")) or own
        for kid in kids:
            if not isinstance(kid, int) and "/S" in kid:
                assert kid.P.objgen == element.objgen
                yield from walk(kid, page)

    return list(walk(document.Root.StructTreeRoot.K[0], None))


def marked(page: pikepdf.Page) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each piece of marked content."""
    maps: dict[str, dict[bytes, str]] = {}
    for name, dictionary in page.resources.Font.items():
        pairs = re.findall(
            rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", dictionary.ToUnicode.read_bytes()
        )
        maps[name] = {
            bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in pairs
        }
    font, number, text = "", -1, ""
    found: Any
    for found in pikepdf.parse_content_stream(page):
        operands, operator = found
        if str(operator) == "BDC":
            number, text = int(operands[1].get("/MCID", -1)), ""
        elif str(operator) == "Tf":
            font = str(operands[0])
        elif str(operator) == "TJ":
            for part in operands[0]:
                if isinstance(part, pikepdf.String):
                    data = bytes(part)
                    codes = (data[i : i + 2] for i in range(0, len(data), 2))
                    text += "".join(maps[font].get(code, "?") for code in codes)
        elif str(operator) == "EMC" and number >= 0:
            yield number, text
            number = -1


def titles(document: pikepdf.Pdf) -> list[tuple[str, list[float]]]:
    """Return a PDF's bookmarks, and where they lead."""
    found: list[tuple[str, list[float]]] = []

    def visit(items: Any) -> None:
        for item in items:
            found.append((item.title, [float(at) for at in item.destination[2:4]]))
            visit(item.children)

    with document.open_outline() as outline:
        visit(outline.root)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["en", "ar", "zh-Hans"])
def test_imprinted_editions_equal_those_that_are_typeset_directly(root: Path, tag: str) -> None:
    """Pages, structure, bookmarks and metadata are the same, and both standards are met."""
    # A long address is broken over lines, which LF508 does not understand in Arabic.
    clinics = {name: value for name, value in CLINICS.items() if (tag, name) != ("ar", "d")}
    for name, changes in clinics.items():
        write_clinic(root, name, **changes)
    made, outcomes = build(root, tag=tag)

    assert dict.fromkeys(clinics, "imprinted") == states(outcomes)
    assert not made.direct

    loaded = load(root)
    for outcome in outcomes:
        job = plan.job(loaded, outcome.edition)
        proof = press.compose(job, made.toolchain)
        assert not isinstance(proof, Fault)
        direct = press.print_proof(proof)
        imprinted = (root / "output" / outcome.edition.path).read_bytes()

        assert pixels(direct.data) == pixels(imprinted)
        assert press.read_back(proof, imprinted) == []
        assert direct.pages == outcome.pages

        with (
            pikepdf.open(io.BytesIO(direct.data)) as theirs,
            pikepdf.open(io.BytesIO(imprinted)) as ours,
        ):
            assert structure(theirs) == structure(ours)
            assert titles(theirs) == titles(ours)
            assert dict(theirs.docinfo) == dict(ours.docinfo)
            assert theirs.Root.Metadata.read_bytes() == ours.Root.Metadata.read_bytes()
            assert ours.check_pdf_syntax() == []


@pytest.mark.slow
def test_what_cannot_be_imprinted_is_typeset_directly_and_counted(root: Path) -> None:
    """A logo with a gradient, whose drawing is not cut out, goes the direct way; others do not."""
    write_clinic(root, "plain")
    write_clinic(root, "shaded", logo="shaded.svg")
    (root / "content" / "clinics" / "shaded.svg").write_text(GRADIENT, "utf-8")
    made, outcomes = build(root, tag="en")

    assert states(outcomes) == {"plain": "imprinted", "shaded": "typeset"}
    assert made.direct == {"its logo has patterns or gradients": 1}


@pytest.mark.slow
def test_bytes_do_not_depend_on_other_clinics_nor_on_the_order(root: Path) -> None:
    """An edition has the same bytes alone, and among others, in whatever order they are made."""
    write_clinic(root, "b", **CLINICS["b"])
    build(root, tag="en", output="alone")
    for name, changes in CLINICS.items():
        write_clinic(root, name, **changes)
    _made, outcomes = build(root, tag="en", output="among")
    loaded = load(root)
    again = runner.Build(
        loaded, Store(root / "again"), fonts_conf=str(FONTS / "fonts.conf"), findings=[]
    )
    backwards = [item.edition for item in reversed(outcomes)]
    list(again.run(backwards, runner.Inline(), 1))

    path = "b/en/hands.a4.pdf"
    alone, among = (root / "alone" / path), (root / "among" / path)
    assert alone.read_bytes() == among.read_bytes()
    for edition in backwards:
        assert (root / "among" / edition.path).read_bytes() == (
            root / "again" / edition.path
        ).read_bytes()


@pytest.mark.slow
def test_a_new_number_imprints_one_clinic_and_typesets_no_shell(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shells are kept: one clinic's change costs its card and its own editions."""
    for name in ("a", "b"):
        write_clinic(root, name)
    build(root, tag="en")
    write_clinic(root, "a", phone="0808 157 0777")
    monkeypatch.setattr(fanout, "make_shell", None)
    made, outcomes = build(root, tag="en")

    assert states(outcomes) == {"a": "imprinted", "b": "reused"}
    with pypdfium2.PdfDocument(root / "output" / "a/en/hands.a4.pdf") as document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert text.count("0777") == 4
    assert "0123" not in text
    assert made.rows["a/en/hands.a4.pdf"]["leaflet"] == "hands"


@pytest.mark.slow
def test_clinics_that_differ_only_in_what_is_not_printed_share_a_shell(root: Path) -> None:
    """A number in a local variant that nobody prints makes no difference, and loses no edition."""
    path = root / "content" / "leaflets" / "hands" / "leaflet.md"
    text = path.read_text("utf-8").replace("{{ clinic.phone }}", "{{ clinic.emergency_number }}")
    path.unlink()
    path.write_text(text + "\n!!! variant water hot\n    Call {{ clinic.phone }}.\n", "utf-8")
    write_clinic(root, "a")
    write_clinic(root, "b", phone="0808 1570123")
    made, outcomes = build(root, tag="en")

    assert states(outcomes) == {"a": "imprinted", "b": "imprinted"}
    assert len({row["parts"][0] for row in made.rows.values()}) == 1


@pytest.mark.slow
def test_a_build_with_nothing_to_do_keeps_shells_and_cards(root: Path) -> None:
    """What imprinted editions were made of is not forgotten while they are published."""
    write_clinic(root, "a")
    made, _outcomes = build(root)
    parts = made.rows["a/en/hands.a4.pdf"]["parts"]
    again, outcomes = build(root)

    assert {"reused"} == {item.state for item in outcomes}
    assert all(again.store.impression(key) for key in parts)


@pytest.mark.slow
def test_a_build_says_what_was_not_validated_one_by_one(root: Path) -> None:
    """The count of validated PDFs leaves out those that are imprinted, and names them."""
    write_clinic(root, "plain")
    write_clinic(root, "shaded", logo="shaded.svg")
    (root / "content" / "clinics" / "shaded.svg").write_text(GRADIENT, "utf-8")
    said = subprocess.run(
        [sys.executable, "build.py", "--root", root, "--language", "en", "--executor", "inline"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stderr

    assert "directly, not imprinted: 1, because its logo has patterns or gradients" in said
    assert "validated by PDF/UA-1 and PDF/A-2a: 1 of 2 PDFs" in said
    assert "imprinted: 1 PDFs; their shells, their cards and a sample are validated" in said
    assert "1 typeset, 1 imprinted, 0 reused, 0 stopped" in said


@pytest.mark.slow
def test_an_edition_that_fails_its_examination_is_typeset_directly(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first edition of a shell is found wrong, none is imprinted on it."""
    for name in ("a", "b"):
        write_clinic(root, name)
    read_back = press.read_back

    def find(proof: Any, pdf: bytes) -> list[Fault]:
        if proof.edition.clinic in {"a", "b"} and proof.edition.leaflet == "hands":
            place = Location(path=proof.edition.path)
            return [Fault(kind="text-layer", location=place, message="it lies")]
        return read_back(proof, pdf)

    monkeypatch.setattr(press, "read_back", find)
    made, outcomes = build(root, tag="en")

    assert made.direct == {"it was examined, and found wrong: it lies": 2}
    assert states(outcomes) == {"a": "stopped", "b": "stopped"}


def test_editions_with_an_address_of_their_own_are_not_fanned_out(root: Path) -> None:
    """With a site, each edition has another address and another code for it."""
    write_clinic(root, "a")
    settings = (root / "pyproject.toml").read_text("utf-8")
    (root / "pyproject.toml").unlink()
    (root / "pyproject.toml").write_text(settings + 'site = "https://example.org"\n', "utf-8")
    loaded = load(root)
    job = plan.job(loaded, next(iter(plan.editions(loaded))))

    with pytest.raises(imprint.Unfit, match="address"):
        press.shell(job)


def test_a_template_that_shows_the_clinic_elsewhere_is_not_fanned_out(root: Path) -> None:
    """What stands in no block of the clinic's would be another clinic's on most leaflets."""
    write_clinic(root, "a")
    loaded = load(root)
    job = plan.job(loaded, next(iter(plan.editions(loaded))))
    page = job.templates.sources[templates.PAGE]
    page = page.replace("<main>", "<main><p>{{ clinic.name }}</p>")
    pages = {**job.templates.sources, templates.PAGE: page}
    changed = dataclasses.replace(job.templates, sources=pages, digest="changed")
    blank, masks = press.shell(dataclasses.replace(job, templates=changed))

    with pytest.raises(imprint.Unfit, match="elsewhere"):
        press.compose_shell(blank, masks, {"brand": 40, "name": 22, "facts": 112}, "")


def test_only_digits_of_long_numbers_are_blank(root: Path) -> None:
    """A shell is for all numbers that are written alike; one of a whole country is its own."""
    write_clinic(root, "a")
    loaded = load(root)
    blank, masks = press.shell(plan.job(loaded, next(iter(plan.editions(loaded)))))

    assert {"clinic.advice_phone", "clinic.phone"} == set(masks)
    assert re.fullmatch(r"(\d)\1{3}\xa0\1{3}\xa0\1{4}", masks["clinic.phone"])
    assert masks["clinic.phone"] != masks["clinic.advice_phone"]
    assert blank.clinic.slots["clinic.emergency_number"] == "999"
