"""Stored decisions come out the same under their own rules."""

from sqlmodel import Session

from rules.reading import default_policy_text
from tests.builders import NOON, a_filing, a_subscriber, an_incident, an_operator, an_organisation
from webapp.db import add
from webapp.flow import assessments, replays
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident

TEXT = default_policy_text()
STRICTER = TEXT.replace("  - rule: no-green\n", "  - rule: quiet-page\n    channels: [status page]\n    when:\n      kind: outage\n    then: block\n    because: Nobody looks.\n    source: \"A trial\"\n\n  - rule: no-green\n", 1)  # fmt: skip


def assessed(session: Session) -> tuple[Incident, Assessment]:
    olle = add(session, an_operator())
    incident = an_incident(session, by=olle, headline="Machines down")
    assessments.assess(session, incident, by=olle, now=NOON)
    kept = assessments.assess(session, incident, by=olle, now=incident.filed_at.replace(minute=40))
    session.flush()
    session.refresh(kept)
    return incident, kept


def test_a_stored_decision_comes_out_the_same_bit_for_bit(session: Session) -> None:
    an_organisation(session)
    for number in range(3):
        a_subscriber(session, sms=f"+4670100000{number}", email=f"r{number}@mail.example", asked=number > 0)
    _, kept = assessed(session)

    assert replays.again(session, kept) == kept.result
    assert assessments.as_plain(replays.case_of(kept)) == kept.facts


def test_an_incident_without_an_end_comes_out_the_same_too(session: Session) -> None:
    an_organisation(session)
    olle = add(session, an_operator())
    incident = an_incident(session, by=olle, expected_end_at=None)
    kept = assessments.assess(session, incident, by=olle, now=NOON)
    session.flush()
    session.refresh(kept)

    assert a_filing().expected_end_at is not None
    assert replays.again(session, kept) == kept.result
