"""What the public may see: nothing that is not theirs, nothing past its end, whatever any process does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from rules.terms import Kind, Mode, Severity
from tests.builders import NOON, STATUS, THREE, a_component, a_draft, a_lead, an_incident, an_operator, an_organisation
from webapp.db import add
from webapp.flow import incidents, lifecycle, schedule, submission, surface
from webapp.flow.components import ComponentState
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.notices import Notice
from webapp.flow.people import Person
from webapp.flow.surface import ShownIncident, Surface

SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation with two languages."""
    an_organisation(session, languages=["en", "sv"])
    return add(session, an_operator())


def published(session: Session, by: Person, *, at: datetime = NOON, **known: Any) -> Incident:
    """On the status page with its facts alone."""
    incident = an_incident(session, by=by, now=at, **known)
    incidents.publish(session, incident, by=by, now=at)
    return incident


def posted(session: Session, incident: Incident, *, by: Person, now: datetime = NOON, channels: Sequence[str] = ("status_page",)) -> Notice:  # fmt: skip
    """A notice that is live."""
    notice = a_draft(session, incident, by=by, channels=channels, now=now)
    submission.submit(session, notice, by=by, now=now)
    lifecycle.sign(session, notice, by=add(session, a_lead()), now=now, hold_s=0)
    for action in schedule.due(session, now=now):
        lifecycle.execute(session, action, now=now, status_url=STATUS)
    return notice


def shown(session: Session, now: datetime = SOON, language: str = "en") -> Surface:
    return surface.shown(session, now=now, language=language)


def everything(seen: Surface) -> list[ShownIncident]:
    return [*seen.open, *seen.upcoming, *seen.history]


def test_nothing_that_is_not_published_is_seen_by_any_way(session: Session, operator: Person) -> None:
    hidden = [
        an_incident(session, by=operator),
        an_incident(session, by=operator, mode=Mode.exercise),
        an_incident(session, by=operator, mode=Mode.test),
        an_incident(session, by=operator, kind=Kind.maintenance, started_at=THREE, expected_end_at=None, next_update_at=THREE),
    ]  # fmt: skip
    a_draft(session, hidden[0], by=operator)
    posted(session, hidden[1], by=operator)

    for now in (NOON, SOON, THREE, NOON + timedelta(days=30)):
        assert everything(shown(session, now)) == []
        assert shown(session, now).state is ComponentState.operational
        assert surface.during(session, NOON - timedelta(days=1), THREE, now=now) == []
        assert [surface.shown_incident(session, each.public_id, now=now) for each in hidden] == [None] * 4
        assert surface.oldest_at(session, now=now) == now


def test_a_draft_on_a_published_incident_stays_inside(session: Session, operator: Person) -> None:
    incident = published(session, operator)
    draft = a_draft(session, incident, by=operator)
    submission.submit(session, draft, by=operator, now=NOON)

    (seen,) = shown(session).open

    assert seen.notices == []


def test_a_notice_that_went_by_sms_alone_puts_nothing_on_the_page(session: Session, operator: Person) -> None:
    posted(session, an_incident(session, by=operator, kind=Kind.fraud), by=operator, channels=["sms"])

    assert everything(shown(session)) == []


def test_notes_for_colleagues_are_not_there_at_all(session: Session, operator: Person) -> None:
    incident = published(session, operator)
    incidents.update(session, incident, IncidentStatus.identified, note="Kalle cut the cable", by=operator, now=SOON)

    (seen,) = shown(session).open

    assert [update.status for update in seen.updates] == ["identified", "investigating"]
    assert "Kalle" not in str(seen.updates)


def test_nothing_is_seen_before_it_was_published(session: Session, operator: Person) -> None:
    incident = published(session, operator, at=SOON)

    assert surface.shown_incident(session, incident.public_id, now=NOON) is None
    assert [each.published_at for each in shown(session, SOON).open] == [SOON]


def test_at_its_end_an_incident_is_history_though_nobody_writes_it_down(session: Session, operator: Person) -> None:
    incident = published(session, operator, severity=Severity.severe)

    before, after = shown(session, THREE - timedelta(microseconds=1)), shown(session, THREE)

    assert (before.state, before.impact) == ("major_outage", "critical")
    assert (after.state, after.impact, after.open) == ("operational", "none", [])
    assert [(each.incident.id, each.ended_at) for each in after.history] == [(incident.id, THREE)]
    assert after.history[0].changed_at(THREE + timedelta(hours=1)) == THREE


def test_no_notice_is_live_past_its_end(session: Session, operator: Person) -> None:
    posted(session, an_incident(session, by=operator, ends_by_itself=False), by=operator)

    before, after = (shown(session, now).open[0] for now in (THREE - timedelta(seconds=1), THREE))

    assert len(before.live_notices) == 1
    assert after.live_notices == []
    assert after.status is IncidentStatus.investigating


def test_no_notice_outlives_its_incident(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, expected_end_at=None, next_update_at=THREE)
    posted(session, incident, by=operator)
    incidents.move_end(session, incident, THREE, None, by=operator, now=SOON)  # the notice still names no end

    (over,) = shown(session, THREE).history

    assert [each.is_live for each in over.notices] == [False]


def test_planned_work_is_ahead_then_running_then_history(session: Session, operator: Person) -> None:
    tonight, morning = NOON + timedelta(hours=12), NOON + timedelta(hours=14)
    published(session, operator, kind=Kind.maintenance, started_at=tonight, expected_end_at=morning)

    seen = [shown(session, now) for now in (SOON, tonight, morning)]

    assert [(len(each.upcoming), len(each.open), len(each.history)) for each in seen] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
    ]
    assert [each.state for each in seen] == ["operational", "under_maintenance", "operational"]
    assert [each.impact for each in seen] == ["none", "maintenance", "none"]


def test_a_closure_that_is_announced_closes_nothing_yet(session: Session, operator: Person) -> None:
    friday = NOON + timedelta(days=1)
    published(session, operator, kind=Kind.closure, started_at=friday, expected_end_at=friday + timedelta(hours=5))

    ahead, begun = shown(session), shown(session, friday)

    assert (len(ahead.upcoming), ahead.open, ahead.state) == (1, [], "operational")
    assert (begun.upcoming, len(begun.open), begun.state) == ([], 1, "partial_outage")


def test_history_reaches_back_ninety_days_also_where_the_books_are_open(session: Session, operator: Person) -> None:
    published(session, operator)
    resolved = published(session, operator, expected_end_at=None, next_update_at=THREE)
    incidents.update(session, resolved, IncidentStatus.resolved, note="", by=operator, now=THREE)

    inside, outside = (
        shown(session, THREE + timedelta(days=90) + shift) for shift in (-timedelta(minutes=1), timedelta(0))
    )

    assert (len(inside.history), len(outside.history)) == (2, 0)
    assert len(surface.during(session, NOON, THREE, now=THREE + timedelta(days=400))) == 2


def test_a_group_is_as_bad_as_the_worst_that_it_holds(session: Session, operator: Person) -> None:
    pay = a_component(session, "pay", "Payments", is_group=True)
    cards = a_component(session, "cards", "Cards", group=pay, is_group=True)
    a_component(session, "shops", "Cards in shops", group=cards)
    published(session, operator, components=("shops",), severity=Severity.extreme)
    published(session, operator, components=("pay",), kind=Kind.degradation)

    states = {each.component.code: each.state for each in shown(session).flat_components}

    assert states == {"pay": "major_outage", "cards": "major_outage", "shops": "major_outage", "atm": "operational"}


def test_the_worst_comes_first(session: Session, operator: Person) -> None:
    for severity in (Severity.minor, Severity.extreme, Severity.moderate):
        published(session, operator, severity=severity)

    assert [each.impact for each in shown(session).open] == ["critical", "major", "minor"]


def test_the_operators_own_words_are_shown_in_their_language_alone(session: Session, operator: Person) -> None:
    published(session, operator)

    english, swedish = (shown(session, language=language).open[0].name for language in ("en", "sv"))

    assert english == "Cash machines in Sveg do not work"
    assert "do not work" not in swedish
    assert "fungerar inte" in swedish
    assert "inom 15 km" in swedish


def test_the_page_has_changed_when_the_public_could_see_a_change(session: Session, operator: Person) -> None:
    incident = published(session, operator)
    notice = posted(session, incident, by=operator, now=SOON)

    assert shown(session, SOON).open[0].changed_at(SOON) == SOON
    assert shown(session, THREE).updated_at == notice.expires_at == THREE
