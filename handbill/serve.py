"""The preview in a browser: a server for this machine alone, and for nothing but the preview.

It answers on the loopback address, under that name only: a page from elsewhere whose name is made
to lead here (DNS rebinding) gets nothing. Pages may load nothing from anywhere else.
"""

import html
import json
import select
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from handbill.diagnostics import Fault, HandbillError, Location
from handbill.editions import Edition
from handbill.watch import Sight, Watch


HOST = "127.0.0.1"
#: So often it is looked whether a window is still open, in seconds.
_BEAT = 0.5

_KINDS = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "otf": "font/otf",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
}
#: The parts of an edition's address, in their order.
_NAMES = ("leaflet", "language", "clinic", "format")
_COMPANIONS = ("watch.css", "watch.js")
#: The page around the preview: its own script and style, and the frame.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
#: The leaflet in the frame: the designers' styles, its pictures and fonts, and no script.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; font-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_FRAME = '<!DOCTYPE html><html lang="en"><head><title>Leaflet</title></head><body></body></html>'


class Server(ThreadingHTTPServer):
    """Serves the preview of one project."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, watch: Watch, first: Edition, port: int) -> None:
        """Bind to a port of this machine.

        Args:
            watch: what there is to see.
            first: the edition that is shown first.
            port: the port; 0 for any that is free.

        Raises:
            HandbillError: the port is taken.
        """
        self.watch, self.first, self.closing = watch, first, Event()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            raise HandbillError(
                Fault(
                    kind="unknown-choice",
                    location=Location(path="--port"),
                    message=f"cannot serve at port {port}: {error}",
                    hint="without --port, a free one is chosen",
                )
            ) from error

    @property
    def address(self) -> str:
        """Where the first edition is seen."""
        return f"http://{HOST}:{self.server_port}{_path(self.first)}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of windows that were closed while they were written to."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    server_version = "handbill"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer; what is not part of the preview is not found."""
        port = self.server.server_port
        if self.headers.get("Host") not in {f"{HOST}:{port}", f"localhost:{port}"}:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, "This is not served under that name.")
            return
        address = urlsplit(self.path)
        parts = [unquote(item) for item in address.path.split("/")[1:]]
        match parts:
            case [""]:
                self._redirect(address.query)
            case [name] if name in _COMPANIONS:
                self._file(name, self.server.watch.companion(name))
            case ["fonts", name]:
                self._file(name, self.server.watch.font(name), lasting=True)
            case ["sheets", name]:
                self._file(name, self.server.watch.pictures.get(name), lasting=True)
            case ["frame"]:
                self._send(HTTPStatus.OK, "html", _FRAME.encode(), policy=_FRAME_POLICY)
            case [leaflet, language, clinic, form] if all(parts):
                self._page(Edition(leaflet=leaflet, language=language, clinic=clinic, format=form))
            case [leaflet, language, clinic, form, "events"]:
                self._events(
                    Edition(leaflet=leaflet, language=language, clinic=clinic, format=form)
                )
            case _:
                self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _redirect(self, query: str) -> None:
        """Lead to the edition that was chosen in the form, or to the first."""
        asked, first = parse_qs(query), self.server.first
        chosen = {name: asked.get(name, [getattr(first, name)])[0] for name in _NAMES}
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", _path(Edition(**chosen)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _page(self, edition: Edition) -> None:
        try:
            page = self.server.watch.page(edition)
        except HandbillError as error:
            self._broken(error.fault)
            return
        self._send(HTTPStatus.OK, "html", page.encode(), policy=_PAGE_POLICY)

    def _broken(self, fault: Fault) -> None:
        """Say why there is no page, and try again: its template is being mended."""
        said = html.escape(f"{fault.location}: {fault.message}")
        page = (
            '<!DOCTYPE html><html lang="en"><meta http-equiv="refresh" content="2">'
            f"<title>No preview</title><h1>No preview</h1><p>{said}</p>"
        )
        self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "html", page.encode(), policy=_PAGE_POLICY)

    def _events(self, edition: Edition) -> None:
        """Send what becomes of an edition, as long as somebody looks (HTML, 9.2)."""
        watch = self.server.watch
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self._guard()
        self.end_headers()
        watch.join(edition)
        seen: Sight | None = None
        try:
            self.wfile.write(b"retry: 500\n\n")
            while not self.server.closing.is_set() and not self._is_closed():
                sight = watch.wait(edition, seen, _BEAT)
                for line in _told(sight, seen):
                    self.wfile.write(line.encode())
                seen = sight
        except OSError:
            return  # the window was closed
        finally:
            watch.leave(edition)

    def _is_closed(self) -> bool:
        """Tell whether the window has gone: a browser that stays has no more to say."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable)

    def _file(self, name: str, data: bytes | None, *, lasting: bool = False) -> None:
        if data is None:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")
        else:
            self._send(HTTPStatus.OK, name.rpartition(".")[2], data, lasting=lasting)

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "txt", text.encode())

    def _send(
        self,
        status: HTTPStatus,
        kind: str,
        data: bytes,
        *,
        policy: str = "default-src 'none'",
        lasting: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _KINDS[kind])
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", policy)
        self._guard(lasting=lasting)
        self.end_headers()
        self.wfile.write(data)

    def _guard(self, *, lasting: bool = False) -> None:
        """Keep pages from elsewhere out, and the browser from keeping what will change."""
        self.send_header("Cache-Control", "max-age=3600" if lasting else "no-store")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")


def _path(edition: Edition) -> str:
    return "".join(f"/{quote(getattr(edition, name), safe='')}" for name in _NAMES)


def _told(sight: Sight, seen: Sight | None) -> Iterator[str]:
    """Yield the events that tell of what is new: the page first, which is what is waited for."""
    if seen is sight:
        return
    # A page is sent when it has changed; what is marked on it, each time.
    page = None if seen is not None and seen.html == sight.html else sight.html
    told = {
        "state": sight.state,
        "status": sight.status,
        "page": page,
        "sheets": sight.sheets,
        "setting": sight.setting,
        "findings": sight.findings,
        "everything": sight.everything,
    }
    yield f"event: sight\ndata: {json.dumps(told)}\n\n"
