"""Which revision of a repository a project's files are from, as git tells. Nobody is named."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


_SECONDS = 60


def revision(root: Path, paths: Sequence[str]) -> dict[str, Any]:
    """Return the commit that is checked out, and whether files differ from it.

    Args:
        root: the project's folder.
        paths: the files and folders below it that matter.

    Returns:
        Nothing where git is not installed, or the folder is in no repository.
    """
    commit = _ask(root, "rev-parse", "--verify", "HEAD")
    if not commit:
        return {}
    changed = _ask(root, "status", "--porcelain", "--untracked-files=all", "--", *paths)
    return {"revision": commit.strip(), "changed": changed is None or bool(changed)}


def _ask(root: Path, *words: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    # It must only look: others may be at work in the repository.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - a program of the path, and words of ours
            [git, "-C", str(root), *words],
            capture_output=True,
            check=False,
            env=environment,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace")
