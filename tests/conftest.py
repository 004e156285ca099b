"""What every test may ask for: a database, an engine on it, a session."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_socket
import sqlalchemy as sa
from sqlmodel import Session

from tests import postgres
from tests.databases import Database, PostgresqlStore, SqliteStore
from tests.lacking import lacking, not_run
from webapp import db

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
ADDRESSES: dict[str, set[str]] = {}  # of the names above, looked up once
SERVER = "SVEG_TEST_SERVER"  # set by the first test process, for those that it starts too
NO_SERVER = "SVEG_TEST_NO_SERVER"
FOR_THE_RUN = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Find or start a PostgreSQL server, once for all test processes."""
    config.stash[FOR_THE_RUN] = ExitStack()
    if SERVER in os.environ or NO_SERVER in os.environ:
        return
    try:
        os.environ[SERVER] = config.stash[FOR_THE_RUN].enter_context(postgres.server())
    except postgres.NoServerError as error:
        os.environ[NO_SERVER] = str(error)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A server that was started for this run ends with it."""
    config.stash[FOR_THE_RUN].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which tests did not run, and why."""
    for line in not_run(terminalreporter.getreports("skipped")):
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(autouse=True)
def network_ends_at_loopback() -> None:
    """A connection to anywhere else raises; pytest-socket lifts this after each test."""
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True, resolution_cache=ADDRESSES)


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> SqliteStore:
    """Made for the first test that wants SQLite."""
    return SqliteStore(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """A URL of a server on which databases may be created."""
    if SERVER not in os.environ:
        lacking(f"PostgreSQL ({os.environ[NO_SERVER]})")
    return os.environ[SERVER]


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: str) -> Iterator[PostgresqlStore]:
    """Made for the first test that wants PostgreSQL."""
    store = PostgresqlStore(postgresql_server)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, otherwise empty database; the test runs once on each kind."""
    store: SqliteStore | PostgresqlStore = request.getfixturevalue(f"{request.param}_store")
    yield store.lend(tmp_path)
    store.take_back()


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    """An engine as the program makes it."""
    engine = db.make_engine(database.url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session that may write; what it committed can still be read from the objects."""
    with db.writing(engine) as session:
        yield session
