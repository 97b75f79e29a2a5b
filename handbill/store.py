"""What is kept under `output/`: editions, the manifest, and finished files by content.

The only writer. Everything is written to a temporary sibling and renamed, so a reader sees the
old file or the new one and never half of either. All of the folder is safe to delete.
"""

import fcntl
import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO, Self

from handbill import disk, seal
from handbill.diagnostics import Diagnostic, Fault, HandbillError, Location
from handbill.editions import Artifact, Edition, Impression
from handbill.sources import digest


SCHEMA = 1
MANIFEST = "manifest.json"
SPECIMENS = "specimen"
PROOFS = "proof"
DIFFERENCES = "diff"
PSEUDO = "pseudo"
GALLERY = "gallery"
PREVIEWS = "previews"
REPORTS = "reports"
_KEPT = ".store"


class Store:
    """The output folder of a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: What the file system said of published files when their digests were known.
        self.signatures: dict[str, str] = {}

    def manifest(self) -> dict[str, Any]:
        """Return the manifest as last written; an absent or foreign one counts as empty."""
        self.signatures[MANIFEST] = disk.signature(str(self.root / MANIFEST))
        try:
            found = json.loads((self.root / MANIFEST).read_text("utf-8"))
            if found["schema"] != SCHEMA:
                return {}
            for row in found["editions"]:
                # Thousands of editions are made from the same few files.
                row["inputs"] = {intern(name): intern(said) for name, said in row["inputs"].items()}
                artifact_from(row)
                self._inside(self.root / row["path"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}
        return dict(found)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Replace the manifest, unless it says the same already."""
        encoder = json.JSONEncoder(ensure_ascii=False, indent=1, sort_keys=True)
        path = self.root / MANIFEST
        said = disk.signature(str(path))
        with self._replacing(path) as temporary:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                # Piece by piece: ten thousand editions are 30 MB of text.
                file.writelines(encoder.iterencode(manifest))
                file.write("\n")
            if path.is_file() and filecmp.cmp(temporary, path, shallow=False):
                temporary.unlink()
                self.signatures[MANIFEST] = said
                return
        self.signatures[MANIFEST] = disk.signature(str(path))

    def seal(self, text: str) -> None:
        """Put the seal on a finished build; none if the text is empty."""
        if text:
            self._write(self.root / seal.PATH, text.encode())

    def holds(self, path: str, wanted: str) -> bool:
        """Tell whether a published file is there and has this digest."""
        said = disk.signature(str(self.root / path))
        try:
            held = digest((self.root / path).read_bytes()) == wanted
        except OSError:
            return False
        self.signatures[path] = said if held else ""
        return held

    def published(self, path: str) -> bytes:
        """Return a published file.

        Raises:
            OSError: it is not there.
        """
        return (self.root / path).read_bytes()

    def digest(self, path: str) -> str:
        """Return the digest of a published file, which may be too large to be read at once."""
        with (self.root / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def impression(self, key: str) -> Impression | None:
        """Return what was printed from the proof with this key, faults included."""
        try:
            record = json.loads(self._record(key).read_text("utf-8"))
            data = self._blob(record["digest"]).read_bytes()
            faults = tuple(Fault.from_row(row) for row in record["faults"])
            kept = Impression(
                data=data,
                pages=record["pages"],
                fit=record["fit"],
                over=record["over"],
                faults=faults,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return kept if digest(data) == record["digest"] else None

    def keep(self, key: str, impression: Impression) -> None:
        """Remember an impression under the key of its proof."""
        name = digest(impression.data)
        self._write(self._blob(name), impression.data)
        record = {
            "digest": name,
            "pages": impression.pages,
            "fit": impression.fit,
            "over": impression.over,
            "faults": [fault.row() for fault in impression.faults],
        }
        self._write(self._record(key), json.dumps(record, ensure_ascii=False).encode())

    def publish(self, path: str, data: bytes) -> None:
        """Put a finished file in its place, unless it is there already."""
        if not self.holds(path, digest(data)):
            self._write(self.root / path, data)
            self.signatures[path] = disk.signature(str(self.root / path))

    @contextmanager
    def created(self, path: str) -> Iterator[BinaryIO]:
        """Give a file to be written, which takes its place when it is whole."""
        with self._replacing(self.root / path) as temporary, temporary.open("wb") as file:
            yield file

    @contextmanager
    def filled(self, name: str) -> Iterator[Self]:
        """Give a folder to be filled, which takes its place below this one when it is whole.

        One that was discarded meanwhile does not.

        Raises:
            HandbillError: it cannot be written, or is there already.
        """
        temporary = type(self)(self.root / f".{name}.{os.getpid()}.tmp")
        try:
            yield temporary
            if temporary.root.exists():
                with self._writing(name):
                    temporary.root.rename(self.root / name)
        finally:
            shutil.rmtree(temporary.root, ignore_errors=True)

    def discard(self) -> None:
        """Remove the folder, and all that is in it."""
        shutil.rmtree(self.root)

    def equals(self, other: Path) -> bool:
        """Tell whether another folder holds the same files, to the byte."""
        mine, others = (
            {path.relative_to(root) for path in root.rglob("*") if not path.is_dir()}
            for root in (self.root, other)
        )
        return mine == others and all(
            filecmp.cmp(self.root / path, other / path, shallow=False) for path in mine
        )

    def show(self, path: str, pictures: Sequence[bytes]) -> list[str]:
        """Keep the pictures of a published file's pages, and return their digests."""
        self.hide(path)
        for number, picture in enumerate(pictures, start=1):
            self._write(self._preview(path) / f"page-{number}.png", picture)
        return [digest(picture) for picture in pictures]

    def hide(self, path: str) -> None:
        """Remove the pictures of a published file: they are of what it was."""
        folder = self._preview(path)
        with self._writing(folder.relative_to(self.root).as_posix()):
            for picture in sorted(folder.glob("page-*.png")):
                picture.unlink()
            for empty in (folder, *folder.parents[:3]):
                with suppress(OSError):
                    empty.rmdir()

    def shows(self, path: str, digests: Sequence[str]) -> bool:
        """Tell whether the pictures of a published file's pages are these."""
        folder = self._preview(path).relative_to(self.root)
        return bool(digests) and all(
            self.holds(f"{folder}/page-{number}.png", wanted)
            for number, wanted in enumerate(digests, start=1)
        )

    def pictures(self, path: str, number: int) -> list[bytes]:
        """Return the pictures of a published file's pages.

        Raises:
            OSError: they are not there.
        """
        pages = range(1, number + 1)
        return [(self._preview(path) / f"page-{page}.png").read_bytes() for page in pages]

    def withdraw(self, path: str) -> None:
        """Remove a published file, its pictures, and the folders that they leave empty."""
        self._inside(self.root / path)
        self.hide(path)
        with self._writing(path):
            (self.root / path).unlink(missing_ok=True)
            for parent in Path(path).parents[:-1]:
                with suppress(OSError):
                    (self.root / parent).rmdir()

    def forget(self, keys: Iterable[str]) -> None:
        """Drop every kept impression but those of these proofs."""
        records = {self._record(key) for key in keys}
        blobs = set()
        for record in records:
            with suppress(OSError, ValueError, KeyError):
                blobs.add(self._blob(json.loads(record.read_text("utf-8"))["digest"]))
        for folder, wanted in (("records", records), ("blobs", blobs)):
            for file in self._files(folder):
                if file not in wanted:
                    with self._writing(str(file.relative_to(self.root))):
                        file.unlink(missing_ok=True)

    def clean(self) -> int:
        """Remove what builds have written, and nothing else; return how many files that were."""
        ours = [self.root / row["path"] for row in self.manifest().get("editions", ())]
        for name in (PROOFS, DIFFERENCES):
            ours += sorted((self.root / name).glob("*/*.pdf"))
            ours += sorted((self.root / name).glob("*/*.html"))
        for name in (SPECIMENS, GALLERY, REPORTS):
            ours += sorted((self.root / name).glob("*.pdf"))
            ours += sorted((self.root / name).glob("*.html"))
        ours += sorted((self.root / PREVIEWS).glob("*/*/*/page-*.png"))
        ours += [path for path in (self.root / _KEPT).rglob("*") if path.is_file()]
        ours.append(self.root / MANIFEST)
        found = [path for path in ours if path.is_file()]
        for path in found:
            path.unlink()
        for folder in sorted({parent for path in found for parent in path.parents}, reverse=True):
            if self.root in folder.parents:
                with suppress(OSError):
                    folder.rmdir()
        return len(found)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other builds out of the folder meanwhile.

        Raises:
            HandbillError: another build is at work in it.
        """
        path = self.root / _KEPT / "lock"
        with self._writing(f"{_KEPT}/lock"):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HandbillError(
                    Fault(
                        kind="unwritable-output",
                        location=Location(path=f"{self.root.name}/"),
                        message="another build is writing there",
                        hint="wait until it has ended",
                    )
                ) from error
            yield

    def _files(self, folder: str) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted((self.root / _KEPT / folder).iterdir())

    def _record(self, key: str) -> Path:
        return self.root / _KEPT / "records" / f"{key}.json"

    def _preview(self, path: str) -> Path:
        return self.root / PREVIEWS / path.rsplit(".", 1)[0]

    def _blob(self, name: str) -> Path:
        return self.root / _KEPT / "blobs" / name

    def _inside(self, path: Path) -> None:
        """Refuse a path that leads out of the folder."""
        if not path.resolve().is_relative_to(self.root.resolve()):
            message = f"{path} is not in {self.root}"
            raise ValueError(message)

    def _write(self, path: Path, data: bytes) -> None:
        with self._replacing(path) as temporary:
            temporary.write_bytes(data)

    @contextmanager
    def _replacing(self, path: Path) -> Iterator[Path]:
        """Give the name of a sibling to write to, which then takes the file's place."""
        self._inside(path)
        # Not tempfile: it makes files that only their owner may read.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with self._writing(path.relative_to(self.root).as_posix()):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                yield temporary
                if temporary.exists():
                    temporary.replace(path)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HandbillError(
                Fault(
                    kind="unwritable-output",
                    location=Location(path=f"{self.root.name}/{name}"),
                    message=f"cannot be written: {(error.strerror or str(error)).lower()}",
                    hint="what was there before is untouched",
                )
            ) from error


def append(path: Path, text: str) -> None:
    """Add a text to the end of a file outside the output folder, such as the summary of a CI job.

    Raises:
        HandbillError: it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise HandbillError(
            Fault(
                kind="unwritable-output",
                location=Location(path=path.as_posix()),
                message=f"cannot be written: {(error.strerror or str(error)).lower()}",
            )
        ) from error


def artifact_row(artifact: Artifact) -> dict[str, Any]:
    """Write an artifact as a row of the manifest."""
    edition = artifact.edition
    return {
        "path": edition.path,
        "leaflet": edition.leaflet,
        "clinic": edition.clinic,
        "language": edition.language,
        "format": edition.format,
        "kind": edition.kind,
        "version": artifact.version,
        "code": artifact.code,
        "draft": artifact.draft,
        "current": True,
        "digest": artifact.digest,
        "pages": artifact.pages,
        "fit": artifact.fit,
        "key": artifact.key,
        "inputs": dict(artifact.inputs),
        "findings": [item.row() for item in artifact.diagnostics],
    }


def artifact_from(row: Mapping[str, Any]) -> Artifact:
    """Read a row of the manifest."""
    return Artifact(
        edition=Edition(
            leaflet=row["leaflet"],
            clinic=row["clinic"],
            language=row["language"],
            format=row["format"],
            kind=row["kind"],
        ),
        version=row["version"],
        # Older manifests have none; what they tell of is made anew all the same.
        code=row.get("code", ""),
        draft=row["draft"],
        digest=row["digest"],
        pages=row["pages"],
        fit=row["fit"],
        key=row["key"],
        inputs=row["inputs"],
        diagnostics=tuple(Diagnostic.from_row(item) for item in row["findings"]),
    )
