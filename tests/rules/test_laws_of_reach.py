"""Laws of the reach model, on random audiences, ends and speeds."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.attention import ALWAYS_DAY, clock_from
from rules.combination import combined, people_by_set
from rules.facts import Audience, Case, ChannelSetup, Group
from rules.numbers import numbers_of
from rules.reach import Reach, reach_of
from rules.reading import default_policy
from rules.terms import Listeners
from tests.rules.builders import NOON, STOCKHOLM, a_case, an_incident, an_organisation, four_channels

FIGURES = default_policy().figures
SETS = st.sets(st.sampled_from(["sms", "email", "push"]), min_size=1)
GRID = np.array([0.0, 0.5, 2, 7, 15, 40, 90, 170, 400, 1000, 3000, 9000])
FAST = settings(max_examples=40, deadline=None)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    channels = draw(SETS)
    on_file = {channel for channel in sorted(channels) if draw(st.booleans())}
    return Group(draw(st.integers(0, 20_000)), frozenset(channels - on_file), frozenset(on_file))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    found = tuple(draw(st.lists(groups(), max_size=5)))
    affected = sum(group.people for group in found) + draw(st.integers(0, 50_000))
    speed = draw(st.floats(0.5, 200))
    setups = {
        "status_page": ChannelSetup(),
        "sms": ChannelSetup(segments_per_second=speed),
        "push": ChannelSetup(),
        "webhook": ChannelSetup(),
        "email": ChannelSetup(segments_per_second=speed),
        "facebook": ChannelSetup(followers=draw(st.integers(0, 500_000))),
    }
    return a_case(
        an_incident(noticeable=draw(st.booleans())),
        now=NOON + timedelta(minutes=draw(st.integers(0, 1440))),
        audience=Audience(affected, found),
        channels=setups,
        organisation=an_organisation(customers=200_000),
    )


def all_reaches(case: Case, *, listeners: Listeners = Listeners.all) -> dict[str, Reach]:
    clock = clock_from(case.now, zone=ZoneInfo(STOCKHOLM), night=FIGURES.night, horizon_min=9000)
    return {
        name: reach_of(case, figures, listeners=listeners, clock=clock, pinned=True)
        for name, figures in FIGURES.channels.items()
    }


@FAST
@given(cases())
def test_informed_people_never_become_fewer_and_stay_within_bounds(case: Case) -> None:
    for reach in all_reaches(case).values():
        chance = reach.chance(GRID)

        assert (np.diff(chance) >= -1e-12).all()
        assert (chance >= 0).all()
        assert (chance <= reach.chance_ever + 1e-9).all()


@FAST
@given(cases(), st.sets(st.sampled_from(sorted(FIGURES.channels))), st.sampled_from(sorted(FIGURES.channels)))
def test_one_more_channel_never_informs_fewer(case: Case, plan: set[str], more: str) -> None:
    reaches = all_reaches(case)
    sets = people_by_set(case.audience, reaches.values())
    chances = {name: reach.chance(GRID) for name, reach in reaches.items()}

    before = combined(sets, chances, plan, kappa=FIGURES.kappa, points=len(GRID))
    after = combined(sets, chances, plan | {more}, kappa=FIGURES.kappa, points=len(GRID))

    for curve in ("nested", "expected", "independent"):
        assert (getattr(after, curve) >= getattr(before, curve) - 1e-6).all()


@FAST
@given(cases())
def test_the_expected_curve_lies_within_its_band_and_the_affected(case: Case) -> None:
    reaches = all_reaches(case)
    chances = {name: reach.chance(GRID) for name, reach in reaches.items()}

    band = combined(
        people_by_set(case.audience, reaches.values()), chances, reaches, kappa=FIGURES.kappa, points=len(GRID)
    )

    assert (band.nested <= band.expected + 1e-9).all()
    assert (band.expected <= band.independent + 1e-9).all()
    assert (band.independent <= case.audience.affected + 1e-6).all()


@FAST
@given(cases(), st.floats(1.01, 50), st.sampled_from(["sms", "email"]))
def test_a_faster_sender_never_informs_fewer(case: Case, faster: float, channel: str) -> None:
    setup = case.channels[channel]
    speed = (setup.segments_per_second or 1.0) * faster
    sped_up = replace(case, channels={**case.channels, channel: replace(setup, segments_per_second=speed)})

    slow, fast = all_reaches(case)[channel].chance(GRID), all_reaches(sped_up)[channel].chance(GRID)

    assert (fast >= slow - 1e-7).all()


@FAST
@given(cases())
def test_a_direct_channel_disturbs_nobody_who_is_not_affected(case: Case) -> None:
    for channel in ("sms", "push", "email", "status page"):
        assert all_reaches(case)[channel].unaffected == 0


@FAST
@given(cases(), st.floats(0, 6000))
def test_timely_and_late_viewers_are_all_viewers_unless_it_is_retired(case: Case, remaining_min: float) -> None:
    for reach in all_reaches(case).values():
        numbers = numbers_of(reach, remaining_min=remaining_min)
        timely = numbers.informed_in_time + reach.unaffected * reach.ways[0].curve.by(remaining_min)

        assert abs(timely + numbers.stale_if_left_up - numbers.viewers) <= 1e-6 * max(numbers.viewers, 1)
        assert 0 <= numbers.stale <= numbers.stale_if_left_up + 1e-6


@FAST
@given(cases())
def test_whoever_asked_is_part_of_everybody_on_file(case: Case) -> None:
    asked, everybody = all_reaches(case, listeners=Listeners.asked), all_reaches(case)

    assert all(asked[name].addressable <= everybody[name].addressable for name in asked)


def test_a_retired_post_leaves_nothing_stale() -> None:
    reach = reach_of(a_case(), FIGURES.channels["facebook"], listeners=Listeners.all, clock=ALWAYS_DAY)

    numbers = numbers_of(reach, remaining_min=30)

    assert numbers.stale == 0
    assert numbers.stale_if_left_up > 0


def test_unsent_messages_are_cancelled_at_the_end_and_disturb_nobody_later() -> None:
    case = a_case(
        audience=Audience(36_000, (Group(36_000, frozenset({"sms"})),)),
        channels={"sms": ChannelSetup(segments_per_second=10)},
    )
    reach = reach_of(case, FIGURES.channels["sms"], listeners=Listeners.asked, clock=ALWAYS_DAY)

    numbers = numbers_of(reach, remaining_min=30)

    assert reach.send_min == 60
    assert numbers.stale + numbers.informed_in_time == pytest.approx(numbers.viewers / 2)


def test_a_pinned_post_is_found_by_those_who_notice_and_come() -> None:
    case = a_case(an_incident(noticeable=True), audience=Audience(100_000))
    feed = reach_of(case, FIGURES.channels["facebook"], listeners=Listeners.all, clock=ALWAYS_DAY)
    pinned = reach_of(case, FIGURES.channels["facebook"], listeners=Listeners.all, clock=ALWAYS_DAY, pinned=True)

    visitors = (pinned.chance_ever - feed.chance_ever) * 100_000

    assert 1_480 <= visitors <= 1_500  # 3 % of the half that notices, less those who have seen it in the feed


def test_a_post_that_is_shown_only_in_the_area_disturbs_nobody_elsewhere() -> None:
    aimed = four_channels(facebook=ChannelSetup(followers=20_000, can_choose_area=True))
    case = a_case(an_incident(public_place=True), channels=aimed)

    reach = reach_of(case, FIGURES.channels["facebook"], listeners=Listeners.all, clock=ALWAYS_DAY)

    assert reach.unaffected == 0
    assert numbers_of(reach, remaining_min=60).affected_viewers == pytest.approx(33.0)


def test_the_city_figures_of_a_page_count_before_the_share_of_customers() -> None:
    setup = ChannelSetup(followers=10_000, reach=0.1, followers_affected=22)
    case = a_case(channels={"facebook": setup})

    reach = reach_of(case, FIGURES.channels["facebook"], listeners=Listeners.all, clock=ALWAYS_DAY)

    assert numbers_of(reach, remaining_min=60).affected_viewers == pytest.approx(2.2)
