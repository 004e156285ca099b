"""Reads the text of a policy, with all its mistakes at once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import files

from rules.cells import Layout
from rules.conditions import Condition
from rules.figure_reading import read_figures
from rules.figures import ChannelFigures, Figures
from rules.group import Group
from rules.mistakes import Findings, Mistake, PolicyMistakes, did_you_mean
from rules.never import never_together
from rules.policy import Alternative, ChannelRule, Policy
from rules.promise_reading import PromiseReader
from rules.promises import Promise, Trial
from rules.rule_reading import Attributes, RuleReader, Tests, WrittenRule
from rules.seen import SeenCurve, half_seen_min
from rules.source import Items, Node, read_source
from rules.trial_reading import read_trial
from rules.vocabulary import vocabulary

DEFAULT = "default"


def default_policy_text() -> str:
    """The text of the policy that comes with the product."""
    return files("rules").joinpath("policies", "default.yaml").read_text(encoding="utf-8")


@cache
def default_policy() -> Policy:
    """The policy that comes with the product."""
    return _read(default_policy_text(), name=DEFAULT, base=None)


def read_policy(text: str, *, name: str) -> Policy:
    """A policy; figures that it leaves out are those of the default policy. Raises PolicyMistakes with every mistake."""
    return _read(text, name=name, base=_default_figures())


@cache
def _default_figures() -> Figures:
    return default_policy().figures


def _read(text: str, *, name: str, base: Figures | None) -> Policy:
    findings = Findings()
    node = read_source(text, findings)
    if node is None:
        raise PolicyMistakes(
            [Mistake(1, 1, 'The text is empty. A policy has at least "rules:" with one rule.')], is_unreadable=True
        )
    root = Group(node, findings, what="a policy")
    figures = read_figures(root, findings, base)
    attributes = _attributes(figures)
    written = _rules(root, attributes, findings, figures.currency)
    promises = _promises(root, attributes, findings, figures.currency)
    trials = _trials(root, figures, findings)
    root.refuse_unknown()
    findings.refuse_if_any()
    never = never_together()
    layout = Layout([*_conditions(written), *(condition for together in never for condition in together)])
    return Policy(
        name=name,
        version=sha256(text.encode()).hexdigest()[:12],
        text=text,
        figures=figures,
        rules=tuple(one.rule for one in written),
        layout=layout,
        by_channel={channel: _compiled(written, one, layout) for channel, one in figures.channels.items()},
        impossible=tuple(layout.forbidden(together) for together in never),
        warnings=findings.warnings,
        promises=promises,
        trials=trials,
    )


def _rules(root: Group, attributes: Attributes, findings: Findings, currency: str) -> list[WrittenRule]:
    node = root.node("rules")
    if not isinstance(node, Items):
        findings.add(node.at if node else root.at, 'A policy has "rules:" with a list: each rule begins with a dash.')
        return []
    reader = RuleReader(vocabulary().facts, attributes, findings, currency=currency)
    written = [rule for item in node.items if (rule := reader.read(item))]
    _refuse_twins(written, findings)
    _refuse_wrong_overrides(written, findings)
    return written


def _promises(root: Group, attributes: Attributes, findings: Findings, currency: str) -> tuple[Promise, ...]:
    reader = PromiseReader(vocabulary().facts, attributes, findings, currency=currency)
    read = (reader.read(item) for item in _listed(root, "promises", findings))
    return tuple(promise for promise in read if promise)


def _trials(root: Group, figures: Figures, findings: Findings) -> tuple[Trial, ...]:
    items = _listed(root, "scenarios", findings)
    read = (read_trial(item, vocabulary().facts, figures, findings) for item in items)
    return tuple(trial for trial in read if trial)


def _listed(root: Group, name: str, findings: Findings) -> tuple[Node, ...]:
    node = root.node(name)
    if node is not None and not isinstance(node, Items):
        findings.add(node.at, f'Below "{name}:" stands a list: each entry begins with a dash.')
    return node.items if isinstance(node, Items) else ()


def _attributes(figures: Figures) -> Attributes:
    """What a rule can compare a duration with: by day and without a queue."""
    half = {
        name: half_seen_min(SeenCurve(channel.seen_delay, channel.transport))
        for name, channel in figures.channels.items()
    }
    return {
        name: {"half-seen time": half[name], "reach time": channel.reach_time_min or half[name]}
        for name, channel in figures.channels.items()
    }


def _refuse_twins(written: Iterable[WrittenRule], findings: Findings) -> None:
    lines: dict[str, int] = {}
    for one in written:
        if one.rule.name in lines:
            findings.add(
                one.rule.at, f'Two rules are called "{one.rule.name}"; the other stands on line {lines[one.rule.name]}.'
            )
        lines.setdefault(one.rule.name, one.rule.at.line)


def _refuse_wrong_overrides(written: Iterable[WrittenRule], findings: Findings) -> None:
    written = list(written)
    names = {one.rule.name for one in written}
    above = {one.rule.name: set(one.rule.overrides) for one in written}
    for one in written:
        for target in one.overrides:
            if target.value not in names:
                findings.add(target.at, f'There is no rule "{target.value}".{did_you_mean(target.value, names)}')
            elif one.rule.name in _overridden_by(target.value, above):
                findings.add(
                    target.at,
                    f"{one.rule.name} and {target.value} override each other, directly or in a circle. Remove one.",
                )


def _overridden_by(name: str, above: Mapping[str, set[str]]) -> set[str]:
    """All rules below `name`, and itself."""
    reached: set[str] = set()
    waiting = {name}
    while waiting:
        current = waiting.pop()
        reached.add(current)
        waiting |= above.get(current, set()) - reached
    return reached


def _conditions(written: Iterable[WrittenRule]) -> Iterable[Condition]:
    for one in written:
        for tests in (*one.when.values(), *one.unless.values()):
            for conjunction in tests:
                yield from conjunction


def _compiled(written: Iterable[WrittenRule], figures: ChannelFigures, layout: Layout) -> tuple[ChannelRule, ...]:
    """Only a page that people visit has a top to pin a post to."""
    channel = figures.name
    return tuple(
        ChannelRule(
            name=one.rule.name,
            effect=one.rule.effects.get(channel),
            when=_alternatives(one.when[channel], layout),
            unless=_alternatives(one.unless.get(channel, ()), layout),
            overrides=frozenset(one.rule.overrides),
            modifiers=one.rule.modifiers if figures.visits else replace(one.rule.modifiers, pinned=False),
            because=one.rule.because,
        )
        for one in written
        if channel in one.rule.channels
    )


def _alternatives(tests: Tests, layout: Layout) -> tuple[Alternative, ...]:
    return tuple(Alternative(conjunction, layout.forbidden(conjunction)) for conjunction in tests)
