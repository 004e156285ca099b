"""How far the messages of a notice are on one channel: in numbers, as a bar, and how long the rest takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from webapp.flow import fan_out, headcount, notices
from webapp.flow.deliveries import Chunk, ChunkState
from webapp.flow.fan_out import Progress
from webapp.flow.notices import Notice
from webapp.web.console.spoken import span

PARTS = {  # what a bar is made of, in order: states, word, look
    "delivered": (("delivered",), "delivered"),
    "sent": (("accepted", "sent"), "handed over"),
    "failed": (("failed", "undelivered", "expired"), "failed"),
    "doubt": (("unknown",), "in doubt"),
    "cancelled": (("cancelled",), "not sent, stopped"),
    "planned": (("planned", "sending", "deferred"), "still to send"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar."""

    look: str
    word: str
    number: int
    start: float  # percent of the bar
    width: float


@dataclass(frozen=True, slots=True)
class ChannelProgress:
    """How far one channel is."""

    channel: str
    total: int
    unsent: int
    parts: list[Part]
    speed: float | None  # messages a second; None = no limit is known
    left: str  # how long the rest takes, in words; "" = nothing is left, or nobody knows
    waits_until: datetime | None  # quiet hours
    counts: dict[str, int]  # by look

    @property
    def left_us(self) -> int:
        """Tried, with whatever success."""
        return self.total - self.unsent - self.counts["cancelled"]


def channels(session: Session, notice: Notice, *, now: datetime) -> list[ChannelProgress]:
    """All channels that have recipients."""
    waits = _waiting(session, notice)
    progress = fan_out.progress(session, notice)
    return [_channel(session, notice, each, waits.get(each.channel), now=now) for each in progress]


def _channel(
    session: Session, notice: Notice, progress: Progress, waits_until: datetime | None, *, now: datetime
) -> ChannelProgress:
    counts = {look: sum(progress.counts.get(state, 0) for state in states) for look, (states, _) in PARTS.items()}
    longest = max((headcount.segments_of(m.channel, m.body) for m in notices.messages_of(session, notice) if m.channel == progress.channel), default=1)  # fmt: skip
    rate = headcount.per_second(session, progress.channel, now=now)
    speed = rate / longest if rate else None
    is_waiting = waits_until is not None and waits_until > now
    return ChannelProgress(
        channel=progress.channel,
        total=progress.total,
        unsent=progress.unsent,
        parts=_parts(counts, progress.total),
        speed=speed,
        left=_time_left(progress.unsent, speed) if not is_waiting else "",
        waits_until=waits_until if is_waiting and progress.unsent else None,
        counts=counts,
    )


def _parts(counts: dict[str, int], total: int) -> list[Part]:
    parts, start = [], 0.0
    for look, (_, word) in PARTS.items():
        if counts[look]:
            width = 100 * counts[look] / total
            parts.append(Part(look, word, counts[look], start, width))
            start += width
    return parts


def _time_left(unsent: int, speed: float | None) -> str:
    if not unsent or not speed:
        return ""
    seconds = round(unsent / speed)
    return f"about {max(seconds, 1)} s" if seconds < 90 else f"about {span(timedelta(seconds=seconds))}"


def _waiting(session: Session, notice: Notice) -> dict[str, datetime]:
    """By channel, when the first unsent ones may leave."""
    wanted = (
        select(Chunk.channel, func.min(Chunk.due_at))
        .where(Chunk.notice_id == notice.id, col(Chunk.state) == ChunkState.open)
        .group_by(col(Chunk.channel))
    )
    quiet = {pick.channel for pick in notices.channels_of(session, notice) if pick.not_before_at}
    return {channel: due_at for channel, due_at in session.exec(wanted) if channel in quiet}
