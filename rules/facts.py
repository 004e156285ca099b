"""What a decision is made from: frozen inputs, checked by whoever makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.terms import Certainty, Kind, MessageType, Mode, Sector, Severity, Urgency


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who announces."""

    name: str
    time_zone: str  # IANA; the audience's local time
    customers: int  # at least 1
    currency: str  # ISO 4217
    sector: Sector = Sector.finance  # the strictest numbers, as long as nobody has said
    threshold_people: int | None = None  # its own, instead of those of the law
    threshold_min: float | None = None
    month_budget: float | None = None  # for paid channels, in its currency; None = no limit
    month_spent: float = 0.0  # of it, in this calendar month


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """One channel as this organisation has it. None = the policy's figure applies."""

    available: bool = True
    can_choose_area: bool = False
    depends_on: tuple[str, ...] = ()  # component codes without which it is dead
    down: str = ""  # what it depends on and what has become of that, if another incident has stopped it
    failing: str = ""  # that its provider took none of the last messages, with the numbers
    segments_per_second: float | None = None
    segments: int = 1  # of one message
    price_per_segment: float | None = None  # in the organisation's currency
    followers: int = 0
    reach: float | None = None  # share of followers who see one post
    followers_affected: float | None = None  # None = followers x affected / customers
    actual_provider: bool = False  # messages would leave through an actual provider even in an exercise
    announced: bool = False  # a notice about this incident is queued or live here
    recent_messages: int = 0  # that a typical recipient got from us in seven days
    messages_today: int = 0  # the same in 24 hours


@dataclass(frozen=True, slots=True)
class Incident:
    """What has happened, in the words of `terms`. Moments are aware."""

    kind: Kind
    started_at: datetime
    mode: Mode = Mode.actual
    severity: Severity = Severity.unknown
    urgency: Urgency = Urgency.unknown
    certainty: Certainty = Certainty.unknown
    expected_end_at: datetime | None = None
    next_update_at: datetime | None = None
    components: tuple[str, ...] = ()
    noticeable: bool = False
    named_people: bool = False
    impersonation: bool = False
    sender_spoofed: bool = False
    sensitive: bool = False
    money_lost: bool = False
    public_place: bool = False
    repeated: bool = False  # the same has happened within thirty days
    open_complaints: float = 1.0  # as a multiple of the normal number
    shown_as_working: bool = False  # our own status page contradicts the incident


@dataclass(frozen=True, slots=True)
class Group:
    """People with the same reachability: the channels they asked for, and those on which they are merely on file."""

    people: int
    asked: frozenset[str] = frozenset()
    on_file: frozenset[str] = frozenset()  # disjoint from `asked`


@dataclass(frozen=True, slots=True)
class Audience:
    """The people an incident concerns. The groups are disjoint; people whom nothing addresses are in none of them."""

    affected: int
    groups: tuple[Group, ...] = ()
    languages: frozenset[str] = frozenset()  # that the affected need; empty = not known
    is_estimate: bool = False  # somebody has said how many; else they are counted


@dataclass(frozen=True, slots=True)
class Text:
    """What will be said, as far as it is written."""

    headline: str = ""
    description: str = ""
    instruction: str = ""
    links: bool = False
    languages: frozenset[str] = frozenset()  # in which it is written; empty = not known
    written_by_hand: bool = False  # not made from a template and facts alone


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one decision depends on, beside the policy. `now` is when the notice would be released."""

    now: datetime
    organisation: Organisation
    channels: Mapping[str, ChannelSetup]  # by the policy's channel name, spaces as underscores
    incident: Incident
    audience: Audience
    text: Text | None = None
    message_type: MessageType = MessageType.alert
    component_names: Mapping[str, str] = field(default_factory=dict)  # by code, as people say them
