"""The incidents, and one with its whole story."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from rules.terms import Kind
from webapp import clock
from webapp.flow import incidents as flow
from webapp.flow import lifecycle
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotFound, NotValid
from webapp.web.console.console import console
from webapp.web.console.incident_forms import EndForm, ResolutionForm, UpdateForm, end_form, update_form
from webapp.web.console.incident_list import incident_page_of, read_wish
from webapp.web.console.incident_page import incident_page
from webapp.web.console.paging import asked_number
from webapp.web.session import installation, person, store

LATER_MIN = (30, 60, 120)


@dataclass(frozen=True, slots=True)
class Forms:
    """What one may say on an incident's page."""

    update: UpdateForm
    end: EndForm
    resolution: ResolutionForm

    @property
    def refused(self) -> UpdateForm | EndForm | ResolutionForm | None:
        """The one that was sent and cannot be used."""
        return next((form for form in (self.update, self.end, self.resolution) if form.errors), None)


@console.get("/incidents")
def incidents() -> str:
    """Those that somebody looks for."""
    wish = read_wish(request.args)
    page = incident_page_of(store(), wish, asked_number(), now=clock.now())
    return render_template("console/incidents.html", at="incidents", wish=wish, page=page, kinds=list(Kind))


@console.get("/incidents/<uuid:incident_id>")
def incident(incident_id: UUID) -> Response:
    """The whole story of one."""
    found, now = _incident(incident_id), clock.now()
    return _page(found, _forms(found, now=now), HTTPStatus.OK, now=now)


@console.post("/incidents/<uuid:incident_id>/updates")
def create_update(incident_id: UUID) -> ResponseReturnValue:
    """Say where it stands, and when people hear more."""
    found, now = _incident(incident_id), clock.now()
    forms = _forms(found, now=now, sent="update")
    form = forms.update
    if not form.is_right(now=now):
        return _page(found, forms, HTTPStatus.UNPROCESSABLE_ENTITY, now=now)
    try:
        with store().begin_nested():
            status = IncidentStatus(form.status.data)
            flow.update(store(), found, status, note=(form.note.data or "").strip(), by=person(), now=now)
            if form.next_update_at.data != found.next_update_at:
                flow.move_end(store(), found, found.expected_end_at, form.next_update_at.data, by=person(), now=now)
    except NotValid as refusal:
        form.blame(refusal)
        store().refresh(found)
        return _page(found, forms, HTTPStatus.UNPROCESSABLE_ENTITY, now=now)
    flash("The update is kept.")
    return _to(found)


@console.post("/incidents/<uuid:incident_id>/end")
def move_end(incident_id: UUID) -> ResponseReturnValue:
    """Expect another end; a button of its own puts it off."""
    found, now = _incident(incident_id), clock.now()
    forms = _forms(found, now=now, sent="end")
    later = request.form.get("later", type=int)
    if later in LATER_MIN and found.expected_end_at:
        end = max(found.expected_end_at, now) + timedelta(minutes=later)
        flow.move_end(store(), found, end, found.next_update_at, by=person(), now=now)
    else:
        form = forms.end
        if not form.is_right(now=now):
            return _page(found, forms, HTTPStatus.UNPROCESSABLE_ENTITY, now=now)
        try:
            end = form.expected_end_at.data
            flow.move_end(store(), found, end, form.next_update_at.data, by=person(), now=now)
        except NotValid as refusal:
            form.blame(refusal)
            return _page(found, forms, HTTPStatus.UNPROCESSABLE_ENTITY, now=now)
    flash("The new time is kept. People who were told of another one learn it from an update notice.")
    return _to(found)


@console.post("/incidents/<uuid:incident_id>/resolution")
def create_resolution(incident_id: UUID) -> ResponseReturnValue:
    """It is over: take everything down and tell those who were told."""
    found, now = _incident(incident_id), clock.now()
    forms = _forms(found, now=now, sent="resolution")
    if not forms.resolution.validate():
        return _page(found, forms, HTTPStatus.UNPROCESSABLE_ENTITY, now=now)
    note = (forms.resolution.note.data or "").strip()
    status_url = installation().links.status
    lifecycle.resolve(store(), found, note=note, by=person(), now=now, status_url=status_url)
    flash("It is over. What was live is taken down, and those who were told get the all-clear.")
    return _to(found)


@console.post("/incidents/<uuid:incident_id>/publication")
def create_publication(incident_id: UUID) -> ResponseReturnValue:
    """Show it on the status page with its facts alone."""
    found = _incident(incident_id)
    flow.publish(store(), found, by=person(), now=clock.now())
    flash("The status page shows it now.")
    return _to(found)


def _incident(incident_id: UUID) -> Incident:
    found = store().get(Incident, incident_id)
    if found is None:
        raise NotFound("There is no such incident. It may never have been filed, or the address is incomplete.")
    return found


def _forms(found: Incident, *, now: datetime, sent: str = "") -> Forms:
    zone = organisation(store()).time_zone
    update, end, resolution = (request.form if sent == name else None for name in ("update", "end", "resolution"))
    return Forms(
        update=update_form(found, update, zone=zone, now=now),
        end=end_form(found, end, zone=zone, now=now),
        resolution=ResolutionForm(resolution, prefix="resolution-"),
    )


def _page(found: Incident, forms: Forms, code: HTTPStatus, *, now: datetime) -> Response:
    page = incident_page(store(), found, now=now)
    shown = render_template(
        "console/incident.html",
        at="incidents",
        page=page,
        forms=forms,
        later=LATER_MIN,
        unfolded=request.args.get("do"),
    )
    return make_response(shown, code)


def _to(found: Incident) -> ResponseReturnValue:
    return redirect(url_for("console.incident", incident_id=found.id), HTTPStatus.SEE_OTHER)
