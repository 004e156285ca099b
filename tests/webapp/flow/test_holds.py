"""Quiet hours and the daily mail of each person: held and never dropped; over by then, and nothing is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from rules.terms import Severity
from tests.arrow import Arrow
from tests.builders import NOON, STATUS, THREE
from tests.webapp.flow.scenes import approved, counts, life_safety, texted
from webapp import db
from webapp.flow import digests, leaving, own_data
from webapp.flow.digests import DigestItem
from webapp.flow.holds import quiet_until
from webapp.flow.notices import Notice
from webapp.flow.subscribers import Address, Subscriber

SMS = ("status_page", "sms")
ANNA, BO = "+46701000000", "+46701000001"
MAIL = "reader0@mail.example"
LONG = NOON + timedelta(hours=40)
EIGHT = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)  # in Stockholm, the next morning


def at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


def wishes(arrow: Arrow, value: str = ANNA, **known: Any) -> None:
    """What the owner of an address wants."""
    with db.transaction(arrow.engine) as session:
        owner = sa.select(Address.subscriber_id).where(Address.value == value)  # type: ignore[call-overload]  # a column
        session.execute(sa.update(Subscriber).where(Subscriber.id.in_(owner)).values(**known))  # type: ignore[union-attr]  # a column


def person(session: Session, value: str = ANNA) -> Subscriber:
    owned = session.exec(select(Address).where(Address.value == value)).one()
    return session.get_one(Subscriber, owned.subscriber_id)


@pytest.mark.parametrize(
    ("local", "start", "end", "until"),
    [
        ("2026-11-19T21:59+01:00", at(22), at(7), None),
        ("2026-11-19T22:00+01:00", at(22), at(7), "2026-11-20T07:00+01:00"),
        ("2026-11-20T06:59+01:00", at(22), at(7), "2026-11-20T07:00+01:00"),
        ("2026-11-20T07:00+01:00", at(22), at(7), None),
        ("2026-11-19T12:10+01:00", at(12), at(13, 30), "2026-11-19T13:30+01:00"),
        ("2026-03-28T23:00+01:00", at(22), at(7), "2026-03-29T07:00+02:00"),
        ("2026-03-29T01:30+01:00", at(22), at(2, 30), "2026-03-29T03:30+02:00"),  # 02:30 does not come that night
        ("2026-10-24T23:00+02:00", at(22), at(7), "2026-10-25T07:00+01:00"),
        ("2026-10-25T02:10+02:00", at(22), at(2, 30), "2026-10-25T02:30+02:00"),  # it comes twice that night
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(local: str, start: int, end: int, until: str | None) -> None:
    now = datetime.fromisoformat(local).astimezone(UTC)

    found = quiet_until(start, end, "Europe/Stockholm", now)

    assert found == (datetime.fromisoformat(until) if until else None)


def test_who_wants_quiet_now_gets_it_when_the_quiet_ends(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    wishes(arrow, quiet_from_min=at(11), quiet_to_min=at(13))

    arrow.go_on(seconds=1)
    assert texted(arrow) == [BO]
    assert counts(arrow.engine, notice) == {"accepted": 1, "deferred": 1}
    arrow.go_to(NOON + timedelta(minutes=49))
    assert texted(arrow) == [BO]
    arrow.go_to(NOON + timedelta(minutes=50))

    assert texted(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 2}


def test_quiet_hours_are_in_the_persons_own_zone(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1, channels=SMS)
    wishes(arrow, quiet_from_min=at(11), quiet_to_min=at(12), time_zone="Europe/London")  # 11:10 there

    arrow.go_on(seconds=1)
    assert texted(arrow) == []
    arrow.go_to(NOON + timedelta(minutes=50))

    assert texted(arrow) == [ANNA]


def test_what_is_over_when_the_quiet_ends_is_sent_to_nobody(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)  # over at 15:00
    wishes(arrow, quiet_from_min=at(11), quiet_to_min=at(16))

    arrow.go_on(seconds=1)
    arrow.go_to(NOON + timedelta(hours=6))

    assert texted(arrow) == []
    assert counts(arrow.engine, notice) == {"cancelled": 1}


def test_who_was_told_and_sleeps_when_it_ends_hears_so_on_waking(session: Session, arrow: Arrow) -> None:
    approved(session, sms=2, channels=SMS)
    arrow.go_on(seconds=1)
    wishes(arrow, quiet_from_min=at(14), quiet_to_min=at(20))

    arrow.go_to(THREE)
    assert texted(arrow) == sorted([ANNA, BO, BO])
    arrow.go_to(THREE + timedelta(hours=5))
    arrow.go_on(hours=3)

    assert texted(arrow) == sorted([ANNA, ANNA, BO, BO])


def test_danger_to_life_wakes_everybody(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1, channels=SMS, **life_safety())
    wishes(arrow, quiet_from_min=at(11), quiet_to_min=at(13), wants_digest=True)

    arrow.go_on(seconds=1)

    assert texted(arrow) == [ANNA]


@pytest.mark.parametrize("gone", ["left", "paused", "erased"])
def test_whoever_said_no_after_the_set_was_frozen_is_told_nothing(session: Session, arrow: Arrow, gone: str) -> None:
    notice = approved(session, sms=2, channels=SMS)
    with db.transaction(arrow.engine) as fresh:
        match gone:
            case "left":
                leaving.leave(fresh, person(fresh), now=NOON)
            case "paused":
                leaving.pause(fresh, person(fresh), until=None, now=NOON)
            case _:
                own_data.erase(fresh, person(fresh), now=NOON)

    arrow.go_on(seconds=1)

    assert texted(arrow) == [BO]
    assert counts(arrow.engine, notice) == {"accepted": 1, "cancelled": 1}


def waiting(session: Session, arrow: Arrow, *, end: datetime = LONG, **known: Any) -> Notice:
    """One mail goes at once; the other person wants small things once a day."""
    notice = approved(session, email=2, channels=("status_page", "email"), expected_end_at=end, **known)
    wishes(arrow, MAIL, wants_digest=True)
    arrow.go_on(seconds=1)
    return notice


def write(arrow: Arrow, now: datetime) -> int:
    with db.transaction(arrow.engine) as fresh:
        return digests.write_due(fresh, now=now)


def test_small_things_come_in_one_mail_the_next_morning(session: Session, arrow: Arrow) -> None:
    notice = waiting(session, arrow)
    assert [mail["recipient"] for mail in arrow.received("email")] == ["reader1@mail.example"]
    with db.reading(arrow.engine) as fresh:
        assert not digests.any_due(fresh, now=EIGHT - timedelta(seconds=1))
        assert digests.any_due(fresh, now=EIGHT)

    assert write(arrow, EIGHT) == 1
    arrow.go_to(EIGHT)
    arrow.go_to(EIGHT + timedelta(hours=1))

    (mail,) = [mail for mail in arrow.received("email") if mail["recipient"] == MAIL]
    assert mail["subject"] == "Fjällbanken: small things today"
    assert "Cash machines in Sveg do not work" in mail["body"]
    assert f"{STATUS}/subscribe/leave/" in mail["headers"]["List-Unsubscribe"]
    assert counts(arrow.engine, notice) == {"accepted": 2}
    with db.reading(arrow.engine) as fresh:
        assert fresh.exec(select(DigestItem)).all() == []


def test_whoever_read_it_in_the_daily_mail_is_told_at_once_when_it_is_over(session: Session, arrow: Arrow) -> None:
    waiting(session, arrow)
    write(arrow, EIGHT)
    arrow.go_to(EIGHT)

    arrow.go_to(LONG)

    assert len([mail for mail in arrow.received("email") if mail["recipient"] == MAIL]) == 2


def test_a_daily_mail_never_speaks_of_what_is_over(session: Session, arrow: Arrow) -> None:
    notice = waiting(session, arrow, end=NOON + timedelta(hours=3))
    arrow.go_to(NOON + timedelta(hours=4))

    assert write(arrow, EIGHT) == 0
    arrow.go_to(EIGHT)

    assert MAIL not in [mail["recipient"] for mail in arrow.received("email")]
    assert counts(arrow.engine, notice) == {"accepted": 1, "cancelled": 1}


def test_a_thing_whose_daily_mail_was_never_made_goes_out_alone(session: Session, arrow: Arrow) -> None:
    waiting(session, arrow)

    arrow.go_to(EIGHT + digests.ALONE_AFTER)

    assert MAIL in [mail["recipient"] for mail in arrow.received("email")]
    assert write(arrow, arrow.now) == 0


def test_what_is_not_small_does_not_wait(session: Session, arrow: Arrow) -> None:
    waiting(session, arrow, severity=Severity.severe)

    assert len(arrow.received("email")) == 2
