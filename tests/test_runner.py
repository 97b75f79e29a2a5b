"""What is made again, what is not, and what happens when something breaks on the way."""

import datetime as dt
import os
import re
import signal
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handbill import plan, project, rules, runner, toolchain
from handbill.diagnostics import Fault, HandbillError
from handbill.editions import Impression, Outcome
from handbill.model import Proof
from handbill.press import compose, print_proof
from handbill.sources import Sources, digest
from handbill.store import Store
from tests.conftest import FONTS, TODAY, in_memory, load


class Press:
    """Builds a project in memory into a folder, again and again."""

    def __init__(self, output: Path) -> None:
        self.store = Store(output)
        self.changes: dict[str, str | bytes | None] = {}

    def sources(self) -> Sources:
        """Return the files as they are now, with the fonts that the machine has."""
        found = in_memory(self.changes)
        fonts = {
            f"templates/fonts/{path.name}": digest(path.read_bytes()) for path in FONTS.iterdir()
        }
        table = {"templates/fonts/fonts.toml": (FONTS / "fonts.toml").read_bytes()}
        return replace(found, files={**found.files, **table}, digests={**found.digests, **fonts})

    def build(
        self, *, today: dt.date = TODAY, workers: Executor | None = None, only: str = ""
    ) -> dict[str, Outcome]:
        """Build, and return the outcomes by path."""
        loaded = project.load(self.sources(), today=today)
        run = runner.Build(
            loaded,
            self.store,
            fonts_conf=str(FONTS / "fonts.conf"),
            findings=list(rules.run(loaded)),
        )
        editions = [item for item in plan.editions(loaded) if only in item.path]
        outcomes = list(run.run(editions, workers or runner.Inline(), 1))
        run.conclude(complete=not only)
        return {outcome.edition.path: outcome for outcome in outcomes}

    def states(self, **options: Any) -> dict[str, str]:
        """Build, and return what became of each edition, by language."""
        return {
            path.split("/")[1]: outcome.state for path, outcome in self.build(**options).items()
        }

    def change(self, name: str, before: str, after: str) -> None:
        """Edit a file."""
        text = in_memory(self.changes).files[name].decode()
        assert before in text
        self.changes[name] = text.replace(before, after)


@pytest.fixture
def press(tmp_path: Path) -> Press:
    """Return a press with an empty output folder."""
    return Press(tmp_path / "output")


def test_unchanged_work_is_never_redone(press: Press) -> None:
    """A second build reuses everything, and touches no file."""
    assert press.states() == {"en": "typeset", "es": "typeset", "ar": "typeset"}
    before = {path: path.stat().st_mtime_ns for path in press.store.root.rglob("*")}

    assert press.states() == {"en": "reused", "es": "reused", "ar": "reused"}
    assert {path: path.stat().st_mtime_ns for path in press.store.root.rglob("*")} == before


def test_a_changed_sentence_costs_its_own_language(press: Press) -> None:
    """One msgstr, one language."""
    press.build()
    press.change("locales/es/LC_MESSAGES/hands.po", "No** se apure", "No** tenga prisa")

    assert press.states() == {"en": "reused", "es": "typeset", "ar": "reused"}


def test_what_does_not_change_the_page_is_not_typeset(press: Press) -> None:
    """A comment changes the catalog, so the edition is composed, but not its HTML."""
    press.build()
    press.change("locales/es/LC_MESSAGES/hands.po", "msgid", "# a comment\nmsgid")
    outcome = press.build()["one/es/hands.a4.pdf"]

    assert outcome.state == "reused"
    assert outcome.changed == ("locales/es/LC_MESSAGES/hands.po",)
    assert press.states()["es"] == "reused"


def test_going_back_prints_nothing(press: Press) -> None:
    """What has been printed is kept by content, until a build no longer publishes it."""
    press.build()
    press.change("content/clinics/one.toml", "0123", "0124")
    press.build(only="/es/")
    del press.changes["content/clinics/one.toml"]

    assert set(press.states().values()) == {"reused"}


def test_a_finding_stops_its_edition_and_keeps_the_old_one(press: Press) -> None:
    """An error in Spanish leaves Arabic alone, and the Spanish file as it was."""
    press.build()
    path = press.store.root / "one/es/hands.a4.pdf"
    before = path.read_bytes()
    press.change("locales/es/LC_MESSAGES/hands.po", 'msgstr "Lávese"', 'msgstr ""')
    press.change("locales/ar/LC_MESSAGES/hands.po", "لا** تتعجل", "لا** تسرع")
    outcomes = press.build()

    assert {path: item.state for path, item in outcomes.items()} == {
        "one/en/hands.a4.pdf": "reused",
        "one/es/hands.a4.pdf": "stopped",
        "one/ar/hands.a4.pdf": "typeset",
    }
    assert [item.rule for item in outcomes["one/es/hands.a4.pdf"].diagnostics] == ["LF301"]
    assert path.read_bytes() == before
    rows = {row["path"]: row["current"] for row in press.store.manifest()["editions"]}
    assert rows == {
        "one/ar/hands.a4.pdf": True, "one/en/hands.a4.pdf": True, "one/es/hands.a4.pdf": False
    }  # fmt: skip


def test_a_stopped_edition_is_made_once_it_is_mended(press: Press) -> None:
    """Going back to what was published before the mistake publishes it again as current."""
    press.build()
    press.change("locales/es/LC_MESSAGES/hands.po", 'msgstr "Lávese"', 'msgstr ""')
    press.build()
    del press.changes["locales/es/LC_MESSAGES/hands.po"]

    assert press.states()["es"] == "reused"
    assert all(row["current"] for row in press.store.manifest()["editions"])


def test_a_damaged_file_is_published_again(press: Press) -> None:
    """A file that is not what the manifest says is replaced from the store."""
    press.build()
    path = press.store.root / "one/en/hands.a4.pdf"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])

    assert press.states()["en"] == "reused"
    assert path.read_bytes() == whole


def test_a_leaflet_that_is_gone_is_withdrawn(press: Press) -> None:
    """A build over everything removes what the project no longer publishes."""
    press.build()
    press.changes["pyproject.toml"] = '[tool.handbill]\nlanguages = ["ar"]\n'
    press.build()

    assert not (press.store.root / "one/es").exists()
    assert {row["language"] for row in press.store.manifest()["editions"]} == {"ar", "en"}
    assert len(list((press.store.root / ".store/blobs").iterdir())) == 2


def test_a_mistake_withdraws_nothing(press: Press) -> None:
    """While a file cannot be read, what it published is kept, and is not current."""
    press.build()
    press.change("content/clinics/one.toml", 'name = "Clinic One"', "name = Clinic One")
    press.build()

    assert len(list(press.store.root.glob("one/*/*.pdf"))) == 3
    assert not any(row["current"] for row in press.store.manifest()["editions"])
    del press.changes["content/clinics/one.toml"]
    assert set(press.states().values()) == {"reused"}
    assert all(row["current"] for row in press.store.manifest()["editions"])


def test_a_filtered_build_tells_what_it_left_behind(press: Press) -> None:
    """Editions that were not asked for are not current once their inputs have changed."""
    press.build()
    press.change("content/clinics/one.toml", "0123", "0124")
    press.build(only="/es/")

    rows = press.store.manifest()["editions"]
    assert {row["language"]: row["current"] for row in rows} == {
        "ar": False,
        "en": False,
        "es": True,
    }


def test_a_filtered_build_leaves_the_rest(press: Press) -> None:
    """Building Spanish alone says nothing about Arabic."""
    press.build()
    press.change("content/clinics/one.toml", "0123", "0124")

    assert press.states(only="/es/") == {"es": "typeset"}
    assert press.states() == {"en": "typeset", "es": "reused", "ar": "typeset"}


def test_pages_are_counted_against_the_budget(press: Press) -> None:
    """A leaflet of more pages than the settings allow is not published; rule "page-budget"."""
    press.changes["pyproject.toml"] = '[tool.handbill]\nlanguages = ["es", "ar"]\nmax-pages = 0\n'
    outcomes = press.build()

    assert {item.state for item in outcomes.values()} == {"stopped"}
    assert {item.diagnostics[0].rule for item in outcomes.values()} == {"LF505"}
    assert not (press.store.root / "one").exists()


def test_a_worker_with_other_versions_refuses(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work for another toolchain is a finding, not a PDF; rule "foreign-toolchain"."""
    monkeypatch.setattr(toolchain, "local_fingerprint", lambda _folder: "another")
    outcomes = press.build()

    assert {item.state for item in outcomes.values()} == {"stopped"}
    assert {item.diagnostics[0].name for item in outcomes.values()} == {"foreign-toolchain"}


def test_a_worker_that_only_typesets_refuses_too(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a cluster a page may be composed on one machine and typeset on another."""
    asked: list[str] = []
    real = toolchain.local_fingerprint

    def differs_at_second(folder: str) -> str:
        asked.append(folder)
        return real(folder) if len(asked) == 1 else "another"

    monkeypatch.setattr(toolchain, "local_fingerprint", differs_at_second)
    (outcome,) = press.build(only="/en/").values()

    assert len(asked) == 2
    assert [item.name for item in outcome.diagnostics] == ["foreign-toolchain"]
    assert not list(press.store.root.rglob("*.pdf"))


def _die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_dead_worker_ends_the_build(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed is said to be, and nothing is published; rule "lost-worker"."""
    monkeypatch.setattr(runner, "_compose", _die)
    workers, _ = runner.executor("process", 2)

    with workers, pytest.raises(HandbillError) as caught:
        press.build(workers=workers)

    assert caught.value.fault.kind == "lost-worker"


@pytest.mark.slow
def test_executors_give_the_same_bytes(tmp_path: Path) -> None:
    """Inline and in a pool of processes, the same files and the same manifest come out."""
    manifests = []
    for name in ("inline", "process"):
        press = Press(tmp_path / name)
        workers, _ = runner.executor(name, 2)
        with workers:
            press.build(workers=workers)
        manifests.append(press.store.manifest())

    assert manifests[0] == manifests[1]


def test_a_foreign_executor_is_named_by_its_factory() -> None:
    """`module:factory` may be anything that returns an Executor."""
    made, at_once = runner.executor("handbill.runner:Inline", 3)

    assert (type(made), at_once) == (runner.Inline, 3)
    with pytest.raises(HandbillError):
        runner.executor("handbill.runner:Nothing", 1)


def test_impressions_remember_what_went_wrong(press: Press) -> None:
    """A record read back is the record that was kept: a warm build forgets no warning."""
    proof: list[Proof] = []
    loaded = project.load(press.sources(), today=TODAY)
    for edition in plan.editions(loaded):
        made = compose(plan.job(loaded, edition), "t")
        assert isinstance(made, Proof)
        proof.append(made)
    kept = Impression(data=b"%PDF", pages=3)
    press.store.keep(proof[0].key, kept)

    assert press.store.impression(proof[0].key) == kept
    assert press.store.impression(proof[1].key) is None


def test_a_text_is_set_tighter_to_fit_its_sheets_or_stopped(press: Press) -> None:
    """The finding says by how many lines it is too long, at the line that allows no more sheets."""
    leaflet = "content/leaflets/hands/leaflet.md"
    press.change(leaflet, "+++\n\n## Wash", "+++\n\n## Wash\n\n{PARAGRAPHS}")
    press.change(leaflet, "authors =", "sheets = 1\nauthors =")
    press.change("templates/formats/a4/format.toml", "title", "sheet-pages = 2\ntitle")
    press.change("templates/style.css", "body {", ".draft { position: running(d); }\nbody {")
    press.change(
        "templates/formats/a4/style.css", "@page {", "@page { @top-left { content: element(d); }"
    )
    press.change("pyproject.toml", '"es", "ar"', "")
    long = "\n\n".join(["Wash your hands."] * 50)
    press.change(leaflet, "{PARAGRAPHS}", long)

    stopped = press.build()["one/en/hands.a4.pdf"]
    assert stopped.state == "stopped"
    fault = next(item for item in stopped.diagnostics if item.name == "sheet-budget")
    assert str(fault.location) == f"{leaflet}:10:1"
    assert re.match(r"\d+ lines too long for 1 sheet: a4 in en, 3 pages where 2", fault.message)

    press.change("templates/style.css", "body {", '[data-fit="tight-1"] p { margin: 2pt; }\nbody {')
    fitted = press.build()["one/en/hands.a4.pdf"]
    assert (fitted.state, fitted.pages, fitted.fit) == ("typeset", 2, "tight-1")
    assert press.build()["one/en/hands.a4.pdf"].fit == "tight-1"


def test_a_telephone_number_stays_on_one_line() -> None:
    """Its spaces are those that do not break; other values of a clinic may be broken."""
    files = in_memory({})
    leaflet = "content/leaflets/hands/leaflet.md"
    text = files.files[leaflet].decode() + "    - Ask {{ clinic.name }}.\n"
    loaded = project.load(in_memory({leaflet: text}), today=TODAY)
    edition = next(item for item in plan.editions(loaded) if item.language == "en")

    proof = compose(plan.job(loaded, edition), "")

    assert isinstance(proof, Proof)
    assert "Call 0808\u00a0157\u00a00123 if" in proof.html
    assert "Ask Clinic One." in proof.html


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("templates/leaflet.html.jinja", "{{ body }}"),
        ("templates/leaflet.html.jinja", "<h1>{{ title }}</h1>"),
        ("templates/components/warning/component.html.jinja", "{{ body }}"),
    ],
)
def test_a_template_that_loses_text_stops_its_editions(name: str, part: str) -> None:
    """What was signed is what is printed: a box whose text is left out is none."""
    text = in_memory({}).files[name].decode()
    loaded = load({name: text.replace(part, "")})

    found = compose(plan.job(loaded, next(plan.editions(loaded))), "")
    assert isinstance(found, Fault)
    assert (found.kind, found.location.path) == ("template-error", name)


def test_a_web_page_says_that_it_is_a_draft() -> None:
    """As paper must; and what was printed as final is not the print of a draft."""
    name = "templates/leaflet.html.jinja"
    text = in_memory({}).files[name].decode()
    stamp = '{% if draft %}<p class="draft">{{ t("Draft") }}</p>{% endif %}'
    assert stamp in text
    loaded = load({name: text.replace(stamp, "")})
    job = plan.job(loaded, next(plan.editions(loaded)))
    job = replace(job, edition=replace(job.edition, kind="html"))

    proof, final = compose(job, ""), compose(replace(job, draft=False), "")
    assert not isinstance(proof, Fault)
    assert not isinstance(final, Fault)
    assert "unstamped-draft" in {fault.kind for fault in print_proof(proof).faults}
    assert "unstamped-draft" not in {fault.kind for fault in print_proof(final).faults}
    assert proof.html == final.html
    assert proof.key != final.key
