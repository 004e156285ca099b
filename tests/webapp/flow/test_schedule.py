"""Each action happens once, whoever looks and however often."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.arrow import Arrow
from tests.builders import NOON, THREE, a_submitted_notice
from tests.webapp.flow.scenes import a_bank, approved, stored, together
from webapp import db
from webapp.flow import lifecycle, schedule
from webapp.flow.audit import AuditEntry
from webapp.flow.incidents import Update
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.postings import Posting
from webapp.flow.schedule import ActionKind, ActionState

LATER = timedelta(minutes=5)
HARMLESS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def acts(engine: sa.Engine, act: str) -> list[str]:
    with db.reading(engine) as session:
        return list(session.exec(select(AuditEntry.subject_id).where(AuditEntry.act == act)))


def test_several_schedulers_do_each_action_once(session: Session, arrow: Arrow) -> None:
    operator, lead = a_bank(session, sms=2)
    notices = [a_submitted_notice(session, by=operator) for _ in range(4)]
    for notice in notices:
        lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=0)
    session.commit()

    together(*[arrow.look] * 4)
    arrow.go_on(seconds=1)
    arrow.now = THREE
    together(*[arrow.look] * 4)
    together(*[arrow.look] * 4)

    with db.reading(arrow.engine) as fresh:
        assert len(fresh.exec(select(Posting)).all()) == len(notices)
        ends = fresh.exec(select(Update.incident_id).where(Update.status == "resolved")).all()
        assert len(ends) == len(set(ends)) == len(notices)
        everything = fresh.exec(select(Notice)).all()
        assert {notice.status for notice in everything if notice.ending is None} == {NoticeStatus.retired}
    for act in ("notice.posted", "notice.retired"):
        subjects = acts(arrow.engine, act)
        assert len(subjects) == len(set(subjects)) > 0


def test_an_action_that_is_pending_can_be_moved_and_one_that_is_done_cannot(session: Session) -> None:
    notice = approved(session)
    action = schedule.of(session, notice, ActionKind.post)
    assert action is not None

    moved = schedule.plan(session, notice, ActionKind.post, due_at=NOON + LATER)
    assert moved.due_at == NOON + LATER
    assert schedule.take(session, moved, now=NOON + LATER)
    still = schedule.plan(session, notice, ActionKind.post, due_at=THREE)

    assert still.id == action.id
    assert (still.due_at, still.state) == (NOON + LATER, ActionState.done)


def test_ends_come_before_beginnings(session: Session) -> None:
    notice = approved(session)
    schedule.plan(session, notice, ActionKind.retire, due_at=THREE - LATER)

    kinds = [action.kind for action in schedule.due(session, now=THREE)]

    assert kinds == [ActionKind.retire, ActionKind.post]


def test_what_falls_due_soon_is_known_by_its_moment(session: Session) -> None:
    approved(session, hold_s=20)

    assert schedule.upcoming(session, now=NOON, until=NOON + LATER) == [NOON + timedelta(seconds=20)]
    assert schedule.upcoming(session, now=NOON, until=THREE) == [NOON + timedelta(seconds=20), THREE]
    assert schedule.due(session, now=NOON + timedelta(seconds=19)) == []


def test_a_held_action_waits_until_a_person_releases_it(session: Session, arrow: Arrow) -> None:
    notice = approved(session)
    action = schedule.of(session, notice, ActionKind.post)
    assert action is not None
    assert schedule.hold(session, action, "late", now=NOON)
    session.commit()
    arrow.go_on(minutes=1)
    assert stored(arrow, notice).status is NoticeStatus.approved

    with db.transaction(arrow.engine) as fresh:
        assert [held.id for held in schedule.held(fresh)] == [action.id]
        assert schedule.release(fresh, action, now=arrow.now)
        assert not schedule.release(fresh, action, now=arrow.now)
    arrow.go_on(seconds=1)

    assert stored(arrow, notice).status is NoticeStatus.live


@HARMLESS
@given(acts=st.lists(st.sampled_from(["take", "drop", "hold", "release", "cancel", "plan"]), max_size=8))
def test_whatever_is_tried_an_action_is_done_at_most_once_and_an_end_stands(session: Session, acts: list[str]) -> None:
    session.rollback()
    notice = approved_but_not_stored(session)
    action = schedule.of(session, notice, ActionKind.post)
    assert action is not None
    taken = 0
    for act in acts:
        before = session.exec(select(col(schedule.Action.state)).where(schedule.Action.id == action.id)).one()
        match act:
            case "take":
                taken += schedule.take(session, action, now=NOON)
            case "drop":
                schedule.drop(session, action, "why", now=NOON)
            case "hold":
                schedule.hold(session, action, "why", now=NOON)
            case "release":
                schedule.release(session, action, now=NOON)
            case "cancel":
                schedule.cancel(session, notice, (ActionKind.post,), "why", now=NOON)
            case _:
                schedule.plan(session, notice, ActionKind.post, due_at=THREE)
        after = session.exec(select(col(schedule.Action.state)).where(schedule.Action.id == action.id)).one()
        if before not in {ActionState.pending, ActionState.held}:
            assert after is before

    assert taken <= 1


def approved_but_not_stored(session: Session) -> Notice:
    """In a transaction that the next example rolls back."""
    operator, lead = a_bank(session)
    notice = a_submitted_notice(session, by=operator)
    lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=0)
    return notice


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1)])
def test_an_action_past_its_time_is_dropped_and_says_why(session: Session, arrow: Arrow, late: timedelta) -> None:
    notice = approved(session, hold_s=0)

    arrow.go_to(THREE + late)

    with db.reading(arrow.engine) as fresh:
        action = schedule.of(fresh, notice, ActionKind.post)
        assert action is not None
        assert action.state in {ActionState.dropped, ActionState.cancelled}
        assert action.because
    assert stored(arrow, notice).status is NoticeStatus.withdrawn
