"""What changes between two versions: exact over all incidents, and told in few sentences."""

from random import Random

import pytest

from rules.boxes import Steps, world_in
from rules.changed import Versions
from rules.diff import differences
from rules.ground import Ground
from rules.never import never_together
from rules.policy import Policy
from rules.reading import default_policy, default_policy_text, read_policy
from tests.rules.random_policies import a_random_policy


def changed(old: str, new: str) -> list[str]:
    text = default_policy_text()
    assert old in text
    return [one.sentence for one in differences(default_policy(), read_policy(text.replace(old, new), name="new"))]


LONG_OUTAGE = """\
  - rule: long-outage
    channels: [facebook]
    when:
      kind: outage or degradation
      remaining time: at least 3 h
      followers affected: from 30 % to 40 %
    then: use
    overrides: [no-fan-broadcast]
    because: Most who would read it are affected.

promises:
"""


def test_a_new_rule_is_told_by_what_it_does() -> None:
    told = changed("promises:\n", LONG_OUTAGE)

    assert told[0] == (
        "facebook: avoid → use when kind is outage or degradation, remaining time at least 3 h and followers affected"
        " at least 30 % and at most 40 %, unless another rule decides."
    )
    assert told[-1] == "New rule long-outage: Most who would read it are affected."
    assert len(told) == 3


def test_a_moved_threshold_is_told_as_the_band_between() -> None:
    [told] = changed("cost: more than 5000 SEK", "cost: more than 2000 SEK")

    assert told == (
        "sms, push and email: now signed by lead when life safety is no, severity is moderate, cost more than 2000 SEK"
        " and at most 5000 SEK and over budget is no, unless another rule decides."
    )


def test_other_hours_are_told_as_hours() -> None:
    told = changed("local time: from 22:00 to 07:00", "local time: from 23:00 to 07:00")

    assert all("no longer held until 07:00" in one and "local time from 22:00 to 23:00" in one for one in told)


def test_figures_and_texts_are_told_too() -> None:
    assert changed("{share: 85 %,", "{share: 80 %,") == ["sms seen: 85 % → 80 %."]
    assert changed("because: This is a drill. It", "because: A drill. It") == [
        "drill-live now says: A drill. It cannot leave the drill environment.",
    ]


def test_the_same_meaning_in_other_words_is_no_difference() -> None:
    assert changed("severity: unknown or minor\n", "severity: less than moderate\n") == []
    assert differences(default_policy(), default_policy()) == []


def versions_of(old: Policy, new: Policy, channel: str) -> Versions:
    ground = Ground([*old.conditions, *new.conditions], never_together(), new.figures.channels)
    before, after = (ground.rules(policy.by_channel[channel], channel) for policy in (old, new))
    return Versions(ground, before, after)


@pytest.mark.parametrize("seed", range(12))
def test_every_incident_is_told_of_exactly_if_it_changes(seed: int) -> None:
    """Random incidents: what changes lies in a region with its verdicts; what does not is left to another rule."""
    old, new = (read_policy(a_random_policy(number), name="x") for number in (seed, seed + 1000))
    random = Random(seed)
    for channel in ("sms", "facebook"):
        versions = versions_of(old, new, channel)
        regions = versions.verdicts(Steps(400_000))
        space = versions.ground.space
        for _ in range(30):
            world = world_in(space, space.start, Steps(), usual=lambda cells: _any_bit(cells, random))
            before, after = versions.old.on(world).effect(), versions.new.on(world).effect()
            around = [region for region in regions if not world & ~region.box]

            if before is not after:
                assert (before, after) in [(region.before, region.after) for region in around]
            else:
                assert all(region.unless or region.where for region in around)


def _any_bit(cells: int, random: Random) -> int:
    bits = [1 << place for place in range(cells.bit_length()) if cells >> place & 1]
    return random.choice(bits)


def test_what_takes_too_long_is_said_not_to_be_all() -> None:
    new = read_policy(
        default_policy_text().replace("share affected: at least 10 %", "share affected: at least 5 %"), name="new"
    )

    assert "not decided" in differences(default_policy(), new, steps=5)[0].sentence
