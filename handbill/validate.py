"""Judge a finished PDF by PDF/UA-1 and PDF/A-2a. The only importer of page (page-validation).

A machine decides only part of either standard: what is silent here is not yet accessible.
"""

from collections.abc import Iterator

import page


#: The profiles that every PDF is judged by: ISO 14289-1 and ISO 19005-2, level A.
PROFILES = {"ua1": "PDF/UA-1", "2a": "PDF/A-2a"}


def problems(pdf: bytes) -> Iterator[str]:
    """Yield each failure of a PDF, with the validator's own id for the clause."""
    for profile, name in PROFILES.items():
        try:
            report = page.validate_pdf_bytes(pdf, profile=profile)
        except page.PageError as error:
            yield f"{name}: {error}"
            continue
        for failure in report.failures:
            yield f"{name}: {failure.message} ({failure.rule_id})"
