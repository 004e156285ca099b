"""From what a row says to what we would store: addresses checked, words looked up. Nothing here changes the store."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from rules.terms import Kind, Severity
from webapp.flow import import_lookups as words
from webapp.flow.import_lookups import Lookups, Point
from webapp.imports import addresses
from webapp.imports.addresses import NotHere
from webapp.imports.entry import Entry, Invalid

CLASSES = ("asked", "service")
LONGEST_ID, LONGEST_NAME, MOST_OF_A_KIND = 64, 200, 50


class Skipped(Exception):
    """This row is right and nothing is to be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for. No component = everything; no place = everywhere."""

    component_ids: frozenset[UUID]
    floor: Severity
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Row:
    """A person as one row has them. None = the row does not say."""

    addresses: tuple[tuple[str, str], ...]
    external_id: str
    name: str
    language: str
    says_language: bool
    is_asked: bool  # else a customer on file
    wish: Wish | None
    areas: frozenset[str] | None
    points: frozenset[Point] | None
    segments: frozenset[str]
    quiet: tuple[int, int] | None
    time_zone: str
    consent_at: datetime | None
    consent_text: str
    note: str  # what of the row was left out


def row_of(session: Session, entry: Entry, lookups: Lookups) -> Row:
    """Raises Invalid, Skipped."""
    if entry.skip:
        raise Skipped(entry.skip)
    chosen = lookups.chosen
    consent = entry.consent or chosen.consent
    if consent not in CLASSES:
        raise Invalid(
            f"{consent!r} is no consent; write asked (they subscribed) or service (a customer's address on file)"
        )
    is_asked = consent == "asked"
    found, note = _addresses(entry, chosen.country)
    if len(entry.external_id) > LONGEST_ID:
        raise Invalid(f"The external id is longer than {LONGEST_ID} letters")
    if not found and (is_asked or not entry.external_id):
        raise Invalid(
            "It names no address; it needs a mail address or a mobile number"
            if is_asked
            else "It names neither an address nor an external id"
        )
    return Row(
        addresses=found,
        external_id=entry.external_id,
        name=" ".join(entry.name.split())[:LONGEST_NAME],
        language=words.language(entry.language, chosen.language),
        says_language=bool(entry.language),
        is_asked=is_asked,
        wish=_wish(entry, lookups) if is_asked else None,
        areas=frozenset(lookups.area(one) for one in _few(entry.areas, "areas")) if entry.areas is not None else None,
        points=_points(session, entry, lookups, is_on_file=not is_asked),
        segments=frozenset(
            [*(lookups.segment(one, is_tag=False) for one in _few(entry.segments, "segments")), *(lookups.segment(one, is_tag=True) for one in _few(entry.tags, "tags"))]
        ),
        quiet=_quiet(entry),
        time_zone=words.zone(entry.time_zone),
        consent_at=lookups.moment(entry.consent_at) if entry.consent_at else None,
        consent_text=(entry.consent_text or entry.consent_source or chosen.source)[:2_000],
        note=note,
    )  # fmt: skip


def _addresses(entry: Entry, country: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Distinct ones; a channel that cannot be imported is left out if another remains. Raises Invalid, Skipped."""
    found, left_out = {}, ""
    for raw in entry.addresses:
        try:
            found[addresses.normalised(raw, country)] = True
        except NotHere as other:
            left_out = str(other)
    if left_out and not found:
        raise Skipped(left_out)
    return tuple(found), left_out


def _wish(entry: Entry, lookups: Lookups) -> Wish | None:
    """None = the row says nothing of what they want."""
    if entry.components is None and not entry.severity_floor and not entry.kinds:
        return None
    parts = frozenset(lookups.component(one) for one in entry.components or [])
    return Wish(parts, words.severity(entry.severity_floor), words.kinds(entry.kinds))


def _points(session: Session, entry: Entry, lookups: Lookups, *, is_on_file: bool) -> frozenset[Point] | None:
    if entry.points is None:
        return None
    km = words.radius(entry.radius_km)
    return frozenset(lookups.point(session, one, km, is_on_file=is_on_file) for one in _few(entry.points, "places"))


def _quiet(entry: Entry) -> tuple[int, int] | None:
    first, last = words.minutes(entry.quiet_from, "quiet hours"), words.minutes(entry.quiet_to, "quiet hours")
    if first is None and last is None:
        return None
    if first is None or last is None or first == last:
        raise Invalid("Quiet hours need a beginning and another end, like 22:00 and 07:00")
    return first, last


def _few(said: list[str] | None, what: str) -> list[str]:
    if said is not None and len(said) > MOST_OF_A_KIND:
        raise Invalid(f"It names more than {MOST_OF_A_KIND} {what}")
    return said or []
