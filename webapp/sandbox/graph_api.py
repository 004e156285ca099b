"""The Graph API of one Facebook page, v26.0: posts are made, read, listed, edited, pinned and deleted."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac

from flask import Blueprint, Response, request, url_for

from webapp.sandbox.faults import Fault
from webapp.sandbox.graph_error import GraphApiError, no_such_object
from webapp.sandbox.graph_list import listing
from webapp.sandbox.outcome import under_fault
from webapp.sandbox.page_post import PagePost
from webapp.sandbox.providers import Providers

PREFIX = "/v26.0"
DUPLICATE_WINDOW = timedelta(minutes=10)


def graph_api(providers: Providers) -> Blueprint:
    """The routes, for one page."""
    api = Blueprint("graph", __name__, url_prefix=PREFIX)
    api.before_request(partial(_check_token, providers))
    api.register_error_handler(GraphApiError, lambda refusal: _refused(refusal, providers))
    api.add_url_rule("/<page_id>/feed", "create", partial(_create, providers), methods=["POST"])
    for edge in ("feed", "published_posts"):
        api.add_url_rule(f"/<page_id>/{edge}", edge, partial(_list, providers), methods=["GET"])
    api.add_url_rule("/<object_id>", "read", partial(_read, providers), methods=["GET"])
    api.add_url_rule("/<object_id>", "edit", partial(_edit, providers), methods=["POST"])
    api.add_url_rule("/<object_id>", "delete", partial(_delete, providers), methods=["DELETE"])
    return api


def _check_token(providers: Providers) -> None:
    account = providers.account
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.values.get("access_token", "")
    if not compare_digest(token.encode(), account.page_token.encode()):
        raise GraphApiError(190, "Invalid OAuth access token.", subcode=467)
    proof = request.values.get("appsecret_proof")
    expected = hmac(account.app_secret.encode(), token.encode(), sha256).hexdigest()
    if proof is not None and not compare_digest(proof.encode(), expected.encode()):
        raise GraphApiError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")


def _create(providers: Providers, page_id: str) -> Response:
    _check_page(providers, page_id)

    def act() -> Response:
        post = _new_post(providers, request.values.get("message", ""), request.values.get("link", ""))
        return _json(_shown(post) if request.values.get("fields") else {"id": post.id})

    return _answer(providers, "create", act)


def _new_post(providers: Providers, message: str, link: str) -> PagePost:
    if not message and not link:
        raise GraphApiError(100, "(#100) Missing message or attachment")
    now, page_id = providers.now(), providers.account.page_id
    newest = providers.posts.newest(limit=1, where=lambda it: it.deleted_at is None)
    if newest and newest[0].message == message and now - newest[0].received_at < DUPLICATE_WINDOW:
        raise GraphApiError(506, "Duplicate status message", subcode=1455006)
    post_id = f"{page_id}_{next(providers.post_numbers)}"
    return providers.posts.put(
        PagePost(id=post_id, recipient=page_id, received_at=now, updated_at=now, message=message, link=link)
    )


def _list(providers: Providers, page_id: str) -> Response:
    _check_page(providers, page_id)
    return _answer(providers, "list", lambda: _json(listing(providers.posts, request.args, request.base_url, _shown)))


def _read(providers: Providers, object_id: str) -> Response:
    account = providers.account
    if object_id in {"me", account.page_id}:
        return _answer(providers, "read", lambda: _json({"id": account.page_id, "name": account.page_name}))
    post = _existing(providers, object_id)
    return _answer(providers, "read", lambda: _json(_shown(post)))


def _edit(providers: Providers, object_id: str) -> Response:
    def act() -> Response:
        post = _existing(providers, object_id)
        if not post.is_ours:
            raise GraphApiError(200, "(#200) Permissions error", status=403)
        if message := request.values.get("message"):
            post.edit(message, providers.now())
        if (pin := request.values.get("is_pinned")) is not None:
            post.is_pinned = pin.lower() in {"true", "1"}
        return _json({"success": True})

    return _answer(providers, "edit", act)


def _delete(providers: Providers, object_id: str) -> Response:
    def act() -> Response:
        _existing(providers, object_id).delete(providers.now())
        return _json({"success": True})

    return _answer(providers, "delete", act)


def _check_page(providers: Providers, page_id: str) -> None:
    if page_id not in {"me", providers.account.page_id}:
        raise no_such_object(page_id)


def _existing(providers: Providers, post_id: str) -> PagePost:
    post = providers.posts.get(post_id)
    if post is None or post.deleted_at is not None:
        raise no_such_object(post_id)
    return post


def _shown(post: PagePost) -> dict[str, object]:
    """The fields that were asked for, else the standard ones. The permanent link leads to the page shown here."""
    fields = post.fields(url=url_for("inbox.page", _external=True, _anchor=post.id))
    wanted = [name for name in request.values.get("fields", "id,message,created_time").split(",") if name]
    for name in wanted:
        if name not in fields:
            raise GraphApiError(100, f"(#100) Tried accessing nonexisting field ({name})")
    return {"id": post.id} | {name: fields[name] for name in wanted}


def _answer(providers: Providers, on: str, act: Callable[[], Response]) -> Response:
    fault = providers.faults.take("facebook", providers.account.page_id, on)
    return under_fault(fault, act, partial(_as_armed, providers))


def _as_armed(providers: Providers, fault: Fault) -> Response:
    """The usage headers say when to come back, in whole minutes, if the fault has seconds."""
    refusal = GraphApiError(
        int(fault.code or 2), "As armed", status=int(fault.status), subcode=fault.subcode, wait_s=fault.seconds
    )
    return _refused(refusal, providers)


def _refused(refusal: GraphApiError, providers: Providers) -> Response:
    response = _json(refusal.error(), refusal.status)
    response.headers.update(refusal.usage(providers.account.page_id))
    return response


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")
