"""A post whose reply was lost, whose sender died or froze, or that somebody ended meanwhile."""

from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import a_sender, approved, resolve, together
from webapp import db
from webapp.flow import postings, publishing
from webapp.flow.notices import Notice
from webapp.flow.postings import FACEBOOK, Posting, PostingState

ON_FACEBOOK = ("status_page", "facebook")


def the_posting(arrow: Arrow, notice: Notice) -> Posting:
    with db.reading(arrow.engine) as session:
        return next(posting for posting in postings.of(session, notice) if posting.channel == FACEBOOK)


def troubles(arrow: Arrow) -> list[str]:
    with db.reading(arrow.engine) as session:
        return [posting.detail for posting in postings.in_trouble(session)]


def test_a_post_whose_reply_is_lost_is_found_again_and_not_posted_twice(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.break_it(channel="facebook", kind="drop")

    arrow.look()
    arrow.dispatcher.send_posting()
    assert the_posting(arrow, notice).state is PostingState.unknown
    assert troubles(arrow) != []
    arrow.go_on(seconds=30)

    (post,) = arrow.received("facebook")
    posting = the_posting(arrow, notice)
    assert (posting.state, posting.provider_id) == (PostingState.live, post["id"])
    assert post["is_pinned"]


def test_a_post_in_doubt_that_never_arrived_is_posted(session: Session, arrow: Arrow) -> None:
    approved(session, channels=ON_FACEBOOK)
    arrow.break_it(channel="facebook", kind="drop_before")

    arrow.go_on(seconds=1)
    arrow.go_on(seconds=30)

    assert len(arrow.received("facebook")) == 1


def test_what_a_dead_sender_left_is_looked_up_first(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.look()
    with db.transaction(arrow.engine) as fresh:  # posts, and dies before it can write that down
        claimed = postings.claim(fresh, now=NOON)
        assert claimed is not None
    told = notice_of(arrow, notice)
    publishing.publish(arrow.dispatcher._broadcast(claimed, told), claimed, told, now=NOON)

    arrow.go_on(seconds=30)
    assert the_posting(arrow, notice).state is PostingState.sending
    arrow.go_on(seconds=10)

    assert the_posting(arrow, notice).state is PostingState.live
    assert len(arrow.received("facebook")) == 1


def test_a_sender_that_wakes_up_after_its_lease_changes_nothing(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.look()
    with db.transaction(arrow.engine) as fresh:
        frozen = postings.claim(fresh, now=NOON)
        assert frozen is not None
    arrow.go_on(minutes=1)
    assert the_posting(arrow, notice).state is PostingState.live

    with db.transaction(arrow.engine) as fresh:
        postings.settle(fresh, frozen, PostingState.planned, now=arrow.now, due_at=arrow.now)
    arrow.go_on(minutes=1)

    assert the_posting(arrow, notice).state is PostingState.live
    assert len(arrow.received("facebook")) == 1


def test_a_post_under_way_when_its_end_is_ordered_comes_down_next(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=ON_FACEBOOK)
    arrow.look()
    arrow.break_it(channel="facebook", kind="delay", seconds=0.5)

    def end_it() -> None:
        while the_posting(arrow, notice).state is PostingState.planned:
            pass
        resolve(arrow, notice)

    together(a_sender(arrow), end_it)
    arrow.go_on(minutes=1)

    (post,) = arrow.received("facebook")
    assert post["body"].startswith("RESOLVED")
    assert the_posting(arrow, notice).state is PostingState.retired


def test_several_senders_post_once(session: Session, arrow: Arrow) -> None:
    approved(session, channels=ON_FACEBOOK)
    arrow.look()

    together(*[a_sender(arrow)] * 4)
    arrow.go_on(minutes=1)

    assert len(arrow.received("facebook")) == 1


def notice_of(arrow: Arrow, notice: Notice) -> Notice:
    with db.reading(arrow.engine) as session:
        return session.get_one(Notice, notice.id)
