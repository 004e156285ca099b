"""Two texts of the rules compared line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 2  # unchanged lines around a change


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison."""

    kind: str  # same, gone, new, gap
    number: int  # in the text that it stands in
    text: str


def lines(old: str, new: str) -> list[Line]:
    """The places where two texts differ, with the lines around them."""
    return list(_lines(old.splitlines(), new.splitlines()))


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT)):
        if number:
            yield Line("gap", 0, "")
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                yield from (Line("same", at + 1, new[at]) for at in range(new_from, new_to))
                continue
            yield from (Line("gone", at + 1, old[at]) for at in range(old_from, old_to))
            yield from (Line("new", at + 1, new[at]) for at in range(new_from, new_to))
