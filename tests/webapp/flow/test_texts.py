"""What recipients read: complete, brief where it is paid for, and never a link where people are being cheated."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.segments import segments
from rules.terms import Kind, Mode
from tests.builders import NOON, THREE
from webapp.flow import texts
from webapp.flow.texts import Told

PAGE = "https://status.fjallbanken.example"
TOLD = Told(
    organisation="Fjällbanken", time_zone="Europe/Stockholm", kind=Kind.outage, mode=Mode.actual, headline="", components=("Cash machines",),
    where={"en": "within 15 km of Sveg", "sv": "inom 15 km från Sveg"}, started_at=NOON, expires_at=THREE, next_update_at=None,
    instruction="", status_url=PAGE, code="K7Q2MX",
)  # fmt: skip
CHANNELS = ("sms", "email", "facebook", "status_page")
LANGUAGES = ("en", "sv")
CHEATED = (Kind.fraud, Kind.data_breach)
LINK = re.compile(r"https?://")


def text(told: Told, channel: str, language: str = "en") -> str:
    return texts.body(told, texts.said(told, language, default_language="en"), channel, language)


def all_clear(told: Told, channel: str, language: str = "en", *, by_person: bool) -> str:
    """As it leaves us."""
    said = texts.said_all_clear(told, texts.said(told, language, default_language="en"), language, by_person=by_person)
    body = texts.body(told, said, channel, language, is_end=True)
    return texts.fill_ended(body, THREE, told.time_zone, language, channel=channel)


def every_text(told: Told) -> list[str]:
    return [
        *(text(told, channel, language) for channel in CHANNELS for language in LANGUAGES),
        *(all_clear(told, channel, language, by_person=by_person)
          for channel in CHANNELS for language in LANGUAGES for by_person in (True, False)),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_is_one_segment_with_who_and_when(kind: Kind, language: str) -> None:
    told = replace(TOLD, kind=kind)

    sms = text(told, "sms", language)

    assert segments(sms).count == 1
    assert sms.startswith("Fjällbanken: ")
    assert re.search(r"(Thu|tor) 19 (Nov|nov) (12:10 (to|till) )?1[25]:[01]0 CET", sms)
    assert "\n" not in sms


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by_person", [True, False])
def test_an_all_clear_by_text_message_is_one_segment(kind: Kind, language: str, by_person: bool) -> None:
    sms = all_clear(replace(TOLD, kind=kind), "sms", language, by_person=by_person)

    assert segments(sms).count == 1
    assert "19 nov 15:00 CET" in sms.lower().replace("cet", "CET")
    assert "{" not in sms


@pytest.mark.parametrize("kind", CHEATED)
def test_no_warning_and_no_all_clear_of_fraud_carries_a_link(kind: Kind) -> None:
    assert not [each for each in every_text(replace(TOLD, kind=kind)) if LINK.search(each)]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in CHEATED])
@pytest.mark.parametrize("channel", ["sms", "email", "facebook"])
def test_all_others_say_where_there_is_more(kind: Kind, channel: str) -> None:
    assert PAGE in text(replace(TOLD, kind=kind), channel)


@pytest.mark.parametrize("kind", [Kind.fraud, Kind.data_breach, Kind.safety])
def test_whoever_is_in_danger_is_never_told_to_do_nothing(kind: Kind) -> None:
    assert not [
        each for each in every_text(replace(TOLD, kind=kind)) if "need not do" in each or "behöver inte göra" in each
    ]


def test_in_a_fraud_everybody_is_told_what_to_do() -> None:
    told = replace(TOLD, kind=Kind.fraud)

    assert all("Never give anybody a code" in text(told, channel) for channel in CHANNELS)
    assert all("Lämna aldrig ut koder" in text(told, channel, "sv") for channel in CHANNELS)


@pytest.mark.parametrize("mode", [Mode.exercise, Mode.test])
@pytest.mark.parametrize("kind", Kind)
def test_an_exercise_says_so_first_everywhere(mode: Mode, kind: Kind) -> None:
    told = replace(TOLD, mode=mode, kind=kind)
    said = texts.said(told, "en", default_language="en")

    assert all(each.startswith(("EXERCISE ", "ÖVNING ")) for each in every_text(told))
    assert texts.subject(told, said, "en").startswith("EXERCISE ")


def test_what_is_real_never_says_that_it_is_an_exercise() -> None:
    assert not [each for each in every_text(TOLD) if "EXERCISE" in each or "ÖVNING" in each]


def test_the_operators_own_words_are_not_mixed_into_other_languages() -> None:
    told = replace(TOLD, headline="Power is out in Sveg", instruction="Use the machine in Hede")

    english, swedish = text(told, "sms"), text(told, "sms", "sv")

    assert "Power is out in Sveg. " in english
    assert "Use the machine in Hede" in english
    assert "Power" not in swedish
    assert "Hede" not in swedish
    assert "fungerar inte inom 15 km från Sveg" in swedish
    assert "behöver inte göra" not in text(told, "email", "sv")


@pytest.mark.parametrize(
    "headline", ["Machines are down.", "Machines are down!", "Are machines down?", "Machines are down"]
)
def test_a_headline_ends_with_one_sign_in_a_text_message(headline: str) -> None:
    sms = text(replace(TOLD, headline=headline), "sms")

    assert not re.search(r"[.!?]\s*\.", sms)
    assert re.search(r"down[.!?] We expect", sms)


def test_a_subject_is_one_line_whatever_was_typed() -> None:
    said = texts.said(replace(TOLD, headline="Down\r\nBcc: all@bank.example"), "en", default_language="en")

    assert texts.subject(TOLD, said, "en").splitlines() == ["Down Bcc: all@bank.example"]


def test_planned_work_and_closures_name_both_ends() -> None:
    for kind in (Kind.maintenance, Kind.closure):
        assert "From Thursday 19 November 12:10 CET to Thursday 19 November 15:00 CET." in text(
            replace(TOLD, kind=kind), "email"
        )


def test_a_span_over_the_change_of_clocks_names_both_zones() -> None:
    start, end = datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, 0, tzinfo=UTC)

    sms = text(replace(TOLD, kind=Kind.maintenance, started_at=start, expires_at=end), "sms")

    assert "From Sun 25 Oct 01:00 CEST to Sun 25 Oct 04:00 CET." in sms


@pytest.mark.parametrize("channel", CHANNELS)
def test_without_an_end_the_next_update_is_said(channel: str) -> None:
    told = replace(TOLD, expires_at=None, next_update_at=THREE)

    assert re.search(r"Next update Thu(rsday)? 19 Nov(ember)? 15:00 CET", text(told, channel))


@pytest.mark.parametrize(
    ("components", "line"),
    [
        ((), "Our services not working within 15 km of Sveg"),
        (("Cards", "App"), "Cards and App not working within 15 km of Sveg"),
        (("Cards", "App", "Website"), "Cards, App and Website not working within 15 km of Sveg"),
    ],
)
def test_several_parts_are_told_as_people_do(components: tuple[str, ...], line: str) -> None:
    assert texts.what(replace(TOLD, components=components), "en") == line


def test_everywhere_needs_no_words() -> None:
    assert texts.what(replace(TOLD, where={"en": "", "sv": ""}), "sv") == "Cash machines fungerar inte"


def test_mail_has_no_holes() -> None:
    for kind in Kind:
        assert "\n\n\n" not in text(replace(TOLD, kind=kind, expires_at=None, next_update_at=THREE), "email")


@given(headline=st.text(max_size=60), kind=st.sampled_from(Kind), minutes=st.integers(1, 60 * 24 * 400))
def test_any_words_make_a_text(headline: str, kind: Kind, minutes: int) -> None:
    told = replace(TOLD, headline=headline, kind=kind, expires_at=NOON + timedelta(minutes=minutes))

    assert all(every_text(told))


def test_a_post_says_first_that_it_is_over_and_keeps_its_words() -> None:
    post = text(TOLD, "facebook")

    over = texts.resolved_post(TOLD, post, THREE, "en")

    assert (
        over.splitlines()[0]
        == "RESOLVED Thursday 19 November 15:00 CET: Cash machines not working within 15 km of Sveg"
    )
    assert over.endswith(post)
