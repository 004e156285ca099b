"""A notice on its way: its state in words, and how far each channel is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from webapp.flow import approvals, audit, deliveries, drafting, headcount, notices, postings, schedule
from webapp.flow.approvals import Approval, Return
from webapp.flow.audit import AuditEntry
from webapp.flow.deliveries import Chunk, ChunkState, Progress
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.postings import Posting, PostingState
from webapp.flow.schedule import Action, ActionKind, ActionState
from webapp.web.console.notice_lookup import Head, head_of, name_of
from webapp.web.console.spoken import span

UNDER_WAY = {PostingState.planned, PostingState.sending, PostingState.retiring, PostingState.unknown}
OVER = {NoticeStatus.retired, NoticeStatus.withdrawn}
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


@dataclass(frozen=True, slots=True)
class ProgressView:
    """What changes by itself."""

    head: Head
    at: datetime
    returned: Return | None  # why it was returned, while it is
    returned_by: str
    goes_out_at: datetime | None  # approved, on the schedule
    held_because: str
    approval: Approval | None
    approved_by: str
    signers: list[str]  # who may approve it, while it waits
    planned: dict[str, int]  # recipients by channel, before it is live
    channels: list[ChannelProgress]
    pages: list[Posting]
    all_clears: list["ProgressView"]
    entries: list[AuditEntry]

    @property
    def seconds_left(self) -> int:
        """Until it goes out."""
        return max(0, round((self.goes_out_at - self.at).total_seconds())) if self.goes_out_at else 0

    @property
    def unsent(self) -> int:
        """On all channels."""
        return sum(each.unsent for each in self.channels)

    @property
    def total(self) -> int:
        """Recipients on all channels."""
        return sum(each.total for each in self.channels)

    def sum_of(self, look: str) -> int:
        """Of one part of all bars."""
        return sum(each.counts.get(look, 0) for each in self.channels)

    @property
    def is_sending(self) -> bool:
        """Whether anything is on its way out at this moment."""
        waits = all(each.waits_until for each in self.channels if each.unsent)
        return self.head.notice.stopped_at is None and bool(self.unsent) and not waits

    @property
    def can_stop(self) -> bool:
        """Whether Stop would keep anything back."""
        notice = self.head.notice
        on_its_way = bool(self.unsent) or any(page.state is PostingState.planned for page in self.pages)
        return notice.status is NoticeStatus.approved or (
            notice.status is NoticeStatus.live and notice.stopped_at is None and on_its_way
        )

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        quiet = not self.unsent and all(page.state not in UNDER_WAY for page in self.pages)
        return self.head.notice.status in OVER and quiet and all(each.is_final for each in self.all_clears)

    @property
    def poll_s(self) -> int:
        """How often it is worth looking again; 0 = never."""
        if self.is_final:
            return 0
        return 1 if self.is_sending or 0 < self.seconds_left < 120 or self.sum_of("sent") else 4


def progress_view(session: Session, notice: Notice, *, now: datetime, with_story: bool = True) -> ProgressView:
    """The state of a notice and of its all-clears."""
    approval, action = approvals.approval_of(session, notice), schedule.of(session, notice, ActionKind.post)
    endings = notices.endings(session, notice) if with_story else []
    waits = _waiting(session, notice)
    returned = (
        next(iter(approvals.returns_of(session, notice)), None) if notice.status is NoticeStatus.returned else None
    )
    return ProgressView(
        head=head_of(notice),
        at=now,
        returned=returned,
        returned_by=name_of(returned.returned_by_id) if returned else "",
        goes_out_at=_goes_out_at(notice, action),
        held_because=action.because if action and action.state is ActionState.held else "",
        approval=approval,
        approved_by=name_of(approval.approved_by_id) if approval else "",
        signers=_signers(session, notice) if notice.status is NoticeStatus.submitted else [],
        planned=approvals.recipient_counts(session, notice) if notice.status is NoticeStatus.approved else {},
        channels=[
            _channel(session, notice, each, waits.get(each.channel), now=now)
            for each in deliveries.progress(session, notice)
        ],
        pages=postings.of(session, notice),
        all_clears=[
            progress_view(session, over, now=now, with_story=False)
            for over in endings
            if over.live_at is not None or schedule.of(session, over, ActionKind.post) is not None
        ],
        entries=audit.story(session, [str(notice.id), *(str(over.id) for over in endings)]) if with_story else [],
    )


def _signers(session: Session, notice: Notice) -> list[str]:
    return [person.name for person in drafting.signers(session) if person.id != notice.submitted_by_id]


def _goes_out_at(notice: Notice, action: Action | None) -> datetime | None:
    is_planned = action is not None and action.state is ActionState.pending and notice.status is NoticeStatus.approved
    return action.due_at if action is not None and is_planned else None


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
