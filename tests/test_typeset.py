"""The press itself: what it does when WeasyPrint would not end."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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


def here(work: Callable[[], None]) -> None:
    """Do it in the main thread."""
    work()


def in_thread(work: Callable[[], None]) -> None:
    """Do it as a cluster's worker does: in another thread than the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("do", [here, in_thread], ids=["main thread", "other thread"])
def test_what_swallows_the_interruption_is_interrupted_again(
    do: Callable[[Callable[[], None]], None],
) -> None:
    """WeasyPrint goes on after whatever is raised while it loads a picture."""

    def doze() -> None:
        for _ in range(500):
            time.sleep(0.01)

    def stubborn() -> None:
        with typeset._patience(0.2):
            with contextlib.suppress(TimeoutError):
                doze()
            doze()

    began = time.monotonic()
    with pytest.raises(TimeoutError, match="not finished after"):
        do(stubborn)

    assert time.monotonic() - began < 4


def test_an_interruption_ends_with_its_page() -> None:
    """What is in time is left alone, and so is what the same thread does next."""

    def quick() -> None:
        with typeset._patience(0.3):
            time.sleep(0.1)
        for _ in range(50):
            time.sleep(0.01)

    in_thread(quick)
