"""A form field for a local time. In the night when clocks are set back, one hour comes twice: it offers both."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from wtforms import Field
from wtforms.widgets import DateTimeLocalInput

from webapp import moments
from webapp.moments import BadMoment


class Meant(NamedTuple):
    """One of the two moments that a wall time may mean."""

    value: str  # with its offset, as a form sends it back
    label: str
    is_chosen: bool


class WallTimeField(Field):
    """Its `data` is a moment, None if nothing or nothing usable was written; then `mistake` says why.

    The zone is `meta.zone` of its form. A second value of the same name, with an offset, says which of two is meant.
    """

    widget = DateTimeLocalInput()

    def __init__(self, label: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.text, self.mistake = "", ""
        self.meant: list[Meant] = []

    def _value(self) -> str:
        return self.text

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """The first value is the wall time."""
        written = [value.strip() for value in valuelist if value.strip()]
        self.data, self.text = None, written[0] if written else ""
        if not written:
            return
        chosen = next((value for value in written[1:] if value.startswith(self.text)), self.text)
        self.meant = both(self.text, self.meta.zone, chosen=chosen)
        try:
            self.data = moments.read(chosen, self.meta.zone)
        except BadMoment as mistake:
            twice = f"{self.text[-5:]} comes twice that night, because clocks are set back. Choose which one you mean"
            self.mistake = twice if self.meant else str(mistake)


def both(text: str, zone: str, *, chosen: str = "") -> list[Meant]:
    """The two moments that a wall time names in the night when clocks are set back; else none."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return []
    if wall.tzinfo is not None:
        return []
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return []
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        return []  # clocks are set forward: it does not exist
    values = [f"{text}{moment:%z}" for moment in (first, second)]
    order = ("the first, before clocks are set back", "the second, after clocks are set back")
    return [
        Meant(value, f"{moments.clock(at, zone)} {moments.zone_name(at, zone)}, {which}", value == chosen)
        for value, at, which in zip(values, (first, second), order, strict=True)
    ]
