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
    files: dict[str, bytes] = {}
    for path in _paths(root):
        name = path.relative_to(root).as_posix()
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            raise HandbillError(
                Fault(
                    kind="unreadable-file",
                    location=Location(path=name),
                    message=f"cannot be read: {error.strerror}",
                    hint="check its permissions",
                )
            ) from error
    if not any(name.startswith("content/") for name in files):
        raise HandbillError(
            Fault(
                kind="missing-project",
                location=Location(path="content"),
                message="no project here: there is no content folder",
                hint="run this in the project's root, or name it with --root",
            )
        )
    digests = {name: digest(data) for name, data in files.items()}
    return Sources(root=str(root), files=files, digests=digests)


def digest(data: bytes) -> str:
    """Name a file by what is in it: SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _paths(root: Path) -> Iterator[Path]:
    settings = root / SETTINGS
    if settings.is_file():
        yield settings
    for folder in FOLDERS:
        for parent, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and not name.endswith(_IGNORED_SUFFIXES):
                    yield Path(parent, name)
