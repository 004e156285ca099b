"""The words that have an order are compared by it, never by their spelling."""

import operator
from collections.abc import Callable
from itertools import product

import pytest

from rules.terms import Severity

ORDER = ["unknown", "minor", "moderate", "severe", "extreme"]


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_severities_are_compared_by_badness(compare: Callable[[object, object], bool]) -> None:
    for a, b in product(Severity, repeat=2):
        assert compare(a, b) == compare(ORDER.index(a.value), ORDER.index(b.value))


def test_the_worst_severity_is_the_greatest() -> None:
    assert max(Severity) is Severity.extreme
    assert min(Severity) is Severity.unknown
    assert sorted(sorted(Severity, key=str)) == list(Severity)
