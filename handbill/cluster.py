"""Workers on other machines: an executor over a dask scheduler. The only importer of distributed.

A cluster loses machines, and the work of a lost one is done again elsewhere: all work is pure. It
needs nothing there but this package and its libraries; the fonts are sent.
"""

import asyncio
import os
import pickle
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import distributed

from handbill import toolchain
from handbill.diagnostics import Fault, HandbillError, Location
from handbill.sources import digest


#: For how long a scheduler may not answer, in seconds; and for how long it may have no worker.
CONNECTING, PATIENCE = 10, 30

_ADDRESS = re.compile(r"(tcp|tls)://.+:\d+")

#: A process prints one thing at a time: what WeasyPrint logs belongs to one page, and the place of
#: the fonts to the process. So threads of a worker take turns.
_TURN = threading.Lock()


class UnreachableError(Exception):
    """No scheduler answers, or it has no workers that print as this machine does."""


class Fonts(distributed.WorkerPlugin):
    """The files of the fonts folder, on their way to every worker, even one that joins later."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        content = [(path, digest(data)) for path, data in sorted(self.files.items())]
        self.name = f"handbill-fonts-{digest(repr(content).encode())[:16]}"

    def setup(self, worker: distributed.Worker) -> None:
        """Write them into the worker's own folder, which goes when the worker ends."""
        folder = Path(worker.local_directory) / self.name
        if folder.exists():
            return
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.mkdir(exist_ok=True)
        for path, data in self.files.items():
            (unfinished / path).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / path).write_bytes(data)
        unfinished.rename(folder)


class Crew(Executor):
    """The workers of a dask scheduler.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.5:8786` or `tls://…`.
        fonts_conf: what the work is told as the place of the fonts on this machine.
        fonts: the files of its folder.
        patience: for how long there may be no worker, in seconds.

    Raises:
        UnreachableError: nobody is there.
    """

    def __init__(
        self,
        address: str,
        *,
        fonts_conf: str,
        fonts: Mapping[str, bytes],
        patience: float = PATIENCE,
    ) -> None:
        self.fonts_conf, self.patience = fonts_conf, patience
        self.fonts = Fonts(fonts)
        self.wanted: set[Future[Any]] = set()
        # These have half of their types.
        connect: Any = distributed.Client
        security: Any = distributed.Security
        if not _ADDRESS.fullmatch(address):
            raise UnreachableError("an address is tcp://HOST:PORT, or tls://HOST:PORT")
        secrets = security().get_connection_args("client")
        if address.startswith("tls") and not secrets["ssl_context"]:
            raise UnreachableError("dask's settings name no certificate for tls")
        try:
            self.client = connect(address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise UnreachableError(f"no scheduler answers: {error}") from error
        try:
            self.client.wait_for_workers(1, timeout=patience)
            self.client.register_plugin(self.fonts)
        except TimeoutError as error:
            self.client.close()
            raise UnreachableError("the scheduler has no workers") from error
        except Exception as error:  # whatever a worker raises that cannot read the fonts
            self.client.close()
            raise UnreachableError(
                f"a worker has no handbill, or no room: {type(error).__name__}: {error}"
            ) from error
        #: How many processes work; each prints one thing at a time.
        self.size: int = self.client.scheduler_info(n_workers=0)["n_workers"]
        self.client.loop.add_callback(self._watch)

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override] # none of our work has names
        """Have it done by whichever worker is free."""
        local: Future[Any] = Future()
        # Packed here, so that dask does not look into what it carries.
        load = pickle.dumps((task, arguments))
        own = toolchain.versions()["handbill"]
        place = self.fonts.name, Path(self.fonts_conf).name
        remote = self.client.submit(_work, load, own, self.fonts_conf, place, pure=False)
        self.wanted.add(local)
        self.client.loop.add_callback(self._hand_over, remote, local)
        return local

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature of Executor
        """Go; what has not been fetched is not done any more. Scheduler and workers stay."""
        self.client.close()

    async def _hand_over(self, remote: "distributed.Future[Any]", local: Future[Any]) -> None:
        """Give back what a worker has made; its copy there goes with the last name for it here."""
        try:
            error, value = pickle.loads(await remote)  # noqa: S301 - from our own worker
        except HandbillError as refusal:
            error, value = refusal, None
        except distributed.KilledWorker:
            error, value = BrokenExecutor("several workers died over the same edition"), None
        except CancelledError:
            error, value = BrokenExecutor("the scheduler has gone"), None
        except Exception as failure:  # noqa: BLE001 - the task's own come back as values
            message = f"the cluster failed: {type(failure).__name__}: {failure}"
            error, value = BrokenExecutor(message), None
        if local not in self.wanted:
            return
        self.wanted.discard(local)
        if error is None:
            local.set_result(value)
        else:
            local.set_exception(error)

    async def _watch(self) -> None:
        """Say so when there is nobody left to wait for; dask itself would wait for ever."""
        seen = time.monotonic()
        while self.client.status in {"running", "connecting"}:
            with suppress(OSError):
                if (await self.client.scheduler.identity(n_workers=0))["n_workers"]:
                    seen = time.monotonic()
            if time.monotonic() - seen > self.patience:
                break
            await asyncio.sleep(self.patience / 30)
        for local in list(self.wanted):
            self.wanted.discard(local)
            local.set_exception(BrokenExecutor("the cluster has no workers any more"))


def _work(load: bytes, own: str, here: str, place: tuple[str, str]) -> bytes:
    """On a worker: do a task, and pack what came of it."""
    if toolchain.versions()["handbill"] != own:
        # It may not even be able to read the task.
        raise HandbillError(
            Fault(
                kind="foreign-toolchain",
                location=Location(path="handbill"),
                message="a worker has another version of handbill than this machine",
                hint="check out the same commit on both, and start the worker anew",
            )
        )
    folder = Path(distributed.get_worker().local_directory)
    there = str(folder.joinpath(*place).resolve())
    task, arguments = pickle.loads(load)  # noqa: S301 - whoever reaches a worker can run code there
    with _TURN:
        try:
            # A path of the asking machine means nothing here.
            value = task(*(there if item == here else item for item in arguments))
        except Exception as error:  # noqa: BLE001 - carried to whoever asks
            return pickle.dumps((error, None))
    return pickle.dumps((None, value))
