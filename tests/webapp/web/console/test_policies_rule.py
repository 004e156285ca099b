"""One rule of a draft is changed by itself, with its findings beside it."""

import re
from uuid import UUID

from flask.testing import FlaskClient

from rules.blocks import blocks, title_of
from rules.reading import default_policy_text
from tests.webapp.web.console.room import Room, on_sqlite
from tests.webapp.web.console.test_policies import begun
from webapp.flow.policies import Amendment

TEXT = default_policy_text()
RULE = next(one for one in blocks(TEXT) if title_of(one) == "short-vs-latency")
STRICTER = RULE.text.replace("more than 50 %", "more than 40 %")
TYPO = RULE.text.replace("stale share", "stale shar")


def at_rule(browser: FlaskClient, name: str = "short-vs-latency") -> str:
    """The address of its editor in a draft."""
    answer = browser.post("/console/policies/rules", data={"rule": name})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def draft_text(room: Room, address: str) -> str:
    return room.stored(Amendment, UUID(re.findall(r"[0-9a-f-]{36}", address)[0])).text


def test_a_rule_in_force_is_changed_in_a_draft_and_nothing_else_of_it(room: Room) -> None:
    lena = room.seen_by(room.lena)

    listed = lena.get("/console/policies").text
    address = at_rule(lena)
    page = lena.get(address).text
    saved = lena.post(address, data={"block": STRICTER.replace("\n", "\r\n"), "revision": 1})

    assert "Change this rule" in listed
    assert "Change this rule" not in room.seen_by(room.olle).get("/console/policies").text
    assert "stale share: more than 50 %" in page
    assert "  - rule: too-late-mail" not in page
    assert saved.status_code == 303
    assert draft_text(room, address) == TEXT.replace("more than 50 %", "more than 40 %")
    assert at_rule(lena) == address  # the same draft goes on


@on_sqlite
def test_a_mistake_is_told_at_its_line_in_the_card_and_in_the_whole_text(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)
    line = TYPO.splitlines().index("      stale shar: more than 50 %") + 1
    sent = {"block": TYPO, "revision": 1, "number": RULE.number}

    whole, part = lena.post(f"{address}/check", data=sent), lena.post(f"{address}/check", data=sent, headers={"HX-Request": "true"})  # fmt: skip

    for answer in (whole, part):
        assert f"Line {line}, column 7" in answer.text
        assert f"(line {RULE.line + line - 1} of the whole text)" in answer.text
        assert "Did you mean &#34;stale share&#34;" in answer.text
    assert part.text.count("<html") == 0
    assert draft_text(room, address) == TEXT


@on_sqlite
def test_the_card_reads_as_it_is_written_and_says_what_it_changes(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)
    sent = {"block": STRICTER, "revision": 1}

    checked = lena.post(f"{address}/check", data=sent, headers={"HX-Request": "true"}).text
    meaning = lena.post(f"{address}/meaning", data=sent, headers={"HX-Request": "true"}).text

    assert "stale share more than 40 %" in checked
    assert "It can come into force" in checked
    assert "sms, push and email: none → avoid when stale share more than 40 % and at most 50 %" in meaning


@on_sqlite
def test_mistakes_elsewhere_stay_and_are_told_after_those_of_the_rule(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)
    place = address.rsplit("/rules", 1)[0]
    broken = TEXT.replace("      kind: maintenance\n", "      knd: maintenance\n", 1)
    lena.post(f"{place}/draft", data={"text": broken, "note": "", "revision": 1})

    page = lena.get(address).text
    saved = lena.post(address, data={"block": STRICTER, "revision": 2})

    assert "Elsewhere in the draft" in page
    assert saved.status_code == 303
    assert draft_text(room, address) == broken.replace("more than 50 %", "more than 40 %")
    assert "Did you mean" in lena.get(f"{place}/rules").text


@on_sqlite
def test_lines_that_would_reach_into_other_rules_are_not_saved_and_stay_in_the_form(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)

    refused = lena.post(address, data={"block": STRICTER + "promises: []\n", "revision": 1})
    other = lena.post(address, data={"block": STRICTER, "revision": 7})

    assert (refused.status_code, other.status_code) == (422, 409)
    assert "stands too far left" in refused.text
    assert "promises: []" in refused.text
    assert "another window" in other.text
    assert draft_text(room, address) == TEXT


@on_sqlite
def test_a_rule_is_added_from_a_template_and_removed(room: Room) -> None:
    lena = room.seen_by(room.lena)
    place = begun(lena)
    number = len(blocks(TEXT)) + 1

    template = lena.get(f"{place}/rules/new").text
    added = lena.post(
        f"{place}/rules/0", data={"block": STRICTER.replace("short-vs-latency", "shorter"), "revision": 1}
    )
    text = draft_text(room, place)
    removed = lena.post(f"{place}/rules/{number}/removal", data={"revision": 2})

    assert "- rule: its-name" in template
    assert str(added.location).endswith(f"/rules/{number}")
    assert title_of(blocks(text)[-1]) == "shorter"
    assert removed.status_code == 303
    assert draft_text(room, place) == TEXT


@on_sqlite
def test_only_the_author_edits_a_rule_and_operators_begin_nothing(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)

    assert room.seen_by(room.olle).post("/console/policies/rules", data={"rule": "x"}).status_code == 403
    assert room.seen_by(room.liv).get(address).status_code == 302
    assert room.seen_by(room.liv).post(address, data={"block": STRICTER, "revision": 1}).status_code == 403
    assert lena.get(address.rsplit("/", 1)[0] + "/999").status_code == 404
    assert lena.post("/console/policies/rules", data={"rule": "no such"}).status_code == 303


@on_sqlite
def test_rules_are_grouped_by_what_they_are_for_or_by_channel(room: Room) -> None:
    browser = room.seen_by(room.olle)

    by_purpose, by_channel = browser.get("/console/policies").text, browser.get("/console/policies?by=channel").text

    assert by_purpose.index("Where the truth stands") < by_purpose.index("Too late to be of use")
    assert len(set(re.findall(r'id="rule-([\w-]+)"', by_purpose))) == len(blocks(TEXT))
    assert sorted(re.findall(r'id="rule-([\w-]+)"', by_channel)) == sorted(
        re.findall(r'id="rule-([\w-]+)"', by_purpose)
    )
