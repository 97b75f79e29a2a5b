"""Fitting a text to its paper: which of the designer's settings is taken, and what is left over.

A stylesheet names its settings by an attribute of the root, `[data-fit="tight-1"]`: tighter ones
`tight-1`, `tight-2` and on, and roomier ones `roomy-1` and on. The press tries them in order, and
only where the plain setting does not do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


#: The part of a page below which it looks as if it had been left over by mistake.
NEARLY_EMPTY = 0.15

_SETTING = re.compile(r"\[data-fit=[\"']?((tight|roomy)-\d+)[\"']?\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a text takes up in one setting.

    Attributes:
        setting: its name; empty for the plain one.
        lines: how many lines each page holds.
        last: the part of the last page that is filled, from 0 to 1.
    """

    setting: str
    lines: tuple[int, ...]
    last: float

    @property
    def pages(self) -> int:
        """How many pages it takes."""
        return len(self.lines)

    @property
    def is_ragged(self) -> bool:
        """Whether its last page is nearly empty; a single page may be."""
        return self.pages > 1 and self.last < NEARLY_EMPTY

    def over(self, budget: int) -> int:
        """Return how many lines stand beyond a budget of pages; 0 is no budget."""
        return sum(self.lines[budget:]) if budget else 0


def settings(html: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tighter and the roomier settings that a page's stylesheets know, in order."""
    found: dict[str, set[str]] = {"tight": set(), "roomy": set()}
    for name, kind in _SETTING.findall(html):
        found[kind].add(name)
    tight, roomy = (
        tuple(sorted(found[kind], key=lambda name: int(name.split("-")[1])))
        for kind in ("tight", "roomy")
    )
    return tight, roomy


def apply(html: str, setting: str) -> str:
    """Put a page in a setting."""
    return html.replace("<html ", f'<html data-fit="{setting}" ', 1) if setting else html


def fit(html: str, budget: int, lay_out: Callable[[str], Layout]) -> Layout:
    """Return the layout to print.

    A text within its budget whose last page is not nearly empty is printed plain. One beyond it
    is set tighter, as little as need be; a nearly empty last page is saved by a tighter setting,
    or filled by a roomier one.

    Args:
        html: the page.
        budget: how many pages it may take; 0 for any number.
        lay_out: lays the page out in a setting.
    """
    plain = lay_out("")
    if not plain.over(budget) and not plain.is_ragged:
        return plain
    tight, roomy = settings(html)
    tightest = plain
    for name in tight:
        tightest = lay_out(name)
        fits = not tightest.over(budget)
        if fits and tightest.pages < plain.pages and not tightest.is_ragged:
            return tightest
    if plain.over(budget):
        return tightest
    for name in roomy:
        layout = lay_out(name)
        if not layout.over(budget) and not layout.is_ragged:
            return layout
    return plain
