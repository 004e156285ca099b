"""What a person wants to be told about, where, in which language and at which hours; and how it is stored."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlmodel import Session, col, select

from rules.terms import Kind, Severity
from webapp.db import add
from webapp.flow.areas import areas, near
from webapp.flow.audit import record
from webapp.flow.components import Component
from webapp.flow.refusals import NotValid
from webapp.flow.subscribers import Subscriber, Subscription, follow_area, forget, key_of, mark_changed, place_at

MOST_PLACES = 10
DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Around:
    """Everything within a distance of a place."""

    place: str
    radius_km: float = 15.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day in which nothing comes but what saves lives; in minutes after midnight, over midnight too."""

    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person wants. No component = everything, also later parts; no place = everywhere; no kind = all kinds."""

    components: tuple[str, ...] = ()  # public ids; a group brings all that it will ever hold
    area_codes: tuple[str, ...] = ()
    places: tuple[Around, ...] = ()
    kinds: tuple[Kind, ...] = ()
    severity_floor: Severity = Severity.minor
    language: str = "en"
    quiet: Quiet | None = None
    time_zone: str = ""  # IANA; "" = the organisation's
    wants_digest: bool = False


def as_stored(choices: Choices) -> dict[str, Any]:
    """As JSON."""
    return asdict(choices)


def from_stored(stored: Mapping[str, Any]) -> Choices:
    """From JSON; what an earlier version did not ask about is left at its usual."""
    known = {name: stored[name] for name in ("language", "time_zone", "wants_digest") if name in stored}
    quiet = stored.get("quiet")
    places = stored.get("places") or ([stored] if stored.get("place") else [])
    return Choices(
        **known,
        components=tuple(stored.get("components", ())),
        area_codes=tuple(stored.get("area_codes", ())),
        places=tuple(Around(each["place"], each["radius_km"]) for each in places),
        kinds=tuple(Kind(each) for each in stored.get("kinds", ())),
        severity_floor=Severity(stored.get("severity_floor", Severity.minor)),
        quiet=Quiet(**quiet) if quiet else None,
    )


def check(session: Session, choices: Choices) -> None:
    """Raises NotValid for a choice that cannot be."""
    known = set(session.exec(select(Component.public_id)))
    if unknown := [public_id for public_id in choices.components if public_id not in known]:
        raise NotValid("components", f"There is no such service any more: {', '.join(unknown)}; choose again")
    named = {area.code for area in areas(session)} if choices.area_codes else set()
    if lost := [code for code in choices.area_codes if code not in named]:
        raise NotValid("area_codes", f"There is no such area any more: {', '.join(lost)}; choose again")
    if len(choices.places) > MOST_PLACES:
        raise NotValid("places", f"That is more than {MOST_PLACES} places; choose whole areas instead")
    for number, around in enumerate(choices.places):
        try:
            near(session, around.place, around.radius_km)
        except NotValid as refusal:  # which of them
            raise NotValid(f"place.{number}", str(refusal)) from None
    _check_hours(choices)


def _check_hours(choices: Choices) -> None:
    quiet = choices.quiet
    if quiet and not (0 <= quiet.from_min < DAY_MIN and 0 <= quiet.to_min < DAY_MIN):
        raise NotValid("quiet_from", "Quiet hours are times of day; write them like 22:00 and 07:00")
    if quiet and quiet.from_min == quiet.to_min:
        raise NotValid("quiet_from", "Quiet hours that begin when they end would be the whole day; pause instead")
    if choices.time_zone and choices.time_zone not in available_timezones():
        raise NotValid("time_zone", f"There is no time zone {choices.time_zone!r}; write one like Europe/Stockholm")


def choose(session: Session, subscriber: Subscriber, choices: Choices, *, now: datetime) -> None:
    """Replace what a person follows, where and when. Raises NotValid."""
    check(session, choices)
    forget(session, subscriber)
    _describe(subscriber, choices, now=now)
    session.add(subscriber)
    chosen = session.exec(select(Component.id).where(col(Component.public_id).in_(choices.components))).all()
    wanted: list[UUID | None] = [*chosen] or [None]
    for component_id in wanted:
        add(session, Subscription(subscriber_id=key_of(subscriber), component_id=component_id,
                                  severity_floor=choices.severity_floor, kinds=frozenset(choices.kinds)))  # fmt: skip
    for code in dict.fromkeys(choices.area_codes):
        follow_area(session, subscriber, code)
    for each in dict.fromkeys(choices.places):
        around = near(session, each.place, each.radius_km)
        middle = around.circle.latitude, around.circle.longitude
        place_at(session, subscriber, *middle, label=around.label, radius_m=around.circle.radius_m)
    mark_changed(session, [key_of(subscriber)], now=now)
    record(
        session,
        "subscriber.chose",
        ("subscriber", subscriber.id),
        "A subscriber chose what to be told",
        by=None,
        now=now,
    )


def _describe(subscriber: Subscriber, choices: Choices, *, now: datetime) -> None:
    subscriber.language, subscriber.left_at = choices.language, None
    subscriber.changed_at = subscriber.chose_at = now
    subscriber.follows_everywhere = not choices.area_codes and not choices.places
    subscriber.quiet_from_min = choices.quiet.from_min if choices.quiet else None
    subscriber.quiet_to_min = choices.quiet.to_min if choices.quiet else None
    subscriber.time_zone, subscriber.wants_digest = choices.time_zone, choices.wants_digest
