"""How many people a notice would reach by each channel and in which language, and what that costs, before anybody signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10

import sqlalchemy as sa
from sqlmodel import Session

from rules.terms import Listeners
from rules.wording import segments
from webapp.flow.approvals import would_get
from webapp.flow.notices import Message, Notice, channels_of, messages_of
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.flow.policies import policy_in_force

MANY = 1_000  # recipients, from where on a signature takes the magnitude in writing


@dataclass(frozen=True, slots=True)
class Heads:
    """Recipients on one channel who get one language's message."""

    channel: str
    language: str
    recipients: int


@dataclass(frozen=True, slots=True)
class Headcount:
    """Whom an approval would freeze at this moment."""

    heads: tuple[Heads, ...]
    people: int  # distinct; one person may be a recipient on two channels
    cost: float  # in the organisation's currency
    elsewise: int = 0  # messages to people in whose language that channel has none
    lacking: tuple[str, ...] = ()  # those languages

    @property
    def elsewise_percent(self) -> str:
        """Their share of all messages, for people."""
        share = 100 * self.elsewise / max(self.recipients, 1)
        return f"{share:.0f} %" if share >= 1 else "less than 1 %"

    @property
    def recipients(self) -> int:
        """Messages that are sent."""
        return sum(each.recipients for each in self.heads)

    def on(self, channel: str, language: str | None = None) -> int:
        """Recipients on a channel, of one language or all."""
        fits = (each for each in self.heads if each.channel == channel and language in {None, each.language})
        return sum(each.recipients for each in fits)

    @property
    def magnitude(self) -> int:
        """The recipients with one significant figure: 1,450 is 1,000."""
        return magnitude(self.recipients)


def magnitude(number: int) -> int:
    """The first figure and as many noughts as follow it."""
    if number < 1:
        return 0
    step = 10 ** floor(log10(number))
    return int(number // step * step)


def count(session: Session, notice: Notice, *, now: datetime) -> Headcount:
    """Whom it would reach on the channels that are chosen, and at what cost."""
    listeners = {pick.channel: Listeners(pick.listeners) for pick in channels_of(session, notice)}
    row = would_get(session, notice, listeners).subquery()
    _, channel, person, _, language, _ = row.c
    per_language = sa.select(channel, language, sa.func.count()).group_by(channel, language)
    grouped = [(each[0], each[1], int(each[2])) for each in session.execute(per_language)]
    people = session.execute(sa.select(sa.func.count(person.distinct()))).scalar_one()
    messages = messages_of(session, notice)
    heads = _by_message(grouped, messages, organisation(session).languages[0])
    prices = {channel: price_each(session, channel, now=now) for channel in listeners}
    written = {(message.channel, message.language) for message in messages}
    lacking = [(language, number) for channel, language, number in grouped if (channel, language) not in written]
    return Headcount(
        heads, people,
        cost=sum(prices[each.channel] * each.recipients * _segments(each, messages) for each in heads),
        elsewise=sum(number for _, number in lacking), lacking=tuple(sorted({language for language, _ in lacking})),
    )  # fmt: skip


def price_each(session: Session, channel: str, *, now: datetime) -> float:
    """What one segment of a message costs on a channel, in the organisation's currency."""
    setup = session.get(ChannelSetup, channel)
    if setup is not None and setup.price_per_segment is not None:
        return setup.price_per_segment
    figures = policy_in_force(session, now=now).figures.channels.get(channel.replace("_", " "))
    return figures.price if figures else 0.0


def per_second(session: Session, channel: str, *, now: datetime) -> float | None:
    """Segments that the sender of a channel may send a second; None = no limit is known."""
    setup = session.get(ChannelSetup, channel)
    if setup is not None and setup.segments_per_second is not None:
        return setup.segments_per_second
    figures = policy_in_force(session, now=now).figures.channels.get(channel.replace("_", " "))
    return figures.per_second if figures else None


def segments_of(channel: str, body: str) -> int:
    """What a message counts for when it is paid and queued."""
    return segments(body).count if channel == "sms" else 1


def _by_message(grouped: Sequence[tuple[str, str, int]], messages: list[Message], default: str) -> tuple[Heads, ...]:
    written = {(message.channel, message.language) for message in messages}
    sums: dict[tuple[str, str], int] = {}
    for channel, language, number in grouped:
        key = (channel, language if (channel, language) in written else default)
        sums[key] = sums.get(key, 0) + number
    return tuple(Heads(channel, language, number) for (channel, language), number in sorted(sums.items()))


def _segments(heads: Heads, messages: list[Message]) -> int:
    body = next((m.body for m in messages if (m.channel, m.language) == (heads.channel, heads.language)), "")
    return segments_of(heads.channel, body)
