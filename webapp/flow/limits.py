"""How often something may be tried from one place or on one thing: counted by the hour, in the store that all processes share."""

from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, delete, select

from webapp.db import moment
from webapp.flow.refusals import TooMany

KEPT = timedelta(hours=2)


class Knock(SQLModel, table=True):
    """How many tries there were within one hour of the clock. Who tried is a network or an id, never a name."""

    who: str = Field(primary_key=True, max_length=120)
    hour_at: datetime = moment(primary_key=True)
    tries: int


def count(session: Session, who: str, *, most: int, now: datetime) -> None:
    """Count one try. Raises TooMany beyond `most` an hour; what a refusal rolls back was not counted, and nothing was done."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(Knock)
    once_more = insert.values(who=who[:120], hour_at=hour, tries=1).on_conflict_do_update(
        index_elements=["who", "hour_at"], set_={"tries": col(Knock.tries) + 1}
    )
    tries = session.execute(once_more.returning(col(Knock.tries))).scalar_one()
    if tries > most:
        raise TooMany("Too many tries from here or for this. Please try again in an hour")


def any_old(session: Session, *, now: datetime) -> bool:
    """Whether there is something to forget."""
    return session.exec(select(Knock.who).where(Knock.hour_at < now - KEPT).limit(1)).first() is not None


def forget_old(session: Session, *, now: datetime) -> None:
    """What was counted before the last hour counts no more."""
    session.execute(delete(Knock).where(col(Knock.hour_at) < now - KEPT))
