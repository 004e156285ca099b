"""How long one whole recommendation takes: rules alone, and with the audience counted from the store."""

import time
from collections.abc import Callable, Iterator
from statistics import median

from rules.advice import advise
from tests.builders import NOON, a_filing, an_organisation, in_sveg, subscribers
from webapp import db
from webapp.flow.assessments import recommend

RUNS = 60


def rows(url: str) -> Iterator[str]:
    """Milliseconds, median of many."""
    engine = db.make_engine(url)
    with db.transaction(engine) as session:
        an_organisation(session)
        subscribers(session, 500)
    with db.reading(engine) as session:
        filing = a_filing(where=in_sveg(session))
        given = recommend(session, filing, now=NOON)
        alone = _ms(lambda: advise(given.case, given.policy))
        whole = _ms(lambda: recommend(session, filing, now=NOON))
    engine.dispose()
    yield f"one recommendation: rules {alone:.1f} ms, with the audience counted among 500 subscribers {whole:.1f} ms"


def _ms(call: Callable[[], object]) -> float:
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return median(took) * 1_000
