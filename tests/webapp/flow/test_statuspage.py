"""What a status page says is read, what it does not say stays unknown, and what is wrong is said in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.terms import Certainty, Kind, Severity, Urgency
from tests.builders import NOON
from tests.webapp.told_elsewhere import ATM, a_component, a_document, an_outage, an_update, at, planned_work
from webapp.flow.refusals import NotValid
from webapp.flow.statuspage import Reported, read_component_names, read_statuspage


def the_one(entry: dict[str, Any], **known: Any) -> Reported:
    report = read_statuspage(a_document(entry), **known)
    assert report.unusable == []
    return report.incidents[0]


def why_not(entry: object) -> str:
    report = read_statuspage(a_document(entry), called="incidents.json")
    assert report.incidents == []
    return f"{report.unusable[0].where}: {report.unusable[0].reason}"


def test_an_outage_is_read_as_far_as_the_page_tells_it() -> None:
    read = the_one(an_outage())

    assert (read.kind, read.severity, read.certainty) == (Kind.outage, Severity.moderate, Certainty.observed)
    assert read.started_at == NOON - timedelta(days=1)
    assert read.ended_at == NOON - timedelta(days=1, hours=-2)
    assert read.announced_at == read.started_at + timedelta(minutes=10)
    assert read.components == ["Cash machines"]
    assert read.facts["local time"] == 12 * 60 + 20
    assert read.facts["shown as working"] == "no"


def test_what_nobody_said_is_not_among_the_facts() -> None:
    read = the_one({"id": "bare", "name": "Something", "status": "investigating", "created_at": at(NOON)})

    assert (read.kind, read.ended_at, read.components) == (None, None, [])
    assert (read.severity, read.urgency, read.certainty) == (Severity.unknown, Urgency.unknown, Certainty.unknown)
    unknown = {"kind", "severity", "urgency", "certainty", "life safety", "duration", "remaining time", "end known",
               "people affected", "noticeable", "repeated", "shown as working"}  # fmt: skip
    assert not unknown & set(read.facts)


def test_planned_work_is_recognised_by_its_time_wherever_it_stands() -> None:
    read = the_one(planned_work())

    assert (read.kind, read.urgency) == (Kind.maintenance, Urgency.future)
    assert read.started_at == NOON - timedelta(days=3)
    assert read.facts["lead time"] == 7 * 24 * 60
    assert read.facts["duration"] == 120
    assert (read.facts["end known"], read.facts["over"]) == ("yes", "no")


def test_planned_work_that_was_done_before_its_time_is_no_mistake() -> None:
    read = the_one(planned_work(resolved_at=at(NOON - timedelta(days=5))))

    assert read.ended_at == NOON - timedelta(days=5)
    assert read.started_at < read.ended_at


def test_a_postmortem_is_over_and_one_without_moment_has_an_unknown_end() -> None:
    assert the_one(an_outage(status="postmortem")).ended_at == NOON - timedelta(days=1, hours=-2)
    assert the_one(an_outage(status="postmortem", resolved_at=None)).ended_at is None


def test_what_was_written_down_afterwards_is_past() -> None:
    read = the_one(an_outage(incident_updates=[an_update("resolved", NOON)]))

    assert read.urgency is Urgency.past


def test_slower_is_no_outage() -> None:
    read = the_one(an_outage(incident_updates=[an_update("investigating", NOON, new="degraded_performance")]))

    assert (read.kind, read.certainty) == (Kind.degradation, Certainty.unknown)


def test_components_have_the_names_of_the_list_of_components() -> None:
    names = read_component_names({"components": [a_component(name="ATMs")]})
    told = an_outage(components=[], incident_updates=[an_update("investigating", NOON, new="major_outage")])

    assert the_one(told, names=names).components == ["ATMs"]
    assert the_one(told).components == ["Shops - Cash machines"]
    assert the_one(an_outage(components=[a_component(ATM, group=True)], incident_updates=[])).components == []


def test_times_with_any_zone_are_the_same_moment() -> None:
    read = the_one(an_outage(started_at="2022-02-15T13:37:37.407-08:00"))

    assert read.started_at == datetime(2022, 2, 15, 21, 37, 37, 407_000, UTC)


def test_an_unknown_zone_leaves_only_the_local_time_unknown() -> None:
    for zone in ("Pacific Time (US & Canada)", "", None, 7, "../../etc/passwd"):
        report = read_statuspage(a_document(an_outage(), time_zone=zone))

        assert "local time" not in report.incidents[0].facts
        assert report.incidents[0].facts["severity"] == "moderate"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"started_at": "2026-11-19T12:10:00"}, "names no time zone; write it like 2026-11-19T12:10:00Z"),
        ({"started_at": "yesterday"}, "started_at is 'yesterday', which is not a time"),
        ({"started_at": "2026-11-19"}, "is not a time"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "is not a time"),
        ({"started_at": 1700000000}, "is not a time"),
        ({"started_at": None, "created_at": None}, "neither started_at nor created_at says when it began"),
        ({"resolved_at": "2020-01-01T00:00:00Z"}, "it ends before it begins"),
        ({"id": None}, "id is missing"),
        ({"id": "x" * 65}, "id is longer than 64"),
        ({"name": " "}, "name is missing"),
        ({"name": "a\0b"}, "a character that is none"),
        ({"name": "\ud800"}, "a character that is none"),
        ({"status": "RESOLVED"}, "status is 'RESOLVED'; a page says one of"),
        ({"status": ["resolved"]}, "a page says one of"),
        ({"impact": "huge"}, "impact is 'huge'"),
        ({"incident_updates": "none"}, "not a list of groups"),
        ({"incident_updates": [{"status": "resolved"}]}, "an update has neither display_at nor created_at"),
        ({"components": [{}]}, "id is missing"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(change: dict[str, Any], said: str) -> None:
    complaint = why_not(an_outage(**change))

    assert complaint.startswith("incidents.json, incident 1")
    assert said in complaint


def test_one_wrong_entry_spoils_no_other() -> None:
    report = read_statuspage(a_document(an_outage(1), "oops", an_outage(2), None, an_outage(3, name="")))

    assert [one.external_id for one in report.incidents] == ["outage000001", "outage000002"]
    assert [one.where for one in report.unusable] == [
        "The document, incident 2", "The document, incident 4", "The document, incident 5 (outage000003)"]  # fmt: skip


@pytest.mark.parametrize("document", [None, [], {}, "text", {"page": {}}, {"page": {"id": "x"}}, {"page": [], "incidents": []},
                                      {"page": {"id": "x" * 37}, "incidents": []}, {"page": {}, "incidents": []}])  # fmt: skip
def test_what_is_no_list_of_incidents_is_refused_as_a_whole(document: object) -> None:
    with pytest.raises(NotValid):
        read_statuspage(document)


@pytest.mark.parametrize("document", [None, {}, {"components": [1]}, {"components": [{"id": "x"}]}])
def test_what_is_no_list_of_components_is_refused(document: object) -> None:
    with pytest.raises(NotValid):
        read_component_names(document)
