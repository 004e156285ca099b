"""The whole arrow on a clock that a test moves: a scheduler and senders that look when told to, and a real sandbox."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import httpx
import sqlalchemy as sa

from tests.builders import NOON, STATUS
from webapp import db
from webapp.channels.registry import build, sandbox_settings
from webapp.flow import lifecycle, schedule
from webapp.flow.dispatch import Dispatcher
from webapp.links import Links
from webapp.sandbox.life import Pace
from webapp.sandbox.serve import Sandbox

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # all is plain HTTP here: reading certificates takes 50 ms a question


@dataclass
class Arrow:
    """`go_to` moves the clock and lets everything happen that is due by then."""

    engine: sa.Engine
    sandbox: Sandbox
    dispatcher: Dispatcher
    now: datetime = NOON

    def go_to(self, moment: datetime) -> None:
        """Look and send until nothing is due, at that moment."""
        self.now = moment
        for _ in range(500):
            if not (self.look() or self.dispatcher.send_some()):
                return
        raise AssertionError("the arrow does not come to rest")

    def go_on(self, **much: float) -> None:
        """`go_to` a moment from now."""
        self.go_to(self.now + timedelta(**much))

    def look(self) -> bool:
        """What the scheduler does each second; whether anything was due."""
        with db.transaction(self.engine) as session:
            lifecycle.close_ended(session, now=self.now)
        with db.reading(self.engine) as session:
            due = schedule.due(session, now=self.now)
        for action in due:
            with db.transaction(self.engine) as session:
                lifecycle.execute(session, action, now=self.now, status_url=STATUS)
        return bool(due)

    def received(self, channel: str) -> list[dict[str, Any]]:
        """Everything that the sandbox got on a channel."""
        answer = httpx.get(
            f"{self.sandbox.http_url}/inbox.json", params={"channel": channel, "limit": 1000}, verify=NOBODY
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return found

    def break_it(self, **fault: Any) -> None:
        """Arm a fault."""
        httpx.post(f"{self.sandbox.http_url}/faults", json=fault, verify=NOBODY).raise_for_status()


@contextmanager
def an_arrow(engine: sa.Engine, *, pace: Pace | None = None) -> Iterator[Arrow]:
    """On this database, with a sandbox of its own, whose texts go from the queue to the phone at this pace."""
    with Sandbox(http_port=0, smtp_port=0, pace=pace) as sandbox:
        settings = sandbox_settings(sandbox.http_url, "127.0.0.1", sandbox.smtp_port)
        held: list[Arrow] = []
        dispatcher = Dispatcher(
            engine,
            adapters=lambda mode: build(settings, mode),
            clock=lambda: held[0].now,
            links=Links(STATUS, "secret"),
            ending=Event(),
        )
        held.append(Arrow(engine, sandbox, dispatcher))
        yield held[0]
        dispatcher.close()
