"""The way back for those who have lost their link. Nobody learns from it whether an address is known."""

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.flow import signups
from webapp.flow.refusals import NotValid
from webapp.web.reader import Reader, link, page, reader
from webapp.web.session import installation, store
from webapp.web.subscribe.forms import LinkForm, show_at
from webapp.web.subscribe.subscribe import network, subscribe
from webapp.web.subscribe.words import WORDS


@subscribe.get("/link")
def lost_link() -> Response:
    """Where to send it."""
    return _form(LinkForm(), reader(WORDS))


@subscribe.post("/link")
def send_link() -> AnyResponse:
    """Send it, if there is anything to change. Raises TooMany."""
    to, form = reader(WORDS), LinkForm(request.form)
    typed = form.address.data or ""
    try:
        signups.send_link(
            store(),
            _channel_of(typed),
            typed,
            link=installation().links.preferences,
            network=network(),
            now=clock.now(),
        )
    except NotValid as refusal:
        show_at(form, refusal, to, value_at="address")
        return _form(form, to, 422)
    return redirect(link("/subscribe/link/sent"), 303)


@subscribe.get("/link/sent")
def link_sent() -> Response:
    """The same for everybody."""
    return make_response(page("subscribe/link_sent.html", reader(WORDS)))


def _channel_of(typed: str) -> str:
    if typed.strip().startswith(("https://", "http://")):
        return "webhook"
    return "email" if "@" in typed else "sms"


def _form(form: LinkForm, to: Reader, status: int = 200) -> Response:
    form.address.label.text = to.words["address"]
    return make_response(page("subscribe/link.html", to, form=form), status)
