"""How late notices are posted and retired, by a worker that has nothing else to do."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tests.bench.worker import a_worker
from tests.builders import (
    a_draft,
    a_lead,
    an_incident,
    an_operator,
    an_organisation,
    in_sveg,
    subscribers,
    where_it_is_noon,
)
from webapp import clock, db
from webapp.flow import lifecycle, submission
from webapp.flow.notices import Notice, NoticeStatus
from webapp.sandbox.serve import Sandbox

NOTICES = 40
FIRST_S, SPREAD_S, LIFE_S = 8, 10, 6


def rows(url: str) -> Iterator[str]:
    """Milliseconds between when it was due and when it was done: median, 99th of 100, worst."""
    engine = db.make_engine(url)
    with Sandbox(http_port=0, smtp_port=0) as sandbox:
        with db.transaction(engine) as session:
            _approve_many(session, clock.now())
        with a_worker(url, sandbox):
            time.sleep(FIRST_S + SPREAD_S + LIFE_S + 3)
        with db.reading(engine) as session:
            done = session.exec(select(Notice).where(col(Notice.ending).is_(None))).all()
            posted = [_late(notice.live_at, notice.effective_at) for notice in done if notice.live_at]
            retired = [
                _late(notice.retired_at, notice.expires_at) for notice in done if notice.status is NoticeStatus.retired
            ]
    engine.dispose()
    yield f"posted  {len(posted)} of {NOTICES}: {_said(posted)}"
    yield f"retired {len(retired)} of {NOTICES}: {_said(retired)}"


def _approve_many(session: Session, now: datetime) -> None:
    an_organisation(session).time_zone = where_it_is_noon()
    operator, lead = an_operator(), a_lead()
    session.add_all([operator, lead])
    subscribers(session, 3)
    for number in range(NOTICES):
        begins = now + timedelta(seconds=FIRST_S + SPREAD_S * number / NOTICES)
        incident = an_incident(
            session,
            by=operator,
            now=now,
            where=in_sveg(session),
            started_at=now,
            expected_end_at=begins + timedelta(seconds=LIFE_S),
        )
        notice = a_draft(session, incident, by=operator, now=now)
        notice.effective_at = begins
        session.add(notice)
        submission.submit(session, notice, by=operator, now=now)
        lifecycle.sign(session, notice, by=lead, now=now, hold_s=0)


def _late(done: datetime | None, due: datetime | None) -> float:
    return (done - due).total_seconds() * 1_000 if done and due else float("nan")


def _said(late_ms: list[float]) -> str:
    ordered = sorted(late_ms)
    if not ordered:
        return "none"
    return f"p50 {ordered[len(ordered) // 2]:.0f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.0f} ms, max {ordered[-1]:.0f} ms"
