"""Cut a painted PDF into what every clinic shares and what is one clinic's. See `imprint`.

Like `finish`, it works on pydyf's objects before they are written, and on a PDF that `finish` has
mended. It cuts only what it understands; anything else is `Unfit`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pydyf

from handbill import imprint
from handbill.imprint import (
    BLOCK,
    TOKEN,
    Blank,
    Card,
    Cut,
    Elastic,
    Room,
    Shell,
    Slot,
    Spot,
    Thing,
    Title,
    Unfit,
)
from handbill.textlayer import DIGITS, PIECE, Piece


_HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_REFERENCE = re.compile(rb"(\d+) 0 R")
#: What content names of its resources: fonts, pictures and states; and what we do not take along.
_FONT = re.compile(rb"^/(\S+) (?=\S+ Tf$)", re.MULTILINE)
_PICTURE = re.compile(rb"^/(\S+) (?=Do$)", re.MULTILINE)
_STATE = re.compile(rb"^/(\S+) (?=gs$)", re.MULTILINE)
_STRANGE = re.compile(rb"^/\S+ (sh|scn|SCN)$", re.MULTILINE)
#: Points in a CSS pixel.
_POINT = 0.75
#: Comes before the names of a card's fonts and pictures, so that they are not the shell's.
_PREFIX = b"c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A PDF that is about to be written.

    Attributes:
        pdf: the PDF, settled.
        contents: of each stream that shows what is a clinic's, and of each page, what paints it.
    """

    pdf: Any
    contents: Mapping[int, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A piece of marked content: its place in the stream, and the spaces and clips around it."""

    piece: Piece
    start: int
    end: int
    within: tuple[bytes, ...]


def contents(pdf: Any) -> dict[int, list[Any]]:
    """Return what paints pages and a clinic's, by the numbers of streams; settled, it is packed."""
    pages = {item["Contents"] for item in pdf.objects if _is_page(item)}
    return {
        item.number: list(item.stream)
        for item in pdf.objects
        if isinstance(item, pydyf.Stream)
        and (item.reference in pages or any(hasattr(part, PIECE) for part in item.stream))
    }


def _is_page(item: Any) -> bool:
    return isinstance(item, dict) and item.get("Type") == "/Page"


def shell(
    painted: Painted,
    spots: Mapping[str, Spot],
    masks: Mapping[str, str],
    tried: tuple[str, ...],
    room: Room | None,
) -> Shell:
    """Cut a leaflet whose clinic is blank.

    Args:
        painted: the PDF.
        spots: where its blanks stand.
        masks: the values that stand for those of slots.
        tried: in which settings it was laid out.
        room: how the blanks of its last page may grow; None if they may not.

    Raises:
        Unfit: it cannot be imprinted.
    """
    return _ShellCutter(painted, masks).cut(spots, tried, room)


def card(painted: Painted, spots: Mapping[str, Spot]) -> Card:
    """Cut a clinic's blocks out of a leaflet without a text.

    Raises:
        Unfit: they cannot be set onto another leaflet.
    """
    return _CardCutter(painted).cut(spots)


class _Cutter:
    """What both ways of cutting need to know of a PDF."""

    def __init__(self, painted: Painted) -> None:
        self.pdf = pdf = painted.pdf
        self.pages = [self.object(reference) for reference in pdf.page_references]
        numbers = [self.object(page["Contents"]).number for page in self.pages]
        self.contents = [painted.contents[number] for number in numbers]
        tree = self.object(self.object(pdf.catalog["StructTreeRoot"])["ParentTree"])
        self.tree, self.owners = tree, tree["Nums"][1 : 2 * len(self.pages) : 2]
        self.found = [list(_pieces(content)) for content in self.contents]
        if painted.contents.keys() != set(numbers):
            raise Unfit("its clinic stands in what is painted as one")

    def object(self, reference: Any) -> Any:
        return self.pdf.objects[int(reference.split()[0])]

    def pieces(self, name: str) -> tuple[int, list[_Found]]:
        """Return the page of a block and its pieces."""
        pages = [
            (number, [item for item in found if (BLOCK, name) == _what(item)])
            for number, found in enumerate(self.found)
        ]
        pages = [item for item in pages if item[1]]
        if len(pages) != 1:
            raise Unfit(f"its {name} does not stand on one page")
        return pages[0]

    def element(self, name: str, page: int, found: list[_Found]) -> Any:
        """Return the structure element of a block: what holds its pieces and nothing else."""
        marks = {self.mark(page, item) for item in found}
        element = self.object(self.owners[page][min(marks)])
        while not marks <= (held := set(self.held(element))):
            element = self.object(element["P"])
        # Of elements around the same pieces the block's own is the outermost.
        while "S" in (above := self.object(element["P"])) and set(self.held(above)) == held:
            element = above
        if held != marks:
            raise Unfit(f"its {name} is no part of the structure")
        return element

    def mark(self, page: int, item: _Found) -> int:
        number: int = self.contents[page][item.start + 1]["MCID"]
        return number

    def role(self, element: Any) -> str:
        """Say what an element is, and how deep in the structure it stands."""
        name, depth = element["S"], 0
        while "P" in element:
            element, depth = self.object(element["P"]), depth + 1
        return f"{name} {depth}"

    def held(self, element: Any) -> Iterator[int]:
        """Yield the marks below an element."""
        for kid in element["K"]:
            if isinstance(kid, int):
                yield kid
            elif not isinstance(kid, bytes) or "S" not in (below := self.object(kid)):
                raise Unfit("its clinic has links, or parts that are painted as one")
            else:
                yield from self.held(below)

    def below(self, element: Any) -> Iterator[Any]:
        """Yield the structure elements below one."""
        for kid in element["K"]:
            if isinstance(kid, bytes):
                below = self.object(kid)
                yield below
                yield from self.below(below)


class _ShellCutter(_Cutter):
    def __init__(self, painted: Painted, masks: Mapping[str, str]) -> None:
        super().__init__(painted)
        self.masks = masks
        self.size = len(self.pdf.objects)
        #: Objects that are left out or written later.
        self.open: set[int] = {0}
        self.streams_written: list[tuple[int, bytes]] = []
        self.small: dict[int, bytes] = {}
        #: How the last page may be stretched, and what paints it.
        self.stretched: Room | None = None
        self.plain: list[tuple[int, bytes | None]] = []

    def number(self) -> int:
        """Return the number of a new object."""
        self.size += 1
        return self.size - 1

    def cut(self, spots: Mapping[str, Spot], tried: tuple[str, ...], room: Room | None) -> Shell:
        blanks = {name: self.blank(name, spot) for name, spot in spots.items()}
        by_start = {(blank.spot.page, start): blank.number for blank, start in blanks.values()}
        used: dict[int, int] = {}
        slots: list[Slot] = []
        last = len(self.pages) - 1
        self.stretched = room if room and not self.is_stiff(last, spots) else None
        for number, page in enumerate(self.pages):
            if self.found[number]:
                slots += self.page(number, page, by_start, used)
        info = self.number(), {key: value.string for key, value in self.pdf.info.items()}
        titles = tuple(self.titles())
        tree = self.parents()
        resources, states, fonts = self.resources()
        metadata = self.metadata()
        body, table = self.written()
        return Shell(
            body=body,
            table=table,
            size=self.size,
            root=self.pdf.catalog.number,
            pages=tuple(page.number for page in self.pages),
            marks=tuple(len(owners) for owners in self.owners),
            tree=tree,
            resources=resources,
            states=states,
            fonts=fonts,
            slots=tuple(slots),
            blanks={name: blank for name, (blank, _start) in blanks.items()},
            titles=titles,
            elastic=self.elastic(last),
            masks=dict(self.masks),
            metadata=metadata,
            info=info,
            tried=tried,
        )

    def blank(self, name: str, spot: Spot) -> tuple[Blank, int]:
        """Return a block's blank, and where in its page's content it is."""
        page, found = self.pieces(name)
        if len(found) != 1 or page != spot.page or found[0].within:
            raise Unfit(f"its {name} cannot be left blank")
        element = self.element(name, page, found)
        for below in self.below(element):
            self.open.add(below.number)
        self.owners[page] = list(self.owners[page])
        self.owners[page][self.mark(page, found[0])] = b"null"
        self.open.add(element.number)
        copy = pydyf.Dictionary({key: value for key, value in element.items() if key != "K"})
        start = copy.data.removesuffix(b">>") + b"/K["
        blank = Blank(
            spot=spot,
            role=self.role(element),
            number=self.number(),
            element=element.number,
            parts=(start, b"]>>"),
        )
        return blank, found[0].start

    def page(
        self, number: int, page: Any, blanks: Mapping[tuple[int, int], int], used: dict[int, int]
    ) -> Iterator[Slot]:
        """Cut a page's content at its pieces, and yield those of slots."""
        parts = self.contents[number]
        contents: list[int] = []
        before = 0
        for item in self.found[number]:
            blank = blanks.get((number, item.start))
            if blank is None and not (item.piece.part.name in self.masks and item.piece.digits):
                continue
            contents.append(self.stream(parts[before : item.start], number))
            before = item.end
            if blank is not None:
                contents.append(blank)
            else:
                slot = self.slot(item, parts, used)
                contents.append(slot.number)
                yield slot
            if number == len(self.pages) - 1:
                self.plain.append((contents[-1], None))
        contents.append(self.stream(parts[before:], number))
        self.open.add(self.object(page["Contents"]).number)
        copy = pydyf.Dictionary(page)
        copy["Contents"] = pydyf.Array([b"%d 0 R" % item for item in contents])
        self.small[page.number] = copy.data

    def slot(self, item: _Found, parts: list[Any], used: dict[int, int]) -> Slot:
        """Cut a piece at its digits; `used` counts those of each element that are written."""
        piece, name = item.piece, item.piece.part.name
        written = _bytes(parts[item.start : item.end])
        codes = tuple(b"%04x" % code for code in piece.digits)
        digits = "".join(letter for letter in piece.text if letter in DIGITS)
        if imprint.read(written, codes) != digits:
            raise Unfit(f"its {name} is not written digit by digit")
        total = sum(letter in DIGITS for letter in self.masks[name])
        first = used.get(piece.part.number, 0)
        used[piece.part.number] = (first + len(digits)) % total
        if first + len(digits) > total:
            raise Unfit(f"its {name} is written otherwise")
        return Slot(
            number=self.number(),
            name=name,
            first=first,
            parts=tuple(_around(written, codes)),
            codes=codes,
        )

    def is_stiff(self, page: int, spots: Mapping[str, Spot]) -> bool:
        """Tell whether a page cannot be stretched.

        There is no blank on it, or something below one that is not just painted, and would stay
        behind, or a broken line, whose pieces depend on its length.
        """
        top = min((spot.y for spot in spots.values() if spot.page == page), default=0.0)
        if not top or _is_dashed(_bytes(self.contents[page]), top):
            return True
        reference, height = self.pages[page].reference, float(self.pages[page]["MediaBox"][3])
        foot = height - top * _POINT
        for item in self.pdf.objects:
            if not isinstance(item, dict):
                continue
            if "A" in item and "BBox" in item["A"] and item["Pg"] == reference:
                if item["A"]["BBox"][3] > top + imprint.EXACT:
                    return True
            elif "Dest" in item and item["Dest"][0] == reference and item["Dest"][3] < foot:
                return True
        return bool(self.pages[page].get("Annots"))

    def elastic(self, page: int) -> Elastic | None:
        """Return the last page, whose content is kept as it is, if it may be stretched."""
        if self.stretched is None:
            return None
        room = self.stretched
        return Elastic(
            page=page,
            contents=tuple(self.plain),
            foot=room.foot,
            least=room.least,
            most=room.most,
        )

    def stream(self, parts: list[Any], page: int) -> int:
        """Keep a part of a page's content."""
        number = self.number()
        if self.stretched and page == len(self.pages) - 1:
            self.open.add(number)
            self.plain.append((number, _bytes(parts)))
            return number
        data = imprint.pack(_bytes(parts), 9)
        self.streams_written.append((number, imprint.stream(number, b"/Filter/FlateDecode", data)))
        return number

    def titles(self) -> Iterator[Title]:
        """Yield the bookmarks that name digits of a clinic."""
        for item in self.pdf.objects:
            if isinstance(item, pydyf.Dictionary) and "Dest" in item and "Title" in item:
                text = item["Title"].string
                if any(mask in text for mask in self.masks.values()):
                    self.open.add(item.number)
                    rest = {key: value for key, value in item.items() if key != "Title"}
                    start = pydyf.Dictionary(rest).data.removesuffix(b">>") + b"/Title "
                    yield Title(number=item.number, parts=(start, b">>"), text=text)

    def parents(self) -> tuple[int, tuple[bytes, ...]]:
        """Return the parent tree, parted where the pieces of a card follow a page's own."""
        self.open.add(self.tree.number)
        parts, part = [], b"<</Nums["
        for number, value in zip(self.tree["Nums"][::2], self.tree["Nums"][1::2], strict=True):
            part += b" %d " % number
            if number < len(self.pages):
                parts.append(part + b"[" + b" ".join(self.owners[number]))
                part = b"]"
            else:
                part += value if isinstance(value, bytes) else value.data
        return self.tree.number, (*parts, part + b"]>>")

    def resources(
        self,
    ) -> tuple[tuple[int, tuple[bytes, ...]], tuple[str, ...], tuple[int, bytes]]:
        found = self.object(self.pages[0]["Resources"])
        if any(self.object(page["Resources"]) is not found for page in self.pages):
            raise Unfit("its pages have resources of their own")
        fonts = self.object(found["Font"])
        rest = {k: v for k, v in found.items() if k not in {"ExtGState", "XObject"}}
        parts = (
            pydyf.Dictionary(rest).data.removesuffix(b">>")
            + b"/ExtGState"
            + found["ExtGState"].data.removesuffix(b">>"),
            b">>/XObject" + found["XObject"].data.removesuffix(b">>"),
            b">>>>",
        )
        self.open |= {found.number, fonts.number}
        states = tuple(found["ExtGState"])
        return (found.number, parts), states, (fonts.number, fonts.data.removesuffix(b">>"))

    def metadata(self) -> tuple[int, str]:
        found = self.object(self.pdf.catalog["Metadata"])
        self.open.add(found.number)
        return found.number, _bytes(found.stream).decode()

    def written(self) -> tuple[bytes, bytes]:
        """Write all that does not change, and its rows of the cross-reference table."""
        for item in self.pdf.objects:
            if item.number not in self.open and item.number not in self.small:
                if isinstance(item, pydyf.Stream):
                    self.streams_written.append((item.number, item.indirect + b"\n"))
                else:
                    self.small[item.number] = item.data
        packed = self.number()
        entries, data = imprint.object_stream(self.small.items())
        self.streams_written.append(
            (packed, imprint.stream(packed, entries, imprint.pack(data, 9)))
        )
        table = bytearray(7 * self.size)
        for index, number in enumerate(self.small):
            row = b"\2" + packed.to_bytes(4, "big") + index.to_bytes(2, "big")
            table[7 * number : 7 * number + 7] = row
        position = len(_HEADER)
        for number, blob in self.streams_written:
            table[7 * number : 7 * number + 7] = b"\1" + position.to_bytes(4, "big") + b"\0\0"
            position += len(blob)
        table[5:7] = b"\xff\xff"
        return b"".join((_HEADER, *(blob for _number, blob in self.streams_written))), bytes(table)


class _CardCutter(_Cutter):
    def __init__(self, painted: Painted) -> None:
        super().__init__(painted)
        self.things: list[Thing] = []
        #: Which of the card's objects an object of the PDF is.
        self.places: dict[int, int] = {}

    def cut(self, spots: Mapping[str, Spot]) -> Card:
        resources = self.object(self.pages[0]["Resources"])
        cuts = {name: self.block(name, spot) for name, spot in spots.items()}
        content = b"\n".join(item.content for item in cuts.values())
        if _STRANGE.search(content):
            raise Unfit("its logo has patterns or gradients")
        fonts = self.named(_FONT, content, self.object(resources["Font"]))
        pictures = self.named(_PICTURE, content, resources["XObject"])
        states = {}
        for name in dict.fromkeys(_STATE.findall(content)):
            state = resources["ExtGState"][name.decode()]
            if not state.keys() <= {"ca", "CA"}:
                raise Unfit("its logo is blended with what is below it")
            states[name.decode()] = state.data
        renamed = {name: _rename(cut, {*fonts, *pictures}) for name, cut in cuts.items()}
        prefix = _PREFIX.decode()
        return Card(
            things=tuple(self.things),
            cuts=renamed,
            fonts={prefix + name: place for name, place in fonts.items()},
            pictures={prefix + name: place for name, place in pictures.items()},
            states=states,
        )

    def block(self, name: str, spot: Spot) -> Cut:
        """Cut out a block: its content and its structure."""
        page, found = self.pieces(name)
        element = self.element(name, page, found)
        parts = self.contents[page]
        self.marks = {self.mark(page, item): n for n, item in enumerate(found)}
        self.top, self.page = element.number, page
        written = []
        for n, item in enumerate(found):
            properties = pydyf.Dictionary(parts[item.start + 1])
            del properties["MCID"]
            told = b"<</MCID %s" % _token(b"M%d" % n) + properties.data.removeprefix(b"<<")
            own = _bytes([parts[item.start], told, *parts[item.start + 2 : item.end]])
            around = _bytes(list(item.within))
            written.append(b"q\n%s\n%s\nQ" % (around, own) if item.within else own)
        first = len(self.things)
        kids = tuple(self.place(kid) for kid in element["K"])
        things = tuple(range(first, len(self.things)))
        owners = self.owners[page]
        if any(isinstance(kid, int) for kid in element["K"]):
            raise Unfit(f"its {name} is one piece")
        return Cut(
            spot=spot,
            role=self.role(element),
            content=b"\n".join(written),
            kids=kids,
            owners=tuple(self.place(owners[self.mark(page, item)]) for item in found),
            things=things,
        )

    def named(
        self, pattern: re.Pattern[bytes], content: bytes, known: Mapping[str, Any]
    ) -> dict[str, int]:
        """Take along what content names."""
        names = dict.fromkeys(name.decode() for name in pattern.findall(content))
        return {name: self.place(known[name]) for name in names}

    def place(self, reference: Any) -> int:
        """Take an object along, and all that it refers to; return its place in the card."""
        number = int(reference.split()[0])
        if number not in self.places:
            self.places[number] = place = len(self.things)
            self.things.append(Thing(text=b""))
            item = self.pdf.objects[number]
            if not isinstance(item, pydyf.Stream):
                self.things[place] = Thing(text=self.spelt(item))
            else:
                data = item.data.partition(b"\nstream\n")[2].removesuffix(b"\nendstream")
                entries = dict(item.extra)
                if item.compress:
                    entries["Filter"] = "/FlateDecode"
                self.things[place] = Thing(text=self.spelt(entries)[2:-2], data=data)
        return self.places[number]

    def spelt(self, value: Any) -> bytes:
        """Write a value with tokens for what is another number in another file."""
        if isinstance(value, dict):
            if "S" in value and value.get("Type") == "/StructElem":
                return self.structure(value)
            pairs = (b"/%s %s" % (k.encode(), self.spelt(v)) for k, v in value.items())
            return b"<<%s>>" % b"".join(pairs)
        if isinstance(value, list):
            return b"[%s]" % b" ".join(map(self.spelt, value))
        if isinstance(value, bytes) and _REFERENCE.fullmatch(value):
            return _token(b"O%d" % self.place(value))
        data = _bytes([value])
        if TOKEN in data:
            raise Unfit("its clinic has signs that nobody sees")
        return data

    def structure(self, element: Any) -> bytes:
        """Write a structure element."""
        if "ID" in element:
            raise Unfit("its clinic has a table")
        written = []
        for key, value in element.items():
            if key == "Pg":
                text = _token(b"P")
            elif key == "P":
                number = int(value.split()[0])
                text = _token(b"B") if number == self.top else self.spelt(value)
            elif key == "K":
                kids = (
                    _token(b"M%d" % self.marks[kid]) if isinstance(kid, int) else self.spelt(kid)
                    for kid in value
                )
                text = b"[%s]" % b" ".join(kids)
            elif key == "A" and "BBox" in value:
                corners = zip((b"X", b"Y", b"X", b"Y"), value["BBox"], strict=True)
                box = (_token(b"%s%s" % (axis, repr(float(at)).encode())) for axis, at in corners)
                text = b"<</O/Layout/BBox[%s]>>" % b" ".join(box)
            else:
                text = self.spelt(value)
            written.append(b"/%s %s" % (key.encode(), text))
        return b"<<%s>>" % b"".join(written)


def _pieces(parts: list[Any]) -> Iterator[_Found]:
    """Yield the pieces of a content stream that are a clinic's, in order."""
    levels: list[list[bytes]] = [[]]
    start = depth = 0
    piece: Piece | None = None
    for i, part in enumerate(parts):
        if piece is None and hasattr(part, PIECE):
            piece, start, depth = getattr(part, PIECE), i - 1, 0
            # The tag before it is no part of what is around it.
            levels[-1].pop()
        if part in (b"BDC", b"BMC"):
            if piece is None and not depth:
                del levels[-1][-2 if part == b"BDC" else -1 :]
            depth += 1
        elif part == b"EMC":
            depth -= 1
            if piece is not None and not depth:
                around = tuple(item for level in levels for item in level)
                yield _Found(piece=piece, start=start, end=i + 1, within=around[imprint.SPACES :])
                piece = None
        elif depth or piece is not None:
            continue
        elif part == b"q":
            levels.append([])
        elif part == b"Q":
            levels.pop()
        else:
            levels[-1].append(part)


def _is_dashed(content: bytes, top: float) -> bool:
    """Tell whether broken lines are painted below a height."""
    dashed = False
    for line in content.split(b"\n"):
        *values, operator = line.split(b" ")
        if operator == b"d":
            dashed = values[0] != b"[]"
        elif operator == b"Q":
            dashed = False
        elif dashed and operator in {b"m", b"l", b"c", b"re"} and float(values[-1]) > top:
            return True
    return False


def _what(item: _Found) -> tuple[str, str]:
    return item.piece.part.kind, item.piece.part.name


def _around(written: bytes, codes: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield what stands before, between and after the digits of a piece."""
    rest = []
    for line in written.split(b"\n"):
        if not line.endswith(b"TJ"):
            rest.append(line)
            continue
        strings = re.split(rb"(<[0-9a-f]*>)", line)
        for i in range(1, len(strings), 2):
            found = strings[i][1:-1]
            pairs = [found[n : n + 4] for n in range(0, len(found), 4)]
            strings[i] = b"<" + b"".join(TOKEN if c in codes else c for c in pairs) + b">"
        rest.append(b"".join(strings))
    yield from b"\n".join(rest).split(TOKEN)


def _rename(cut: Cut, names: set[str]) -> Cut:
    """Give the fonts and pictures of a block names that are the card's."""

    def renamed(match: re.Match[bytes]) -> bytes:
        assert match.group(1).decode() in names  # noqa: S101 - they were just read there
        return b"/%s%s " % (_PREFIX, match.group(1))

    content = _PICTURE.sub(renamed, _FONT.sub(renamed, cut.content))
    return replace(cut, content=content)


def _token(text: bytes) -> bytes:
    return TOKEN + text + TOKEN


def _bytes(parts: list[Any]) -> bytes:
    """Write parts of a stream as pydyf does."""
    return b"\n".join(
        part if isinstance(part, bytes) else pydyf._to_bytes(part)  # noqa: SLF001 - its only way
        for part in parts
    )
