"""Zips that are the same wherever they are made, and zips and folders of strangers, read with care.

What is written holds no time, no owner and no order of a file system. What is read is trusted in
nothing: a name may lead elsewhere, a link may point anywhere, and a small zip may unpack to much.
"""

import hashlib
import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from handbill.diagnostics import Fault, Location


#: The earliest moment that a zip can name; any would do, but it must be the same for all.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, stat.S_IFREG | 0o644
_LEVEL = 9
#: The fixed part of the header before each file.
_HEADER = 30
#: Of a file in the list at the end of a zip, and of what ends it, without names (APPNOTE 4.3).
_ROW, _RECORD = 46, 22
#: Names in UTF-8, and how hard it was packed.
_FLAGS = 0x806
#: Above these a zip has further records (zip64), which are not counted.
_MOST, _LARGEST = 0xFFFF, 0xFFFF_FFFF
#: What zips of ours unpack to, at most: this many times their size, or this much.
_RATIO, _SMALL = 100, 100_000_000

_FORBIDDEN = frozenset('<>:"\\|?*')
_DEVICES = frozenset(
    ["aux", "con", "nul", "prn", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))]
)
#: File systems take at most 255 bytes a name; some programs take 255 letters a path.
_LONGEST, _LONGEST_PATH = 200, 240
_CHUNK = 1 << 20


class DamagedError(Exception):
    """A file cannot be read whole."""


class Tree(Protocol):
    """Files by their path below a root, with `/` between its parts."""

    @property
    def label(self) -> str:
        """What a finding calls the root."""

    @property
    def names(self) -> frozenset[str]:
        """The paths of all files."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is unsafe in it; such files are not among its names."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a file to read it.

        Raises:
            OSError: it cannot be read.
            zipfile.BadZipFile: as above.
        """


def unsafe(path: str) -> str:
    """Say why a relative path cannot be used in every file system; nothing if it can."""
    if unicodedata.normalize("NFC", path) != path:
        return "its letters are written in a way that some systems change"
    if len(path) > _LONGEST_PATH:
        return "it is too long"
    return next(filter(None, map(_unsafe_part, path.split("/"))), "")


def _unsafe_part(part: str) -> str:
    strange = sorted(
        {letter for letter in part if letter in _FORBIDDEN or not letter.isprintable()}
    )
    reasons = {
        "it leads out of its folder, or nowhere": part in {"", ".", ".."},
        "it is too long": len(part.encode("utf-8", "replace")) > _LONGEST,
        f"it has {', '.join(map(ascii, strange))}": strange,
        "it begins or ends with a space or a full stop": part.strip() != part or part.endswith("."),
        f"{part!r} is a device on Windows": part.partition(".")[0].casefold() in _DEVICES,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def folded(path: str) -> str:
    """Return what two paths have in common that are one file in some file systems."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def pack(file: BinaryIO, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip of files, in the order in which they come."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, date_time=_MOMENT)
            info.create_system, info.external_attr = _UNIX, _MODE << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=_LEVEL)


def digest(tree: Tree, name: str) -> str:
    """Return the SHA-256 of a file, piece by piece.

    Raises:
        DamagedError: it cannot be read whole.
    """
    found = hashlib.sha256()
    for piece in _pieces(tree, name):
        found.update(piece)
    return found.hexdigest()


def read(tree: Tree, name: str, *, limit: int = 256 * _CHUNK) -> bytes:
    """Return a file.

    Raises:
        DamagedError: it is not there, cannot be read whole, or is larger than any of ours.
    """
    if name not in tree.names:
        message = "is not there"
        raise DamagedError(message)
    found = bytearray()
    for piece in _pieces(tree, name):
        found += piece
        if len(found) > limit:
            message = f"is larger than {limit} bytes"
            raise DamagedError(message)
    return bytes(found)


def _pieces(tree: Tree, name: str) -> Iterator[bytes]:
    try:
        with tree.open(name) as file:
            while piece := file.read(_CHUNK):
                yield piece
    except (
        OSError,
        EOFError,
        ValueError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        message = f"cannot be read: {str(error).lower() or type(error).__name__}"
        raise DamagedError(message) from error


class Folder:
    """A folder of files, none of which is a link."""

    def __init__(self, root: Path) -> None:
        """List what is there.

        Raises:
            OSError: a folder cannot be read.
        """
        self.root, self.label = root, root.resolve().name
        found: dict[str, str] = {}
        faults: list[Fault] = []
        for parent, folders, names in os.walk(root, onerror=_fail):
            folders.sort()
            links = [name for name in folders if Path(parent, name).is_symlink()]
            for name in sorted([*names, *links]):
                path = Path(parent, name)
                relative = path.relative_to(root).as_posix()
                kind = path.lstat().st_mode
                if not stat.S_ISREG(kind):
                    what = "a link" if stat.S_ISLNK(kind) else "no file"
                    faults.append(_unsafe(self.label, relative, f"is {what}"))
                elif fault := _met(self.label, relative, found):
                    faults.append(fault)
                else:
                    found[folded(relative)] = relative
        self.names, self.faults = frozenset(found.values()), tuple(faults)

    def open(self, name: str) -> IO[bytes]:
        """Open a file to read it."""
        return (self.root / name).open("rb")


class Zip:
    """A zip whose files all lie in one folder, as ours do; that folder is the root."""

    def __init__(self, path: Path) -> None:
        """Read the directory of a zip, and nothing else.

        Raises:
            OSError: it cannot be read.
            zipfile.BadZipFile: it is none.
        """
        self.label = path.name
        self._archive = zipfile.ZipFile(path)
        self._size = path.stat().st_size
        self._is_plain = self._size < _LARGEST and len(self._archive.infolist()) < _MOST
        infos = self._archive.infolist()
        tops = {info.filename.split("/", 1)[0] for info in infos}
        self.top = next(iter(tops)) if len(tops) == 1 else ""
        faults = list(self._layout(infos))
        found: dict[str, str] = {}
        known: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.filename.removeprefix(f"{self.top}/") if self.top else info.filename
            fault = self._entry(info, name) or _met(self.label, name, found)
            if fault:
                faults.append(fault)
            else:
                found[folded(name)] = name
                known[name] = info
        if len(tops) > 1:
            faults.append(_unsafe(self.label, "", "its files do not lie in one folder"))
        total, size = sum(info.file_size for info in infos), path.stat().st_size
        if total > max(_SMALL, _RATIO * size):
            message = f"would unpack to {total} bytes from {size}: nothing was unpacked"
            faults.append(_unsafe(self.label, "", message))
            known = {}
        self._infos: Mapping[str, zipfile.ZipInfo] = known
        self.names, self.faults = frozenset(known), tuple(faults)

    def close(self) -> None:
        """Read no more."""
        self._archive.close()

    def open(self, name: str) -> IO[bytes]:
        """Open a file to read it."""
        return self._archive.open(self._infos[name])

    def _entry(self, info: zipfile.ZipInfo, name: str) -> Fault | None:
        mode = info.external_attr >> 16
        what = ""
        if info.orig_filename != info.filename:
            what = "has a name that programs read in two ways"
        elif info.is_dir():
            what = "is a folder, which none of our zips holds"
        elif info.flag_bits & 0x1:
            what = "is encrypted"
        elif info.flag_bits & ~_FLAGS or info.comment or (info.extra and self._is_plain):
            what = "holds what none of our zips does"
        elif stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            what = "is a link" if stat.S_ISLNK(mode) else "is no file"
        elif info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            what = "is packed in a way that few programs know"
        return _unsafe(self.label, name, what) if what else None

    def _layout(self, infos: Iterable[zipfile.ZipInfo]) -> Iterator[Fault]:
        """Find files that lie over each other, and bytes that belong to none."""
        end, row = 0, sorted(infos, key=lambda info: info.header_offset)
        start = getattr(self._archive, "start_dir", 0)
        for info in row:
            if info.header_offset < end:
                yield _unsafe(self.label, info.filename, "lies over another file of the zip")
                return
            if info.header_offset > end:
                break
            end += _HEADER + len(info.orig_filename.encode()) + info.compress_size
        # The list of files, and the record that ends a zip.
        listed = sum(_ROW + len(info.orig_filename.encode()) for info in row) + _RECORD
        is_longer = self._is_plain and self._size != start + listed
        if end != start or self._archive.comment or is_longer:
            message = "holds bytes that belong to none of its files"
            yield _unsafe(self.label, "", message)


@contextmanager
def opened(path: Path) -> Iterator[Folder | Zip]:
    """Give a folder or a zip as a tree.

    Raises:
        DamagedError: it is neither, or cannot be read.
    """
    try:
        tree = Folder(path) if path.is_dir() else Zip(path)
    except (OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"is neither a folder nor a zip that can be read: {reason.lower()}"
        raise DamagedError(message) from error
    try:
        yield tree
    finally:
        if isinstance(tree, Zip):
            tree.close()


def _met(label: str, name: str, found: Mapping[str, str]) -> Fault | None:
    if reason := unsafe(name):
        return _unsafe(label, name, f"has an unsafe name: {reason}")
    if other := found.get(folded(name)):
        same = "is there twice" if other == name else f"is {other!r} on some systems"
        return _unsafe(label, name, same)
    return None


def _unsafe(label: str, name: str, message: str) -> Fault:
    shown = ascii(f"{label}/{name}" if name else label)[1:-1]
    return Fault(
        kind="unsafe-archive",
        location=Location(path=shown),
        message=message,
        hint="do not unpack it; get it again from where it was published",
    )


def _fail(error: OSError) -> None:
    raise error
