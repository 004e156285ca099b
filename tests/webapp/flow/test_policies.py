"""Which rules are in force; and which organisation they are for."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from rules.mistakes import PolicyMistakes
from rules.reading import default_policy_text
from tests.builders import NOON, an_organisation
from webapp.flow import organisation
from webapp.flow.policies import PolicyVersion, policy_in_force, put_in_force
from webapp.flow.refusals import NotFound

ONE = default_policy_text()
OTHER = ONE + "\n# with a thought of our own\n"
LATER, LATER_STILL = NOON + timedelta(hours=1), NOON + timedelta(hours=2)


def names(session: Session) -> list[str]:
    return [policy_in_force(session, now=at).name for at in (NOON, LATER, LATER_STILL)]


def test_a_policy_counts_from_its_moment_on(session: Session) -> None:
    put_in_force(session, ONE, name="one", note="", now=NOON)
    put_in_force(session, OTHER, name="other", note="", now=LATER)

    assert names(session) == ["one", "other", "other"]


def test_before_the_first_policy_there_is_none(session: Session) -> None:
    put_in_force(session, ONE, name="one", note="", now=LATER)

    with pytest.raises(NotFound, match="init"):
        policy_in_force(session, now=NOON)


def test_the_same_text_again_changes_nothing(session: Session) -> None:
    first = put_in_force(session, ONE, name="one", note="", now=NOON)

    again = put_in_force(session, ONE, name="again", note="", now=LATER)

    assert again is first
    assert (first.name, first.in_force_at) == ("one", NOON)


def test_an_earlier_policy_can_come_back(session: Session) -> None:
    put_in_force(session, ONE, name="one", note="", now=NOON)
    put_in_force(session, OTHER, name="other", note="", now=LATER)

    put_in_force(session, ONE, name="one", note="", now=LATER_STILL)

    assert policy_in_force(session, now=LATER_STILL).name == "one"


def test_a_policy_with_mistakes_is_not_stored(session: Session) -> None:
    with pytest.raises(PolicyMistakes):
        put_in_force(session, "rules: nonsense", name="bad", note="", now=NOON)

    assert session.exec(select(PolicyVersion)).all() == []


def test_every_text_is_kept_word_for_word(session: Session) -> None:
    stored = put_in_force(session, OTHER, name="other", note="Thought again", now=NOON)

    assert stored.text == OTHER
    assert stored.version == policy_in_force(session, now=NOON).version


def test_an_installation_without_organisation_says_how_to_get_one(session: Session) -> None:
    with pytest.raises(NotFound, match="python -m webapp"):
        organisation.organisation(session)


def test_channels_come_in_the_order_in_which_they_are_shown(session: Session) -> None:
    an_organisation(session)

    setups = organisation.channel_setups(session)

    assert [setup.channel for setup in setups] == ["status_page", "sms", "email", "facebook"]
    known = setups[1].as_facts(segments=2)
    assert (known.segments, known.segments_per_second, known.price_per_segment, known.followers) == (2, 1_000, 0.50, 0)
