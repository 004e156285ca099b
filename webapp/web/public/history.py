"""What was, a month a page."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from flask import Response, request

from webapp import clock, moments
from webapp.flow import surface
from webapp.flow.refusals import NotFound
from webapp.web import caching
from webapp.web.public.days import by_day, local_day, midnight
from webapp.web.public.status import public
from webapp.web.public.words import WORDS
from webapp.web.reader import page, reader
from webapp.web.session import store

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A month of the calendar."""

    year: int
    month: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def after(self) -> "Month":
        """The month that follows."""
        return month_of(self.first + timedelta(days=31))

    @property
    def before(self) -> "Month":
        """The month before it."""
        return month_of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def month_of(day: date) -> Month:
    """The month that a day is in."""
    return Month(day.year, day.month)


@public.get("/history")
def history() -> Response:
    """All that ended in one month. Raises NotFound for months that were not, or are not yet."""
    to, now = reader(WORDS), clock.now()
    zone = to.organisation.time_zone
    today = local_day(now, zone)
    oldest = surface.oldest_at(store(), now=now)
    first = month_of(local_day(oldest, zone))
    month = _asked(month_of(today))
    if not first <= month <= month_of(today):
        raise NotFound("There is no history of that month.")
    start, end = midnight(month.first, zone), midnight(month.after.first, zone)
    seen = surface.during(store(), start, end, now=now, language=to.language)
    last = min(today, month.after.first - timedelta(days=1))
    name = moments.MONTHS[to.spoken][month.month - 1]
    return caching.short(
        page(
            "public/history.html",
            to,
            title=f"{name.capitalize()} {month.year}",
            month_days=by_day(seen, month.first, last, zone),
            before=str(month.before) if month > first else "",
            after=str(month.after) if month < month_of(today) else "",
        ),
        vary="Accept-Language",
    )


def _asked(current: Month) -> Month:
    asked = request.args.get("month", "")
    if not asked:
        return current
    found = MONTH.fullmatch(asked)
    if not found or not int(found[1]):
        raise NotFound("There is no history of that month.")
    return Month(int(found[1]), int(found[2]))
