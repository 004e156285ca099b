"""Subscribers as a file of our own format, a thousand at a time, so that a million do not wait in memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlmodel import select

from webapp import db
from webapp.flow import known_people, subscriber_search
from webapp.flow.components import Component
from webapp.flow.imports import safe
from webapp.flow.known_people import Known
from webapp.flow.subscriber_search import Wanted
from webapp.geo import keys

COLUMNS = ("external_id", "name", "type", "address", "language", "time_zone", "components", "severity_min", "kinds", "areas", "points",
           "segments", "quiet_from", "quiet_to", "consent", "consent_at", "consent_text", "suppressed_at", "suppressed_reason")  # fmt: skip
Row = dict[str, str]


def people(engine: sa.Engine, wanted: Wanted, addresses: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """A row for each address of each who fits, and for each of its consents; one for whoever has none."""
    last = 0
    while True:
        with db.reading(engine) as session:
            ids = subscriber_search.after(session, wanted, addresses=addresses, last=last)
            found = known_people.load_ids(session, ids, to_change=False)
            codes = {one.id: one.code for one in session.exec(select(Component))}
        if not ids:
            return
        for one in ids:
            if one in found:
                yield from rows_of(found[one], {str(part): code for part, code in codes.items()})
        last = ids[-1]


def rows_of(one: Known, codes: dict[str, str]) -> Iterator[Row]:
    """What an import would read again."""
    floors = sorted({floor for _, floor, _ in one.wishes})
    both = {"external_id": one.external_id or "", "name": one.name, "language": one.language, "time_zone": one.time_zone,
            "segments": ";".join(sorted(one.segments)), "quiet_from": _clock(one.quiet, 0), "quiet_to": _clock(one.quiet, 1)}  # fmt: skip
    asked = {"components": ";".join(sorted(codes.get(str(part), "") for part, _, _ in one.wishes if part)) or ("all" if one.wishes else ""),
             "severity_min": str(floors[0]) if floors else "", "kinds": ";".join(sorted({str(kind) for _, _, kinds in one.wishes for kind in kinds})),
             "areas": ";".join(sorted(one.chosen)), **_points(one, is_on_file=False), "consent": "asked"}  # fmt: skip
    filed = {"areas": ";".join(sorted(one.on_file)), **_points(one, is_on_file=True), "consent": "service"}
    said = False
    for (channel, value), held in one.addresses.items():
        address = {"type": channel, "address": value, "consent_text": held.agreed_text,
                   "suppressed_at": held.suppressed_at.isoformat() if held.suppressed_at else "", "suppressed_reason": held.suppressed_reason}  # fmt: skip
        if held.confirmed_at or not held.is_on_file:
            yield both | asked | address | {"consent_at": held.confirmed_at.isoformat() if held.confirmed_at else ""}
        if held.is_on_file:
            yield both | filed | address
        said = True
    if not said:
        yield both | filed


def _points(one: Known, *, is_on_file: bool) -> Row:
    spots = [spot for spot in sorted(one.spots) if spot[3] is is_on_file]
    points = ["{:.8f},{:.8f}@{:g}".format(*keys.point(z), radius / 1_000) for z, radius, _, _ in spots]
    return {"points": ";".join(points)}


def _clock(quiet: tuple[int, int] | None, end: int) -> str:
    return f"{quiet[end] // 60:02}:{quiet[end] % 60:02}" if quiet else ""


def as_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """For spreadsheets: UTF-8 with its mark, no cell that is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    yield "\ufeff".encode()
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([safe(row.get(name, "")) for name in COLUMNS])
        if text.tell() > 64_000:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def as_json(rows: Iterable[Row]) -> Iterator[bytes]:
    """One object a line, without what is empty."""
    for row in rows:
        yield (json.dumps({name: value for name, value in row.items() if value}, ensure_ascii=False) + "\n").encode()
