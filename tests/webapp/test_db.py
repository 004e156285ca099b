"""The store keeps its promises on both databases: moments, words, one winner, all or nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, col, select, update

from rules.terms import Severity
from tests.builders import NOON, an_operator
from webapp import db
from webapp.flow.letters import Letter
from webapp.flow.people import Person, SignInFailure
from webapp.flow.subscribers import Subscriber, SubscriberPoint, Subscription, key_of

MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/Stockholm"), ZoneInfo("Asia/Kathmandu")]))


def a_failure(at: datetime) -> SignInFailure:
    return SignInFailure(email="anna@bank.example", network="192.0.2.1", at=at)


@pytest.mark.parametrize(
    "at",
    [
        NOON,
        datetime(2026, 11, 19, 12, 10, tzinfo=ZoneInfo("Europe/Stockholm")),
        datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=ZoneInfo("Europe/Stockholm")),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Stockholm")),
        datetime(2026, 11, 19, 12, 10, 0, 123456, tzinfo=ZoneInfo("Asia/Kathmandu")),
    ],
)
def test_a_moment_comes_back_as_the_same_instant_in_utc(session: Session, engine: sa.Engine, at: datetime) -> None:
    session.add(a_failure(at))
    session.commit()

    with db.reading(engine) as fresh:
        (found,) = fresh.exec(select(SignInFailure.at)).all()
    assert found == at.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("naive", [datetime(2026, 11, 19, 12, 10)])  # noqa: DTZ001  naive on purpose
def test_a_moment_without_zone_is_refused_wherever_it_comes_in(session: Session, naive: datetime) -> None:
    session.add(a_failure(naive))
    with pytest.raises(StatementError, match="no time zone"):
        session.flush()
    session.rollback()

    with pytest.raises(StatementError, match="no time zone"):
        session.exec(select(SignInFailure).where(col(SignInFailure.at) > naive)).all()


@given(MOMENTS, MOMENTS)
def test_moments_are_stored_in_their_order(first: datetime, second: datetime) -> None:
    kind, dialect = db.UtcDateTime(), sa.create_engine("sqlite://").dialect

    try:
        stored = [kind.process_bind_param(at, dialect) for at in (first, second)]
    except OverflowError:  # the ends of the calendar, in another zone
        return

    assert (stored[0] < stored[1]) == (first.astimezone(UTC) < second.astimezone(UTC))  # type: ignore[operator]
    assert kind.process_result_value(stored[0], dialect) == first.astimezone(UTC)


def test_a_word_outside_its_list_is_refused(session: Session) -> None:
    person = db.add(session, Subscriber(created_at=NOON))

    session.add(Subscription(subscriber_id=key_of(person), severity_floor="apocalyptic"))  # type: ignore[arg-type]  # on purpose

    with pytest.raises(StatementError, match="apocalyptic"):
        session.flush()


def test_words_are_stored_as_words(session: Session) -> None:
    person = db.add(session, Subscriber(created_at=NOON))
    db.add(session, Subscription(subscriber_id=key_of(person), severity_floor=Severity.severe))

    assert session.execute(sa.text("SELECT severity_floor FROM subscription")).scalar_one() == "severe"


def test_of_two_that_try_one_changes_the_row(session: Session) -> None:
    operator = db.add(session, an_operator())
    take = update(Person).where(col(Person.id) == operator.id, col(Person.is_active)).values(is_active=False)

    assert db.changed_one(session, take)
    assert not db.changed_one(session, take)


def test_a_transaction_that_fails_leaves_nothing(engine: sa.Engine) -> None:
    def fail_half_way() -> None:
        with db.transaction(engine) as session:
            session.add(an_operator())
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()

    with db.reading(engine) as session:
        assert session.exec(select(Person)).all() == []


def test_a_row_that_refers_to_nothing_is_refused(session: Session) -> None:
    session.add(SubscriberPoint(subscriber_id=4711, z=0))

    with pytest.raises(IntegrityError):
        session.flush()


def test_whoever_reads_waits_for_no_writer(engine: sa.Engine) -> None:
    with db.writing(engine) as writer:
        writer.add(an_operator())
        writer.flush()

        with db.reading(engine) as reader:
            assert reader.exec(select(Person)).all() == []
        writer.commit()


def test_rows_stay_readable_after_commit_and_close(engine: sa.Engine) -> None:
    with db.transaction(engine) as session:
        operator = db.add(session, an_operator(name="Olle"))

    assert operator.name == "Olle"


def test_addresses_and_texts_do_not_appear_where_rows_are_printed() -> None:
    letter = Letter(channel="sms", value="+46701000001", language="en", subject="", body="Your code: 123456",
                    due_at=NOON, not_after=NOON)  # fmt: skip

    assert "46701000001" not in repr(letter)
    assert "123456" not in repr(letter)


def test_a_database_and_its_folder_are_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/not/there/yet/sveg.sqlite"

    db.upgrade(url)

    assert sa.inspect(sa.create_engine(url)).has_table("incident")
