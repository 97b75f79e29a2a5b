"""The only reader of a project's files: all of them at once, as bytes with digests."""

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handbill import disk, seal
from handbill.diagnostics import Fault, HandbillError, Location


@dataclass(frozen=True, slots=True)
class Sources:
    """Every input file of a project, by its path below the root, with `/` between its parts.

    Attributes:
        signatures: what the file system said of each file before it was read.
        began: when reading began, in nanoseconds since 1970.
    """

    root: str
    files: Mapping[str, bytes]
    digests: Mapping[str, str]
    signatures: Mapping[str, str] = field(default_factory=dict)
    began: int = 0

    def below(self, folder: str) -> Mapping[str, bytes]:
        """Return the files of a folder by their path below it."""
        start = folder + "/"
        return {
            path.removeprefix(start): data
            for path, data in self.files.items()
            if path.startswith(start)
        }


def read(root: Path, *, known: Sources | None = None, touched: Collection[str] = ()) -> Sources:
    """Read a project, so that a build sees one moment of the tree.

    Args:
        root: the project's folder.
        known: what was read before; what looks as it did then is not read again.
        touched: what is read whatever it looks like.

    Raises:
        HandbillError: there is no project here, or a file cannot be read.
    """
    root = root.resolve()
    found: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    signatures: dict[str, str] = {}
    path, began = root, time.time_ns()
    try:
        for name in seal.inputs(str(root)):
            path = root / name
            name.encode()
            signatures[name] = disk.signature(str(path))
            same = known is not None and known.signatures.get(name) == signatures[name]
            if known is not None and same and name not in touched:
                found[name], digests[name] = known.files[name], known.digests[name]
            else:
                found[name] = path.read_bytes()
                digests[name] = digest(found[name])
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
    return Sources(str(root), found, digests, signatures, began)


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
