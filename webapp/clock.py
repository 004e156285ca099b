"""The only reader of the clock. Doors and jobs call it; everything else is handed `now`."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
