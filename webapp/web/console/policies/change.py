"""A change of the rules as a second lead reads it: what it means, what it would have changed, signed or returned."""

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form, IntegerField, StringField, TextAreaField

from webapp import clock
from webapp.flow import audit, policy_letters
from webapp.flow import policies as flow
from webapp.flow.people import Act, Person
from webapp.flow.policies import Amendment, AmendmentStatus, PolicyVersion, Shown, examine
from webapp.flow.refusals import NotFound, NotValid
from webapp.web.console.console import console
from webapp.web.console.incident_forms import Timed
from webapp.web.console.policies import compared
from webapp.web.console.policies.scenarios import examples_of
from webapp.web.console.policies.whole_text import found, page_of_change
from webapp.web.console.wall_time import WallTimeField
from webapp.web.pages import zone
from webapp.web.session import person, store

A_MOMENT = timedelta(microseconds=1)


class SignatureForm(Timed):
    """From when."""

    from_at = WallTimeField("From when shall it count?")
    against = StringField()
    revision = IntegerField()


class ObjectionForm(Form):
    """Why not."""

    reason = TextAreaField("What should be changed?", render_kw={"rows": 3})


@console.get("/policies/<uuid:amendment_id>")
def policy(amendment_id: UUID) -> Response:
    """Everything that is needed to decide."""
    return _page(found(amendment_id), SignatureForm(meta={"zone": zone()}), ObjectionForm())


@console.post("/policies/<uuid:amendment_id>/approval")
def create_policy_approval(amendment_id: UUID) -> ResponseReturnValue:
    """Sign it in the name of the person who asks."""
    amendment, form, now = found(amendment_id), SignatureForm(request.form, meta={"zone": zone()}), clock.now()
    if not form.is_right(now=now):
        return _page(amendment, form, ObjectionForm(), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        flow.approve(
            store(), amendment, against=form.against.data or "", from_at=form.from_at.data, by=person(), now=now,
            page=page_of_change(amendment), revision=form.revision.data or 0,
        )  # fmt: skip
    except NotValid as refusal:
        form.from_at.errors = [str(refusal)]
        store().rollback()
        return _page(amendment, form, ObjectionForm(), HTTPStatus.UNPROCESSABLE_ENTITY)
    flash("Signed. The rules count from the time that you named, for every recommendation made after it.")
    return redirect("/console/policies", HTTPStatus.SEE_OTHER)


@console.post("/policies/<uuid:amendment_id>/return")
def create_policy_return(amendment_id: UUID) -> ResponseReturnValue:
    """Send it back to its author, with a reason."""
    amendment, form = found(amendment_id), ObjectionForm(request.form)
    try:
        flow.send_back(store(), amendment, form.reason.data or "", by=person(), now=clock.now(), page=page_of_change(amendment))  # fmt: skip
    except NotValid as refusal:
        form.reason.errors = [str(refusal)]
        return _page(amendment, SignatureForm(meta={"zone": zone()}), form, HTTPStatus.UNPROCESSABLE_ENTITY)
    flash("Returned. Its author sees your reason above the text.")
    return redirect("/console/policies", HTTPStatus.SEE_OTHER)


@console.post("/policies/<uuid:amendment_id>/withdrawal")
def create_policy_withdrawal(amendment_id: UUID) -> ResponseReturnValue:
    """Its author lets it be."""
    flow.withdraw(store(), found(amendment_id), by=person(), now=clock.now())
    flash("Withdrawn. The rules stay as they are.")
    return redirect("/console/policies", HTTPStatus.SEE_OTHER)


def _page(
    amendment: Amendment, form: SignatureForm, objection: ObjectionForm, code: HTTPStatus = HTTPStatus.OK
) -> Response:
    examined, before = examine(amendment.text), _before(amendment, now=clock.now())
    is_open = amendment.status in {*flow.OPEN, AmendmentStatus.submitted}
    is_own = person().id == amendment.author_id
    author = store().get(Person, amendment.author_id) if amendment.author_id else None
    answered_by = store().get(Person, amendment.answered_by_id) if amendment.answered_by_id else None
    page = render_template(
        "console/policies/change.html",
        at="policies",
        amendment=amendment,
        examined=examined,
        before=before,
        meaning=policy_letters.meaning(before.text, amendment.text) if before and examined.policy else (),
        lines=compared.lines(before.text, amendment.text) if before else [],
        author=author.name if author else audit.SYSTEM,
        answered_by=answered_by.name if answered_by else audit.SYSTEM,
        entries=audit.story(store(), [str(amendment.id)]),
        form=form,
        objection=objection,
        later=flow.waiting_to_count(store(), now=clock.now()) if amendment.status is AmendmentStatus.submitted else [],
        is_own=is_own,
        may_keep=person().may(Act.approve),
        shown=_shown(before, amendment) if is_own and is_open and before and examined.policy else {},
        may_sign=person().may(Act.approve) and person().id != amendment.author_id,
    )
    return make_response(page, code)


def _before(amendment: Amendment, *, now: datetime) -> PolicyVersion | None:
    """What it is compared with: the rules in force; of one that was signed, those that it took the place of."""
    at = amendment.in_force_at - A_MOMENT if amendment.in_force_at else now
    try:
        return flow.version_in_force(store(), now=at)
    except NotFound:
        return None


def _shown(before: PolicyVersion, amendment: Amendment) -> dict[str, Shown]:
    return examples_of(before.text, amendment.text) if amendment.status in flow.OPEN else {}
