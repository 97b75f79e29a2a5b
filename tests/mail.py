"""A mail server to send to, that fails when it is told to, and its certificates."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from handbill.submission import Encryption, Server
from tests.letters import ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """An authority, and what it says of localhost."""

    authority: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server shows them with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificates(folder: Path) -> Certificates:
    """Make an authority and a certificate."""
    made = Certificates(
        authority=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key"
    )
    new: tuple[object, ...] = ("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-days", "2")
    new += ("-pkeyopt", "ec_paramgen_curve:prime256v1")
    authority_key = folder / "ca.key"
    run(*new, "-subj", "/CN=Test authority", "-keyout", authority_key, "-out", made.authority)
    signed = ("-CA", made.authority, "-CAkey", authority_key)
    named = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    run(*new, *signed, *named, "-keyout", made.key, "-out", made.certificate)
    return made


def run(*words: object) -> None:
    """Run a program, and say what it says when it fails."""
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@dataclass
class Post:
    """What a server has, and how it is to fail.

    Attributes:
        accepted: what it took, in order; and in bytes.
        faults: what happens to a recipient, one at each attempt; then nothing more does.
            `451 RCPT` and the like are answers to a step, `lost RCPT` and the like lose the
            connection there: `lost DATA` within the message, `lost answer` after it was taken,
            `lost dot` before it was.
        connections: how many it had.
    """

    accepted: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    connections: int = 0
    taken: Callable[[EmailMessage], None] = lambda _message: None

    def numbers(self) -> list[str]:
        """Return the Message-IDs of what it took, without brackets."""
        return [str(message["Message-ID"]).strip("<>") for message in self.accepted]

    def fault(self, recipient: str, step: str) -> str:
        """Return the fault of a step, once."""
        waiting = self.faults.get(recipient, [])
        if waiting and waiting[0].endswith(f" {step}"):
            return waiting.pop(0).removesuffix(f" {step}")
        return ""


class _Session(SMTP):
    """A connection to a server that fails when it is told to."""

    def __init__(self, post: Post, **options: Any) -> None:
        super().__init__(_Steps(post), hostname="localhost", timeout=60, **options)
        self.post = post
        self.recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count connections; a second call tells of encryption."""
        self.post.connections += self.transport is None
        super().connection_made(transport)

    def lose(self) -> None:
        """Lose the connection, with no answer."""
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.abort()
        raise ConnectionResetError

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Take a message, or lose the connection within."""
        if self.post.fault(self.recipient, "DATA") == "lost":
            await self.push("354 go on")
            assert self._reader is not None
            await self._reader.read(50)
            self.lose()
        await super().smtp_DATA(arg)


class _Steps:
    """What a server says to each step."""

    def __init__(self, post: Post) -> None:
        self.post = post

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: _Session, _session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a sender, or not."""
        fault = self.post.fault(address, "MAIL")
        if fault == "lost":
            server.lose()
        if fault:
            return f"{fault} not <{address}>"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: _Session, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        server.recipient = address
        fault = self.post.fault(address, "RCPT")
        if fault == "lost":
            server.lose()
        if fault:
            return f"{fault} <{address}>: that is all that can be said of {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, server: _Session, _session: object, envelope: Any
    ) -> str:
        """Take a whole message, or not, and say so, or not."""
        fault = self.post.fault(server.recipient, "dot")
        if fault == "lost":
            server.lose()
        if fault:
            return f"{fault} not <{server.recipient}>"
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        message.add_header("X-Envelope", envelope.mail_from, to=server.recipient)
        self.post.accepted.append(message)
        self.post.raw.append(envelope.content)
        self.post.taken(message)
        if self.post.fault(server.recipient, "answer") == "lost":
            server.lose()
        return f"250 2.0.0 Ok: queued as {len(self.post.accepted):06X}"


def _authenticate(
    _server: SMTP, _session: object, _envelope: object, _mechanism: str, said: LoginPassword
) -> AuthResult:
    right = said.login == ACCOUNT.user.encode() and said.password == ACCOUNT.password.encode()
    return AuthResult(success=right, handled=False)


@contextmanager
def serving(post: Post, held: Certificates, **options: Any) -> Iterator[Server]:
    """Run a server in a thread; give how it is reached, with TLS from the first byte if asked."""
    encryption = options.pop("encryption", Encryption.STARTTLS)
    if encryption == Encryption.STARTTLS:
        options = {"tls_context": held.context(), "require_starttls": True, **options}
    # aiosmtpd does not know that a connection was encrypted from its first byte.
    known = encryption == Encryption.STARTTLS
    options = {"authenticator": _authenticate, "auth_required": known, **options}
    options["auth_require_tls"] = known
    loop = asyncio.new_event_loop()
    started: list[asyncio.Server] = []
    ready = threading.Event()

    sessions: list[_Session] = []

    def session() -> _Session:
        sessions.append(_Session(post, loop=loop, **options))
        return sessions[-1]

    async def begin() -> None:
        started.append(
            await loop.create_server(
                session,
                "127.0.0.1",
                0,
                ssl=held.context() if encryption == Encryption.TLS else None,
            )
        )
        ready.set()

    def work() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()
        started[0].close()
        for open_still in sessions:
            if isinstance(open_still.transport, asyncio.WriteTransport):
                open_still.transport.abort()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield Server(
            host="localhost",
            port=started[0].sockets[0].getsockname()[1],
            encryption=encryption,
            account=ACCOUNT,
            authority=held.authority,
            step=5.0,
            answer=5.0,
        )
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
