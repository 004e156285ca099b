"""Which worker sends what: chunks claimed under a lease, given back, and taken over from workers that died."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar

from webapp.db import add
from webapp.flow.approvals import Recipient
from webapp.flow.attempts import recount
from webapp.flow.deliveries import Attempt, Chunk, ChunkState, DeliveryState, lock

LEASE = timedelta(seconds=10)  # renewed with every batch; a slower call costs nothing but a look-up


def any_chunk_due(session: Session, *, now: datetime) -> bool:
    """Whether a chunk waits to be claimed."""
    due = select(Chunk.id).where(col(Chunk.state) == ChunkState.open, col(Chunk.due_at) <= now, _is_free(now))
    return session.exec(due.limit(1)).first() is not None


def any_doubt_due(session: Session, *, now: datetime) -> bool:
    """Whether something in doubt is due to be looked up."""
    doubt = select(Attempt.pos).join(Chunk, col(Chunk.id) == col(Attempt.chunk_id))
    due = doubt.where(col(Chunk.doubts) > 0, col(Attempt.state) == DeliveryState.unknown, col(Attempt.again_at) <= now)
    return session.exec(due.limit(1)).first() is not None


def anything_abandoned(session: Session, *, now: datetime) -> bool:
    """Whether a chunk was closed while somebody was sending it, who has not come back."""
    return session.exec(_abandoned(now).limit(1)).first() is not None


def claim(session: Session, *, now: datetime, channels: Sequence[str]) -> Chunk | None:
    """The most urgent chunk with work, ours until the lease ends; None = nothing to do now.

    Life safety first; then each notice and channel in turn, so that a long list of mails holds up no text message.
    """
    turns = _turns()
    wanted = (
        select(Chunk)
        .join(turns, sa.and_(turns.c.notice_id == col(Chunk.notice_id), turns.c.channel == col(Chunk.channel)))
        .where(
            col(Chunk.state) == ChunkState.open,
            col(Chunk.due_at) <= now,
            _is_free(now),
            col(Chunk.channel).in_(channels),
        )
        .order_by(col(Chunk.priority), turns.c.taken, col(Chunk.due_at), col(Chunk.id))
        .limit(1)
        .with_for_update(skip_locked=True, of=Chunk)
    )
    chunk = session.exec(wanted).first()
    if chunk is None:
        return None
    left = _doubt_what_was_left(session, chunk, now=now)
    chunk.epoch, chunk.leased_until = chunk.epoch + 1, now + LEASE
    add(session, chunk)
    return recount(session, chunk.id or 0, now=now) if left else chunk


def _turns() -> sa.Subquery:
    """How many chunks of each notice and channel with work left have been begun."""
    busy = select(Chunk.notice_id).where(col(Chunk.state) == ChunkState.open)
    begun = func.sum(sa.case((col(Chunk.epoch) > 0, 1), else_=0)).label("taken")
    counted = sa.select(col(Chunk.notice_id), col(Chunk.channel), begun).where(col(Chunk.notice_id).in_(busy))
    return counted.group_by(col(Chunk.notice_id), col(Chunk.channel)).subquery()


def still_ours(session: Session, chunk: Chunk, *, now: datetime) -> Chunk | None:
    """The chunk with its lease renewed, or None if another worker has taken it or it has been cancelled."""
    fresh = lock(session, chunk.id or 0)
    if fresh.epoch != chunk.epoch or fresh.state is not ChunkState.open:
        return None
    fresh.leased_until = now + LEASE
    return add(session, fresh)


def let_go(session: Session, chunk: Chunk, *, due_at: datetime | None = None) -> None:
    """Give the chunk back, if it is still ours; others may claim it from `due_at` on (None: whenever it was due)."""
    session.flush()
    statement = update(Chunk).where(col(Chunk.id) == chunk.id, col(Chunk.epoch) == chunk.epoch)
    values = {"leased_until": None} | ({"due_at": due_at} if due_at else {})
    session.execute(statement.values(**values).execution_options(synchronize_session=False))


def doubtful(session: Session, *, now: datetime, most: int = 20) -> list[tuple[Chunk, Attempt, Recipient]]:
    """Attempts that may or may not have been taken and are due to be looked up."""
    wanted = (
        select(Chunk, Attempt, Recipient)
        .join(Attempt, col(Attempt.chunk_id) == col(Chunk.id))
        .join(
            Recipient,
            sa.and_(col(Recipient.notice_id) == col(Attempt.notice_id), col(Recipient.pos) == col(Attempt.pos)),
        )
        .where(col(Chunk.doubts) > 0, col(Attempt.state) == DeliveryState.unknown, col(Attempt.again_at) <= now)
        .order_by(col(Attempt.at))
        .limit(most)
    )
    return [(chunk, attempt, recipient) for chunk, attempt, recipient in session.exec(wanted)]


def doubt_abandoned(session: Session, *, now: datetime) -> int:
    """Doubt what dead workers had begun in chunks that nobody will claim again; in how many chunks."""
    chunks = session.exec(_abandoned(now).limit(20).with_for_update(skip_locked=True)).all()
    for chunk in chunks:
        _doubt_what_was_left(session, chunk, now=now)
        chunk.leased_until = None
        recount(session, add(session, chunk).id or 0, now=now)
    return len(chunks)


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(col(Chunk.leased_until).is_(None), col(Chunk.leased_until) < now)


def _abandoned(now: datetime) -> SelectOfScalar[Chunk]:
    """Chunks that were closed while somebody was sending them, who has not come back."""
    return select(Chunk).where(col(Chunk.state) != ChunkState.open, col(Chunk.leased_until) < now)


def _doubt_what_was_left(session: Session, chunk: Chunk, *, now: datetime) -> bool:
    """What a dead worker had begun may or may not have been taken; whether there was anything."""
    left = update(Attempt).where(col(Attempt.chunk_id) == chunk.id, col(Attempt.state) == DeliveryState.sending)
    result = session.execute(
        left.values(state=DeliveryState.unknown, settled_at=now, again_at=now, detail="The sender ended in the middle")
    )
    session.flush()
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount
