"""Subscribers for the organisation's own systems: found, brought, changed, deleted; each call with a key."""

import json
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, Response, g, request
from sqlmodel import select
from werkzeug.exceptions import HTTPException

from webapp import clock, db
from webapp.flow import api_keys, limits, sent_to, subscriber_search, upserts
from webapp.flow.api_keys import ApiKey, Scope
from webapp.flow.components import Component
from webapp.flow.import_jobs import Choices
from webapp.flow.import_lookups import Lookups
from webapp.flow.import_merging import Outcome
from webapp.flow.known_people import Known, load_ids
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotAllowed, NotValid, Refused, TooMany
from webapp.flow.signups import normalised
from webapp.flow.subscriber_search import Wanted
from webapp.imports.entry import Invalid
from webapp.web.api import problems
from webapp.web.api.problems import Changed, Unauthorised
from webapp.web.api.subscriber_shapes import Shape, entry_of, point_text, shape_of, strings, tag_of
from webapp.web.session import installation, store

Found = TypeVar("Found")
people_api = Blueprint("people_api", __name__, url_prefix="/api/v1")
CALLS = 10_000  # an hour and key
MOST_AT_ONCE, PAGE, LARGEST_PAGE = 1_000, 100, 500
LARGEST_BODY = 8 << 20
NEEDS = {"GET": Scope.read, "HEAD": Scope.read, "DELETE": Scope.delete}

people_api.register_error_handler(Refused, problems.refused)
people_api.register_error_handler(HTTPException, problems.failed)


@people_api.before_request
def ask_for_key() -> None:
    """Who calls, whether they may, and not too often. Counted even if the call is refused later. Raises Unauthorised, NotAllowed, TooMany."""
    request.max_content_length = LARGEST_BODY
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    now = clock.now()
    with db.transaction(installation().engine) as session:
        key = api_keys.opened_by(session, secret.strip(), now=now) if kind.lower() == "bearer" else None
        if key is None:
            raise Unauthorised(
                "Send a key that holds, as “Authorization: Bearer sveg_…”; administrators make them in the console"
            )
        limits.count(session, f"key:{key.id}", most=CALLS, now=now)
        api_keys.note_use(session, key, now=now)
    needed = NEEDS.get(request.method, Scope.write)
    if needed not in key.scopes:
        raise NotAllowed(f"The key “{key.name}” may {' and '.join(key.scopes)}, not {needed}")
    g.key = key


@people_api.errorhandler(TooMany)
def slow_down(refusal: TooMany) -> Response:
    """Until the next hour."""
    answer = problems.refused(refusal)
    now = clock.now()
    next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    answer.headers["Retry-After"] = str(int((next_hour - now).total_seconds()) + 1)
    return answer


@people_api.get("/subscribers")
def find_subscribers() -> Response:
    """A page, by rising id; `next` is the cursor of the one after, null at the end."""
    limit, cursor = request.args.get("limit", PAGE, type=int), request.args.get("cursor", 0, type=int)
    if not 1 <= limit <= LARGEST_PAGE:
        raise NotValid("limit", f"A page has 1 to {LARGEST_PAGE} subscribers")
    address = request.args.get("address", "").strip()
    typed = (
        [("email" if "@" in address else "sms", normalised("email" if "@" in address else "sms", address))]
        if address
        else []
    )
    wanted = Wanted(
        text=address,
        segment=request.args.get("segment", ""),
        area=request.args.get("area", ""),
        language=request.args.get("language", ""),
    )
    ids = subscriber_search.after(store(), wanted, addresses=typed, last=cursor, size=limit + 1)
    found, codes = load_ids(store(), ids[:limit], to_change=False), _codes()
    rows = [shape_of(found[one], codes) for one in ids[:limit] if one in found]
    return _json({"subscribers": rows, "next": ids[limit - 1] if len(ids) > limit else None})


@people_api.get("/subscribers/<external_id>")
def read_subscriber(external_id: str) -> Response:
    """One; 304 if the caller has it as it is."""
    answer = _shown(upserts.find(store(), external_id))
    answer.make_conditional(request)
    return answer


@people_api.put("/subscribers/<external_id>")
def put_subscriber(external_id: str) -> Response:
    """Create or update; the same call twice is the same as once."""
    entry = entry_of(_body(), external_id)
    _check_tag(external_id)
    (told,) = upserts.bring(store(), [entry], _lookups(), program=_key().name, now=clock.now())
    upserts.require_valid(told)
    store().flush()
    status = HTTPStatus.CREATED if told.outcome is Outcome.created else HTTPStatus.OK
    try:
        answer = _shown(upserts.find(store(), external_id), outcome=told.outcome, note=told.reason)
    except Refused:  # an address on the suppression list made nobody
        return _json({"outcome": told.outcome, "note": told.reason})
    answer.status_code = status
    return answer


@people_api.delete("/subscribers/<external_id>")
def delete_subscriber(external_id: str) -> Response:
    """All of them, for good (GDPR, article 17); what was sent stays counted."""
    _check_tag(external_id)
    person = upserts.find(store(), external_id, to_change=True)
    sent_to.remove(store(), upserts.subscriber(store(), person), by=None, by_name=_key().name, now=clock.now())
    return Response(status=HTTPStatus.NO_CONTENT)


@people_api.put("/subscribers/<external_id>/segments")
def put_segments(external_id: str) -> Response:
    """Exactly these; new ones are made."""
    lookups = _lookups()
    names = strings(_body(), "segments")
    codes = _valid("segments", lambda: {lookups.segment(one, is_tag=False) for one in names})
    store().add_all(lookups.new_segments.values())
    store().flush()
    return _part(external_id, "segments", lambda person: upserts.put_segments(person, codes))


@people_api.put("/subscribers/<external_id>/areas")
def put_areas(external_id: str) -> Response:
    """Exactly these on file."""
    lookups = _lookups()
    names = strings(_body(), "areas")
    codes = _valid("areas", lambda: {lookups.area(one) for one in names})
    return _part(external_id, "areas", lambda person: upserts.put_areas(person, codes))


@people_api.put("/subscribers/<external_id>/points")
def put_points(external_id: str) -> Response:
    """Exactly these on file."""
    said, lookups = _body(), _lookups()
    listed = said.get("points") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise NotValid("points", 'Send {"points": [...]}')
    points = _valid("points", lambda: [lookups.point(store(), point_text(one), 0.0, is_on_file=True) for one in listed])
    spots = {(one.z, one.radius_m, one.label, True) for one in points}
    return _part(external_id, "points", lambda person: upserts.put_spots(person, spots))


@people_api.post("/subscribers/bulk")
def bring_many() -> Response:
    """Up to a thousand; each has its own outcome, and one that is invalid does not hinder the others."""
    said = _body()
    listed = said.get("subscribers") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_AT_ONCE:
        raise NotValid("subscribers", f'Send {{"subscribers": [...]}} with 1 to {MOST_AT_ONCE} of them')
    entries, wrong = [], {}
    for number, one in enumerate(listed):
        try:
            entries.append(entry_of(one))
        except NotValid as mistake:
            wrong[number] = f"{mistake.field}: {mistake}"
    told = iter(upserts.bring(store(), entries, _lookups(), program=_key().name, now=clock.now()))
    rows: list[Shape] = []
    for number, one in enumerate(listed):
        if number in wrong:
            name = str(one.get("external_id") or "") if isinstance(one, dict) else ""
            rows.append({"external_id": name, "outcome": Outcome.invalid, "note": wrong[number]})
        else:
            done = next(told)
            rows.append({"external_id": done.external_id, "outcome": done.outcome, "note": done.reason})
    return _json({"results": rows})


def _part(external_id: str, what: str, change: upserts.Change) -> Response:
    _check_tag(external_id)
    upserts.replace(store(), external_id, program=_key().name, what=what, change=change, now=clock.now())
    store().flush()
    return _shown(upserts.find(store(), external_id))


def _valid(field: str, look: Callable[[], Found]) -> Found:
    try:
        return look()
    except Invalid as mistake:
        raise NotValid(field, str(mistake)) from None


def _check_tag(external_id: str) -> None:
    """If-Match and If-None-Match. Raises Changed."""
    if not request.if_match and not request.if_none_match:
        return
    try:
        tag = tag_of(shape_of(upserts.find(store(), external_id, to_change=True), _codes()))
    except Refused:
        tag = ""
    if request.if_none_match and tag and (request.if_none_match.star_tag or tag in request.if_none_match):
        raise Changed("There is one with this external id already")
    if request.if_match and not (tag and (request.if_match.star_tag or tag in request.if_match)):
        raise Changed("It has changed since you read it; read it again")


def _shown(person: Known, **more: object) -> Response:
    shape = shape_of(person, _codes())
    answer = _json(shape | more)
    answer.set_etag(tag_of(shape))
    return answer


def _json(shape: Shape) -> Response:
    answer = Response(json.dumps(shape, ensure_ascii=False), mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _body() -> object:
    raw = request.get_data()
    try:
        said: object = json.loads(raw)
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotValid("body", "It holds half a letter (a lone surrogate); send whole ones") from None
    except (ValueError, RecursionError):
        raise NotValid("body", "The body is not JSON") from None
    if b"\\u0000" in raw:
        raise NotValid("body", "It holds a zero byte; leave it out")
    return said


def _lookups() -> Lookups:
    ours = organisation(store())
    return Lookups(
        store(),
        Choices(
            consent="service",
            source=f"Your system {_key().name}",
            language=ours.languages[0],
            zone=ours.time_zone,
            country="",
        ),
    )


def _codes() -> dict[object, str]:
    if "codes" not in g:
        g.codes = dict(store().exec(select(Component.id, Component.code)).all())
    found: dict[object, str] = g.codes
    return found


def _key() -> ApiKey:
    found: ApiKey = g.key
    return found
