"""File an incident, with the recommendation beside it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import Response, flash, make_response, redirect, render_template, request
from sqlmodel import Session

from rules.terms import Mode, Verdict
from webapp import clock
from webapp.flow import assessments, drafts, incidents, saved_areas, texts
from webapp.flow.areas import Where, areas, in_sentences, in_words
from webapp.flow.assessments import Assessment
from webapp.flow.components import by_codes, components
from webapp.flow.incidents import Filing, Incident
from webapp.flow.organisation import organisation
from webapp.flow.people import Act
from webapp.flow.refusals import NotValid
from webapp.flow.texts import Told
from webapp.web.console.area_said import AreaSaid, area_said
from webapp.web.console.console import console
from webapp.web.console.filing_form import FURTHER, FilingForm, filing_form
from webapp.web.console.filing_reading import blame, read_filing
from webapp.web.console.place_lookup import gazetteer
from webapp.web.console.recommendation import Panel, live
from webapp.web.console.uploads import with_upload
from webapp.web.console.where_form import PLACE_QUESTIONS, offer
from webapp.web.console.where_reading import read_where, say
from webapp.web.session import changes_nothing, installation, person, store


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the answers so far lead to."""

    panel: Panel | None = None  # None = the hints say what is needed first
    hints: list[str] = field(default_factory=list)
    filing: Filing | None = None
    headline: str = ""  # as the operator wrote it, else from the facts
    area: AreaSaid | None = None  # None = everywhere


@console.get("/incidents/new")
def new_incident() -> Response:
    """The empty form."""
    _require()
    return _page(_form(is_sent=False), None)


@console.post("/incidents/new")
@changes_nothing
def show_recommendation() -> Response:
    """The same page with the recommendation, for browsers without JavaScript."""
    _require()
    form = _form()
    return _page(form, _outlook(form, now=clock.now()))


@console.post("/incidents/recommendation")
@changes_nothing
def recommend() -> Response:
    """The recommendation alone, for htmx, whatever is still open."""
    outlook = _outlook(_form(), now=clock.now())
    response = make_response(render_template("console/recommendation.html", outlook=outlook))
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


@console.post("/incidents")
def create_incident() -> Response:
    """File it, keep what is recommended, and go to its messages."""
    _require()
    now = clock.now()
    form = _form()
    filed = store().get(Incident, _own_id())
    if filed is not None:  # the same form once more: a double click, or a reply that was lost
        return make_response(redirect(f"/console/incidents/{filed.id}", HTTPStatus.SEE_OTHER))
    filing, _ = read_filing(form, store(), gazetteer(), now=now, is_final=True)
    if filing is None:
        return _page(form, _outlook(_form(), now=now), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        where_to = _filed(filing, str(form.publish.data), now=now)
    except NotValid as refusal:
        blame(form, refusal)
        return _page(form, _outlook(_form(), now=now), HTTPStatus.UNPROCESSABLE_ENTITY)
    return make_response(redirect(where_to, HTTPStatus.SEE_OTHER))


@console.post("/incidents/area")
def keep_area() -> Response:
    """Save where it is under a name; all answers stay."""
    _require()
    now = clock.now()
    form = _form()
    form.validate()
    where = read_where(form, store(), gazetteer())
    if not _place_errors(form):
        try:
            saved = saved_areas.save(store(), str(form.area_name.data or ""), where, by=person(), now=now)
            flash(f"“{saved.name}” is saved. Tick it wherever you say where.")
            form.area_name.data = ""
            offer(form, areas(store()), saved_areas.saved(store()))
        except NotValid as refusal:
            say(form.area_name, str(refusal))
    errors = _place_errors(form)
    for name in set(form.errors) - errors:  # of questions that nobody asked about yet
        form[name].errors = []
    return _page(form, _outlook(_form(), now=now), HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _place_errors(form: FilingForm) -> set[str]:
    return {name for name in PLACE_QUESTIONS if form[name].errors}


def _own_id() -> UUID:
    """What this form files, however often it is sent."""
    try:
        return UUID(request.form.get("incident_id", ""))
    except ValueError:
        return uuid4()


def _require() -> None:
    person().require(Act.file, f"{person().name} may not file incidents")


def _form(*, is_sent: bool = True) -> FilingForm:
    return filing_form(
        with_upload(request.form) if is_sent else None,
        zone=organisation(store()).time_zone,
        components=components(store()),
        areas=areas(store()),
        saved=saved_areas.saved(store()),
    )


def _page(form: FilingForm, outlook: Outlook | None, code: HTTPStatus = HTTPStatus.OK) -> Response:
    places = [area.name for area in areas(store()) if area.latitude is not None]
    return make_response(
        render_template(
            "console/file.html",
            at="new",
            form=form,
            outlook=outlook,
            places=places,
            further=FURTHER,
            incident_id=_own_id(),
        ),
        code,
    )


def _outlook(form: FilingForm, *, now: datetime) -> Outlook:
    """What the answers lead to; they may be incomplete and wrong."""
    filing, where = read_filing(form, store(), gazetteer(), now=now)
    if filing is None:
        hints = [str(error) for errors in form.errors.values() for error in errors]
        return Outlook(hints=hints, area=_area(form, where))
    given = assessments.recommend(store(), filing, now=now)
    return Outlook(
        panel=live(given, place=in_words(store(), where)),
        filing=filing,
        headline=filing.headline or headline(store(), filing),
        area=_area(form, where, filing=filing, people=given.counted.people),
    )


def _area(
    form: FilingForm, where: Where, *, filing: Filing | None = None, people: int | None = None
) -> AreaSaid | None:
    said = area_said(store(), gazetteer(), where, form=form, filing=filing, people=people)
    return None if where.is_everywhere and not said.unclear else said


def _filed(filing: Filing, publishing: str, *, now: datetime) -> str:
    """Where to go next. Raises NotValid if the status page is asked for and blocked."""
    filing = replace(filing, headline=filing.headline or headline(store(), filing))
    incident = incidents.file_incident(store(), filing, by=person(), now=now, incident_id=_own_id())
    assessment = assessments.assess(store(), incident, by=person(), now=now)
    if _is_shown_at_once(filing, publishing, assessment):
        incidents.publish(store(), incident, by=person(), now=now)
        flash("It is on the status page, with these facts.")
    if not assessment.result["plan"]["recommended"]["channels"]:
        flash(f"Filed, and no messages were written. {assessment.result['sentence']}", "bad")
        return f"/console/incidents/{incident.id}"
    url = installation().links.status
    notice = drafts.draft(store(), incident, assessment, by=person(), now=now, status_url=url)
    flash("Filed. The messages are written: change what differs, then ask for approval.")
    return f"/console/notices/{notice.id}/messages"


def _is_shown_at_once(filing: Filing, publishing: str, assessment: Assessment) -> bool:
    """As the operator wants it; "advised" = as the rules have it. An exercise never is."""
    advice = assessment.result["channels"].get("status_page")
    if filing.mode is not Mode.actual or publishing == "no" or advice is None:
        return False
    if publishing == "yes" and advice["verdict"] == Verdict.block:
        raise NotValid("publish", f"The status page is not for this. {advice['sentence']} Choose “No”")
    return publishing == "yes" or advice["verdict"] == Verdict.use


def headline(session: Session, filing: Filing) -> str:
    """One line from the facts, in the organisation's first language."""
    ours = organisation(session)
    told = Told(
        organisation=ours.name,
        time_zone=ours.time_zone,
        kind=filing.kind,
        mode=filing.mode,
        headline="",
        components=tuple(component.name for component in by_codes(session, list(filing.components))),
        where=in_sentences(session, filing.where),
        started_at=filing.started_at,
        expires_at=filing.expected_end_at,
        next_update_at=filing.next_update_at,
        instruction=filing.instruction,
        status_url="",
        code="",
    )
    return texts.what(told, ours.languages[0])
