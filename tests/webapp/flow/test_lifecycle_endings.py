"""Stop, withdraw, retire: nothing more goes out, and nothing stays in view."""

from datetime import timedelta
from threading import Event

import pytest
from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON, THREE
from tests.webapp.flow.scenes import (
    a_sender,
    approved,
    counts,
    mailed,
    recounted,
    resolve,
    stop,
    stored,
    texted,
    together,
    withdraw,
)
from webapp import db
from webapp.flow import audit, postings
from webapp.flow.notices import NoticeStatus
from webapp.flow.organisation import ChannelSetup
from webapp.flow.postings import PostingState


class EndsWaits(Event):
    """Ends a sender as soon as it would have to wait."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002  the class's own
        """At once."""
        self.set()
        return True


def in_the_middle(session: Session, arrow: Arrow) -> None:
    """The sender may send few messages a second, so that a fan-out stands in the middle."""
    with db.transaction(arrow.engine) as fresh:
        for channel in ("sms", "email"):
            fresh.get_one(ChannelSetup, channel).segments_per_second = 8
    arrow.look()
    arrow.dispatcher.ending = EndsWaits()
    arrow.dispatcher.send_some()
    arrow.dispatcher.ending = Event()


def test_stop_in_the_middle_spares_exactly_those_who_were_not_told(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=30, channels=("status_page", "sms"))
    in_the_middle(session, arrow)
    told = texted(arrow)
    assert 0 < len(told) < 30

    spared = stop(arrow, notice)
    again = stop(arrow, notice)
    arrow.go_on(minutes=10)

    assert texted(arrow) == told
    assert (spared, again) == (30 - len(told), 0)
    assert counts(arrow.engine, notice) == {"accepted": len(told), "cancelled": spared}
    assert stored(arrow, notice).status is NoticeStatus.live  # what people see stays until its end
    with db.reading(arrow.engine) as fresh:
        stops = [entry for entry in audit.story(fresh, [str(notice.id)]) if entry.act == "notice.stopped"]
    assert len(stops) == 1


def test_two_who_press_stop_at_once_stop_it_once(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=5, channels=("status_page", "sms"))
    arrow.look()

    together(*[lambda: stop(arrow, notice)] * 4)

    with db.reading(arrow.engine) as fresh:
        stops = [entry for entry in audit.story(fresh, [str(notice.id)]) if entry.act == "notice.stopped"]
    assert len(stops) == 1
    assert counts(arrow.engine, notice) == {"cancelled": 5}


def test_stop_while_senders_are_at_work_sends_nothing_after_it(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=120, channels=("status_page", "sms"))
    arrow.look()
    arrow.break_it(channel="sms", kind="delay", seconds=0.02, times=120)

    def press_stop() -> None:
        while len(texted(arrow)) < 5:
            pass
        stop(arrow, notice)

    together(a_sender(arrow), a_sender(arrow), press_stop)
    told = texted(arrow)
    arrow.go_on(minutes=5)

    assert texted(arrow) == told
    assert len(set(told)) == len(told) < 120
    assert counts(arrow.engine, notice) == {"accepted": len(told), "cancelled": 120 - len(told)}
    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice)


def test_all_who_told_something_are_not_told_that_it_is_over_by_a_withdrawal(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, email=1)
    arrow.go_on(seconds=1)

    withdraw(arrow, notice)
    withdraw(arrow, notice)
    arrow.go_on(minutes=1)

    assert (len(texted(arrow)), len(mailed(arrow))) == (2, 1)
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("NO LONGER CURRENT")
    assert not post["is_pinned"]
    assert stored(arrow, notice).status is NoticeStatus.retired


@pytest.mark.parametrize("act", [stop, withdraw, resolve])
def test_a_notice_that_waits_for_its_moment_is_put_away(session: Session, arrow: Arrow, act: object) -> None:
    notice = approved(session, sms=2, hold_s=20)

    {stop: stop, withdraw: withdraw, resolve: resolve}[act](arrow, notice)  # type: ignore[index]  # one of the three
    arrow.go_on(minutes=1)

    assert texted(arrow) == []
    assert stored(arrow, notice).status is NoticeStatus.withdrawn


def test_stop_and_a_scheduler_that_posts_at_the_same_moment_agree(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=4, channels=("status_page", "sms"))

    together(arrow.look, lambda: stop(arrow, notice), arrow.look)
    arrow.go_on(seconds=5)

    after = stored(arrow, notice)
    assert after.status is NoticeStatus.withdrawn or after.stopped_at == NOON
    assert texted(arrow) == []


def test_resolving_while_the_schedule_retires_it_ends_it_once(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=3)
    arrow.go_on(seconds=1)
    arrow.now = THREE - timedelta(seconds=1)

    together(lambda: resolve(arrow, notice), arrow.look, a_sender(arrow))
    arrow.go_to(THREE)
    arrow.go_on(minutes=1)

    with db.reading(arrow.engine) as fresh:
        ends = [entry for entry in audit.story(fresh, [str(notice.id)]) if entry.act == "notice.retired"]
        assert audit.first_broken(fresh) is None
        assert {posting.state for posting in postings.of(fresh, notice)} == {PostingState.retired}
    assert len(ends) == 1
    assert len(texted(arrow)) == 6
