"""What the public may see now: the one visibility function, for the page, the feeds and the programs.

Computed from the rows and the clock: a notice past its end or an incident that has ended is never shown as live,
whichever process is dead.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules.terms import Mode, Severity
from webapp.flow import areas, incidents, texts
from webapp.flow.components import Component, ComponentState, components
from webapp.flow.incidents import Incident, IncidentStatus, Known
from webapp.flow.notices import Message, Notice, NoticeText
from webapp.flow.organisation import Organisation, organisation
from webapp.flow.postings import STATUS_PAGE, Posting, PostingState
from webapp.flow.texts import Told

HISTORY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice as the public sees it."""

    notice: Notice
    texts: dict[str, NoticeText]  # by language
    bodies: dict[str, str]  # what was approved for the status page, by language
    published_at: datetime
    is_live: bool


@dataclass(frozen=True, slots=True)
class ShownUpdate:
    """Where an incident stood from a moment on. The note is for colleagues and not here."""

    public_id: str
    status: IncidentStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownIncident:
    """An incident as the public sees it: its facts, its updates newest first, and the approved notices on it."""

    incident: Incident
    name: str  # one line, in the reader's language
    status: IncidentStatus
    impact: str  # none, minor, major, critical, maintenance
    components: list[tuple[Component, ComponentState]]
    where: str  # "" = everywhere
    published_at: datetime
    ended_at: datetime | None
    updates: list[ShownUpdate]
    notices: list[ShownNotice]

    def is_ahead(self, now: datetime) -> bool:
        """Whether it has not begun: planned work, and what else is announced before its time."""
        return self.status is IncidentStatus.scheduled or (
            self.incident.started_at > now and not self.incident.is_maintenance and not self.status.is_end
        )

    @property
    def live_notices(self) -> list[ShownNotice]:
        """Those in force, newest first."""
        return [shown for shown in self.notices if shown.is_live]

    def changed_at(self, now: datetime) -> datetime:
        """When the public last saw it change; an end that came by itself is a change."""
        moments = [
            self.published_at,
            self.ended_at,
            self.incident.started_at if self.incident.is_maintenance else None,
            *(update.at for update in self.updates),
            *(own.published_at for own in self.notices),
            *(own.notice.expires_at for own in self.notices),
            *(own.notice.retired_at for own in self.notices),
        ]
        return max(moment for moment in moments if moment is not None and moment <= now)


@dataclass(frozen=True, slots=True)
class ShownComponent:
    """A component and its state now; groups hold theirs."""

    component: Component
    state: ComponentState
    children: list["ShownComponent"] = field(default_factory=list)

    @property
    def flat(self) -> list["ShownComponent"]:
        """It and all that it holds, in one list."""
        return [self, *(each for child in self.children for each in child.flat)]


@dataclass(frozen=True, slots=True)
class Surface:
    """The whole public picture at one moment."""

    organisation: Organisation
    at: datetime
    components: list[ShownComponent]
    open: list[ShownIncident]  # running now, worst first
    upcoming: list[ShownIncident]  # not begun yet, soonest first
    history: list[ShownIncident]  # ended within 90 days, newest first
    updated_at: datetime

    @property
    def state(self) -> ComponentState:
        """The worst state of any component, or of an incident that touches none."""
        states = [shown.state for shown in self.flat_components] or [ComponentState.operational]
        return max(states, key=lambda state: state.badness)

    @property
    def impact(self) -> str:
        """Statuspage's word for the whole: none, minor, major, critical, maintenance."""
        order = ("none", "maintenance", "minor", "major", "critical")
        return max([shown.impact for shown in self.open] or ["none"], key=order.index)

    @property
    def flat_components(self) -> list[ShownComponent]:
        """Groups and all that they hold in one list."""
        return [each for shown in self.components for each in shown.flat]


def shown(session: Session, *, now: datetime, language: str = "en") -> Surface:
    """What the public may see at this moment."""
    ours = organisation(session)
    since = (col(Incident.resolved_at).is_(None)) | (col(Incident.resolved_at) > now - HISTORY)
    every = _visible(session, since, now=now, language=language)
    running = [each for each in every if not each.status.is_end and not each.is_ahead(now)]
    order = ("maintenance", "none", "minor", "major", "critical")
    ended = [each for each in every if each.ended_at and each.ended_at > now - HISTORY]
    states = _states(session, running)
    return Surface(
        organisation=ours,
        at=now,
        components=states,
        open=sorted(running, key=lambda each: (-order.index(each.impact), -each.published_at.timestamp())),
        upcoming=sorted(
            (each for each in every if each.is_ahead(now)),
            key=lambda each: each.incident.started_at,
        ),
        history=sorted(ended, key=lambda each: each.ended_at or now, reverse=True),
        updated_at=max(
            [each.changed_at(now) for each in every] + [part.component.updated_at for part in states], default=now
        ),
    )


def shown_incident(session: Session, public_id: str, *, now: datetime, language: str = "en") -> ShownIncident | None:
    """One incident, if the public may see it."""
    found = _visible(session, col(Incident.public_id) == public_id, now=now, language=language)
    return found[0] if found else None


def during(
    session: Session, start: datetime, end: datetime, *, now: datetime, language: str = "en"
) -> list[ShownIncident]:
    """What ran at some time from `start` up to `end`, open or over, newest first."""
    not_over = sa.or_(col(Incident.resolved_at).is_(None), col(Incident.resolved_at) >= start)
    found = _visible(session, sa.and_(col(Incident.started_at) < end, not_over), now=now, language=language)
    return [each for each in found if each.ended_at is None or each.ended_at >= start]


def oldest_at(session: Session, *, now: datetime) -> datetime:
    """Before this moment there is nothing to see; now, if there is nothing at all."""
    published = col(Incident.published_at).is_not(None)
    posted = col(Incident.id).in_(sa.select(col(Notice.incident_id)).where(col(Notice.live_at).is_not(None)))
    wanted = select(sa.func.min(col(Incident.started_at))).where(Incident.mode == Mode.actual, published | posted)
    oldest = session.exec(wanted).one()
    return min(oldest, now) if oldest else now


def impact(kind_is_maintenance: bool, severity: Severity) -> str:
    """Statuspage's word for a severity."""
    if kind_is_maintenance:
        return "maintenance"
    match severity:
        case Severity.severe | Severity.extreme:
            return "critical"
        case Severity.moderate:
            return "major"
        case Severity.minor | Severity.unknown:
            return "minor"


def _visible(session: Session, wanted: sa.ColumnElement[bool], *, now: datetime, language: str) -> list[ShownIncident]:
    actual = select(Incident).where(Incident.mode == Mode.actual, wanted)
    found = session.exec(actual.order_by(col(Incident.filed_at).desc())).all()
    notices = _notices(session, [incident.id for incident in found], now=now)
    known = incidents.known_of(session, found)
    visible = (
        _shown(session, incident, known[incident.id], notices.get(incident.id, []), now=now, language=language)
        for incident in found
    )
    return [each for each in visible if each is not None]


def _shown(
    session: Session, incident: Incident, known: Known, notices: list[ShownNotice], *, now: datetime, language: str
) -> ShownIncident | None:
    is_over = incident.status_at(now).is_end
    own = [replace(each, is_live=each.is_live and not is_over) for each in notices]
    moments = [each.published_at for each in own] + ([incident.published_at] if incident.published_at else [])
    if not moments or min(moments) > now:
        return None
    parts = tuple(component.name for component, _ in known.components)
    return ShownIncident(
        incident=incident,
        name=_name(
            incident,
            own,
            parts,
            areas.in_sentences(session, known.where),
            language=language,
            default_language=organisation(session).languages[0],
        ),
        status=incident.status_at(now),
        impact=impact(incident.is_maintenance, incident.severity),
        components=known.components,
        where=areas.in_words(session, known.where, language),
        published_at=min(moments),
        ended_at=incident.ended_at(now),
        updates=[
            ShownUpdate(update.public_id, update.status, update.at) for update in known.updates if update.at <= now
        ],
        notices=own,
    )


def _name(
    incident: Incident,
    notices: list[ShownNotice],
    parts: tuple[str, ...],
    where: dict[str, str],
    *,
    language: str,
    default_language: str,
) -> str:
    """As the newest notice has it; without one, what the operator wrote; in other languages, what the facts say."""
    said = next((own.texts[language].headline for own in notices if language in own.texts), "")
    if said or (incident.headline and language == default_language):
        return said or incident.headline
    told = Told(
        organisation="", time_zone="", kind=incident.kind, mode=incident.mode, headline="", components=parts, where=where,
        started_at=incident.started_at, expires_at=None, next_update_at=None, instruction="", status_url="", code="",
    )  # fmt: skip
    return texts.what(told, language)


def _notices(session: Session, incident_ids: list[UUID], *, now: datetime) -> dict[UUID, list[ShownNotice]]:
    rows = session.exec(
        select(Notice, Posting.live_at)
        .join(Posting, col(Posting.notice_id) == col(Notice.id))
        .where(
            col(Notice.incident_id).in_(incident_ids), Notice.mode == Mode.actual, Posting.channel == STATUS_PAGE,
            col(Posting.live_at) <= now, col(Posting.state) != PostingState.cancelled,
        )
        .order_by(col(Posting.live_at).desc())
    ).all()  # fmt: skip
    ids = [notice.id for notice, _ in rows]
    said: dict[UUID, dict[str, NoticeText]] = {}
    for text in session.exec(select(NoticeText).where(col(NoticeText.notice_id).in_(ids))):
        said.setdefault(text.notice_id, {})[text.language] = text
    bodies: dict[UUID, dict[str, str]] = {}
    for message in session.exec(select(Message).where(col(Message.notice_id).in_(ids), Message.channel == STATUS_PAGE)):
        bodies.setdefault(message.notice_id, {})[message.language] = message.body
    found: dict[UUID, list[ShownNotice]] = {}
    for notice, live_at in rows:
        own = ShownNotice(
            notice, said.get(notice.id, {}), bodies.get(notice.id, {}), live_at or now, notice.is_live_at(now)
        )
        found.setdefault(notice.incident_id, []).append(own)
    return found


def _states(session: Session, running: list[ShownIncident]) -> list[ShownComponent]:
    worst: dict[UUID, ComponentState] = {}
    for each in running:
        for component, state in each.components:
            worst[component.id] = max(
                state, worst.get(component.id, ComponentState.operational), key=lambda found: found.badness
            )
    every = components(session)
    inside: dict[UUID | None, list[Component]] = {}
    for component in every:
        inside.setdefault(component.group_id, []).append(component)
    return [_with_children(component, inside, worst) for component in inside.get(None, [])]


def _with_children(
    component: Component, inside: dict[UUID | None, list[Component]], worst: dict[UUID, ComponentState]
) -> ShownComponent:
    children = [_with_children(child, inside, worst) for child in inside.get(component.id, [])]
    own = worst.get(component.id, ComponentState.operational)
    state = max([own, *(child.state for child in children)], key=lambda found: found.badness)
    return ShownComponent(component, state, children)
