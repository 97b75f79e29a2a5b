"""Who has signed what: a signature holds for one text, letter by letter, and for a time.

A text has a code, the digest of all that it prints. It is printed at the foot of every page, so
that who has read a page can name what was read. The signed text is kept in full beside the
signature: what has changed since can be shown without asking the history.
"""

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handbill.catalog import INTERFACE, INTERFACES, scope
from handbill.diagnostics import Fault, Location
from handbill.model import Block, Leaflet, Line, Project, Record, Signature, SignOff
from handbill.sources import digest


#: As what a person can sign.
ROLES = ("clinical-reviewer", "translator", "second-reader", "patient-reader")
#: How many letters of a code are printed: enough to tell one text from another by eye.
SHORT = 8

_SCHEMA = 1
_IMPRINT = ("version", "published", "last_review", "next_review")
_UNTRANSLATED = frozenset(
    ["structure", "box", "citation", "heading level", "picture file", *_IMPRINT, "author"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a text stands with its signatures today.

    Attributes:
        code: the code of the text as it is now.
        holding: the signatures under this text that have not expired.
        changed: signatures under another text than this.
        expired: signatures under this text that are too old.
        missing: the roles that nobody has signed for.
    """

    code: str
    holding: tuple[Signature, ...]
    changed: tuple[Signature, ...]
    expired: tuple[Signature, ...]
    missing: tuple[str, ...]


def path(domain: str, tag: str) -> str:
    """Return where the signatures under a text are kept, below the project's root."""
    return f"locales/{tag}/signed/{domain}.json"


def printed(project: Project, domain: str, tag: str) -> tuple[Line, ...]:
    """Return all that a leaflet, or the templates, print in a language, in reading order.

    Boxes, pictures and sources are lines too: a sentence that moves from one kind of box to
    another, or another picture, is another text. So does the structure stand for itself: where a
    box ends, how a list is numbered, what is a part of which point. What clinics fill in is not
    part of it.
    """
    leaflet = project.leaflets.get(domain)
    messages = project.catalogs.get((tag, domain))

    def line(block: Block) -> Line:
        text = block.msgid
        if tag != project.settings.source_language:
            text = (messages and messages.gettext(block.msgid, block.context)) or ""
        return Line(kind=block.kind, context=block.context, source=block.msgid, text=text)

    if leaflet is None:
        return tuple(line(block) for block in project.interfaces[domain])
    body = [((block.line, block.column), line(block)) for block in leaflet.outline.blocks]
    body += _structure(leaflet)
    return (
        *(line(block) for block in leaflet.front_blocks),
        *(item for _, item in sorted(body, key=lambda pair: pair[0])),
        _untranslated("structure", leaflet.outline.structure),
        *_imprint(leaflet),
    )


def code(lines: Sequence[Line]) -> str:
    """Name a text by what it says."""
    return digest(json.dumps(rows(lines), ensure_ascii=False).encode())


def mark(version: str, text_code: str) -> str:
    """Return what stands at the foot of a text's pages: its version and the code of its text."""
    return f"{version}-{text_code[:SHORT]}"


def standing(project: Project, domain: str, tag: str) -> Standing:
    """Compare a text with the signatures under it."""
    now = code(printed(project, domain, tag))
    found = project.sign_offs.get((tag, domain))
    signatures = found.signatures if found else ()
    holding = tuple(
        item for item in signatures if item.text == now and item.expires >= project.today
    )
    settings = project.settings
    is_source = tag == settings.source_language
    wanted = settings.source_roles if is_source else settings.translation_roles
    return Standing(
        code=now,
        holding=holding,
        changed=tuple(item for item in signatures if item.text != now),
        expired=tuple(
            item for item in signatures if item.text == now and item.expires < project.today
        ),
        missing=tuple(role for role in wanted if role not in {item.role for item in holding}),
    )


def last_day(project: Project, record: Record) -> dt.date:
    """Return until when a record of those who publish counts: as long as a signature."""
    days = min(project.settings.signature_days, (dt.date.max - record.on).days)
    return record.on + dt.timedelta(days=days)


def outdated(project: Project, leaflet: str, record: Record) -> str:
    """Say why a record counts no more; nothing if it does.

    Args:
        project: the project.
        leaflet: what was recorded of; nothing for those who publish.
        record: what a person has recorded.
    """
    if not leaflet:
        old = last_day(project, record) < project.today
        return f"it is older than {project.settings.signature_days} days" if old else ""
    tag = record.language or project.settings.source_language
    now = code(printed(project, leaflet, tag))
    read_text = record.text.rpartition("-")[2]
    if now.startswith(read_text):
        return ""
    return f"it was recorded for an earlier text, {read_text[:SHORT]}; today’s is {now[:SHORT]}"


def standings(project: Project, leaflet: str, tag: str) -> dict[tuple[str, str], Standing]:
    """Compare all that an edition prints with its signatures: by domain and language.

    The leaflet, then the templates' words; the source, then the translation.
    """
    tags = dict.fromkeys((project.settings.source_language, tag))
    return {
        (domain, wanted): standing(project, domain, wanted)
        for domain in (leaflet, INTERFACE)
        for wanted in tags
    }


def wanting(project: Project, leaflet: str, tag: str) -> tuple[str, ...]:
    """Say which signatures a leaflet lacks in a language; nothing where it is final.

    A translation is no better than its English, and neither than the words around it.
    """
    names = {INTERFACE: "the templates' words"}
    return tuple(
        f"{names.get(domain, domain)} ({wanted}): {role}"
        for (domain, wanted), found in standings(project, leaflet, tag).items()
        for role in found.missing
    )


def sign(project: Project, domain: str, tag: str, signature: Signature) -> SignOff | Fault:
    """Return a text's sign-off with one signature more, in place of an earlier one of its role.

    Args:
        project: a project without errors in this text.
        domain: a leaflet, or one of `catalog.INTERFACES`.
        tag: its language.
        signature: its `text` is the code as its person read it, perhaps shortened, perhaps with
            the version before it, as it is printed.

    Returns:
        The sign-off, or why it cannot be: who signs has read another text, or has translated it.
    """
    lines = printed(project, domain, tag)
    found = project.sign_offs.get((tag, domain))
    before = found or SignOff(domain=domain, language=tag, path=path(domain, tag))
    now = code(lines)
    wanted = signature.text.strip().lower().rpartition("-")[2]
    if not person(signature.name):
        return _refused(before, "nobody's name is given", "say who has read the text: --name")
    if len(wanted) < SHORT or not now.startswith(wanted):
        return _refused(
            before,
            f"today's text is {now[:SHORT]}, not {signature.text}",
            "the code stands at the foot of each page; read the newest"
            if domain not in INTERFACES
            else "python build.py catalog proof prints the templates' words and their code",
        )
    kept = tuple(item for item in before.signatures if item.role != signature.role)
    signatures = (*kept, replace(signature, text=now))
    if now in read_alone(signatures):
        message = "the translator cannot be the second reader"
        return _refused(before, message, "let another person read it")
    texts = {**before.texts, now: lines}
    used = {item.text for item in signatures}
    return replace(
        before,
        signatures=signatures,
        texts={name: text for name, text in texts.items() if name in used},
    )


def write(sign_off: SignOff) -> bytes:
    """Write a sign-off as its file."""
    found = {
        "schema": _SCHEMA,
        "signatures": [signature_row(item) for item in sign_off.signatures],
        "texts": {name: rows(text) for name, text in sorted(sign_off.texts.items())},
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode() + b"\n"


def read(data: bytes, *, path: str, domain: str, language: str) -> tuple[SignOff, list[Fault]]:
    """Read a sign-off; one that was edited by hand has no signatures, and is a fault."""
    nothing = SignOff(domain=domain, language=language, path=path)
    try:
        found = json.loads(data)
        if found["schema"] != _SCHEMA:
            message = f"its schema is {found['schema']!r}, not {_SCHEMA}"
            return nothing, [_fault(nothing, message)]
        texts = {name: lines(text) for name, text in found["texts"].items()}
        signatures = tuple(signature(row) for row in found["signatures"])
        damaged = [name for name, text in texts.items() if code(text) != name]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"not a sign-off: {type(error).__name__}: {error}"
        return nothing, [_fault(nothing, message)]
    for name in damaged:
        return nothing, [_fault(nothing, f"the text {name[:SHORT]} is not the one signed")]
    for name in read_alone(signatures):
        message = f"the translator of {name[:SHORT]} is its second reader too"
        return nothing, [_fault(nothing, message)]
    for item in signatures:
        if item.text not in texts:
            message = f"the {item.role}'s text {item.text[:SHORT]} is not there"
            return nothing, [_fault(nothing, message)]
    return replace(nothing, signatures=signatures, texts=texts), []


def _structure(leaflet: Leaflet) -> Iterator[tuple[tuple[int, int], Line]]:
    """Yield what stands between the blocks of a leaflet, and where."""
    outline = leaflet.outline
    for kind, references in (("box", outline.components), ("citation", outline.citations)):
        for item in references:
            yield (item.line, item.column), _untranslated(kind, item.name)
    for heading in outline.headings:
        yield (heading.line, 0), _untranslated("heading level", str(heading.level))
    for image in outline.images:
        name = f"{image.src} {digest(leaflet.assets.get(image.src, b''))}"
        yield (image.line, image.column), _untranslated("picture file", name)


def _imprint(leaflet: Leaflet) -> Iterator[Line]:
    for item in leaflet.sources:
        what = f"{item.organisation}. {item.title} ({item.year or 'no date'}). {item.url}"
        yield _untranslated(f"source {item.key}", what)
    for kind in _IMPRINT:
        yield _untranslated(kind, str(getattr(leaflet, kind)))
    for author in leaflet.authors:
        yield _untranslated("author", author)


def person(name: str) -> str:
    """Return the letters of a name: spaces, stops and what cannot be seen name nobody else."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def lines(rows: Iterable[Any]) -> tuple[Line, ...]:
    """Read what `rows` wrote.

    Raises:
        ValueError: it is something else.
        TypeError: as above.
    """
    found = tuple(Line(kind=k, context=c, source=s, text=t) for k, c, s, t in rows)
    for item in found:
        said = (item.kind, item.context or "", item.source, item.text)
        if not all(isinstance(part, str) for part in said):
            message = "a line of a text is made of strings"
            raise TypeError(message)
    return found


def is_untranslated(line: Line) -> bool:
    """Tell whether a line is the same in every language: a box, a picture, a source, a date."""
    return line.kind in _UNTRANSLATED or line.kind.startswith("source ")


def _untranslated(kind: str, text: str) -> Line:
    return Line(kind=kind, context=None, source=text, text=text)


def read_alone(signatures: Iterable[Signature]) -> set[str]:
    """Return the texts whose translator, however the name is written, is the second reader."""
    named: dict[str, set[tuple[str, str]]] = {"translator": set(), "second-reader": set()}
    for item in signatures:
        if item.role in named:
            named[item.role].add((item.text, person(item.name)))
    return {text for text, _ in named["translator"] & named["second-reader"]}


def rows(lines: Sequence[Line]) -> list[list[str | None]]:
    """Write a text as JSON."""
    return [[item.kind, item.context, item.source, item.text] for item in lines]


def signature_row(item: Signature) -> dict[str, str]:
    """Write a signature as JSON."""
    return {
        "role": item.role,
        "name": item.name,
        "date": item.date.isoformat(),
        "expires": item.expires.isoformat(),
        "text": item.text,
    }


def signature(row: Any) -> Signature:
    """Read a signature of a file.

    Raises:
        ValueError: it is none.
        TypeError: as above.
        KeyError: as above.
    """
    if row["role"] not in ROLES:
        message = f"no role is called {row['role']!r}"
        raise ValueError(message)
    if not (isinstance(row["name"], str) and isinstance(row["text"], str)):
        message = "a name and a text are strings"
        raise TypeError(message)
    return Signature(
        role=row["role"],
        name=row["name"],
        date=dt.date.fromisoformat(row["date"]),
        expires=dt.date.fromisoformat(row["expires"]),
        text=row["text"],
    )


def _fault(sign_off: SignOff, message: str) -> Fault:
    hint = "restore it from the repository's history, or remove it and sign anew"
    return _about(sign_off, "sign-off-file", message, hint)


def _refused(sign_off: SignOff, message: str, hint: str) -> Fault:
    return _about(sign_off, "refused-signature", message, hint)


def _about(sign_off: SignOff, kind: str, message: str, hint: str) -> Fault:
    return Fault(
        kind=kind,
        location=Location(path=sign_off.path),
        message=message,
        hint=hint,
        scope=scope(sign_off.domain, sign_off.language),
    )
