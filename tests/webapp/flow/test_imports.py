"""Importing subscribers: what becomes of each row, and of those who do not want to come back."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, delete, select

from tests.builders import NOON, a_lead, a_subscriber, an_operator, an_organisation
from tests.webapp.web.street import on_sqlite
from webapp import db
from webapp.flow import changes, consents, import_jobs, leaving, own_data, subscribers, suppressions, wishes
from webapp.flow.import_jobs import Choices, ImportJob, ImportState, PartKind
from webapp.flow.letters import Letter
from webapp.flow.refusals import NotAllowed, NotNow
from webapp.flow.subscribers import (
    Address,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    Subscription,
    is_shell,
)
from webapp.flow.wishes import Around
from webapp.geo import keys
from webapp.importer import Importer
from webapp.imports import recognise
from webapp.links import Links

LINKS = Links("https://status.example.org", "a secret for tests")
PEOPLE = """external_id,name,email,phone,language,components,areas,points,radius_km,segments,tags,consent_at
C1,Anna,anna@example.org,070-123 45 67,sv,atm,SE-2361,,,Business,vip,2024-05-01
C2,Bo,bo@example.org,,en,,,"62.03,14.36",5,,,
C3,Cia,,12345,sv,,,,,,,
"""


class Desk:
    """Somebody who imports."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.now = engine, NOON
        with self.store() as session:
            an_organisation(session)

    @contextmanager
    def store(self) -> Iterator[Session]:
        """One transaction."""
        with db.transaction(self.engine) as session:
            yield session

    def upload(self, content: str, **chosen: object) -> ImportJob:
        """A file that has arrived."""
        usual: dict[str, object] = {"source": "Old status page", "zone": "Europe/Stockholm"}
        pieces = [content.encode()]
        with self.store() as session:
            job = import_jobs.receive(session, "people.csv", by=None, now=self.now)
            for n, piece in enumerate(pieces):
                import_jobs.keep_part(session, job, n, piece)
            shape = recognise.look(lambda: iter(pieces))
            import_jobs.be_ready(session, job, shape, Choices(**usual | chosen), by=None, now=self.now)  # type: ignore[arg-type]  # as each test says
        return job

    def run(self, job: ImportJob, *, dry: bool = False, chunk: int = 3) -> ImportJob:
        """Import it, in small chunks."""
        with self.store() as session:
            import_jobs.start(session, import_jobs.job_of(session, job.id), is_dry_run=dry, by=None, now=self.now)
        done = Importer(self.engine, LINKS, now=lambda: self.now, chunk=chunk).work()
        assert done is not None
        return done

    def bring(self, content: str, *, dry: bool = False, chunk: int = 3, **chosen: object) -> ImportJob:
        """Upload and import."""
        return self.run(self.upload(content, **chosen), dry=dry, chunk=chunk)

    def result(self, job: ImportJob) -> str:
        """The result file."""
        with db.reading(self.engine) as session:
            return b"".join(import_jobs.content(session, job.id, PartKind.result)).decode("utf-8-sig")

    def everything(self) -> list[list[tuple[object, ...]]]:
        """All that is stored of people, but for when it changed last."""
        with db.reading(self.engine) as session:
            found = []
            for table in (
                Subscriber,
                Address,
                Subscription,
                SubscriberArea,
                SubscriberPoint,
                SubscriberSegment,
                consents.Consent,
            ):
                columns = [
                    c
                    for c in SQLModel.metadata.tables[str(table.__tablename__)].c
                    if c.name not in {"id", "changed_at"}
                ]
                found.append(sorted((tuple(row) for row in session.execute(sa.select(*columns))), key=repr))
            return found

    def held(self, value: str) -> Address:
        """An address as it is stored."""
        with db.reading(self.engine) as session:
            return session.exec(select(Address).where(Address.value == value)).one()


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    """On each kind of database."""
    return Desk(engine)


def through(importer: Importer) -> ImportJob:
    """What it did."""
    done = importer.work()
    assert done is not None
    return done


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    """What became of the rows."""
    return job.created, job.updated, job.skipped, job.invalid


def test_a_table_brings_people_with_all_that_it_says(desk: Desk) -> None:
    job = desk.bring(PEOPLE)

    assert (job.state, counts(job)) == (ImportState.done, (2, 0, 0, 1))
    with desk.store() as session:
        anna = session.exec(select(Subscriber).where(Subscriber.external_id == "C1")).one()
        assert (anna.name, anna.language, anna.follows_everywhere, anna.chose_at) == ("Anna", "sv", False, None)
        assert [one.value for one in subscribers.addresses(session, anna)] == ["anna@example.org", "+46701234567"]
        assert len(subscribers.followed(session, anna)) == 1
        assert subscribers.places(session, anna)[0] == ["SE-2361"]
        bo = session.exec(select(Subscriber).where(Subscriber.external_id == "C2")).one()
        (point,) = subscribers.places(session, bo)[1]
        assert point.radius_m == 5_000
        assert keys.point(point.z) == pytest.approx((62.03, 14.36), abs=1e-6)
        agreed = consents.of(session, anna)[0]
        assert (agreed.text, agreed.source, agreed.at) == (
            "Old status page",
            "import",
            datetime(2024, 4, 30, 22, 0, tzinfo=UTC),
        )
        assert session.exec(select(Letter)).all() == []


def test_each_row_of_the_result_says_what_became_of_it_and_the_result_can_be_imported(desk: Desk) -> None:
    job = desk.bring(PEOPLE)
    rows = list(csv.DictReader(io.StringIO(desk.result(job))))

    assert [row["sveg_outcome"] for row in rows] == ["created", "created", "invalid"]
    assert "is not a mobile number" in rows[2]["sveg_reason"]
    again = desk.bring(desk.result(job).replace("12345", "070-765 43 21"))
    assert counts(again) == (1, 0, 2, 0)


def test_trying_stores_nothing_and_tells_the_same(desk: Desk) -> None:
    tried = desk.bring(PEOPLE + "C1,Anna,anna@example.org,,sv,atm,SE-2361,,,Business,vip,\n", dry=True)

    assert counts(tried) == (2, 0, 1, 1)
    with desk.store() as session:
        assert all(is_shell(session, one) for one in session.exec(select(Subscriber)))
    assert "would be created" in desk.result(tried)
    assert counts(desk.run(tried)) == (2, 0, 1, 1)


def test_importing_twice_changes_nothing(desk: Desk) -> None:
    desk.bring(PEOPLE)
    before = desk.everything()

    again = desk.bring(PEOPLE)

    assert counts(again) == (0, 0, 2, 1)
    assert desk.everything() == before


def test_two_rows_about_one_person_are_one_person(desk: Desk) -> None:
    job = desk.bring(
        "email,phone,segments\nanna@example.org,,private\nAnna@Example.ORG,0701234567,vip\n,+46 70 123 45 67,\n"
    )

    assert counts(job) == (1, 1, 1, 0)
    with desk.store() as session:
        anna = session.exec(select(Subscriber)).one()
        assert len(subscribers.addresses(session, anna)) == 2
        assert {one.segment_code for one in session.exec(select(SubscriberSegment))} == {"private", "vip"}


def test_addresses_of_two_people_in_one_row_are_told_apart_from_one_person(desk: Desk) -> None:
    desk.bring("email,phone\nanna@example.org,\n,0701234567\n")

    job = desk.bring("email,phone\nanna@example.org,0701234567\n")

    assert counts(job) == (0, 0, 0, 1)
    assert "belong to different people" in desk.result(job)


def test_whoever_left_does_not_come_back_by_a_file(desk: Desk) -> None:
    desk.bring("email\nanna@example.org\n")
    with desk.store() as session:
        leaving.leave(session, session.exec(select(Subscriber)).one(), now=NOON)

    job = desk.bring("email\nanna@example.org\n")

    assert counts(job) == (0, 0, 1, 0)
    assert "suppression list" in desk.result(job)
    assert desk.held("anna@example.org").confirmed_at is None
    with desk.store() as session:
        assert session.exec(select(Subscription)).all() == []


def test_a_customer_who_left_stays_on_file_and_is_not_asked_back(desk: Desk) -> None:
    desk.bring("external_id,email\nC1,anna@example.org\n", consent="service")
    desk.bring("email\nanna@example.org\n")
    with desk.store() as session:
        leaving.leave(session, session.exec(select(Subscriber)).one(), now=NOON)

    job = desk.bring("email\nanna@example.org\n")

    assert counts(job) == (0, 0, 1, 0)
    assert "They left on 2026-11-19" in desk.result(job)
    held = desk.held("anna@example.org")
    assert (held.is_on_file, held.confirmed_at) == (True, None)


def test_whoever_had_everything_deleted_does_not_come_back_by_an_old_file(desk: Desk) -> None:
    desk.bring("email\nanna@example.org\n")
    with desk.store() as session:
        own_data.erase(session, session.exec(select(Subscriber)).one(), now=NOON)

    job = desk.bring("email\nanna@example.org\n")

    assert counts(job) == (0, 0, 1, 0)
    with desk.store() as session:
        assert all(is_shell(session, one) for one in session.exec(select(Subscriber)))
        assert session.exec(select(suppressions.KeptOut.value)).all() == [""]


def test_what_people_chose_themselves_stands(desk: Desk) -> None:
    with desk.store() as session:
        person = a_subscriber(session, email="anna@example.org")
        wishes.choose(session, person, wishes.Choices(places=(Around("Sveg", 5.0),)), now=NOON)
    before = desk.everything()[2]

    job = desk.bring("email,components,areas,name\nanna@example.org,atm,SE-2361,Anna\n")

    assert counts(job) == (0, 1, 0, 0)
    assert desk.everything()[2] == before
    assert "What they chose themselves stands" in desk.result(job)


def test_a_later_file_replaces_what_an_earlier_one_said_they_follow(desk: Desk) -> None:
    desk.bring("email,components,areas\nanna@example.org,atm,SE-2361\n")

    job = desk.bring("email,components,areas\nanna@example.org,all,sveg\n")

    assert counts(job) == (0, 1, 0, 0)
    with desk.store() as session:
        anna = session.exec(select(Subscriber)).one()
        assert subscribers.followed(session, anna) == [None]
        assert subscribers.places(session, anna)[0] == ["sveg"]


def test_customers_on_file_have_their_places_on_file(desk: Desk) -> None:
    desk.bring("external_id,email,areas,points\nC1,anna@example.org,SE-2361,Sveg\nC2,,SE-2361,\n", consent="service")

    with desk.store() as session:
        anna, nobody = session.exec(select(Subscriber).order_by(col(Subscriber.external_id)))
        assert (anna.is_customer, nobody.is_customer, anna.follows_everywhere) == (True, True, False)
        assert subscribers.places(session, anna) == ([], [])
        assert session.exec(select(SubscriberPoint.is_on_file)).all() == [True]
        assert {one.is_on_file for one in session.exec(select(SubscriberArea))} == {True}
    assert desk.held("anna@example.org").confirmed_at is None


def test_unknown_services_and_areas_are_named(desk: Desk) -> None:
    job = desk.bring("email,components,areas\na@example.org,Teleport,\nb@example.org,,Narnia\n")

    assert job.reasons == {
        "invalid: We have no service called 'Teleport'; say which of ours it is": 1,
        "invalid: We have no area 'Narnia'; write its code or its name, or add it to the areas first": 1,
    }
    named = desk.bring("email,components\na@example.org,Teleport\n", components={"teleport": "atm"})
    assert counts(named) == (1, 0, 0, 0)


def test_nothing_is_sent_unless_it_is_chosen(desk: Desk) -> None:
    desk.bring("email,language\nanna@example.org,sv\n", welcome=True)
    desk.bring("email,language\nanna@example.org,sv\n", welcome=True)

    with desk.store() as session:
        (letter,) = session.exec(select(Letter))
        assert "https://status.example.org/subscribe/mine/" in letter.body


def test_every_way_of_writing_leaves_the_mark_that_a_snapshot_needs(desk: Desk) -> None:
    with desk.store() as session:
        mark = changes.next_mark(session)

    desk.bring(PEOPLE)

    with desk.store() as session:
        everybody = set(session.exec(select(Subscriber.id)))
        assert set(changes.since(session, mark, most=100) or ()) == everybody
        assert None not in set(session.exec(select(Subscriber.changed_at)))


def test_an_import_that_is_stopped_goes_on_where_it_was(desk: Desk) -> None:
    job = desk.upload("email\n" + "".join(f"reader{n}@example.org\n" for n in range(10)))
    with desk.store() as session:
        import_jobs.start(session, import_jobs.job_of(session, job.id), is_dry_run=False, by=None, now=NOON)

    def stop(_job: ImportJob) -> None:
        with desk.store() as session:
            import_jobs.stop(session, import_jobs.job_of(session, job.id), by=None, now=NOON)

    stopped = through(Importer(desk.engine, LINKS, now=lambda: NOON, chunk=4, told=stop))
    assert (stopped.state, stopped.rows) == (ImportState.stopped, 4)
    on = desk.run(job, chunk=4)

    assert (on.state, on.rows, counts(on)) == (ImportState.done, 10, (10, 0, 0, 0))
    assert desk.result(on).count("created") == 10


def test_an_import_whose_worker_died_is_taken_up_by_another(desk: Desk) -> None:
    job = desk.upload("email\n" + "".join(f"reader{n}@example.org\n" for n in range(10)))
    with desk.store() as session:
        import_jobs.start(session, import_jobs.job_of(session, job.id), is_dry_run=False, by=None, now=NOON)

    class Died(Exception):
        """Somebody pulled the plug."""

    def die(_job: ImportJob) -> None:
        raise Died

    with pytest.raises(Died):
        Importer(desk.engine, LINKS, now=lambda: NOON, chunk=4, told=die).work()
    assert Importer(desk.engine, LINKS, now=lambda: NOON, chunk=4).work() is None
    later = NOON + timedelta(minutes=2)
    on = through(Importer(desk.engine, LINKS, now=lambda: later, chunk=4))

    assert (on.state, counts(on)) == (ImportState.done, (10, 0, 0, 0))
    assert desk.result(on).count("created") == 10


def test_an_import_that_fails_time_after_time_is_not_taken_up_again(desk: Desk) -> None:
    job = desk.upload("email\nanna@example.org\n")
    with desk.store() as session:
        import_jobs.start(session, import_jobs.job_of(session, job.id), is_dry_run=False, by=None, now=NOON)

    def fail(_job: ImportJob) -> None:
        raise RuntimeError

    for n in range(4):
        with pytest.raises(RuntimeError):
            Importer(desk.engine, LINKS, now=lambda n=n: NOON + n * timedelta(minutes=2), chunk=1, told=fail).work()  # type: ignore[misc]  # a lambda with a default
        with desk.store() as session:
            session.execute(sa.update(ImportJob).values(rows=0))
    last = through(Importer(desk.engine, LINKS, now=lambda: NOON + timedelta(hours=1), chunk=1, told=fail))

    assert last.state is ImportState.failed
    assert "It failed 5 times" in last.detail


def test_an_import_waits_while_messages_go_out(desk: Desk) -> None:
    job = desk.upload("email\nanna@example.org\n")
    with desk.store() as session:
        import_jobs.start(session, import_jobs.job_of(session, job.id), is_dry_run=False, by=None, now=NOON)
    busy = [True, True, False]
    importer = Importer(desk.engine, LINKS, now=lambda: NOON, busy=lambda: busy.pop(0))
    importer.gives_way_s = 0.0

    assert through(importer).state is ImportState.done
    assert len(busy) == 0


def test_the_rows_before_a_break_are_imported_and_the_break_is_told(desk: Desk) -> None:
    job = desk.bring('[{"email": "anna@example.org"}, {"email": "bo@exam')

    assert (job.state, counts(job)) == (ImportState.failed, (1, 0, 0, 0))
    assert "After entry 1" in job.detail


def test_zero_bytes_are_left_out(desk: Desk) -> None:
    assert counts(desk.bring('[{"email": "anna@example.org", "name": "A\\u0000nna", "tags": ["a\\u0000b"]}]')) == (
        1,
        0,
        0,
        0,
    )


def test_formulas_in_a_result_are_calmed_and_read_back_as_they_were(desk: Desk) -> None:
    job = desk.bring("name,email,phone\n=HYPERLINK(1),anna@example.org,+46701234567\n")

    assert "'=HYPERLINK(1)" in desk.result(job)
    assert ",+46701234567," in desk.result(job)


def test_operators_do_not_import(desk: Desk) -> None:
    operator, lead = an_operator(), a_lead()
    with desk.store() as session:
        session.add_all([operator, lead])
        session.flush()
        with pytest.raises(NotAllowed):
            import_jobs.receive(session, "x.csv", by=operator, now=NOON)
        job = import_jobs.receive(session, "x.csv", by=lead, now=NOON)
        with pytest.raises(NotNow):
            import_jobs.start(session, _with_source(session, job), is_dry_run=True, by=lead, now=NOON)


def _with_source(session: Session, job: ImportJob) -> ImportJob:
    job.choices = {"source": "x"}
    session.flush()
    return job


def test_old_files_are_deleted_and_their_numbers_stay(desk: Desk) -> None:
    job = desk.bring(PEOPLE)
    later = NOON + timedelta(days=31)
    with desk.store() as session:
        assert not import_jobs.any_old(session, now=NOON)
        assert import_jobs.forget_old(session, now=later) == 1
        assert not import_jobs.any_old(session, now=later)

    assert desk.result(job) == ""
    with desk.store() as session:
        assert counts(import_jobs.job_of(session, job.id)) == (2, 0, 0, 1)


ROW = st.tuples(
    st.sampled_from(["", "C1", "C2"]), st.sampled_from(["", "a@example.org", "b@example.org", "bad"]), st.sampled_from(["", "0701234567", "+46 70 765 43 21"]),
    st.sampled_from(["", "atm", "all", "Teleport"]), st.sampled_from(["", "SE-2361", "sveg"]), st.sampled_from(["", "x", "x;y"]), st.sampled_from(["asked", "service"]),
)  # fmt: skip


@on_sqlite
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=8), chunk=st.integers(1, 5))
def test_any_file_twice_is_the_same_as_once_whatever_the_chunks(
    desk: Desk, rows: list[tuple[str, ...]], chunk: int
) -> None:
    head = "external_id,email,phone,components,areas,segments,consent\n"
    content = head + "".join(",".join(row) + "\n" for row in rows) + "C9,z@example.org,,,,,asked\n"
    with desk.store() as session:
        for table in (SubscriberSegment, SubscriberArea, SubscriberPoint, Subscription, Address, Subscriber):
            session.execute(delete(table))
    desk.bring(content, chunk=100)
    together = people(desk)
    desk.bring(content, chunk=chunk)

    assert people(desk) == together


def people(desk: Desk) -> list[list[tuple[object, ...]]]:
    """All but consents, which are never deleted, and numbers, which differ."""
    return [
        [tuple(cell for cell in row if not isinstance(cell, int) or isinstance(cell, bool)) for row in rows]
        for rows in desk.everything()[:-1]
    ]
