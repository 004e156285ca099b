"""A policy as the plain Python that a programmer would write for it: the upper bound for deciding one by one."""

from collections.abc import Callable, Mapping

from rules.cells import Value
from rules.conditions import Condition
from rules.policy import Alternative, ChannelRule, Policy
from rules.terms import Effect

Decide = Callable[[Mapping[str, Value]], str | None]


def plain_ifs(policy: Policy) -> dict[str, Decide]:
    """By channel, a function from facts to the strongest effect."""
    return {channel: _function(rules) for channel, rules in policy.by_channel.items()}


def _function(rules: tuple[ChannelRule, ...]) -> Decide:
    names = {rule.name: f"r{place}" for place, rule in enumerate(rules)}
    lines = ["def decide(f):"]
    lines += [f"    {names[rule.name]} = {_fires(rule)}" for rule in rules]
    for rule in _from_the_top(rules):
        above = [names[other.name] for other in rules if rule.name in other.overrides]
        if above:
            lines.append(f"    if {' or '.join(above)}: {names[rule.name]} = False")
    for effect in Effect:
        speaking = [names[rule.name] for rule in rules if rule.effect is effect]
        if speaking:
            lines.append(f"    if {' or '.join(speaking)}: return {effect.value!r}")
    lines.append("    return None")
    space: dict[str, Decide] = {}
    exec("\n".join(lines), space)  # noqa: S102 - our own text, in a measurement
    return space["decide"]


def _from_the_top(rules: tuple[ChannelRule, ...]) -> list[ChannelRule]:
    """A rule comes after all that override it."""
    ordered: list[ChannelRule] = []
    while len(ordered) < len(rules):
        done = {rule.name for rule in ordered}
        ordered += [
            rule
            for rule in rules
            if rule.name not in done and all(o.name in done for o in rules if rule.name in o.overrides)
        ]
    return ordered


def _fires(rule: ChannelRule) -> str:
    holds = _any(rule.when)
    return f"({holds}) and not ({_any(rule.unless)})" if rule.unless else holds


def _any(alternatives: tuple[Alternative, ...]) -> str:
    return " or ".join(f"({' and '.join(map(_test, one.conditions)) or 'True'})" for one in alternatives)


def _test(condition: Condition) -> str:
    value = f"f[{condition.fact.name!r}]"
    if condition.words is not None:
        words = sorted(condition.words)
        return f"{value} == {words[0]!r}" if len(words) == 1 else f"{value} in {tuple(words)!r}"
    if condition.spans is not None:
        spans = [
            " and ".join(
                [f"{value} {'>=' if span.has_low else '>'} {span.low!r}"] * (span.low > float("-inf"))
                + [f"{value} {'<=' if span.has_high else '<'} {span.high!r}"] * (span.high < float("inf"))
            )
            for span in condition.spans
        ]
        return f"({' or '.join(spans)})"
    looked_for = sorted(condition.listed or ())
    found = f"any(w in {value} for w in {looked_for!r})" if looked_for else f"bool({value})"
    return f"not {found}" if condition.is_negated else found
