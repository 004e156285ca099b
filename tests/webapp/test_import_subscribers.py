"""`python -m webapp import-subscribers`, as somebody at the server's terminal uses it."""

import json
from pathlib import Path

import pytest
from sqlmodel import Session, select

from tests.builders import an_organisation
from tests.databases import Database
from webapp.__main__ import main
from webapp.flow.subscribers import Address


@pytest.fixture
def folder(database: Database, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for files, with an installation behind it."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("SVEG_INSTANCE", str(tmp_path))
    an_organisation(session)
    session.commit()
    return tmp_path


def bring(file: Path, *more: str) -> int:
    """The command; its exit code."""
    return main(["import-subscribers", str(file), "--source", "The old page", *more])


def test_a_file_is_tried_imported_and_its_result_imported_again(
    folder: Path, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    file, result = folder / "people.csv", folder / "result.csv"
    file.write_text("email,components\nanna@example.org,Teleport\nbo@example.org,\n", encoding="utf-8")

    assert bring(file, "--dry-run") == 1
    assert "Nothing is stored" in capsys.readouterr().out
    assert session.exec(select(Address.value)).all() == []
    session.rollback()
    assert bring(file, "--component", "Teleport=atm", "--result", str(result)) == 0
    assert bring(result) == 0

    assert "2 skipped" in capsys.readouterr().out
    assert sorted(session.exec(select(Address.value))) == ["anna@example.org", "bo@example.org"]


def test_columns_are_named_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "people.csv"
    file.write_text("who;x\nanna@example.org;1\n", encoding="utf-8")

    assert bring(file) == 2
    assert "None of its columns (who, x) says who it is" in capsys.readouterr().err
    assert bring(file, "--map", "who=email") == 0


def test_what_cannot_be_read_says_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "people.json"
    file.write_text(json.dumps([{"email": "anna@example.org"}])[:-8], encoding="utf-8")

    assert bring(file) == 2
    assert bring(folder / "missing.csv") == 2
    assert "No such file" in capsys.readouterr().err
