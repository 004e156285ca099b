"""The trail: a chain that shows each change to it, and rows that the database does not let anybody change."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from tests.builders import NOON, a_lead
from tests.webapp.flow.scenes import together
from webapp import db
from webapp.flow import audit
from webapp.flow.audit import AuditEntry, AuditHead

FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
PLAIN = st.dictionaries(WORDS, st.one_of(st.none(), st.booleans(), st.integers(-9, 9), WORDS), max_size=4)


def written(session: Session, number: int) -> list[AuditEntry]:
    """So many entries, committed."""
    lead = a_lead()
    session.add(lead)
    session.flush()
    entries = [
        audit.record(session, "notice.drafted", ("notice", n), f"Entry {n}", by=lead, now=NOON, after={"n": n})
        for n in range(number)
    ]
    session.commit()
    return entries


def unprotected(engine: sa.Engine, statement: sa.Update | sa.Delete) -> None:
    """As somebody would who owns the database."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for act in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER audit_entry_no_{act}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(statement)


def changed(entry: AuditEntry, **values: object) -> sa.Update:
    return sa.update(AuditEntry).where(col(AuditEntry.id) == entry.id).values(**values)


def removed(entry: AuditEntry) -> sa.Delete:
    return sa.delete(AuditEntry).where(col(AuditEntry.id) == entry.id)


def broken(engine: sa.Engine) -> int | None:
    with db.reading(engine) as session:
        entry = audit.first_broken(session)
        return entry.id if entry else None


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET sentence = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_an_entry(session: Session, engine: sa.Engine, statement: str) -> None:
    written(session, 2)

    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
        connection.exec_driver_sql(statement)

    assert broken(engine) is None


@pytest.mark.parametrize("field", ["sentence", "by_name", "act", "subject_kind", "subject_id", "after", "at"])
def test_a_changed_entry_is_found(session: Session, engine: sa.Engine, field: str) -> None:
    entries = written(session, 3)
    value = NOON + timedelta(seconds=1) if field == "at" else "else"

    unprotected(engine, changed(entries[1], **{field: value}))

    assert broken(engine) == entries[1].id


def test_an_entry_that_is_missing_is_found(session: Session, engine: sa.Engine) -> None:
    entries = written(session, 3)

    unprotected(engine, removed(entries[1]))

    assert broken(engine) == entries[2].id


def test_entries_that_were_cut_off_the_end_are_found(session: Session, engine: sa.Engine) -> None:
    entries = written(session, 3)

    unprotected(engine, removed(entries[2]))

    assert broken(engine) == entries[1].id


def test_an_entry_hashed_anew_breaks_those_after_it(session: Session, engine: sa.Engine) -> None:
    entries = written(session, 3)
    forged = AuditEntry(**entries[1].model_dump() | {"sentence": "Nothing happened"})

    unprotected(engine, changed(entries[1], sentence=forged.sentence, hash=audit.digest(forged)))

    assert broken(engine) == entries[2].id


def test_many_who_write_at_once_make_one_chain(engine: sa.Engine) -> None:
    def write() -> None:
        for n in range(5):
            with db.transaction(engine) as session:
                audit.record(session, "notice.drafted", ("notice", n), "At once", by=None, now=NOON)

    together(*[write] * 4)

    with db.reading(engine) as session:
        assert len(session.exec(select(AuditEntry)).all()) == 20
        assert len(session.exec(select(AuditHead)).all()) == 1
    assert broken(engine) is None


@FEW
@given(before=PLAIN, after=PLAIN, sentence=WORDS,
       zone=st.sampled_from(["UTC", "Europe/Stockholm", "Asia/Kathmandu"]))  # fmt: skip
def test_whatever_is_written_reads_back_as_it_was_hashed(
    session: Session, engine: sa.Engine, before: dict[str, object], after: dict[str, object], sentence: str, zone: str
) -> None:
    now: datetime = (NOON + timedelta(microseconds=7)).astimezone(ZoneInfo(zone))

    audit.record(session, "x", ("notice", 1), sentence, by=None, now=now, before=before, after=after)
    session.commit()

    assert broken(engine) is None


def test_the_story_of_things_is_told_in_order(session: Session) -> None:
    written(session, 3)

    assert [entry.sentence for entry in audit.story(session, ["2", "0"])] == ["Entry 0", "Entry 2"]
