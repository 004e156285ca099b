"""A post is published once, comes down when its time is over, and is shown to people while it does not."""

from datetime import timedelta

import httpx
from sqlmodel import Session

from tests.arrow import NOBODY, Arrow
from tests.builders import NOON, THREE
from tests.webapp.flow.scenes import approved, stop, withdraw
from webapp import db
from webapp.channels import stand_in
from webapp.flow import postings
from webapp.flow.notices import Notice
from webapp.flow.postings import FACEBOOK, Posting, PostingState

ON_FACEBOOK = ("status_page", "facebook")


def the_posting(arrow: Arrow, notice: Notice) -> Posting:
    with db.reading(arrow.engine) as session:
        return next(posting for posting in postings.of(session, notice) if posting.channel == FACEBOOK)


def troubles(arrow: Arrow) -> list[str]:
    with db.reading(arrow.engine) as session:
        return [posting.detail for posting in postings.in_trouble(session)]


def delete_by_hand(arrow: Arrow, post_id: str) -> None:
    client = httpx.Client(headers={"Authorization": f"Bearer {stand_in.PAGE_TOKEN}"}, verify=NOBODY)
    with client:
        client.delete(f"{arrow.sandbox.http_url}/v26.0/{post_id}").raise_for_status()


def test_at_its_end_a_post_says_so_first_and_leaves_the_top(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.go_on(seconds=1)
    (before,) = arrow.received("facebook")
    assert before["is_pinned"]

    arrow.go_to(THREE)

    (after,) = arrow.received("facebook")
    assert after["body"].startswith("RESOLVED Thursday 19 November 15:00 CET")
    assert before["body"] in after["body"]
    assert not after["is_pinned"]
    posting = the_posting(arrow, notice)
    assert (posting.state, posting.retired_at) == (PostingState.retired, THREE)


def test_taking_down_is_tried_until_it_works_and_shown_meanwhile(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.go_on(seconds=1)
    arrow.break_it(channel="facebook", kind="status", on="edit", status=400, code=200, times=1)
    arrow.break_it(channel="facebook", kind="status", on="edit", status=500, code=2, times=2)

    arrow.go_to(THREE)
    assert troubles(arrow) == ["Facebook refused with 200"]
    for _ in range(4):
        arrow.go_on(minutes=2)

    assert troubles(arrow) == []
    assert the_posting(arrow, notice).state is PostingState.retired
    assert arrow.received("facebook")[0]["body"].startswith("RESOLVED")


def test_a_post_whose_pin_stays_is_not_taken_for_retired(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.go_on(seconds=1)
    arrow.now = THREE
    arrow.look()
    arrow.dispatcher.send_posting()
    with db.transaction(arrow.engine) as fresh:  # as if the unpinning alone had failed
        fresh.get_one(Posting, the_posting(arrow, notice).id).state = PostingState.retiring
    arrow.break_it(channel="facebook", kind="drop_before", on="edit", times=1)

    arrow.go_on(minutes=1)
    assert the_posting(arrow, notice).state is PostingState.retiring
    arrow.go_on(minutes=1)

    assert the_posting(arrow, notice).state is PostingState.retired


def test_a_post_that_somebody_deleted_by_hand_is_over(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.go_on(seconds=1)
    delete_by_hand(arrow, the_posting(arrow, notice).provider_id)

    arrow.go_to(THREE)

    assert the_posting(arrow, notice).state is PostingState.retired
    assert troubles(arrow) == []


def test_a_post_that_is_refused_is_shown_and_tried_until_it_works(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.break_it(channel="facebook", kind="status", status=400, code=190, subcode=460, times=2)

    arrow.go_on(seconds=1)
    assert troubles(arrow) == ["Facebook refused with 190/460"]
    for _ in range(3):
        arrow.go_on(minutes=1)

    assert troubles(arrow) == []
    assert the_posting(arrow, notice).state is PostingState.live
    assert len(arrow.received("facebook")) == 1


def test_what_was_stopped_or_withdrawn_before_it_was_posted_is_not_posted(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.look()

    stop(arrow, notice)
    arrow.go_on(minutes=1)
    withdraw(arrow, notice)
    arrow.go_on(minutes=1)

    assert arrow.received("facebook") == []
    assert the_posting(arrow, notice).state is PostingState.cancelled


def test_where_no_adapter_is_set_up_it_is_shown_and_nothing_is_given_up(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    broadcast = arrow.dispatcher._mine(notice.mode).broadcast
    adapter = broadcast.pop(FACEBOOK)

    arrow.go_on(seconds=1)
    assert troubles(arrow) == ["No adapter is set up for facebook"]
    broadcast[FACEBOOK] = adapter
    arrow.go_to(NOON + timedelta(minutes=5))

    assert len(arrow.received("facebook")) == 1
