"""Whoever goes against the rules says why, and whoever signs reads it; a block is lifted by an administrator or by nobody."""

from typing import Any

import pytest
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from rules.terms import Certainty, Kind, Severity, Urgency, Verdict
from tests.builders import NOON, a_draft, a_person, an_incident, an_operator, an_organisation
from tests.webapp.web.console.notice_scenes import HTMX, drafted, form_of
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.db import add
from webapp.flow import notices, overrides, policies, submission
from webapp.flow.audit import AuditEntry
from webapp.flow.notices import Notice, NoticeChannel, NoticeStatus
from webapp.flow.people import Person, Role

BLOCKED = {"named_people": True}  # Facebook is blocked, and the status page


def save(room: Room, by: Person, notice: Notice, typed: dict[str, Any], *, htmx: bool = False) -> TestResponse:
    browser, address = room.seen_by(by), f"/console/notices/{notice.id}/messages"
    form = form_of(browser.get(address).text) | typed
    return browser.post(address, data=form, headers=HTMX if htmx else {})


def an_admin(room: Room) -> Person:
    with room.store() as session:
        return add(session, a_person(Role.admin, name="Ada"))


def reason(room: Room, notice: Notice, channel: str = "facebook") -> str:
    return room.stored(NoticeChannel, (notice.id, channel)).override_reason


def against(*rules: str) -> dict[str, Any]:
    return {"verdict": Verdict.block.value, "fired": [{"rule": rule, "effect": "block"} for rule in rules]}


def test_a_channel_against_the_advice_needs_a_reason_which_the_signer_reads(room: Room) -> None:
    notice, both = drafted(room), {"channels": ["status_page", "sms", "facebook"]}

    chosen = save(room, room.olle, notice, both, htmx=True)
    refused = save(room, room.olle, notice, both | {"then": "ask"})
    asked = save(room, room.olle, notice, both | {"then": "ask", "because-facebook": "They <b>look</b> there"})

    assert "Why there, against the recommendation?" in chosen.text
    assert chosen.text.count('name="because-') == 1
    assert refused.status_code == 422
    assert "say why it goes there all the same" in refused.text
    assert 'aria-describedby="because-facebook-error"' in refused.text
    assert asked.status_code == 303
    assert reason(room, notice) == "They <b>look</b> there"
    page = room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text
    assert "Facebook is against the recommendation, because: “They &lt;b&gt;look&lt;/b&gt; there”" in " ".join(
        page.split()
    )
    with room.store() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.act == "notice.submitted")).all()
        assert entry.after is not None
        assert entry.after["against"] == {"facebook": "They <b>look</b> there"}
        assert "against the recommendation (Facebook: They" in entry.sentence


@on_sqlite
def test_a_reason_is_kept_with_the_draft_and_dropped_where_none_is_needed(room: Room) -> None:
    notice = drafted(room)

    save(
        room, room.olle, notice, {"channels": ["status_page", "sms", "facebook"], "because-facebook": "They look there"}
    )
    kept = form_of(room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text)
    save(room, room.olle, notice, {"because-sms": "No need", "then": "ask"})

    assert kept["because-facebook"] == ["They look there"]
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted
    assert (reason(room, notice), reason(room, notice, "sms")) == ("They look there", "")


@on_sqlite
def test_an_administrator_lifts_a_block_with_a_reason_and_nobody_else_does(room: Room) -> None:
    notice, ada = drafted(room, channels=("sms",), **BLOCKED), an_admin(room)
    both = {"channels": ["sms", "facebook"], "then": "ask"}

    without = save(room, ada, notice, both)
    by_lead = save(room, room.lena, notice, both | {"because-facebook": "I say so"})
    lifted = save(room, ada, notice, both | {"because-facebook": "The family asked us to"})

    assert 'value="facebook" disabled' not in room.seen_by(ada).get(f"/console/notices/{notice.id}/messages").text
    assert without.status_code == 422
    assert "say why it goes there all the same" in without.text
    assert by_lead.status_code == 422
    assert "Facebook is blocked" in by_lead.text
    assert lifted.status_code == 303
    assert reason(room, notice) == "The family asked us to"


@pytest.mark.parametrize("rule", sorted(policies.FIRM))
def test_some_blocks_are_lifted_by_nobody(rule: str) -> None:
    admin = a_person(Role.admin)

    assert overrides.may_choose(against("individual-case"), by=admin, is_life_safety=False)
    assert not overrides.may_choose(against("individual-case", rule), by=admin, is_life_safety=False)
    assert not overrides.may_choose(against("individual-case"), by=admin, is_life_safety=True)
    assert not overrides.may_choose(against(), by=admin, is_life_safety=False)
    assert not overrides.may_choose(against("individual-case"), by=an_operator(), is_life_safety=False)


@on_sqlite
def test_a_block_is_never_lifted_while_lives_are_in_danger(room: Room) -> None:
    danger = {
        "kind": Kind.safety,
        "severity": Severity.extreme,
        "urgency": Urgency.immediate,
        "certainty": Certainty.observed,
    }
    notice, ada = drafted(room, channels=("sms",), **BLOCKED, **danger), an_admin(room)

    answer = save(room, ada, notice, {"channels": ["sms", "facebook"], "because-facebook": "I say so", "then": "ask"})

    assert answer.status_code == 422
    assert "Facebook is blocked" in answer.text


def test_the_reason_is_part_of_what_is_signed(session: Session) -> None:
    an_organisation(session)
    operator = add(session, an_operator())
    draft = a_draft(session, an_incident(session, by=operator), by=operator, channels=["status_page", "facebook"])
    submission.submit(session, draft, by=operator, now=NOON)
    before = notices.content_hash(session, draft)

    session.get_one(NoticeChannel, (draft.id, "facebook")).override_reason = "Another"

    assert notices.content_hash(session, draft) != before
