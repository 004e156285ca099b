"""Asking for approval: what would make a notice useless or dangerous, and what goes against the rules."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from rules import facts, terms, wording
from webapp.db import add
from webapp.flow import overrides, texts
from webapp.flow.assessments import Assessment, assess
from webapp.flow.audit import record
from webapp.flow.drafts import default_language, told_of
from webapp.flow.incidents import Incident
from webapp.flow.notices import (
    LABELS,
    LeftOut,
    Notice,
    NoticeStatus,
    NoticeText,
    channels_of,
    content_hash,
    endings,
    left_out_of,
    lock,
    messages_of,
    move,
    require_draft,
    texts_of,
)
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotValid


def submit(session: Session, notice: Notice, *, by: Person, now: datetime) -> None:
    """Ask for approval. What the rules say of the text as it now is goes with it. Raises NotAllowed, NotNow, NotValid."""
    by.require(Act.submit, f"{by.name} may not ask for approval")
    lock(session, notice)
    require_draft(notice)
    incident = session.get_one(Incident, notice.incident_id)
    check(session, notice, now=now)
    if notice.next_update_at is not None and notice.next_update_at <= now:
        raise NotValid("expires_at", "The next update that it promises should have come already; say when it comes")
    assessment = assess(
        session, incident, by=by, now=now, text=text_facts(session, notice), segments=_segments(session, notice),
        message_type=terms.MessageType(notice.message_type),
    )  # fmt: skip
    refuse_blocked(session, notice, assessment, by=by)
    against = require_reasons(session, notice, assessment)
    without = require_reasons_without(session, notice, assessment)
    notice.assessment_id, notice.submitted_by_id, notice.submitted_at = assessment.id, by.id, now
    add(session, notice)
    move(session, notice, start=(NoticeStatus.draft, NoticeStatus.returned), end=NoticeStatus.submitted)
    record(session, "notice.submitted", ("notice", notice.id), f"{by.name} asked for approval of notice {notice.code}{_although(against)}{_without(without)}", by=by, now=now,
           after={"content": content_hash(session, notice)} | ({"against": against} if against else {}) | ({"left out": without} if without else {}))  # fmt: skip


def check(session: Session, notice: Notice, *, now: datetime) -> None:
    """Raises NotValid for what would make a notice useless or dangerous."""
    if not channels_of(session, notice):
        raise NotValid("channels", "Choose at least one channel")
    if notice.expires_at is None and notice.next_update_at is None:
        raise NotValid("expires_at", "Say until when it applies, or when the next update comes")
    if notice.expires_at is not None and notice.expires_at <= now:
        raise NotValid("expires_at", "Its end has passed already; move the incident's end first")
    if notice.expires_at and notice.effective_at and notice.effective_at >= notice.expires_at:
        raise NotValid("effective_at", "It would begin after its end; write an earlier time")


def refuse_blocked(session: Session, notice: Notice, assessment: Assessment, *, by: Person) -> None:
    """Raises NotValid for a chosen channel that the rules block, unless this person may lift the block."""
    advised = assessment.result["channels"]
    for pick in channels_of(session, notice):
        verdict = advised.get(pick.channel, {})
        if not overrides.may_choose(verdict, by=by, is_life_safety=notice.is_life_safety):
            raise NotValid("channels", f"{LABELS.get(pick.channel, pick.channel)} is blocked: {verdict['sentence']}")


def require_reasons(session: Session, notice: Notice, assessment: Assessment) -> dict[str, str]:
    """Why it goes where the rules advise against it, by channel; other reasons are dropped. Raises NotValid without one."""
    advised, reasons = assessment.result["channels"], {}
    for pick in channels_of(session, notice):
        if not overrides.is_against(advised.get(pick.channel, {})):
            pick.override_reason = ""
        elif pick.override_reason:
            reasons[pick.channel] = pick.override_reason
        else:
            label = LABELS.get(pick.channel, pick.channel)
            raise NotValid(
                f"because-{pick.channel}", f"{label} is against the recommendation: say why it goes there all the same"
            )
        add(session, pick)
    return reasons


def require_reasons_without(session: Session, notice: Notice, assessment: Assessment) -> dict[str, str]:
    """Why it does not go where the rules want it, by channel; other reasons are dropped. Raises NotValid without one."""
    chosen, reasons = {pick.channel for pick in channels_of(session, notice)}, left_out_of(session, notice)
    missing = [
        channel
        for channel in assessment.result["channels"]
        if channel not in chosen and overrides.must_be_explained(assessment.result, channel)
    ]
    for channel in missing:
        if not reasons.get(channel):
            label = LABELS.get(channel, channel)
            raise NotValid(
                f"without-{channel}",
                f"{label} is recommended: choose it, or say why people are not told there, for example “It is down”",
            )
    session.execute(sa.delete(LeftOut).where(col(LeftOut.notice_id) == notice.id, col(LeftOut.channel).not_in(missing)))
    return {channel: reasons[channel] for channel in missing}


def text_facts(session: Session, notice: Notice) -> facts.Text:
    """What the rules may know of its words, in the default language; links in any message of it or of its all-clears."""
    said = texts_of(session, notice)
    messages = [message for each in (notice, *endings(session, notice)) for message in messages_of(session, each)]
    return facts.Text(
        said[0].headline,
        said[0].description,
        said[0].instruction,
        links=any(wording.has_link(message.body) for message in messages),
        languages=frozenset(text.language for text in said),
        written_by_hand=any(message.is_edited for message in messages) or not _is_from_facts(session, notice, said),
    )


def _is_from_facts(session: Session, notice: Notice, said: list[NoticeText]) -> bool:
    incident = session.get_one(Incident, notice.incident_id)
    told, default = told_of(session, incident, notice, status_url=""), default_language(session)
    return all(text.said() == texts.said(told, text.language, default_language=default) for text in said)


def _segments(session: Session, notice: Notice) -> dict[str, int]:
    counts = [
        wording.segments(message.body).count for message in messages_of(session, notice) if message.channel == "sms"
    ]
    return {"sms": max(counts)} if counts else {}


def _although(against: dict[str, str]) -> str:
    said = "; ".join(f"{LABELS.get(channel, channel)}: {reason}" for channel, reason in against.items())
    return f", against the recommendation ({said})" if said else ""


def _without(left_out: dict[str, str]) -> str:
    said = "; ".join(f"{LABELS.get(channel, channel)}: {reason}" for channel, reason in left_out.items())
    return f", leaving out what is recommended ({said})" if said else ""
