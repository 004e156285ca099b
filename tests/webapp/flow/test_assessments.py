"""What the rules said is kept with all that they were told, and comes out the same when it is asked again."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from rules import facts
from rules.advice import advise, as_json
from rules.reading import read_policy
from rules.terms import Kind, Mode, Severity
from tests.builders import NOON, a_draft, a_filing, a_subscriber, an_incident, an_operator, an_organisation, in_sveg
from webapp import db
from webapp.db import add
from webapp.flow import assessments, submission
from webapp.flow.assessments import Assessment
from webapp.flow.organisation import ChannelSetup
from webapp.flow.people import Person
from webapp.flow.policies import PolicyVersion


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation, with people in Sveg."""
    an_organisation(session)
    for number in range(6):
        a_subscriber(session, sms=f"+4670100000{number}", email=f"a{number}@mail.example" if number % 2 else "")
        a_subscriber(session, email=f"b{number}@mail.example", asked=False)
    return add(session, an_operator())


def read(kind: Any, stored: Any) -> Any:
    """A frozen input from its JSON."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if stored is None else read(next(each for each in inner if each is not type(None)), stored)
    if origin in {tuple, frozenset}:
        return origin(read(inner[0], each) for each in stored)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {name: read(inner[1], value) for name, value in stored.items()}
    if hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        assert set(stored) == set(hints), "something is missing"
        return kind(**{name: read(hint, stored[name]) for name, hint in hints.items()})
    if kind is datetime:
        return datetime.fromisoformat(stored)
    return stored if kind in {bool, int, float, str} else kind(stored)


@pytest.mark.parametrize("kind", Kind)
def test_the_stored_facts_and_policy_give_the_stored_answer(
    session: Session, engine: sa.Engine, operator: Person, kind: Kind
) -> None:
    known: dict[str, Any] = {"kind": kind, "severity": Severity.severe, "next_update_at": NOON + timedelta(hours=1)}
    kept = assessments.assess(session, an_incident(session, by=operator, **known), by=operator, now=NOON)
    session.commit()

    with db.reading(engine) as fresh:
        stored = fresh.get_one(Assessment, kept.id)
        version = fresh.get_one(PolicyVersion, stored.policy_version)
        policy = read_policy(version.text, name=version.name)
        case = read(facts.Case, stored.facts)

        again = as_json(advise(case, policy))

    assert json.loads(json.dumps(again)) == stored.result
    assert policy.version == stored.policy_version
    assert assessments.as_plain(case) == stored.facts


def test_a_submitted_notice_is_assessed_with_its_words_and_can_be_replayed(session: Session, operator: Person) -> None:
    draft = a_draft(session, an_incident(session, by=operator), by=operator, channels=["status_page", "sms", "email"])
    first = draft.assessment_id

    submission.submit(session, draft, by=operator, now=NOON)

    kept = session.get_one(Assessment, draft.assessment_id)
    assert kept.id != first
    assert read(facts.Case, kept.facts).text == submission.text_facts(session, draft)


def test_recommending_stores_nothing(session: Session, operator: Person) -> None:
    assessments.recommend(session, a_filing(where=in_sveg(session)), now=NOON)

    assert session.execute(sa.select(sa.func.count()).select_from(Assessment)).scalar() == 0
    assert not session.new
    assert not session.dirty


def test_the_audience_of_an_assessment_is_the_one_that_was_counted(session: Session, operator: Person) -> None:
    given = assessments.recommend(session, a_filing(where=in_sveg(session)), now=NOON)

    audience = given.case.audience
    assert audience.groups == given.counted.groups
    assert sum(group.people for group in audience.groups) == 12
    assert audience.affected == given.counted.people == 12


@pytest.mark.parametrize(("estimate", "affected"), [(5_000, 5_000), (3, 12), (0, 12)])
def test_an_estimate_counts_but_never_below_those_who_can_be_told(
    session: Session, operator: Person, estimate: int, affected: int
) -> None:
    filing = a_filing(where=in_sveg(session), affected_estimate=estimate)

    assert assessments.recommend(session, filing, now=NOON).case.audience.affected == affected


def test_everywhere_concerns_all_customers(session: Session, operator: Person) -> None:
    assert assessments.recommend(session, a_filing(), now=NOON).case.audience.affected == 1_200_000


def test_the_newest_is_the_last_one(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator, mode=Mode.exercise)
    assert assessments.newest(session, incident) is None
    kept = [assessments.assess(session, incident, by=None, now=NOON + timedelta(minutes=n)) for n in (2, 1)]

    assert assessments.newest(session, incident) == kept[0]


def test_a_channel_that_the_rules_have_no_figures_for_is_left_out_and_said(session: Session, operator: Person) -> None:
    filing = a_filing(where=in_sveg(session))
    before = assessments.recommend(session, filing, now=NOON)
    add(session, ChannelSetup(channel="pigeon", position=9))

    given = assessments.recommend(session, filing, now=NOON)
    kept = assessments.assess(session, an_incident(session, by=operator), by=operator, now=NOON)

    assert given.unknown == ("pigeon",)
    assert given.advice.channels.keys() == before.advice.channels.keys()
    assert kept.result["without_figures"] == ["pigeon"]
    assert "pigeon" not in kept.facts["channels"]
