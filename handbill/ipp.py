"""The Internet Printing Protocol: messages as bytes, and one request to a printer after another.

Only what a client needs of RFC 8010 (how a message is written) and RFC 8011 (what it means), over
the HTTP of the standard library. Knows nothing of leaflets. What a printer sends is not trusted:
a message that is no message is a `ProtocolError`.
"""

import http.client
import socket
import ssl
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit


PORT = 631
#: How long a printer may be silent, in seconds.
PATIENCE = 60
#: The most that a response may hold, in bytes. Printers with hundreds of media send 200 kB.
LIMIT = 16_000_000

_ON = "is the printer switched on, and the address right?"

_VERSION = b"\x02\x00"
_OLD_VERSION = b"\x01\x01"


class Operation(IntEnum):
    """What a printer can be asked to do, by RFC 8011 and by CUPS."""

    CREATE_JOB = 0x0005
    SEND_DOCUMENT = 0x0006
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B
    CUPS_GET_DEFAULT = 0x4001


class Status(IntEnum):
    """How a request ended, by RFC 8011: those that we act on."""

    OK = 0x0000
    IGNORED = 0x0001
    CONFLICTING = 0x0002
    #: From here on nothing was done.
    FAILED = 0x0400
    NOT_POSSIBLE = 0x0404
    NOT_FOUND = 0x0406
    GONE = 0x0407
    VALUES_NOT_SUPPORTED = 0x040B
    SERVICE_UNAVAILABLE = 0x0502
    VERSION_NOT_SUPPORTED = 0x0503
    TEMPORARY_ERROR = 0x0505
    NOT_ACCEPTING_JOBS = 0x0506
    BUSY = 0x0507


class Tag(IntEnum):
    """What kind a value is of, and which group follows, by RFC 8010."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    RESOLUTION = 0x32
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER = 0x4A


#: Below this a tag begins a group; from it to `_VALUES` it says that there is no value.
_OUT_OF_BAND, _VALUES, _STRINGS = 0x10, 0x20, 0x40


class Range(NamedTuple):
    """Whole numbers from the least to the most, both of them too."""

    least: int
    most: int


class Resolution(NamedTuple):
    """Dots across and down, per inch (3) or centimetre (4)."""

    across: int
    down: int
    unit: int


#: What an attribute can hold. `None` stands for "no value", "unknown" and "unsupported".
Value = int | str | bytes | Range | Resolution | Mapping[str, Any] | None
#: The values of a group's attributes, by name. There is always at least one.
Attributes = Mapping[str, tuple[Value, ...]]
#: What a request says: a name, the kind of its values, and the values.
Asked = tuple[str, Tag, Sequence[int | str | Range]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a printer has answered."""

    status: int
    operation: Attributes = field(default_factory=dict)
    printer: Attributes = field(default_factory=dict)
    jobs: tuple[Attributes, ...] = ()
    unsupported: Attributes = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What the printer says of it in words; often nothing."""
        return text(self.operation, "status-message")


class ProtocolError(Exception):
    """What was answered is not IPP."""


class UnreachableError(Exception):
    """Nobody answers, or the connection has broken; what was asked may have been done or not.

    Attributes:
        reason: what happened, in words.
        hint: what to do about it.
        sent: whether anything of the request can have arrived.
    """

    def __init__(self, reason: str, hint: str = "", *, sent: bool) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.sent = reason, hint, sent


class RefusedError(Exception):
    """The printer has refused a request: nothing was done.

    Attributes:
        status: why, as a number.
        response: what it answered.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(said(response))
        self.status, self.response = response.status, response


_WORDS = {
    0x0400: "it does not understand the request",
    0x0401: "it is forbidden",
    0x0402: "it asks who you are",
    0x0403: "you are not allowed to",
    0x0404: "that is not possible now",
    0x0405: "it has waited too long",
    0x0406: "it knows no such printer or job",
    0x0407: "the printer or the job is gone",
    0x0408: "the document is too large for it",
    0x0409: "a value is too long for it",
    0x040A: "it does not read this kind of file",
    0x040B: "it does not do what is asked",
    0x040D: "it does not read UTF-8",
    0x040E: "what is asked contradicts itself",
    0x0411: "it cannot read the file",
    0x0500: "it has an error of its own",
    0x0501: "it does not know this operation",
    0x0502: "its service is not available",
    0x0503: "it speaks another version of IPP",
    0x0504: "the device has an error",
    0x0505: "it has a passing error",
    0x0506: "it accepts no jobs",
    0x0507: "it is busy",
    0x0508: "the job was cancelled",
    0x0509: "it takes no more documents",
    0x050A: "it is switched off for jobs",
    0x050B: "it has too many jobs",
}


def said(response: Response) -> str:
    """Say in words why a printer has refused."""
    words = _WORDS.get(response.status, f"status 0x{response.status:04x}")
    return f"{words} ({response.message})" if response.message else words


def text(attributes: Attributes, name: str) -> str:
    """Return the first value of an attribute if it is text."""
    value = attributes.get(name, ("",))[0]
    return value if isinstance(value, str) else ""


def texts(attributes: Attributes, name: str) -> tuple[str, ...]:
    """Return the values of an attribute that are text."""
    return tuple(value for value in attributes.get(name, ()) if isinstance(value, str))


def number(attributes: Attributes, name: str) -> int | None:
    """Return the first value of an attribute if it is a number."""
    value = attributes.get(name, (None,))[0]
    return value if isinstance(value, int) else None


def numbers(attributes: Attributes, name: str) -> tuple[int, ...]:
    """Return the values of an attribute that are numbers."""
    return tuple(value for value in attributes.get(name, ()) if isinstance(value, int))


# --- messages as bytes: RFC 8010 ---------------------------------------------------------------


def write(
    operation: int,
    groups: Iterable[tuple[Tag, Iterable[Asked]]],
    *,
    version: bytes = _VERSION,
) -> bytes:
    """Write a request; a document follows it as it is."""
    parts = [version, struct.pack(">Hi", operation, 1)]
    for tag, attributes in groups:
        parts.append(bytes([tag]))
        for name, kind, values in attributes:
            for index, value in enumerate(values):
                parts.append(bytes([kind]))
                parts += _field("" if index else name)
                parts += _field(_written(kind, value))
    return b"".join([*parts, bytes([Tag.END])])


def _field(value: str | bytes) -> tuple[bytes, bytes]:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)), data


def _written(kind: Tag, value: int | str | Range) -> bytes:
    match value:
        case str():
            return value.encode()
        case Range():
            return struct.pack(">ii", *value)
        case _:
            return bytes([value]) if kind == Tag.BOOLEAN else struct.pack(">i", value)


def read(data: bytes) -> Response:
    """Read a response.

    Raises:
        ProtocolError: it is none.
    """
    try:
        _, status, _ = struct.unpack_from(">HHi", data)
        groups = list(_groups(_Reader(data, 8)))
    except (struct.error, IndexError, ValueError) as error:
        raise ProtocolError(f"what it answers is not IPP: {error}") from error
    first = dict(reversed(groups))
    return Response(
        status=status,
        operation=first.get(Tag.OPERATION, {}),
        printer=first.get(Tag.PRINTER, {}),
        jobs=tuple(attributes for tag, attributes in groups if tag == Tag.JOB),
        unsupported=first.get(Tag.UNSUPPORTED, {}),
    )


class _Reader:
    """What is still to be read of a message."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def tag(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def field(self) -> bytes:
        (length,) = struct.unpack_from(">H", self.data, self.at)
        start = self.at + 2
        self.at = start + length
        if self.at > len(self.data):
            message = "it ends in the middle of a value"
            raise ValueError(message)
        return self.data[start : self.at]


def _groups(reader: _Reader) -> Iterator[tuple[int, Attributes]]:
    """Yield the groups of a message, each with its tag."""
    tag = reader.tag()
    while tag != Tag.END:
        if tag >= _OUT_OF_BAND:
            message = f"tag 0x{tag:02x} where a group begins"
            raise ValueError(message)
        group, found, name = tag, dict[str, list[Value]](), ""
        while (tag := reader.tag()) >= _OUT_OF_BAND:
            name = reader.field().decode("utf-8", "replace") or name
            found.setdefault(name, []).append(_value(tag, reader.field(), reader))
        yield group, {name: tuple(values) for name, values in found.items()}


def _value(tag: int, data: bytes, reader: _Reader, depth: int = 0) -> Value:
    value: Value = None
    match tag:
        case Tag.INTEGER | Tag.ENUM:
            (value,) = struct.unpack(">i", data)
        case Tag.BOOLEAN:
            value = bool(data[0])
        case Tag.RANGE:
            value = Range(*struct.unpack(">ii", data))
        case Tag.RESOLUTION:
            value = Resolution(*struct.unpack(">iib", data))
        case Tag.BEGIN_COLLECTION:
            value = _collection(reader, depth)
        case Tag.TEXT_WITH_LANGUAGE | Tag.NAME_WITH_LANGUAGE:
            inner = _Reader(data, 0)
            inner.field()
            value = inner.field().decode("utf-8", "replace")
        case _ if tag >= _STRINGS:
            value = data.decode("utf-8", "replace")
        case _ if tag >= _VALUES:
            value = data
        case _:
            pass
    return value


def _collection(reader: _Reader, depth: int) -> dict[str, Value | tuple[Value, ...]]:
    """Read the members of a collection, which may hold others."""
    if depth > 8:
        message = "collections in collections without end"
        raise ValueError(message)
    found: dict[str, list[Value]] = {}
    name = ""
    while True:
        tag, _, data = reader.tag(), reader.field(), reader.field()
        if tag == Tag.END_COLLECTION:
            return {
                name: values[0] if len(values) == 1 else tuple(values)
                for name, values in found.items()
            }
        if tag == Tag.MEMBER:
            name = data.decode("utf-8", "replace")
        else:
            found.setdefault(name, []).append(_value(tag, data, reader, depth + 1))


# --- one request after another -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a printer is.

    Attributes:
        uri: its name in requests, such as `ipp://localhost/printers/Front`.
        host: the machine.
        port: of the machine.
        path: of the printer on the machine.
        secure: whether the connection is encrypted and the certificate checked.
        socket: the file of a socket of this machine, instead of host and port.
    """

    uri: str
    host: str
    port: int
    path: str
    secure: bool = False
    socket: str = ""

    @classmethod
    def of(cls, uri: str) -> Self:
        """Read an address.

        Raises:
            ValueError: it is none.
        """
        parts = urlsplit(uri.strip())
        if parts.scheme not in {"ipp", "ipps"}:
            message = f"{parts.scheme}:// is no way to a printer"
            raise ValueError(message)
        if not parts.hostname:
            message = "it names no machine"
            raise ValueError(message)
        if parts.username is not None or parts.query or parts.fragment:
            message = "it has more than a machine, a port and a path"
            raise ValueError(message)
        # The path of printers that are no print servers, by IPP Everywhere.
        path = quote(unquote(parts.path.rstrip("/") or "/ipp/print"))
        return cls(
            uri=urlunsplit((parts.scheme, parts.netloc, path, "", "")),
            host=parts.hostname,
            port=parts.port or PORT,
            path=path,
            secure=parts.scheme == "ipps",
        )

    @classmethod
    def queue(cls, name: str, server: str) -> Self:
        """Return the address of a queue of CUPS.

        Args:
            name: the queue's; empty for the server itself.
            server: a machine, with a port or without; or the file of a socket.

        Raises:
            ValueError: it is none.
        """
        path = f"/printers/{quote(name, safe='')}" if name else "/"
        if server.startswith("/"):
            return cls(
                uri=f"ipp://localhost{path}", host="localhost", port=PORT, path=path, socket=server
            )
        parts = urlsplit(f"//{server}")
        if not parts.hostname or parts.path:
            message = f"no machine is called {server!r}"
            raise ValueError(message)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = parts.port or PORT
        uri = f"ipp://{host}{path}" if port == PORT else f"ipp://{host}:{port}{path}"
        return cls(uri=uri, host=parts.hostname, port=port, path=path)


class _LocalConnection(http.client.HTTPConnection):
    """HTTP over the file of a socket."""

    def __init__(self, file: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.file = file

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.file)


class Client:
    """Asks one printer, in the name of one user.

    Each request has a connection of its own: printers close those that are idle, and a broken one
    should not be taken for an answer to the next.
    """

    def __init__(self, address: Address, *, user: str, patience: float = PATIENCE) -> None:
        self.address, self.user, self.patience = address, user, patience

    def ask(
        self,
        operation: Operation,
        asked: Iterable[Asked] = (),
        *,
        job: int = 0,
        wanted: Iterable[Asked] = (),
        document: bytes = b"",
    ) -> Response:
        """Make a request, and return the answer to it.

        Args:
            operation: what is to be done.
            asked: what the operation is told.
            job: the number of the job that it is about.
            wanted: how a new job is to be printed.
            document: what is to be printed.

        Raises:
            UnreachableError: no answer came.
            RefusedError: the printer does not do it.
            ProtocolError: the answer is not one.
        """
        # In this order, by RFC 8011: the printer, the job, then all else.
        said: list[Asked] = [
            ("attributes-charset", Tag.CHARSET, ("utf-8",)),
            ("attributes-natural-language", Tag.LANGUAGE, ("en",)),
            ("printer-uri", Tag.URI, (self.address.uri,)),
        ]
        if job:
            said.append(("job-id", Tag.INTEGER, (job,)))
        said += [("requesting-user-name", Tag.NAME, (self.user,)), *asked]
        groups: list[tuple[Tag, Iterable[Asked]]] = [(Tag.OPERATION, said)]
        if wishes := tuple(wanted):
            groups.append((Tag.JOB, wishes))
        found = self._answer(write(operation, groups) + document)
        if found.status == Status.VERSION_NOT_SUPPORTED:
            found = self._answer(write(operation, groups, version=_OLD_VERSION) + document)
        if found.status >= Status.FAILED:
            raise RefusedError(found)
        return found

    def _answer(self, body: bytes) -> Response:
        connection = self._connection()
        sent = False
        try:
            try:
                connection.connect()
                sent = True
                connection.request(
                    "POST", self.address.path, body, {"Content-Type": "application/ipp"}
                )
            except (BrokenPipeError, ConnectionResetError):
                # Who refuses a large document may say so, and listen no more.
                if not sent:
                    raise
            answer = connection.getresponse()
            data = answer.read(LIMIT + 1)
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(*self._explain(error), sent=sent) from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise UnreachableError(*_http(answer.status), sent=False)
        if len(data) > LIMIT:
            raise ProtocolError(f"it answers with more than {LIMIT} bytes")
        return read(data)

    def _connection(self) -> http.client.HTTPConnection:
        address = self.address
        if address.socket:
            return _LocalConnection(address.socket, self.patience)
        if address.secure:
            return http.client.HTTPSConnection(
                address.host,
                address.port,
                timeout=self.patience,
                context=ssl.create_default_context(),
            )
        return http.client.HTTPConnection(address.host, address.port, timeout=self.patience)

    def _explain(self, error: Exception) -> tuple[str, str]:
        """Say why no answer came, and what to do."""
        where = self.address.socket or f"{self.address.host}:{self.address.port}"
        known = (
            (
                ssl.SSLCertVerificationError,
                f"the certificate of {where} cannot be trusted: {_untrusted(error)}",
                "if it is the printer's own, put it into a file and name that in SSL_CERT_FILE",
            ),
            (ssl.SSLError, f"{where} does not speak TLS", "try ipp:// instead of ipps://"),
            (socket.gaierror, f"no machine is called {self.address.host}", "look at the address"),
            (TimeoutError, f"{where} does not answer", _ON),
            (ConnectionRefusedError, f"nothing listens at {where}", _ON),
            (FileNotFoundError, f"nothing listens at {where}", "is CUPS running?"),
            (
                (http.client.HTTPException, ConnectionError),
                f"{where} has broken the connection",
                "look at the network, and try again",
            ),
        )
        for kinds, reason, hint in known:
            if isinstance(error, kinds):
                return reason, hint
        return f"{where} cannot be reached: {str(error).lower()}", "look at the network"


def _untrusted(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""


def _http(status: int) -> tuple[str, str]:
    """Say what a web server means that answers no IPP."""
    known = {
        http.client.UNAUTHORIZED: (
            "it asks for a name and a password, which handbill has not",
            "add it to CUPS as a queue, which keeps them, and print to the queue",
        ),
        http.client.FORBIDDEN: (
            "it does not let this machine print",
            "ask who administers it",
        ),
        http.client.NOT_FOUND: (
            "no printer is at this address",
            "look at its path, such as /ipp/print",
        ),
        http.client.UPGRADE_REQUIRED: (
            "it wants an encrypted connection",
            "write ipps:// instead of ipp://",
        ),
    }
    return known.get(status, (f"it answers HTTP {status}, not IPP", "is it a printer's address?"))
