"""What is wrong with a file, where, and what to write instead: in plain words, all of it at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """A position in a text, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One finding."""

    line: int
    column: int
    sentence: str
    is_warning: bool = False  # a warning does not keep the policy from being read

    def __str__(self) -> str:
        """As LINE:COLUMN: sentence."""
        return f"{self.line}:{self.column}: {self.sentence}"


class PolicyMistakes(ValueError):
    """A policy that cannot be used. `findings` holds every mistake of the text, in its order."""

    def __init__(self, findings: Iterable[Mistake], *, is_unreadable: bool = False) -> None:
        self.findings = sorted(findings)
        self.is_unreadable = is_unreadable  # not even its structure could be made out
        super().__init__("\n".join(str(finding) for finding in self.findings))


@dataclass(slots=True)
class Findings:
    """Collects while a text is read."""

    found: list[Mistake] = field(default_factory=list)

    def add(self, place: Place, sentence: str) -> None:
        """A mistake: the policy cannot be used."""
        self.found.append(Mistake(place.line, place.column, sentence))

    def add_once(self, place: Place, sentence: str) -> None:
        """The same line may be read for every channel; its mistake is told once."""
        if not any((one.line, one.column, one.sentence) == (*place, sentence) for one in self.found):
            self.add(place, sentence)

    def warn(self, place: Place, sentence: str) -> None:
        """Something that is probably not meant."""
        self.found.append(Mistake(place.line, place.column, sentence, is_warning=True))

    @property
    def warnings(self) -> tuple[Mistake, ...]:
        """In the order of the text."""
        return tuple(sorted(mistake for mistake in self.found if mistake.is_warning))

    def refuse_if_any(self) -> None:
        """Raise all mistakes together, the warnings with them."""
        if any(not mistake.is_warning for mistake in self.found):
            raise PolicyMistakes(self.found)


class Unreadable(ValueError):
    """A value that does not say what it should; the sentence goes to whoever wrote it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion that begins with a space, or the list of what there is; "" if that would be long."""
    names = list(known)
    lowered = {name.lower(): name for name in names}
    close = get_close_matches(word.lower().replace("_", " "), lowered, n=1, cutoff=0.6)
    if close:
        return f' Did you mean "{lowered[close[0]]}"?'
    return f" Write one of: {', '.join(names)}." if 0 < len(names) <= 12 else ""
