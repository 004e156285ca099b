"""What journeys share."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.arrow import Arrow, an_arrow


@pytest.fixture
def arrow(engine: sa.Engine) -> Iterator[Arrow]:
    """The whole arrow, on this test's database and a sandbox of its own."""
    with an_arrow(engine) as arrow:
        yield arrow
