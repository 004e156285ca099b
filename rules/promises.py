"""What a policy promises of every incident, and the incidents on which it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.cells import Value
from rules.conditions import Condition
from rules.mistakes import Place


class Pledge(StrEnum):
    """What is promised; the value is how a policy writes it."""

    gets = "gets"
    never_gets = "never gets"
    never_held = "never held"
    completed_first = "completed first"
    always_signed = "always signed"
    never_removes = "never removes"


@dataclass(frozen=True, slots=True)
class ChannelTest:
    """A test of a promise, and the channel whose fact it looks at."""

    condition: Condition
    channel: str


Cases = tuple[tuple[ChannelTest, ...], ...]  # alternatives of conjunctions


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. Its tests depend on the channel at hand unless they name one."""

    name: str
    pledge: Pledge
    channels: tuple[str, ...]
    at: Place
    every: Mapping[str, Cases]  # by channel: the incidents that it speaks of
    unless: Mapping[str, Cases]
    any_channel: bool = False  # of `gets`: one of the channels is enough
    raising: str = ""  # of `never removes`: the fact that goes up
    because: str = ""
    words: str = ""  # the whole promise as a sentence

    @property
    def tested(self) -> tuple[Condition, ...]:
        """Every test in it."""
        cases = [*self.every.values(), *self.unless.values()]
        return tuple(test.condition for alternatives in cases for case in alternatives for test in case)


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario of a policy: facts, and what the rules shall say."""

    name: str
    facts: Mapping[str, Mapping[str, Value]]  # by channel; complete
    expect: Mapping[str, str]  # by channel: use, optional, avoid, block, or none if no rule speaks
    at: Place
