"""Past incidents under another policy: which verdicts change, told as people count them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.batch import Batch
from rules.cautious import Cautious, Said
from rules.past import Past
from rules.policy import Policy
from rules.verdicts import SAID

ByChannel = dict[str, dict[int, Said]]  # by channel, then by the incident's place


@dataclass(frozen=True, slots=True)
class Change:
    """One past incident on one channel, before and after."""

    id: str
    channel: str
    before: str  # use, optional, avoid, block, or none if no rule speaks
    after: str
    announced: bool | None  # whether it was, on this channel; None = not recorded
    rules: tuple[str, ...]  # that fire under the new policy
    is_certain: bool = True  # whatever the facts are that nobody knows

    @property
    def gains(self) -> bool:
        """The channel is used now and was not."""
        return self.after == "use" != self.before

    @property
    def loses(self) -> bool:
        """The channel was used and is not now."""
        return self.before == "use" != self.after


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have been decided otherwise."""

    incidents: int
    changes: tuple[Change, ...]
    undecided: int = 0  # incidents of which a verdict hangs on facts that nobody knows

    @property
    def changed(self) -> int:
        """Incidents with at least one change."""
        return len({change.id for change in self.changes})

    def __str__(self) -> str:
        """In one sentence, counts only."""
        if not self.changes:
            return f"Of {self.incidents:,} past incidents none changes.{self._open}"
        gained = Counter(one.channel for one in self.changes if one.gains)
        lost = Counter(one.channel for one in self.changes if one.loses)
        counts = [f"{number:,} {_verb('gain', number)} {channel}" for channel, number in gained.items()]
        counts += [f"{number:,} {_verb('lose', number)} {channel}" for channel, number in lost.items()]
        others = sum(not (one.gains or one.loses) for one in self.changes)
        counts += [f"{others:,} other {'verdict changes' if others == 1 else 'verdicts change'}"] if others else []
        known = [one for one in self.changes if one.announced is not None and (one.gains or one.loses)]
        agree = sum(one.announced is one.gains for one in known)
        really = f" {agree:,} of {len(known):,} such changes agree with what was really announced." if known else ""
        return f"Of {self.incidents:,} past incidents {self.changed:,} {_verb('change', self.changed)}: {', '.join(counts)}.{really}{self._open}"

    @property
    def _open(self) -> str:
        if not self.undecided:
            return ""
        hang = "hangs" if self.undecided == 1 else "hang"
        return f" Verdicts of {self.undecided:,} {hang} on facts that nobody knows; there the most cautious was taken."


def _verb(verb: str, number: int) -> str:
    return f"{verb}s" if number == 1 else verb


def replay(past: Sequence[Past], policy: Policy, *, against: Policy | None = None) -> Replay:
    """What the policy would change. Before is what was decided then, or what `against` decides if it is given."""
    set_up = [frozenset(_channels_of(one, policy)) for one in past]
    after = _said(policy, past, set_up)
    before = _said(against, past, set_up) if against else {}
    changes = tuple(_changes(past, set_up, before, after, is_compared=against is not None))
    undecided = {
        place for said in (*before.values(), *after.values()) for place, one in said.items() if not one.is_certain
    }
    return Replay(len(past), changes, len(undecided))


def _changes(
    past: Sequence[Past], set_up: Sequence[frozenset[str]], before: ByChannel, after: ByChannel, *, is_compared: bool
) -> Iterator[Change]:
    """In the order of the file, then of the policy's channels."""
    for place, one in enumerate(past):
        for channel in (channel for channel in after if channel in set_up[place]):
            then, first = after[channel][place], before.get(channel, {}).get(place)
            was = first.verdict if first else one.decided.get(channel)
            if was and was != then.verdict and (is_compared or not _is_same(was, then.verdict)):
                really = None if one.announced is None else channel in one.announced
                is_certain = then.is_certain and (first is None or first.is_certain)
                yield Change(one.id, channel, was, then.verdict, really, then.rules, is_certain=is_certain)


def _said(policy: Policy, past: Sequence[Past], set_up: Sequence[frozenset[str]]) -> ByChannel:
    """By channel, then by the place of each incident when it was set up."""
    said: ByChannel = {}
    for channel in policy.by_channel:
        places = [place for place, channels in enumerate(set_up) if channel in channels]
        said[channel] = dict(zip(places, said_of_past(policy, channel, [past[place] for place in places]), strict=True))
    return said


def said_of_past(policy: Policy, channel: str, past: Sequence[Past]) -> list[Said]:
    """What the rules say of each incident; of unknown facts, the most cautious that can be."""
    names = {dim.fact.name for dim in policy.layout.dimensions}
    rows = [one.on(channel) for one in past]
    known = [place for place, row in enumerate(rows) if all(row.get(name) is not None for name in names)]
    columns = {name: [rows[place][name] for place in known] for name in names}
    found = zip(known, Batch(policy, columns, len(known)).findings(channel), strict=True)
    at_once = {place: Said(SAID[one.effect], tuple(rule.name for rule in one.fired)) for place, one in found}
    unknown = Cautious(policy, channel)
    return [at_once.get(place) or unknown.on(policy.layout.observe(row)) for place, row in enumerate(rows)]


def _is_same(before: str, after: str) -> bool:
    """Where no rule speaks the reach decided then: optional or avoid."""
    return after == "none" and before in {"optional", "avoid"}


def _channels_of(past: Past, policy: Policy) -> Iterator[str]:
    """Those that were set up then: something is known of them, or something was decided."""
    named = {name.partition("@")[2] for name in past.facts if "@" in name} | set(past.decided)
    return (channel for channel in policy.by_channel if channel in named)
