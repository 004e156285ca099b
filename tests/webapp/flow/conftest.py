"""What tests of the flow share."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.arrow import Arrow, an_arrow
from webapp.sandbox.life import AT_ONCE


@pytest.fixture
def arrow(engine: sa.Engine) -> Iterator[Arrow]:
    """The whole arrow, on this test's database and a sandbox of its own; texts reach phones at once."""
    with an_arrow(engine, pace=AT_ONCE) as arrow:
        yield arrow
