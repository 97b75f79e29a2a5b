"""Printers to test with, on this machine alone: CUPS' `ippeveprinter`, `cupsd`, and what breaks.

Both are the real programs. What they receive lies in folders below the test's own; what they do is
said in a file: `ok`, `reason NAME` to stop for a reason until the file changes, `fail`, `hang`
in the middle, or `quit`, as printers do that are told to cancel.
"""

import grp
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from handbill import ipp, printer
from handbill.diagnostics import Location
from handbill.ledger import Item, Ledger
from handbill.printer import Sheet
from handbill.spool import Order, Spool


#: For how long anything here may take, in seconds.
PATIENCE = 20.0

EVE = shutil.which("ippeveprinter") or shutil.which("ippeveprinter", path="/usr/sbin")
#: That of macOS takes no folders of its own.
CUPSD = shutil.which("cupsd", path="/usr/sbin") if sys.platform != "darwin" else None

#: Keeps each document and what was asked for it. `STATE:` is how a print command and a backend tell
#: of the printer's state.
_COMMAND = """\
#!/bin/sh
tray='{tray}'
file=${{6:-$1}}
number=$(ls "$tray" | grep -c '[.]pdf$')
act() {{ cat '{acts}'; }}
case "$(act)" in
reason*)
  reason=$(act | cut -d' ' -f2)
  echo "STATE: +$reason" >&2
  while case "$(act)" in reason*) true;; *) false;; esac; do sleep 0.05; done
  echo "STATE: -$reason" >&2;;
esac
case "$(act)" in
quit) exit 1;;
fail) echo "ERROR: the roller is worn" >&2; exit 1;;
hang) echo "ATTR: job-impressions-completed=3" >&2
  while [ "$(act)" = hang ]; do sleep 0.05; done;;
esac
case "$(act)" in quit) exit 1;; esac
env | grep '^IPP_' | sort > "$tray/$number.env"
cp "$file" "$tray/.$number" && mv "$tray/.$number" "$tray/$number.pdf"
"""


@dataclass
class Tray:
    """What a printer does, and what it has printed."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "tray").mkdir(parents=True)
        self.acts("ok")
        self.command = self.folder / "command"
        self.command.write_text(
            _COMMAND.format(tray=self.folder / "tray", acts=self.folder / "acts"), "utf-8"
        )
        self.command.chmod(0o755)

    def acts(self, what: str) -> None:
        """Say what the printer does from now on."""
        other = self.folder / "acts.new"
        other.write_text(what, "utf-8")
        other.replace(self.folder / "acts")

    @property
    def printed(self) -> list[bytes]:
        """The documents that have come out."""
        return [path.read_bytes() for path in sorted((self.folder / "tray").glob("*.pdf"))]

    @property
    def asked(self) -> list[dict[str, str]]:
        """What was asked for each of them."""
        return [
            dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines())
            for path in sorted((self.folder / "tray").glob("*.env"))
        ]


@dataclass
class Printer:
    """A printer that runs."""

    uri: str
    tray: Tray
    port: int
    socket: str = ""
    log: Path = field(default_factory=Path)


def eventually(fact: Callable[[], object], what: str = "it does not happen") -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def _running(
    command: list[str], log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def eve(
    folder: Path,
    *,
    duplex: bool = True,
    colour: bool = True,
    formats: str = "application/pdf",
    attributes: str = "",
    secure: bool = False,
) -> Iterator[Printer]:
    """Run an IPP Everywhere printer.

    Args:
        folder: where it keeps everything; short, because sockets have short names.
        duplex: whether it prints on both sides.
        colour: whether it has colour.
        formats: the kinds of files that it takes.
        attributes: lines of an attributes file, laid over what a plain printer says.
        secure: whether to speak of it as `ipps://`.
    """
    if not EVE:
        pytest.skip("no ippeveprinter")
    folder.mkdir(parents=True, exist_ok=True)
    tray, log = Tray(folder / "p"), folder / "log"
    for name in ("spool", "keys"):
        (folder / name).mkdir()
    options = ["-r", "off", "-n", "localhost", "-c", str(tray.command), "-d", str(folder / "spool")]
    options += ["-K", str(folder / "keys"), "-vvv"]
    if attributes:
        file = folder / "printer.conf"
        file.write_text(_PLAIN + textwrap.dedent(attributes), "utf-8")
        options += ["-a", str(file)]
    else:
        options += ["-f", formats, "-s", "10,10" if colour else "10,0", *(["-2"] if duplex else [])]
    with ExitStack() as stack:
        bus = f"unix:path={folder}/bus"
        if sys.platform != "darwin":
            # It looks for a bus to tell of itself, even when it is told not to.
            command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"]
            stack.enter_context(_running(command, log))
            eventually((folder / "bus").is_socket, "no bus")
        for _ in range(3):
            port = free_port()
            command = [str(EVE), *options, "-p", str(port), "Trial"]
            process = stack.enter_context(_running(command, log, DBUS_SYSTEM_BUS_ADDRESS=bus))
            eventually(lambda: _answers(port) or process.poll() is not None, log.read_text())  # noqa: B023
            if process.poll() is None:
                break
        else:
            raise AssertionError(log.read_text("utf-8", "replace"))
        scheme = "ipps" if secure else "ipp"
        yield Printer(uri=f"{scheme}://localhost:{port}/ipp/print", tray=tray, port=port, log=log)


#: What a printer must say of itself where an attributes file is given.
_PLAIN = """\
ATTR text printer-make-and-model "Trial Printer"
ATTR rangeOfInteger copies-supported 1-99
ATTR integer copies-default 1
ATTR keyword print-color-mode-supported monochrome,color
ATTR keyword print-color-mode-default color
ATTR mimeMediaType document-format-supported "application/pdf"
ATTR mimeMediaType document-format-default "application/pdf"
"""

# --- a person who prints ------------------------------------------------------------------------

#: Large enough not to fit into what a connection holds back.
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000 + b"\n%%EOF\n"
PLACE = Location(path="shelf.csv", line=2)


class Told(list[str]):
    """What people are told, and what is done when they are."""

    def __init__(self) -> None:
        super().__init__()
        self.then: dict[str, Callable[[], None]] = {}

    def __call__(self, text: str) -> None:
        """Take what is said."""
        self.append(text)
        for words in [words for words in self.then if words in text]:
            self.then.pop(words)()


def spooler(
    ledger: Ledger, uri: str, told: Told, *, patience: float = 5.0, wait: float = 20.0
) -> Spool:
    """Return a way to a printer that waits little."""
    return Spool(
        ipp.Client(ipp.Address.of(uri), user="tester", patience=patience),
        ledger,
        clock=time.time,
        pause=lambda seconds: time.sleep(min(seconds, 0.2)),
        say=told,
        deadline=time.time() + wait,
    )


def ordered(
    ledger: Ledger, way: Spool, *, run: str = "print:test:1", copies: int = 3, name: str = "milia"
) -> Order:
    """Return an order for a leaflet of three pages."""
    wish = printer.Wish(
        sheet=Sheet(width=210, height=297, pages=3),
        copies=copies,
        direction="ltr",
        is_booklet=False,
        is_mono=False,
        is_one_sided=False,
        is_stapled=False,
        location=PLACE,
    )
    return Order(
        item=Item(campaign=run, recipient=ledger.token("paper", name), thing="digest"),
        title=f"one/ar/{name}.a4.pdf",
        about='{"leaflet": "milia"}',
        asked=printer.ticket(way.capabilities(), wish).asked,
        copies=copies,
        data=PDF,
        location=PLACE,
    )


# --- a print server ----------------------------------------------------------------------------

_CUPSD = """\
Listen 127.0.0.1:{port}
Listen {folder}/s
LogLevel debug
Browsing No
WebInterface No
DefaultAuthType None
PreserveJobHistory {history}
PreserveJobFiles Yes
MultipleOperationTimeout 60
MaxLogSize 0
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit Create-Job Print-Job Send-Document>
    Order deny,allow
  </Limit>
  <Limit Cancel-Job Hold-Job Release-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""

_CUPS_FILES = """\
ServerRoot {folder}/root
ServerBin {folder}/bin
DataDir /usr/share/cups
CacheDir {folder}/cache
StateDir {folder}/state
RequestRoot {folder}/spool
TempDir {folder}/tmp
DocumentRoot {folder}/tmp
AccessLog {folder}/log
ErrorLog {folder}/log
PageLog {folder}/log
FileDevice Yes
SystemGroup {group}
"""

_PRINTERS = """\
<DefaultPrinter Front>
Info the front desk
DeviceURI tray:/
State Idle
StateTime 1
Accepting Yes
Shared No
JobSheets none none
ErrorPolicy {policy}
OpPolicy default
</DefaultPrinter>
"""

#: What the queue can do, and that it takes PDF as it is.
_PPD = """\
*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "TRIAL.PPD"
*Manufacturer: "Trial"
*Product: "(Trial)"
*ModelName: "Trial"
*ShortNickName: "Trial"
*NickName: "Trial, a queue to test with"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: True
*DefaultColorSpace: RGB
*cupsVersion: 2.4
*cupsFilter2: "application/pdf application/pdf 0 -"
*OpenUI *PageSize/Media Size: PickOne
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*PageSize Letter/US Letter: "<</PageSize[612 792]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion/Media Size: PickOne
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*PageRegion Letter/US Letter: "<</PageSize[612 792]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583 830"
*ImageableArea Letter/US Letter: "12 12 600 780"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
*PaperDimension Letter/US Letter: "612 792"
*OpenUI *Duplex/Two-Sided: PickOne
*DefaultDuplex: None
*Duplex None/Off: ""
*Duplex DuplexNoTumble/Long Edge: ""
*Duplex DuplexTumble/Short Edge: ""
*CloseUI: *Duplex
*OpenUI *ColorModel/Colour: PickOne
*DefaultColorModel: RGB
*ColorModel Gray/Black: ""
*ColorModel RGB/Colour: ""
*CloseUI: *ColorModel
"""


@contextmanager
def cups(
    folder: Path, *, history: bool = True, policy: str = "stop-printer", raw: bool = False
) -> Iterator[Printer]:
    """Run CUPS with one queue, `Front`, whose printer is a tray.

    Args:
        folder: where it keeps everything; short, because sockets have short names.
        history: whether it remembers jobs that have ended.
        policy: what it does when its printer fails.
        raw: whether the queue knows nothing of its printer.
    """
    if not CUPSD:
        pytest.skip("no cupsd")
    folder.mkdir(parents=True, exist_ok=True)
    tray, log = Tray(folder / "p"), folder / "log"
    for name in ("root/ppd", "cache", "state", "spool", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "bin/backend").mkdir(parents=True)
    (folder / "bin/daemon").symlink_to("/usr/lib/cups/daemon")
    backend = folder / "bin/backend/tray"
    shutil.copy(tray.command, backend)
    # Started by root, CUPS runs as root only what nobody else may run.
    backend.chmod(0o700)
    (folder / "root/printers.conf").write_text(_PRINTERS.format(policy=policy), "utf-8")
    if not raw:
        (folder / "root/ppd/Front.ppd").write_text(_PPD, "utf-8")
    words: Mapping[str, Any] = {
        "folder": folder,
        "history": "Yes" if history else "No",
        "group": grp.getgrgid(os.getgid()).gr_name,
    }
    (folder / "files.conf").write_text(_CUPS_FILES.format(**words), "utf-8")
    with ExitStack() as stack:
        port = free_port()
        (folder / "cupsd.conf").write_text(_CUPSD.format(port=port, **words), "utf-8")
        command = [str(CUPSD), "-f", "-c", f"{folder}/cupsd.conf", "-s", f"{folder}/files.conf"]
        process = stack.enter_context(_running(command, folder / "out"))
        eventually(lambda: _answers(port) or process.poll() is not None)
        assert process.poll() is None, log.read_text("utf-8", "replace")
        uri = f"ipp://localhost:{port}/printers/Front"
        yield Printer(uri=uri, tray=tray, port=port, socket=f"{folder}/s", log=log)


def ask(printer: Printer, operation: str, *lines: str) -> str:
    """Ask a printer something with CUPS' own tool, and return what it answers."""
    test = "\n".join(
        [
            f"{{ OPERATION {operation}",
            "GROUP operation-attributes-tag",
            "ATTR charset attributes-charset utf-8",
            "ATTR language attributes-natural-language en",
            f"ATTR uri printer-uri {printer.uri}",
            *lines,
            "ATTR name requesting-user-name root",
            "STATUS successful-ok }",
        ]
    )
    done = subprocess.run(
        ["ipptool", "-tv", printer.uri, "/dev/stdin"],
        check=False,
        input=test,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("RECEIVED")[-1]


def job(printer: Printer, number: int) -> dict[str, str]:
    """Return what a printer knows of a job."""
    said = ask(printer, "Get-Job-Attributes", f"ATTR integer job-id {number}")
    found = re.findall(r"^ +([a-z-]+) \([^)]*\) = (.*)$", said, re.MULTILINE)
    return dict(found)


# --- what breaks -------------------------------------------------------------------------------


class Wire:
    """A way to a printer that can be cut: at a request, in its middle, or before the answer."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self._cuts: list[tuple[int, str, Callable[[], None]]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.uri = printer.uri.replace(f":{printer.port}/", f":{self.port}/")
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, operation: int, where: str, act: Callable[[], None] = lambda: None) -> None:
        """Break the next such request, once.

        Args:
            operation: which.
            where: `before` it arrives, in its `middle`, `after` it, before its answer; or
                `never`, to act alone.
            act: what else happens then.
        """
        self._cuts.append((operation, where, act))

    def close(self) -> None:
        """Let nobody through any more."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            request = _http_message(caller)
            body = request.partition(b"\r\n\r\n")[2]
            operation = int.from_bytes(body[2:4], "big")
            where, act = self._cut_of(operation)
            if where == "before":
                act()
                return
            with socket.create_connection(("127.0.0.1", self.printer.port)) as printer:
                if where == "middle":
                    printer.sendall(request[: len(request) - len(body) // 2])
                    time.sleep(0.2)
                    act()
                    return
                printer.sendall(request)
                answer = _http_message(printer)
                if where == "after":
                    act()
                    return
                caller.sendall(answer)
                act()

    def _cut_of(self, operation: int) -> tuple[str, Callable[[], None]]:
        for cut in self._cuts:
            if cut[0] == operation:
                self._cuts.remove(cut)
                return cut[1:]
        return "", lambda: None


def _http_message(stream: socket.socket) -> bytes:
    """Read a request or an answer: its head, and as much as that says, or until the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    if length := re.search(rb"content-length: *(\d+)", head, re.IGNORECASE):
        missing = int(length.group(1)) - len(body)
        while missing > 0 and (piece := stream.recv(missing)):
            data, missing = data + piece, missing - len(piece)
        return data
    while not data.endswith(b"0\r\n\r\n") and (piece := stream.recv(65536)):
        data += piece
    return data
