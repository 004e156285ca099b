"""Databases for measurements."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.databases import PostgresqlStore, SqliteStore


@contextmanager
def stores(folder: Path) -> Iterator[dict[str, SqliteStore | PostgresqlStore]]:
    """Databases to lend, by kind; PostgreSQL only where it can be had."""
    found: dict[str, SqliteStore | PostgresqlStore] = {"sqlite": SqliteStore(folder)}
    try:
        with postgres.server() as server:
            store = PostgresqlStore(server)
            yield found | {"postgresql": store}
            store.close()
    except postgres.NoServerError as error:
        print(f"(without PostgreSQL: {error})")
        yield found
