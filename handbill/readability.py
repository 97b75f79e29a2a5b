"""How hard a text is to read: words, sentences and syllables counted, formulas of each language.

A formula counts; it does not read. A good figure does not prove that anybody understands a text,
so each comes with its name and with whom it was tested, and none is compared with one of another
language. Only a language with a formula that was tested in it has a target. Arabic, Hindi and
Bengali have a trend: two figures to lay beside those of an older version of the same text.
Of all other languages nothing is claimed.

Nothing here is fetched when it runs: syllables are counted by rules, see `syllables`.
"""

import functools
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from handbill import words as wording


#: Fewer words than this say nothing about a text: formulas were made on samples of some 100 words.
LEAST_WORDS = 100
#: Languages whose figures may only be laid beside those of an older version of the same text.
TRENDS = frozenset({"ar", "hi", "bn"})

#: What markup leaves no trace of in print; a slot is a word whose letters are not known here.
_MARKUP = re.compile(
    r"(?P<slot>\{\{\s*[\w.-]+\s*\}\}|\{[a-z_]+\})|\]\([^)]*\)|<[a-z]+:[^>]*>|\*+|`+|\[(?!@)"
    r"|(?<!\w)_+(?=\w)|(?<=[\w.,;:!?])_+(?!\w)|\\(?=[*_\[\]#.`])"
)
_IS_MARKED = re.compile(r"[*_`<\[\]{\\]")
_SLOT = "1"
_WORD = re.compile(r"[^\s/–—]*[^\W_][^\s/–—]*")
_PARTS = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
#: Scripts that leave no space between words, from Thai to Chinese.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted in a text; two of them can be added.

    Attributes:
        ones: words of one syllable.
        threes: words of three syllables or more.
        fours: words of four syllables or more.
        letters: letters of all words.
        sevens: words of more than six letters.
        longest: the words of the longest sentence.
    """

    words: int = 0
    sentences: int = 0
    syllables: int = 0
    ones: int = 0
    threes: int = 0
    fours: int = 0
    letters: int = 0
    sevens: int = 0
    longest: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            words=self.words + other.words,
            sentences=self.sentences + other.sentences,
            syllables=self.syllables + other.syllables,
            ones=self.ones + other.ones,
            threes=self.threes + other.threes,
            fours=self.fours + other.fours,
            letters=self.letters + other.letters,
            sevens=self.sevens + other.sevens,
            longest=max(self.longest, other.longest),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A readability formula of one language.

    Attributes:
        score: the formula.
        target: what a leaflet should reach, or not exceed; none where it is only shown.
        ease: whether a higher figure means an easier text.
        tested: on what or with whom it was made or tested, and how.
        source: where that was read.
        limits: what it does not say.
    """

    name: str
    score: Callable[[Tally], float]
    target: float | None
    ease: bool
    tested: str
    source: str
    limits: str

    def effort(self, tally: Tally) -> float:
        """Return its figure so that more is harder, to find the hardest of several texts."""
        return -self.score(tally) if self.ease else self.score(tally)

    def misses(self, value: float) -> bool:
        """Tell whether a figure, as it is printed, does not reach the target."""
        if self.target is None:
            return False
        shown = round(value, 1)
        return shown < self.target if self.ease else shown > self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One formula's figure for one text."""

    formula: Formula
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of one text.

    Attributes:
        tally: the counts that they were made from.
        mean_sentence: words a sentence.
        mean_word: letters a word.
        scores: the figures of the formulas of its language, the one with the target first.
        is_trend: whether the counts may be laid beside those of an older version, and no more.
    """

    language: str
    tally: Tally
    mean_sentence: float
    mean_word: float
    scores: tuple[Score, ...]
    is_trend: bool

    @property
    def words(self) -> int:
        """How many words it has."""
        return self.tally.words

    @property
    def sentences(self) -> int:
        """How many sentences it has; a heading, a list item and a table cell are one each."""
        return self.tally.sentences

    @property
    def longest(self) -> int:
        """How many words its longest sentence has."""
        return self.tally.longest

    def score(self, name: str) -> float:
        """Return a formula's figure by the formula's name."""
        return next(score.value for score in self.scores if score.formula.name == name)


def flesch_kincaid(tally: Tally) -> float:
    """Return the US grade: 0.39 W/S + 11.8 Y/W - 15.59 for W words, S sentences, Y syllables.

    Kincaid and others made it in 1975 with 531 sailors, who were asked about 18 passages of Navy
    training manuals.
    """
    return 0.39 * _mean(tally) + 11.8 * tally.syllables / tally.words - 15.59


def reading_ease(tally: Tally) -> float:
    """Return Flesch's reading ease of 1948: 206.835 - 1.015 W/S - 84.6 Y/W."""
    return 206.835 - 1.015 * _mean(tally) - 84.6 * tally.syllables / tally.words


def smog(tally: Tally) -> float:
    """Return McLaughlin's SMOG grade of 1969: 1.043 √(30 P/S) + 3.1291.

    P is the number of words with three syllables or more. It was made for samples of 30 sentences,
    and predicts that all of a text is understood, where other formulas predict half or three
    quarters. As the NHS service manual advises, headings and list items count as sentences, and
    the topic's own long word is left out: see `figures`.
    """
    return 1.043 * math.sqrt(30 * tally.threes / tally.sentences) + 3.1291


def szigriszt_pazos(tally: Tally) -> float:
    """Return Szigriszt-Pazos' perspicuity of Spanish: 206.835 - 62.3 Y/W - W/S.

    It is read on the INFLESZ scale, which Barrio-Cantalejo made for texts for patients: 55 to 65 is
    normal, 65 to 80 rather easy.
    """
    return 206.835 - 62.3 * tally.syllables / tally.words - _mean(tally)


def kandel_moles(tally: Tally) -> float:
    """Return Kandel and Moles' reading ease of French: 207 - 1.015 W/S - 73.6 Y/W.

    They adapted Flesch's formula in 1958. We found no test with readers.
    """
    return 207 - 1.015 * _mean(tally) - 73.6 * tally.syllables / tally.words


def wiener(tally: Tally) -> float:
    """Return the first Wiener Sachtextformel, a school year.

    0.1935 MS + 0.1672 SL + 0.1297 IW - 0.0327 ES - 0.875, for the percentage MS of words with three
    syllables or more, the mean sentence SL, the percentage IW of words with more than six letters,
    and the percentage ES of words of one syllable. Bamberger and Vanecek made it for non-fiction.
    """
    percent = 100 / tally.words
    return (
        0.1935 * tally.threes * percent
        + 0.1672 * _mean(tally)
        + 0.1297 * tally.sevens * percent
        - 0.0327 * tally.ones * percent
        - 0.875
    )


def gulpease(tally: Tally) -> float:
    """Return the Gulpease index of Italian: 89 + (300 S - 10 L) / W, for letters L.

    Lucisano and Piemontese made it on Italian and with Italian readers: below 80 a text is hard
    for those who left school after five years, below 60 for those who left it after eight.
    """
    return 89 + (300 * tally.sentences - 10 * tally.letters) / tally.words


def lix(tally: Tally) -> float:
    """Return Björnsson's LIX of 1968: W/S + the percentage of words of more than six letters."""
    return _mean(tally) + 100 * tally.sevens / tally.words


def fog_pl(tally: Tally) -> float:
    """Return the fog index of Polish: 0.4 (W/S + H), for the percentage H of hard words.

    A hard word has four syllables or more; in English it has three. It goes closely with Pisarek's
    formula (Broda and others 2014), which Charzyńska and Dębowski tested on 15 texts with 1,309
    readers (2015): r between -0.52 and -0.66.
    """
    return 0.4 * (_mean(tally) + 100 * tally.fours / tally.words)


_NO_PROOF = "it counts lengths; a good figure does not prove that anybody understands"
#: The formulas of each language; the target is the first one's.
FORMULAS: dict[str, tuple[Formula, ...]] = {
    "en": (
        Formula(
            name="Flesch-Kincaid",
            score=flesch_kincaid,
            target=6.0,
            ease=False,
            tested="531 US Navy sailors reading 18 passages of training manuals (1975)",
            source="Kincaid and others, Research Branch Report 8-75",
            limits=f"not tested on leaflets; {_NO_PROOF}",
        ),
        Formula(
            name="SMOG",
            score=smog,
            target=None,
            ease=False,
            tested="McCall-Crabbs school reading lessons, 30 sentences each (1969)",
            source="McLaughlin; as the NHS service manual prepares a text for it",
            limits=f"the NHS goes first for texts over 14; {_NO_PROOF}",
        ),
        Formula(
            name="Flesch reading ease",
            score=reading_ease,
            target=None,
            ease=True,
            tested="McCall-Crabbs school reading lessons (1948)",
            source="Flesch, A New Readability Yardstick",
            limits=f"not tested on leaflets; {_NO_PROOF}",
        ),
    ),
    "es": (
        Formula(
            name="INFLESZ",
            score=szigriszt_pazos,
            target=65.0,
            ease=True,
            tested="a scale for texts for patients in Spain (2008)",
            source="Szigriszt-Pazos' formula on Barrio-Cantalejo's scale, by legible.es",
            limits=f"made in Spain; {_NO_PROOF}",
        ),
    ),
    "fr": (
        Formula(
            name="Kandel-Moles",
            score=kandel_moles,
            target=60.0,
            ease=True,
            tested="Flesch's formula adapted to French (1958); we found no test with readers",
            source="Kandel and Moles, by textstat and cordial.fr",
            limits=f"silent vowels are counted by rules that are not always right; {_NO_PROOF}",
        ),
    ),
    "de": (
        Formula(
            name="Wiener Sachtextformel 1",
            score=wiener,
            target=7.0,
            ease=False,
            tested="German non-fiction for schools, years 4 to 15",
            source="Bamberger and Vanecek, by textstat and oscarstories.com",
            limits=f"compounds count as hard, however plain; {_NO_PROOF}",
        ),
    ),
    "it": (
        Formula(
            name="Gulpease",
            score=gulpease,
            target=60.0,
            ease=True,
            tested="Italian readers of three levels of schooling (1986 to 1988)",
            source="Lucisano and Piemontese, by corrige.it",
            limits=f"60 is for eight years of school, 80 for five; {_NO_PROOF}",
        ),
    ),
    "sv": (
        Formula(
            name="LIX",
            score=lix,
            target=35.0,
            ease=False,
            tested="Swedish books and newspapers (1968)",
            source="Björnsson, by nyponforlag.se",
            limits=f"compounds count as hard, however plain; {_NO_PROOF}",
        ),
    ),
    "pl": (
        Formula(
            name="FOG-PL",
            score=fog_pl,
            target=9.0,
            ease=False,
            tested="goes with Pisarek's formula, tested on 15 texts with 1,309 readers (2015)",
            source="jasnopis.pl; Broda and others 2014; Charzyńska and Dębowski 2015",
            limits=f"endings make words longer, not harder; {_NO_PROOF}",
        ),
    ),
}


def formulas(language: str) -> tuple[Formula, ...]:
    """Return the formulas of a language, by its tag; none where none was tested."""
    return FORMULAS.get(language.split("-", maxsplit=1)[0], ())


def figures(
    sentences: Iterable[str], language: str, topic: frozenset[str] = frozenset()
) -> Figures | None:
    """Return the figures of a text; None where it has no words, or its script does not part them.

    Args:
        sentences: plain text, one sentence each: see `plain` and `wording.sentences`.
        language: the tag of its language.
        topic: words in small letters that are left out for SMOG: those that the text is about.
    """
    listed = list(sentences)
    whole = sum((tally(sentence, language) for sentence in listed), Tally())
    if not whole.words or any(map(_UNSPACED.search, listed)):
        return None
    return of_tally(whole, language, _left_out(listed, language, topic))


def of_tally(whole: Tally, language: str, left_out: int = 0) -> Figures:
    """Return the figures of what was counted already, with so many long words left out for SMOG."""
    scores = []
    for formula in formulas(language):
        counted = whole
        if formula.score is smog and left_out:
            counted = whole + Tally(threes=-left_out)
        scores.append(Score(formula=formula, value=formula.score(counted)))
    return Figures(
        language=language,
        tally=whole,
        mean_sentence=_mean(whole),
        mean_word=whole.letters / whole.words,
        scores=tuple(scores),
        is_trend=language.split("-", maxsplit=1)[0] in TRENDS,
    )


def plain(text: str) -> str:
    """Return a Markdown text as it is read: without marks, with a number for each slot."""
    if not _IS_MARKED.search(text):
        return text
    return _MARKUP.sub(lambda match: _SLOT if match["slot"] else "", text)


def marked(text: str, offset: int) -> int:
    """Return where in a Markdown text a letter of its `plain` text stands."""
    if _IS_MARKED.search(text):
        for match in _MARKUP.finditer(text):
            kept = len(_SLOT) if match["slot"] else 0
            # `offset` has grown by all that went before, so both are places of the Markdown.
            if match.start() + kept > offset:
                break
            offset += len(match.group()) - kept
    return offset


def sentences(text: str) -> list[str]:
    """Part a plain text into sentences; a small letter, as after `e.g.`, begins none."""
    found: list[str] = []
    for part in wording.sentences(text):
        if found and part[0].islower() and found[-1].endswith("."):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


@functools.lru_cache(maxsize=1 << 16)
def tally(sentence: str, language: str) -> Tally:
    """Count one sentence."""
    tag = language.split("-", maxsplit=1)[0]
    counts = [_measure(word, tag) for word in _WORD.findall(sentence)]
    syllables_of = [syllables for syllables, _ in counts]
    return Tally(
        words=len(counts),
        sentences=1 if counts else 0,
        syllables=sum(syllables_of),
        ones=syllables_of.count(1),
        threes=sum(1 for number in syllables_of if number > 2),
        fours=sum(1 for number in syllables_of if number > 3),
        letters=sum(letters for _, letters in counts),
        sevens=sum(1 for _, letters in counts if letters > 6),
        longest=len(counts),
    )


def tally_all(text: str, language: str) -> Tally:
    """Count a plain text of several sentences."""
    return sum((tally(sentence, language) for sentence in sentences(text)), Tally())


def listed(text: str) -> list[str]:
    """List the words of a plain text; a number is one."""
    return _WORD.findall(text)


def long_words(text: str, least: int = 3, language: str = "en") -> list[str]:
    """List the words of a plain text with so many syllables or more."""
    tag = language.split("-", maxsplit=1)[0]
    return [word for word in _WORD.findall(text) if _measure(word, tag)[0] >= least]


def is_topic(word: str, topic: frozenset[str]) -> bool:
    """Tell whether a word, or its singular, is one that the text is about."""
    bare = "".join(_PARTS.findall(word)).lower()
    return any(form in topic for form in (bare, bare.removesuffix("s"), f"{bare}s"))


def syllables(word: str, language: str) -> int:
    """Count the syllables of a word, by the rules of its language; at least one.

    English is spelt as it likes: the rules are right for some 93 of 100 words and names of a
    dictionary, and for some 99 of 100 of our leaflets'. `tests/test_readability.py` measures both.
    """
    return _measure(word, language.split("-", maxsplit=1)[0])[0]


def _mean(tally: Tally) -> float:
    return tally.words / tally.sentences


def _left_out(sentences: list[str], language: str, topic: frozenset[str]) -> int:
    if not topic:
        return 0
    return sum(
        is_topic(word, topic)
        for sentence in sentences
        for word in long_words(sentence, language=language)
    )


@functools.lru_cache(maxsize=1 << 16)
def _measure(word: str, language: str) -> tuple[int, int]:
    """Return a word's syllables and letters. A numeral is one syllable: it is read at a glance."""
    letters = sum(map(str.isalpha, word))
    count = _SYLLABLES.get(language)
    if count is None or not letters:
        return 1, letters
    return max(1, sum(count(part) for part in _PARTS.findall(word))), letters


# English ------------------------------------------------------------------------------------------

#: Words that no rule gets right.
_ENGLISH = {
    "acne": 2, "anyone": 3, "apache": 3, "area": 3, "areas": 3, "awesome": 2, "business": 2,
    "cafe": 2, "catastrophe": 4, "cleveland": 2, "cm": 4, "create": 2, "created": 3, "cruel": 2,
    "diabetes": 4, "diet": 2, "epitome": 4, "eu": 2, "evening": 2, "every": 2, "fluid": 2,
    "fluids": 2, "fuel": 2, "giant": 2, "herpes": 2, "id": 2, "idea": 3, "ideas": 3, "ids": 2,
    "layout": 2, "lion": 2, "maybe": 2, "mg": 3, "ml": 4, "mm": 4, "naive": 2, "ok": 2, "poem": 2,
    "quiet": 2, "recipe": 3, "ruin": 2, "science": 2, "simile": 3, "soldier": 2, "someone": 2,
    "theatre": 3, "timeline": 2, "uk": 2, "usa": 3, "uv": 2, "vegetable": 3, "vegetables": 3,
    "wednesday": 2,
}  # fmt: skip
_VOWELS = re.compile(r"[aeiouy]+")
_CLITIC = re.compile(r"['’](?:s|ll|d|m|re|ve|t)?$")
_NOT = re.compile(r"(?:did|would|could|should|must|is|was|has|does|had|need|might)n['’]t$")
_SIBILANT = re.compile(r"(?:[sxz]|[cs]h|ce|se|ze|ge|dge)['’]s$")
#: An e inside a compound that nobody says: `something`, `homework`.
_COMPOUND = re.compile(
    r"(?:(?<![a-z])some|(?<![a-z])fore(?!st|ig)|every|there(?=fore|by|in)|where(?=by|ver|as)|life"
    r"|time|home|face|(?<!out)side|care|(?<!un)safe(?!ty)|like|line|base(?=b|l)|place|(?<![a-z])fire"
    r"|(?<![a-z])eye|cheese|white|bare|hole|stage|wide|lone|more|type|size|house|horse|nurse"
    r"|nose|luke|make|take|(?<![a-z])use|bite|these)(?=[bcdfghjklmnpqrstvwxz])"
    r"(?!rs?$|ds?$|s$|ly$|less|ful|ment|n(?:$|[^e])|r[a-z]|l[a-z]|sts?$|ties?$|ty$)"
)
_SILENT = (
    re.compile(r"(?:[^aeiouyl]|[aeiouy]l|rl|ll)e$"),
    re.compile(r"[gq]ue$|[gq]ues$"),
    re.compile(r"(?:[^aeiouytdl]|[aeiouyrl]l)ed$"),
    re.compile(r"(?:[^aeiouyscxzghl]|[aeiouyrl]l|th|ph)es$"),
    re.compile(
        r"(?:[^aeiouyl])(?:eful|efully|eless|elessly|ement|ements|ely|eness)$|[aeiouy]lely$"
    ),
    re.compile(r"ically$"),
    re.compile(r"[aeiouy][^aeiouy]?eme(?:nt|nts)$(?<!iement)(?<!cement)(?<!lement)(?<!vement)"),
)
#: Two vowels that stand together and are said apart.
_APART = re.compile(
    r"[aeiouy]ing(?:s|ly)?$|[aeo]yer|(?<![ctsgx])ia(?!ge)|(?<=ss)iat|(?<=[ct])iat(?!h)"
    r"|(?<![ctsgxnl])io(?!us)|(?<=[nl])io(?!n)|(?<=[rdvb])ious|(?<=v)io|[^aeioct]ien(?=[ct])"
    r"|(?<![gqaeo])iu|eo(?!u|n$|ns$|ple)|eum|(?<![gq])ua(?!rd)|(?<![gq])uou|(?<!q)uo(?!u|y)"
    r"|(?<=[a-z]{3})ier(?:s)?$|[a-z]iest$|[^q]uity|iet(?=[aeiouy])"
    r"|[^aeiouy](?:ism|isms|thm|thms|asm|asms)$|nea[sl]?$|crea(?=ti)"
    r"|^(?:un)?(?:co(?=op|ord)|re(?=us|up|act|in[^ds]|ap[^e])|pre(?=o))"
)


def _english(part: str) -> int:
    word = part.lower().replace("’", "'")
    if (known := _ENGLISH.get(word)) is not None:
        return known
    if len(word) > 1 and not _VOWELS.search(word):
        # Letters one by one: NHS, GP. W alone has three syllables.
        return len(word) + 2 * word.count("w")
    extra = bool(_NOT.search(word)) + bool(_SIBILANT.search(word))
    stem = _CLITIC.sub("", word)
    if stem != word and (known := _ENGLISH.get(stem)) is not None:
        return known + extra
    count = len(_VOWELS.findall(stem)) + extra
    count -= len(_COMPOUND.findall(stem))
    count -= any(pattern.search(stem) for pattern in _SILENT)
    return count + len(_APART.findall(stem))


# Spanish, French, German, Polish ------------------------------------------------------------------

_SPANISH = re.compile(r"[aeiouáéíóúü]+(?:y(?![aeiouáéíóúü]))?|y(?![aeiouáéíóúü])")
_STRONG = re.compile(r"[aeoáéíóú]")


def _spanish(part: str) -> int:
    """Count strong vowels: weak i and u go with them unless they bear an accent."""
    return sum(max(1, len(_STRONG.findall(run))) for run in _SPANISH.findall(part.lower()))


_FRENCH_WORDS = {"pays": 2, "paysan": 3, "abbaye": 3, "août": 1, "œil": 1, "yeux": 1, "femme": 1}
_FRENCH_RUN = re.compile(r"[aeiouyàâäæéèêëîïôöœùûü]+")
_FRENCH_APART = re.compile(
    r"[éè](?=[aoiuâô]|er|ez)"
    r"|[aoueiu](?=[ïëüé])(?<!gu)(?<!qu)(?<!i)|(?<=[bcdfgptv][rl])i(?=[aeoé])"
    r"|[ao](?=[o])(?<!a)|(?<=[^q])ao(?!û)|(?<=[bcdfgptv][rl])ou(?=[aeé])"
)
_FRENCH_SILENT = re.compile(
    r"(?<=[^aeiouyàâäéèêëîïôöùûü])es?$|(?<=[gq]u)es?$"
    r"|(?<=iss)ent$|(?<=v)ent$(?<!souvent)(?<!vent)"
    r"|(?<=uv)ent$(?<!souvent)|(?<=iv)ent$"
)


def _french(part: str) -> int:
    """Count runs of vowels; an e at the end is silent."""
    word = re.split(r"[’']", part.lower())[-1]
    if word in _FRENCH_WORDS:
        return _FRENCH_WORDS[word]
    # `voyage` is voi-yage.
    word = re.sub(r"(?<=[aeou])y(?=[aeiouéè])", "j", word)
    count = len(_FRENCH_RUN.findall(word)) + len(_FRENCH_APART.findall(word))
    return count - bool(count > 1 and _FRENCH_SILENT.search(word))


_GERMAN = re.compile(r"äu|eu|au|ai|ei|ay|ey|ie|ee|aa|oo|[aeiouyäöü]")
_GERMAN_APART = re.compile(
    r"(?<=t)ie(?=nt)|(?<=[rlnd])(?<!schr)ie(?=ns?$)|(?<=[ail]l)ie$|(?<=in)ie$|(?<=or)ie(?=n)"
)


def _german(part: str) -> int:
    """Count vowels and diphthongs; be- and ge- stand apart from what follows."""
    word = re.sub(r"q[u]", "q", part.lower())
    word = re.sub(r"^([bg]e)(?=[eiu])", r"\1·", word)
    return len(_GERMAN.findall(word)) + len(_GERMAN_APART.findall(word))


_POLISH = re.compile(r"eu(?!m)|i(?![aąeęioóu])|[aąeęoóuy]")


def _polish(part: str) -> int:
    """Count vowels; an i before a vowel only softens, and eu is one."""
    return len(_POLISH.findall(part.lower()))


_SYLLABLES: dict[str, Callable[[str], int]] = {
    "en": _english,
    "es": _spanish,
    "fr": _french,
    "de": _german,
    "pl": _polish,
}
