"""The output folder: whole files or none."""

import errno
from pathlib import Path

import pytest

from handbill.diagnostics import Fault, HandbillError, Location, Scope
from handbill.editions import Artifact, Edition, Impression
from handbill.store import Store, artifact_row


FAULT = Fault(
    kind="missing-glyph",
    location=Location(path="a.po", line=3, column=2),
    message="m",
    hint="h",
    scope=Scope(leaflet="x"),
)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half way leaves what was there, and no half file beside it."""
    store = Store(tmp_path)
    store.publish("a/x.pdf", b"old")

    def fill(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(HandbillError) as caught:
        store.publish("a/x.pdf", b"new")

    assert caught.value.fault.kind == "unwritable-output"
    assert "no space left" in caught.value.fault.message
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.pdf"]
    assert (tmp_path / "a/x.pdf").read_bytes() == b"old"


def test_published_files_may_be_read_by_others(tmp_path: Path) -> None:
    """A PDF has the permissions of any new file."""
    Store(tmp_path).publish("x.pdf", b"1")
    (tmp_path / "other").write_bytes(b"1")

    assert (tmp_path / "x.pdf").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    """Publishing what is there already touches nothing."""
    store = Store(tmp_path)
    store.publish("x.pdf", b"1")
    before = (tmp_path / "x.pdf").stat()
    store.publish("x.pdf", b"1")

    assert (tmp_path / "x.pdf").stat().st_ino == before.st_ino


def test_a_record_keeps_its_faults(tmp_path: Path) -> None:
    """What was found in printing is found again without printing."""
    store = Store(tmp_path)
    impression = Impression(data=b"%PDF", pages=2, faults=(FAULT,))
    store.keep("k", impression)

    assert store.impression("k") == impression


def test_a_damaged_record_or_blob_counts_as_absent(tmp_path: Path) -> None:
    """A cache is input: what is not what it says it is, is printed anew."""
    store = Store(tmp_path)
    store.keep("k", Impression(data=b"%PDF", pages=2))
    blob = next((tmp_path / ".store/blobs").iterdir())
    blob.write_bytes(b"%PDX")

    assert store.impression("k") is None
    (tmp_path / ".store/records/k.json").write_text("{")
    assert store.impression("k") is None


def test_a_foreign_manifest_counts_as_empty(tmp_path: Path) -> None:
    """A manifest of another schema, or none, starts a build from nothing."""
    store = Store(tmp_path)
    for text in ("", "[]", '{"schema": 0}', "\x00"):
        (tmp_path / "manifest.json").write_text(text)

        assert store.manifest() == {}


def test_cleaning_leaves_what_a_build_did_not_write(tmp_path: Path) -> None:
    """Whatever the folder is, only what the manifest lists and the store keeps is removed."""
    store = Store(tmp_path)
    edition = Edition(leaflet="x", clinic="a", language="en", format="a4")
    artifact = Artifact(
        code="3f9a2c1d" * 8,
        edition=edition,
        version="1",
        draft=True,
        digest="",
        pages=1,
        fit="",
        key="k",
        inputs={},
    )
    store.publish(edition.path, b"1")
    store.keep("k", Impression(data=b"%PDF", pages=2))
    store.write_manifest({"schema": 1, "editions": [artifact_row(artifact)]})
    (tmp_path / ".gitkeep").write_text("")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_text("mine")

    assert store.clean() == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitkeep", "photos"]
    assert (tmp_path / "photos/a.jpg").read_text() == "mine"


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    """A name that leads out of the folder is a bug, and stops there."""
    with pytest.raises(ValueError, match="is not in"):
        Store(tmp_path / "output").publish("../evil.pdf", b"1")

    assert not (tmp_path / "evil.pdf").exists()


def test_two_builds_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second is told to wait."""
    store = Store(tmp_path)
    with store.alone(), pytest.raises(HandbillError) as caught, Store(tmp_path).alone():
        pass

    assert "another build" in caught.value.fault.message


def test_pictures_go_with_the_file_that_they_show(tmp_path: Path) -> None:
    """They are whole or not there, and withdrawn with their file."""
    store = Store(tmp_path)
    path = "a/en/x.a4.pdf"
    store.publish(path, b"%PDF")

    shown = store.show(path, [b"one", b"two"])
    assert store.shows(path, shown)
    assert store.show(path, [b"one"]) == shown[:1]
    assert [found.name for found in tmp_path.glob("previews/**/*.png")] == ["page-1.png"]
    assert not store.shows(path, shown)
    assert not store.shows(path, [])
    store.withdraw(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_there_when_it_is_whole(tmp_path: Path) -> None:
    """Not before, not if filling it fails, and not if it was discarded."""
    store = Store(tmp_path)
    with store.filled("one") as folder:
        folder.publish("a/x.pdf", b"x")
        assert not (tmp_path / "one").exists()
    assert (tmp_path / "one/a/x.pdf").read_bytes() == b"x"

    def fail() -> None:
        with store.filled("two") as folder:
            folder.publish("x.pdf", b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with store.filled("three") as folder:
        folder.publish("a/x.pdf", b"x")
        assert folder.equals(tmp_path / "one")
        folder.publish("a/y.pdf", b"y")
        assert not folder.equals(tmp_path / "one")
        folder.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    with pytest.raises(HandbillError, match="cannot be written"), store.filled("one") as folder:
        folder.publish("x.pdf", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
