"""What is known about a channel in general: the figures of a policy, read and in base units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum, auto

from rules.attention import Night
from rules.lognormal import Delay
from rules.terms import Kind, Severity


class Medium(StrEnum):
    """How a channel meets people."""

    page = auto()  # the affected come and look
    addresses = auto()  # we send to each
    followers = auto()  # a feed shows it to some of those who follow us


@dataclass(frozen=True, slots=True)
class Transport:
    """From our hands to the handset or inbox: most arrive quickly, the others slowly."""

    quick_share: float
    quick: Delay
    slow: Delay


@dataclass(frozen=True, slots=True)
class Visits:
    """Affected people who come to our page by themselves."""

    noticing_share: float  # of the affected, if the incident is noticeable
    visit_share: float  # of those who notice
    delay: Delay


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """One channel's reach. Shares are 0 to 1, prices in the currency of the policy."""

    name: str  # as in a policy: "status page"
    label: str  # as people write it: "SMS"
    medium: Medium
    delivered: float
    seen: float  # of the delivered; for a feed: of the followers
    seen_delay: Delay
    transport: Transport | None = None  # None = at once
    visits: Visits | None = None
    price: float = 0.0  # of one segment
    per_second: float | None = None  # segments; None = no queue
    retired_at_end: bool = False  # taken down when the incident ends
    reach_time_min: float | None = None  # what rules call its reach time; None = when half have seen it
    counts_as: float = 20.0  # observations for which the share seen stands as long as it is assumed
    measured: int | None = None  # receipts that the figures rest on; None = assumed
    sources: Mapping[str, str] = field(default_factory=dict)  # by figure

    @property
    def key(self) -> str:
        """The name in scenario files and addresses: underscores for spaces."""
        return self.name.replace(" ", "_")

    @property
    def observations(self) -> float:
        """How much the share seen rests on."""
        return self.counts_as if self.measured is None else float(self.measured)

    @property
    def basis(self) -> str:
        """What the figures rest on, in words."""
        return "assumed" if self.measured is None else f"measured, n = {self.measured:,}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a recommended plan shall reach: a share of the affected, within so many minutes or before the end."""

    share: float
    within_min: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All numbers of a policy that are not in a rule."""

    currency: str
    channels: Mapping[str, ChannelFigures]  # by name, in the order of the policy
    kappa: float
    night: Night
    usual_min: Mapping[Kind, float]  # how long an incident lasts whose end is unknown
    coverage: Mapping[Severity, Coverage]
    annoyance_price: float  # of one person who sees it needlessly or too late
    worth_adding: float  # share of the affected that an optional channel must inform


DAY = Night(begins=time(0), ends=time(0), rate=1.0)
