"""The status page, for everybody: no cookie, no script, true by the clock alone."""

from datetime import timedelta

from flask import Blueprint, Response

from webapp import clock
from webapp.flow import surface
from webapp.flow.components import ComponentState
from webapp.flow.refusals import NotFound, Refused
from webapp.flow.surface import ShownIncident, Surface
from webapp.web import caching
from webapp.web.public.days import by_day, local_day
from webapp.web.public.words import WORDS
from webapp.web.reader import Reader, dressed, page, reader
from webapp.web.session import store
from webapp.web.timeline import Entry, live, timeline

public = Blueprint("public", __name__)
RECENT = timedelta(days=13)  # and today


@public.get("/healthz")
def health() -> Response:
    """This process answers."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@public.get("/")
def status() -> Response:
    """How everything is now, what is planned, and what was."""
    to, now = reader(WORDS), clock.now()
    shown = surface.shown(store(), now=now, language=to.language)
    zone = to.organisation.time_zone
    today = local_day(now, zone)
    return _cached(
        page(
            "public/status.html",
            to,
            shown=shown,
            whole=whole(shown),
            open=[(each, _live(each, to), _said(each, to)) for each in shown.open],
            planned={each.incident.public_id: _live(each, to) for each in shown.upcoming},
            recent=by_day(shown.open + shown.history, today - RECENT, today, zone),
        )
    )


@public.get("/incidents/<public_id>")
def incident(public_id: str) -> Response:
    """Everything that was said of one incident. Raises NotFound if the public may not see it."""
    to, now = reader(WORDS), clock.now()
    shown = surface.shown_incident(store(), public_id, now=now, language=to.language)
    if shown is None:
        raise NotFound("There is no such incident. It may have been moved, or the address is incomplete.")
    return _cached(page("public/incident.html", to, shown=shown, live=_live(shown, to), said=_said(shown, to)))


@public.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """A refusal in the public pages' dress."""
    return dressed(refusal, WORDS)


def whole(shown: Surface) -> str:
    """One word for everything: a component's state, or a warning that no component shows."""
    if shown.state is not ComponentState.operational or not shown.open:
        return shown.state
    is_planned = all(each.incident.is_maintenance for each in shown.open)
    return ComponentState.under_maintenance if is_planned else "warning"


def _live(each: ShownIncident, to: Reader) -> list[Entry]:
    return live(each, language=to.language, default_language=to.default_language)


def _said(each: ShownIncident, to: Reader) -> list[Entry]:
    return timeline(each, language=to.language, default_language=to.default_language)


def _cached(body: str) -> Response:
    return caching.short(body, vary="Accept-Language")
