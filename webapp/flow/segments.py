"""Groups of subscribers: segments that the organisation's books know, tags that people put on by hand."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, delete, select

from webapp.db import add
from webapp.flow.audit import record
from webapp.flow.import_lookups import code_of
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotFound, NotValid
from webapp.flow.subscribers import Segment, Subscriber, SubscriberSegment, key_of, mark_changed


def counted(session: Session) -> list[tuple[Segment, int]]:
    """All by name, each with how many belong to it."""
    size = (
        sa.select(col(SubscriberSegment.segment_code).label("code"), sa.func.count().label("size"))
        .group_by(col(SubscriberSegment.segment_code))
        .subquery()
    )
    wanted = select(Segment, sa.func.coalesce(size.c.size, 0)).outerjoin(size, size.c.code == col(Segment.code))
    return [(one, int(number)) for one, number in session.exec(wanted.order_by(col(Segment.is_tag), col(Segment.name)))]


def create(session: Session, name: str, *, is_tag: bool, by: Person, now: datetime) -> Segment:
    """Raises NotAllowed, NotValid."""
    _require(by)
    code = code_of(name)
    if not code:
        raise NotValid("name", "Give it a name with letters or digits, like Business customers")
    if session.get(Segment, code):
        raise NotValid("name", f"There is {code} already; choose another name")
    record(
        session,
        "segment.created",
        ("segment", code[:36]),
        f"{by.name} made the {_sort(is_tag)} “{name.strip()}”",
        by=by,
        now=now,
    )
    return add(session, Segment(code=code, name=name.strip()[:80], is_tag=is_tag))


def rename(session: Session, code: str, name: str, *, by: Person, now: datetime) -> Segment:
    """Its code stays: imports and programs know it by that. Raises NotAllowed, NotFound, NotValid."""
    _require(by)
    segment = segment_of(session, code)
    if not name.strip():
        raise NotValid("name", "Give it a name")
    before, segment.name = segment.name, name.strip()[:80]
    record(
        session,
        "segment.renamed",
        ("segment", code[:36]),
        f"{by.name} renamed “{before}” to “{segment.name}”",
        by=by,
        now=now,
    )
    return add(session, segment)


def remove(session: Session, code: str, *, by: Person, now: datetime) -> int:
    """Delete it; its people stay. How many belonged to it. Raises NotAllowed, NotFound."""
    _require(by)
    segment = segment_of(session, code)
    belongs = col(SubscriberSegment.segment_code) == code
    mark_changed(session, sa.select(col(SubscriberSegment.subscriber_id)).where(belongs), now=now)
    number = int(session.execute(delete(SubscriberSegment).where(belongs)).rowcount)  # type: ignore[attr-defined]  # a DELETE's result has a rowcount
    session.delete(segment)
    record(
        session,
        "segment.deleted",
        ("segment", code[:36]),
        f"{by.name} deleted the {_sort(segment.is_tag)} “{segment.name}” of {number} subscribers",
        by=by,
        now=now,
    )
    return number


def put_on(session: Session, subscriber: Subscriber, code: str, *, is_on: bool, by: Person, now: datetime) -> None:
    """Let a person belong to it, or not. May be repeated. Raises NotAllowed, NotFound."""
    _require(by)
    segment = segment_of(session, code)
    known = session.get(SubscriberSegment, (key_of(subscriber), code))
    if is_on == (known is not None):
        return
    if known is None:
        add(session, SubscriberSegment(subscriber_id=key_of(subscriber), segment_code=code))
    else:
        session.delete(known)
    mark_changed(session, [key_of(subscriber)], now=now)
    record(
        session,
        "subscriber.tagged",
        ("subscriber", subscriber.id),
        f"{by.name} {'put' if is_on else 'took off'} “{segment.name}”",
        by=by,
        now=now,
    )


def segment_of(session: Session, code: str) -> Segment:
    """Raises NotFound."""
    found = session.get(Segment, code)
    if found is None:
        raise NotFound(f"There is no segment {code!r}")
    return found


def _require(by: Person) -> None:
    by.require(Act.approve, f"{by.name} may not change segments; ask a lead or an administrator")


def _sort(is_tag: bool) -> str:
    return "tag" if is_tag else "segment"


def every(session: Session) -> list[Segment]:
    """All by name, without counting."""
    return list(session.exec(select(Segment).order_by(col(Segment.name))))
