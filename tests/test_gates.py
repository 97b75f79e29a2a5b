"""What must never reach a reader: each mistake is made in a real catalog, and stops its edition."""

import datetime as dt
import io
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from babel.messages import catalog as gettext
from babel.messages.pofile import write_po
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbill import catalog, markup, project, rules, sources
from handbill.diagnostics import Diagnostic, Severity
from handbill.model import Message, Project
from handbill.sources import Sources
from tests.conftest import ROOT, TODAY, in_memory
from tests.test_markup import furniture


COLLECTION = sources.read(ROOT)
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
LEAFLET = """+++
id = "doses"
title = "Doses"
summary = "About doses."
audience = "everyone"
version = "1.0"
published = 2026-01-01
last_review = 2026-01-01
next_review = 2028-01-01
authors = ["A. Author"]
reviewers = []

[[sources]]
key = "who"
organisation = "WHO"
title = "Doses"
url = "https://example.org"
read = 2026-01-01
+++

Take 2 tablets of 500 mg. [@who]

**Do not** take it with alcohol.

Wait 4 to 6 hours.

Ask [us](https://example.org/help) for help.
"""
TEXTS = (
    "Take 2 tablets of 500 mg.",
    "**Do not** take it with alcohol.",
    "Wait 4 to 6 hours.",
    "Ask [us](https://example.org/help) for help.",
)
#: Test only: no translator has read these.
TRANSLATIONS = {
    "es": (
        "Tome 2 comprimidos de 500 mg.",
        "**No** lo tome con alcohol.",
        "Espere de 4 a 6 horas.",
        "[Pídanos](https://example.org/help) ayuda.",
    ),
    "pl": (
        "Proszę przyjąć 2 tabletki po 500 mg.",
        "**Nie** przyjmować z alkoholem.",
        "Proszę odczekać od 4 do 6 godzin.",
        "Proszę poprosić [nas](https://example.org/help) o pomoc.",
    ),
    "ar": (
        "خذ 2 قرص من عيار 500 ملغ.",
        "**لا** تتناوله مع الكحول.",
        "انتظر من 4 إلى 6 ساعات.",
        "اطلب المساعدة [منا](https://example.org/help).",
    ),
    "ur": (
        "500 ملی گرام کی 2 گولیاں لیں۔",
        "اسے شراب کے ساتھ **نہ** لیں۔",
        "4 سے 6 گھنٹے انتظار کریں۔",
        "[ہم](https://example.org/help) سے مدد مانگیں۔",
    ),
    "hi": (
        "500 मि.ग्रा. की 2 गोलियाँ लें।",
        "इसे शराब के साथ **न** लें।",
        "4 से 6 घंटे इंतज़ार करें।",
        "[हमसे](https://example.org/help) मदद माँगें।",
    ),
    "zh-Hans": (
        "服用 2 片 500 毫克的药片。",
        "**不要**与酒同服。",
        "等待 4 到 6 小时。",
        "请向[我们](https://example.org/help)求助。",
    ),
    "bn": (
        "৫০০ মিলিগ্রামের ২টি ট্যাবলেট নিন।",
        "মদের সঙ্গে এটি খাবেন **না**।",
        "৪ থেকে ৬ ঘণ্টা অপেক্ষা করুন।",
        "[আমাদের](https://example.org/help) সাহায্য চান।",
    ),
    "fr": (
        "Prenez 2 comprimés de 500 mg.",
        "À prendre **sans** alcool.",
        "Attendez de 4 à 6 heures.",
        "[Demandez-nous](https://example.org/help) de l’aide.",
    ),
}
DENIALS = re.compile(r"\*\*(No|Nie|لا|نہ|न|不要|না|sans)\*\*")


def doses(tag: str, translations: Mapping[int, str]) -> Project:
    """Return a project in one language, with some of the translations changed."""
    texts = [translations.get(number, text) for number, text in enumerate(TRANSLATIONS[tag])]
    entries = "".join(
        f'\nmsgid "{source}"\nmsgstr "{text}"\n' for source, text in zip(TEXTS, texts, strict=True)
    )
    words = COLLECTION.files["locales/words.toml"].decode()
    table = COLLECTION.files["locales/languages.toml"].decode()
    changes: dict[str, str | bytes | None] = {
        "pyproject.toml": f'[tool.handbill]\nlanguages = ["{tag}"]\n',
        "content/leaflets/doses/leaflet.md": LEAFLET,
        "locales/words.toml": words,
        "locales/languages.toml": re.sub(r"(?m)^digits = .*\n", "", table),
        f"locales/{tag}/LC_MESSAGES/doses.po": HEADER + entries,
    }
    return project.load(in_memory(changes), today=TODAY)


def met(loaded: Project, tag: str, number: int) -> dict[str, Diagnostic]:
    """Return the findings on a line of the catalog of doses, by rule."""
    path, line = f"locales/{tag}/LC_MESSAGES/doses.po", 6 + 3 * number
    return {
        item.rule: item
        for item in rules.run(loaded)
        if (item.location.path, item.location.line) == (path, line)
    }


def stops(found: Mapping[str, Diagnostic], rule: str, tag: str) -> bool:
    """Tell whether a finding stops the editions of doses in a language, and says where it is."""
    item = found.get(rule)
    return (
        item is not None
        and item.severity is Severity.ERROR
        and item.scope.covers("doses", tag, "any")
        and item.location.column > 1
        and "content/leaflets/doses/leaflet.md:" in item.hint
    )


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_right_translations_pass(tag: str) -> None:
    """What is right is not complained about."""
    loaded = doses(tag, {})

    for number in range(len(TEXTS)):
        # Bengali digits are not this collection's policy; values are compared all the same.
        assert set(met(loaded, tag, number)) <= {"LF308"}


def zero(text: str) -> str:
    """Return the nought of the digits that a text is written with."""
    return "০" if "৫" in text else "0"


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_nought_too_many_stops_the_edition(tag: str) -> None:
    """500 mg never become 5000."""
    text = TRANSLATIONS[tag][0]
    nought = zero(text)
    wrong = text.replace(nought * 2, nought * 3)

    assert stops(met(doses(tag, {0: wrong}), tag, 0), "LF312", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_swapped_numbers_stop_the_edition(tag: str) -> None:
    """2 tablets of 500 mg never become 500 tablets of 2 mg."""
    text = TRANSLATIONS[tag][0]
    big, small = ("৫০০", "২") if "৫" in text else ("500", "2")
    wrong = text.replace(big, "#").replace(small, big).replace("#", small)

    assert stops(met(doses(tag, {0: wrong}), tag, 0), "LF313", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_swapped_range_stops_the_edition(tag: str) -> None:
    """Numbers of one unit in another order are other advice; the finding has its place."""
    text = TRANSLATIONS[tag][2]
    low, high = ("৪", "৬") if "৪" in text else ("4", "6")
    wrong = text.replace(low, "#").replace(high, low).replace("#", high)

    found = met(doses(tag, {2: wrong}), tag, 2)
    assert found["LF318"].location.column > 1
    assert stops(found, "LF318", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_dropped_not_stops_the_edition(tag: str) -> None:
    """Advice never turns into its opposite, though the bold be kept."""
    wrong = DENIALS.sub("**!**", TRANSLATIONS[tag][1])

    assert stops(met(doses(tag, {1: wrong}), tag, 1), "LF314", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_not_that_is_no_longer_bold_stops_the_edition(tag: str) -> None:
    """What the author made plain stays plain."""
    wrong = TRANSLATIONS[tag][1].replace("*", "")

    assert stops(met(doses(tag, {1: wrong}), tag, 1), "LF310", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
@pytest.mark.parametrize(
    "address", ["(https://example.org/ayuda)", "(https://example.org/help/)", "", "()"]
)
def test_another_address_stops_the_edition(tag: str, address: str) -> None:
    """A link leads where its author says, or the edition is not printed."""
    wrong = TRANSLATIONS[tag][3].replace("(https://example.org/help)", address)

    assert stops(met(doses(tag, {3: wrong}), tag, 3), "LF310", tag)


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_citation_of_the_translators_own_stops_the_edition(tag: str) -> None:
    """Citations are the author's: they are not in msgids, so none can be lost there."""
    wrong = TRANSLATIONS[tag][0] + " [@kansal]"

    assert stops(met(doses(tag, {0: wrong}), tag, 0), "LF310", tag)


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_no_translation_can_lose_a_citation_or_a_picture(msgstr: str) -> None:
    """Whatever stands in a catalog, the sources of a sentence stay beside it."""
    body = LEAFLET.partition("+++\n\n")[2] + "\n![A hand](hand.svg)\n"
    blocks = markup.outline(body).blocks

    def printed(table: dict[str, str]) -> list[str]:
        cited: list[str] = []

        def citation(keys: object) -> str:
            cited.append(f"cites {keys}")
            return ""

        def figure(src: str, _alt: str, _caption: str) -> str:
            cited.append(f"shows {src}")
            return ""

        made = replace(furniture(table), citation=citation, figure=figure)
        markup.render(body, made)
        return cited

    table = {block.msgid: msgstr for block in blocks}

    assert printed(table) == printed({}) != []


MUTATIONS = {
    "es": (
        "**No** use una crema con retinoides ni una",
        "**Sí** use una crema con retinoides o una",
    ),
    "pl": ("**Nie wolno** stosować kremu z retinoidem ani p", "Stosować **krem** z retinoidem i p"),
    "ar": ("**لا تستخدم** كريم الريتينويد ولا", "**استخدم** كريم الريتينويد و"),
    "ur": ("ایسڈ پیل استعمال **نہ کریں**", "ایسڈ پیل استعمال **کریں**"),
    "hi": ("पील का इस्तेमाल **न करें**", "पील का इस्तेमाल **करें**"),
    "zh-Hans": ("**不要**给婴儿使用", "**要**给婴儿使用"),
}


def milia(tag: str) -> str:
    """Return the path of milia's catalog in a language."""
    return f"locales/{tag}/LC_MESSAGES/milia.po"


def changed(changes: Mapping[str, tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Check the collection with a change to milia's catalog in each of some languages.

    Returns:
        the places of the changes, and the places and rules of all errors.
    """
    files, places = dict(COLLECTION.files), []
    for tag, (old, new) in changes.items():
        text = files[milia(tag)].decode()
        at = text.index(old)
        files[milia(tag)] = (text[:at] + new + text[at + len(old) :]).encode()
        places.append(f"{milia(tag)}:{text.count(chr(10), 0, at) + 1}")
    edited = Sources(root="", files=files, digests=COLLECTION.digests)
    found = rules.run(project.load(edited, today=dt.date(2026, 11, 24)))
    errors = [item for item in found if item.severity == "error"]
    return places, [f"{item.location.path}:{item.location.line} {item.rule}" for item in errors]


def test_a_not_dropped_from_the_collection_is_found() -> None:
    """The retinoid warning for babies cannot be turned round in any language."""
    places, found = changed(MUTATIONS)

    assert sorted(found) == sorted(f"{place} LF314" for place in places)


def test_a_number_changed_in_the_collection_is_found() -> None:
    """Milia are up to 3 mm wide, not 30, and not 3 cm."""
    changes = {}
    for tag in MUTATIONS:
        text = COLLECTION.files[milia(tag)].decode()
        entry = text[text.index('msgid "Most are 1 to 2 mm') :].split("\n")[1]
        changes[tag] = (entry, re.sub("3", "30", entry))
    places, found = changed(changes)

    assert sorted(found) == sorted(f"{place} LF312" for place in places)


def test_the_collection_is_clean() -> None:
    """No rule complains of what this repository publishes, not even a warning."""
    loaded = project.load(COLLECTION, today=dt.date(2026, 11, 24))

    assert [str(item.location) for item in rules.run(loaded)] == []


@given(st.text(max_size=80), st.integers(20, 90))
def test_a_place_is_where_the_letter_stands(text: str, width: int) -> None:
    """Columns are right in wrapped catalogs and behind quotes and escapes."""
    around = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff◆]", "", text)
    msgstr = f"{around}◆{around[::-1]}"
    pot = gettext.Catalog(locale=None, charset="utf-8", fuzzy=False)
    pot.add("x", msgstr)
    output = io.BytesIO()
    write_po(output, pot, width=width)
    written = output.getvalue().decode()

    found, faults = catalog.read(written.encode(), path="x.po", domain="x", language="es")
    message = found.messages[None, "x"]
    line, column = message.place(message.msgstr.index("◆"))

    assert faults == []
    assert written.split("\n")[line - 1][column - 1] == "◆"


@given(st.text(max_size=80), st.text(max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_stops_the_rules(msgstr: str, comment: str) -> None:
    """Whatever a translator types, there are findings and no exception."""
    loaded = doses("ar", {})
    broken = {
        key: replace(
            found,
            messages={
                name: replace(message, msgstr=msgstr, comments=(f"waive: {comment}",))
                for name, message in found.messages.items()
            },
        )
        for key, found in loaded.catalogs.items()
    }

    for item in rules.run(replace(loaded, catalogs=broken)):
        assert item.location.line >= 1
        assert item.location.column >= 1


def test_a_message_without_a_file_has_a_place() -> None:
    """An index behind the end is the end."""
    message = Message(
        msgid="a", msgstr="b", context=None, fuzzy=False, line=1, written=('msgstr ""',)
    )

    assert message.place(9) == (1, 9)
