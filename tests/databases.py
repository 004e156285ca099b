"""Databases for tests: each test gets one that is migrated and otherwise empty, and nobody else has.

SQLite: a file is migrated once and copied for each test (1 ms). PostgreSQL: each test process migrates one database and
takes out all rows after each test (13 ms; a database of its own for each test would take 140 ms).
"""

import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from webapp.db import upgrade

NAMES = "sveg_test_"
Migrate = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Database:
    """What a test is lent."""

    kind: str  # sqlite or postgresql
    url: str


class SqliteStore:
    """Copies of one migrated file."""

    def __init__(self, folder: Path, migrate: Migrate = upgrade) -> None:
        self.template = folder / "template.sqlite"
        migrate(f"sqlite:///{self.template}")

    def lend(self, folder: Path) -> Database:
        """A copy in the test's own folder."""
        file = shutil.copy(self.template, folder / "sveg.sqlite")
        return Database("sqlite", f"sqlite:///{file}")

    def take_back(self) -> None:
        """Nothing to do: pytest clears its folders away."""


class PostgresqlStore:
    """One migrated database on this server, emptied after each test, dropped at the end."""

    def __init__(self, server_url: str, migrate: Migrate = upgrade) -> None:
        self.admin = sa.create_engine(server_url, isolation_level="AUTOCOMMIT").connect()
        self.name = f"{NAMES}{os.getpid()}_{uuid.uuid4().hex[:8]}"
        self.url = sa.make_url(server_url).set(database=self.name)
        self.database = Database("postgresql", _plain(self.url))
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        try:
            self._create()
            migrate(self.database.url)
            self._remember()
        except BaseException:
            self.close()
            raise

    def _create(self) -> None:
        self._claim()
        self._drop_abandoned()
        self.admin.execute(sa.text(f"CREATE DATABASE {self.name}"))
        # What a killed server would lose is no loss here, and each commit is spared a wait for the disk.
        self.admin.execute(sa.text(f"ALTER DATABASE {self.name} SET synchronous_commit = off"))

    def _claim(self) -> None:
        """Say that this database's owner lives; ends with our connection."""
        self.admin.execute(sa.text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": self.name})

    def _drop_abandoned(self) -> None:
        """Test runs that were killed leave theirs behind."""
        theirs = "SELECT datname FROM pg_database WHERE starts_with(datname, :names) AND datname <> :ours"
        for name in self.admin.scalars(sa.text(theirs), {"names": NAMES, "ours": self.name}).all():
            if self.admin.scalar(sa.text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": name}):
                self.admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def _remember(self) -> None:
        """What migrations put into tables and sequences is there again for each test."""
        metadata = sa.MetaData()
        with self.engine.connect() as connection:
            metadata.reflect(connection)
            self.tables = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
            self.rows = {table: connection.execute(table.select()).mappings().all() for table in self.tables}
            may = connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
            sequences = connection.execute(sa.text("SELECT sequencename, start_value, last_value FROM pg_sequences"))
            values = [f"SELECT setval('{name}', {last or start}, {bool(last)})" for name, start, last in sequences]
        deletes = [str(table.delete().compile(self.engine)) for table in reversed(self.tables)]
        # Triggers that protect rows, such as those of an audit trail, protect them from tests too.
        self.emptying = "; ".join([*(["SET session_replication_role = replica"] if may else []), *deletes, *values])

    def lend(self, _folder: Path) -> Database:
        """The database, as the migrations left it."""
        return self.database

    def take_back(self) -> None:
        """Cut off whoever is still connected, and put it back as the migrations left it."""
        self._cut_off()
        with self.engine.begin() as connection:
            connection.exec_driver_sql(self.emptying)
            for table, rows in self.rows.items():
                _insert(connection, table, rows)

    def _cut_off(self) -> None:
        self.admin.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": self.name}
        )

    def close(self) -> None:
        """Leave the server as it was."""
        self.admin.execute(sa.text(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)"))
        self.admin.close()
        self.admin.engine.dispose()


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[Any, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), [dict(row) for row in rows])


def _plain(url: sa.URL) -> str:
    """As text, with the slashes of a socket folder left as they are: percent signs trip up configuration files."""
    return url.render_as_string(hide_password=False).replace("%2F", "/")
