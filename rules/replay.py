"""Past incidents under another policy: which verdicts change, told as people count them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.batch import Batch
from rules.cells import Value
from rules.decision import decide
from rules.facts import Case
from rules.past import Past
from rules.policy import Policy
from rules.timing import timing_of
from rules.trying import SAID
from rules.verdicts import Findings, find, worlds

_CAUTION = ("block", "avoid", "none", "optional", "use")


@dataclass(frozen=True, slots=True)
class Change:
    """One past incident on one channel, before and after."""

    id: str
    channel: str
    before: str  # use, optional, avoid, block, or none if no rule speaks
    after: str
    announced: bool | None  # whether it was, on this channel; None = not recorded
    rules: tuple[str, ...]  # that fire under the new policy

    @property
    def gains(self) -> bool:
        """The channel is used now and was not."""
        return self.after == "use" != self.before

    @property
    def loses(self) -> bool:
        """The channel was used and is not now."""
        return self.before == "use" != self.after


@dataclass(frozen=True, slots=True)
class PastCase:
    """One past incident with everything that its decision was made from."""

    id: str
    case: Case
    announced: frozenset[str] | None = None  # channels, by the policy's name; None = not recorded


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have been decided otherwise."""

    incidents: int
    changes: tuple[Change, ...]

    @property
    def changed(self) -> int:
        """Incidents with at least one change."""
        return len({change.id for change in self.changes})

    def __str__(self) -> str:
        """In one sentence, counts only."""
        if not self.changes:
            return f"Of {self.incidents:,} past incidents none changes."
        gained = Counter(one.channel for one in self.changes if one.gains)
        lost = Counter(one.channel for one in self.changes if one.loses)
        counts = [f"{number:,} {_verb('gain', number)} {channel}" for channel, number in gained.items()]
        counts += [f"{number:,} {_verb('lose', number)} {channel}" for channel, number in lost.items()]
        others = sum(not (one.gains or one.loses) for one in self.changes)
        counts += [f"{others:,} other {'verdict changes' if others == 1 else 'verdicts change'}"] if others else []
        known = [one for one in self.changes if one.announced is not None and (one.gains or one.loses)]
        agree = sum(one.announced is one.gains for one in known)
        really = f" {agree:,} of {len(known):,} such changes agree with what was really announced." if known else ""
        return f"Of {self.incidents:,} past incidents {self.changed:,} {_verb('change', self.changed)}: {', '.join(counts)}.{really}"


def _verb(verb: str, number: int) -> str:
    return f"{verb}s" if number == 1 else verb


def replay(past: Sequence[Past], policy: Policy, *, against: Policy | None = None) -> Replay:
    """What the policy would change. Before is what was decided then, or what `against` decides if it is given."""
    return Replay(len(past), tuple(_changes(past, policy, against)))


def replay_cases(past: Sequence[PastCase], policy: Policy, *, against: Policy) -> Replay:
    """The same for whole cases: verdicts with reach and audiences counted, as they were shown."""
    return Replay(len(past), tuple(change for one in past for change in _changes_of_case(one, policy, against)))


def _changes_of_case(past: PastCase, policy: Policy, against: Policy) -> Iterator[Change]:
    first = decide(past.case, against, timing_of(past.case, against.figures))
    then = decide(past.case, policy, timing_of(past.case, policy.figures))
    for channel, decision in then.items():
        before, after = first[channel].verdict.value, decision.verdict.value
        if before != after:
            was = None if past.announced is None else channel in past.announced
            yield Change(past.id, channel, before, after, was, tuple(rule.name for rule in decision.findings.fired))


def _changes(past: Sequence[Past], policy: Policy, against: Policy | None) -> Iterator[Change]:
    """In the order of the file, then of the policy's channels."""
    after = {channel: verdicts_of(policy, channel, past) for channel in policy.by_channel}
    before = {channel: verdicts_of(against, channel, past) for channel in against.by_channel} if against else {}
    for place, one in enumerate(past):
        for channel in _channels_of(one, policy):
            then, fired = after[channel][place]
            was = before[channel][place][0] if channel in before else one.decided.get(channel)
            if was and was != then and not (against is None and _is_same(was, then)):
                really = None if one.announced is None else channel in one.announced
                yield Change(one.id, channel, was, then, really, fired)


def verdicts_of(policy: Policy, channel: str, past: Sequence[Past]) -> list[tuple[str, tuple[str, ...]]]:
    """(what the rules say, those that fired), incident by incident; of unknown facts, the most cautious that can be."""
    names = {dim.fact.name for dim in policy.layout.dimensions}
    rows = [one.on(channel) for one in past]
    known = [place for place, row in enumerate(rows) if all(row.get(name) is not None for name in names)]
    columns = {name: [rows[place][name] for place in known] for name in names}
    at_once = dict(zip(known, Batch(policy, columns, len(known)).findings(channel), strict=True))
    found = (at_once.get(place) or _cautious(policy, channel, row) for place, row in enumerate(rows))
    return [(SAID[one.effect], tuple(rule.name for rule in one.fired)) for one in found]


def _cautious(policy: Policy, channel: str, facts: Mapping[str, Value]) -> Findings:
    rules = policy.by_channel[channel]
    found = [find(rules, known) for known in worlds(rules, facts, policy)]
    return min(found, key=lambda one: _CAUTION.index(SAID[one.effect]))


def _is_same(before: str, after: str) -> bool:
    """Where no rule speaks the reach decided then: optional or avoid."""
    return after == "none" and before in {"optional", "avoid"}


def _channels_of(past: Past, policy: Policy) -> Iterator[str]:
    """Those that were set up then: something is known of them, or something was decided."""
    named = {name.partition("@")[2] for name in past.facts if "@" in name} | set(past.decided)
    return (channel for channel in policy.by_channel if channel in named)
