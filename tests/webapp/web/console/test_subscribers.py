"""The pages about subscribers: whom one finds, what one sees of them, what one may do."""

import io
import json
from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.builders import NOON, a_person, a_submitted_notice, a_subscriber
from tests.webapp.web.console.room import Room
from webapp.flow import api_keys, consents, import_jobs, leaving, lifecycle, schedule, sent_to
from webapp.flow.approvals import Recipient, recipient_counts
from webapp.flow.audit import AuditEntry
from webapp.flow.import_jobs import ImportJob, ImportState, PartKind
from webapp.flow.letters import Letter
from webapp.flow.notices import Notice
from webapp.flow.people import Person, Role
from webapp.flow.schedule import ActionKind
from webapp.flow.subscribers import Address, Segment, Subscriber, SubscriberSegment
from webapp.importer import Importer

TABLE = "email,phone,name,components,segments\nanna@example.org,0701234567,Anna Berg,atm,vip\nbo@example.org,,Bo Ek,,\nbad,,,,\n"


@pytest.fixture
def anna(room: Room) -> int:
    """Somebody who asked, with a number and a mail address."""
    with room.store() as session:
        person = a_subscriber(session, email="anna@example.org", sms="+46701234567")
        person.name, person.external_id = "Anna Berg", "C-17"
        return person.id or 0


def words(room: Room, who: Person, path: str) -> str:
    """What somebody sees."""
    answer = room.seen_by(who).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("typed", ["anna@EXAMPLE.org", "070-123 45 67", "C-17", "Anna", "anna b"])
def test_somebody_is_found_by_address_number_id_and_the_beginning_of_a_name(room: Room, anna: int, typed: str) -> None:
    with room.store() as session:
        a_subscriber(session, email="other@example.org")

    page = room.seen_by(room.lena).get("/console/subscribers", query_string={"q": typed}).text

    assert f"/console/subscribers/{anna}" in page
    assert "other@example.org" not in page


@pytest.mark.parametrize(
    ("query", "fits"),
    [("channel=sms", True), ("channel=webhook", False), ("consent=asked", True), ("consent=service", False), ("consent=none", False),
     ("component=atm", True), ("language=en", True), ("language=sv", False), ("suppressed=yes", False), ("suppressed=no", True), ("segment=vip", True), ("area=sveg", False)],
)  # fmt: skip
def test_filters_keep_those_who_fit(room: Room, anna: int, query: str, fits: bool) -> None:
    with room.store() as session:
        session.add(Segment(code="vip", name="VIP"))
        session.flush()
        session.add(SubscriberSegment(subscriber_id=anna, segment_code="vip"))

    assert ("Anna Berg" in words(room, room.lena, f"/console/subscribers?{query}")) is fits


def test_pages_follow_by_key(room: Room) -> None:
    with room.store() as session:
        for n in range(55):
            a_subscriber(session, email=f"reader{n}@example.org").name = f"Reader {n:02}"

    first = words(room, room.lena, "/console/subscribers")
    before = first.split("before=")[1].split('"')[0]
    second = words(room, room.lena, f"/console/subscribers?before={before}")

    assert "Reader 54" in first
    assert "Reader 04" not in first
    assert "Reader 04" in second
    assert "Reader 05" not in second


def test_operators_see_addresses_masked_and_leads_in_full(room: Room, anna: int) -> None:
    for path in ("/console/subscribers", f"/console/subscribers/{anna}"):
        assert "anna@example.org" not in words(room, room.olle, path)
        assert "a…@example.org" in words(room, room.olle, path)
        assert "+46701234567" in words(room, room.lena, path)


@pytest.mark.parametrize("path", ["unsubscribe", "suppression", "lifting", "link", "segments", "export", "deletion"])
def test_operators_change_nobody(room: Room, anna: int, path: str) -> None:
    answer = room.seen_by(room.olle).post(f"/console/subscribers/{anna}/{path}", data={"sure": "yes"})

    assert answer.status_code == 403
    assert room.stored(Subscriber, anna).left_at is None


@pytest.mark.parametrize("path", ["/console/subscribers/export", "/console/subscribers/suppressed/export"])
def test_operators_take_no_list_along(room: Room, path: str) -> None:
    assert room.seen_by(room.olle).post(path).status_code == 403


def test_a_lead_suppresses_and_lifts_an_address_with_reasons(room: Room, anna: int) -> None:
    with room.store() as session:
        number = session.exec(select(Address).where(Address.channel == "sms")).one()
    lena = room.seen_by(room.lena)

    lena.post(f"/console/subscribers/{anna}/suppression", data={"address": number.id, "why": "Wrong person"})
    assert room.stored(Address, number.id).suppressed_reason == "unsubscribed"
    assert "+46701234567" in lena.get("/console/subscribers/suppressed").text
    assert (
        lena.post("/console/subscribers/suppressed/lifting", data={"key": f"a{number.id}", "why": ""}).status_code
        == 422
    )
    lena.post("/console/subscribers/suppressed/lifting", data={"key": f"a{number.id}", "why": "They called"})

    assert room.stored(Address, number.id).suppressed_at is None
    with room.store() as session:
        said = [
            one.sentence
            for one in session.exec(select(AuditEntry).where(col(AuditEntry.act).startswith("suppression")))
        ]
    assert said == [
        "Lena added an address to the suppression list: unsubscribed",
        "Lena took an address off the suppression list: They called",
    ]


def test_a_list_of_suppressed_addresses_is_brought_and_taken_along(room: Room) -> None:
    lena = room.seen_by(room.lena)
    file = (io.BytesIO(b"email\ngone@example.org\n+46701112233\nrubbish\n"), "list.csv")

    answer = lena.post(
        "/console/subscribers/suppressed",
        data={"file": file, "reason": "bad_address"},
        content_type="multipart/form-data",
        follow_redirects=True,
    )

    assert "2 added" in answer.text
    taken = lena.post("/console/subscribers/suppressed/export").text
    assert "email,gone@example.org,bad_address" in taken
    assert "sms,+46701112233,bad_address" in taken


def test_unsubscribing_in_their_name_ends_what_they_asked_for(room: Room, anna: int) -> None:
    room.seen_by(room.lena).post(f"/console/subscribers/{anna}/unsubscribe")

    assert room.stored(Subscriber, anna).left_at is not None
    assert "Lena unsubscribed somebody" in words(room, room.lena, f"/console/subscribers/{anna}")


def test_their_personal_link_is_sent_again(room: Room, anna: int) -> None:
    with room.store() as session:
        mail = session.exec(select(Address).where(Address.channel == "email")).one()

    room.seen_by(room.lena).post(f"/console/subscribers/{anna}/link", data={"address": mail.id})

    with room.store() as session:
        assert "http://status.example/subscribe/mine/" in session.exec(select(Letter)).one().body


def test_deleting_is_asked_twice_and_leaves_counts_true(room: Room, anna: int) -> None:
    with room.store() as session:
        notice = a_submitted_notice(session, by=session.merge(room.olle))
        lifecycle.sign(session, notice, by=session.get_one(Person, room.lena.id), now=NOON, hold_s=0)
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        lifecycle.execute(session, action, now=NOON, status_url="https://status.example")
        before = recipient_counts(session, notice)
    lena = room.seen_by(room.lena)
    assert "Cash machines in Sveg do not work" in lena.get(f"/console/subscribers/{anna}").text

    lena.post(f"/console/subscribers/{anna}/deletion")
    assert room.stored(Subscriber, anna)
    lena.post(f"/console/subscribers/{anna}/deletion", data={"sure": "yes"})

    assert lena.get(f"/console/subscribers/{anna}").status_code == 404
    with room.store() as session:
        assert recipient_counts(session, session.get_one(Notice, notice.id)) == before
        assert set(session.exec(select(Recipient.value))) == {""}
        assert set(session.exec(select(consents.Consent.value))) <= {""}
        assert session.exec(select(Address)).all() == []


def test_what_somebody_was_sent_says_why(room: Room, anna: int) -> None:
    with room.store() as session:
        notice = a_submitted_notice(session, by=session.merge(room.olle))
        lifecycle.sign(session, notice, by=session.get_one(Person, room.lena.id), now=NOON, hold_s=0)
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        lifecycle.execute(session, action, now=NOON, status_url="https://status.example")
        (sent,) = sent_to.sent_to(session, session.get_one(Subscriber, anna))

    assert (sent.code, sent.channel, sent.is_asked, str(sent.state)) == (notice.code, "sms", True, "planned")
    assert "they asked" in words(room, room.olle, f"/console/subscribers/{anna}")


def test_an_export_can_be_imported_again(room: Room, anna: int) -> None:
    taken = room.seen_by(room.lena).post("/console/subscribers/export", data={"format": "csv"}).data
    lines = room.seen_by(room.lena).post("/console/subscribers/export", data={"format": "json"}).text.splitlines()

    assert {json.loads(line)["address"] for line in lines} == {"anna@example.org", "+46701234567"}
    job = upload(room, taken)
    run(room, job, how="import")
    done = room.stored(ImportJob, job)
    assert (done.created, done.updated, done.skipped, done.invalid) == (0, 0, 2, 0), done.reasons


def upload(room: Room, content: bytes, name: str = "people.csv") -> object:
    """A file as a lead brings it; its id."""
    data = {"file": (io.BytesIO(content), name), "source": "Our old page", "country": "SE"}
    answer = room.seen_by(room.lena).post("/console/subscribers/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    with room.store() as session:
        return session.exec(select(ImportJob).order_by(col(ImportJob.uploaded_at).desc(), col(ImportJob.id))).first().id  # type: ignore[union-attr]  # there is one


def run(room: Room, job_id: object, *, how: str) -> None:
    """Start it, and let the worker do it."""
    assert (
        room.seen_by(room.lena).post(f"/console/subscribers/imports/{job_id}/run", data={"how": how}).status_code == 303
    )
    Importer(room.engine, room.app.extensions["sveg"].links, now=lambda: room.now).work()


def test_a_file_is_tried_then_imported_and_its_result_taken_along(room: Room) -> None:
    job, lena = upload(room, TABLE.encode()), room.seen_by(room.lena)
    page = f"/console/subscribers/imports/{job}"
    assert "Nothing is stored yet" in lena.get(page).text

    run(room, job, how="try")
    assert "Import 2 for real" in lena.get(page).text
    with room.store() as session:
        assert session.exec(select(Subscriber)).all() == []
    run(room, job, how="import")

    assert "is not a mail address" in lena.get(page).text
    result = lena.post(f"{page}/result")
    assert "anna@example.org,0701234567,Anna Berg,atm,vip,created," in result.data.decode("utf-8-sig")
    assert result.headers["Content-Disposition"] == "attachment; filename=result-people.csv"


def test_columns_may_be_chosen_by_hand(room: Room) -> None:
    job, lena = upload(room, b"Kundens post,Kallas\nanna@example.org,Anna\n"), room.seen_by(room.lena)
    page = f"/console/subscribers/imports/{job}"
    assert "choose below what they hold" in lena.get(page).text

    lena.post(f"{page}/reading", data={"map-Kundens post": "email", "map-Kallas": "name", "source": "x"})
    run(room, job, how="import")

    assert room.stored(ImportJob, job).created == 1


def test_an_import_waits_to_be_done_and_can_be_stopped(room: Room) -> None:
    job, lena = upload(room, TABLE.encode()), room.seen_by(room.lena)
    page = f"/console/subscribers/imports/{job}"
    lena.post(f"{page}/run", data={"how": "import"})
    assert 'hx-trigger="every 1s"' in lena.get(f"{page}/progress").text

    lena.post(f"{page}/stop")

    assert room.stored(ImportJob, job).state is ImportState.stopped
    assert "Go on" in lena.get(page).text
    assert Importer(room.engine, room.app.extensions["sveg"].links, now=lambda: room.now).work() is None


def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong(room: Room) -> None:
    data = {"file": (io.BytesIO(b'[{"email": '), "people.json"), "source": "x"}
    answer = room.seen_by(room.lena).post("/console/subscribers/imports", data=data, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert "was it cut off" in answer.text
    with room.store() as session:
        assert session.exec(select(ImportJob)).all() == []


def test_a_deleted_file_leaves_its_numbers(room: Room) -> None:
    job = upload(room, TABLE.encode())
    run(room, job, how="import")
    room.seen_by(room.lena).post(f"/console/subscribers/imports/{job}/deletion")

    assert "were deleted" in words(room, room.lena, f"/console/subscribers/imports/{job}")
    with room.store() as session:
        assert import_jobs.part(session, room.stored(ImportJob, job).id, PartKind.file, 0) is None


def test_operators_import_nothing(room: Room) -> None:
    data = {"file": (io.BytesIO(TABLE.encode()), "people.csv"), "source": "x"}
    assert (
        room.seen_by(room.olle)
        .post("/console/subscribers/imports", data=data, content_type="multipart/form-data")
        .status_code
        == 403
    )


def test_segments_are_made_renamed_counted_and_deleted(room: Room, anna: int) -> None:
    lena, here = room.seen_by(room.lena), "/console/subscribers/segments"
    lena.post(here, data={"name": "Business customers", "sort": "segment"})
    assert lena.post(here, data={"name": "business customers"}).status_code == 422
    lena.post(f"/console/subscribers/{anna}/segments", data={"segment": "business-customers"})
    lena.post(f"{here}/business-customers/name", data={"name": "Companies"})
    page = lena.get(here).text
    assert "Companies" in page
    assert ">1</a>" in page

    lena.post(f"{here}/business-customers/deletion")

    with room.store() as session:
        assert session.exec(select(Segment)).all() == []
        assert session.get(Subscriber, anna)
    assert room.seen_by(room.olle).post(here, data={"name": "x"}).status_code == 403


def test_a_key_is_shown_once_and_revoked_by_an_administrator(room: Room) -> None:
    with room.store() as session:
        adam = a_person(Role.admin, name="Adam")
        session.add(adam)
    assert (
        room.seen_by(room.lena).post("/console/subscribers/keys", data={"name": "CRM", "scopes": "read"}).status_code
        == 403
    )

    page = room.seen_by(adam).post("/console/subscribers/keys", data={"name": "CRM", "scopes": ["read", "write"]}).text
    secret = page.split('class="secret">')[1].split("<")[0]
    with room.store() as session:
        key = api_keys.opened_by(session, secret, now=NOON)
        assert key is not None
        assert (key.name, key.scopes) == ("CRM", ["read", "write"])
        assert secret not in repr(key)
    assert secret not in words(room, adam, "/console/subscribers/keys")
    room.seen_by(adam).post(f"/console/subscribers/keys/{key.id}/revocation")

    with room.store() as session:
        assert api_keys.opened_by(session, secret, now=NOON) is None


def test_a_key_ends_with_its_day(room: Room) -> None:
    with room.store() as session:
        adam = a_person(Role.admin)
        session.add(adam)
        session.flush()
        _, secret = api_keys.create(session, "CRM", ["read"], expires_at=NOON + timedelta(days=1), by=adam, now=NOON)
        assert api_keys.opened_by(session, secret, now=NOON)
        assert api_keys.opened_by(session, secret, now=NOON + timedelta(days=2)) is None


def test_whoever_left_is_seen_as_such(room: Room, anna: int) -> None:
    with room.store() as session:
        leaving.leave(session, session.get_one(Subscriber, anna), now=NOON)

    assert "Left" in words(room, room.lena, f"/console/subscribers/{anna}")
