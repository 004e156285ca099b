"""What an administrator may say of the organisation and its channels; each change is checked and written down."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, select

from rules.terms import Sector
from tests.builders import NOON, a_lead, a_person, an_organisation
from webapp.db import add
from webapp.flow import settings
from webapp.flow.audit import AuditEntry
from webapp.flow.organisation import ChannelSetup, Organisation
from webapp.flow.people import Person, Role
from webapp.flow.refusals import NotAllowed, NotFound, NotNow, NotValid


@pytest.fixture
def ada(session: Session) -> Person:
    """An administrator of a bank."""
    an_organisation(session)
    return add(session, a_person(Role.admin, name="Ada"))


def sms(session: Session) -> ChannelSetup:
    return session.get_one(ChannelSetup, "sms")


def test_what_is_said_counts_is_written_down_and_may_be_said_again(session: Session, ada: Person) -> None:
    before = settings.organisation_settings(session)
    wanted = replace(before, month_budget=5_000.0, sector=Sector.essential)

    first = settings.change_organisation(session, wanted, seen=before, by=ada, now=NOON)
    again = settings.change_organisation(session, wanted, seen=before, by=ada, now=NOON)

    assert (first, again) == (True, False)
    assert session.get_one(Organisation, 1).month_budget == 5_000
    entry = session.exec(select(AuditEntry).where(AuditEntry.act == "settings.changed")).one()
    assert (entry.before, entry.after) == (
        {"sector": "finance", "month_budget": None},
        {"sector": "essential", "month_budget": 5_000.0},
    )


def test_a_channel_may_depend_on_parts_that_there_are(session: Session, ada: Person) -> None:
    before = settings.channel_settings(sms(session))

    settings.change_channel(session, "sms", replace(before, depends_on=("atm",)), seen=before, by=ada, now=NOON)

    assert sms(session).depends_on == ["atm"]
    assert settings.unknown_parts([sms(session)], {"card"}) == {"sms": ["atm"]}
    with pytest.raises(NotValid, match="There is no component"):
        settings.change_channel(session, "sms", replace(before, depends_on=("gone",)), seen=before, by=ada, now=NOON)
    with pytest.raises(NotFound):
        settings.change_channel(session, "pigeon", before, seen=before, by=ada, now=NOON)


def test_what_two_people_change_at_once_is_not_lost(session: Session, ada: Person) -> None:
    before = settings.channel_settings(sms(session))
    settings.change_channel(session, "sms", replace(before, price_per_segment=0.6), seen=before, by=ada, now=NOON)

    with pytest.raises(NotNow, match="Somebody else"):
        settings.change_channel(session, "sms", replace(before, price_per_segment=0.7), seen=before, by=ada, now=NOON)

    assert sms(session).price_per_segment == 0.6


def test_a_lead_reads_and_does_not_change(session: Session, ada: Person) -> None:
    before = settings.organisation_settings(session)

    with pytest.raises(NotAllowed, match="ask an administrator"):
        settings.change_organisation(session, replace(before, name="Mine"), seen=before, by=add(session, a_lead()), now=NOON)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("time_zone", "Stockholm"), ("time_zone", "../x"), ("customers", 0), ("currency", "kr"), ("month_budget", -1.0),
     ("month_budget", float("nan")), ("threshold_people", 0), ("threshold_min", 1e9), ("help_text", "x" * 201)],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(session: Session, ada: Person, field: str, value: Any) -> None:
    before = settings.organisation_settings(session)

    with pytest.raises(NotValid) as refusal:
        settings.change_organisation(session, replace(before, threshold_source="FI", **{field: value}), seen=before, by=ada, now=NOON)  # fmt: skip

    assert refusal.value.field == field


def test_numbers_of_an_authority_name_it(session: Session, ada: Person) -> None:
    before = settings.organisation_settings(session)

    with pytest.raises(NotValid, match="authority"):
        settings.change_organisation(session, replace(before, threshold_people=500), seen=before, by=ada, now=NOON)


@pytest.mark.parametrize(("field", "value"), [("reach", 1.1), ("followers", -1), ("segments_per_second", 0.0), ("price_per_segment", -0.1)])  # fmt: skip
def test_a_figure_of_a_channel_has_its_range(session: Session, ada: Person, field: str, value: Any) -> None:
    before = settings.channel_settings(sms(session))

    with pytest.raises(NotValid) as refusal:
        settings.change_channel(session, "sms", replace(before, **{field: value}), seen=before, by=ada, now=NOON)

    assert refusal.value.field == field
