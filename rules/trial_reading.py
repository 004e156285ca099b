"""Reads the scenarios that stand in a policy: facts as plain values, and the verdicts that the rules shall give."""

from collections.abc import Mapping

from rules.cells import Value
from rules.figures import ChannelFigures, Figures, Medium
from rules.group import Group
from rules.mistakes import Findings, Unreadable, did_you_mean
from rules.promises import Trial
from rules.quantities import in_words, read_quantity
from rules.source import Fields, Items, Node, Text
from rules.vocabulary import Fact, FactType

EXPECTED = ("use", "optional", "avoid", "block", "none")
_ADDRESSED = {"those who asked", "everybody on file"}


def read_trial(node: Node, facts: Mapping[str, Fact], figures: Figures, findings: Findings) -> Trial | None:
    """A scenario of a policy. A fact that it leaves out is as usual."""
    channels = figures.channels
    if not isinstance(node, Fields):
        findings.add(node.at, 'A scenario begins with "- name:" and continues with "incident:" and "expect:".')
        return None
    group = Group(node, findings, what="a scenario")
    name = group.text("name", "")
    if not name:
        findings.add(node.at, "A scenario needs a name: name: Short local outage.")
    said = _facts(group.node("incident"), facts, figures, findings)
    expected = group.group("expect")
    expect = {channel: expected.choice(channel, "none", of=EXPECTED) for channel in channels if expected.node(channel)}
    if not expect:
        findings.add(node.at, "A scenario says what it expects: expect: {sms: use}.")
    expected.refuse_unknown()
    group.refuse_unknown()
    return Trial(name, {one.name: values_on(one, facts, said) for one in channels.values()}, expect, node.at)


def values_on(channel: ChannelFigures, facts: Mapping[str, Fact], said: Mapping[str, Value]) -> Mapping[str, Value]:
    """Every fact on one channel: what is said of it there, else what is said of it, else the usual."""
    values: dict[str, Value] = {name: fact.usual for name, fact in facts.items()}
    if channel.medium is not Medium.addresses:
        values |= {"sent to": "the public", "recipients": 0.0, "people asked": 0.0}
    for name, value in said.items():
        fact, _, of = name.partition("@")
        if of in {"", channel.name} and _suits(fact, value, channel):
            values[fact] = value
    return values


def _suits(fact: str, value: Value, channel: ChannelFigures) -> bool:
    """Whom a direct channel would address says nothing of a page, and the other way round."""
    return fact != "sent to" or (value in _ADDRESSED) is (channel.medium is Medium.addresses)


def _facts(node: Node | None, facts: Mapping[str, Fact], figures: Figures, findings: Findings) -> dict[str, Value]:
    said: dict[str, Value] = {}
    channels = figures.channels
    if node is not None and not isinstance(node, Fields):
        findings.add(node.at, 'Below "incident" stand facts, such as kind: outage.')
    for key, value in node.fields if isinstance(node, Fields) else ():
        name, _, of = key.value.partition("@")
        fact = facts.get(name)
        if fact is None:
            findings.add(key.at, f'"{name}" is not a fact.{did_you_mean(name, facts)}')
        elif of and of not in channels:
            findings.add(key.at, f'"{of}" is not a channel.{did_you_mean(of, channels)}')
        elif of and not fact.per_channel:
            findings.add(key.at, f"{name} is the same for every channel: leave out @{of}.")
        else:
            try:
                said[key.value] = read_value(fact, value, currency=figures.currency)
            except Unreadable as error:
                findings.add(value.at, str(error))
    # What holds on one channel wins over what is said of all.
    return dict(sorted(said.items(), key=lambda item: "@" in item[0]))


def read_value(fact: Fact, node: Node, *, currency: str = "") -> Value:
    """The value of a fact as a scenario writes it. currency: the one of money, "" = any. Raises Unreadable with a sentence."""
    if fact.type is FactType.listed:
        items = node.items if isinstance(node, Items) else (node,)
        words = tuple(item.value for item in items if isinstance(item, Text) and item.value)
        return tuple(_word(fact, word) if fact.words else word for word in words)
    if not isinstance(node, Text):
        raise Unreadable(f"{fact.name} takes one value, not a list.")
    if fact.unit is None:
        return _word(fact, node.value)
    value = read_quantity(node.value, fact.unit, currency=currency)
    if not fact.low <= value <= fact.high:
        raise Unreadable(f'"{node.value}" is out of range: {fact.name} begins at {in_words(fact.low, fact.unit)}.')
    return value


def _word(fact: Fact, text: str) -> str:
    word = text.strip().replace("_", " ")
    if word not in fact.words:
        raise Unreadable(f'"{text}" is not a value of {fact.name}.{did_you_mean(word, fact.words)}')
    return word
