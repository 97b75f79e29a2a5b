"""What the validator says, and where."""

import weasyprint

from handbill import validate


def test_a_failure_names_its_page() -> None:
    """What is wrong on the second page is said to be there; what concerns the file has no page."""
    html = (
        '<html lang="en"><title>x</title><p style="break-after: page">one</p>'
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    )
    pdf = weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")

    found = list(validate.problems(pdf))

    assert any(
        item.startswith("PDF/UA-1, page 2: a Table structure element has rows") for item in found
    )
    assert any(item.startswith("PDF/A-2a: the applicable document trailer") for item in found)
