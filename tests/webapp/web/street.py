"""The public side at noon: a bank whose people are never named, and readers whom nobody knows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from tests.builders import NOON, STATUS, a_lead, a_submitted_notice, an_incident, an_operator, an_organisation
from tests.databases import Database
from webapp import clock, config, db
from webapp.app import create_app
from webapp.channels import stand_in
from webapp.flow import incidents, lifecycle, schedule
from webapp.flow.incidents import Incident
from webapp.flow.letters import Letter
from webapp.flow.notices import Notice
from webapp.flow.people import Person
from webapp.flow.schedule import ActionKind

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Street:
    """What happens behind the door, and what one sees from outside."""

    def __init__(self, database: Database, instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.engine = db.make_engine(database.url)
        self.olle, self.lena = an_operator(name="Olle Osynlig"), a_lead(name="Lena Osynlig")
        with db.transaction(self.engine) as session:
            an_organisation(session, languages=["en", "sv"])
            session.add_all([self.olle, self.lena])
        environ = {
            "SVEG_INSTANCE": str(instance), "DATABASE_URL": database.url, "PUBLIC_URL": STATUS,
            "TWILIO_ACCOUNT_SID": stand_in.ACCOUNT_SID, "TWILIO_AUTH_TOKEN": stand_in.AUTH_TOKEN, "TWILIO_SENDER": stand_in.SENDER,
        }  # fmt: skip
        self.app = create_app(config.read(environ))
        self.links = self.app.extensions["sveg"].links

    @contextmanager
    def store(self) -> Iterator[Session]:
        """One transaction, as the flow has it."""
        with db.transaction(self.engine) as session:
            yield session

    def reader(self) -> FlaskClient:
        """Somebody with a browser."""
        return self.app.test_client()

    def page(self, path: str = "/", **headers: str) -> str:
        """What they see, as text without tags."""
        answer = self.reader().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code == 200, answer.text
        return words_of(answer.text)

    def published(self, session: Session, **known: Any) -> Incident:
        """An incident that is on the page with its facts alone."""
        incident = an_incident(session, by=session.merge(self.olle), now=self.now, **known)
        incidents.publish(session, incident, by=session.merge(self.olle), now=self.now)
        return incident

    def a_live_notice(self, session: Session, *, channels: tuple[str, ...] = ("status_page",), **known: Any) -> Notice:
        """Approved and posted now."""
        olle = session.merge(self.olle)
        return self.post(session, a_submitted_notice(session, by=olle, channels=channels, now=self.now, **known))

    def post(self, session: Session, notice: Notice) -> Notice:
        """Approve a submitted notice and let the scheduler post it."""
        lifecycle.sign(session, notice, by=session.get_one(Person, self.lena.id), now=self.now, hold_s=0)
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        lifecycle.execute(session, action, now=self.now, status_url=STATUS)
        return notice

    def letters(self) -> list[Letter]:
        """What waits in the outbox, oldest first."""
        with db.reading(self.engine) as session:
            return list(session.exec(select(Letter).order_by(Letter.id)))  # type: ignore[arg-type]  # a column

    def at(self, now: datetime) -> None:
        """Let the clock show another time; nothing else happens."""
        self.now = now

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        self.app.extensions["sveg"].engine.dispose()


def words_of(html: str) -> str:
    """A page's words, tags and breaks left out."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.rsplit("<body>", maxsplit=1)[-1]).split())
