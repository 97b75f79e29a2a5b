"""Debian's postfix takes what is sent, and hands it on as it was."""

import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from handbill.campaign import Campaign, Pace
from handbill.diagnostics import HandbillError
from handbill.ledger import Ledger, State
from handbill.submission import Encryption, Server, Submission
from tests.letters import letter, letters
from tests.mail import Certificates, Post, certificates, serving


MASTER = Path("/usr/lib/postfix/sbin/master")
#: What a queue is made of.
_QUEUES = (
    "active bounce corrupt data defer deferred flush hold incoming maildrop pid private public"
)
_SERVICES = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not MASTER.exists() or os.getuid() != 0,
        reason="Debian's postfix is not installed, or nobody here is root, as its master must be",
    ),
]


@contextmanager
def postfix(folder: Path, held: Certificates, onward: Server) -> Iterator[Server]:
    """Run a postfix of its own in a folder, that hands everything on to another server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings, queue = folder / "etc", folder / "queue"
    for path in (settings, queue, *(queue / name for name in _QUEUES.split())):
        path.mkdir()
        if path not in {settings, queue, queue / "pid"}:
            shutil.chown(path, "postfix")
    (settings / "master.cf").write_text(_SERVICES.format(port=port))
    lines = {
        "compatibility_level": "3.6",
        "queue_directory": queue,
        # Its processes begin in the queue's folder: whose parents are closed to them.
        "data_directory": "data",
        "daemon_directory": MASTER.parent,
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "inet_interfaces": "127.0.0.1",
        "myhostname": "localhost.example",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "relayhost": f"[127.0.0.1]:{onward.port}",
        "smtp_tls_security_level": "encrypt",
        "smtputf8_enable": "yes",
        "message_size_limit": "100000",
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_chain_files": f"{held.key}, {held.certificate}",
        "smtpd_recipient_restrictions": (
            "check_recipient_access inline:{ {reader1@example.org = 550 5.1.1 no %s} },"
            " permit_mynetworks, reject"
        ),
    }
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    (settings / "main.cf").write_text(text)
    with subprocess.Popen([MASTER, "-c", settings]) as master:
        try:
            reached = Server(
                host="localhost",
                port=port,
                encryption=Encryption.STARTTLS,
                authority=held.authority,
            )
            until(lambda: answers(port), folder)
            yield reached
        finally:
            master.terminate()


def answers(port: int) -> bool:
    """Tell whether somebody listens."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool], folder: Path) -> None:
    """Wait until something is so; show the log if it never is."""
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    log = folder / "log"
    pytest.fail(log.read_text() if log.exists() else "postfix has said nothing")


def test_postfix_takes_and_hands_on_what_is_sent(tmp_path: Path) -> None:
    """Each letter arrives once and whole, one connection for all; a refused one is told."""
    held = certificates(tmp_path)
    wanted = [
        *letters(20),
        letter(20, recipient="lesœr@bücher.example"),
        letter(21, size=200_000),
    ]
    sink = Post()
    with (
        serving(sink, held, auth_required=False, enable_SMTPUTF8=True) as onward,
        postfix(tmp_path, held, onward) as server,
        Ledger(tmp_path / "ledger", clock=time.time) as ledger,
    ):
        with pytest.raises(HandbillError, match="certificate is refused"):
            Submission(replace(server, authority=None)).open()
        campaign = Campaign(
            name="june",
            ledger=ledger,
            submission=Submission(server),
            pace=Pace(attempts=1),
            clock=time.time,
        )
        outcomes = list(campaign.deliver(wanted))
        until(lambda: (tmp_path / "log").read_text().count(": removed") == 21, tmp_path)
        numbers = {campaign.number(outcome.letter) for outcome in outcomes if not outcome.fault}
        entries = ledger.entries("june")
    (refused,) = [outcome for outcome in outcomes if outcome.fault]
    log = (tmp_path / "log").read_text()

    assert numbers == set(sink.numbers())
    assert Counter(entry.state for entry in entries) == {State.DELIVERED: 21, State.REFUSED: 1}
    assert refused.entry is not None
    assert refused.entry.reply == "550 5.1.1"
    assert [outcome.enclosed for outcome in outcomes] == [True] * 21 + [False]
    taken = [entry.receipt for entry in entries if entry.state == State.DELIVERED]
    assert all(f" {receipt}: removed" in log for receipt in taken)
    assert log.count("]: connect from ") == 3  # a look whether it is there, a stranger, and we
    for arrived in sink.accepted:
        assert arrived["Subject"] == "Your leaflet – نشرتك"
    assert {str(arrived["To"]) for arrived in sink.accepted} >= {"lesœr@xn--bcher-kva.example"}
