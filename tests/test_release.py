"""What is released is the same wherever it is made, and what was changed since is found."""

import datetime as dt
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handbill import project, signoff, sources
from handbill.catalog import INTERFACE
from handbill.model import Signature, SignOff
from tests.conftest import ROOT, TODAY, on_disk


SIGNERS = {
    "en": {"clinical-reviewer": "Dr A. Example"},
    "es": {"translator": "T. Example", "second-reader": "S. Example"},
    "ar": {"translator": "U. Example", "second-reader": "V. Example"},
}


class Publisher:
    """A project of one leaflet in three languages for two clinics, and who signs for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "project"

    def begin(self) -> None:
        """Put the project on disk."""
        on_disk(self.root)
        clinic = self.root / "content/clinics/one.toml"
        text = clinic.read_text("utf-8").replace("Clinic One", "Clinic Two")
        clinic.with_name("two.toml").write_text(text, "utf-8")

    def sign(self, *tags: str) -> None:
        """Let made-up persons sign all texts in these languages as they are."""
        for tag in tags or SIGNERS:
            for domain, (role, name) in itertools.product(("hands", INTERFACE), SIGNERS[tag].items()):
                loaded = project.load(sources.read(self.root), today=TODAY)
                code = signoff.code(signoff.printed(loaded, domain, tag))
                signature = Signature(
                    role=role, name=name, date=TODAY, expires=TODAY + dt.timedelta(days=730), text=code
                )
                signed = signoff.sign(loaded, domain, tag, signature)
                assert isinstance(signed, SignOff)
                path = self.root / signed.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(signoff.write(signed))

    def edit(self, path: str, before: str, after: str) -> None:
        """Change a file of the project."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the project, in a process of its own."""
        return subprocess.run(
            [sys.executable, str(ROOT / "build.py"), *words, "--today", TODAY.isoformat()],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
