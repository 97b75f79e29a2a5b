"""Where the work is done: the executor seam, and the only caller of the store.

Composing costs a twentieth of typesetting, so an edition whose inputs have changed is composed,
and only a proof that has changed is typeset. Workers see no disk, no store and no network; all
that they need travels in a job, all that they make comes back in a value.
"""

import datetime as dt
import gc
import multiprocessing
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from importlib import import_module
from typing import Any

from handbill import fanout, plan, press, rules, signoff, toolchain
from handbill.checks import editorial
from handbill.diagnostics import Diagnostic, Fault, HandbillError, Location, Scope, Severity
from handbill.editions import Artifact, Edition, Impression, Outcome, Shard
from handbill.imprint import Unfit
from handbill.model import Job, Project, Proof
from handbill.sources import digest
from handbill.store import SCHEMA, Store, artifact_from, artifact_row


#: Jobs in flight for each worker: enough to keep it busy, few enough to keep memory flat.
_WINDOW = 4
_INSTALL = "script/bootstrap --cluster, or pip install 'handbill[cluster]'"
_ADDRESS = "such as dask:tcp://10.0.0.5:8786; start a scheduler and its workers first"


class Inline(Executor):
    """Does the work where it is asked for: for tests, debuggers and `--jobs 1`."""

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now; the future is done already."""
        future: Future[Any] = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future carries it to whoever asks
            future.set_exception(error)
        return future


def executor(
    name: str, jobs: int, *, fonts_conf: str = "", fonts: Mapping[str, bytes] | None = None
) -> tuple[Executor, int]:
    """Make an executor, and say how many jobs it does at once.

    Args:
        name: `inline`, `process`, `dask:` and the address of a scheduler, or `module:factory`, a
            callable that returns any `concurrent.futures.Executor`.
        jobs: how many at once; a cluster with more workers does more.
        fonts_conf: what the work will be told as the place of the fonts.
        fonts: the files of its folder, for workers on machines that have none.

    Raises:
        HandbillError: there is no such executor, or a cluster does not answer.
    """
    if name == "inline" or (name == "process" and jobs == 1):
        return Inline(), 1
    if name == "process":
        context = multiprocessing.get_context("forkserver")
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)
        # The first worker is there, with its fonts, when the first job is. In a thread, because
        # the server answers no one before it has loaded the press.
        threading.Thread(target=pool.submit, args=(_prepare, fonts_conf), daemon=True).start()
        return pool, jobs
    module, _, factory = name.partition(":")
    if module == "dask":
        try:
            from handbill import cluster  # noqa: PLC0415 - only those who ask have it installed
        except ModuleNotFoundError as error:
            raise _no_executor(name, f"{error.name} is not installed", _INSTALL) from error
        try:
            crew = cluster.Crew(factory, fonts_conf=fonts_conf, fonts=fonts or {})
        except cluster.UnreachableError as error:
            raise _no_executor(name, str(error), _ADDRESS) from error
        return crew, max(crew.size, jobs)
    try:
        made = getattr(import_module(module), factory)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise _no_executor(name, str(error)) from error
    if not isinstance(made, Executor):
        raise _no_executor(name, "not a concurrent.futures.Executor")
    return made, jobs


def _no_executor(name: str, reason: str, hint: str = "") -> HandbillError:
    return HandbillError(
        Fault(
            kind="unknown-choice",
            location=Location(path="--executor"),
            message=f"no executor {name!r}: {reason}",
            hint=hint or "inline, process, dask:tcp://HOST:8786, or module:factory",
        )
    )


class Build:
    """One run over a project's editions."""

    def __init__(
        self,
        project: Project,
        store: Store,
        *,
        fonts_conf: str,
        findings: Sequence[Diagnostic],
    ) -> None:
        self.project, self.store = project, store
        self.fonts_conf, self.findings = fonts_conf, findings
        self.toolchain = plan.toolchain_and_fonts(project)
        self.rows: dict[str, dict[str, Any]] = {
            row["path"]: row for row in store.manifest().get("editions", ())
        }
        self.met: list[Diagnostic] = []
        self.visited: set[str] = set()
        self.withdrawn: list[str] = []
        self._codes: dict[tuple[str, str], str] = {}
        #: Why editions were typeset directly where others of their leaflet were imprinted.
        self.direct: Counter[str] = Counter()

    def run(
        self, editions: Iterable[Edition], workers: Executor, at_once: int
    ) -> Iterator[Outcome]:
        """Make editions; yield what became of each, as soon as it is known."""
        if self.project.settings.fan_out:
            editions = yield from self._fan_out(editions, workers, at_once)
        yield from self._print(editions, workers, at_once)

    def _print(
        self, editions: Iterable[Edition], workers: Executor, at_once: int
    ) -> Iterator[Outcome]:
        """Typeset editions one by one."""
        waiting = deque(editions)
        composing: dict[Future[Any], tuple[Edition, dict[str, str]]] = {}
        printing: dict[Future[Any], tuple[Proof, dict[str, str]]] = {}
        while waiting or composing or printing:
            while waiting and len(composing) + len(printing) < _WINDOW * at_once:
                edition = waiting.popleft()
                inputs = plan.inputs(self.project, edition, self.toolchain)
                if outcome := self._settled(edition, inputs):
                    yield outcome
                else:
                    job = plan.job(self.project, edition)
                    future = workers.submit(_compose, job, self.toolchain, self.fonts_conf)
                    composing[future] = edition, inputs
            done, _ = wait([*composing, *printing], return_when=FIRST_COMPLETED)
            for future in done:
                result = _result(future)
                if future in printing:
                    proof, inputs = printing.pop(future)
                    if isinstance(result, Fault):
                        yield self._refuse(proof.edition, result)
                        continue
                    self.store.keep(proof.key, result)
                    yield self._finish(proof, inputs, result, "typeset")
                    continue
                edition, inputs = composing.pop(future)
                if isinstance(result, Fault):
                    yield self._refuse(edition, result)
                elif kept := self.store.impression(result.key):
                    yield self._finish(result, inputs, kept, "reused")
                else:
                    task = workers.submit(_typeset, result, self.toolchain, self.fonts_conf)
                    printing[task] = result, inputs

    def _fan_out(
        self, editions: Iterable[Edition], workers: Executor, at_once: int
    ) -> Generator[Outcome, None, list[Edition]]:
        """Imprint what can be; yield what became of each, and return the others."""
        direct: list[Edition] = []
        wishes: dict[tuple[str, str], list[fanout.Wish]] = {}
        for edition in editions:
            form = self.project.formats[edition.format]
            if form.kind != "pdf" or form.imposition:
                direct.append(edition)
                continue
            inputs = plan.inputs(self.project, edition, self.toolchain)
            if outcome := self._settled(edition, inputs):
                yield outcome
            else:
                try:
                    wish = fanout.wish(plan.job(self.project, edition), inputs)
                    wishes.setdefault((edition.language, edition.format), []).append(wish)
                except Unfit as error:
                    self.direct[str(error)] += 1
                    direct.append(edition)
        fan_out = fanout.FanOut(
            wanted=self.toolchain,
            fonts_conf=self.fonts_conf,
            made=lambda tasks: self._made(tasks, workers, at_once),
            kept=self.store.impression,
            submit=workers.submit,
            result=_result,
        )
        for group in wishes.values():
            for made in fan_out.imprint(group):
                edition = made.wish.edition
                if made.impression and made.proof:
                    inputs = made.wish.inputs
                    outcome = self._finish(made.proof, inputs, made.impression, "imprinted")
                    if outcome.state == "imprinted":
                        self.rows[edition.path]["parts"] = list(made.parts)
                    yield outcome
                else:
                    self.direct[made.reason] += 1
                    direct.append(edition)
        return direct

    def _made(
        self, tasks: Iterable[fanout.Task], workers: Executor, at_once: int
    ) -> Iterator[tuple[fanout.Task, Impression]]:
        """Do tasks, or find what they have made before."""
        waiting = deque(tasks)
        printing: dict[Future[Any], fanout.Task] = {}
        while waiting or printing:
            while waiting and len(printing) < _WINDOW * at_once:
                task = waiting.popleft()
                if kept := self.store.impression(task.proof.key):
                    yield task, kept
                else:
                    future = workers.submit(task.work, task.proof, *task.arguments)
                    printing[future] = task
            done, _ = wait(printing, return_when=FIRST_COMPLETED) if printing else ((), ())
            for future in done:
                task, result = printing.pop(future), _result(future)
                if result.data:
                    self.store.keep(task.proof.key, result)
                yield task, result

    def preview(self, paths: Iterable[str], workers: Executor) -> Iterator[str]:
        """Draw the pages of published PDFs that have no pictures yet; yield which were drawn."""
        waiting = deque(
            path
            for path in paths
            if (row := self.rows[path])["kind"] == "pdf"
            and row["current"]
            and not self.store.shows(path, row.get("previews", ()))
        )
        drawing: deque[tuple[str, Future[Any]]] = deque()
        while waiting or drawing:
            while waiting and len(drawing) < _WINDOW:
                path = waiting.popleft()
                drawing.append((path, workers.submit(_draw, self.store.published(path))))
            path, future = drawing.popleft()
            self.rows[path]["previews"] = self.store.show(path, _result(future))
            yield path

    def adopt(self, edition: Edition, row: Mapping[str, Any], other: Store) -> Outcome:
        """Take over an edition that another build has made, from the same inputs."""
        self.visited.add(edition.path)
        if kept := other.impression(row["key"]):
            self.store.keep(row["key"], kept)
        self.store.hide(edition.path)
        self.store.publish(edition.path, other.published(edition.path))
        if other.shows(edition.path, row.get("previews", ())):
            self.store.show(edition.path, other.pictures(edition.path, len(row["previews"])))
        self.rows[edition.path] = dict(row)
        return Outcome(edition=edition, state="merged", pages=row["pages"], fit=row["fit"])

    def pass_over(self, edition: Edition) -> Outcome:
        """Leave an edition out that another build has stopped."""
        self.visited.add(edition.path)
        return self._stop(edition, plan.stopped_by(edition, self.findings))

    def conclude(
        self, *, complete: bool, release: bool = False, shard: Shard | None = None
    ) -> None:
        """Write the manifest; after a run over everything, remove what is published no more.

        Args:
            complete: whether the run was over everything.
            release: whether drafts were stopped.
            shard: which part of everything it was over to its end; for `shards.merge`.
        """
        summary: dict[str, Any] | None = None
        # Workers finish in any order, and the same build has the same manifest.
        met = sorted(self.met, key=lambda item: (item.location, item.rule, item.message))
        findings = [*self.findings, *met]
        editions = {edition.path: edition for edition in plan.editions(self.project)}
        for path in sorted(set(self.rows) - set(editions)):
            # While something cannot be read, what it published may only be missing by mistake.
            if complete and not any(item.severity is Severity.ERROR for item in findings):
                self.store.withdraw(path)
                del self.rows[path]
                self.withdrawn.append(path)
            else:
                self.rows[path]["current"] = False
        for path in set(self.rows) & set(editions) - self.visited:
            edition = editions[path]
            inputs = plan.inputs(self.project, edition, self.toolchain)
            self.rows[path]["current"] &= self.rows[path]["inputs"] == inputs
            self.rows[path]["current"] &= not plan.stopped_by(edition, findings)
        if complete:
            rows = self.rows.values()
            self.store.forget(key for row in rows for key in (row["key"], *row.get("parts", ())))
            today = self.project.today
            dates = [
                date
                for leaflet in self.project.leaflets.values()
                for date in (
                    leaflet.published,
                    leaflet.last_review,
                    leaflet.next_review,
                    *(source.read for source in leaflet.sources),
                )
            ]
            dates += [
                signature.expires
                for sign_off in self.project.sign_offs.values()
                for signature in sign_off.signatures
            ]
            records = self.project.records
            dates += [item.on for recorded in records.values() for item in recorded]
            dates += [signoff.last_day(self.project, item) for item in records.get("", ())]
            dates += editorial.last_days(self.project)
            dates += [
                choice.on
                for clinic in self.project.clinics.values()
                for choice in clinic.choices.values()
                if choice.on is not None
            ]
            summary = {
                "inputs": dict(sorted(self.project.digests.items())),
                "findings": [item.row() for item in findings],
                "release": release,
                # Before the first day and after the last, the same inputs may say something new:
                # a review is overdue, or a date is no longer in the future.
                "from": today.isoformat(),
                "until": min(
                    (date for date in dates if date >= today), default=dt.date.max
                ).isoformat(),
            }
        manifest = {
            "schema": SCHEMA,
            "toolchain": dict(toolchain.versions()),
            "build": summary,
            "editions": [self.rows[path] for path in sorted(self.rows)],
        }
        if shard:
            manifest["shard"] = {
                "number": shard.number,
                "of": shard.of,
                "release": release,
                "inputs": dict(sorted(self.project.digests.items())),
                "editions": sorted(self.visited),
                "findings": [item.row() for item in met],
            }
        self.store.write_manifest(manifest)

    def made(self) -> dict[str, tuple[Diagnostic, ...]]:
        """Return the editions that are as they would be made today, with what was met on each."""
        found = {}
        for edition in plan.editions(self.project):
            inputs = plan.inputs(self.project, edition, self.toolchain)
            reused = self._unchanged(edition, inputs)
            if reused and not plan.stopped_by(edition, self.findings):
                found[edition.path] = reused.diagnostics
        return found

    def last(self) -> list[Diagnostic]:
        """Return what the last build met in printing, if nothing has changed since."""
        build = self.store.manifest().get("build")
        if not build or build["inputs"] != self.project.digests:
            return []
        found = (Diagnostic.from_row(row) for row in build["findings"])
        return [item for item in found if item.rule.startswith("LF5")]

    def _settled(self, edition: Edition, inputs: Mapping[str, str]) -> Outcome | None:
        """Tell what becomes of an edition for which there is nothing to do; None if there is."""
        self.visited.add(edition.path)
        if errors := plan.stopped_by(edition, self.findings):
            return self._stop(edition, errors)
        return self._unchanged(edition, inputs)

    def _unchanged(self, edition: Edition, inputs: Mapping[str, str]) -> Outcome | None:
        """Reuse an edition whose inputs are those of the manifest, and whose file is whole."""
        row = self.rows.get(edition.path)
        if row is None or not row["current"] or row["inputs"] != inputs:
            return None
        if not self.store.holds(edition.path, row["digest"]):
            return None
        artifact = artifact_from(row)
        return Outcome(
            edition=edition,
            state="reused",
            pages=artifact.pages,
            fit=artifact.fit,
            diagnostics=artifact.diagnostics,
        )

    def _refuse(self, edition: Edition, fault: Fault) -> Outcome:
        """Stop an edition that a worker could not make."""
        found = rules.diagnose(fault)
        self.met.append(found)
        return self._stop(edition, [found])

    def _stop(self, edition: Edition, errors: Sequence[Diagnostic]) -> Outcome:
        """Leave an edition as it was; the manifest says that it is not the current one."""
        if row := self.rows.get(edition.path):
            row["current"] = False
        return Outcome(edition=edition, state="stopped", diagnostics=tuple(errors))

    def _code(self, edition: Edition) -> str:
        """Return the code of an edition's text, which all clinics and formats share."""
        text = edition.leaflet, edition.language
        if text not in self._codes:
            self._codes[text] = signoff.code(signoff.printed(self.project, *text))
        return self._codes[text]

    def _finish(
        self, proof: Proof, inputs: dict[str, str], impression: Impression, state: str
    ) -> Outcome:
        """Publish an impression, unless an error was met in printing it."""
        edition = proof.edition
        before = self.rows.get(edition.path, {}).get("inputs", {})
        found = [rules.diagnose(fault) for fault in impression.faults]
        found += [rules.diagnose(fault) for fault in beyond(self.project, proof, impression)]
        changed = tuple(name for name in inputs if inputs[name] != before.get(name))
        if any(item.severity is Severity.ERROR for item in found):
            self.met += found
            return replace(self._stop(edition, found), changed=changed)
        artifact = Artifact(
            edition=edition,
            version=self.project.leaflets[edition.leaflet].version,
            code=self._code(edition),
            draft=proof.draft,
            digest=digest(impression.data),
            pages=impression.pages,
            fit=impression.fit,
            key=proof.key,
            inputs=inputs,
            diagnostics=tuple(found),
        )
        if not self.store.holds(edition.path, artifact.digest):
            self.store.hide(edition.path)
        self.store.publish(edition.path, impression.data)
        previews = self.rows.get(edition.path, {}).get("previews", ())
        self.rows[edition.path] = artifact_row(artifact)
        if self.store.shows(edition.path, previews):
            self.rows[edition.path]["previews"] = previews
        return Outcome(
            edition=edition,
            state=state,
            pages=impression.pages,
            fit=impression.fit,
            changed=changed,
            diagnostics=tuple(found),
        )


def beyond(project: Project, proof: Proof, impression: Impression) -> Iterator[Fault]:
    """Find an edition that takes more paper than it may."""
    edition = proof.edition
    leaflet = project.leaflets[edition.leaflet]
    where = f"{edition.format} in {edition.language}"
    if impression.pages > (limit := project.settings.max_pages):
        yield Fault(
            kind="page-budget",
            location=Location(path=leaflet.path),
            message=f"{impression.pages} pages in {edition.language}; at most {limit}",
            hint="shorten it, or raise max-pages in pyproject.toml",
            scope=Scope(leaflet=edition.leaflet, language=edition.language),
        )
    if impression.over:
        sheets = f"{leaflet.sheets} sheet{'s' if leaflet.sheets > 1 else ''}"
        lines = f"{impression.over} line{'s' if impression.over > 1 else ''}"
        yield Fault(
            kind="sheet-budget",
            location=leaflet.locations["sheets"],
            message=f"{lines} too long for {sheets}: {where}, "
            f"{impression.pages} pages where {proof.budget} are allowed",
            hint="shorten the text, or raise sheets",
            scope=edition.scope,
        )


def _compose(job: Job, wanted: str, fonts_conf: str) -> Proof | Fault:
    """In a worker: compose a job, if this machine would print it as the asking one would."""
    return _foreign(job.edition, wanted, fonts_conf) or press.compose(job, wanted)


def _typeset(proof: Proof, wanted: str, fonts_conf: str) -> Impression | Fault:
    """In a worker: typeset a proof; a crash of the engine is that edition's fault alone."""
    # It may have been composed on another machine.
    return _foreign(proof.edition, wanted, fonts_conf) or press.print_proof(proof)


def _foreign(edition: Edition, wanted: str, fonts_conf: str) -> Fault | None:
    """Prepare a worker's process; say so if its machine would print something else."""
    _prepare(fonts_conf)
    scope = Scope(leaflet=edition.leaflet)
    return toolchain.stranger(wanted, fonts_conf, edition.path, scope)


def _draw(pdf: bytes) -> list[bytes]:
    """In a worker: draw the pages of a PDF."""
    from handbill import preview  # noqa: PLC0415

    return list(preview.pictures(pdf))


def _prepare(fonts_conf: str) -> None:
    # WeasyPrint takes a second to load. A worker has loaded it; who only asks need not.
    from handbill import typeset  # noqa: PLC0415

    typeset.prepare(fonts_conf)


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise HandbillError(lost_worker(error)) from error


def lost_worker(error: BrokenExecutor) -> Fault:
    """Say that a worker has died."""
    pool = isinstance(error, BrokenProcessPool)
    return Fault(
        kind="lost-worker",
        location=Location(path="handbill"),
        message="a worker process died while printing" if pool else str(error),
        hint="the machine may be out of memory"
        + ("; try --jobs 1" if pool else ", or the network is broken"),
    )


def _begin() -> None:
    """In a new worker: leave Ctrl-C to the process that writes, which ends the workers itself.

    What is loaded by now stays: the collector of rings of references need not look at it again and
    again, which takes a tenth of the time of a document.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
