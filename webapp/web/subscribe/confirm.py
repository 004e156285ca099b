"""The proof that an address belongs to whoever gave it. Looking changes nothing: mail programs open links by themselves."""

from uuid import UUID

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.flow import signups
from webapp.flow.subscribers import key_of
from webapp.web.reader import Reader, link, page, reader
from webapp.web.session import installation, keep, store
from webapp.web.subscribe.forms import CodeForm
from webapp.web.subscribe.owner import limit
from webapp.web.subscribe.subscribe import network, subscribe
from webapp.web.subscribe.words import WORDS

TRIES_FROM_HERE = 60  # an hour


@subscribe.get("/confirm/<uuid:wish_id>")
def confirm(wish_id: UUID) -> Response:
    """Where the code is typed; the link in a mail brings it along. The same for wishes that there never were."""
    return _form(CodeForm(request.args), reader(WORDS), wish_id)


@subscribe.post("/confirm/<uuid:wish_id>")
def create_confirmation(wish_id: UUID) -> AnyResponse:
    """Believe a right code; count a wrong one. Raises NotFound, TooMany."""
    to, form = reader(WORDS), CodeForm(request.form)
    keep()  # tries count, whatever comes of them
    limit(f"confirm:{network()}", most=TRIES_FROM_HERE)
    subscriber = signups.confirm(
        store(), wish_id, form.code.data or "", now=clock.now(), link=installation().links.preferences
    )
    if subscriber is None:
        form.code.errors = [to.words["wrong_code"]]
        return _form(form, to, wish_id, 422)
    own = installation().links.preferences(key_of(subscriber)).removeprefix(installation().config.public_url)
    return redirect(link(own, done="signed_up"), 303)


def _form(form: CodeForm, to: Reader, wish_id: UUID, status: int = 200) -> Response:
    form.code.label.text = to.words["code"]
    return make_response(
        page("subscribe/confirm.html", to, form=form, wish_id=wish_id, is_program=request.args.get("by") == "webhook"),
        status,
    )
