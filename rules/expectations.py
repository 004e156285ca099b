"""What a scenario expects of the advice, and where the advice misses it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.advice import Advice
from rules.mistakes import Unreadable, did_you_mean
from rules.numbers import NAMES
from rules.quantities import read_clock
from rules.table import Table
from rules.terms import Verdict

_PLAN_NAMES = ("informed_in_time", "cost", "spill", "stale")


@dataclass(frozen=True, slots=True)
class ExpectedRules:
    """Rules that must be among those that fired on a channel."""

    channel: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectedNumber:
    """A number within a relative tolerance; of a channel, or of the recommended plan."""

    channel: str
    name: str
    value: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Expectations:
    """All that a scenario expects; empty if it only shows a case."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    approval: tuple[str, ...] = ()  # roles that must be among those that sign
    not_before: Mapping[str, str] = field(default_factory=dict)  # local "07:00" by channel
    rules: tuple[ExpectedRules, ...] = ()
    numbers: tuple[ExpectedNumber, ...] = ()


def read_expectations(table: Table, channels: set[str]) -> Expectations:
    """The table [expect]."""
    expectations = Expectations(
        verdicts={key: table.word(key, Verdict, Verdict.use) for key in sorted(channels) if table.has(key)},
        approval=table.texts("approval"),
        not_before=_not_before(table.table("not_before"), channels),
        rules=tuple(_rules(one, channels) for one in table.tables("rules")),
        numbers=tuple(_number(one, channels) for one in table.tables("numbers")),
    )
    table.refuse_unknown()
    return expectations


def misses(expect: Expectations, advice: Advice) -> list[str]:
    """One sentence for each expectation that does not hold."""
    return [
        *_verdict_misses(expect, advice),
        *_approval_misses(expect, advice),
        *_clock_misses(expect, advice),
        *_rule_misses(expect, advice),
        *_number_misses(expect, advice),
    ]


def _not_before(table: Table, channels: set[str]) -> Mapping[str, str]:
    clocks = {key: table.text(key) for key in sorted(channels) if table.has(key)}
    for key, clock in clocks.items():
        try:
            read_clock(clock)
        except Unreadable as error:
            table.wrong(key, str(error))
    table.refuse_unknown()
    return clocks


def _channel(table: Table, channels: Iterable[str]) -> str:
    table.demand("channel", such_as='"sms"')
    channel, known = table.text("channel"), sorted(channels)
    if table.has("channel") and channel not in known:
        table.wrong("channel", f'"{channel}" is not set up in this file.{did_you_mean(channel, known)}')
    return channel


def _rules(table: Table, channels: set[str]) -> ExpectedRules:
    table.demand("rules", such_as='["narrow-geo"]')
    expected = ExpectedRules(_channel(table, channels), table.texts("rules"))
    table.refuse_unknown()
    return expected


def _number(table: Table, channels: set[str]) -> ExpectedNumber:
    table.demand("name", such_as='"informed_in_time"')
    table.demand("value", such_as="98.6")
    channel, name = _channel(table, {*channels, "plan"}), table.text("name")
    names = _PLAN_NAMES if channel == "plan" else NAMES
    if table.has("name") and name not in names:
        table.wrong("name", f'"{name}" is not a number of {channel}.{did_you_mean(name, names)}')
    value = table.number("value", 0.0, least=float("-inf"))
    expected = ExpectedNumber(channel, name, value, table.number("tolerance", 0.05))
    table.refuse_unknown()
    return expected


def _verdict_misses(expect: Expectations, advice: Advice) -> Iterable[str]:
    for channel, verdict in expect.verdicts.items():
        if (found := advice.channels[channel].verdict) is not verdict:
            yield f"{channel}: expected {verdict}, got {found}"


def _approval_misses(expect: Expectations, advice: Advice) -> Iterable[str]:
    for role in expect.approval:
        if role not in advice.approval:
            yield f"approval: expected {role} to sign, got {', '.join(advice.approval) or 'nobody'}"


def _clock_misses(expect: Expectations, advice: Advice) -> Iterable[str]:
    for channel, clock in expect.not_before.items():
        if (found := advice.channels[channel].not_before) != clock:
            yield f"not_before.{channel}: expected {clock}, got {found or 'no earliest time'}"


def _rule_misses(expect: Expectations, advice: Advice) -> Iterable[str]:
    for expected in expect.rules:
        fired = [rule.rule for rule in advice.channels[expected.channel].fired]
        for rule in expected.rules:
            if rule not in fired:
                yield f"{expected.channel}: expected the rule {rule} to fire; fired: {', '.join(fired) or 'none'}"


def _number_misses(expect: Expectations, advice: Advice) -> Iterable[str]:
    for expected in expect.numbers:
        of = advice.plan.recommended if expected.channel == "plan" else advice.channels[expected.channel].numbers
        found = float(getattr(of, expected.name))
        allowed = expected.tolerance * abs(expected.value) if expected.value else expected.tolerance
        if abs(found - expected.value) > allowed:
            yield f"{expected.channel}.{expected.name}: expected {expected.value:g} (within {allowed:.3g}), got {found:.4g}"
