"""Two people: one asks, another signs; what they signed is what goes out."""

import pytest
from sqlmodel import Session, select

from tests.arrow import Arrow
from tests.builders import NOON, THREE, a_lead, a_submitted_notice, subscribers
from tests.webapp.flow.scenes import a_bank, approved, texted, together
from webapp import db
from webapp.flow import approvals, drafts, lifecycle, notices, submission
from webapp.flow.approvals import Approval, Recipient
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.people import Person
from webapp.flow.refusals import NotAllowed, NotNow, NotValid


def test_whoever_submitted_cannot_approve(session: Session) -> None:
    _, lead = a_bank(session)
    notice = a_submitted_notice(session, by=lead)

    with pytest.raises(NotAllowed, match="cannot approve"):
        approvals.approve(session, notice, by=lead, now=NOON)

    assert notice.status is NoticeStatus.submitted
    assert approvals.approval_of(session, notice) is None


def test_another_lead_can_and_an_operator_cannot(session: Session) -> None:
    operator, lead = a_bank(session)
    other = a_lead()
    session.add(other)
    session.flush()
    notice = a_submitted_notice(session, by=lead)

    with pytest.raises(NotAllowed):
        approvals.approve(session, notice, by=operator, now=NOON)
    signed = approvals.approve(session, notice, by=other, now=NOON)

    assert (signed.approved_by_id, notice.status) == (other.id, NoticeStatus.approved)


def test_who_handed_it_in_again_after_a_return_cannot_approve_it_on_an_old_page(session: Session) -> None:
    operator, lead = a_bank(session)
    second = a_lead()
    session.add(second)
    session.flush()
    notice = a_submitted_notice(session, by=operator)
    session.commit()
    with db.writing(session.get_bind()) as old_page:  # type: ignore[arg-type]  # an engine
        seen = old_page.get_one(Notice, notice.id)
        old_page.rollback()
        approvals.send_back(session, notice, "Say when", by=second, now=NOON)
        submission.submit(session, notice, by=lead, now=NOON)
        session.commit()

        with pytest.raises(NotAllowed, match="cannot approve"):
            approvals.approve(old_page, seen, by=lead, now=NOON)


def test_two_leads_at_once_sign_it_once(session: Session, arrow: Arrow) -> None:
    operator, lead = a_bank(session, sms=2)
    other = a_lead()
    session.add(other)
    notice = a_submitted_notice(session, by=operator)
    session.commit()
    refused: list[str] = []

    def sign(by: Person) -> None:
        try:
            with db.transaction(arrow.engine) as fresh:
                found = fresh.get_one(Notice, notice.id)
                lifecycle.sign(fresh, found, by=fresh.get_one(Person, by.id), now=NOON, hold_s=0)
        except NotNow as refusal:
            refused.append(str(refusal))

    together(lambda: sign(lead), lambda: sign(other))
    arrow.go_on(seconds=1)

    with db.reading(arrow.engine) as fresh:
        assert len(fresh.exec(select(Approval)).all()) == 1
    assert len(refused) == 1
    assert len(texted(arrow)) == 2


def test_who_signs_up_after_approval_is_not_among_the_recipients(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, hold_s=20)
    with db.transaction(arrow.engine) as fresh:
        subscribers(fresh, 1, first=500)

    arrow.go_on(minutes=1)

    assert texted(arrow) == ["+46701000000", "+46701000001"]
    with db.reading(arrow.engine) as fresh:
        assert approvals.recipient_counts(fresh, notice) == {"sms": 2}


def test_a_return_needs_a_reason_and_lets_it_be_edited_and_asked_for_again(session: Session) -> None:
    operator, lead = a_bank(session)
    notice = a_submitted_notice(session, by=operator)

    with pytest.raises(NotValid):
        approvals.send_back(session, notice, "  ", by=lead, now=NOON)
    approvals.send_back(session, notice, "Say until when", by=lead, now=NOON)
    drafts.edit_message(session, notice, "sms", "en", subject="", body="Until three")
    submission.submit(session, notice, by=operator, now=NOON)
    signed = approvals.approve(session, notice, by=lead, now=NOON)

    assert [each.reason for each in approvals.returns_of(session, notice)] == ["Say until when"]
    assert signed.content_hash == notices.content_hash(session, notice)
    with pytest.raises(NotNow):
        drafts.edit_message(session, notice, "sms", "en", subject="", body="Until four")


def test_what_has_ended_meanwhile_is_not_signed(session: Session) -> None:
    operator, lead = a_bank(session)
    notice = a_submitted_notice(session, by=operator)

    with pytest.raises(NotValid, match="end has passed"):
        approvals.approve(session, notice, by=lead, now=THREE)


def test_nobody_can_be_a_recipient_twice(session: Session) -> None:
    notice = approved(session, sms=3, email=3)

    rows = session.exec(select(Recipient).where(Recipient.notice_id == notice.id)).all()

    assert len({row.address_id for row in rows}) == len(rows) == 6
    assert sorted(row.pos for row in rows) == list(range(6))
