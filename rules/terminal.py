"""A recommendation for people who read it in a terminal."""

from collections.abc import Iterable
from textwrap import wrap
from zoneinfo import ZoneInfo

from rules.phrases import about, count, listed, money
from rules.plans import PlanNumbers
from rules.quantities import duration_in_words
from rules.recommendation import Advice, ChannelAdvice, Fired
from rules.scenario import Scenario
from rules.terms import Effect, Verdict

_WIDTH = 100
_SIGNS = {Verdict.use: "USE", Verdict.optional: "optional", Verdict.avoid: "avoid", Verdict.block: "BLOCK"}


def report(advice: Advice, scenario: Scenario) -> str:
    """The whole recommendation, its sentence first."""
    zone = ZoneInfo(scenario.case.organisation.time_zone)
    parts = [
        scenario.story,
        _wrapped(advice.sentence, indent="", first="→ "),
        "\n".join(_frame(advice, zone)),
        *(_channel(key, channel, advice, scenario) for key, channel in advice.channels.items()),
        _plans(advice, scenario.case.organisation.currency),
        f"Policy {advice.policy_name}, version {advice.policy_version}. Reach: {_basis(advice)}.",
    ]
    return "\n\n".join(part for part in parts if part)


def _frame(advice: Advice, zone: ZoneInfo) -> Iterable[str]:
    remaining = duration_in_words(advice.remaining_minutes)
    yield f"  {'Left':<10}{remaining}{' (assumed: no end is known)' if advice.end_is_assumed else ''}"
    if advice.approval:
        yield f"  {'Signs':<10}{listed(list(advice.approval))}"
    yield f"  {'Expires':<10}{advice.expires_at.astimezone(zone):%A %Y-%m-%d %H:%M %Z}"
    for need in advice.needs:
        yield f"  {'Needs':<10}{need}"
    for open_one in advice.undecided:
        could_be = " or ".join(verdict.value for verdict in open_one.could_be)
        yield f"  {'Undecided':<10}{open_one.channel}: {could_be}, depends on {listed(list(open_one.depends_on))}"
    for assumption in advice.assumptions:
        yield f"  {'Note':<10}{assumption}"


def _channel(key: str, channel: ChannelAdvice, advice: Advice, scenario: Scenario) -> str:
    title = key.replace("_", " ")
    marks = [f"not before {channel.not_before}"] if channel.not_before else []
    marks += ["required"] if channel.is_required else []
    marks += ["pinned"] if channel.is_pinned else []
    if key in advice.plan.recommended.marginal:
        marks.append(f"adds {count(advice.plan.recommended.marginal[key])} people")
    head = f"{_SIGNS[channel.verdict]:<9} {title}" + (f"  ({', '.join(marks)})" if marks else "")
    lines = [head, _wrapped(channel.sentence, indent=" " * 10), " " * 10 + _numbers(channel, scenario)]
    lines += [
        _wrapped(f"{rule.rule} [{rule.effect}] {rule.because}", first="  + ", indent=" " * 6)
        for rule in _shown(channel)
    ]
    lines += [_wrapped(f"{rule.rule} [{rule.effect}]", first="  ~ ", indent=" " * 6) for rule in channel.overridden]
    lines += [_wrapped(shape, first="  ✎ ", indent=" " * 6) for shape in channel.shapes if channel.verdict in _SERVING]
    lines += [_wrapped(line, first="  - ", indent=" " * 6) for line in _why_not(channel)]
    if channel.would_change_if:
        lines.append(_wrapped(f"would change if {' or '.join(channel.would_change_if)}", first="  ? ", indent=" " * 6))
    return "\n".join(lines)


_SERVING = {Verdict.use, Verdict.optional}
_AGAINST = {Effect.block, Effect.avoid}
_FOR = {Effect.use, Effect.allow, Effect.require}
_MOST_WHY_NOT = 4


def _why_not(channel: ChannelAdvice) -> list[str]:
    """The rules that would have spoken the other way and came closest, with the conditions that failed."""
    against = _AGAINST if channel.verdict in _SERVING else _FOR
    other_way = sorted(
        (rule for rule in channel.failed if rule.effect in against), key=lambda rule: len(rule.conditions)
    )
    return [
        f"{rule.rule} [{rule.effect}] did not fire: {', '.join(rule.conditions)}" for rule in other_way[:_MOST_WHY_NOT]
    ]


def _shown(channel: ChannelAdvice) -> list[Fired]:
    """Every rule that fired on a channel that may be used; of another one those that keep it from being used."""
    if channel.verdict in _SERVING:
        return list(channel.fired)
    return [rule for rule in channel.fired if rule.effect.split(",")[0] in set(Effect)]


def _if_left(channel: ChannelAdvice) -> str:
    """What is taken down, or not yet sent, at the end disturbs nobody."""
    return "" if channel.numbers.stale >= 0.99 * channel.numbers.stale_if_left_up else " if left up"


def _likely(channel: ChannelAdvice) -> str:
    low, high = channel.ranges.get("informed_in_time", (0.0, 0.0))
    return f" (likely {count(low)} to {count(high)})" if high else ""


def _numbers(channel: ChannelAdvice, scenario: Scenario) -> str:
    numbers = channel.numbers
    shown = [
        f"{count(numbers.viewers)} viewers",
        f"{count(numbers.informed_in_time)} in time{_likely(channel)}",
        f"{count(numbers.spill)} not concerned",
        f"{count(numbers.stale_if_left_up)} too late{_if_left(channel)}",
        f"half by {duration_in_words(numbers.half_seen_minutes)}",
    ]
    if channel.recipients:
        shown.append(money(numbers.cost, scenario.case.organisation.currency))
        shown.append(f"sent in {duration_in_words(numbers.send_minutes)}")
    return " · ".join(shown)


def _plans(advice: Advice, currency: str) -> str:
    plans = {
        "recommended": advice.plan.recommended,
        "fastest": advice.plan.fastest,
        "quietest": advice.plan.quietest,
    }
    width = max(len(_names(plan)) for plan in plans.values())
    return "\n".join(_plan(name, plan, width, currency) for name, plan in plans.items())


def _plan(name: str, plan: PlanNumbers, width: int, currency: str) -> str:
    band = f"({count(plan.nested)} to {count(plan.independent)})"
    informed = f"{about(plan.informed_in_time)} in time {band}"
    return f"{name:<12}{_names(plan):<{width}}  {informed}, {money(plan.cost, currency)}, spill {count(plan.spill)}"


def _basis(advice: Advice) -> str:
    """What the reach figures rest on, by channel if they differ."""
    rests = {key.replace("_", " "): channel.basis["viewers"] for key, channel in advice.channels.items()}
    if len(set(rests.values())) == 1:
        return f"{next(iter(rests.values()))} for every channel"
    return ", ".join(f"{key} {basis}" for key, basis in rests.items())


def _names(plan: PlanNumbers) -> str:
    return " + ".join(channel.replace("_", " ") for channel in plan.channels) or "nothing"


def _wrapped(text: str, *, indent: str, first: str | None = None) -> str:
    return "\n".join(wrap(text, _WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent))
