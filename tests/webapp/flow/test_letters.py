"""A code or a request for approval: sent once, soon or never."""

from datetime import timedelta
from threading import Event

import pytest
from sqlmodel import Session, select

from tests.arrow import Arrow
from tests.builders import NOON, an_organisation
from tests.webapp.flow.scenes import a_sender, mailed, texted, together
from webapp import db
from webapp.flow import letters
from webapp.flow.letters import Letter, LetterState

HALF_AN_HOUR = timedelta(minutes=30)


def a_letter(session: Session, *, channel: str = "email", value: str = "anna@mail.example") -> Letter:
    """In the outbox of an organisation that is made for it."""
    if session.get(Letter, 1) is None:
        an_organisation(session)
    letter = letters.write(session, channel, value, subject="Your code", body="Your code: 123456", language="en",
                           now=NOON, life=HALF_AN_HOUR)  # fmt: skip
    session.commit()
    return letter


def stored(arrow: Arrow, letter: Letter) -> Letter:
    with db.reading(arrow.engine) as session:
        return session.get_one(Letter, letter.id)


@pytest.mark.parametrize(("channel", "value"), [("email", "anna@mail.example"), ("sms", "+46701000001")])
def test_a_letter_is_sent_once_and_forgotten(session: Session, arrow: Arrow, channel: str, value: str) -> None:
    letter = a_letter(session, channel=channel, value=value)

    for _ in range(3):
        arrow.go_on(minutes=2)

    assert [message["recipient"] for message in arrow.received(channel)] == [value]
    assert (stored(arrow, letter).state, stored(arrow, letter).body) == (LetterState.accepted, "")


def test_several_senders_send_each_letter_once(session: Session, arrow: Arrow) -> None:
    values = [f"reader{n}@mail.example" for n in range(30)]
    for value in values:
        a_letter(session, value=value)

    together(*[a_sender(arrow)] * 4)

    assert mailed(arrow) == sorted(values)


def test_a_letter_past_its_time_is_not_sent_and_its_text_is_erased(session: Session, arrow: Arrow) -> None:
    letter = a_letter(session)

    arrow.go_to(NOON + HALF_AN_HOUR)

    assert mailed(arrow) == []
    assert (stored(arrow, letter).state, stored(arrow, letter).body) == (LetterState.expired, "")


def test_a_letter_that_is_put_off_is_tried_again(session: Session, arrow: Arrow) -> None:
    letter = a_letter(session)
    arrow.break_it(channel="email", kind="status", status=451, code="4.3.0", times=2)

    for _ in range(4):
        arrow.go_on(minutes=1)

    assert mailed(arrow) == ["anna@mail.example"]
    assert stored(arrow, letter).tries == 2


def test_a_letter_that_is_refused_until_its_time_is_over_ends(session: Session, arrow: Arrow) -> None:
    letter = a_letter(session)
    arrow.break_it(channel="email", kind="status", status=451, code="4.3.0", times=99)

    for _ in range(40):
        arrow.go_on(minutes=1)

    assert mailed(arrow) == []
    assert stored(arrow, letter).state is LetterState.expired


@pytest.mark.parametrize(("channel", "value"), [("email", "anna@mail.example"), ("sms", "+46701000001")])
def test_a_letter_whose_reply_was_lost_is_not_sent_again(
    session: Session, arrow: Arrow, channel: str, value: str
) -> None:
    letter = a_letter(session, channel=channel, value=value)
    arrow.break_it(channel=channel, kind="drop")

    for _ in range(4):
        arrow.go_on(minutes=1)

    assert len(arrow.received(channel)) == 1
    assert (stored(arrow, letter).state, stored(arrow, letter).body) == (LetterState.unknown, "")


def test_what_a_dead_sender_took_is_not_sent_again(session: Session, arrow: Arrow) -> None:
    letter = a_letter(session)
    with db.transaction(arrow.engine) as fresh:
        assert [claimed.id for claimed in letters.claim(fresh, now=NOON)] == [letter.id]

    arrow.go_on(minutes=2)
    with db.transaction(arrow.engine) as fresh:  # and its answer comes late
        letters.settle(fresh, letter, LetterState.accepted)

    assert texted(arrow) == mailed(arrow) == []
    assert stored(arrow, letter).state is LetterState.unknown


def test_a_sender_that_is_told_to_end_gives_letters_back(session: Session, arrow: Arrow) -> None:
    a_letter(session)
    arrow.dispatcher.ending.set()

    arrow.dispatcher.send_letters()
    assert mailed(arrow) == []
    arrow.dispatcher.ending = Event()
    arrow.go_on(seconds=1)

    assert mailed(arrow) == ["anna@mail.example"]
    with db.reading(arrow.engine) as fresh:
        assert {letter.state for letter in fresh.exec(select(Letter))} == {LetterState.accepted}
