"""The seal on a finished build: while no file under it has been touched, there is nothing to do.

A build with nothing to do ends here, before anything else is imported: only what Python has loaded
before it reads a program is. The seal decides nothing by age. It holds what the file system says
of each file, and where that is anything else than it was, the files are read, and their digests
decide.
"""

import os
import sys
import time
from collections.abc import Iterable, Mapping

from handbill import disk


PATH = ".store/seal"
#: What a build reads, below the project's root. Nothing else can influence an edition.
FOLDERS = ("content", "locales", "templates")
SETTINGS = "pyproject.toml"

_FORMAT = "handbill seal 1"
#: File systems tell times to the tick of the kernel's clock, at most 10 ms, or to 2 s. What was
#: touched within one tick of being read may be touched again and say the same.
_TICK, _COARSE_TICK = 20_000_000, 2_000_000_000


#: How a build has ended: its exit status, and what it said, without colours and with them.
Ending = tuple[int, str, str]


def inputs(root: str) -> Iterable[str]:
    """Yield the path below the root of every file that a build reads, with `/` between its parts.

    Raises:
        OSError: a folder cannot be read.
    """
    if os.path.isfile(os.path.join(root, SETTINGS)):
        yield SETTINGS
    start = len(os.path.join(root, ""))
    for folder in FOLDERS:
        for path in disk.files(os.path.join(root, folder)):
            yield path[start:].replace(os.sep, "/")


def compose(
    ending: Ending,
    *,
    root: str,
    output: str,
    days: tuple[str, str],
    began: int,
    tools: Mapping[str, str],
    read: Mapping[str, str],
    published: Mapping[str, str],
) -> str:
    """Write a seal; empty where the files are too young, or their names too odd, to be trusted.

    Args:
        ending: how the build has ended.
        root: the project's folder.
        output: the folder of the published files.
        days: the first and the last day on which the same files say the same.
        began: when the files began to be read, in nanoseconds since 1970.
        tools: what `disk.signature` said of each part of the toolchain before it was used.
        read: what it said of each input before it was read, by its path below the root.
        published: what it said of each published file when its digest was known.
    """
    touched = {os.path.join(output, path): said for path, said in published.items()}
    wait = max((_age_wanted(said, time.time_ns()) for said in touched.values()), default=0)
    if wait > _TICK:
        return ""
    time.sleep(wait / 1e9)
    seen = {os.path.join(root, path): said for path, said in read.items()} | dict(tools)
    settled = all(said and not _age_wanted(said, began) for said in seen.values())
    if not settled or any(disk.signature(path) != said for path, said in touched.items()):
        return ""
    status, *texts = ending
    lines = [_FORMAT, " ".join(days), str(status)]
    for text in texts:
        lines += [str(text.count("\n") + 1), text]
    state = _state(root, output, tools=tools, read=read, published=published)
    if any("\n" in path for path in (*seen, *touched)):
        return ""
    return "\n".join([*lines, str(len(tools)), str(len(published)), *state])


def unbroken(root: str, output: str) -> Ending | None:
    """Return how the last build ended if this one would end the same; None if that is not known."""
    try:
        with open(os.path.join(output, PATH), encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
        if lines[0] != _FORMAT:
            return None
        first, last = lines[1].split(" ")
        today = time.strftime("%Y-%m-%d", time.gmtime())
        if not first <= today <= last:
            return None
        status, at, texts = int(lines[2]), 3, []
        for _ in range(2):
            end = at + 1 + int(lines[at])
            texts.append("\n".join(lines[at + 1 : end]))
            at = end
        tools, published = int(lines[at]), int(lines[at + 1])
        state = lines[at + 2 :]
        names = [line.split(" ", 1)[1] for line in state[1 : tools + 1]]
        outputs = [line.split(" ", 1)[1] for line in state[len(state) - published :]]
        now = _state(
            root,
            output,
            tools={name: disk.signature(name) for name in names},
            read={name: disk.signature(os.path.join(root, name)) for name in inputs(root)},
            published={name: disk.signature(os.path.join(output, name)) for name in outputs},
        )
    except (OSError, ValueError, IndexError):
        return None
    return (status, texts[0], texts[1]) if now == state else None


def _state(
    root: str,
    output: str,
    *,
    tools: Mapping[str, str],
    read: Mapping[str, str],
    published: Mapping[str, str],
) -> list[str]:
    """Write down what must stay as it is: the interpreter and its surroundings, and every file."""
    library_path = os.environ.get("LD_LIBRARY_PATH", "")
    here = os.path.dirname(__file__)
    around = [sys.version, *sys.path[1:], library_path, here, *map(os.path.abspath, (root, output))]
    return [
        repr(around),
        *(f"{said} {path}" for part in (tools, read, published) for path, said in part.items()),
    ]


def _age_wanted(said: str, moment: int) -> int:
    """Return for how long a file was too young at a moment, in nanoseconds; 0 if it was not."""
    times = [int(part) for part in said.split("-")[1:3]]
    coarse = all(part % 1_000_000 == 0 for part in times)
    return max(0, max(times) + (_COARSE_TICK if coarse else _TICK) - moment)
