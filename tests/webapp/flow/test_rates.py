"""A sender's rate: shared, paid in segments, never overdrawn by much."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from tests.builders import NOON
from tests.webapp.flow.scenes import a_bank
from webapp.flow import rates
from webapp.flow.organisation import ChannelSetup


def a_sender(session: Session, *, per_second: float) -> ChannelSetup:
    a_bank(session)
    setup = session.get_one(ChannelSetup, "sms")
    setup.segments_per_second = per_second
    return setup


def test_each_message_costs_its_own_segments(session: Session) -> None:
    sender = a_sender(session, per_second=10)

    taken, free_at = rates.take_from_rate(session, sender, costs=[2, 2, 1, 1, 3, 2], default_rate=1, now=NOON)

    assert taken == 5  # 9 of 10 segments; the next costs 2
    assert free_at == NOON + timedelta(seconds=0.1)


def test_a_message_that_costs_more_than_a_second_waits_for_its_own_time(session: Session) -> None:
    sender = a_sender(session, per_second=2)

    at_once, free_at = rates.take_from_rate(session, sender, costs=[5, 5], default_rate=1, now=NOON)
    then, again_at = rates.take_from_rate(session, sender, costs=[5, 5], default_rate=1, now=free_at)

    assert (at_once, free_at) == (0, NOON + timedelta(seconds=1.5))
    assert (then, again_at) == (1, free_at + timedelta(seconds=2.5))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(st.integers(1, 6), min_size=1, max_size=120), rate=st.floats(0.5, 40))
def test_whoever_waits_as_told_sends_all_and_not_faster_than_allowed(
    session: Session, costs: list[int], rate: float
) -> None:
    with session.begin_nested() as attempt:
        sender, now, sent = a_sender(session, per_second=rate), NOON, 0
        while sent < len(costs):
            taken, free_at = rates.take_from_rate(session, sender, costs=costs[sent:], default_rate=1, now=now)
            sent += taken
            assert taken or free_at > now
            now = max(now, free_at)
        took_s = (now - NOON).total_seconds()
        attempt.rollback()

    assert took_s >= (sum(costs) - max(costs)) / rate - 1.01
