"""The stand-in for browsers and their push service: RFC 8030, with the keys that a browser would keep to itself."""

import base64
import json
from dataclasses import dataclass
from functools import partial
from secrets import token_bytes, token_urlsafe

import http_ece  # type: ignore[import-untyped]  # http_ece publishes no types
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, Response, jsonify, request
from py_vapid import Vapid02  # type: ignore[import-untyped]  # py_vapid publishes no types

from webapp.sandbox.faults import FaultKind
from webapp.sandbox.notification import Notification
from webapp.sandbox.providers import Providers
from webapp.sandbox.server import DROPPED


@dataclass(frozen=True, slots=True)
class Browser:
    """One that has subscribed."""

    private_key: ec.EllipticCurvePrivateKey
    auth: bytes
    application_key: str  # whose messages it takes


def push_service(providers: Providers) -> Blueprint:
    """The routes."""
    door, browsers = Blueprint("push_service", __name__, url_prefix="/push"), dict[str, Browser]()
    door.add_url_rule("/browsers", "open", partial(_open, browsers), methods=["POST"])
    door.add_url_rule("/<name>", "take", partial(_take, providers, browsers), methods=["POST"])
    door.add_url_rule("/<name>", "close", partial(_close, browsers), methods=["DELETE"])
    return door


def _open(browsers: dict[str, Browser]) -> tuple[Response, int]:
    """Somebody presses Allow; the answer is what `PushSubscription.toJSON()` gives. Wants `applicationServerKey`."""
    wish = request.get_json(silent=True)
    name, browser = token_urlsafe(16), Browser(
        ec.generate_private_key(ec.SECP256R1()), token_bytes(16), str((wish or {}).get("applicationServerKey", ""))
    )  # fmt: skip
    browsers[name] = browser
    point = browser.private_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    keys = {"p256dh": _said(point), "auth": _said(browser.auth)}
    return jsonify(endpoint=f"{request.host_url}push/{name}", expirationTime=None, keys=keys), 201


def _take(providers: Providers, browsers: dict[str, Browser], name: str) -> tuple[Response, int]:
    fault = providers.faults.take("push", request.base_url, "create")
    if fault is not None and fault.kind is FaultKind.status:
        return jsonify(error="armed"), int(fault.status)
    browser = browsers.get(name)
    if browser is None:
        return jsonify(error="no such browser any more"), 410
    if mistake := _mistake(browser):
        return jsonify(error=mistake), 403 if mistake == "not signed" else 400
    content = http_ece.decrypt(
        request.get_data(), private_key=browser.private_key, auth_secret=browser.auth, version="aes128gcm"
    )
    told = json.loads(content)
    notification = Notification(
        id=token_urlsafe(12), recipient=request.base_url, received_at=providers.now(), title=told["title"], body=told["body"],
        url=told["url"], tag=told["tag"], ttl_s=int(request.headers["TTL"]), urgency=request.headers.get("Urgency", "normal"),
        topic=request.headers.get("Topic", ""),
    )  # fmt: skip
    providers.notifications.put(notification)
    if fault is not None and fault.kind in {FaultKind.drop, FaultKind.drop_before}:
        request.environ[DROPPED] = True
    answer = jsonify()
    answer.headers["Location"] = f"{request.host_url}push/messages/{notification.id}"
    return answer, 500 if fault is not None and fault.kind is FaultKind.apply_500 else 201


def _close(browsers: dict[str, Browser], name: str) -> tuple[str, int]:
    """Somebody takes the permission back."""
    browsers.pop(name, None)
    return "", 204


def _mistake(browser: Browser) -> str:
    """What no push service would take; "" = nothing."""
    if not request.headers.get("TTL", "").isdecimal():
        return "TTL is missing"
    if request.headers.get("Content-Encoding") != "aes128gcm":
        return "not sealed"
    if len(request.get_data()) > 4_096:
        return "too long"
    authorization = request.headers.get("Authorization", "")
    is_theirs = not browser.application_key or f"k={browser.application_key}" in authorization
    return "" if is_theirs and _is_signed(authorization) else "not signed"


def _is_signed(authorization: str) -> bool:
    try:
        return bool(Vapid02.verify(authorization))
    except Exception:  # whatever it is, the signature was not good
        return False


def _said(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()
