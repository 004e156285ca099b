"""Reads the rules of a policy: names, channels, tests, effects and what they ask of a notice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.conditions import Condition, read_condition
from rules.group import Group
from rules.mistakes import Findings, Place, Unreadable, did_you_mean
from rules.modifier_reading import MODIFIERS, read_modifiers
from rules.policy import Rule
from rules.source import Fields, Items, Node, Text
from rules.terms import Effect
from rules.vocabulary import Fact

Attributes = Mapping[str, Mapping[str, float]]  # durations by channel and name
Tests = tuple[tuple[Condition, ...], ...]  # alternatives of conjunctions


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """A rule with its tests, which depend on the channel's attributes."""

    rule: Rule
    when: Mapping[str, Tests]  # by channel
    unless: Mapping[str, Tests]
    overrides: tuple[Text, ...]


class RuleReader:
    """Reads one rule after the other; every mistake goes to `findings`."""

    def __init__(self, facts: Mapping[str, Fact], attributes: Attributes, findings: Findings, *, currency: str) -> None:
        self.facts = facts
        self.attributes = attributes
        self.findings = findings
        self.currency = currency

    def read(self, node: Node) -> WrittenRule | None:
        """None if it is no rule at all, or nothing could be made of it."""
        if not isinstance(node, Fields):
            self.findings.add(node.at, 'A rule begins with "- rule: its-name" and continues with indented lines.')
            return None
        group = Group(node, self.findings, what="a rule")
        name = group.text("rule", "")
        if not name:
            self.findings.add(node.at, "A rule needs a name: rule: its-name.")
        channels = self._channels(group, node.at)
        effects, inner = self._effects(group, channels)
        modifiers = read_modifiers([group, inner], self.findings)
        self._demand_effect(group, name, node.at)
        when = self._alternatives(group, "when", channels)
        if group.node("when") is None and group.node("when any of") is None:
            self.findings.add(
                node.at, f'The rule {name} does not say when. Write "when:" with tests, or "when: always".'
            )
        unless = self._alternatives(group, "unless", channels)
        rule = Rule(
            name=name,
            channels=channels,
            effects=effects,
            modifiers=modifiers,
            overrides=tuple(text.value for text in self._texts(group.node("overrides"))),
            because=self._because(group, name, node.at),
            source=group.text("source", ""),
            accepted=group.text("accepted", ""),
            at=node.at,
        )
        overrides = tuple(self._texts(group.node("overrides")))
        group.refuse_unknown()
        return WrittenRule(rule, when, unless, overrides)

    def _because(self, group: Group, name: str, at: Place) -> str:
        because = group.text("because", "")
        if not because:
            self.findings.add(at, f"The rule {name} does not say why. Write because: and a sentence.")
        return because

    def _channels(self, group: Group, at: Place) -> tuple[str, ...]:
        node = group.node("channels")
        if node is None:
            self.findings.add(at, "The rule names no channels. Write channels: [sms], or channels: all.")
            return ()
        if isinstance(node, Text) and node.value == "all":
            return tuple(self.attributes)
        if isinstance(node, Items) and not node.items:
            self.findings.add(node.at, "The rule names no channels. Write channels: [sms], or channels: all.")
        return tuple(text.value for text in self._texts(node) if self._is_channel(text))

    def _is_channel(self, text: Text) -> bool:
        if text.value in self.attributes:
            return True
        self.findings.add(text.at, f'"{text.value}" is not a channel.{did_you_mean(text.value, self.attributes)}')
        return False

    def _texts(self, node: Node | None) -> Iterable[Text]:
        """One name or a list of names."""
        for item in node.items if isinstance(node, Items) else [node]:
            if isinstance(item, Text):
                yield item
            elif item is not None:
                self.findings.add(item.at, "Names stand here, in brackets: [one, another].")

    def _effects(self, group: Group, channels: tuple[str, ...]) -> tuple[Mapping[str, Effect], Group]:
        """The effect on each channel, and the group below `then` that may hold modifiers."""
        node = group.node("then")
        if isinstance(node, Fields):
            return self._mapped(node, channels), Group(node, self.findings, what="then")
        empty = Group(None, self.findings, what="then")
        if node is None:
            return {}, empty
        if (effect := self._effect(node)) is None:
            return {}, empty
        return dict.fromkeys(channels, effect), empty

    def _mapped(self, node: Fields, channels: tuple[str, ...]) -> Mapping[str, Effect]:
        effects = {}
        for key, value in node.fields:
            if key.value in MODIFIERS:
                continue
            if key.value not in self.attributes:
                known = [*channels, *MODIFIERS]
                self.findings.add(key.at, f'"{key.value}" is no channel.{did_you_mean(key.value, known)}')
            elif key.value not in channels:
                self.findings.add(
                    key.at, f"The rule says something of {key.value}, but does not list it under channels."
                )
            elif effect := self._effect(value):
                effects[key.value] = effect
        return effects

    def _effect(self, node: Node) -> Effect | None:
        if not isinstance(node, Text):
            self.findings.add(node.at, "One word stands here: use, allow, avoid, require or block.")
            return None
        if node.value in set(Effect):
            return Effect(node.value)
        words = [effect.value for effect in Effect]
        sentence = f'"{node.value}" is no effect.' if node.value else "Nothing stands after then."
        self.findings.add(node.at, sentence + did_you_mean(node.value, words))
        return None

    def _demand_effect(self, group: Group, name: str, at: Place) -> None:
        """A rule that says nothing of a verdict nor of the notice; what is said wrongly has been told already."""
        then = group.node("then")
        is_said = then is not None and not (isinstance(then, Fields) and not then.fields)
        asked = [node for modifier in MODIFIERS if (node := group.node(modifier))]
        if not is_said and not any(not isinstance(node, Text) or node.value != "no" for node in asked):
            self.findings.add(
                at, f"The rule {name} has no effect. Write then: and use, allow, avoid, require or block."
            )

    def _alternatives(self, group: Group, name: str, channels: tuple[str, ...]) -> Mapping[str, Tests]:
        """By channel, from `when` (one alternative) and `when any of` (a list of them)."""
        together, any_of = group.node(name), group.node(f"{name} any of")
        if together is not None and any_of is not None:
            self.findings.add(any_of.at, f'Write either "{name}" or "{name} any of", not both.')
        if isinstance(together, Text) and together.value == "always" and name == "when":
            return dict.fromkeys(channels, ((),))
        nodes = [together] if together is not None else list(self._items(any_of, f"{name} any of"))
        # A rule without a channel that exists is read for any, so that its other mistakes are told, too.
        read_for = channels or tuple(self.attributes)[:1]
        return {channel: tuple(self._conjunction(node, name, channel) for node in nodes) for channel in read_for}

    def _items(self, node: Node | None, name: str) -> Iterable[Node]:
        if isinstance(node, Items) and node.items:
            return node.items
        if node is not None:
            self.findings.add(node.at, f'Below "{name}" stands a list: one line a case, each with a dash.')
        return ()

    def _conjunction(self, node: Node, name: str, channel: str) -> tuple[Condition, ...]:
        if not isinstance(node, Fields) or not node.fields:
            always = ' Write "when: always" if it always counts.' if name == "when" else ""
            self.findings.add_once(node.at, f'Below "{name}" stand tests, such as kind: outage.{always}')
            return ()
        read = (self._condition(key, value, channel) for key, value in node.fields)
        return tuple(condition for condition in read if condition)

    def _condition(self, key: Text, value: Node, channel: str) -> Condition | None:
        fact = self.facts.get(key.value)
        if fact is None:
            self.findings.add_once(key.at, f'"{key.value}" is not a fact.{did_you_mean(key.value, self.facts)}')
            return None
        if not isinstance(value, Text):
            self.findings.add_once(value.at, f"{fact.name} takes one test, not a list. Write for example: a or b.")
            return None
        try:
            return read_condition(fact, value.value, self.attributes[channel], currency=self.currency)
        except Unreadable as error:
            self.findings.add_once(value.at, str(error))
            return None
