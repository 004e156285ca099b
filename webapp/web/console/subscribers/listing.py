"""The subscribers: look for some, page by page; take those found along as a file."""

from dataclasses import asdict, dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Response, render_template, request, stream_with_context
from werkzeug.datastructures import MultiDict

from webapp import clock
from webapp.flow import known_people, segments, subscriber_search
from webapp.flow.areas import areas
from webapp.flow.audit import record
from webapp.flow.components import components
from webapp.flow.known_people import Known
from webapp.flow.people import Act
from webapp.flow.refusals import NotValid
from webapp.flow.signups import normalised
from webapp.flow.subscriber_search import Wanted
from webapp.web.console.console import console
from webapp.web.console.subscribers import exports
from webapp.web.console.subscribers.looks import masked, sees_addresses
from webapp.web.session import installation, person, store

SIZE = 50
MOST_COUNTED = 2_000
CHANNELS = ("email", "sms", "push", "webhook")


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list."""

    person: Known
    addresses: list[tuple[str, str, str]]  # channel, as this reader may see it, what it may be used for


def read_wanted(asked: MultiDict[str, str]) -> Wanted:
    """From an address's query; what is not understood is left out."""
    said = {
        name: asked.get(name, "").strip()[:254]
        for name in ("q", "channel", "segment", "component", "area", "language", "consent", "suppressed")
    }
    known = {one.code: one.id for one in components(store())} if said["component"] else {}
    return Wanted(text=said["q"], channel=said["channel"], segment=said["segment"], component_id=known.get(said["component"]), area=said["area"],
                  language=said["language"], consent=said["consent"], suppressed=said["suppressed"])  # fmt: skip


def as_addresses(text: str) -> list[tuple[str, str]]:
    """How a text reads as an address, if it does."""
    found = []
    for channel in ("email", "sms") if text else ():
        try:
            found.append((channel, normalised(channel, text)))
        except NotValid:
            continue
    return found


@console.get("/subscribers")
def subscribers() -> str:
    """A page of those who fit, the newest first."""
    groups = segments.every(store())
    wanted = read_wanted(request.args)
    typed = as_addresses(wanted.text)
    before = request.args.get("before", type=int)
    ids = subscriber_search.page(store(), wanted, addresses=typed, before=before, size=SIZE + 1)
    people = known_people.load_ids(store(), ids[:SIZE], to_change=False)
    number = subscriber_search.count(store(), wanted, addresses=typed, most=MOST_COUNTED)
    query = {name: value for name, value in request.args.items() if value and name not in {"before", "format"}}
    return render_template(
        "console/subscribers/list.html",
        at="subscribers",
        tab="list",
        wanted=wanted,
        component=request.args.get("component", ""),
        query=query,
        as_query=urlencode(query),
        lines=[_line(people[one]) for one in ids[:SIZE] if one in people],
        older=ids[SIZE - 1] if len(ids) > SIZE else None,
        is_first=before is None,
        number=number,
        is_more=number >= MOST_COUNTED,
        segments=groups,
        names={one.code: one.name for one in groups},
        components=components(store()),
        areas=areas(store())[:300],
        may_export=sees_addresses(person()),
    )


def _line(one: Known) -> Line:
    return Line(one, [(key[0], masked(*key, for_=person()), use_of(one, key)) for key in one.addresses])


def use_of(one: Known, key: tuple[str, str]) -> str:
    """What an address may be used for, in words."""
    held = one.addresses[key]
    if held.suppressed_at:
        return held.suppressed_reason.replace("_", " ") or "suppressed"
    uses = ["asked"] if held.confirmed_at else []
    uses += ["customer"] if held.is_on_file and not held.service_refused_at else []
    return " and ".join(uses) or ("service refused" if held.is_on_file else "not confirmed")


@console.post("/subscribers/export")
def export_subscribers() -> Response:
    """All who fit, as a file that can be imported again; streamed, and noted in the audit trail."""
    by = person()
    by.require(Act.approve, f"{by.name} may not export subscribers; ask a lead or an administrator")
    wanted, sort = read_wanted(request.form), request.form.get("format", "csv")
    typed = as_addresses(wanted.text)
    said = {name: str(value) for name, value in asdict(wanted).items() if value and name != "text"}
    record(
        store(),
        "subscribers.exported",
        ("subscriber", "list"),
        f"{by.name} exported subscribers as {sort}",
        by=by,
        now=clock.now(),
        after=said or None,
    )
    store().commit()
    rows = exports.people(installation().engine, wanted, typed)
    body = exports.as_json(rows) if sort == "json" else exports.as_csv(rows)
    name = f"subscribers-{clock.now():%Y-%m-%d}.{'jsonl' if sort == 'json' else 'csv'}"
    kind = "application/x-ndjson" if sort == "json" else "text/csv; charset=utf-8"
    return Response(
        stream_with_context(body),
        HTTPStatus.OK,
        {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'},
    )
