"""Print web pages with one headless Chromium, by its protocol for developers.

python bench/peer_chromium.py /usr/bin/chromium out/ pages/*.html
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


program, out, *pages = map(Path, sys.argv[1:])
options = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
if os.geteuid() == 0:
    options.append("--no-sandbox")  # Chromium has none for root
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=program, args=options)
    window = browser.new_page()
    for page in pages:
        window.goto(page.resolve().as_uri())
        window.pdf(
            path=out / f"{page.stem}.pdf",
            prefer_css_page_size=True,
            print_background=True,
            tagged=True,
        )
    browser.close()
