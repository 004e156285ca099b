"""What has happened, or will: filed by operators, followed by updates, ended by a person or by its own time."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum, auto
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from rules import facts
from rules.terms import Certainty, Kind, Mode, Severity, Urgency
from webapp.db import add, moment, word
from webapp.flow import areas
from webapp.flow.areas import Drawn, Near, Where
from webapp.flow.audience import Concern
from webapp.flow.audit import record
from webapp.flow.components import Component, ComponentState, by_codes, with_kin
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotNow, NotValid
from webapp.geo.circles import Circle


class IncidentStatus(StrEnum):
    """Where an incident stands. Statuspage; the second row is maintenance's."""

    investigating = auto()
    identified = auto()
    monitoring = auto()
    resolved = auto()
    scheduled = auto()
    in_progress = auto()
    verifying = auto()
    completed = auto()

    @property
    def is_end(self) -> bool:
        """Whether nothing follows it."""
        return self in {IncidentStatus.resolved, IncidentStatus.completed}


MAINTENANCE_STATUSES = (
    IncidentStatus.scheduled,
    IncidentStatus.in_progress,
    IncidentStatus.verifying,
    IncidentStatus.completed,
)
OUTAGE_STATUSES = (
    IncidentStatus.investigating,
    IncidentStatus.identified,
    IncidentStatus.monitoring,
    IncidentStatus.resolved,
)


class Incident(SQLModel, table=True):
    """One incident. Its status is what people said; whether it is open also depends on the clock: see `status_at`."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    public_id: str = Field(unique=True, max_length=12)
    kind: Kind = word(Kind)
    mode: Mode = word(Mode, default=Mode.actual)
    headline: str
    status: IncidentStatus = word(IncidentStatus)
    severity: Severity = word(Severity, default=Severity.unknown)
    urgency: Urgency = word(Urgency, default=Urgency.unknown)
    certainty: Certainty = word(Certainty, default=Certainty.unknown)
    started_at: datetime = moment(index=True)
    expected_end_at: datetime | None = moment(default=None)
    ends_by_itself: bool = True  # over at the expected end, unless somebody says otherwise before
    next_update_at: datetime | None = moment(default=None)
    resolved_at: datetime | None = moment(default=None)
    noticeable: bool = False
    named_people: bool = False
    impersonation: bool = False
    sender_spoofed: bool = False
    sensitive: bool = False
    money_lost: bool = False
    affected_estimate: int | None = None  # said by a person; None = counted
    instruction: str = ""  # what people can do
    published_at: datetime | None = moment(default=None)  # on the status page with its facts
    filed_by_id: UUID = Field(foreign_key="person.id")
    filed_at: datetime = moment(index=True)

    @property
    def is_maintenance(self) -> bool:
        """Whether it is planned work."""
        return self.kind is Kind.maintenance

    def status_at(self, now: datetime) -> IncidentStatus:
        """The status as the clock has it: planned work starts, and what ends by itself ends, without anybody's help."""
        if self.status.is_end:
            return self.status
        is_over = self.ends_by_itself and self.expected_end_at is not None and self.expected_end_at <= now
        if self.is_maintenance:
            is_begun = self.status is not IncidentStatus.scheduled  # somebody said so, also before its time
            begun = IncidentStatus.in_progress if self.started_at <= now and not is_begun else self.status
            return IncidentStatus.completed if is_over else begun
        return IncidentStatus.resolved if is_over else self.status

    def ended_at(self, now: datetime) -> datetime | None:
        """When it ended; None = not yet."""
        return self.resolved_at or (self.expected_end_at if self.status_at(now).is_end else None)


class IncidentComponent(SQLModel, table=True):
    """A component that an incident touches, and how."""

    __tablename__ = "incident_component"
    incident_id: UUID = Field(foreign_key="incident.id", primary_key=True)
    component_id: UUID = Field(foreign_key="component.id", primary_key=True)
    state: ComponentState = word(ComponentState)


class IncidentArea(SQLModel, table=True):
    """A part of where an incident applies, or of what is excluded from it: a coded area, a circle, or a shape."""

    __tablename__ = "incident_area"
    id: int | None = Field(default=None, primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    area_code: str | None = Field(default=None, foreign_key="area.code", max_length=40)
    label: str = ""
    latitude: float | None = None
    longitude: float | None = None
    radius_m: float | None = None
    geojson: str | None = None
    is_excluded: bool = False


class Update(SQLModel, table=True):
    """A dated text on an incident. The note is for colleagues; the text is public once the incident is."""

    __tablename__ = "incident_update"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    public_id: str = Field(unique=True, max_length=12)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    status: IncidentStatus = word(IncidentStatus)
    note: str = ""
    at: datetime = moment(index=True)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")  # None = the clock


@dataclass(frozen=True, slots=True)
class Filing:
    """What an operator says of an incident. Checked by `check`."""

    kind: Kind
    started_at: datetime
    headline: str = ""
    mode: Mode = Mode.actual
    severity: Severity = Severity.unknown
    urgency: Urgency = Urgency.unknown
    certainty: Certainty = Certainty.unknown
    expected_end_at: datetime | None = None
    ends_by_itself: bool = True
    next_update_at: datetime | None = None
    components: tuple[str, ...] = ()  # codes
    where: Where = field(default_factory=Where)
    affected_estimate: int | None = None
    instruction: str = ""
    noticeable: bool = False
    named_people: bool = False
    impersonation: bool = False
    sender_spoofed: bool = False
    sensitive: bool = False
    money_lost: bool = False

    def as_facts(self, *, repeated: bool = False) -> facts.Incident:
        """What the rules may know of it."""
        known = {item.name for item in fields(facts.Incident)} & {item.name for item in fields(self)}
        return facts.Incident(
            public_place=not self.where.is_everywhere,
            repeated=repeated,
            **{name: getattr(self, name) for name in known},
        )


def check(session: Session, filing: Filing, *, now: datetime) -> None:
    """Raises NotValid for the first thing that cannot be."""
    by_codes(session, list(filing.components))
    if lost := areas.unknown(session, filing.where):
        raise NotValid("area_codes", f"There is no area {', '.join(lost)}; choose one that is listed")
    if filing.expected_end_at and filing.expected_end_at <= filing.started_at:
        raise NotValid("expected_end_at", "The end lies before the beginning; write a later time")
    if filing.expected_end_at and filing.expected_end_at <= now:
        raise NotValid("expected_end_at", "The end has passed already; write a later time, or leave it out")
    if filing.next_update_at and filing.next_update_at <= now:
        raise NotValid("next_update_at", "The next update must lie ahead")
    if filing.affected_estimate is not None and filing.affected_estimate < 0:
        raise NotValid("affected_estimate", "Write how many people, 0 or more")


def file_incident(
    session: Session, filing: Filing, *, by: Person, now: datetime, incident_id: UUID | None = None
) -> Incident:
    """Store an incident with its first update. `incident_id`: the door's own, by which it knows a form that comes twice.

    Raises NotAllowed, NotValid.
    """
    by.require(Act.file, f"{by.name} may not file incidents")
    check(session, filing, now=now)
    first = IncidentStatus.scheduled if filing.kind is Kind.maintenance else IncidentStatus.investigating
    same = {item.name for item in fields(filing)} - {"components", "where"}
    values: dict[str, Any] = {name: getattr(filing, name) for name in same}
    incident = add(
        session,
        Incident(
            id=incident_id or uuid4(), public_id=public_id(), status=first, filed_by_id=by.id, filed_at=now, **values
        ),
    )
    for component in by_codes(session, list(filing.components)):
        add(
            session,
            IncidentComponent(
                incident_id=incident.id, component_id=component.id, state=touched(filing.kind, filing.severity)
            ),
        )
    _store_where(session, incident, filing.where)
    add(session, Update(public_id=public_id(), incident_id=incident.id, status=first, at=now, by_id=by.id))
    record(
        session, "incident.filed", ("incident", incident.id), f"{by.name} filed “{incident.headline}”", by=by, now=now
    )
    return incident


def publish(session: Session, incident: Incident, *, by: Person, now: datetime) -> None:
    """Show it on the status page with its facts alone, which needs no second person. May be repeated."""
    if incident.mode is not Mode.actual:
        raise NotNow("An exercise is never shown to the public")
    if incident.published_at is None:
        incident.published_at = now
        add(session, incident)
        record(
            session,
            "incident.published",
            ("incident", incident.id),
            f"{by.name} put it on the status page",
            by=by,
            now=now,
        )


def lock(session: Session, incident_id: UUID) -> Incident:
    """The incident as it is now. Until this transaction ends, nobody else who locks it changes it or its notices.

    Whoever changes more than one row of an incident locks it first, so that no two wait for each other.
    """
    wanted = select(Incident).where(Incident.id == incident_id).with_for_update(key_share=True)
    return session.exec(wanted.execution_options(populate_existing=True)).one()


def update(
    session: Session, incident: Incident, status: IncidentStatus, *, note: str, by: Person | None, now: datetime
) -> Update:
    """Say where it stands. Raises NotNow once it has ended, NotValid for a status of the other kind. `by` None = the clock."""
    incident = lock(session, incident.id)
    if incident.status.is_end or (by and incident.status_at(now).is_end):
        raise NotNow("This incident has ended; file a new one")
    allowed = MAINTENANCE_STATUSES if incident.is_maintenance else OUTAGE_STATUSES
    if status not in allowed:
        raise NotValid("status", f"Choose one of {', '.join(allowed)}")
    before = incident.status
    incident.status = status
    if status.is_end:
        incident.resolved_at = now
    add(session, incident)
    who = by.name if by else "The clock"
    record(session, "incident.updated", ("incident", incident.id), f"{who} set it to {status.replace('_', ' ')}", by=by, now=now,
           before={"status": before}, after={"status": status, "note": note})  # fmt: skip
    return add(
        session,
        Update(
            public_id=public_id(),
            incident_id=incident.id,
            status=status,
            note=note,
            at=now,
            by_id=by.id if by else None,
        ),
    )


def move_end(
    session: Session,
    incident: Incident,
    end: datetime | None,
    next_update: datetime | None,
    *,
    by: Person,
    now: datetime,
) -> None:
    """Expect another end. Raises NotNow, NotValid."""
    incident = lock(session, incident.id)
    if incident.status_at(now).is_end:
        raise NotNow("This incident has ended; file a new one")
    if next_update and next_update <= now:
        if next_update != incident.next_update_at:
            raise NotValid("next_update_at", "The next update must lie ahead")
        next_update = None  # a promise whose time has passed is none
    if end and end <= now:
        raise NotValid("expected_end_at", "The end has passed already; write a later time, or resolve the incident")
    if end and end <= incident.started_at:
        raise NotValid("expected_end_at", "The end lies before the beginning; write a later time")
    if not end and not next_update:
        raise NotValid("next_update_at", "Without an end, say when the next update comes")
    before = {"expected_end_at": str(incident.expected_end_at), "next_update_at": str(incident.next_update_at)}
    incident.expected_end_at, incident.next_update_at = end, next_update
    add(session, incident)
    after = {"expected_end_at": str(end), "next_update_at": str(next_update)}
    record(
        session,
        "incident.moved",
        ("incident", incident.id),
        f"{by.name} moved its end",
        by=by,
        now=now,
        before=before,
        after=after,
    )


def filing_of(session: Session, incident: Incident) -> Filing:
    """What is known of a stored incident, as an operator would say it."""
    same = {item.name for item in fields(Filing)} - {"components", "where"}
    codes = tuple(component.code for component, _ in touching(session, incident))
    return Filing(components=codes, where=where(session, incident), **{name: getattr(incident, name) for name in same})


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of an incident, beside its own row."""

    components: list[tuple[Component, ComponentState]]
    where: Where
    updates: list[Update]  # newest first


def known_of(session: Session, found: Sequence[Incident]) -> dict[UUID, Known]:
    """The same for many incidents, in three queries whatever their number."""
    ids = [incident.id for incident in found]
    components: dict[UUID, list[tuple[Component, ComponentState]]] = {}
    touched = (
        select(IncidentComponent.incident_id, Component, IncidentComponent.state)
        .join(Component, col(IncidentComponent.component_id) == col(Component.id))
        .where(col(IncidentComponent.incident_id).in_(ids))
    )
    for incident_id, component, state in session.exec(touched.order_by(col(Component.position))):
        components.setdefault(incident_id, []).append((component, ComponentState(state)))
    parts: dict[UUID, list[IncidentArea]] = {}
    places = select(IncidentArea).where(col(IncidentArea.incident_id).in_(ids)).order_by(col(IncidentArea.id))
    for part in session.exec(places):
        parts.setdefault(part.incident_id, []).append(part)
    said: dict[UUID, list[Update]] = {}
    newest = select(Update).where(col(Update.incident_id).in_(ids)).order_by(col(Update.at).desc(), col(Update.id))
    for update in session.exec(newest):
        said.setdefault(update.incident_id, []).append(update)
    return {each: Known(components.get(each, []), _where(parts.get(each, [])), said.get(each, [])) for each in ids}


def touching(session: Session, incident: Incident) -> list[tuple[Component, ComponentState]]:
    """The components that it touches, and how."""
    rows = session.exec(
        select(Component, IncidentComponent.state)
        .join(IncidentComponent, col(IncidentComponent.component_id) == col(Component.id))
        .where(IncidentComponent.incident_id == incident.id)
        .order_by(col(Component.position))
    )
    return [(component, ComponentState(state)) for component, state in rows]


def where(session: Session, incident: Incident) -> Where:
    """Where it applies."""
    parts = session.exec(
        select(IncidentArea).where(IncidentArea.incident_id == incident.id).order_by(col(IncidentArea.id))
    ).all()
    return _where(parts)


def _where(parts: Sequence[IncidentArea]) -> Where:
    most = _union([part for part in parts if not part.is_excluded])
    rest = _union([part for part in parts if part.is_excluded])
    return replace(most, but=rest) if rest.has_parts else most


def _union(parts: Sequence[IncidentArea]) -> Where:
    nears = (
        Near(part.label, Circle(part.latitude, part.longitude, part.radius_m))
        for part in parts
        if part.latitude is not None and part.longitude is not None and part.radius_m is not None
    )
    return Where(
        codes=tuple(part.area_code for part in parts if part.area_code),
        nears=tuple(nears),
        drawns=tuple(Drawn(part.label, part.geojson) for part in parts if part.geojson),
    )


def concern_of(session: Session, filing: Filing) -> Concern:
    """Whom it concerns, as the audience counts."""
    ids = [component.id for component in with_kin(session, by_codes(session, list(filing.components)))]
    return Concern(where=filing.where, component_ids=tuple(ids), severity=filing.severity, kind=filing.kind)


def updates(session: Session, incident: Incident) -> list[Update]:
    """Newest first."""
    wanted = select(Update).where(Update.incident_id == incident.id).order_by(col(Update.at).desc(), col(Update.id))
    return list(session.exec(wanted))


def open_incidents(session: Session, *, now: datetime) -> list[Incident]:
    """Those that have not ended, newest first; planned work included."""
    wanted = select(Incident).where(col(Incident.resolved_at).is_(None)).order_by(col(Incident.started_at).desc())
    return [incident for incident in session.exec(wanted) if not incident.status_at(now).is_end]


def ended_by_clock(session: Session, *, now: datetime) -> list[Incident]:
    """Those whose own time has ended them and that nobody has closed in the books yet."""
    is_due = sa.and_(
        col(Incident.resolved_at).is_(None), col(Incident.ends_by_itself), col(Incident.expected_end_at) <= now
    )
    return list(session.exec(select(Incident).where(is_due).order_by(col(Incident.id))))


def touched(kind: Kind, severity: Severity) -> ComponentState:
    """How an incident shows on its components."""
    if kind in {Kind.fraud, Kind.data_breach}:
        return ComponentState.operational  # it works; it is people who are in danger
    if kind is Kind.maintenance:
        return ComponentState.under_maintenance
    if kind is Kind.degradation:
        return ComponentState.degraded_performance
    return ComponentState.major_outage if severity >= Severity.severe else ComponentState.partial_outage


def public_id() -> str:
    """Twelve characters a to z, 0 to 9, as programs know things."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))


def area_words(session: Session, incident: Incident, language: str = "en") -> str:
    """Where it applies, as people say it; "" = everywhere."""
    return areas.in_words(session, where(session, incident), language)


def area_phrases(session: Session, incident: Incident) -> dict[str, str]:
    """The same as a part of a sentence, by language."""
    return areas.in_sentences(session, where(session, incident))


def _store_where(session: Session, incident: Incident, place: Where) -> None:
    _store_union(session, incident, place, is_excluded=False)
    if place.but is not None:
        _store_union(session, incident, place.but, is_excluded=True)


def _store_union(session: Session, incident: Incident, place: Where, *, is_excluded: bool) -> None:
    same: dict[str, Any] = {"incident_id": incident.id, "is_excluded": is_excluded}
    for code in dict.fromkeys(place.codes):
        add(session, IncidentArea(area_code=code, **same))
    for near in place.nears:
        circle = near.circle
        add(session, IncidentArea(label=near.label, latitude=circle.latitude, longitude=circle.longitude,
                                  radius_m=circle.radius_m, **same))  # fmt: skip
    for each in place.drawns:
        add(session, IncidentArea(label=each.label, geojson=each.geojson, **same))
