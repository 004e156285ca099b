"""The inbox for people: phones, a mailbox and a page, newest first."""

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webapp.sandbox.mail import Mail
from webapp.sandbox.providers import Providers

PAGE = 25
FEW = 6
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
CALM_S = 5  # a page that refreshes itself does so as often


def inbox(providers: Providers) -> Blueprint:
    """The routes."""
    door = Blueprint("inbox", __name__, template_folder="templates", static_folder="static")
    door.add_app_template_filter(_pretty, "pretty")
    door.context_processor(lambda: {"providers": providers, "refresh_s": _refresh_s(), "here": _here})
    door.add_url_rule("/", "home", partial(_home, providers), methods=["GET"])
    door.add_url_rule("/phones", "phones", partial(_phones, providers), methods=["GET"])
    door.add_url_rule("/phones/<number>", "phone", partial(_phone, providers), methods=["GET"])
    door.add_url_rule("/mail", "mail_list", partial(_mail_list, providers), methods=["GET"])
    door.add_url_rule("/mail/<mail_id>", "mail", partial(_mail, providers), methods=["GET"])
    door.add_url_rule("/hooks", "hooks", partial(_hooks, providers), methods=["GET"])
    door.add_url_rule("/page", "page", partial(_page, providers), methods=["GET"])
    door.add_url_rule("/phones/<number>/replies", "reply", partial(_reply, providers), methods=["POST"])
    door.add_url_rule(
        "/page/<post_id>/deletion", "delete_by_hand", partial(_delete_by_hand, providers), methods=["POST"]
    )
    return door


def _home(providers: Providers) -> str:
    return render_template(
        "home.html",
        texts=providers.sms.recipients(limit=FEW),
        mails=providers.mail.newest(limit=FEW),
        posts=providers.posts.newest(limit=3),
        notifications=providers.notifications.newest(limit=FEW),
        calls=providers.hook_calls.newest(limit=FEW),
        faults=providers.faults.armed(),
    )


def _phones(providers: Providers) -> str:
    wanted = request.args.get("number", "").strip()
    texts = providers.sms.newest(wanted, limit=1) if wanted else _paged(providers.sms.recipients)
    return render_template("phones.html", texts=texts, wanted=wanted, older=_older(texts))


def _phone(providers: Providers, number: str) -> str:
    texts = _paged(partial(providers.sms.newest, number))
    return render_template("phone.html", number=number, texts=texts[::-1], older=_older(texts))


def _reply(providers: Providers, number: str) -> Redirect:
    """Write back from this phone."""
    if body := request.form.get("body", "").strip()[:1600]:
        providers.text_back(number, body, to=request.form.get("to", ""))
    return redirect(url_for("inbox.phone", number=number), 303)


def _mail_list(providers: Providers) -> str:
    wanted = request.args.get("recipient", "").strip()
    mails = _paged(partial(providers.mail.newest, wanted))
    return render_template("mail_list.html", mails=mails, wanted=wanted, older=_older(mails))


def _mail(providers: Providers, mail_id: str) -> str:
    mail = providers.mail.get(mail_id) or abort(404)
    return render_template("mail.html", mail=mail, parsed=mail.parsed(), source=_source(mail))


def _hooks(providers: Providers) -> str:
    calls = _paged(providers.hook_calls.newest)
    return render_template("hooks.html", calls=calls, older=_older(calls))


def _page(providers: Providers) -> str:
    posts = _paged(providers.posts.newest)
    pinned = providers.posts.newest(where=lambda it: it.is_pinned)
    return render_template("page.html", pinned=pinned, posts=posts, older=_older(posts))


def _delete_by_hand(providers: Providers, post_id: str) -> Redirect:
    """Somebody with the page's password takes a post down, past us."""
    post = providers.posts.get(post_id) or abort(404)
    if post.deleted_at is None:
        post.delete(providers.now())
    return redirect(url_for("inbox.page"), 303)


def _paged(newest: Any) -> Any:
    """25 things, from where `?before=` says."""
    before = request.args.get("before", "0")
    return newest(before=int(before) if before.isascii() and before.isdigit() else 0, limit=PAGE)


def _older(things: Any) -> str:
    """Address of the next page; "" = there is none, as far as one page tells."""
    if len(things) < PAGE:
        return ""
    return _here(before=things[-1].number)


def _here(**changes: object) -> str:
    """This page's address with other arguments; None takes one out."""
    args: dict[str, object] = {**request.args.to_dict(), **changes}
    query = urlencode({name: value for name, value in args.items() if value is not None})
    return f"{request.path}?{query}" if query else request.path


def _refresh_s() -> int:
    """0 = the page stands still: it was asked to, somebody reads further back, or there is something to type into."""
    if "before" in request.args or request.endpoint == "inbox.mail":
        return 0
    default = "1" if request.endpoint in {"inbox.home", "inbox.page"} else "0"
    return CALM_S if request.args.get("live", default) == "1" else 0


def _source(mail: Mail) -> str:
    """The mail as it came over the wire; unreadable bytes are shown as such."""
    return mail.content.decode("utf-8", "replace").replace("\r\n", "\n")


def add_headers(response: Response) -> Response:
    """Nothing is loaded from elsewhere and nothing runs."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response


def _pretty(content: str) -> str:
    """JSON with a line for each thing; what is none, as it came."""
    try:
        return json.dumps(json.loads(content), ensure_ascii=False, indent=2)
    except ValueError:
        return content
