"""Subscribers as the organisation's own systems bring them: by their number in its books, again and again, to the same end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from webapp.flow import import_merging, known_people, known_writing, suppressions
from webapp.flow.audit import record
from webapp.flow.import_lookups import Lookups
from webapp.flow.import_merging import Outcome, keys_of
from webapp.flow.import_rows import Row, row_of
from webapp.flow.known_people import EXTERNAL, Key, Known, Spot
from webapp.flow.refusals import NotFound, NotValid
from webapp.flow.subscribers import ConsentClass, Subscriber
from webapp.imports.entry import Entry, Invalid

SOURCE = "api"
Change = Callable[[Known], None]


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of one of them."""

    external_id: str
    outcome: Outcome
    reason: str


def bring(
    session: Session, entries: Sequence[Entry], lookups: Lookups, *, program: str, now: datetime
) -> list[Brought]:
    """Create or update each; what an entry names is replaced, what it does not name stays. One that is invalid changes nothing of itself."""
    rows = [_read(session, entry, lookups) for entry in entries]
    keys = {key for row in rows if isinstance(row, Row) for key in keys_of(row)}
    known = known_people.load(session, keys, to_change=True)
    unknown = [key for key in keys if key not in known and key[0] != EXTERNAL]
    barred = {key: one.reason for key, one in suppressions.kept_out(session, unknown).items()}
    people: dict[int, Known] = {}
    told = []
    for entry, row in zip(entries, rows, strict=True):
        brought, person = _one(entry, row, known, barred, now)
        told.append(brought)
        if person is not None:
            people[id(person)] = person
            known |= dict.fromkeys(
                [*person.addresses, (EXTERNAL, row.external_id)] if isinstance(row, Row) else [], person
            )
    session.add_all(lookups.new_segments.values())
    session.flush()
    lookups.new_segments.clear()
    known_writing.write(session, list(people.values()), now=now)
    _record(session, told, list(people.values()), program, now)
    return told


def replace(session: Session, external_id: str, *, program: str, what: str, change: Change, now: datetime) -> bool:
    """Change one part of a person; False = it was so before. Raises NotFound."""
    person = find(session, external_id, to_change=True)
    change(person)
    if not person.changed:
        return False
    known_writing.write(session, [person], now=now)
    record(
        session,
        "subscriber.upserted",
        ("subscriber", person.id),
        f"{program} changed the {what} of a subscriber",
        by=None,
        now=now,
    )
    return True


def find(session: Session, external_id: str, *, to_change: bool = False) -> Known:
    """Raises NotFound."""
    key: Key = (EXTERNAL, external_id)
    found = known_people.load(session, [key], to_change=to_change).get(key)
    if found is None:
        raise NotFound(f"There is no subscriber with the external id {external_id!r}")
    return found


def subscriber(session: Session, person: Known) -> Subscriber:
    """The stored row."""
    return session.get_one(Subscriber, person.id)


def put_segments(person: Known, codes: set[str]) -> None:
    """Exactly these."""
    if codes != person.segments:
        person.segments = codes
        person.changed.add("segments")


def put_areas(person: Known, codes: set[str]) -> None:
    """Exactly these on file; what they chose stands."""
    if codes != person.on_file:
        person.on_file = codes
        person.changed.add("areas")


def put_spots(person: Known, spots: set[Spot]) -> None:
    """Exactly these on file; what they chose stands."""
    wanted = spots | {spot for spot in person.spots if not spot[3]}
    if wanted != person.spots:
        person.spots = wanted
        person.changed.add("spots")


def _read(session: Session, entry: Entry, lookups: Lookups) -> Row | str:
    try:
        return row_of(session, entry, lookups)
    except Invalid as mistake:
        return str(mistake)


def _one(
    entry: Entry, row: Row | str, known: dict[Key, Known], barred: dict[Key, str], now: datetime
) -> tuple[Brought, Known | None]:
    if isinstance(row, str):
        return Brought(entry.external_id, Outcome.invalid, row), None
    try:
        person = import_merging.person_of(row, known)
        before = len(person.changed)
        outcome, reason = import_merging.merge(row, person, barred, source=SOURCE, now=now)
    except Invalid as mistake:
        return Brought(entry.external_id, Outcome.invalid, str(mistake)), None
    if outcome is Outcome.skipped and row.addresses and not any(key in person.addresses for key in row.addresses):
        return Brought(entry.external_id, outcome, reason), None
    _drop(row, person, now)
    if outcome is Outcome.skipped and len(person.changed) > before:
        outcome, reason = Outcome.updated, ""
    return Brought(entry.external_id, outcome, reason), person if person.changed or person.is_new else None


def _drop(row: Row, person: Known, now: datetime) -> None:
    """What the books no longer have: addresses on file that the entry does not name."""
    if row.is_asked or not row.addresses:
        return
    for key, held in person.addresses.items():
        if held.is_on_file and key not in row.addresses:
            held.is_on_file, held.is_changed = False, True
            person.changed.add("addresses")
            person.consents.append(
                (key, ConsentClass.service, False, "Not in the organisation's books any more", SOURCE, now)
            )


def _record(session: Session, told: Sequence[Brought], people: Sequence[Known], program: str, now: datetime) -> None:
    """One entry a call: a nightly run is not to drown what people do."""
    done = [one for one in told if one.outcome in {Outcome.created, Outcome.updated}]
    if len(done) == 1 and len(people) == 1:
        record(
            session,
            "subscriber.upserted",
            ("subscriber", people[0].id),
            f"{program} {done[0].outcome} a subscriber",
            by=None,
            now=now,
        )
    elif done:
        record(session, "subscribers.upserted", ("subscriber", "bulk"), f"{program} brought {len(done)} subscribers", by=None, now=now,
               after={"created": sum(one.outcome is Outcome.created for one in done), "updated": sum(one.outcome is Outcome.updated for one in done)})  # fmt: skip


def require_valid(told: Brought) -> None:
    """Raises NotValid for one that was not."""
    if told.outcome is Outcome.invalid:
        raise NotValid("body", told.reason)
