"""A small threaded HTTP/1.1 server for one WSGI app on loopback.

Ours because connections stay open, as a provider's do, and may be cut without a reply: werkzeug's own server closes
each connection after its reply, and waits 10 ms for it.
"""

import io
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, SO_REUSEADDR, SOL_SOCKET, socket
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

DROPPED = "sandbox.dropped"  # set in a request's environ: cut the connection instead of replying
MAX_BODY = 2_000_000

Headers = list[tuple[str, str]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: "Server"

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._reply("413 Content Too Large", [("Content-Length", "0")], b"")
            return
        environ = self._environ(self.rfile.read(size))
        status, headers, body = _run(self.server.app, environ)
        if environ.get(DROPPED):
            self.close_connection = True
        else:
            self._reply(status, headers, body)

    do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815  the base class looks for these names

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _reply(self, status: str, headers: Headers, body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
        """Nothing: paths carry numbers and addresses."""


def _run(app: WSGIApplication, environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    head: list[tuple[str, Headers]] = []

    def start_response(
        status: str,
        headers: Headers,
        _error: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        /,
    ) -> Any:
        head[:] = [(status, headers)]

    parts: Iterable[bytes] = app(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if close := getattr(parts, "close", None):
            close()
    return *head[0], body


class Server(ThreadingHTTPServer):
    """Serves until `stop()`, which also ends the connections that clients keep open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, app: WSGIApplication, *, host: str, port: int) -> None:
        self.app = app
        self._open: set[socket] = set()
        self._lock = Lock()
        super().__init__((host, port), _Handler)
        self._thread = Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox-http", daemon=True
        )

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        self.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that has ended."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and end open connections."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue  # it ended by itself meanwhile
