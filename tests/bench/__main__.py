"""Measure: `make bench`. Ratios within one run say more than seconds: machines are noisy."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import advice, fan_out, imports, punctuality, rules_speed, targeting
from tests.bench.stores import stores


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


MEASURES: tuple[Callable[[str], Iterator[str]], ...] = (
    advice.rows,
    punctuality.rows,
    fan_out.rows,
    imports.rows,
    targeting.rows,
)

if __name__ == "__main__":
    sys.exit(main())
