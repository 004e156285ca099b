"""Reads a group of named values with its ranges; what is unknown, missing or out of range becomes a finding."""

from collections.abc import Iterable

from rules.mistakes import Findings, Place, Unreadable, did_you_mean
from rules.quantities import Unit, in_words, read_number, read_quantity
from rules.source import Fields, Node, Text

YES_NO = {"yes": True, "no": False}
_HIGHEST = {Unit.share: 1.0, Unit.duration: 3650 * 1440.0}  # ten years


class Group:
    """One group of a file. `base` values apply where the group says nothing."""

    def __init__(self, node: Node | None, findings: Findings, *, what: str, currency: str = "") -> None:
        self.what = what
        self.currency = currency  # of its money; "" = any
        self.findings = findings
        self.at = node.at if node else Place(1, 1)
        self.fields = node if isinstance(node, Fields) else None
        self._read: set[str] = set()
        if node is not None and self.fields is None and not (isinstance(node, Text) and not node.value):
            findings.add(node.at, f"{what} must be a group of names with values, such as name: value.")

    def node(self, name: str) -> Node | None:
        """The value under a name, as read."""
        self._read.add(name)
        return self.fields.get(name) if self.fields else None

    def group(self, name: str) -> "Group":
        """A group within the group; empty if it is not there."""
        return Group(self.node(name), self.findings, what=name, currency=self.currency)

    def text(self, name: str, base: str) -> str:
        """A text."""
        node = self.node(name)
        if node is None:
            return base
        if not isinstance(node, Text):
            self.findings.add(node.at, f"{name} must be a text.")
            return base
        return node.value

    def choice(self, name: str, base: str, *, of: Iterable[str]) -> str:
        """One of the known words."""
        words = list(of)
        node = self.node(name)
        value = self.text(name, base)
        if node is None or value in words:
            return value
        self.findings.add(node.at, f'"{value}" is not known here.{did_you_mean(value, words)}')
        return base

    def yes_no(self, name: str, *, base: bool) -> bool:
        """A claim."""
        return YES_NO[self.choice(name, "yes" if base else "no", of=YES_NO)]

    def number(self, name: str, base: float, *, above: float | None = None) -> float:
        """A bare number."""
        return self._value(name, base, unit=None, above=above)

    def quantity(self, name: str, base: float, unit: Unit, *, above: float | None = None) -> float:
        """A number with its unit, never negative; a share at most 100 %, a duration ten years."""
        return self._value(name, base, unit=unit, above=above)

    def refuse_unknown(self) -> None:
        """Everything under a name that nobody asked for is a mistake."""
        for key, _ in self.fields.fields if self.fields else ():
            if key.value not in self._read:
                sentence = f'"{key.value}" is not known under {self.what}.'
                self.findings.add(key.at, sentence + did_you_mean(key.value, sorted(self._read)))

    def _value(self, name: str, base: float, *, unit: Unit | None, above: float | None) -> float:
        node = self.node(name)
        if node is None:
            return base
        if not isinstance(node, Text):
            self.findings.add(node.at, f"{name} must be one value.")
            return base
        try:
            value = self._number(node.value, unit)
        except Unreadable as error:
            self.findings.add(node.at, str(error))
            return base
        if (wrong := _out_of_range(name, value, unit, above)) is None:
            return value
        self.findings.add(node.at, wrong)
        return base

    def _number(self, text: str, unit: Unit | None) -> float:
        return read_quantity(text, unit, currency=self.currency) if unit else read_number(text)


def _out_of_range(name: str, value: float, unit: Unit | None, above: float | None) -> str | None:
    highest = _HIGHEST.get(unit) if unit else None
    if above is not None and value <= above:
        return f"{name} must be more than {above:g}."
    if value < 0:
        return f"{name} cannot be negative."
    if unit and highest is not None and value > highest:
        return f"{name} can be at most {in_words(highest, unit)}."
    return None
