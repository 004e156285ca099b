"""What tests of the console may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.webapp.web.console.room import Room


@pytest.fixture
def room(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """The console at noon, on each kind of database."""
    room = Room(database, tmp_path, monkeypatch)
    yield room
    room.close()
