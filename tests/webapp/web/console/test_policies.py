"""The rules as people read, change and sign them."""

import re

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from rules.reading import default_policy_text
from tests.builders import NOON, an_incident
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import assessments, policies
from webapp.flow.assessments import Assessment
from webapp.flow.policies import Amendment, AmendmentStatus

TEXT = default_policy_text()
CHANGED = TEXT.replace("more than 50 %", "more than 40 %")
STRICTER = TEXT.replace("  - rule: no-green\n", "  - rule: quiet-mail\n    channels: [sms]\n    when:\n      kind: degradation\n    then: block\n    because: Nobody <reads> it.\n    source: \"A trial\"\n\n  - rule: no-green\n", 1)  # fmt: skip


def begun(browser: FlaskClient) -> str:
    """The address of a new draft."""
    return str(browser.post("/console/policies").location).removesuffix("/rules")


def asked(browser: FlaskClient, text: str = CHANGED, note: str = "Earlier") -> str:
    """The address of a change that waits for a signature."""
    address = begun(browser)
    answer = browser.post(f"{address}/submission", data={"text": text, "note": note, "revision": 1})
    assert answer.status_code == 303, answer.text
    return address


def against(room: Room) -> str:
    with room.store() as session:
        return policies.version_in_force(session, now=room.now).version


def test_everybody_reads_the_rules_in_plain_words(room: Room) -> None:
    page = room.seen_by(room.olle).get("/console/policies").text

    assert "No links fraud" in page
    assert "kind is fraud or data breach and link in text is yes" in page
    assert "A warning with a link teaches people to click." in page
    assert "Proved" in page
    assert "Meng et al." in page
    assert "Cash machines of a village, three hours" in page
    assert "Change the rules" not in page


@on_sqlite
def test_rules_are_found_by_words_and_by_channel(room: Room) -> None:
    browser = room.seen_by(room.olle)

    def found(query: str) -> list[str]:
        return re.findall(r'id="rule-([\w-]+)"', browser.get(f"/console/policies?{query}").text)

    assert found("q=night+wake") == ["quiet-hours"]
    assert "angry-visitors" in found("channel=facebook")
    assert "quiet-hours" not in found("channel=facebook")
    assert found("q=nothing+like+it") == []


def test_a_change_goes_from_draft_to_signed_by_another_lead(room: Room) -> None:
    lena, liv = room.seen_by(room.lena), room.seen_by(room.liv)

    address = asked(lena)
    own, other = lena.get(address).text, liv.get(address).text
    signed = liv.post(f"{address}/approval", data={"against": against(room), "revision": 2, "from_at": ""})

    assert "another lead must decide" in own
    assert "Sign it" not in own
    assert other.index("What changes</h2>") < other.index("Line by line</h2>")
    assert "stale share more than 40 %" in other
    assert signed.status_code == 303
    assert "Earlier" in liv.get("/console/policies").text
    with room.store() as session:
        assert policies.policy_in_force(session, now=NOON).text == CHANGED


def test_nobody_signs_their_own_change_and_operators_none(room: Room) -> None:
    address = asked(room.seen_by(room.lena))

    for person in (room.lena, room.olle):
        answer = room.seen_by(person).post(
            f"{address}/approval", data={"against": against(room), "revision": 2, "from_at": ""}
        )
        assert answer.status_code == 403
    assert room.seen_by(room.olle).post("/console/policies").status_code == 403
    with room.store() as session:
        assert policies.policy_in_force(session, now=NOON).text == TEXT


@on_sqlite
def test_a_returned_change_shows_its_reason_above_the_text(room: Room) -> None:
    lena, liv = room.seen_by(room.lena), room.seen_by(room.liv)
    address = asked(lena)

    without = liv.post(f"{address}/return", data={"reason": " "})
    returned = liv.post(f"{address}/return", data={"reason": "Forty is too few"})

    assert (without.status_code, returned.status_code) == (422, 303)
    assert "Say what should be changed" in without.text
    assert "Forty is too few" in lena.get(f"{address}/edit").text


@on_sqlite
def test_mistakes_are_told_with_line_and_column_and_what_was_typed_stays(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = begun(lena)
    wrong = TEXT.replace("stale share: more than 50 %", "stale shar: more than 50 %")
    line = next(number for number, text in enumerate(wrong.splitlines(), 1) if "stale shar:" in text)
    sent = {"text": wrong.replace("\n", "\r\n"), "note": "Mine", "revision": 1}

    whole, part = lena.post(f"{address}/check", data=sent), lena.post(f"{address}/check", data=sent, headers={"HX-Request": "true"})  # fmt: skip
    refused = lena.post(f"{address}/submission", data=sent)

    for answer in (whole, part, refused):
        assert f"Line {line}, column 7" in answer.text
        assert "Did you mean &#34;stale share&#34;" in answer.text
    assert (refused.status_code, part.text.count("<html")) == (422, 0)
    assert "stale shar: more than 50 %" in refused.text
    assert 'value="Mine"' in refused.text
    with room.store() as session:
        assert session.exec(select(Amendment.status, Amendment.revision).where(Amendment.status == AmendmentStatus.draft)).all() == [("draft", 1)]  # fmt: skip


@on_sqlite
def test_a_draft_is_saved_with_its_mistakes_and_not_over_another_window(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = begun(lena)

    saved = lena.post(f"{address}/draft", data={"text": "rules: none", "note": "", "revision": 1})
    other = lena.post(f"{address}/draft", data={"text": "mine instead", "note": "", "revision": 1})

    assert (saved.status_code, other.status_code) == (303, 409)
    assert "mine instead" in other.text
    assert "rules: none" in lena.get(f"{address}/edit").text


def test_a_change_leads_to_its_replays_without_javascript_too(room: Room) -> None:
    page = room.seen_by(room.liv).get(asked(room.seen_by(room.lena), STRICTER)).text

    assert "/replay?of=decided" in page
    assert "/replay?of=imported" in page
    assert "Nobody &lt;reads&gt; it." in page


def test_an_earlier_version_comes_back_as_a_change_of_its_own(room: Room) -> None:
    first = against(room)
    lena, liv = room.seen_by(room.lena), room.seen_by(room.liv)
    liv.post(f"{asked(lena)}/approval", data={"against": first, "revision": 2, "from_at": ""})

    earlier = lena.get(f"/console/policies/versions/{first}").text
    draft = lena.post("/console/policies", data={"version": first})

    assert "Rules of an earlier version" in earlier
    assert "more than 50 %" in lena.get(str(draft.location).replace("/rules", "/edit")).text


def test_a_signature_may_name_a_later_date_but_not_a_past_one(room: Room) -> None:
    address = asked(room.seen_by(room.lena))
    liv = room.seen_by(room.liv)

    past = liv.post(
        f"{address}/approval", data={"against": against(room), "revision": 2, "from_at": "2026-11-18T09:00"}
    )
    later = liv.post(
        f"{address}/approval", data={"against": against(room), "revision": 2, "from_at": "2026-11-20T09:00"}
    )

    assert (past.status_code, later.status_code) == (422, 303)
    assert "passed already" in past.text
    assert "Not yet" in liv.get("/console/policies").text


def test_a_signature_is_for_the_text_that_was_read(room: Room) -> None:
    lena, liv = room.seen_by(room.lena), room.seen_by(room.liv)
    address = asked(lena)
    read = liv.get(address).text
    liv.post(f"{address}/return", data={"reason": "Not yet"})
    lena.post(f"{address}/submission", data={"text": STRICTER, "note": "Quite another one", "revision": 2})

    sent = {name: re.search(rf'name="{name}" value="(\w+)"', read)[1] for name in ("against", "revision")}  # type: ignore[index]
    stale = liv.post(f"{address}/approval", data={**sent, "from_at": ""})

    assert stale.status_code == 409
    assert "Its author has changed it since you opened it" in stale.text
    with room.store() as session:
        assert policies.policy_in_force(session, now=NOON).text == TEXT


def test_a_change_says_which_signed_ones_will_undo_it(room: Room) -> None:
    lena, liv = room.seen_by(room.lena), room.seen_by(room.liv)
    first, second = asked(lena), asked(lena, STRICTER, "Stricter")
    liv.post(f"{first}/approval", data={"against": against(room), "revision": 2, "from_at": "2026-11-20T09:00"})

    page = liv.get(second).text
    sent = {"against": against(room), "revision": 2}
    after = liv.post(f"{second}/approval", data={**sent, "from_at": "2026-11-21T09:00"})
    at_once = liv.post(f"{second}/approval", data={**sent, "from_at": ""})

    assert "What changes here is gone from then on" in page
    assert (after.status_code, at_once.status_code) == (409, 303)
    assert "this change would undo theirs" in after.text


def test_a_stored_recommendation_comes_out_the_same_again(room: Room) -> None:
    with room.store() as session:
        kept = assessments.assess(session, an_incident(session, by=room.olle), by=room.olle, now=NOON)

    page = room.seen_by(room.olle).get(f"/console/assessments/{kept.id}").text

    assert "it comes out the same" in page
    assert kept.result["sentence"] in page
    assert kept.policy_version in page


def test_a_recommendation_that_comes_out_otherwise_says_where(room: Room) -> None:
    with room.store() as session:
        kept = assessments.assess(session, an_incident(session, by=room.olle), by=room.olle, now=NOON)
        session.get_one(Assessment, kept.id).result = kept.result | {"sentence": "Tell nobody."}

    page = room.seen_by(room.olle).get(f"/console/assessments/{kept.id}").text

    assert "it comes out otherwise" in page
    assert "Tell nobody." in page


@pytest.mark.parametrize(
    ("text", "facts", "words"),
    [
        (TEXT.replace("stale share: more", "staleness: more"), {}, "&#34;staleness&#34; is not a fact"),
        (TEXT, {"message_type": "whisper"}, "does not read the facts as they were kept"),
    ],
)
def test_a_recommendation_that_a_later_version_cannot_read_is_shown_as_it_was(
    room: Room, text: str, facts: dict[str, str], words: str
) -> None:
    with room.store() as session:
        kept = assessments.assess(session, an_incident(session, by=room.olle), by=room.olle, now=NOON)
        session.get_one(policies.PolicyVersion, kept.policy_version).text = text
        session.get_one(Assessment, kept.id).facts = kept.facts | facts

    page = room.seen_by(room.olle).get(f"/console/assessments/{kept.id}")

    assert page.status_code == 200
    assert "It cannot be computed again" in page.text
    assert words in page.text
    assert kept.result["sentence"] in page.text
    assert "bit for bit" not in page.text


@pytest.mark.parametrize("door", ["check", "draft", "submission", "scenarios", "rules/1", "rules/1/check", "rules/1/meaning", "rules/1/removal"])  # fmt: skip
@on_sqlite
def test_operators_have_nothing_computed_for_them(room: Room, door: str) -> None:
    address = begun(room.seen_by(room.lena))

    answer = room.seen_by(room.olle).post(f"{address}/{door}", data={"text": "x", "block": "x", "revision": 1})

    assert answer.status_code == 403


@on_sqlite
def test_a_rule_that_is_gone_is_said_and_no_fault(room: Room) -> None:
    lena = room.seen_by(room.lena)

    answer = lena.post(f"{begun(lena)}/scenarios", data={"block": "  - rule: x", "number": 999, "keep": "x"})

    assert answer.status_code == 404
    assert "no such rule any more" in answer.text


@pytest.mark.parametrize("path", ["policies/versions/nothing", "assessments/00000000-0000-0000-0000-000000000000", "policies/00000000-0000-0000-0000-000000000000"])  # fmt: skip
@on_sqlite
def test_what_is_not_there_is_said_plainly(room: Room, path: str) -> None:
    assert room.seen_by(room.olle).get(f"/console/{path}").status_code == 404
