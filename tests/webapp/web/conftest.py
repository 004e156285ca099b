"""What tests of the public side may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.webapp.web.street import Street


@pytest.fixture
def street(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """The public side at noon, on each kind of database."""
    street = Street(database, tmp_path, monkeypatch)
    yield street
    street.close()
