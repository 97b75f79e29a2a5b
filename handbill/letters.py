"""Letters that bring leaflets: which may go out, what is enclosed, and every word of them.

A letter is made of what is signed: an edition that is built from today's text, letter by letter,
and words that persons have read in its language. What is not signed goes out only when somebody
asks for it, and says that it is a draft wherever it is looked at.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import quote

from handbill import bidi, plan, press, recipients, rules, signoff, templates
from handbill.catalog import EMAIL
from handbill.diagnostics import Diagnostic, Fault, Location, Scope, Severity
from handbill.editions import Edition
from handbill.model import Clinic, Format, Language, Project
from handbill.post import Letter
from handbill.recipients import Mailbox, Recipient
from handbill.sources import digest


_WORDS = (templates.SUBJECT, templates.PLAIN, templates.RICH)
#: From so many points on, print is large.
_LARGE = 16
_MEGABYTE = 1_000_000
#: So long may a file's name be, in bytes: file systems take 255, and programs put numbers behind.
_NAME = 150
#: What no file may be called on some system, and what turns a name around or cannot be seen.
_UNSAFE_NAME = re.compile(r'[\\/:*?"<>|]+')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

#: Seven bits on the wire, so that any server takes it as it is.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """One edition that is brought.

    Attributes:
        data: the file, as the manifest describes it.
        large: whether its print is large.
        address: where the site has it; empty without one.
    """

    edition: Edition
    data: bytes = field(repr=False)
    digest: str
    large: bool
    address: str

    @property
    def kind(self) -> str:
        """`pdf` or `html`."""
        return self.edition.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a file, or the page of a leaflet, is on the site; `kind` is `pdf`, `html` or `page`."""

    kind: str
    large: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One leaflet as one clinic's readers of one language get it.

    Attributes:
        paper: the PDF for paper.
        others: large print and the web page, where the clinic has them.
        page: the leaflet's page on the site; empty without one.
    """

    title: str
    summary: str
    paper: Enclosure
    others: tuple[Enclosure, ...]
    page: str

    def files(self, attach: Sequence[str]) -> tuple[Enclosure, ...]:
        """Return what is attached where there is no link: others only of these formats."""
        wanted = [item for item in self.others if item.edition.format in attach and not self.page]
        return (self.paper, *wanted)

    def links(self, *, enclosed: bool) -> tuple[Link, ...]:
        """Return where the rest is; the PDF too where it is not enclosed."""
        if not self.page:
            return ()
        items = self.others if enclosed else (self.paper, *self.others)
        found = [Link(kind=item.kind, large=item.large, address=item.address) for item in items]
        return (*found, Link(kind="page", large=False, address=self.page))


class Desk:
    """Writes the letters of a project.

    Args:
        project: the project.
        manifest: what was built of it.
        read: returns a published file, or raises `OSError`.
        findings: all that the rules find in the project.
        sender: from whom letters come; its address has a form in ASCII.
        max_size: how large a letter may be, in bytes.
        allow_draft: whether what nobody has signed may go out.
    """

    def __init__(
        self,
        project: Project,
        manifest: Mapping[str, Any],
        read: Callable[[str], bytes],
        findings: Sequence[Diagnostic],
        *,
        sender: Mailbox,
        max_size: int,
        allow_draft: bool,
    ) -> None:
        self.project, self.read = project, read
        self.rows = {row["path"]: row for row in manifest.get("editions", ())}
        self.findings, self.max_size, self.allow_draft = findings, max_size, allow_draft
        self.sender = sender
        self.bundles: dict[tuple[str, str, str], Bundle] = {}
        self.drafts: set[tuple[str, str, str]] = set()
        self.diagnostics: dict[Diagnostic, None] = {}
        self.words: dict[str, bool] = {}

    def letters(self, wanted: Sequence[Recipient]) -> tuple[Letter, ...]:
        """Write the letters, or say in `diagnostics` what stands against any of them.

        Everything is looked at before the first letter goes out: what comes back holds for all.
        """
        self._look_at_settings()
        for item in wanted:
            self._look_at_words(item.language)
            self._look_at_clinic(self.project.clinics[item.clinic], item.row)
            for leaflet in item.leaflets:
                self._look_at((item.clinic, item.language, leaflet), item.row)
        if self._stopped:
            return ()
        found = tuple(self._letter(item) for item in wanted)
        # Two letters that bring the same differ in the address alone.
        for item in {(item.clinic, item.language, item.leaflets): item for item in wanted}.values():
            self._weigh(item)
        return () if self._stopped else found

    @property
    def _stopped(self) -> bool:
        return any(item.severity is Severity.ERROR for item in self.diagnostics)

    def _fault(self, fault: Fault) -> None:
        self.diagnostics.setdefault(rules.diagnose(fault))

    def _look_at_settings(self) -> None:
        """Look at what holds for all letters: the templates and the formats."""
        settings = self.project.settings
        for path in _WORDS:
            own = self.project.outlets.get(EMAIL)
            if own is None or not own.sources.get(path, "").strip():
                self._fault(
                    Fault(
                        kind="template-error",
                        location=Location(path=f"templates/{path}"),
                        message="does not exist, or is empty",
                        hint="no email can be written without it; take it from the repository",
                        scope=Scope(leaflet=EMAIL),
                    )
                )
        for name in settings.mailing.attach:
            if name not in self.project.formats and settings.mailing != type(settings.mailing)():
                self._fault(
                    Fault(
                        kind="settings",
                        location=settings.locations["email.attach"],
                        message=f"no format is called {name!r}",
                        hint=f"there are {', '.join(self.project.formats)}",
                    )
                )

    def _look_at_words(self, tag: str) -> None:
        """Ask whether the words of emails are whole in a language, and whether they are signed."""
        if tag in self.words:
            return
        source = self.project.settings.source_language
        for item in self.findings:
            of_words = item.scope.leaflet == EMAIL and item.severity is Severity.ERROR
            if of_words and item.scope.language in {None, source, tag}:
                self.diagnostics.setdefault(item)
        missing = {
            name: signoff.standing(self.project, EMAIL, name).missing
            for name in dict.fromkeys((source, tag))
            if EMAIL in self.project.interfaces
        }
        self.words[tag] = not any(missing.values())
        for name, roles in missing.items():
            if roles and not self.allow_draft:
                message = f"a draft; nobody has signed the words of emails ({name}): "
                self._fault(
                    Fault(
                        kind="unsigned",
                        location=Location(path=signoff.path(EMAIL, name)),
                        message=message + ", ".join(roles),
                        hint="python build.py catalog proof --leaflet email, then sign",
                        scope=Scope(leaflet=EMAIL, language=name),
                    )
                )

    def _look_at_clinic(self, clinic: Clinic, row: Location) -> None:
        """Ask whether a clinic's patients can answer, or call."""
        address = clinic.slots["clinic.email"]
        place = clinic.locations.get("email", row)
        if _monitored(clinic) and recipients.mailbox(address) is None:
            message, hint = "the clinic's email is no address", "such as skin@northgate.example"
            self._fault(Fault(kind="malformed-address", location=place, message=message, hint=hint))
        elif not _monitored(clinic) and not clinic.slots["clinic.phone"]:
            self._fault(
                Fault(
                    kind="unanswerable-letter",
                    location=clinic.locations.get("name", row),
                    message="its patients could neither answer nor call",
                    hint="add phone, or an email that somebody reads",
                    scope=Scope(clinic=clinic.id),
                )
            )

    def _look_at(self, key: tuple[str, str, str], row: Location) -> None:
        """Ask once of each leaflet, clinic and language whether it may go out."""
        if key in self.bundles or key in self.drafts:
            return
        clinic_id, tag, leaflet_id = key
        forms = [
            self.project.formats[name]
            for name in self.project.clinics[clinic_id].formats
            if name in self.project.formats
        ]
        paper, others = _chosen(forms)
        if paper is None:
            self._unbuilt(row, f"{clinic_id} has no PDF of {leaflet_id}", "add a4 to its formats")
            return
        found = []
        for form in (paper, *others):
            edition = Edition(
                leaflet=leaflet_id,
                clinic=clinic_id,
                language=tag,
                format=form.name,
                kind=form.kind,
            )
            data = self._published(edition)
            if data is not None:
                found.append(self._enclosure(edition, form, data))
        if len(found) == 1 + len(others):
            title, summary = (
                self._translated(leaflet_id, tag, block.msgid, block.context)
                for block in self.project.leaflets[leaflet_id].front_blocks[:2]
            )
            site = self.project.settings.site
            self.bundles[key] = Bundle(
                title=title,
                summary=summary,
                paper=found[0],
                others=tuple(found[1:]),
                page=f"{site}/{quote(found[0].edition.page)}" if site else "",
            )

    def _published(self, edition: Edition) -> bytes | None:
        """Return a published file that may go out; say why it may not."""
        stopped = plan.stopped_by(edition, self.findings)
        for item in stopped:
            self.diagnostics.setdefault(item)
        if stopped:
            return None
        row, data = self.rows.get(edition.path), None
        with suppress(OSError):
            data = self.read(edition.path)
        reason = plan.outdated(self.project, edition, row, data)
        if row is None or data is None or reason:
            hint = f"build --leaflet {edition.leaflet} --language {edition.language}"
            self._unbuilt(Location(path=edition.path), reason, f"python build.py {hint}")
            return None
        if row["draft"]:
            self.drafts.add((edition.clinic, edition.language, edition.leaflet))
            if not self.allow_draft:
                # Drafts that a release may hold are drafts all the same.
                settings = replace(self.project.settings, draft_languages=())
                project = replace(self.project, settings=settings)
                for fault in plan.drafts(project, [edition]):
                    self._fault(fault)
                return None
        return data

    def _unbuilt(self, place: Location, message: str, hint: str) -> None:
        self._fault(Fault(kind="unbuilt-edition", location=place, message=message, hint=hint))

    def _enclosure(self, edition: Edition, form: Format, data: bytes) -> Enclosure:
        site = self.project.settings.site
        return Enclosure(
            edition=edition,
            data=data,
            digest=digest(data),
            large=form.kind == "pdf" and form.least_size >= _LARGE,
            address=f"{site}/{quote(edition.public_path)}" if site else "",
        )

    def _translated(self, domain: str, tag: str, msgid: str, context: str | None = None) -> str:
        """Return a text in a language.

        Raises:
            LookupError: it has no translation, which checks should have found.
        """
        if tag == self.project.settings.source_language:
            return msgid
        messages = self.project.catalogs.get((tag, domain))
        text = messages and messages.gettext(msgid, context)
        if not text:
            message = f"sending an untranslated message, which checks should stop: {msgid!r}"
            raise LookupError(message)
        return text

    def _plain_words(self, tag: str) -> Callable[..., str]:
        """Return what gives the words of emails in a language, as plain text."""

        def t(msgid: str, **values: object) -> str:
            return templates.fill_plain(self._translated(EMAIL, tag, msgid), values)

        return t

    def _letter(self, item: Recipient) -> Letter:
        bundles = self._bundles(item)
        # Names and no digests: whoever builds anew and goes on must not send what was sent.
        enclosed = sorted(bundle.paper.edition.path for bundle in bundles)
        return Letter(
            recipient=item.address,
            sender=self.sender.ascii,
            key=digest(json.dumps(enclosed).encode()),
            message=lambda enclose: self.message(item, enclose=enclose),
            place=item.row,
        )

    def _bundles(self, item: Recipient) -> list[Bundle]:
        return [self.bundles[item.clinic, item.language, leaflet] for leaflet in item.leaflets]

    def _weigh(self, item: Recipient) -> None:
        """Write a letter to find what is wrong with it: it may have too much and no links."""
        size = len(self.message(item, enclose=not self.project.settings.site).as_bytes())
        if size > self.max_size:
            megabytes = f"{size / _MEGABYTE:.1f} MB, more than {self.max_size / _MEGABYTE:g}"
            hint = "set site, so that it can lead to the files; or send the leaflets one by one"
            message = f"the letter has {megabytes}"
            self._fault(
                Fault(kind="oversized-letter", location=item.row, message=message, hint=hint)
            )

    def message(self, item: Recipient, *, enclose: bool) -> EmailMessage:
        """Write a letter; one that has a site to lead to needs to enclose nothing.

        Raises:
            HandbillError: a template is wrong.
        """
        project, clinic = self.project, self.project.clinics[item.clinic]
        language, bundles = project.languages[item.language], self._bundles(item)
        attach = project.settings.mailing.attach if not project.settings.site else ()
        enclose = enclose or not project.settings.site
        files = [bundle.files(attach) if enclose else () for bundle in bundles]
        names = self._named(zip(bundles, files, strict=True), language.tag)
        leaflets = [
            {
                "title": bundle.title,
                "summary": bundle.summary,
                "files": [
                    {"name": names[file.edition], "kind": file.kind, "large": file.large}
                    for file in each
                ],
                "links": bundle.links(enclosed=enclose),
            }
            for bundle, each in zip(bundles, files, strict=True)
        ]
        draft = not self.words[item.language] or any(
            (item.clinic, item.language, leaflet) in self.drafts for leaflet in item.leaflets
        )
        slots, direction = clinic.slots, language.direction
        context = {
            "language": language,
            "source_language": project.settings.source_language,
            "clinic": bidi.whole(" ".join(clinic.name.split()), direction),
            "address": bidi.whole(", ".join(clinic.address), direction),
            "phone": bidi.whole(slots["clinic.phone"], direction),
            "website": slots["clinic.website"],
            "emergency": bidi.whole(slots["clinic.emergency_number"], direction),
            "monitored": _monitored(clinic),
            "reference": bidi.whole(item.reference, direction),
            "draft": draft,
            "leaflets": leaflets,
            "titles": [bundle.title for bundle in bundles]
            if project.settings.mailing.subject_names_leaflet
            else [],
        }
        subject = " ".join(self._plain(templates.SUBJECT, context, language).split())
        text = self._plain(templates.PLAIN, context, language)
        numbers = {
            name: bidi.whole(press.unbroken(slots[slot]), direction)
            for name, slot in (("phone", "clinic.phone"), ("emergency", "clinic.emergency_number"))
        }
        html = self._rich({**context, **numbers, "subject": subject}, language)
        message = self._envelope(clinic, subject)
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        for part in message.iter_parts():
            part["Content-Language"] = language.tag
        for file in (file for each in files for file in each):
            _attach(message, file, names[file.edition], language)
        # Only now: what is named like it is moved into the parts.
        message["Content-Language"] = language.tag
        _bound(message, digest(repr((item.address, subject, text)).encode())[:24])
        return message

    def _named(
        self, brought: Iterable[tuple[Bundle, Sequence[Enclosure]]], tag: str
    ) -> dict[Edition, str]:
        """Name the files of a letter; of two leaflets with one title, the second gets a number."""
        found: dict[Edition, str] = {}
        taken: set[str] = set()
        for bundle, files in brought:
            for file in files:
                title = bundle.title
                if file.large:
                    title = self._plain_words(tag)("{title} (large print)", title=title)
                name, number = file_name(title, file.kind), 1
                while name.casefold() in taken:
                    number += 1
                    name = file_name(title, file.kind, number)
                taken.add(name.casefold())
                found[file.edition] = name
        return found

    def _envelope(self, clinic: Clinic, subject: str) -> EmailMessage:
        """Begin a message: from whom it is, and that no program shall answer it."""
        message = EmailMessage(policy=_POLICY)
        # A header is one line, whatever lines a name has.
        name = " ".join(clinic.name.split())
        message["From"] = Address(self.sender.name or name, addr_spec=self.sender.ascii)
        message["Subject"] = subject
        reply = recipients.mailbox(clinic.slots["clinic.email"])
        if _monitored(clinic) and reply is not None and reply.ascii:
            message["Reply-To"] = Address(name, addr_spec=reply.ascii)
        # RFC 3834, and what Exchange knows instead: no "out of office" comes back.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        return message

    def _plain(self, path: str, context: Mapping[str, object], language: Language) -> str:
        values = {**context, "t": self._plain_words(language.tag)}
        text = templates.render(self.project.outlets[EMAIL], path, values)
        return bidi.isolate_plain(text) if language.direction == "rtl" else text

    def _rich(self, context: Mapping[str, object], language: Language) -> str:
        def t(msgid: str, **values: object) -> str:
            return templates.fill(self._translated(EMAIL, language.tag, msgid), values)

        html = templates.render(self.project.outlets[EMAIL], templates.RICH, {**context, "t": t})
        return press.readable(html, language)


def file_name(title: str, kind: str, number: int = 1) -> str:
    """Make of a title the name of a file, in its own script, that every system takes.

    Args:
        title: the title.
        kind: how the name ends.
        number: stands behind the title of all files of this title but the first.
    """
    seen = "".join(
        " " if unicodedata.category(sign) == "Zs" else sign
        for sign in unicodedata.normalize("NFC", title)
        if unicodedata.category(sign) not in _UNSEEN
    )
    words = " ".join(_UNSAFE_NAME.sub(" ", seen).split()).strip(". ")
    while len(words.encode()) > _NAME:
        words = words[:-1].rstrip(". ")
    return f"{words or 'leaflet'}{f' {number}' if number > 1 else ''}.{kind}"


def _monitored(clinic: Clinic) -> bool:
    return bool(clinic.email_monitored and clinic.slots["clinic.email"])


def _chosen(forms: Iterable[Format]) -> tuple[Format | None, tuple[Format, ...]]:
    """Return the format for paper, and the first in large print and for the web, if there are.

    What is put on sheets for a printer is read by nobody on a screen.
    """
    flat = [form for form in forms if not form.imposition]
    large = [form for form in flat if form.kind == "pdf" and form.least_size >= _LARGE]
    paper = [form for form in flat if form.kind == "pdf" and form not in large] or large
    web = [form for form in flat if form.kind == "html"]
    first = paper[0] if paper else None
    return first, tuple(form for form in (*large[:1], *web[:1]) if form != first)


def _attach(message: EmailMessage, file: Enclosure, name: str, language: Language) -> None:
    kind = ("application", "pdf") if file.kind == "pdf" else ("text", "html")
    message.add_attachment(file.data, maintype=kind[0], subtype=kind[1], filename=name)
    *_, part = message.iter_attachments()
    if kind[0] == "text":
        part.set_param("charset", "utf-8")
    part["Content-Language"] = language.tag


def _bound(message: EmailMessage, name: str) -> None:
    """Give each part that has parts the same boundary in every run; no encoded text can hold it."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{name}_{number}")
