"""Past incidents of others: stored once whatever comes how often, and ready for a replay."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from rules.past import read_past
from rules.reading import default_policy, default_policy_text, read_policy
from rules.replay import replay
from rules.terms import Kind
from tests.builders import NOON, a_component, a_lead, an_operator, an_organisation
from tests.webapp.told_elsewhere import a_document, an_outage, at, planned_work
from webapp.db import add
from webapp.flow import history
from webapp.flow.audit import AuditEntry
from webapp.flow.history import Imported, as_line, as_past, import_past, ours, past_incidents
from webapp.flow.refusals import NotAllowed
from webapp.flow.statuspage import read_statuspage


def imported(session: Session, *entries: Any, dry_run: bool = False, **page: Any) -> Imported:
    report = read_statuspage(a_document(*entries, **page))
    done = import_past(session, [report], by=None, now=NOON, dry_run=dry_run)
    session.commit()
    session.expire_all()
    return done


def test_fifty_incidents_are_stored_once_however_often_they_come(session: Session) -> None:
    page = [an_outage(number) for number in range(1, 51)]

    first, again = imported(session, *page), imported(session, *page)

    assert str(first) == "50 created, 0 updated, 0 skipped, 0 invalid"
    assert str(again) == "0 created, 0 updated, 50 skipped, 0 invalid"
    assert {one.reason for one in again.skipped} == {"nothing has changed"}
    assert [row.external_id for row in past_incidents(session)] == [f"outage{number:06}" for number in range(1, 51)]


def test_what_the_page_has_revised_is_brought_up_to_date(session: Session) -> None:
    imported(session, an_outage(status="monitoring", resolved_at=None))

    done = imported(session, an_outage(name="It was the network"))

    stored = past_incidents(session)
    assert str(done) == "0 created, 1 updated, 0 skipped, 0 invalid"
    assert [row.headline for row in stored] == ["It was the network"]
    assert stored[0].ended_at == NOON - timedelta(days=1, hours=-2)
    assert stored[0].kind is Kind.outage


def test_an_older_file_changes_nothing(session: Session) -> None:
    imported(session, an_outage())

    done = imported(session, an_outage(name="Old", updated_at=at(NOON - timedelta(days=9))))

    assert [one.reason for one in done.skipped] == ["what is stored is newer"]
    assert past_incidents(session)[0].headline == "Cash machines give no money"


def test_the_same_incident_twice_in_a_document_counts_once(session: Session) -> None:
    done = imported(session, an_outage(), an_outage(name="Again"))

    assert str(done) == "1 created, 0 updated, 1 skipped, 0 invalid"
    assert past_incidents(session)[0].headline == "Cash machines give no money"


def test_two_pages_may_use_the_same_number(session: Session) -> None:
    imported(session, an_outage())

    assert imported(session, an_outage(), id="anotherpage1").created == 1
    assert len(past_incidents(session)) == 2


def test_a_dry_run_counts_the_same_and_stores_nothing(session: Session) -> None:
    imported(session, an_outage(1))

    done = imported(
        session, an_outage(1, name="Other"), an_outage(2), planned_work(), an_outage(3, id=""), dry_run=True
    )

    assert str(done) == "2 created, 1 updated, 0 skipped, 1 invalid"
    assert [row.headline for row in past_incidents(session)] == ["Cash machines give no money"]
    assert len(session.exec(select(AuditEntry)).all()) == 1


def test_only_leads_import_and_the_audit_trail_says_who(session: Session) -> None:
    lead, operator = add(session, a_lead(name="Lena")), add(session, an_operator())
    report = read_statuspage(a_document(an_outage()))

    with pytest.raises(NotAllowed, match="Only leads"):
        import_past(session, [report], by=operator, now=NOON)
    import_past(session, [report], by=lead, now=NOON)

    entry = session.exec(select(AuditEntry)).one()
    assert entry.sentence.startswith("Lena imported past incidents of Fjällbanken: 1 created")


def test_unknown_facts_stay_unknown_in_a_replay(session: Session) -> None:
    an_organisation(session)
    imported(session, an_outage(), planned_work())

    outage, planned = (as_past(row, ours(session)) for row in past_incidents(session))

    assert outage.facts["kind"] == "outage"
    assert json.loads(as_line(outage))["facts"]["components"] == ["atm"]
    assert outage.facts["announced@sms"] == "no"
    assert not {"duration", "people affected", "noticeable", "cost@sms"} & set(outage.facts)
    assert planned.facts["lead time"] == 7 * 24 * 60
    assert outage.announced is None  # nobody recorded every channel


def test_parts_that_are_not_ours_are_not_told_to_rules(session: Session) -> None:
    an_organisation(session)
    a_component(session, "app", "App login")
    report = read_statuspage(a_document(an_outage(components=[{"id": "x", "name": "Elsewhere"}], incident_updates=[])))

    row = history.row_of(report, report.incidents[0], now=NOON)

    assert row.components == ["Elsewhere"]
    assert "components" not in as_past(row, ours(session)).facts


@pytest.mark.parametrize("is_usual", [False, True])
def test_rules_are_replayed_on_what_was_imported(session: Session, is_usual: bool) -> None:
    an_organisation(session)
    imported(session, *(an_outage(number) for number in range(1, 9)), planned_work())
    usual = default_policy() if is_usual else None
    lines = [as_line(as_past(row, ours(session), usual=usual)) for row in past_incidents(session)]
    other = read_policy(default_policy_text().replace("    then: {status page: use, email: use, webhook: use, sms: avoid", "    then: {status page: use, email: use, webhook: use, sms: block"), name="other")  # fmt: skip

    replayed = replay(read_past(lines), other, against=default_policy())

    assert replayed.incidents == 9
    changed = {(change.id, change.channel, change.before, change.after) for change in replayed.changes}
    assert ("planned00001", "sms", "avoid", "block") in changed or not is_usual
    assert {one[0] for one in changed} <= {"planned00001"}
