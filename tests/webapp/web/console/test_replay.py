"""A lead tries a change of the rules on all that is stored: step by step, stopped, filtered, taken along."""

import csv
import io
from datetime import timedelta

from rules.terms import Kind
from tests.builders import NOON, an_incident
from tests.webapp.told_elsewhere import a_document, an_outage
from tests.webapp.web.console.notice_scenes import HTMX, words
from tests.webapp.web.console.room import Room, on_sqlite
from tests.webapp.web.console.test_policies import STRICTER, asked
from webapp.flow import assessments, history
from webapp.flow.replay_runs import Sort
from webapp.flow.statuspage import read_statuspage
from webapp.web.console import replay as page_of_replay


def decided(room: Room, number: int) -> None:
    with room.store() as session:
        for place in range(number):
            incident = an_incident(session, by=room.olle, headline=f"=Machines <down> {place}", kind=Kind.degradation)
            assessments.assess(session, incident, by=room.olle, now=NOON - timedelta(minutes=place))


def a_change(room: Room) -> str:
    return f"{asked(room.seen_by(room.lena), STRICTER)}/replay"


def test_a_replay_is_begun_goes_on_by_itself_and_lists_what_changes(room: Room) -> None:
    decided(room, 3)
    address, liv = a_change(room), room.seen_by(room.liv)

    before = liv.get(f"{address}?of=decided").text
    begun = liv.post(address, data={"of": "decided"}, headers=HTMX).text
    done = liv.post(f"{address}/parts", data={"of": "decided"}, headers=HTMX).text

    assert "3 incidents are stored" in before
    assert "So far 0 of 3" in words(begun)
    assert 'hx-trigger="load delay:60ms"' in begun
    assert "<html" not in begun
    assert "hx-trigger" not in done or "load delay" not in done
    assert "3 of 3 incidents would be decided otherwise" in words(done)
    liv_sees = liv.get(f"{address}?of=decided").text
    assert "Machines &lt;down&gt; 2" in liv_sees
    assert "/console/assessments/" in liv_sees
    assert "nothing was announced" in liv_sees


@on_sqlite
def test_without_javascript_one_goes_on_by_a_button(room: Room) -> None:
    decided(room, 2)
    address, liv = a_change(room), room.seen_by(room.liv)

    begun = liv.post(address, data={"of": "decided"}, follow_redirects=True).text
    done = liv.post(f"{address}/parts", data={"of": "decided"}, follow_redirects=True).text

    assert "<button>Go on</button>" in begun
    assert "then it was stopped" in begun
    assert "2 of 2 incidents would be decided otherwise" in words(done)
    assert "<button>Go on</button>" not in done


@on_sqlite
def test_what_was_stopped_stays_and_goes_on_where_it_was(room: Room) -> None:
    decided(room, page_of_replay.PART[Sort.decided] + 1)
    address, liv = a_change(room), room.seen_by(room.liv)
    liv.post(address, data={"of": "decided"}, headers=HTMX)
    liv.post(f"{address}/parts", data={"of": "decided"}, headers=HTMX)

    stopped = liv.get(f"{address}?of=decided", headers=HTMX).text
    done = liv.post(f"{address}/parts", data={"of": "decided"}, headers=HTMX).text

    assert "So far 40 of 41 , then it was stopped" in words(stopped)
    assert "load delay" not in stopped
    assert "41 of 41 incidents" in words(done)


@on_sqlite
def test_changes_are_filtered_and_taken_along_as_a_harmless_table(room: Room) -> None:
    decided(room, 2)
    address, liv = a_change(room), room.seen_by(room.liv)
    liv.post(address, data={"of": "decided"})
    liv.post(f"{address}/parts", data={"of": "decided"})

    none = liv.get(f"{address}?of=decided&way=gains&channel=email").text
    table = liv.get(f"{address}.csv?of=decided")

    assert "No change fits" in none
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert {row["incident"] for row in rows} == {"'=Machines <down> 0", "'=Machines <down> 1"}
    assert {row["really announced"] for row in rows} == {"nowhere"}


@on_sqlite
def test_imported_incidents_are_tried_with_caution_or_as_usual(room: Room) -> None:
    with room.store() as session:
        report = read_statuspage(a_document(*(an_outage(number) for number in range(1, 6))))
        history.import_past(session, [report], by=None, now=NOON)
    address, liv = a_change(room), room.seen_by(room.liv)

    for unknown in ("cautious", "usual"):
        liv.post(address, data={"of": "imported", "unknown": unknown})
        liv.post(f"{address}/parts", data={"of": "imported"})
        page = words(liv.get(f"{address}?of=imported").text)
        assert ("Of 5 of them too little is known to be sure" in page) is (unknown == "cautious")
        assert ("What the pages did not tell was taken as usual" in page) is (unknown == "usual")


@on_sqlite
def test_operators_read_replays_and_do_not_begin_them(room: Room) -> None:
    decided(room, 1)
    address, olle = a_change(room), room.seen_by(room.olle)

    assert "Try it on all of them" not in olle.get(f"{address}?of=decided").text
    assert olle.post(address, data={"of": "decided"}).status_code == 403
    assert olle.post(f"{address}/parts", data={"of": "decided"}).status_code == 403
    assert olle.get(f"{address}.csv?of=decided").status_code == 404
    assert olle.get(f"{address}?of=nothing").status_code == 404
