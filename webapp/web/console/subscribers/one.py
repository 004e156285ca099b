"""One subscriber: what they follow and where, what they agreed to, what they were sent and why; and what may be done about it."""

import json

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.flow import audit, consents, known_people, leaving, own_data, segments, sent_to, signups, suppressions
from webapp.flow.areas import Area
from webapp.flow.audit import record
from webapp.flow.components import components
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotAllowed, NotFound, NotValid, TooMany
from webapp.flow.subscribers import Address, Subscriber, Suppression, addresses, is_shell, key_of
from webapp.geo import keys
from webapp.web.console.console import console
from webapp.web.console.subscribers.listing import use_of
from webapp.web.console.subscribers.looks import masked, sees_addresses
from webapp.web.session import installation, person, store


@console.get("/subscribers/<int:number>")
def subscriber(number: int) -> str:
    """Everything about one person; operators see addresses masked."""
    found, reader = _of(number), person()
    known = known_people.load_ids(store(), [number], to_change=False)[number]
    names = {one.id: one.name for one in components(store())}
    mine = [
        (owned, masked(owned.channel, owned.value, for_=reader), use_of(known, (owned.channel, owned.value)))
        for owned in addresses(store(), found)
    ]
    return render_template(
        "console/subscribers/one.html",
        at="subscribers",
        tab="list",
        found=found,
        known=known,
        addresses=mine,
        follows=sorted(((names.get(part, "") if part else "Everything"), floor, sorted(kinds)) for part, floor, kinds in known.wishes),
        areas=_named(known.chosen), on_file=_named(known.on_file),
        spots=[(keys.point(z), radius / 1_000, label, filed) for z, radius, label, filed in sorted(known.spots)],
        segments=[(one, one.code in known.segments) for one in segments.every(store())],
        consents=[(each, masked(each.channel, each.value, for_=reader) if each.value else "deleted") for each in consents.of(store(), found)][::-1],
        sent=sent_to.sent_to(store(), found),
        entries=[entry for entry in audit.story(store(), [str(number)]) if entry.subject_kind == "subscriber"][::-1],
        may_change=sees_addresses(reader),
    )  # fmt: skip


@console.post("/subscribers/<int:number>/unsubscribe")
def unsubscribe(number: int) -> AnyResponse:
    """In their name, because they said so by another way."""
    found, by = _of(number), _may_change()
    leaving.leave(store(), found, source="console", now=clock.now())
    _note(found, by, "unsubscribed", "unsubscribed somebody in their name")
    return _back(number, "Unsubscribed. They are told nothing more that they asked for.")


@console.post("/subscribers/<int:number>/suppression")
def suppress_address(number: int) -> AnyResponse:
    """Never use one address again."""
    by, owned = _may_change(), _address(_of(number))
    suppressions.keep_out(
        store(),
        owned.channel,
        owned.value,
        reason=Suppression.unsubscribed,
        note=_why(),
        by=by,
        by_name=by.name,
        now=clock.now(),
    )
    return _back(number, "Nothing is sent to that address any more.")


@console.post("/subscribers/<int:number>/lifting")
def lift_address(number: int) -> AnyResponse:
    """Let it be used again."""
    by, owned = _may_change(), _address(_of(number))
    suppressions.lift(store(), owned.channel, owned.value, why=_why(), by=by, now=clock.now())
    return _back(number, "That address may be used again.")


@console.post("/subscribers/<int:number>/link")
def send_own_link(number: int) -> AnyResponse:
    """The link to what they chose, to one of their addresses."""
    found, by = _of(number), _may_change()
    owned = _address(found)
    try:
        signups.send_link(
            store(),
            owned.channel,
            owned.value,
            link=installation().links.preferences,
            network=f"console:{by.id}"[:64],
            now=clock.now(),
        )
    except TooMany:
        raise TooMany("They got their link several times within the hour; wait before sending it again") from None
    _note(found, by, "link", "sent somebody their personal link")
    return _back(number, "Their link is on its way.")


@console.post("/subscribers/<int:number>/segments")
def change_segments(number: int) -> AnyResponse:
    """Those that are ticked, and no others."""
    found, by = _of(number), _may_change()
    chosen = set(request.form.getlist("segment"))
    for one in segments.every(store()):
        segments.put_on(store(), found, one.code, is_on=one.code in chosen, by=by, now=clock.now())
    return _back(number, "Saved.")


@console.post("/subscribers/<int:number>/export")
def export_one(number: int) -> Response:
    """All that we hold, as they themselves can take it along."""
    found, by = _of(number), _may_change()
    _note(found, by, "exported", "exported all that is held about somebody")
    body = json.dumps(own_data.everything_about(store(), found), indent=2, ensure_ascii=False, default=str)
    return Response(
        body,
        headers={
            "Content-Type": "application/json",
            "Content-Disposition": f'attachment; filename="subscriber-{number}.json"',
        },
    )


@console.post("/subscribers/<int:number>/deletion")
def delete_subscriber(number: int) -> AnyResponse:
    """For good; asked twice."""
    found, by = _of(number), _may_change()
    if request.form.get("sure") != "yes":
        flash("Tick that you are sure; nothing was deleted", "bad")
        return redirect(url_for("console.subscriber", number=number), 303)
    sent_to.remove(store(), found, by=by, by_name=by.name, now=clock.now())
    flash("Deleted. What was sent stays counted, without the address.")
    return redirect(url_for("console.subscribers"), 303)


def _of(number: int) -> Subscriber:
    found = store().get(Subscriber, number)
    if found is None or is_shell(store(), found):
        raise NotFound("There is no such subscriber; they may have been deleted")
    return found


def _may_change() -> Person:
    by = person()
    if not by.may(Act.approve):
        raise NotAllowed(f"{by.name} may not change subscribers; ask a lead or an administrator")
    return by


def _address(found: Subscriber) -> Address:
    wanted = request.form.get("address", type=int)
    owned = next((one for one in addresses(store(), found) if one.id == wanted), None)
    if owned is None:
        raise NotValid("address", "That address is not theirs any more; reload the page")
    return owned


def _why() -> str:
    return request.form.get("why", "").strip()[:500]


def _note(found: Subscriber, by: Person, verb: str, said: str) -> None:
    record(store(), f"subscriber.{verb}", ("subscriber", key_of(found)), f"{by.name} {said}", by=by, now=clock.now())


def _named(codes: set[str]) -> list[str]:
    found = (store().get(Area, code) for code in sorted(codes))
    return [f"{one.name} ({one.code})" for one in found if one]


def _back(number: int, said: str) -> AnyResponse:
    flash(said)
    return redirect(url_for("console.subscriber", number=number), 303)
