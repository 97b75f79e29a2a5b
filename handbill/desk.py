"""The translation desk: how far every translation is, and catalogs that follow their English.

Nothing is guessed. What is new or has changed is left empty, for a person; what was said before,
here or in another leaflet, stands in a comment beside it.
"""

import datetime as dt
import difflib
import gc
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from handbill import __version__, exchange, pofile, rules, signoff, spreadsheet, xliff
from handbill import project as projects
from handbill.catalog import INTERFACE, path, texts
from handbill.checks import messages
from handbill.checks.translation import ALIKE, is_broken
from handbill.diagnostics import Diagnostic, Fault, Location, Severity
from handbill.model import Block, Language, Project
from handbill.pofile import Document, Entry, Key
from handbill.sources import Sources


#: Comments that are written here; a person's may begin with the same words.
_WAS = re.compile(r"was(\[\d+\])?: ")
_ELSEWHERE = re.compile(r"elsewhere \([a-z0-9-]+\): ")
#: Leaflets that one worker judges at once, in all languages: their English is read once for all.
_TOGETHER = 8
#: What a job can be written as, and the end of its file's name.
FORMS = {"xliff": "xlf", "xliff2": "xlf", "csv": "csv", "xlsx": "xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One catalog and what is to become of it.

    Attributes:
        path: where it lies, below the project's root.
        said: what has changed in it, in words.
    """

    path: str
    data: bytes
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one text is in one language.

    Attributes:
        path: its catalog.
        since: the day on which the leaflet was published; none for the templates' words.
        total: its messages; each is translated, stale, missing or fuzzy.
        errors: what else stops its editions, by the gates LF3.
        signed: `signed`; `changed` or `expired` where a signature no longer holds; `unsigned`.
        signers: who has signed as what, when and until when, and whether it still holds.
        broken: whether its English has errors, so that not all of it is counted.
    """

    domain: str
    language: str
    path: str
    since: dt.date | None
    total: int
    translated: int
    stale: int
    missing: int
    fuzzy: int
    errors: int
    signed: str
    signers: tuple[str, ...]
    broken: bool

    @property
    def debt(self) -> int:
        """How much is to be done before its editions can be printed."""
        return self.stale + self.missing + self.fuzzy + self.errors + self.broken


def tags(project: Project) -> tuple[str, ...]:
    """Return the languages that the project publishes translations in."""
    return tuple(dict.fromkeys(messages.languages(project)))


def unsafe(project: Project, domain: str, tag: str) -> bool:
    """Tell whether a catalog, or its English, has mistakes that hide messages: hands off."""
    broken = {fault.location.path for fault in project.faults if fault.kind == "po-syntax"}
    return is_broken(project, domain) or path(domain, tag) in broken


def status(
    project: Project,
    sources: Sources,
    workers: Executor,
    at_once: int,
    *,
    domains: Sequence[str],
    languages: Sequence[str],
) -> list[Standing]:
    """Judge every translation; those that have waited longest come first.

    Args:
        project: the project as `outline` loads it, without its catalogs.
        sources: its files.
        workers: who does it; `at_once` say how many chunks are in flight.
        at_once: how many of them there are.
        domains: the leaflets and interfaces that are meant.
        languages: the languages that are meant; the source's has nothing to translate, and is
            signed like the others.
    """
    found: list[Standing] = []
    chunks = deque(domains[n : n + _TOGETHER] for n in range(0, len(domains), _TOGETHER))
    waiting: deque[Future[list[Standing]]] = deque()
    while chunks or waiting:
        while chunks and len(waiting) <= 2 * at_once:
            chunk = chunks.popleft()
            wanted = {path(domain, tag) for domain in chunk for tag in languages}
            files = {name: sources.files[name] for name in wanted if name in sources.files}
            waiting.append(workers.submit(_judge, _part(project, chunk, languages), files, chunk))
        found += waiting.popleft().result()
    return sorted(found, key=_age)


def outline(sources: Sources, *, today: dt.date) -> Project:
    """Load a project without its catalogs, which many hands read faster than one."""
    files = {name: data for name, data in sources.files.items() if not name.endswith(".po")}
    return projects.load(replace(sources, files=files), today=today)


def signed(found: signoff.Standing) -> str:
    """Say whether the people who must sign a text have signed it as it is."""
    if not found.missing:
        return "signed"
    if found.changed:
        return "changed"
    return "expired" if found.expired else "unsigned"


def signers(found: signoff.Standing) -> tuple[str, ...]:
    """Say who has signed a text, as what and when, and who is yet to sign."""
    states = ((found.holding, ""), (found.changed, "changed since"), (found.expired, "expired"))
    said = [
        f"{item.role}: {item.name}, {item.date} to {item.expires}" + (f", {why}" if why else "")
        for signatures, why in states
        for item in signatures
    ]
    return (*said, *(f"{role}: nobody" for role in found.missing))


def _age(item: Standing) -> tuple[bool, bool, dt.date, str, str]:
    done = item.signed == "signed"
    return not item.debt, done, item.since or dt.date.min, item.domain, item.language


def _part(project: Project, domains: Sequence[str], languages: Sequence[str]) -> Project:
    """Return as much of a project as a few of its texts need."""
    return replace(
        project,
        settings=replace(project.settings, languages=tuple(languages)),
        leaflets={name: item for name, item in project.leaflets.items() if name in domains},
        sign_offs={key: item for key, item in project.sign_offs.items() if key[1] in domains},
        clinics={},
        formats={},
        specimens={},
        fonts={},
        digests={},
    )


def _judge(project: Project, files: Mapping[str, bytes], domains: Sequence[str]) -> list[Standing]:
    """In a worker: read the catalogs of a few texts, and pass them through the gates."""
    # Nothing here is a ring of references, and looking for such takes a tenth of the time.
    gc.disable()
    try:
        return _standings(project, files, domains)
    finally:
        gc.enable()


def _standings(
    project: Project, files: Mapping[str, bytes], domains: Sequence[str]
) -> list[Standing]:
    catalogs, faults = projects.catalogs(files)
    project = replace(project, catalogs=catalogs, faults=(*project.faults, *faults))
    found = errors(gates(project, faults))
    blocks = texts(project)
    source = project.settings.source_language
    return [
        standing(project, domain, tag, blocks[domain], found)
        for tag in (*((source,) if source in project.settings.languages else ()), *tags(project))
        for domain in domains
        if project.publishes(domain, tag)
    ]


def errors(findings: Iterable[Diagnostic]) -> dict[tuple[str, str], Counter[str]]:
    """Count the errors of the family LF3 by rule, for each text and language."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for item in findings:
        tag = item.scope.language
        if item.rule.startswith("LF3") and item.severity is Severity.ERROR and tag is not None:
            found.setdefault((item.scope.leaflet or INTERFACE, tag), Counter())[item.name] += 1
    return found


def gates(project: Project, faults: Iterable[Fault]) -> Iterator[Diagnostic]:
    """Yield what the rules of the family LF3 find, and the faults that catalogs were read with."""
    for fault in faults:
        yield rules.diagnose(fault)
    for known in rules.every():
        if known.id.startswith("LF3") and known.check is not None:
            for fault in known.check(project):
                yield rules.diagnose(fault)


def standing(
    project: Project,
    domain: str,
    tag: str,
    blocks: Sequence[Block],
    counted: Mapping[tuple[str, str], Counter[str]],
) -> Standing:
    """Say how far a text is in a language, from its blocks and from what `errors` has counted."""
    found = Counter(counted.get((domain, tag), ()))
    total = len({(block.context, block.msgid) for block in blocks})
    absent = found.pop("missing-catalog", 0)
    stale, fuzzy = found.pop("stale", 0), found.pop("fuzzy", 0)
    missing = found.pop("untranslated", 0)
    if absent:
        missing = total
    unread = found["po-syntax"] > 0
    signatures = signoff.standing(project, domain, tag)
    leaflet = project.leaflets.get(domain)
    return Standing(
        domain=domain,
        language=tag,
        path=leaflet.path
        if leaflet and tag == project.settings.source_language
        else path(domain, tag),
        since=leaflet.published if leaflet else None,
        total=total,
        translated=0 if unread else total - stale - missing - fuzzy,
        stale=stale,
        missing=missing,
        fuzzy=fuzzy,
        errors=found.total(),
        signed=signed(signatures),
        signers=signers(signatures),
        broken=is_broken(project, domain),
    )


def update(
    project: Project, sources: Sources, *, domains: Iterable[str], languages: Iterable[str]
) -> Iterator[Work]:
    """Yield the catalogs that are not up to date with their English, brought up to date.

    Args:
        project: the project; catalogs of a text that has errors are left as they are.
        sources: its files.
        domains: the leaflets and interfaces that are meant.
        languages: the languages that are meant.
    """
    blocks = texts(project)
    meant = list(domains)
    for tag in languages:
        known = _translations(project, tag)
        for domain in meant:
            if not project.publishes(domain, tag) or unsafe(project, domain, tag):
                continue
            where = path(domain, tag)
            before = sources.files.get(where)
            if before is None:
                document = _begin(project.languages[tag], domain, project)
            else:
                document = pofile.parse(before.decode("utf-8"))
            desk = _Update(document, blocks[domain], domain, known)
            after = str(desk.run()).encode()
            if before is None or after != before:
                said = "new" if before is None else desk.said() or "comments"
                yield Work(path=where, data=after, said=said)


def send(
    project: Project, sources: Sources, *, domains: Iterable[str], language: str
) -> tuple[exchange.Job, list[Fault]]:
    """Gather what is sent to a language's translators; catalogs that are not ready are faults."""
    units: list[exchange.Unit] = []
    faults: list[Fault] = []
    for domain in domains:
        if not project.publishes(domain, language):
            continue
        where = path(domain, language)
        waits = unsafe(project, domain, language) or list(
            update(project, sources, domains=[domain], languages=[language])
        )
        if waits or where not in sources.files:
            message = "not up to date with its English, or with errors: it is not sent"
            hint = "run catalog update, and mend what check finds"
            place = Location(path=where)
            faults.append(Fault(kind="stale-exchange", location=place, message=message, hint=hint))
            continue
        document = pofile.parse(sources.files[where].decode("utf-8"))
        units += exchange.units(document, domain)
    source = project.settings.source_language
    job = exchange.Job(source_language=source, language=language, units=tuple(units))
    for unit, letter in exchange.unsayable(job):
        place = Location(path=path(unit.leaflet, language))
        message = f"a letter that no job can hold, {letter}: {unit.source[:60]!r}"
        faults.append(
            Fault(kind="exchange-file", location=place, message=message, hint="remove it")
        )
    return job, faults


def write(job: exchange.Job, form: str, language: Language) -> bytes:
    """Write a job in one of `FORMS`."""
    if form == "xlsx":
        return spreadsheet.write_xlsx(job, right_to_left=language.direction == "rtl")
    writers = {"xliff": xliff.write, "xliff2": xliff.write_2, "csv": spreadsheet.write_csv}
    return writers[form](job)


def read(data: bytes, path: str) -> tuple[exchange.Job, list[Fault]]:
    """Read a job; what it is stands in its first bytes, not in its name."""
    if data.startswith(b"PK"):
        return spreadsheet.read_xlsx(data, path)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return xliff.read(data, path)
    return spreadsheet.read_csv(data, path)


def take(
    project: Project, sources: Sources, jobs: Iterable[exchange.Job]
) -> tuple[list[Work], list[Fault], list[Diagnostic]]:
    """Put what has come back into the catalogs.

    Returns:
        The catalogs that change, what could not be used, and what the gates find in the rest.
    """
    known = texts(project)
    documents: dict[tuple[str, str], Document] = {}
    faults: list[Fault] = []
    for job in jobs:
        place = Location(path=job.path)
        if job.language not in tags(project):
            message = f"a job for {job.language!r}, which is not published"
            hint = f"the languages are {', '.join(tags(project))}"
            faults.append(Fault(kind="exchange-file", location=place, message=message, hint=hint))
            continue
        for domain in dict.fromkeys(unit.leaflet for unit in job.units):
            where = path(domain, job.language)
            own = [unit for unit in job.units if unit.leaflet == domain]
            here = Location(path=job.path, line=own[0].line)
            if domain not in known:
                message, hint = f"no leaflet is called {domain!r}", "it may have been renamed"
                faults.append(
                    Fault(kind="exchange-file", location=here, message=message, hint=hint)
                )
                continue
            if where not in sources.files or unsafe(project, domain, job.language):
                message = f"{where} is not there, or it or its English has errors"
                hint = "mend what check finds, run catalog update, and import again"
                faults.append(
                    Fault(kind="stale-exchange", location=here, message=message, hint=hint)
                )
                continue
            key = job.language, domain
            if key not in documents:
                documents[key] = pofile.parse(sources.files[where].decode("utf-8"))
            documents[key], met = exchange.merge(documents[key], own, job.path)
            faults += met
    after = {path(domain, tag): str(item).encode() for (tag, domain), item in documents.items()}
    works = [
        Work(path=where, data=data, said="imported")
        for where, data in after.items()
        if data != sources.files[where]
    ]
    catalogs, met = projects.catalogs(after)
    merged = replace(project, catalogs={**project.catalogs, **catalogs})
    found = [
        item
        for item in gates(merged, met)
        if (item.scope.language, item.scope.leaflet or INTERFACE) in documents
    ]
    return works, faults, found


def _translations(project: Project, tag: str) -> dict[Key, list[tuple[str, str]]]:
    """Return every translation into a language, with the domain that it stands in."""
    found: dict[Key, list[tuple[str, str]]] = {}
    for (language, domain), catalog in sorted(project.catalogs.items()):
        if language == tag:
            for key, message in catalog.messages.items():
                if message.msgstr.strip() and not message.fuzzy:
                    found.setdefault(key, []).append((domain, message.msgstr))
    return found


def _begin(language: Language, domain: str, project: Project) -> Document:
    """Begin a catalog: its header is no guess, and names the plural forms of the table."""
    fields = {
        "Project-Id-Version": f"handbill {__version__}",
        "POT-Creation-Date": f"{project.today.isoformat()} 00:00+0000",
        "PO-Revision-Date": f"{project.today.isoformat()} 00:00+0000",
        "Last-Translator": "none yet",
        "Language-Team": "none yet",
        "Language": language.tag,
        "Plural-Forms": language.plural,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    comment = f"{language.english} translation of {domain}. An unsigned draft."
    header = pofile.compose(context=None, msgid="", strings=(text,), comments=(comment,))
    lines = "\n".join([*header.lines[1:], ""])
    return pofile.parse(lines)


class _Update:
    """Brings one catalog up to date."""

    def __init__(
        self,
        document: Document,
        blocks: Sequence[Block],
        domain: str,
        known: Mapping[Key, Sequence[tuple[str, str]]],
    ) -> None:
        self.document, self.domain, self.known = document, domain, known
        self.blocks: dict[Key, list[Block]] = {}
        for block in blocks:
            self.blocks.setdefault((block.context, block.msgid), []).append(block)
        self.counts: Counter[str] = Counter()

    def run(self) -> Document:
        """Return the catalog as it should be."""
        entries = self.document.entries
        headers = [entry for entry in entries if entry.is_header and not entry.obsolete]
        live = [entry for entry in entries if not entry.obsolete and not entry.is_header]
        obsolete = [entry for entry in entries if entry.obsolete]
        kept = {entry.key: entry for entry in live if entry.key in self.blocks}
        unused = [entry for entry in live if entry.key not in self.blocks]
        missing = [key for key in self.blocks if key not in kept]
        memory = {entry.key: entry for entry in obsolete}
        before = _pairs([key for key in missing if key not in memory], unused)
        placed = [entry for entry in live if entry.key in self.blocks]
        keys = [entry.key for entry in placed]
        # A new text stands after the one that is read before it; what is there keeps its order.
        after = 0
        for key in self.blocks:
            if key in kept:
                after = keys.index(key) + 1
                continue
            if key in memory:
                placed.insert(after, memory.pop(key).revive())
                self.counts["back again"] += 1
            else:
                placed.insert(after, self._new(key, before.get(key)))
            keys.insert(after, key)
            after += 1
        retired = [old for entry in unused if (old := self._retired(entry, memory)) is not None]
        again = {entry.key for entry in retired}
        remaining = [
            entry for entry in obsolete if memory.get(entry.key) is entry and entry.key not in again
        ]
        finished = [self._finished(entry) for entry in placed]
        return self.document.put([*headers, *finished, *remaining, *retired])

    def said(self) -> str:
        """Say what has changed."""
        return ", ".join(f"{number} {what}" for what, number in self.counts.items())

    def _new(self, key: Key, before: Entry | None) -> Entry:
        """Write an empty entry; one for an edited text shows what it was."""
        self.counts["new" if before is None else "changed"] += 1
        if before is None:
            return pofile.compose(context=key[0], msgid=key[1])
        if before.translated:
            previous, comments = before.key, was(before)
        else:
            # Edited again before anybody translated it: what counts is the last translation.
            previous = before.previous or before.key
            comments = [text for text in before.comments if _WAS.match(text)]
        return pofile.compose(context=key[0], msgid=key[1], comments=comments, previous=previous)

    def _retired(self, entry: Entry, memory: Mapping[Key, Entry]) -> Entry | None:
        """Put an entry out of use; one that holds nothing of a person's is dropped."""
        own = [text for text in entry.comments if not (_WAS.match(text) or _ELSEWHERE.match(text))]
        if not entry.translated and not any(own):
            self.counts["dropped"] += 1
            return None
        self.counts["obsolete"] += 1
        older = memory.get(entry.key)
        if older is not None and older.strings != entry.strings:
            entry = entry.comment([*entry.comments, *was(older)])
        return entry.retire()

    def _finished(self, entry: Entry) -> Entry:
        """Say where an entry's text stands today, and how others have translated it."""
        blocks = self.blocks[entry.key]
        notes = [note for block in blocks for note in (f"type: {block.kind}", *block.notes)]
        places = dict.fromkeys(block.path for block in blocks)
        entry = entry.annotate(tuple(dict.fromkeys(notes)), tuple(places))
        if entry.translated:
            return entry
        found = [
            pofile.remark(f"elsewhere ({domain})", text)
            for domain, text in self.known.get(entry.key, ())
            if domain != self.domain
        ]
        own = [text for text in entry.comments if not _ELSEWHERE.match(text)]
        return entry.comment([*own, *found])


def was(entry: Entry) -> list[str]:
    """Write an entry's translation as comments."""
    if entry.plural is None:
        return [pofile.remark("was", entry.strings[0])]
    return [pofile.remark(f"was[{number}]", text) for number, text in enumerate(entry.strings)]


def _pairs(missing: Sequence[Key], unused: Sequence[Entry]) -> dict[Key, Entry]:
    """Find for new texts the entries of what they said before: the most alike first, each once."""
    found: list[tuple[float, int, int]] = []
    matcher = difflib.SequenceMatcher(autojunk=False)
    for place, entry in enumerate(unused):
        if entry.translated or entry.previous is not None:
            matcher.set_seq2(entry.msgid)
            for number, (_, msgid) in enumerate(missing):
                matcher.set_seq1(msgid)
                if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
                    found.append((-matcher.ratio(), number, place))
    pairs: dict[Key, Entry] = {}
    taken: set[int] = set()
    for ratio, number, place in sorted(found):
        if -ratio >= ALIKE and missing[number] not in pairs and place not in taken:
            pairs[missing[number]] = unused[place]
            taken.add(place)
    return pairs
