"""What an administrator says once: who announces, on what channels, by whose laws, for how much money."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from rules.terms import Sector
from webapp.db import add
from webapp.flow.audit import record
from webapp.flow.components import by_codes
from webapp.flow.organisation import ChannelSetup, Organisation, channel_setups, organisation
from webapp.flow.people import Act, Person
from webapp.flow.policies import policy_in_force
from webapp.flow.refusals import NotFound, NotNow, NotValid

MOST_PEOPLE, MOST_MONEY, MOST_PER_SECOND = 10_000_000_000, 1_000_000_000.0, 100_000.0
LONGEST_THRESHOLD_MIN = 366 * 1440.0
MAY_NOT = "may not change the settings; ask an administrator"


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """Who announces. None = as the law or the policy has it."""

    name: str
    time_zone: str
    customers: int
    currency: str
    help_text: str = ""
    sector: Sector = Sector.finance
    threshold_people: int | None = None
    threshold_min: float | None = None
    threshold_source: str = ""
    month_budget: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel. None = as the policy has it."""

    available: bool = True
    can_choose_area: bool = False
    depends_on: tuple[str, ...] = ()  # component codes
    price_per_segment: float | None = None
    segments_per_second: float | None = None
    followers: int = 0
    reach: float | None = None  # 0 to 1
    source: str = ""


def organisation_settings(session: Session) -> OrganisationSettings:
    """As they are stored."""
    ours = organisation(session)
    return OrganisationSettings(**{name: getattr(ours, name) for name in OrganisationSettings.__dataclass_fields__})


def channel_settings(setup: ChannelSetup) -> ChannelSettings:
    """As they are stored."""
    known = {name: getattr(setup, name) for name in ChannelSettings.__dataclass_fields__}
    return ChannelSettings(**known | {"depends_on": tuple(setup.depends_on)})


def change_organisation(
    session: Session, wanted: OrganisationSettings, *, seen: OrganisationSettings, by: Person, now: datetime
) -> bool:
    """Say it anew; whether anything changed. `seen`: what the person had before their eyes. May be repeated.

    Raises NotAllowed, NotValid, NotNow if somebody else has changed the same meanwhile.
    """
    by.require(Act.administer, f"{by.name} {MAY_NOT}")
    _check_organisation(wanted)
    ours = session.get_one(Organisation, organisation(session).id, with_for_update=True, populate_existing=True)
    return _change(session, ours, organisation_settings(session), wanted, seen, "the organisation", by=by, now=now)


def change_channel(
    session: Session, channel: str, wanted: ChannelSettings, *, seen: ChannelSettings, by: Person, now: datetime
) -> bool:
    """The same for one channel. Raises NotFound, too."""
    by.require(Act.administer, f"{by.name} {MAY_NOT}")
    _check_channel(session, wanted)
    setup = session.get(ChannelSetup, channel, with_for_update=True, populate_existing=True)
    if setup is None:
        raise NotFound("There is no such channel")
    named = f"the channel {channel.replace('_', ' ')}"
    return _change(session, setup, channel_settings(setup), wanted, seen, named, by=by, now=now)


def addable(session: Session, *, now: datetime) -> list[str]:
    """Channels that the rules in force know and that are not set up, in the order of the rules."""
    known = (name.replace(" ", "_") for name in policy_in_force(session, now=now).figures.channels)
    there = {setup.channel for setup in channel_setups(session)}
    return [channel for channel in known if channel not in there]


def add_channel(session: Session, channel: str, *, by: Person, now: datetime) -> bool:
    """Begin to use a channel; whether it was new. May be repeated. Raises NotAllowed, NotFound."""
    by.require(Act.administer, f"{by.name} {MAY_NOT}")
    session.get_one(Organisation, organisation(session).id, with_for_update=True)  # of two who add it, one waits
    if session.get(ChannelSetup, channel) is not None:
        return False
    if channel not in addable(session, now=now):
        raise NotFound("The rules know no such channel")
    position = max((setup.position for setup in channel_setups(session)), default=-1) + 1
    add(session, ChannelSetup(channel=channel, position=position))
    record(session, "settings.channel_added", ("settings", channel), f"{by.name} began to use the channel {channel.replace('_', ' ')}",
           by=by, now=now)  # fmt: skip
    return True


def _change(
    session: Session,
    row: Organisation | ChannelSetup,
    stored: OrganisationSettings | ChannelSettings,
    wanted: OrganisationSettings | ChannelSettings,
    seen: OrganisationSettings | ChannelSettings,
    named: str,
    *,
    by: Person,
    now: datetime,
) -> bool:
    was, becomes, saw = (_plain(asdict(one)) for one in (stored, wanted, seen))
    changed = [name for name in becomes if becomes[name] != was[name]]
    if not changed:
        return False
    if any(was[name] != saw[name] and saw[name] != becomes[name] for name in changed):
        raise NotNow("Somebody else has changed this meanwhile. Look at what is there now, and say it again")
    for name in changed:
        setattr(row, name, list(wanted.depends_on) if name == "depends_on" else getattr(wanted, name))  # type: ignore[union-attr]  # only a channel depends on something
    session.add(row)
    session.flush()
    key = row.channel if isinstance(row, ChannelSetup) else "organisation"
    record(session, "settings.changed", ("settings", key), f"{by.name} changed the settings of {named}", by=by, now=now,
           before={name: was[name] for name in changed}, after={name: becomes[name] for name in changed})  # fmt: skip
    return True


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _check_organisation(wanted: OrganisationSettings) -> None:
    if not 0 < len(wanted.name.strip()) <= 80:
        raise NotValid("name", "Write the name as people know it, in at most 80 letters")
    if not _is_zone(wanted.time_zone):
        raise NotValid("time_zone", f"“{wanted.time_zone}” is not known; write for example Europe/Stockholm")
    _within("customers", wanted.customers, 1, MOST_PEOPLE, "Write how many customers you have, at least 1")
    if len(wanted.currency) != 3 or not wanted.currency.isalpha() or not wanted.currency.isupper() or not wanted.currency.isascii():  # fmt: skip
        raise NotValid("currency", "Write the three capital letters of the currency, for example SEK")
    if len(wanted.help_text) > 200:
        raise NotValid("help_text", "Say it in at most 200 letters; it stands at the end of every mail")
    _within("threshold_people", wanted.threshold_people, 1, MOST_PEOPLE, "Write a number of people, or nothing")
    _within("threshold_min", wanted.threshold_min, 1, LONGEST_THRESHOLD_MIN, "Write a time of at most a year, or nothing")  # fmt: skip
    if (wanted.threshold_people or wanted.threshold_min) and not wanted.threshold_source.strip():
        raise NotValid("threshold_source", "Say which authority or law these numbers come from")
    if len(wanted.threshold_source) > 200:
        raise NotValid("threshold_source", "Say it in at most 200 letters")
    _within("month_budget", wanted.month_budget, 0, MOST_MONEY, "Write an amount, 0 or more, or nothing for no limit")


def _check_channel(session: Session, wanted: ChannelSettings) -> None:
    try:
        by_codes(session, list(wanted.depends_on))
    except NotValid as refusal:
        raise NotValid("depends_on", str(refusal)) from refusal
    _within("price_per_segment", wanted.price_per_segment, 0, 10_000, "Write what one message costs, or nothing")
    _within("segments_per_second", wanted.segments_per_second, 0.001, MOST_PER_SECOND, "Write more than 0 messages a second, or nothing")  # fmt: skip
    _within("followers", wanted.followers, 0, MOST_PEOPLE, "Write how many follow you, 0 or more")
    _within("reach", wanted.reach, 0, 1, "Write a share between 0 and 100 %, or nothing")
    if len(wanted.source) > 200:
        raise NotValid("source", "Say it in at most 200 letters")


def _within(field: str, value: float | None, low: float, high: float, sentence: str) -> None:
    if value is not None and not (isfinite(value) and low <= value <= high):
        raise NotValid(field, sentence)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def unknown_parts(setups: Sequence[ChannelSetup], codes: set[str]) -> dict[str, list[str]]:
    """By channel: what it is said to depend on and is no component any more."""
    lost = {setup.channel: [code for code in setup.depends_on if code not in codes] for setup in setups}
    return {channel: gone for channel, gone in lost.items() if gone}
