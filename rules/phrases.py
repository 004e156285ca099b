"""Numbers and moments as people read them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rules.terms import Listeners


def count(people: float) -> str:
    """A whole number with its thousands, exact below ten to one decimal unless it is whole."""
    if 0 < people < 0.05:
        return "0"
    if people < 10 and abs(people - round(people)) >= 0.05:
        return f"{people:.1f}"
    return f"{round(people):,}"


def about(people: float) -> str:
    """A modelled number."""
    return f"about {count(people)}"


def money(amount: float, currency: str) -> str:
    """Rounded up to whole units once it is worth more than ten."""
    return f"{amount:,.0f} {currency}" if amount >= 10 or amount == 0 else f"{amount:,.2f} {currency}"


def percent(share: float) -> str:
    """One decimal below ten per cent and above ninety-nine."""
    value = share * 100
    if 0 < value < 10 or 99 < value < 100:
        return f"{value:.1f} %"
    return f"{value:.0f} %"


def listed(names: list[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def moment(at: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """The local time; with the date if it is not today, tomorrow's weekday included."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() - today < timedelta(days=6):
        return f"{local:%a %H:%M}"
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def readers(listeners: Listeners, people: int) -> str:
    """Whom a direct channel writes to."""
    if listeners is Listeners.asked:
        return f"the {people:,} who asked"
    return f"all {people:,} on file"
