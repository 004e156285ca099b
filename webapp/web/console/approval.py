"""A lead signs, or returns with a reason."""

import re
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired

from webapp import clock
from webapp.flow import approvals, headcount, lifecycle
from webapp.flow.headcount import MANY
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotValid
from webapp.web.console.approval_view import approval_view
from webapp.web.console.console import console
from webapp.web.console.notice_lookup import own_notice
from webapp.web.session import installation, person, store

NOT_A_FIGURE = re.compile(r"[\s.,'’\u00a0\u202f]")  # what people write between thousands


class Signature(Form):
    """What a lead writes when it goes to many."""

    magnitude = StringField("About how many messages are you about to send?")
    seen = StringField("Recipients by channel as the page showed them")  # hidden: "sms=12 email=30"


class Objection(Form):
    """What a lead writes when it should be changed."""

    reason = TextAreaField(
        "What should be changed?", [DataRequired("Say what should be changed")], render_kw={"rows": 3}
    )


@console.get("/notices/<uuid:notice_id>/approval")
def approval(notice_id: UUID) -> ResponseReturnValue:
    """Everything that is needed to decide."""
    notice = own_notice(notice_id)
    if notice.status in {NoticeStatus.draft, NoticeStatus.returned}:
        return redirect(url_for("console.messages", notice_id=notice.id))
    if notice.status is not NoticeStatus.submitted:
        return redirect(url_for("console.notice", notice_id=notice.id))
    return _page(notice, Signature(), Objection(), HTTPStatus.OK)


@console.post("/notices/<uuid:notice_id>/approval")
def create_approval(notice_id: UUID) -> ResponseReturnValue:
    """Approve the notice in the name of the person who asks."""
    notice, form = own_notice(notice_id), Signature(request.form)
    try:
        if notice.status is NoticeStatus.submitted and notice.submitted_by_id != person().id:
            _require_magnitude(notice, form)
        seen, hold_s = _seen(form), installation().config.hold_s
        lifecycle.sign(store(), notice, by=person(), now=clock.now(), hold_s=hold_s, seen=seen)
    except NotValid as refusal:
        form.magnitude.errors = [str(refusal)]
        store().rollback()
        return _page(notice, form, Objection(), HTTPStatus.UNPROCESSABLE_ENTITY)
    if said := approvals.differences(store(), notice, seen or {}) if seen else "":
        flash(f"Approved. Since you opened the page a few came or went: {said}.")
    return redirect(url_for("console.notice", notice_id=notice.id), HTTPStatus.SEE_OTHER)


@console.post("/notices/<uuid:notice_id>/return")
def create_return(notice_id: UUID) -> ResponseReturnValue:
    """Send it back to its writer, with a reason."""
    notice, form = own_notice(notice_id), Objection(request.form)
    if notice.status is NoticeStatus.submitted and not form.validate():
        return _page(notice, Signature(), form, HTTPStatus.UNPROCESSABLE_ENTITY)
    approvals.send_back(store(), notice, form.reason.data or "", by=person(), now=clock.now())
    flash("Returned. Whoever wrote it sees your reason above the draft.")
    return redirect(url_for("console.overview"), HTTPStatus.SEE_OTHER)


def _seen(form: Signature) -> dict[str, int] | None:
    """What the page showed; None = the form does not say. Raises NotValid."""
    if form.seen.data is None:
        return None
    pairs = [part.partition("=") for part in form.seen.data.split()]
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for _, _, number in pairs):
        raise NotValid("seen", "The page is damaged; it is shown anew here, read it again, then sign")
    return {channel: int(number) for channel, _, number in pairs}


def _require_magnitude(notice: Notice, form: Signature) -> None:
    """Above a thousand recipients nobody signs with one careless tap. Raises NotValid."""
    count = headcount.count(store(), notice, now=clock.now())
    if count.recipients <= MANY:
        return
    typed = NOT_A_FIGURE.sub("", form.magnitude.data or "")
    if typed not in {str(count.magnitude), str(count.recipients)}:
        raise NotValid(
            "magnitude", f"It sends about {count.magnitude:,} messages; type {count.magnitude} to say that you mean it"
        )


def _page(notice: Notice, signature: Signature, objection: Objection, code: HTTPStatus) -> Response:
    view = approval_view(notice, person(), now=clock.now())
    page = render_template(
        "console/approval.html",
        view=view,
        signature=signature,
        objection=objection,
        ours=organisation(store()),
        hold_s=0 if notice.is_life_safety else installation().config.hold_s,
    )
    return make_response(page, code)
