"""What Twilio reports of our messages, and what people answer. Only what it has signed is believed."""

from flask import Blueprint, Response, request
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.channels.base import ErrorClass
from webapp.channels.configured import auth_token
from webapp.channels.signing import verify_callback
from webapp.channels.twilio_errors import error_class_of
from webapp.flow import receipts
from webapp.flow.deliveries import DeliveryState
from webapp.flow.refusals import NotAllowed
from webapp.flow.subscribers import Suppression, suppress
from webapp.web.session import installation, store

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
STATES = {
    "sent": DeliveryState.sent,
    "delivered": DeliveryState.delivered,
    "read": DeliveryState.delivered,
    "undelivered": DeliveryState.undelivered,
    "failed": DeliveryState.failed,
}  # the others tell nothing that the answer to our request has not told
SUPPRESSES = {ErrorClass.bad_address: Suppression.bad_address, ErrorClass.opted_out: Suppression.opted_out}
STOP = {
    "stop", "stopall", "stopp", "sluta", "avsluta", "avregistrera", "avanmäl", "nej tack", "unsubscribe", "cancel", "end", "quit",
    "revoke", "optout", "opt out", "lopeta", "slutt", "avmeld", "afmeld",
}  # fmt: skip
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@hooks.before_request
def refuse_unsigned() -> None:
    """A forgery is refused, whatever it says. The signature is over the address that Twilio was given, not the one that a proxy makes of it."""
    query = request.query_string.decode("ascii", "replace")
    url = installation().config.public_url + request.path + (f"?{query}" if query else "")
    token = auth_token(installation().config)
    if not verify_callback(token, url, request.form, request.headers.get("X-Twilio-Signature")):
        raise NotAllowed("This was not signed by our provider")


@hooks.post("/twilio/status")
def status() -> tuple[str, int]:
    """Keep a report and move its delivery on; the same report again changes nothing."""
    key = installation().links.receipt_key(request.args.get("delivery", ""))
    if key is None:
        raise NotAllowed("This address was not made by us")
    word, code = request.form.get("MessageStatus", ""), request.form.get("ErrorCode", "")
    failure = error_class_of(code) if code not in {"", "0"} else None
    state = DeliveryState.expired if failure is ErrorClass.expired else STATES.get(word)
    try:
        receipts.record(
            store(),
            key,
            state,
            provider_id=request.form.get("MessageSid", "")[:64],
            status=word[:24],
            code=code[:32],
            now=clock.now(),
            suppresses=SUPPRESSES.get(failure, "") if failure else "",
        )
    except IntegrityError:  # the same report came twice at once; the other one is kept
        store().rollback()
    return "", 204


@hooks.post("/twilio/inbound")
def inbound() -> Response:
    """Whoever answers STOP is not texted again until they ask anew."""
    said = " ".join(request.form.get("Body", "").casefold().strip(" .!\"'”\n\t").split())
    if said in STOP or request.form.get("OptOutType", "") == "STOP":
        suppress(store(), "sms", request.form.get("From", ""), reason=Suppression.answered_stop, now=clock.now())
    return Response(NO_ANSWER, mimetype="text/xml")
