"""The most cautious verdict under unknown facts is the one that trying every world finds."""

from itertools import product
from math import prod
from random import Random

import pytest

from rules.cautious import CAUTION, Cautious
from rules.cells import Layout
from rules.policy import Policy
from rules.reading import default_policy, read_policy
from rules.verdicts import SAID, find, is_possible, worlds
from rules.vocabulary import vocabulary
from tests.rules.random_policies import a_random_policy
from tests.rules.test_replay import a_value

MOST_WORLDS = 1_500  # of one row that is compared: more take too long to try
POLICIES, ROWS = 400, 4


def some_cells(layout: Layout, random: Random) -> int:
    """What is known of an incident: most facts, some of them, or none."""
    unknown = random.choice((0.1, 0.3, 0.6, 1.0))
    facts = vocabulary().facts.items()
    return layout.observe({name: None if random.random() < unknown else a_value(fact, random) for name, fact in facts})


def tried_one_by_one(policy: Policy, channel: str, known: int) -> list[int] | None:
    """Every world; None = too many of them."""
    rules = policy.by_channel[channel]
    tested = 0
    for rule in rules:
        tested |= rule.cells
    opened = [dim for dim in policy.layout.dimensions if dim.full & tested and (known & dim.full).bit_count() > 1]
    if prod(dim.size for dim in opened) > MOST_WORLDS:
        return None
    base = known & ~sum(dim.full for dim in opened)
    every = [
        base | sum(bits) for bits in product(*([dim.cell_bit(cell) for cell in range(dim.size)] for dim in opened))
    ]
    # What is known may contradict itself; then it is taken as it was told.
    return [world for world in every if not opened or is_possible(world, policy)] or every


def compared(policy: Policy, random: Random, rows: int) -> int:
    """How many were compared."""
    done = 0
    for channel, rules in policy.by_channel.items():
        cautious = Cautious(policy, channel)
        for _ in range(rows):
            known = some_cells(policy.layout, random)
            every = tried_one_by_one(policy, channel, known)
            if every is None:
                continue
            found = [find(rules, world) for world in every]
            verdicts = {SAID[one.effect] for one in found}
            said = cautious.on(known)
            assert said.verdict == min(verdicts, key=CAUTION.index)
            assert said.is_certain is (len(verdicts) == 1)
            fired = {tuple(rule.name for rule in one.fired) for one in found if SAID[one.effect] == said.verdict}
            assert said.rules in fired
            done += 1
    return done


def test_it_agrees_with_trying_every_world_on_random_policies() -> None:
    done = sum(compared(read_policy(a_random_policy(seed), name="x"), Random(seed), ROWS) for seed in range(POLICIES))

    assert done > 2_000, f"{done} rows were few enough in worlds to be compared"


def test_it_agrees_on_the_default_policy_where_every_world_can_be_tried() -> None:
    policy, random = default_policy(), Random(5)
    done = 0
    while done < 100:
        done += compared(policy, random, 20)


@pytest.mark.parametrize("channel", list(default_policy().by_channel))
def test_nothing_known_at_all_is_decided_too(channel: str) -> None:
    policy = default_policy()

    said = Cautious(policy, channel).on(policy.layout.observe({}))

    assert not said.is_certain
    assert said.rules


def test_what_contradicts_itself_is_taken_as_it_was_told() -> None:
    policy = default_policy()
    known = policy.layout.observe({"life safety": "yes", "kind": "outage", "severity": "minor"})

    assert list(worlds(policy.by_channel["sms"], {"life safety": "yes", "kind": "outage"}, policy)) == []
    assert Cautious(policy, "sms").on(known).verdict in CAUTION
