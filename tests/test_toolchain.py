"""The versions that shape a PDF."""

import ctypes

import pytest

from handbill import toolchain
from handbill.diagnostics import HandbillError


def test_everything_that_shapes_a_pdf_is_named() -> None:
    """Python, packages, libraries and ourselves are in the fingerprint."""
    found = toolchain.versions()

    assert set(toolchain.PACKAGES) <= set(found)
    assert {"python", "pango", "harfbuzz", "harfbuzz-subset", "fontconfig", "handbill"} <= set(
        found
    )
    assert found["weasyprint"] == "70.0"


def test_fonts_are_part_of_the_fingerprint() -> None:
    """Another font is another toolchain."""
    assert toolchain.fingerprint({"a.ttf": "1"}) != toolchain.fingerprint({"a.ttf": "2"})


def test_a_missing_library_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HarfBuzz's subsetter nothing is printed; rule "missing-library"."""
    load = ctypes.CDLL

    def refuse(name: str) -> ctypes.CDLL:
        if "subset" in name:
            raise OSError(name)
        return load(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with pytest.raises(HandbillError) as caught:
        toolchain.versions.__wrapped__()

    assert caught.value.fault.kind == "missing-library"
    assert "libharfbuzz-subset0" in caught.value.fault.hint
