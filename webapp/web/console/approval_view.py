"""What a lead sees before signing: one sentence, every message, the reasons, and what to type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.terms import Verdict
from webapp.flow import approvals, audit, drafting, headcount, incidents, notices
from webapp.flow.approvals import Return
from webapp.flow.assessments import BROADCAST
from webapp.flow.audit import AuditEntry
from webapp.flow.headcount import MANY, Headcount
from webapp.flow.notices import Ending, Notice, NoticeStatus
from webapp.flow.organisation import channel_setups
from webapp.flow.people import Act, Person
from webapp.web.console import message_looks, recommendation
from webapp.web.console.message_looks import NOW, Look
from webapp.web.console.notice_lookup import Head, head_of, name_of
from webapp.web.console.recommendation import Panel
from webapp.web.session import store


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a channel is used, or why not."""

    channel: str
    is_chosen: bool
    verdict: str
    sentence: str
    override: str  # why it goes there all the same
    left_out: str  # why it does not go there although it should

    @property
    def is_against(self) -> bool:
        """Whether somebody chose what the rules advise against."""
        return self.is_chosen and self.verdict in {Verdict.avoid, Verdict.block}


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """The page."""

    head: Head
    asked_by: str
    where: str  # "" = everywhere
    count: Headcount
    direct: list[tuple[str, int]]  # channel, recipients
    pages: list[str]  # channels that everybody sees
    looks: list[Look]
    ends: list[tuple[Ending, list[Look]]]
    reasons: list[Reason]
    panel: Panel | None
    returns: list[tuple[Return, str]]
    entries: list[AuditEntry]
    replaced: str  # the headline of the notice that this one updates; "" = it is the first
    is_waiting: bool
    is_own: bool  # whoever looks has submitted it
    may_sign: bool

    @property
    def against(self) -> list[Reason]:
        """Channels that were chosen against the recommendation."""
        return [reason for reason in self.reasons if reason.is_against]

    @property
    def missed(self) -> list[Reason]:
        """Channels that were recommended and left out."""
        return [reason for reason in self.reasons if reason.left_out]

    @property
    def shown(self) -> str:
        """Recipients by channel, for the form to say what was signed."""
        return " ".join(f"{channel}={number}" for channel, number in self.direct)

    @property
    def must_type(self) -> bool:
        """Whether the magnitude is to be written."""
        return self.count.recipients > MANY


def approval_view(notice: Notice, person: Person, *, now: datetime) -> ApprovalView:
    """The page of a notice for one person."""
    head = head_of(notice)
    count = headcount.count(store(), notice, now=now)
    looks = message_looks.looks(notice, now=now)
    chosen = {pick.channel: pick.override_reason for pick in notices.channels_of(store(), notice)}
    assessment = drafting.assessment_of(store(), notice)
    where = incidents.area_words(store(), head.incident)
    is_own = person.id == notice.submitted_by_id
    return ApprovalView(
        head=head,
        asked_by=name_of(notice.submitted_by_id),
        where=where,
        count=count,
        direct=[(channel, count.on(channel)) for channel in chosen if channel not in BROADCAST],
        pages=[channel for channel in chosen if channel in BROADCAST],
        looks=message_looks.of(looks, NOW),
        ends=[(ending, message_looks.of(looks, ending)) for ending in Ending if message_looks.of(looks, ending)],
        reasons=_reasons(
            assessment.result["channels"] if assessment else {}, chosen, notices.left_out_of(store(), notice)
        ),
        panel=recommendation.panel(assessment.result, assessment.facts, place=where) if assessment else None,
        returns=[(each, name_of(each.returned_by_id)) for each in approvals.returns_of(store(), notice)],
        entries=audit.story(store(), [str(notice.id)]),
        replaced=_replaced(notice),
        is_waiting=notice.status is NoticeStatus.submitted,
        is_own=is_own,
        may_sign=person.may(Act.approve) and not is_own,
    )


def _reasons(advised: Mapping[str, Any], chosen: Mapping[str, str], left_out: Mapping[str, str]) -> list[Reason]:
    every = [setup.channel for setup in channel_setups(store())]
    reasons = [
        Reason(
            channel=channel,
            is_chosen=channel in chosen,
            verdict=advised.get(channel, {}).get("verdict", ""),
            sentence=advised.get(channel, {}).get("sentence", ""),
            override=chosen.get(channel, ""),
            left_out=left_out.get(channel, ""),
        )
        for channel in every
    ]
    return sorted(reasons, key=lambda reason: not reason.is_chosen)


def _replaced(notice: Notice) -> str:
    before = store().get(Notice, notice.follows_id) if notice.follows_id else None
    return head_of(before).headline if before else ""
