"""Release notes, made from the texts themselves: what changed in each leaflet and language.

Two releases are compared by the texts that they hold, so no history is needed. Of a changed text
the changed sentences are shown, with what was removed and added; who has signed stands beside it.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from handbill import breaks, difference, signoff
from handbill.bilingual import Marker
from handbill.catalog import INTERFACE, INTERFACES
from handbill.difference import Fate
from handbill.editions import differing
from handbill.languages import UNSPACED
from handbill.model import Language, Line
from handbill.release import Release, Text, wanting


#: What becomes of a text that the project publishes, and a release does not hold.
LEFT_OUT = "left out"

#: So many files or names are listed; the manifest has the rest.
_LISTED = 10

_STYLE = """
:root { color-scheme: light; }
body { background: #fff; color: #111; font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { margin: 0 auto; max-width: 50rem; overflow-wrap: anywhere; padding: 1rem; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { border-top: 2px solid #111; font-size: 1.4rem; margin-top: 2.5rem; padding-top: .5rem; }
h3 { font-size: 1.15rem; margin-bottom: .25rem; }
a { color: #00418f; }
.passage { border-inline-start: 4px solid #767676; margin: .75rem 0; padding: .25rem .75rem; }
.kind { color: #444; font-size: .9rem; margin: .75rem 0 0; }
del { background: #f9e0e0; }
ins { background: #dff0df; font-weight: 700; }
.said { display: inline-block; font-size: .85em; font-weight: 400; }
.number { font-weight: 700; }
.draft { border: 2px dashed #111; font-weight: 700; padding: .25rem .5rem; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A line of a text that is not as it was.

    Attributes:
        fate: `changed`, `added`, `removed`, `moved`, or `moved and changed`.
        compared: the sentences in which it differs.
    """

    kind: str
    fate: str
    compared: tuple[tuple[Fate, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What there is to tell of a leaflet, or of the templates' words, in one language.

    Attributes:
        fate: `added`, `changed`, `withdrawn`, `left out` or `unchanged`.
        passages: what has changed in its text.
        stale: how many lines are as they were though their English has changed.
        anew: the inputs for which files with the same text have other bytes.
        come: files for clinics and formats that had none.
        gone: files that are withdrawn.
        unsigned: what nobody has answered for, if it is released as a draft.
        final: whether it was a draft in the release before, and is none now.
    """

    domain: str
    language: str
    fate: str
    text: Text | None = None
    passages: tuple[Passage, ...] = ()
    stale: int = 0
    anew: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()
    final: bool = False


def news(
    release: Release, before: Release | None, languages: Mapping[str, Language]
) -> Iterator[News]:
    """Compare a release with the one before it; by leaflets, then by languages.

    Args:
        release: what is released.
        before: what was released last; None if there is nothing to compare with.
        languages: how each language is written.
    """
    now, then = _by_pair(release), _by_pair(before) if before else {}
    out = _by_pair_of(release.left_out)
    first = release.settings["source-language"]

    def order(pair: tuple[str, str]) -> tuple[bool, str, bool, str]:
        return pair[0] == INTERFACE, pair[0], pair[1] != first, pair[1]

    pairs = {*now, *then, *out, *(pair for pair in release.texts if pair[0] == INTERFACE)}
    for domain, tag in sorted(pairs, key=order):
        text = release.texts.get((domain, tag))
        old = before.texts.get((domain, tag)) if before else None
        rows, rows_then = now.get((domain, tag), {}), then.get((domain, tag), {})
        passages: tuple[Passage, ...] = ()
        stale = 0
        if text and old and text.code != old.code and before:
            passages, stale = _passages(
                before.printed[old.code],
                release.printed[text.code],
                languages[tag],
                is_source=tag == first,
            )
        if domain == INTERFACE:
            fate = "unchanged" if old else "added"
        else:
            fate = _fate(rows, rows_then, is_planned=(domain, tag) in out)
        if fate == "unchanged" and text and old and text.code != old.code:
            fate = "changed"
        same = [path for path in rows if path in rows_then]
        changed = [path for path in same if rows[path]["digest"] != rows_then[path]["digest"]]
        unsigned = {
            said: None for row in rows.values() if row["draft"] for said in wanting(release, row)
        }
        left = {row["path"] for row in out.get((domain, tag), ())}
        yield News(
            domain=domain,
            language=tag,
            fate=fate,
            text=text if rows or domain == INTERFACE else None,
            passages=passages,
            stale=stale,
            anew=_inputs([(rows[path], rows_then[path]) for path in changed])
            if fate == "unchanged"
            else (),
            come=tuple(path for path in rows if path not in rows_then) if rows_then else (),
            gone=tuple(path for path in rows_then if path not in rows and path not in left),
            unsigned=tuple(unsigned),
            final=not unsigned and any(row["draft"] for row in rows_then.values()),
        )


def _by_pair(release: Release) -> dict[tuple[str, str], dict[str, Mapping[str, Any]]]:
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in release.rows:
        found.setdefault((row["leaflet"], row["language"]), {})[row["path"]] = row
    return found


def _by_pair_of(
    rows: Iterable[Mapping[str, str]],
) -> dict[tuple[str, str], list[Mapping[str, str]]]:
    found: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault((row["leaflet"], row["language"]), []).append(row)
    return found


def _fate(now: Mapping[str, Any], then: Mapping[str, Any], *, is_planned: bool) -> str:
    if now:
        return "unchanged" if then else "added"
    return LEFT_OUT if is_planned else "withdrawn"


def _inputs(rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> tuple[str, ...]:
    """Return the names of the inputs in which editions differ."""
    found = {name for now, then in rows for name in differing(now["inputs"], then["inputs"])}
    return tuple(sorted(found))


def _passages(
    before: Sequence[Line], after: Sequence[Line], language: Language, *, is_source: bool
) -> tuple[tuple[Passage, ...], int]:
    """Return what has changed in a text, and how many of its lines stayed as their English did not.

    Boxes, pictures, sources and dates are told once, with the source language.
    """
    found, stale = list[Passage](), 0
    for change in difference.changes(before, after):
        line = next(item for item in (change.after, change.before) if item)
        old, new = (item.text if item else "" for item in (change.before, change.after))
        stale += (
            change.before is not None
            and change.after is not None
            and old == new
            and (change.before.source != change.after.source)
        )
        if signoff.is_untranslated(line):
            passage = _structural(line, change) if is_source else None
        elif old == new:
            passage = _moved(line, new) if change.moved else None
        else:
            passage = Passage(
                kind=line.kind, fate=_changed(change), compared=_compared(old, new, language)
            )
        found += [passage] if passage else []
    return tuple(found), stale


def _compared(old: str, new: str, language: Language) -> tuple[tuple[Fate, str], ...]:
    sentences = [breaks.sentences(text, language.cldr) if text else [] for text in (old, new)]
    return tuple(
        difference.excerpt(
            *sentences,
            direction=language.direction,
            spaced=language.script not in UNSPACED,
        )
    )


def _moved(line: Line, text: str) -> Passage:
    return Passage(kind=line.kind, fate="moved", compared=((Fate.SAME, text),))


def _structural(line: Line, change: difference.Change) -> Passage | None:
    """Tell of a line that no translator sees; what follows a heading or a box is not told."""
    if line.kind == "structure":
        said = "which blocks stand in which list, box or table"
        return Passage(kind=line.kind, fate="changed", compared=((Fate.SAME, said),))
    if change.before == change.after:
        return _moved(line, line.text) if line.kind == "box" else None
    if line.kind == "picture file":
        # Behind its name stands a digest.
        name = line.text.split(" ", 1)[0]
        return Passage(kind=line.kind, fate=_changed(change), compared=((Fate.SAME, name),))
    old, new = (item.text if item else "" for item in (change.before, change.after))
    compared = difference.words(old, new)
    return Passage(kind=line.kind, fate=_changed(change), compared=tuple(compared))


def _changed(change: difference.Change) -> str:
    if change.before is None or change.after is None:
        return "added" if change.before is None else "removed"
    if change.moved:
        return "moved" if change.before == change.after else "moved and changed"
    return "changed"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How notes are set: as Markdown, or as a web page."""

    release: Release
    before: Release | None
    languages: Mapping[str, Language]
    is_html: bool

    def head(self, level: int, text: str) -> str:
        if self.is_html:
            return f"<h{level}>{escape(text)}</h{level}>"
        return f"{'#' * level} {_plain(text)}\n"

    def paragraph(self, text: str, *, kind: str = "") -> str:
        if self.is_html:
            named = f' class="{kind}"' if kind else ""
            return f"<p{named}>{escape(text)}</p>"
        return f"**{_plain(text)}**\n" if kind == "draft" else f"{_plain(text)}\n"

    def items(self, texts: Sequence[str]) -> str:
        if self.is_html:
            return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
        return "".join(f"- {_plain(text)}\n" for text in texts)

    def passage(self, passage: Passage, tag: str) -> str:
        """Set a changed line; words that were removed and added are named, not only coloured."""
        language = self.languages[tag]
        said = f"{passage.kind.replace('_', ' ').capitalize()}, {passage.fate}:"
        where = f'lang="{escape(tag)}" dir="{language.direction}"'
        if self.is_html:
            text = Marker(language).marked(passage.compared)
            return f'<p class="kind">{escape(said)}</p><p class="passage" {where}>{text}</p>'
        text = "".join(_marked(passage.compared)).strip()
        return f"{_plain(said)}\n\n<p {where}>{text}</p>\n"


def write(
    release: Release, before: Release | None, languages: Mapping[str, Language]
) -> tuple[bytes, bytes]:
    """Write the notes of a release, as Markdown and as a web page.

    Args:
        release: what is released.
        before: what was released last.
        languages: how each language is written.
    """
    found = list(news(release, before, languages))
    markdown = "\n".join(_written(_Sheet(release, before, languages, is_html=False), found))
    html = "\n".join(_written(_Sheet(release, before, languages, is_html=True), found))
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(_title(release))}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{html}
</main>
</body>
</html>
"""
    return markdown.encode(), page.encode()


def _title(release: Release) -> str:
    of = ""
    if clinic := release.part.get("clinic"):
        of = f" for {release.clinics[clinic]['name']}"
    if tag := release.part.get("language"):
        of = f" in {release.languages[tag]['english']}"
    return f"Leaflets {release.name}{of}"


def _written(sheet: _Sheet, found: Sequence[News]) -> Iterator[str]:
    release, before = sheet.release, sheet.before
    yield sheet.head(1, _title(release))
    drafts = sum(row["draft"] for row in release.rows)
    counts = f"{_count(len(release.rows), 'file')} of {_count(len(release.leaflets), 'leaflet')}"
    yield sheet.paragraph(f"{counts}; the newest date in them is {release.date}.")
    if drafts:
        said = f"{_count(drafts, 'file')} of these are drafts, and say so on every page."
        yield sheet.paragraph(said, kind="draft")
    if before is None:
        yield sheet.paragraph("Not compared with an earlier release.")
    else:
        yield sheet.paragraph(
            f"Compared with {before.name}. What is marked [removed] was in it; what is marked "
            "[added] is in this one. Sentences that are the same are not shown."
        )
        yield from _clinics(sheet, before)
    told = [item for item in found if item.fate != LEFT_OUT]
    for domain, group in itertools.groupby(told, key=lambda item: item.domain):
        items = list(group)
        yield sheet.head(2, _called(sheet, domain))
        for item in items:
            yield from _told(sheet, item)
    if len(told) < len(found):
        yield sheet.head(2, "Left out")
        yield sheet.items(list(_left_out(sheet, [i for i in found if i.fate == LEFT_OUT])))
    if release.narrowed:
        asked = "; ".join(
            "only what is signed" if name == "signed" else f"{name} {', '.join(map(str, said))}"
            for name, said in release.narrowed.items()
        )
        yield sheet.paragraph(f"This release was narrowed: {asked}.")
    said = "Check these files with sha256sum --check SHA256SUMS, or with handbill verify."
    yield sheet.paragraph(said)


def _left_out(sheet: _Sheet, found: Iterable[News]) -> Iterator[str]:
    """Tell which leaflets the project publishes in languages in which this release has none."""
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for item in found:
        pair = item.domain, item.language
        rows = [row for row in sheet.release.left_out if _pair(row) == pair]
        known = sheet.before is not None and any(_pair(row) == pair for row in sheet.before.rows)
        for why in sorted({row["why"] for row in rows}):
            groups.setdefault((item.domain, why, known), []).append(_named(sheet, item.language))
    for (domain, why, known), names in groups.items():
        last = f"; it is in {sheet.before.name}" if known and sheet.before else ""
        yield f"{_called(sheet, domain)}, {why}{last}: {', '.join(names)}"


def _clinics(sheet: _Sheet, before: Release) -> Iterator[str]:
    now, then = sheet.release.clinics, before.clinics
    out = {row["clinic"] for row in sheet.release.left_out}
    for said, names, known in (
        ("New clinics", [name for name in now if name not in then], now),
        ("Clinics withdrawn", [name for name in then if name not in {*now, *out}], then),
    ):
        if names:
            yield sheet.paragraph(f"{said}: {', '.join(known[name]['name'] for name in names)}.")


def _called(sheet: _Sheet, domain: str) -> str:
    if domain == INTERFACE:
        return INTERFACES[INTERFACE]
    for release in (sheet.release, sheet.before):
        if release and domain in release.leaflets:
            return f"{release.leaflets[domain]['title']} ({domain})"
    return domain


def _told(sheet: _Sheet, item: News) -> Iterator[str]:
    # Without an earlier release nobody knows what was added.
    fate = f": {item.fate}" if sheet.before else ""
    yield sheet.head(3, f"{_named(sheet, item.language)}{fate}")
    if item.text:
        yield sheet.paragraph(_version(sheet, item, item.text))
    if item.unsigned:
        said = f"A draft: nobody has signed {', '.join(item.unsigned)}."
        yield sheet.paragraph(said, kind="draft")
    if item.final:
        yield sheet.paragraph("It was a draft in the last release, and is none any more.")
    for passage in item.passages:
        yield sheet.passage(passage, item.language)
    if item.stale:
        lines = _count(item.stale, "line")
        yield sheet.paragraph(f"{lines} as before, though the English has changed.")
    yield from _files(sheet, item)
    if item.text and item.text.signatures:
        yield sheet.items([_signed(signature) for signature in item.text.signatures])


def _files(sheet: _Sheet, item: News) -> Iterator[str]:
    """Tell of files that came, went, are left out, or are other bytes with the same text."""
    pair = item.domain, item.language
    rows = [row for row in sheet.release.left_out if _pair(row) == pair]
    for why, number in sorted(Counter(row["why"] for row in rows).items()):
        yield sheet.paragraph(f"{_count(number, 'file')} not in this release: {why}.")
    if item.anew:
        said = "The text is the same; the files are not, because these have changed:"
        yield sheet.paragraph(said)
        yield sheet.items(item.anew)
    for said, paths in (("New files", item.come), ("Files withdrawn", item.gone)):
        if paths:
            more = len(paths) - _LISTED
            yield sheet.paragraph(f"{said}:")
            yield sheet.items([*paths[:_LISTED], *([f"and {more} more"] if more > 0 else [])])


def _named(sheet: _Sheet, tag: str) -> str:
    language = sheet.languages.get(tag)
    return f"{language.english} ({tag})" if language else tag


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["leaflet"], row["language"]


def _version(sheet: _Sheet, item: News, text: Text) -> str:
    leaflet = sheet.release.leaflets.get(item.domain)
    if leaflet is None:
        return f"Text {text.code[: signoff.SHORT]}"
    return f"Version {signoff.mark(leaflet['version'], text.code)}"


def _signed(signature: Any) -> str:
    role = signature.role.replace("-", " ")
    return (
        f"Signed by {signature.name}, {role}, {signature.date.isoformat()}; "
        f"holds until {signature.expires.isoformat()}"
    )


def _marked(compared: Iterable[tuple[Fate, str]]) -> Iterator[str]:
    """Set what was compared as HTML that stands in Markdown."""
    before = Fate.SAME
    for fate, text in compared:
        html = escape(" ".join(text.split("\n")), quote=False)
        if fate is Fate.SAME:
            yield html
        else:
            name = "del" if fate is Fate.REMOVED else "ins"
            yield " " if before is not Fate.SAME else ""
            yield f"<{name}>[{fate}] {html}</{name}>"
        before = fate


def _plain(text: str) -> str:
    """Take from a text what Markdown would read as its own."""
    one = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|~&" else letter for letter in one)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
