"""A subscriber as programs see and say one."""

import hashlib
import json
from collections.abc import Mapping

from webapp.flow.known_people import Known
from webapp.flow.refusals import NotValid
from webapp.geo import keys
from webapp.imports.entry import Entry, Invalid, Raw, channel_of

FIELDS = frozenset({"external_id", "name", "language", "time_zone", "consent", "consent_at", "consent_text", "addresses", "components", "severity_min",
                    "kinds", "areas", "points", "segments", "tags", "quiet_from", "quiet_to"})  # fmt: skip
Shape = dict[str, object]


def shape_of(one: Known, codes: Mapping[object, str]) -> Shape:
    """As JSON. `codes`: of components, by id."""
    wishes = sorted(one.wishes, key=str)
    return {
        "id": one.id,
        "external_id": one.external_id,
        "name": one.name,
        "language": one.language,
        "time_zone": one.time_zone,
        "is_customer": one.is_customer,
        "left_at": one.left_at.isoformat() if one.left_at else None,
        "addresses": [
            {"channel": channel, "value": value, "on_file": held.is_on_file, "asked_since": held.confirmed_at.isoformat() if held.confirmed_at else None,
             "suppressed": held.suppressed_reason or "suppressed" if held.suppressed_at else None,
             "service_refused": held.service_refused_at is not None}
            for (channel, value), held in sorted(one.addresses.items())
        ],
        "segments": sorted(one.segments),
        "areas": sorted(one.on_file),
        "points": _points(one, is_on_file=True),
        "asked": {
            "chose_themselves": one.chose_at is not None,
            "components": None if any(part is None for part, _, _ in wishes) else sorted(codes.get(part, "") for part, _, _ in wishes),
            "severity_min": str(min(floor for _, floor, _ in wishes)) if wishes else None,
            "kinds": sorted({str(kind) for _, _, kinds in wishes for kind in kinds}),
            "everywhere": one.follows_everywhere,
            "areas": sorted(one.chosen),
            "points": _points(one, is_on_file=False),
        } if wishes else None,
    }  # fmt: skip


def _points(one: Known, *, is_on_file: bool) -> list[Shape]:
    found: list[Shape] = []
    for z, radius, label, filed in sorted(one.spots):
        if filed is is_on_file:
            latitude, longitude = keys.point(z)
            found.append(
                {
                    "latitude": round(latitude, 8),
                    "longitude": round(longitude, 8),
                    "radius_km": radius / 1_000,
                    "label": label,
                }
            )
    return found


def tag_of(shape: Shape) -> str:
    """Changes with anything that is seen."""
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:20]


def entry_of(said: object, external_id: str = "") -> Entry:
    """What a program says of one. Raises NotValid for what has another shape."""
    if not isinstance(said, dict):
        raise NotValid("body", "Send one JSON object for each subscriber")
    if unknown := sorted(set(map(str, said)) - FIELDS):
        raise NotValid(unknown[0], f"There is no field {', '.join(unknown)}; there are {', '.join(sorted(FIELDS))}")
    own = str(said.get("external_id") or external_id)
    if external_id and own != external_id:
        raise NotValid("external_id", "It differs from the one in the address")
    if not own:
        raise NotValid("external_id", "Name each by external_id, their number in your books")
    entry = Entry(external_id=own, consent=_text(said, "consent") or "service", name=_text(said, "name"), language=_text(said, "language"),
                  time_zone=_text(said, "time_zone"), severity_floor=_text(said, "severity_min"), quiet_from=_text(said, "quiet_from"),
                  quiet_to=_text(said, "quiet_to"), consent_at=_text(said, "consent_at"), consent_text=_text(said, "consent_text"))  # fmt: skip
    if entry.consent == "asked" and not entry.consent_text:
        raise NotValid("consent_text", "Say what they agreed to and where; it is kept with their consent")
    entry.addresses = [_address(each) for each in _list(said, "addresses") or []]
    entry.components, entry.areas = _strings(said, "components"), _strings(said, "areas")
    entry.kinds, entry.segments, entry.tags = (_strings(said, name) or [] for name in ("kinds", "segments", "tags"))
    points = _list(said, "points")
    entry.points = [point_text(each) for each in points] if points is not None else None
    return entry


def point_text(said: object) -> str:
    """A point as a file would write it. Raises NotValid."""
    if isinstance(said, str):
        return said
    if isinstance(said, dict) and set(said) <= {"latitude", "longitude", "radius_km", "label"}:
        numbers = [said.get("latitude"), said.get("longitude"), said.get("radius_km", 0)]
        if all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            return f"{numbers[0]},{numbers[1]}@{numbers[2]:g}"
    raise NotValid(
        "points",
        'Write each point like {"latitude": 62.03, "longitude": 14.36, "radius_km": 5}, or as the name of a place',
    )


def strings(said: object, name: str) -> list[str]:
    """A list of words under a name. Raises NotValid."""
    found = _strings(said, name) if isinstance(said, dict) else None
    if found is None:
        raise NotValid(name, f'Send {{"{name}": [...]}}')
    return found


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotValid(name, f"{name} must be text")
    return value.strip()


def _list(said: Mapping[str, object], name: str) -> list[object] | None:
    value = said.get(name)
    if value is not None and not isinstance(value, list):
        raise NotValid(name, f"{name} must be a list")
    return value


def _strings(said: Mapping[str, object], name: str) -> list[str] | None:
    found = _list(said, name)
    if found is not None and not all(isinstance(one, str) for one in found):
        raise NotValid(name, f"{name} must be a list of words")
    return [str(one) for one in found] if found is not None else None


def _address(said: object) -> Raw:
    if not isinstance(said, dict) or not isinstance(said.get("value"), str):
        raise NotValid("addresses", 'Write each address like {"channel": "sms", "value": "+46701234567"}')
    try:
        return Raw(channel_of(str(said.get("channel", ""))), str(said["value"]), str(said.get("country") or ""))
    except Invalid as mistake:
        raise NotValid("addresses", str(mistake)) from None
