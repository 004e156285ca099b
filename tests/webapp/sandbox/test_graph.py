"""The Graph API of one page, as its users meet it."""

import hmac
from hashlib import sha256

import httpx
import pytest

from webapp.channels import stand_in
from webapp.sandbox.serve import Sandbox

FEED = f"/{stand_in.PAGE_ID}/feed"


def posted(graph: httpx.Client, message: str = "Kort fungerar inte i Sveg.") -> str:
    reply = graph.post(FEED, data={"message": message})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


def code_of(reply: httpx.Response) -> tuple[int, int]:
    error = reply.json()["error"]
    return error["code"], error.get("error_subcode", 0)


def test_a_post_can_be_read_back_in_the_fields_asked_for(graph: httpx.Client) -> None:
    post_id = posted(graph)

    shown = graph.get(f"/{post_id}", params={"fields": "message,is_published"}).json()

    assert shown == {"id": post_id, "message": "Kort fungerar inte i Sveg.", "is_published": True}


def test_a_post_can_be_edited_pinned_and_deleted_once(sandbox: Sandbox, graph: httpx.Client) -> None:
    post_id = posted(graph)

    assert graph.post(f"/{post_id}", data={"message": "Det är löst.", "is_pinned": "true"}).json() == {"success": True}
    post = sandbox.providers.posts.get(post_id)
    assert post is not None
    assert (post.message, post.is_pinned, [text for _, text in post.earlier]) == (
        "Det är löst.",
        True,
        ["Kort fungerar inte i Sveg."],
    )
    assert graph.delete(f"/{post_id}").json() == {"success": True}
    assert code_of(graph.delete(f"/{post_id}")) == (100, 33)
    assert code_of(graph.get(f"/{post_id}")) == (100, 33)


def test_the_same_text_at_once_is_a_duplicate(graph: httpx.Client) -> None:
    posted(graph)

    assert code_of(graph.post(FEED, data={"message": "Kort fungerar inte i Sveg."}))[0] == 506


def test_posts_are_listed_by_cursor_newest_first_without_the_deleted(graph: httpx.Client) -> None:
    ids = [posted(graph, f"post {number}") for number in range(5)]
    graph.delete(f"/{ids[3]}")

    first = graph.get(f"/{stand_in.PAGE_ID}/published_posts", params={"limit": "2"}).json()
    second = graph.get(first["paging"]["next"]).json()

    assert [it["id"] for it in first["data"]] == [ids[4], ids[2]]
    assert [it["id"] for it in second["data"]] == [ids[1], ids[0]]
    assert "next" not in second["paging"]


def test_a_page_of_more_than_100_posts_is_refused(graph: httpx.Client) -> None:
    assert code_of(graph.get(FEED, params={"limit": "101"}))[0] == 100


def test_without_the_token_nobody_gets_in(graph: httpx.Client) -> None:
    assert code_of(graph.post(FEED, headers={"Authorization": "Bearer wrong"}))[0] == 190


def test_a_proof_is_checked_when_it_is_given(graph: httpx.Client) -> None:
    proof = hmac.new(stand_in.APP_SECRET.encode(), stand_in.PAGE_TOKEN.encode(), sha256).hexdigest()

    assert graph.get("/me", params={"appsecret_proof": proof}).status_code == 200
    assert code_of(graph.get("/me", params={"appsecret_proof": "0" * 64}))[0] == 100


def test_a_field_that_does_not_exist_is_refused(graph: httpx.Client) -> None:
    assert code_of(graph.get(f"/{posted(graph)}", params={"fields": "is_pinned"}))[0] == 100


def test_whoever_calls_too_often_is_told_how_long_to_wait(graph: httpx.Client, browser_like: httpx.Client) -> None:
    fault = {"channel": "facebook", "kind": "status", "status": 400, "code": 80001, "seconds": 300}
    browser_like.post("/faults", json=fault)

    reply = graph.post(FEED, data={"message": "x"})

    assert code_of(reply)[0] == 80001
    assert '"estimated_time_to_regain_access": 5' in reply.headers["X-Business-Use-Case-Usage"]


def test_somebody_can_delete_a_post_by_hand(graph: httpx.Client, browser_like: httpx.Client) -> None:
    post_id = posted(graph)

    browser_like.post(f"/page/{post_id}/deletion")

    assert code_of(graph.get(f"/{post_id}")) == (100, 33)


@pytest.mark.parametrize("path", ["/v25.0/me", "/me"])
def test_only_the_version_that_we_speak_is_there(sandbox: Sandbox, path: str) -> None:
    assert httpx.get(sandbox.http_url + path, trust_env=False).status_code == 404
