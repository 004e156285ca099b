"""Tries to tell one recipient: written before the provider is called, settled by what it said, counted in their chunk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, insert, select, update

from webapp.db import add
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import OPEN, Attempt, Chunk, ChunkState, DeliveryState, Result, lock, newest_of
from webapp.flow.notices import Notice
from webapp.flow.subscribers import Address


def next_recipients(session: Session, chunk: Chunk, *, now: datetime, most: int) -> list[tuple[Recipient, int]]:
    """Recipients to try now, with the number of the attempt: never tried, or deferred and due again."""
    newest = newest_of(chunk)
    rows = session.execute(
        sa.select(Recipient, newest.c.n)
        .outerjoin(newest, newest.c.pos == col(Recipient.pos))
        .where(
            col(Recipient.notice_id) == chunk.notice_id, col(Recipient.pos).between(chunk.first, chunk.last),
            sa.or_(
                newest.c.n.is_(None),
                sa.and_(newest.c.state == DeliveryState.deferred, sa.or_(newest.c.again_at.is_(None), newest.c.again_at <= now)),
            ),
        )
        .order_by(col(Recipient.pos))
        .limit(most)
    )  # fmt: skip
    return [(recipient, (n or 0) + 1) for recipient, n in rows]


def spare_suppressed(
    session: Session, chunk: Chunk, batch: list[tuple[Recipient, int]], *, now: datetime
) -> list[tuple[Recipient, int]]:
    """Cancel those whose address may not be used any more since the set was frozen; the others."""
    ids = [recipient.address_id for recipient, _ in batch]
    suppressed = select(Address.id).where(col(Address.id).in_(ids), col(Address.suppressed_at).is_not(None))
    gone = set(session.exec(suppressed))
    spared = [each for each in batch if each[0].address_id in gone]
    begin(session, chunk, spared, now=now)
    results = [
        Result(recipient.pos, n, DeliveryState.cancelled, detail="This address may not be used any more")
        for recipient, n in spared
    ]
    settle_all(session, chunk, results, now=now)
    return [each for each in batch if each[0].address_id not in gone]


def begin(session: Session, chunk: Chunk, batch: list[tuple[Recipient, int]], *, now: datetime) -> None:
    """Write the attempts as sending. Commit before calling the provider."""
    rows = [
        {"notice_id": chunk.notice_id, "pos": recipient.pos, "n": n, "chunk_id": chunk.id, "epoch": chunk.epoch,
         "state": DeliveryState.sending, "at": now, "look_ups": 0, "provider_id": "", "code": "", "detail": ""}
        for recipient, n in batch
    ]  # fmt: skip
    if rows:
        session.execute(insert(Attempt), rows)


def settle_all(session: Session, chunk: Chunk, results: Sequence[Result], *, now: datetime) -> None:
    """What the provider answered, as `settle`, in as few statements as there can be."""
    table: sa.Table = Attempt.__table__  # type: ignore[attr-defined]  # sqlmodel's
    mine = (
        table.c.notice_id == chunk.notice_id,
        table.c.pos == sa.bindparam("at_pos"),
        table.c.n == sa.bindparam("at_n"),
    )
    is_ours = sa.or_(table.c.state == DeliveryState.sending, table.c.state == DeliveryState.unknown)
    settled = sa.update(table).where(*mine, is_ours)
    rows = [
        {"at_pos": result.pos, "at_n": result.n, "state": result.state, "settled_at": now, "again_at": result.again_at,
         "code": result.code, "detail": result.detail, "provider_id": result.provider_id}
        for result in results
    ]  # fmt: skip
    named = [{"at_pos": row["at_pos"], "at_n": row["at_n"], "provider_id": row["provider_id"]} for row in rows]
    if rows:
        session.connection().execute(settled, rows)
        session.connection().execute(sa.update(table).where(*mine, table.c.provider_id == ""), named)


def take_back(session: Session, chunk: Chunk, batch: Sequence[tuple[Recipient, int]]) -> None:
    """These attempts were written down and never made: they are planned again."""
    for n in {n for _, n in batch}:
        session.execute(
            sa.delete(Attempt).where(
                col(Attempt.notice_id) == chunk.notice_id, col(Attempt.n) == n,
                col(Attempt.pos).in_([recipient.pos for recipient, own in batch if own == n]),
                col(Attempt.state).in_((DeliveryState.sending, DeliveryState.unknown)),
            )
        )  # fmt: skip


def settle(
    session: Session, key: tuple[UUID, int, int], state: DeliveryState, *, now: datetime, **values: object
) -> None:
    """What the provider answered. What a receipt or another worker has said meanwhile stands."""
    mine = [col(Attempt.notice_id) == key[0], col(Attempt.pos) == key[1], col(Attempt.n) == key[2]]
    settled = update(Attempt).where(*mine, col(Attempt.state).in_((DeliveryState.sending, DeliveryState.unknown)))
    changed = session.execute(settled.values(state=state, settled_at=now, **values)).rowcount  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount
    if not changed and "provider_id" in values:
        session.execute(update(Attempt).where(*mine).values(provider_id=values["provider_id"]))


def recount(session: Session, chunk_id: int, *, now: datetime) -> Chunk:
    """Fold the newest attempts of a chunk into its counters; close it when nothing is left to do, open it when something is."""
    # The chunk's row is the lock: two that count at once would each miss what the other has not committed.
    chunk = lock(session, chunk_id)
    if chunk.state is ChunkState.cancelled:
        _cancel_deferred(session, chunk, now=now)
    newest = newest_of(chunk)
    rows = session.execute(sa.select(newest.c.state, sa.func.count()).group_by(newest.c.state)).all()
    counts = {str(state): number for state, number in rows}
    untried = chunk.size - sum(counts.values())
    if untried:
        rest = DeliveryState.cancelled if chunk.state is ChunkState.cancelled else DeliveryState.planned
        counts[rest] = counts.get(rest, 0) + untried
    chunk.counts, chunk.doubts = counts, counts.get(DeliveryState.unknown, 0)
    has_work = any(counts.get(state) for state in OPEN)
    if chunk.state is ChunkState.open and not has_work:
        chunk.state = ChunkState.done
    elif chunk.state is ChunkState.done and has_work:
        # Whoever was slow gives recipients back after another had finished the rest.
        chunk.state, chunk.due_at, chunk.leased_until = ChunkState.open, now, None
    return add(session, chunk)


def cancel_unsent(session: Session, notice: Notice, *, now: datetime) -> int:
    """Nothing more of this notice is sent; how many recipients will not be tried (again)."""
    chunks = session.exec(
        select(Chunk)
        .where(Chunk.notice_id == notice.id, col(Chunk.state) == ChunkState.open)
        .order_by(col(Chunk.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for chunk in chunks:
        chunk.state = ChunkState.cancelled
        add(session, chunk)
        recount(session, chunk.id or 0, now=now)
    return sum(chunk.counts.get(DeliveryState.cancelled, 0) for chunk in chunks)


def next_try_at(session: Session, chunk: Chunk) -> datetime | None:
    """When the next deferred one of a chunk is due; None = none is deferred."""
    newest = newest_of(chunk)
    return session.execute(
        sa.select(sa.func.min(newest.c.again_at)).where(newest.c.state == DeliveryState.deferred)
    ).scalar()


def _cancel_deferred(session: Session, chunk: Chunk, *, now: datetime) -> None:
    """Whom nobody will try again."""
    newest = newest_of(chunk)
    waiting = sa.select(newest.c.pos).where(newest.c.state == DeliveryState.deferred)
    session.execute(
        update(Attempt)
        .where(
            col(Attempt.chunk_id) == chunk.id, col(Attempt.state) == DeliveryState.deferred,
            col(Attempt.pos).in_(waiting),
        )
        .values(state=DeliveryState.cancelled, settled_at=now, again_at=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
