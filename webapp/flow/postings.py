"""A notice on a broadcast channel: published once, edited to say that it is over, kept in view until that has worked."""

from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, changed_one, moment, word
from webapp.flow.notices import Notice

LEASE = timedelta(seconds=35)  # a provider's own time-out of 30 s, and a little
STATUS_PAGE = "status_page"
FACEBOOK = "facebook"


class PostingState(StrEnum):
    """Where a posting stands."""

    planned = auto()
    sending = auto()
    live = auto()
    retiring = auto()  # to be edited to say that it is over
    retired = auto()
    failed = auto()
    unknown = auto()  # it may or may not have been taken: looked up before anything else
    cancelled = auto()


WAITING = (PostingState.planned, PostingState.retiring, PostingState.unknown)


class Posting(SQLModel, table=True):
    """One notice on one broadcast channel."""

    __table_args__ = (sa.UniqueConstraint("notice_id", "channel"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id")
    channel: str = Field(max_length=24)
    state: PostingState = word(PostingState, default=PostingState.planned, index=True)
    text: str
    over_text: str = ""  # what it is edited to when it retires; "" until then
    link: str = ""
    provider_id: str = ""
    url: str = ""
    due_at: datetime = moment()  # of the next try
    first_tried_at: datetime | None = moment(default=None)
    leased_until: datetime | None = moment(default=None)
    tries: int = 0
    detail: str = ""  # why the last try failed; "" = it did not
    live_at: datetime | None = moment(default=None)
    retired_at: datetime | None = moment(default=None)


def plan(session: Session, notice: Notice, channel: str, text: str, *, link: str, now: datetime) -> Posting:
    """Write a posting. The status page is our own: it is live at once, in this transaction."""
    own = channel == STATUS_PAGE
    state = PostingState.live if own else PostingState.planned
    posting = Posting(
        notice_id=notice.id,
        channel=channel,
        text=text,
        link=link,
        due_at=now,
        state=state,
        live_at=now if own else None,
    )
    return add(session, posting)


def retire(session: Session, posting: Posting, *, over_text: str, now: datetime) -> None:
    """Let it end: what was never published is cancelled, the status page closes at once, others are edited by the sender."""
    if posting.channel == STATUS_PAGE:
        _change(session, posting, (PostingState.live,), state=PostingState.retired, retired_at=now)
        return
    early, is_seen = (PostingState.planned, PostingState.failed), col(Posting.provider_id) != ""
    _change(session, posting, early, ~is_seen, state=PostingState.cancelled)
    session.execute(update(Posting).where(col(Posting.id) == posting.id).values(over_text=over_text))
    # One that was about to be edited for an update is in view already: it has to come down too.
    seen = (PostingState.live, *early)
    _change(session, posting, seen, is_seen, state=PostingState.retiring, due_at=now, tries=0, detail="")


def take_back(session: Session, notice: Notice) -> None:
    """What stood on the status page was wrong: its words leave the history, too."""
    own = (col(Posting.notice_id) == notice.id, col(Posting.channel) == STATUS_PAGE)
    session.execute(update(Posting).where(*own).values(state=PostingState.cancelled))


def call_off(session: Session, posting: Posting) -> None:
    """Publish or edit nothing more; what people see already stays until it is retired."""
    early, is_seen = (PostingState.planned, PostingState.failed), col(Posting.provider_id) != ""
    _change(session, posting, early, ~is_seen, state=PostingState.cancelled)
    _change(session, posting, early, is_seen, state=PostingState.live, detail="")


def rewrite(session: Session, posting: Posting, notice: Notice, text: str, *, now: datetime) -> Posting:
    """An update takes the place of what it updates: the same post, edited. Gives the new notice's posting."""
    given = (PostingState.live, *WAITING, PostingState.sending, PostingState.failed)
    _change(session, posting, given, state=PostingState.retired, retired_at=now, leased_until=None, detail="")
    taken = Posting(notice_id=notice.id, channel=posting.channel, text=text, over_text="", link=posting.link, provider_id=posting.provider_id,
                    url=posting.url, due_at=now, state=PostingState.planned, live_at=posting.live_at)  # fmt: skip
    return add(session, taken)


def anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a posting has something to do, or was left in the middle."""
    in_time = (col(Posting.due_at) <= now) & (col(Posting.leased_until).is_(None) | (col(Posting.leased_until) < now))
    wanted = select(Posting.id).where(col(Posting.state).in_((*WAITING, PostingState.sending)), in_time)
    return session.exec(wanted.limit(1)).first() is not None


def claim(session: Session, *, now: datetime) -> Posting | None:
    """One posting with something to do, ours until the lease ends; None = nothing to do."""
    session.execute(
        update(Posting)
        .where(col(Posting.state) == PostingState.sending, col(Posting.leased_until) < now)
        .values(state=PostingState.unknown, due_at=now, detail="The sender ended in the middle")
    )
    free = sa.or_(col(Posting.leased_until).is_(None), col(Posting.leased_until) < now)
    wanted = select(Posting).where(col(Posting.state).in_(WAITING), col(Posting.due_at) <= now, free)
    for posting in session.exec(wanted.order_by(col(Posting.due_at)).limit(5)):
        state = PostingState.sending if posting.state is PostingState.planned else posting.state
        first = posting.first_tried_at or now
        if _change(
            session, posting, (posting.state,), free, state=state, leased_until=now + LEASE, first_tried_at=first
        ):
            session.refresh(posting)
            return posting
    return None


def settle(session: Session, posting: Posting, state: PostingState, *, now: datetime, **values: object) -> None:
    """Say what became of a try; nothing if our lease has ended and another has taken over.

    One that went live after its end was ordered retires next.
    """
    held = select(Posting).where(Posting.id == posting.id, Posting.leased_until == posting.leased_until)
    fresh = session.exec(held.with_for_update().execution_options(populate_existing=True)).first()
    if fresh is None:
        return
    posting, is_seen = fresh, values.get("provider_id", fresh.provider_id) != ""
    if posting.over_text and is_seen and state in {PostingState.live, PostingState.planned}:
        state = PostingState.retiring
    moments: dict[str, object] = (
        {"live_at": posting.live_at or now} if state in {PostingState.live, PostingState.retiring} else {}
    )
    if state is PostingState.retired:
        moments["retired_at"] = now
    _change(session, posting, tuple(PostingState), state=state, leased_until=None, **(moments | values))


def of(session: Session, notice: Notice) -> list[Posting]:
    """A notice's postings."""
    return list(session.exec(select(Posting).where(Posting.notice_id == notice.id).order_by(col(Posting.channel))))


def in_trouble(session: Session) -> list[Posting]:
    """Postings whose last try failed: shown until they are mended."""
    waiting = col(Posting.state).in_((*WAITING, PostingState.sending, PostingState.failed))
    return list(session.exec(select(Posting).where(waiting, col(Posting.detail) != "").order_by(col(Posting.due_at))))


def _change(
    session: Session,
    posting: Posting,
    start: tuple[PostingState, ...],
    *conditions: sa.ColumnElement[bool],
    **values: object,
) -> bool:
    statement = update(Posting).where(col(Posting.id) == posting.id, col(Posting.state).in_(start), *conditions)
    return changed_one(session, statement.values(**values))
