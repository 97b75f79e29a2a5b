"""The workflows of CI do what they say: linted, pinned, and their steps run for real."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from handbill import commands, project, signoff, sources
from handbill.catalog import INTERFACE
from tests.conftest import ROOT, TODAY, on_disk
from tests.test_signoff import sign


WORKFLOWS = ROOT / ".github" / "workflows"
GITLAB = ROOT / "docs" / "ci" / "gitlab.yml"
TOOLS = Path(sys.executable).parent
TAG = "v2026.11.1"
_PINNED = re.compile(r"uses: (?P<name>[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v?[\d.]+)$")
_LOCAL = re.compile(r"uses: \./\.github/workflows/(?P<file>[\w-]+\.yml)( #.*)?$")
_WORDS = re.compile(r"""\bwords\+?=(?:\(([^)]*)\)|"([^"]*)")""")
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


def read(path: Path) -> dict[str, Any]:
    """Read a file of YAML, as the 1.2 that both forges read."""
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every job of every workflow, with a name for it."""
    for path in sorted(WORKFLOWS.glob("*.yml")):
        for name, job in read(path)["jobs"].items():
            yield f"{path.name}:{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every step of every workflow, with the name of its job."""
    for name, job in jobs():
        for step in job.get("steps", ()):
            yield name, step


def scripts() -> Iterator[tuple[str, str]]:
    """Yield every piece of shell, of GitHub's workflows and of GitLab's pipeline."""
    for name, step in steps():
        if "run" in step:
            yield name, step["run"]
    for name, job in read(GITLAB).items():
        if isinstance(job, dict) and "script" in job:
            yield f"gitlab.yml:{name}", "\n".join(job["script"])


class Clinic:
    """A clinic's repository, as `script/repository` begins it, with handbill in an environment.

    The environment borrows the packages of the tests' own, but for handbill: that is installed
    from the clinic's lock, by its hash.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "leaflets"
        self.python = folder / "venv" / "bin" / "python"

    def begin(self) -> None:
        """Follow the documented steps."""
        run(str(ROOT / "script" / "repository"), str(self.root))
        run(sys.executable, "-m", "venv", str(self.folder / "venv"))
        (borrowed,) = (TOOLS.parent / "lib").glob("python3*/site-packages")
        (own,) = (self.folder / "venv" / "lib").glob("python3*/site-packages")
        for entry in borrowed.iterdir():
            if "handbill" not in entry.name and not (own / entry.name).exists():
                (own / entry.name).symlink_to(entry)
        self.install()

    def install(self) -> None:
        """Install what the lock names."""
        words = ("install", "--quiet", "--no-index", "--require-hashes", "--no-deps")
        run(
            str(self.python),
            *("-m", "pip", *words, "--requirement", "requirements.lock"),
            cwd=self.root,
        )

    def handbill(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the installed command."""
        program = self.python.with_name("handbill")
        return subprocess.run(
            [program, *words, "--today", TODAY.isoformat()],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": ""},
        )


def run(*words: str, cwd: Path = ROOT, **environment: str) -> str:
    """Run a program that must succeed, and return what it prints."""
    done = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Return a clinic's repository, just begun."""
    found = Clinic(tmp_path_factory.mktemp("clinic"))
    found.begin()
    return found


class Runner:
    """Runs the jobs of a workflow as GitHub would, with folders for artifacts.

    It knows just what the workflows use; what it does not know fails the test.
    """

    def __init__(self, clinic: Clinic, folder: Path, values: Mapping[str, str]) -> None:
        self.clinic, self.folder = clinic, folder
        self.values = dict(values)
        self.summary = ""
        self.log = ""
        self.asked: list[str] = []
        for name in ("bin", "artifacts", "jobs"):
            (folder / name).mkdir(parents=True)
        self._program("sudo", '[ "$1" = apt-get ]')
        self._program(
            "python",
            f"""
            if [ "$1 $2" = "-m handbill" ]; then set -- "$@" --today {TODAY}; fi
            exec {shlex.quote(str(clinic.python))} "$@"
            """,
        )
        self._program("gh", f'printf "%s\\n" "$*" >> {shlex.quote(str(folder / "gh.log"))}')

    def job(self, workflow: str, name: str, **values: str) -> None:
        """Run a job, and keep what it gives to others."""
        job = read(WORKFLOWS / workflow)["jobs"][name]
        known = {**self.values, **values}
        place = self.folder / "jobs" / f"{name}{values.get('matrix.shard', '')}"
        place.mkdir()
        for step in job["steps"]:
            if not self._wanted(step.get("if", ""), place, known):
                continue
            given = {
                key: self._filled(str(value), known) for key, value in step.get("with", {}).items()
            }
            if "run" in step:
                outputs = self._shell(step, place, known)
                for key, value in outputs.items():
                    known[f"steps.{step['id']}.outputs.{key}"] = value
            else:
                getattr(self, f"_{step['uses'].split('@')[0].replace('/', '_').replace('-', '_')}")(
                    place, given
                )
                if step.get("id"):
                    known[f"steps.{step['id']}.outputs.artifact-url"] = "https://example.org/a"
        for key, value in job.get("outputs", {}).items():
            self.values[f"needs.{name}.outputs.{key}"] = self._filled(value, known)

    def _shell(
        self, step: Mapping[str, Any], place: Path, known: Mapping[str, str]
    ) -> dict[str, str]:
        output, summary = self.folder / "output.txt", self.folder / "summary.md"
        output.write_text("", "utf-8")
        summary.write_text("", "utf-8")
        temporary = place / ".." / f"{place.name}.temp"
        temporary.mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            check=False,
            capture_output=True,
            text=True,
            cwd=place,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "LC_ALL": "C.UTF-8",
                "PIP_NO_INDEX": "1",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(temporary.resolve()),
                **{
                    key: self._filled(str(value), known)
                    for key, value in step.get("env", {}).items()
                },
            },
        )
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
        self.log += done.stdout + done.stderr
        self.summary += summary.read_text("utf-8")
        self.asked.append(step["run"])
        return dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines())

    def _filled(self, text: str, known: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda match: known[match[1]], text)

    def _wanted(self, condition: str, place: Path, known: Mapping[str, str]) -> bool:
        if not condition:
            return True
        (inner,) = _EXPRESSION.findall(condition)
        built = (place / "output" / "manifest.json").exists()
        answers = {
            "!cancelled()": True,
            "hashFiles('output/manifest.json') != ''": built,
            "github.event_name == 'pull_request'": known["github.event_name"] == "pull_request",
            "steps.leaflets.outputs.artifact-url != ''": (
                "steps.leaflets.outputs.artifact-url" in known
            ),
        }
        return all(answers[part] for part in inner.split(" && "))

    def _actions_checkout(self, place: Path, given: Mapping[str, str]) -> None:
        assert given["persist-credentials"] == "False"
        if "repository" in given:
            # Where the workflow itself lies: here.
            assert (given["repository"], given["ref"]) == ("us/handbill", "c0ffee")
            (place / given["path"]).symlink_to(ROOT)
            return
        depth = ("--depth", given.get("fetch-depth", "1"))
        run("git", "clone", "--quiet", *depth, self.clinic.root.as_uri(), str(place))

    def _actions_setup_python(self, place: Path, given: Mapping[str, str]) -> None:
        assert given.get("cache", "pip") == "pip"
        assert (place / given.get("cache-dependency-path", "requirements.lock")).is_file()

    def _actions_upload_artifact(self, place: Path, given: Mapping[str, str]) -> None:
        names = given["path"].split()
        hidden = given.get("include-hidden-files", "False") == "True"
        ignored = None if hidden else shutil.ignore_patterns(".*")
        target = self.folder / "artifacts" / given["name"]
        for name in names:
            # A folder alone is taken without its name, several files with theirs.
            to = target if len(names) == 1 else target / name
            if (place / name).is_dir():
                shutil.copytree(place / name, to, ignore=ignored)
            else:
                to.parent.mkdir(exist_ok=True)
                shutil.copy(place / name, to)

    def _actions_download_artifact(self, place: Path, given: Mapping[str, str]) -> None:
        names = list((self.folder / "artifacts").glob(given.get("name") or given["pattern"]))
        assert names
        assert len(names) == 1 or given["merge-multiple"] == "True"
        for name in names:
            shutil.copytree(name, place / given.get("path", "."), dirs_exist_ok=True)

    def _actions_attest(self, place: Path, given: Mapping[str, str]) -> None:
        assert list(place.glob(given["subject-path"]))

    def _program(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\n{text}\n", "utf-8")
        path.chmod(0o755)


def commit(folder: Path, message: str) -> None:
    """Commit all of a folder."""
    who = ("-c", "user.name=A. Person", "-c", "user.email=a@example.org")
    run("git", "add", "--all", cwd=folder)
    run("git", *who, "commit", "--quiet", "--message", message, cwd=folder)


@pytest.fixture
def changed(clinic: Clinic, tmp_path: Path) -> Clinic:
    """Return a clinic's repository with signed leaflets, and a commit that changes one."""
    signed = on_disk(tmp_path / "signed")
    roles = {
        "en": ("clinical-reviewer",),
        **dict.fromkeys(("es", "ar"), ("translator", "second-reader")),
    }
    for tag, of in roles.items():
        for domain, role in itertools.product(("hands", INTERFACE), of):
            loaded = project.load(sources.read(signed), today=TODAY)
            text = sign(loaded, domain, tag, role, f"{role} Example")
            (signed / text.path).parent.mkdir(parents=True, exist_ok=True)
            (signed / text.path).write_bytes(signoff.write(text))
    found = Clinic(clinic.folder)
    found.root = tmp_path / "leaflets"
    shutil.copytree(clinic.root, found.root, ignore=shutil.ignore_patterns("output"))
    for name in ("content", "locales", "templates"):
        shutil.rmtree(found.root / name)
        shutil.copytree(signed / name, found.root / name)
    shutil.copy(signed / "pyproject.toml", found.root)
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=found.root)
    commit(found.root, "Begin")
    return found


@pytest.mark.slow
def test_a_clinic_can_begin_a_repository_of_its_own(clinic: Clinic) -> None:
    """`script/repository`, an environment, the lock, `handbill build`: nothing else is needed."""
    done = clinic.handbill(
        *("build", "--leaflet", "milia", "--language", "es"),
        *("--clinic", "northgate", "--format", "a4"),
    )

    assert done.returncode == 0, done.stderr
    assert "1 typeset, 0 reused, 0 stopped; 0 errors" in done.stderr
    assert (clinic.root / "output/northgate/es/milia.a4.pdf").read_bytes().startswith(b"%PDF-")
    assert not (clinic.root / "handbill").exists()


@pytest.mark.slow
def test_a_repository_is_begun_once(clinic: Clinic) -> None:
    """A folder that holds anything is left as it is."""
    done = subprocess.run(
        [ROOT / "script" / "repository", clinic.root], check=False, capture_output=True, text=True
    )

    assert done.returncode == 2
    assert "is not empty; nothing is written" in done.stderr


@pytest.mark.slow
def test_the_wheel_holds_the_program_and_is_the_same_anywhere(
    clinic: Clinic, tmp_path: Path
) -> None:
    """Every file of handbill/ is in it; another time zone and folder make the same bytes."""
    (first,) = (clinic.root / "wheels").iterdir()
    run(
        str(ROOT / "script" / "wheel"),
        str(tmp_path / "another folder"),
        cwd=tmp_path,
        TZ="Pacific/Auckland",
    )
    (second,) = (tmp_path / "another folder").iterdir()
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "handbill").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(first) as wheel:
        held = {name for name in wheel.namelist() if name.startswith("handbill/")}

    assert held == files
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())


@pytest.mark.slow
def test_the_steps_of_the_workflows_work(changed: Clinic, tmp_path: Path) -> None:
    """A pull request is checked, built in shards, merged, judged, drawn; then a tag is released."""
    clinic = changed
    telephone = clinic.root / "content/clinics/one.toml"
    telephone.write_text(telephone.read_text("utf-8").replace("0123", "0124"), "utf-8")
    commit(clinic.root, "Change the telephone number")
    runner = Runner(
        clinic,
        tmp_path / "runner",
        {
            "inputs.requirements": "requirements.lock",
            "inputs.python-version": "3.12",
            "inputs.shards": "2",
            "inputs.signed-only": "false",
            "github.event_name": "pull_request",
            "github.ref_name": TAG,
            "github.repository": "clinic/leaflets",
            "github.token": "none",
            "job.workflow_repository": "us/handbill",
            "job.workflow_sha": "c0ffee",
        },
    )
    for name in ("plan", "check"):
        runner.job("leaflets.yml", name)
    shards = json.loads(runner.values["needs.plan.outputs.shards"])
    for shard in shards:
        runner.job("leaflets.yml", "build", **{"matrix.shard": str(shard)})
    runner.job("leaflets.yml", "merge")

    assert shards == [1, 2]
    assert "3 merged, 0 stopped; 0 errors" in runner.log
    assert "3 editions drawn" in runner.log
    assert re.search("^3 PDFs, 2 profiles: 0 failures$|^skipped: no Java", runner.log, re.MULTILINE)
    assert "### Check: 0 errors" in runner.summary
    assert "### 3 handouts changed" in runner.summary
    assert "| hands | ar | changed | final | 1 | content/clinics/one.toml |" in runner.summary
    assert "(https://example.org/a)" in runner.summary
    kept = tmp_path / "runner" / "artifacts" / "leaflets"
    assert len(list(kept.glob("*/*/*.pdf"))) == 3
    assert list(kept.glob("previews/one/ar/*/page-1.png"))

    for name in ("make", "publish"):
        runner.job("leaflets-release.yml", name)
    asked = (tmp_path / "runner" / "gh.log").read_text("utf-8").splitlines()

    assert asked[0].startswith("release list ")
    assert asked[1].startswith(
        f"release create {TAG} --verify-tag --title {TAG} --notes-file notes.md"
    )
    assert {f"published/leaflets-{TAG}.zip", "published/SHA256SUMS"} <= set(asked[1].split())


@pytest.mark.slow
def test_the_pipeline_for_gitlab_works(changed: Clinic, tmp_path: Path) -> None:
    """Its scripts run in order too: report, two shards, merge, pictures."""
    runner = Runner(changed, tmp_path / "runner", {})
    pipeline = read(GITLAB)
    variables = {"CI_NODE_TOTAL": str(pipeline["build"]["parallel"])}
    place = tmp_path / "clone"
    run("git", "clone", "--quiet", changed.root.as_uri(), str(place))
    for name, number in (("check", "0"), ("build", "1"), ("build", "2"), ("merge", "0")):
        known = {"env": {**variables, "CI_NODE_INDEX": number}}
        runner._shell({"run": "\n".join(pipeline[name]["script"]), **known}, place, {})

    assert json.loads((place / "code-quality.json").read_text("utf-8")) == []
    assert "3 merged, 0 stopped; 0 errors" in runner.log
    assert len(list((place / "output/previews").glob("*/*/*/page-1.png"))) == 3


def test_actions_are_pinned() -> None:
    """Each `uses` names a commit and its version; one action has one of each, everywhere."""
    versions: dict[str, set[tuple[str, str]]] = {}
    for path in sorted(WORKFLOWS.glob("*.yml")):
        for line in path.read_text("utf-8").splitlines():
            if "uses: " not in line or line.lstrip().startswith("#"):
                continue
            if local := _LOCAL.search(line):
                assert (WORKFLOWS / local["file"]).is_file()
                continue
            pinned = _PINNED.search(line)
            assert pinned, line
            versions.setdefault(pinned["name"], set()).add((pinned["commit"], pinned["version"]))

    assert len(versions) == 7
    assert {name: len(found) for name, found in versions.items()} == dict.fromkeys(versions, 1)
    assert re.search(r"@sha256:[0-9a-f]{64}$", read(GITLAB)["default"]["image"])


def test_gitlab_shows_artifacts_by_names_that_it_allows() -> None:
    """Its schema does not say it: letters, digits, hyphens, low lines and spaces alone."""
    pipeline = read(GITLAB)
    names = [
        job["artifacts"]["expose_as"]
        for job in pipeline.values()
        if isinstance(job, dict) and "expose_as" in job.get("artifacts", {})
    ]

    assert len(names) == 2
    assert [name for name in names if not re.fullmatch(r"\w[\w -]*", name)] == []


def test_workflows_may_do_little() -> None:
    """No right for all jobs; who may write checks nothing out; every job has an end."""
    for path in sorted(WORKFLOWS.glob("*.yml")):
        workflow = read(path)
        assert workflow["permissions"] == {}
        assert "secrets." not in path.read_text("utf-8")
        assert not {"pull_request_target", "workflow_run"} & set(workflow["on"])
    for name, job in jobs():
        assert "uses" in job or job["timeout-minutes"] <= 90
        used = " ".join(step.get("uses", "") for step in job.get("steps", ()))
        if "write" in job.get("permissions", {}).values():
            assert "actions/checkout" not in used, name
    for name, step in steps():
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False, name


def test_no_shell_has_words_of_strangers_in_it() -> None:
    """A title or a branch could be a command: values come by the environment alone."""
    found = list(scripts())

    assert len(found) > 20
    assert [name for name, script in found if "${{" in script] == []


def test_every_command_in_ci_is_one_of_ours() -> None:
    """What CI asks for, the command line takes: options do not change behind its back."""
    parser = commands._parser()
    address = "https://example.org/leaflets"
    placeholders = {"$SHARD/$SHARDS": "1/2", "$CI_NODE_INDEX/$CI_NODE_TOTAL": "1/2"}
    placeholders |= {"$ADDRESS": address, "$CI_PAGES_URL": address}
    found = set()
    for name, script in scripts():
        # What is added to a command only sometimes.
        more = [one or other for one, other in _WORDS.findall(script)]
        for line in script.replace("\\\n", " ").splitlines():
            if match := re.search(r"python -m handbill (.*)", line):
                words = shlex.split(re.split(r" (?:>>?|\|\|?|2>) ?|;", match[1])[0])
                if words[-1] in {"${words[@]}", "$words"}:
                    words[-1:] = shlex.split(" ".join(more))
                words = [placeholders.get(word, word) for word in words]
                parser.parse_args(words)
                found.add(words[0])
            for part in re.findall(r"(?<![\w.$/-])script/[\w-]+", line):
                assert os.access(ROOT / part, os.X_OK), (name, part)

    assert found == {"check", "build", "merge", "changes", "release", "verify", "site"}


def test_the_example_calls_our_workflows_with_what_they_take() -> None:
    """What a clinic's file passes on is an input of the workflow, and no needed one is missing."""
    example = read(ROOT / "docs" / "ci" / "github.yml")
    called = []
    for job in example["jobs"].values():
        match = re.fullmatch(r"OWNER/handbill/\.github/workflows/(.*)@COMMIT", job["uses"])
        assert match
        workflow = read(WORKFLOWS / match[1])
        inputs = workflow["on"]["workflow_call"]["inputs"]
        called.append(match[1])
        needed = {name for name, value in inputs.items() if value.get("required")}
        assert needed <= set(job.get("with", {})) <= set(inputs)
        granted = job["permissions"]
        for inner in workflow["jobs"].values():
            assert inner.get("permissions", {}).items() <= granted.items() | {("contents", "read")}

    assert called == ["leaflets.yml", "leaflets-release.yml", "leaflets-site.yml"]


@pytest.mark.slow
def test_a_clinics_own_workflow_is_sound(clinic: Clinic) -> None:
    """The file that `script/repository` writes passes the linters, pinned to this very commit."""
    file = clinic.root / ".github/workflows/leaflets.yml"
    pinned = [
        _PINNED.search(line)
        for line in file.read_text("utf-8").splitlines()
        if line.lstrip().startswith("uses: ")
    ]
    head = run("git", "rev-parse", "HEAD").strip()

    assert [match and match["commit"] for match in pinned] == [head] * 3
    run(str(TOOLS / "actionlint"), str(file))
    run(str(TOOLS / "zizmor"), "--offline", "--quiet", "--no-progress", str(file))
    schema = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    run(str(TOOLS / "check-jsonschema"), *schema, str(clinic.root / ".gitlab-ci.yml"))
