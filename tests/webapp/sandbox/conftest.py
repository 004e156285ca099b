"""A real sandbox on free ports, somebody who calls it, and somebody who gets its reports."""

import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.webapp.sandbox.receiver import Receiver
from webapp.channels import stand_in
from webapp.sandbox.life import AT_ONCE
from webapp.sandbox.providers import Account
from webapp.sandbox.serve import Sandbox

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # all is plain HTTP here: no certificates need be read


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Records the reports that come to it."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[Sandbox]:
    """Texts move along at once; what people text back goes to the receiver."""
    with Sandbox(pace=AT_ONCE, account=Account(inbound_url=f"{receiver.url}/inbound")) as sandbox:
        yield sandbox


@pytest.fixture
def browser_like(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Somebody with no credentials."""
    with httpx.Client(base_url=sandbox.http_url, trust_env=False, verify=NOBODY) as client:
        yield client


@pytest.fixture
def twilio(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Somebody with the account's credentials; paths start below the account."""
    with httpx.Client(
        base_url=f"{sandbox.http_url}/2010-04-01/Accounts/{stand_in.ACCOUNT_SID}",
        auth=(stand_in.ACCOUNT_SID, stand_in.AUTH_TOKEN),
        trust_env=False,
        verify=NOBODY,
    ) as client:
        yield client


@pytest.fixture
def graph(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Somebody with the page's token."""
    with httpx.Client(
        base_url=f"{sandbox.http_url}/v26.0",
        headers={"Authorization": f"Bearer {stand_in.PAGE_TOKEN}"},
        trust_env=False,
        verify=NOBODY,
    ) as client:
        yield client
