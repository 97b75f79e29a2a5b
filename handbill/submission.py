"""Hand messages to a server over SMTP, encrypted and with its certificate checked, always.

Each step is driven here, because what a lost connection means depends on one line: before the last
dot the server has nothing, after it nobody knows until the server has answered. What a server says
is kept as its codes alone: its words may repeat an address.
"""

import base64
import os
import re
import smtplib
import socket
import ssl
import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from handbill.diagnostics import Fault, HandbillError, Location
from handbill.post import UndeliverableError, routable


#: Where a password may come from.
USER, PASSWORD = "HANDBILL_SMTP_USER", "HANDBILL_SMTP_PASSWORD"

#: How long a server may take for a step, and for its answer to the last dot, in seconds. RFC 5321
#: section 4.5.3.2.6 has ten minutes for that: whoever gives up sooner is in doubt sooner.
STEP, ANSWER = 30.0, 600.0

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
#: What servers call a message that they have taken: a number that their log knows.
_RECEIPT = re.compile(r"(?:queued as|id=) ?([0-9A-Za-z-]{6,32})(?=\s|$)")
#: What enhanced status codes mean (RFC 3463, RFC 7372), by their last two numbers.
_MEANINGS = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "the address is malformed",
    "1.6": "the mailbox has moved",
    "1.10": "the domain takes no mail",
    "2.1": "the mailbox is not in use",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "3.2": "the server takes no messages now",
    "3.4": "the message is too large",
    "4.1": "the recipient's server does not answer",
    "4.4": "the way to the recipient is not known",
    "6.7": "the next server knows no addresses of other scripts",
    "7.0": "the server's rules forbid it",
    "7.1": "the server's rules forbid it",
    "7.20": "the message is not signed (DKIM)",
    "7.23": "the domain does not let this server send (SPF)",
    "7.26": "the message is neither signed nor from a server of its domain",
}
_NO_PASSWORD = ("530", "534", "535", "538")


class Encryption(StrEnum):
    """How a connection becomes secret: after a command, or from its first byte."""

    STARTTLS = "smtp"
    TLS = "smtps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may send."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server that takes letters.

    Attributes:
        authority: a file of certificates to trust instead of the system's.
        step: how long it may take for a step, in seconds.
        answer: how long it may take to answer the last dot.
    """

    host: str
    port: int
    encryption: Encryption
    account: Account | None = None
    authority: Path | None = None
    step: float = STEP
    answer: float = ANSWER

    @classmethod
    def named(
        cls, name: str, *, account: Account | None = None, authority: Path | None = None
    ) -> Self:
        """Read `smtp://host`, `smtps://host` or either with `:port`.

        Raises:
            ValueError: it is neither, or holds a user or a password.
        """
        try:
            parts = urlsplit(name)
            port = parts.port
        except ValueError:
            # Its words would repeat a part of the name, which may be of a password.
            message = "a server's name has a host and a port, and nothing else"
            raise ValueError(message) from None
        if parts.scheme not in set(Encryption) or not parts.hostname:
            message = "a server is named smtp://host (STARTTLS) or smtps://host (TLS)"
            raise ValueError(message)
        if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
            message = "a server's name has a host and a port, and nothing else"
            raise ValueError(message)
        encryption = Encryption(parts.scheme)
        usual = 465 if encryption == Encryption.TLS else 587
        return cls(
            host=parts.hostname,
            port=port or usual,
            encryption=encryption,
            account=account,
            authority=authority,
        )

    def fault(self, message: str, hint: str) -> Fault:
        """Return what is wrong with it."""
        place = Location(path=f"{self.encryption}://{self.host}:{self.port}")
        return Fault(kind="mail-server", location=place, message=message, hint=hint)


class Fate(StrEnum):
    """What has become of a message that was handed over."""

    ACCEPTED = "accepted"
    #: The server does not have it, and may take it another time.
    LATER = "later"
    REFUSED = "refused"
    #: It was sent to its end, and the answer was lost.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server says to a message.

    Attributes:
        reply: its codes, such as `451 4.7.1`.
        receipt: by which number its log knows the message.
        lost: the connection was lost before the message's end.
    """

    fate: Fate
    reply: str
    receipt: str = ""
    lost: bool = False

    @property
    def too_large(self) -> bool:
        """Whether a smaller message might be taken."""
        return self.fate == Fate.REFUSED and (
            self.reply.startswith("552") or self.reply.endswith((".3.4", ".2.3"))
        )


class UnreachableError(Exception):
    """No server answers now; it may do so later."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def meaning(reply: str) -> str:
    """Say a server's codes in plain words, as far as they are known."""
    known = _MEANINGS.get(reply.partition(" ")[2].partition(".")[2], "")
    return f"{reply} ({known})" if known else reply


def account(environment: Mapping[str, str], file: Path | None) -> Account | None:
    """Return the account to send with: a file's, else the environment's, else none.

    The file is TOML with `user` and `password`, for its owner's eyes only.

    Raises:
        HandbillError: the file cannot be read, can be read by others, or lacks one of them.
    """
    if file is None:
        user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
        if bool(user) != bool(password):
            missing = PASSWORD if user else USER
            raise _account_error("the environment", f"{missing} is not set", "set both or neither")
        return Account(user=user, password=password) if user else None
    text = secret(file, "mail-account")
    try:
        table = tomllib.loads(text)
        user, password = table.pop("user"), table.pop("password")
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise _account_error(
            file.as_posix(), "not a file with a user and a password", _ACCOUNT
        ) from error
    if table or not (isinstance(user, str) and isinstance(password, str) and user and password):
        raise _account_error(file.as_posix(), "holds more than two texts", _ACCOUNT)
    return Account(user=user, password=password)


def signer(*, domain: str, selector: str, file: Path) -> Callable[[bytes], bytes]:
    """Return what signs messages for a domain, with the key in a file.

    Raises:
        HandbillError: the file or the key cannot be used, or the package is not installed.
    """
    key = secret(file, "mail-signature").encode()
    try:
        from handbill import domainkey  # noqa: PLC0415 - only those who ask have it installed
    except ModuleNotFoundError as error:
        message, hint = f"{error.name} is not installed", 'pip install "handbill[dkim]"'
        raise _signature_error(file, message, hint) from error
    try:
        return domainkey.signer(domain=domain, selector=selector, key=key)
    except domainkey.KeyRefusedError as error:
        hint = "it must be a private RSA key in PEM"
        raise _signature_error(file, str(error), hint) from None


def secret(file: Path, kind: str) -> str:
    """Read a file that only its owner may read.

    Raises:
        HandbillError: it cannot be read, or others can.
    """
    place = Location(path=file.as_posix())
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            text = opened.read().decode()
    except OSError as error:
        message = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise HandbillError(Fault(kind=kind, location=place, message=message)) from error
    except UnicodeDecodeError as error:
        message = "cannot be read: it is not UTF-8"
        raise HandbillError(Fault(kind=kind, location=place, message=message)) from error
    if mode & 0o077:
        hint = f"chmod 600 {file.as_posix()}"
        message = "others can read it, and it holds a secret"
        raise HandbillError(Fault(kind=kind, location=place, message=message, hint=hint))
    return text


class Submission:
    """A server to hand messages to: connected when that is needed, and again when it was lost."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._line: _Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect, encrypt, check the certificate and log in, unless that was done.

        Raises:
            HandbillError: a person must mend something first.
            UnreachableError: nobody answers now.
        """
        self._opened()

    def largest(self) -> int | None:
        """Return how many bytes a message may have; none if the server does not say.

        Raises:
            HandbillError, UnreachableError: as for `open`.
        """
        return self._opened().largest

    def form(self, address: str) -> str:
        """Return an address as this server can be given it.

        A domain is always written in ASCII, even where the server takes others: the servers behind
        it may not.

        Raises:
            UndeliverableError: it cannot be given it.
            HandbillError, UnreachableError: as for `open`.
        """
        address = routable(address)
        if not address.isascii() and not self._opened().offers("smtputf8"):
            raise UndeliverableError("the server takes only addresses in ASCII (no SMTPUTF8)")
        return address

    def submit(
        self, sender: str, recipient: str, data: bytes, begin: Callable[[], object]
    ) -> Answer:
        """Hand a message over.

        Args:
            sender: where a returned letter goes.
            recipient: an address as `form` returns it.
            data: the message, as `post.wire` writes it.
            begin: called when the server has all but the last dot, which alone makes it the
                server's. What it raises is raised here, and the server has nothing.

        Raises:
            HandbillError: the server will not take anything from us.
            UnreachableError: it dropped us before this message, and nobody answers now.
        """
        line = self._opened()
        try:
            answer = line.offer(sender, recipient, data)
            if line.is_stale:
                # It had dropped the connection between two messages, as it may. Ask again.
                self.drop()
                line = self._opened()
                answer = line.offer(sender, recipient, data)
            if answer is None:
                begin()
                answer = line.end()
        except BaseException:
            # In the middle of a message no other command can be given.
            self.drop()
            raise
        if line.is_lost:
            self.drop()
        return answer

    def close(self) -> None:
        """Say goodbye, and close the connection."""
        if self._line is not None:
            self._line.quit()
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word: in the middle of a message there is none."""
        line, self._line = self._line, None
        if line is not None:
            line.drop()

    def _opened(self) -> "_Line":
        if self._line is None:
            self._line = _connect(self.server)
        return self._line


class _Line:
    """An encrypted connection to a server that knows who we are."""

    def __init__(self, server: Server, smtp: smtplib.SMTP, sock: socket.socket) -> None:
        self._server, self._smtp, self._socket = server, smtp, sock
        # The last dot goes alone, behind a message: it must not wait for an acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.command_encoding = "utf-8"
        size = smtp.esmtp_features.get("size", "")
        # SIZE without a number, or with 0, means that there is no limit (RFC 1870).
        self.largest = int(size) or None if size.isdecimal() else None
        self.is_lost = False
        #: Whether it was lost between two messages.
        self.is_stale = False
        self._used = False

    def offers(self, extension: str) -> bool:
        """Tell whether the server knows an extension."""
        return extension in self._smtp.esmtp_features

    def offer(self, sender: str, recipient: str, data: bytes) -> Answer | None:
        """Give a message without its last dot; return why the server does not want it, if so."""
        used, self._used = self._used, True
        options = f" SIZE={len(data)}" if self.offers("size") else ""
        if not recipient.isascii():
            options += " SMTPUTF8 BODY=8BITMIME"
        steps = (f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>", "DATA")
        if any("\r" in step or "\n" in step for step in steps):
            raise ValueError("a command of more than one line")
        together = self.offers("pipelining")
        number = 0
        try:
            if together:
                self._smtp.send("".join(f"{step}\r\n" for step in steps))
            for number, step in enumerate(steps):
                if not together:
                    self._smtp.send(f"{step}\r\n")
                code, said = self._smtp.getreply()
                if code == 354 if step == "DATA" else 200 <= code < 300:
                    continue
                self.is_stale = used and number == 0 and code == 421
                return self._declined(number, _answer(code, said), pending=together)
            self._smtp.send(_stuffed(data))
        except OSError:  # smtplib's own errors are OSErrors too
            self.is_lost, self.is_stale = True, used and number == 0
            return Answer(fate=Fate.LATER, reply=_LOST, lost=True)
        return None

    def _declined(self, number: int, answer: Answer, *, pending: bool) -> Answer:
        """Return what a refused step means, and make the line ready for another message."""
        if answer.reply[:3] in _NO_PASSWORD or (
            number == 0 and answer.fate == Fate.REFUSED and not answer.too_large
        ):
            hint = f"does it want a user and a password ({USER}, {PASSWORD}), or another sender?"
            message = f"it takes nothing from this sender: {meaning(answer.reply)}"
            raise HandbillError(self._server.fault(message, hint))
        if answer.reply.startswith("421") or answer.fate not in {Fate.LATER, Fate.REFUSED}:
            # 421 says goodbye; what is no answer at all is not understood.
            self.is_lost = True
            return Answer(fate=Fate.LATER, reply=answer.reply, lost=True)
        others = [self._smtp.getreply()[0] for _ in range(2 - number)] if pending else []
        # After 354 it waits for a message, which nobody may have.
        self.is_lost = 354 in others or self._smtp.docmd("RSET")[0] != 250
        return answer

    def _interrupted(self) -> Answer | None:
        """Return what the server has said before the end, or that it has gone; there is no doubt.

        Asked at the last moment, after the ledger was written, which takes longest.
        """
        self._socket.settimeout(0)
        try:
            said = self._socket.recv(3)
        except (ssl.SSLWantReadError, BlockingIOError):
            return None
        except OSError:
            said = b""
        finally:
            self._socket.settimeout(self._server.step)
        self.is_lost = True
        answer = _answer(int(said) if said.isdigit() else 0, b"")
        if answer.fate == Fate.REFUSED:
            return answer
        return Answer(fate=Fate.LATER, reply=answer.reply if said else _LOST, lost=True)

    def end(self) -> Answer:
        """Give the last dot, and wait for what it brings."""
        early = self._interrupted()
        if early is not None:
            return early
        try:
            self._socket.sendall(b".\r\n")
        except ConnectionError:
            # The system took no byte of it, so the server has no end of the message.
            self.is_lost = True
            return Answer(fate=Fate.LATER, reply=_LOST, lost=True)
        except OSError:
            self.is_lost = True
            return Answer(fate=Fate.UNKNOWN, reply=_LOST)
        try:
            self._socket.settimeout(self._server.answer)
            code, said = self._smtp.getreply()
            self._socket.settimeout(self._server.step)
        except OSError:
            self.is_lost = True
            return Answer(fate=Fate.UNKNOWN, reply=_LOST)
        answer = _answer(code, said)
        self.is_lost = code == 421 or answer.fate == Fate.UNKNOWN
        return answer

    def quit(self) -> None:
        """Say goodbye."""
        with suppress(OSError):
            self._socket.settimeout(2)
            self._smtp.docmd("QUIT")

    def drop(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._smtp.close()


def _connect(server: Server) -> _Line:
    """Connect to a server, encrypt, and log in.

    Raises:
        HandbillError: a person must mend something first.
        UnreachableError: nobody answers now.
    """
    try:
        context = ssl.create_default_context(
            cafile=server.authority.as_posix() if server.authority else None
        )
    except OSError as error:
        hint = "name a file with certificates in PEM"
        message = "the certificates to trust cannot be read"
        raise HandbillError(server.fault(message, hint)) from error
    with ExitStack() as undo:
        try:
            # The name of this machine is nobody's business: an address stands for it.
            if server.encryption == Encryption.TLS:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, "localhost", timeout=server.step, context=context
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, "localhost", timeout=server.step)
            undo.callback(smtp.close)
            assert smtp.sock is not None  # noqa: S101 - smtplib has connected
            smtp.local_hostname = _literal(smtp.sock)
            _greet(smtp)
            if server.encryption == Encryption.STARTTLS:
                smtp.starttls(context=context)
                _greet(smtp)
            _log_in(server, smtp)
        except UnicodeError:
            message = "its name is none that a host can have"
            raise HandbillError(server.fault(message, "such as mail.example.org")) from None
        except OSError as error:  # smtplib's own errors are OSErrors too
            raise _told(server, error) from None
        undo.pop_all()
        return _Line(server, smtp, smtp.sock)


def _greet(smtp: smtplib.SMTP) -> None:
    code, _ = smtp.ehlo()
    if code != 250:
        raise smtplib.SMTPResponseException(code, "")


def _log_in(server: Server, smtp: smtplib.SMTP) -> None:
    """Say who sends. smtplib would go on to other ways when a password is refused."""
    if server.account is None:
        return
    user, password = server.account.user, server.account.password
    ways = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        code, said = smtp.docmd("AUTH", f"PLAIN {_base64(chr(0).join(('', user, password)))}")
    elif "LOGIN" in ways:
        code, said = smtp.docmd("AUTH", "LOGIN")
        for answer in (user, password):
            if code == 334:
                code, said = smtp.docmd(_base64(answer))
    else:
        hint = "send without them, or ask who runs it"
        raise HandbillError(server.fault("it takes no user and password", hint))
    if code == 235:
        return
    reply = _codes(code, said)
    if 400 <= code < 500:
        raise UnreachableError(server.fault(f"it cannot check the password now: {reply}", "later"))
    hint = f"they come from the account file, or from {USER} and {PASSWORD}"
    raise HandbillError(server.fault(f"it refuses the user or the password: {reply}", hint))


def _told(server: Server, error: OSError) -> Exception:
    """Return what a failure to connect is told as."""
    passing = False
    match error:
        case ssl.SSLCertVerificationError():
            message = f"its certificate is refused: {error.verify_message.lower()}"
            hint = (
                "name the server as its certificate does; for an authority of your own,"
                " name the file with its certificate"
            )
        case ssl.SSLError():
            reason = (error.reason or "unknown").lower().replace("_", " ")
            message = f"encryption fails: {reason}"
            hint = "smtp:// begins in the clear (port 587), smtps:// encrypted (port 465)"
        case smtplib.SMTPNotSupportedError():
            message = "it offers no encryption (STARTTLS)"
            hint = "nothing goes out in the clear; try smtps://, or ask who runs it"
        case smtplib.SMTPResponseException():
            message, hint = f"it will not talk to us: {error.smtp_code}", "ask who runs the server"
            passing = 400 <= error.smtp_code < 500
        case socket.gaierror() if error.errno != socket.EAI_AGAIN:
            message, hint = "no such host", "look at the name for a typing mistake"
        case _:
            late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            lost = "no answer in time" if late else "the connection was lost"
            message = f"it does not answer: {(error.strerror or lost).lower()}"
            hint = "is it the right name and port, and does a firewall let you through?"
            passing = True
    fault = server.fault(message, hint)
    return UnreachableError(fault) if passing else HandbillError(fault)


#: What stands for a reply where there was none.
_LOST = "connection lost"
_ACCOUNT = 'it holds two lines: user = "…" and password = "…"'


def _account_error(path: str, message: str, hint: str) -> HandbillError:
    place = Location(path=path)
    return HandbillError(Fault(kind="mail-account", location=place, message=message, hint=hint))


def _signature_error(file: Path, message: str, hint: str) -> HandbillError:
    place = Location(path=file.as_posix())
    return HandbillError(Fault(kind="mail-signature", location=place, message=message, hint=hint))


def _literal(sock: socket.socket) -> str:
    """Return what this machine is called in a greeting: its address (RFC 5321 section 4.1.3)."""
    address: str = sock.getsockname()[0]
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _codes(code: int, said: bytes) -> str:
    """Return a reply's codes: all that is kept of it, because its words may name somebody."""
    enhanced = _ENHANCED.match(said.decode("ascii", "replace"))
    return f"{code} {enhanced.group()}" if enhanced else str(code)


def _answer(code: int, said: bytes) -> Answer:
    reply = _codes(code, said)
    if 200 <= code < 300:
        found = _RECEIPT.search(said.decode("ascii", "replace"))
        receipt = found.group(1) if found else ""
        return Answer(fate=Fate.ACCEPTED, reply=reply, receipt=receipt)
    if 400 <= code < 500:
        return Answer(fate=Fate.LATER, reply=reply)
    if 500 <= code < 600:
        return Answer(fate=Fate.REFUSED, reply=reply)
    return Answer(fate=Fate.UNKNOWN, reply=reply)


def _stuffed(data: bytes) -> bytes:
    """Return a message as it stands between DATA and the last dot (RFC 5321 section 4.5.2).

    A lone CR or LF would let a message pretend to end: there is none.
    """
    if not data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n"):
        data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    start = b"." if data.startswith(b".") else b""
    end = b"" if data.endswith(b"\r\n") else b"\r\n"
    return start + data.replace(b"\r\n.", b"\r\n..") + end
