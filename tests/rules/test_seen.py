"""When people have seen a message: golden values of the default figures, queues and nights."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rules.attention import clock_from
from rules.figures import ChannelFigures
from rules.reading import default_policy
from rules.seen import SeenCurve, arrivals, half_seen_min
from tests.rules.builders import NOON, STOCKHOLM, WINTER

GOLDEN = [
    ("sms", 60, 0.84),
    ("sms", 180, 0.94),
    ("push", 60, 0.64),
    ("email", 60, 0.29),
    ("email", 180, 0.50),
    ("email", 1440, 0.84),
    ("facebook", 60, 0.56),
    ("facebook", 180, 0.77),
    ("status page", 60, 0.73),
]


def figures(channel: str) -> ChannelFigures:
    return default_policy().figures.channels[channel]


def curve(channel: str, *, queue_min: float = 0.0, at: datetime = NOON) -> SeenCurve:
    night = default_policy().figures.night
    clock = clock_from(at, zone=ZoneInfo(STOCKHOLM), night=night, horizon_min=10_000)
    return SeenCurve(figures(channel).seen_delay, figures(channel).transport, queue_min, clock=clock)


@pytest.mark.parametrize(("channel", "minutes", "share"), GOLDEN)
def test_the_default_figures_give_the_golden_shares_by_day(channel: str, minutes: float, share: float) -> None:
    by_day = SeenCurve(figures(channel).seen_delay, figures(channel).transport)

    assert by_day.by(minutes) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("channel", "share"), [("sms", 0.8075), ("email", 0.4365), ("push", 0.40), ("status page", 0.10)]
)
def test_the_default_figures_give_the_golden_chances_of_ever_seeing(channel: str, share: float) -> None:
    assert figures(channel).delivered * figures(channel).seen == pytest.approx(share)


@pytest.mark.parametrize(
    ("channel", "minutes"), [("sms", 7), ("push", 26), ("status page", 25), ("facebook", 45), ("email", 185)]
)
def test_half_of_the_viewers_have_seen_it_after_the_published_time(channel: str, minutes: float) -> None:
    half = half_seen_min(SeenCurve(figures(channel).seen_delay, figures(channel).transport))

    assert half == pytest.approx(minutes, rel=0.06)


def test_nobody_has_seen_it_at_the_release() -> None:
    assert curve("sms").by(0) == 0


def test_half_of_a_long_queue_has_left_at_half_its_length() -> None:
    queued = curve("sms", queue_min=200)

    assert queued.left_by(100) == pytest.approx(0.5)
    assert queued.by(100) < 0.5


def test_a_queue_without_transport_arrives_evenly() -> None:
    arrived, weights = arrivals(None, 100.0)

    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert (arrived * weights).sum() == pytest.approx(50.0, rel=0.01)


def test_a_queue_is_the_mean_over_its_length() -> None:
    """Against plain averaging over 400 moments of leaving."""
    leaving = (np.arange(400) + 0.5) / 400 * 120
    one_by_one = np.mean([curve("sms").by(150 - minutes) for minutes in leaving])

    assert curve("sms", queue_min=120).by(150) == pytest.approx(one_by_one, abs=0.005)


def test_at_night_the_same_message_is_seen_later() -> None:
    night = curve("sms", at=NOON.replace(hour=3))

    assert night.by(60) < curve("sms").by(60)


def test_what_arrives_at_night_is_seen_soon_after_seven() -> None:
    night = curve("sms", at=NOON.replace(hour=23))

    assert night.by(8 * 60 + 60) - night.by(8 * 60) > 0.05


def test_delivery_does_not_wait_for_the_morning() -> None:
    """An SMS queue of four hours that starts at 03:00 has left by 07:00, so it is read at once then."""
    queued = curve("sms", queue_min=240, at=NOON.replace(hour=3))

    assert queued.left_by(240) == 1.0
    assert queued.by(240 + 30) > 0.6


@pytest.mark.parametrize(
    ("date", "hours"), [(datetime(2026, 3, 28, tzinfo=WINTER), 7), (datetime(2026, 10, 24, tzinfo=WINTER), 9)]
)
def test_the_night_of_the_clock_change_is_as_long_as_it_really_is(date: datetime, hours: int) -> None:
    zone = ZoneInfo(STOCKHOLM)
    evening = date.astimezone(zone).replace(hour=23)
    clock = clock_from(evening, zone=zone, night=default_policy().figures.night, horizon_min=3000)

    attended = clock.read(np.array([hours * 60.0, hours * 60.0 + 10]))

    assert attended[0] == pytest.approx(hours * 60 * 0.05)
    assert attended[1] - attended[0] == pytest.approx(10)


def test_the_clock_goes_on_beyond_its_horizon() -> None:
    clock = clock_from(NOON, zone=ZoneInfo(STOCKHOLM), night=default_policy().figures.night, horizon_min=60)
    year = timedelta(days=365).total_seconds() / 60

    assert clock.read(np.array([year]))[0] == pytest.approx(year * (16 + 8 * 0.05) / 24, rel=0.01)
