"""The worker: looks each second, ends when it is told to, outlives a dead thread and a silent database."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from tests.arrow import Arrow, an_arrow
from tests.builders import where_it_is_noon
from tests.databases import Database
from tests.webapp.flow.scenes import another_notice, approved, counts, resolve, texted
from webapp import clock, config, db
from webapp.config import Config
from webapp.flow import lifecycle, schedule
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.schedule import Action, ActionKind, ActionState
from webapp.jobs import Worker
from webapp.sandbox.life import AT_ONCE

SMS = ("status_page", "sms")
PATIENCE_S = 60.0


@pytest.fixture
def arrow(engine: sa.Engine) -> Iterator[Arrow]:
    """Its sandbox is the workers'; its own sender does nothing here."""
    with an_arrow(engine, pace=AT_ONCE) as arrow:
        yield arrow


def settings(database: Database, arrow: Arrow) -> dict[str, str]:
    """As the environment has them."""
    return {
        "DATABASE_URL": database.url, "SANDBOX_URL": arrow.sandbox.http_url, "SECRET_KEY": "for tests",
        "SANDBOX_SMTP": f"127.0.0.1:{arrow.sandbox.smtp_port}", "SENDER_THREADS": "2",
    }  # fmt: skip


@pytest.fixture
def worker(database: Database, arrow: Arrow) -> Worker:
    """Not yet running."""
    read: Config = config.read(settings(database, arrow))
    return Worker(read)


@contextmanager
def running(worker: Worker) -> Iterator[Thread]:
    """In a thread; ended with the block, if it has not ended before."""
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield thread
    finally:
        worker.end()
        thread.join(timeout=PATIENCE_S)


def until(what: Callable[[], bool]) -> None:
    """Look often until it is so."""
    ends = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.02)


def approved_now(session: Session, *, sms: int) -> Notice:
    """A notice that is due, in true time."""
    now = clock.now()
    end = now + timedelta(hours=3)
    notice = approved(session, sms=sms, channels=SMS, now=now, started_at=now, expected_end_at=end)
    organisation(session).time_zone = where_it_is_noon()  # in quiet hours texts would wait for the morning
    session.commit()
    return notice


def test_a_worker_posts_sends_and_says_that_it_is_over(session: Session, arrow: Arrow, worker: Worker) -> None:
    notice = approved_now(session, sms=2)
    with running(worker):
        until(lambda: len(texted(arrow)) == 2)
        arrow.now = clock.now()
        resolve(arrow, notice)
        until(lambda: len(texted(arrow)) == 4)

    assert len(set(texted(arrow))) == 2


def test_a_worker_with_work_under_way_ends_soon_and_loses_nothing(
    session: Session, arrow: Arrow, database: Database, engine: sa.Engine, worker: Worker
) -> None:
    notice = approved_now(session, sms=40)
    arrow.break_it(channel="sms", kind="delay", seconds=0.04, times=40)

    with running(worker) as thread:
        until(lambda: len(texted(arrow)) >= 5)
        worker.end()
        thread.join(timeout=10)
        assert not thread.is_alive()
    told = len(texted(arrow))
    assert counts(engine, notice) == {"accepted": told, "planned": 40 - told}
    with running(Worker(config.read(settings(database, arrow)))):  # another goes on where it ended
        until(lambda: counts(engine, notice) == {"accepted": 40})

    assert len(texted(arrow)) == len(set(texted(arrow))) == 40


def test_an_idle_worker_ends_at_once_however_often_it_is_tried(database: Database, arrow: Arrow) -> None:
    for _ in range(5):
        with running(Worker(config.read(settings(database, arrow)))) as thread:
            time.sleep(0.05)
    assert not thread.is_alive()


def test_a_sender_whose_ring_was_silenced_by_another_ends_too(worker: Worker) -> None:
    sender = worker.senders[0]
    sender.start()
    worker.ending.set()  # the bell is not rung: another sender has just silenced it

    sender.join(timeout=5)

    assert not sender.is_alive()
    worker.engine.dispose()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_sender_that_dies_is_replaced(session: Session, arrow: Arrow, worker: Worker) -> None:
    rounds = iter([ZeroDivisionError("nobody could name this")])
    send_some = worker.dispatcher.send_some

    def dies_once() -> bool:
        if mistake := next(rounds, None):
            raise mistake
        return send_some()

    worker.dispatcher.send_some = dies_once  # type: ignore[method-assign]  # a thread that dies cannot be had otherwise
    first = list(worker.senders)
    approved_now(session, sms=2)

    with running(worker):
        until(lambda: len(texted(arrow)) == 2)
        until(lambda: worker.senders != first and all(sender.is_alive() for sender in worker.senders))


@pytest.mark.parametrize(
    "mistake",
    [ZeroDivisionError("nobody could name this"), sa.exc.OperationalError("SELECT", {}, ValueError("too many"))],
)
def test_an_action_that_fails_holds_up_no_other(
    session: Session, arrow: Arrow, worker: Worker, monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    broken = approved_now(session, sms=1)
    execute = lifecycle.execute

    def fails(session: Session, action: Action, **known: Any) -> None:
        execute(session, action, **known)
        if action.notice_id == broken.id:
            raise mistake

    monkeypatch.setattr(lifecycle, "execute", fails)
    arrow.now = clock.now()
    another_notice(arrow, started_at=arrow.now, expected_end_at=arrow.now + timedelta(hours=3))

    with running(worker) as thread:
        until(lambda: len(texted(arrow)) == 1)
        assert thread.is_alive()

    with db.reading(arrow.engine) as fresh:
        waiting = schedule.of(fresh, broken, ActionKind.post)
        assert waiting is not None
        assert (waiting.state, waiting.because) == (ActionState.pending, f"It failed: {type(mistake).__name__}")
        assert fresh.get_one(Notice, broken.id).status is NoticeStatus.approved  # nothing of it is half done


def test_a_database_that_hangs_up_is_called_again(
    session: Session, database: Database, arrow: Arrow, engine: sa.Engine, worker: Worker
) -> None:
    with running(worker):
        time.sleep(1.2)
        if database.kind == "postgresql":
            with engine.connect() as connection:
                theirs = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                connection.execute(sa.text(theirs))
        session.invalidate()
        approved_now(session, sms=1)
        until(lambda: len(texted(arrow)) == 1)


@pytest.mark.kills
def test_a_worker_process_that_gets_sigterm_in_the_middle_ends_well(
    session: Session, database: Database, arrow: Arrow, engine: sa.Engine
) -> None:
    notice = approved_now(session, sms=40)
    arrow.break_it(channel="sms", kind="delay", seconds=0.04, times=40)
    process = subprocess.Popen([sys.executable, "-m", "webapp", "worker"], env=settings(database, arrow))
    try:
        until(lambda: len(texted(arrow)) >= 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.wait()

    told = len(texted(arrow))
    assert counts(engine, notice) == {"accepted": told, "planned": 40 - told}
