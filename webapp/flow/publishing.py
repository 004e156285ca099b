"""Posts: published once, rewritten, taken down, or looked for when nobody knows whether they are there."""

from datetime import datetime, timedelta

from webapp.channels.base import BroadcastAdapter, ErrorClass, Gone, Post, SendError
from webapp.flow.answers import backoff
from webapp.flow.notices import Notice
from webapp.flow.postings import Posting, PostingState

Settled = tuple[PostingState, dict[str, object]]  # the new state, and what else is known now


def publish(adapter: BroadcastAdapter, posting: Posting, notice: Notice, *, now: datetime) -> Settled:
    """Do with a posting what its state asks for. Raises SendError."""
    if posting.state is PostingState.retiring:
        return _take_down(adapter, posting)
    if posting.provider_id:
        return _rewrite(adapter, posting, is_wanted=notice.may_be_sent_at(now), now=now)
    post = Post(key=notice.code, text=posting.text, link=posting.link, pinned=True)
    if posting.state is PostingState.unknown:
        return _look_up(adapter, posting, post, is_wanted=notice.may_be_sent_at(now), now=now)
    if not notice.may_be_sent_at(now):
        return PostingState.cancelled, {"detail": "Its end had passed, or it was stopped"}
    taken = adapter.post(post, now=now)
    return PostingState.live, {"provider_id": taken.provider_id, "url": taken.url, "detail": taken.remark}


def failed(posting: Posting, error: SendError, *, now: datetime) -> Settled:
    """A posting is tried again for as long as it is wanted; what has to come down never gives up."""
    again = {"tries": posting.tries + 1, "due_at": now + backoff(error, posting.tries), "detail": error.detail}
    if posting.state is PostingState.sending and not posting.provider_id:
        state = PostingState.unknown if error.error_class is ErrorClass.unknown else PostingState.planned
        return state, again
    return (PostingState.planned if posting.state is PostingState.sending else posting.state), again


def _look_up(adapter: BroadcastAdapter, posting: Posting, post: Post, *, is_wanted: bool, now: datetime) -> Settled:
    found = adapter.look_up(post, since=(posting.first_tried_at or now) - timedelta(seconds=5))
    if found is None:
        return (PostingState.planned if is_wanted else PostingState.cancelled), {"due_at": now, "detail": ""}
    return PostingState.live, {"provider_id": found.provider_id, "url": found.url, "detail": found.remark}


def _take_down(adapter: BroadcastAdapter, posting: Posting) -> Settled:
    """Let it say that it is over; one that somebody has deleted by hand is as good."""
    try:
        adapter.edit(posting.provider_id, posting.over_text)
        adapter.unpin(posting.provider_id)
    except Gone as gone:
        return PostingState.retired, {"detail": gone.detail}
    return PostingState.retired, {"detail": ""}


def _rewrite(adapter: BroadcastAdapter, posting: Posting, *, is_wanted: bool, now: datetime) -> Settled:
    """Let a post that people see already say the new text; one that has been deleted is posted anew."""
    if not is_wanted:
        return PostingState.live, {"detail": ""}  # what people see stays until its end is ordered
    try:
        adapter.edit(posting.provider_id, posting.text)
    except Gone as gone:
        return PostingState.planned, {"provider_id": "", "url": "", "due_at": now, "detail": gone.detail}
    return PostingState.live, {"detail": ""}
