"""Random small policies for the referee: every kind of test, exceptions, effects, channels; from a seed."""

from random import Random

CHANNELS = ("sms", "email", "facebook")
EFFECTS = ("use", "avoid", "block", "require", "allow")
_TESTS = (
    ("kind", ("outage", "fraud or data breach", "not safety", "safety")),
    ("severity", ("at least severe", "at most minor", "moderate", "from minor to severe", "not unknown")),
    ("urgency", ("immediate", "not immediate")),
    ("certainty", ("observed", "possible or unlikely or unknown")),
    ("life safety", ("yes", "no")),
    ("noticeable", ("yes", "no")),
    ("remaining time", ("at least 2 h", "less than 2 h", "from 1 h to 3 h", "more than 3 days", "at least channel half-seen time")),
    ("lead time", ("at least 24 h", "less than 24 h", "at most 1 h")),
    ("over", ("yes", "no")),
    ("local time", ("from 22:00 to 07:00", "from 06:00 to 23:00", "from 12:00 to 13:00")),
    ("share affected", ("at least 10 %", "less than 5 %", "more than 10 %", "at most 0 %")),
    ("missing content", ("anything", "nothing", "includes when", "includes what or where", "does not include when")),
    ("components", ("includes atm", "includes atm or cards", "does not include cards", "nothing")),
    ("sent to", ("those who asked", "everybody on file", "the public")),
    ("working", ("yes", "no")),
    ("cost", ("more than 0 SEK", "at least 5000 SEK")),
    ("end known", ("yes", "no")),
    ("end given", ("yes", "no")),
)  # fmt: skip


def a_random_policy(seed: int, *, rules: int = 7) -> str:
    """Its text; overrides point from later rules to earlier ones, so that there are no circles."""
    random = Random(seed)
    return "rules:\n" + "".join(_rule(random, number) for number in range(random.randint(3, rules)))


def _rule(random: Random, number: int) -> str:
    channels = random.sample(CHANNELS, random.randint(1, 3))
    overrides = random.sample(range(number), min(number, random.choice((0, 0, 1, 2))))
    cases = [_tests(random) for _ in range(random.choice((1, 1, 2)))]
    unless = f", unless: {_tests(random)}" if random.random() < 0.25 else ""
    asks = ", approval: lead" if random.random() < 0.3 else ""
    return (
        f"  - {{rule: r{number}, channels: [{', '.join(channels)}], when any of: [{', '.join(cases)}]{unless},"
        f" then: {random.choice(EFFECTS)}{asks}, overrides: [{', '.join(f'r{one}' for one in overrides)}], because: x}}\n"
    )


def _tests(random: Random) -> str:
    chosen = random.sample(_TESTS, random.randint(1, 3))
    return "{" + ", ".join(f"{fact}: {random.choice(tests)}" for fact, tests in chosen) + "}"
