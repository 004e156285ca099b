"""What the rules said of an incident, with everything that they were told: kept as it was, never recomputed silently."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import Field, Session, SQLModel, col, select

from rules import facts
from rules.advice import Advice, advise, as_json
from rules.policy import Policy
from rules.terms import MessageType, Verdict
from webapp.db import add, json_field, moment
from webapp.flow import budget, channel_health, contradiction, counting, recent
from webapp.flow.audience import Counted
from webapp.flow.components import components
from webapp.flow.incidents import Filing, Incident, concern_of, filing_of
from webapp.flow.organisation import ChannelSetup, Organisation, channel_setups, organisation
from webapp.flow.people import Person
from webapp.flow.policies import policy_in_force

BROADCAST = {"status_page", "facebook"}  # channels without addresses of ours


class Assessment(SQLModel, table=True):
    """One recommendation, as it was given."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    policy_version: str = Field(foreign_key="policy_version.version", max_length=64)
    facts: dict[str, Any] = json_field()
    result: dict[str, Any] = json_field()
    assessed_at: datetime = moment(index=True)
    by_id: UUID | None = Field(default=None, foreign_key="person.id")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation with what it was made from."""

    case: facts.Case
    policy: Policy
    advice: Advice
    counted: Counted
    unknown: tuple[str, ...] = ()  # channels that are set up, but the rules in force have no figures for them


def recommend(
    session: Session,
    filing: Filing,
    *,
    now: datetime,
    incident: Incident | None = None,
    text: facts.Text | None = None,
    segments: Mapping[str, int] | None = None,
    message_type: MessageType = MessageType.alert,
) -> Recommendation:
    """What the policy in force says of this, without storing anything.

    `incident`: the stored one, if it is. `segments`: per message, by channel.
    """
    policy = policy_in_force(session, now=now)
    known = {figures.key for figures in policy.figures.channels.values()}
    every = channel_setups(session)
    setups = [setup for setup in every if setup.channel in known]  # rules of before a channel came judge the others
    counted = counting.count(session, concern_of(session, filing), channels=direct(setups))
    case = _case(session, filing, setups, counted, now=now, incident=incident, segments=segments or {}, policy=policy)
    case = replace(case, text=text, message_type=message_type)
    advice = advise(case, policy)
    if contradiction.shows_as_working(session, filing, incident, now=now, message_type=message_type):
        case, advice = _contradicted(case, policy, advice)
    unknown = tuple(setup.channel for setup in every if setup.channel not in known)
    return Recommendation(case=case, policy=policy, advice=advice, counted=counted, unknown=unknown)


def assess(
    session: Session,
    incident: Incident,
    *,
    by: Person | None,
    now: datetime,
    text: facts.Text | None = None,
    segments: Mapping[str, int] | None = None,
    message_type: MessageType = MessageType.alert,
) -> Assessment:
    """Recommend for a stored incident, and keep the answer."""
    filing = filing_of(session, incident)
    given = recommend(
        session, filing, now=now, incident=incident, text=text, segments=segments, message_type=message_type
    )
    kept = Assessment(
        incident_id=incident.id,
        policy_version=given.policy.version,
        facts=as_plain(given.case),
        result=as_kept(given),
        assessed_at=now,
        by_id=by.id if by else None,
    )
    return add(session, kept)


def as_kept(given: Recommendation) -> dict[str, Any]:
    """As JSON, with the channels that the rules could not judge, if there are any."""
    return as_json(given.advice) | ({"without_figures": list(given.unknown)} if given.unknown else {})


def newest(session: Session, incident: Incident) -> Assessment | None:
    """The last one of an incident."""
    wanted = (
        select(Assessment).where(Assessment.incident_id == incident.id).order_by(col(Assessment.assessed_at).desc())
    )
    return session.exec(wanted).first()


def direct(setups: list[ChannelSetup]) -> list[str]:
    """The channels that need an address of each person."""
    return [setup.channel for setup in setups if setup.channel not in BROADCAST]


def as_plain(thing: Any) -> Any:
    """A frozen input as JSON types: moments as ISO 8601, sets as sorted lists."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return as_plain(asdict(thing))
    if isinstance(thing, Mapping):
        return {str(key): as_plain(value) for key, value in thing.items()}
    if isinstance(thing, frozenset | set):
        return sorted(as_plain(item) for item in thing)
    if isinstance(thing, list | tuple):
        return [as_plain(item) for item in thing]
    if isinstance(thing, datetime):
        return thing.isoformat()
    return thing.value if isinstance(thing, StrEnum) else thing


def _case(
    session: Session,
    filing: Filing,
    setups: list[ChannelSetup],
    counted: Counted,
    *,
    now: datetime,
    incident: Incident | None,
    segments: Mapping[str, int],
    policy: Policy,
) -> facts.Case:
    ours = organisation(session)
    reachable = sum(group.people for group in counted.groups)
    counted_or_all = ours.customers if filing.where.is_everywhere else counted.people
    affected = counted_or_all if filing.affected_estimate is None else filing.affected_estimate
    repeated = recent.is_repeated(session, filing, now=now, but=incident.id if incident else None)
    return facts.Case(
        now=now,
        organisation=_organisation(session, ours, setups, policy, now=now),
        channels=_channels(session, filing, setups, counted, now=now, incident=incident, segments=segments),
        incident=filing.as_facts(repeated=repeated),
        audience=facts.Audience(
            max(affected, reachable),
            counted.groups,
            counted.languages,
            is_estimate=filing.affected_estimate is not None,
        ),
        component_names={each.code: each.name for each in components(session) if each.code in filing.components},
    )


def _organisation(
    session: Session, ours: Organisation, setups: list[ChannelSetup], policy: Policy, *, now: datetime
) -> facts.Organisation:
    """What is spent is only counted where there is a budget."""
    has_budget = ours.month_budget is not None
    return facts.Organisation(
        name=ours.name,
        time_zone=ours.time_zone,
        customers=ours.customers,
        currency=ours.currency,
        sector=ours.sector,
        threshold_people=ours.threshold_people,
        threshold_min=ours.threshold_min,
        month_budget=ours.month_budget,
        month_spent=budget.spent(session, _prices(setups, policy), now=now, zone=ours.time_zone) if has_budget else 0.0,
    )


def _prices(setups: list[ChannelSetup], policy: Policy) -> dict[str, float]:
    """Of one segment, by channel."""
    known = {figures.key: figures.price for figures in policy.figures.channels.values()}
    own = {setup.channel: setup.price_per_segment for setup in setups}
    return {channel: known.get(channel, 0.0) if price is None else price for channel, price in own.items()}


def _channels(
    session: Session,
    filing: Filing,
    setups: list[ChannelSetup],
    counted: Counted,
    *,
    now: datetime,
    incident: Incident | None,
    segments: Mapping[str, int],
) -> dict[str, facts.ChannelSetup]:
    zone = ZoneInfo(organisation(session).time_zone)
    people = {channel: counted.on(channel) for channel in direct(setups)}
    got = recent.messages(session, concern_of(session, filing), people, now=now)
    told = recent.announced(session, incident) if incident else set()
    needs = channel_health.needed(session, setups)
    down = channel_health.down(session, needs, now=now, zone=zone, but=incident)
    failing = channel_health.failing(session, now=now, zone=zone)
    return {
        setup.channel: setup.as_facts(
            segments=segments.get(setup.channel, 1),
            announced=setup.channel in told,
            messages=got.get(setup.channel, (0, 0)),
            depends_on=needs[setup.channel],
            down=down.get(setup.channel, ""),
            failing=failing.get(setup.channel, ""),
        )
        for setup in setups
    }


def _contradicted(case: facts.Case, policy: Policy, advice: Advice) -> tuple[facts.Case, Advice]:
    """The same, where our status page says otherwise; a page that this must not be on contradicts nothing."""
    page = advice.channels.get(contradiction.PAGE)
    if page is None or page.verdict is Verdict.block:
        return case, advice
    case = replace(case, incident=replace(case.incident, shown_as_working=True))
    return case, advise(case, policy)
