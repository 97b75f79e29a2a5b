"""Print web pages with WeasyPrint, as its documentation shows it: one after another.

python bench/peer_weasyprint.py out/ pages/*.html
"""

import sys
from pathlib import Path

from weasyprint import HTML


out, *pages = map(Path, sys.argv[1:])
for page in pages:
    HTML(page).write_pdf(out / f"{page.stem}.pdf", pdf_variant="pdf/ua-1")
