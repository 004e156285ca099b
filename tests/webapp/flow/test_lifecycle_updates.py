"""An update takes the place of what it updates: the same post, everybody who was told before, and those who are new."""

from datetime import timedelta

from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON, THREE, subscribers
from tests.webapp.flow.scenes import (
    an_update,
    approved,
    mailed,
    person,
    resolve,
    stop,
    stored,
    texted,
    withdraw,
)
from webapp import db
from webapp.flow import notices, postings, surface
from webapp.flow.approvals import recipient_counts
from webapp.flow.notices import NoticeStatus
from webapp.flow.postings import PostingState
from webapp.flow.subscribers import suppress

FIVE = THREE + timedelta(hours=2)


def test_an_update_edits_the_post_and_puts_the_old_notice_and_its_all_clears_away(
    session: Session, arrow: Arrow
) -> None:
    first = approved(session, sms=2, email=1)
    arrow.go_on(seconds=1)
    (before,) = arrow.received("facebook")

    update = an_update(arrow, first, end=FIVE)
    arrow.go_on(seconds=1)

    (post,) = arrow.received("facebook")
    assert post["id"] == before["id"]
    assert "17:00" in post["body"]
    assert post["is_pinned"]
    assert stored(arrow, first).status is NoticeStatus.retired
    with db.reading(arrow.engine) as fresh:
        assert {over.status for over in notices.endings(fresh, first)} == {NoticeStatus.withdrawn}
        (shown,) = surface.shown(fresh, now=arrow.now).open
        assert [each.notice.id for each in shown.live_notices] == [update.id]
    arrow.go_to(THREE)
    assert len(texted(arrow)) == 4
    arrow.go_to(FIVE)
    assert len(texted(arrow)) == 6
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("RESOLVED Thursday 19 November 17:00 CET")


def test_an_update_goes_to_those_who_were_told_and_to_those_who_have_come_since_each_once(
    session: Session, arrow: Arrow
) -> None:
    first = approved(session, sms=2, channels=("status_page", "sms"))
    arrow.go_on(seconds=1)
    with db.transaction(arrow.engine) as fresh:
        subscribers(fresh, 2, first=100)

    update = an_update(arrow, first, channels=("status_page", "sms"))
    arrow.go_on(seconds=1)

    with db.reading(arrow.engine) as fresh:
        assert recipient_counts(fresh, update) == {"sms": 4}
    told = texted(arrow)
    assert sorted(set(told)) == [f"+46701{n:06d}" for n in (0, 1, 100, 101)]
    assert len(told) == 2 + 4


def test_who_said_stop_since_gets_no_update(session: Session, arrow: Arrow) -> None:
    first = approved(session, sms=2, channels=("status_page", "sms"))
    arrow.go_on(seconds=1)
    with db.transaction(arrow.engine) as fresh:
        suppress(fresh, "sms", "+46701000000", reason="unsubscribed", now=NOON)

    an_update(arrow, first, channels=("status_page", "sms"))
    arrow.go_on(seconds=1)

    assert texted(arrow) == ["+46701000000", "+46701000001", "+46701000001"]


def test_who_was_told_before_an_update_that_reached_nobody_still_hears_that_it_is_over(
    session: Session, arrow: Arrow
) -> None:
    first = approved(session, sms=2, channels=("status_page", "sms"))
    arrow.go_on(seconds=1)
    update = an_update(arrow, first, channels=("status_page", "sms"))
    arrow.look()
    stop(arrow, update)

    resolve(arrow, update)
    arrow.go_on(seconds=5)

    over = [text["recipient"] for text in arrow.received("sms") if "Over since" in text["body"]]
    assert sorted(over) == ["+46701000000", "+46701000001"]


def test_an_update_that_leaves_a_channel_out_takes_the_old_post_down(session: Session, arrow: Arrow) -> None:
    first = approved(session)
    arrow.go_on(seconds=1)

    an_update(arrow, first, channels=("status_page",))
    arrow.go_on(seconds=1)

    (post,) = arrow.received("facebook")
    assert post["body"].startswith("NO LONGER CURRENT")
    assert not post["is_pinned"]


def test_an_update_whose_edit_has_not_worked_when_it_is_withdrawn_still_comes_down(
    session: Session, arrow: Arrow
) -> None:
    first = approved(session)
    arrow.go_on(seconds=1)
    update = an_update(arrow, first)
    arrow.break_it(channel="facebook", kind="status", on="edit", status=500, code=2, times=2)
    arrow.go_on(seconds=1)

    withdraw(arrow, update)
    arrow.go_on(seconds=30)
    arrow.go_on(seconds=30)

    (post,) = arrow.received("facebook")
    assert post["body"].startswith("NO LONGER CURRENT")
    assert not post["is_pinned"]


def test_stop_before_the_edit_leaves_the_old_words_until_their_end(session: Session, arrow: Arrow) -> None:
    first = approved(session)
    arrow.go_on(seconds=1)
    (before,) = arrow.received("facebook")
    update = an_update(arrow, first)
    arrow.look()

    stop(arrow, update)
    arrow.go_on(minutes=1)

    (post,) = arrow.received("facebook")
    assert post["body"] == before["body"]
    arrow.go_to(THREE)
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("RESOLVED")


def test_a_post_in_doubt_that_an_update_replaces_does_not_stand_beside_it(session: Session, arrow: Arrow) -> None:
    first = approved(session, channels=("status_page", "facebook"))
    arrow.break_it(channel="facebook", kind="drop")
    arrow.look()
    arrow.dispatcher.send_posting()

    an_update(arrow, first, channels=("status_page", "facebook"))
    arrow.go_on(seconds=30)

    standing = [post for post in arrow.received("facebook") if not post["body"].startswith("NO LONGER CURRENT")]
    assert len(standing) == 1
    with db.reading(arrow.engine) as fresh:
        assert {posting.state for posting in postings.of(fresh, first)} == {PostingState.retired}


def test_an_update_of_an_update_keeps_one_post_and_tells_all(session: Session, arrow: Arrow) -> None:
    first = approved(session, sms=1, email=1)
    arrow.go_on(seconds=1)
    second = an_update(arrow, first)
    arrow.go_on(seconds=1)

    third = an_update(arrow, second)
    arrow.go_on(seconds=1)

    assert (len(texted(arrow)), len(mailed(arrow)), len(arrow.received("facebook"))) == (3, 3, 1)
    resolve(arrow, third)
    arrow.go_on(seconds=1)
    assert (len(texted(arrow)), len(mailed(arrow))) == (4, 4)
    with db.reading(arrow.engine) as fresh:
        assert person(fresh).name  # nobody was asked to do anything by hand
        assert postings.in_trouble(fresh) == []
