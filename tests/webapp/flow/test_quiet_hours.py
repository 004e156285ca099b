"""Quiet hours: what matters is the hour at which a notice goes out, not the one at which it was written."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON, a_draft, an_incident
from tests.webapp.flow.scenes import a_bank, texted
from webapp import db
from webapp.flow import audit, lifecycle, submission
from webapp.flow.notices import Notice

MIDNIGHT = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # in Stockholm
SEVEN = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # 07:00 there


def signed_at_night(session: Session, **known: Any) -> Notice:
    """Written by day, at an hour at which nobody sleeps."""
    operator, lead = a_bank(session, sms=2, email=2)
    known = {"expected_end_at": SEVEN + timedelta(hours=8)} | known
    incident = an_incident(session, by=operator, **known)
    notice = a_draft(session, incident, by=operator, channels=("status_page", "sms", "email"))
    submission.submit(session, notice, by=operator, now=NOON)
    lifecycle.sign(session, notice, by=lead, now=MIDNIGHT, hold_s=0)
    session.commit()
    return notice


def test_signed_at_night_texts_wait_for_the_morning_and_nothing_else_does(session: Session, arrow: Arrow) -> None:
    notice = signed_at_night(session)

    arrow.go_to(MIDNIGHT)
    assert (texted(arrow), len(arrow.received("email"))) == ([], 2)
    arrow.go_to(SEVEN - timedelta(seconds=1))
    assert texted(arrow) == []
    arrow.go_to(SEVEN)

    assert len(texted(arrow)) == 2
    with db.reading(arrow.engine) as fresh:
        said = [entry.sentence for entry in audit.story(fresh, [str(notice.id)]) if entry.act == "notice.posted"]
    assert "SMS waits until Friday 20 November 07:00 CET, for quiet hours" in said[0]


def test_what_ends_before_the_quiet_hours_do_is_not_texted_and_says_so(session: Session, arrow: Arrow) -> None:
    notice = signed_at_night(session, expected_end_at=SEVEN - timedelta(hours=1))

    arrow.go_to(MIDNIGHT)
    arrow.go_to(SEVEN)

    assert [text for text in arrow.received("sms") if notice.code in text["body"]] == []
    with db.reading(arrow.engine) as fresh:
        said = [entry.sentence for entry in audit.story(fresh, [str(notice.id)]) if entry.act == "notice.posted"]
    assert "SMS is not used, for it ends before the quiet hours do" in said[0]


def test_written_at_night_and_signed_by_day_it_goes_out_at_once(session: Session, arrow: Arrow) -> None:
    operator, lead = a_bank(session, sms=2)
    incident = an_incident(session, by=operator, now=MIDNIGHT, expected_end_at=SEVEN + timedelta(hours=8))
    notice = a_draft(session, incident, by=operator, channels=("status_page", "sms"), now=MIDNIGHT)
    submission.submit(session, notice, by=operator, now=MIDNIGHT)
    lifecycle.sign(session, notice, by=lead, now=SEVEN + timedelta(hours=1), hold_s=0)
    session.commit()

    arrow.go_to(SEVEN + timedelta(hours=1))

    assert len(texted(arrow)) == 2
