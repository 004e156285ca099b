"""Whose turn it is: no notice and no channel waits behind another's long list."""

from datetime import timedelta

from sqlmodel import Session

from tests.builders import NOON, a_lead, a_submitted_notice, an_operator, an_organisation, subscribers
from webapp.flow import claims, fan_out, lifecycle
from webapp.flow.notices import Notice
from webapp.flow.schedule import ActionKind, of


def live(session: Session, channels: list[str]) -> Notice:
    """A notice whose fan-out has just begun."""
    operator, lead = an_operator(), a_lead()
    session.add_all([operator, lead])
    notice = a_submitted_notice(session, by=operator, channels=["status_page", *channels])
    lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=0)
    action = of(session, notice, ActionKind.post)
    assert action is not None
    lifecycle.execute(session, action, now=NOON, status_url="https://status.example.org")
    session.commit()
    return notice


def test_text_messages_do_not_wait_behind_a_long_list_of_mails(session: Session) -> None:
    an_organisation(session)
    subscribers(session, 3 * fan_out.CHUNK, channel="email")
    subscribers(session, fan_out.CHUNK, channel="sms")
    live(session, ["email", "sms"])

    claimed = [claims.claim(session, now=NOON + timedelta(seconds=1), channels=["email", "sms"]) for _ in range(4)]

    assert sorted(chunk.channel for chunk in claimed[:2] if chunk) == ["email", "sms"]
    assert [chunk.channel for chunk in claimed[2:] if chunk] == ["email", "email"]


def test_a_second_notice_gets_its_turn_while_the_first_is_still_going_out(session: Session) -> None:
    an_organisation(session)
    subscribers(session, 3 * fan_out.CHUNK, channel="sms")
    first = live(session, ["sms"])
    claims.claim(session, now=NOON, channels=["sms"])
    second = live(session, ["sms"])

    claimed = claims.claim(session, now=NOON + timedelta(seconds=1), channels=["sms"])

    assert claimed is not None
    assert claimed.notice_id == second.id != first.id
