"""Which subscribers changed since: the database's own triggers write it down, so that no way of changing one is missed.

A snapshot keeps the mark at which it began to be read; whoever changed at or after that mark is asked about by SQL.
"""

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col

from webapp.flow.subscribers import BigId, SubscriberPoint

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
    """Ids of those who changed at or after a mark; None = more than `most`."""
    wanted = sa.select(col(SubscriberChange.subscriber_id)).where(col(SubscriberChange.mark) >= mark).distinct()
    found = list(session.execute(wanted.limit(most + 1)).scalars())
    return found if len(found) <= most else None


def forget(session: Session, before: int) -> None:
    """Take out what no snapshot asks for any more. The newest stays: it holds the count of marks."""
    newest = sa.select(sa.func.max(col(SubscriberChange.id))).scalar_subquery()
    session.execute(
        sa.delete(SubscriberChange).where(col(SubscriberChange.mark) < before, col(SubscriberChange.id) < newest)
    )
