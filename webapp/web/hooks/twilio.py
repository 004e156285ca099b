"""What Twilio reports of our messages, and what people answer. Only what it has signed is believed."""

from xml.sax.saxutils import escape

from flask import Blueprint, Response, request
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.channels.base import ErrorClass
from webapp.channels.configured import auth_token
from webapp.channels.signing import verify_callback
from webapp.channels.twilio_errors import error_class_of
from webapp.flow import leaving, limits, receipts
from webapp.flow.deliveries import DeliveryState
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotAllowed, TooMany
from webapp.flow.subscribers import Address, Subscriber, Suppression, address
from webapp.web.hooks import sms_words
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
XML = '<?xml version="1.0" encoding="UTF-8"?>'
NO_ANSWER = f"{XML}<Response/>"
ANSWERS = 4  # an hour to one number


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
    """Whoever answers STOP is not texted again until they ask anew or answer START; HELP is answered."""
    said, number = sms_words.plain(request.form.get("Body", "")), request.form.get("From", "")
    wish = request.form.get("OptOutType", "") or _wish(said)
    owned = address(store(), "sms", number)
    match wish:
        case "STOP":
            if owned is not None:
                leaving.stop(store(), owned, said=said, now=clock.now())
            return _answer("stop", said, owned)
        case "START":
            is_back = owned is not None and leaving.start(store(), owned, said=said, now=clock.now())
            return _answer("start" if is_back or _is_told(owned) else "new", said, owned)
        case "HELP":
            return _answer("help", said, owned)
        case _:
            return Response(NO_ANSWER, mimetype="text/xml")


def _wish(said: str) -> str:
    for wish, words in (("STOP", sms_words.STOP), ("START", sms_words.START), ("HELP", sms_words.HELP)):
        if sms_words.is_among(said, words):
            return wish
    return ""


def _is_told(owned: Address | None) -> bool:
    return owned is not None and owned.confirmed_at is not None and owned.suppressed_at is None


def _answer(what: str, said: str, owned: Address | None) -> Response:
    """One text back, in the person's language. None where the provider has answered, or two machines may be talking."""
    if request.form.get("OptOutType") or said in sms_words.BY_PROVIDER:
        return Response(NO_ANSWER, mimetype="text/xml")
    try:
        limits.count(store(), f"sms-answer:{request.form.get('From', '')}", most=ANSWERS, now=clock.now())
    except TooMany:
        return Response(NO_ANSWER, mimetype="text/xml")
    ours, links = organisation(store()), installation().links
    own = store().get_one(Subscriber, owned.subscriber_id).language if owned else ours.languages[0]
    words = sms_words.SAID.get(sms_words.language_of(said, own), sms_words.SAID["en"])
    link = links.preferences(owned.subscriber_id) if _is_told(owned) and owned else f"{links.public_url}/subscribe"
    text = words[what].format(name=ours.name, link=link, help_text=ours.help_text).strip()
    return Response(f"{XML}<Response><Message>{escape(text)}</Message></Response>", mimetype="text/xml")
