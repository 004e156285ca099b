"""Measure: `make bench`. Ratios within one run say more than seconds: machines are noisy."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgres
from tests.bench import advice, fan_out, punctuality, rules_speed
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
    print("rules alone")
    for row in rules_speed.rows(""):
        print(f"  {row}", flush=True)
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


MEASURES: tuple[Callable[[str], Iterator[str]], ...] = (advice.rows, punctuality.rows, fan_out.rows)

if __name__ == "__main__":
    sys.exit(main())
