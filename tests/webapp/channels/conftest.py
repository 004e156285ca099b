"""The adapters against a real sandbox."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rules.terms import Mode
from webapp.channels.base import Adapters, Outgoing
from webapp.channels.registry import build, sandbox_settings
from webapp.sandbox.faults import fault_of
from webapp.sandbox.life import AT_ONCE
from webapp.sandbox.serve import Sandbox

Arm = Callable[..., None]


@pytest.fixture
def now() -> datetime:
    """The sandbox reads the true clock, so these tests do."""
    return datetime.now(UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Texts move along at once."""
    with Sandbox(pace=AT_ONCE) as sandbox:
        yield sandbox


@pytest.fixture
def adapters(sandbox: Sandbox) -> Iterator[Adapters]:
    """One of each, leading to the sandbox."""
    adapters = build(sandbox_settings(sandbox.http_url, sandbox.host, sandbox.smtp_port), Mode.test)
    yield adapters
    adapters.close()


@pytest.fixture
def arm(sandbox: Sandbox) -> Arm:
    """Arm a fault: arm(channel, kind, …)."""

    def arm(channel: str, kind: str, **more: object) -> None:
        sandbox.providers.faults.arm(fault_of({"channel": channel, "kind": kind, **more}))

    return arm


@pytest.fixture
def a_text(now: datetime) -> Outgoing:
    """A text for a phone."""
    return an_outgoing("+46700000001", now)


@pytest.fixture
def a_mail(now: datetime) -> Outgoing:
    """A mail."""
    return an_outgoing("anna@example.org", now)


def an_outgoing(recipient: str, now: datetime) -> Outgoing:
    """A message that is over in an hour."""
    return Outgoing(
        key="d-17",
        recipient=recipient,
        language="sv",
        subject="Störning i Sveg",
        body="Kort fungerar inte i Sveg.\nÅter 14:00.",
        expires_at=now + timedelta(hours=1),
    )
