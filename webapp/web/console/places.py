"""Where incidents apply, in words, for many at once."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from webapp.flow.areas import Area
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
    found: dict[UUID, list[str]] = {}
    for part, name in rows:
        found.setdefault(part.incident_id, []).append(_words(part, name))
    return {incident_id: " and ".join(parts) for incident_id, parts in found.items()}


def _words(part: IncidentArea, name: str | None) -> str:
    if part.radius_m is not None:
        return f"{part.label}, within {part.radius_m / 1_000:g} km"
    return name or part.area_code or part.label
