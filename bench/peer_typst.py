"""Print Typst sources with one compiler, which has read the fonts once.

python bench/peer_typst.py fonts/ out/ pages/*.typ
"""

import sys
from pathlib import Path

import typst


fonts, out, *pages = map(Path, sys.argv[1:])
compiler = typst.Compiler(root=pages[0].parent, font_paths=[str(fonts)], ignore_system_fonts=True)
for page in pages:
    compiler.compile(page, output=out / f"{page.stem}.pdf", format="pdf", pdf_standards="ua-1")
