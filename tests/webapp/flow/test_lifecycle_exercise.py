"""An exercise goes through everything and reaches nobody."""

from collections.abc import Iterator
from threading import Event

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from rules.terms import Mode
from tests.arrow import Arrow, an_arrow
from tests.builders import NOON, THREE
from tests.webapp.flow.scenes import ALL, approved, person
from webapp import db
from webapp.channels.base import Adapters
from webapp.channels.registry import ChannelSettings, ReachesProviderError, build, sandbox_settings
from webapp.channels.sms_twilio import SmsSettings
from webapp.flow import incidents, surface
from webapp.flow.dispatch import Dispatcher
from webapp.flow.incidents import Incident
from webapp.flow.refusals import NotNow
from webapp.links import Links
from webapp.sandbox.serve import Sandbox


@pytest.fixture
def providers() -> Iterator[Sandbox]:
    """Stands for the actual providers: nothing of an exercise may come here."""
    with Sandbox(http_port=0, smtp_port=0) as sandbox:
        yield sandbox


@pytest.fixture
def arrow(engine: sa.Engine, providers: Sandbox) -> Iterator[Arrow]:
    """Actual notices go to one sandbox, exercises to another."""
    with an_arrow(engine) as arrow:
        actual = sandbox_settings(providers.http_url, "127.0.0.1", providers.smtp_port)
        own = sandbox_settings(arrow.sandbox.http_url, "127.0.0.1", arrow.sandbox.smtp_port)
        made: list[Mode] = []

        def adapters(mode: Mode) -> Adapters:
            made.append(mode)
            return build(actual if mode is Mode.actual else own, mode)

        arrow.dispatcher = Dispatcher(
            engine, adapters=adapters, clock=lambda: arrow.now, links=Links("https://x.example", "s"), ending=Event()
        )
        yield arrow
        arrow.dispatcher.close()


@pytest.mark.parametrize("mode", [Mode.exercise, Mode.test])
def test_an_exercise_reaches_the_sandbox_alone_and_says_what_it_is(
    session: Session, arrow: Arrow, providers: Sandbox, mode: Mode
) -> None:
    approved(session, sms=2, email=2, channels=ALL, mode=mode)

    arrow.go_to(NOON)
    arrow.go_to(THREE)

    received = {channel: arrow.received(channel) for channel in ("sms", "email", "facebook")}
    assert {channel: len(messages) for channel, messages in received.items()} == {"sms": 4, "email": 4, "facebook": 1}
    for message in (*received["sms"], *received["facebook"]):
        assert "EXERCISE" in message["body"]
    assert all("EXERCISE" in mail["subject"] for mail in received["email"])
    shelves = (providers.providers.sms, providers.providers.mail, providers.providers.posts)
    assert [shelf.total() for shelf in shelves] == [0, 0, 0]


def test_an_exercise_is_never_on_the_public_page(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=("status_page",), mode=Mode.exercise)

    arrow.go_to(NOON)

    with db.transaction(arrow.engine) as fresh:
        incident = fresh.get_one(Incident, notice.incident_id)
        shown = surface.shown(fresh, now=arrow.now)
        assert (shown.open, shown.upcoming, shown.history, shown.state) == ([], [], [], "operational")
        assert surface.shown_incident(fresh, incident.public_id, now=arrow.now) is None
        with pytest.raises(NotNow):
            incidents.publish(fresh, incident, by=person(fresh), now=arrow.now)


def test_adapters_of_an_exercise_that_lead_elsewhere_are_refused() -> None:
    outside: dict[str, ChannelSettings] = {"sms": SmsSettings("AC0", "token", sender="+15550000000")}

    for mode in (Mode.exercise, Mode.test):
        with pytest.raises(ReachesProviderError):
            build(outside, mode)
