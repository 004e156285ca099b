"""Write a change of the rules, with what is wrong at its line and column."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form, IntegerField, StringField, TextAreaField

from rules.blocks import NotApart, blocks
from webapp import clock
from webapp.flow import policies as flow
from webapp.flow.people import Act
from webapp.flow.policies import Amendment, examine
from webapp.flow.refusals import NotFound, NotNow, NotValid
from webapp.web.console.console import console
from webapp.web.session import changes_nothing, installation, person, store


class TextForm(Form):
    """The text as a whole."""

    text = TextAreaField("What are the rules?")
    note = StringField("What changes, and why?")
    revision = IntegerField()


def page_of_change(amendment: Amendment) -> str:
    """Its whole address, for letters."""
    return f"{installation().links.public_url}/console/policies/{amendment.id}"


def found(amendment_id: UUID) -> Amendment:
    """Raises NotFound."""
    amendment = store().get(Amendment, amendment_id)
    if amendment is None:
        raise NotFound("There is no such change of the rules")
    return amendment


def found_by_lead(amendment_id: UUID) -> Amendment:
    """For doors that compute with what is sent: a long text takes seconds. Raises NotAllowed, NotFound."""
    person().require(Act.approve, f"{person().name} {flow.MAY_NOT}")
    return found(amendment_id)


@console.get("/policies/<uuid:amendment_id>/edit")
def edit_policy(amendment_id: UUID) -> ResponseReturnValue:
    """The text and what is to say of it; of what cannot be edited, its page."""
    amendment = found(amendment_id)
    if amendment.status not in flow.OPEN or amendment.author_id != person().id:
        return redirect(f"/console/policies/{amendment.id}")
    return _page(amendment, TextForm(obj=amendment))


@console.post("/policies/<uuid:amendment_id>/check")
@changes_nothing
def check_policy(amendment_id: UUID) -> Response:
    """What is to say of a text as it stands in the form: alone for htmx, else with the whole page."""
    amendment, form = found_by_lead(amendment_id), TextForm(request.form)
    if "HX-Request" not in request.headers:
        return _page(amendment, form)
    examined = _examined(form)
    response = make_response(render_template("console/policies/remarks.html", examined=examined, amendment=amendment))
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


@console.post("/policies/<uuid:amendment_id>/draft")
def save_policy(amendment_id: UUID) -> ResponseReturnValue:
    """Keep it as it stands."""
    amendment, form = found_by_lead(amendment_id), TextForm(request.form)
    try:
        _save(amendment, form)
    except (NotValid, NotNow) as refusal:
        return _refused(amendment, form, refusal)
    flash("Saved. Nothing of it counts before another lead has signed it.")
    return redirect(f"/console/policies/{amendment.id}/edit", HTTPStatus.SEE_OTHER)


@console.post("/policies/<uuid:amendment_id>/submission")
def submit_policy(amendment_id: UUID) -> ResponseReturnValue:
    """Keep it, and ask for a signature."""
    amendment, form = found_by_lead(amendment_id), TextForm(request.form)
    try:
        _save(amendment, form)
        flow.submit(store(), amendment, by=person(), now=clock.now(), page=page_of_change(amendment))
    except (NotValid, NotNow) as refusal:
        store().rollback()
        return _refused(amendment, form, refusal)
    flash("Another lead can sign it now. Until then the rules stay as they are.")
    return redirect(f"/console/policies/{amendment.id}", HTTPStatus.SEE_OTHER)


def _save(amendment: Amendment, form: TextForm) -> None:
    flow.save(
        store(), amendment, text=form.text.data or "", note=form.note.data or "", revision=form.revision.data or 0, by=person()
    )  # fmt: skip


def _examined(form: TextForm) -> flow.Examined:
    return examine(flow.plain(form.text.data or "")[: flow.LONGEST])


def _refused(amendment: Amendment, form: TextForm, refusal: NotValid | NotNow) -> Response:
    """Everything that was typed stays."""
    field = form[refusal.field] if isinstance(refusal, NotValid) and refusal.field in form else form.text
    field.errors = [str(refusal)]
    code = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(refusal, NotValid) else HTTPStatus.CONFLICT
    return _page(amendment, form, code)


def _page(amendment: Amendment, form: TextForm, code: HTTPStatus = HTTPStatus.OK) -> Response:
    page = render_template(
        "console/policies/edit.html", at="policies", amendment=amendment, form=form, examined=_examined(form),
        line=request.args.get("line", 0, type=int), entry=_entry(form.text.data or "", request.args.get("line", 0, type=int)),
    )  # fmt: skip
    return make_response(page, code)


def _entry(text: str, line: int) -> str:
    """The lines of the scenario at a line; "" = none begins there."""
    try:
        return next((one.text for one in blocks(flow.plain(text), "scenarios") if one.line == line), "")
    except NotApart:
        return ""
