"""What a notice's end depends on, and what is left of one that was wrong."""

from datetime import timedelta

from sqlmodel import Session

from rules.terms import Kind, Severity
from tests.builders import (
    NOON,
    STATUS,
    THREE,
    a_draft,
    a_lead,
    a_submitted_notice,
    an_incident,
    an_operator,
    an_organisation,
)
from webapp.flow import incidents, lifecycle, surface
from webapp.flow.notices import NoticeStatus
from webapp.flow.schedule import ActionKind, of


def test_a_notice_lives_no_longer_than_the_rules_allow_its_sort(session: Session) -> None:
    operator = an_operator()
    an_organisation(session)
    session.add(operator)

    fraud = an_incident(
        session,
        by=operator,
        kind=Kind.fraud,
        severity=Severity.severe,
        impersonation=True,
        expected_end_at=NOON + timedelta(days=30),
    )
    outage = an_incident(session, by=operator)

    assert a_draft(session, outage, by=operator).expires_at == THREE
    ends = a_draft(session, fraud, by=operator).expires_at
    assert ends is not None
    assert ends < NOON + timedelta(days=30)


def test_the_words_of_a_withdrawn_notice_leave_the_public_history(session: Session) -> None:
    operator, lead = an_operator(), a_lead()
    an_organisation(session)
    session.add_all([operator, lead])
    notice = a_submitted_notice(session, by=operator)
    incidents.publish(session, session.get_one(incidents.Incident, notice.incident_id), by=operator, now=NOON)
    lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=0)
    action = of(session, notice, ActionKind.post)
    assert action is not None
    lifecycle.execute(session, action, now=NOON, status_url=STATUS)
    before = surface.shown(session, now=NOON).open[0].notices

    lifecycle.withdraw(session, notice, by=operator, now=NOON + timedelta(minutes=5), status_url=STATUS)

    after = surface.shown(session, now=NOON + timedelta(minutes=5)).open[0].notices
    assert [each.notice.id for each in before] == [notice.id]
    assert after == []


def test_a_draft_is_put_away_when_the_clock_ends_its_incident(session: Session) -> None:
    operator = an_operator()
    an_organisation(session)
    session.add(operator)
    notice = a_submitted_notice(session, by=operator)

    lifecycle.close_ended(session, now=THREE)

    assert notice.status is NoticeStatus.withdrawn
