"""`python -m webapp import-history`, from a page that really answers and from files."""

import json
from pathlib import Path
from typing import Any

import pytest

from rules.past import read_past
from tests.builders import an_organisation
from tests.databases import Database
from tests.webapp.told_elsewhere import a_component, a_document, a_page, an_outage, planned_work
from webapp import __main__, db
from webapp.flow.history import past_incidents


@pytest.fixture
def installation(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """A demonstration: it may read from this machine."""
    for name, value in {"DATABASE_URL": database.url, "SECRET_KEY": "for tests", "SANDBOX_URL": "http://127.0.0.1:1",
                        "SVEG_INSTANCE": str(tmp_path)}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    engine = db.make_engine(database.url)
    with db.transaction(engine) as session:
        an_organisation(session)
    engine.dispose()
    return database


def the_page(*incidents: Any) -> dict[str, Any]:
    return {
        "/api/v2/incidents.json": a_document(*incidents),
        "/api/v2/scheduled-maintenances.json": a_document(planned_work(), key="scheduled_maintenances"),
        "/api/v2/components.json": {"page": {}, "components": [a_component()]},
    }


def stored(installation: Database) -> int:
    engine = db.make_engine(installation.url)
    with db.reading(engine) as session:
        found = len(past_incidents(session))
    engine.dispose()
    return found


def test_a_pasted_address_is_imported_and_replayable(
    installation: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "past.jsonl"
    with a_page(the_page(*(an_outage(number) for number in range(1, 51)))) as url:
        code = __main__.main(["import-history", f"{url}/history?page=1", "--export", str(file)])
        again = __main__.main(["import-history", url])

    said = capsys.readouterr().out
    assert (code, again, stored(installation)) == (0, 0, 51)
    assert "51 created, 0 updated, 0 skipped, 0 invalid" in said
    assert "0 created, 0 updated, 51 skipped, 0 invalid" in said
    assert "and 31 more skipped" in said
    assert len(read_past(file.read_text(encoding="utf-8").splitlines())) == 51


def test_a_dry_run_of_a_folder_says_what_is_wrong_and_stores_nothing(
    installation: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = a_document(an_outage(), an_outage(2, started_at="2026-11-19T12:10:00"))
    (tmp_path / "incidents.json").write_text(json.dumps(told))
    file = tmp_path / "past.jsonl"

    code = __main__.main(["import-history", str(tmp_path), "--dry-run", "--export", str(file), "--assume-usual"])

    said = capsys.readouterr().out
    assert (code, stored(installation)) == (1, 0)
    assert "Nothing is stored; it would be: 1 created, 0 updated, 0 skipped, 1 invalid" in said
    assert (
        "incidents.json, incident 2 (outage000002): started_at is '2026-11-19T12:10:00', which names no time zone"
        in said
    )
    assert [one.facts["cost@sms"] for one in read_past(file.read_text(encoding="utf-8").splitlines())] == [0]


def test_what_cannot_be_read_is_said_and_nothing_is_stored(
    installation: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    half = the_page(an_outage()) | {"/api/v2/scheduled-maintenances.json": b"<html>"}
    with a_page(half) as url:
        assert __main__.main(["import-history", url]) == 2
        monkeypatch.delenv("SANDBOX_URL")
        assert __main__.main(["import-history", url]) == 2
    assert __main__.main(["import-history", str(tmp_path)]) == 2

    said = capsys.readouterr().err
    assert "scheduled-maintenances.json is not JSON" in said
    assert "leads into a private network (127.0.0.1); only public pages are read" in said
    assert "holds neither incidents.json nor scheduled-maintenances.json" in said
    assert stored(installation) == 0
