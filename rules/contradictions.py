"""Two rules that pull in opposite directions, where neither names the other and nothing stronger decides."""

from collections.abc import Iterator

from rules.boxes import Answer, all_of
from rules.example import Example
from rules.firing import InBox
from rules.found import Found, Matter, Weight, on_channels
from rules.survey import AskedInBox, Survey
from rules.terms import Effect

_PAIRS = ((Effect.use, Effect.avoid), (Effect.require, Effect.block))


def contradictions(survey: Survey) -> Iterator[Found]:
    """One finding for each pair, with all channels on which it meets."""
    met: dict[tuple[str, str, Effect, Effect], dict[str, Example]] = {}
    for channel, rules in survey.channels.items():
        for wants, refuses in _PAIRS:
            for one in rules.by_effect[wants]:
                for other in rules.by_effect[refuses]:
                    about = f"whether {one} and {other} contradict each other on {channel}"
                    example = survey.example(rules, _contested(one, other, refuses), about=about)
                    if example:
                        met.setdefault((one, other, wants, refuses), {})[channel] = example
    for (one, other, wants, refuses), examples in met.items():
        channels = tuple(examples)
        sentence = (
            f"{one} ({wants}) and {other} ({refuses}) contradict each other {on_channels(channels)}: both can fire, and"
            f' neither overrides the other. Write "overrides: [{other}]" in {one}, or the other way round.'
        )
        first = examples[channels[0]]
        yield Found(Matter.contradiction, Weight.error, sentence, (one, other), channels, survey.at(one), first)


def _contested(one: str, other: str, refuses: Effect) -> AskedInBox:
    """Both have effect, and the cautious one decides."""

    def question(said: InBox) -> Answer:
        both = all_of(said.active(name) for name in (one, other))
        return both if both is False else all_of((both, said.is_effect(frozenset({refuses}))))

    return question
