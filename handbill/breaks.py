"""Where a line may break in a script that sets no spaces, and where a sentence ends.

The only importer of icu4py.

Pango breaks Thai and Chinese lines, but never Khmer, Lao or Burmese ones: a line runs off the
page. ICU's dictionaries find the words; a zero width space (U+200B) between two is the customary
way to write such a break, and prints as nothing.
"""

from itertools import pairwise

from icu4py.breakers import SentenceBreaker, WordBreaker

from handbill import hypertext


#: The scripts that need it (ISO 15924).
SCRIPTS = frozenset({"Khmr", "Laoo", "Mymr"})

_BREAK = "\u200b"


def between_words(html: str, locale: str) -> str:
    """Allow a break between the words of a page in a language without spaces."""
    return hypertext.change(html, lambda text: _broken(text, locale))


def sentences(text: str, locale: str) -> list[str]:
    """Return the sentences of a text, each with the space behind it."""
    return list(SentenceBreaker(text, locale))


def _broken(text: str, locale: str) -> str:
    parts = list(WordBreaker(text, locale))
    # Only between two letters: an entity, a number and its unit stay in one piece.
    joined = parts[0]
    for before, after in pairwise(parts):
        letters = before[-1] > "\u0e00" and after[0] > "\u0e00"
        joined += (_BREAK if letters else "") + after
    return joined
