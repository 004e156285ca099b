"""A change of the rules is tried on everything that is stored, part by part, each part once."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from rules.policy import Policy
from rules.reading import read_policy
from tests.builders import NOON, a_lead, an_incident, an_operator, an_organisation
from tests.webapp.flow.test_policies_replayed import STRICTER, TEXT, assessed
from tests.webapp.told_elsewhere import a_document, an_outage, planned_work
from webapp.db import add
from webapp.flow import assessments, history, policies, replay_runs
from webapp.flow.people import Person
from webapp.flow.policies import Amendment
from webapp.flow.refusals import NotAllowed
from webapp.flow.replay_runs import ReplayChange, ReplayRun, Sort
from webapp.flow.statuspage import read_statuspage

LATER = NOON + timedelta(days=1)


def a_run(session: Session, sort: Sort, *, is_usual: bool = False, text: str = STRICTER) -> tuple[ReplayRun, Policy]:
    lead = add(session, a_lead())
    current = policies.version_in_force(session, now=LATER)
    amendment = policies.begin(session, base=current, by=lead, now=NOON)
    policy = read_policy(text, name="new")
    run = replay_runs.begin(session, amendment, version=policy.version, against=current.version, sort=sort,
                            is_usual=is_usual, by=lead, now=LATER)  # fmt: skip
    return run, policy


def whole(session: Session, run: ReplayRun, policy: Policy, *, most: int) -> int:
    """Go on until it is done; in how many parts."""
    parts = 0
    against = policies.policy_in_force(session, now=LATER)
    while not run.is_done:
        part = replay_runs.next_part(session, run, policy, against, most=most)
        assert replay_runs.keep(session, run.id, run.looked_at, part)
        session.refresh(run)
        parts += 1
    return parts


def some_incidents(session: Session, number: int) -> None:
    olle = add(session, an_operator())
    for place in range(number):
        incident = an_incident(session, by=olle, headline=f"Machines down {place}")
        assessments.assess(session, incident, by=olle, now=NOON + timedelta(minutes=place // 2))


def changes_of(session: Session, run: ReplayRun) -> list[ReplayChange]:
    wanted = select(ReplayChange).where(ReplayChange.run_id == run.id).order_by(col(ReplayChange.id))
    return list(session.exec(wanted))


def test_every_stored_incident_is_looked_at_once_in_parts_of_any_size(session: Session) -> None:
    an_organisation(session)
    some_incidents(session, 7)
    run, policy = a_run(session, Sort.decided)

    parts = whole(session, run, policy, most=3)

    assert (run.total, run.looked_at, parts) == (7, 7, 3)
    page = [change for change in changes_of(session, run) if change.channel == "status page"]
    assert sorted(change.headline for change in page) == [f"Machines down {place}" for place in range(7)]
    assert {(change.before, change.after) for change in page} == {("use", "block")}
    assert all("quiet-page" in change.rules and change.announced == [] for change in page)
    assert replay_runs.changed(session, run) == 7
    (tally,) = [one for one in replay_runs.tallies(session, run) if one.channel == "status page"]
    assert (tally.way, tally.number, tally.known, tally.agree) == ("loses", 7, 7, 7)


def test_of_an_incident_that_was_decided_again_the_last_decision_counts(session: Session) -> None:
    an_organisation(session)
    incident, kept = assessed(session)
    run, policy = a_run(session, Sort.decided)

    whole(session, run, policy, most=50)

    assert run.total == 1
    assert {(change.incident_id, change.assessment_id) for change in changes_of(session, run)} == {
        (incident.id, kept.id)
    }


def test_the_same_rules_change_nothing(session: Session) -> None:
    an_organisation(session)
    some_incidents(session, 2)
    run, policy = a_run(session, Sort.decided, text=TEXT + "\n# another\n")

    whole(session, run, policy, most=50)

    assert changes_of(session, run) == []


def test_a_part_that_two_looked_at_is_added_once(session: Session) -> None:
    an_organisation(session)
    some_incidents(session, 3)
    run, policy = a_run(session, Sort.decided)
    against = policies.policy_in_force(session, now=LATER)
    one, other = (replay_runs.next_part(session, run, policy, against, most=2) for _ in range(2))

    assert replay_runs.keep(session, run.id, 0, one)
    assert not replay_runs.keep(session, run.id, 0, other)

    session.refresh(run)
    assert run.looked_at == 2
    assert len(changes_of(session, run)) == len(one.changes)


def test_beginning_anew_forgets_what_came_before(session: Session) -> None:
    an_organisation(session)
    some_incidents(session, 2)
    run, policy = a_run(session, Sort.decided)
    whole(session, run, policy, most=50)
    amendment, lead = session.get_one(Amendment, run.amendment_id), session.get_one(Person, run.begun_by_id)

    again = replay_runs.begin(session, amendment, version=policy.version, against=run.against, sort=Sort.decided,
                              is_usual=False, by=lead, now=LATER)  # fmt: skip

    assert replay_runs.run_of(session, amendment, Sort.decided) == again
    assert session.exec(select(ReplayChange)).all() == []
    with pytest.raises(NotAllowed, match="ask a communications lead"):
        replay_runs.begin(session, amendment, version="x", against="x", sort=Sort.decided, is_usual=False,
                          by=add(session, an_operator(email="ola@fjallbanken.example")), now=LATER)  # fmt: skip


@pytest.mark.parametrize("is_usual", [False, True])
def test_imported_incidents_say_how_many_cannot_be_decided_for_sure(session: Session, is_usual: bool) -> None:
    an_organisation(session)
    pages = [
        read_statuspage(a_document(*(an_outage(number) for number in range(1, 6)), planned_work())),
        read_statuspage(a_document(an_outage(1), id="anotherpage1")),
    ]
    history.import_past(session, pages, by=None, now=NOON)
    run, policy = a_run(session, Sort.imported, is_usual=is_usual)

    parts = whole(session, run, policy, most=4)

    assert (run.total, run.looked_at, parts) == (7, 7, 2)
    assert run.undecided == (0 if is_usual else 7)
    lost = [change for change in changes_of(session, run) if change.channel == "status page"]
    assert len(lost) == (6 if is_usual else 0)  # an outage could be blocked anyway, for all that is known
    assert all(change.announced is None and change.assessment_id is None for change in lost)
    assert all(tally.known == 0 for tally in replay_runs.tallies(session, run))


def test_what_was_deleted_meanwhile_does_not_keep_a_run_from_its_end(session: Session) -> None:
    an_organisation(session)
    history.import_past(session, [read_statuspage(a_document(an_outage(1), an_outage(2)))], by=None, now=NOON)
    run, policy = a_run(session, Sort.imported)
    lead = session.get_one(Person, run.begun_by_id)

    assert history.forget(session, "fjallbank001", by=lead, now=LATER) == 2

    whole(session, run, policy, most=4)
    assert (run.total, run.looked_at) == (0, 0)
