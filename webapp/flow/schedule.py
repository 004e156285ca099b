"""What is to happen when. The rows are the schedule; whatever calls us may ring twice, late or never."""

from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, changed_one, moment, word
from webapp.flow.notices import Notice

LONGEST_WAIT = timedelta(minutes=1)


class ActionKind(StrEnum):
    """What is done to a notice."""

    post = auto()
    remind = auto()
    retire = auto()


class ActionState(StrEnum):
    """What became of it."""

    pending = auto()
    done = auto()
    dropped = auto()  # pointless by the time that it could be done
    held = auto()  # late: a person decides
    cancelled = auto()


class Action(SQLModel, table=True):
    """One thing to do to one notice at one moment, once."""

    __table_args__ = (sa.UniqueConstraint("notice_id", "notice_version", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id")
    notice_version: int = 1
    kind: ActionKind = word(ActionKind)
    due_at: datetime = moment(index=True)
    not_after: datetime | None = moment(default=None)  # None = never too late, as for retiring
    state: ActionState = word(ActionState, default=ActionState.pending)
    done_at: datetime | None = moment(default=None)
    because: str = ""
    tries: int = 0  # that failed for a reason that nobody foresaw
    again_at: datetime | None = moment(default=None)  # not before this, after such a failure


def plan(
    session: Session, notice: Notice, kind: ActionKind, *, due_at: datetime, not_after: datetime | None = None
) -> Action:
    """Write an action, or move one that is still pending; one that is done stays done."""
    known = of(session, notice, kind)
    if known is None:
        return add(
            session,
            Action(notice_id=notice.id, notice_version=notice.version, kind=kind, due_at=due_at, not_after=not_after),
        )
    moved = update(Action).where(col(Action.id) == known.id, col(Action.state) == ActionState.pending)
    changed_one(session, moved.values(due_at=due_at, not_after=not_after))
    session.refresh(known)
    return known


def due(session: Session, *, now: datetime, most: int = 100) -> list[Action]:
    """Pending actions whose time has come: ends before beginnings, then the oldest first."""
    ends_first = sa.case((col(Action.kind) == ActionKind.retire, 0), else_=1)
    is_free = sa.or_(col(Action.again_at).is_(None), col(Action.again_at) <= now)
    wanted = select(Action).where(col(Action.state) == ActionState.pending, col(Action.due_at) <= now, is_free)
    return list(session.exec(wanted.order_by(ends_first, col(Action.due_at), col(Action.id)).limit(most)))


def upcoming(session: Session, *, now: datetime, until: datetime) -> list[datetime]:
    """The moments at which something falls due, soonest first."""
    wanted = select(Action.due_at).where(
        col(Action.state) == ActionState.pending, col(Action.due_at) > now, col(Action.due_at) <= until
    )
    return list(session.exec(wanted.distinct().order_by(col(Action.due_at)).limit(200)))


def take(session: Session, action: Action, *, now: datetime) -> bool:
    """Make it ours to do, in this transaction; False if somebody else has done it."""
    # The conditional UPDATE is the lock: its effects commit with it, so each action happens once.
    return _settle(session, action, ActionState.done, ActionState.pending, now=now, because="")


def drop(session: Session, action: Action, because: str, *, now: datetime) -> bool:
    """Not done, for it has become pointless; kept and shown."""
    return _settle(session, action, ActionState.dropped, ActionState.pending, now=now, because=because)


def hold(session: Session, action: Action, because: str, *, now: datetime) -> bool:
    """Not done until a person decides."""
    return _settle(session, action, ActionState.held, ActionState.pending, now=now, because=because)


def put_off(session: Session, action: Action, because: str, *, now: datetime) -> None:
    """Try again after 2, 4, 8 … seconds, at most a minute: what fails for a reason of its own holds up no other."""
    waits = min(timedelta(seconds=2 ** (action.tries + 1)), LONGEST_WAIT)
    failed = update(Action).where(col(Action.id) == action.id, col(Action.state) == ActionState.pending)
    session.execute(failed.values(tries=action.tries + 1, again_at=now + waits, because=because))


def release(session: Session, action: Action, *, now: datetime) -> bool:
    """Let a held action be done after all, now."""
    freed = update(Action).where(col(Action.id) == action.id, col(Action.state) == ActionState.held)
    return changed_one(session, freed.values(state=ActionState.pending, due_at=now, because="Released by a person"))


def cancel(session: Session, notice: Notice, kinds: tuple[ActionKind, ...], because: str, *, now: datetime) -> None:
    """Cancel what is still to come of these kinds; what is done stays done."""
    session.execute(
        update(Action)
        .where(
            col(Action.notice_id) == notice.id, col(Action.kind).in_(kinds),
            col(Action.state).in_((ActionState.pending, ActionState.held)),
        )
        .values(state=ActionState.cancelled, because=because, done_at=now)
    )  # fmt: skip


def of(session: Session, notice: Notice, kind: ActionKind) -> Action | None:
    """The action of this kind on a notice."""
    wanted = select(Action).where(
        Action.notice_id == notice.id, Action.notice_version == notice.version, Action.kind == kind
    )
    return session.exec(wanted).first()


def held(session: Session) -> list[Action]:
    """What waits for a person, oldest first."""
    return list(session.exec(select(Action).where(col(Action.state) == ActionState.held).order_by(col(Action.due_at))))


def _settle(
    session: Session, action: Action, end: ActionState, start: ActionState, *, now: datetime, because: str
) -> bool:
    taken = update(Action).where(col(Action.id) == action.id, col(Action.state) == start)
    return changed_one(session, taken.values(state=end, done_at=now, because=because))
