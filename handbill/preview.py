"""Pictures of finished pages, for people who choose a leaflet by its looks.

They are what a reader in Chrome would see. With proofread the only importer of pypdfium2, and the
only one of Pillow.
"""

import io
from collections.abc import Iterator

import pypdfium2
from PIL import Image


#: Pixels an inch: an A4 page is 827 pixels wide, enough to read it on a screen.
RESOLUTION = 100
#: Colours of a picture: a page of text looks the same with more, and is four times as large.
_COLOURS = 64
#: Of a photograph that is looked at once, for a moment, on the same machine.
_SHARP, _QUALITY = 120, 85


def pictures(pdf: bytes) -> Iterator[bytes]:
    """Yield each page, or each side of a sheet, as a PNG picture."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            seen = page.render(scale=RESOLUTION / 72).to_pil().convert("RGB")
            few = seen.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
            picture = io.BytesIO()
            few.save(picture, "PNG")
            yield picture.getvalue()


def photographs(pdf: bytes) -> Iterator[bytes]:
    """Yield each page as a JPEG picture: larger files than `pictures`, in a third of the time."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            seen = page.render(scale=_SHARP / 72).to_pil().convert("RGB")
            picture = io.BytesIO()
            seen.save(picture, "JPEG", quality=_QUALITY)
            yield picture.getvalue()
