"""Plain pybabel finds what `catalog extract` finds."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from handbill import catalog, extractors, project, sources
from handbill.diagnostics import HandbillError
from tests.conftest import ROOT, TODAY


Texts = dict[tuple[str | None, str], tuple[set[str], set[tuple[str, int]]]]


def texts(pot: bytes) -> Texts:
    """Return the notes and the places of each message of a POT file."""
    return {
        (entry.context, str(entry.id)): (
            set(entry.auto_comments),
            {(path, int(line)) for path, line in entry.locations if line},
        )
        for entry in read_po(io.BytesIO(pot))
        if entry.id
    }


def test_pybabel_extracts_the_same_messages(tmp_path: Path) -> None:
    """With the mapping in pyproject.toml: msgids, contexts, notes, files and lines."""
    loaded = project.load(sources.read(ROOT), today=TODAY)
    blocks = [block for found in catalog.texts(loaded).values() for block in found]
    pot = tmp_path / "all.pot"

    subprocess.run(
        [
            *(sys.executable, "-m", "babel.messages.frontend", "extract"),
            *("-F", "pyproject.toml", "-o", str(pot), "."),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )

    theirs = texts(pot.read_bytes())
    ours = texts(catalog.template("all", blocks, date=TODAY))
    assert ours.keys() == theirs.keys()
    for key, (notes, places) in ours.items():
        assert notes == theirs[key][0]
        # A word that templates use twice is listed where it is first used.
        assert places <= theirs[key][1]


def test_a_leaflet_with_a_mistake_is_not_extracted(tmp_path: Path) -> None:
    """Half of a leaflet's messages would look like all of them."""
    path = tmp_path / "hands" / "leaflet.md"
    path.parent.mkdir()
    path.write_text("+++\nid = 1\n+++\n", "utf-8")

    with path.open("rb") as file, pytest.raises(HandbillError, match="'id' is not a text"):
        list(extractors.leaflet(file, (), (), {}))
