"""Notifications in a browser: asked for by script, proved by a notification, and of the person nothing is kept."""

import json
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from tests.arrow import Arrow, an_arrow
from tests.builders import NOON, STATUS
from tests.webapp.web.street import Street, on_sqlite
from tests.webapp.web.subscribe.desk import asks, signs_up
from webapp.channels import stand_in
from webapp.channels.web_push import kept_key, public_key
from webapp.db import add
from webapp.flow.organisation import ChannelSetup
from webapp.flow.subscribers import Address, Subscriber, Suppression

KEYS = {"p256dh": "B" * 87, "auth": "A" * 22}


@pytest.fixture
def push_street(street: Street) -> Street:
    """With notifications set up."""
    with street.store() as session:
        add(session, ChannelSetup(channel="push", position=4))
    there = street.app.extensions["sveg"]
    environ = {**there.config.environ, "VAPID_SUBJECT": "mailto:ops@bank.example", "VAPID_PRIVATE_KEY": stand_in.PUSH_KEY}  # fmt: skip
    street.app.extensions["sveg"] = there._replace(config=replace(there.config, environ=environ))
    return street


def allowed(arrow: Arrow, key: str) -> str:
    """What a browser gives to our script."""
    answer = httpx.post(f"{arrow.sandbox.http_url}/push/browsers", json={"applicationServerKey": key})
    return answer.text


@on_sqlite
def test_the_page_works_without_a_script_and_offers_notifications_with_one(push_street: Street) -> None:
    answer = push_street.reader().get("/subscribe")

    assert f'hidden data-push="{public_key(stand_in.PUSH_KEY)}"' in answer.text
    assert 'id="channel-sms" value="sms" checked' in answer.text
    assert "script-src 'self'; worker-src 'self'" in answer.headers["Content-Security-Policy"]
    worker = push_street.reader().get("/subscribe/push-worker.js")
    assert worker.mimetype == "text/javascript"
    assert "showNotification" in worker.text


@on_sqlite
def test_where_notifications_are_not_set_up_there_is_no_script(street: Street) -> None:
    with street.store() as session:
        add(session, ChannelSetup(channel="push", position=4))

    answer = street.reader().get("/subscribe")

    assert "data-push" not in answer.text
    assert "<script" not in answer.text


def test_a_browser_is_told_once_a_notification_has_proved_it_and_forgotten_when_it_is_gone(push_street: Street) -> None:
    with an_arrow(push_street.engine) as arrow:
        given = allowed(arrow, public_key(stand_in.PUSH_KEY))
        asked = asks(push_street, channel="push", push=given, email="", place="Sveg")
        arrow.go_to(NOON)
        (proof,) = arrow.received("push")
        path = proof["url"].removeprefix(STATUS)
        code = re.search(r"code=(\d{6})", path)
        assert code
        done = push_street.reader().post(asked.headers["Location"], data={"code": code[1]})
        assert "one of your browsers" in push_street.page(done.headers["Location"])

        with push_street.store() as session:
            push_street.a_live_notice(session, channels=("status_page", "push"))
        arrow.go_to(NOON)
        told = arrow.received("push")[0]
        httpx.delete(json.loads(given)["endpoint"])
        with push_street.store() as session:
            push_street.a_live_notice(session, channels=("status_page", "push"))
        arrow.go_to(NOON)

    assert told["title"] == "Fjällbanken"
    assert "Cash machines" in told["body"]
    with push_street.store() as session:
        (owned,) = session.exec(select(Address)).all()
        assert set(json.loads(owned.value)) == {"endpoint", "p256dh", "auth"}
        assert owned.suppressed_reason == Suppression.bad_address
        assert session.get_one(Subscriber, owned.subscriber_id).name == ""


@on_sqlite
@pytest.mark.parametrize(
    "given",
    [
        "",
        "[]",
        "{}",
        json.dumps({"endpoint": "ftp://push.example/x", "keys": KEYS}),
        json.dumps({"endpoint": "https://push.example/x", "keys": {"p256dh": "B", "auth": "A"}}),
        json.dumps({"endpoint": f"https://push.example/{'x' * 1_000}", "keys": KEYS}),
    ],
)
def test_what_no_browser_gave_is_refused(push_street: Street, given: str) -> None:
    answer = asks(push_street, channel="push", push=given)

    assert answer.status_code == 422
    assert "did not let us notify you" in answer.text
    assert push_street.letters() == []


@on_sqlite
def test_a_mail_sign_up_is_as_before(push_street: Street) -> None:
    assert signs_up(push_street)


def test_this_installations_key_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    first, second = kept_key(tmp_path), kept_key(tmp_path)

    assert first == second
    assert len(public_key(first)) == 87
    assert (tmp_path / "vapid_key").stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["vapid_key"]
