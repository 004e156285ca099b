"""Subscribers for the organisation's own systems."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from tests.builders import NOON, a_person, a_submitted_notice
from tests.webapp.web.street import Street, on_sqlite
from webapp.flow import api_keys, changes, leaving, wishes
from webapp.flow.approvals import Recipient, recipient_counts
from webapp.flow.audit import AuditEntry
from webapp.flow.consents import Consent
from webapp.flow.notices import Notice
from webapp.flow.people import Role
from webapp.flow.subscribers import Address, Subscriber

ANNA = {"name": "Anna Berg", "addresses": [{"channel": "sms", "value": "+46 70 123 45 67"}, {"channel": "email", "value": "Anna@Example.org"}],
        "segments": ["Business"], "areas": ["SE-2361"], "points": [{"latitude": 62.0346, "longitude": 14.3658}]}  # fmt: skip


class Program:
    """A system with a key."""

    def __init__(self, street: Street, scopes: list[str]) -> None:
        self.street, self.client = street, street.app.test_client()
        with street.store() as session:
            adam = a_person(Role.admin)
            session.add(adam)
            session.flush()
            self.key, secret = api_keys.create(
                session, "CRM", scopes, expires_at=NOON + timedelta(days=30), by=adam, now=NOON
            )
        self.headers = {"Authorization": f"Bearer {secret}"}

    def call(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """One request."""
        client: FlaskClient = self.client
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.open(f"/api/v1/subscribers{path}", method=method, json=body, headers=self.headers | said)

    def put(self, body: object, path: str = "/C-17", **headers: str) -> TestResponse:
        """Anna, usually."""
        return self.call("PUT", path, body, **headers)


@pytest.fixture
def crm(street: Street) -> Program:
    """One that may do everything."""
    return Program(street, ["read", "write", "delete"])


def test_the_same_call_twice_is_the_same_as_once(crm: Program) -> None:
    first, second = crm.put(ANNA), crm.put(ANNA)

    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json["outcome"], second.json["outcome"]) == ("created", "skipped")  # type: ignore[index]  # it is JSON
    assert first.headers["ETag"] == second.headers["ETag"]
    found: Any = crm.call("GET", "/C-17").json
    assert [one["value"] for one in found["addresses"]] == ["anna@example.org", "+46701234567"]
    assert (found["is_customer"], found["segments"], found["areas"], found["asked"]) == (
        True,
        ["business"],
        ["SE-2361"],
        None,
    )


def test_what_is_named_is_replaced_and_what_is_not_stays(crm: Program) -> None:
    crm.put(ANNA)

    found: Any = crm.put({"addresses": [{"channel": "email", "value": "anna@example.org"}], "areas": ["sveg"]}).json

    on_file = {one["value"] for one in found["addresses"] if one["on_file"]}
    assert on_file == {"anna@example.org"}
    assert (found["areas"], found["segments"], found["name"]) == (["sveg"], ["business"], "Anna Berg")


def test_parts_are_replaced_one_by_one(crm: Program) -> None:
    crm.put(ANNA)

    assert crm.put({"segments": ["VIP", "Press"]}, "/C-17/segments").json["segments"] == ["press", "vip"]  # type: ignore[index]  # it is JSON
    assert crm.put({"areas": []}, "/C-17/areas").json["areas"] == []  # type: ignore[index]  # it is JSON
    points: Any = crm.put(
        {"points": [{"latitude": 59.0, "longitude": 18.0, "radius_km": 2}, "Sveg"]}, "/C-17/points"
    ).json
    assert sorted((round(one["latitude"], 3), one["radius_km"]) for one in points["points"]) == [
        (59.0, 2.0),
        (62.035, 0.0),
    ]


def test_every_change_leaves_the_mark_that_a_snapshot_needs(crm: Program) -> None:
    crm.put(ANNA)
    with crm.street.store() as session:
        mark = changes.next_mark(session)

    crm.put({"segments": ["VIP"]}, "/C-17/segments")

    with crm.street.store() as session:
        assert changes.since(session, mark, most=10) == list(session.exec(select(Subscriber.id)))


def test_a_caller_that_is_behind_changes_nothing(crm: Program) -> None:
    tag = crm.put(ANNA).headers["ETag"]
    crm.put({"name": "Anna Ek"}, If_Match=tag)

    late = crm.put({"name": "Anna Old"}, If_Match=tag)

    assert (late.status_code, late.content_type) == (412, "application/problem+json")
    assert crm.put(ANNA, If_None_Match="*").status_code == 412
    assert crm.call("DELETE", "/C-17", If_Match=tag).status_code == 412
    now = crm.call("GET", "/C-17")
    assert now.json["name"] == "Anna Ek"  # type: ignore[index]  # it is JSON
    assert crm.call("GET", "/C-17", If_None_Match=now.headers["ETag"]).status_code == 304


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "070"}, "phone"), ({"addresses": "070"}, "addresses"), ({"addresses": [{"channel": "pigeon", "value": "x"}]}, "addresses"),
        ({"addresses": [{"channel": "sms", "value": "12"}]}, "body"), ({"areas": ["Narnia"]}, "body"), ({"consent": "asked"}, "consent_text"),
        ({"points": [{"lat": 1}]}, "points"), ({"name": "a\0b"}, "body"), ({"name": "\ud800"}, "body"), ({"external_id": "C-18"}, "external_id"), ([], "body"), ({"name": 7}, "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_field_and_nothing_is_stored(crm: Program, body: object, field: str) -> None:
    answer = crm.put(body)

    problem: Any = answer.json
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert problem["errors"][0]["field"] == field
    assert problem["title"] == "Unprocessable Entity" or problem["title"] == "Unprocessable Content"
    with crm.street.store() as session:
        assert session.exec(select(Subscriber)).all() == []


def test_many_at_once_have_their_own_outcomes(crm: Program) -> None:
    many = [
        {"external_id": f"C-{n}", "addresses": [{"channel": "email", "value": f"c{n}@example.org"}]} for n in range(3)
    ]

    answer = crm.call(
        "POST",
        "/bulk",
        {
            "subscribers": [
                *many,
                {"external_id": "C-9", "addresses": [{"channel": "sms", "value": "1"}]},
                {"name": "nobody"},
            ]
        },
    )

    rows: Any = answer.json
    assert [one["outcome"] for one in rows["results"]] == ["created"] * 3 + ["invalid"] * 2
    assert crm.call("POST", "/bulk", {"subscribers": many * 400}).status_code == 422
    again: Any = crm.call("POST", "/bulk", {"subscribers": many}).json
    assert [one["outcome"] for one in again["results"]] == ["skipped"] * 3


def test_lists_are_paged_by_cursor_and_found_by_address(crm: Program) -> None:
    crm.call(
        "POST",
        "/bulk",
        {
            "subscribers": [
                {"external_id": f"C-{n}", "addresses": [{"channel": "email", "value": f"c{n}@example.org"}]}
                for n in range(5)
            ]
        },
    )
    seen: list[str] = []
    cursor: int | None = 0
    while cursor is not None:
        page: Any = crm.call("GET", f"?limit=2&cursor={cursor}").json
        seen += [one["external_id"] for one in page["subscribers"]]
        cursor = page["next"]

    assert seen == [f"C-{n}" for n in range(5)]
    found: Any = crm.call("GET", "?address=C3@example.org").json
    assert [one["external_id"] for one in found["subscribers"]] == ["C-3"]


def test_whoever_left_does_not_come_back_and_is_not_asked_for_again(crm: Program) -> None:
    asked = {
        "consent": "asked",
        "consent_text": "Ticked the box in our app",
        "addresses": [{"channel": "email", "value": "anna@example.org"}],
    }
    crm.put(asked)
    with crm.street.store() as session:
        leaving.leave(session, session.exec(select(Subscriber)).one(), now=NOON)

    answer = crm.put(asked)

    assert answer.json["outcome"] == "skipped"  # type: ignore[index]  # it is JSON
    with crm.street.store() as session:
        assert session.exec(select(Address.confirmed_at)).all() == [None]


def test_what_people_chose_themselves_stands_against_programs_too(crm: Program) -> None:
    asked = {
        "consent": "asked",
        "consent_text": "In our app",
        "addresses": [{"channel": "email", "value": "anna@example.org"}],
        "components": ["atm"],
    }
    crm.put(asked)
    with crm.street.store() as session:
        wishes.choose(session, session.exec(select(Subscriber)).one(), wishes.Choices(), now=NOON)

    found: Any = crm.put(asked).json

    assert found["asked"]["components"] is None
    assert "chose themselves" in found["note"]


def test_deleting_leaves_counts_true_and_no_address(crm: Program) -> None:
    crm.put(ANNA)
    with crm.street.store() as session:
        notice = a_submitted_notice(session, by=session.merge(crm.street.olle))
        crm.street.post(session, notice)
        before = recipient_counts(session, notice)
    assert before == {"sms": 1}

    assert crm.call("DELETE", "/C-17").status_code == 204
    assert crm.call("GET", "/C-17").status_code == 404

    with crm.street.store() as session:
        assert recipient_counts(session, session.get_one(Notice, notice.id)) == before
        assert set(session.exec(select(Recipient.value))) == {""}
        assert set(session.exec(select(Consent.value))) == {""}
        assert session.exec(select(Address)).all() == []
        assert not [one for one in session.exec(select(AuditEntry)) if "anna" in str(one).lower()]


@on_sqlite
@pytest.mark.parametrize("header", ["", "Bearer sveg_wrong", "Basic abc"])
def test_nobody_comes_in_without_a_key_that_holds(crm: Program, header: str) -> None:
    answer = crm.call("GET", "", Authorization=header)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    crm.street.at(NOON + timedelta(days=31))
    assert crm.call("GET", "").status_code == 401


@on_sqlite
def test_a_key_does_only_what_it_may(street: Street) -> None:
    reader = Program(street, ["read"])

    assert reader.call("GET", "").status_code == 200
    assert reader.put(ANNA).status_code == 403
    assert reader.call("DELETE", "/C-17").status_code == 403


@on_sqlite
def test_a_key_that_asks_too_often_is_told_when_to_come_again(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.web.api.subscribers.CALLS", 2)
    answers = [crm.call("GET", "") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) == 50 * 60 + 1
