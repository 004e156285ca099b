"""Invented organisations: the same for the same seed, on both databases, and fit to be counted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from rules.terms import Severity
from tests.builders import NOON, a_component
from webapp import crowd
from webapp.db import add
from webapp.flow import audience
from webapp.flow.areas import Near, Where
from webapp.flow.audience import Concern
from webapp.flow.subscribers import Address, Subscriber, SubscriberPoint, Subscription
from webapp.geo.circles import Circle

EXPECTED = [3_000, 1_722_857_931, 4_292, 556, 4_089_119_002_976_937_536]


def sums(session: Session) -> list[int]:
    """Figures that differ for other people."""
    return [
        int(session.execute(sa.select(what)).scalar_one())
        for what in (
            sa.func.count(Subscriber.id), sa.func.sum(SubscriberPoint.z % 1_000_003), sa.func.count(Address.id),  # type: ignore[arg-type]
            sa.func.count(Subscription.id), sa.func.max(SubscriberPoint.z),  # type: ignore[arg-type]
        )
    ]  # fmt: skip


def test_an_organisation_is_the_same_for_the_same_seed(session: Session) -> None:
    a_component(session, "atm", "Cash machines")
    told: list[int] = []

    crowd.settle(session, 3_000, seed=7, now=NOON, progress=told.append)

    assert told == [3_000]
    assert sums(session)[0] == 3_000
    assert sums(session) == EXPECTED, "another generator invents other people: say so in the commit"
    there = Where(nears=(Near("Sveg", Circle(62.0346, 14.3658, 60_000.0)),))
    counted = audience.count(session, Concern(there, (), Severity.severe), channels=["sms", "email"])
    assert counted.people > 0
    assert counted.on("email") > 0
    assert counted.on("sms") > 0
    later = add(session, Subscriber(created_at=NOON + timedelta(days=1)))
    assert later.id == 3_001


def test_people_live_apart_and_gather_in_towns(session: Session) -> None:
    crowd.settle(session, 5_000, seed=1, now=NOON)
    towns = crowd.towns(1)

    assert sum(town.share for town in towns) == pytest.approx(1.0)
    assert max(town.share for town in towns) > 0.05
    languages = {language for language in session.exec(select(Subscriber.language).distinct())}  # noqa: C416  a set of rows
    assert languages == set(crowd.LANGUAGES)
