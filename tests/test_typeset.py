"""The press itself: what it does when WeasyPrint would not end."""

import contextlib
import time

import pytest

from handbill import typeset
from handbill.editions import Edition
from handbill.model import Proof


def test_a_page_that_is_never_finished_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each flex box inside another doubles WeasyPrint's work: 24 of them are a day's."""
    monkeypatch.setattr(typeset, "PATIENCE", 1)
    proof = Proof(
        edition=Edition(leaflet="x", clinic="x", language="en", format="a4"),
        html='<html lang="en"><title>x</title><style>div { display: flex }</style>'
        + "<div>" * 24 + "x" + "</div>" * 24,
        assets={}, fonts=("Noto Sans",), script="Latn", direction="ltr", imposition="",
        places={}, key="",
    )  # fmt: skip
    began = time.monotonic()

    impression = typeset.typeset(proof)

    assert time.monotonic() - began < 20
    assert impression.data == b""
    assert [fault.kind for fault in impression.faults] == ["engine-failure"]
    assert "not finished after 1 seconds" in impression.faults[0].message


def test_what_swallows_the_interruption_is_interrupted_again() -> None:
    """WeasyPrint goes on after whatever is raised while it loads a picture."""

    def stubborn() -> None:
        with typeset._patience(0.2):
            with contextlib.suppress(TimeoutError):
                time.sleep(5)
            time.sleep(5)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        stubborn()

    assert time.monotonic() - began < 4
