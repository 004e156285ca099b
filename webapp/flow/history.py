"""What others announced before: incidents of a status page, kept so that rules can be replayed on them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, func, select

from rules.figures import Medium
from rules.past import Past
from rules.policy import Policy
from rules.terms import Certainty, Kind, Severity, Urgency
from rules.vocabulary import vocabulary
from webapp.db import json_field, moment, word
from webapp.flow.audit import record
from webapp.flow.components import components
from webapp.flow.organisation import Organisation, channel_setups
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotFound
from webapp.flow.statuspage import Report, Reported, Unusable


class PastIncident(SQLModel, table=True):
    """One incident of another system. What nobody said is None, unknown, or not among the facts."""

    __tablename__ = "past_incident"
    __table_args__ = (sa.UniqueConstraint("source", "external_id"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    source: str = Field(max_length=36)  # the page's id
    source_name: str
    external_id: str = Field(max_length=64)
    headline: str
    kind: Kind | None = word(Kind, default=None)
    severity: Severity = word(Severity, default=Severity.unknown)
    urgency: Urgency = word(Urgency, default=Urgency.unknown)
    certainty: Certainty = word(Certainty, default=Certainty.unknown)
    started_at: datetime = moment(index=True)
    ended_at: datetime | None = moment(default=None)
    announced_at: datetime = moment()  # the first word on the page
    revised_at: datetime = moment()  # as the page says
    components: list[str] = json_field(default_factory=list)  # names as the page has them
    facts: dict[str, Any] = json_field(default_factory=dict)  # as rules know them, at the first word
    announced: list[str] | None = json_field(default=None, nullable=True)  # all channels used; None = not recorded
    imported_at: datetime = moment()


@dataclass(slots=True)
class Imported:
    """What came of an import, with the reason for everything that was not taken."""

    created: int = 0
    updated: int = 0
    skipped: list[Unusable] = field(default_factory=list)
    invalid: list[Unusable] = field(default_factory=list)

    def __str__(self) -> str:
        """Counts only."""
        return (
            f"{self.created} created, {self.updated} updated, {len(self.skipped)} skipped, {len(self.invalid)} invalid"
        )


def import_past(
    session: Session, reports: Sequence[Report], *, by: Person | None, now: datetime, dry_run: bool = False
) -> Imported:
    """Store what pages report; what is there already is brought up to date. by: None = somebody at the machine.

    Raises NotAllowed.
    """
    if by:
        by.require(Act.approve, "Only leads may import past incidents")
    session.exec(select(Organisation).with_for_update()).first()  # of two imports at once, one waits
    done = Imported(invalid=[one for report in reports for one in report.unusable])
    sources = {report.source for report in reports}
    stored = {
        (row.source, row.external_id): row
        for row in session.exec(select(PastIncident).where(col(PastIncident.source).in_(sources)))
    }
    met: set[tuple[str, str]] = set()
    for report, told in [(each, told) for each in reports for told in each.incidents]:
        key = (report.source, told.external_id)
        if key in met:
            done.skipped.append(Unusable(told.external_id, "it comes twice; the first counts"))
            continue
        met.add(key)
        _import_one(session, row_of(report, told, now=now), stored.get(key), done, dry_run=dry_run)
    if not dry_run and (done.created or done.updated):
        pages = ", ".join(sorted({report.source_name for report in reports}))
        sentence = f"{by.name if by else 'Somebody at the machine'} imported past incidents of {pages}: {done}"
        record(session, "history.imported", ("history", min(sources)), sentence, by=by, now=now)
        session.flush()
    return done


def _import_one(
    session: Session, told: PastIncident, stored: PastIncident | None, done: Imported, *, dry_run: bool
) -> None:
    if stored is None:
        done.created += 1
        if not dry_run:
            session.add(told)
        return
    if told.revised_at < stored.revised_at:
        done.skipped.append(Unusable(told.external_id, "what is stored is newer"))
        return
    new = told.model_dump(exclude={"id", "imported_at", "announced"})
    if new == stored.model_dump(include=set(new)):
        done.skipped.append(Unusable(told.external_id, "nothing has changed"))
        return
    done.updated += 1
    if not dry_run:
        stored.sqlmodel_update(new | {"imported_at": told.imported_at})
        session.add(stored)


def row_of(report: Report, told: Reported, *, now: datetime) -> PastIncident:
    """Not yet stored."""
    return PastIncident(source=report.source, source_name=report.source_name, imported_at=now, **asdict(told))


def past_incidents(session: Session) -> list[PastIncident]:
    """All, the newest first."""
    return list(session.exec(select(PastIncident).order_by(col(PastIncident.started_at).desc(), col(PastIncident.id))))


def after(
    session: Session, cursor: tuple[datetime | None, UUID | None], *, until: datetime, most: int
) -> list[PastIncident]:
    """Some, the oldest first, from behind the moment and id of the last one."""
    wanted = (
        select(PastIncident)
        .where(col(PastIncident.imported_at) <= until)
        .order_by(col(PastIncident.started_at), col(PastIncident.id))
    )
    at, last = cursor
    if at is not None:
        is_later = (col(PastIncident.started_at) > at) | (
            (col(PastIncident.started_at) == at) & (col(PastIncident.id) > last)
        )
        wanted = wanted.where(is_later)
    return list(session.exec(wanted.limit(most)))


def renamed(past: Past, name: str) -> Past:
    """The same under another name."""
    return replace(past, id=name)


@dataclass(frozen=True, slots=True)
class Source:
    """A page of which past incidents are stored."""

    code: str
    name: str
    incidents: int
    first_at: datetime
    last_at: datetime


def sources(session: Session) -> list[Source]:
    """All, by name."""
    page = PastIncident
    wanted = select(page.source, func.max(page.source_name), func.count(), func.min(page.started_at), func.max(page.started_at))  # type: ignore[call-overload]  # five columns  # fmt: skip
    return sorted((Source(*row) for row in session.exec(wanted.group_by(page.source))), key=lambda one: one.name)


def forget(session: Session, source: str, *, by: Person, now: datetime) -> int:
    """Delete all that was imported of a page; how many. Raises NotAllowed, NotFound."""
    by.require(Act.approve, f"{by.name} may not delete past incidents; ask a communications lead")
    known = next((one for one in sources(session) if one.code == source), None)
    if known is None:
        raise NotFound("Nothing of that page is stored any more")
    session.execute(sa.delete(PastIncident).where(col(PastIncident.source) == source))
    sentence = f"{by.name} deleted {known.incidents} imported past incidents of {known.name}"
    record(session, "history.deleted", ("history", source), sentence, by=by, now=now)
    return known.incidents


@dataclass(frozen=True, slots=True)
class Ours:
    """What a replay must know of us: our channels, and our components as their names."""

    channels: tuple[str, ...]  # as policies write them
    codes: Mapping[str, str]  # of components, by name in small letters


def ours(session: Session) -> Ours:
    """As this installation is set up."""
    channels = tuple(setup.channel.replace("_", " ") for setup in channel_setups(session))
    return Ours(channels, {one.name.casefold(): one.code for one in components(session)})


def as_past(row: PastIncident, ours: Ours, *, usual: Policy | None = None) -> Past:
    """As a replay takes it, unknown facts left out. usual: whatever is unknown is as usual on this policy's channels."""
    facts: dict[str, Any] = dict(row.facts)
    codes = [ours.codes.get(name.casefold()) for name in row.components]
    if codes and all(codes):  # of parts that are not ours the rules know nothing
        facts["components"] = codes
    facts |= {f"announced@{channel}": "no" for channel in ours.channels}  # it is the first word
    if usual:
        facts = {name: value for channel in ours.channels for name, value in _usual(channel, usual)} | facts
    announced = None if row.announced is None else frozenset(row.announced)
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return Past(id=row.external_id, facts=facts, announced=announced)


def _usual(channel: str, policy: Policy) -> Iterator[tuple[str, Any]]:
    """Every fact as a scenario has it that says nothing of it."""
    figures = next((one for one in policy.figures.channels.values() if one.name == channel), None)
    is_public = figures is not None and figures.medium is not Medium.addresses
    public = {"sent to": "the public", "recipients": 0.0, "people asked": 0.0} if is_public else {}
    for fact in vocabulary().facts.values():
        name = f"{fact.name}@{channel}" if fact.per_channel else fact.name
        value = public.get(fact.name, fact.usual)
        yield name, list(value) if isinstance(value, tuple) else value


def as_line(past: Past) -> str:
    """One line of a file for `python -m rules replay`."""
    line: dict[str, Any] = {"id": past.id, "facts": dict(past.facts)}
    if past.announced is not None:
        line["announced"] = sorted(past.announced)
    return json.dumps(line, ensure_ascii=False)
