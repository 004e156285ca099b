"""The three plans, hand-picked sets, the curve and the sentences."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from rules.advice import advise, as_json, with_channels
from rules.facts import Audience, ChannelSetup
from rules.reading import default_policy
from rules.terms import Kind, Severity
from tests.rules.builders import NOON, a_case, an_audience, an_incident, an_organisation, asked, four_channels, on_file

POLICY = default_policy()
SVEG = a_case(
    an_incident(severity=Severity.minor, public_place=True, expected_end_at=NOON + timedelta(minutes=170)),
    audience=an_audience(asked(131, "sms"), on_file(1_240, "email"), affected=1_450),
    organisation=an_organisation(customers=1_200_000),
    channels=four_channels(facebook=ChannelSetup(followers=180_000)),
)
NATION = a_case(
    an_incident(severity=Severity.severe, noticeable=True),
    audience=Audience(100_000, (on_file(60_000, "email"),)),
    organisation=an_organisation(customers=100_000),
)


def test_the_recommendation_is_one_sentence() -> None:
    assert advise(SVEG, POLICY).sentence == (
        "Status page and SMS: about 221 of 1,450 people informed before 14:50, 66 SEK, nobody disturbed."
    )


def test_a_recommended_plan_holds_every_recommended_channel_and_no_blocked_one() -> None:
    advice = advise(NATION, POLICY)

    used = {key for key, one in advice.channels.items() if one.verdict == "use"}
    assert used <= set(advice.plan.recommended.channels)
    assert not {key for key, one in advice.channels.items() if one.verdict in ("block", "avoid")} & set(
        advice.plan.recommended.channels
    )


def test_a_plan_informs_as_its_parts_overlap_exactly() -> None:
    """131 by SMS and the page, 1,319 by the page alone: with kappa 0.4 from the two shares."""
    page, sms = 0.091454, 0.752841
    both = max(page, sms) + 0.6 * (1 - (1 - page) * (1 - sms) - max(page, sms))

    assert advise(SVEG, POLICY).plan.recommended.informed_in_time == pytest.approx(131 * both + 1_319 * page, rel=0.001)


def test_a_marginal_gain_is_what_is_lost_without_the_channel() -> None:
    plan = advise(SVEG, POLICY).plan.recommended
    without = with_channels(SVEG, POLICY, ["status_page"])

    assert plan.marginal["sms"] == pytest.approx(plan.informed_in_time - without.informed_in_time)


def test_any_set_may_be_picked_by_hand() -> None:
    everything = with_channels(SVEG, POLICY, ["status_page", "sms", "email", "facebook"])

    assert everything.channels == ("status_page", "sms", "email", "facebook")
    assert everything.spill == pytest.approx(2_966.4, rel=0.01)
    assert everything.informed_in_time > advise(SVEG, POLICY).plan.recommended.informed_in_time


def test_no_channel_informs_nobody() -> None:
    assert with_channels(SVEG, POLICY, []).informed_in_time == 0


def test_the_quietest_plan_is_no_burden() -> None:
    assert advise(SVEG, POLICY).plan.quietest.channels == ("status_page",)
    assert advise(SVEG, POLICY).plan.quietest.burden == 0


def test_the_fastest_plan_is_never_slower_than_the_quietest() -> None:
    plan = advise(NATION, POLICY).plan

    assert plan.fastest.informed_in_time >= plan.quietest.informed_in_time * 0.98


def test_an_individual_case_gets_no_plan() -> None:
    advice = advise(a_case(an_incident(named_people=True), audience=Audience(1)), POLICY)

    assert advice.plan.recommended.channels == ()
    assert advice.sentence.startswith("No channel is recommended")


def test_the_bands_of_the_curve_sum_to_what_is_expected() -> None:
    curve = advise(NATION, POLICY).curve

    for place, expected in enumerate(curve.expected):
        assert sum(band[place] for band in curve.bands.values()) == pytest.approx(expected, abs=0.3)


def test_the_curve_goes_on_beyond_the_end_and_meets_it() -> None:
    advice = advise(SVEG, POLICY)
    at_end = advice.curve.minutes.index(170.0)

    assert 60 <= len(advice.curve.minutes) <= 120
    assert advice.curve.minutes[-1] == pytest.approx(2.2 * 170)
    assert advice.curve.expected[at_end] == pytest.approx(advice.plan.recommended.informed_in_time, abs=0.1)


def test_channels_outside_the_plan_have_their_own_curve() -> None:
    curve = advise(SVEG, POLICY).curve

    assert set(curve.bands) == {"status_page", "sms"}
    assert set(curve.unused) == {"email", "facebook"}
    assert max(curve.unused["facebook"]) < 4


def test_a_case_that_is_over_has_a_curve_and_nobody_in_time() -> None:
    advice = advise(a_case(now=NOON + timedelta(hours=7)), POLICY)

    assert advice.remaining_minutes == 0
    assert advice.plan.recommended.informed_in_time == 0
    assert advice.curve.minutes[-1] > 0


def test_nobody_affected_is_no_error() -> None:
    assert advise(a_case(audience=Audience(0)), POLICY).plan.recommended.informed_in_time == 0


def test_no_channel_set_up_is_no_error() -> None:
    advice = advise(replace(SVEG, channels={}), POLICY)

    assert advice.channels == {}
    assert advice.plan.recommended.channels == ()


def test_the_json_has_only_plain_values_and_the_documented_keys() -> None:
    advice = json.loads(json.dumps(as_json(advise(SVEG, POLICY))))

    assert {
        "policy",
        "remaining_minutes",
        "channels",
        "plan",
        "approval",
        "expires_at",
        "undecided",
        "sentence",
    } <= set(advice)
    facebook = advice["channels"]["facebook"]
    assert {"verdict", "audience", "not_before", "sentence", "fired", "failed", "would_change_if", "numbers"} <= set(
        facebook
    )
    assert facebook["numbers"]["viewers"] == 2970.0
    assert facebook["basis"]["viewers"] == "assumed"
    assert {"rule": "narrow-geo", "effect": "avoid"}.items() <= facebook["fired"][0].items()
    assert advice["expires_at"] == "2026-11-19T14:50:00+01:00"


def test_every_channel_says_in_a_sentence_what_decided_it() -> None:
    channels = advise(SVEG, POLICY).channels

    assert channels["sms"].sentence == "The 131 who asked: about 99 of 1,450 affected see it before 14:50, 66 SEK."
    assert "2,970 people" in channels["facebook"].sentence
    assert "1,240 on file did not ask" in channels["email"].sentence


def test_a_rejected_channel_says_what_would_change_it_and_offers_no_fixed_fact() -> None:
    minor = a_case(an_incident(severity=Severity.minor), audience=an_audience(on_file(900, "sms")))

    changes = advise(minor, POLICY).channels["sms"].would_change_if

    assert not [change for change in changes if change.startswith(("kind", "mode", "sent to"))]


def test_an_unknown_end_is_counted_as_usual_and_said() -> None:
    advice = advise(a_case(an_incident(kind=Kind.outage, expected_end_at=None, next_update_at=NOON)), POLICY)

    assert advice.remaining_minutes == 120
    assert "assumed: no end is known" in advice.sentence
    assert advice.assumptions
