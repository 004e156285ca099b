"""Sign in, sign out."""

from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, Form, PasswordField
from wtforms.validators import InputRequired

from webapp import clock
from webapp.flow import people
from webapp.flow.refusals import TooMany
from webapp.web import session
from webapp.web.console.console import console

OPEN_TO_ALL = {"console.sign_in", "console.create_sign_in"}
WRONG = "This address and password do not belong together. Check both, or ask an administrator for a new password."


class SignIn(Form):
    """Who is there."""

    email = EmailField("What is your email address?", [InputRequired("Write your email address")])
    password = PasswordField("What is your password?", [InputRequired("Write your password")])


@console.before_request
def require_person() -> ResponseReturnValue | None:
    """Everything else is for people who have signed in; afterwards they are where they wanted to go."""
    if request.endpoint in OPEN_TO_ALL or session.person_or_none() is not None:
        return None
    if "HX-Request" in request.headers:  # the whole page goes there, not the part that was asked for
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("console.sign_in")})
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("console.sign_in", next=wanted), HTTPStatus.SEE_OTHER)


@console.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form."""
    if session.person_or_none() is not None:
        return redirect(same_site(request.args.get("next")))
    return _page(SignIn(), HTTPStatus.OK)


@console.post("/sign-in")
def create_sign_in() -> ResponseReturnValue:
    """Let somebody in; a failure is counted."""
    form = SignIn(request.form)
    if not form.validate():
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = people.sign_in(
            session.store(),
            email=form.email.data or "",
            password=form.password.data or "",
            network=request.remote_addr or "",
            now=clock.now(),
        )
    except TooMany as refusal:
        return _page(form, HTTPStatus.TOO_MANY_REQUESTS, str(refusal))
    if found is None:
        session.keep()
        return _page(form, HTTPStatus.UNAUTHORIZED, WRONG)
    session.sign_in(found)
    return redirect(same_site(request.form.get("next")), HTTPStatus.SEE_OTHER)


@console.post("/sign-out")
def create_sign_out() -> ResponseReturnValue:
    """Forget who it was."""
    session.sign_out()
    return redirect(url_for("console.sign_in"), HTTPStatus.SEE_OTHER)


def same_site(path: str | None) -> str:
    """The path if it is one of ours, else the overview's. Browsers take `//` and `/\\` for another site, and drop tabs."""
    is_ours = path and path.startswith("/") and not path.startswith("//")
    is_plain = path and "\\" not in path and all(letter.isprintable() for letter in path)
    return path if path and is_ours and is_plain else url_for("console.overview")


def _page(form: SignIn, code: HTTPStatus, sentence: str = "") -> Response:
    wanted = request.values.get("next", "")
    return make_response(render_template("console/sign_in.html", form=form, sentence=sentence, wanted=wanted), code)
