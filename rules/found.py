"""What the checker found, as sentences and as data."""

from dataclasses import dataclass
from enum import StrEnum

from rules.example import Example
from rules.mistakes import Place
from rules.phrases import listed
from rules.promises import Trial
from rules.proving import Proof, State


class Weight(StrEnum):
    """How much a finding matters. An error keeps the policy from coming into force."""

    error = "error"
    warning = "warning"
    note = "note"


class Matter(StrEnum):
    """What a finding is about."""

    contradiction = "contradiction"
    dead_rule = "dead rule"
    never_has_effect = "never has effect"
    never_matters = "never matters"
    useless_override = "useless override"
    gap = "gap"
    not_decided = "not decided"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding."""

    matter: Matter
    weight: Weight
    sentence: str
    rules: tuple[str, ...]
    channels: tuple[str, ...]
    at: Place
    example: Example | None = None  # an incident that shows it

    def __str__(self) -> str:
        """The sentence with its example."""
        return f"{self.sentence} For example: {self.example}." if self.example else self.sentence


@dataclass(frozen=True, slots=True)
class Tried:
    """A scenario of the policy with what came of it; no misses = it holds."""

    trial: Trial
    misses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a check says of a policy."""

    found: tuple[Found, ...]
    proofs: tuple[Proof, ...]
    tried: tuple[Tried, ...]

    @property
    def may_come_into_force(self) -> bool:
        """No error, no broken promise, and every scenario holds. What is not decided keeps nothing back."""
        return (
            all(one.weight is not Weight.error for one in self.found)
            and all(proof.state is not State.refuted for proof in self.proofs)
            and not any(one.misses for one in self.tried)
        )


def on_channels(channels: tuple[str, ...]) -> str:
    """For a sentence: "on sms and push"."""
    return f"on {listed(list(channels))}"
