"""The same messages for `pybabel extract`, for teams that run their own gettext tools.

Name these functions in a mapping: `method = "handbill.extractors:leaflet"`. Babel takes `50% of`
for a Python format string, and marks it so; `catalog extract` does not.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from handbill import project, templates
from handbill.diagnostics import HandbillError
from handbill.model import Block
from handbill.sources import Sources


Extracted = tuple[int, str | None, str | tuple[str, str], Sequence[str]]


def leaflet(
    file: BinaryIO, keywords: object, tags: object, options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Yield the messages of a leaflet, the texts of its front matter first.

    Raises:
        HandbillError: the leaflet has a mistake, so that some of its text is not seen.
    """
    del keywords, tags, options
    folder = Path(file.name).resolve().parent.name
    path = f"content/leaflets/{folder}/leaflet.md"
    found = project.load(Sources(root="", files={path: file.read()}, digests={}), today=dt.date.max)
    for fault in found.faults:
        if fault.location.path == path:
            raise HandbillError(fault)
    for item in found.leaflets.values():
        yield from map(_extracted, item.blocks)


def template(
    file: BinaryIO, keywords: object, tags: object, options: Mapping[str, Any]
) -> Iterator[Extracted]:
    """Yield the messages of a template.

    Raises:
        HandbillError: Jinja cannot read it.
    """
    del keywords, tags, options
    yield from map(_extracted, templates.messages(Path(file.name).name, file.read().decode()))


def _extracted(block: Block) -> Extracted:
    comments = (f"type: {block.kind}", *block.notes)
    if block.context is not None:
        return block.line, "pgettext", (block.context, block.msgid), comments
    return block.line, None, block.msgid, comments
