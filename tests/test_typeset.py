"""The press itself: what it does when WeasyPrint would not end."""

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
