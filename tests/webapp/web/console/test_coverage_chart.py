"""The coverage curve as SVG."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.advice import advise, as_json
from rules.facts import Audience, Case, ChannelSetup, Group, Incident, Organisation
from rules.reading import default_policy
from rules.terms import Kind, Severity
from tests.builders import NOON, THREE
from webapp.web.console.chart_axes import round_numbers, wall_times
from webapp.web.console.chart_frame import PHONE, WIDE, Size, Window
from webapp.web.console.coverage_chart import LINE, apart, coverage, sparkline

LABELS = {"status_page": "Status page", "sms": "SMS", "email": "E-mail <b>", "facebook": "Facebook"}
WINDOW = Window(at=NOON, zone="Europe/Stockholm", begins_min=-10, ends_min=170, end_is_assumed=False)


ASKED, ON_FILE = Group(131, asked=frozenset({"sms"})), Group(1_240, on_file=frozenset({"email"}))


def a_result(*, groups: tuple[Group, ...] = (ASKED, ON_FILE), **incident: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "kind": Kind.outage,
        "started_at": NOON,
        "expected_end_at": THREE,
        "severity": Severity.minor,
    } | incident
    case = Case(
        now=NOON,
        organisation=Organisation("Bank", "Europe/Stockholm", 1_200_000, "SEK"),
        channels={"status_page": ChannelSetup(), "sms": ChannelSetup(), "email": ChannelSetup(), "facebook": ChannelSetup(followers=180_000)},
        incident=Incident(**known),
        audience=Audience(1_450, groups),
    )  # fmt: skip
    return as_json(advise(case, default_policy()))


def drawn(size: Size = WIDE, **known: Any) -> ET.Element:
    result = a_result(**known)
    informed = result["plan"]["recommended"]["informed_in_time"]
    return parsed(coverage(result["curve"], WINDOW, labels=LABELS, informed=informed, size=size))


def parsed(svg: str) -> ET.Element:
    """Raises ParseError unless it is well-formed."""
    return ET.fromstring(svg)  # noqa: S314  our own


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_chart_is_well_formed_and_has_no_style_of_its_own(size: Size) -> None:
    chart = drawn(size)

    assert all("style" not in element.attrib and element.tag != "style" for element in chart.iter())
    assert [element.text for element in chart.iter("title")] == ["How many people know, over time"]
    assert "e-mail" not in ET.tostring(chart, encoding="unicode")
    ids = {element.get("id") for element in chart.iter() if element.get("id")}
    assert set((chart.get("aria-labelledby") or "").split()) == ids


def test_the_bands_together_are_the_total() -> None:
    curve = a_result()["curve"]

    for place, expected in enumerate(curve["expected"]):
        assert sum(adds[place] for adds in curve["bands"].values()) == pytest.approx(expected, abs=0.25)
    chart = drawn()
    top = [path.get("d") or "" for path in chart.iter("path") if (path.get("class") or "").startswith("band")][-1]
    total = next(path.get("d") or "" for path in chart.iter("path") if path.get("class") == "total")
    ours, theirs = (heights(path)[: len(curve["minutes"])] for path in (top, total))
    assert ours == pytest.approx(theirs, abs=0.5)


def heights(path: str) -> list[float]:
    return [float(y) for _, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def test_the_description_says_what_the_picture_shows() -> None:
    (words,) = [element.text or "" for element in drawn().iter("desc")]

    assert words.startswith("With Status page, SMS, about ")
    assert "expected end, Thursday 19 November 15:00 CET" in words
    assert "Facebook would inform about 3" in words


def test_a_blocked_case_draws_no_total_and_no_number() -> None:
    kinds = {element.get("class") for element in drawn(named_people=True, groups=()).iter()}

    assert "total" not in kinds
    assert "big-number" not in kinds


def test_the_window_reaches_from_now_to_the_end() -> None:
    chart = drawn()

    (window,) = [element for element in chart.iter("rect") if element.get("class") == "window"]
    (total,) = [element.get("d") or "" for element in chart.iter("path") if element.get("class") == "total"]
    (point,) = [float(element.get("cx") or 0) for element in chart.iter("circle")]
    left, width = float(window.get("x") or 0), float(window.get("width") or 0)
    assert total.startswith(f"M{left:g},")
    assert left + width == pytest.approx(point, abs=0.2)


def test_planned_work_begins_within_the_chart() -> None:
    later = replace(WINDOW, begins_min=85)

    curve = a_result()["curve"]
    chart = parsed(coverage(curve, later, labels=LABELS, informed=1, size=PHONE))

    (window,) = [float(element.get("width") or 0) for element in chart.iter("rect")]
    (whole,) = [float(element.get("width") or 0) for element in drawn(PHONE).iter("rect")]
    assert window == pytest.approx(whole / 2, abs=0.2)


def test_a_sparkline_lies_on_the_floor_if_nobody_sees_it() -> None:
    spark = parsed(sparkline("facebook", [0, 100, 200], [0.0, 1.0, 2.0], WINDOW, 1_000.0))

    (line,) = [path.get("d") or "" for path in spark.iter("path")]
    assert spark.get("aria-hidden") == "true"
    assert max(heights(line)) - min(heights(line)) < 0.2


@given(st.lists(st.floats(20, 270), max_size=6))
def test_names_never_touch(wanted: list[float]) -> None:
    places = sorted(apart(wanted, lowest=270))

    assert all(high - low >= LINE - 1e-6 for low, high in pairwise(places))


@given(st.floats(0.1, 5_000_000))
def test_lines_of_people_are_few_and_round(highest: float) -> None:
    lines = round_numbers(highest)

    assert 1 <= len(lines) <= 5
    assert lines[0] == 0
    assert lines[-1] <= highest * 1.0001


def test_times_are_round_on_the_wall_also_when_clocks_are_set_back() -> None:
    start = datetime(2026, 10, 24, 23, 10, tzinfo=UTC)  # 01:10 CEST, and 03:00 CEST is 02:00 CET

    ticks = wall_times(start, 300, "Europe/Stockholm", most=6)

    assert [tick.label for tick in ticks] == ["02:00", "03:00", "04:00", "05:00"]
    assert [start + timedelta(minutes=tick.at) for tick in ticks][1] == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_days_are_named_where_they_begin() -> None:
    labels = [tick.label for tick in wall_times(NOON, 4 * 1_440, "Europe/Stockholm", most=6)]

    assert labels == ["Fri 20", "Sat 21", "Sun 22", "Mon 23"]


def test_the_end_is_given_to_the_minute() -> None:
    window = replace(WINDOW, at=NOON + timedelta(seconds=31), ends_min=169.5)

    assert window.ends_at == THREE
