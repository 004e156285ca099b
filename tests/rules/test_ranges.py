"""How far off a number can be."""

import pytest

from rules.advice import advise, as_json
from rules.numbers import NAMES
from rules.ranges import likely_share
from rules.reading import default_policy, default_policy_text, read_policy
from tests.rules.builders import a_case, an_audience, asked


@pytest.mark.parametrize(
    ("share", "observations", "low", "high"),
    [(0.85, 20, 0.70, 0.96), (0.45, 20, 0.27, 0.63), (0.10, 20, 0.02, 0.23), (0.0165, 100, 0.003, 0.042)],
)
def test_the_range_is_that_of_a_beta_distribution(share: float, observations: float, low: float, high: float) -> None:
    assert list(likely_share(share, observations)) == pytest.approx([low, high], abs=0.01)


def test_what_is_certain_has_no_range() -> None:
    assert likely_share(1.0, 20) == (1.0, 1.0)
    assert likely_share(0.0, 20) == (0.0, 0.0)


def test_every_number_of_people_lies_in_its_range_and_nobody_is_met_twice() -> None:
    case = a_case(audience=an_audience(asked(1_000, "sms", "email")))

    for channel in advise(case, default_policy()).channels.values():
        for name, (low, high) in channel.ranges.items():
            assert low <= getattr(channel.numbers, name) <= high
        assert channel.ranges["informed_in_time"][1] <= case.audience.affected
        assert channel.basis.keys() == set(NAMES)


def test_what_was_measured_often_is_known_better() -> None:
    case = a_case(audience=an_audience(asked(1_000, "sms")))
    text = default_policy_text().replace("    written: SMS\n", "    written: SMS\n    measured: 5000\n")

    assumed, measured = (
        advise(case, policy).channels["sms"].ranges["informed_in_time"]
        for policy in (default_policy(), read_policy(text, name="measured"))
    )

    assert assumed[0] < measured[0] < measured[1] < assumed[1]


def test_ranges_are_told_to_programs() -> None:
    told = as_json(advise(a_case(audience=an_audience(asked(1_000, "sms"))), default_policy()))

    assert told["channels"]["sms"]["ranges"]["informed_in_time"][0] > 0  # type: ignore[index]
