"""The console at noon, with a bank, its people and browsers without JavaScript."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, SQLModel

from tests.builders import NOON, a_lead, an_operator, an_organisation
from tests.databases import Database
from webapp import clock, config, db
from webapp.app import create_app
from webapp.flow.people import Person
from webapp.web.session import _stamp

Row = TypeVar("Row", bound=SQLModel)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Room:
    """An operator and two leads of one bank."""

    def __init__(self, database: Database, instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.engine = db.make_engine(database.url)
        self.olle, self.lena, self.liv = an_operator(name="Olle"), a_lead(name="Lena"), a_lead(name="Liv")
        with db.transaction(self.engine) as session:
            an_organisation(session)
            session.add_all([self.olle, self.lena, self.liv])
        environ = {"SVEG_INSTANCE": str(instance), "DATABASE_URL": database.url, "PUBLIC_URL": "http://status.example"}
        self.app = create_app(config.read(environ))
        self.app.config["WTF_CSRF_ENABLED"] = False

    @contextmanager
    def store(self) -> Iterator[Session]:
        """One transaction, as the flow has it."""
        with db.transaction(self.engine) as session:
            yield session

    def stored(self, table: type[Row], key: object) -> Row:
        """A row as it is stored now."""
        with db.reading(self.engine) as session:
            return session.get_one(table, key)

    def seen_by(self, person: Person) -> FlaskClient:
        """The browser of somebody who has signed in."""
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["person"], kept["stamp"] = str(person.id), _stamp(person)
        return client

    def at(self, now: datetime) -> None:
        """Let the clock show another time."""
        self.now = now

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        self.app.extensions["sveg"].engine.dispose()
