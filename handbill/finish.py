"""What a PDF still lacks when WeasyPrint has painted it: PDF/UA-1 and PDF/A-2a in one file.

WeasyPrint writes one standard at a time. This adds the other's mark, and mends what both ask for:
heads and feet of pages are artifacts (ISO 14289-1, 7.8), translucent text belongs to the structure
(ISO 14289-1, 7.1), metadata is plain text (ISO 19005-2, 6.6.2.1), links say where they lead
(ISO 14289-1, 7.18.5), and no stream ends in a byte that looks like the end of a line
(ISO 32000-1, 7.3.8.1). It works on pydyf's objects, before they are written.
"""

import functools
import io
import zlib
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pydyf


#: The standard that WeasyPrint is asked for.
VARIANT = "pdf/a-2a"

_EOL = {b"\r", b"\n"}

_XMP = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def describe(document: Any) -> None:
    """Make a rendered document declare PDF/UA-1 beside the standard that WeasyPrint declares.

    And say what WeasyPrint leaves out: its language, its subjects, and from the page's
    `dcterms.identifier` and `dcterms.hasversion` which text it is, in which version (ISO 16684-1).
    """
    metadata = document.metadata
    generate = metadata.generate_rdf_metadata

    def complete(*arguments: Any) -> bytes:
        rdf: bytes = generate(*arguments)
        return rdf.replace(b"</rdf:RDF>", _described(metadata) + _XMP + b"</rdf:RDF>")

    metadata.generate_rdf_metadata = complete


def finish(pdf: Any) -> None:
    """Mend and settle a painted PDF in place, just before it is written."""
    mend(pdf)
    settle(pdf)


def mend(pdf: Any) -> None:
    """Mend a painted PDF in place; its streams can still be read."""
    pages = [_object(pdf, reference) for reference in pdf.page_references]
    tree = _object(pdf, pdf.catalog["StructTreeRoot"])
    elements = list(_elements(pdf, tree))
    alive = {id(element) for element in elements}
    for element in elements:
        if element["S"] != "/Link":
            _drop_links(pdf, element)
    numbers = _object(pdf, tree["ParentTree"])["Nums"]
    groups = [item for item in pdf.objects if _is_group(item)]
    for page, owners in zip(pages, numbers[1 : 2 * len(pages) : 2], strict=True):
        dead = {i for i, owner in enumerate(owners) if id(_object(pdf, owner)) not in alive}
        content = _object(pdf, page["Contents"])
        _mark(content, dead, pdf.catalog["Lang"].string)
        for group in groups:
            if group._tags is content._tags:  # noqa: SLF001 - how WeasyPrint numbers a page
                _mark(group, dead, pdf.catalog["Lang"].string)
                _adopt(pdf, group, owners, numbers)
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Subtype") == "/Link" and "A" in item:
            item.setdefault("Contents", item["A"]["URI"])


def settle(pdf: Any) -> None:
    """Let every stream be read whole, just before a PDF is written; nothing changes after it."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream):
            _settle(item)
    pdf.write = functools.partial(_write, pdf, pdf.write)


def _described(metadata: Any) -> bytes:
    """Return the properties that name a text, for those that its page gives."""
    subjects = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in metadata.keywords)
    given = {
        "dc:language": metadata.lang
        and f"<rdf:Bag><rdf:li>{escape(metadata.lang)}</rdf:li></rdf:Bag>",
        "dc:subject": subjects and f"<rdf:Bag>{subjects}</rdf:Bag>",
        "dc:identifier": escape(metadata.custom.get("dcterms.identifier", "")),
        "xmpMM:VersionID": escape(metadata.custom.get("dcterms.hasversion", "")),
    }
    found = "".join(f"<{name}>{value}</{name}>" for name, value in given.items() if value)
    namespaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
    )
    return f'<rdf:Description rdf:about="" {namespaces}>{found}</rdf:Description>'.encode()


def _object(pdf: Any, reference: Any) -> Any:
    """Follow a reference, such as `b"12 0 R"`."""
    return pdf.objects[int(reference.split()[0])]


def _elements(pdf: Any, element: Any) -> Iterator[Any]:
    """Yield the structure elements below one."""
    for kid in element.get("K", ()):
        if isinstance(kid, bytes):
            below = _object(pdf, kid)
            if "S" in below:
                yield below
                yield from _elements(pdf, below)


def _drop_links(pdf: Any, element: Any) -> None:
    """Keep a link's own annotation, and not those of what stands inside it.

    WeasyPrint makes one for every box in a link; a reader would hear the link once for each.
    """
    for kid in list(element.get("K", ())):
        below = _object(pdf, kid) if isinstance(kid, bytes) else {}
        if below.get("Type") == "/OBJR" and _object(pdf, below["Obj"])["Subtype"] == "/Link":
            element["K"].remove(kid)
            _object(pdf, below["Pg"])["Annots"].remove(below["Obj"])


def _is_group(item: Any) -> bool:
    """Tell if an object is a part of a page that is painted as one, such as by CSS `opacity`."""
    return isinstance(item, pydyf.Stream) and item.extra.get("Subtype") == "/Form"


def _adopt(pdf: Any, group: Any, owners: Any, numbers: Any) -> None:
    """Say of what stands in a group that it is there, and not in the page's own stream.

    WeasyPrint numbers it as the page's, where no reader finds it (ISO 32000-1, 14.7.4.4).
    """
    inside = [part["MCID"] for part in group.stream if isinstance(part, dict) and "MCID" in part]
    if not inside:
        return
    group.extra["StructParents"] = key = numbers[-2] + 1
    numbers += [key, pydyf.Array(["null"] * (max(inside) + 1))]
    for mark in inside:
        numbers[-1][mark] = owners[mark]
        element = _object(pdf, owners[mark])
        element["K"][element["K"].index(mark)] = pydyf.Dictionary(
            {"Type": "/MCR", "Pg": element["Pg"], "Stm": group.reference, "MCID": mark}
        )


def _mark(stream: Any, dead: set[int], language: str) -> None:
    """Make page furniture of what no structure element owns, and name only other languages.

    Poppler takes no text from the properties of an artifact, but does from a span inside it.
    """
    parts: list[Any] = []
    ends: list[int] = []
    extra = 0
    for part in stream.stream:
        parts.append(part)
        if isinstance(part, pydyf.Dictionary):
            if "Lang" in part and part["Lang"].string == language:
                del part["Lang"]
            if part.get("MCID") in dead:
                del part["MCID"]
                parts[-2:] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]
                if part:
                    parts += [b"BDC", "/Span", part]
                    extra = 1
        elif part in (b"BDC", b"BMC"):
            ends.append(extra)
            extra = 0
        elif part == b"EMC":
            parts += [b"EMC"] * ends.pop()
    stream.stream = parts


def _write(pdf: Any, write: Any, output: Any, *options: Any) -> None:
    """Write a PDF so that the streams which list its objects settle too.

    pydyf makes them while it writes. An object that nothing uses changes their last byte, which is
    a checksum.
    """
    objects, start = list(pdf.objects), pdf.current_position
    while True:
        attempt = io.BytesIO()
        write(attempt, *options)
        if not any(_ends_badly(item) for item in pdf.objects[len(objects) :]):
            output.write(attempt.getvalue())
            return
        pdf.objects, pdf.current_position = list(objects), start
        pdf.add_object(pydyf.Dictionary())
        objects = list(pdf.objects)


def _ends_badly(item: Any) -> bool:
    return isinstance(item, pydyf.Stream) and item.data.removesuffix(b"\nendstream")[-1:] in _EOL


def _settle(stream: Any) -> None:
    """Let a stream be read whole by readers that look for its end; it is packed once, here."""
    if stream.extra.get("Type") == "/Metadata":
        stream.compress = False
    elif stream.compress:
        stream.compress = False
        plain = stream.data.partition(b"\nstream\n")[2].removesuffix(b"\nendstream")
        # The last byte is that of a sum (RFC 1950, Adler-32), which noughts do not change.
        while (packed := zlib.compress(plain, level=9))[-1:] in _EOL:
            plain += b"\0\0\0\1" if "Length1" in stream.extra else b"  "
        if "Length1" in stream.extra:
            stream.extra["Length1"] = len(plain)
        stream.extra["Filter"] = "/FlateDecode"
        stream.stream = [packed]
