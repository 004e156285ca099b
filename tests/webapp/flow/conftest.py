"""What tests of the flow share."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.arrow import Arrow, an_arrow
from tests.databases import Database
from webapp import db
from webapp.sandbox.life import AT_ONCE

FIRST: dict[str, sa.Engine] = {}  # by kind of database


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    """As the program makes it. Statements that an earlier test's engine has compiled are not compiled again."""
    engine = db.make_engine(database.url)
    first = FIRST.setdefault(database.kind, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    yield engine
    engine.dispose()


@pytest.fixture
def arrow(engine: sa.Engine) -> Iterator[Arrow]:
    """The whole arrow, on this test's database and a sandbox of its own; texts reach phones at once."""
    with an_arrow(engine, pace=AT_ONCE) as arrow:
        yield arrow
