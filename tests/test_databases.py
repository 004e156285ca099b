"""The databases that tests are lent: migrated, otherwise empty, not shared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import postgres
from tests.databases import Database, PostgresqlStore, SqliteStore
from webapp import db

SCHEMA = """
CREATE TABLE area (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE incident (id INTEGER PRIMARY KEY, area_id INTEGER REFERENCES area (id));
INSERT INTO area VALUES (1, 'Sveg');
"""
LOCKED_AUDIT = """
CREATE TABLE entry (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, words TEXT);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'entries stay'; END $$;
CREATE TRIGGER entries_stay BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def migrate(url: str) -> None:
    """A schema with a reference, a row of its own and, where that can be said, a table whose rows refuse to go."""
    run(url, SCHEMA + (LOCKED_AUDIT if url.startswith("postgres") else ""))


def run(url: str, statements: str) -> None:
    """Run SQL without parameters."""
    engine = db.make_engine(url)
    with engine.begin() as connection:
        for statement in [statements] if url.startswith("postgres") else statements.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def scalars(url: str, query: str) -> list[object]:
    """The first column."""
    engine = db.make_engine(url)
    with engine.connect() as connection:
        found = list(connection.exec_driver_sql(query).scalars())
    engine.dispose()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore | PostgresqlStore]:
    """A store of the schema above."""
    if request.param == "sqlite":
        yield SqliteStore(tmp_path, migrate)
        return
    store = PostgresqlStore(request.getfixturevalue("postgresql_server"), migrate)
    yield store
    store.close()


def lent(store: SqliteStore | PostgresqlStore, folder: Path) -> Database:
    """Lent to one test."""
    folder.mkdir()
    return store.lend(folder)


def test_the_database_of_a_test_is_migrated(engine: sa.Engine) -> None:
    assert "alembic_version" in sa.inspect(engine).get_table_names()


def test_what_one_test_writes_the_next_does_not_read(store: SqliteStore | PostgresqlStore, tmp_path: Path) -> None:
    first = lent(store, tmp_path / "first")
    run(first.url, "INSERT INTO area VALUES (2, 'Ytterhogdal'); INSERT INTO incident VALUES (1, 2)")
    store.take_back()

    second = lent(store, tmp_path / "second")

    assert scalars(second.url, "SELECT name FROM area") == ["Sveg"]
    assert scalars(second.url, "SELECT id FROM incident") == []


def test_rows_that_a_trigger_protects_go_and_their_numbers_begin_again(postgresql_server: str, tmp_path: Path) -> None:
    store = PostgresqlStore(postgresql_server, migrate)
    run(store.database.url, "INSERT INTO entry (words) VALUES ('approved')")

    store.take_back()
    run(store.database.url, "INSERT INTO entry (words) VALUES ('approved')")

    assert scalars(store.database.url, "SELECT id FROM entry") == [1]
    store.close()


def test_a_test_that_left_a_transaction_open_does_not_hold_up_the_next(postgresql_server: str) -> None:
    store = PostgresqlStore(postgresql_server, migrate)
    left = sa.create_engine(store.url).connect()
    left.exec_driver_sql("LOCK TABLE incident")

    store.take_back()

    assert scalars(store.database.url, "SELECT id FROM incident") == []
    with pytest.raises(sa.exc.OperationalError):
        left.exec_driver_sql("SELECT 1")
    left.invalidate()
    left.engine.dispose()
    store.close()


def test_databases_of_killed_runs_are_dropped_and_those_of_others_stay(postgresql_server: str) -> None:
    killed, other = PostgresqlStore(postgresql_server, migrate), PostgresqlStore(postgresql_server, migrate)
    killed.admin.close()
    killed.admin.engine.dispose()

    ours = PostgresqlStore(postgresql_server, migrate)

    names = scalars(ours.database.url, "SELECT datname FROM pg_database")
    assert killed.name not in names
    assert other.name in names
    other.close()
    ours.close()


def test_a_server_can_be_started_from_programs_and_forgets_all(tmp_path: Path) -> None:
    programs = postgres.server_programs()
    if programs is None:
        pytest.skip("a server is named or found here, and there are no programs to start another")

    with postgres.started(programs) as url:
        assert postgres.why_not(url) is None

    assert "refused" in (postgres.why_not(url) or "")


def test_a_server_that_was_named_but_cannot_be_used_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://somebody@127.0.0.1:1/postgres")

    with pytest.raises(postgres.NoServerError, match="TEST_DATABASE_URL names cannot be used"), postgres.server():
        pass
