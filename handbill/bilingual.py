"""The sheet on which a person reads a text beside its translation, block by block, and signs.

What is signed is what `signoff.printed` returns, so the sheet shows every line of it: blocks in
rows, boxes and pictures where they stand, and sources, dates and authors at the end.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from handbill import catalog, difference, hypertext, markup, press, report, signoff, templates
from handbill.diagnostics import Diagnostic, Location
from handbill.editions import Edition
from handbill.languages import UNSPACED
from handbill.model import Block, Clinic, Language, Line, Project, Proof
from handbill.store import DIFFERENCES, PROOFS


#: How many letters of a number and its unit always fit a line of a cell.
_SHORT = 20
_HOLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}|\{([a-z_]+)\}")
_NUMBER = (
    r"[+\-\u2212±<>≤≥~]?\(?\d+"
    r"(?:\)?[.,:/\u066b\u066c’' \u00a0\u202f×–\u2212-]{1,2}\(?\d+)*"
)
_ISOLATED = r'<span dir="ltr">[^<]*\d[^<]*</span>'


@dataclass(slots=True, kw_only=True)
class Row:
    """One block, as it is read beside its translation.

    Attributes:
        places: where its text stands, and where its translation.
        last: the last line of its translation.
        source: HTML.
        translation: HTML; empty where nothing would be printed.
        guess: HTML of a translation that is marked fuzzy, and so would not be printed.
        level: of a heading, from 1; otherwise 0.
        facts: what is printed with it, or is said to those who translate it.
        notes: what its translators say of their choice.
        picture: the file that its words describe.
        cites: the keys of its sources.
    """

    number: int
    kind: str
    places: tuple[Location, ...]
    source: str
    last: int = 0
    translation: str = ""
    guess: str = ""
    level: int = 0
    facts: list[tuple[str, str]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    picture: str = ""
    cites: list[str] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)


def sheet(
    project: Project,
    domain: str,
    tag: str,
    findings: Iterable[Diagnostic],
    *,
    kind: str,
    toolchain: str = "",
) -> Proof:
    """Compose the sheet of a leaflet, or of the templates' words, in a language.

    Args:
        project: the project; what is untranslated is shown as such.
        domain: a leaflet, or one of `catalog.INTERFACES`.
        tag: the language; in the source language the text stands alone.
        findings: every finding on the project; those of this text are shown beside it.
        kind: `pdf` or `html`.
        toolchain: the digest of the versions that will print it.

    Raises:
        HandbillError: the template is wrong.
    """
    leaflet = project.leaflets.get(domain)
    settings = project.settings
    source, language = project.languages[settings.source_language], project.languages[tag]
    reading = _Reading(project, domain, tag)
    for line in signoff.printed(project, domain, tag):
        reading.read(line)
    rows = reading.rows
    mine = [item for item in findings if _concerns(item, domain, tag)]
    elsewhere = _place(mine, rows)
    standing = signoff.standing(project, domain, tag)
    wanted = settings.source_roles if tag == source.tag else settings.translation_roles
    return page(
        project,
        Edition(leaflet=domain, clinic=PROOFS, language=tag, format="sheet", kind=kind),
        {
            "title": leaflet.title if leaflet else catalog.INTERFACES[domain],
            "domain": domain,
            "version": leaflet.version if leaflet else "",
            "code": standing.code[: signoff.SHORT],
            "draft": bool(standing.missing),
            "rows": rows,
            "imprint": reading.imprint,
            "clinic": _first_clinic(project),
            "count": report.summary(mine),
            "marked": [row.number for row in rows if row.findings],
            "elsewhere": elsewhere,
            "holding": {item.role: item for item in standing.holding},
            "roles": dict.fromkeys((*wanted, *(item.role for item in standing.holding))),
        },
        source,
        language,
        template=templates.PROOF,
        toolchain=toolchain,
        assets=leaflet.assets if leaflet else {},
    )


def page(
    project: Project,
    edition: Edition,
    context: Mapping[str, object],
    source: Language,
    language: Language,
    *,
    template: str,
    orientation: str = "landscape",
    toolchain: str = "",
    assets: Mapping[str, bytes] | None = None,
) -> Proof:
    """Compose a page for staff: English, with cells of class `translation` in another language."""
    # What is read in two languages may be printed in the fonts of both.
    fonts = tuple(dict.fromkeys((*source.fonts, *language.fonts)))
    clinic = _first_clinic(project)
    paper = f"{clinic.paper if clinic else 'a4'} {orientation}"
    families = ", ".join(f'"{name}"' for name in (*language.fonts, *source.fonts))
    letters = press.typography(replace(source, fonts=fonts), paper)
    html = templates.render(
        project.templates,
        template,
        {
            **context,
            "source": source,
            "language": language,
            "translated": language.tag != source.tag,
            "kind": edition.kind,
            "typography": templates.safe(
                f"{letters} .translation {{ font-family: {families}, sans-serif;"
                f" line-height: {language.line_height}; }}"
            ),
        },
    )
    messages = project.catalogs.get((language.tag, edition.leaflet))
    places = {}
    if messages:
        for message in messages.messages.values():
            places[message.msgstr] = Location(path=messages.path, line=message.line)
    return press.proof_of(
        edition,
        html,
        replace(language, fonts=fonts),
        toolchain,
        assets={f"leaflet/{name}": data for name, data in (assets or {}).items()},
        places=places,
        draft=True,
    )


def comparison(
    project: Project, domain: str, tag: str, *, kind: str, toolchain: str = ""
) -> Proof | None:
    """Compose what has changed in a text since it was signed; None where nobody has signed it.

    Args:
        project: the project, with the signed texts.
        domain: a leaflet, or one of `catalog.INTERFACES`.
        tag: the language; in the source language there is one column.
        kind: `pdf` or `html`.
        toolchain: the digest of the versions that will print it.

    Raises:
        HandbillError: the template is wrong.
    """
    sign_off = project.sign_offs.get((tag, domain))
    if sign_off is None or not sign_off.signatures:
        return None
    leaflet = project.leaflets.get(domain)
    source = project.languages[project.settings.source_language]
    language = project.languages[tag]
    clinic = _first_clinic(project)
    english, foreign = Marker(source, clinic), Marker(language, clinic)
    now = signoff.printed(project, domain, tag)
    code = signoff.code(now)
    texts = []
    for name in dict.fromkeys(item.text for item in sign_off.signatures):
        found = [
            {
                "kind": line.kind.replace("_", " "),
                "fate": _fate(change),
                "source": english.compared(_text(change.before), _text(change.after)),
                "translation": foreign.compared(
                    change.before.text if change.before else "",
                    change.after.text if change.after else "",
                ),
            }
            for change in difference.changes(sign_off.texts[name], now)
            if (line := change.after or change.before)
        ]
        by = [item for item in sign_off.signatures if item.text == name]
        texts.append({"code": name[: signoff.SHORT], "signatures": by, "changes": found})
    return page(
        project,
        Edition(leaflet=domain, clinic=DIFFERENCES, language=tag, format="sheet", kind=kind),
        {
            "title": leaflet.title if leaflet else catalog.INTERFACES[domain],
            "version": leaflet.version if leaflet else "",
            "code": code[: signoff.SHORT],
            "texts": texts,
        },
        source,
        language,
        template=templates.DIFFERENCE,
        toolchain=toolchain,
    )


def _text(line: Line | None) -> str:
    return line.source if line else ""


def _fate(change: difference.Change) -> str:
    if change.before is None:
        return "added"
    if change.after is None:
        return "removed"
    if change.moved:
        return "moved" if change.before == change.after else "moved and changed"
    return "changed"


class Marker:
    """Sets texts of one language as HTML in which numbers and slots strike the eye."""

    def __init__(self, language: Language, clinic: Clinic | None = None) -> None:
        self.language, self.slots = language, clinic.slots if clinic else {}
        known = catalog.is_known(language.cldr)
        units = catalog.units(language.cldr) if known else frozenset[str]()
        longest = sorted((escape(unit) for unit in units), key=lambda unit: (-len(unit), unit))
        end = "" if language.script in UNSPACED else r"(?!\w)"
        unit = rf"(?:[ \u00a0\u202f-]?(?:{'|'.join(map(re.escape, longest))}){end})?"
        self.number = re.compile(rf"&#?\w+;|({_NUMBER}{unit if units else ''})")
        self.isolated = re.compile(f"{_ISOLATED}{unit if units else ''}")

    def text(self, text: str, kind: str) -> str:
        """Set a block's text with its Markdown, if its kind has any."""
        return self.html(escape(text) if kind in markup.PLAIN else markup.inline(text))

    def compared(self, before: str, after: str) -> str:
        """Set a text as it is now, with what was removed and added marked and named.

        Markdown is shown as it is written: letter by letter is how a text is signed.
        """
        language = self.language
        spaced = language.script not in UNSPACED
        return self.marked(
            difference.words(before, after, direction=language.direction, spaced=spaced)
        )

    def marked(self, compared: Iterable[tuple[difference.Fate, str]]) -> str:
        """Set what `difference` has found."""
        parts = []
        for fate, text in compared:
            html = self.html(escape(text))
            if fate is not difference.Fate.SAME:
                name = "del" if fate is difference.Fate.REMOVED else "ins"
                # In brackets, so that a number behind it is no part of the same run of Latin.
                said = f'<span class="said" lang="en" dir="ltr">[{fate}]</span>'
                html = f"<{name}>{said} {html}</{name}>"
            parts.append(html)
        return templates.safe("".join(parts))

    def html(self, html: str) -> str:
        """Mark what must be compared in HTML: numbers with their units, and slots."""
        html = hypertext.change(html, lambda run: _HOLE.sub(self._hole, run))
        html = press.readable(html, self.language)
        if self.language.direction == "rtl":
            # What keeps its order together is marked as one: a mark inside would break it.
            html = self.isolated.sub(lambda match: _marked(match[0]), html)
        html = hypertext.change(html, self._numbers, leave='class="number"')
        return templates.safe(html)

    def _hole(self, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        value = escape(self.slots.get(name, ""))
        return f'<span class="number" dir="ltr"><b>{value}</b> {{{name}}}</span>'

    def _numbers(self, run: str) -> str:
        return self.number.sub(lambda match: _marked(match[1]) if match[1] else match[0], run)


def _marked(html: str) -> str:
    """Mark a number; one of a few letters is not broken over lines."""
    short = " data-short" if len("".join(hypertext.blocks(html))) <= _SHORT else ""
    return f'<span class="number"{short}>{html}</span>'


class _Reading:
    """Lays a text out as rows, in reading order."""

    def __init__(self, project: Project, domain: str, tag: str) -> None:
        source = project.settings.source_language
        leaflet = project.leaflets.get(domain)
        clinic = _first_clinic(project)
        self.translated = tag != source
        self.messages = project.catalogs.get((tag, domain)) if self.translated else None
        self.source = Marker(project.languages[source], clinic)
        self.target = Marker(project.languages[tag], clinic)
        self.blocks: dict[tuple[str, str | None, str], deque[Block]] = defaultdict(deque)
        for block in leaflet.blocks if leaflet else project.interfaces[domain]:
            self.blocks[block.kind, block.context, block.msgid].append(block)
        self.rows: list[Row] = []
        self.imprint: list[tuple[str, str]] = []
        self.ahead: list[Line] = []

    def read(self, line: Line) -> None:
        """Take the next line of a text as it is signed."""
        waiting = self.blocks[line.kind, line.context, line.source]
        if waiting:
            self._block(line, waiting.popleft())
        elif line.kind == "citation" and self.rows:
            self.rows[-1].cites.append(line.text)
        elif line.kind in {"box", "heading level", "picture file"}:
            self.ahead.append(line)
        else:
            self.imprint.append((line.kind.replace("_", " "), line.text))

    def _block(self, line: Line, block: Block) -> None:
        key = block.context, block.msgid
        message = self.messages.messages.get(key) if self.messages else None
        row = Row(
            number=len(self.rows) + 1,
            kind=block.kind,
            places=(Location(path=block.path, line=block.line, column=block.column),),
            source=self.source.text(block.msgid, block.kind),
        )
        if self.translated and line.text:
            row.translation = self.target.text(line.text, block.kind)
        if self.messages and message:
            row.places = (*row.places, Location(path=self.messages.path, line=message.line))
            row.last = message.msgstr_line + max(len(message.written), 1) - 1
            row.notes = message.comments and (" ".join(message.comments),)
            if not line.text and message.msgstr:
                row.guess = self.target.text(message.msgstr, block.kind)
        for item in self.ahead:
            if item.kind == "heading level":
                row.level = int(item.text)
            elif item.kind == "picture file":
                row.picture = item.text.split(" ", 1)[0]
            else:
                row.facts.append(("begins the box", item.text))
        self.ahead = []
        if block.context:
            row.facts.append(("context", block.context))
        row.facts += [("author’s note", note) for note in block.notes]
        self.rows.append(row)


def _concerns(item: Diagnostic, domain: str, tag: str) -> bool:
    """Tell whether a finding is about this text, or about all texts."""
    return item.scope.leaflet in {
        None,
        catalog.scope(domain, tag).leaflet,
    } and item.scope.language in {None, tag}


def _place(findings: Iterable[Diagnostic], rows: Sequence[Row]) -> list[Diagnostic]:
    """Put each finding in its row; return those that are about no row."""
    starts = {(place.path, place.line): row for row in reversed(rows) for place in row.places}
    for row in rows:
        for place in row.places[1:]:
            starts |= {(place.path, line): row for line in range(place.line, row.last + 1)}
    body = [row for row in rows if row.kind not in {"title", "summary", "audience", "interface"}]
    elsewhere = []
    for item in findings:
        where = item.location
        home = starts.get((where.path, where.line))
        if home is None and body and where.path == body[0].places[0].path:
            # A block may go on over many lines.
            before = [other for other in body if other.places[0].line <= where.line]
            home = before[-1] if before else None
        if home is None:
            elsewhere.append(item)
        else:
            home.findings.append(item)
    return elsewhere


def _first_clinic(project: Project) -> Clinic | None:
    return next((project.clinics[name] for name in sorted(project.clinics)), None)
