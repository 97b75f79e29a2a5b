"""When files of a project are saved. The only importer of watchfiles, and does without it.

The system tells at once what was touched, where it can. Four times a second the files are looked
at too: a disk of the network tells nothing, and neither does a folder that has been replaced.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from handbill import disk, seal


#: Between two looks at the files, in seconds: one look at 250 files takes 2 ms.
_PAUSE = 0.25
#: An editor's writes within so many milliseconds are one save; it lasts at most so many.
_STEP, _LONGEST = 10, 100


def changes(root: Path, stop: Event) -> Iterator[frozenset[str]]:
    """Yield the inputs of a project that have been changed, made or removed, after each save.

    Args:
        root: the project's folder.
        stop: ends it when it is set.
    """
    root = root.resolve()
    before = _signatures(root)
    for told in _told(root, stop):
        now = _signatures(root)
        names = before.keys() | now.keys()
        touched = {name for name in names if before.get(name) != now.get(name)}
        # Two saves within one tick of the disk's clock look the same; the system tells of both.
        touched |= names & {path.relative_to(root).as_posix() for path in told}
        before = now
        if touched:
            yield frozenset(touched)


def _signatures(root: Path) -> dict[str, str]:
    """Return what the file system says of each input; what cannot be looked at is said too."""
    found: dict[str, str] = {}
    try:
        for name in seal.inputs(str(root)):
            found[name] = disk.signature(str(root / name))
    except OSError as error:
        found[""] = str(error)
    return found


def _told(root: Path, stop: Event) -> Iterator[frozenset[Path]]:
    """Yield what the system says was touched, and nothing when it is time to look ourselves."""
    folders = [root / name for name in seal.FOLDERS if (root / name).is_dir()]
    try:
        from watchfiles import watch  # noqa: PLC0415 - it need not be there

        for touched in watch(
            *folders,
            watch_filter=None,
            step=_STEP,
            debounce=_LONGEST,
            stop_event=stop,
            rust_timeout=round(_PAUSE * 1000),
            yield_on_timeout=True,
        ):
            yield frozenset(Path(path) for _change, path in touched)
    except (ImportError, OSError, RuntimeError):
        # Not installed, or the system has no more watches to give.
        while not stop.wait(_PAUSE):
            yield frozenset()
