"""The stand-in's replies against Twilio's own OpenAPI description, which is found by CONTRACTS_DIR."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.webapp.sandbox.receiver import Receiver
from tests.webapp.sandbox.test_twilio import SERVICE, created
from webapp.sandbox.serve import Sandbox

CONTRACTS = os.environ.get("CONTRACTS_DIR", "")

pytestmark = pytest.mark.skipif(not CONTRACTS, reason="CONTRACTS_DIR does not say where Twilio's description is")

Check = Callable[[Any], bool]


@pytest.fixture(scope="module")
def check() -> Check:
    """Whether it is a Message by Twilio's description."""
    description = json.loads((Path(CONTRACTS) / "twilio-messages.openapi.json").read_text())
    registry = Registry().with_resource("urn:twilio", Resource.from_contents(description, DRAFT202012))
    schema = {"$ref": "urn:twilio#/components/schemas/api.v2010.account.message"}
    validator = OAS30Validator(schema, registry=registry)

    def check(resource: Any) -> bool:
        return bool(validator.is_valid(resource))

    return check


def test_a_created_text_is_a_message_with_and_without_service(check: Check, twilio: httpx.Client) -> None:
    assert check(created(twilio))
    assert check(created(twilio, **SERVICE))


def test_fetched_listed_failed_and_inbound_texts_are_messages(
    check: Check, sandbox: Sandbox, twilio: httpx.Client, browser_like: httpx.Client, receiver: Receiver
) -> None:
    fate = {"channel": "sms", "kind": "outcome", "status": "undelivered", "code": 30003}
    browser_like.post("/faults", json=fate)
    text = created(twilio, StatusCallback=receiver.url)
    receiver.statuses(3)
    sandbox.providers.text_back("+46700000001", "Tack")

    fetched = twilio.get(f"/Messages/{text['sid']}.json").json()
    listed = twilio.get("/Messages.json").json()["messages"]

    assert check(fetched)
    assert fetched["error_code"] == 30003
    assert {it["direction"] for it in listed} == {"inbound", "outbound-api"}
    assert all(check(it) for it in listed)


@pytest.mark.parametrize("lie", [{"sid": "SM1"}, {"status": "gone"}, {"num_segments": 1}, {"error_code": "30003"}])
def test_the_description_would_catch_a_lie(check: Check, twilio: httpx.Client, lie: dict[str, object]) -> None:
    assert not check(created(twilio) | lie)
