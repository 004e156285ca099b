"""Whoever leaves out what is recommended says why, and whoever signs reads it."""

from typing import Any

from sqlmodel import select

from rules.terms import Verdict
from tests.builders import STATUS, an_incident, subscribers
from tests.webapp.web.console.notice_scenes import HTMX, PEOPLE, form_of, words
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import drafting, notices, overrides
from webapp.flow.assessments import Assessment
from webapp.flow.audit import AuditEntry
from webapp.flow.notices import Notice, NoticeStatus


def as_recommended(room: Room) -> Notice:
    """A draft that goes exactly where the rules want it."""
    with room.store() as session:
        subscribers(session, PEOPLE)
        incident = an_incident(session, by=room.olle)
        return drafting.begin(session, incident, by=room.olle, now=room.now, status_url=STATUS)


def recommended(room: Room, notice: Notice) -> list[str]:
    assert notice.assessment_id
    result = room.stored(Assessment, notice.assessment_id).result
    return [channel for channel in result["channels"] if overrides.must_be_explained(result, channel)]


def save(room: Room, notice: Notice, typed: dict[str, Any], **headers: Any) -> Any:
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}/messages"
    return browser.post(address, data=form_of(browser.get(address).text) | typed, **headers)


def kept(room: Room, notice: Notice) -> dict[str, str]:
    with room.store() as session:
        return notices.left_out_of(session, notice)


def test_leaving_out_what_is_recommended_needs_a_reason_which_the_signer_reads(room: Room) -> None:
    notice = as_recommended(room)
    assert recommended(room, notice) == ["status_page", "sms"]
    rest = {"channels": ["status_page"]}

    chosen = save(room, notice, rest, headers=HTMX)
    refused = save(room, notice, rest | {"then": "ask"})
    asked = save(room, notice, rest | {"then": "ask", "without-sms": "The <b>modem</b> is down"})

    assert 'name="without-sms"' in chosen.text
    assert 'name="without-status_page"' not in chosen.text
    assert "Why not there, although it is recommended?" in chosen.text
    assert refused.status_code == 422
    assert "is recommended: choose it, or say why people are not told there" in refused.text
    assert 'aria-describedby="without-sms-error"' in refused.text
    assert asked.status_code == 303
    assert kept(room, notice)["sms"] == "The <b>modem</b> is down"
    page = room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text
    assert "is recommended and left out, because: “The <b>modem</b> is down”" in words(page)
    with room.store() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.act == "notice.submitted")).all()
        assert entry.after is not None
        assert entry.after["left out"]["sms"] == "The <b>modem</b> is down"
        assert "leaving out what is recommended (SMS: The <b>modem</b> is down" in entry.sentence


@on_sqlite
def test_what_goes_where_it_is_recommended_to_is_asked_nothing(room: Room) -> None:
    notice = as_recommended(room)

    page = room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text
    asked = save(room, notice, {"then": "ask", "without-sms": "A leftover"})

    assert 'name="without-' not in page
    assert asked.status_code == 303
    assert kept(room, notice) == {}


@on_sqlite
def test_a_reason_is_kept_with_the_draft(room: Room) -> None:
    notice = as_recommended(room)

    save(room, notice, {"channels": ["status_page"], "without-sms": "It is down"})

    browser = room.seen_by(room.olle)
    assert form_of(browser.get(f"/console/notices/{notice.id}/messages").text)["without-sms"] == ["It is down"]
    assert room.stored(Notice, notice.id).status is NoticeStatus.draft


@on_sqlite
def test_the_reason_is_part_of_what_is_signed(room: Room) -> None:
    notice = as_recommended(room)
    with room.store() as session:
        before = notices.content_hash(session, notice)
        drafting.leave_out(session, session.get_one(Notice, notice.id), {"status_page": "It is down"})

        assert notices.content_hash(session, notice) != before
        drafting.leave_out(session, session.get_one(Notice, notice.id), {})
        assert notices.content_hash(session, notice) == before


def test_only_what_the_plan_needs_and_the_rules_want_is_explained() -> None:
    said = {"sms": Verdict.use, "email": Verdict.use, "facebook": Verdict.optional}
    result = {
        "plan": {"recommended": {"channels": ["sms", "facebook"]}},
        "channels": {name: {"verdict": verdict} for name, verdict in said.items()},
    }

    assert [name for name in (*said, "push") if overrides.must_be_explained(result, name)] == ["sms"]
