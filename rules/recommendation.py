"""All advice on one case, as it is handed over: verdicts, plans, who signs, and when it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.curve import Curve
from rules.numbers import Numbers
from rules.plans import Plan
from rules.terms import Effect, Listeners, Verdict


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that spoke."""

    rule: str
    effect: str  # in words: "avoid", "approval: lead"
    because: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A rule that did not speak, and why."""

    rule: str
    conditions: tuple[str, ...]  # those that failed, as a policy writes them
    effect: Effect | None = None  # what it would have wanted


@dataclass(frozen=True, slots=True)
class ChannelAdvice:
    """The advice on one channel. Its numbers are of its audience."""

    verdict: Verdict
    audience: Listeners
    not_before: str | None  # earliest local time, "07:00"
    not_before_at: datetime | None
    sentence: str
    fired: tuple[Fired, ...]
    overridden: tuple[Fired, ...]  # they would have spoken; `effect` names the rule that overrides them
    failed: tuple[Failed, ...]
    numbers: Numbers
    basis: Mapping[str, str]  # by number: "assumed", "given" or "measured, n = …"
    recipients: int  # people written to; 0 on a page or feed
    approval: tuple[str, ...]
    shapes: tuple[str, ...]  # instructions to the writer
    needs: tuple[str, ...]  # what must be filled in first
    is_pinned: bool
    is_required: bool
    would_change_if: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(
        default_factory=dict
    )  # by number of people: likely least and most


@dataclass(frozen=True, slots=True)
class Undecided:
    """A verdict that hangs on something that is not known. Shown is what follows from the usual length."""

    channel: str
    depends_on: tuple[str, ...]
    could_be: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that is recommended, and what it was made from."""

    policy_name: str
    policy_version: str
    channels: Mapping[str, ChannelAdvice]  # by key: "status_page"
    plan: Plan
    approval: tuple[str, ...]  # roles that sign, for the channels that may be used
    needs: tuple[str, ...]
    shapes: Mapping[str, tuple[str, ...]]  # by channel that may be used
    expires_at: datetime
    remaining_minutes: float
    end_is_assumed: bool
    undecided: tuple[Undecided, ...]
    sentence: str
    curve: Curve
    assumptions: tuple[str, ...] = ()
