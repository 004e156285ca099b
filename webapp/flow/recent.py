"""What our own books say of the days before: how often people were told, where this was announced, whether it is new."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from rules.terms import Mode
from webapp.flow import audience
from webapp.flow.audience import Concern
from webapp.flow.books import ATTEMPT, CHUNK, NOTICE, PICK, RECIPIENT
from webapp.flow.components import Component
from webapp.flow.incidents import Filing, Incident, IncidentComponent

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
SENDING = timedelta(days=3)  # quiet hours and retries included, nothing leaves later than this after it went live
GOT = ("unknown", "accepted", "sent", "delivered")


def messages(
    session: Session, concern: Concern, people: Mapping[str, int], *, now: datetime
) -> dict[str, tuple[int, int]]:
    """By channel: half of its people got at least so many messages there in seven days, and so many in 24 hours.

    `people`: the concerned whom each channel reaches. Exercises do not count, for nobody got them.
    """
    live = NOTICE.c.mode == Mode.actual.value, NOTICE.c.live_at > now - WEEK - SENDING
    # To ask who got them is the slow part; where all that was sent could not make half of the people, it is not asked.
    some = [channel for channel, sent in _sent(session, live) if 2 * sent >= people.get(channel, 0)]
    if not some:
        return {}
    got = _got(session, concern, (*live, RECIPIENT.c.channel.in_(some)), now=now).subquery()
    tally = sa.select(got.c.channel, got.c.week, got.c.day, sa.func.count()).group_by(
        got.c.channel, got.c.week, got.c.day
    )
    found: dict[str, list[tuple[int, int, int]]] = {}
    for channel, week, day, count in session.execute(tally):
        found.setdefault(channel, []).append((week, day, count))
    return {
        channel: (
            _typical([(week, count) for week, _, count in rows], people.get(channel, 0)),
            _typical([(day, count) for _, day, count in rows], people.get(channel, 0)),
        )
        for channel, rows in found.items()
    }


def announced(session: Session, incident: Incident) -> set[str]:
    """Channels on which a notice about it is signed and waits, or is live."""
    wanted = (
        sa.select(PICK.c.channel)
        .join(NOTICE, NOTICE.c.id == PICK.c.notice_id)
        .where(NOTICE.c.incident_id == incident.id, NOTICE.c.status.in_(["approved", "live"]))
    )
    return set(session.execute(wanted).scalars())


def is_repeated(session: Session, filing: Filing, *, now: datetime, but: UUID | None = None) -> bool:
    """Whether another incident of this kind began on one of its components within thirty days. Exercises do not count."""
    if not filing.components:
        return False
    same = (
        sa.select(sa.literal(1))
        .join_from(Incident, IncidentComponent, col(IncidentComponent.incident_id) == col(Incident.id))
        .join(Component, col(Component.id) == col(IncidentComponent.component_id))
        .where(
            col(Component.code).in_(filing.components),
            col(Incident.kind) == filing.kind,
            col(Incident.mode) == Mode.actual,
            col(Incident.started_at).between(now - MONTH, now),
        )
    )
    return session.execute(same.where(col(Incident.id) != but if but else sa.true()).limit(1)).first() is not None


def _sent(session: Session, live: tuple[sa.ColumnElement[bool], ...]) -> list[tuple[str, int]]:
    """By channel: at least as many as were sent messages, or were to be."""
    size = sa.func.sum(CHUNK.c.last - CHUNK.c.first + 1)
    wanted = sa.select(CHUNK.c.channel, size).join(NOTICE, NOTICE.c.id == CHUNK.c.notice_id).where(*live)
    return [(channel, int(sent)) for channel, sent in session.execute(wanted.group_by(CHUNK.c.channel))]


def _got(
    session: Session, concern: Concern, live: tuple[sa.ColumnElement[bool], ...], *, now: datetime
) -> sa.Select[str, int, int]:
    """One row a person and channel: how many messages in seven days, and in 24 hours."""
    one = (
        sa.select(RECIPIENT.c.channel, RECIPIENT.c.subscriber_id, sa.func.max(ATTEMPT.c.at).label("at"))
        .join(NOTICE, NOTICE.c.id == RECIPIENT.c.notice_id)
        .join(ATTEMPT, sa.and_(ATTEMPT.c.notice_id == RECIPIENT.c.notice_id, ATTEMPT.c.pos == RECIPIENT.c.pos))
        .where(*live, ATTEMPT.c.state.in_(GOT), ATTEMPT.c.at.between(now - WEEK, now))
        .where(RECIPIENT.c.subscriber_id.in_(audience.concerned(session, concern)))
        .group_by(RECIPIENT.c.notice_id, RECIPIENT.c.pos, RECIPIENT.c.channel, RECIPIENT.c.subscriber_id)
        .subquery()
    )
    today = sa.func.sum(sa.case((one.c.at > now - DAY, 1), else_=0))
    return sa.select(one.c.channel, one.c.subscriber_id, sa.func.count().label("week"), today.label("day")).group_by(
        one.c.channel, one.c.subscriber_id
    )


def _typical(tally: list[tuple[int, int]], people: int) -> int:
    """The most that at least half of the people got. `tally`: number of messages, people."""
    reached = 0
    for number, count in sorted(tally, reverse=True):
        reached += count
        if 2 * reached >= people:
            return number
    return 0
