"""The stand-in for other people's programs: any name below /hooks takes events and checks their signature.

`POST /hooks/<name>/secret` gives a program its secret. One whose name ends in `-answers` writes a challenge's code back.
"""

import base64
import hmac
import json
from functools import partial
from secrets import token_urlsafe

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.sandbox.faults import FaultKind
from webapp.sandbox.hook_call import HookCall
from webapp.sandbox.providers import Providers
from webapp.sandbox.server import DROPPED

ANSWERS = "-answers"


def hook_receiver(providers: Providers) -> Blueprint:
    """The routes."""
    door = Blueprint("hook_receiver", __name__, url_prefix="/hooks")
    door.add_url_rule("/<name>", "take", partial(_take, providers), methods=["POST"])
    door.add_url_rule("/<name>/secret", "know", partial(_know, providers), methods=["POST"])
    return door


def _know(providers: Providers, name: str) -> AnyResponse:
    """Its owner pastes the secret into the program; JSON or a form, `secret`."""
    wish = request.get_json(silent=True) or request.form
    secret = str(wish.get("secret", "")).strip()
    if _key(secret) is None:
        return Response("a secret begins with whsec_ and goes on in base64", status=400)
    providers.hook_secrets[name] = secret
    return redirect(url_for("inbox.hooks"), 303) if request.form else Response(status=204)


def _take(providers: Providers, name: str) -> Response:
    fault = providers.faults.take("webhook", request.base_url, "create")
    if fault is not None and fault.kind is FaultKind.status:
        return Response("armed", status=int(fault.status))
    if fault is not None and fault.kind is FaultKind.drop_before:
        request.environ[DROPPED] = True
        return Response(status=204)
    call = _call(providers, name)
    providers.hook_calls.put(call)
    if fault is not None and fault.kind is FaultKind.drop:
        request.environ[DROPPED] = True
    if fault is not None and fault.kind is FaultKind.apply_500:
        return Response(status=500)
    if call.is_verified is False:
        return Response("the signature is not good", status=401)
    code = _code(call) if name.endswith(ANSWERS) else ""
    return jsonify(code=code) if code else Response(status=204)


def _call(providers: Providers, name: str) -> HookCall:
    content, event = request.get_data(as_text=True), request.headers.get("webhook-id", "")
    try:
        kind = str(json.loads(content)["type"])
    except (ValueError, KeyError, TypeError):
        kind = ""
    at = request.headers.get("webhook-timestamp", "")
    return HookCall(
        id=token_urlsafe(12), event=event, recipient=request.base_url, received_at=providers.now(), content=content, type=kind, sent_at=int(at) if at.isdecimal() else 0,
        signature=request.headers.get("webhook-signature", ""), is_verified=_is_good(providers, name, content),
        is_double=any(one.event == event for one in providers.hook_calls.newest(request.base_url, limit=1_000)),
    )  # fmt: skip


def _is_good(providers: Providers, name: str, content: str) -> bool | None:
    """By the words of the specification. How old an event is, is not judged: tests move the clock by hours."""
    key = _key(providers.hook_secrets.get(name, ""))
    if key is None or _is_challenge(content):
        return None
    told = ".".join([request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", ""), content])
    expected = "v1," + base64.b64encode(hmac.digest(key, told.encode(), "sha256")).decode()
    signatures = request.headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, each) for each in signatures)


def _key(secret: str) -> bytes | None:
    """None = that is no secret."""
    if not secret.startswith("whsec_"):
        return None
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) or None
    except ValueError:
        return None


def _is_challenge(content: str) -> bool:
    return '"subscription.challenge"' in content


def _code(call: HookCall) -> str:
    return str(json.loads(call.content)["data"]["code"]) if call.type == "subscription.challenge" else ""
