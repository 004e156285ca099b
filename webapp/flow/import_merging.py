"""One row meets the person whom it is about: what it adds, what it changes, and what of it does not count.

Nobody who left or was unsubscribed comes back by a file, and what people chose themselves stands.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum, auto

from rules.terms import Severity
from webapp.flow.import_rows import Row
from webapp.flow.known_people import EXTERNAL, Asked, Held, Key, Known
from webapp.flow.subscribers import ConsentClass
from webapp.flow.suppressions import ERASED
from webapp.imports.entry import Invalid

SOURCE = "import"
CHOSEN = "What they chose themselves stands"


class Outcome(StrEnum):
    """What became of a row."""

    created = auto()
    updated = auto()
    skipped = auto()
    invalid = auto()


def keys_of(row: Row) -> list[Key]:
    """By which a person is recognised."""
    return [(EXTERNAL, row.external_id), *row.addresses] if row.external_id else list(row.addresses)


def person_of(row: Row, known: dict[Key, Known]) -> Known:
    """The one whom a row is about; new if nobody has its keys. Raises Invalid if two have."""
    found = {id(one): one for key in keys_of(row) if (one := known.get(key)) is not None}
    if len(found) > 1:
        raise Invalid("Its addresses and its external id belong to different people here; write a row for each")
    person = next(iter(found.values()), None) or Known()
    if row.external_id and person.external_id not in {None, "", row.external_id}:
        raise Invalid(f"Its address belongs to the person with the external id {person.external_id!r}")
    return person


def merge(
    row: Row, person: Known, barred: Mapping[Key, str], *, source: str = SOURCE, now: datetime
) -> tuple[Outcome, str]:
    """Change the person as the row says. `barred`: addresses that may not come back, and why. The outcome, and its reason."""
    usable, notes = _usable(row, person, barred)
    if row.addresses and not usable:
        return Outcome.skipped, "; ".join(notes)
    if row.is_asked and person.left_at is not None:
        return Outcome.skipped, f"They left on {person.left_at:%Y-%m-%d}; only they themselves can come back"
    was_new, before = person.is_new and not person.addresses and not person.external_id, len(person.changed)
    version = _version(person)
    _describe(row, person)
    for key in usable:
        _permit(row, person, key, source, now)
    if row.is_asked:
        notes += _ask(row, person)
    else:
        _file(row, person)
    if not row.segments <= person.segments:
        person.segments |= row.segments
        person.changed.add("segments")
    if was_new:
        return Outcome.created, "; ".join(notes)
    if len(person.changed) > before or version != _version(person):
        return Outcome.updated, "; ".join(notes)
    return Outcome.skipped, "; ".join(notes) or "Nothing new"


def _version(person: Known) -> object:
    """To notice a second change of what has changed already."""
    if not person.changed:
        return None
    return (person.name, person.language, person.external_id, person.is_customer, person.quiet, person.time_zone, frozenset(person.wishes),
            frozenset(person.on_file), frozenset(person.chosen), frozenset(person.spots), frozenset(person.segments), len(person.addresses),
            len(person.consents))  # fmt: skip


def _usable(row: Row, person: Known, barred: Mapping[Key, str]) -> tuple[list[Key], list[str]]:
    usable, notes = [], [row.note] if row.note else []
    for key in row.addresses:
        held = person.addresses.get(key)
        if held is not None and held.suppressed_at is not None:
            reason = held.suppressed_reason.replace("_", " ") or "suppressed"
            notes.append(f"{_spoken(key)} is on the suppression list since {held.suppressed_at:%Y-%m-%d}: {reason}")
        elif held is None and key in barred and (row.is_asked or barred[key] != ERASED):
            notes.append(f"{_spoken(key)} is on the suppression list: {barred[key].replace('_', ' ')}")
        else:
            usable.append(key)
    return usable, notes


def _spoken(key: Key) -> str:
    return "The number" if key[0] == "sms" else "The mail address"


def _describe(row: Row, person: Known) -> None:
    if row.external_id and not person.external_id:
        person.external_id = row.external_id
        person.changed.add("person")
    if row.name and row.name != person.name:
        person.name = row.name
        person.changed.add("person")
    if person.chose_at is not None:
        return
    first = person.is_new and not person.changed - {"person"}
    for name, said in (
        ("language", row.language if row.says_language or first else ""),
        ("quiet", row.quiet),
        ("time_zone", row.time_zone),
    ):
        if said and said != getattr(person, name):
            setattr(person, name, said)
            person.changed.add("person")


def _permit(row: Row, person: Known, key: Key, source: str, now: datetime) -> None:
    """Note the consent for one address, if it is new."""
    held = person.addresses.get(key)
    if held is None:
        held = person.addresses[key] = Held(source=source)
    elif (held.confirmed_at is not None) if row.is_asked else held.is_on_file:
        return
    at = row.consent_at or now
    if row.is_asked:
        held.confirmed_at, held.agreed_text, held.source = at, row.consent_text, source
    else:
        held.is_on_file = True
    held.is_changed = True
    person.changed.add("addresses")
    sort = ConsentClass.asked if row.is_asked else ConsentClass.service
    person.consents.append((key, sort, True, row.consent_text, source, at))


def _ask(row: Row, person: Known) -> list[str]:
    """What they want, as far as they have not said it themselves."""
    parts = row.wish.component_ids if row.wish else frozenset()
    floor, kinds = (row.wish.floor, row.wish.kinds) if row.wish else (Severity.minor, frozenset())
    wanted: set[Asked] = {(part, floor, kinds) for part in parts}
    wanted = wanted or {(None, floor, kinds)}
    says_places = row.areas is not None or row.points is not None
    if person.chose_at is not None:
        return [CHOSEN] if (row.wish is not None and wanted != person.wishes) or says_places else []
    if (row.wish is not None or not person.wishes) and wanted != person.wishes:
        person.wishes = wanted
        person.changed.add("wishes")
    if says_places:
        _put_areas(person, person.on_file, set(row.areas or ()))
        _put_spots(row, person, is_on_file=False)
    everywhere = not person.chosen and all(spot[3] for spot in person.spots)
    if everywhere != person.follows_everywhere:
        person.follows_everywhere = everywhere
        person.changed.add("person")
    return []


def _file(row: Row, person: Known) -> None:
    """What the organisation's books say: that they are a customer, and where."""
    if not person.is_customer:
        person.is_customer = True
        person.changed.add("person")
    if row.areas is not None:
        _put_areas(person, set(row.areas), person.chosen)
    if row.points is not None:
        _put_spots(row, person, is_on_file=True)


def _put_areas(person: Known, on_file: set[str], chosen: set[str]) -> None:
    if (on_file, chosen) != (person.on_file, person.chosen):
        person.on_file, person.chosen = on_file, chosen
        person.changed.add("areas")


def _put_spots(row: Row, person: Known, *, is_on_file: bool) -> None:
    labels = {(z, radius): label for z, radius, label, filed in person.spots if filed is is_on_file}
    wanted = {
        (one.z, one.radius_m, one.label or labels.get((one.z, one.radius_m), ""), is_on_file)
        for one in row.points or ()
    }
    others = {spot for spot in person.spots if spot[3] is not is_on_file}
    if wanted | others != person.spots:
        person.spots = wanted | others
        person.changed.add("spots")
