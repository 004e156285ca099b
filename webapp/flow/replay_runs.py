"""A change of the rules tried on all that is stored, part by part, so that nobody waits for the whole and it can be stopped.

A run is fixed to what was stored when it began. Each part is added once, whoever asks for it how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, func, select

from rules.policy import Policy
from rules.replay import Change, replay
from webapp.db import add, changed_one, json_field, moment, word
from webapp.flow import history, replays
from webapp.flow.assessments import Assessment
from webapp.flow.history import PastIncident
from webapp.flow.people import Act, Person
from webapp.flow.policies import Amendment


class Sort(StrEnum):
    """What the rules are tried on."""

    decided = auto()  # our own incidents, as they were last decided
    imported = auto()  # what other pages announced


class ReplayRun(SQLModel, table=True):
    """One replay of one text."""

    __tablename__ = "replay_run"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    amendment_id: UUID = Field(foreign_key="amendment.id", index=True)
    version: str = Field(max_length=64)  # of the text that is tried
    against: str = Field(max_length=64)  # the version in force when it began
    sort: Sort = word(Sort)
    is_usual: bool = False  # what a page did not say is taken as usual, not with the most caution
    until: datetime = moment()  # what was stored later is not in it
    total: int
    looked_at: int = 0
    undecided: int = 0  # incidents of which a verdict hangs on facts that nobody knows
    cursor_at: datetime | None = moment(default=None)  # of the last one that was looked at
    cursor_id: UUID | None = None
    begun_by_id: UUID = Field(foreign_key="person.id")

    @property
    def is_done(self) -> bool:
        """Whether everything was looked at."""
        return self.looked_at >= self.total


class ReplayChange(SQLModel, table=True):
    """One verdict that would be another."""

    __tablename__ = "replay_change"
    id: int | None = Field(default=None, primary_key=True)
    run_id: UUID = Field(foreign_key="replay_run.id", index=True)
    incident_id: UUID  # ours, or a past one of others
    assessment_id: UUID | None = None  # by which ours was decided
    headline: str
    started_at: datetime = moment()
    channel: str = Field(max_length=24)  # as policies write it
    before: str = Field(max_length=8)
    after: str = Field(max_length=8)
    rules: list[str] = json_field()  # that fire now
    announced: list[str] | None = json_field(default=None, nullable=True)  # where it really was; None = not recorded
    is_certain: bool = True  # whatever the facts are that nobody knows


@dataclass(slots=True)
class Part:
    """Some incidents of a run, looked at and not yet kept."""

    looked_at: int
    cursor_at: datetime | None = None
    cursor_id: UUID | None = None
    undecided: int = 0
    changes: list[ReplayChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something changes in one way on one channel."""

    channel: str
    way: str  # gains, loses, or changes in another way
    number: int
    known: int  # of which it is recorded whether it was announced
    agree: int  # of which what was announced agrees with the new rules


def begin(
    session: Session, amendment: Amendment, *, version: str, against: str, sort: Sort, is_usual: bool, by: Person, now: datetime
) -> ReplayRun:  # fmt: skip
    """A new run in place of earlier ones of the same sort. Raises NotAllowed."""
    by.require(Act.approve, f"{by.name} may not replay rules; ask a communications lead")
    old = select(ReplayRun.id).where(ReplayRun.amendment_id == amendment.id, ReplayRun.sort == sort)
    session.execute(sa.delete(ReplayChange).where(col(ReplayChange.run_id).in_(old)))
    session.execute(
        sa.delete(ReplayRun).where(col(ReplayRun.amendment_id) == amendment.id, col(ReplayRun.sort) == sort)
    )
    run = ReplayRun(amendment_id=amendment.id, version=version, against=against, sort=sort, is_usual=is_usual, until=now,
                    total=number_of(session, sort), begun_by_id=by.id)  # fmt: skip
    return add(session, run)


def number_of(session: Session, sort: Sort) -> int:
    """How many incidents of a sort are stored."""
    counted = func.count(func.distinct(Assessment.incident_id)) if sort is Sort.decided else func.count(PastIncident.id)  # type: ignore[arg-type]  # a column
    return session.exec(select(counted)).one()


def run_of(session: Session, amendment: Amendment, sort: Sort) -> ReplayRun | None:
    """The run of a sort, if there is one."""
    wanted = select(ReplayRun).where(ReplayRun.amendment_id == amendment.id, ReplayRun.sort == sort)
    return session.exec(wanted).first()


def next_part(session: Session, run: ReplayRun, policy: Policy, against: Policy, *, most: int) -> Part:
    """The next incidents, oldest first. It only reads: nothing is locked while it computes."""
    if run.sort is Sort.decided:
        return _decided(session, run, policy, most=most)
    return _imported(session, run, policy, against, most=most)


def keep(session: Session, run_id: UUID, before: int, part: Part) -> bool:
    """Add a part to its run; False if it has been added already, or the run has been begun anew."""
    # The conditional UPDATE is the lock: of two that looked at the same incidents, one adds them.
    moved = sa.update(ReplayRun).where(col(ReplayRun.id) == run_id, col(ReplayRun.looked_at) == before)
    values: dict[str, Any] = {"looked_at": before + part.looked_at, "undecided": ReplayRun.undecided + part.undecided}
    if part.looked_at:
        values |= {"cursor_at": part.cursor_at, "cursor_id": part.cursor_id}
    else:  # fewer are left than were counted: an incident was deleted, or decided anew meanwhile
        values |= {"total": before}
    if not changed_one(session, moved.values(**values)):
        return False
    session.add_all(part.changes)
    session.flush()
    return True


def tallies(session: Session, run: ReplayRun) -> list[Tally]:
    """What changes how often, by channel."""
    found: dict[tuple[str, str], list[int]] = {}
    wanted = select(ReplayChange.channel, ReplayChange.before, ReplayChange.after, ReplayChange.announced)
    for channel, before, after, announced in session.exec(wanted.where(ReplayChange.run_id == run.id)):
        way = way_of(before, after)
        counts = found.setdefault((channel, way), [0, 0, 0])
        is_known = announced is not None and way != "other"
        counts[0] += 1
        counts[1] += is_known
        counts[2] += is_known and (channel in (announced or ())) is (way == "gains")
    return [Tally(channel, way, *counts) for (channel, way), counts in sorted(found.items())]


def way_of(before: str, after: str) -> str:
    """gains: the channel is used now and was not; loses: the reverse; else other."""
    return "gains" if after == "use" else "loses" if before == "use" else "other"


def changed(session: Session, run: ReplayRun) -> int:
    """Incidents with at least one change."""
    return session.exec(
        select(func.count(func.distinct(ReplayChange.incident_id))).where(ReplayChange.run_id == run.id)
    ).one()


def _decided(session: Session, run: ReplayRun, policy: Policy, *, most: int) -> Part:
    found = replays.last_decisions(session, until=run.until, after=(run.cursor_at, run.cursor_id), most=most)
    if not found:
        return Part(0)
    announced = replays.announced(session, [incident.id for _, incident in found])
    last, _ = found[-1]
    part = Part(len(found), last.assessed_at, last.id)
    for kept, incident in found:
        really = announced.get(incident.id, set())
        changes = list(replays.changes(kept, policy, really))
        part.changes += [
            _row(run, change, incident.id, incident.headline, incident.started_at, kept.id, sorted(really))
            for change in changes
        ]
    return part


def _imported(session: Session, run: ReplayRun, policy: Policy, against: Policy, *, most: int) -> Part:
    found = history.after(session, (run.cursor_at, run.cursor_id), until=run.until, most=most)
    if not found:
        return Part(0)
    ours = history.ours(session)
    past = [history.as_past(row, ours, usual=policy if run.is_usual else None) for row in found]
    numbered = [history.renamed(one, str(place)) for place, one in enumerate(past)]  # two pages may use one number
    replayed = replay(numbered, policy, against=against)
    rows = [(found[int(change.id)], change) for change in replayed.changes]
    return Part(
        len(found), found[-1].started_at, found[-1].id, replayed.undecided,
        [_row(run, change, row.id, row.headline, row.started_at, None, row.announced) for row, change in rows],
    )  # fmt: skip


def _row(
    run: ReplayRun, change: Change, incident_id: UUID, headline: str, started_at: datetime, assessment_id: UUID | None,
    announced: Sequence[str] | None,
) -> ReplayChange:  # fmt: skip
    return ReplayChange(
        run_id=run.id, incident_id=incident_id, assessment_id=assessment_id, headline=headline, started_at=started_at,
        channel=change.channel, before=change.before, after=change.after, rules=list(change.rules),
        announced=None if announced is None else list(announced), is_certain=change.is_certain,
    )  # fmt: skip
