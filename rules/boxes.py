"""Questions about all incidents at once: a box is a set of cells for every fact, and is split until each part answers.

Exact, because every fact falls into finitely many cells; bounded, because the number of steps is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

STEPS = 50_000  # boxes that one question may look at
WORK = 10_000_000  # rules looked at in boxes, by all questions of one check together


class Test(NamedTuple):
    """A test of one fact: the cells in which it holds, and the fact's other cells."""

    holds: int
    fails: int


Answer = bool | Test  # a test = it depends, among others on this one
Question = Callable[[int], Answer]


class NotDecided(Exception):
    """The steps were used up before the answer was certain."""


@dataclass(slots=True)
class Steps:
    """What is left to spend on one question, or on several together."""

    left: int = STEPS
    total: "Steps | None" = None  # what all questions have together

    def spend(self) -> None:
        """One box is looked at."""
        self.left -= 1
        if self.left < 0:
            raise NotDecided
        if self.total:
            self.total.spend()


@dataclass(frozen=True, slots=True)
class Together:
    """Tests that hold together, or do not."""

    tests: tuple[Test, ...]
    fails: int = field(init=False)
    cells: int = field(init=False, compare=False)  # of every fact that it looks at
    _last: dict[int, Answer] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Gather the cells in which it does not hold, and all that it looks at."""
        fails = holds = 0
        for test in self.tests:
            fails |= test.fails
            holds |= test.holds
        object.__setattr__(self, "fails", fails)
        object.__setattr__(self, "cells", fails | holds)

    def on(self, box: int) -> Answer:
        """Whether it holds in the whole box, or nowhere in it."""
        if not box & self.fails:
            return True
        opened: Answer = True
        for test in self.tests:
            if not box & test.holds:
                return False
            if opened is True and box & test.fails:
                opened = test
        return opened

    def last_open(self, box: int) -> Answer:
        """The one test that is open while all others hold; yes if all hold, no if one cannot or more are open."""
        here = box & self.cells
        last = self._last.get(here)
        if last is None:
            last = self._last[here] = self._last_open(here)
        return last

    def _last_open(self, box: int) -> Answer:
        last: Answer = True
        for test in self.tests:
            if box & test.fails:
                if last is not True or not box & test.holds:
                    return False
                last = test
        return last

    def left_open(self, box: int) -> frozenset[Test] | None:
        """The tests that are open in the box, by which two conjunctions are the same there; None if it cannot hold."""
        if not all(box & test.holds for test in self.tests):
            return None
        return frozenset(Test(box & test.holds, box & test.fails) for test in self.tests if box & test.fails)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Yes if all say yes, no if one says no; the answers are asked for one by one."""
    opened: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if opened is True:
            opened = answer
    return opened


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes if one says yes, no if all say no."""
    opened: Answer = False
    for answer in answers:
        if answer is True:
            return True
        if opened is False:
            opened = answer
    return opened


def opposite(answer: Answer) -> Answer:
    """No for yes; what depends still depends, and is looked for where the test fails."""
    return Test(answer.fails, answer.holds) if isinstance(answer, Test) else not answer


@dataclass(frozen=True, slots=True)
class Space:
    """All incidents that can be: one box, less what is never together."""

    start: int
    never: tuple[Together, ...]
    facts: tuple[int, ...]  # the cells of each fact

    def narrowed(self, box: int, changed: int = -1) -> int:
        """The box without cells that cannot be; 0 if nothing of it can. What needs a split to be seen may remain.

        changed: cells of the facts that have changed since the box was narrowed last; all, unless that is known.
        """
        while changed:
            looked_at, changed = changed, 0
            for never in self.never:
                if not never.cells & looked_at:
                    continue
                last = never.last_open(box)
                if last is True:
                    return 0
                if isinstance(last, Test):
                    box &= ~last.holds
                    changed |= last.holds | last.fails
        return box


def parts(space: Space, question: Question, steps: Steps, *, within: int | None = None) -> Iterator[int]:
    """Boxes that do not overlap, throughout which the answer is yes; everywhere else it is no.

    A part may still contain what is never together. Raises NotDecided.
    """
    waiting = [(space.start if within is None else within, -1)]
    while waiting:
        steps.spend()
        box = space.narrowed(*waiting.pop())
        if not box:
            continue
        answer = question(box)
        if answer is True:
            yield box
        elif isinstance(answer, Test):
            split = answer.holds | answer.fails
            waiting += [(box & ~answer.holds, split), (box & ~answer.fails, split)]


def is_possible(space: Space, box: int, steps: Steps) -> bool:
    """Whether anything in the box can be."""
    return next(_free(space, box, steps), None) is not None


def possible_parts(space: Space, question: Question, steps: Steps) -> Iterator[int]:
    """Parts in which at least one incident can be."""
    return (box for box in parts(space, question, steps) if is_possible(space, box, steps))


def world_in(space: Space, box: int, steps: Steps, *, usual: Callable[[int], int]) -> int:
    """One incident of a possible box, as usual as can be. usual: of some cells of one fact, the most usual."""
    for cells in space.facts:
        here = box & cells
        while here & (here - 1):
            cell = usual(here)
            chosen = (box & ~cells) | cell
            if is_possible(space, chosen, steps):
                box = chosen
                break
            here &= ~cell
        else:
            box = (box & ~cells) | here
    return box


def _free(space: Space, box: int, steps: Steps) -> Iterator[int]:
    """Parts of a box in which nothing is together that never is."""
    return parts(space, lambda part: opposite(any_of(never.on(part) for never in space.never)), steps, within=box)
