"""Past incidents as JSON lines: the facts as they were known, what was decided, and what was really announced.

One line: {"id": "…", "facts": {"kind": "outage", "cost@sms": 566}, "decided": {"sms": "use"}, "announced": ["sms"]}.
Numbers are in base units (minutes, shares from 0 to 1) or texts with their unit; what a line leaves out is unknown.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rules.cells import Value
from rules.mistakes import Place, Unreadable, did_you_mean
from rules.quantities import MOST
from rules.source import Items, Text
from rules.table import ScenarioMistakes
from rules.trial_reading import EXPECTED, read_value
from rules.vocabulary import Fact, vocabulary

_HERE = Place(1, 1)
_KEYS = {"id", "facts", "decided", "announced"}


@dataclass(frozen=True, slots=True)
class Past:
    """One past incident. Facts of one channel are named fact@channel; a channel without any was not set up."""

    id: str
    facts: Mapping[str, Value]
    decided: Mapping[str, str] = field(default_factory=dict)  # verdict by channel, as it was shown
    announced: frozenset[str] | None = None  # channels on which it was; None = not recorded

    def on(self, channel: str) -> Mapping[str, Value]:
        """The facts of one channel: its own, and those of all."""
        own: dict[str, Value] = {name: value for name, value in self.facts.items() if "@" not in name}
        ending = f"@{channel}"
        own |= {name.removesuffix(ending): value for name, value in self.facts.items() if name.endswith(ending)}
        return own


def read_past(lines: Iterable[str], *, channels: Iterable[str] | None = None) -> list[Past]:
    """The incidents of a file. channels: those that it may name; None = any.

    Raises ScenarioMistakes with every mistake and its line.
    """
    wrong: list[str] = []
    known = None if channels is None else list(channels)
    read = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and (past := _past(line, number, wrong)):
            read.append(past)
            wrong += _misnamed(past, number, known)
    if wrong:
        raise ScenarioMistakes(wrong)
    return read


def _misnamed(past: Past, number: int, channels: list[str] | None) -> Iterator[str]:
    """A channel that no policy has, or a verdict that none gives: left alone it would only be missing from the count."""
    named = (
        {name.partition("@")[2] for name in past.facts if "@" in name} | set(past.decided) | (past.announced or set())
    )
    for channel in sorted(named):
        if channels is not None and channel not in channels:
            yield f'line {number}: "{channel}" is not a channel of the policy.{did_you_mean(channel, channels)}'
    for channel, verdict in past.decided.items():
        if verdict not in EXPECTED:
            yield f'line {number}: "{verdict}" on {channel} is no verdict.{did_you_mean(verdict, EXPECTED)}'
    for name in past.facts:
        fact, _, of = name.partition("@")
        if of and fact in vocabulary().facts and not vocabulary().facts[fact].per_channel:
            yield f"line {number}: {fact} is the same for every channel: leave out @{of}."


def _past(line: str, number: int, wrong: list[str]) -> Past | None:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        wrong.append(f"line {number}, column {error.colno}: this is not JSON: {error.msg}.")
        return None
    except (ValueError, RecursionError):
        wrong.append(f"line {number}: it cannot be read: a number is too long, or brackets are nested too deep.")
        return None
    if not isinstance(values, dict) or not isinstance(values.get("facts"), dict):
        wrong.append(f'line {number}: an incident is {{"id": "…", "facts": {{…}}}}.')
        return None
    strange = (key for key in values if key not in _KEYS)
    wrong += [f'line {number}: "{key}" is not known here.{did_you_mean(key, sorted(_KEYS))}' for key in strange]
    facts = {name: _value(name, value, number, wrong) for name, value in values["facts"].items()}
    announced = values.get("announced")
    decided = values.get("decided") or {}
    if not isinstance(decided, dict) or not (announced is None or isinstance(announced, list)):
        wrong.append(f'line {number}: "decided" is a group, channel by channel, and "announced" a list of channels.')
        return None
    return Past(
        id=str(values.get("id", f"line {number}")),
        facts=facts,
        decided={_spaced(channel): str(verdict) for channel, verdict in decided.items()},
        announced=None if announced is None else frozenset(_spaced(str(channel)) for channel in announced),
    )


def _spaced(channel: str) -> str:
    return channel.replace("_", " ")


def _value(name: str, value: object, number: int, wrong: list[str]) -> Value:
    known = vocabulary().facts
    fact = known.get(name.partition("@")[0])
    if fact is None:
        wrong.append(f'line {number}: "{name}" is not a fact.{did_you_mean(name, known)}')
        return None
    try:
        return _read(fact, value)
    except (Unreadable, ValueError) as error:
        wrong.append(f"line {number}: {name}: {error}")
        return None


def _read(fact: Fact, value: object) -> Value:
    match value:
        case None:
            return None
        case bool():
            return read_value(fact, Text("yes" if value else "no", _HERE))
        case int() | float():
            if fact.unit is None or not fact.low <= value <= min(fact.high, MOST):
                raise Unreadable(f"{str(value)[:40]} is not one of its values")
            return float(value)
        case list():
            return read_value(fact, Items(tuple(Text(str(item), _HERE) for item in value), _HERE))
        case _:
            return read_value(fact, Text(str(value), _HERE))
