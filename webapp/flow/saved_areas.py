"""Areas that people use again: a name for a place with everything that belongs to it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Field, Session, SQLModel, col, select

from webapp.db import add, json_field, moment
from webapp.flow.areas import Drawn, Near, Where, unknown
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotValid
from webapp.geo import shapes
from webapp.geo.circles import Circle

LONGEST_NAME = 120


class SavedArea(SQLModel, table=True):
    """A place under a name of its own."""

    __tablename__ = "saved_area"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True, max_length=LONGEST_NAME)
    place: dict[str, Any] = json_field()  # as `as_plain` writes it
    saved_by_id: UUID = Field(foreign_key="person.id")
    saved_at: datetime = moment()

    @property
    def where(self) -> Where:
        """To be used."""
        return from_plain(self.place)


def save(session: Session, name: str, where: Where, *, by: Person, now: datetime) -> SavedArea:
    """Keep a place under a name; the same name again replaces it. Raises NotAllowed, NotValid."""
    by.require(Act.file, f"{by.name} may not save areas")
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise NotValid("name", f"Write a name of up to {LONGEST_NAME} characters")
    if where.is_everywhere:
        raise NotValid("place", "Everywhere needs no name; choose a place first")
    if lost := unknown(session, where):
        raise NotValid("area_codes", f"There is no area {', '.join(lost)}; choose one that is listed")
    known = session.exec(select(SavedArea).where(SavedArea.name == name)).first()
    saved = known or SavedArea(name=name, place={}, saved_by_id=by.id, saved_at=now)
    saved.place, saved.saved_by_id, saved.saved_at = as_plain(where), by.id, now
    return add(session, saved)


def saved(session: Session, *, most: int = 200, after: str = "") -> list[SavedArea]:
    """By name, a page at a time: `after` is the last name of the page before."""
    return list(
        session.exec(select(SavedArea).where(col(SavedArea.name) > after).order_by(col(SavedArea.name)).limit(most))
    )


def remove(session: Session, saved_area: SavedArea, *, by: Person) -> None:
    """Forget a name. Incidents that were filed with it keep their place. Raises NotAllowed."""
    by.require(Act.file, f"{by.name} may not remove saved areas")
    session.delete(saved_area)
    session.flush()


def as_plain(where: Where) -> dict[str, Any]:
    """As JSON types; `from_plain` gives back the same."""
    plain: dict[str, Any] = {
        "codes": list(where.codes),
        "nears": [
            {"label": near.label, "latitude": near.circle.latitude, "longitude": near.circle.longitude, "radius_m": near.circle.radius_m}
            for near in where.nears
        ],
        "drawns": [{"label": each.label, "geojson": each.geojson} for each in where.drawns],
    }  # fmt: skip
    return plain | ({"but": as_plain(where.but)} if where.but else {})


def from_plain(plain: dict[str, Any]) -> Where:
    """A place from its JSON types."""
    nears = (
        Near(each["label"], Circle(each["latitude"], each["longitude"], each["radius_m"])) for each in plain["nears"]
    )
    drawns = (Drawn(each["label"], shapes.as_text(shapes.from_text(each["geojson"]))) for each in plain["drawns"])
    but = from_plain(plain["but"]) if plain.get("but") else None
    return Where(tuple(plain["codes"]), tuple(nears), tuple(drawns), but)
