"""One message to one recipient: the chunks and attempts that say what has become of everybody.

An attempt is written as `sending` and committed before the provider is called; one that was not made after all is taken
back. The state of a delivery is its newest attempt; a recipient without one is planned.

Whoever changes attempts locks their chunk first: senders, receipts and Stop then wait for each other in one order.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, func, select

from webapp.db import json_field, moment, word

ORDINARY = 5  # life safety comes before it


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


def lock(session: Session, chunk_id: int) -> Chunk:
    """The chunk as it is now; nobody else changes it or its attempts before this transaction ends."""
    wanted = select(Chunk).where(Chunk.id == chunk_id).with_for_update().execution_options(populate_existing=True)
    return session.exec(wanted).one()


def newest_of(chunk: Chunk) -> sa.Subquery:
    rank = func.row_number().over(partition_by=col(Attempt.pos), order_by=col(Attempt.n).desc())
    ranked = sa.select(col(Attempt.pos), col(Attempt.n), col(Attempt.state), col(Attempt.again_at), rank.label("rank"))
    inner = ranked.where(col(Attempt.chunk_id) == chunk.id).subquery()
    return sa.select(inner).where(inner.c.rank == 1).subquery()
