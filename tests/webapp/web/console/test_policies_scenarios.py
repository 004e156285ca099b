"""From a finding or an incident to a scenario with one click."""

import re

from rules.checking import check
from rules.reading import default_policy_text, read_policy
from tests.builders import NOON, an_incident
from tests.webapp.web.console.room import Room, on_sqlite
from tests.webapp.web.console.test_policies import CHANGED, begun
from tests.webapp.web.console.test_policies_rule import RULE, STRICTER, at_rule, draft_text
from webapp.flow import assessments
from webapp.flow.assessments import Assessment

TEXT = default_policy_text()
BROKEN = TEXT.replace("never gets: [sms, push, email, webhook]", "never gets: [sms, push, email, webhook, facebook]", 1)


def keys(page: str) -> list[str]:
    """What a page offers to keep."""
    return re.findall(r'name="keep" value="(\w+)"', page)


def kept_assessment(room: Room, headline: str = "Machines <down>: all") -> Assessment:
    with room.store() as session:
        return assessments.assess(
            session, an_incident(session, by=room.olle, headline=headline), by=room.olle, now=NOON
        )


def test_a_counter_example_is_kept_with_what_stands_in_the_form(room: Room) -> None:
    lena = room.seen_by(room.lena)
    place = begun(lena)
    sent = {"text": BROKEN, "note": "Mine", "revision": 1}

    page = lena.post(f"{place}/check", data=sent).text
    kept = lena.post(f"{place}/scenarios", data={**sent, "keep": keys(page)[0]})
    shown = lena.get(str(kept.location)).text
    text = draft_text(room, place)

    line = int(str(kept.location).split("line=")[1])
    [*_, tried] = check(read_policy(text, name="x")).tried
    assert text.startswith(BROKEN)
    assert (tried.trial.at.line, tried.misses) == (line, ())
    assert f"on line {line}" in shown
    assert "Breaks no-links-about-fraud" in text.splitlines()[line - 1]
    assert 'value="Mine"' in shown


@on_sqlite
def test_what_a_rule_at_hand_shows_is_kept_with_the_rule(room: Room) -> None:
    lena = room.seen_by(room.lena)
    address = at_rule(lena)
    contrary = RULE.text.replace("overrides: [asked, maintenance]", "overrides: [maintenance]")
    sent = {"block": contrary, "revision": 1, "number": RULE.number}

    page = lena.post(f"{address}/check", data=sent).text
    kept = lena.post(f"{address.rsplit('/rules', 1)[0]}/scenarios", data={**sent, "keep": keys(page)[0]})

    assert kept.status_code == 303, kept.text
    assert draft_text(room, address).startswith(TEXT.replace(RULE.text, contrary))


@on_sqlite
def test_an_example_of_what_changes_is_kept_from_the_page_of_the_change(room: Room) -> None:
    lena = room.seen_by(room.lena)
    place = begun(lena)
    lena.post(f"{place}/draft", data={"text": CHANGED, "note": "", "revision": 1})

    first = keys(lena.get(place).text)[0]
    kept = lena.post(f"{place}/scenarios", data={"keep": first})
    text = draft_text(room, place)
    gone = lena.post(f"{place}/scenarios", data={"keep": "nothing"})

    assert (kept.status_code, gone.status_code) == (303, 409)
    assert text.startswith(CHANGED)
    assert check(read_policy(text, name="x")).tried[-1].misses == ()
    assert STRICTER in text


def test_a_stored_incident_is_kept_once_in_a_draft_of_ones_own(room: Room) -> None:
    lena, assessment = room.seen_by(room.lena), kept_assessment(room)

    page = lena.get(f"/console/assessments/{assessment.id}").text
    first = lena.post("/console/policies/scenarios", data={"assessment": assessment.id})
    again = lena.post("/console/policies/scenarios", data={"assessment": assessment.id})
    text = draft_text(room, str(first.location))

    assert "Keep as a scenario" in page
    assert first.location == again.location
    assert "says the same already" in lena.get(str(again.location)).text
    policy = read_policy(text, name="x")
    assert [one.name for one in policy.trials].count(policy.trials[-1].name) == 1
    assert policy.trials[-1].name.startswith("Machines <down>: all")
    assert check(policy).tried[-1].misses == ()


@on_sqlite
def test_operators_keep_nothing_and_a_draft_with_mistakes_is_mended_first(room: Room) -> None:
    lena, assessment = room.seen_by(room.lena), kept_assessment(room)
    place = begun(lena)
    lena.post(f"{place}/draft", data={"text": TEXT.replace("kind: fraud", "kind: frad", 1), "note": "", "revision": 1})

    assert "Keep as a scenario" not in room.seen_by(room.olle).get(f"/console/assessments/{assessment.id}").text
    assert (
        room.seen_by(room.olle).post("/console/policies/scenarios", data={"assessment": assessment.id}).status_code
        == 403
    )
    refused = lena.post("/console/policies/scenarios", data={"assessment": assessment.id})
    assert refused.status_code == 422
    assert "mistake to mend first" in refused.text
    assert lena.post("/console/policies/scenarios", data={"assessment": "x"}).status_code == 404
