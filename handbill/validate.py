"""Judge a finished PDF by PDF/UA-1 and PDF/A-2a. The only importer of page (page-validation).

A machine decides only part of either standard: what is silent here is not yet accessible.
"""

import io
from collections.abc import Iterator
from typing import Any

import page
import pikepdf


#: The profiles that every PDF is judged by: ISO 14289-1 and ISO 19005-2, level A.
PROFILES = {"ua1": "PDF/UA-1", "2a": "PDF/A-2a"}


def problems(pdf: bytes) -> Iterator[str]:
    """Yield each failure of a PDF: its page where it has one, and the validator's id for it."""
    for profile, name in PROFILES.items():
        try:
            report = page.validate_pdf_bytes(pdf, profile=profile)
        except page.PageError as error:
            yield f"{name}: {error}"
            continue
        if not report.failures:
            continue
        with pikepdf.open(io.BytesIO(pdf)) as document:
            for failure in report.failures:
                where = _where(document, failure.object_id)
                yield f"{name}{where}: {failure.message} ({failure.rule_id})"


def _where(document: pikepdf.Pdf, name: Any) -> str:
    """Say on which page an object stands; nothing for those that belong to the whole document."""
    if name is None:
        return ""
    wanted = document.get_object((name.object_number, name.generation))
    pages = [item.objgen for item in document.pages]
    for found in _below(wanted, 0):
        if found.objgen in pages:
            return f", page {pages.index(found.objgen) + 1}"
    for number, sheet in enumerate(document.pages, start=1):
        held = [sheet.obj.get(key) for key in ("/Contents", "/Resources")]
        held += list(sheet.obj.get("/Annots", ()))
        if wanted.objgen in [item.objgen for item in held if item is not None]:
            return f", page {number}"
    return ""


def _below(found: Any, depth: int) -> Iterator[Any]:
    """Yield an object, its page, and those of what stands below it in the structure."""
    if depth > 20 or not isinstance(found, pikepdf.Dictionary):
        return
    yield found
    if "/Pg" in found:
        yield found["/Pg"]
    kids = found.get("/K", ())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        yield from _below(kid, depth + 1)
