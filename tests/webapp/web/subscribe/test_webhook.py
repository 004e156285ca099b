"""A program that asks to be told: proved by a code, given a secret once, called until it is silent for days."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select
from standardwebhooks.webhooks import Webhook

from tests.arrow import Arrow, an_arrow
from tests.builders import NOON
from tests.webapp.web.street import Street, on_sqlite
from tests.webapp.web.subscribe.desk import ANNA, address, asks
from webapp.db import add
from webapp.flow import loads
from webapp.flow.deliveries import Chunk
from webapp.flow.hooks import Hook
from webapp.flow.organisation import ChannelSetup
from webapp.flow.subscribers import Address, Subscriber, Suppression

ON = ("status_page", "webhook")


@pytest.fixture
def hook_street(street: Street) -> Street:
    """With webhooks set up."""
    with street.store() as session:
        add(session, ChannelSetup(channel="webhook", position=5))
    return street


@pytest.fixture
def arrow(hook_street: Street) -> Iterator[Arrow]:
    """With a sandbox that the street's doors know, too."""
    with an_arrow(hook_street.engine) as arrow:
        there = hook_street.app.extensions["sveg"]
        arrow.dispatcher.links = there.links
        config = replace(there.config, sandbox_url=arrow.sandbox.http_url, sandbox_smtp="127.0.0.1:8025")
        hook_street.app.extensions["sveg"] = there._replace(config=config)
        yield arrow


def url_of(arrow: Arrow, name: str = "home") -> str:
    return f"{arrow.sandbox.http_url}/hooks/{name}"


def events(arrow: Arrow) -> list[dict[str, Any]]:
    """What programs were told, oldest first."""
    return [json.loads(call["body"]) for call in reversed(arrow.received("webhook"))]


def signs_up(street: Street, arrow: Arrow, name: str = "home", **known: object) -> str:
    """The path of the owner's own link, by the code that the program was called with."""
    asked = asks(street, channel="webhook", webhook=url_of(arrow, name), **known)
    assert asked.status_code == 303, asked.text
    arrow.go_to(street.now)
    code = events(arrow)[-1]["data"]["code"]
    answer = street.reader().post(asked.headers["Location"], data={"code": code})
    assert answer.status_code == 303, answer.text
    arrow.go_to(street.now)
    return str(answer.headers["Location"]).partition("?")[0]


def secret_in(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    return found[0] if found else ""


def at(street: Street, arrow: Arrow, moment: datetime) -> None:
    street.at(moment)
    arrow.go_to(moment)


def owned_by(street: Street, arrow: Arrow, name: str = "home") -> Address:
    with street.store() as session:
        found = address(session, url_of(arrow, name))
    assert found is not None
    return found


def test_a_program_is_told_when_it_happens_and_when_it_ends_and_can_check_who_says_so(
    hook_street: Street, arrow: Arrow
) -> None:
    own = signs_up(hook_street, arrow, place="Sveg")
    secret = secret_in(hook_street.reader().post(f"{own}/webhook/secret", data={"secret": "show"}).text)
    httpx.post(f"{url_of(arrow)}/secret", json={"secret": secret}).raise_for_status()

    with hook_street.store() as session:
        notice = hook_street.a_live_notice(session, channels=ON)
    arrow.go_to(NOON)
    at(hook_street, arrow, NOON + timedelta(hours=3, minutes=1))

    kinds = [event["type"] for event in events(arrow)]
    assert kinds == ["subscription.challenge", "subscription.confirmed", "notice.posted", "notice.ended"]
    _, confirmed, posted, ended = events(arrow)
    assert confirmed["data"]["manage_url"].endswith(own)
    assert posted["data"]["notice"] == ended["data"]["follows"] == notice.code
    assert set(posted["data"]["texts"]) == {"en", "sv"}
    assert posted["data"]["begins_at"].endswith("Z")
    assert "{ended}" not in json.dumps(ended)
    assert [call["is_verified"] for call in arrow.received("webhook")[:2]] == [True, True]
    assert len({call["event"] for call in arrow.received("webhook")}) == 4


@on_sqlite
def test_the_public_package_agrees_with_our_signature(hook_street: Street, arrow: Arrow) -> None:
    own = signs_up(hook_street, arrow)
    secret = secret_in(hook_street.reader().post(f"{own}/webhook/secret").text)
    hook_street.reader().post(f"{own}/webhook/test")
    arrow.go_to(NOON)
    call = arrow.received("webhook")[0]

    moment = datetime.fromtimestamp(call["sent_at"], tz=NOON.tzinfo)
    assert Webhook(secret).sign(call["event"], moment, call["body"]) == call["signature"]
    assert json.loads(call["body"])["type"] == "test"


@on_sqlite
def test_the_secret_is_shown_once_and_a_new_one_signs_beside_the_former_for_a_day(
    hook_street: Street, arrow: Arrow
) -> None:
    own = signs_up(hook_street, arrow)
    first = secret_in(hook_street.reader().post(f"{own}/webhook/secret").text)
    again = hook_street.reader().post(f"{own}/webhook/secret").text
    second = secret_in(hook_street.reader().post(f"{own}/webhook/secret", data={"secret": "new"}).text)
    signed = []
    for hours in (0, 23, 25):
        at(hook_street, arrow, NOON + timedelta(hours=hours))
        hook_street.reader().post(f"{own}/webhook/test")
        arrow.go_to(hook_street.now)
        signed.append(len(arrow.received("webhook")[0]["signature"].split(" ")))

    assert first
    assert second
    assert first != second
    assert secret_in(again) == ""
    assert signed == [2, 2, 1]
    with hook_street.store() as session:
        kept = session.exec(select(Hook)).one()
        assert first not in repr(kept.model_dump())


def test_a_program_that_writes_the_code_back_needs_nobody_at_the_page(hook_street: Street, arrow: Arrow) -> None:
    asks(hook_street, channel="webhook", webhook=url_of(arrow, "site-answers"))

    arrow.go_to(NOON)

    assert owned_by(hook_street, arrow, "site-answers").confirmed_at == NOON
    assert [event["type"] for event in events(arrow)] == ["subscription.challenge", "subscription.confirmed"]


@on_sqlite
def test_what_is_confirmed_already_is_not_changed_by_a_program_that_answers_everybody(
    hook_street: Street, arrow: Arrow
) -> None:
    asks(hook_street, channel="webhook", webhook=url_of(arrow, "site-answers"), severity_floor="minor")
    arrow.go_to(NOON)
    owner = owned_by(hook_street, arrow, "site-answers").subscriber_id

    asks(hook_street, channel="webhook", webhook=url_of(arrow, "site-answers"), language="sv")
    arrow.go_to(NOON)

    with hook_street.store() as session:
        assert session.get_one(Subscriber, owner).language == "en"
    assert [event["type"] for event in events(arrow)].count("subscription.confirmed") == 1


@on_sqlite
@pytest.mark.parametrize(
    "typed",
    ["", "nonsense", "https://127.0.0.1/x", "https://10.0.0.8/x", "http://example.org/x", "https://a:b@example.org/", "https://[::1", "https://exa mple.org/",
     "https://localhost/x", "http://127.0.0.1:1/x", "https://169.254.169.254/latest", "https://example.org/" + "x" * 1_000, "javascript:alert(1)"],
)  # fmt: skip
def test_what_may_not_be_called_is_refused_with_one_sentence(hook_street: Street, arrow: Arrow, typed: str) -> None:
    answer = asks(hook_street, channel="webhook", webhook=typed)

    assert answer.status_code == 422
    assert "We cannot call that address" in answer.text
    assert hook_street.letters() == []


@on_sqlite
def test_where_webhooks_are_not_set_up_they_are_not_offered(hook_street: Street) -> None:
    assert 'value="webhook"' not in hook_street.reader().get("/subscribe").text
    assert asks(hook_street, channel="webhook", webhook="https://example.org/x").status_code == 422


@on_sqlite
def test_a_stranger_cannot_have_one_machine_called_again_and_again(hook_street: Street, arrow: Arrow) -> None:
    answers = [asks(hook_street, channel="webhook", webhook=url_of(arrow, f"n{n}")).status_code for n in range(25)]

    assert answers[:20] == [303] * 20
    assert set(answers[20:]) == {429}


def fails_for_days(street: Street, arrow: Arrow) -> None:
    """Every call fails, day after day."""
    arrow.break_it(channel="webhook", kind="status", status=503, times=10_000)
    for day in range(6):
        street.at(NOON + timedelta(days=day))
        arrow.now = street.now
        with street.store() as session:
            street.a_live_notice(
                session, channels=ON, started_at=street.now, expected_end_at=street.now + timedelta(hours=3)
            )
        for minutes in (0, 1, 3, 8, 15, 25, 40):
            at(street, arrow, NOON + timedelta(days=day, minutes=minutes))
    httpx.delete(f"{arrow.sandbox.http_url}/faults")


def test_who_is_silent_for_days_is_not_called_any_more_until_they_say_so(hook_street: Street, arrow: Arrow) -> None:
    own = signs_up(hook_street, arrow, place="Sveg")
    with hook_street.store() as session:
        owner = address(session, url_of(arrow))
        assert owner is not None
        add(session, Address(subscriber_id=owner.subscriber_id, channel="email", value=ANNA, is_on_file=True))

    fails_for_days(hook_street, arrow)

    assert owned_by(hook_street, arrow).suppressed_reason == Suppression.not_answering
    (mail,) = arrow.received("email")
    assert "We have stopped calling your webhook" in mail["subject"]
    assert "answered 503" in mail["body"]
    page = hook_street.page(own)
    assert "We have stopped calling it" in page
    hook_street.reader().post(f"{own}/webhook/resume")
    assert owned_by(hook_street, arrow).suppressed_at is None
    assert "We have stopped" not in hook_street.page(own)


@on_sqlite
def test_a_call_that_is_taken_ends_the_silence(hook_street: Street, arrow: Arrow) -> None:
    own = signs_up(hook_street, arrow, place="Sveg")
    arrow.break_it(channel="webhook", kind="status", status=500)
    with hook_street.store() as session:
        hook_street.a_live_notice(session, channels=ON)
    arrow.go_to(NOON)
    failing = hook_street.page(own)
    arrow.go_on(minutes=2)

    assert "has not taken our calls since" in failing
    assert "answered 500" in failing
    assert "has not taken our calls" not in hook_street.page(own)
    assert [event["type"] for event in events(arrow)].count("notice.posted") == 1


@on_sqlite
def test_who_says_gone_is_forgotten_at_once(hook_street: Street, arrow: Arrow) -> None:
    signs_up(hook_street, arrow, place="Sveg")
    arrow.break_it(channel="webhook", kind="status", status=410)
    with hook_street.store() as session:
        hook_street.a_live_notice(session, channels=ON)
    arrow.go_to(NOON)

    assert owned_by(hook_street, arrow).suppressed_reason == Suppression.bad_address


@on_sqlite
def test_a_lost_link_is_sent_to_the_program_itself(hook_street: Street, arrow: Arrow) -> None:
    own = signs_up(hook_street, arrow)

    answer = hook_street.reader().post("/subscribe/link", data={"address": url_of(arrow)})
    unknown = hook_street.reader().post("/subscribe/link", data={"address": url_of(arrow, "other")})
    arrow.go_to(NOON)

    assert (answer.status_code, answer.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert events(arrow)[-1]["type"] == "subscription.link"
    assert events(arrow)[-1]["data"]["manage_url"].endswith(own)


def test_who_has_everything_deleted_is_not_called_and_leaves_no_secret(hook_street: Street, arrow: Arrow) -> None:
    own = signs_up(hook_street, arrow)

    hook_street.reader().post(f"{own}/erase")

    with hook_street.store() as session:
        assert session.exec(select(Hook)).all() == []
        assert address(session, url_of(arrow)) is None


@on_sqlite
def test_what_was_approved_is_sent_although_older_rules_have_no_figures_for_its_channel(hook_street: Street) -> None:
    with hook_street.store() as session:
        notice = hook_street.a_live_notice(session)
        add(session, ChannelSetup(channel="pigeon", position=9))
        chunk = Chunk(notice_id=notice.id, channel="pigeon", first=0, last=0, due_at=NOON)

        load = loads.load(session, chunk, now=NOON)

    assert load.default_rate == loads.UNLIMITED
