"""Stored decisions under rules: again under their own, or as another policy would have decided them."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from rules.advice import advise, as_json
from rules.decision import decide
from rules.facts import Case
from rules.policy import Policy
from rules.replay import Change
from rules.timing import timing_of
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice, NoticeChannel
from webapp.flow.policies import PolicyVersion, compiled

Thing = TypeVar("Thing")


Cursor = tuple[datetime | None, UUID | None]  # the moment and id of the last one; None = from the beginning


def case_of(assessment: Assessment) -> Case:
    """Everything that a decision was made from, as it was kept."""
    return _restored(Case, assessment.facts)


def again(session: Session, assessment: Assessment) -> dict[str, Any]:
    """The same facts under the same rules, computed now."""
    stored = session.get_one(PolicyVersion, assessment.policy_version)
    return as_json(advise(case_of(assessment), compiled(stored)))


def last_decisions(session: Session, *, until: datetime, after: Cursor, most: int) -> list[tuple[Assessment, Incident]]:
    """The last decision on each stored incident, the oldest first, from behind the cursor."""
    newest = (
        select(Assessment.incident_id, func.max(Assessment.assessed_at).label("at"))
        .where(col(Assessment.assessed_at) <= until)
        .group_by(col(Assessment.incident_id))
        .subquery()
    )
    # Two at the same moment: one of them is the last.
    one_each = (
        select(func.max(sa.cast(Assessment.id, sa.String)).label("id"))
        .join(newest, (newest.c.incident_id == Assessment.incident_id) & (newest.c.at == Assessment.assessed_at))
        .group_by(col(Assessment.incident_id))
        .subquery()
    )
    wanted = (
        select(Assessment, Incident)
        .join(Incident, col(Incident.id) == col(Assessment.incident_id))
        .where(sa.cast(Assessment.id, sa.String).in_(select(one_each.c.id)))
        .order_by(col(Assessment.assessed_at), col(Assessment.id))
        .limit(most)
    )
    at, last = after
    if at is not None:
        is_later = (col(Assessment.assessed_at) > at) | (
            (col(Assessment.assessed_at) == at) & (col(Assessment.id) > last)
        )
        wanted = wanted.where(is_later)
    return list(session.exec(wanted).all())


def changes(kept: Assessment, policy: Policy, announced: set[str]) -> Iterator[Change]:
    """Before is what was decided, as it was kept. A channel that the policy does not know any more is left out."""
    case, known = case_of(kept), {figures.key for figures in policy.figures.channels.values()}
    case = replace(case, channels={key: setup for key, setup in case.channels.items() if key in known})
    for channel, decision in decide(case, policy, timing_of(case, policy.figures)).items():
        before = kept.result["channels"].get(decision.figures.key, {}).get("verdict", "none")
        if before != decision.verdict.value:
            fired = tuple(rule.name for rule in decision.findings.fired)
            yield Change(str(kept.incident_id), channel, before, decision.verdict.value, channel in announced, fired)


def announced(session: Session, incident_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Channels on which something was really said, by incident; as policies write them."""
    said: dict[UUID, set[str]] = {}
    wanted = (
        select(Notice.incident_id, NoticeChannel.channel)
        .join(NoticeChannel, col(NoticeChannel.notice_id) == col(Notice.id))
        .where(col(Notice.live_at).is_not(None), col(Notice.incident_id).in_(incident_ids))
    )
    for incident_id, channel in session.exec(wanted):
        said.setdefault(incident_id, set()).add(channel.replace("_", " "))
    return said


@cache
def _hints(kind: type[object]) -> dict[str, Any]:
    return get_type_hints(kind)


def _restored(kind: type[Thing], kept: dict[str, Any]) -> Thing:
    """The reverse of `assessments.as_plain`. A field that was not kept yet is as usual."""
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: _value(hints[name], value) for name, value in kept.items() if name in names})


def _value(kind: Any, kept: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return None if kept is None else _value(next(one for one in inner if one is not type(None)), kept)
    if origin in {tuple, frozenset}:
        return origin(_value(inner[0], one) for one in kept)
    if origin is not None:  # a mapping
        return {name: _value(inner[1], one) for name, one in kept.items()}
    if is_dataclass(kind):
        return _restored(kind, kept)  # type: ignore[arg-type]  # a class, not one of its objects
    return datetime.fromisoformat(kept) if kind is datetime else kind(kept)
