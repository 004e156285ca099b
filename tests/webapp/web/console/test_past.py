"""A lead imports what another page announced: tried first, then stored, listed, deleted."""

import io
import json
from typing import Any

from sqlmodel import select

from tests.webapp.told_elsewhere import a_component, a_document, a_page, an_outage, planned_work
from tests.webapp.web.console.notice_scenes import words
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow.audit import AuditEntry
from webapp.flow.history import PastIncident

ADDRESS = "/console/history"


def files(**documents: Any) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(json.dumps(one).encode()), f"{name}.json") for name, one in documents.items()]


def stored(room: Room) -> int:
    with room.store() as session:
        return len(session.exec(select(PastIncident)).all())


def the_page() -> dict[str, Any]:
    return {
        "/api/v2/incidents.json": a_document(an_outage(1), an_outage(2)),
        "/api/v2/scheduled-maintenances.json": a_document(planned_work(), key="scheduled_maintenances"),
        "/api/v2/components.json": {"page": {}, "components": [a_component()]},
    }


def test_files_are_tried_first_and_stored_only_then(room: Room) -> None:
    lena = room.seen_by(room.lena)
    wrong = an_outage(3, started_at="2026-11-19T12:10:00")
    upload = files(
        incidents=a_document(an_outage(1, name="No <money>"), wrong), components={"components": [a_component()]}
    )

    tried = lena.post(ADDRESS, data={"files": upload, "then": "look"})
    before = stored(room)
    told = {"file-name": "incidents.json", "file-content": json.dumps(a_document(an_outage(1, name="No <money>")))}
    done = lena.post(ADDRESS, data=told | {"then": "import"}, follow_redirects=True)
    again = lena.post(ADDRESS, data=told | {"then": "import"}, follow_redirects=True)

    assert "It would be: 1 created , 0 updated, 0 skipped, 1 invalid" in words(tried.text)
    assert "which names no time zone" in tried.text
    assert "No &lt;money&gt;" in tried.text
    assert 'name="file-content"' in tried.text
    assert before == 0
    assert "Imported: 1 created, 0 updated, 0 skipped, 0 invalid." in words(done.text)
    assert "Imported: 0 created, 0 updated, 1 skipped, 0 invalid." in words(again.text)
    assert "outage" in done.text
    assert stored(room) == 1


def test_a_page_is_read_only_where_it_is_public(room: Room) -> None:
    lena = room.seen_by(room.lena)
    with a_page(the_page()) as url:
        refused = lena.post(ADDRESS, data={"address": url, "then": "look"})

    assert refused.status_code == 422
    assert "only public pages are read" in refused.text
    assert stored(room) == 0


@on_sqlite
def test_what_is_no_such_document_is_said_in_words(room: Room) -> None:
    lena = room.seen_by(room.lena)

    for content, sentence in (
        (b"<html>", "is not JSON"),
        (b"\xff\xfe", "is not JSON in UTF-8"),
        (b'{"components": []}', "There are only components"),
        (b"{}", "has no &#34;page&#34;"),
    ):
        answer = lena.post(ADDRESS, data={"files": [(io.BytesIO(content), "x.json")], "then": "import"})
        assert answer.status_code == 422
        assert sentence in answer.text
    nothing = lena.post(ADDRESS, data={"then": "look"})
    assert "Paste the address of a status page" in nothing.text


@on_sqlite
def test_a_source_is_deleted_by_leads_alone_and_the_trail_says_so(room: Room) -> None:
    lena, olle = room.seen_by(room.lena), room.seen_by(room.olle)
    lena.post(ADDRESS, data={"files": files(summary=a_document(an_outage(1), an_outage(2))), "then": "import"})

    refused = [olle.post(f"{ADDRESS}/fjallbank001/deletion"), olle.post(ADDRESS, data={"address": "x"})]
    page = olle.get(ADDRESS).text
    done = lena.post(f"{ADDRESS}/fjallbank001/deletion", follow_redirects=True)

    assert [one.status_code for one in refused] == [403, 403]
    assert "2 past incidents" in words(page)
    assert "Delete" not in page
    assert "Deleted: 2 past incidents" in done.text
    assert stored(room) == 0
    assert lena.post(f"{ADDRESS}/fjallbank001/deletion").status_code == 404
    with room.store() as session:
        assert [
            one.sentence for one in session.exec(select(AuditEntry).where(AuditEntry.act == "history.deleted"))
        ] == [f"{room.lena.name} deleted 2 imported past incidents of Fjällbanken"]
