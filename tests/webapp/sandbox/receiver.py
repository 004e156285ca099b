"""A real HTTP server that keeps what is posted to it."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Self
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Report:
    """One POST."""

    path: str
    form: dict[str, str]
    signature: str


class Receiver:
    """Answers 204, or hangs up on the first `hang_ups` calls."""

    def __init__(self, *, hang_ups: int = 0) -> None:
        self._reports: Queue[Report] = Queue()
        reports, left = self._reports, [hang_ups]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if left[0]:
                    left[0] -= 1
                    return
                reports.put(Report(self.path, dict(parse_qsl(body)), self.headers.get("X-Twilio-Signature", "")))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def next(self, *, within_s: float = 5.0) -> Report:
        """The next report; raises queue.Empty if none comes."""
        return self._reports.get(timeout=within_s)

    def statuses(self, count: int) -> list[str]:
        """MessageStatus of the next `count` reports."""
        return [self.next().form["MessageStatus"] for _ in range(count)]

    def is_silent(self, *, for_s: float = 0.2) -> bool:
        """Whether nothing more comes."""
        try:
            self.next(within_s=for_s)
        except Empty:
            return True
        return False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
