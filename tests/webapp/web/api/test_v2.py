"""The contract with readers of status pages: names, order and kinds of everything."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from rules.terms import Kind, Severity
from tests.builders import NOON, STATUS, THREE, a_component
from tests.webapp.web.street import Street, on_sqlite
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.incidents import Incident, IncidentStatus

ID = re.compile(r"[a-z0-9]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
PAGE = ["id", "name", "url", "time_zone", "updated_at"]
COMPONENT = ["id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date",
             "group_id", "page_id", "group", "only_show_if_degraded"]  # fmt: skip
INCIDENT = ["id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink",
            "started_at", "page_id", "incident_updates", "components"]  # fmt: skip
UPDATE = ["id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components",
          "deliver_notifications", "custom_tweet", "tweet_id"]  # fmt: skip


def summary(street: Street) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(street.reader().get("/api/v2/summary.json").text)
    return found


def test_everything_has_its_keys_in_their_order(street: Street) -> None:
    with street.store() as session:
        street.a_live_notice(session)
        street.published(session, kind=Kind.maintenance, started_at=NOON + timedelta(hours=1))

    found = summary(street)

    assert list(found) == ["page", "components", "incidents", "scheduled_maintenances", "status"]
    assert list(found["page"]) == PAGE
    assert [list(each) for each in found["components"]] == [COMPONENT]
    (incident,), (maintenance,) = found["incidents"], found["scheduled_maintenances"]
    assert list(incident) == INCIDENT
    assert [list(update) for update in incident["incident_updates"]] == [UPDATE, UPDATE]
    assert [list(each) for each in incident["components"]] == [COMPONENT]
    assert list(maintenance) == [*INCIDENT, "scheduled_for", "scheduled_until"]
    assert list(found["status"]) == ["indicator", "description"]


def test_ids_and_moments_are_as_readers_expect_them(street: Street) -> None:
    with street.store() as session:
        street.a_live_notice(session)

    for name, value in walk(summary(street)):
        if name in {"id", "page_id", "incident_id", "group_id", "code"} and value is not None:
            assert ID.fullmatch(value), (name, value)
        if name.endswith(("_at", "_for", "_until")) and value is not None:
            assert MOMENT.fullmatch(value), (name, value)
            assert datetime.fromisoformat(value).utcoffset() == timedelta(hours=1)


def walk(found: Any) -> list[tuple[str, Any]]:
    if isinstance(found, list):
        return [pair for each in found for pair in walk(each)]
    if isinstance(found, dict):
        return [pair for name, value in found.items() for pair in [(name, value), *walk(value)]]
    return []


@on_sqlite
def test_an_incident_is_told_with_its_notice(street: Street) -> None:
    with street.store() as session:
        notice = street.a_live_notice(session, instruction="Use the machine in Hede.")
        incident = session.get_one(Incident, notice.incident_id)
        incidents.update(
            session, incident, IncidentStatus.monitoring, note="x", by=None, now=NOON + timedelta(minutes=5)
        )
    street.at(NOON + timedelta(minutes=6))

    found = summary(street)

    (told,) = found["incidents"]
    assert (told["name"], told["status"], told["impact"]) == (
        "Cash machines in Sveg do not work",
        "monitoring",
        "minor",
    )
    assert told["created_at"] == "2026-11-19T12:10:00.000+01:00"
    assert told["started_at"] == "2026-11-19T12:00:00.000+01:00"
    assert told["updated_at"] == told["monitoring_at"] == "2026-11-19T12:15:00.000+01:00"
    assert told["resolved_at"] is None
    assert told["shortlink"] == f"{STATUS}/incidents/{told['id']}"
    newest, words, oldest = told["incident_updates"]
    assert newest["status"] == "monitoring"
    assert "Use the machine in Hede." in words["body"]
    assert (words["deliver_notifications"], oldest["deliver_notifications"]) == (True, False)
    (part,) = found["components"]
    assert oldest["affected_components"] == [
        {"code": part["id"], "name": "Cash machines", "old_status": "operational", "new_status": "partial_outage"}
    ]
    assert part["status"] == told["components"][0]["status"] == "partial_outage"
    assert found["page"] == {
        "id": "fjallbanken1", "name": "Fjällbanken", "url": STATUS, "time_zone": "Europe/Stockholm",
        "updated_at": "2026-11-19T12:15:00.000+01:00",
    }  # fmt: skip


@on_sqlite
def test_groups_stand_in_the_same_list_and_name_their_members(street: Street) -> None:
    with street.store() as session:
        group = a_component(session, "pay", "Payments", is_group=True)
        card = a_component(session, "card", "Card payments", group=group)
        street.published(session, components=("card",))

    found = summary(street)

    by_name = {each["name"]: each for each in found["components"]}
    assert list(by_name["Payments"]) == [*COMPONENT, "components"]
    assert by_name["Payments"]["group"] is True
    assert by_name["Payments"]["components"] == [card.public_id]
    assert by_name["Payments"]["status"] == "partial_outage"
    assert by_name["Card payments"]["group_id"] == group.public_id
    (incident,) = found["incidents"]
    assert incident["incident_updates"][0]["affected_components"][0]["name"] == "Payments - Card payments"


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "severity", "indicator", "description"),
    [
        (None, None, "none", "All Systems Operational"),
        (Kind.outage, Severity.minor, "minor", "Partially Degraded Service"),
        (Kind.outage, Severity.moderate, "major", "Partial System Outage"),
        (Kind.fraud, Severity.extreme, "critical", "Major Service Outage"),
        (Kind.maintenance, Severity.minor, "maintenance", "Service Under Maintenance"),
    ],
)
def test_the_whole_is_one_word(
    street: Street, kind: Kind | None, severity: Severity, indicator: str, description: str
) -> None:
    if kind:
        with street.store() as session:
            street.published(session, kind=kind, severity=severity, where=Where())

    answer = street.reader().get("/api/v2/status.json")

    assert list(answer.json or {}) == ["page", "status"]
    assert (answer.json or {})["status"] == {"indicator": indicator, "description": description}


@on_sqlite
def test_what_is_over_is_told_no_more(street: Street) -> None:
    with street.store() as session:
        street.published(session)
        street.published(session, kind=Kind.maintenance, started_at=NOON - timedelta(hours=1))
    running = summary(street)

    street.at(THREE)
    found = summary(street)

    assert [each["status"] for each in running["scheduled_maintenances"]] == ["in_progress"]
    assert running["scheduled_maintenances"][0]["scheduled_until"] == "2026-11-19T15:00:00.000+01:00"
    assert (found["incidents"], found["scheduled_maintenances"]) == ([], [])
    assert found["status"]["indicator"] == "none"
    assert found["page"]["updated_at"] == "2026-11-19T15:00:00.000+01:00"


@on_sqlite
def test_pages_of_others_may_read_it_and_need_not_twice(street: Street) -> None:
    answer = street.reader().get("/api/v2/summary.json", headers={"Origin": "https://elsewhere.example"})

    again = street.reader().get("/api/v2/summary.json", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=10")
    assert "Set-Cookie" not in answer.headers
    assert again.status_code == 304
    assert again.headers["Access-Control-Allow-Origin"] == "*"
