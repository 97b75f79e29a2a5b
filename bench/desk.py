"""Time the translation desk over a big project: every LF3 gate, and the table of status.

    .venv/bin/python bench/desk.py                          500 leaflets in 20 languages
    .venv/bin/python bench/desk.py --leaflets 50 --keep /tmp/corpus
    .venv/bin/python bench/desk.py --only gates --jobs 1

The leaflets are nonsense of real shape: headings, lists, boxes, tables, doses, links and slots,
about 60 messages each. Translations are words of each language's script, with the same numbers and
markup. A few are missing, fuzzy or stale, as in life. Memory is the highest sum over all processes,
sampled twice a second. On a machine that is busy otherwise, the seconds of processors count.
"""

import argparse
import datetime as dt
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import stopwatch
from corpus import ROOT, ground, header, quoted

from handbill import languages, project, sources
from handbill.model import Block, Language


#: The letters that nonsense words are made of, by script (ISO 15924).
LETTERS = {
    "Latn": "aeioubcdfglmnprstv",
    "Cyrl": "аеиоубвгдклмнпрст",
    "Arab": "ابتثجحدرسشعفقلمنهو",
    "Hebr": "אבגדהוזחטיכלמנסעפצקרשת",
    "Deva": "कखगचजटडतदनपबमयरलवसह",
    "Beng": "কখগচজটডতদনপবমযরলশসহ",
    "Guru": "ਕਖਗਚਜਟਡਤਦਨਪਬਮਯਰਲਵਸਹ",
    "Taml": "கசடதநபமயரலவழளறன",
    "Ethi": "ሀለመሰረቀበተነአከወዘየደገጠፈ",
    "Thai": "กขคงจชดตทนบปพมยรลวสห",
    "Khmr": "កខគងចជញដតទនបពមយរលវសហ",
    "Laoo": "ກຂຄງຈຊຍດຕທນບປພມຢຣລວສຫ",
    "Mymr": "ကခဂငစဆညတဒနပဖဗမယရလဝသဟ",
    "Hans": "的一是不了人我在有他这中大来上国和地到说时要就出会可也你对生能而子",
}
#: What a translation must keep: slots, link targets, bold marks, placeholders, numbers.
KEPT = re.compile(r"\{\{[^}]*\}\}|\{[a-z_]+\}|\]\([^)]*\)|\[|\*\*|\d+(?: m[gl]\b)?")
PIECE = re.compile(rf"{KEPT.pattern}|[^\W\d_]+|[^\w\s]|\s+")
#: Nonsense is made of these; leaflets of a real clinic have as many words.
WORDS = """
    take use wash rinse keep apply check hold dry cover ask call stop start wait rub drink
    skin cream tablet water doctor nurse pharmacist baby child dose spoon bottle clinic rash hand
    ointment bandage itch fever burn sun blister scalp nail foot towel soap shower sleep pain
    swelling allergy sunscreen cheek elbow knee heel finger toe ear lip mouth throat chest
"""
VERBS, NOUNS = WORDS.split()[:17], WORDS.split()[17:]
TIMES = ("in the morning", "at night", "after meals", "before bed", "with a glass of water")


def main() -> None:
    """Make the corpus, then time what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--leaflets", type=int, default=500)
    parser.add_argument("--languages", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=("gates", "status"))
    parser.add_argument("--keep", type=Path, help="make the corpus here, or use the one that is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = options.keep or Path(scratch)
        if not (root / "content").exists():
            began = time.monotonic()
            count = corpus(root, options.leaflets, options.languages)
            print(f"corpus: {count} messages in {time.monotonic() - began:.0f} s")
        commands = {
            "gates": ["check", "--output-format", "json"],
            "status": ["catalog", "status", "--jobs", str(options.jobs)],
        }
        for name, command in commands.items():
            if options.only in {None, name}:
                words = [sys.executable, str(ROOT / "build.py"), *command, "--today", "2026-11-24"]
                run, memory = stopwatch.watch(words, cwd=root)
                print(
                    f"{name}: {run.wall:.1f} s ({run.work:.1f} s of processors), "
                    f"{memory.whole:.0f} MB at most, exit status {run.code}"
                )


def corpus(root: Path, leaflets: int, how_many: int) -> int:
    """Write a project of so many leaflets and languages; return the number of messages."""
    chance = random.Random(20261124)  # noqa: S311 - nonsense, the same every time
    text = (ROOT / "locales" / "languages.toml").read_text("utf-8")
    table, _ = languages.load(text, "languages.toml")
    tags = [tag for tag in table if tag != "en" and table[tag].script in LETTERS][:how_many]
    ground(root, tags)
    shutil.copytree(ROOT / "content" / "clinics", root / "content" / "clinics")
    shutil.copytree(ROOT / "content" / "countries", root / "content" / "countries")
    for number in range(leaflets):
        folder = root / "content" / "leaflets" / f"leaflet-{number:03}"
        folder.mkdir(parents=True)
        (folder / "leaflet.md").write_text(leaflet(number, chance), "utf-8")
    loaded = project.load(sources.read(root), today=dt.date(2026, 11, 24))
    domains = {item.id: item.blocks for item in loaded.leaflets.values()}
    domains |= loaded.interfaces
    count = 0
    for tag in tags:
        folder = root / "locales" / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for domain, blocks in domains.items():
            entries = list(catalog(blocks, table[tag], chance, whole=domain == "handbill"))
            count += len(entries)
            text = "\n".join([header(table[tag]), *entries])
            (folder / f"{domain}.po").write_text(text, "utf-8")
    return count


def catalog(
    blocks: tuple[Block, ...], language: Language, chance: random.Random, *, whole: bool
) -> Iterator[str]:
    """Yield the entries of a catalog; a few are missing, empty, fuzzy or of an older English."""
    for block in {(block.context, block.msgid): block for block in blocks}.values():
        fate = 1.0 if whole else chance.random()
        if fate < 0.005:
            continue
        flag = "#, fuzzy\n" if fate < 0.01 else ""
        msgid = block.msgid.replace("the", "your") if fate < 0.015 else block.msgid
        msgstr = "" if fate > 0.985 and not whole else translation(block.msgid, language, chance)
        yield (
            f"#. type: {block.kind}\n#: {block.path}\n{flag}"
            f"msgid {quoted(msgid)}\nmsgstr {quoted(msgstr)}\n"
        )


def translation(text: str, language: Language, chance: random.Random) -> str:
    """Return as many words of another script, with the same numbers and markup."""
    letters = LETTERS[language.script]

    def piece(match: re.Match[str]) -> str:
        found = match.group()
        if KEPT.fullmatch(found) or not found.isalpha():
            return found
        return "".join(chance.choice(letters) for _ in range(chance.randint(2, 8)))

    return PIECE.sub(piece, text)


def leaflet(number: int, chance: random.Random) -> str:
    """Write one leaflet of about 60 messages."""

    def sentence() -> str:
        verb, noun, other = chance.choice(VERBS), chance.choice(NOUNS), chance.choice(NOUNS)
        extra = chance.choice(
            (
                f"about {chance.randint(2, 900)} mg of the {other}",
                f"the {other} with **the {chance.choice(NOUNS)}**",
                f"between {chance.randint(2, 9)} mg and {chance.randint(10, 99)} mg",
                f"[the {other} page](https://example.org/{other}-{chance.randint(1, 99)})",
                f"a {chance.choice(NOUNS)} and the {other}",
            )
        )
        return f"{verb.capitalize()} the {noun}, {extra}, {chance.choice(TIMES)}."

    def paragraph(length: int) -> str:
        return " ".join(sentence() for _ in range(length))

    def listing(length: int, indent: str = "") -> list[str]:
        return [f"{indent}- {sentence()}" for _ in range(length)]

    title = f"{chance.choice(NOUNS).capitalize()} and {chance.choice(NOUNS)} {number}"
    lines = [
        "+++",
        f'id = "leaflet-{number:03}"',
        f'title = "{title}"',
        f'summary = "How to {chance.choice(VERBS)} the {chance.choice(NOUNS)} {number + 1} ml."',
        'audience = "adults and parents of babies"',
        'version = "1.0"',
        *(f"{name} = 2026-11-24" for name in ("published", "last_review")),
        "next_review = 2028-11-24",
        'authors = ["A. Author"]',
        "[[sources]]",
        *('key = "one"', 'organisation = "An organisation"', 'title = "A title"'),
        *('url = "https://example.org/"', "read = 2026-11-24"),
        "+++",
        *("", '!!! main-points "Main points"', *listing(4, "    ")),
    ]
    for part in range(7):
        noun, verb = chance.choice(NOUNS), chance.choice(VERBS)
        lines += ["", f"## How do you {verb} the {noun} with {part + 2} mg?", ""]
        lines += [paragraph(3), "", f"{paragraph(2)} [@one]", "", *listing(3)]
    lines += ["", "| What | When |", "| --- | --- |"]
    lines += [f"| **The {chance.choice(NOUNS)} {row}** | {sentence()} |" for row in range(3)]
    lines += ["", '!!! care-emergency "Call {{ clinic.emergency_number }} now if someone:"']
    lines += listing(2, "    ")
    lines += ["", '!!! care-routine "When you can wait"', *listing(2, "    ")]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
