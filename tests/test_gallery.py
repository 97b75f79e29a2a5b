"""The gallery of components, and the code that leads from paper to the newest text."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp

from handbill import cli, languages, plan, press, project, sources, templates
from handbill.commands import told
from handbill.editions import Edition
from handbill.model import Project, Proof
from tests.conftest import ROOT, TODAY, findings


#: A gallery in the style of the smallest project.
PAGE = """\
<!DOCTYPE html>
<html lang="{{ language.tag }}" dir="{{ language.direction }}">
<title>{{ language.autonym }}</title>
<style>{{ typography }} {{ stylesheet }}</style>
<p class="draft">{{ t("Draft") }}</p>
<h1>{{ language.autonym }}</h1>
{% for entry in entries %}
<h2><span lang="{{ source_language }}" dir="ltr">{{ entry.name }}</span></h2>
{{ entry.html }}
{% endfor %}
</html>
"""
SITE = "https://leaflets.example.org/print"


@pytest.fixture(scope="module")
def loaded() -> Project:
    """Return the project that ships, which publishes its web pages."""
    found = project.load(sources.read(ROOT), today=TODAY)
    return replace(found, settings=replace(found.settings, site=SITE))


def composed(loaded: Project, language: str, form: str) -> Proof:
    """Compose an edition of the leaflet that ships."""
    kind = loaded.formats[form].kind
    edition = Edition(
        leaflet="milia", clinic="northgate", language=language, format=form, kind=kind
    )
    proof = press.compose(plan.job(loaded, edition), "")
    assert isinstance(proof, Proof)
    return proof


def codes(pdf: bytes, resolution: int) -> list[str]:
    """Read the codes of a PDF's pages as a camera would."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [
            found.text
            for page in document
            for found in zxingcpp.read_barcodes(page.render(scale=resolution / 72).to_pil())
        ]


def structure(pdf: bytes) -> list[str]:
    """Return the kinds of a PDF's structure elements, in reading order."""
    found: list[str] = []

    def walk(element: Any) -> None:
        node = element.get_object() if element is not None else None
        if isinstance(node, list):
            for kid in node:
                walk(kid)
        elif isinstance(node, dict) and "/S" in node:
            found.append(str(node["/S"]))
            walk(node.get("/K"))

    root: Any = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    walk(root["/StructTreeRoot"]["/K"])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["en", "ar"])
@pytest.mark.parametrize("form", ["", "large-print", "mono", "a5-booklet", "html"])
def test_every_component_prints_without_fault(loaded: Project, tag: str, form: str) -> None:
    """Both standards' validator, the fonts and the text layer have nothing to say of any."""
    proof = press.gallery(loaded, tag, loaded.formats.get(form), "")

    assert press.print_proof(proof).faults == ()
    names = set(re.findall(r"<h2><span [^>]*>([a-z-]+)<", proof.html))
    assert names == {*loaded.templates.components, *templates.FURNITURE}


@pytest.mark.slow
def test_components_are_tagged_as_what_they_are(loaded: Project) -> None:
    """Steps, times and words are lists; a dose stands in a table with heads."""
    tags = structure(press.print_proof(press.gallery(loaded, "en", None, "")).data)

    assert tags.count("/H1") == 1
    assert tags.count("/H2") == len(loaded.templates.components) + len(templates.FURNITURE)
    assert tags.count("/H3") == len(loaded.templates.components)
    assert tags.count("/L") >= 9
    assert tags.count("/Figure") == 1
    assert tags.count("/TH") >= 5


@pytest.mark.slow
def test_steps_are_numbered_in_the_languages_digits(loaded: Project) -> None:
    """Where a language has digits of its own, the large numerals are those."""
    table = {**loaded.languages, "ar": replace(loaded.languages["ar"], digits="arab")}
    pdf = press.print_proof(press.gallery(replace(loaded, languages=table), "ar", None, "")).data
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)

    assert {"\u0661", "\u0662", "\u0663", "\u0664"} <= set(text)


def test_every_numbering_system_has_a_counter_style() -> None:
    """A step's numeral is never left to chance."""
    assert set(languages.COUNTERS) == set(languages.ZEROS)


@pytest.mark.slow
def test_the_command_writes_one_language_of_each_direction(
    copied: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a choice the gallery is in the source language and in one that mirrors."""
    root = copied()
    (root / "templates" / "gallery.html.jinja").write_text(PAGE, "utf-8")

    status = cli.main(["gallery", "--root", str(root), "--today", TODAY.isoformat()])

    assert status == told.CLEAN, capsys.readouterr().err
    written = sorted(path.name for path in (root / "output" / "gallery").iterdir())
    assert written == ["ar.pdf", "en.pdf"]
    assert cli.main(["gallery", "--root", str(root), "--language", "fr"]) == told.STUCK
    cli.main(["clean", "--root", str(root)])
    assert not (root / "output" / "gallery").exists()


def test_a_mistake_in_a_sample_is_found_and_stops_no_leaflet() -> None:
    """Samples are checked like leaflets, and concern nothing that patients get."""
    path = "templates/components/warning/fixture.md"
    found = findings({path: "<b>Soap</b>\n"})

    assert [(item.name, item.location.path) for item in found] == [("raw-html", path)] * 2
    assert not plan.stopped_by(
        Edition(leaflet="hands", clinic="one", language="en", format="a4"), found
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "form"), [("en", "a4"), ("ar", "a5-booklet"), ("ur", "large-print"), ("hi", "mono")]
)
def test_the_code_on_paper_leads_to_the_address_beside_it(
    loaded: Project, tag: str, form: str
) -> None:
    """A camera reads it off the page at a fax's resolution, and it says what is printed."""
    proof = composed(loaded, tag, form)
    impression = press.print_proof(proof)
    address = f"{SITE}/northgate/milia/{tag}/"

    assert impression.faults == ()
    assert codes(impression.data, 150) == [address]
    assert f'<span class="url" dir="ltr"><a href="{address}">{address}</a></span>' in proof.html


def test_web_pages_have_a_link_and_no_code(loaded: Project) -> None:
    """Nobody scans a screen with the telephone that shows it."""
    proof = composed(loaded, "es", "html")

    assert f'<a href="{SITE}/northgate/milia/es/">' in proof.html
    assert "barcode" not in hypertext_body(proof.html)
    assert not any(name.startswith("press/") for name in proof.assets)


def hypertext_body(html: str) -> str:
    """Return a page without its head."""
    return html.partition("</head>")[2]


def test_without_a_site_nothing_is_promised(loaded: Project) -> None:
    """No code and no address where no web pages are published."""
    plain = replace(loaded, settings=replace(loaded.settings, site=""))
    proof = composed(plain, "en", "a4")

    assert "barcode" not in hypertext_body(proof.html)
    assert "newest version" not in proof.html
