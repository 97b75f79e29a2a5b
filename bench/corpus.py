"""Make a project to measure with: short leaflets in six scripts, each different, without an error.

    .venv/bin/python bench/corpus.py /tmp/corpus                    10 leaflets in 6 languages
    .venv/bin/python bench/corpus.py /tmp/corpus --leaflets 100 --clinics 5 --tiny

A leaflet of the repository lends its headings, boxes, table and picture; the sentences below them
are dealt anew, from all that people have written in every one of the languages, and between them
stand names of countries and tongues, which CLDR has in all languages: pages have as many different
words and letters as those of a real collection. What is dealt makes no sense to a reader, and is
stamped as a draft. The same number always deals the same leaflet.
"""

import argparse
import datetime as dt
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from babel import Locale

from handbill import project, sources
from handbill.model import Block, Language, Leaflet, Project


ROOT = Path(__file__).parent.parent
#: One for each script: Latin, Arabic, Devanagari, Chinese, Cyrillic, Bengali.
LANGUAGES = ("en", "ar", "hi", "zh-Hans", "uk", "bn")
CLINIC = "northgate"

#: What ends a sentence, in the scripts of the collection.
_END = re.compile(r"(?<=[.!?।؟۔])\s+|(?<=[。！？])")
#: The last two names of a list of names.
_NAMES = re.compile(r'(?m)^(msgstr .*?)([^\s,،、.]+)([,،、] ?)([^,،、.।。"]+)([.।。]"$)')
#: A sentence with one of these is said of its place, or must not stand without its warning.
_BOUND = ("{{", "](", ":", "retinoid")
#: The boxes that a leaflet must have, and how many points of each are kept.
_BOXES, _POINTS = ("main-points", "do", "dont", "care-routine", "care-emergency"), 2
_CITED = "[@one]"
#: How a list of names is written, and a sentence ended, where that is not `, ` and a full stop.
_MARKS = {"ar": ("، ", "."), "hi": (", ", "।"), "bn": (", ", "।"), "zh-Hans": ("、", "。")}

#: The editors of this project ask for less, so that a leaflet fits a sheet of paper.
_KIND = """
[kinds.sample]
first = "main-points"
boxes = [["main-points"], ["do"], ["dont"], ["care-routine"], ["care-urgent", "care-emergency"]]
sections = ["what", "care", "help", "sources"]
"""

_FRONT = """\
+++
id = "{id}"
title = "{title}"
summary = "{summary}"
audience = "{audience}"
version = "1.{number}"
published = {today}
last_review = {today}
next_review = {later}
kind = "sample"
authors = ["The handbill project"]

[[sources]]
key = "one"
organisation = "{source.organisation}"
title = "{source.title}"
undated = true
url = "{source.url}"
read = {today}
+++"""


@dataclass(frozen=True, slots=True)
class Stock:
    """What leaflets are dealt from.

    Attributes:
        frames: leaflets of the repository that all of the languages have.
        texts: the messages of each frame by their English, with their translations by language.
        sentences: sentences of running text, with their translations.
        names: names of countries and tongues, with theirs.
    """

    frames: tuple[Leaflet, ...]
    texts: Mapping[str, Mapping[str, Mapping[str, str]]]
    sentences: tuple[Mapping[str, str], ...]
    names: tuple[Mapping[str, str], ...]

    def words(self, tag: str) -> int:
        """Count the different words of a language; of Chinese, the different characters."""
        text = " ".join(item[tag] for item in (*self.sentences, *self.names)).casefold()
        return len(set(re.findall(r"[^\W\d_]" if tag.startswith("zh") else r"[^\W\d_]\S*", text)))


def main() -> None:
    """Make a corpus, and say what it was dealt from."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--leaflets", type=int, default=10)
    parser.add_argument("--clinics", type=int, default=1)
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    parser.add_argument("--tiny", action="store_true", help="only what a leaflet must have")
    options = parser.parse_args()
    found = make(
        options.folder,
        options.leaflets,
        tags=options.languages,
        clinics=options.clinics,
        tiny=options.tiny,
    )
    frames = ", ".join(frame.id for frame in found.frames)
    words = ", ".join(f"{tag} {found.words(tag)}" for tag in options.languages)
    print(f"dealt {len(found.sentences)} sentences into frames of {frames}; words: {words}")


def make(
    root: Path,
    leaflets: int,
    *,
    tags: Sequence[str] = LANGUAGES,
    clinics: int = 1,
    tiny: bool = False,
) -> Stock:
    """Write a project; return what it was dealt from.

    Args:
        root: a folder that is empty, or is not there yet.
        leaflets: how many.
        tags: their languages, English first.
        clinics: how many; all alike but for their names.
        tiny: only what a leaflet must have.
    """
    today = dt.datetime.now(tz=dt.UTC).date()
    own = project.load(sources.read(ROOT), today=today)
    found = stock(own, tags)
    ground(root, tags[1:])
    (root / "templates" / "fonts").symlink_to(ROOT / "templates" / "fonts")
    with (root / "content" / "editorial.toml").open("a", encoding="utf-8") as file:
        file.write(_KIND)
    (root / "content" / "countries").mkdir()
    # No frame has a local variant left, so there is nothing to choose.
    country, _, _ = (ROOT / "content/countries/GB.toml").read_text("utf-8").partition("[choices")
    (root / "content" / "countries" / "GB.toml").write_text(country, "utf-8")
    places = root / "content" / "clinics"
    places.mkdir()
    shutil.copy(ROOT / "content" / "clinics" / f"{CLINIC}.svg", places)
    text = (ROOT / "content" / "clinics" / f"{CLINIC}.toml").read_text("utf-8")
    text = re.sub(r"(?m)^formats = .*$", 'formats = ["a4"]', text)
    # Lines that a sheet of paper has no room for.
    text = re.sub(r"(?ms)^website = .*?$|^\[\[hours\]\].*", "", text)
    for number in range(clinics):
        place = text.replace('"Northgate', f'"{number} Northgate') if number else text
        (places / f"{CLINIC}{f'-{number}' if number else ''}.toml").write_text(place, "utf-8")
    for tag in tags[1:]:
        folder = root / "locales" / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for domain in own.interfaces:
            shutil.copy(ROOT / own.catalogs[tag, domain].path, folder)
        shutil.copy(ROOT / "locales" / tag / "glossary.toml", folder.parent)
    for number in range(leaflets):
        _Dealer(found, number, today, tiny=tiny).write(root, own.languages, tags)
    return found


def reword(root: Path, leaflet: str, tag: str) -> None:
    """Let two names of one sentence of a translation change places, and back the next time."""
    path = root / f"locales/{tag}/LC_MESSAGES/{leaflet}.po"
    text, count = _NAMES.subn(r"\1\4\3\2\5", path.read_text("utf-8"), count=1)
    if not count:
        message = f"no names to change in {path}"
        raise ValueError(message)
    path.write_text(text, "utf-8")


def ground(root: Path, tags: Iterable[str]) -> None:
    """Write what every project stands on: settings, rules, languages, templates without fonts."""
    shutil.copytree(ROOT / "templates", root / "templates", ignore=shutil.ignore_patterns("fonts"))
    (root / "content").mkdir()
    for path in (ROOT / "content").glob("*.toml"):
        shutil.copy(path, root / "content")
    (root / "locales").mkdir()
    for name in ("languages.toml", "words.toml"):
        shutil.copy(ROOT / "locales" / name, root / "locales")
    settings = f"[tool.handbill]\nlanguages = {list(tags)!r}\n".replace("'", '"')
    (root / "pyproject.toml").write_text(settings, "utf-8")


def stock(own: Project, tags: Sequence[str]) -> Stock:
    """Gather what the repository has in every one of the languages.

    Raises:
        ValueError: no leaflet is translated into all of them, so far as one must be.
    """
    texts: dict[str, dict[str, Mapping[str, str]]] = {}
    sentences: dict[str, Mapping[str, str]] = {}
    for name, leaflet in own.leaflets.items():
        texts[name] = {}
        for block in leaflet.blocks:
            found = {"en": block.msgid}
            for tag in tags[1:]:
                catalog = own.catalogs.get((tag, name))
                found[tag] = (catalog and catalog.gettext(block.msgid, block.context)) or ""
            if not all(found.values()):
                continue
            texts[name][block.msgid] = found
            if block.kind in {"paragraph", "list item"} and block.boxes in {(), ("main-points",)}:
                sentences |= {sentence["en"]: sentence for sentence in _sentences(found)}
    frames = tuple(
        leaflet
        for leaflet in own.leaflets.values()
        if all(block.msgid in texts[leaflet.id] for block in leaflet.blocks if _lent(block))
    )
    if not frames:
        raise ValueError(f"no leaflet is translated into all of {', '.join(tags)}")
    return Stock(frames, texts, tuple(sentences.values()), tuple(_names(own, tags)))


def _lent(block: Block) -> bool:
    """Whether a frame lends this message; other texts are dealt, or left out."""
    if block.boxes:
        return len(block.boxes) == 1 and block.boxes[0] in _BOXES
    return block.kind not in {"paragraph", "list item"}


def _names(own: Project, tags: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Yield the names that CLDR has in all languages, of letters and spaces alone."""
    locales = {tag: Locale.parse(own.languages[tag].cldr, sep="-") for tag in tags}
    for kind in ("territories", "languages"):
        tables = {tag: getattr(locale, kind) for tag, locale in locales.items()}
        for code in sorted(set.intersection(*(set(table) for table in tables.values()))):
            found = {tag: table[code] for tag, table in tables.items()}
            plain = all(re.fullmatch(r"[^\d(),/&.ʼ’]+", name) for name in found.values())
            if plain and code.isalpha() and len(set(found.values())) == len(tags):
                yield found


def _sentences(texts: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Take a message apart, or leave it whole where languages have not as many sentences."""
    parts = {tag: [part for part in _END.split(text) if part] for tag, text in texts.items()}
    if len({len(found) for found in parts.values()}) > 1:
        parts = {tag: [text] for tag, text in texts.items()}
    for found in zip(*parts.values(), strict=True):
        sentence = dict(zip(parts, found, strict=True))
        whole = all(text.count("**") % 2 == 0 for text in found)
        if whole and not any(mark in sentence["en"] for mark in _BOUND):
            yield sentence


class _Dealer:
    """Deals one leaflet."""

    def __init__(self, found: Stock, number: int, today: dt.date, *, tiny: bool) -> None:
        self.number, self.today, self.tiny = number, today, tiny
        self.id = f"leaflet-{number:03}"
        self.frame = found.frames[number % len(found.frames)]
        self.texts = found.texts[self.frame.id]
        self.sentences, self.names = found.sentences, found.names
        self.chance = random.Random(20261124 + number)  # noqa: S311 - the same every time
        self.pile: list[Mapping[str, str]] = []
        self.entries: dict[str, Mapping[str, str]] = {}

    def write(self, root: Path, table: Mapping[str, Language], tags: Sequence[str]) -> None:
        """Write the leaflet, its pictures and its catalogs."""
        folder = root / "content" / "leaflets" / self.id
        folder.mkdir(parents=True)
        text = "\n\n".join([self.front(), *self.body()])
        (folder / "leaflet.md").write_text(text + "\n", "utf-8")
        for image in self.frame.outline.images:
            (folder / image.src).write_bytes(self.frame.assets[image.src])
        for tag in tags[1:]:
            entries = [
                f"msgid {quoted(english)}\nmsgstr {quoted(texts[tag])}\n"
                for english, texts in self.entries.items()
            ]
            path = root / "locales" / tag / "LC_MESSAGES" / f"{self.id}.po"
            path.write_text("\n".join([header(table[tag]), *entries]), "utf-8")

    def front(self) -> str:
        """Return the front matter."""
        title, summary, audience = (self.lend(block.msgid) for block in self.frame.front_blocks)
        return _FRONT.format(
            id=self.id,
            title=title,
            summary=summary,
            audience=audience,
            number=self.number,
            today=self.today,
            later=self.today + dt.timedelta(days=700),
            source=self.frame.sources[0],
        )

    def body(self) -> Iterator[str]:
        """Yield the Markdown: the sections that must be, and one that is not in every leaflet."""
        sections: list[list[Block]] = [[]]
        for block in self.frame.outline.blocks:
            if block.kind == "heading":
                sections.append([])
            sections[-1].append(block)
        points, what, *others, ending = sections
        seen = ("picture", "table cell")[self.number % 2]
        extra = next((part for part in others if not self.tiny and _holds(part, seen)), [])
        yield from self.section(points)
        yield from self.section(what, pictured=seen == "picture" and not self.tiny)
        for section in others:
            if section is extra or _holds(section, "do", "care-routine"):
                yield from self.section(section)
        # What the list of sources follows.
        yield f"## {self.lend(ending[0].msgid)}"
        yield self.lend(ending[1].msgid)

    def section(self, blocks: Sequence[Block], *, pictured: bool = False) -> Iterator[str]:
        """Yield a section, or what stands before the first."""
        kinds = [block.kind for block in blocks if not block.boxes]
        if "heading" in kinds:
            yield f"## {self.lend(blocks[0].msgid)}"
        boxes = list(dict.fromkeys(block.boxes for block in blocks if block.boxes))
        if "list item" in kinds:
            yield "\n".join(f"- {self.deal(1)}" for _ in range(1 if self.tiny else 3))
        if "table cell" not in kinds and {"paragraph", "list item"} & set(kinds):
            yield f"{self.deal(1 if self.tiny else self.chance.randint(1, 2))} {_CITED}"
        if "picture" in kinds and pictured:
            alt, caption = (
                self.lend(block.msgid) for block in blocks if block.kind in {"picture", "caption"}
            )
            source = next(image.src for image in self.frame.outline.images if image.alt == alt)
            yield f'![{alt}]({source} "{caption}")'
        if "table cell" in kinds:
            yield self.table([block for block in blocks if block.kind.startswith("table")])
        for names in boxes:
            if len(names) == 1 and names[0] in _BOXES:
                yield self.box(names[0], [block for block in blocks if block.boxes == names])

    def table(self, blocks: Sequence[Block]) -> str:
        """Copy a table's head and last row; the row's first cell is its header."""
        rows = [list(row) for _, row in groupby(blocks, key=lambda block: block.line)]
        head, (name, *cells) = ([self.lend(block.msgid) for block in rows[at]] for at in (0, -1))
        kept = [head, ["---"] * len(head), [f"**{name}**", *cells]]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in kept)

    def box(self, name: str, blocks: Sequence[Block]) -> str:
        """Copy a box, with some of its points; main points are dealt."""
        title, *points = blocks
        count = min(1 if self.tiny else _POINTS, len(points))
        kept = sorted(self.chance.sample(points, count), key=points.index)
        lines = [f'!!! {name} "{self.lend(title.msgid)}"']
        for block in kept:
            text = self.deal(1) if name == "main-points" else self.lend(block.msgid)
            lines.append(f"    - {text}")
        if name == "dont":
            lines[-1] += f" {_CITED}"
        return "\n".join(lines)

    def lend(self, english: str) -> str:
        """Take a message as it is."""
        self.entries[english] = self.texts[english]
        return english

    def deal(self, count: int) -> str:
        """Make a message of the next sentences of the pile, which is mixed anew when it ends."""
        if len(self.pile) < count:
            self.pile = self.chance.sample(self.sentences, len(self.sentences))
        found = [self.pile.pop() for _ in range(count)]
        names = self.chance.sample(self.names, 3)
        texts = {}
        for tag in found[0]:
            comma, end = _MARKS.get(tag, (", ", "."))
            parts = [item[tag] for item in found] + [comma.join(item[tag] for item in names) + end]
            texts[tag] = ("" if tag.startswith("zh") else " ").join(parts)
        self.entries[texts["en"]] = texts
        return texts["en"]


def _holds(section: Sequence[Block], *names: str) -> bool:
    """Whether a section has a box or a kind of block."""
    return any(name in (*block.boxes, block.kind) for block in section for name in names)


def header(language: Language) -> str:
    """Return a catalog's header."""
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language.tag}\\n"\n"Plural-Forms: {language.plural}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
    )


def quoted(text: str) -> str:
    """Write a string of a PO file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    main()
