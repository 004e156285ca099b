"""A channel is dead when what it needs is down, or when its provider takes nothing; the advice says why."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from rules.terms import Kind, MessageType, Mode, Severity, Urgency
from tests.builders import (
    NOON,
    THREE,
    a_component,
    a_draft,
    a_filing,
    an_incident,
    an_operator,
    an_organisation,
    in_sveg,
    subscribers,
)
from webapp.db import add
from webapp.flow import assessments, contradiction, incidents, notices
from webapp.flow.approvals import Recipient
from webapp.flow.areas import Where
from webapp.flow.assessments import Recommendation
from webapp.flow.budget import month_begins_at
from webapp.flow.deliveries import Attempt, Chunk, ChunkState, DeliveryState
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.notices import NoticeStatus
from webapp.flow.organisation import ChannelSetup, Organisation
from webapp.flow.people import Person
from webapp.flow.postings import Posting, PostingState

MINUTE = timedelta(minutes=1)
EARLIER = NOON - 8 * MINUTE


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation whose SMS needs a gateway that belongs to a group."""
    an_organisation(session)
    subscribers(session, 6)
    group = a_component(session, "suppliers", "Suppliers", is_group=True)
    a_component(session, "telia", "Telia gateway", group=group)
    session.get_one(ChannelSetup, "sms").depends_on = ["telia"]
    session.flush()
    return add(session, an_operator())


def recommended(session: Session, incident: Incident | None = None, **known: Any) -> Recommendation:
    return assessments.recommend(session, a_filing(**known), now=NOON, incident=incident)


def why_sms_is_dead(session: Session, **known: Any) -> str:
    """Its sentence; "" = it is not blocked."""
    advice = recommended(session, **known).advice.channels["sms"]
    return advice.sentence if advice.verdict == "block" else ""


def elsewhere(session: Session, by: Person, code: str = "telia", **known: Any) -> Incident:
    """Another open incident, everywhere."""
    return an_incident(session, by=by, components=(code,), where=Where(), started_at=EARLIER, **known)


@pytest.mark.parametrize("code", ["telia", "suppliers"])
def test_another_open_incident_stops_what_depends_on_it(session: Session, operator: Person, code: str) -> None:
    name = "Telia gateway" if code == "telia" else "Suppliers"
    elsewhere(session, operator, code)

    assert why_sms_is_dead(session) == f"Blocked: SMS depends on {name}, which is down since 12:02."


@pytest.mark.parametrize("code", ["telia", "suppliers"])
def test_the_incident_itself_stops_what_depends_on_it(session: Session, operator: Person, code: str) -> None:
    name = "Telia gateway" if code == "telia" else "suppliers"

    assert name.casefold() in why_sms_is_dead(session, components=(code,)).casefold()
    assert "which this incident has stopped" in why_sms_is_dead(session, components=(code,))


def test_planned_work_stops_it_as_well_and_only_while_it_lasts(session: Session, operator: Person) -> None:
    work = elsewhere(session, operator, kind=Kind.maintenance, expected_end_at=THREE)

    assert "under maintenance since 12:02" in why_sms_is_dead(session)

    work.expected_end_at = NOON - MINUTE
    session.flush()
    assert why_sms_is_dead(session) == ""


@pytest.mark.parametrize("why", ["resolved", "monitoring", "in one place", "exercise", "slow only", "ahead"])
def test_what_works_again_or_never_stopped_stops_nothing(session: Session, operator: Person, why: str) -> None:
    if why in {"resolved", "monitoring"}:
        incident = elsewhere(session, operator)
        incidents.update(session, incident, IncidentStatus(why), note="", by=operator, now=NOON - MINUTE)
    elif why == "in one place":
        an_incident(session, by=operator, components=("telia",), where=in_sveg(session))
    elif why == "exercise":
        elsewhere(session, operator, mode=Mode.exercise)
    elif why == "slow only":
        elsewhere(session, operator, kind=Kind.degradation)
    else:
        an_incident(session, by=operator, components=("telia",), where=Where(), started_at=NOON + 5 * MINUTE)

    assert why_sms_is_dead(session) == ""


def tried(session: Session, by: Person, states: list[DeliveryState], *, minutes_ago: int = 3, **known: Any) -> None:
    """So many people on one notice, each tried once."""
    at = NOON - minutes_ago * MINUTE
    notice = a_draft(session, an_incident(session, by=by, **known), by=by)
    notice.status, notice.live_at = NoticeStatus.live, at
    chunk = add(session, Chunk(notice_id=notice.id, channel="sms", first=0, last=len(states) - 1, due_at=at, state=ChunkState.open))  # fmt: skip
    for pos, state in enumerate(states):
        add(session, Recipient(notice_id=notice.id, pos=pos, channel="sms", address_id=pos + 1, subscriber_id=pos + 1, value="+46", language="en"))  # fmt: skip
        add(session, Attempt(notice_id=notice.id, pos=pos, n=0, chunk_id=chunk.id or 0, epoch=1, state=state, at=at, detail="Twilio cannot be reached"))  # fmt: skip
    session.flush()


def test_a_provider_that_takes_nothing_is_known_to_be_down(session: Session, operator: Person) -> None:
    tried(session, operator, [DeliveryState.deferred] * 4 + [DeliveryState.unknown])

    assert why_sms_is_dead(session) == (
        "Blocked: SMS has taken nothing since 12:07: the last 5 tries for 5 people failed (Twilio cannot be reached)."
    )


@pytest.mark.parametrize("why", ["one was taken", "few", "long ago", "exercise", "bad addresses"])
def test_a_few_or_old_or_mixed_failures_prove_nothing(session: Session, operator: Person, why: str) -> None:
    deferred = [DeliveryState.deferred]
    match why:
        case "one was taken":
            tried(session, operator, [*deferred * 5, DeliveryState.accepted])
        case "few":
            tried(session, operator, deferred * 4)
        case "long ago":
            tried(session, operator, deferred * 5, minutes_ago=11)
        case "exercise":
            tried(session, operator, deferred * 5, mode=Mode.exercise)
        case _:
            tried(session, operator, [DeliveryState.failed] * 5)

    assert why_sms_is_dead(session) == ""


def test_in_danger_a_provider_that_fails_is_tried_all_the_same(session: Session, operator: Person) -> None:
    tried(session, operator, [DeliveryState.deferred] * 5)
    danger: dict[str, Any] = {"kind": Kind.safety, "severity": Severity.extreme, "urgency": Urgency.immediate}

    assert recommended(session, **danger).advice.channels["sms"].verdict == "use"


def test_a_post_that_failed_three_times_shows_its_page_to_be_down(session: Session, operator: Person) -> None:
    notice = a_draft(session, an_incident(session, by=operator), by=operator, channels=("facebook",))
    notice.status, notice.live_at = NoticeStatus.live, EARLIER
    post = add(session, Posting(notice_id=notice.id, channel="facebook", text="x", link="", due_at=NOON + MINUTE, state=PostingState.planned, first_tried_at=EARLIER, tries=2, detail="The token has expired."))  # fmt: skip

    def sentence() -> str:
        return recommended(session).advice.channels["facebook"].sentence

    assert "has taken nothing" not in sentence()
    post.tries = 3
    session.flush()
    assert sentence() == "Blocked: Facebook has taken nothing since 12:02: the last 3 tries failed (The token has expired)."  # fmt: skip


def test_a_channel_that_is_switched_off_says_so(session: Session, operator: Person) -> None:
    session.get_one(ChannelSetup, "sms").available = False

    assert why_sms_is_dead(session) == "Blocked: SMS is switched off in the settings."


def test_what_was_sent_this_month_is_spent_and_an_exercise_is_free(session: Session, operator: Person) -> None:
    ours = session.get_one(Organisation, 1)
    tried(session, operator, [DeliveryState.delivered] * 3 + [DeliveryState.failed])
    tried(session, operator, [DeliveryState.delivered] * 3, mode=Mode.exercise)
    session.execute(notices.Message.__table__.update().values(body="x" * 161))  # type: ignore[attr-defined]  # a table model

    assert recommended(session).case.organisation.month_spent == 0
    ours.month_budget = 5.0
    session.flush()
    told = recommended(session)

    assert told.case.organisation.month_spent == 3 * 2 * 0.50
    assert "cost" in [rule.rule for rule in told.advice.channels["sms"].fired]
    assert month_begins_at(NOON, "Europe/Stockholm").isoformat() == "2026-11-01T00:00:00+01:00"


def test_a_notice_that_leaves_the_page_out_would_be_contradicted_by_it(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator)
    notice = a_draft(session, incident, by=operator, channels=("sms",))

    told = recommended(session, incident)

    assert told.case.incident.shown_as_working
    assert told.advice.channels["sms"].verdict == "block"
    assert "no-green" in [rule.rule for rule in told.advice.channels["sms"].fired]
    incidents.publish(session, incident, by=operator, now=NOON)
    assert not recommended(session, incident).case.incident.shown_as_working
    assert notice.status is NoticeStatus.draft


@pytest.mark.parametrize("why", ["not filed yet", "nothing written", "on the page", "all clear", "fraud", "few people"])
def test_the_page_contradicts_nothing_where_it_goes_first_or_is_not_for_this(
    session: Session, operator: Person, why: str
) -> None:
    known: dict[str, Any] = {"kind": Kind.fraud} if why == "fraud" else {"named_people": True} if why == "few people" else {}  # fmt: skip
    incident = None if why == "not filed yet" else an_incident(session, by=operator, **known)
    if incident and why != "nothing written":
        a_draft(session, incident, by=operator, channels=("status_page", "sms") if why == "on the page" else ("sms",))
    message_type = MessageType.cancel if why == "all clear" else MessageType.alert

    told = assessments.recommend(session, a_filing(**known), now=NOON, incident=incident, message_type=message_type)

    assert not told.case.incident.shown_as_working


def test_words_that_name_states_exist() -> None:
    assert set(contradiction.ON_THEIR_WAY) <= set(NoticeStatus)
    assert {"draft", "live"} <= set(contradiction.ON_THEIR_WAY)
