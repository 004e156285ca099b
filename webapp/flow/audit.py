"""Who did what, when, with what before and after. Entries are chained by hash and never updated."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from webapp.db import add, json_field, moment
from webapp.flow.people import Person

GENESIS = "0" * 64
SYSTEM = "Sveg"  # the scheduler and the sender, acting on what people approved


class AuditHead(SQLModel, table=True):
    """The newest entry's hash; its one row is the lock that keeps the chain a chain."""

    __tablename__ = "audit_head"
    id: int = Field(default=1, primary_key=True)
    hash: str = Field(default=GENESIS, max_length=64)


class AuditEntry(SQLModel, table=True):
    """One act. `hash` covers everything else and the hash of the entry before."""

    __tablename__ = "audit_entry"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment(index=True)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")  # None = Sveg itself
    by_name: str
    act: str = Field(max_length=40)
    subject_kind: str = Field(max_length=24)
    subject_id: str = Field(max_length=36, index=True)
    sentence: str
    before: dict[str, Any] | None = json_field(default=None)
    after: dict[str, Any] | None = json_field(default=None)
    previous_hash: str = Field(max_length=64, unique=True)
    hash: str = Field(max_length=64)


def record(
    session: Session,
    act: str,
    subject: tuple[str, object],
    sentence: str,
    *,
    by: Person | None,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write an entry in this transaction. `subject` is (kind, id)."""
    head = _head(session) or _first_head(session)
    entry = AuditEntry(
        at=now,
        by_id=by.id if by else None,
        by_name=by.name if by else SYSTEM,
        act=act,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        sentence=sentence,
        before=before,
        after=after,
        previous_hash=head.hash,
        hash="",
    )
    entry.hash = head.hash = digest(entry)
    session.add(head)
    return add(session, entry)


def _head(session: Session) -> AuditHead | None:
    wanted = select(AuditHead).with_for_update().execution_options(populate_existing=True)
    return session.exec(wanted).one_or_none()


def _first_head(session: Session) -> AuditHead:
    try:
        with session.begin_nested():
            return add(session, AuditHead())
    except IntegrityError:  # somebody else has just begun the chain
        found = _head(session)
        if found is None:
            raise
        return found


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the entry's content and the hash before, as hex."""
    content = [
        entry.at.astimezone(UTC).isoformat(), str(entry.by_id), entry.by_name, entry.act, entry.subject_kind, entry.subject_id,
        entry.sentence, entry.before, entry.after, entry.previous_hash,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_broken(session: Session) -> AuditEntry | None:
    """The first entry that does not fit its chain, the last one if those after it are gone; None = all is well."""
    previous, entry = GENESIS, None
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
        if entry.previous_hash != previous or entry.hash != digest(entry):
            return entry
        previous = entry.hash
    newest = session.exec(select(AuditHead.hash)).first() or GENESIS
    return entry if previous != newest else None


def story(session: Session, subject_ids: list[str]) -> list[AuditEntry]:
    """What happened to these things, oldest first."""
    wanted = select(AuditEntry).where(col(AuditEntry.subject_id).in_(subject_ids)).order_by(col(AuditEntry.id))
    return list(session.exec(wanted))
