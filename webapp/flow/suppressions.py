"""Addresses that must not be used: those of people whom we know, and others that an import or a program may bring."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, delete, select

from webapp.db import add, moment
from webapp.flow import consents
from webapp.flow.audit import record
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotValid
from webapp.flow.subscribers import Address, ConsentClass, Suppression, address, mark_changed, suppress

ERASED = "erased"  # its owner had everything deleted
REASONS = (*Suppression, ERASED)


class KeptOut(SQLModel, table=True):
    """An address of nobody whom we know that must not come back by an import. Of an erased one only the digest is kept."""

    __tablename__ = "kept_out"
    digest: str = Field(primary_key=True, max_length=64)
    channel: str = Field(max_length=24)
    value: str = Field(default="", max_length=2_000, repr=False)
    reason: str = Field(max_length=24)
    note: str = ""
    by_name: str = ""
    at: datetime = moment(index=True)


def digest_of(channel: str, value: str) -> str:
    """By which an address is recognised that we no longer hold."""
    return hashlib.sha256(f"{channel}:{value}".encode()).hexdigest()


def kept_out(session: Session, addresses: Iterable[tuple[str, str]]) -> dict[tuple[str, str], KeptOut]:
    """Those of these (channel, value) that may not come back by themselves."""
    if session.exec(select(KeptOut.digest).limit(1)).first() is None:
        return {}
    known = {digest_of(channel, value): (channel, value) for channel, value in addresses}
    found = session.exec(select(KeptOut).where(col(KeptOut.digest).in_(known)))
    return {known[one.digest]: one for one in found}


def keep_out_erased(session: Session, addresses: Iterable[Address], *, now: datetime) -> None:
    """Remember, by digest alone, whose addresses were deleted at their wish: an old file must not bring them back."""
    for owned in addresses:
        digest = digest_of(owned.channel, owned.value)
        if session.get(KeptOut, digest) is None:
            add(session, KeptOut(digest=digest, channel=owned.channel, reason=ERASED, at=now))


def keep_out(
    session: Session,
    channel: str,
    value: str,
    *,
    reason: str,
    note: str,
    by: Person | None,
    by_name: str,
    now: datetime,
) -> bool:
    """Never use this address, whoever has it or brings it; False = that was so before. Raises NotAllowed, NotValid."""
    _require(by, reason)
    known = address(session, channel, value)
    if known is not None:
        if not suppress(session, channel, value, reason=reason, now=now):
            return False
        consents.note(
            session, known, ConsentClass.asked, is_given=False, text=note or reason, source="suppression_list", now=now
        )
    else:
        digest = digest_of(channel, value)
        before = session.get(KeptOut, digest)
        if before is not None and before.value:
            return False
        session.merge(
            KeptOut(digest=digest, channel=channel, value=value, reason=reason, note=note, by_name=by_name, at=now)
        )
    record(session, "suppression.added", ("address", known.id if known else digest_of(channel, value)[:36]),
           f"{by_name} added an address to the suppression list: {reason.replace('_', ' ')}", by=by, now=now,
           after={"note": note} if note else None)  # fmt: skip
    return True


def lift(session: Session, channel: str, value: str, *, why: str, by: Person, now: datetime) -> None:
    """Let an address be used again where there is a consent for it. Raises NotAllowed, NotValid without a reason."""
    _require(by, Suppression.unsubscribed)
    if len(why.strip()) < 3:
        raise NotValid("why", "Say why it may be used again; it is kept in the audit trail")
    digest = digest_of(channel, value)
    gone = session.execute(delete(KeptOut).where(col(KeptOut.digest) == digest))
    known = address(session, channel, value)
    if known is not None and known.suppressed_at is not None:
        known.suppressed_at, known.suppressed_reason = None, ""
        session.add(known)
        mark_changed(session, [known.subscriber_id], now=now)
    elif not gone.rowcount:  # type: ignore[attr-defined]  # a DELETE's result has a rowcount
        raise NotValid("value", "That address is not on the list")
    record(session, "suppression.lifted", ("address", known.id if known else digest[:36]),
           f"{by.name} took an address off the suppression list: {why.strip()}", by=by, now=now)  # fmt: skip


def _require(by: Person | None, reason: str) -> None:
    if by is not None:
        by.require(Act.approve, f"{by.name} may not change the suppression list; ask a lead or an administrator")
    if reason not in REASONS:
        raise NotValid("reason", f"{reason!r} is no reason; write one of {', '.join(REASONS)}")


def listed() -> sa.Subquery:
    """The whole list, for pages and exports: key, channel, value, reason, note, at, subscriber_id (None = nobody we know)."""
    ours: Any = sa.select(
        (sa.literal("a") + sa.cast(col(Address.id), sa.String)).label("key"), col(Address.channel), col(Address.value), col(Address.suppressed_reason).label("reason"),
        sa.literal("").label("note"), col(Address.suppressed_at).label("at"), col(Address.subscriber_id),
    ).where(col(Address.suppressed_at).is_not(None))  # fmt: skip
    others: Any = sa.select(
        (sa.literal("k") + col(KeptOut.digest)), col(KeptOut.channel), col(KeptOut.value), col(KeptOut.reason), col(KeptOut.note), col(KeptOut.at), sa.null(),
    )  # fmt: skip
    return sa.union_all(ours, others).subquery()
