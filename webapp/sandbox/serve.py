"""The stand-in as one thing that starts and stops: in a test, or as a process of its own."""

import signal
import sys
from contextlib import ExitStack
from threading import Event
from types import FrameType, TracebackType
from typing import Any, Self

from webapp import clock
from webapp.channels.loopback import is_loopback
from webapp.sandbox.app import create_sandbox_app
from webapp.sandbox.life import Pace
from webapp.sandbox.mail_server import MailServer
from webapp.sandbox.providers import Account, Providers
from webapp.sandbox.server import Server
from webapp.sandbox.shelf import KEEP

HTTP_PORT, SMTP_PORT = 4020, 4025


class Sandbox:
    """Listens on loopback from `start()` to `stop()`. Port 0 takes a free one."""

    def __init__(
        self,
        http_port: int = 0,
        smtp_port: int = 0,
        *,
        host: str = "127.0.0.1",
        account: Account | None = None,
        pace: Pace | None = None,
        keep: int = KEEP,
        **smtp: Any,
    ) -> None:
        if not is_loopback(host):
            raise ValueError(f"The sandbox listens on this machine only, not on {host}")
        self.providers = Providers(account or Account(), pace=pace or Pace(), now=clock.now, keep=keep)
        self.host = host
        self._http_port, self._smtp_port, self._smtp_more = http_port, smtp_port, smtp

    @property
    def http_url(self) -> str:
        """Base address of Twilio, Graph and the inbox, with no slash at the end."""
        return f"http://{self.host}:{self._http.server_port}"

    @property
    def smtp_port(self) -> int:
        """Where mail is taken, on `host`."""
        return self._mail.port

    def start(self) -> Self:
        """Listen; both ports are open on return. Raises OSError, and leaves nothing behind, if one is taken."""
        with ExitStack() as undo:
            self._mail = MailServer(self.providers, host=self.host, port=self._smtp_port, **self._smtp_more)
            self._mail.start()
            undo.callback(self._mail.stop)
            self._http = Server(create_sandbox_app(self.providers), host=self.host, port=self._http_port)
            self._http.start()
            undo.callback(self._http.stop)
            self.providers.start()
            undo.callback(self.providers.stop)
            self._undo = undo.pop_all()
        return self

    def stop(self) -> None:
        """Close the ports and end the threads; what came in can still be looked at in `providers`."""
        self._undo.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def main(http_port: int = HTTP_PORT, smtp_port: int = SMTP_PORT, *, inbound_url: str = "") -> int:
    """Serve until SIGTERM or SIGINT. `inbound_url` (this machine only) gets what people text back."""
    ended = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    sandbox = Sandbox(http_port, smtp_port, account=Account(inbound_url=inbound_url))
    try:
        sandbox.start()
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen on ports {http_port} and {smtp_port}: {error.strerror}\n")
        return 1
    sys.stdout.write(f"Sandbox inbox: {sandbox.http_url}/   mail: {sandbox.host}:{sandbox.smtp_port}\n")
    sys.stdout.flush()
    ended.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
