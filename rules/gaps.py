"""Incidents of which no rule says anything on a channel: there the reach alone decides."""

from collections.abc import Iterator

from rules.boxes import Answer, opposite
from rules.firing import InBox
from rules.found import Found, Matter, Weight
from rules.mistakes import Place
from rules.phrases import percent
from rules.survey import Survey


def gaps(survey: Survey) -> Iterator[Found]:
    """One note a channel."""
    worth = percent(survey.policy.figures.worth_adding)
    for channel, rules in survey.channels.items():
        nothing = survey.example(rules, _is_silent, about=f"whether rules always speak of {channel}")
        if nothing:
            sentence = (
                f"No rule speaks of {channel} in some incidents; there it is optional if it informs at least {worth} of"
                f" the affected in time, and else avoided."
            )
            yield Found(Matter.gap, Weight.note, sentence, (), (channel,), Place(1, 1), nothing)


def _is_silent(said: InBox) -> Answer:
    return opposite(said.any_active(rule.name for rule in said.channel.rules.values() if rule.effect))
