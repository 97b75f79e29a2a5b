"""Letters say all that they should to whoever gets them, and what may not go out does not.

The editions are made up, and their bytes too: what matters is what is written around them.
"""

import email
import email.policy
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import fast_mail_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbill import letters, plan, project, recipients, rules, signoff
from handbill.diagnostics import Diagnostic, Location
from handbill.letters import Desk
from handbill.model import Project
from handbill.recipients import Mailbox, Recipient
from handbill.sources import digest
from tests.conftest import ROOT, TODAY, in_memory
from tests.test_signoff import sign


Changes = dict[str, str | bytes | None]

CLINIC = "content/clinics/one.toml"
SETTINGS = "pyproject.toml"
SITE = "https://leaflets.example.org"
TAGS = ("en", "es", "ar", "zh-Hans")
SIGNERS = {"clinical-reviewer": "Dr A. Example", "translator": "T. E.", "second-reader": "S. E."}
#: Isolates, which nobody sees.
ISOLATES = re.compile("[\u2066-\u2069]")

CHINESE = """
msgid "Clean hands"
msgstr "双手清洁"
msgid "How to wash your hands."
msgstr "怎样洗手。"
msgid "everyone"
msgstr "所有人"
msgid "Wash"
msgstr "洗手"
msgid "Wash for 20 seconds. **Do not** hurry."
msgstr "洗 20 秒。**不要**着急。"
msgid "Warning"
msgstr "警告"
msgid "Call {{ clinic.phone }} if your skin is sore."
msgstr "如果皮肤疼痛，请拨打 {{ clinic.phone }}。"
msgid "Draft"
msgstr "草稿"
msgid "Version {version}"
msgstr "版本 {version}"
"""


def files(settings: str = "", clinic: str = "", **changes: str) -> Changes:
    """Return the smallest project, in Chinese too, with all that emails need."""
    small = in_memory({}).files
    table = re.search(
        r"^\[zh-Hans\].*?(?=^\[)",
        (ROOT / "locales/languages.toml").read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert table is not None
    catalog = small["locales/ar/LC_MESSAGES/hands.po"].decode().split("\n\n")[0]
    found: Changes = {
        SETTINGS: f'[tool.handbill]\nlanguages = ["es", "ar", "zh-Hans"]\n{settings}',
        CLINIC: small[CLINIC].decode().replace('"a4"', '"a4", "large-print", "html"')
        + 'address = ["12 North Street", "Anytown"]\nemail = "care@one.example"\n'
        + f'website = "https://one.example"\nemergency_number = "999"\n{clinic}',
        "locales/languages.toml": small["locales/languages.toml"].decode() + "\n" + table[0],
    }
    for domain in ("hands", "handbill"):
        path = f"locales/zh-Hans/LC_MESSAGES/{domain}.po"
        found[path] = catalog.replace("Language: ar", "Language: zh-Hans") + "\n" + CHINESE
    outside = [f"locales/{tag}/LC_MESSAGES/email.po" for tag in TAGS[1:]]
    outside += [f"templates/formats/{name}/format.toml" for name in ("large-print", "html")]
    outside += [path.replace("format.toml", "style.css") for path in outside[-2:]]
    outside += [
        path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "templates/email").iterdir())
    ]
    found |= {path: (ROOT / path).read_bytes() for path in outside}
    return found | changes


def signed(
    found: Changes,
    domains: tuple[str, ...] = ("hands", "handbill", "email"),
    tags: tuple[str, ...] = TAGS,
) -> Changes:
    """Sign these texts in all languages, as made-up persons."""
    found = dict(found)
    loaded = project.load(in_memory(found), today=TODAY)
    for tag, domain in itertools.product(tags, domains):
        roles = [*SIGNERS][:1] if tag == "en" else [*SIGNERS][1:]
        for role in roles:
            done = sign(loaded, domain, tag, role, SIGNERS[role])
            loaded = replace(loaded, sign_offs={**loaded.sign_offs, (tag, domain): done})
            found[done.path] = signoff.write(done)
    return found


SIGNED = signed(files())


def built(loaded: Project, size: int = 100) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a build would say, with files that hold their own names."""
    rows, data = [], {}
    for edition in plan.editions(loaded):
        data[edition.path] = f"%PDF {edition.path} ".encode().ljust(size, b"x")
        rows.append(
            {
                "path": edition.path,
                "inputs": plan.inputs(loaded, edition, "tools"),
                "current": True,
                "draft": plan.job(loaded, edition).draft,
                "digest": digest(data[edition.path]),
            }
        )
    return {"editions": rows}, data


def desk(found: Changes, *, allow_draft: bool = False, size: int = 100, **options: Any) -> Desk:
    """Return the desk of a project that is built."""
    loaded = project.load(in_memory(found), today=TODAY)
    manifest, data = built(loaded, size)
    sender = options.pop("sender", Mailbox(name="", ascii="leaflets@one.example"))
    return Desk(
        loaded,
        manifest,
        data.__getitem__,
        list(rules.run(loaded)),
        sender=sender,
        max_size=options.pop("max_size", 1_000_000),
        allow_draft=allow_draft,
    )


def recipient(tag: str, reference: str = "") -> Recipient:
    """Return somebody who reads a language."""
    return Recipient(
        address="anna@example.org",
        language=tag,
        leaflets=("hands",),
        clinic="one",
        reference=reference,
        row=Location(path="list.csv", line=2),
    )


def written(
    tag: str, found: Changes, *, enclose: bool = True, reference: str = "", **options: Any
) -> EmailMessage:
    """Write a letter and read it as mail programs do."""
    office = desk(found, **options)
    (letter,) = office.letters([recipient(tag, reference)])
    assert [item for item in office.diagnostics if item.severity.value == "error"] == []
    message = email.message_from_bytes(
        letter.message(enclose).as_bytes(), policy=email.policy.default
    )
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    """Return the plain part, or the one with markup."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def told(office: Desk, tag: str = "ar") -> list[tuple[str, str, str]]:
    """Return what stands against a letter."""
    assert office.letters([recipient(tag)]) == ()
    return [(str(item.location), item.name, item.message) for item in office.diagnostics]


def diagnostics(office: Desk) -> list[Diagnostic]:
    """Return what was found."""
    return list(office.diagnostics)


def test_a_letter_says_all_that_its_reader_needs() -> None:
    """Word for word, in English; the plain part alone is enough."""
    message = written("en", SIGNED, reference="A-17")

    assert message["Subject"] == "Your leaflet from Clinic One"
    assert part(message, "plain") == (
        "Clinic One has sent you health information.\n\n"
        "In an emergency, do not reply to this email: call 999.\n\n"
        "If you have questions, reply to this email or call 0808 157 0123.\n\n"
        "Ask us if you need this in large print, in another language or on paper.\n\n"
        "If this email is not meant for you, please tell us and delete it.\n\n"
        "Reference: A-17\n\n"
        "Clean hands\nHow to wash your hands.\n"
        "Attached: Clean hands.pdf\n"
        "Attached, in large print: Clean hands (large print).pdf\n\n"
        "Clinic One\n12 North Street, Anytown\nTelephone: 0808 157 0123\n"
        "Website:\nhttps://one.example\n"
    )
    assert [item.get_filename() for item in message.iter_attachments()] == [
        "Clean hands.pdf",
        "Clean hands (large print).pdf",
    ]


@pytest.mark.parametrize("tag", TAGS)
def test_both_parts_say_the_same(tag: str) -> None:
    """Every line of the plain part is in the other, in its order, but for what is a link there."""
    message = written(tag, signed(files(f'site = "{SITE}"')), reference="A-17")
    html = re.sub(
        r"<head>.*?</head>|<h1.*?</h1>|<[^>]*>", " ", part(message, "html"), flags=re.DOTALL
    )
    words = " ".join(ISOLATES.sub("", html).split())
    place = 0
    for line in ISOLATES.sub("", part(message, "plain")).split("\n"):
        if line.startswith(SITE):
            assert f'href="{line}"' in part(message, "html")
            continue
        bare = re.sub(r"\s", "", line)
        found = re.sub(r"\s", "", words).find(bare, place)
        assert found >= place, line
        place = found + len(bare)


@pytest.mark.parametrize("tag", TAGS)
def test_a_letter_is_in_its_readers_language_and_direction(tag: str) -> None:
    """Its parts say so, to programs and to screen readers; nothing English is left."""
    message = written(tag, SIGNED)
    html = part(message, "html")
    direction = "rtl" if tag == "ar" else "ltr"

    assert html.count(f'lang="{tag}" dir="{direction}"') == 2
    assert message["Content-Language"] == tag
    assert {item["Content-Language"] for item in message.walk() if not item.is_multipart()} == {tag}
    if tag in {"ar", "zh-Hans"}:
        latin = set(re.findall("[A-Za-z]{2,}", part(message, "plain")))
        assert latin <= {
            "Clinic",
            "One",
            "North",
            "Street",
            "Anytown",
            "https",
            "one",
            "example",
            "pdf",
        }


def test_numbers_keep_their_order_in_a_right_to_left_text() -> None:
    """A telephone number is in an isolate in the plain part, and in an element in the other."""
    message = written("ar", SIGNED)

    assert "\u20680808 157 0123\u2069" in part(message, "plain")
    assert "\u2068Clinic One\u2069" in message["Subject"]
    # Nor does it break at the end of a line.
    assert '<span dir="ltr">0808\u00a0157\u00a00123</span>' in part(message, "html")
    # A program that makes links would take what is behind an address for a part of it.
    assert "\nhttps://one.example\n" in part(message, "plain")


@pytest.mark.parametrize(("tag", "name"), [("ar", "يدان نظيفتان.pdf"), ("zh-Hans", "双手清洁.pdf")])
def test_file_names_of_any_script_are_read_back(tag: str, name: str) -> None:
    """By the library that wrote them (RFC 2231), and by one that did not."""
    office = desk(SIGNED)
    (letter,) = office.letters([recipient(tag)])
    raw = letter.message(True).as_bytes()
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    paper, large = found.iter_attachments()
    other = fast_mail_parser.parse_email(raw)

    assert raw.isascii()
    assert [paper.get_filename(), other.attachments[0].filename] == [name, name]
    assert other.subject == found["Subject"]
    assert (paper.get_content_type(), paper.get_content_disposition()) == (
        "application/pdf",
        "attachment",
    )
    assert paper.get_content() == office.read(f"one/{tag}/hands.a4.pdf")
    assert large.get_content() == office.read(f"one/{tag}/hands.large-print.pdf")
    assert other.attachments[1].content == large.get_content()


def test_nothing_names_a_leaflet_where_a_lock_screen_shows_it() -> None:
    """Neither the subject nor the first lines of either part, unless the settings say so."""
    for tag, title in (("en", "Clean hands"), ("ar", "يدان نظيفتان"), ("zh-Hans", "双手清洁")):
        message = written(tag, SIGNED)
        html = part(message, "html")
        shown = re.sub(r"<[^>]*>", "", html.partition("<body")[2])

        assert title not in message["Subject"] + html.partition("</head>")[0]
        # Two columns for a letter that is twice as wide.
        wide = 75 if tag == "zh-Hans" else 150
        assert title not in part(message, "plain")[:wide]
        assert title not in " ".join(shown.split())[:wide]
    naming = signed(files("[tool.handbill.email]\nsubject-names-leaflet = true"))
    assert written("en", naming)["Subject"] == "Clean hands – Clinic One"


def test_with_a_site_a_letter_leads_to_every_edition() -> None:
    """The PDF is attached, and links lead to the web page, large print and other languages."""
    message = written("es", signed(files(f'site = "{SITE}"')))
    links = re.findall(r'<a href="([^"]*)">([^<]*)</a>', part(message, "html"))

    assert [item.get_filename() for item in message.iter_attachments()] == ["Manos limpias.pdf"]
    assert links == [
        (f"{SITE}/one/hands/es/hands.large-print.pdf", "Manos limpias (letra grande)"),
        (f"{SITE}/one/hands/es/hands.html", "Leer en la web: Manos limpias"),
        (f"{SITE}/one/hands/es/", "Versión más reciente y otros idiomas: Manos limpias"),
        ("https://one.example", "https://one.example"),
    ]


def test_a_large_letter_has_a_link_instead() -> None:
    """Asked to enclose nothing, it leads to the PDF as well."""
    message = written("en", signed(files(f'site = "{SITE}"')), enclose=False)

    assert list(message.iter_attachments()) == []
    assert f"To print: Clean hands\n{SITE}/one/hands/en/hands.a4.pdf\n" in part(message, "plain")
    assert "Attached" not in part(message, "plain") + part(message, "html")


def test_without_a_site_a_large_letter_is_a_finding() -> None:
    """It has nothing to lead to, so nothing at all is sent."""
    office = desk(SIGNED, size=400_000)

    assert told(office) == [
        ("list.csv:2:1", "oversized-letter", "the letter has 1.1 MB, more than 1")
    ]


def test_what_else_is_attached_is_a_setting() -> None:
    """Where there is no site: a web page for those whose servers let it pass, or nothing more."""
    for wanted, names in (
        ('["html"]', ["Clean hands.pdf", "Clean hands.html"]),
        ("[]", ["Clean hands.pdf"]),
    ):
        found = signed(files(f"[tool.handbill.email]\nattach = {wanted}"))
        message = written("en", found)
        assert [item.get_filename() for item in message.iter_attachments()] == names
    office = desk(signed(files('[tool.handbill.email]\nattach = ["larg-print"]')))
    assert told(office) == [("pyproject.toml:4:1", "settings", "no format is called 'larg-print'")]


def test_who_gets_a_letter_can_answer_or_is_told_that_nobody_reads() -> None:
    """Replies go to the clinic's address; if nobody reads it, the letter says so, with a number."""
    assert written("en", SIGNED)["Reply-To"] == "Clinic One <care@one.example>"
    silent = written("en", signed(files(clinic="email_monitored = false\n")))

    assert silent["Reply-To"] is None
    for kind in ("plain", "html"):
        assert (
            "Nobody reads replies to this email. If you have questions, call 0808 157 0123."
        ) in part(silent, kind).replace("\u00a0", " ")
        assert "reply to this email or call" not in part(silent, kind)
    mute = files(clinic="email_monitored = false\n")
    mute[CLINIC] = str(mute[CLINIC]).replace('phone = "0808 157 0123"\n', "")
    text = "content/leaflets/hands/leaflet.md"
    mute[text] = in_memory({}).files[text].decode().replace("Call {{ clinic.phone }}", "Stop")
    found = [item for item in told(desk(mute, allow_draft=True), "en") if "letter" in item[1]]
    assert found == [
        (f"{CLINIC}:1:1", "unanswerable-letter", "its patients could neither answer nor call")
    ]


def test_no_program_answers_a_letter() -> None:
    """It says that a machine has sent it, and from whom it is."""
    message = written("en", SIGNED)

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["From"] == "Clinic One <leaflets@one.example>"
    named = Mailbox(name="Leaflets, of “One”", ascii="x@one.example")
    sender = written("en", SIGNED, sender=named)["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Leaflets, of “One”", "x@one.example")
    assert not {"To", "Date", "Message-ID", "Precedence", "List-Unsubscribe"} & set(message)


@pytest.mark.parametrize("tag", TAGS)
def test_a_draft_says_so_everywhere(tag: str) -> None:
    """In the subject and first in both parts, in the reader's language; a final text never."""
    words = {
        "en": ("DRAFT: ", "Draft - not approved for use with patients"),
        "es": ("BORRADOR: ", "Borrador: no aprobado para su uso con pacientes"),
        "ar": ("مسودة: ", "مسودة - غير معتمدة للاستخدام مع المرضى"),
        "zh-Hans": ("草稿：", "草稿——未获准供患者使用"),
    }[tag]
    half = signed(files(), ("hands", "handbill"))
    for found in (files(), half, signed(files(), ("email",))):
        message = written(tag, found, allow_draft=True)
        assert message["Subject"].startswith(words[0])
        assert part(message, "plain").startswith(words[1] + "\n")
        assert (
            part(message, "html")
            .partition("<p ")[2]
            .partition(">")[2]
            .startswith(f"<strong>{words[1]}</strong>")
        )
    final = written(tag, SIGNED, allow_draft=True)
    for text in (final["Subject"], part(final, "plain"), part(final, "html")):
        assert words[0] not in text
        assert words[1] not in text


def test_drafts_stay_here() -> None:
    """Each signature that is wanting is told: the leaflet's, and those of the words of emails."""
    found = told(desk(files()))

    assert {item[1] for item in found} == {"unsigned"}
    assert [item[0] for item in found] == [
        "locales/en/signed/email.json:1:1",
        "locales/ar/signed/email.json:1:1",
        "locales/ar/signed/hands.json:1:1",
    ]
    assert found[1][2].endswith("the words of emails (ar): translator, second-reader")
    tolerant = files('draft-languages = ["ar"]\n')
    assert {item[0] for item in told(desk(tolerant))} == {item[0] for item in found}


def test_only_what_is_built_from_todays_text_goes_out() -> None:
    """Missing, older than its text, stopped, changed by a hand or gone: told, and nothing sent."""
    kind, here = "unbuilt-edition", "one/ar/hands.a4.pdf"
    cases: list[tuple[str, Any]] = [
        ("it is not built", lambda row, _: row.update(path="elsewhere")),
        ("what it was made from has changed since", lambda row, _: row.update(current=False)),
        ("what it was made from has changed since", lambda row, _: row["inputs"].popitem()),
        ("it is not the file", lambda _, data: data.update({here: b"%PDF evil"})),
        ("it is not built", lambda _, data: data.pop(here)),
    ]
    for message, damage in cases:
        office = desk(SIGNED)
        loaded = office.project
        manifest, data = built(loaded)
        damage(next(row for row in manifest["editions"] if row["path"] == here), data)

        def read(path: str, data: Mapping[str, bytes] = data) -> bytes:
            if path not in data:
                raise FileNotFoundError(path)
            return data[path]

        office = Desk(
            loaded, manifest, read, [], sender=office.sender, max_size=10**6, allow_draft=True
        )
        (found,) = told(office)
        assert found[:2] == (f"{here}:1:1", kind)
        assert message in found[2]
        assert diagnostics(office)[0].hint.endswith("build --leaflet hands --language ar")


def test_errors_of_today_stop_a_letter() -> None:
    """A review that is overdue by now, and a word of an email that is not translated."""
    overdue = desk(SIGNED)
    later = project.load(in_memory(SIGNED), today=TODAY.replace(year=2028, month=6))
    overdue.findings = list(rules.run(later))
    assert "review-overdue" in {item[1] for item in told(overdue)}
    path = "locales/ar/LC_MESSAGES/email.po"
    catalog = SIGNED[path]
    assert isinstance(catalog, bytes)
    text = re.sub('msgstr "الموقع الإلكتروني:"', 'msgstr ""', catalog.decode())
    found = {item[1] for item in told(desk({**SIGNED, path: text}, allow_draft=True))}
    assert "untranslated" in found
    assert desk({**SIGNED, path: text}).letters([recipient("es")])


def test_a_project_without_words_of_emails_sends_none() -> None:
    """The templates that are missing are named."""
    bare = {path: data for path, data in SIGNED.items() if not path.startswith("templates/email")}

    assert {item[0] for item in told(desk(bare)) if item[1] == "template-error"} == {
        f"templates/email/{name}.jinja:1:1"
        for name in ("subject.txt", "message.txt", "message.html")
    }


def test_two_letters_that_bring_the_same_have_one_key() -> None:
    """Whoever keeps the ledger knows them by what they bring, whichever build it is of."""
    office = desk(SIGNED)
    spanish, other, arabic = office.letters(
        [recipient("es"), recipient("es", "A-17"), recipient("ar")]
    )

    assert spanish.key == other.key != arabic.key
    few = signed(files("[tool.handbill.email]\nattach = []"))
    assert desk(few).letters([recipient("es")])[0].key == spanish.key
    for key, bundle in office.bundles.items():
        office.bundles[key] = replace(bundle, paper=replace(bundle.paper, digest="another"))
    assert office.letters([recipient("es")])[0].key == spanish.key
    assert spanish.sender == "leaflets@one.example"
    assert spanish.message(True).as_bytes() == spanish.message(True).as_bytes()


def test_nothing_is_fetched_when_a_letter_is_opened() -> None:
    """No picture, font, style or script of anywhere; a link is followed by a person."""
    html = part(written("ar", signed(files(f'site = "{SITE}"'))), "html")

    assert re.findall(r"<(?:img|link|script|iframe|style|table|font|base)\b", html) == []
    assert re.findall(r"(?:src|srcset|background)=|url\(|@import", html) == []


@given(
    name=st.text(min_size=1, max_size=40),
    reference=st.text(max_size=40),
    title=st.text(min_size=1, max_size=40),
)
def test_no_text_breaks_out_of_a_letter(name: str, reference: str, title: str) -> None:
    """Whatever a clinic, a leaflet or a list is called: no new header, no new part, no markup."""
    office = OFFICE
    clinic = replace(OFFICE.project.clinics["one"], name=f"<b>{name}\r\nBcc: eve@example.net")
    loaded = replace(OFFICE.project, clinics={"one": clinic})
    office = Desk(
        loaded,
        {},
        str.encode,
        [],
        sender=Mailbox(name="", ascii="leaflets@one.example"),
        max_size=1,
        allow_draft=True,
    )
    key = ("one", "en", "hands")
    bundle = OFFICE.bundles[key]
    office.bundles[key] = replace(bundle, title=f"</h2><script>{title}\r\nX: y")
    office.words["en"] = True
    raw = office.message(recipient("en", f'">{reference}'), enclose=True).as_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)

    assert set(message.keys()) == HEADERS
    assert message["Bcc"] is None
    assert [item.get_content_type() for item in message.walk()] == PARTS
    assert not re.search(r"<(?:b|script)>", part(message, "html"))
    assert not any(item.defects for item in message.walk())
    (paper, _large) = message.iter_attachments()
    assert paper.get_filename() == letters.file_name(office.bundles[key].title, "pdf")


OFFICE = desk(SIGNED)
OFFICE.letters([recipient("en")])
HEADERS = {
    *("From", "Subject", "Reply-To", "Content-Language", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "MIME-Version", "Content-Type"),
}
PARTS = [
    *("multipart/mixed", "multipart/alternative", "text/plain", "text/html"),
    *("application/pdf", "application/pdf"),
]


@given(st.text(max_size=200), st.sampled_from(["pdf", "html"]))
def test_a_file_name_is_one_that_every_system_takes(title: str, kind: str) -> None:
    """No path, no sign that nobody sees or that turns it around, never too long, never empty."""
    name = letters.file_name(title, kind)

    assert Path(name).name == name
    assert 6 < len(name.encode()) <= 160 or name == f"{name[0]}.{kind}" or len(name) < 7
    assert not re.search(r'[\x00-\x1f\x7f\\/:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069]', name)
    assert name == name.strip()
    assert not name.startswith(".")
    assert name.endswith(f".{kind}")


def test_one_letter_brings_several_leaflets() -> None:
    """Each under its title; two files of one name are told apart, in the text as in the letter."""
    office = desk(SIGNED)
    office.letters([recipient("en")])
    first = office.bundles["one", "en", "hands"]
    edition = replace(first.paper.edition, leaflet="feet")
    office.bundles["one", "en", "feet"] = replace(
        first,
        summary="How to wash your feet.",
        paper=replace(first.paper, edition=edition),
        others=(),
    )
    item = replace(recipient("en"), leaflets=("hands", "feet"))
    message = office.message(item, enclose=True)
    names = ["Clean hands.pdf", "Clean hands (large print).pdf", "Clean hands 2.pdf"]

    assert message["Subject"] == "Your leaflets from Clinic One"
    assert [item.get_filename() for item in message.iter_attachments()] == names
    for kind in ("plain", "html"):
        text = part(message, kind)
        assert text.index("your hands.") < text.index("your feet.") < text.index(names[2])


def test_settings_of_emails_are_checked_and_no_edition_depends_on_them() -> None:
    """A misspelt key, a value of another kind: told with their place."""
    right = project.load(in_memory(files("[tool.handbill.email]\nrate = 30")), today=TODAY)
    bare = project.load(in_memory(files()), today=TODAY)
    wrong = 'rat = 30\nserver = "mail.example.org"\nattach = "html"'
    faults = project.load(in_memory(files(f"[tool.handbill.email]\n{wrong}")), today=TODAY).faults
    edition = next(plan.editions(bare))

    assert right.settings.mailing.rate == 30
    assert plan.inputs(right, edition, "") == plan.inputs(bare, edition, "")
    assert [(item.location.line, item.kind, item.hint) for item in faults] == [
        (4, "settings", "did you mean 'rate'?"),
        (5, "settings", 'for example "smtp://mail.example.org:587"'),
        (6, "settings", 'write attach = ["large-print", "html"]'),
    ]


def test_a_manifest_is_json() -> None:
    """What stands in for it here is what a build writes."""
    manifest, _ = built(OFFICE.project)

    assert json.loads(json.dumps(manifest)) == manifest
    assert recipients.mailbox("One <a@one.example>") == Mailbox(name="One", ascii="a@one.example")
    assert recipients.mailbox("one") is None
