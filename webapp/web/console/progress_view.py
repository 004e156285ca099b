"""A notice on its way: its state in words, and how far each channel is."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from webapp.flow import approvals, audit, drafting, notices, postings, schedule
from webapp.flow.approvals import Approval, Return
from webapp.flow.audit import AuditEntry
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.postings import Posting, PostingState
from webapp.flow.schedule import Action, ActionKind, ActionState
from webapp.web.console import channel_progress
from webapp.web.console.channel_progress import ChannelProgress
from webapp.web.console.notice_lookup import Head, head_of, name_of

UNDER_WAY = {PostingState.planned, PostingState.sending, PostingState.retiring, PostingState.unknown}
OVER = {NoticeStatus.retired, NoticeStatus.withdrawn}


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
        return 1 if self.is_sending or 0 < self.seconds_left < 120 else 4


def progress_view(session: Session, notice: Notice, *, now: datetime, with_story: bool = True) -> ProgressView:
    """The state of a notice and of its all-clears."""
    approval, action = approvals.approval_of(session, notice), schedule.of(session, notice, ActionKind.post)
    endings = notices.endings(session, notice) if with_story else []
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
        channels=channel_progress.channels(session, notice, now=now),
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
