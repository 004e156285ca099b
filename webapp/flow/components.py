"""The parts of the service that people know by name."""

from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID, uuid4

from sqlmodel import Field, Session, SQLModel, col, select

from webapp.db import moment
from webapp.flow.refusals import NotValid


class ComponentState(StrEnum):
    """How a part of the service does, better ones first. Statuspage."""

    operational = auto()
    under_maintenance = auto()
    degraded_performance = auto()
    partial_outage = auto()
    major_outage = auto()

    @property
    def badness(self) -> int:
        """0 = all is well."""
        return list(ComponentState).index(self)


class Component(SQLModel, table=True):
    """A part of the service. Its state is never stored: it follows from the incidents and the clock."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    public_id: str = Field(unique=True, max_length=12)  # as programs know it
    code: str = Field(unique=True, max_length=40)  # as policies and imports know it
    name: str
    description: str = ""
    group_id: UUID | None = Field(default=None, foreign_key="component.id")
    is_group: bool = False
    position: int = 0
    created_at: datetime = moment()
    updated_at: datetime = moment()


def components(session: Session) -> list[Component]:
    """All, in the order in which they are shown."""
    return list(session.exec(select(Component).order_by(col(Component.position), col(Component.name))))


def by_codes(session: Session, codes: list[str]) -> list[Component]:
    """The components with these codes. Raises NotValid for one that does not exist."""
    found = {component.code: component for component in components(session)}
    for code in codes:
        if code not in found:
            raise NotValid("components", f"There is no component {code!r}; there are {', '.join(sorted(found))}")
    return [found[code] for code in dict.fromkeys(codes)]


def with_kin(session: Session, touched: list[Component]) -> list[Component]:
    """These, the groups that hold them and all that they hold: whoever follows one of those is concerned."""
    every = {component.id: component for component in components(session)}
    found = {component.id for component in touched}
    for component in touched:
        holder = component.group_id
        while holder is not None and holder not in found:
            found.add(holder)
            holder = every[holder].group_id
    held = {component.id for component in touched}
    while held:
        held = {each.id for each in every.values() if each.group_id in held} - found
        found |= held
    return [component for component in every.values() if component.id in found]
