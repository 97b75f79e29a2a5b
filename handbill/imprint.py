"""Set a clinic's card onto the shell of a leaflet: one PDF out of two that are typeset already.

Printers imprint: a leaflet is printed once with a blank, the shell, and each customer's name and
address are added later. Our *shell* is a leaflet with blanks of a known size where a clinic's
blocks stand, and with digits that stand for those of its telephone numbers. A *card* is one
clinic's blocks, typeset in the same stylesheet. Both are what `dissect` has cut out of a painted
PDF. Nothing is laid out here, so nothing here may need to be: what differs in width, height or
kind is `Unfit`, and its edition is typeset directly.

The parts that never change are packed once, with the shell. Setting a card writes the pieces of
content that show it, its fonts, its part of the structure and the tables that count objects.
"""

import dataclasses
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from xml.sax.saxutils import escape


#: What a template of an object holds where numbers are known only when a card is set, between two
#: of these: `O3` the card's fourth object, `P` the page, `B` the blank's element, `M2` the third
#: piece of the block, `X` and `Y` a place on the page.
TOKEN = b"\x1a"
#: The attributes of an element that say that it is a clinic's: a block of its page, or the value of
#: a slot in its text.
BLOCK, SLOT = "data-clinic", "data-slot"
#: Stand for a clinic's id and name in the shell's metadata.
ID, NAME = "\ue011", "\ue012"
#: Two lengths on paper that differ by less, in CSS pixels, are one.
EXACT = 1e-4

_TOKEN = re.compile(rb"\x1a([A-Z])([^\x1a]*)\x1a")
_CODE = re.compile(rb"[0-9a-f]{4}")
_STRING = re.compile(rb"<([0-9a-f]+)>")
#: How the page's own space is told, before anything is painted in it.
SPACES = 2
#: The operators that say where something is, and which of their numbers are heights.
_PLACES: Mapping[bytes, tuple[int, ...]] = {
    b"cm": (5,),
    b"re": (1, 3),
    b"Tm": (5,),
    b"m": (1,),
    b"l": (1,),
    b"c": (1, 3, 5),
    b"v": (1, 3),
    b"y": (1, 3),
}
_EOL = (b"\r", b"\n")

_Value = TypeVar("_Value")


class Unfit(Exception):  # noqa: N818 - no error: it says why an edition goes the direct way
    """An edition cannot be made of a shell and a card; the reason is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a block stands, in CSS pixels from the top left of its page, pages from 0."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """By how much the blanks of a last page may grow, in CSS pixels, and where its text ends."""

    least: float
    most: float
    foot: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A piece of a shell's content that shows digits of a clinic.

    Attributes:
        number: the object that holds it.
        name: whose digits.
        first: which digit of the value it begins with.
        parts: what it writes around its digits.
        codes: what writes each of the ten digits.
    """

    number: int
    name: str
    first: int
    parts: tuple[bytes, ...]
    codes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """The place of a block in a shell.

    Attributes:
        spot: where on paper.
        role: what its structure element is, and how deep it stands.
        number: the object that holds its content.
        element: the number of its structure element.
        parts: how that element is written, around its children.
    """

    spot: Spot
    role: str
    number: int
    element: int
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elastic:
    """The last page of a shell, if its blanks may take other heights there.

    What follows a blank moves, what is around it grows, and no line is broken otherwise.

    Attributes:
        page: which page, from 0.
        contents: the objects that paint it, in order, with what they hold; nothing for those of
            slots and blanks.
        foot: where its text must end, in CSS pixels.
        least, most: by how much the blanks may grow in all, without another page or setting.
    """

    page: int
    contents: tuple[tuple[int, bytes | None], ...]
    foot: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A bookmark that names digits of a clinic: how it is written around its title."""

    number: int
    parts: tuple[bytes, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A leaflet in one language and format, ready for any clinic of its kind.

    Attributes:
        body: its unchanging objects as they stand in a file, the header first.
        table: its rows of the cross-reference table; noughts where an object is written later.
        size: how many objects it has.
        root: the number of its catalog.
        pages: the number of each page.
        marks: how many pieces of marked content each page has.
        tree: the parent tree: its number, and how it is written around the ends of pages.
        resources: their number, and how they are written around more states and pictures.
        states: the names of the states they hold.
        fonts: the fonts' dictionary: its number, and how it is written before its end.
        slots, blanks, titles: what is a clinic's.
        elastic: the last page, if its blanks may take other heights.
        masks: the value that stands for each clinic's.
        metadata: its number, and its text with `ID` and `NAME`.
        info: the number of the document's information, and its entries with `ID` and `NAME`.
        tried: in which settings it was laid out until one fitted; the last is its own.
    """

    body: bytes
    table: bytes
    size: int
    root: int
    pages: tuple[int, ...]
    marks: tuple[int, ...]
    tree: tuple[int, tuple[bytes, ...]]
    resources: tuple[int, tuple[bytes, ...]]
    states: tuple[str, ...]
    fonts: tuple[int, bytes]
    slots: tuple[Slot, ...]
    blanks: Mapping[str, Blank]
    titles: tuple[Title, ...]
    elastic: Elastic | None
    masks: Mapping[str, str]
    metadata: tuple[int, str]
    info: tuple[int, Mapping[str, str]]
    tried: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An object of a card: a dictionary's template, and the data of a stream."""

    text: bytes
    data: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One block of a card.

    Attributes:
        spot: where it was typeset.
        role: what its structure element is, and how deep it stands.
        content: what paints it.
        kids: which of the card's objects are the children of the blank's element.
        owners: the object to which each of its pieces belongs.
        things: those objects of the card that are its structure.
    """

    spot: Spot
    role: str
    content: bytes
    kids: tuple[int, ...]
    owners: tuple[int, ...]
    things: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A clinic's blocks in one language, format and setting.

    Attributes:
        things: its objects.
        cuts: its blocks by name.
        fonts, pictures: the objects that its content names.
        states: the graphics states that its content names.
    """

    things: tuple[Thing, ...]
    cuts: Mapping[str, Cut]
    fonts: Mapping[str, int]
    pictures: Mapping[str, int]
    states: Mapping[str, bytes]


class _File:
    """A PDF that is being written after the unchanging part of a shell."""

    def __init__(self, shell: Shell, more: int) -> None:
        self.parts = [shell.body]
        self.position = len(shell.body)
        self.table = bytearray(shell.table) + bytearray(7 * more)
        self.packed: list[tuple[int, bytes]] = []

    def row(self, number: int, kind: int, place: int, index: int = 0) -> None:
        row = bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        self.table[7 * number : 7 * number + 7] = row

    def stream(self, number: int, entries: bytes, data: bytes) -> None:
        self.row(number, 1, self.position)
        blob = stream(number, entries, data)
        self.parts.append(blob)
        self.position += len(blob)

    def dictionary(self, number: int, text: bytes) -> None:
        self.packed.append((number, text))

    def close(self, number: int, root: int, info: int, identifier: bytes) -> bytes:
        for index, (packed, _text) in enumerate(self.packed):
            self.row(packed, 2, number, index)
        entries, data = object_stream(self.packed)
        self.stream(number, entries, pack(data))
        place = self.position
        self.row(number + 1, 1, place)
        size = number + 2
        # What a stream ends in may not look like the end of a line; one more row changes it.
        while (data := zlib.compress(bytes(self.table), 6))[-1:] in _EOL:
            self.table += b"\0\0\0\0\0\xff\xff"
            size += 1
        entries = (
            b"/Type/XRef/W[1 4 2]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]/Filter/FlateDecode"
            % (size, root, info, identifier, identifier)
        )
        self.parts += [stream(number + 1, entries, data), b"startxref\n%d\n%%%%EOF\n" % place]
        return b"".join(self.parts)


def imprint(shell: Shell, card: Card, *, clinic: str, name: str, slots: Mapping[str, str]) -> bytes:
    """Set a card onto a shell.

    Args:
        shell: the leaflet.
        card: the clinic's blocks.
        clinic: its id.
        name: its name.
        slots: the values of those slots that the shell masks, as they are printed.

    Raises:
        Unfit: they do not fit each other.
    """
    stretch = _fit(shell, card, slots)
    first = shell.size
    file = _File(shell, len(card.things) + 2)
    for number, content in _contents(shell, slots, stretch).items():
        file.stream(number, b"/Filter/FlateDecode", pack(content))
    ends: dict[int, list[bytes]] = {}
    counts = list(shell.marks)
    written = set[int]()
    for block, blank in shell.blanks.items():
        cut, page = card.cuts[block], blank.spot.page
        top = stretch.moved(blank.spot.y) if stretch.page == page else blank.spot.y
        move = blank.spot.x - cut.spot.x, top - cut.spot.y
        spell = _Speller(first, shell.pages[page], blank.element, counts[page], move)
        counts[page] += len(cut.owners)
        ends.setdefault(page, []).extend(b" %d 0 R" % (first + i) for i in cut.owners)
        content = b"q\n1 0 0 1 %s %s cm\n%s\nQ" % (*map(_number, move), spell(cut.content))
        file.stream(blank.number, b"/Filter/FlateDecode", pack(content))
        kids = b" ".join(b"%d 0 R" % (first + i) for i in cut.kids)
        file.dictionary(blank.element, kids.join(blank.parts))
        for i in cut.things:
            file.dictionary(first + i, spell(card.things[i].text))
        written.update(cut.things)
    spell = _Speller(first, 0, 0, 0, (0.0, 0.0))
    for i, thing in enumerate(card.things):
        if thing.data is not None:
            file.stream(first + i, spell(thing.text), thing.data)
        elif i not in written:
            file.dictionary(first + i, spell(thing.text))
    _share(file, shell, card, ends)
    words = {ID: clinic, NAME: name}
    for title in shell.titles:
        text = title.text
        for masked_slot, value in slots.items():
            text = text.replace(shell.masks[masked_slot], value)
        file.dictionary(title.number, string(text).join(title.parts))
    number, entries = shell.info
    told = b"".join(b"/%s %s" % (k.encode(), string(_put(v, words))) for k, v in entries.items())
    file.dictionary(number, b"<<%s>>" % told)
    known = _put(shell.metadata[1], {key: escape(value) for key, value in words.items()})
    file.stream(shell.metadata[0], b"/Type/Metadata/Subtype/XML", known.encode())
    seal = hashlib.sha256(repr((clinic, name, sorted(slots.items()), card.cuts)).encode())
    seal.update(shell.body)
    return file.close(first + len(card.things), shell.root, number, seal.hexdigest()[:32].encode())


def _contents(shell: Shell, slots: Mapping[str, str], stretch: "_Stretch") -> dict[int, bytes]:
    """Return the pieces of pages that a clinic changes, but for its blocks."""
    digits = {slot: "".join(filter(_is_digit, value)) for slot, value in slots.items()}
    contents = {slot.number: _filled(slot, digits[slot.name]) for slot in shell.slots}
    own = {blank.number for blank in shell.blanks.values()}
    for number, content in shell.elastic.contents if shell.elastic else ():
        if number not in own:
            contents[number] = stretch(contents[number] if content is None else content)
    return contents


def _share(file: _File, shell: Shell, card: Card, ends: Mapping[int, list[bytes]]) -> None:
    """Write what shell and card have in common: the parent tree, and resources of the pages."""
    first = shell.size
    number, parts = shell.tree
    tree = [parts[0]]
    for page, part in enumerate(parts[1:]):
        tree += [*ends.get(page, ()), part]
    file.dictionary(number, b"".join(tree))
    number, (before, between, after) = shell.resources
    states = b"".join(
        b"/%s %s" % (name.encode(), text)
        for name, text in card.states.items()
        if name not in shell.states
    )
    file.dictionary(
        number, b"".join((before, states, between, _names(card.pictures, first), after))
    )
    number, before = shell.fonts
    file.dictionary(number, b"%s%s>>" % (before, _names(card.fonts, first)))


def _names(things: Mapping[str, int], first: int) -> bytes:
    return b"".join(b"/%s %d 0 R" % (name.encode(), first + i) for name, i in things.items())


def _fit(shell: Shell, card: Card, slots: Mapping[str, str]) -> "_Stretch":
    """Refuse a card that would change what the shell has laid out; say what it moves."""
    if shell.blanks.keys() != card.cuts.keys():
        raise Unfit("its template shows other blocks")
    for name, blank in shell.blanks.items():
        spot = card.cuts[name].spot
        if abs(spot.width - blank.spot.width) > EXACT:
            raise Unfit(f"its {name} takes another width")
        if card.cuts[name].role != blank.role:
            raise Unfit(f"its {name} is another part of the structure")
    for name, mask in shell.masks.items():
        value = slots.get(name, "")
        if len(value) != len(mask) or masked(value, mask) != mask:
            raise Unfit(f"its {name} is written otherwise")
    heights = {name: cut.spot.height for name, cut in card.cuts.items()}
    if not stretches(shell, heights):
        raise Unfit("its blocks take another height")
    elastic = shell.elastic
    edges = [
        (blank.spot.y + blank.spot.height, heights[name] - blank.spot.height)
        for name, blank in shell.blanks.items()
        if elastic and blank.spot.page == elastic.page
    ]
    edges = [edge for edge in edges if abs(edge[1]) > EXACT]
    return _Stretch(elastic.page if elastic else -1, elastic.foot if elastic else 0.0, edges)


def stretches(shell: Shell, heights: Mapping[str, float]) -> bool:
    """Tell whether a shell's blanks may take these heights."""
    total = 0.0
    for name, blank in shell.blanks.items():
        grown = heights[name] - blank.spot.height
        if abs(grown) > EXACT:
            if shell.elastic is None or blank.spot.page != shell.elastic.page:
                return False
            total += grown
    return shell.elastic is None or shell.elastic.least <= total <= shell.elastic.most


def is_stretched(shell: Shell, heights: Mapping[str, float]) -> bool:
    """Tell whether a shell's blanks take other heights than it was made with."""
    return any(
        abs(heights[name] - blank.spot.height) > EXACT for name, blank in shell.blanks.items()
    )


class _Stretch:
    """Moves what a page paints below edges that move, and lets grow what is around them.

    It reads the content of a page piece by piece, in order. Numbers are changed in the page's own
    space only; what is painted in a space of its own, such as a picture, moves as a whole.
    """

    def __init__(self, page: int, foot: float, edges: Sequence[tuple[float, float]]) -> None:
        self.page, self.foot, self.edges = page, foot, edges
        #: How many levels are open, and at which a space of its own begins; none if 0.
        self.depth = self.foreign = self.spaces = 0

    def moved(self, y: float) -> float:
        """Return where a height of the page has gone to."""
        if y > self.foot - EXACT:
            return y
        return y + sum(grown for edge, grown in self.edges if y >= edge - EXACT)

    def __call__(self, content: bytes) -> bytes:
        if not self.edges:
            return content
        return b"\n".join(map(self._line, content.split(b"\n")))

    def _line(self, line: bytes) -> bytes:
        *values, operator = line.split(b" ")
        if operator == b"q":
            self.depth += 1
        elif operator == b"Q":
            self.depth -= 1
            if self.depth < self.foreign:
                self.foreign = 0
        elif not self.foreign and operator in _PLACES:
            return self._placed(values, operator)
        return line

    def _placed(self, values: list[bytes], operator: bytes) -> bytes:
        numbers = [float(value) for value in values]
        if operator == b"cm":
            self.spaces += 1
            if self.spaces <= SPACES:
                return b" ".join((*values, operator))
            self.foreign = self.depth
            numbers[5] = self.moved(numbers[5])
        elif operator == b"re":
            x, y, width, height = numbers
            top, bottom = self.moved(y), self.moved(y + height)
            numbers = [x, top, width, bottom - top]
        else:
            for i in _PLACES[operator]:
                numbers[i] = self.moved(numbers[i])
        return b" ".join((*map(_number, numbers), operator))


def masked(value: str, like: str) -> str:
    """Put the first digit of one value in the place of each digit of another."""
    digit = next(filter(_is_digit, like))
    return "".join(digit if _is_digit(letter) else letter for letter in value)


def _is_digit(letter: str) -> bool:
    return "0" <= letter <= "9"


def _filled(slot: Slot, digits: str) -> bytes:
    """Write a piece with a clinic's digits, and read it again: no call may go astray."""
    own = digits[slot.first : slot.first + len(slot.parts) - 1]
    parts = [slot.parts[0]]
    for digit, part in zip(own, slot.parts[1:], strict=True):
        parts += [slot.codes[int(digit)], part]
    written = b"".join(parts)
    if read(written, slot.codes) != own:
        raise Unfit(f"its {slot.name} does not read as it should")
    return written


def read(content: bytes, codes: Iterable[bytes]) -> str:
    """Read the digits that a piece of content writes."""
    digits = {code: str(digit) for digit, code in enumerate(codes)}
    found = (code for line in shown(content) for code in line)
    return "".join(digits.get(code, "") for code in found)


def shown(content: bytes) -> Iterator[list[bytes]]:
    """Yield the codes of each line of content that shows text."""
    for line in content.split(b"\n"):
        if line.endswith(b"TJ"):
            yield [code for text in _STRING.findall(line) for code in _CODE.findall(text)]


class _Speller:
    """Writes templates of a card's objects with the numbers that they have in one file."""

    def __init__(
        self, first: int, page: int, element: int, mark: int, move: tuple[float, float]
    ) -> None:
        self.first, self.page, self.element, self.mark = first, page, element, mark
        self.move = move

    def __call__(self, text: bytes) -> bytes:
        return _TOKEN.sub(self._spelt, text)

    def _spelt(self, match: re.Match[bytes]) -> bytes:
        kind, value = match.groups()
        if kind == b"O":
            return b"%d 0 R" % (self.first + int(value))
        if kind == b"M":
            return b"%d" % (self.mark + int(value))
        if kind == b"P":
            return b"%d 0 R" % self.page
        if kind == b"B":
            return b"%d 0 R" % self.element
        return _number(float(value) + self.move[kind == b"Y"])


def _number(value: float) -> bytes:
    """Write a number as pydyf does."""
    return f"{value:f}".rstrip("0").rstrip(".").encode()


def _put(text: str, words: Mapping[str, str]) -> str:
    for sign, word in words.items():
        text = text.replace(sign, word)
    return text


def string(text: str) -> bytes:
    """Write a text as pydyf does."""
    if text.isascii():
        return b"(" + re.sub(rb"([\\()])", rb"\\\1", text.encode()) + b")"
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def stream(number: int, entries: bytes, data: bytes) -> bytes:
    """Write a stream object."""
    head = b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (number, entries, len(data))
    return head + data + b"\nendstream\nendobj\n"


def object_stream(objects: Iterable[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Write objects as one stream: its entries, and its data."""
    numbers, texts, position = [], [], 0
    for number, text in objects:
        numbers.append(b"%d %d" % (number, position))
        texts.append(text)
        position += len(text) + 1
    head = b" ".join(numbers)
    entries = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(numbers), len(head) + 1)
    return entries, b"\n".join((head, *texts))


def pack(data: bytes, level: int = 6) -> bytes:
    """Compress a stream so that it ends in no end of a line (ISO 32000-1, 7.3.8.1)."""
    while (packed := zlib.compress(data, level))[-1:] in _EOL:
        data += b" "
    return packed


def dumps(value: Shell | Card | str) -> bytes:
    """Write a shell or a card down, to be kept; or why there is none."""
    return json.dumps(_plain(value), ensure_ascii=False).encode()


def loads(kind: type[_Value], data: bytes) -> _Value:
    """Read what `dumps` has written.

    Raises:
        Unfit: it could not be cut.
        ValueError: it is something else, such as what another version wrote.
    """
    try:
        found = json.loads(data)
        if isinstance(found, str):
            raise Unfit(found)
        value: _Value = _built(kind, found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {kind.__name__}") from error
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    return value


def _built(kind: Any, value: Any) -> Any:
    kinds = get_args(kind)
    if kind is bytes:
        value = value.encode("latin-1")
    elif isinstance(kind, UnionType):
        inner = next(item for item in kinds if item is not NoneType)
        value = None if value is None else _built(inner, value)
    elif get_origin(kind) is tuple and kinds[-1] is Ellipsis:
        value = tuple(_built(kinds[0], item) for item in value)
    elif get_origin(kind) is tuple:
        value = tuple(_built(each, item) for each, item in zip(kinds, value, strict=True))
    elif get_origin(kind) is Mapping:
        value = {key: _built(kinds[1], item) for key, item in value.items()}
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        value = kind(**{name: _built(hint, value[name]) for name, hint in hints.items()})
    return value
