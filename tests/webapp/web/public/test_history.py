"""What was, month by month."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import NOON
from tests.webapp.web.street import Street, on_sqlite
from webapp.flow import incidents
from webapp.flow.incidents import IncidentStatus
from webapp.web.public.days import local_day, midnight

STOCKHOLM = "Europe/Stockholm"


@on_sqlite
def test_a_month_shows_what_ended_in_it_and_leads_to_its_neighbours(street: Street) -> None:
    began = NOON - timedelta(days=40)
    street.at(began)
    with street.store() as session:
        incident = street.published(
            session, started_at=began, expected_end_at=None, next_update_at=NOON, ends_by_itself=False
        )
        incidents.update(session, incident, IncidentStatus.resolved, note="", by=None, now=began + timedelta(hours=2))
    street.at(NOON)

    now, then = street.reader().get("/history"), street.reader().get("/history?month=2026-10")

    assert "November 2026" in now.text
    assert "Cash machines in Sveg do not work" not in now.text
    assert 'rel="prev" href="/history?month=2026-10"' in now.text
    assert 'rel="next"' not in now.text
    assert "Cash machines in Sveg do not work" in then.text
    assert 'rel="next" href="/history?month=2026-11"' in then.text
    assert 'rel="prev"' not in then.text


@on_sqlite
@pytest.mark.parametrize("month", ["2026-12", "2026-10", "2026-13", "0000-01", "1999-01", "' OR 1=1"])
def test_months_that_were_not_are_not_found(street: Street, month: str) -> None:
    answer = street.reader().get("/history", query_string={"month": month})

    assert answer.status_code == 404
    assert "There is no history of that month." in answer.text


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 19), 24)]
)
def test_days_are_as_long_as_clocks_make_them(day: date, hours: int) -> None:
    length = midnight(day + timedelta(days=1), STOCKHOLM) - midnight(day, STOCKHOLM)

    assert length == timedelta(hours=hours)
    assert local_day(datetime.combine(day, datetime.min.time(), ZoneInfo(STOCKHOLM)), STOCKHOLM) == day
