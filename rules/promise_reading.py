"""Reads the promises of a policy."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rules.conditions import read_condition
from rules.group import Group
from rules.mistakes import Findings, Unreadable, did_you_mean
from rules.phrases import listed
from rules.promises import Cases, ChannelTest, Pledge, Promise
from rules.source import Fields, Items, Node, Text
from rules.vocabulary import Fact, FactType

Attributes = Mapping[str, Mapping[str, float]]
_ONE = "at least one channel"
_ANY = "any channel"
_UNORDERED = {FactType.choice, FactType.listed, FactType.clock}


class PromiseReader:
    """Reads one promise after the other; every mistake goes to `findings`."""

    def __init__(self, facts: Mapping[str, Fact], attributes: Attributes, findings: Findings, *, currency: str) -> None:
        self.facts = facts
        self.attributes = attributes
        self.findings = findings
        self.currency = currency

    def read(self, node: Node) -> Promise | None:
        """None if nothing could be made of it."""
        if not isinstance(node, Fields):
            self.findings.add(node.at, 'A promise begins with "- every incident:" or "- raising:".')
            return None
        group = Group(node, self.findings, what="a promise")
        pledges = [pledge for pledge in Pledge if group.node(pledge.value)]
        name = group.text("promise", "")
        raising = self._raising(group)
        every, unless = self._cases(group, "every incident"), self._cases(group, "unless")
        because = group.text("because", "")
        group.refuse_unknown()
        if len(pledges) != 1:
            known = ", ".join(pledge.value for pledge in Pledge)
            self.findings.add(node.at, f"A promise says one thing of these: {known}.")
            return None
        [pledge] = pledges
        if (pledge is Pledge.never_removes) != bool(group.node("raising")):
            self.findings.add(
                node.at, '"raising" and "never removes" belong together: raising severity never removes sms.'
            )
        if not group.node("raising") and not (group.node("every incident") or group.node("every incident any of")):
            self.findings.add(
                node.at, 'Say of which incidents: "every incident:" with tests, or "every incident: always".'
            )
        node_of_channels = group.node(pledge.value)
        channels, is_one = self._channels(node_of_channels, pledge)
        promise = Promise(
            name=name, pledge=pledge, channels=channels, every=every, unless=unless, any_channel=is_one,
            raising=raising, because=because, at=node.at,
        )  # fmt: skip
        words = _in_words(group, promise)
        return replace(promise, words=words, name=name or words)

    def _raising(self, group: Group) -> str:
        node = group.node("raising")
        if node is None:
            return ""
        name = node.value if isinstance(node, Text) else ""
        fact = self.facts.get(name)
        if fact is None:
            self.findings.add(node.at, f'"{name}" is not a fact.{did_you_mean(name, self.facts)}')
        elif fact.type in _UNORDERED or fact.per_channel:
            self.findings.add(node.at, f"{name} cannot be raised: it has no order, or differs from channel to channel.")
        return name

    def _channels(self, node: Node | None, pledge: Pledge) -> tuple[tuple[str, ...], bool]:
        every = tuple(self.attributes)
        if isinstance(node, Text) and node.value in {_ANY, "all", _ONE}:
            if node.value == _ONE and pledge is not Pledge.gets:
                self.findings.add(node.at, f'"{pledge}" speaks of each channel. Write: {_ANY}.')
            return every, node.value == _ONE
        items = node.items if isinstance(node, Items) else [node]
        if isinstance(node, Items) and not items:
            self.findings.add(node.at, f"No channel stands here. Write: {_ANY}, or their names: [sms, email].")
        named = []
        for item in items:
            if isinstance(item, Text) and item.value in self.attributes:
                named.append(item.value)
            elif item is not None:
                word = item.value if isinstance(item, Text) else ""
                known = [*every, _ONE if pledge is Pledge.gets else _ANY]
                self.findings.add(item.at, f'"{word}" is not a channel.{did_you_mean(word, known)}')
        return tuple(named), False

    def _cases(self, group: Group, name: str) -> Mapping[str, Cases]:
        together, any_of = group.node(name), group.node(f"{name} any of")
        if together is not None and any_of is not None:
            self.findings.add(any_of.at, f'Write either "{name}" or "{name} any of", not both.')
        if isinstance(together, Text) and together.value == "always":
            return dict.fromkeys(self.attributes, ((),))
        if any_of is not None and not (isinstance(any_of, Items) and any_of.items):
            self.findings.add(any_of.at, f'Below "{name} any of" stands a list: one line a case, each with a dash.')
        nodes = [together] if together is not None else any_of.items if isinstance(any_of, Items) else ()
        base: Cases = ((),) if name == "every incident" and not nodes else ()
        return {
            channel: tuple(tuple(self._tests(node, name, channel)) for node in nodes) or base
            for channel in self.attributes
        }

    def _tests(self, node: Node, name: str, channel: str) -> Iterable[ChannelTest]:
        if not isinstance(node, Fields) or not node.fields:
            self.findings.add_once(node.at, f'Below "{name}" stand tests, such as kind: outage.')
            return
        for key, value in node.fields:
            if test := self._test(key, value, channel):
                yield test

    def _test(self, key: Text, value: Node, channel: str) -> ChannelTest | None:
        name, _, of = key.value.partition("@")
        fact = self.facts.get(name)
        if fact is None:
            self.findings.add_once(key.at, f'"{name}" is not a fact.{did_you_mean(name, self.facts)}')
        elif of and of not in self.attributes:
            self.findings.add_once(key.at, f'"{of}" is not a channel.{did_you_mean(of, self.attributes)}')
        elif of and not fact.per_channel:
            self.findings.add_once(key.at, f"{name} is the same for every channel: leave out @{of}.")
        elif not isinstance(value, Text):
            self.findings.add_once(value.at, f"{name} takes one test, not a list. Write for example: a or b.")
        else:
            try:
                attributes = self.attributes[of or channel]
                return ChannelTest(read_condition(fact, value.value, attributes, currency=self.currency), of or channel)
            except Unreadable as error:
                self.findings.add_once(value.at, str(error))
        return None


def _in_words(group: Group, promise: Promise) -> str:
    channels = _ONE if promise.any_channel else listed(list(promise.channels))
    whom = _tests_in_words(group, "every incident")
    but = _tests_in_words(group, "unless")
    incident = f"every incident{f' with {whom}' if whom else ''}{f', unless {but},' if but else ''}"
    match promise.pledge:
        case Pledge.gets | Pledge.never_gets:
            return f"{incident} {promise.pledge} {channels}"
        case Pledge.never_held:
            return f"{incident} is never held back on {channels}"
        case Pledge.completed_first:
            return f"{incident} must be completed before it goes by {channels}"
        case Pledge.always_signed:
            return f"{incident} is signed before it goes by {channels}"
        case Pledge.never_removes:
            return f"raising {promise.raising} never removes {channels}{f', in {incident}' if whom or but else ''}"


def _tests_in_words(group: Group, name: str) -> str:
    together, any_of = group.node(name), group.node(f"{name} any of")
    nodes = [together] if together is not None else any_of.items if isinstance(any_of, Items) else ()
    return ", or ".join(
        " and ".join(f"{key.value}: {value.value}" for key, value in node.fields if isinstance(value, Text))
        for node in nodes
        if isinstance(node, Fields)
    )
