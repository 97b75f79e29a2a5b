"""Is a release what was released? Asked offline, of a folder or a zip that nobody trusts.

Its files are compared with its sums, its sums with its manifest and its provenance, its codes with
its texts, its signatures with what the settings ask for, and its pages with what is said of them.
Who changes all of these alike is found out only by making editions anew, or by a signature over
the zips, which is not ours to give.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handbill import archive, hypertext, plan, proofread, provenance, signoff, toolchain
from handbill import release as releases
from handbill.archive import DamagedError, Tree
from handbill.diagnostics import Fault, Location
from handbill.editions import differing
from handbill.model import Project, Signature
from handbill.release import MANIFEST, PROVENANCE, RECORDS, SUMS, TEXTS, Release


_SUM = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
#: The files behind inputs that have no file's name.
_FILES = {
    "signatures": r"locales/[^/]+/signed/",
    "templates": r"templates/(?!fonts/|formats/|new/)",
    plan.TOOLCHAIN: r"templates/fonts/",
}
_UNLIKE = (
    "nothing was made anew; check out the release's revision, with its lock file and libraries"
)
_HINT = "get it again from where it was published; if it is the same there, tell the publisher"


@dataclass(slots=True)
class Verdict:
    """What was found out of one folder or zip.

    Attributes:
        release: what it says of itself; None if it cannot be read.
        digests: of its files, by path.
        inputs: of what they were made from, by path, as its provenance tells.
    """

    release: Release | None = None
    digests: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class Verifier:
    """Judges folders and zips; a page that was read once is not read again."""

    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.read: dict[tuple[str, str, bool], str] = {}
        self.told: set[Signature] = set()

    def everything(self, path: Path) -> list[Verdict]:
        """Judge what has been published under one name: its zips and its folder, or one of these.

        Raises:
            DamagedError: there is nothing that can be read.
        """
        if not path.is_dir() or (path / MANIFEST).exists():
            return [self.one(path)]
        outside = Verdict()
        label = path.resolve().name
        # Links are told, and not followed.
        here = sorted(item for item in path.iterdir() if not item.is_symlink())
        zips = [item for item in here if item.suffix == ".zip" and item.is_file()]
        inner = [item for item in here if item.is_dir()]
        if not zips and not inner:
            message = "holds no release"
            raise DamagedError(message)
        with archive.opened(path) as tree:
            below = tuple(f"{item.name}/" for item in inner)
            names = frozenset(name for name in tree.names if not name.startswith(below))
            # Files below are told where their own folder is judged.
            outside.faults += [
                fault
                for fault in tree.faults
                if not fault.location.path.startswith(tuple(f"{label}/{name}" for name in below))
            ]
            _sums(tree, names, outside)
        found = [outside]
        for item in (*inner, *zips):
            try:
                found.append(self.one(item))
            except DamagedError as error:
                outside.faults.append(_fault("release-file", item.name, "", str(error)))
        outside.faults += _apart(found[1:])
        return found

    def one(self, path: Path) -> Verdict:
        """Judge one folder or zip.

        Raises:
            DamagedError: it cannot be read.
        """
        verdict = Verdict()
        with archive.opened(path) as tree:
            verdict.faults += tree.faults
            _sums(tree, tree.names, verdict)
            try:
                manifest, texts = (archive.read(tree, name) for name in (MANIFEST, TEXTS))
                verdict.release = found = releases.read(manifest, texts)
            except (DamagedError, ValueError) as error:
                name = TEXTS if MANIFEST in tree.names and TEXTS not in tree.names else MANIFEST
                verdict.faults.append(_fault("release-file", tree.label, name, str(error)))
                return verdict
            if isinstance(tree, archive.Zip) and tree.top != found.stem:
                message = f"its folder is called {tree.top!r}, and the release {found.stem!r}"
                verdict.faults.append(_fault("contradictory-record", tree.label, MANIFEST, message))
            verdict.faults += _contradictions(tree, verdict, found)
            verdict.faults += _statement(tree, verdict)
            verdict.faults += _texts(tree, found)
            verdict.faults += self._drafts(tree, verdict, found)
            verdict.faults += self._expired(tree, found)
        return verdict

    def _drafts(self, tree: Tree, verdict: Verdict, found: Release) -> Iterator[Fault]:
        """Find drafts that are said to be final, in the manifest or on their pages."""
        for row in found.rows:
            wanting = releases.wanting(found, row)
            if wanting and not row["draft"]:
                message = f"is said to be final, but nobody has signed {', '.join(wanting)}"
                yield _fault("disguised-draft", tree.label, row["path"], message)
            elif row["draft"] and row["language"] not in found.settings["draft-languages"]:
                message = "is a draft, and its language is not one whose drafts are released"
                yield _fault("disguised-draft", tree.label, row["path"], message)
            if verdict.digests.get(row["path"]) == row["digest"]:
                key = row["digest"], row["code"], row["draft"]
                if key not in self.read:
                    self.read[key] = _pages(tree, row, found.languages[row["language"]])
                if said := self.read[key]:
                    yield _fault("disguised-draft", tree.label, row["path"], said)

    def _expired(self, tree: Tree, found: Release) -> Iterator[Fault]:
        for text in found.texts.values():
            for item in text.signatures:
                if item.expires < self.today and item not in self.told:
                    self.told.add(item)
                    message = f"the {item.role}'s signature under {text.domain} in {text.language}"
                    message += f" held until {item.expires}"
                    hint = "ask the publisher for a newer release"
                    yield _fault("expired-release", tree.label, MANIFEST, message, hint)


def integrity(tree: Tree) -> Verdict:
    """Compare the files of a release with its sums, and read what it says of itself."""
    verdict = Verdict(faults=list(tree.faults))
    _sums(tree, tree.names, verdict)
    try:
        verdict.release = releases.read(archive.read(tree, MANIFEST), archive.read(tree, TEXTS))
        verdict.faults += _texts(tree, verdict.release)
    except (DamagedError, ValueError) as error:
        verdict.faults.append(_fault("release-file", tree.label, MANIFEST, str(error)))
    return verdict


def sample(found: Release, editions: Collection[str], number: int) -> tuple[Mapping[str, Any], ...]:
    """Choose editions to be made anew: the same of the same release, and nobody's choice.

    Args:
        found: the release.
        editions: the paths among which to choose.
        number: how many; fewer if there are not as many.
    """
    rows = [row for row in found.rows if row["path"] in editions]
    rows.sort(key=lambda row: (row["digest"], row["path"]))
    return tuple(rows[:number])


def unlike(
    project: Project,
    found: Release,
    made_from: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    fonts: str,
) -> list[Fault]:
    """Say in what this project and this machine are not those that a release was made with.

    Args:
        project: the checkout.
        found: the release.
        made_from: the digests of the files that it was made from, by path.
        rows: the editions that are to be made anew.
        fonts: the digest of toolchain and fonts here.
    """
    here = toolchain.versions()
    reasons: dict[str, str] = {}
    for name in sorted(here.keys() | found.toolchain.keys()):
        then, now = found.toolchain.get(name, "none"), here.get(name, "none")
        if then != now:
            reasons[name] = f"the release was made with {then[:12]}; here is {now[:12]}"
    is_same_toolchain = not reasons
    known = {item.path: item for item in plan.editions(project)}
    for row in rows:
        edition = known.get(row["path"])
        if edition is None:
            reasons.setdefault(row["path"], "the checkout does not publish it")
            continue
        inputs = plan.inputs(project, edition, fonts)
        for name in differing(inputs, row["inputs"]):
            files = list(_behind(name, project.digests, made_from))
            # Another version changes this input too, and has been told.
            told = name == plan.TOOLCHAIN and not is_same_toolchain and not files
            if not told:
                for path in files or [name]:
                    reasons.setdefault(path, f"is not what {row['path']} was made from")
    return [
        _fault("unlike-checkout", "", name, message, _UNLIKE)
        for name, message in sorted(reasons.items())
    ]


def _behind(name: str, here: Mapping[str, str], then: Mapping[str, str]) -> Iterator[str]:
    """Yield the files behind an input's name that are not the same here."""
    pattern = _FILES.get(name, re.escape(name.partition("#")[0]))
    # Signatures under other texts than the release's are not its own.
    paths = then.keys() if name == "signatures" else here.keys() | then.keys()
    for path in sorted(paths):
        if re.match(pattern, path) and here.get(path) != then.get(path):
            yield path


def other(found: Release, row: Mapping[str, Any], made: str) -> Fault:
    """Say that an edition was made anew to other bytes."""
    message = f"made anew from the same inputs it is {made[:12]}, not {row['digest'][:12]}"
    return _fault("other-impression", found.stem, row["path"], message)


def _sums(tree: Tree, names: Collection[str], verdict: Verdict) -> None:
    """Compare files with the sums beside them."""
    label = tree.label
    try:
        text = archive.read(tree, SUMS).decode("utf-8")
    except (DamagedError, UnicodeDecodeError) as error:
        verdict.faults.append(_fault("release-file", label, SUMS, str(error)))
        return
    rows = _SUM.findall(text)
    listed = {name: digest for digest, name in rows}
    if releases.sums(listed).decode() != text:
        message = "is not a sorted list of SHA-256 sums"
        verdict.faults.append(_fault("release-file", label, SUMS, message))
    for name in sorted({*names} - {SUMS}):
        try:
            verdict.digests[name] = archive.digest(tree, name)
        except DamagedError as error:
            verdict.faults.append(_fault("tampered-file", label, name, str(error)))
            continue
        if name not in listed:
            message = "is not part of the release"
            verdict.faults.append(_fault("extra-file", label, name, message))
        elif verdict.digests[name] != listed[name]:
            message = f"is {verdict.digests[name][:12]}, not {listed[name][:12]} as released"
            verdict.faults.append(_fault("tampered-file", label, name, message))
    for name in sorted(listed.keys() - names):
        verdict.faults.append(_fault("missing-file", label, name, "is missing"))


def _contradictions(tree: Tree, verdict: Verdict, found: Release) -> Iterator[Fault]:
    """Compare the manifest with the files."""
    rows = {row["path"]: row for row in found.rows}
    if len(rows) != len(found.rows):
        yield _fault("contradictory-record", tree.label, MANIFEST, "names an edition twice")
    for path, row in rows.items():
        digest = verdict.digests.get(path)
        if digest is None:
            yield _fault("missing-file", tree.label, path, "is in the manifest, and is missing")
        elif digest != row["digest"]:
            message = f"is {digest[:12]}; the manifest says {row['digest'][:12]}"
            yield _fault("contradictory-record", tree.label, path, message)
        if any(row[key] != value for key, value in found.part.items()):
            message = f"does not belong to the part {found.stem}"
            yield _fault("contradictory-record", tree.label, path, message)
    for name in sorted(verdict.digests.keys() - rows.keys() - RECORDS):
        yield _fault("extra-file", tree.label, name, "is not in the manifest")
    for name in sorted(RECORDS - verdict.digests.keys() - {SUMS}):
        yield _fault("missing-file", tree.label, name, "is missing")


def _statement(tree: Tree, verdict: Verdict) -> Iterator[Fault]:
    """Compare the provenance with the files."""
    try:
        statement = releases.parsed(archive.read(tree, PROVENANCE))
        found, verdict.inputs = provenance.read(statement)
    except (DamagedError, ValueError) as error:
        yield _fault("release-file", tree.label, PROVENANCE, str(error))
        return
    wanted = {
        name: digest for name, digest in verdict.digests.items() if name not in {PROVENANCE, SUMS}
    }
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            message = "the provenance tells of another file than this"
            if name not in found:
                message = "the provenance does not tell of it"
            elif name not in wanted:
                message = "the provenance tells of it, and it is missing"
            yield _fault("contradictory-record", tree.label, name, message)


def _texts(tree: Tree, found: Release) -> Iterator[Fault]:
    """Compare codes with texts, and what was signed with codes."""

    def forged(name: str, message: str) -> Fault:
        return _fault("forged-text", tree.label, name, message)

    for code, lines in found.printed.items():
        if signoff.code(lines) != code:
            message = f"the text {code[: signoff.SHORT]} is not what was signed under this code"
            yield forged(TEXTS, message)
    codes = {pair: text.code for pair, text in found.texts.items()}
    for code in sorted(found.printed.keys() - codes.values()):
        yield forged(TEXTS, f"the text {code[: signoff.SHORT]} belongs to no edition")
    for text in found.texts.values():
        where = f"{text.domain} in {text.language}"
        if text.code not in found.printed:
            yield forged(TEXTS, f"the text of {where} is missing")
        if signoff.read_alone(text.signatures):
            yield forged(MANIFEST, f"the translator of {where} is its second reader too")
        yield from (
            forged(MANIFEST, f"the {by.role} of {where} has signed {by.text[: signoff.SHORT]}")
            for by in text.signatures
            if by.text != text.code
        )
    for row in found.rows:
        if codes.get((row["leaflet"], row["language"])) != row["code"]:
            yield forged(row["path"], "the manifest holds no text with its code")


def _pages(tree: Tree, row: Mapping[str, Any], language: Mapping[str, str]) -> str:
    """Say in what the pages of an edition are not what the manifest says of them."""
    name = signoff.mark(row["version"], row["code"])
    try:
        data = archive.read(tree, row["path"])
        if row["kind"] == "html":
            html = data.decode("utf-8")
            pages, stamped = 1, int(bool(hypertext.inside(html, 'class="draft"')))
            coded = int(name in html)
        elif not language["stamp"]:
            return "the manifest does not tell what a draft in its language says"
        else:
            (stamped, coded), pages = proofread.saying(
                data,
                (language["stamp"], name),
                script=language["script"],
                direction=language["direction"],
            )
    except (DamagedError, ValueError) as error:
        return f"cannot be read: {error}"
    if row["draft"] and stamped < pages:
        return f"is a draft, but only {stamped} of {pages} pages say so"
    if not row["draft"] and stamped == pages:
        return "is said to be final, but its pages say that it is a draft"
    return "" if coded else f"no page bears the code {name}"


def _apart(found: Iterable[Verdict]) -> Iterator[Fault]:
    """Compare parts with their whole."""
    known = [verdict for verdict in found if verdict.release]
    whole = next((item for item in known if item.release and not item.release.part), None)
    if whole is None or whole.release is None:
        return
    rows = {row["path"]: row for row in whole.release.rows}
    for verdict in known:
        part = verdict.release
        if part is None:
            continue
        wanted = {
            path
            for path, row in rows.items()
            if all(row[key] == value for key, value in part.part.items())
        }
        mine = {row["path"] for row in part.rows}
        differing = (wanted ^ mine) | {
            row["path"] for row in part.rows if row != rows.get(row["path"])
        }
        if part.name != whole.release.name:
            differing.add(MANIFEST)
        for path in sorted(differing):
            message = "is not as in the whole release"
            yield _fault("contradictory-record", part.stem, path, message)


def _fault(kind: str, label: str, name: str, message: str, hint: str = _HINT) -> Fault:
    place = "/".join(part for part in (label, name) if part)
    return Fault(
        kind=kind, location=Location(path=_shown(place)), message=_shown(message), hint=hint
    )


def _shown(text: str) -> str:
    """Return a stranger's words in a way that no terminal obeys."""
    return text if text.isprintable() else ascii(text)[1:-1]
