"""How people ask to be told. What holds for all these pages: no cookie, nothing kept by caches, no form from elsewhere."""

import ipaddress
from pathlib import Path
from uuid import uuid4

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.channels.configured import calls_webhooks, may_call, push_key
from webapp.flow import limits, signups
from webapp.flow.refusals import NotAllowed, NotValid, Refused
from webapp.web import headers
from webapp.web.reader import Reader, dressed, link, page, reader
from webapp.web.session import installation, keep, store
from webapp.web.subscribe.forms import SignUpForm, choices_of, offer, show_at
from webapp.web.subscribe.words import WORDS

WORKER = Path(__file__).parents[2] / "static" / "push-worker.js"
CALLS_FROM_HERE = 20  # names looked up an hour
FIELDS = {"email": "email", "push": "push", "webhook": "webhook"}
subscribe = Blueprint("subscribe", __name__, url_prefix="/subscribe")


@subscribe.get("")
def new() -> Response:
    """What to be told, about where, and how."""
    return _form(SignUpForm(request.args), reader(WORDS))


@subscribe.post("")
def create() -> AnyResponse:
    """Send a code; the answer is the same for known and unknown addresses."""
    to, form = reader(WORDS), SignUpForm(request.form)
    offer(form, store(), to, without=_missing())
    if form.website.data:
        return redirect(link(f"/subscribe/confirm/{uuid4()}"), 303)
    if not form.validate():
        return _form(form, to, 422)
    try:
        _refuse_uncallable(form)
        wish = signups.ask(
            store(),
            form.channel.data,
            form.value,
            choices_of(form),
            agreed_text=agreed_text(to),
            network=network(),
            public_url=installation().config.public_url,
            now=clock.now(),
        )
    except NotValid as refusal:
        show_at(form, refusal, to, value_at=FIELDS.get(form.channel.data, "number"))
        return _form(form, to, 422)
    by = {"by": wish.channel} if wish.channel == "webhook" else {}
    return redirect(link(f"/subscribe/confirm/{wish.id}", **by), 303)


@subscribe.before_request
def refuse_from_elsewhere() -> None:
    """Forms of other sites do nothing here. One click in a mail program (RFC 8058) is no form of another site."""
    is_one_click = request.form.get("List-Unsubscribe") == "One-Click" and request.endpoint == "subscribe.leave"
    if request.method == "POST" and not headers.is_from_here() and not is_one_click:
        raise NotAllowed(reader(WORDS).words["elsewhere"])


@subscribe.after_request
def keep_nowhere(response: Response) -> Response:
    """What concerns one person is neither kept by caches nor found by search engines."""
    response.headers["Cache-Control"] = "no-store"
    if request.path != "/subscribe":
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@subscribe.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """A refusal in the public pages' dress."""
    return dressed(refusal, WORDS)


def agreed_text(to: Reader) -> str:
    """Exactly what the form shows beside its button; stored with the consent."""
    return to.words["agreed"].format(name=to.organisation.name)


def network() -> str:
    """Who asks, as limits count them: an address, or the /64 that one household has in IPv6."""
    try:
        found = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    wide = ipaddress.ip_network((found, 64), strict=False) if found.version == 6 else found
    return str(wide)


def _missing() -> list[str]:
    """What this installation cannot offer."""
    config = installation().config
    there = {"push": bool(push_key(config)), "webhook": calls_webhooks(config)}
    return [channel for channel, is_there in there.items() if not is_there]


def _refuse_uncallable(form: SignUpForm) -> None:
    """The same sentence for what leads nowhere and for what leads into a private network. Raises NotValid, TooMany."""
    if form.channel.data != "webhook":
        return
    keep()  # tries count, whatever comes of them
    limits.count(store(), f"look up:{network()}", most=CALLS_FROM_HERE, now=clock.now())
    if not may_call(installation().config, signups.normalised("webhook", form.value)):
        raise NotValid("value", signups.WRONG_URL)


def _form(form: SignUpForm, to: Reader, status: int = 200) -> Response:
    key = push_key(installation().config)
    offered = offer(form, store(), to, without=_missing())
    answer = make_response(page("subscribe/new.html", to, agreed_text=agreed_text(to), push_key=key, **offered), status)
    answer.headers["Content-Security-Policy"] = (
        f"{headers.PUBLIC}; script-src 'self'; worker-src 'self'; connect-src 'self'"
    )
    return answer


@subscribe.get("/push-worker.js")
def push_worker() -> Response:
    """What a browser runs when a notification comes. Here, for a worker may only serve what lies below it."""
    return Response(WORKER.read_text(encoding="utf-8"), mimetype="text/javascript")
