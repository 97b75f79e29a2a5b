"""What is mended in painted PDFs, as readers that follow the structure have it."""

import re
import subprocess
import zlib
from pathlib import Path

import pydyf
import pytest
import weasyprint

from handbill import finish


pytestmark = pytest.mark.slow

PAGE = """<html lang="en"><head><title>Leaflet</title><style>
@page { @bottom-center { content: "foot"; opacity: .5 } }
body { font-family: "Noto Sans" }
</style></head><body>
<h1>One</h1>
<p class="pale">Ask <a href="https://example.org/">a nurse</a> soon.</p>
<div class="pale"><h2>Two</h2><p class="pale">Within it.</p><ul><li>An item.</li></ul></div>
<p class="pale" style="break-before: page">On the next page.</p>
</body></html>"""


def heard(html: str, path: Path) -> str:
    """Return the structure of a page's PDF with the text of each element, as poppler follows it."""
    document = weasyprint.HTML(string=html).render()
    finish.describe(document)
    document.write_pdf(path, finisher=lambda _, pdf: finish.finish(pdf), pdf_variant=finish.VARIANT)
    told = subprocess.run(
        ["pdfinfo", "-struct-text", path], check=True, capture_output=True, text=True
    ).stdout
    return re.sub(r"Object \d+ \d+", "Object", told)


def test_translucent_text_belongs_to_the_structure(tmp_path: Path) -> None:
    """WeasyPrint leaves what is painted through `opacity` mute; feet of pages are to stay so."""
    opaque = heard(PAGE, tmp_path / "opaque.pdf")
    pale = heard(f"{PAGE}<style>.pale {{ opacity: .5 }}</style>", tmp_path / "pale.pdf")

    assert "Within it." in opaque
    assert "foot" not in opaque
    assert opaque == pale


@pytest.mark.parametrize("ending", [b"\n", b"\r"])
@pytest.mark.parametrize("extra", [{}, {"Length1": 0}], ids=["page", "font"])
def test_no_packed_stream_ends_like_a_line(ending: bytes, extra: dict[str, int]) -> None:
    """Adler-32, the end of a packed stream, may be such a byte; noughts added would keep it so."""
    # The sum of the bytes, and one, is the last byte.
    plain = bytes([ending[0] - 1])
    assert zlib.compress(plain)[-1:] == ending
    stream = pydyf.Stream([plain], dict(extra), compress=True)

    finish._settle(stream)

    packed = stream.stream[0]
    assert packed[-1:] not in {b"\n", b"\r"}
    assert zlib.decompress(packed).startswith(plain)
    assert stream.extra.get("Length1") in {None, len(zlib.decompress(packed))}
