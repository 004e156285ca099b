"""Where incidents apply, in words, for many at once."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from webapp.flow.areas import MARKED, UNNAMED, Area
from webapp.flow.incidents import Incident, IncidentArea


def places(session: Session, incidents: Iterable[Incident]) -> dict[UUID, str]:
    """By incident: "Sveg, within 15 km"; those that apply everywhere are missing."""
    ids = [incident.id for incident in incidents]
    rows = session.exec(
        select(IncidentArea, Area.name)
        .outerjoin(Area, col(Area.code) == col(IncidentArea.area_code))
        .where(col(IncidentArea.incident_id).in_(ids))
        .order_by(col(IncidentArea.id))
    )
    found: dict[UUID, tuple[list[str], list[str]]] = {}
    for part, name in rows:
        found.setdefault(part.incident_id, ([], []))[part.is_excluded].append(_words(part, name))
    return {incident_id: _without(most, rest) for incident_id, (most, rest) in found.items()}


def _without(most: list[str], rest: list[str]) -> str:
    said = " and ".join(most) or "everywhere"
    return f"{said}, except {' and '.join(rest)}" if rest else said


def _words(part: IncidentArea, name: str | None) -> str:
    if part.radius_m is not None:
        return f"{part.label}, within {part.radius_m / 1_000:g} km"
    return name or part.area_code or (MARKED["en"] if part.label == UNNAMED else part.label)
