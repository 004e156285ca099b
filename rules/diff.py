"""What changes between two versions of a policy, in words: by meaning, exactly, over all incidents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rules.boxes import NotDecided, Steps
from rules.changed import Outcome, Region, Versions
from rules.example import Example, box_in_words, example_in
from rules.figure_diff import figure_differences
from rules.ground import Ground
from rules.never import never_together
from rules.phrases import listed
from rules.policy import Policy
from rules.terms import Effect

STEPS = 200_000
_ASKED = {
    "approval": "signed by",
    "not before": "held until",
    "expires": "expiring after",
    "needs": "completed with",
    "pinned": "pinned:",
}
_TOLD = 2  # names of other rules in one sentence


@dataclass(frozen=True, slots=True)
class Difference:
    """One sentence, and what it is made of."""

    sentence: str
    channels: tuple[str, ...] = ()  # of verdicts, and of what is asked
    before: str = ""  # "use", "none"; of what is asked: "approval: lead" or ""
    after: str = ""
    tests: tuple[str, ...] = ()  # the incidents that it speaks of; none = all
    where: tuple[str, ...] = ()  # unchanged rules of which one must speak
    unless: tuple[str, ...] = ()  # unchanged rules that may decide otherwise
    example: Example | None = None


def differences(old: Policy, new: Policy, *, steps: int = STEPS) -> list[Difference]:
    """Verdicts first, then what is asked beside them, then figures, texts, promises and scenarios."""
    channels = {**old.figures.channels, **new.figures.channels}
    ground = Ground([*old.conditions, *new.conditions], never_together(), channels)
    found: list[Difference] = []
    for channel in channels:
        before = ground.rules(old.by_channel.get(channel, ()), channel)
        after = ground.rules(new.by_channel.get(channel, ()), channel)
        versions = Versions(ground, before, after)
        if versions.changed:
            found += _of_channel(versions, channel, ground, steps, new.figures.currency)
    texts = [Difference(sentence) for sentence in (*figure_differences(old.figures, new.figures), *_texts(old, new))]
    return [*_together(found), *texts]


def _of_channel(versions: Versions, channel: str, ground: Ground, steps: int, currency: str) -> Iterator[Difference]:
    try:
        budget = Steps(steps)
        for region in versions.verdicts(budget):
            was, becomes = _word(region.before), _word(region.after)
            yield _difference(region, channel, was, becomes, ground, budget, currency)
        for name, value in versions.items:
            for region in versions.asking((name, value), budget):
                asked = f"{name}: {value}"
                was, becomes = ("", asked) if region.after else (asked, "")
                yield _difference(region, channel, was, becomes, ground, budget, currency)
    except NotDecided:
        yield Difference(f"{channel}: not decided within the steps allowed; what is told may not be all.", (channel,))


def _difference(
    region: Region, channel: str, was: str, becomes: str, ground: Ground, steps: Steps, currency: str
) -> Difference:
    return Difference(
        sentence="",
        channels=(channel,),
        before=was,
        after=becomes,
        tests=box_in_words(ground, region.box, currency=currency),
        where=tuple(sorted(region.where)),
        unless=tuple(sorted(region.unless)),
        example=example_in(ground, region.shown, steps, currency=currency),
    )


def _together(found: Iterable[Difference]) -> Iterator[Difference]:
    """The same on several channels is said once."""
    same: dict[tuple[object, ...], list[Difference]] = {}
    for one in found:
        same.setdefault((one.before, one.after, one.tests, one.where, one.sentence), []).append(one)
    for ones in same.values():
        channels = tuple(one.channels[0] for one in ones)
        unless = tuple(sorted({name for one in ones for name in one.unless}))
        first = replace(ones[0], channels=channels, unless=unless)
        yield first if first.sentence else replace(first, sentence=_sentence(first))


def _sentence(one: Difference) -> str:
    channels = listed(list(one.channels))
    when = f" when {_plain(one.tests)}" if one.tests else " always"
    where = f", where {' or '.join(one.where)} speaks" if one.where else ""
    others = " or ".join(one.unless) if len(one.unless) <= _TOLD else "another rule"
    unless = f", unless {others} decides" if one.unless else ""
    if one.before and one.after:
        return f"{channels}: {one.before} → {one.after}{when}{where}{unless}."
    asked, _, what = (one.after or one.before).partition(": ")
    return f"{channels}: {'now' if one.after else 'no longer'} {_ASKED[asked]} {what}{when}{where}{unless}."


def _plain(tests: tuple[str, ...]) -> str:
    """Tests as people say them: kind is outage, remaining time at least 3 h."""
    said = []
    for test in tests:
        name, _, value = test.partition(": ")
        compares = value.startswith(("at least", "at most", "more than", "less than", "from ", "includes", "does not"))
        said.append(f"{name} {value}" if compares else f"{name} is {value}")
    return listed(said)


def _word(outcome: Outcome) -> str:
    return outcome.value if isinstance(outcome, Effect) else "none"


def _texts(old: Policy, new: Policy) -> Iterator[str]:
    """What a reader sees and no verdict shows."""
    for name, rule in new.rule.items():
        if name not in old.rule:
            yield f"New rule {name}: {rule.because}"
        else:
            was = old.rule[name]
            if was.because != rule.because:
                yield f"{name} now says: {rule.because}"
            if was.modifiers.shapes != rule.modifiers.shapes:
                yield f"{name} now asks of the writer: {' '.join(rule.modifiers.shapes) or 'nothing'}"
            if was.source != rule.source:
                yield f"{name} now rests on: {rule.source or 'no source'}"
    yield from (f"Rule {name} is gone." for name in old.rule if name not in new.rule)
    for what, before, after in (
        ("promise", {one.name: one.words for one in old.promises}, {one.name: one.words for one in new.promises}),
        ("scenario", {one.name: str(one.facts) + str(one.expect) for one in old.trials}, {one.name: str(one.facts) + str(one.expect) for one in new.trials}),
    ):  # fmt: skip
        yield from (f"New {what}: {name}." for name in after if name not in before)
        yield from (
            f"The {what} {name} is another." for name in after if name in before and before[name] != after[name]
        )
        yield from (f"The {what} {name} is gone." for name in before if name not in after)
