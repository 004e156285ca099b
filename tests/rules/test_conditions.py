"""Every kind of test, and its compilation to cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.cells import Layout
from rules.conditions import Condition, read_condition
from rules.vocabulary import vocabulary

FACTS = vocabulary().facts

TESTS: list[tuple[str, str, list[object], list[object]]] = [
    ("kind", "outage or degradation", ["outage", "degradation"], ["fraud"]),
    ("kind", "data_breach", ["data breach"], ["fraud"]),
    ("kind", "not outage or fraud", ["safety"], ["outage", "fraud"]),
    ("noticeable", "yes", ["yes"], ["no"]),
    ("noticeable", "not yes", ["no"], ["yes"]),
    ("severity", "at least severe", ["severe", "extreme"], ["moderate", "unknown"]),
    ("severity", "less than severe", ["unknown", "moderate"], ["severe"]),
    ("severity", "from minor to severe", ["minor", "severe"], ["unknown", "extreme"]),
    ("people affected", "at least 1,000", [1000.0, 1001.0], [999.0]),
    ("people affected", "more than 1 000", [1001.0], [1000.0]),
    ("people affected", "from 1 to 20", [1.0, 20.0], [0.0, 21.0]),
    ("share affected", "at most 5 %", [0.05], [0.051]),
    ("remaining time", "less than 1.5 h", [89.0], [90.0]),
    ("remaining time", "at least 2 x channel reach time", [30.0], [29.0]),
    ("remaining time", "at least channel reach time", [15.0], [14.0]),
    ("cost", "more than 5000 SEK", [5000.5], [5000.0]),
    ("cost", "more than SEK 5000", [5000.5], [5000.0]),
    ("local time", "from 22:00 to 07:00", [1320.0, 0.0, 419.0], [420.0, 1319.0]),
    ("local time", "from 07:00 to 22:00", [420.0, 1319.0], [1320.0, 0.0]),
    ("missing content", "includes when or where", [("when",), ("what", "where")], [("what",), ()]),
    ("missing content", "does not include when", [("what",), ()], [("when", "what")]),
    ("missing content", "anything", [("when",)], [()]),
    ("missing content", "nothing", [()], [("when",)]),
    ("components", "includes app-login", [("app-login",)], [("atm",)]),
]


def condition(fact: str, text: str) -> Condition:
    return read_condition(FACTS[fact], text, {"reach time": 15.0})


@pytest.mark.parametrize(("fact", "text", "inside", "outside"), TESTS, ids=[f"{case[0]}: {case[1]}" for case in TESTS])
def test_a_test_holds_where_it_says(fact: str, text: str, inside: list[object], outside: list[object]) -> None:
    test = condition(fact, text)

    assert all(test.holds(value) for value in inside)
    assert not any(test.holds(value) for value in outside)


@pytest.mark.parametrize(("fact", "text", "inside", "outside"), TESTS, ids=[f"{case[0]}: {case[1]}" for case in TESTS])
def test_its_cells_say_the_same(fact: str, text: str, inside: list[object], outside: list[object]) -> None:
    layout = Layout([condition(*case[:2]) for case in TESTS])
    forbidden = layout.forbidden([condition(fact, text)])

    assert all(not layout.observe({fact: value}) & forbidden for value in inside)  # type: ignore[dict-item]
    assert all(layout.observe({fact: value}) & forbidden for value in outside)  # type: ignore[dict-item]


def test_an_unknown_fact_may_be_in_any_cell() -> None:
    layout = Layout([condition("people affected", "at least 10"), condition("people affected", "less than 5")])

    assert layout.observe({}).bit_count() == 5


@given(
    st.floats(0, 5000),
    st.lists(
        st.tuples(st.sampled_from(["at least", "more than", "at most", "less than"]), st.integers(1, 4000)), min_size=1
    ),
)
def test_cells_and_tests_agree_for_every_number(value: float, tests: list[tuple[str, int]]) -> None:
    conditions = [condition("remaining time", f"{comparison} {bound} min") for comparison, bound in tests]
    layout = Layout(conditions)
    known = layout.observe({"remaining time": value})

    for one in conditions:
        assert one.holds(value) == (not known & layout.forbidden([one]))
