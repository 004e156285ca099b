"""One channel to one audience in one case: who can be met, how many see it by when, what it costs."""

from dataclasses import dataclass, replace

import numpy as np

from rules.attention import AttentionClock
from rules.facts import Audience, Case, ChannelSetup
from rules.figures import ChannelFigures, Medium
from rules.lognormal import Floats
from rules.seen import SeenCurve
from rules.terms import Listeners


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a channel meets people: the share who ever see it, and when."""

    share: float
    curve: SeenCurve


@dataclass(frozen=True, slots=True)
class Reach:
    """What a channel does for one audience."""

    channel: str
    figures: ChannelFigures
    listeners: Listeners
    addressable: int  # affected people who can be met here
    recipients: int  # addresses that we write to; 0 on a page or feed
    ways: tuple[Way, ...]  # the first is how the unaffected meet it, too
    unaffected: float  # viewers whom it does not concern
    cost: float
    send_min: float

    def chance(self, minutes: Floats) -> Floats:
        """Chance that one addressable person has seen it by then."""
        missed = np.ones_like(minutes)
        for way in self.ways:
            missed = missed * (1.0 - way.share * way.curve.at(minutes))
        return 1.0 - missed

    @property
    def chance_ever(self) -> float:
        """Chance that one addressable person ever sees it."""
        missed = 1.0
        for way in self.ways:
            missed *= 1.0 - way.share
        return 1.0 - missed

    def held(self, minutes: float) -> "Reach":
        """The same, released so much later."""
        ways = tuple(replace(way, curve=replace(way.curve, hold_min=minutes)) for way in self.ways)
        return replace(self, ways=ways)


def recipients_of(audience: Audience, channel: str, listeners: Listeners) -> int:
    """Affected people with an address on this channel that these listeners include."""
    return sum(
        group.people
        for group in audience.groups
        if channel in group.asked or (listeners is Listeners.all and channel in group.on_file)
    )


def reach_of(
    case: Case, figures: ChannelFigures, *, listeners: Listeners, clock: AttentionClock, pinned: bool = False
) -> Reach:
    """What the channel would do, released now. pinned: the affected who come to our page find the post."""
    setup = case.channels[figures.key]
    if figures.medium is Medium.addresses:
        return _addressed(case.audience, figures, setup, listeners=listeners, clock=clock)
    curve = SeenCurve(figures.seen_delay, figures.transport, clock=clock)
    affected = case.audience.affected
    if figures.medium is Medium.page:
        ways: tuple[Way, ...] = (Way(figures.delivered * figures.seen, curve),)
        return _broadcast(figures, affected, ways, unaffected=0.0)
    viewers = followers_reached(figures, setup)
    concerned = min(followers_concerned(case, figures, setup) * viewers, affected)
    ways = (Way(concerned / affected if affected else 0.0, curve),)
    if pinned and case.incident.noticeable and (visits := figures.visits):
        share = visits.noticing_share * visits.visit_share
        ways += (Way(share, SeenCurve(visits.delay, clock=clock)),)
    is_aimed = setup.can_choose_area and case.incident.public_place
    return _broadcast(figures, affected, ways, unaffected=0.0 if is_aimed else viewers - concerned)


def followers_reached(figures: ChannelFigures, setup: ChannelSetup) -> float:
    """Followers who ever see one post."""
    return setup.followers * figures.delivered * (figures.seen if setup.reach is None else setup.reach)


def followers_concerned(case: Case, figures: ChannelFigures, setup: ChannelSetup) -> float:
    """Share of the followers who are affected: from the page's city figures, else as among all customers."""
    if figures.medium is not Medium.followers:
        return 1.0
    if setup.followers_affected is not None:
        return min(setup.followers_affected / setup.followers, 1.0) if setup.followers else 0.0
    return min(case.audience.affected / case.organisation.customers, 1.0)


def _broadcast(figures: ChannelFigures, affected: int, ways: tuple[Way, ...], *, unaffected: float) -> Reach:
    return Reach(figures.name, figures, Listeners.all, affected, 0, ways, unaffected, cost=0.0, send_min=0.0)


def _addressed(
    audience: Audience,
    figures: ChannelFigures,
    setup: ChannelSetup,
    *,
    listeners: Listeners,
    clock: AttentionClock,
) -> Reach:
    recipients = recipients_of(audience, figures.key, listeners)
    segments = recipients * setup.segments
    speed = setup.segments_per_second or figures.per_second
    send_min = segments / speed / 60 if speed else 0.0
    price = figures.price if setup.price_per_segment is None else setup.price_per_segment
    curve = SeenCurve(figures.seen_delay, figures.transport, queue_min=send_min, clock=clock)
    ways = (Way(figures.delivered * figures.seen, curve),)
    return Reach(
        figures.name, figures, listeners, recipients, recipients, ways, 0.0, cost=segments * price, send_min=send_min
    )
