"""Every way of changing a subscriber is noted by the database itself, also after later migrations."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from tests.builders import NOON
from webapp.db import add
from webapp.flow import changes
from webapp.flow.changes import SubscriberChange
from webapp.flow.subscribers import Address, Subscriber, SubscriberPoint, Subscription, key_of
from webapp.geo import keys

WATCHED = ("subscriber", "address", "subscriber_point", "subscriber_area", "subscriber_segment", "subscription")


@pytest.mark.parametrize("table", WATCHED)
def test_the_database_watches_a_table(session: Session, table: str) -> None:
    """A migration that copies a table (as batch_alter_table does on SQLite) drops its triggers: it must put them back."""
    if session.get_bind().dialect.name == "sqlite":
        known = sa.text(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name AND name LIKE '%_change_%'"
        )
    else:
        known = sa.text(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) AND tgname LIKE '%_change_%'"
        )

    assert session.execute(known, {"name": table}).scalar_one() == 3


def test_adding_changing_moving_and_deleting_are_noted(session: Session) -> None:
    """On PostgreSQL perhaps a few more: marks wait for the oldest transaction of the whole server, also of other tests."""
    one, other = (key_of(add(session, Subscriber(created_at=NOON))) for _ in range(2))
    session.commit()
    is_exact = session.get_bind().dialect.name == "sqlite"

    def notes(expected: set[int], *statements: sa.Executable) -> bool:
        mark = changes.next_mark(session)
        for statement in statements:
            session.execute(statement)
        found = set(changes.since(session, mark, most=10) or ())
        session.commit()
        return found == expected if is_exact else found >= expected

    assert notes(set())
    add(session, SubscriberPoint(subscriber_id=one, z=keys.key(62.0, 14.0)))
    add(session, Address(subscriber_id=one, channel="sms", value="+46701"))
    session.commit()
    assert notes({one}, sa.update(Address).values(suppressed_at=NOON))
    assert notes({one, other}, sa.update(SubscriberPoint).values(subscriber_id=other))
    assert notes(
        {other}, sa.insert(Subscription).values(subscriber_id=other, severity_floor="minor", kinds=frozenset())
    )
    assert notes({other}, sa.delete(SubscriberPoint))
    assert notes({one, other}, sa.delete(Subscription), sa.update(Subscriber).values(language="sv"))


def test_what_is_forgotten_is_known_to_be_forgotten(session: Session) -> None:
    """Marks of PostgreSQL wait for the oldest transaction of the whole server, so that they are read off the rows."""
    marks = sa.select(sa.func.max(SubscriberChange.mark))
    for _ in range(2):
        add(session, Subscriber(created_at=NOON))
        session.commit()
    newest = int(session.execute(marks).scalar_one())
    changes.forget(session, before=newest + 1)
    session.commit()
    last = add(session, Subscriber(created_at=NOON))
    session.commit()
    late = int(session.execute(marks).scalar_one())

    assert changes.since(session, newest, most=10) is None
    assert changes.since(session, late, most=10) == [last.id]
    changes.forget(session, before=late + 1)
    session.commit()
    assert changes.since(session, late, most=10) is None


def test_more_changes_than_can_be_asked_about_are_said_to_be_too_many(session: Session) -> None:
    mark = changes.next_mark(session)
    session.commit()
    for _ in range(3):
        add(session, Subscriber(created_at=NOON))
    session.commit()

    assert changes.since(session, mark, most=2) is None
    assert len(changes.since(session, mark, most=3) or []) == 3
