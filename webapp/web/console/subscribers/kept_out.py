"""The suppression list: who may not be written to, and why; added to, lifted with a reason, brought and taken along."""

import csv
import io
from collections.abc import Iterator
from http import HTTPStatus

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, db
from webapp.flow import suppressions as flow
from webapp.flow.audit import record
from webapp.flow.imports import safe
from webapp.flow.organisation import organisation
from webapp.flow.people import Act
from webapp.flow.refusals import NotValid
from webapp.flow.subscribers import Address, Suppression
from webapp.flow.suppressions import KeptOut
from webapp.imports import addresses
from webapp.imports.entry import Invalid, Raw
from webapp.web.console.console import console
from webapp.web.console.paging import asked_number
from webapp.web.console.subscribers.looks import masked, sees_addresses
from webapp.web.session import installation, person, store

SIZE, MOST_LINES = 50, 20_000
SAID = {
    Suppression.unsubscribed: "unsubscribed", Suppression.answered_stop: "answered STOP", Suppression.opted_out: "opted out at the provider",
    Suppression.bad_address: "bad address", Suppression.not_answering: "a program that did not answer for days", flow.ERASED: "had everything deleted",
}  # fmt: skip


@console.get("/subscribers/suppressed")
def suppressed() -> str:
    """The list, the newest first."""
    return _page("")


@console.post("/subscribers/suppressed")
def add_suppressed() -> AnyResponse | tuple[str, int]:
    """One address, or a file with one a line."""
    by, file = person(), request.files.get("file")
    text = (
        file.read().decode("utf-8-sig", errors="replace") if file and file.filename else request.form.get("address", "")
    )
    lines = [line for line in text.splitlines() if line.strip()]
    reason = request.form.get("reason", Suppression.unsubscribed)
    if not lines:
        return _page("Write an address, or choose a file with one address a line"), 422
    if len(lines) > MOST_LINES:
        return _page(f"The file has more than {MOST_LINES} lines; cut it"), 422
    added, wrong, country = 0, [], "SE"
    for number, line in enumerate(lines, start=1):
        cell = next(
            (
                one.strip().strip('"').lstrip("'")
                for one in line.replace(";", ",").split(",")
                if "@" in one or any(c.isdigit() for c in one)
            ),
            "",
        )
        try:
            channel, value = addresses.normalised(Raw("email" if "@" in cell else "sms", cell), country)
        except Invalid as mistake:
            if number > 1 or len(lines) == 1:  # the first line of a file may be its header
                wrong.append(f"Line {number}: {mistake}")
            continue
        added += flow.keep_out(
            store(),
            channel,
            value,
            reason=reason,
            note=request.form.get("note", "").strip()[:500],
            by=by,
            by_name=by.name,
            now=clock.now(),
        )
    if not added and wrong:
        return _page("; ".join(wrong[:3])), 422
    flash(f"{added} added." + (f" {len(wrong)} could not be read: {'; '.join(wrong[:3])}" if wrong else ""))
    return redirect(url_for("console.suppressed"), 303)


@console.post("/subscribers/suppressed/lifting")
def lift_suppressed() -> AnyResponse | tuple[str, int]:
    """With a reason."""
    channel, value = _by_key(request.form.get("key", ""))
    try:
        flow.lift(store(), channel, value, why=request.form.get("why", ""), by=person(), now=clock.now())
    except NotValid as refusal:
        return _page(str(refusal)), 422
    flash("It may be used again, if its owner agreed to it.")
    return redirect(url_for("console.suppressed"), 303)


@console.post("/subscribers/suppressed/export")
def export_suppressed() -> Response:
    """The whole list."""
    by = person()
    by.require(Act.approve, f"{by.name} may not export addresses; ask a lead or an administrator")
    record(
        store(),
        "suppression.exported",
        ("subscriber", "list"),
        f"{by.name} exported the suppression list",
        by=by,
        now=clock.now(),
    )
    store().commit()
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="suppression-list.csv"',
    }
    return Response(stream_with_context(_lines(installation().engine)), HTTPStatus.OK, headers)


def _lines(engine: sa.Engine) -> Iterator[bytes]:
    yield "\ufefftype,address,reason,at,note\n".encode()
    rows, last = flow.listed(), ""
    while True:
        with db.reading(engine) as session:
            some = session.execute(sa.select(rows).where(rows.c.key > last).order_by(rows.c.key).limit(1_000)).all()
        if not some:
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [one.channel, safe(one.value or "(deleted)"), one.reason, one.at.isoformat(), safe(one.note)]
            for one in some
        )
        yield text.getvalue().encode()
        last = some[-1].key


def _by_key(key: str) -> tuple[str, str]:
    if key.startswith("a") and key[1:].isdigit() and (owned := store().get(Address, int(key[1:]))):
        return owned.channel, owned.value
    if key.startswith("k") and (one := store().get(KeptOut, key[1:])) and one.value:
        return one.channel, one.value
    raise NotValid(
        "key", "That address is not on the list any more, or only its mark is kept because its owner had it deleted"
    )


def _page(error: str) -> str:
    rows, by = flow.listed(), person()
    wanted = sa.select(rows).order_by(rows.c.at.desc(), rows.c.key)
    if reason := request.args.get("reason", ""):
        wanted = wanted.where(rows.c.reason == reason)
    number = asked_number()
    some = store().execute(wanted.limit(SIZE + 1).offset((max(1, number) - 1) * SIZE)).all()
    return render_template(
        "console/subscribers/suppressed.html", at="subscribers", tab="suppressed", error=error, reason=reason, said=SAID, number=max(1, number),
        rows=[(one, masked(one.channel, one.value, for_=by) if one.value else "deleted; only its mark is kept") for one in some[:SIZE]],
        is_more=len(some) > SIZE, may_change=sees_addresses(by), ours=organisation(store()), typed=request.form,
    )  # fmt: skip
