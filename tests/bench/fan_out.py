"""How fast a fan-out runs with all its durable states, beside the bare provider client in the same run."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from rules.terms import Mode
from tests.bench.worker import a_worker
from tests.builders import a_lead, a_submitted_notice, an_operator, an_organisation, subscribers, where_it_is_noon
from webapp import clock, db
from webapp.channels.base import Outgoing
from webapp.channels.registry import build, sandbox_settings
from webapp.flow import fan_out, lifecycle
from webapp.flow.organisation import ChannelSetup
from webapp.sandbox.serve import Sandbox

PEOPLE, THREADS, PATIENCE_S = 2_000, 4, 120


def rows(url: str) -> Iterator[str]:
    """Messages a second, ours and bare."""
    for channel in ("sms", "email"):
        with Sandbox(http_port=0, smtp_port=0) as sandbox:
            bare = _bare(sandbox, channel)
        with Sandbox(http_port=0, smtp_port=0) as sandbox:
            ours = _ours(url, sandbox, channel)
        yield f"{channel}: {ours:.0f}/s with durable states, {bare:.0f}/s by the bare client in {THREADS} threads, ratio {ours / bare:.2f}"


def _bare(sandbox: Sandbox, channel: str) -> float:
    settings = sandbox_settings(sandbox.http_url, "127.0.0.1", sandbox.smtp_port)

    def send(part: int) -> None:
        adapter = build(settings, Mode.actual).direct[channel]
        for number in range(part, PEOPLE, THREADS):
            recipient = f"+46701{number:06d}" if channel == "sms" else f"reader{number}@mail.example"
            adapter.send(Outgoing(key=f"bare.{number}", recipient=recipient, language="en", subject="Cash machines", body="Cash machines " * 9,
                                  expires_at=clock.now() + timedelta(hours=3)), now=clock.now())  # fmt: skip
        adapter.close()

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))
    return PEOPLE / (time.monotonic() - began)


def _ours(url: str, sandbox: Sandbox, channel: str) -> float:
    engine, now = db.make_engine(url), clock.now()
    with db.transaction(engine) as session:
        if session.get(ChannelSetup, channel) is None:
            an_organisation(session).time_zone = where_it_is_noon()
        session.get_one(ChannelSetup, channel).segments_per_second = 100_000
        operator, lead = an_operator(), a_lead()
        session.add_all([operator, lead])
        subscribers(session, PEOPLE, channel=channel)
        notice = a_submitted_notice(
            session,
            by=operator,
            channels=["status_page", channel],
            now=now,
            started_at=now,
            expected_end_at=now + timedelta(hours=3),
        )
        lifecycle.sign(session, notice, by=lead, now=now, hold_s=0)
    with a_worker(url, sandbox):
        began = ends = 0.0
        while not ends or time.monotonic() < ends:
            with db.reading(engine) as session:
                (progress,) = fan_out.progress(session, notice) or (None,)
            if progress and progress.unsent < PEOPLE and not began:
                began, ends = time.monotonic(), time.monotonic() + PATIENCE_S
            if progress and progress.unsent == 0:
                break
            ends = ends or 0.0
            time.sleep(0.02)
        took = time.monotonic() - began
    engine.dispose()
    return PEOPLE / took
