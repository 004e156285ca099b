"""Cells of one fact back into words: the values of an example, and the test that a set of cells means."""

from rules.cells import Dimension
from rules.quantities import Unit
from rules.vocabulary import FactType

_STEPS = ((1440.0, "days"), (60.0, "h"), (1.0, "min"), (1 / 60, "s"))


def example_value(dimension: Dimension, cell: int, *, currency: str) -> str:
    """A value within a cell, as a policy can read it back."""
    if dimension.list_test:
        return dimension.list_test.text if cell else f"not: {dimension.list_test.text}"
    if not dimension.fact.unit:
        return dimension.fact.words[cell]
    usual = float(str(dimension.fact.usual))
    value = usual if dimension.bit(usual) == dimension.cell_bit(cell) else _value(dimension, cell)
    return exact_text(value, dimension.fact.unit, currency=currency)


def exact_text(value: float, unit: Unit, *, currency: str) -> str:
    """A number that reads back as itself."""
    match unit:
        case Unit.duration:
            whole = (step for step in _STEPS if value >= 2 * step[0] and (value / step[0]).is_integer())
            size, name = next(whole, (1.0, "min"))
            return f"{_exact(value / size)} {name}"
        case Unit.share:
            return f"{_exact(value * 100)} %"
        case Unit.money:
            return f"{_exact(value)} {currency}"
        case Unit.clock:
            return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
        case Unit.number:
            return _exact(value)


def test_of_cells(dimension: Dimension, cells: int, *, currency: str) -> str:
    """The test for which exactly these possible cells stand, in the words of a policy."""
    chosen = [cell for cell in range(dimension.size) if cells & dimension.cell_bit(cell)]
    if dimension.list_test:
        return dimension.list_test.text if chosen == [1] else f"not {dimension.list_test.text}"
    if not dimension.fact.unit:
        return _words(dimension, chosen)
    if dimension.fact.type is FactType.clock and len(runs := _runs(chosen)) == 2 and chosen[0] == 0:
        return f"from {_cut(dimension, runs[1][0], currency)} to {_cut(dimension, runs[0][1] + 1, currency)}"
    return " or ".join(_range(dimension, low, high, currency) for low, high in _runs(chosen))


def _words(dimension: Dimension, chosen: list[int]) -> str:
    words = [dimension.fact.words[cell] for cell in chosen]
    if dimension.fact.type is FactType.ordered and len(words) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        if chosen[-1] == dimension.size - 1:
            return f"at least {words[0]}"
        return f"at most {words[-1]}" if chosen[0] == 0 else f"from {words[0]} to {words[-1]}"
    if len(words) > 3 and len(words) < len(dimension.fact.words):
        left = [word for word in dimension.fact.words if word not in words]
        if len(left) < len(words):
            return f"not {' or '.join(left)}"
    return " or ".join(words)


def _runs(chosen: list[int]) -> list[tuple[int, int]]:
    """Neighbouring cells as (first, last)."""
    runs: list[tuple[int, int]] = []
    for cell in chosen:
        if runs and runs[-1][1] == cell - 1:
            runs[-1] = (runs[-1][0], cell)
        else:
            runs.append((cell, cell))
    return runs


def _range(dimension: Dimension, low: int, high: int, currency: str) -> str:
    """Odd cells are the cuts themselves, even ones the gaps below, between and above them."""
    possible = [cell for cell in range(dimension.size) if dimension.possible & dimension.cell_bit(cell)]
    first, last = possible[0], possible[-1]
    if low == high and low % 2:
        return _cut(dimension, low, currency)
    if dimension.is_clock:
        begins = _cut(dimension, low, currency) if low > first else "00:00"
        return f"from {begins} to {_cut(dimension, high + 1, currency) if high < last else '00:00'}"
    above = "" if low <= first else f"{'at least' if low % 2 else 'more than'} {_cut(dimension, low, currency)}"
    below = "" if high >= last else f"{'at most' if high % 2 else 'less than'} {_cut(dimension, high + 1, currency)}"
    return " and ".join(part for part in (above, below) if part) or "anything"


def _cut(dimension: Dimension, cell: int, currency: str) -> str:
    """The bound at a cell: its own cut, or for a gap the cut below it."""
    place = min(max((cell - 1) // 2, 0), len(dimension.cuts) - 1)
    return exact_text(dimension.cuts[place], dimension.fact.unit or Unit.number, currency=currency)


def _value(dimension: Dimension, cell: int) -> float:
    cuts, fact = dimension.cuts, dimension.fact
    if not cuts:
        return fact.low
    if cell % 2:
        return cuts[cell // 2]
    low = cuts[cell // 2 - 1] if cell else fact.low
    high = cuts[cell // 2] if cell < dimension.size - 1 else fact.high
    if cell == 0 and fact.low < high:
        return fact.low
    if high == float("inf"):
        return low * 2 or 1.0
    middle = (low + high) / 2
    return float(round(middle)) if low < round(middle) < high else middle


def _exact(value: float) -> str:
    rounded = round(value, 9)
    return f"{int(rounded)}" if rounded == int(rounded) else f"{rounded:.9f}".rstrip("0")
