"""Numbers in running text, by value and with their units: a dose may change its separators only.

What languages call their units is data: `locales/words.toml`. Signs that all of them share are
here. Nothing is ever converted: 38 °C is not 100.4 °F, and 24 hours are not a day.
"""

import functools
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from handbill import words as wording
from handbill.model import Words


T = TypeVar("T")

#: Spaces that some languages write between thousands; a plain space always parts two numbers.
_SPACES = "\u00a0\u2009\u202f"
#: What may stand between a number and its unit: a space, a hyphen, the end of bold.
_GAP = rf"[*_]{{0,3}}[ \n{_SPACES}]{{0,2}}[-\u2010\u2011]?[*_]{{0,3}}"
#: Signs of units in every language (SI, and what pharmacies write).
SIGNS = {
    "mcg": ("mcg", "µg", "μg"),
    "mg": ("mg",),
    "g": ("g",),
    "kg": ("kg",),
    "ml": ("ml",),
    "l": ("l",),
    "mmol": ("mmol",),
    "iu": ("iu",),
    "percent": ("%", "٪", "％"),
    "celsius": ("°c", "° c", "℃"),
    "fahrenheit": ("°f", "° f", "℉"),
    "mm": ("mm",),
    "cm": ("cm",),
    "m": ("m",),
}
#: The units of which words.toml may give the names.
UNITS = (
    *SIGNS,
    *("unit", "second", "minute", "hour", "day", "week", "month", "year"),
    *("tablet", "capsule", "drop", "puff", "teaspoon", "tablespoon", "time"),
)
_FRACTIONS = {"1/2": "5", "1/4": "25", "3/4": "75"}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ONES = (
    "one once first",
    "two twice second",
    "three third",
    "four fourth",
    "five fifth",
    "six sixth",
    "seven seventh",
    "eight eighth",
    "nine ninth",
    "ten tenth",
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    *("sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
_WORDS = {word: str(n) for n, words in enumerate(_ONES, start=1) for word in words.split()}
_WORDS |= {name: str(n) for n, name in enumerate(_MONTHS, start=1)}
_WORDS |= {word: str(10 * n) for n, word in enumerate(_TENS, start=3)}
_WORDS |= {"half": "0.5", "dozen": "12"}
_EVERY = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "hourly": "hour"}
_STRETCHES = ("minute", "hour", "day", "week", "month", "year")
_ARTICLES = frozenset({"a", "an", "each", "every", "per"})
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(\d{{1,2}})?(?:st|nd|rd|th)?\s*({_MONTH})\b(?:\s+(\d{{1,2}})(?!\d))?(?:,?\s+(\d{{4}}))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE
)
_POINT_CLOCK = re.compile(r"(\d)\.(\d\d\s?[ap]\.?m\b)", re.IGNORECASE)
_PARTS = re.compile(r"\b(\d[\d,]*) (?:in|of|out of) (?:every )?(\d[\d,]*)\b", re.IGNORECASE)
_PHONE = re.compile(
    rf"\+\d[\d {_SPACES}()-]{{5,}}\d|\(?(?<![\d.,])0\d[\d {_SPACES}()-]{{4,}}\d"
    r"|(?<![\d-])(?:\d-)?\d{3}-\d{3,4}-\d{4}(?!\d)"
)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_BETWEEN = re.compile(_GAP)
_LAST_WORD = re.compile(rf"[^ \n{_SPACES}]*([^ \n*_{_SPACES}-]){_GAP}$")
#: What `_western` writes otherwise; a text without it stays as it is.
_FOREIGN = re.compile(
    r"[^\D0-9]|[&\u00ad¼-¾⅐-⅞↉\u061c\u066b\u066c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2212\ufeff：，．／％＋－]"
)
_ANY_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]|&#")
#: A number leans on the unit of the next one when this little stands between: `4 to 6 hours`.
_LEANING = 12
_STOPS = frozenset(".;,:!?؟۔।。，；：！？،؛\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as it stands in a text.

    Attributes:
        value: in Western digits with a point and without grouping; zeros are kept.
        unit: the unit it is written with, a name of `UNITS`; empty for none.
        leans: the unit that a range lends it, as `hour` to the 4 of `4 to 6 hours`.
        start: where it begins in the text.
        spelled: whether it is a word.
    """

    value: str
    written: str
    start: int
    end: int
    unit: str = ""
    leans: str = ""
    spelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The numbers of a text.

    Attributes:
        clocks: hour, minute (empty for none) and `a`, `p` or nothing, of times of day.
        free: values that other languages put elsewhere: parts of dates, `1 in 100`.
    """

    text: str
    numbers: tuple[Number, ...] = ()
    clocks: tuple[tuple[str, str, str], ...] = ()
    free: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a translation's numbers do otherwise than its source's.

    Attributes:
        kind: the name of the rule: changed-number, changed-unit or swapped-number.
        lost: what the translation lacks, as words.
        gained: what it has too much.
        start: where in the translation.
    """

    kind: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    start: int = 0


class Reader:
    """Reads the numbers of one language.

    Args:
        words: what it calls units and large numbers.
        decimal: what stands before the decimals, by CLDR.
        group: what stands between thousands, by CLDR; spaces that do not break always may.
    """

    def __init__(self, words: Words, decimal: str, group: str) -> None:
        self.words, self.decimal, self.group = words, decimal, group
        grouping = f"[{re.escape(group)}{_SPACES}]"
        # The first figures may be grouped in twos, as in 1,00,000.
        self.grouped = re.compile(rf"[1-9]\d{{0,2}}(?:{grouping}\d{{2,3}})*{grouping}\d{{3}}")
        signs, point = re.escape(decimal + group), re.escape(decimal)
        self.token = re.compile(
            r"(?:(?P<whole>\d+)[ \u00a0]?)?(?<![\d/])(?P<part>\d/\d)(?![\d/])"
            rf"|(?:(?<!\d )(?<![\w-])[+-](?=\d))?\d+(?:[.,'’{signs}{_SPACES}]\d+)*"
            rf"|(?<![\w{signs}]){point}\d+"
        )
        names = dict(words.units)
        self.names = {unit: (*SIGNS.get(unit, ()), *names.get(unit, ())) for unit in UNITS}
        self.unit, self.units = wording.alternatives(self.names)
        self.before = re.compile(rf"(?:{self.unit.pattern}){_GAP}$", re.IGNORECASE)
        every = [name.lower() for names in self.names.values() for name in names]
        self.firsts = frozenset(name[0] for name in every)
        self.lasts = frozenset(name[-1] for name in every)
        any_large, large = wording.alternatives({word: (word,) for word, _ in words.large})
        self.large = re.compile(rf"[ \u00a0]?(?:{any_large.pattern})", re.IGNORECASE)
        self.factors = [dict(words.large)[word] for word in large]
        self.halves = {half: wording.any_of(names) for half, names in words.halves}
        self.mentioned: dict[str, re.Pattern[str]] = {}

    def read(self, text: str) -> Reading:
        """Read a text; a text without digits costs next to nothing."""
        if not _ANY_DIGIT.search(text):
            return Reading(text=text)
        plain, places = _western(text, self.decimal, self.group)
        numbers = self._lean(plain, self._merge(plain, self._numbers(plain)))
        return Reading(
            text=text,
            numbers=tuple(
                replace(number, start=at, end=max(at + 1, places[number.end]))
                for number in numbers
                for at in [places[number.start]]
            ),
        )

    def mentions(self, text: str, unit: str) -> bool:
        """Tell whether a text names a unit anywhere, as a word."""
        if unit not in self.mentioned:
            names = (name for name in self.names[unit] if not wording.is_short(name))
            self.mentioned[unit] = wording.any_of(names, clitics=True)
        return self.mentioned[unit].search(text) is not None

    def knows(self, unit: str) -> bool:
        """Tell whether the language has a name for a unit."""
        return bool(self.names[unit])

    def says(self, text: str, half: str) -> bool | None:
        """Tell whether a text says `am` or `pm`; None where nobody knows the words."""
        return bool(self.halves[half].search(text)) if half in self.halves else None

    def unit_after(self, text: str, at: int) -> tuple[str, int]:
        """Return the unit that begins at a place, and where it ends."""
        gap = _BETWEEN.match(text, at)
        # Most of what follows a number begins no unit, and a hundred names need not be tried.
        if gap is None or text[gap.end() : gap.end() + 1].lower() not in self.firsts:
            return "", at
        match = self.unit.match(text, gap.end())
        return (_named(match, self.units), match.end()) if match else ("", at)

    def _numbers(self, text: str) -> Iterator[Number]:
        claimed = 0
        for number, start, end in self._values(text):
            value = number
            unit, behind = self.unit_after(text, end)
            # A unit first: 1千克 is a kilogram, not a thousand of anything.
            if not unit and (large := self.large.match(text, end)):
                value = _times(number, _named(large, self.factors))
                unit, behind = self.unit_after(text, large.end())
            if not unit and start > claimed:
                unit = self._unit_before(text[max(claimed, start - _LEANING) : start])
            claimed = behind
            written = text[start:end]
            yield Number(value=value, written=written, start=start, end=behind, unit=unit)

    def _unit_before(self, text: str) -> str:
        """Return the unit that ends a text, as in `mg 500`: one word, to be quick."""
        word = _LAST_WORD.search(text)
        if word is None or not (word[1].isalpha() or word[1] in self.lasts):
            return ""
        match = self.before.search(text, word.start())
        return _named(match, self.units) if match else ""

    def _values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield each number's value and place; telephone numbers are one value."""
        phones = []
        if len(_DIGIT.findall(text)) >= 7:
            found = _PHONE.finditer(text)
            phones = [match for match in found if len(_DIGIT.findall(match.group())) >= 7]
        at = 0
        for phone in phones:
            yield from self._plain_values(text, at, phone.start())
            plus = "+" if phone.group().startswith("+") else ""
            yield plus + re.sub(r"\D", "", phone.group()), phone.start(), phone.end()
            at = phone.end()
        yield from self._plain_values(text, at, len(text))

    def _plain_values(self, text: str, at: int, end: int) -> Iterator[tuple[str, int, int]]:
        for match in self.token.finditer(text, at, end):
            token = match.group()
            if part := match.group("part"):
                whole = match.group("whole") or ""
                if part in _FRACTIONS:
                    yield f"{whole or 0}.{_FRACTIONS[part]}", match.start(), match.end()
                else:
                    yield f"{whole} {part}".strip(), match.start(), match.end()
                continue
            sign = token[0] if token[0] in "+-" else ""
            whole, point, decimals = token[len(sign) :].rpartition(self.decimal)
            if not point:
                whole, decimals = decimals, ""
            if self.grouped.fullmatch(whole):
                whole = re.sub(r"\D", "", whole)
            if point and not whole:
                yield token, match.start(), match.end()
            elif whole.isdecimal() and (decimals.isdecimal() or not point):
                value = f"{whole}.{decimals}" if point else whole
                yield sign + value, match.start(), match.end()
            else:
                for inner in re.finditer(r"\d+", token):
                    start = match.start() + inner.start()
                    yield inner.group(), start, match.start() + inner.end()

    def _merge(self, text: str, numbers: Iterable[Number]) -> list[Number]:
        """Read `1 comprimé ½` as one and a half."""
        merged: list[Number] = []
        for number in numbers:
            before = merged[-1] if merged else None
            if (
                before is not None
                and before.unit
                and before.value.isdecimal()
                and re.fullmatch(r"\d/\d", number.written)
                and number.value.startswith("0.")
                and not text[before.end : number.start].strip()
            ):
                value = before.value + number.value[1:]
                merged[-1] = replace(before, value=value, end=number.end)
            else:
                merged.append(number)
        return merged

    def _lean(self, text: str, numbers: list[Number]) -> list[Number]:
        """Lend numbers without a unit the one at the end of their range."""
        for index in range(len(numbers) - 2, -1, -1):
            number, later = numbers[index], numbers[index + 1]
            between = text[number.end : later.start]
            near = len(between) <= _LEANING and not _STOPS.intersection(between)
            if near and not number.unit:
                numbers[index] = replace(number, leans=later.unit or later.leans)
        return numbers


@functools.cache
def reader(words: Words, decimal: str, group: str) -> Reader:
    """Return the reader of a language; it is made once."""
    return Reader(words, decimal, group)


class English:
    """Reads the source: English has words for numbers, dates and times that others may change."""

    def __init__(self, words: Words) -> None:
        self.reader = reader(words, ".", ",")
        self._read = functools.lru_cache(maxsize=4096)(self._read_once)

    def read(self, text: str) -> Reading:
        """Read a text of the source; it is asked for once for each language."""
        return self._read(text)

    def _read_once(self, text: str) -> Reading:
        text = _POINT_CLOCK.sub(r"\1:\2", text)
        found = self.reader.read(text)
        # A source is told once what is wrong with `.5`; its translation may be right.
        numbers = [
            replace(number, value=f"0{number.value}") if number.value[0] == "." else number
            for number in found.numbers
        ]
        numbers += self._spelled(text)
        clocks, free = [], set()
        for match in _CLOCK.finditer(text):
            hour, minute, half, plain_hour, plain_minute = match.groups()
            clocks.append((hour or plain_hour, minute or plain_minute or "", (half or "").lower()))
        for match in _DATE.finditer(text):
            day, month, other_day, year = match.groups()
            # "May" is a verb at the head of many a sentence.
            if day or other_day or year:
                named = (day, _WORDS[month.lower()], other_day, year)
                free |= {value for value in named if value}
        for match in _PARTS.finditer(text):
            free |= {value.replace(",", "") for value in match.groups()}
        return Reading(
            text=text,
            numbers=tuple(sorted(numbers, key=lambda number: number.start)),
            clocks=tuple(clocks),
            free=frozenset(free),
        )

    def _spelled(self, text: str) -> Iterator[Number]:
        for match in _WORD.finditer(text):
            word = match.group().lower()
            unit, end = self.reader.unit_after(text, match.end())
            value = _WORDS.get(word, "")
            if not value and (word in _EVERY or (word in _ARTICLES and unit)):
                value, unit = "1", unit or _EVERY[word]
            elif word in {"once", "twice"}:
                unit = "time"
            elif word == "half" and not unit:
                half = re.compile(r" an? ").match(text, match.end())
                unit = self.reader.unit_after(text, half.end() - 1)[0] if half else ""
            if value:
                yield Number(
                    value=value,
                    written=match.group(),
                    start=match.start(),
                    end=end,
                    unit=unit,
                    spelled=True,
                )


@functools.cache
def english(words: Words) -> English:
    """Return the reader of the source; it is made once."""
    return English(words)


def compare(source: Reading, found: Reading, ours: Reader, theirs: Reader) -> list[Difference]:
    """Compare the numbers of a translation with those of its source, in four ways.

    Values must be the same, as often; a value's unit must be the same; where several numbers have
    one unit, or none, their order must be; and what is done a day must not be done a week.
    """
    rates = _rates_differ(source, found, ours, theirs)
    if not source.numbers and not found.numbers:
        return [rates] if rates else []
    halves = _halves_differ(source, found, theirs)
    if _say_the_same(source, found):  # as nearly all do
        return [item for item in (halves, rates) if item]
    differences = [
        difference
        for difference in (
            _values_differ(source, found),
            *_units_differ(source, found, ours, theirs),
            halves,
        )
        if difference is not None
    ]
    if not differences and rates:
        differences.append(rates)
    if not differences and (swapped := _order_differs(source, found)):
        differences.append(swapped)
    return differences


def _rates_differ(
    source: Reading, found: Reading, ours: Reader, theirs: Reader
) -> Difference | None:
    """Find a stretch of time that became another: `a day` that is said as `every week`."""
    named = _stretches(source.text, ours)
    lost = [unit for unit in named if theirs.knows(unit) and not theirs.mentions(found.text, unit)]
    if not lost:
        return None
    rest = [unit for unit in _STRETCHES if unit not in named]
    gained = [unit for unit in rest if theirs.mentions(found.text, unit)]
    if not gained:
        return None
    start = theirs.mentioned[gained[0]].search(found.text)
    return Difference(
        kind="changed-unit",
        lost=tuple(lost),
        gained=tuple(gained),
        start=start.start() if start else 0,
    )


@functools.lru_cache(maxsize=4096)
def _stretches(text: str, reader: Reader) -> tuple[str, ...]:
    """Return the stretches of time that an English text names."""
    words = {_EVERY[word.lower()] for word in _WORD.findall(text) if word.lower() in _EVERY}
    return tuple(unit for unit in _STRETCHES if unit in words or reader.mentions(text, unit))


def _say_the_same(source: Reading, found: Reading) -> bool:
    """Tell whether two texts have the same values with the same units, in the same order."""
    return not any(number.spelled for number in source.numbers) and [
        (number.value, number.unit) for number in source.numbers
    ] == [(number.value, number.unit) for number in found.numbers]


def _values_differ(source: Reading, found: Reading) -> Difference | None:
    wanted = Counter(number.value for number in source.numbers if not number.spelled)
    spelled = Counter(number.value for number in source.numbers if number.spelled)
    there = Counter(number.value for number in found.numbers)
    lost, gained = wanted - there, there - wanted - spelled
    if not lost and not gained:
        return None
    for hour, minute, half in source.clocks:
        # 8:30 pm may be 20:30, and 8:30 be 08:30.
        late = int(hour) % 12 + 12 * (half == "p") if half else int(hour)
        for form in (str(late), f"{late:02}", f"{int(hour):02}"):
            if lost[hour] and gained[form]:
                lost[hour] -= 1
                gained[form] -= 1
        if not minute and gained["00"]:
            gained["00"] -= 1
    lost_words, gained_words = sorted(lost.elements()), sorted(gained.elements())
    if not lost_words and not gained_words:
        return None
    place = next((n.start for n in found.numbers if n.value in gained_words), 0)
    return Difference(
        kind="changed-number", lost=tuple(lost_words), gained=tuple(gained_words), start=place
    )


def _units_differ(
    source: Reading, found: Reading, own: Reader, other: Reader
) -> Iterator[Difference]:
    exempt = source.free | {part for hour, minute, _ in source.clocks for part in (hour, minute)}
    for value in sorted({number.value for number in found.numbers} - exempt):
        theirs = [number for number in found.numbers if number.value == value]
        ours = [number for number in source.numbers if number.value == value]
        if not ours or (len(value) == 4 and value[:2] in {"19", "20"}):
            continue
        wanted = Counter(n.unit for n in ours if n.unit and not n.spelled)
        may = Counter(n.unit for n in ours if n.unit and n.spelled)
        there = Counter(n.unit for n in theirs if n.unit)
        lost = [
            unit
            for unit in (wanted - there).elements()
            if other.knows(unit)
            and not any(not n.unit and n.leans == unit for n in theirs)
            and not (any(not n.unit for n in theirs) and other.mentions(found.text, unit))
        ]
        gained = [
            unit
            for unit in (there - wanted - may).elements()
            if not any(not n.unit and n.leans == unit for n in ours)
            and not (any(not n.unit for n in ours) and own.mentions(source.text, unit))
        ]
        if lost or gained:
            yield Difference(
                kind="changed-unit",
                lost=tuple(f"{value} {unit}" for unit in lost),
                gained=tuple(f"{value} {unit}" for unit in gained),
                start=theirs[0].start,
            )


def _halves_differ(source: Reading, found: Reading, other: Reader) -> Difference | None:
    """Find an evening that became a morning, or lost what makes it one."""
    halves = {half for _, _, half in source.clocks if half}
    if len(halves) != 1:
        return None
    wrong, right = ("a", "p") if halves == {"p"} else ("p", "a")
    says_wrong, says_right = (other.says(found.text, f"{half}m") for half in (wrong, right))
    there = {number.value for number in found.numbers}
    late = {str(int(hour) % 12 + 12) for hour, _, half in source.clocks if half == "p"}
    missing = right == "p" and says_right is False and not late & there
    if missing or (says_wrong and not says_right):
        first = found.numbers[0].start if found.numbers else 0
        gained = (f"{wrong}m",) if says_wrong else ()
        return Difference(kind="changed-unit", lost=(f"{right}m",), gained=gained, start=first)
    return None


def _order_differs(source: Reading, found: Reading) -> Difference | None:
    exempt = source.free | {part for hour, minute, _ in source.clocks for part in (hour, minute)}
    ours: dict[str, list[Number]] = {}
    theirs: dict[str, list[Number]] = {}
    for table, numbers in ((ours, source.numbers), (theirs, found.numbers)):
        for number in numbers:
            if not number.spelled and number.value not in exempt:
                table.setdefault(number.unit or number.leans, []).append(number)
    for unit, own in ours.items():
        wanted = [number.value for number in own]
        there = [number.value for number in theirs.get(unit, ())]
        if wanted != there and sorted(wanted) == sorted(there):
            pairs = enumerate(zip(wanted, there, strict=True))
            at = next(number for number, (one, other) in pairs if one != other)
            return Difference(
                kind="swapped-number",
                lost=tuple(wanted),
                gained=tuple(there),
                start=theirs[unit][at].start,
            )
    return None


def _named(match: re.Match[str], names: Sequence[T]) -> T:
    """Return what the one group that matched stands for."""
    return names[(match.lastindex or 1) - 1]


def _times(value: str, factor: int) -> str:
    if not re.fullmatch(r"\d+(\.\d+)?", value):
        return value
    product = Decimal(value) * factor
    whole = product.to_integral_value()
    return format(whole if product == whole else product.normalize(), "f")


def _western(text: str, decimal: str, group: str) -> tuple[str, Sequence[int]]:
    """Write a text with the digits 0 to 9, fractions with a slash, and without unseen marks.

    Returns:
        the text, and where each of its letters stood.
    """
    if not _FOREIGN.search(text):
        return text, range(len(text) + 1)
    letters: list[str] = []
    places: list[int] = []
    entities = {match.start(): match for match in _ENTITY.finditer(text)} if "&" in text else {}
    at = 0
    while at < len(text):
        letter, step = text[at], 1
        if at in entities:
            written = entities[at].group()
            letter, step = html.unescape(written), len(written)
        for piece in _western_letter(letter, decimal, group):
            letters.append(piece)
            places.append(at)
        at += step
    return "".join(letters), [*places, len(text)]


@functools.lru_cache(maxsize=4096)
def _western_letter(letter: str, decimal: str, group: str) -> str:
    own = {"\u066b": decimal, "\u066c": group, "\u2212": "-"}
    folded = unicodedata.normalize("NFKC", letter)
    if letter.isdecimal() and len(letter) == 1:
        written = str(unicodedata.decimal(letter))
    elif letter in own:
        written = own[letter]
    elif letter not in "\u200c\u200d" and unicodedata.category(letter[0]) == "Cf":
        written = ""
    elif "\u2044" in folded:
        written = f" {folded.replace(chr(0x2044), '/')} "
    else:
        written = folded if letter in "：，．／％＋－" else letter
    return written
