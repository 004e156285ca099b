"""An operator at the console, at a known time, in a town with a few subscribers."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session
from werkzeug.test import TestResponse

from tests.builders import (
    NOON,
    PASSWORD,
    a_component,
    a_subscriber,
    an_operator,
    an_organisation,
)
from tests.databases import Database
from webapp import clock, config, db
from webapp.app import create_app
from webapp.flow.people import Person

ANSWERS = {"kind": "outage", "components": "atm", "place": "Sveg", "radius_km": "15", "severity": "minor",
           "urgency": "expected", "certainty": "observed", "started": "now", "until": "at",
           "until_at": "2026-11-19T15:00", "publish": "advised", "mode": "actual"}  # fmt: skip
HTMX = {"HX-Request": "true"}


class Desk:
    """The operator's browser, without JavaScript."""

    def __init__(self, database: Database, instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOON)
        self.engine = db.make_engine(database.url)
        with db.transaction(self.engine) as session:
            self.operator = prepare(session)
        environ = {"SVEG_INSTANCE": str(instance), "DATABASE_URL": database.url, "PUBLIC_URL": "http://status.example"}
        self.app = create_app(config.read(environ))
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.client: FlaskClient = self.app.test_client()
        self.client.post("/console/sign-in", data={"email": self.operator.email, "password": PASSWORD})

    def file(self, **answers: Any) -> TestResponse:
        """Send the form; an answer of None is not given."""
        return self.client.post("/console/incidents", data=given(answers))

    def panel(self, **answers: Any) -> TestResponse:
        """Ask for the recommendation, as htmx does."""
        return self.client.post("/console/incidents/recommendation", data=given(answers), headers=HTMX)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        self.app.extensions["sveg"].engine.dispose()

    def read(self) -> Session:
        """What is stored now."""
        return db.reading(self.engine)


def prepare(session: Session) -> Person:
    """The town and its operator."""
    an_organisation(session)
    payments = a_component(session, "pay", "Payments", is_group=True)
    a_component(session, "cards", "Card payments", group=payments)
    a_subscriber(session, sms="+46701000001")
    a_subscriber(session, sms="+46701000002")
    a_subscriber(session, email="bo@mail.example", asked=False)
    operator = an_operator()
    session.add(operator)
    return operator


def given(answers: dict[str, Any]) -> dict[str, Any]:
    """The usual answers, changed."""
    return {name: value for name, value in (ANSWERS | answers).items() if value is not None}
