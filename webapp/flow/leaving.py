"""Being told less: pause, one kind less, no service messages, nothing more. Each may be repeated and taken back."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, delete, select, update

from rules.terms import Kind
from webapp.flow import consents
from webapp.flow.audit import record
from webapp.flow.subscribers import (
    Address,
    ConsentClass,
    Subscriber,
    Suppression,
    addresses,
    forget,
    key_of,
    mark_changed,
    subscriptions,
)


def leave(session: Session, subscriber: Subscriber, *, source: str = "own_link", now: datetime) -> None:
    """Tell this person nothing that they asked for any more."""
    forget(session, subscriber)
    for owned in addresses(session, subscriber):
        if owned.confirmed_at is not None:
            consents.note(session, owned, ConsentClass.asked, is_given=False, text="left", source=source, now=now)
        owned.confirmed_at = None
        if not owned.is_on_file and owned.suppressed_at is None:
            owned.suppressed_at, owned.suppressed_reason = now, Suppression.unsubscribed
        session.add(owned)
    subscriber.left_at = subscriber.left_at or now
    subscriber.is_paused, subscriber.paused_until = False, None
    session.add(subscriber)
    _changed(session, subscriber, "left", "A subscriber left", now=now)


def leave_kinds(session: Session, subscriber: Subscriber, kinds: frozenset[Kind], *, now: datetime) -> None:
    """Tell this person nothing of these kinds any more; who wants none of the others either has left."""
    kept = False
    for wish in subscriptions(session, subscriber):
        wish.kinds = (wish.kinds or frozenset(Kind)) - kinds
        if wish.kinds:
            session.add(wish)
            kept = True
        else:
            session.delete(wish)
    session.flush()
    if not kept:
        leave(session, subscriber, now=now)
        return
    _changed(session, subscriber, "chose", "A subscriber wants to hear less", now=now)


def pause(session: Session, subscriber: Subscriber, *, until: datetime | None, now: datetime) -> None:
    """Tell this person nothing that they asked for until then; None = until they resume."""
    subscriber.is_paused, subscriber.paused_until = True, until
    session.add(subscriber)
    _changed(session, subscriber, "paused", "A subscriber paused", now=now)


def resume(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Tell them again what they asked for."""
    subscriber.is_paused, subscriber.paused_until = False, None
    session.add(subscriber)
    _changed(session, subscriber, "resumed", "A subscriber resumed", now=now)


def end_pauses(session: Session, *, now: datetime) -> int:
    """Resume those whose pause was to end by now; how many."""
    over = sa.and_(col(Subscriber.is_paused), col(Subscriber.paused_until) <= now)
    ended = update(Subscriber).where(over).values(is_paused=False, paused_until=None, changed_at=now)
    return int(session.execute(ended.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount


def any_pause_over(session: Session, *, now: datetime) -> bool:
    """Whether one was to end by now."""
    over = select(Subscriber.id).where(col(Subscriber.paused_until) <= now)
    return session.exec(over.limit(1)).first() is not None


def refuse_service(session: Session, subscriber: Subscriber, *, is_refused: bool, now: datetime) -> None:
    """Whether a customer gets messages about their own services at addresses on file. What the law demands they get anyway."""
    for owned in addresses(session, subscriber):
        if owned.is_on_file and bool(owned.service_refused_at) != is_refused:
            owned.service_refused_at = now if is_refused else None
            session.add(owned)
            said = "refused" if is_refused else "accepted again"
            consents.note(
                session, owned, ConsentClass.service, is_given=not is_refused, text=said, source="own_link", now=now
            )
    _changed(session, subscriber, "service", "A customer changed what they get about their services", now=now)


def stop(session: Session, owned: Address, *, said: str, now: datetime) -> None:
    """Its owner answered STOP: nothing more is sent to this address, of whatever class, until they ask anew."""
    if owned.suppressed_at is None:
        for consent_class in _given(owned):
            consents.note(
                session, owned, consent_class, is_given=False, text=said[:200], source="answered_stop", now=now
            )
    owned.suppressed_at = owned.suppressed_at or now
    owned.suppressed_reason = Suppression.answered_stop
    session.add(owned)
    mark_changed(session, [owned.subscriber_id], now=now)


def start(session: Session, owned: Address, *, said: str, now: datetime) -> bool:
    """Its owner answered START: what their STOP ended holds again. False if it was not a STOP that ended it."""
    if owned.suppressed_reason not in {Suppression.answered_stop, Suppression.opted_out} or not owned.suppressed_at:
        return False
    owned.suppressed_at, owned.suppressed_reason = None, ""
    session.add(owned)
    for consent_class in _given(owned):
        consents.note(session, owned, consent_class, is_given=True, text=said[:200], source="answered_start", now=now)
    mark_changed(session, [owned.subscriber_id], now=now)
    return True


def erase_wishes(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Forget all that a person chose and every address that only they gave; what is on file is the organisation's to keep."""
    leave(session, subscriber, now=now)
    mine = col(Address.subscriber_id) == key_of(subscriber)
    session.execute(delete(Address).where(mine, ~col(Address.is_on_file)))
    session.execute(update(Address).where(mine).values(agreed_text="", source="on_file"))
    subscriber.quiet_from_min = subscriber.quiet_to_min = None
    subscriber.time_zone, subscriber.wants_digest = "", False
    session.add(subscriber)


def _given(owned: Address) -> list[ConsentClass]:
    """For what an address may be used, suppression aside."""
    asked = [ConsentClass.asked] if owned.confirmed_at else []
    return asked + ([ConsentClass.service] if owned.is_on_file and not owned.service_refused_at else [])


def _changed(session: Session, subscriber: Subscriber, verb: str, sentence: str, *, now: datetime) -> None:
    mark_changed(session, [key_of(subscriber)], now=now)
    record(session, f"subscriber.{verb}", ("subscriber", subscriber.id), sentence, by=None, now=now)
