"""Other people's programs that are told by webhook: what is signed with, what is said to their owners, when we stop calling.

The secret itself is not stored: it is made from a salt and the installation's key, so that a copied database signs nothing.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, changed_one, moment
from webapp.flow import letters
from webapp.flow.audit import record
from webapp.flow.organisation import organisation
from webapp.flow.subscribers import Address, BigId, Subscriber, Suppression, mark_changed, suppress

CHANNEL = "webhook"
OVERLAP = timedelta(hours=24)  # in which the former secret signs, too
LONG, MANY = timedelta(days=5), 20  # no call taken for so long, and in so many tries
LIFE = timedelta(minutes=30)  # of what we say to a program that is no notice
MAIL_LIFE = timedelta(days=1)
OFF = {
    "en": (
        "We have stopped calling your webhook",
        (
            "{name} has called your webhook for {days} days without an answer that it was taken. The last: {detail}.\n\n"
            "We have stopped. Once it answers again, open your own link for it and press Resume. Get the link on {url}/subscribe/link."
        ),
    ),
    "sv": (
        "Vi har slutat anropa din webhook",
        (
            "{name} har anropat din webhook i {days} dagar utan svar på att anropet togs emot. Det senaste: {detail}.\n\n"
            "Vi har slutat. När den svarar igen, öppna din egen länk för den och tryck på Börja igen. Länken får du på {url}/subscribe/link."
        ),
    ),
}


class Hook(SQLModel, table=True):
    """What a webhook's address has beside what every address has."""

    address_id: int = Field(primary_key=True, foreign_key="address.id", ondelete="CASCADE", sa_type=BigId)
    salt: str = Field(max_length=64, repr=False)
    former_salt: str = Field(default="", max_length=64, repr=False)
    changed_at: datetime = moment()
    shown_at: datetime | None = moment(default=None)  # when its owner saw the secret; it is shown once
    failing_since: datetime | None = moment(default=None)  # None = the last call was taken
    failures: int = 0  # tries since then
    last_error: str = ""


def opened(session: Session, owned: Address, *, now: datetime) -> Hook:
    """The one of an address, made if there is none; what had failed is forgotten."""
    hook = session.get(Hook, owned.id) or Hook(address_id=owned.id or 0, salt=secrets.token_hex(32), changed_at=now)
    hook.failing_since, hook.failures, hook.last_error = None, 0, ""
    return add(session, hook)


def show_once(session: Session, hook: Hook, *, now: datetime) -> bool:
    """Whether the secret may be shown: nobody has seen it yet."""
    unseen = update(Hook).where(col(Hook.address_id) == hook.address_id, col(Hook.shown_at).is_(None))
    return changed_one(session, unseen.values(shown_at=now))


def rotate(session: Session, hook: Hook, *, now: datetime) -> None:
    """A new secret, to be shown now; the former signs beside it for a day."""
    hook.former_salt, hook.salt = hook.salt, secrets.token_hex(32)
    hook.changed_at = hook.shown_at = now
    add(session, hook)
    record(session, "subscriber.secret", ("address", hook.address_id), "A webhook got a new secret", by=None, now=now)


def salts(hook: Hook, *, now: datetime) -> tuple[str, ...]:
    """What calls are signed with now, the newest first."""
    is_overlap = bool(hook.former_salt) and now < hook.changed_at + OVERLAP
    return (hook.salt, hook.former_salt) if is_overlap else (hook.salt,)


def salts_of(session: Session, address_ids: Iterable[int], *, now: datetime) -> dict[int, tuple[str, ...]]:
    """The same for many, by address."""
    found = session.exec(select(Hook).where(col(Hook.address_id).in_(list(address_ids))))
    return {hook.address_id: salts(hook, now=now) for hook in found}


def salts_at(session: Session, url: str, *, now: datetime) -> tuple[str, ...]:
    """The same for one URL; none = nobody has proved that it is theirs, so that nobody knows a secret."""
    mine = select(Hook).join(Address, col(Address.id) == col(Hook.address_id))
    hook = session.exec(mine.where(Address.channel == CHANNEL, Address.value == url)).first()
    return salts(hook, now=now) if hook else ()


def event(kind: str, content: Mapping[str, object], *, now: datetime) -> str:
    """What a program is told, as JSON; its id comes when it leaves."""
    return json.dumps({"type": kind, "timestamp": said(now), "data": content}, ensure_ascii=False)


def tell(session: Session, url: str, kind: str, content: Mapping[str, object], *, now: datetime) -> None:
    """Put an event that is no notice into the outbox."""
    name = organisation(session).name
    body = event(kind, {"organisation": name, **content}, now=now)
    letters.write(session, CHANNEL, url, subject=kind, body=body, language="en", now=now, life=LIFE)


def settle(session: Session, told: Mapping[int, str], *, now: datetime, public_url: str) -> None:
    """What came of calls, by address: "" = taken, else what was wrong. Stops calling whoever has been silent for long."""
    taken = [address_id for address_id, wrong in told.items() if not wrong]
    well = update(Hook).where(col(Hook.address_id).in_(taken), col(Hook.failing_since).is_not(None))
    session.execute(well.values(failing_since=None, failures=0, last_error=""))
    for address_id, wrong in told.items():
        hook = session.get(Hook, address_id, populate_existing=True) if wrong else None
        if hook is None:
            continue
        hook.failing_since, hook.failures, hook.last_error = hook.failing_since or now, hook.failures + 1, wrong[:200]
        add(session, hook)
        if hook.failures >= MANY and hook.failing_since <= now - LONG:
            _stop(session, hook, now=now, public_url=public_url)


def resume(session: Session, owned: Address, *, now: datetime) -> bool:
    """Call it again; False if it was not its silence that ended it."""
    if owned.suppressed_reason != Suppression.not_answering:
        return False
    owned.suppressed_at, owned.suppressed_reason = None, ""
    session.add(owned)
    opened(session, owned, now=now)
    mark_changed(session, [owned.subscriber_id], now=now)
    record(session, "subscriber.resumed", ("address", owned.id), "A webhook is called again", by=None, now=now)
    return True


def said(at: datetime | None) -> str | None:
    """In UTC, ISO 8601; None stays None."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _stop(session: Session, hook: Hook, *, now: datetime, public_url: str) -> None:
    owned = session.get_one(Address, hook.address_id)
    if not suppress(session, CHANNEL, owned.value, reason=Suppression.not_answering, now=now):
        return
    record(session, "subscriber.silent", ("address", owned.id), "A webhook did not answer for days and is not called any more", by=None, now=now)  # fmt: skip
    language = session.get_one(Subscriber, owned.subscriber_id).language
    subject, body = OFF.get(language, OFF["en"])
    said_body = body.format(name=organisation(session).name, days=LONG.days, detail=hook.last_error, url=public_url)
    mails = select(Address).where(
        Address.subscriber_id == owned.subscriber_id, Address.channel == "email", col(Address.suppressed_at).is_(None)
    )
    for mail in session.exec(mails):
        letters.write(session, "email", mail.value, subject=subject, body=said_body, language=language, now=now, life=MAIL_LIFE)  # fmt: skip
