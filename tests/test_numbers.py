"""Pairs of English and translation that hold the same numbers, and pairs that do not."""

import pytest

from handbill import catalog, numbers


SAME = [
    ("es", "Take 500 mg.", "Tome 500 mg."),
    ("es", "38.5 °C", "38,5 °C"),
    ("es", "10,000 people", "10.000 personas"),
    ("es", "10,000 people", "10000 personas"),
    ("es", "5-10 mg/kg", "de 5 a 10 mg/kg"),
    ("es-MX", "38.5 °C", "38.5 °C"),
    ("pl", "10,000 people", "10\u00a0000 osób"),
    ("pl", "0.1%", "0,1 %"),
    ("pl", "Call 0800 123 456", "Zadzwoń: 0800\u00a0123\u00a0456"),
    ("ar", "38.5 °C", "٣٨٫٥ °م"),
    ("ar", "10,000", "١٠٬٠٠٠"),
    ("ur", "120/80", "120/80"),
    ("hi", "100,000 people", "1,00,000 लोग"),
    ("hi", "500 mg", "५०० मि.ग्रा."),
    ("zh-Hans", "24 November 2026", "2026年11月24日"),
    ("zh-Hans", "two to four weeks", "2到4周"),
    ("bn", "4–6 hours", "৪–৬ ঘণ্টা"),
    ("fr", "1½ tablets", "1 1/2 comprimé"),
    ("fr", "at 8:30", "à 8 h 30"),
    ("vi", "Take it once.", "Uống 1 lần."),
]
CHANGED = [
    ("es", "Take 500 mg.", "Tome 5000 mg.", ["500"], ["5000"]),
    ("es", "Take 500 mg.", "Tome 50 mg.", ["500"], ["50"]),
    ("es", "Take 500 mg.", "Tome mg.", ["500"], []),
    ("es", "Take it.", "Tome 2.", [], ["2"]),
    ("es", "Take 2.", "Tome dos.", ["2"], []),
    ("es", "38.5 °C", "38.5 °C", ["38.5"], ["38", "5"]),
    ("es", "38.5 °C", "385 °C", ["38.5"], ["385"]),
    ("es", "1.000 mg", "1.000 mg", ["1.000"], ["1000"]),
    ("es", "0.5 mg", "5 mg", ["0.5"], ["5"]),
    ("es", "5 mg", "5,0 mg", ["5"], ["5.0"]),
    ("es-MX", "38.5 °C", "38,5 °C", ["38.5"], ["38", "5"]),
    ("pl", "0.1%", "0.1 %", ["0.1"], ["0", "1"]),
    ("ar", "38.5 °C", "٣٨٥ °م", ["38.5"], ["385"]),
    ("ar", "500 mg", "٥٠٠٠ ملغ", ["500"], ["5000"]),
    ("hi", "500 mg", "५०० ५०० मि.ग्रा.", [], ["500"]),
    ("zh-Hans", "4–6 hours", "4–8小时", ["6"], ["8"]),
    ("zh-Hans", "2 weeks", "两周", ["2"], []),
    ("fr", "1½ tablets", "1 comprimé", ["1", "2"], []),
    ("vi", "Call 0800 123 456", "Gọi 800 123 456", ["0800"], ["800"]),
    ("vi", "Take it once.", "Uống 2 lần.", [], ["2"]),
]


@pytest.mark.parametrize(("cldr", "source", "translation"), SAME)
def test_the_same_numbers(cldr: str, source: str, translation: str) -> None:
    """Digits, separators and their places may differ."""
    decimal, group = catalog.separators(cldr)

    assert numbers.changed(source, translation, decimal=decimal, group=group) == ([], [])


@pytest.mark.parametrize(("cldr", "source", "translation", "lost", "gained"), CHANGED)
def test_other_numbers(
    cldr: str, source: str, translation: str, lost: list[str], gained: list[str]
) -> None:
    """Values may not."""
    decimal, group = catalog.separators(cldr)

    found = numbers.changed(source, translation, decimal=decimal, group=group)

    assert found == (lost, gained)
