"""One typed test of one fact, such as `remaining time: at least 2 h`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rules.mistakes import Unreadable, did_you_mean
from rules.quantities import EXAMPLES, Unit, in_words, read_number, read_quantity
from rules.vocabulary import Fact, FactType


@dataclass(frozen=True, slots=True)
class Span:
    """A range of numbers."""

    low: float = float("-inf")
    high: float = float("inf")
    has_low: bool = True  # the bound itself belongs to it
    has_high: bool = True

    def holds(self, value: float) -> bool:
        """Whether the value lies in it."""
        above = value >= self.low if self.has_low else value > self.low
        return above and (value <= self.high if self.has_high else value < self.high)


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, read. Exactly one of the three kinds of content is set."""

    fact: Fact
    text: str  # the test as written
    words: frozenset[str] | None = None  # choices: the values for which it holds
    spans: tuple[Span, ...] | None = None  # numbers: it holds in any of them
    listed: frozenset[str] | None = None  # lists: what is looked for; empty = anything
    is_negated: bool = False  # of lists only

    def __str__(self) -> str:
        """As in a policy."""
        return f"{self.fact.name}: {self.text}"

    def holds(self, value: object) -> bool:
        """Whether a known value passes."""
        if self.words is not None:
            return value in self.words
        if self.spans is not None:
            return any(span.holds(float(str(value))) for span in self.spans)
        found = frozenset(str(word) for word in value) if isinstance(value, (tuple, frozenset, list)) else frozenset()
        looked_for = self.listed or frozenset()
        return bool(found & looked_for if looked_for else found) is not self.is_negated


_COMPARISONS: dict[str, Callable[[float], Span]] = {
    "at least": lambda bound: Span(low=bound),
    "at most": lambda bound: Span(high=bound),
    "more than": lambda bound: Span(low=bound, has_low=False),
    "less than": lambda bound: Span(high=bound, has_high=False),
}
_COMPARISON = re.compile(r"^(at least|at most|more than|less than)(?:\s+(.*))?$")
_RANGE = re.compile(r"^from\s+(.*?)\s+to(?:\s+(.*))?$")
_INCLUDES = re.compile(r"^(includes|does not include)(?:\s+(.*))?$")
_ATTRIBUTE = re.compile(r"^(?:(\S+)\s*x\s+)?channel\s+(.+)$")


def read_condition(fact: Fact, text: str, attributes: Mapping[str, float], *, currency: str = "") -> Condition:
    """The test that a text means. attributes: durations of the channel at hand; currency: the one of money, "" = any.

    Raises Unreadable with a sentence.
    """
    text = " ".join(text.split())
    if not text:
        raise Unreadable(f"Nothing stands after {fact.name}. {_how_to_test(fact)}")
    match fact.type:
        case FactType.choice | FactType.yes_no | FactType.ordered:
            return Condition(fact, text, words=_words(fact, text))
        case FactType.listed:
            listed, negated = _listed(fact, text)
            return Condition(fact, text, listed=listed, is_negated=negated)
        case FactType.clock:
            return Condition(fact, text, spans=_clock_spans(fact, text))
        case _:
            return Condition(fact, text, spans=(_span(fact, text, attributes, currency),))


def _words(fact: Fact, text: str) -> frozenset[str]:
    if (found := _COMPARISON.match(text)) or (_RANGE.match(text)):
        if fact.type is not FactType.ordered:
            raise Unreadable(f'"{text}" compares, but {fact.name} has no order. {_how_to_test(fact)}')
        return _ordered(fact, text, found)
    negated = text.startswith("not ")
    named = [_word(fact, word) for word in re.split(r"\s+or\s+", text.removeprefix("not ").strip())]
    allowed = frozenset(fact.words) - frozenset(named) if negated else frozenset(named)
    if not allowed:
        raise Unreadable(f"{fact.name}: {text} can never hold: no value is left.")
    return allowed


def _ordered(fact: Fact, text: str, comparison: re.Match[str] | None) -> frozenset[str]:
    if comparison:
        span = _COMPARISONS[comparison[1]](fact.words.index(_operand(fact, text, comparison[2])))
    else:
        first, last = _bounds(fact, text)
        span = Span(fact.words.index(_word(fact, first)), fact.words.index(_word(fact, last)))
    allowed = frozenset(word for rank, word in enumerate(fact.words) if span.holds(rank))
    if not allowed:
        raise Unreadable(f"{fact.name}: {text} can never hold: no value is left.")
    return allowed


def _operand(fact: Fact, text: str, operand: str | None) -> str:
    if not operand:
        raise Unreadable(f'Something is missing after "{text}". {_how_to_test(fact)}')
    return _word(fact, operand)


def _word(fact: Fact, text: str) -> str:
    word = text.strip().replace("_", " ")
    if word not in fact.words:
        raise Unreadable(f'"{text}" is not a value of {fact.name}.{did_you_mean(word, fact.words)}')
    return word


def _listed(fact: Fact, text: str) -> tuple[frozenset[str], bool]:
    if text in {"anything", "nothing"}:
        return frozenset(), text == "nothing"
    found = _INCLUDES.match(text)
    if not found:
        raise Unreadable(f'"{text}" is no test of a list. {_how_to_test(fact)}')
    if not found[2]:
        raise Unreadable(f'Something is missing after "{text}". {_how_to_test(fact)}')
    words = re.split(r"\s+or\s+", found[2])
    return frozenset(_word(fact, word) if fact.words else word for word in words), found[1] != "includes"


def _clock_spans(fact: Fact, text: str) -> tuple[Span, ...]:
    if not _RANGE.match(text):
        raise Unreadable(f'"{text}" is no test of a time of day. {_how_to_test(fact)}')
    begins, ends = (read_quantity(part, Unit.clock) for part in _bounds(fact, text))
    if begins == ends:
        raise Unreadable(f"{fact.name}: {text} can never hold: it begins when it ends.")
    if begins < ends:
        return (Span(begins, ends, has_high=False),)
    return (Span(low=begins), Span(high=ends, has_high=False))


def _bounds(fact: Fact, text: str) -> tuple[str, str]:
    found = _RANGE.match(text)
    if not found or not found[1] or not found[2]:
        raise Unreadable(f'"{text}" needs both ends: from … to …. {_how_to_test(fact)}')
    return found[1], found[2]


def _span(fact: Fact, text: str, attributes: Mapping[str, float], currency: str) -> Span:
    unit = fact.unit or Unit.number
    if found := _COMPARISON.match(text):
        if not found[2]:
            raise Unreadable(f'A number is missing after "{text}". {_how_to_test(fact)}')
        return _possible(fact, text, _COMPARISONS[found[1]](_bound(fact, found[2], unit, attributes, currency)))
    if text.startswith("from ") or text == "from":
        low, high = (_bound(fact, part, unit, attributes, currency) for part in _bounds(fact, text))
        if low > high:
            raise Unreadable(f"{fact.name}: {text} is empty: it ends before it begins.")
        return _possible(fact, text, Span(low, high))
    if text in {"yes", "no"}:
        raise Unreadable(f"{fact.name} is a number, not yes or no. {_how_to_test(fact)}")
    raise Unreadable(f'"{text}" is no test of a number. {_how_to_test(fact)}')


def _bound(fact: Fact, text: str, unit: Unit, attributes: Mapping[str, float], currency: str) -> float:
    if found := _ATTRIBUTE.match(text):
        if unit is not Unit.duration:
            raise Unreadable(f"{fact.name} is not a duration and cannot be compared with {found[2]}.")
        if found[2] not in attributes:
            raise Unreadable(f'A channel has no "{found[2]}".{did_you_mean(found[2], attributes)}')
        times = read_number(found[1]) if found[1] else 1.0
        if times <= 0:
            raise Unreadable(f'"{text}" is out of range: a multiple is more than 0.')
        return times * attributes[found[2]]
    value = read_quantity(text, unit, currency=currency)
    if not fact.low <= value <= fact.high:
        sides = [f"from {in_words(fact.low, unit)}"]
        sides += [f"to {in_words(fact.high, unit)}"] if fact.high < float("inf") else ["upwards"]
        raise Unreadable(f'"{text}" is out of range: {fact.name} runs {" ".join(sides)}.')
    return value


def _possible(fact: Fact, text: str, span: Span) -> Span:
    ends = [fact.low, fact.high, span.low, span.high]
    points = sorted(point for point in ends if abs(point) < float("inf"))
    samples = [*points, *((a + b) / 2 for a, b in pairwise(points)), points[-1] + 1.0]
    if not any(fact.low <= sample <= fact.high and span.holds(sample) for sample in samples):
        raise Unreadable(f"{fact.name}: {text} can never hold.")
    return span


def _how_to_test(fact: Fact) -> str:
    match fact.type:
        case FactType.yes_no:
            return "Write yes or no."
        case FactType.choice:
            return f"Write for example: {' or '.join(fact.words[:2])}."
        case FactType.ordered:
            return f"Write for example: at least {fact.words[-2]}, or {' or '.join(fact.words[:2])}."
        case FactType.listed:
            return f"Write for example: includes {fact.words[0] if fact.words else 'name'}, anything, or nothing."
        case FactType.clock:
            return "Write for example: from 22:00 to 07:00."
        case _:
            return f"Write for example: at least {EXAMPLES[fact.unit or Unit.number].split(',')[0]}."
