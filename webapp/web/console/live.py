"""A notice while it goes out: progress, stop, withdraw."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.flow import lifecycle, outcomes
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Role
from webapp.web.console import message_looks
from webapp.web.console.console import console
from webapp.web.console.message_looks import NOW
from webapp.web.console.notice_lookup import notice_of
from webapp.web.console.outcome_list import outcome_list
from webapp.web.console.paging import asked_number
from webapp.web.console.progress_view import progress_view
from webapp.web.session import installation, person, store


@console.get("/notices/<uuid:notice_id>")
def notice(notice_id: UUID) -> ResponseReturnValue:
    """Where it stands, whatever its state; a draft is on its messages' page."""
    found = notice_of(notice_id)
    if found.status in {NoticeStatus.draft, NoticeStatus.returned}:
        return redirect(url_for("console.messages", notice_id=found.id))
    looks = message_looks.of(message_looks.looks(found, now=clock.now()), NOW)
    return _fresh(render_template("console/live.html", **_shown(found), looks=looks, ours=organisation(store())))


@console.get("/notices/<uuid:notice_id>/progress")
def progress(notice_id: UUID) -> Response:
    """The part of the page that changes."""
    return _fresh(render_template("console/progress.html", **_shown(notice_of(notice_id))))


@console.post("/notices/<uuid:notice_id>/stop")
def create_stop(notice_id: UUID) -> ResponseReturnValue:
    """Send nothing more. No question, no approval; a second time changes nothing."""
    found = notice_of(notice_id)
    was_stopped = found.stopped_at is not None or found.status not in {NoticeStatus.approved, NoticeStatus.live}
    spared = lifecycle.stop(store(), found, by=person(), now=clock.now())
    flash("It was stopped already." if was_stopped else f"Stopped. {spared:,} will not get it.")
    return _back(found)


@console.post("/notices/<uuid:notice_id>/withdrawal")
def create_withdrawal(notice_id: UUID) -> ResponseReturnValue:
    """Stop it and take it down everywhere; put a draft away."""
    found = notice_of(notice_id)
    was_draft = found.status in {NoticeStatus.draft, NoticeStatus.returned}
    status_url = installation().links.status
    lifecycle.withdraw(store(), found, by=person(), now=clock.now(), status_url=status_url)
    flash("The draft is put away." if was_draft else "Withdrawn. It is being taken down everywhere.")
    return _back(found)


@console.post("/notices/<uuid:notice_id>/release")
def create_release(notice_id: UUID) -> ResponseReturnValue:
    """Let a notice go out that is held because it is late."""
    found = notice_of(notice_id)
    released = lifecycle.release(store(), found, by=person(), now=clock.now())
    flash("Released. It goes out now." if released else "It was not held any more; nothing was changed.")
    return _back(found)


@console.get("/notices/<uuid:notice_id>/outcomes/<any(failed, doubt):which>")
def outcome_page(notice_id: UUID, which: str) -> Response:
    """Those who were not told, or of whom nobody knows, a page at a time."""
    states = outcomes.NOT_TOLD if which == "failed" else outcomes.IN_DOUBT
    sees_all = person().role is not Role.operator
    listed = outcome_list(store(), notice_of(notice_id), states, number=asked_number(), sees_all=sees_all)
    return _fresh(render_template("console/outcomes.html", **_shown(notice_of(notice_id)), which=which, page=listed))


def _shown(found: Notice) -> dict[str, object]:
    return {"view": progress_view(store(), found, now=clock.now())}


def _fresh(page: str) -> Response:
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.add("HX-Request")
    return answer


def _back(found: Notice) -> ResponseReturnValue:
    return redirect(url_for("console.notice", notice_id=found.id), HTTPStatus.SEE_OTHER)
