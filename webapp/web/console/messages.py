"""The messages of a notice, per channel and language: already written; one edits what differs."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.flow import drafting, notices
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import channel_setups, organisation
from webapp.flow.refusals import NotFound, NotValid
from webapp.web.console import message_looks
from webapp.web.console.console import console
from webapp.web.console.draft_form import DraftForm, draft_form
from webapp.web.console.draft_view import advised, draft_view
from webapp.web.console.notice_lookup import own_notice
from webapp.web.session import installation, person, store

console.add_app_template_filter(message_looks.language_name, "language")
ASK, FOLLOW, ANEW = "ask", "follow", "anew:"


@console.post("/incidents/<uuid:incident_id>/notices")
def create_notice(incident_id: UUID) -> ResponseReturnValue:
    """Begin a notice from a fresh recommendation, or go on with the one that is begun."""
    incident = store().get(Incident, incident_id)
    if incident is None:
        raise NotFound("There is no such incident")
    notice = drafting.begin(store(), incident, by=person(), now=clock.now(), status_url=installation().links.status)
    return _to("console.messages", notice)


@console.get("/notices/<uuid:notice_id>/messages")
def messages(notice_id: UUID) -> ResponseReturnValue:
    """The draft. Once it is submitted it can only be read."""
    notice = own_notice(notice_id)
    if notice.status is NoticeStatus.submitted:
        return redirect(url_for("console.approval", notice_id=notice.id))
    if notice.status not in {NoticeStatus.draft, NoticeStatus.returned}:
        return redirect(url_for("console.notice", notice_id=notice.id))
    return _page(_form(notice), HTTPStatus.OK)


@console.post("/notices/<uuid:notice_id>/messages")
def update_messages(notice_id: UUID) -> ResponseReturnValue:
    """Keep what was typed; then do what the button says."""
    notice = own_notice(notice_id)
    notices.require_draft(notice)
    form, wish = _form(notice, is_posted=True), request.form.get("then", "")
    if not form.is_right(now=clock.now()):
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        with store().begin_nested():
            status_url = installation().links.status
            drafting.save(store(), notice, form.typed(), by=person(), status_url=status_url)
            _do(notice, form, wish)
    except NotValid as refusal:
        store().refresh(notice)
        form.refuse(refusal.field, str(refusal))
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    if "HX-Request" in request.headers:
        return _page(_form(notice), HTTPStatus.OK)
    if wish == ASK:
        flash("Asked for approval. Every lead who may sign has got a mail.")
        return _to("console.notice", notice)
    return _to("console.messages", notice)


def _do(notice: Notice, form: DraftForm, wish: str) -> None:
    status_url = installation().links.status
    if wish == ASK:
        url = installation().links.approval(notice.id)
        drafting.ask(store(), notice, by=person(), now=clock.now(), approval_url=url)
    elif wish == FOLLOW:
        drafting.follow_incident(store(), notice, status_url=status_url, now=clock.now())
    elif wish.startswith(ANEW) and (key := form.key_of(wish.removeprefix(ANEW))):
        drafting.write_anew(store(), notice, key, status_url=status_url)


def _form(notice: Notice, *, is_posted: bool = False) -> DraftForm:
    setups, slots = channel_setups(store()), message_looks.slots(notice)
    return draft_form(notice, setups, slots, advised(notice), request.form if is_posted else None)


def _page(form: DraftForm, code: HTTPStatus) -> Response:
    """The whole page; for htmx the form alone."""
    is_part = "HX-Request" in request.headers
    view = draft_view(form, person(), now=clock.now())
    template = "console/draft.html" if is_part else "console/messages.html"
    page = render_template(
        template, view=view, form=form, ours=organisation(store()), is_saved=request.method == "POST", at="messages"
    )
    answer = make_response(page, code)
    answer.vary.add("HX-Request")
    return answer


def _to(endpoint: str, notice: Notice) -> ResponseReturnValue:
    return redirect(url_for(endpoint, notice_id=notice.id), HTTPStatus.SEE_OTHER)
