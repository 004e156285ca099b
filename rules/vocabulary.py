"""What a rule can talk about: the facts of `facts.yaml`, with type, range and unit."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from rules.group import Group
from rules.mistakes import Findings, Unreadable
from rules.quantities import Unit, read_quantity
from rules.source import Fields, Items, Node, Text, read_source


class FactType(StrEnum):
    """What values a fact has, and so which tests it allows."""

    choice = "choice"
    ordered = "ordered choice"  # weakest first
    yes_no = "yes or no"
    listed = "list"
    duration = "duration"
    share = "share"
    number = "number"
    money = "money"
    clock = "clock"


_UNITS = {kind: Unit(kind.value) for kind in FactType if kind.value in set(Unit)}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, or may be unknown, about a case."""

    name: str
    type: FactType
    words: tuple[str, ...] = ()  # of choices and lists; empty = any words
    low: float = 0.0  # of numbers, in the base unit
    high: float = float("inf")
    per_channel: bool = False
    may_be_unknown: bool = False
    is_fixed: bool = False  # nobody can change it: never offered as a way to another verdict
    follows: bool = False  # from other facts alone: it moves with them
    usual: str | float | tuple[str, ...] = ""  # what it is where nothing is said of it
    says: str = ""

    @property
    def unit(self) -> Unit | None:
        """None for words and lists."""
        return _UNITS.get(self.type)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All facts by name, and the combinations of tests that cannot happen."""

    facts: dict[str, Fact]
    never: tuple[Fields, ...]


@cache
def vocabulary() -> Vocabulary:
    """The facts that this version computes. Raises PolicyMistakes if the file that ships is wrong."""
    findings = Findings()
    root = read_source(files("rules").joinpath("facts.yaml").read_text(encoding="utf-8"), findings)
    group = Group(root, findings, what="the file")
    facts = {key.value: _fact(key, node, findings) for key, node in _entries(group.node("facts"))}
    never = group.node("never")
    group.refuse_unknown()
    findings.refuse_if_any()
    impossible = never.items if isinstance(never, Items) else ()
    return Vocabulary(facts, tuple(item for item in impossible if isinstance(item, Fields)))


def _entries(node: Node | None) -> tuple[tuple[Text, Node], ...]:
    return node.fields if isinstance(node, Fields) else ()


def _fact(key: Text, node: Node, findings: Findings) -> Fact:
    group = Group(node, findings, what=key.value)
    fact_type = FactType(group.choice("type", "yes or no", of=[kind.value for kind in FactType]))
    words = group.node("one of")
    fact = Fact(
        name=key.value,
        type=fact_type,
        words=_words(words) if fact_type is not FactType.yes_no else ("no", "yes"),
        low=_bound(group, "from", fact_type, 0.0),
        high=_bound(group, "to", fact_type, float("inf")),
        per_channel=group.yes_no("per channel", base=False),
        may_be_unknown=group.yes_no("may be unknown", base=False),
        is_fixed=group.yes_no("fixed", base=False),
        follows=group.yes_no("follows from others", base=False),
        usual=_usual(group, fact_type, words),
        says=group.text("says", ""),
    )
    group.refuse_unknown()
    return fact


def _words(node: Node | None) -> tuple[str, ...]:
    return tuple(item.value for item in node.items if isinstance(item, Text)) if isinstance(node, Items) else ()


def _usual(group: Group, fact_type: FactType, words: Node | None) -> str | float | tuple[str, ...]:
    """No, the first word, nothing, or zero, unless another value is given."""
    text = group.text("usual", "")
    if fact_type is FactType.listed:
        return ()
    if fact_type in _UNITS:
        return _bound(group, "usual", fact_type, 0.0)
    return text or (_words(words)[0] if words else "no")


def _bound(group: Group, name: str, fact_type: FactType, base: float) -> float:
    text = group.text(name, "")
    if not text:
        return {FactType.share: {"to": 1.0}, FactType.clock: {"to": 1440.0}}.get(fact_type, {}).get(name, base)
    try:
        return read_quantity(text, Unit(fact_type.value))
    except Unreadable as error:
        group.findings.add(group.at, str(error))
        return base
