"""Past incidents as JSON lines: the facts as they were known, what was decided, and what was really announced.

One line: {"id": "…", "facts": {"kind": "outage", "cost@sms": 566}, "decided": {"sms": "use"}, "announced": ["sms"]}.
Numbers are in base units (minutes, shares from 0 to 1) or texts with their unit; what a line leaves out is unknown.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.cells import Value
from rules.mistakes import Place, Unreadable, did_you_mean
from rules.source import Items, Text
from rules.table import ScenarioMistakes
from rules.trial_reading import read_value
from rules.vocabulary import Fact, vocabulary

_HERE = Place(1, 1)


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


def read_past(lines: Iterable[str]) -> list[Past]:
    """The incidents of a file. Raises ScenarioMistakes with every mistake and its line."""
    wrong: list[str] = []
    read = [past for number, line in enumerate(lines, start=1) if line.strip() and (past := _past(line, number, wrong))]
    if wrong:
        raise ScenarioMistakes(wrong)
    return read


def _past(line: str, number: int, wrong: list[str]) -> Past | None:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        wrong.append(f"line {number}, column {error.colno}: this is not JSON: {error.msg}.")
        return None
    if not isinstance(values, dict) or not isinstance(values.get("facts"), dict):
        wrong.append(f'line {number}: an incident is {{"id": "…", "facts": {{…}}}}.')
        return None
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
            if fact.unit is None or not fact.low <= value <= fact.high:
                raise Unreadable(f"{value} is not one of its values")
            return float(value)
        case list():
            return read_value(fact, Items(tuple(Text(str(item), _HERE) for item in value), _HERE))
        case _:
            return read_value(fact, Text(str(value), _HERE))
