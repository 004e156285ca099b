"""Every scenario comes out as expected; a wrong file says what to write instead."""

from pathlib import Path

import pytest

from rules.advice import advise
from rules.expectations import misses
from rules.reading import default_policy
from rules.scenario import read_scenario
from rules.table import ScenarioMistakes

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.toml"))
LEAST = """\
now = 2026-11-19T12:10:00+01:00
[organisation]
time_zone = "Europe/Stockholm"
customers = 1_200_000
[channels.status_page]
[channels.sms]
[incident]
kind = "outage"
started_at = 2026-11-19T12:00:00+01:00
[audience]
affected = 100
"""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_scenario_comes_out_as_expected(file: Path) -> None:
    scenario = read_scenario(file.read_text(encoding="utf-8"))

    assert misses(scenario.expect, advise(scenario.case, default_policy())) == []


def test_all_scenarios_are_there() -> None:
    assert len(FILES) >= 8


def test_a_file_may_leave_out_whatever_has_a_default() -> None:
    scenario = read_scenario(LEAST)

    assert scenario.case.incident.severity == "unknown"
    assert scenario.case.incident.mode == "actual"
    assert scenario.case.organisation.currency == "SEK"
    assert scenario.case.text is None


WRONG = [
    ('kind = "outage"', 'kind = "outge"', 'incident.kind: "outge" is not known. Did you mean "outage"?'),
    (
        'kind = "outage"',
        'kind = "outage"\nseverty = "minor"',
        'incident.severty: is not known here. Did you mean "severity"?',
    ),
    ('kind = "outage"', "", 'incident.kind: is missing; write for example "outage"'),
    ('kind = "outage"', 'kind = "outage"\nnoticeable = "yes"', 'incident.noticeable: is "yes"; write true or false'),
    ("affected = 100", 'affected = "many"', 'audience.affected: is "many"; write a number without quotes'),
    ("affected = 100", "affected = inf", "audience.affected: is inf; write a number of at least 0"),
    ("affected = 100", "affected = -1", "audience.affected: is -1; write a number of at least 0"),
    ("customers = 1_200_000", "customers = 0", "organisation.customers: is 0; write a number of at least 1"),
    ("Europe/Stockholm", "Europe/Stokholm", 'organisation.time_zone: "Europe/Stokholm" is not known'),
    (
        "2026-11-19T12:10:00+01:00",
        "2026-11-19T12:10:00",
        "now: is 2026-11-19T12:10:00 without an offset; write a moment",
    ),
    ("[channels.sms]", "[channels.smss]", 'channels.smss: is not a channel. Did you mean "sms"?'),
    ("[channels.sms]", "[channels.sms]\nsegments = 1.5", "channels.sms.segments: is 1.5; write a whole number"),
    ("[incident]", "[incidents]", 'incidents: is not known here. Did you mean "incident"?'),
    (
        "affected = 100",
        'affected = 100\n[[audience.reachable]]\nchannels = ["facebook"]\npeople = 5',
        "audience.reachable[1].channels: facebook has no addresses",
    ),
    (
        "affected = 100",
        'affected = 100\n[[audience.reachable]]\nchannels = ["sms"]\npeople = 500',
        "audience.reachable: lists 500 people, more than the 100 affected",
    ),
    ("affected = 100", 'affected = 100\n[expect]\nsms = "maybe"', 'expect.sms: "maybe" is not known.'),
    (
        "affected = 100",
        'affected = 100\n[[expect.numbers]]\nchannel = "sms"\nname = "viewrs"\nvalue = 1',
        'expect.numbers[1].name: "viewrs" is not a number of sms. Did you mean "viewers"?',
    ),
    (
        "2026-11-19T12:00:00+01:00",
        "2026-11-19T12:00:00+01:00\nexpected_end_at = 2026-11-18T12:00:00+01:00",
        "incident.expected_end_at: is before started_at",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "sentence"), WRONG, ids=[case[2].split(":")[0] for case in WRONG])
def test_a_wrong_file_names_the_key_and_what_to_write(right: str, wrong: str, sentence: str) -> None:
    with pytest.raises(ScenarioMistakes) as caught:
        read_scenario(LEAST.replace(right, wrong))

    assert any(found.startswith(sentence) for found in caught.value.sentences), caught.value.sentences


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = LEAST.replace('"outage"', '"outge"').replace("affected = 100", "affected = -1")

    with pytest.raises(ScenarioMistakes) as caught:
        read_scenario(text)

    assert len(caught.value.sentences) == 2


def test_a_file_that_is_no_toml_says_so() -> None:
    with pytest.raises(ScenarioMistakes, match="not a TOML file"):
        read_scenario("kind = ")


def test_each_kind_of_missed_expectation_is_told() -> None:
    expect = """
[expect]
sms = "block"
approval = ["security"]
not_before = { sms = "07:00" }
[[expect.rules]]
channel = "sms"
rules = ["throughput"]
[[expect.numbers]]
channel = "plan"
name = "cost"
value = 10
"""
    scenario = read_scenario(LEAST + expect)

    missed = misses(scenario.expect, advise(scenario.case, default_policy()))

    assert [one.split(":")[0] for one in missed] == ["sms", "approval", "not_before.sms", "sms", "plan.cost"]
