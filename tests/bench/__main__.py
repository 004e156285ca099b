"""Measure: `make bench`. Ratios within one run say more than seconds: machines are noisy."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgres
from tests.bench import advice, fan_out, punctuality
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


def main() -> int:
    """Every measurement on a database of its own, a few rows each."""
    with TemporaryDirectory() as folder, stores(Path(folder)) as lenders:
        for kind, store in lenders.items():
            print(f"\n{kind}")
            for measure in MEASURES:
                own = Path(folder) / measure.__module__
                own.mkdir(exist_ok=True)
                for row in measure(store.lend(own).url):
                    print(f"  {row}", flush=True)
                store.take_back()
    return 0


MEASURES:
                _clean(url)
                for row in measure(url):
                    print(f"  {row}", flush=True)
    return 0


def _clean(url: str) -> None:
    """Take out all rows."""
    engine = db.make_engine(url)
    tables = [table for table in sa.inspect(engine).get_table_names() if table != "alembic_version"]
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
        else:
            triggers = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in tables:
                connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  names from the schema itself
            for _, statement in triggers:
                connection.exec_driver_sql(statement)
    engine.dispose()


MEASURES: tuple[Callable[[str], Iterator[str]], ...] = (advice.rows, punctuality.rows, fan_out.rows)

if __name__ == "__main__":
    sys.exit(main())
