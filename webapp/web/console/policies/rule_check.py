"""One rule as it stands in a form: what is to say of it, within its card and in the whole text, and how it would read."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.blocks import NEW_RULE, Block, NotApart, added, blocks, mistakes_of, replaced, title_of
from rules.policy import Policy
from webapp.flow.policies import LONGEST, Remark, examine
from webapp.flow.refusals import NotFound, NotValid
from webapp.web.console.policies import cards
from webapp.web.console.policies.cards import Card

NEW = 0  # the number of a rule that is not in the text yet


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule's lines, and where they stand."""

    number: int  # NEW, or from 1
    text: str
    line: int  # of the first one, in the whole text
    name: str
    indent: int = 2


@dataclass(frozen=True, slots=True)
class OwnRemark:
    """Something to know about the rule at hand."""

    line: int  # within the card, from 1
    whole: Remark  # the same in the whole text


@dataclass(frozen=True, slots=True)
class Checked:
    """The whole text with the rule as it is written now."""

    text: str | None  # None = the lines would reach beyond the rule
    line: int  # of the rule in it
    own: tuple[OwnRemark, ...]
    others: tuple[Remark, ...]
    card: Card | None  # None = it cannot be read yet
    policy: Policy | None
    may_come_into_force: bool

    @property
    def is_right(self) -> bool:
        """Nothing of this rule itself keeps the text back."""
        return not any(one.whole.is_serious for one in self.own)


def every(text: str) -> list[Block]:
    """The rules of a text as blocks. Raises NotValid."""
    try:
        return blocks(text)
    except NotApart as refusal:
        raise NotValid("text", str(refusal)) from refusal


def placed(text: str, number: int) -> Placed:
    """A rule by its place in the text. Raises NotFound, NotValid."""
    if number == NEW:
        known = every(text)
        return Placed(NEW, NEW_RULE, known[-1].last_line + 2 if known else 1, "")
    found = next((one for one in every(text) if one.number == number), None)
    if found is None:
        raise NotFound("This draft has no such rule any more; open the list of its rules again")
    return Placed(found.number, found.text, found.line, title_of(found), found.indent)


def number_of(text: str, name: str) -> int | None:
    """Where a rule stands; None = there is none of this name."""
    return next((one.number for one in every(text) if title_of(one) == name), None)


def with_rule(text: str, number: int, new: str) -> tuple[str, int]:
    """The whole text with these lines as its rule, and the line at which they begin. Raises PolicyMistakes, NotApart."""
    if number == NEW:
        return added(text, new.rstrip("\n") + "\n")
    block = next((one for one in blocks(text) if one.number == number), None)
    if block is None:
        raise NotFound("This draft has no such rule any more; open the list of its rules again")
    return replaced(text, block, new), block.line


def checked(text: str, at: Placed, new: str) -> Checked:
    """All that is to say, the rule's own first."""
    misplaced = [Remark(one.line + at.line - 1, one.column, one.sentence) for one in mistakes_of(new, at.indent)]
    if misplaced or len(text) + len(new) > LONGEST:
        misplaced = misplaced or [Remark(at.line, 1, f"The text would be longer than {LONGEST:,} characters.")]
        own = tuple(OwnRemark(one.line - at.line + 1, one) for one in misplaced)
        return Checked(None, at.line, own, (), None, None, may_come_into_force=False)
    whole, line = with_rule(text, at.number, new)
    last = line + len(new.rstrip("\n").split("\n")) - 1
    examined = examine(whole)
    own = tuple(OwnRemark(one.line - line + 1, one) for one in examined.remarks if line <= one.line <= last)
    others = tuple(one for one in examined.remarks if not line <= one.line <= last)
    card = next(_cards(examined.policy, line, last), None) if examined.policy else None
    return Checked(whole, line, own, others, card, examined.policy, examined.may_come_into_force)


def _cards(policy: Policy, line: int, last: int) -> Iterator[Card]:
    return (one for one in cards.every(policy) if line <= one.line <= last)
