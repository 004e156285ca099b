"""Messages to one person that belong to no notice: a confirmation code, a request for approval. Sent once, by the worker."""

from datetime import datetime, timedelta
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, changed_one, moment, word

LEASE = timedelta(seconds=90)


class LetterState(StrEnum):
    """As a delivery's."""

    planned = auto()
    sending = auto()
    accepted = auto()
    failed = auto()
    unknown = auto()
    expired = auto()


class Letter(SQLModel, table=True):
    """One message to one person. Its text is erased once it has left."""

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=24)
    value: str = Field(repr=False, max_length=2_000)
    language: str = Field(max_length=12)
    subject: str
    body: str = Field(repr=False)
    state: LetterState = word(LetterState, default=LetterState.planned, index=True)
    due_at: datetime = moment()
    not_after: datetime = moment()
    tries: int = 0
    leased_until: datetime | None = moment(default=None)
    detail: str = ""
    subscriber_id: int | None = Field(
        default=None, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    )  # who may end such letters with one click


def write(
    session: Session,
    channel: str,
    value: str,
    *,
    subject: str,
    body: str,
    language: str,
    now: datetime,
    life: timedelta,
) -> Letter:
    """Put a letter into the outbox; it is never sent after now + life."""
    return add(
        session,
        Letter(
            channel=channel,
            value=value,
            subject=subject,
            body=body,
            language=language,
            due_at=now,
            not_after=now + life,
        ),
    )


def anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a letter waits, or one was left in the middle."""
    waits = (col(Letter.state) == LetterState.planned) & (col(Letter.due_at) <= now)
    left = (col(Letter.state) == LetterState.sending) & (col(Letter.leased_until) < now)
    return session.exec(select(Letter.id).where(waits | left).limit(1)).first() is not None


def claim(session: Session, *, now: datetime, most: int = 10) -> list[Letter]:
    """Take letters that are due; of two workers each gets its own. What is past its time is expired instead."""
    session.execute(
        update(Letter)
        .where(col(Letter.state) == LetterState.planned, col(Letter.not_after) <= now)
        .values(state=LetterState.expired, body="")
    )
    session.execute(
        update(Letter)
        .where(col(Letter.state) == LetterState.sending, col(Letter.leased_until) < now)
        .values(state=LetterState.unknown, body="", detail="The sender ended in the middle")
    )
    due = (
        select(Letter)
        .where(col(Letter.state) == LetterState.planned, col(Letter.due_at) <= now)
        .order_by(col(Letter.id))
        .limit(most)
    )
    return [letter for letter in session.exec(due) if _take(session, letter, now)]


def settle(
    session: Session, letter: Letter, state: LetterState, *, detail: str = "", again_at: datetime | None = None
) -> None:
    """Say what became of it; `again_at` puts it back into the outbox."""
    values: dict[str, object] = {"state": state, "detail": detail}
    if again_at:
        values |= {"state": LetterState.planned, "due_at": again_at, "tries": letter.tries + 1}
    else:
        values |= {"body": ""}
    session.execute(
        update(Letter).where(col(Letter.id) == letter.id, col(Letter.state) == LetterState.sending).values(**values)
    )


def _take(session: Session, letter: Letter, now: datetime) -> bool:
    mine: sa.Update = (
        update(Letter)
        .where(col(Letter.id) == letter.id, col(Letter.state) == LetterState.planned)
        .values(state=LetterState.sending, leased_until=now + LEASE)
    )
    return changed_one(session, mine)
