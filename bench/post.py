"""Time mailings over TLS: one connection for all letters, beside a connection for each.

    .venv/bin/python bench/post.py                     300 letters of 100 kB, five rounds
    .venv/bin/python bench/post.py --letters 1000 --size 300

The server is aiosmtpd in a process of its own, on loopback, with STARTTLS and a password; so a
connection costs less here than over a real network, and a letter too. In each round all ways send
the same letters one after another; ratios are to the first way in the same round. Its ledger is
written as in life, with two waits for the disk a letter. On a machine that is busy otherwise, the
seconds of processors of who sends are what counts. `swaks` (Debian has it) is a process for
each letter, and sends a tenth of them.
"""

import argparse
import logging
import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent.parent))

from handbill.campaign import Campaign, Pace
from handbill.ledger import Ledger
from handbill.post import Letter, complete, wire
from handbill.submission import Answer, Server, Submission
from tests.letters import ACCOUNT, SENDER, letter
from tests.mail import Certificates, Post, certificates, serving


class Brief(Submission):
    """A connection for each message."""

    def submit(
        self, sender: str, recipient: str, data: bytes, begin: Callable[[], object]
    ) -> Answer:
        """Hand a message over, and hang up."""
        try:
            return super().submit(sender, recipient, data, begin)
        finally:
            self.close()


def serve(held: Certificates, line: Connection) -> None:
    """Run a server until told to stop; answer with how many messages it had since asked last."""
    logging.disable()
    post = Post()
    with serving(post, held) as server:
        line.send(server)
        while line.recv() == "count":
            line.send(len(post.accepted))
            post.accepted.clear()
            post.raw.clear()


def campaign(submission: Submission, wanted: list[Letter], folder: Path) -> None:
    """Send letters with a ledger."""
    with Ledger(folder, clock=time.time) as ledger:
        sending = Campaign(
            name="bench", ledger=ledger, submission=submission, pace=Pace(), clock=time.time
        )
        faults = [outcome for outcome in sending.deliver(wanted) if outcome.fault]
    if faults:
        sys.exit(f"{len(faults)} letters did not get there")


def swaks(server: Server, wanted: list[Letter], folder: Path) -> None:
    """Send letters with a process for each."""
    for number, each in enumerate(wanted):
        file = folder / f"{number}.eml"
        message = complete(each.message(True), to=each.recipient, number=f"{number}@x", at=0)
        file.write_bytes(wire(message))
        words = ["swaks", "--server", server.host, "--port", str(server.port), "--tls"]
        words += ["--tls-verify", "--tls-ca-path", str(server.authority), "--auth", "PLAIN"]
        words += ["--auth-user", ACCOUNT.user, "--auth-password", ACCOUNT.password]
        words += ["--from", SENDER, "--to", each.recipient, "--data", f"@{file}", "--hide-all"]
        subprocess.run(words, check=True)


def worked() -> float:
    """Return the seconds of processors of this process and of those that it has waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


def main() -> None:
    """Send in rounds, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--letters", type=int, default=300)
    parser.add_argument("--size", type=int, default=100, help="of what is enclosed, in kB")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    wanted = [letter(number, size=options.size * 1000) for number in range(options.letters)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        held = certificates(folder)
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(held, there))
        process.start()
        server: Server = here.recv()
        ways: dict[str, tuple[int, Callable[[list[Letter], Path], None]]] = {
            "handbill, one connection": (
                1,
                lambda some, place: campaign(Submission(server), some, place),
            ),
            "handbill, a connection a letter": (
                1,
                lambda some, place: campaign(Brief(server), some, place),
            ),
        }
        if shutil.which("swaks"):
            ways["swaks, a process a letter"] = (10, lambda some, place: swaks(server, some, place))
        rates: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for turn in range(options.rounds):
            for number, (way, (share, send)) in enumerate(ways.items()):
                some = wanted[: max(1, len(wanted) // share)]
                place = folder / f"{turn}-{number}"
                place.mkdir()
                began, before = time.perf_counter(), worked()
                send(some, place)
                took, work = time.perf_counter() - began, worked() - before
                here.send("count")
                if here.recv() != len(some):
                    sys.exit(f"{way}: the server has another number of letters")
                rates[way].append((took / len(some), work / len(some)))
        here.send("stop")
        process.join()
    table(rates, options.size)


def table(rates: dict[str, list[tuple[float, float]]], size: int) -> None:
    """Print what a letter took each way, and how many times as much as the first way."""
    first, *_ = rates
    print(f"| {size} kB enclosed | letters a second | times as long | times the processor |")
    print("| --- | ---: | ---: | ---: |")
    for way, found in rates.items():
        cells = [f"{1 / statistics.median(took for took, _ in found):.0f}"]
        for which in (0, 1):
            ratios = [
                other[which] / one[which] for one, other in zip(rates[first], found, strict=True)
            ]
            spread = f"({min(ratios):.2f}–{max(ratios):.2f})"
            cells.append(f"{statistics.median(ratios):.2f} {spread}")
        print(f"| {way} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
