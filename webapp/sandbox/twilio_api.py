"""Twilio's Messages API: create, fetch, list, update, delete."""

import json
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hmac import compare_digest

from flask import Blueprint, Response, request

from webapp.sandbox.faults import Fault
from webapp.sandbox.outcome import under_fault
from webapp.sandbox.providers import Providers, new_sid
from webapp.sandbox.sms import FINAL, Sms
from webapp.sandbox.twilio_create import TwilioApiError, create
from webapp.sandbox.twilio_list import listing

PREFIX = "/2010-04-01/Accounts/<account_sid>"


def twilio_api(providers: Providers) -> Blueprint:
    """The routes, for one account."""
    api = Blueprint("twilio", __name__)
    api.before_request(partial(_check_account, providers))
    api.after_request(_add_headers)
    api.register_error_handler(TwilioApiError, _refused)
    api.add_url_rule(f"{PREFIX}/Messages.json", "create", partial(_create, providers), methods=["POST"])
    api.add_url_rule(f"{PREFIX}/Messages.json", "list", partial(_list, providers), methods=["GET"])
    api.add_url_rule(f"{PREFIX}/Messages/<sid>.json", "read", partial(_read, providers), methods=["GET"])
    api.add_url_rule(f"{PREFIX}/Messages/<sid>.json", "edit", partial(_edit, providers), methods=["POST"])
    api.add_url_rule(f"{PREFIX}/Messages/<sid>.json", "delete", partial(_delete, providers), methods=["DELETE"])
    return api


def _check_account(providers: Providers) -> None:
    account = providers.account
    expected = "Basic " + b64encode(f"{account.account_sid}:{account.auth_token}".encode()).decode()
    if not compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
        raise TwilioApiError(20003, "Authenticate", status=401)
    if (request.view_args or {}).get("account_sid") != account.account_sid:
        raise TwilioApiError(20404, "The requested account was not found", status=404)


def _create(providers: Providers, **_account: str) -> Response:
    fault = providers.faults.take("sms", request.form.get("To", ""), "create")
    return _answer(fault, lambda: _json(create(providers, request.form, fault).resource(), 201))


def _list(providers: Providers, **_account: str) -> Response:
    fault = providers.faults.take("sms", request.args.get("To", ""), "list")
    return _answer(fault, lambda: _json(listing(providers, request.args, request.path)))


def _read(providers: Providers, sid: str, **_account: str) -> Response:
    sms = _existing(providers, sid)
    return _answer(providers.faults.take("sms", sms.recipient, "read"), lambda: _json(sms.resource()))


def _edit(providers: Providers, sid: str, **_account: str) -> Response:
    """Cancel what is only scheduled, or blank the text of what has ended."""
    sms = _existing(providers, sid)

    def act() -> Response:
        if request.form.get("Status") == "canceled" and not providers.life.cancel(sms):
            raise TwilioApiError(30409, "Message cannot be canceled", status=409)
        if request.form.get("Body") == "":
            sms.body = ""
        return _json(sms.resource())

    return _answer(providers.faults.take("sms", sms.recipient, "edit"), act)


def _delete(providers: Providers, sid: str, **_account: str) -> Response:
    sms = _existing(providers, sid)

    def act() -> Response:
        if sms.status not in FINAL:
            raise TwilioApiError(20009, "Cannot delete this resource before it is complete", status=409)
        providers.sms.remove(sid)
        return Response(status=204)

    return _answer(providers.faults.take("sms", sms.recipient, "delete"), act)


def _existing(providers: Providers, sid: str) -> Sms:
    sms = providers.sms.get(sid)
    if sms is None:
        raise TwilioApiError(20404, f"The requested resource {request.path} was not found", status=404)
    return sms


def _answer(fault: Fault | None, act: Callable[[], Response]) -> Response:
    return under_fault(fault, act, _as_armed)


def _add_headers(response: Response) -> Response:
    response.headers["Twilio-Request-Id"] = new_sid("RQ")
    response.headers["Twilio-Concurrent-Requests"] = "1"
    return response


def _as_armed(fault: Fault) -> Response:
    """A 429 says when to come back only if the fault has seconds."""
    response = _refused(TwilioApiError(int(fault.code or 20500), "As armed", status=int(fault.status)))
    if fault.seconds:
        response.headers["Retry-After"] = f"{fault.seconds:g}"
    return response


def _refused(refusal: TwilioApiError) -> Response:
    return _json(
        {
            "code": refusal.code,
            "message": str(refusal),
            "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
            "status": refusal.status,
        },
        refusal.status,
    )


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")
