"""Rules that do nothing: they can never fire, are always overridden, or never change a verdict."""

from collections.abc import Iterator

from rules.boxes import Answer, all_of, any_of, opposite
from rules.firing import BoxRule, ChannelRules, InBox
from rules.found import Found, Matter, Weight, on_channels
from rules.policy import Modifiers, Rule
from rules.survey import Survey
from rules.terms import Effect


def idle(survey: Survey) -> Iterator[Found]:
    """One finding a rule, with all channels on which it does nothing."""
    for rule in survey.policy.rules:
        states = {channel: _state(survey, channel, rule.name) for channel in rule.channels}
        for matter in (Matter.dead_rule, Matter.never_has_effect, Matter.never_matters):
            channels = tuple(channel for channel, state in states.items() if state is matter)
            if channels:
                yield _found(rule, matter, channels)
        yield from _useless_overrides(survey, rule)


def _state(survey: Survey, channel: str, name: str) -> Matter | None:
    rules = survey.channels[channel]
    about = f"whether {name} does anything on {channel}"
    if not survey.can_be(rules, lambda said: said.fires(name), about=about):
        return Matter.dead_rule
    if not survey.can_be(rules, lambda said: said.active(name), about=about):
        return Matter.never_has_effect
    own = rules.rules[name]
    if own.modifiers == Modifiers() and not _can_matter(survey, rules, own, about):
        return Matter.never_matters
    return None


def _can_matter(survey: Survey, rules: ChannelRules, rule: BoxRule, about: str) -> bool:
    """Without it another verdict, or another wish of a rule that it overrides, would come out."""
    if any(rules.rules[name].modifiers != Modifiers() for name in rule.overrides & rules.rules.keys()):
        return True
    if survey.is_spent(about):
        return True
    others = rules.without(rule.name)

    def differs(said: InBox) -> Answer:
        without = others.on(said.box)
        return all_of((said.active(rule.name), any_of(_is_only(said, without, effect) for effect in (*Effect, None))))

    return survey.can_be(rules, differs, about=about)


def _is_only(said: InBox, without: InBox, effect: Effect | None) -> Answer:
    one = frozenset({effect})
    return all_of((said.is_effect(one), opposite(without.is_effect(one))))


def _found(rule: Rule, matter: Matter, channels: tuple[str, ...]) -> Found:
    everywhere = len(channels) == len(rule.channels)
    where = "" if everywhere else f" {on_channels(channels)}"
    says = {
        Matter.dead_rule: f"{rule.name} can never fire{where}: its tests exclude one another, or something that never happens.",
        Matter.never_has_effect: f"{rule.name} never has effect{where}: whenever it fires, another rule overrides it.",
        Matter.never_matters: f"{rule.name} never changes a verdict{where}: other rules say the same or more.",
    }
    sentence = says[matter] + (f" Accepted: {rule.accepted}" if rule.accepted else "")
    weight = Weight.note if rule.accepted else Weight.warning
    return Found(matter, weight, sentence, (rule.name,), channels, rule.at)


def _useless_overrides(survey: Survey, rule: Rule) -> Iterator[Found]:
    for target in rule.overrides:
        common = [channel for channel in rule.channels if target in survey.channels[channel].rules]
        about = f"whether {rule.name} and {target} meet"
        meets = any(
            survey.can_be(
                survey.channels[channel],
                lambda said: all_of((said.fires(rule.name), said.fires(target))),  # noqa: B023 - asked at once
                about=about,
            )
            for channel in common
        )
        if not meets:
            sentence = f"{rule.name} overrides {target}, but the two never fire together on one channel."
            sentence += f" Accepted: {rule.accepted}" if rule.accepted else ""
            weight = Weight.note if rule.accepted else Weight.warning
            yield Found(Matter.useless_override, weight, sentence, (rule.name, target), tuple(common), rule.at)
