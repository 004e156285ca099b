"""Drafts: written from the facts, edited without loss, and signed for exactly what people will see."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from rules.terms import Kind, Listeners, Mode
from tests.builders import NOON, STATUS, THREE, a_draft, an_incident, an_operator, an_organisation
from webapp import db
from webapp.db import add
from webapp.flow import drafts, notices, submission
from webapp.flow.incidents import Incident
from webapp.flow.notices import Ending, Message, Notice, NoticeChannel, NoticeStatus
from webapp.flow.organisation import ChannelSetup
from webapp.flow.people import Person
from webapp.flow.refusals import NotNow, NotValid
from webapp.flow.texts import Said, Told

ALL = ("status_page", "sms", "email", "facebook")


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation with two languages."""
    an_organisation(session, languages=["en", "sv"])
    return add(session, an_operator())


@pytest.fixture
def draft(session: Session, operator: Person) -> Notice:
    """On every channel."""
    return a_draft(session, an_incident(session, by=operator), by=operator, channels=ALL)


def told(session: Session, notice: Notice) -> Told:
    return drafts.told_of(session, session.get_one(Incident, notice.incident_id), notice, status_url=STATUS)


def choose(session: Session, notice: Notice, *channels: str, listeners: Listeners = Listeners.all) -> None:
    picks = [NoticeChannel(notice_id=notice.id, channel=channel, listeners=listeners) for channel in channels]
    drafts.choose_channels(session, notice, picks, told=told(session, notice))


def messages(session: Session, notice: Notice) -> dict[tuple[str, str], str]:
    return {(message.channel, message.language): message.body for message in notices.messages_of(session, notice)}


def ending(session: Session, notice: Notice, which: Ending) -> Notice:
    (found,) = [over for over in notices.endings(session, notice) if over.ending is which]
    return found


def test_a_draft_is_written_on_every_channel_in_every_language_with_its_all_clears(
    session: Session, draft: Notice
) -> None:
    assert set(messages(session, draft)) == {(channel, language) for channel in ALL for language in ("en", "sv")}
    assert {over.ending for over in notices.endings(session, draft)} == set(Ending)
    for over in notices.endings(session, draft):
        assert set(messages(session, over)) == {
            (channel, language) for channel in ("sms", "email") for language in ("en", "sv")
        }
        assert all("{ended}" in body for body in messages(session, over).values())
    assert draft.expires_at == THREE


def test_what_was_edited_by_hand_survives_rewording_and_channels(session: Session, draft: Notice) -> None:
    over = ending(session, draft, Ending.by_time)
    for notice, words in ((draft, "By hand"), (over, "Over by hand, {ended}")):
        drafts.edit_message(session, notice, "sms", "en", subject="", body=words)

    drafts.reword(
        session, draft, "en", Said("Machines are down", "Since noon.", "Pay by card"), told=told(session, draft)
    )
    choose(session, draft, "status_page", "sms")
    choose(session, draft, *ALL)

    assert messages(session, draft)["sms", "en"] == "By hand"
    assert messages(session, over)["sms", "en"] == "Over by hand, {ended}"
    assert "Machines are down" in messages(session, draft)["email", "en"]
    assert "Machines are down" in messages(session, over)["email", "en"]


def test_a_channel_that_is_left_out_and_taken_again_is_written_afresh(session: Session, draft: Notice) -> None:
    drafts.edit_message(session, draft, "sms", "en", subject="", body="By hand")

    choose(session, draft, "email")
    assert {channel for channel, _ in messages(session, draft)} == {"email"}
    choose(session, draft, "sms")

    assert "By hand" not in messages(session, draft)["sms", "en"]
    assert {channel for channel, _ in messages(session, ending(session, draft, Ending.by_time))} == {"sms"}


def test_the_same_words_again_are_no_edit(session: Session, draft: Notice) -> None:
    body = messages(session, draft)["sms", "en"]

    drafts.edit_message(session, draft, "sms", "en", subject="", body=f" {body} ")

    assert not session.get_one(Message, (draft.id, "sms", "en")).is_edited


@pytest.mark.parametrize(("channel", "body"), [("sms", "  "), ("push", "Hello")])
def test_an_empty_message_or_one_for_nobody_is_refused(
    session: Session, draft: Notice, channel: str, body: str
) -> None:
    with pytest.raises(NotValid):
        drafts.edit_message(session, draft, channel, "en", subject="", body=body)


def test_a_headline_says_something(session: Session, draft: Notice) -> None:
    with pytest.raises(NotValid, match="what has happened"):
        drafts.reword(session, draft, "en", Said(" \n", "", ""), told=told(session, draft))


def set_to(name: str, value: object) -> Callable[[Session, Notice], object]:
    """A change of one field."""
    return lambda _session, notice: setattr(notice, name, value)


CHANGES: dict[str, Callable[[Session, Notice], object]] = {
    "a message": lambda s, n: drafts.edit_message(s, n, "sms", "sv", subject="", body="Annat"),
    "a subject": lambda s, n: drafts.edit_message(
        s, n, "email", "en", subject="Other", body=messages(s, n)["email", "en"]
    ),
    "an all-clear by time": lambda s, n: drafts.edit_message(
        s, ending(s, n, Ending.by_time), "sms", "en", subject="", body="Over"
    ),
    "an all-clear by person": lambda s, n: drafts.edit_message(
        s, ending(s, n, Ending.by_person), "email", "sv", subject="", body="Slut"
    ),
    "the words": lambda s, n: drafts.reword(s, n, "en", Said("Other", "Other", ""), told=told(s, n)),
    "the channels": lambda s, n: choose(s, n, "status_page", "sms"),
    "the listeners": lambda s, n: choose(s, n, *ALL, listeners=Listeners.asked),
    "the end": set_to("expires_at", THREE + timedelta(seconds=1)),
    "the beginning": set_to("effective_at", NOON),
    "the next update": set_to("next_update_at", THREE),
    "whether it is real": set_to("mode", Mode.exercise),
    "whether an all-clear follows": set_to("wants_all_clear", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_signed_content_changes_with(session: Session, draft: Notice, change: str) -> None:
    before = notices.content_hash(session, draft)

    CHANGES[change](session, draft)

    assert notices.content_hash(session, draft) != before


def test_the_signed_content_is_the_same_wherever_and_in_whatever_order_it_is_read(
    session: Session, engine: sa.Engine, draft: Notice
) -> None:
    draft.effective_at = (NOON + timedelta(hours=1)).astimezone(ZoneInfo("Asia/Kathmandu"))
    draft.expires_at = THREE.astimezone(ZoneInfo("Europe/Stockholm"))
    written = notices.content_hash(session, draft)
    session.commit()

    with db.transaction(engine) as fresh:
        assert notices.content_hash(fresh, fresh.get_one(Notice, draft.id)) == written
        fresh.get_one(ChannelSetup, "sms").position = 9  # shown in another order from now on
        assert notices.content_hash(fresh, fresh.get_one(Notice, draft.id)) == written


def test_a_submitted_notice_can_no_longer_be_edited(session: Session, operator: Person, draft: Notice) -> None:
    submission.submit(session, draft, by=operator, now=NOON)

    for attempt in ("a message", "the words", "the channels"):
        with pytest.raises(NotNow, match="write an update instead"):
            CHANGES[attempt](session, draft)
    with pytest.raises(NotNow):
        submission.submit(session, draft, by=operator, now=NOON)
    assert draft.status is NoticeStatus.submitted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (choose, "channels"),
        (set_to("expires_at", None), "expires_at"),
        (set_to("expires_at", NOON), "expires_at"),
        (set_to("next_update_at", NOON), "expires_at"),
        (set_to("effective_at", THREE), "effective_at"),
    ],
)
def test_a_notice_that_would_be_useless_or_stand_for_ever_is_not_submitted(
    session: Session, operator: Person, draft: Notice, change: Callable[[Session, Notice], object], field: str
) -> None:
    change(session, draft)
    session.flush()

    with pytest.raises(NotValid) as refusal:
        submission.submit(session, draft, by=operator, now=NOON)

    assert refusal.value.field == field


def test_a_link_in_any_message_of_a_fraud_is_known_to_the_rules(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, kind=Kind.fraud, impersonation=True)
    draft = a_draft(session, incident, by=operator, channels=["status_page", "email"])
    assert not submission.text_facts(session, draft).links

    over = ending(session, draft, Ending.by_person)
    drafts.edit_message(session, over, "email", "en", subject="", body="Over. Read fjallbanken.se/safe")

    assert submission.text_facts(session, draft).links


def test_the_rules_know_what_was_written_by_hand(session: Session, operator: Person) -> None:
    for change in (None, "a message", "the words", "an all-clear by time"):
        draft = a_draft(session, an_incident(session, by=operator), by=operator, channels=ALL)
        if change:
            CHANGES[change](session, draft)

        assert submission.text_facts(session, draft).written_by_hand == bool(change)
    assert submission.text_facts(session, draft).languages == {"en", "sv"}


def test_of_two_that_move_a_notice_one_is_told_that_it_came_second(
    session: Session, operator: Person, draft: Notice
) -> None:
    notices.move(session, draft, start=(NoticeStatus.draft,), end=NoticeStatus.submitted)

    with pytest.raises(NotNow, match="is submitted"):
        notices.move(session, draft, start=(NoticeStatus.draft,), end=NoticeStatus.withdrawn)
