"""Mail: each person once, refusals by what they mean, and a server that cannot be asked."""

import pytest
from sqlmodel import Session

from tests.arrow import Arrow
from tests.webapp.flow.scenes import another_notice, approved, attempts_of, counts, life_safety, mailed
from webapp import db
from webapp.flow import subscribers
from webapp.flow.deliveries import DeliveryState

MAIL = ("status_page", "email")
ANNA, BO = "reader0@mail.example", "reader1@mail.example"


@pytest.mark.parametrize(("status", "code"), [(451, "4.3.0"), (421, "4.3.2"), (552, "5.2.2")])
def test_what_a_server_puts_off_is_sent_later_and_once(session: Session, arrow: Arrow, status: int, code: str) -> None:
    notice = approved(session, email=2, channels=MAIL)
    arrow.break_it(channel="email", kind="status", recipient=ANNA, status=status, code=code)

    arrow.go_on(seconds=1)
    assert mailed(arrow) == [BO]
    arrow.go_on(minutes=1)

    assert mailed(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 2}


def test_a_mailbox_that_does_not_exist_is_not_written_to_again(session: Session, arrow: Arrow) -> None:
    notice = approved(session, email=2, channels=MAIL)
    arrow.break_it(channel="email", kind="status", recipient=ANNA, status=550, code="5.1.1")

    arrow.go_on(seconds=1)

    assert counts(arrow.engine, notice) == {"accepted": 1, "failed": 1}
    another_notice(arrow, channel="email")
    arrow.go_on(seconds=1)
    assert mailed(arrow) == [BO, BO]


def test_a_refusal_that_concerns_us_blames_nobody(session: Session, arrow: Arrow) -> None:
    approved(session, email=1, channels=MAIL)
    arrow.break_it(channel="email", kind="status", on="data", status=554, code="5.7.1")

    arrow.go_on(seconds=1)

    with db.reading(arrow.engine) as fresh:
        owned = subscribers.address(fresh, "email", ANNA)
        assert owned is not None
        assert owned.suppressed_at is None
    arrow.go_on(minutes=2)
    assert mailed(arrow) == [ANNA]


@pytest.mark.parametrize("life_is_at_stake", [False, True])
def test_a_mail_whose_reply_was_lost_is_never_sent_twice(
    session: Session, arrow: Arrow, life_is_at_stake: bool
) -> None:
    known = life_safety() if life_is_at_stake else {}
    notice = approved(session, email=2, channels=MAIL, **known)
    arrow.break_it(channel="email", kind="drop", recipient=ANNA)

    for _ in range(6):
        arrow.go_on(minutes=1)

    assert mailed(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 1, "unknown": 1}
    (doubt,) = [attempt for attempt in attempts_of(arrow, notice) if attempt.state is DeliveryState.unknown]
    assert doubt.detail.startswith("In doubt")


def test_a_server_that_hangs_up_before_it_has_the_mail_gets_it_again(session: Session, arrow: Arrow) -> None:
    notice = approved(session, email=2, channels=MAIL)
    arrow.break_it(channel="email", kind="drop_before", on="rcpt", recipient=ANNA)

    arrow.go_on(seconds=1)
    arrow.go_on(minutes=1)

    assert mailed(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 2}
