"""One message to one recipient: chunks to claim, attempts that only grow, and what has become of everybody.

An attempt is written as `sending` and committed before the provider is called; one that was not made after all is taken
back. The state of a delivery is its newest attempt; a recipient without one is planned.

Whoever changes attempts locks their chunk first: senders, receipts and Stop then wait for each other in one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, func, insert, select, update
from sqlmodel.sql.expression import SelectOfScalar

from webapp.db import add, json_field, moment, word
from webapp.flow.approvals import Recipient, freeze_from
from webapp.flow.notices import Notice, channels_of
from webapp.flow.organisation import ChannelSetup
from webapp.flow.subscribers import Address

CHUNK = 200
LEASE = timedelta(seconds=10)  # renewed with every batch; a slower call costs nothing but a look-up
LIFE_SAFETY_FIRST, ORDINARY = 0, 5


class DeliveryState(StrEnum):
    """What has become of one message to one recipient, as far as we know. Later ones are known better."""

    planned = auto()
    sending = auto()
    deferred = auto()  # refused before it was taken; tried again
    unknown = auto()  # may or may not have been taken
    accepted = auto()
    sent = auto()
    delivered = auto()
    undelivered = auto()
    failed = auto()
    expired = auto()
    cancelled = auto()


OPEN = {DeliveryState.planned, DeliveryState.sending, DeliveryState.deferred}
TOLD = (DeliveryState.unknown, DeliveryState.accepted, DeliveryState.sent, DeliveryState.delivered)
FINAL = {
    DeliveryState.delivered,
    DeliveryState.undelivered,
    DeliveryState.failed,
    DeliveryState.expired,
    DeliveryState.cancelled,
}


class ChunkState(StrEnum):
    """Whether a chunk still has work."""

    open = auto()
    done = auto()
    cancelled = auto()


class Chunk(SQLModel, table=True):
    """Some of a notice's recipients on one channel: what one worker claims at a time."""

    id: int | None = Field(default=None, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id", index=True)
    channel: str = Field(max_length=24)
    first: int  # positions, both included
    last: int
    priority: int = ORDINARY
    state: ChunkState = word(ChunkState, default=ChunkState.open, index=True)
    due_at: datetime = moment()
    leased_until: datetime | None = moment(default=None)
    epoch: int = 0  # the fence: rises with every claim, so that a worker that was believed dead notices
    counts: dict[str, int] = json_field(default_factory=dict)  # recipients by state
    doubts: int = 0  # how many are unknown

    @property
    def size(self) -> int:
        """How many recipients."""
        return self.last - self.first + 1


class Attempt(SQLModel, table=True):
    """One try to tell one recipient."""

    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    pos: int = Field(primary_key=True)
    n: int = Field(primary_key=True)
    chunk_id: int = Field(foreign_key="chunk.id", index=True)
    epoch: int
    state: DeliveryState = word(DeliveryState)
    at: datetime = moment()
    settled_at: datetime | None = moment(default=None)
    again_at: datetime | None = moment(default=None)  # deferred: when to try again; unknown: when to look up again
    look_ups: int = 0
    provider_id: str = Field(default="", max_length=64)
    code: str = Field(default="", max_length=32)
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt came to."""

    pos: int
    n: int
    state: DeliveryState
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    again_at: datetime | None = None


class SenderRate(SQLModel, table=True):
    """When a channel's sender is free again: one row a channel, changed in the transaction that takes from it (GCRA)."""

    __tablename__ = "sender_rate"
    channel: str = Field(primary_key=True, max_length=24)
    free_at: datetime = moment()


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of everybody on one channel of a notice."""

    channel: str
    total: int
    counts: dict[str, int]

    @property
    def unsent(self) -> int:
        """Neither sent nor given up."""
        return sum(self.counts.get(state, 0) for state in OPEN)

    @property
    def taken(self) -> int:
        """The provider has them, or had."""
        return sum(self.counts.get(state, 0) for state in ("accepted", "sent", "delivered", "undelivered"))

    @property
    def in_doubt(self) -> int:
        """They may or may not have been sent."""
        return self.counts.get("unknown", 0)


def materialise(session: Session, notice: Notice, *, now: datetime) -> int:
    """Cut the frozen recipients into chunks that workers claim; how many recipients."""
    not_before = {pick.channel: pick.not_before_at for pick in channels_of(session, notice)}
    spans = session.exec(
        select(Recipient.channel, func.min(Recipient.pos), func.max(Recipient.pos))
        .where(Recipient.notice_id == notice.id)
        .group_by(col(Recipient.channel))
    ).all()
    for channel, low, high in spans:
        for first in range(low, high + 1, CHUNK):
            last = min(first + CHUNK - 1, high)
            due = max(not_before.get(channel) or now, now)
            add(session, Chunk(notice_id=notice.id, channel=channel, first=first, last=last, due_at=due,
                               priority=LIFE_SAFETY_FIRST if notice.is_life_safety else ORDINARY,
                               counts={DeliveryState.planned: last - first + 1}))  # fmt: skip
    return sum(high - low + 1 for _, low, high in spans)


def is_under_way(session: Session, notice: Notice) -> bool:
    """Whether a provider is being called for somebody at this moment."""
    wanted = select(Attempt.pos).where(Attempt.notice_id == notice.id, Attempt.state == DeliveryState.sending)
    return session.exec(wanted.limit(1)).first() is not None


def freeze_told(session: Session, original: Notice, over: Notice) -> int:
    """Give an all-clear exactly those who were, or may have been, told the original or what it updates; how many."""
    ids = [told.id for told in _line(session, original)]
    newest_first = sa.case({notice_id: place for place, notice_id in enumerate(ids)}, value=col(Recipient.notice_id))
    rank = func.row_number().over(partition_by=col(Recipient.address_id), order_by=newest_first).label("rank")
    columns = (
        col(Recipient.address_id), col(Recipient.channel), col(Recipient.subscriber_id),
        col(Recipient.value), col(Recipient.language), col(Recipient.is_asked),
    )  # fmt: skip
    was_told = (
        select(Attempt.pos)
        .where(
            Attempt.notice_id == Recipient.notice_id, Attempt.pos == Recipient.pos,
            col(Attempt.state).in_((*TOLD, DeliveryState.sending)),
        )
        .exists()
    )  # fmt: skip
    channels = [pick.channel for pick in channels_of(session, over)]
    told = sa.select(*columns, rank).where(
        col(Recipient.notice_id).in_(ids), was_told, col(Recipient.channel).in_(channels)
    )
    row = told.subquery()
    *who, place = row.c
    return freeze_from(session, over, sa.select(*who).where(place == 1))


def _line(session: Session, notice: Notice) -> list[Notice]:
    """A notice and those that it took the place of, newest first."""
    line = [notice]
    while line[-1].follows_id is not None:
        line.append(session.get_one(Notice, line[-1].follows_id))
    return line


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


def lock(session: Session, chunk_id: int) -> Chunk:
    """The chunk as it is now; nobody else changes it or its attempts before this transaction ends."""
    wanted = select(Chunk).where(Chunk.id == chunk_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(wanted).one()


def still_ours(session: Session, chunk: Chunk, *, now: datetime) -> Chunk | None:
    """The chunk with its lease renewed, or None if another worker has taken it or it has been cancelled."""
    fresh = lock(session, chunk.id or 0)
    if fresh.epoch != chunk.epoch or fresh.state is not ChunkState.open:
        return None
    fresh.leased_until = now + LEASE
    return add(session, fresh)


def next_recipients(session: Session, chunk: Chunk, *, now: datetime, most: int) -> list[tuple[Recipient, int]]:
    """Recipients to try now, with the number of the attempt: never tried, or deferred and due again."""
    newest = _newest(chunk)
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
    newest = _newest(chunk)
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


def let_go(session: Session, chunk: Chunk, *, due_at: datetime | None = None) -> None:
    """Give the chunk back, if it is still ours; others may claim it from `due_at` on (None: whenever it was due)."""
    session.flush()
    statement = update(Chunk).where(col(Chunk.id) == chunk.id, col(Chunk.epoch) == chunk.epoch)
    values = {"leased_until": None} | ({"due_at": due_at} if due_at else {})
    session.execute(statement.values(**values).execution_options(synchronize_session=False))


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


def next_try_at(session: Session, chunk: Chunk) -> datetime | None:
    """When the next deferred one of a chunk is due; None = none is deferred."""
    newest = _newest(chunk)
    return session.execute(
        sa.select(sa.func.min(newest.c.again_at)).where(newest.c.state == DeliveryState.deferred)
    ).scalar()


def progress(session: Session, notice: Notice) -> list[Progress]:
    """What has become of everybody, by channel: a sum over chunk counters."""
    totals: dict[str, dict[str, int]] = {}
    for chunk in session.exec(select(Chunk).where(Chunk.notice_id == notice.id)):
        sums = totals.setdefault(chunk.channel, {})
        for state, number in chunk.counts.items():
            sums[state] = sums.get(state, 0) + number
    return [Progress(channel, sum(counts.values()), counts) for channel, counts in sorted(totals.items())]


def take_from_rate(
    session: Session, setup: ChannelSetup, *, wanted: int, cost: int, default_rate: float, now: datetime
) -> tuple[int, datetime]:
    """How many messages of `cost` segments the sender may send now, and when it has room for one."""
    rate = setup.segments_per_second or default_rate
    row = _rate_row(session, setup.channel) or _first_rate_row(session, setup.channel, now=now)
    burst = timedelta(seconds=1)
    room = max(0.0, (now - (row.free_at - burst)).total_seconds()) * rate
    taken = min(wanted, int(min(room, max(rate, cost)) / cost))
    if taken:
        row.free_at = max(row.free_at, now) + timedelta(seconds=taken * cost / rate)
        add(session, row)
    return taken, max(now, row.free_at - burst + timedelta(seconds=cost / rate))


def _rate_row(session: Session, channel: str) -> SenderRate | None:
    wanted = select(SenderRate).where(SenderRate.channel == channel)
    return session.exec(wanted.with_for_update().execution_options(populate_existing=True)).first()


def _first_rate_row(session: Session, channel: str, *, now: datetime) -> SenderRate:
    try:
        with session.begin_nested():
            return add(session, SenderRate(channel=channel, free_at=now))
    except IntegrityError:  # another sender has just made it
        found = _rate_row(session, channel)
        if found is None:
            raise
        return found


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(col(Chunk.leased_until).is_(None), col(Chunk.leased_until) < now)


def _newest(chunk: Chunk) -> sa.Subquery:
    rank = func.row_number().over(partition_by=col(Attempt.pos), order_by=col(Attempt.n).desc())
    ranked = sa.select(col(Attempt.pos), col(Attempt.n), col(Attempt.state), col(Attempt.again_at), rank.label("rank"))
    inner = ranked.where(col(Attempt.chunk_id) == chunk.id).subquery()
    return sa.select(inner).where(inner.c.rank == 1).subquery()


def _abandoned(now: datetime) -> SelectOfScalar[Chunk]:
    """Chunks that were closed while somebody was sending them, who has not come back."""
    return select(Chunk).where(col(Chunk.state) != ChunkState.open, col(Chunk.leased_until) < now)


def _cancel_deferred(session: Session, chunk: Chunk, *, now: datetime) -> None:
    """Whom nobody will try again."""
    newest = _newest(chunk)
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


def _doubt_what_was_left(session: Session, chunk: Chunk, *, now: datetime) -> bool:
    """What a dead worker had begun may or may not have been taken; whether there was anything."""
    left = update(Attempt).where(col(Attempt.chunk_id) == chunk.id, col(Attempt.state) == DeliveryState.sending)
    result = session.execute(
        left.values(state=DeliveryState.unknown, settled_at=now, again_at=now, detail="The sender ended in the middle")
    )
    session.flush()
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount
