"""XLIFF 1.2 and 2.1 (OASIS), for translators' tools. The only importer of defusedxml."""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import AttributesNSImpl, InputSource, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from handbill.diagnostics import Fault
from handbill.exchange import Job, Reading, Unit, job


#: What a translator's tool should protect: slots, addresses, bold, emphasis, code.
_CODES = re.compile(r"\{\{.*?\}\}|\{[a-z_]+\}|\]\([^)]*\)|\[|\*+|`+|(?<!\w)_+|_+(?!\w)")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_XLIFF_1 = "urn:oasis:names:tc:xliff:document:1.2"
_XLIFF_2 = "urn:oasis:names:tc:xliff:document:2.0"


def write(sent: Job) -> bytes:
    """Write a job as XLIFF 1.2 (OASIS), a file for each leaflet."""
    source, target = quoteattr(sent.source_language), quoteattr(sent.language)
    languages = f" source-language={source} target-language={target}"
    lines = [_DECLARATION, f'<xliff version="1.2" xmlns="{_XLIFF_1}">']
    for leaflet in dict.fromkeys(unit.leaflet for unit in sent.units):
        lines += [f'<file original={quoteattr(leaflet)} datatype="po"{languages}>', "<body>"]
        for unit in sent.units:
            if unit.leaflet == leaflet:
                lines += _unit_1(unit)
        lines += ["</body>", "</file>"]
    return "\n".join([*lines, "</xliff>", ""]).encode()


def _unit_1(unit: Unit) -> Iterator[str]:
    # Not `approved`: that is a signature's business, and an agency's tool would lock the text.
    yield f'<trans-unit id="{unit.id}" xml:space="preserve">'
    known: dict[str, list[str]] = {}

    def code(number: str, text: str) -> str:
        return f'<ph id="{number}">{escape(text)}</ph>'

    yield f"<source>{_inline(unit.source, known, code)}</source>"
    if unit.target:
        state = "needs-review-translation" if unit.state == "fuzzy" else "translated"
        yield f'<target state="{state}">{_inline(unit.target, known, code)}</target>'
    for who, text in _notes(unit):
        yield f'<note from="{who}">{escape(text)}</note>'
    if unit.previous[0]:
        source, target = map(escape, unit.previous)
        yield '<alt-trans alttranstype="previous-version">'
        yield f"<source>{source}</source><target>{target}</target></alt-trans>"
    yield "</trans-unit>"


def write_2(sent: Job) -> bytes:
    """Write a job as XLIFF 2.1 (OASIS), a file for each leaflet."""
    source, target = quoteattr(sent.source_language), quoteattr(sent.language)
    languages = f" srcLang={source} trgLang={target}"
    lines = [_DECLARATION, f'<xliff version="2.1" xmlns="{_XLIFF_2}"{languages}>']
    for leaflet in dict.fromkeys(unit.leaflet for unit in sent.units):
        lines.append(f'<file id={quoteattr(leaflet)} xml:space="preserve">')
        for unit in sent.units:
            if unit.leaflet == leaflet:
                lines += _unit_2(unit)
        lines.append("</file>")
    return "\n".join([*lines, "</xliff>", ""]).encode()


def _unit_2(unit: Unit) -> Iterator[str]:
    known: dict[str, list[str]] = {}
    data: dict[str, str] = {}

    def code(number: str, text: str) -> str:
        data.setdefault(text, f"d{len(data) + 1}")
        return f'<ph id="{number}" dataRef="{data[text]}"/>'

    source = _inline(unit.source, known, code)
    target = _inline(unit.target, known, code)
    notes = list(_notes(unit))
    if unit.previous[0]:
        notes += [("previous-source", unit.previous[0]), ("previous-target", unit.previous[1])]
    yield f'<unit id="{unit.id}">'
    if notes:
        yield "<notes>"
        yield from (f'<note category="{who}">{escape(text)}</note>' for who, text in notes)
        yield "</notes>"
    if data:
        yield "<originalData>"
        yield from (f'<data id="{key}">{escape(text)}</data>' for text, key in data.items())
        yield "</originalData>"
    fuzzy = ' subState="handbill:fuzzy"' if unit.state == "fuzzy" else ""
    yield f'<segment state="{"translated" if unit.state == "translated" else "initial"}"{fuzzy}>'
    yield f"<source>{source}</source>"
    if unit.target:
        yield f"<target>{target}</target>"
    yield "</segment>"
    yield "</unit>"


def _notes(unit: Unit) -> Iterator[tuple[str, str]]:
    found = [("developer", f"type: {unit.kind}")] if unit.kind else []
    found += [("developer", text) for text in unit.notes]
    found += [("translator", text) for text in unit.comments]
    return iter(found)


def _inline(text: str, known: dict[str, list[str]], code: Callable[[str, str], str]) -> str:
    """Write a text with its codes protected.

    Args:
        text: the source first, then the target.
        known: the numbers of the source's codes, by code: a target's codes have the same.
        code: writes a code, from its number and text.
    """
    parts: list[str] = []
    used: dict[str, int] = {}
    position = 0
    for match in _CODES.finditer(text):
        parts.append(escape(text[position : match.start()]))
        found = match.group()
        numbers = known.setdefault(found, [])
        at = used.get(found, 0)
        used[found] = at + 1
        if at == len(numbers):
            numbers.append(str(sum(map(len, known.values())) + 1))
        parts.append(code(numbers[at], found))
        position = match.end()
    return "".join([*parts, escape(text[position:])])


def read(data: bytes, path: str) -> tuple[Job, list[Fault]]:
    """Read XLIFF 1.2 or 2.x; documents with a DTD or with entities are refused unread."""
    reading = Reading(path)
    handler = _Xliff(reading)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    try:
        parser.parse(source)
    except DefusedXmlException:
        reading.fault(handler.line(), "XML with a document type or entities", "export it again")
    except SAXException as error:
        reading.fault(handler.line(), f"not XLIFF: {error.getMessage()}", "export it again")
    except (ValueError, OverflowError, LookupError) as error:
        reading.fault(handler.line(), f"not XLIFF: {error}", "export it again")
    if not reading.faults and not handler.known:
        reading.fault(1, "not XLIFF 1.2 or 2", "its root is xliff, in the namespace of OASIS")
    return job(reading)


class _Xliff(ContentHandler):
    """Reads both versions: they name their parts alike, and neither nests units."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.reading = reading
        self.locator: Locator | None = None
        self.known = False
        self.within: list[str] = []
        self.leaflet = ""
        self.begin(Unit(id="", leaflet="", source=""))

    def begin(self, unit: Unit) -> None:
        """Begin a unit."""
        self.unit = unit
        self.data: dict[str, str] = {}
        self.parts: dict[str, list[str]] = {"source": [], "target": []}
        self.segments = self.translated = 0

    def line(self) -> int:
        """Return the line that is being read."""
        return (self.locator.getLineNumber() if self.locator else None) or 1

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        """Take what knows the line."""
        self.locator = locator

    def startElementNS(  # noqa: N802 - SAX's name
        self, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        """Enter an element; those of other namespaces hold nothing of ours."""
        del qname
        space, local = name
        self.within.append(local if space in {_XLIFF_1, _XLIFF_2} else "")
        given = {key: value for (_, key), value in attrs.items()}
        match self.within[-1]:
            case "xliff":
                self.known = True
                self.speak(given.get("srcLang", ""), given.get("trgLang", ""))
            case "file":
                self.leaflet = given.get("original") or given.get("id") or ""
                self.speak(given.get("source-language", ""), given.get("target-language", ""))
            case "trans-unit" | "unit":
                found = given.get("id", "")
                self.begin(Unit(id=found, leaflet=self.leaflet, source="", line=self.line()))
            case "data" | "note":
                self.held: list[str] = []
                self.about = given.get("id") or given.get("from") or given.get("category") or ""
            case "segment":
                self.state(given)
            case "source" | "seg-source" | "target":
                self.enter(given)
            case "mrk" if given.get("mtype", "").endswith("-deleted"):
                message = "a change that nobody has accepted or rejected"
                self.reading.fault(self.line(), message, "accept or reject it, and save again")
            case "ph" | "sc" | "ec" | "pc" | "cp":
                self.code(given)
            case _:
                pass

    def endElementNS(  # noqa: N802 - SAX's name
        self, name: tuple[str | None, str], qname: str | None
    ) -> None:
        """Leave an element."""
        del name, qname
        local = self.within.pop()
        if local == "data":
            self.data[self.about] = "".join(self.held)
        elif local == "note" and self.about == "translator":
            self.unit = replace(self.unit, comments=(*self.unit.comments, "".join(self.held)))
        elif local in {"trans-unit", "unit"}:
            self.finish()

    def characters(self, content: str) -> None:
        """Take text."""
        if self.within and self.within[-1] in {"data", "note"}:
            self.held.append(content)
        elif side := self.side():
            self.parts[side].append(content)

    def speak(self, source: str, target: str) -> None:
        """Note the languages of the job; it has one of each."""
        reading = self.reading
        if target and reading.language not in {"", target}:
            message = f"two languages in one job: {reading.language} and {target}"
            reading.fault(self.line(), message, "import a job for each language")
        reading.source_language = source or reading.source_language
        reading.language = target or reading.language

    def side(self) -> str:
        """Tell whether this is source or target; other versions and proposals are neither."""
        if "alt-trans" in self.within or "" in self.within:
            return ""
        return next((name for name in ("source", "target") if name in self.within), "")

    def enter(self, given: Mapping[str, str]) -> None:
        """Begin a source or a target."""
        side = self.side()
        if side == "source":
            self.segments += 1
        elif side == "target":
            self.translated += 1
            if "order" in given:
                message = "segments in another order"
                self.reading.fault(self.line(), message, "join the segments of this text")
            if "segment" not in self.within:
                self.state(given)

    def state(self, given: Mapping[str, str]) -> None:
        """Note what is said of a translation; one unfinished segment is an unfinished unit."""
        found = given.get("state", "")
        if not found or self.unit.state == "fuzzy":
            return
        unfinished = found in {"new", "initial"} or found.startswith("needs-")
        self.unit = replace(self.unit, state="fuzzy" if unfinished else "translated")

    def code(self, given: Mapping[str, str]) -> None:
        """Take a code: version 2 keeps its text apart."""
        side = self.side()
        reference = given.get("dataRef")
        if not side or ("hex" not in given and reference is None):
            return
        if reference is not None and reference not in self.data:
            message = f"a code without its data: {reference}"
            self.reading.fault(self.line(), message, "export it again")
        if (letter := given.get("hex")) is not None:
            self.parts[side].append(chr(int(letter, 16)))
        elif reference is not None:
            self.parts[side].append(self.data.get(reference, ""))

    def finish(self) -> None:
        """End a unit."""
        source, target = ("".join(self.parts[side]) for side in ("source", "target"))
        if target.strip() and self.translated < self.segments:
            message = f"translated by half: {source[:60]!r}"
            self.reading.fault(self.unit.line, message, "translate all of its segments")
        self.reading.units.append(replace(self.unit, source=source, target=target))
