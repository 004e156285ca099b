"""Local times said and read, on the nights when clocks are set, too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp import moments
from webapp.moments import BadMoment

STOCKHOLM = "Europe/Stockholm"
ZONES = st.sampled_from(
    [STOCKHOLM, "UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Tashkent"]
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
WALLS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read_or_refused(text: str, zone: str) -> datetime | str:
    """The moment, or the sentence."""
    try:
        return moments.read(text, zone)
    except BadMoment as refusal:
        return str(refusal)


def shows(at: datetime, zone: str) -> datetime:
    """What clocks there show."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@given(MOMENTS, ZONES)
def test_what_is_read_is_what_clocks_there_show_or_is_refused(at: datetime, zone: str) -> None:
    wall = shows(at, zone)

    read = read_or_refused(f"{wall:%Y-%m-%d %H:%M:%S.%f}", zone)

    assert read == at or "twice" in str(read)


@given(MOMENTS, ZONES)
def test_a_time_with_its_offset_names_one_moment_in_any_night(at: datetime, zone: str) -> None:
    written = at.astimezone(ZoneInfo(zone)).isoformat()

    assert moments.read(written, STOCKHOLM) == at


@pytest.mark.parametrize("written", ["2026-11-19T15:00+05", "2026-11-19 15:00+0500", "2026-11-19T10:00Z"])
def test_every_way_to_write_an_offset_counts(written: str) -> None:
    assert moments.read(written, STOCKHOLM) == utc("2026-11-19 10:00")


def test_a_time_that_the_night_skips_is_refused() -> None:
    with pytest.raises(BadMoment, match="2026-03-29 02:30 does not exist in Europe/Stockholm"):
        moments.read("2026-03-29 02:30", STOCKHOLM)


def test_the_hour_that_comes_twice_is_asked_about_and_either_answer_can_be_written() -> None:
    with pytest.raises(BadMoment, match="comes twice") as refusal:
        moments.read("2026-10-25 02:30", STOCKHOLM)

    answers = str(refusal.value).split("write ")[1].split(" or ")
    assert [moments.read(answer, STOCKHOLM) for answer in answers] == [
        utc("2026-10-25 00:30"),
        utc("2026-10-25 01:30"),
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-29 01:59", "2026-03-29 00:59"),
        ("2026-03-29 03:00", "2026-03-29 01:00"),
        ("2026-10-25 01:59", "2026-10-24 23:59"),
        ("2026-10-25 03:00", "2026-10-25 02:00"),
    ],
)
def test_beside_the_change_of_clocks_all_is_as_usual(written: str, meant: str) -> None:
    assert moments.read(written, STOCKHOLM) == utc(meant)


@pytest.mark.parametrize(
    "written",
    ["", "15:00", "tomorrow", "2026-11-19", "20261119", "2026-02-30 12:00", "2026-11-19 25:00", "0001-01-01 00:00", "9999-12-31T23:59-12:00", "2026-11-19T15:00+99:00"],
)  # fmt: skip
def test_what_names_no_moment_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(BadMoment, match="write it like 2026-11-19 15:00"):
        moments.read(written, STOCKHOLM)


@given(st.text(max_size=30), ZONES)
def test_any_text_is_read_or_refused(text: str, zone: str) -> None:
    read = read_or_refused(text, zone)

    assert read


def test_a_moment_is_said_with_weekday_date_clock_and_zone() -> None:
    winter, summer = utc("2026-11-19 14:00"), utc("2026-07-20 13:00")

    assert moments.say(winter, STOCKHOLM) == "Thursday 19 November 15:00 CET"
    assert moments.say(summer, STOCKHOLM, "sv") == "måndag 20 juli 15:00 CEST"
    assert moments.short(winter, STOCKHOLM) == "Thu 19 Nov 15:00 CET"
    assert moments.say(winter, STOCKHOLM, "fi") == "Thursday 19 November 15:00 CET"


def test_the_two_half_past_twos_of_october_are_told_apart() -> None:
    first, second = (moments.say(utc(f"2026-10-25 0{hour}:30"), STOCKHOLM) for hour in (0, 1))

    assert (first, second) == ("Sunday 25 October 02:30 CEST", "Sunday 25 October 02:30 CET")


@pytest.mark.parametrize(
    ("zone", "name"),
    [("Asia/Tashkent", "UTC+5"), ("America/Sao_Paulo", "UTC-3"), ("Asia/Kathmandu", "UTC+5:45"), ("UTC", "UTC")],
)
def test_a_zone_without_a_name_is_said_as_people_write_it(zone: str, name: str) -> None:
    assert moments.zone_name(utc("2026-11-19 14:00"), zone) == name


@given(MOMENTS, ZONES, WALLS)
@settings(max_examples=40)
def test_the_next_clock_is_the_first_moment_that_shows_it(after: datetime, zone: str, wall: str) -> None:
    found = moments.next_clock(wall, zone, after=after)

    assert after < found <= after + timedelta(hours=26)
    each = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while each < found:
        assert f"{shows(each, zone):%H:%M}" != wall
        each += timedelta(minutes=1)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("2026-10-24 22:00", "2026-10-25 00:30"),  # the first of the two
        ("2026-10-25 00:40", "2026-10-25 01:30"),  # the second
        ("2026-10-25 01:30", "2026-10-26 01:30"),
        ("2026-03-28 23:00", "2026-03-29 01:30"),  # 03:30 summer time: the night has no half past two
        ("2026-03-29 01:30", "2026-03-30 00:30"),
    ],
)
def test_half_past_two_on_the_nights_when_clocks_are_set(after: str, found: str) -> None:
    assert moments.next_clock("02:30", STOCKHOLM, after=utc(after)) == utc(found)


@given(MOMENTS, ZONES)
def test_a_form_shows_what_it_reads_back(at: datetime, zone: str) -> None:
    at = at.replace(second=0, microsecond=0)

    read = read_or_refused(moments.for_input(at, zone), zone)

    assert read == at or "twice" in str(read)
    assert moments.for_input(None, zone) == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-11-19 11:10", "2026-11-19 14:00", ("Thu 19 Nov 12:10", "15:00 CET")),
        ("2026-11-19 22:00", "2026-11-19 23:30", ("Thu 19 Nov 23:00 CET", "Fri 20 Nov 00:30 CET")),
        ("2026-10-24 23:00", "2026-10-25 03:00", ("Sun 25 Oct 01:00 CEST", "Sun 25 Oct 04:00 CET")),
        ("2026-11-19 11:10", "2027-11-19 14:00", ("Thu 19 Nov 12:10 CET", "Fri 19 Nov 15:00 CET")),
    ],
)
def test_a_span_within_a_day_names_it_once(start: str, end: str, said: tuple[str, str]) -> None:
    assert moments.short_span(utc(start), utc(end), STOCKHOLM) == said
