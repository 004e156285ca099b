"""The inbox and the faults for programs: `GET /inbox.json`; `GET`, `POST` and `DELETE /faults`."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, jsonify, request

from webapp.sandbox.faults import FaultError, fault_of
from webapp.sandbox.hook_call import HookCall
from webapp.sandbox.mail import Mail
from webapp.sandbox.notification import Notification
from webapp.sandbox.page_post import PagePost
from webapp.sandbox.providers import Providers
from webapp.sandbox.shelf import Received, Shelf
from webapp.sandbox.sms import Sms

LIMIT_MAX = 1000
AnyShelf = Shelf[Sms] | Shelf[Mail] | Shelf[PagePost] | Shelf[Notification] | Shelf[HookCall]


class QuestionError(ValueError):
    """What was asked for cannot be understood; says why."""


def inbox_json(providers: Providers) -> Blueprint:
    """The routes."""
    door = Blueprint("inbox_json", __name__)
    door.register_error_handler(QuestionError, _refused)
    door.register_error_handler(FaultError, _refused)
    door.add_url_rule("/inbox.json", "inbox", partial(_inbox, providers), methods=["GET"])
    door.add_url_rule("/faults", "faults", lambda: jsonify(faults=providers.faults.armed()), methods=["GET"])
    door.add_url_rule("/faults", "arm", partial(_arm, providers), methods=["POST"])
    door.add_url_rule("/faults", "disarm", partial(_disarm, providers), methods=["DELETE"])
    return door


def _inbox(providers: Providers) -> Response:
    """Counts of all that ever came, and one page of the messages of one channel.

    `channel` (sms, email, facebook, push or webhook), `recipient`, `since` (ISO 8601), `limit`, `before` (the last `number` seen);
    `by_recipient=1` adds the count of each recipient.
    """
    channel, asked = request.args.get("channel", ""), request.args
    shelves: dict[str, AnyShelf] = {
        "sms": providers.sms,
        "email": providers.mail,
        "facebook": providers.posts,
        "push": providers.notifications,
        "webhook": providers.hook_calls,
    }
    answer: dict[str, object] = {
        "counts": {name: shelf.total() for name, shelf in shelves.items()},
        "callbacks": asdict(providers.callbacks.counts) | {"waiting": providers.callbacks.waiting()},
    }
    if channel and channel not in shelves:
        raise QuestionError(f"channel must be one of {', '.join(shelves)}")
    if channel:
        shelf = shelves[channel]
        if recipient := asked.get("recipient"):
            answer["count"] = shelf.count(recipient)
        if asked.get("by_recipient"):
            answer["by_recipient"] = shelf.counts()
        answer |= _messages(shelf, asked)
    return jsonify(answer)


def _messages(shelf: AnyShelf, asked: Mapping[str, str]) -> dict[str, object]:
    since, limit = _moment(asked.get("since")), _number(asked.get("limit", "100"), most=LIMIT_MAX)
    found: list[Received] = [
        *shelf.newest(
            asked.get("recipient", ""),
            before=_number(asked.get("before", "0"), most=10**12),
            limit=limit,
            where=lambda it: since is None or it.received_at >= since,
        )
    ]
    return {"messages": [_shown(it) for it in found], "next_before": found[-1].number if len(found) == limit else None}


def _shown(thing: Received) -> dict[str, object]:
    shown: dict[str, object] = {
        "channel": thing.channel,
        "number": thing.number,
        "id": thing.id,
        "recipient": thing.recipient,
        "received_at": thing.received_at.isoformat(),
    }
    match thing:
        case Sms():
            more: dict[str, object] = {
                "body": thing.body,
                "status": thing.status,
                "error_code": thing.error_code,
                "sender": thing.sender,
                "validity_s": thing.validity_s,
                "callback_url": thing.callback_url,
                "is_inbound": thing.is_inbound,
            }
        case Mail():
            headers = {name: str(value) for name, value in thing.parsed().items()}
            more = {"subject": thing.subject(), "body": thing.text(), "sender": thing.sender, "headers": headers}
        case Notification():
            more = {
                "body": thing.body,
                "title": thing.title,
                "url": thing.url,
                "tag": thing.tag,
                "ttl_s": thing.ttl_s,
                "urgency": thing.urgency,
                "topic": thing.topic,
            }
        case HookCall():
            more = {
                "body": thing.content,
                "type": thing.type,
                "event": thing.event,
                "sent_at": thing.sent_at,
                "signature": thing.signature,
                "is_verified": thing.is_verified,
                "is_double": thing.is_double,
            }
        case PagePost():
            more = {
                "body": thing.message,
                "link": thing.link,
                "is_pinned": thing.is_pinned,
                "deleted_at": thing.deleted_at.isoformat() if thing.deleted_at else None,
                "earlier": [text for _, text in thing.earlier],
            }
        case _:
            more = {}
    return shown | more


def _arm(providers: Providers) -> tuple[Response, int]:
    fault = fault_of(request.get_json(silent=True))
    providers.faults.arm(fault)
    return jsonify(asdict(fault)), 201


def _disarm(providers: Providers) -> Response:
    providers.faults.clear()
    return Response(status=204)


def _refused(refusal: ValueError) -> tuple[Response, int]:
    return jsonify(error=str(refusal)), 400


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QuestionError("since must be a moment in ISO 8601, such as 2026-11-22T18:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str, *, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise QuestionError(f"limit and before must be numbers; limit at most {LIMIT_MAX}")
    return int(text)
