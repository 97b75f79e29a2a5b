"""Words of `words.toml` and of glossaries as patterns: whole words, or stems with a star."""

import re
import unicodedata
from collections.abc import Iterable, Mapping


#: What may stand between the parts of a name, as in `ملي غرام`: a space of any kind, or none.
_SPACE = "[ \u00a0\u2009\u202f]?"
#: Marks, and the joiners among the letters of Arabic and Indian scripts. Python's `\\w` has none.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0730-\u074a\u07a6-\u07b0\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u09d7\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a81-\u0a83\u0abc-\u0acd"
    "\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6"
    "\u0d00-\u0d03\u0d3b-\u0d4d\u0d57\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u1060-\u109d\u17b4-\u17d3\u200c\u200d"
)
#: A letter, or what is written on, under or inside one; joiners too.
LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
_NO_LETTER_BEFORE = rf"(?<![^\W\d_])(?<![{_MARKS}])"
#: Scripts that leave no space between words, from Thai to Chinese.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]")
#: Arabic writes "and", "so", "with", "as", "for" and "the" with the next word.
_ARABIC = re.compile(r"[\u0620-\u064a]")
_CLITICS = "[وف]?[بلك]?(?:ال|ل)?"
_SENTENCE = re.compile(r"(?<=[.!?؟۔।。！？።])[\s*_»”\"')]*(?=\s|[\u2e80-\u9fff]|$)|\n")


def alternatives(
    names: Mapping[str, Iterable[str]], *, clitics: bool = False
) -> tuple[re.Pattern[str], list[str]]:
    """Compile the words of several names; of two that fit, the longer wins.

    Words of a kind share what must stand before and behind them: letters are a class of hundreds of
    ranges, and a pattern that had it for each word would take a second to compile.

    Returns:
        a pattern in which each word is a group, and the name that each group stands for.
    """
    kinds: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    for name, words in names.items():
        for word in words:
            kinds.setdefault(_kind(word, clitics=clitics), []).append((word, name))
    parts: list[str] = []
    order: list[str] = []
    for (_, before, behind), pairs in sorted(kinds.items()):
        pairs.sort(key=lambda pair: -len(pair[0]))
        parts.append(f"{before}(?:{'|'.join(f'({_body(word)})' for word, _ in pairs)}){behind}")
        order += [name for _, name in pairs]
    return re.compile("|".join(parts) or "(?!)", re.IGNORECASE), order


def any_of(words: Iterable[str], *, clitics: bool = False) -> re.Pattern[str]:
    """Compile words, one of which is looked for: whole, or stems if they end with a star."""
    return alternatives({"": words}, clitics=clitics)[0]


def is_short(word: str) -> bool:
    """Tell whether a word is too short to be known for itself, as `g` or `l` is."""
    return len(word) < 3 and not _UNSPACED.match(word)


def sentences(text: str) -> list[str]:
    """Part a text into its sentences, by the full stops of any script."""
    return [part.strip() for part in _SENTENCE.split(text) if any(map(str.isalnum, part))]


def _kind(word: str, *, clitics: bool) -> tuple[int, str, str]:
    """Return a rank, and the patterns of what must stand before and behind a word."""
    stem = word.removesuffix("*")
    spaced = not _UNSPACED.match(stem)
    before = _NO_LETTER_BEFORE if spaced and _is_letter(stem[0]) else ""
    if before and clitics and _ARABIC.match(stem):
        before += _CLITICS
    if stem != word:
        return 2, before, f"{LETTER}*"
    if spaced and _is_letter(stem[-1]):
        return 1, before, f"(?!{LETTER})"
    return 0, before, ""


def _body(word: str) -> str:
    inner = re.escape(word.removesuffix("*"))
    return inner.replace(r"\ ", _SPACE).replace(r"\*", r"[^\W\d_]*")


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM"
