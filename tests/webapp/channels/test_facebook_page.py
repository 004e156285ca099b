"""Posts on a Facebook page: what is shown, and what each failure means."""

from datetime import datetime, timedelta

import httpx
import pytest

from tests.webapp.channels.conftest import Arm
from webapp.channels import stand_in
from webapp.channels.base import Accepted, Adapters, ErrorClass, Post, SendError
from webapp.channels.facebook_errors import GONE
from webapp.channels.facebook_page import FacebookPage, FacebookSettings
from webapp.sandbox.page_post import PagePost
from webapp.sandbox.serve import Sandbox

POST = Post(key="N7-2", text="Kort fungerar inte i Sveg.\n\nN7-2", link="https://status.example/n/7")


@pytest.fixture
def facebook(adapters: Adapters) -> FacebookPage:
    """The adapter."""
    page = adapters.broadcast["facebook"]
    assert isinstance(page, FacebookPage)
    return page


def failure(facebook: FacebookPage, now: datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        facebook.post(POST, now=now)
    return caught.value


def shown(sandbox: Sandbox) -> PagePost:
    [post] = sandbox.providers.posts.newest()
    return post


def test_a_post_is_shown_with_its_link_and_can_be_visited(
    sandbox: Sandbox, facebook: FacebookPage, now: datetime
) -> None:
    accepted = facebook.post(POST, now=now)

    post = shown(sandbox)
    assert (post.id, post.message, post.link, post.is_pinned) == (accepted.provider_id, POST.text, POST.link, False)
    assert post.id in httpx.get(accepted.url, trust_env=False).text


def test_the_reference_is_put_into_a_text_that_lacks_it(
    sandbox: Sandbox, facebook: FacebookPage, now: datetime
) -> None:
    facebook.post(Post(key="N7-2", text="Kort fungerar inte."), now=now)

    assert shown(sandbox).message == "Kort fungerar inte.\n\n(N7-2)"


def test_a_post_can_be_pinned_edited_unpinned_and_deleted_twice_over(
    sandbox: Sandbox, facebook: FacebookPage, now: datetime
) -> None:
    accepted = facebook.post(Post(key="N7-2", text="N7-2 Kort", pinned=True), now=now)
    assert shown(sandbox).is_pinned

    for _ in range(2):
        facebook.edit(accepted.provider_id, "Det är löst.")
        facebook.unpin(accepted.provider_id)
    assert (shown(sandbox).message, shown(sandbox).is_pinned) == ("Det är löst.", False)

    for _ in range(2):
        facebook.delete(accepted.provider_id)
    facebook.unpin(accepted.provider_id)
    assert shown(sandbox).deleted_at is not None


def test_editing_what_somebody_has_deleted_says_so(sandbox: Sandbox, facebook: FacebookPage, now: datetime) -> None:
    accepted = facebook.post(POST, now=now)
    shown(sandbox).delete(now)

    with pytest.raises(SendError) as caught:
        facebook.edit(accepted.provider_id, "Det är löst.")

    assert (caught.value.error_class, caught.value.code) == (ErrorClass.ours, GONE)


@pytest.mark.parametrize("kind", ["drop", "apply_500"])
def test_after_a_lost_reply_the_post_is_found_by_its_reference(
    sandbox: Sandbox, facebook: FacebookPage, arm: Arm, now: datetime, kind: str
) -> None:
    arm("facebook", kind)

    error = failure(facebook, now)

    found = facebook.look_up(POST, since=now)
    assert error.error_class is ErrorClass.unknown
    assert found is not None
    assert found.provider_id == shown(sandbox).id


def test_a_post_that_never_came_is_not_found(facebook: FacebookPage, arm: Arm, now: datetime) -> None:
    arm("facebook", "drop_before")

    assert failure(facebook, now).error_class is ErrorClass.unknown
    assert facebook.look_up(POST, since=now) is None


def test_posting_again_after_a_lost_reply_finds_the_first(
    sandbox: Sandbox, facebook: FacebookPage, arm: Arm, now: datetime
) -> None:
    arm("facebook", "drop")
    failure(facebook, now)

    accepted = facebook.post(POST, now=now)

    assert accepted.provider_id == shown(sandbox).id


def test_a_duplicate_that_the_page_does_not_show_stays_unknown(facebook: FacebookPage, arm: Arm, now: datetime) -> None:
    arm("facebook", "status", status=400, code=506)

    assert failure(facebook, now).error_class is ErrorClass.unknown


def test_a_look_up_does_not_take_an_older_post(facebook: FacebookPage, now: datetime) -> None:
    facebook.post(POST, now=now)

    assert facebook.look_up(POST, since=now + timedelta(hours=1)) is None


def test_a_look_up_sets_a_pin_that_was_lost(sandbox: Sandbox, facebook: FacebookPage, arm: Arm, now: datetime) -> None:
    post = Post(key="N7-2", text="N7-2 Kort", pinned=True)
    arm("facebook", "drop")
    with pytest.raises(SendError):
        facebook.post(post, now=now)

    facebook.look_up(post, since=now)

    assert shown(sandbox).is_pinned


def test_a_pin_that_fails_does_not_undo_the_post(
    sandbox: Sandbox, facebook: FacebookPage, arm: Arm, now: datetime
) -> None:
    arm("facebook", "status", status=400, code=200, on="edit")

    accepted = facebook.post(Post(key="N7-2", text="N7-2 Kort", pinned=True), now=now)

    assert accepted == Accepted(
        shown(sandbox).id, accepted.url, remark="Posted, but not pinned: Facebook refused with 200"
    )


@pytest.mark.parametrize(
    ("code", "subcode", "error_class"),
    [
        (1, 0, ErrorClass.transient),
        (2, 0, ErrorClass.transient),
        (4, 0, ErrorClass.transient),
        (17, 0, ErrorClass.transient),
        (32, 0, ErrorClass.transient),
        (613, 0, ErrorClass.transient),
        (80001, 0, ErrorClass.transient),
        (10, 0, ErrorClass.ours),
        (100, 0, ErrorClass.ours),
        (102, 0, ErrorClass.ours),
        (190, 463, ErrorClass.ours),
        (200, 0, ErrorClass.ours),
        (368, 0, ErrorClass.ours),
        (1609005, 0, ErrorClass.ours),
    ],
)
def test_the_code_decides_whatever_the_status(
    facebook: FacebookPage, arm: Arm, now: datetime, code: int, subcode: int, error_class: ErrorClass
) -> None:
    for status in (400, 500, 200):
        arm("facebook", "status", status=status, code=code, subcode=subcode)

        assert failure(facebook, now).error_class is error_class


def test_calling_too_often_is_put_off_for_as_long_as_facebook_says(
    facebook: FacebookPage, arm: Arm, now: datetime
) -> None:
    arm("facebook", "status", status=400, code=80001, seconds=300)

    assert failure(facebook, now).retry_after_s == 300


@pytest.mark.parametrize(("token", "secret"), [("wrong", ""), (stand_in.PAGE_TOKEN, "wrong")])
def test_a_wrong_token_or_secret_is_our_fault(sandbox: Sandbox, now: datetime, token: str, secret: str) -> None:
    settings = FacebookSettings(stand_in.PAGE_ID, token, app_secret=secret, base_url=sandbox.http_url, sandbox=True)
    facebook = FacebookPage(settings)

    error = failure(facebook, now)
    facebook.close()

    assert error.error_class is ErrorClass.ours
    assert "wrong" not in f"{error}{settings}"


def test_where_nobody_listens_nothing_was_taken(now: datetime) -> None:
    facebook = FacebookPage(FacebookSettings("1", "t", base_url="http://127.0.0.1:9", sandbox=True))

    error = failure(facebook, now)
    facebook.close()

    assert error.error_class is ErrorClass.transient


def test_a_look_up_that_gets_no_answer_may_be_repeated(facebook: FacebookPage, arm: Arm, now: datetime) -> None:
    arm("facebook", "drop", on="list")

    with pytest.raises(SendError) as caught:
        facebook.look_up(POST, since=now)

    assert caught.value.error_class is ErrorClass.transient


def test_the_log_holds_neither_token_nor_proof_nor_text(
    facebook: FacebookPage, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        facebook.post(POST, now=now)
        facebook.look_up(POST, since=now)

    assert stand_in.PAGE_TOKEN not in caplog.text
    assert "appsecret_proof" not in caplog.text
    assert "Sveg" not in caplog.text
