"""Keys by which the organisation's own systems bring and change subscribers. Only a hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, json_field, moment
from webapp.flow.audit import record
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotFound, NotValid

MARK = "sveg_"
SEEN_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do."""

    read = auto()
    write = auto()
    delete = auto()


class ApiKey(SQLModel, table=True):
    """A program's key."""

    __tablename__ = "api_key"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(max_length=80)
    start: str = Field(max_length=12)  # of the key, to recognise it by
    hash: str = Field(unique=True, max_length=64, repr=False)
    scopes: list[str] = json_field(default_factory=list)
    created_by_id: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    expires_at: datetime | None = moment(default=None)
    revoked_at: datetime | None = moment(default=None)
    last_used_at: datetime | None = moment(default=None)

    def holds_at(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def create(
    session: Session, name: str, scopes: list[str], *, expires_at: datetime | None, by: Person, now: datetime
) -> tuple[ApiKey, str]:
    """The key itself is told once, here. Raises NotAllowed, NotValid."""
    by.require(Act.administer, f"{by.name} may not make keys; ask an administrator")
    if not name.strip():
        raise NotValid("name", "Say which program will use it, so that others know what ends when it is revoked")
    chosen = [scope for scope in Scope if scope in scopes]
    if not chosen:
        raise NotValid("scopes", "Choose what the key may do")
    if expires_at is not None and expires_at <= now:
        raise NotValid("expires_at", "That day has passed; choose a later one")
    secret = MARK + secrets.token_urlsafe(32)
    key = ApiKey(name=name.strip()[:80], start=secret[:10], hash=hash_of(secret), scopes=[str(one) for one in chosen],
                 created_by_id=by.id, created_at=now, expires_at=expires_at)  # fmt: skip
    record(session, "api_key.created", ("api_key", key.id), f"{by.name} made the key “{key.name}”", by=by, now=now,
           after={"scopes": key.scopes})  # fmt: skip
    return add(session, key), secret


def revoke(session: Session, key_id: UUID, *, by: Person, now: datetime) -> ApiKey:
    """It opens nothing any more. May be repeated. Raises NotAllowed, NotFound."""
    by.require(Act.administer, f"{by.name} may not revoke keys; ask an administrator")
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound("There is no such key")
    if key.revoked_at is None:
        key.revoked_at = now
        record(
            session, "api_key.revoked", ("api_key", key.id), f"{by.name} revoked the key “{key.name}”", by=by, now=now
        )
    return add(session, key)


def keys(session: Session) -> list[ApiKey]:
    """All, the newest first; revoked ones too, for the trail names them."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.created_at).desc())))


def opened_by(session: Session, secret: str, *, now: datetime) -> ApiKey | None:
    """The key that this is; None = it is none, or holds no more."""
    key = session.exec(select(ApiKey).where(ApiKey.hash == hash_of(secret))).first()
    return key if key is not None and key.holds_at(now) else None


def note_use(session: Session, key: ApiKey, *, now: datetime) -> None:
    """Once a minute at most: who asks often is not to wait for it."""
    if key.last_used_at is None or key.last_used_at < now - SEEN_EVERY:
        mine = update(ApiKey).where(col(ApiKey.id) == key.id)
        session.execute(mine.values(last_used_at=now).execution_options(synchronize_session=False))


def hash_of(secret: str) -> str:
    """The key is long and random: one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
