"""Gettext catalogs, and how a language writes dates and days. The only importer of babel."""

import copy
import datetime as dt
import functools
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, get_day_names
from babel.localedata import LocaleDataDict, load
from babel.messages import catalog as gettext
from babel.messages.plurals import PLURALS
from babel.messages.pofile import PoFileError, PoFileParser, write_po
from babel.plural import to_gettext
from babel.units import format_unit

from handbill import pofile
from handbill.diagnostics import Fault, Location, Scope, not_utf8
from handbill.model import Block, Catalog, Hours, Message, Project


#: The gettext domain of the words in leaflets' templates.
INTERFACE = "handbill"
#: Those of the words in the templates of emails and of the site, and the names of their folders.
EMAIL, SITE = "email", "site"
#: The words of templates, by domain, and what people call them. All but the first are of templates
#: in a folder of that name, which no leaflet is printed with: no edition waits for their words.
INTERFACES = {
    INTERFACE: "The templates’ words",
    EMAIL: "The words of emails",
    SITE: "The words of the catalogue",
}

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: What leaflets measure, by CLDR's names; and numbers that take every plural form of a language.
_UNITS = (
    *(f"mass-{unit}" for unit in ("kilogram", "gram", "milligram", "microgram")),
    *(f"volume-{unit}" for unit in ("liter", "milliliter", "teaspoon", "tablespoon", "drop")),
    *(f"length-{unit}" for unit in ("meter", "centimeter", "millimeter")),
    *(f"duration-{unit}" for unit in ("second", "minute", "hour", "day", "week", "month", "year")),
    *("temperature-celsius", "temperature-fahrenheit", "concentr-percent"),
)
#: Units that CLDR does not have, though leaflets do.
_MORE_UNITS = {
    "ar": ("ملم", "ملغ", "ملغم", "مل", "سنتيمترات", "أسبوعين", "يومين", "سنتين", "شهرين")
}
_LENGTHS: tuple[Literal["long", "short", "narrow"], ...] = ("long", "short", "narrow")
_PLURALS = (0, 1, 2, 3, 5, 11, 100)
_STRING = r'"(?:[^"\\]|\\.)*"'
# Babel drops the last letter of a string whose closing quote is missing, and says nothing.
_LINE = re.compile(
    rf"\s*(?:|#.*|(?:#~\s*)?(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+{_STRING}"
    rf"|(?:#~\s*)?{_STRING})\s*"
)
# Babel takes the old English of an obsolete entry for a keyword that it does not know.
_OBSOLETE_PREVIOUS = re.compile(r"\s*#~\s*\|")
_FORMAT_FLAGS = frozenset({"python-format", "python-brace-format"})


def texts(project: Project) -> dict[str, tuple[Block, ...]]:
    """Return what translators translate, by domain: each leaflet, then templates' words."""
    found = {name: project.leaflets[name].blocks for name in sorted(project.leaflets)}
    return {**found, **project.interfaces}


def path(domain: str, tag: str) -> str:
    """Return where a catalog lies, below the project's root."""
    return f"locales/{tag}/LC_MESSAGES/{domain}.po"


def scope(domain: str, tag: str) -> Scope:
    """Return which editions a finding in a catalog concerns: words around leaflets are in all."""
    return Scope(leaflet=None if domain == INTERFACE else domain, language=tag)


class _Recording(gettext.Catalog):
    """Remembers entries that come twice; Babel lets the last one win."""

    def __init__(self) -> None:
        # No locale: Babel refuses languages that CLDR does not know.
        super().__init__(locale=None, charset="utf-8")
        self.doubles: list[gettext.Message] = []

    def __setitem__(self, msgid: Any, message: gettext.Message) -> None:
        if msgid and self.get(msgid, message.context) is not None:
            self.doubles.append(message)
        super().__setitem__(msgid, message)


def read(data: bytes, *, path: str, domain: str, language: str) -> tuple[Catalog, list[Fault]]:
    """Read a PO file; a broken one has no entries, and each mistake in it is a fault."""
    faults: list[Fault] = []

    def fault(line: int, message: str, hint: str = "", column: int = 1) -> None:
        place = Location(path=path, line=line, column=column)
        faults.append(
            Fault(
                kind="po-syntax",
                location=place,
                message=message,
                hint=hint,
                scope=scope(domain, language),
            )
        )

    lines = _lines(data, fault)
    recording = _Recording()
    if not faults:
        try:
            PoFileParser(recording, ignore_obsolete=True, abort_invalid=True).parse(lines)
        except PoFileError as error:
            fault(error.lineno + 1, str(error).rsplit(" on ", 1)[0])
        except ValueError as error:
            fault(1, f"the header cannot be read: {error}", "copy it from another catalog")
    for double in recording.doubles:
        text = double.id if isinstance(double.id, str) else double.id[0]
        fault(double.lineno or 1, f"translated twice: {text[:60]!r}", "keep one of the two")
    found: dict[tuple[str | None, str], Message] = {}
    for entry in recording if not faults else ():
        if entry.id and isinstance(entry.id, str):
            line = entry.lineno or 1
            at, written = _msgstr(lines, line)
            found[entry.context, entry.id] = Message(
                msgid=entry.id,
                msgstr=entry.string if isinstance(entry.string, str) else "",
                context=entry.context,
                fuzzy=entry.fuzzy,
                line=line,
                msgstr_line=at,
                written=written,
                comments=tuple(entry.user_comments),
                # Babel takes `#| msgid` for a comment.
                previous=pofile.strings(
                    text for text in entry.user_comments if text.startswith(("| msgid", '| "'))
                ),
            )
    return Catalog(domain=domain, language=language, path=path, messages=found), faults


def _msgstr(lines: Sequence[str], line: int) -> tuple[int, tuple[str, ...]]:
    """Return the line of an entry's msgstr, and its lines if its columns need counting."""
    at = line
    while at < len(lines) and not lines[at].startswith("msgstr"):
        at += 1
    end = at + 1
    while end < len(lines) and lines[end].startswith('"'):
        end += 1
    written = tuple(lines[at:end])
    simple = len(written) == 1 and "\\" not in written[0] and written[0].startswith('msgstr "')
    return at + 1, () if simple else written


def _lines(data: bytes, fault: Callable[..., None]) -> list[str]:
    if data.startswith(b"\xef\xbb\xbf"):
        fault(1, "the file begins with a byte order mark", "save it as UTF-8 without BOM")
        return []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column, message = not_utf8(error)
        fault(line, message, "save it as UTF-8", column)
        return []
    charset = re.search(r"charset=([\w-]+)", text)
    if charset is None:
        hint = r'begin it with msgid "", msgstr "" and "Content-Type: text/plain; charset=UTF-8\n"'
        fault(1, "no header that names the character set", hint)
    elif charset[1].lower() not in {"utf-8", "charset"}:
        line = text.count("\n", 0, charset.start()) + 1
        fault(line, f"the header says charset={charset[1]}", "write charset=UTF-8")
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line_text in enumerate(lines, start=1):
        if not _LINE.fullmatch(line_text):
            fault(
                number,
                f"not a line of a PO file: {line_text.strip()[:40]!r}",
                r"a text stands in double quotes; a quote inside it is written \"",
            )
    return ["" if _OBSOLETE_PREVIOUS.match(line_text) else line_text for line_text in lines]


def template(domain: str, blocks: Iterable[Block], *, date: dt.date) -> bytes:
    """Write the POT of a domain: every block with its place, its kind and the author's notes."""
    pot = gettext.Catalog(
        locale=None,
        domain=domain,
        project=domain,
        header_comment=f"# Messages of {domain}. Written by handbill: edits here are lost.",
        creation_date=dt.datetime.combine(date, dt.time(), dt.UTC),
        charset="utf-8",
        fuzzy=False,
    )
    for block in blocks:
        entry = pot.add(
            block.msgid,
            locations=[(block.path, block.line)],
            auto_comments=[f"type: {block.kind}", *block.notes],
            context=block.context,
        )
        # "50% of people" is no format string; a checker that believes so refuses "50 %".
        entry.flags -= _FORMAT_FLAGS
    output = io.BytesIO()
    write_po(output, pot, width=0, omit_header=False)
    return output.getvalue()


def long_date(date: dt.date, cldr: str) -> str:
    """Write a date in words, as CLDR does for a locale, in Western digits."""
    return format_date(date, "long", locale=_locale(cldr))


def kilobytes(size: int, cldr: str) -> str:
    """Write how large a file is, in whole kilobytes, as CLDR does for a locale."""
    number = max(1, round(size / 1000))
    return format_unit(number, "digital-kilobyte", "short", locale=_locale(cldr))


def opening(hours: Hours, cldr: str) -> tuple[str, str]:
    """Write opening hours as days and times, such as `Monday – Friday` and `08:00 – 18:30`."""
    locale = _locale(cldr)
    names = get_day_names("wide", context="stand-alone", locale=locale)
    first, last = (names[_DAYS.index(day)] for day in (hours.first, hours.last))
    days = first if hours.first == hours.last else f"{first} – {last}"
    opens, closes = (
        format_time(time, "short", locale=locale) for time in (hours.opens, hours.closes)
    )
    return days, f"{opens} – {closes}"


def separators(cldr: str) -> tuple[str, str]:
    """Return what CLDR writes before decimals and between thousands, beside Western digits."""
    signs = _locale(cldr).number_symbols["latn"]
    return signs["decimal"], signs["group"]


@functools.cache
def units(cldr: str) -> frozenset[str]:
    """Return the units of measure as CLDR writes them behind numbers, in words and as signs."""
    locale = _locale(cldr)
    found = {"%", "‰", "°", "°C", "°F", "mL", "mcg", "µg", "IU", *_MORE_UNITS.get(cldr, ())}
    for unit, length, number in product(_UNITS, _LENGTHS, _PLURALS):
        written = format_unit(number, unit, length, locale=locale)
        # Where CLDR lacks a unit, Babel writes its name.
        if unit not in written:
            found.add(re.sub(r"[\W\d_]*\d[\W\d_]*", "", written).strip())
    return frozenset(found - {""})


class Described(NamedTuple):
    """What CLDR knows of a language that a table of languages asks for."""

    autonym: str
    english: str
    script: str
    plural: str


def describe(tag: str) -> Described | None:
    """Look a language up in CLDR; none if babel does not have it."""
    if not is_known(tag):
        return None
    locale = _locale(tag)
    likely = get_global("likely_subtags")
    names = (f"{locale.language}_{locale.territory}", locale.language)
    guess = next((likely[name].split("_")[1] for name in names if name in likely), "")
    own = locale.get_display_name(locale) or tag
    known = PLURALS.get(locale.language)
    return Described(
        autonym=own[:1].upper() + own[1:],
        english=locale.english_name or tag,
        script=locale.script or guess,
        plural=f"nplurals={known[0]}; plural={known[1]};"
        if known
        else to_gettext(locale.plural_form),
    )


def is_known(cldr: str) -> bool:
    """Tell whether CLDR, as babel carries it, has data for a locale."""
    try:
        Locale.parse(cldr, sep="-")
    except (ValueError, UnknownLocaleError, OSError):
        return False
    return True


@functools.cache
def _locale(cldr: str) -> Locale:
    """Return a locale with data of its own.

    Babel 2.18 shares what locales inherit from the root, and writes there what an alias turns out
    to mean for the first locale that asks: after Urdu, the Chinese word for Monday is Urdu
    (python-babel/babel#1234, open).
    """
    locale = Locale.parse(cldr, sep="-")
    own: Any = copy.deepcopy(load(str(locale)))
    locale._Locale__data = LocaleDataDict(own)  # type: ignore[attr-defined] # noqa: SLF001
    return locale
