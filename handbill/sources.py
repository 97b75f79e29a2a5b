"""The only reader of a project's files: all of them at once, as bytes with digests."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from handbill.diagnostics import Fault, HandbillError, Location


#: What a build reads, below the project's root. Nothing else can influence an edition.
FOLDERS = ("content", "locales", "templates")
SETTINGS = "pyproject.toml"

_IGNORED_SUFFIXES = (".pot", ".mo", "~", ".swp", ".orig", ".md5")


@dataclass(frozen=True, slots=True)
class Sources:
    """Every input file of a project, by its path below the root, with `/` between its parts."""

    root: str
    files: Mapping[str, bytes]
    digests: Mapping[str, str]

    def below(self, folder: str) -> Mapping[str, bytes]:
        """Return the files of a folder by their path below it."""
        start = folder + "/"
        return {
            path.removeprefix(start): data
            for path, data in self.files.items()
            if path.startswith(start)
        }


def read(root: Path) -> Sources:
    """Read a project, so that a build sees one moment of the tree.

    Raises:
        HandbillError: there is no project here, or a file cannot be read.
    """
    root = root.resolve()
    found: dict[str, bytes] = {}
    path = root
    try:
        for path in _paths(root):
            name = path.relative_to(root).as_posix()
            name.encode()
            found[name] = path.read_bytes()
    except OSError as error:
        raise _unreadable(Path(error.filename or path), root, str(error.strerror)) from error
    except UnicodeEncodeError as error:
        raise _unreadable(path, root, "its name is not UTF-8") from error
    if not any(name.startswith("content/") for name in found):
        raise HandbillError(
            Fault(
                kind="missing-project",
                location=Location(path="content"),
                message="no project here: there is no content folder",
                hint="run this in the project's root, or name it with --root",
            )
        )
    digests = {name: digest(data) for name, data in found.items()}
    return Sources(root=str(root), files=found, digests=digests)


def read_file(path: Path, *, limit: int) -> bytes:
    """Read a file from outside, such as a job that a translator has sent back.

    Args:
        path: the file.
        limit: the most that it may hold, in bytes.

    Raises:
        HandbillError: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(path, path.parent, str(error.strerror)) from error
    if len(data) > limit:
        raise _unreadable(path, path.parent, f"more than {limit} bytes")
    return data


def _unreadable(path: Path, root: Path, reason: str) -> HandbillError:
    name = path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()
    return HandbillError(
        Fault(
            kind="unreadable-file",
            location=Location(path=name),
            message=f"cannot be read: {reason}",
            hint="check its permissions and its name",
        )
    )


def digest(data: bytes) -> str:
    """Name a file by what is in it: SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order, without those that editors and systems leave.

    Raises:
        OSError: a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    if not folder.is_dir():
        return
    for parent, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(_IGNORED_SUFFIXES):
                yield Path(parent, name)


def _paths(root: Path) -> Iterator[Path]:
    settings = root / SETTINGS
    if settings.is_file():
        yield settings
    for folder in FOLDERS:
        yield from files(root / folder)
