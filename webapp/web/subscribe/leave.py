"""The ways out by one's own link: all at once, one kind, or with everything deleted; and taking along what we hold."""

import json

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from rules.terms import Kind
from webapp import clock
from webapp.flow import leaving, own_data
from webapp.flow.subscribers import subscriptions
from webapp.web.reader import link, page, reader
from webapp.web.session import store
from webapp.web.subscribe.owner import changing, in_use, whose
from webapp.web.subscribe.subscribe import subscribe
from webapp.web.subscribe.words import WORDS


@subscribe.get("/leave/<token>")
def ask_leave(token: str) -> Response:
    """Two buttons: programs that open links end nothing."""
    to, subscriber = reader(WORDS), whose(token)
    wanted = set().union(*(wish.kinds or frozenset(Kind) for wish in subscriptions(store(), subscriber)))
    kinds = [(kind, to.words[f"kind_{kind}"]) for kind in Kind if kind in wanted] if in_use(subscriber) else []
    named = request.args.get("kind", "")
    return make_response(page("subscribe/leave.html", to, token=token, kinds=kinds, named=named))


@subscribe.post("/leave/<token>")
def leave(token: str) -> Response:
    """Tell them nothing more that they asked for; also one click in a mail program (RFC 8058). May be repeated."""
    subscriber, to = whose(token), reader(WORDS)
    source = "one_click" if "List-Unsubscribe" in request.form else "own_link"
    leaving.leave(store(), subscriber, source=source, now=clock.now())
    return make_response(
        page("subscribe/left.html", to, title=to.words["left_title"], is_customer=subscriber.is_customer)
    )


@subscribe.post("/leave/<token>/kinds")
def leave_kinds(token: str) -> AnyResponse:
    """Less, but not nothing; what is no kind is not looked at."""
    subscriber = changing(token)
    ticked = frozenset(Kind(each) for each in request.form.getlist("kinds") if each in set(Kind))
    if ticked:
        leaving.leave_kinds(store(), subscriber, ticked, now=clock.now())
    return redirect(link(f"/subscribe/mine/{token}", done="saved"), 303)


@subscribe.get("/mine/<token>/everything.json")
def export(token: str) -> Response:
    """All that we hold about them."""
    answer = make_response(
        json.dumps(own_data.everything_about(store(), whose(token)), ensure_ascii=False, indent=2) + "\n"
    )
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="what-you-have-about-me.json"'
    return answer


@subscribe.get("/mine/<token>/erase")
def ask_erase(token: str) -> Response:
    """A button, and what it does."""
    subscriber = whose(token)
    return make_response(page("subscribe/erase.html", reader(WORDS), token=token, is_customer=subscriber.is_customer))


@subscribe.post("/mine/<token>/erase")
def erase(token: str) -> Response:
    """Delete everything; the link dies with it."""
    to, subscriber = reader(WORDS), changing(token)
    is_customer = subscriber.is_customer
    own_data.erase(store(), subscriber, now=clock.now())
    return make_response(page("subscribe/erased.html", to, is_customer=is_customer))
