"""A lead's signature, or a lead's no with a reason. Approving freezes the words and the recipients."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, func, insert, select

from rules.terms import Listeners
from webapp.db import add, moment
from webapp.flow import audience
from webapp.flow.audit import record
from webapp.flow.incidents import Incident, concern_of, filing_of
from webapp.flow.notices import MessageType, Notice, NoticeStatus, channels_of, content_hash, endings, lock, move
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotAllowed, NotNow, NotValid
from webapp.flow.submission import check
from webapp.flow.subscribers import Address, BigId

FEW_PEOPLE, SMALL_SHARE = (
    5,
    0.05,
)  # what a channel's recipients may differ by, the larger of both, before it is asked again
AT_ONCE = 10_000  # ids read for a hash
AddressRows = sa.Select[int, str, int, str, str, bool]  # address id, channel, subscriber id, value, language, asked


class Recipient(SQLModel, table=True):
    """An address that a notice goes to: the frozen set, never changed. What became of it stands in its attempts."""

    __table_args__ = (sa.UniqueConstraint("notice_id", "address_id"),)
    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    pos: int = Field(primary_key=True)
    channel: str = Field(max_length=24)
    address_id: int = Field(sa_type=BigId)
    subscriber_id: int = Field(sa_type=BigId)
    value: str = Field(max_length=2_000, repr=False)
    language: str = Field(max_length=12)
    is_asked: bool = False


class Approval(SQLModel, table=True):
    """Who signed what, for whom."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id", unique=True)
    content_hash: str = Field(max_length=64)
    audience_hash: str = Field(max_length=64)
    recipients: int
    approved_by_id: UUID = Field(foreign_key="person.id")
    approved_at: datetime = moment()


class Return(SQLModel, table=True):
    """A lead's no, with its reason."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id", index=True)
    reason: str
    returned_by_id: UUID = Field(foreign_key="person.id")
    returned_at: datetime = moment()


def approve(
    session: Session, notice: Notice, *, by: Person, now: datetime, seen: Mapping[str, int] | None = None
) -> Approval:
    """Sign a submitted notice and freeze whom it goes to; from here the scheduler may post it.

    `seen`: recipients by channel as they were shown to whoever signs; None = nothing was shown.
    Raises NotAllowed (not a lead, or the one who submitted it), NotNow, NotValid (its end has passed meanwhile, or many
    more or fewer would get it than were shown).
    """
    by.require(Act.approve, f"{by.name} may not approve notices; ask a communications lead")
    lock(session, notice)
    if by.id == notice.submitted_by_id:
        raise NotAllowed("Whoever submitted a notice cannot approve it; ask another lead")
    check(session, notice, now=now)
    move(session, notice, start=(NoticeStatus.submitted,), end=NoticeStatus.approved)
    count = _freeze(session, notice)
    differs = _compared(session, notice, seen) if seen is not None else ""
    for ending in endings(session, notice):
        move(session, ending, start=(NoticeStatus.draft,), end=NoticeStatus.approved)
    approval = Approval(
        notice_id=notice.id, content_hash=content_hash(session, notice), audience_hash=audience_hash(session, notice),
        recipients=count, approved_by_id=by.id, approved_at=now,
    )  # fmt: skip
    said = f"{by.name} approved notice {notice.code}" + (f"; since it was read: {differs}" if differs else "")
    after = {"content": approval.content_hash, "audience": approval.audience_hash, "recipients": count}
    record(session, "notice.approved", ("notice", notice.id), said, by=by, now=now,
           after=after if seen is None else after | {"shown": dict(seen)})  # fmt: skip
    return add(session, approval)


def send_back(session: Session, notice: Notice, reason: str, *, by: Person, now: datetime) -> Return:
    """Return a submitted notice to its writer. Raises NotAllowed, NotNow, NotValid without a reason."""
    by.require(Act.approve, f"{by.name} may not return notices")
    if not reason.strip():
        raise NotValid("reason", "Say what should be changed")
    lock(session, notice)
    move(session, notice, start=(NoticeStatus.submitted,), end=NoticeStatus.returned)
    record(
        session,
        "notice.returned",
        ("notice", notice.id),
        f"{by.name} returned notice {notice.code}: {reason}",
        by=by,
        now=now,
    )
    return add(session, Return(notice_id=notice.id, reason=reason.strip(), returned_by_id=by.id, returned_at=now))


def approval_of(session: Session, notice: Notice) -> Approval | None:
    """The signature; an all-clear has that of its notice."""
    signed = notice.follows_id if notice.message_type is MessageType.cancel else notice.id
    return session.exec(select(Approval).where(Approval.notice_id == signed)).first()


def require_unchanged(session: Session, notice: Notice) -> None:
    """Raises NotNow unless the words, and the recipients that were frozen, are exactly the approved ones."""
    approval = approval_of(session, notice)
    signed = notice if notice.message_type is not MessageType.cancel else session.get_one(Notice, notice.follows_id)
    if (
        approval is None
        or approval.content_hash != content_hash(session, signed)
        or approval.audience_hash != audience_hash(session, signed)
    ):
        raise NotNow(f"Notice {notice.code} differs from what was approved; it is not sent")


def returns_of(session: Session, notice: Notice) -> list[Return]:
    """Newest first."""
    wanted = select(Return).where(Return.notice_id == notice.id).order_by(col(Return.returned_at).desc())
    return list(session.exec(wanted))


def recipient_counts(session: Session, notice: Notice) -> dict[str, int]:
    """Frozen recipients by channel."""
    wanted = (
        select(Recipient.channel, func.count()).where(Recipient.notice_id == notice.id).group_by(col(Recipient.channel))
    )
    return dict(session.exec(wanted).all())


def freeze_from(session: Session, notice: Notice, chosen: AddressRows) -> int:
    """Write the frozen set from a query of (address id, channel, subscriber id, value, language, asked); how many."""
    row = chosen.subquery()
    columns = ["address_id", "channel", "subscriber_id", "value", "language", "is_asked"]
    position = func.row_number().over(order_by=(row.c.channel, row.c.address_id)) - 1
    source = sa.select(sa.literal(notice.id, sa.Uuid()), position, *(row.c[name] for name in columns))
    session.execute(insert(Recipient).from_select(["notice_id", "pos", *columns], source))
    return session.exec(select(func.count()).select_from(Recipient).where(Recipient.notice_id == notice.id)).one()


def audience_hash(session: Session, notice: Notice) -> str:
    """SHA-256 over the frozen address ids, in order, as hex."""
    digest = hashlib.sha256()
    frozen = select(Recipient.address_id).where(Recipient.notice_id == notice.id).order_by(col(Recipient.pos))
    for some in session.exec(frozen).partitions(AT_ONCE):
        digest.update("".join(f"{address_id}," for address_id in some).encode())
    return digest.hexdigest()


def would_get(session: Session, notice: Notice, listeners: Mapping[str, Listeners]) -> AddressRows:
    """Whom an approval would freeze now, if it went to these; an update also goes to all who were told what it updates."""
    incident = session.get_one(Incident, notice.incident_id)
    concern = concern_of(session, filing_of(session, incident))
    chosen = audience.recipients(session, concern, dict(listeners))
    if notice.follows_id is None:
        return chosen
    before = sa.select(
        col(Recipient.address_id), col(Recipient.channel), col(Recipient.subscriber_id),
        col(Recipient.value), col(Recipient.language), col(Recipient.is_asked),
    ).join(Address, col(Address.id) == col(Recipient.address_id)).where(
        col(Recipient.notice_id) == notice.follows_id, col(Recipient.channel).in_(listeners),
        col(Address.suppressed_at).is_(None),
    )  # fmt: skip
    known = sa.select(col(Recipient.address_id)).where(col(Recipient.notice_id) == notice.follows_id)
    fresh = chosen.where(chosen.selected_columns[0].not_in(known))
    return sa.select(*sa.union_all(before, fresh).subquery().c)


def differences(session: Session, notice: Notice, seen: Mapping[str, int]) -> str:
    """What the frozen set has more or less of than was shown, by channel, in words; "" = nothing."""
    pairs = _pairs(recipient_counts(session, notice), seen).items()
    return "; ".join(f"{channel.replace('_', ' ')} {then:,} then, {now:,} now" for channel, (then, now) in pairs)


def _pairs(frozen: Mapping[str, int], seen: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    pairs = {channel: (seen.get(channel, 0), frozen.get(channel, 0)) for channel in sorted({*seen, *frozen})}
    return {channel: (then, now) for channel, (then, now) in pairs.items() if then != now}


def _compared(session: Session, notice: Notice, seen: Mapping[str, int]) -> str:
    """`differences`. Raises NotValid if it is too much to sign unseen."""
    said, pairs = differences(session, notice, seen), _pairs(recipient_counts(session, notice), seen)
    if any(abs(now - then) > max(FEW_PEOPLE, SMALL_SHARE * then) for then, now in pairs.values()):
        raise NotValid(
            "seen", f"Whom it goes to has changed since you opened this page ({said}); read it again, then sign"
        )
    return said


def _freeze(session: Session, notice: Notice) -> int:
    listeners = {pick.channel: Listeners(pick.listeners) for pick in channels_of(session, notice)}
    return freeze_from(session, notice, would_get(session, notice, listeners))
