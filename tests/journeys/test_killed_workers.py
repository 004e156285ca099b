"""Real workers, really killed: everybody is told once or accounted for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from tests.arrow import NOBODY
from tests.builders import a_lead, a_submitted_notice, an_operator, an_organisation, subscribers, where_it_is_noon
from tests.databases import Database
from webapp import clock, db
from webapp.flow import fan_out, lifecycle
from webapp.flow.fan_out import Progress
from webapp.flow.notices import Notice
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.sandbox.serve import Sandbox

PEOPLE = 300
PATIENCE_S = 180  # two workers once took 40 s to start on a machine that was busy with other things


@contextmanager
def a_worker(database: Database, sandbox: Sandbox) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m webapp worker` on this database."""
    environment = os.environ | {
        "DATABASE_URL": database.url, "SANDBOX_URL": sandbox.http_url, "SANDBOX_SMTP": f"127.0.0.1:{sandbox.smtp_port}",
        "SECRET_KEY": "for tests", "SENDER_THREADS": "2",
    }  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-m", "webapp", "worker"], env=environment)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def until(what: Callable[[], bool], *, says: str) -> None:
    """Look often until it is so."""
    ends = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < ends, says
        time.sleep(0.05)


def received(sandbox: Sandbox, channel: str) -> dict[str, int]:
    """How often each recipient was told."""
    asked: dict[str, str | int] = {"channel": channel, "limit": 1, "by_recipient": 1}
    answer = httpx.get(f"{sandbox.http_url}/inbox.json", params=asked, verify=NOBODY)
    counts: dict[str, int] = answer.raise_for_status().json()["by_recipient"]
    return counts


def progress(engine: sa.Engine, notice: Notice) -> Progress:
    """Of the one direct channel."""
    with db.reading(engine) as session:
        (only,) = fan_out.progress(session, notice)
        return only


@pytest.mark.kills
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_two_workers_of_which_one_is_killed_tell_everybody_at_most_once(
    database: Database, engine: sa.Engine, session: Session, channel: str
) -> None:
    now = clock.now()
    operator, lead = an_operator(), a_lead()
    an_organisation(session)
    organisation(session).time_zone = where_it_is_noon()
    session.add_all([operator, lead])
    people = set(subscribers(session, PEOPLE, channel=channel))
    session.get_one(ChannelSetup, channel).segments_per_second = 100  # slow enough to be killed in the middle
    end = {"started_at": now - timedelta(minutes=5), "expected_end_at": now + timedelta(hours=3)}
    notice = a_submitted_notice(session, by=operator, channels=["status_page", channel], now=now, **end)
    lifecycle.sign(session, notice, by=lead, now=now, hold_s=0)
    session.commit()

    with (
        Sandbox(http_port=0, smtp_port=0) as sandbox,
        a_worker(database, sandbox) as first,
        a_worker(database, sandbox) as second,
    ):
        until(lambda: len(received(sandbox, channel)) > PEOPLE // 4, says="nothing is sent")
        first.send_signal(signal.SIGKILL)
        until(lambda: progress(engine, notice).unsent == 0, says="the other worker does not finish")
        told = received(sandbox, channel)
        if channel == "sms":  # the provider can be asked: only what it never got stays in doubt
            until(lambda: progress(engine, notice).in_doubt == PEOPLE - len(told), says="doubts are not looked up")
        second.terminate()
        second.wait(timeout=30)
        assert received(sandbox, channel) == told

    account = progress(engine, notice)
    print(
        f"{database.kind} {channel}: {len(told)} of {PEOPLE} told once, {account.in_doubt} in doubt, {account.counts}"
    )
    assert set(told.values()) == {1}
    assert set(told) <= people
    assert account.total == PEOPLE
    assert len(told) <= account.taken + account.in_doubt
    assert len(people - set(told)) <= account.in_doubt
    assert account.taken + account.in_doubt == PEOPLE
