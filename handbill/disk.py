"""What the file system says of files: their names below a folder, and when they were touched.

Imports nothing that Python has not loaded before it reads a program: see `seal`.
"""

import os
from collections.abc import Iterator


_IGNORED_SUFFIXES = (".pot", ".mo", "~", ".swp", ".orig", ".md5")


def files(folder: str) -> Iterator[str]:
    """Yield the files below a folder, in order, without those that editors and systems leave.

    Raises:
        OSError: a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    if not os.path.isdir(folder):
        return
    for parent, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not name.endswith(_IGNORED_SUFFIXES):
                yield os.path.join(parent, name)


def signature(path: str) -> str:
    """Return what changes when a file is touched: size, times in nanoseconds and inode.

    Empty for what is not there. Of a folder it changes when a name in it does.
    """
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"
