"""Notices as lists show them: what each says, where it goes, how far it is; set by set, not one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from webapp.flow.deliveries import Chunk, ChunkState
from webapp.flow.fan_out import Progress
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice, NoticeChannel, NoticeStatus, NoticeText
from webapp.flow.organisation import channel_setups, organisation
from webapp.flow.people import Person
from webapp.flow.schedule import Action, ActionKind, ActionState

SOON = timedelta(minutes=1)
PLACES = {
    NoticeStatus.draft: "/messages",
    NoticeStatus.returned: "/messages",
    NoticeStatus.submitted: "/approval",
}
Found: TypeAlias = "sa.Select[Notice, Incident, str, str]"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice in a list."""

    notice: Notice
    incident: Incident
    headline: str
    asked_by: str  # who submitted it; "" = nobody yet
    channels: tuple[str, ...]
    progress: tuple[Progress, ...]  # by channel, once it is live
    is_sending: bool
    waits_until: datetime | None  # unsent ones are kept until then: quiet hours, or its beginning
    goes_out_at: datetime | None  # approved and on the schedule

    @property
    def path(self) -> str:
        """Where one works with it, in the state in which it is."""
        return f"/console/notices/{self.notice.id}{PLACES.get(self.notice.status, '')}"

    @property
    def unsent(self) -> int:
        """Neither sent nor given up."""
        return sum(each.unsent for each in self.progress)


@dataclass(slots=True)
class _Work:
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    open_at: list[datetime] = field(default_factory=list)


def found(session: Session) -> Found:
    """The query that rows are made from: add conditions and an order."""
    language = organisation(session).languages[0]
    in_language = (col(NoticeText.notice_id) == col(Notice.id)) & (col(NoticeText.language) == language)
    return (
        sa.select(Notice, Incident, col(NoticeText.headline), col(Person.name))
        .join(Incident, col(Incident.id) == col(Notice.incident_id))
        .outerjoin(NoticeText, in_language)
        .outerjoin(Person, col(Person.id) == col(Notice.submitted_by_id))
    )


def rows(session: Session, wanted: Found, *, now: datetime) -> list[NoticeRow]:
    """The rows of a query, with channels and progress."""
    these = session.execute(wanted).all()
    ids = [notice.id for notice, *_ in these]
    channels, work, due = _channels(session, ids), _work(session, ids), _due(session, ids)
    return [
        _row(notice, incident, headline, name, channels.get(notice.id, ()), work.get(notice.id, _Work()), due, now)
        for notice, incident, headline, name in these
    ]


def _row(
    notice: Notice,
    incident: Incident,
    headline: str | None,
    name: str | None,
    channels: tuple[str, ...],
    work: _Work,
    due: dict[UUID, datetime],
    now: datetime,
) -> NoticeRow:
    progress = {
        channel: Progress(channel, sum(counts.values()), counts) for channel, counts in sorted(work.sums.items())
    }
    earliest = min(work.open_at, default=None)
    waits = earliest is not None and earliest > now + SOON
    return NoticeRow(
        notice=notice,
        incident=incident,
        headline=headline or incident.headline,
        asked_by=name or "",
        channels=channels,
        progress=tuple(progress.values()),
        is_sending=earliest is not None and not waits and notice.stopped_at is None,
        waits_until=earliest if waits else None,
        goes_out_at=due.get(notice.id) if notice.status is NoticeStatus.approved else None,
    )


def _channels(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    order = {setup.channel: place for place, setup in enumerate(channel_setups(session))}
    picks = session.exec(select(NoticeChannel).where(col(NoticeChannel.notice_id).in_(ids))).all()
    by_notice: dict[UUID, tuple[str, ...]] = {}
    for pick in sorted(picks, key=lambda pick: order.get(pick.channel, len(order))):
        by_notice[pick.notice_id] = (*by_notice.get(pick.notice_id, ()), pick.channel)
    return by_notice


def _work(session: Session, ids: Iterable[UUID]) -> dict[UUID, _Work]:
    by_notice: dict[UUID, _Work] = {}
    for chunk in session.exec(select(Chunk).where(col(Chunk.notice_id).in_(ids))):
        work = by_notice.setdefault(chunk.notice_id, _Work())
        sums = work.sums.setdefault(chunk.channel, {})
        for name, number in chunk.counts.items():
            sums[name] = sums.get(name, 0) + number
        if chunk.state is ChunkState.open:
            work.open_at.append(chunk.due_at)
    return by_notice


def _due(session: Session, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    wanted = select(Action.notice_id, Action.due_at).where(
        col(Action.notice_id).in_(ids), Action.kind == ActionKind.post, Action.state == ActionState.pending
    )
    return dict(session.exec(wanted).all())
