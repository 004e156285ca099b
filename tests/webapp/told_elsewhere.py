"""Documents as a Statuspage-compatible page sends them, and a server that sends them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.builders import NOON

ATM, APP = "kr0djjh0jyy9", "zbz4n1v3m5c2"
NAMES = {ATM: "Cash machines", APP: "App login"}


def at(moment: datetime) -> str:
    """With milliseconds and the page's offset, as pages write it."""
    return moment.isoformat(timespec="milliseconds")


def a_component(code: str = ATM, **known: Any) -> dict[str, Any]:
    return {
        "id": code, "name": NAMES.get(code, "API"), "status": "operational", "created_at": "2022-02-15T13:37:37.407-08:00",
        "updated_at": "2022-02-15T13:37:37.407-08:00", "position": 1, "description": None, "showcase": False,
        "start_date": None, "group_id": None, "page_id": "fjallbank001", "group": False, "only_show_if_degraded": False,
    } | known  # fmt: skip


def an_update(status: str, said: datetime, *, new: str = "", code: str = ATM, **known: Any) -> dict[str, Any]:
    affected = [{"code": code, "name": f"Shops - {NAMES[code]}", "old_status": "operational", "new_status": new}]
    return {
        "id": f"u{said:%d%H%M}", "status": status, "body": "We are looking into it.", "incident_id": "x", "created_at": at(said),
        "updated_at": at(said), "display_at": at(said), "affected_components": affected if new else None,
        "deliver_notifications": True, "custom_tweet": None, "tweet_id": None,
    } | known  # fmt: skip


def an_outage(number: int = 1, **known: Any) -> dict[str, Any]:
    """Ten minutes unnoticed, two hours long, on a day of its own."""
    began = NOON - timedelta(days=number)
    ended = began + timedelta(hours=2)
    updates = [
        an_update("resolved", ended, new="operational"),
        an_update("identified", began + timedelta(minutes=10), new="major_outage"),
    ]
    return {
        "id": f"outage{number:06}", "name": "Cash machines give no money", "status": "resolved",
        "created_at": at(began + timedelta(minutes=10)), "updated_at": at(ended), "monitoring_at": None, "resolved_at": at(ended),
        "impact": "major", "shortlink": "https://stspg.io/x", "started_at": at(began), "page_id": "fjallbank001",
        "incident_updates": updates, "components": [a_component()], "reminder_intervals": None,
    } | known  # fmt: skip


def planned_work(**known: Any) -> dict[str, Any]:
    """Said a week ahead, two hours long, recognised by `scheduled_for` alone."""
    said, begin = NOON - timedelta(days=10), NOON - timedelta(days=3)
    return an_outage() | {
        "id": "planned00001", "name": "New safes", "status": "completed", "impact": "maintenance", "created_at": at(said),
        "started_at": at(said), "resolved_at": at(begin + timedelta(hours=1)), "incident_updates": [an_update("scheduled", said)],
        "scheduled_for": at(begin), "scheduled_until": at(begin + timedelta(hours=2)),
    } | known  # fmt: skip


def a_document(*entries: Any, key: str = "incidents", **page: Any) -> dict[str, Any]:
    known = {"id": "fjallbank001", "name": "Fjällbanken", "url": "https://status.fjallbanken.example",
             "time_zone": "Europe/Stockholm", "updated_at": at(NOON)}  # fmt: skip
    return {"page": known | page, key: list(entries)}


@contextmanager
def a_page(answers: dict[str, Any]) -> Iterator[str]:
    """Its address. An answer is a document, bytes, or (status, headers, bytes)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path, (404, {}, b"no such page"))
            status, headers, content = found if isinstance(found, tuple) else (200, {}, found)
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(content)
            except ConnectionError:
                return  # the reader has had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as it is called
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
