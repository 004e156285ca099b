"""Incidents: what may be said of them, and what the clock says without anybody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from rules.terms import Kind, Mode, Severity
from tests.builders import NOON, THREE, a_component, a_filing, an_incident, an_operator, an_organisation, in_sveg
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.audit import AuditEntry
from webapp.flow.components import ComponentState
from webapp.flow.incidents import MAINTENANCE_STATUSES, OUTAGE_STATUSES, Incident, IncidentStatus
from webapp.flow.people import Person
from webapp.flow.refusals import NotAllowed, NotNow, NotValid

NIGHT = NOON + timedelta(hours=12)
HOURS = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours))


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation."""
    an_organisation(session)
    person = an_operator()
    session.add(person)
    session.flush()
    return person


def maintenance(session: Session, operator: Person, **known: Any) -> Incident:
    """Planned for tonight, two hours."""
    usual: dict[str, Any] = {
        "kind": Kind.maintenance,
        "started_at": NIGHT,
        "expected_end_at": NIGHT + timedelta(hours=2),
    }
    return an_incident(session, by=operator, **usual | known)


def test_planned_work_begins_and_ends_by_itself(session: Session, operator: Person) -> None:
    work = maintenance(session, operator)
    moments = [NOON, NIGHT - timedelta(seconds=1), NIGHT, NIGHT + timedelta(minutes=119), NIGHT + timedelta(hours=2)]

    statuses = [work.status_at(moment) for moment in moments]

    assert statuses == ["scheduled", "scheduled", "in_progress", "in_progress", "completed"]
    assert [work.ended_at(moment) for moment in moments[-2:]] == [None, NIGHT + timedelta(hours=2)]


def test_planned_work_that_somebody_begins_early_has_begun(session: Session, operator: Person) -> None:
    work = maintenance(session, operator)

    incidents.update(session, work, IncidentStatus.in_progress, note="", by=operator, now=NOON)

    assert work.status_at(NOON + timedelta(minutes=1)) is IncidentStatus.in_progress


def test_planned_work_that_overruns_goes_on_if_its_end_is_not_its_own(session: Session, operator: Person) -> None:
    work = maintenance(session, operator, ends_by_itself=False)

    assert work.status_at(NIGHT + timedelta(days=2)) is IncidentStatus.in_progress
    assert incidents.ended_by_clock(session, now=NIGHT + timedelta(days=2)) == []


@given(
    kind=st.sampled_from(Kind), start=HOURS, end=st.none() | HOURS, now=HOURS, later=st.integers(0, 48),
    by_itself=st.booleans(), ended=st.booleans(), status=st.integers(0, 2),
)  # fmt: skip
def test_what_has_ended_never_runs_again(
    kind: Kind, start: datetime, end: datetime | None, now: datetime, later: int, by_itself: bool, ended: bool, status: int
) -> None:  # fmt: skip
    statuses = MAINTENANCE_STATUSES if kind is Kind.maintenance else OUTAGE_STATUSES
    incident = Incident(public_id="x", kind=kind, headline="", status=statuses[3 if ended else status], started_at=start,
                        expected_end_at=end, ends_by_itself=by_itself, filed_by_id=an_operator().id, filed_at=NOON,
                        resolved_at=NOON if ended else None)  # fmt: skip

    first, second = incident.status_at(now), incident.status_at(now + timedelta(hours=later))

    assert first in statuses
    assert second.is_end or not first.is_end
    assert (incident.ended_at(now) is not None) == first.is_end
    assert first.is_end == (ended or (by_itself and end is not None and end <= now))


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("components", {"components": ("gone",)}),
        ("area_codes", {"where": Where(codes=("SE-9999",))}),
        ("expected_end_at", {"started_at": THREE, "expected_end_at": THREE}),
        ("expected_end_at", {"started_at": NOON - timedelta(hours=2), "expected_end_at": NOON}),
        ("next_update_at", {"next_update_at": NOON}),
        ("affected_estimate", {"affected_estimate": -1}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(
    session: Session, operator: Person, field: str, known: dict[str, Any]
) -> None:
    with pytest.raises(NotValid) as refusal:
        an_incident(session, by=operator, **known)

    assert refusal.value.field == field
    assert session.exec(select(Incident)).all() == []


def test_whoever_is_no_longer_with_us_files_nothing(session: Session, operator: Person) -> None:
    operator.is_active = False

    with pytest.raises(NotAllowed):
        an_incident(session, by=operator)


def test_a_component_or_area_named_twice_is_named_once(session: Session, operator: Person) -> None:
    where = Where(codes=("SE-2361", "SE-2361"))

    incident = an_incident(session, by=operator, components=("atm", "atm"), where=where)

    assert [component.code for component, _ in incidents.touching(session, incident)] == ["atm"]
    assert incidents.where(session, incident).codes == ("SE-2361",)


def test_what_was_filed_is_what_is_read_back(session: Session, operator: Person) -> None:
    filing = a_filing(where=in_sveg(session), instruction="Pay by card", sensitive=True, next_update_at=THREE)

    incident = incidents.file_incident(session, filing, by=operator, now=NOON)
    session.commit()

    assert incidents.filing_of(session, incident) == filing


@pytest.mark.parametrize("kind", [Kind.outage, Kind.maintenance])
def test_an_update_takes_a_status_of_its_own_sort_alone(session: Session, operator: Person, kind: Kind) -> None:
    incident = maintenance(session, operator, kind=kind, started_at=NOON)
    foreign = set(IncidentStatus) - set(MAINTENANCE_STATUSES if kind is Kind.maintenance else OUTAGE_STATUSES)

    for status in foreign:
        with pytest.raises(NotValid, match="Choose one of"):
            incidents.update(session, incident, status, note="", by=operator, now=NOON)


def test_nothing_is_said_of_an_incident_that_a_person_or_the_clock_has_ended(
    session: Session, operator: Person
) -> None:
    resolved, over = an_incident(session, by=operator), an_incident(session, by=operator)
    incidents.update(session, resolved, IncidentStatus.resolved, note="", by=operator, now=NOON)

    for incident in (resolved, over):
        with pytest.raises(NotNow, match="file a new one"):
            incidents.update(session, incident, IncidentStatus.monitoring, note="", by=operator, now=THREE)
        with pytest.raises(NotNow, match="file a new one"):
            incidents.move_end(session, incident, THREE + timedelta(hours=1), None, by=operator, now=THREE)


def test_an_end_is_moved_with_what_was_before_kept(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, next_update_at=NOON + timedelta(hours=1))

    incidents.move_end(session, incident, THREE + timedelta(hours=2), None, by=operator, now=NOON)

    assert incident.status_at(THREE) is IncidentStatus.investigating
    kept = session.exec(select(AuditEntry).where(AuditEntry.act == "incident.moved")).one()
    assert (kept.before or {})["expected_end_at"] == str(THREE)


@pytest.mark.parametrize(
    ("field", "end", "next_update"),
    [
        ("expected_end_at", NOON, None),
        ("expected_end_at", NIGHT - timedelta(hours=1), None),
        ("next_update_at", None, None),
        ("next_update_at", None, NOON),
        ("next_update_at", NIGHT + timedelta(hours=3), NOON - timedelta(minutes=1)),
    ],
)
def test_an_end_or_a_promise_in_the_past_is_refused(
    session: Session, operator: Person, field: str, end: datetime | None, next_update: datetime | None
) -> None:
    work = maintenance(session, operator)

    with pytest.raises(NotValid) as refusal:
        incidents.move_end(session, work, end, next_update, by=operator, now=NOON)

    assert refusal.value.field == field
    assert work.expected_end_at == NIGHT + timedelta(hours=2)


def test_a_promise_whose_time_has_passed_does_not_outlive_a_new_end(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, next_update_at=NOON + timedelta(minutes=5))

    incidents.move_end(session, incident, NIGHT, incident.next_update_at, by=operator, now=NOON + timedelta(minutes=9))

    assert incident.next_update_at is None


def test_an_exercise_is_never_published(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, mode=Mode.exercise)

    with pytest.raises(NotNow, match="never shown"):
        incidents.publish(session, incident, by=operator, now=NOON)


@pytest.mark.parametrize(
    ("kind", "severity", "state"),
    [
        (Kind.outage, Severity.unknown, "partial_outage"), (Kind.outage, Severity.moderate, "partial_outage"),
        (Kind.outage, Severity.severe, "major_outage"), (Kind.outage, Severity.extreme, "major_outage"),
        (Kind.degradation, Severity.severe, "degraded_performance"), (Kind.degradation, Severity.minor, "degraded_performance"),
        (Kind.maintenance, Severity.extreme, "under_maintenance"), (Kind.fraud, Severity.severe, "operational"),
        (Kind.data_breach, Severity.extreme, "operational"),
    ],
)  # fmt: skip
def test_a_component_shows_what_works_and_what_does_not(kind: Kind, severity: Severity, state: str) -> None:
    assert incidents.touched(kind, severity) is ComponentState(state)


def test_it_concerns_those_who_follow_a_part_its_groups_or_what_it_holds(session: Session, operator: Person) -> None:
    pay = a_component(session, "pay", "Payments", is_group=True)
    cards = a_component(session, "cards", "Cards", group=pay, is_group=True)
    shops = a_component(session, "shops", "Cards in shops", group=cards)  # later than whoever follows Payments

    of_a_group = incidents.concern_of(session, a_filing(components=("cards",)))
    of_a_part = incidents.concern_of(session, a_filing(components=("shops",)))

    assert set(of_a_group.component_ids) == set(of_a_part.component_ids) == {pay.id, cards.id, shops.id}
