"""What the default policy decides: at night, in danger, in exercises, for fraud, for those who asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rules.advice import Advice, advise
from rules.facts import Case, ChannelSetup, Text
from rules.reading import default_policy
from rules.terms import Kind, Listeners, MessageType, Mode, Severity, Urgency, Verdict
from tests.rules.builders import (
    NOON,
    a_case,
    a_danger,
    a_fraud,
    an_audience,
    an_incident,
    asked,
    four_channels,
    on_file,
)

POLICY = default_policy()
NIGHT = NOON.replace(hour=3)
GOOD_TEXT = Text(
    headline="Fjällbanken: cash machines in Sveg are down",
    description="Since Thursday 19 November 12:00 the cash machines in Sveg give no money.",
    instruction="Use the machine at the station. Next update Thursday 19 November 14:00.",
)
ANNOUNCED = four_channels(
    status_page=ChannelSetup(announced=True),
    sms=ChannelSetup(announced=True),
    facebook=ChannelSetup(announced=True, followers=20_000),
)


def channel(**changed: ChannelSetup) -> dict[str, ChannelSetup]:
    return four_channels(**changed)


def on(case: Case) -> Advice:
    return advise(case, POLICY)


def fired(case: Case, on_channel: str) -> list[str]:
    return [rule.rule for rule in on(case).channels[on_channel].fired]


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("kind", list(Kind))
def test_every_incident_that_is_no_individual_case_gets_a_channel(kind: Kind, severity: Severity) -> None:
    advice = on(a_case(an_incident(kind=kind, severity=severity)))

    assert advice.channels["status_page"].verdict is Verdict.use


def test_quiet_hours_hold_an_sms_until_seven() -> None:
    advice = on(a_case(an_incident(started_at=NIGHT), now=NIGHT)).channels["sms"]

    assert advice.verdict is Verdict.use
    assert advice.not_before == "07:00"


def test_held_messages_are_counted_from_seven_on() -> None:
    night, day = NIGHT, NIGHT.replace(hour=7)
    ends = an_incident(started_at=NIGHT, expected_end_at=NOON)

    held = on(a_case(ends, now=night)).channels["sms"].numbers
    released = on(a_case(ends, now=day)).channels["sms"].numbers

    assert held.informed_in_time == pytest.approx(released.informed_in_time, rel=0.01)


@pytest.mark.parametrize("month_and_day", [(3, 29), (10, 25)])
def test_seven_is_seven_also_when_the_clocks_change(month_and_day: tuple[int, int]) -> None:
    month, day = month_and_day
    now = NOON.replace(month=month, day=day, hour=1)
    incident = an_incident(started_at=now, expected_end_at=now + timedelta(hours=12))

    assert on(a_case(incident, now=now)).channels["sms"].not_before == "07:00"


def test_what_is_over_before_it_may_go_out_has_nothing_left_to_say() -> None:
    advice = on(a_case(an_incident(started_at=NIGHT, expected_end_at=NIGHT.replace(hour=5)), now=NIGHT)).channels["sms"]

    assert advice.verdict is Verdict.avoid
    assert "07:00" in advice.sentence


def test_people_in_danger_are_woken_asked_or_not() -> None:
    case = a_case(a_danger(), now=NIGHT, audience=an_audience(asked(10, "sms"), on_file(500, "sms")))

    advice = on(case).channels["sms"]

    assert (advice.verdict, advice.is_required, advice.not_before) == (Verdict.use, True, None)
    assert advice.audience is Listeners.all
    assert "sms" in on(case).plan.quietest.channels


def test_danger_does_not_open_an_actual_provider_to_an_exercise() -> None:
    case = a_case(a_danger(mode=Mode.exercise), channels=channel(sms=ChannelSetup(actual_provider=True)))

    assert on(case).channels["sms"].verdict is Verdict.block


def test_an_exercise_is_decided_like_the_real_thing_and_marked() -> None:
    actual, exercise = on(a_case()), on(a_case(an_incident(mode=Mode.exercise)))

    assert {key: one.verdict for key, one in actual.channels.items()} == {
        key: one.verdict for key, one in exercise.channels.items()
    }
    assert any("ÖVNING" in shape for shape in exercise.channels["sms"].shapes)


def test_a_fraud_warning_with_a_link_never_goes_by_sms_or_email() -> None:
    advice = on(a_case(a_fraud(), text=replace(GOOD_TEXT, description="Log in at https://fjallbanken.se now.")))

    assert advice.channels["sms"].verdict is advice.channels["email"].verdict is Verdict.block


def test_a_fraud_warning_lives_three_days_at_most() -> None:
    advice = on(a_case(a_fraud(expected_end_at=NOON + timedelta(days=30))))

    assert advice.expires_at == NOON + timedelta(hours=72)


def test_an_all_clear_goes_to_those_who_were_told_and_to_nobody_else() -> None:
    over = an_incident(expected_end_at=NOON)
    advice = on(a_case(over, channels=ANNOUNCED, message_type=MessageType.cancel))

    assert advice.channels["sms"].verdict is Verdict.use
    assert advice.channels["email"].verdict is Verdict.avoid


def test_a_notice_without_an_end_needs_one_before_it_goes_out() -> None:
    assert on(a_case(an_incident(expected_end_at=None))).needs == ("when it ends, or when the next update comes",)


def test_a_text_is_not_judged_before_it_is_written() -> None:
    content = {"date-in-text", "content-complete", "consent-class", "no-links-fraud"}

    assert not content & {rule for key in four_channels() for rule in fired(a_case(a_fraud()), key)}


def test_a_complete_text_needs_no_completing() -> None:
    assert "content-complete" not in fired(a_case(an_incident(public_place=True), text=GOOD_TEXT), "sms")


def test_the_widest_audience_that_may_be_used_is_addressed() -> None:
    some, others = asked(100, "sms"), on_file(900, "sms")

    assert on(a_case(a_fraud(), audience=an_audience(some, others))).channels["sms"].audience is Listeners.all
    assert on(a_case(audience=an_audience(some, others))).channels["sms"].audience is Listeners.asked


def test_small_things_are_told_only_to_those_who_asked() -> None:
    minor = an_incident(severity=Severity.minor)
    advice = on(a_case(minor, audience=an_audience(asked(100, "sms"), on_file(900, "sms")))).channels["sms"]

    assert (advice.verdict, advice.audience, advice.recipients) == (Verdict.use, Listeners.asked, 100)


def test_a_channel_that_meets_nobody_is_advised_against() -> None:
    advice = on(a_case(a_fraud(), audience=an_audience(affected=10_000))).channels["sms"]

    assert advice.verdict is Verdict.avoid
    assert advice.sentence == "Nobody whom it concerns can be reached by SMS."


def test_urgency_immediate_lets_a_fraud_warning_out_at_night() -> None:
    asleep = a_case(a_fraud(urgency=Urgency.expected, started_at=NIGHT), now=NIGHT)
    awake = a_case(a_fraud(started_at=NIGHT), now=NIGHT)

    assert on(asleep).channels["sms"].not_before == "07:00"
    assert on(awake).channels["sms"].not_before is None
