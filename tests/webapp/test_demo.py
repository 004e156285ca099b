"""The demonstration: the same at every load, loaded once, and Sveg as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from rules.facts import Group
from rules.terms import Certainty, Kind, Listeners, Severity, Urgency
from tests.databases import Database, PostgresqlStore, SqliteStore
from webapp import clock, config, db, demo
from webapp.config import Config
from webapp.flow import audience, incidents, people, surface
from webapp.flow.areas import Where, near
from webapp.flow.incidents import Filing
from webapp.flow.people import Person, Role
from webapp.flow.subscribers import Subscriber
from webapp.flow.tables import METADATA


def settings(url: str) -> Config:
    return config.read({"DATABASE_URL": url, "SECRET_KEY": "for tests"})


@contextmanager
def a_session(url: str) -> Iterator[Session]:
    engine = db.make_engine(url)
    with db.reading(engine) as session:
        yield session
    engine.dispose()


def contents(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """What does not follow from the clock or from chance that keeps things unique."""
    columns = {
        "subscriber": ["id", "language", "is_customer", "follows_everywhere"],
        "subscriber_point": ["subscriber_id", "z", "radius_m", "is_on_file"],
        "subscriber_area": ["subscriber_id", "area_code", "is_on_file", "is_chosen"],
        "address": ["subscriber_id", "channel", "value", "is_on_file", "agreed_text"],
        "subscription": ["subscriber_id", "severity_floor"],
    }
    wanted = {name: [METADATA.tables[name].c[column] for column in known] for name, known in columns.items()}
    return {name: sorted(tuple(row) for row in session.execute(sa.select(*known))) for name, known in wanted.items()}


def in_sveg(session: Session) -> audience.Concern:
    """The cash machines there are down."""
    now = clock.now()
    filing = Filing(
        kind=Kind.outage, started_at=now, expected_end_at=now + timedelta(hours=3), severity=Severity.minor,
        urgency=Urgency.expected, certainty=Certainty.observed, components=("atm",), where=Where(nears=(near(session, "Sveg", 15),)),
    )  # fmt: skip
    return incidents.concern_of(session, filing)


@pytest.fixture(scope="module")
def loaded(sqlite_store: SqliteStore, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demonstration, loaded once: it takes a while."""
    url = sqlite_store.lend(tmp_path_factory.mktemp("demo")).url
    assert demo.load(settings(url)) == "Loaded Fjällbanken with 12,150 customers on file around 16 places."
    return url


def test_in_sveg_there_are_1450_of_whom_131_asked_and_1240_have_mail_on_file(loaded: str) -> None:
    with a_session(loaded) as session:
        concern = in_sveg(session)
        counted = audience.count(session, concern, channels=["sms", "email"])
        asked, every = (
            session.execute(audience.recipients(session, concern, dict.fromkeys(["sms", "email"], listeners))).all()
            for listeners in (Listeners.asked, Listeners.all)
        )

    assert counted.people == 1_450
    assert set(counted.groups) == {
        Group(131, asked=frozenset({"sms"})), Group(1_240, on_file=frozenset({"email"}))
    }  # fmt: skip
    assert counted.unreachable == 1_450 - 131 - 1_240
    assert (len(asked), len(every)) == (131, 131 + 1_240)


def test_a_load_elsewhere_is_the_same_and_people_can_sign_up_after_it(
    loaded: str, postgresql_store: PostgresqlStore, tmp_path: Path
) -> None:
    elsewhere = postgresql_store.lend(tmp_path).url
    demo.load(settings(elsewhere))

    with a_session(loaded) as one, a_session(elsewhere) as other:
        assert contents(one) == contents(other)
        newcomer = db.add(other, Subscriber(created_at=clock.now()))
    postgresql_store.take_back()

    assert newcomer.id == 12_151


def test_a_second_load_changes_nothing(loaded: str) -> None:
    assert "nothing was changed" in demo.load(settings(loaded))

    with a_session(loaded) as session:
        assert len(session.exec(select(Person)).all()) == 4


def test_everybody_can_sign_in_and_the_page_has_something_to_show(loaded: str) -> None:
    now = clock.now() + timedelta(minutes=1)

    with a_session(loaded) as session:
        signed_in = [
            people.sign_in(session, email=email.upper(), password=demo.PASSWORD, network="192.0.2.1", now=now)
            for _, email, _ in demo.PEOPLE
        ]
        seen = surface.shown(session, now=now)

    assert [person.role for person in signed_in if person] == [Role.operator, Role.lead, Role.admin, Role.lead]
    assert (len(seen.open), len(seen.upcoming), len(seen.history)) == (0, 1, 3)
    assert seen.state == "operational"


def test_an_empty_installation_has_an_administrator_and_a_status_page(database: Database) -> None:
    known = {"name": "Byabanken", "time_zone": "Europe/Stockholm", "currency": "SEK", "customers": 900,
             "admin": ("Ada", "Ada@bank.example"), "password": "a long enough password"}  # fmt: skip

    first, second = (demo.set_up(settings(database.url), **known) for _ in range(2))  # type: ignore[arg-type]  # a mixed dict

    assert first == "Byabanken is set up. Sign in as Ada@bank.example."
    assert "nothing was changed" in second
    with a_session(database.url) as session:
        assert [(person.email, person.role) for person in session.exec(select(Person))] == [
            ("ada@bank.example", Role.admin)
        ]
        assert surface.shown(session, now=clock.now()).state == "operational"
