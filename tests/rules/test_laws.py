"""Which laws an incident comes near: by sector, by the numbers of the law or the organisation's own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rules.advice import advise
from rules.circumstances import facts_of_case
from rules.facts import Case, Incident, Organisation
from rules.laws import laws, reportable_under
from rules.never import never_together
from rules.reading import default_policy
from rules.terms import Kind, Sector
from rules.timing import timing_of
from tests.rules.builders import NOON, a_case, an_audience, an_incident, an_organisation, on_file

POLICY = default_policy()
LONG = an_incident(expected_end_at=NOON + timedelta(hours=2))


def found(incident: Incident, affected: int, organisation: Organisation | None = None) -> tuple[str, ...]:
    case = a_case(incident, audience=an_audience(affected=affected), organisation=organisation)
    told = facts_of_case(case, timing_of(case, POLICY.figures))["reportable under"]
    assert isinstance(told, tuple)
    return told


@pytest.mark.parametrize(
    ("minutes", "affected", "laws_near"),
    [(96, 8_000, ("DORA",)), (95, 8_000, ()), (96, 7_999, ()), (600, 10, ())],
)
def test_two_thresholds_of_dora_count_from_four_fifths_on(minutes: int, affected: int, laws_near: tuple[str, ...]) -> None:  # fmt: skip
    incident = an_incident(expected_end_at=NOON + timedelta(minutes=minutes))

    assert found(incident, affected) == laws_near


def test_so_many_people_are_enough_where_they_are_a_small_share() -> None:
    assert found(LONG, 80_000, an_organisation(5_000_000)) == ("DORA",)
    assert found(LONG, 79_999, an_organisation(5_000_000)) == ()


def test_money_that_many_lose_is_a_threshold_of_its_own() -> None:
    assert found(replace(LONG, money_lost=True), 800) == ("DORA",)
    assert found(replace(LONG, money_lost=True), 799) == ()


@pytest.mark.parametrize(("sector", "law"), [(Sector.finance, ("DORA",)), (Sector.essential, ("NIS2",)), (Sector.other, ())])  # fmt: skip
def test_each_sector_has_its_law(sector: Sector, law: tuple[str, ...]) -> None:
    ours = replace(an_organisation(), sector=sector)

    assert found(LONG, 50_000, ours) == law
    assert "GDPR" in found(an_incident(kind=Kind.data_breach), 30, ours)


def test_an_organisation_has_numbers_of_its_own() -> None:
    ours = replace(an_organisation(), threshold_people=500, threshold_min=600.0)

    assert found(LONG, 400, ours) == ()
    assert found(an_incident(expected_end_at=NOON + timedelta(hours=8)), 400, ours) == ("DORA",)


def test_no_law_binds_before_its_day() -> None:
    case = replace(a_case(LONG, audience=an_audience(affected=50_000)), now=NOON - timedelta(days=3 * 365))

    assert reportable_under(case, duration_min=600) == ()


def test_every_law_names_its_source() -> None:
    assert all(law.source and law.binds and law.kinds for law in laws().laws)


@pytest.mark.parametrize("sector", Sector)
@pytest.mark.parametrize("kind", Kind)
def test_what_is_called_impossible_never_comes_out(sector: Sector, kind: Kind) -> None:
    tested = [tests for tests in never_together() if any(one.fact.name == "reportable under" for one in tests)]
    told = found(an_incident(kind=kind, money_lost=True), 100_000, replace(an_organisation(), sector=sector))

    assert tested
    assert bool(told) is (kind is Kind.data_breach or (kind in {Kind.outage, Kind.degradation} and sector is not Sector.other))  # fmt: skip


def case_with(organisation: Organisation) -> Case:
    return a_case(an_incident(), audience=an_audience(on_file(500, "sms")), organisation=organisation)


def test_what_is_left_of_the_month_decides_who_signs() -> None:
    rich, poor = (replace(an_organisation(), month_budget=1_000.0, month_spent=spent) for spent in (750.0, 750.5))

    advice = [advise(case_with(ours), POLICY).channels["sms"] for ours in (rich, poor)]

    assert [("cost" in [rule.rule for rule in one.fired]) for one in advice] == [False, True]
    assert "lead" in advice[1].approval
