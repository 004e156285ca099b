"""Which subscribers changed since: the database's own triggers write it down, so that no way of changing one is missed.

A snapshot keeps the mark at which it began to be read; whoever changed at or after that mark is asked about by SQL.
"""

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col

from webapp.db import add
from webapp.flow.subscribers import BigId, SubscriberPoint

NOBODY = 0  # in place of a person: what has this mark or an earlier one has been forgotten
sa.Index(
    "ix_subscriber_point_wide",
    col(SubscriberPoint.z),
    sqlite_where=col(SubscriberPoint.radius_m) > 0,
    postgresql_where=col(SubscriberPoint.radius_m) > 0,
)


class SubscriberChange(SQLModel, table=True):
    """Somebody was added, changed or taken out, or something of theirs was."""

    __tablename__ = "subscriber_change"
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(sa_type=BigId)
    mark: int = Field(index=True, sa_type=sa.BigInteger)  # PostgreSQL: the transaction; SQLite: a counter


def next_mark(session: Session) -> int:
    """What every change that this transaction does not see will have at least."""
    if session.get_bind().dialect.name == "sqlite":
        return (
            int(session.execute(sa.select(sa.func.coalesce(sa.func.max(col(SubscriberChange.mark)), 0))).scalar_one())
            + 1
        )
    oldest_open = sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
    return int(session.execute(oldest_open).scalar_one())


def since(session: Session, mark: int, *, most: int) -> list[int] | None:
    """Ids of those who changed at or after a mark; None = more than `most`, or it is not known any more."""
    person, at = col(SubscriberChange.subscriber_id), col(SubscriberChange.mark)
    oldest = session.execute(sa.select(person, at).order_by(at).limit(1)).first()
    if oldest is not None and oldest[0] == NOBODY and oldest[1] >= mark:
        return None
    wanted = sa.select(person).where(at >= mark, person != NOBODY).distinct()
    found = list(session.execute(wanted.limit(most + 1)).scalars())
    return found if len(found) <= most else None


def forget(session: Session, before: int) -> None:
    """Take out what is older than a mark, and leave a note, so that whoever still counts from before it knows."""
    note = add(session, SubscriberChange(subscriber_id=NOBODY, mark=before - 1))
    session.execute(
        sa.delete(SubscriberChange).where(col(SubscriberChange.mark) < before, col(SubscriberChange.id) != note.id)
    )
