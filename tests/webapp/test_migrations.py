"""Migrations and models say the same, on both databases, forwards and back."""

import pkgutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, SQLModel, select

import webapp
from tests.builders import NOON, an_operator
from tests.databases import Database, PostgresqlStore
from webapp import db, flow
from webapp.flow import tables
from webapp.flow.audit import AuditEntry, first_broken, record

FOLDER = Path(webapp.__file__).parent / "migrations"


def untouched(_url: str) -> None:
    """No tables yet."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/sveg.sqlite"
        return
    store = PostgresqlStore(request.getfixturevalue("postgresql_server"), migrate=untouched)
    yield store.database.url
    store.close()


def migrate(url: str, *, to: str) -> None:
    """Up or down, as a developer does."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    engine = db.make_engine(url)
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if to == "base" else command.upgrade)(settings, to)
    engine.dispose()


def eventually(what: Callable[[], bool]) -> bool:
    """A server notices a moment later that somebody has gone."""
    for _ in range(100):
        if what():
            return True
        time.sleep(0.02)
    return False


def table_names(url: str) -> set[str]:
    engine = db.make_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def test_models_and_migrations_say_the_same(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": tables.METADATA}
        )
        difference = compare_metadata(context, tables.METADATA)

    assert difference == []


def test_every_table_of_the_flow_is_among_the_tables() -> None:
    reached = set(tables.METADATA.tables)

    for module in pkgutil.iter_modules(flow.__path__):
        import_module(f"webapp.flow.{module.name}")

    assert set(SQLModel.metadata.tables) == reached


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    db.upgrade(empty_url)
    engine = db.make_engine(empty_url)
    with db.transaction(engine) as session:
        session.add(an_operator())
    engine.dispose()

    db.upgrade(empty_url)

    engine = db.make_engine(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM person")) == 1
    engine.dispose()


def test_migrations_go_back_to_nothing_and_forth_again(empty_url: str) -> None:
    db.upgrade(empty_url)
    there = table_names(empty_url)

    migrate(empty_url, to="base")
    assert table_names(empty_url) == set()
    db.upgrade(empty_url)

    assert table_names(empty_url) == there == set(tables.METADATA.tables)


def test_migrations_are_one_line_without_branches() -> None:
    script = ScriptDirectory(str(FOLDER))

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert all(not revision.is_merge_point for revision in script.walk_revisions())


def test_a_failed_migration_leaves_no_connection_open(postgresql_server: str) -> None:
    store = PostgresqlStore(postgresql_server, migrate=untouched)
    ours = sa.create_engine(store.url)
    with ours.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CREATE TABLE area (x integer)"))  # stands in the way
        with pytest.raises(DatabaseError, match="already exists") as failure:  # keeps all that failed alive
            db.upgrade(store.database.url)

        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert eventually(lambda: connection.scalar(sa.text(others)) == 0), str(failure)
    ours.dispose()
    store.close()


@pytest.mark.parametrize("act", ["UPDATE audit_entry SET sentence = 'nothing happened'", "DELETE FROM audit_entry"])
def test_the_database_itself_keeps_the_audit_trail(session: Session, database: Database, act: str) -> None:
    operator = db.add(session, an_operator())
    record(session, "notice.stopped", ("notice", 1), "Olle stopped it", by=operator, now=NOON)
    session.commit()

    with pytest.raises(DatabaseError, match="audit entries are never changed"):
        session.execute(sa.text(act))
    session.rollback()

    assert [entry.sentence for entry in session.exec(select(AuditEntry))] == ["Olle stopped it"]
    assert first_broken(session) is None
