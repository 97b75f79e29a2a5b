"""Which setting a text is printed in: plain where that does, tighter or roomier where it helps."""

import pytest

from handbill import fitting
from handbill.fitting import Layout


HTML = '<html lang="en"><style>{}</style></html>'
ALL = HTML.format(
    '[data-fit="tight-2"] {} [data-fit=tight-1] {} [data-fit="roomy-1"], [data-fit="tight-10"] {}'
)
FULL, RAGGED = 0.9, 0.05


def layouts(**found: tuple[int, float]) -> dict[str, Layout]:
    """Return layouts by setting, from pages of 40 lines and how full the last is."""
    return {
        name.replace("_", "-").removeprefix("plain"): Layout(
            setting=name.replace("_", "-").removeprefix("plain"),
            lines=(40,) * (pages - 1) + (round(40 * last),),
            last=last,
        )
        for name, (pages, last) in found.items()
    }


@pytest.mark.parametrize(
    ("budget", "found", "chosen"),
    [
        (0, {"plain": (3, FULL)}, ""),
        (4, {"plain": (4, FULL)}, ""),
        # Too long: as little tighter as will do.
        (2, {"plain": (3, FULL), "tight_1": (3, FULL), "tight_2": (2, FULL)}, "tight-2"),
        (2, {"plain": (3, FULL), "tight_1": (2, FULL)}, "tight-1"),
        # Too long even so: the tightest, so that the finding counts as few lines as can be.
        (
            1,
            {"plain": (3, FULL), "tight_1": (3, FULL), "tight_2": (2, FULL), "tight_10": (2, 0.5)},
            "tight-10",
        ),
        # A last page nearly empty: saved, or filled, or left as it is.
        (0, {"plain": (3, RAGGED), "tight_1": (3, RAGGED), "tight_2": (2, FULL)}, "tight-2"),
        (
            0,
            {
                "plain": (3, RAGGED),
                **dict.fromkeys(("tight_1", "tight_2", "tight_10"), (3, RAGGED)),
                "roomy_1": (3, 0.3),
            },
            "roomy-1",
        ),
        (
            0,
            {
                "plain": (3, RAGGED),
                **dict.fromkeys(("tight_1", "tight_2", "tight_10", "roomy_1"), (3, RAGGED)),
            },
            "",
        ),
        # A single page may be nearly empty.
        (2, {"plain": (1, RAGGED)}, ""),
    ],
)
def test_the_setting_that_fits(
    budget: int, found: dict[str, tuple[int, float]], chosen: str
) -> None:
    """Settings are tried in order, and no more of them than need be: others would be a KeyError."""
    assert fitting.fit(ALL, budget, layouts(**found).__getitem__).setting == chosen


def test_lines_beyond_the_budget_are_counted() -> None:
    """All lines of all pages beyond it, and none where there is no budget."""
    layout = Layout(setting="", lines=(40, 38, 41, 7), last=0.2)

    assert [layout.over(budget) for budget in (0, 1, 2, 3, 4, 9)] == [0, 86, 48, 7, 0, 0]


def test_a_stylesheet_says_which_settings_there_are() -> None:
    """By number, however they are written; a page without any is printed plain."""
    assert fitting.settings(ALL) == (("tight-1", "tight-2", "tight-10"), ("roomy-1",))
    assert fitting.settings(HTML) == ((), ())


def test_a_setting_is_an_attribute_of_the_root() -> None:
    """The plain one leaves the page as it is."""
    assert fitting.apply(HTML, "") == HTML
    assert fitting.apply(HTML, "tight-1").startswith('<html data-fit="tight-1" lang="en">')
