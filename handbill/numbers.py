"""Numbers in running text, by their value: a dose may change its separators, never its size."""

import re
import unicodedata
from collections import Counter


#: Spaces that some languages write between thousands; a plain space always parts two numbers.
_SPACES = "\u00a0\u2009\u202f"
_WORDS = {
    word: str(number)
    for number, words in enumerate(
        (
            "one once first january",
            "two twice second february",
            "three third march",
            "four fourth april",
            "five fifth may",
            "six sixth june",
            "seven seventh july",
            "eight eighth august",
            "nine ninth september",
            "ten tenth october",
            "eleven november",
            "twelve december",
        ),
        start=1,
    )
    for word in words.split()
}


def values(text: str, *, decimal: str = ".", group: str = ",") -> Counter[str]:
    """Count the numbers of a text, in Western digits with a point and without grouping.

    What is no number by the separators of its language, such as a date with points, counts as the
    numbers between them. Zeros are kept, before and behind: `0800` is not `800`.

    Args:
        text: the running text, with digits of any script.
        decimal: what stands before the decimals in its language, by CLDR.
        group: what stands between its thousands, by CLDR; spaces that do not break always may.
    """
    grouping = f"[{re.escape(group)}{_SPACES}]"
    # The first figures may be grouped in twos, as in 1,00,000.
    grouped = re.compile(rf"[1-9]\d{{0,2}}(?:{grouping}\d{{2,3}})*{grouping}\d{{3}}")
    signs = re.escape(decimal + group)
    found: Counter[str] = Counter()
    for token in re.findall(rf"\d+(?:[.,'’{signs}{_SPACES}]\d+)*", _western(text, decimal, group)):
        whole, point, part = token.rpartition(decimal)
        if not point:
            whole, part = token, ""
        if grouped.fullmatch(whole):
            whole = re.sub(r"\D", "", whole)
        if whole.isdecimal() and (part.isdecimal() or not point):
            found[f"{whole}.{part}" if point else whole] += 1
        else:
            found.update(re.findall(r"\d+", token))
    return found


def changed(
    source: str, translation: str, *, decimal: str, group: str
) -> tuple[list[str], list[str]]:
    """Return the numbers that an English text's translation has lost, and those it has gained.

    A number that is a word in English, or a month's name, may be digits in the translation.
    """
    wanted = values(source)
    found = values(translation, decimal=decimal, group=group)
    spelled = Counter(
        _WORDS[word] for word in re.findall(r"[a-z]+", source.lower()) if word in _WORDS
    )
    lost = wanted - found
    gained = found - wanted - spelled
    return sorted(lost.elements()), sorted(gained.elements())


def _western(text: str, decimal: str, group: str) -> str:
    """Write a text with the digits 0 to 9, fractions with a slash and Arabic signs as CLDR has."""
    letters = []
    for letter in text:
        if letter.isdecimal():
            letters.append(str(unicodedata.decimal(letter)))
        elif letter == "\u066b":
            letters.append(decimal)
        elif letter == "\u066c":
            letters.append(group)
        elif "\u2044" in (fraction := unicodedata.normalize("NFKC", letter)):
            letters.append(f" {fraction} ")
        else:
            letters.append(letter)
    return "".join(letters)
