"""Past incidents under another policy."""

import json
from random import Random

import pytest

from rules.batch import Batch
from rules.cells import Value
from rules.past import Past, read_past
from rules.reading import default_policy, default_policy_text, read_policy
from rules.replay import replay
from rules.table import ScenarioMistakes
from rules.trial_reading import values_on
from rules.verdicts import find
from rules.vocabulary import Fact, FactType, vocabulary

NARROWER = default_policy_text().replace("share affected: at least 10 %", "share affected: at least 20 %")


def a_past(number: int, share: float, **decided: str) -> Past:
    facts: dict[str, Value] = {name: fact.usual for name, fact in vocabulary().facts.items()}
    facts |= {"noticeable": "yes", "share affected": share, "working@facebook": "yes", "sent to": "the public"}
    return Past(f"incident {number}", facts, decided, frozenset({"facebook"} if number % 2 else ()))


def test_changes_are_counted_in_words_and_listed() -> None:
    past = [a_past(1, 0.15, facebook="use"), a_past(2, 0.15, facebook="use"), a_past(3, 0.5, facebook="use")]

    replayed = replay(past, read_policy(NARROWER, name="new"))

    assert str(replayed) == (
        "Of 3 past incidents 2 change: 2 lose facebook. 1 of 2 such changes agree with what was really announced."
    )
    assert [(one.id, one.before, one.after, one.announced) for one in replayed.changes] == [
        ("incident 1", "use", "avoid", True),
        ("incident 2", "use", "avoid", False),
    ]
    assert "no-fan-broadcast" in replayed.changes[0].rules


def test_two_policies_can_be_compared_whatever_was_decided() -> None:
    replayed = replay([a_past(1, 0.15)], read_policy(NARROWER, name="new"), against=default_policy())

    assert [(one.before, one.after) for one in replayed.changes] == [("use", "avoid")]


def test_a_fact_that_was_not_known_is_taken_cautiously() -> None:
    unknown = Past("x", {**a_past(1, 0.5).facts, "share affected": None}, {"facebook": "use"})

    assert [one.after for one in replay([unknown], default_policy()).changes] == ["avoid"]


def test_a_file_of_past_incidents_is_read_line_by_line() -> None:
    line = {"id": 7, "facts": {"kind": "data_breach", "link in text": False, "cost@sms": 566, "remaining time": "3 h"},
            "decided": {"status_page": "use"}, "announced": ["status_page"]}  # fmt: skip

    [past] = read_past([json.dumps(line), ""])

    assert past.id == "7"
    assert past.facts == {"kind": "data breach", "link in text": "no", "cost@sms": 566.0, "remaining time": 180.0}
    assert past.on("sms")["cost"] == 566.0
    assert "cost" not in past.on("email")
    assert dict(past.decided) == {"status page": "use"}
    assert past.announced == frozenset({"status page"})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1, column 2: this is not JSON"),
        ("[]", "line 1: an incident is"),
        ('{"facts": {"knd": "outage"}}', 'line 1: "knd" is not a fact. Did you mean "kind"?'),
        ('{"facts": {"kind": "outge"}}', 'line 1: kind: "outge" is not a value of kind. Did you mean "outage"?'),
        ('{"facts": {"share affected": 40}}', "line 1: share affected: 40 is not one of its values"),
        ('{"facts": {}, "announced": "sms"}', 'line 1: "decided" is a group'),
    ],
)
def test_a_wrong_line_is_named(line: str, words: str) -> None:
    with pytest.raises(ScenarioMistakes) as caught:
        read_past([line])

    assert words in str(caught.value)


def a_value(fact: Fact, random: Random) -> Value:
    match fact.type:
        case FactType.listed:
            return tuple(random.sample(fact.words or ("atm", "cards"), random.randint(0, 2)))
        case _ if fact.unit is None:
            return random.choice(fact.words)
        case FactType.share:
            return random.choice((0.0, 0.01, 0.05, 0.08, 0.1, 0.333, 0.4, 0.5, 0.51, 1.0))
        case FactType.clock:
            return float(random.randrange(0, 1440, 30))
        case _:
            return random.choice(
                (0.0, 1.0, 2.0, 3.0, 5.0, 20.0, 45.0, 96.0, 185.0, 600.0, 1440.0, 4320.0, 80_000.0, 1e6)
            )


def test_many_cases_at_once_come_out_as_one_by_one() -> None:
    policy, random = default_policy(), Random(1)
    facts = vocabulary().facts
    rows = [{name: a_value(fact, random) for name, fact in facts.items()} for _ in range(400)]
    batch = Batch(policy, {name: [row[name] for row in rows] for name in facts}, len(rows))

    for channel, rules in policy.by_channel.items():
        one_by_one = [find(rules, policy.layout.observe(row)) for row in rows]
        assert batch.effects(channel) == [found.effect for found in one_by_one]
        assert batch.findings(channel) == one_by_one
        active = batch.active(channel)
        assert [sum(active[rule.name][place] for rule in rules) for place in range(len(rows))] == [
            len(found.fired) for found in one_by_one
        ]


def test_what_is_usual_can_be() -> None:
    policy = default_policy()
    usual = values_on(policy.figures.channels["sms"], vocabulary().facts, {})

    assert all(policy.layout.observe(usual) & never for never in policy.impossible)
