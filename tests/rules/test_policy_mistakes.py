"""Mistakes in a policy: in plain words, with line and column, all at once."""

import pytest

from rules.mistakes import PolicyMistakes
from rules.reading import default_policy_text, read_policy
from tests.rules.builders import RULE


def findings(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(PolicyMistakes) as caught:
        read_policy(text, name="test")
    return [(found.line, found.column, found.sentence) for found in caught.value.findings]


def with_test(test: str) -> str:
    return RULE.format(test=test)


# The test stands on line 5; its value begins after "      name: ".
PLANTED = [
    ("unknown fact", "severty: minor", 7, '"severty" is not a fact. Did you mean "severity"?'),
    ("text for number", "people affected: at least many", 24, '"many" is not a number.'),
    ("misspelt value", "kind: outge", 13, '"outge" is not a value of kind. Did you mean "outage"?'),
    (
        "value out of range",
        "share affected: at least 140 %",
        23,
        '"140 %" is out of range: share affected runs from 0 % to 100 %.',
    ),
    ("missing operand", "remaining time: at least", 23, 'A number is missing after "at least".'),
    ("missing value", "severity: at least", 17, 'Something is missing after "at least".'),
    ("order where there is none", "kind: at least fraud", 13, "compares, but kind has no order"),
    ("wrong test for the type", "people affected: includes 5", 24, "is no test of a number"),
    (
        "wrong list",
        "missing content: includes whn",
        24,
        '"whn" is not a value of missing content. Did you mean "when"?',
    ),
    ("list against word", "missing content: when", 24, "is no test of a list"),
    ("yes or no against number", "people affected: yes", 24, "people affected is a number, not yes or no."),
    ("number against yes or no", "noticeable: at least 5", 19, "compares, but noticeable has no order"),
    ("empty range", "remaining time: from 5 h to 2 h", 23, "is empty: it ends before it begins"),
    ("half a range", "remaining time: from 5 h to", 23, "needs both ends"),
    (
        "missing unit",
        "remaining time: at least 45",
        23,
        '"45" has no unit; this is a duration. Write for example 30 min',
    ),
    (
        "share without per cent",
        "share affected: at least 0.4",
        23,
        '"0.4" has no unit; this is a share. Write for example 40 %.',
    ),
    ("wrong unit", "remaining time: at least 5 %", 23, "is not the unit of a duration"),
    ("never true", "remaining time: less than 0 min", 23, "can never hold"),
    ("nothing left", "noticeable: not yes or no", 19, "can never hold: no value is left"),
    ("clock compared", "local time: at least 22:00", 19, "is no test of a time of day"),
    ("clock misspelt", "local time: from 25:00 to 07:00", 19, '"25:00" is not a time of day'),
    (
        "unknown attribute",
        "remaining time: at least 2 x channel reech time",
        23,
        'has no "reech time". Did you mean "reach time"?',
    ),
    ("test without value", "kind:", 12, "Nothing stands after kind."),
    ("list as test", "kind: [outage, fraud]", 13, "takes one test, not a list"),
    ("decimal comma", "share affected: at least 1,5 %", 23, "Decimals follow a point: write 1.5."),
    (
        "decimal comma with three places",
        "share affected: at least 0,125 %",
        23,
        "Decimals follow a point: write 0.125.",
    ),
    ("decimal comma of a duration", "remaining time: at least 2,5 h", 23, "Decimals follow a point: write 2.5."),
    ("point between thousands", "cost: more than 5.000 SEK", 13, "can mean two things"),
    ("digits with gaps", "remaining time: at least 1 5 h", 23, '"1 5 h" is not a number.'),
    ("another currency", "cost: more than 100 EUR", 13, '"100 EUR" is in EUR, but this policy counts in SEK.'),
    ("negative multiple", "remaining time: at least -2 x channel reach time", 23, "a multiple is more than 0"),
    ("beyond all numbers", "people affected: at most 100000000000000000", 24, "not a number that anything could have"),
]


@pytest.mark.parametrize(("test", "column", "words"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_mistake_is_found_at_its_place(test: str, column: int, words: str) -> None:
    [(line, found_column, sentence)] = findings(with_test(test))

    assert (line, found_column) == (5, column)
    assert words in sentence


STRUCTURE = [
    ("open bracket", "rules: [{rule: a\nb: c", 2, "bracket or brace is opened"),
    ("indentation", "rules:\n  - rule: a\n channels: all", 3, "indent"),
    ("two colons", "rules:\n  - rule: a: b", 2, "colon too much"),
    ("open quote", 'rules:\n  - rule: "a', 2, "quote is opened"),
    ("tabs", "rules:\n\t- rule: a", 2, "Indent with spaces"),
    ("anchor", "rules: &all\n  - rule: a", 1, "Anchors"),
    ("alias", "general: {currency: *c}", 1, "References"),
    ("tag", "general: {currency: !!str SEK}", 1, "Tags"),
    ("two documents", "rules: []\n---\nrules: []", 2, "one document"),
    ("too deep", "rules: " + "[" * 100_000, 1, "nested deeper"),
    ("too long", "rules: []\n" + "# filler\n" * 30_000, 1, "longer than 200 kB"),
    ("empty", "", 1, "empty"),
    ("control character", "rules: \x00", 1, "control character"),
    ("half a character", "rules: \ud800", 1, "control character"),
]


@pytest.mark.parametrize(
    ("text", "line", "words"), [case[1:] for case in STRUCTURE], ids=[case[0] for case in STRUCTURE]
)
def test_a_broken_structure_is_told_in_plain_words(text: str, line: int, words: str) -> None:
    found = findings(text)

    assert found[0][0] == line
    assert words in found[0][2]


def one_rule(**changed: str) -> str:
    lines = {
        "rule": "one",
        "channels": "[sms]",
        "when": "always",
        "then": "use",
        "because": "It is a test.",
        **{key.replace("_", " "): value for key, value in changed.items()},
    }
    return "rules:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in lines.items() if value)


RULES = [
    ("without effect", one_rule(then=""), 2, 5, "has no effect"),
    ("with an empty effect", one_rule(then="{}"), 2, 5, "has no effect"),
    ("misspelt effect", one_rule(then="uze"), 5, 11, '"uze" is no effect. Did you mean "use"?'),
    ("without reason", one_rule(because=""), 2, 5, "does not say why"),
    ("without condition", one_rule(when=""), 2, 5, "does not say when"),
    ("without channels", one_rule(channels=""), 2, 5, "names no channels"),
    ("unknown channel", one_rule(channels="[smss]"), 3, 16, '"smss" is not a channel. Did you mean "sms"?'),
    ("unknown line", one_rule(becaus="x"), 7, 5, '"becaus" is not known under a rule. Did you mean "because"?'),
    ("unknown role", one_rule(approval="leed"), 7, 15, '"leed" is not a role that signs. Did you mean "lead"?'),
    ("wrong clock", one_rule(not_before='"7"'), 7, 17, '"7" is not a time of day'),
    ("unknown override", one_rule(overrides="[two]"), 7, 17, 'There is no rule "two".'),
    ("override of itself", one_rule(overrides="[one]"), 7, 17, "override each other"),
    ("effect on another channel", one_rule(then="{email: use}"), 5, 12, "does not list it under channels"),
    ("with a list of effects", one_rule(then="[block]"), 5, 11, "One word stands here"),
    ("with a list as effect of a channel", one_rule(then="{sms: [block]}"), 5, 17, "One word stands here"),
    ("with no tests", one_rule(when="{}"), 4, 11, 'Write "when: always" if it always counts.'),
    ("with no cases", one_rule(when="", when_any_of="[]"), 6, 18, "stands a list"),
    ("with an empty case", one_rule(when="", when_any_of="[{kind: outage}, {}]"), 6, 35, "stand tests"),
    ("with no exception", one_rule(unless="{}"), 7, 13, "stand tests"),
    ("with an empty list of channels", one_rule(channels="[]"), 3, 15, "names no channels"),
    ("signed by a group", one_rule(approval="{lead: yes}"), 7, 15, "approval is a text, or a list of texts"),
    ("signed by nobody", one_rule(then="", approval="[]"), 6, 15, "Nothing stands in the list after approval."),
    ("needing nothing", one_rule(then="", needs='""'), 6, 12, "Nothing stands after needs."),
    ("with no life", one_rule(expires="0 h"), 7, 14, "expires must be more than 0."),
    ("only not pinned", one_rule(then="", pinned="no"), 2, 5, "has no effect"),
    ("with a hidden character", one_rule(because='"a\\0"'), 6, 14, "nobody can see (U+0000)"),
    ("read in another order", one_rule(because='"a\\u202e"'), 6, 14, "nobody can see (U+202E)"),
    ("twice the same line", one_rule() + "\n    then: avoid", 7, 5, '"then" stands here twice, first on line 5'),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"), [case[1:] for case in RULES], ids=[case[0] for case in RULES]
)
def test_a_mistake_in_a_rule_is_found_at_its_place(text: str, line: int, column: int, words: str) -> None:
    found = findings(text)

    assert (line, column) in [(one[0], one[1]) for one in found]
    assert any(words in one[2] for one in found)


PROMISES = [
    ("about no channel", "{every incident: always, never gets: []}", "No channel stands here."),
    ("about no incident", "{every incident any of: [], never gets: [sms]}", "stands a list"),
    ("without tests", "{every incident: {}, never gets: [sms]}", "stand tests"),
]


@pytest.mark.parametrize(("promise", "words"), [case[1:] for case in PROMISES], ids=[case[0] for case in PROMISES])
def test_a_promise_that_promises_nothing_is_refused(promise: str, words: str) -> None:
    found = findings(f"{one_rule()}\npromises:\n  - {promise}\n")

    assert [line for line, _, sentence in found if words in sentence] == [8]


def test_a_price_in_another_currency_is_refused() -> None:
    [(line, _, sentence)] = findings("channels:\n  sms: {price: {each: 0.50 EUR}}\n" + one_rule())

    assert line == 2
    assert "counts in SEK" in sentence


def test_a_policy_may_count_in_another_currency() -> None:
    policy = read_policy("general: {currency: EUR}\n" + one_rule(when="{cost: more than 1000.5 EUR}"), name="test")

    assert [condition.text for condition in policy.conditions] == ["more than 1000.5 EUR"]


def test_rules_that_override_each_other_in_a_circle_are_refused() -> None:
    circle = "rules:\n" + "".join(
        f"  - rule: {name}\n    channels: [sms]\n    when: always\n    then: use\n    because: x\n    overrides: [{other}]\n"
        for name, other in [("a", "b"), ("b", "c"), ("c", "a")]
    )

    assert [line for line, _, sentence in findings(circle) if "circle" in sentence] == [7, 13, 19]


def test_all_mistakes_of_a_policy_are_told_at_once_in_their_order() -> None:
    text = with_test("severty: minor\n      kind: outge\n      remaining time: at least 45") + one_rule(
        then="uze"
    ).removeprefix("rules:\n").replace("rule: one", "rule: two")

    assert [line for line, _, _ in findings(text)] == [5, 6, 7, 13]


def test_tests_are_read_also_where_the_channel_is_wrong() -> None:
    text = one_rule(channels="[smss]", when="{knd: outage, share affected: at least 0.4}", then="uze")

    assert [(line, column) for line, column, _ in findings(text)] == [(3, 16), (4, 12), (4, 41), (5, 11)]


def test_a_wrong_figure_is_found_at_its_place() -> None:
    text = one_rule() + (
        "\nchannels:\n  sms:\n    delivered: 140 %\n    sene: 5 %\n    speed: {per second: 0}\n"
        "    seen delay: {median: 5000 days, spread: nan}\n"
    )

    assert [(line, column) for line, column, _ in findings(text)] == [(9, 16), (10, 5), (11, 25), (12, 26), (12, 45)]


def test_a_text_that_is_cut_by_a_hash_is_warned_of() -> None:
    policy = read_policy(one_rule(because="see ticket #12"), name="test")

    assert [(warning.line, warning.is_warning) for warning in policy.warnings] == [(6, True)]


def test_an_ordinary_comment_is_no_warning() -> None:
    assert read_policy(one_rule(then="use  # as agreed"), name="test").warnings == ()


def test_a_mistake_is_told_once_though_the_rule_speaks_of_many_channels() -> None:
    text = one_rule(channels="all", when="{kind: outge}")

    assert len(findings(text)) == 1


def test_the_same_text_has_the_same_version_and_another_text_another() -> None:
    one, same, other = (read_policy(text, name="x") for text in (one_rule(), one_rule(), one_rule(then="avoid")))

    assert one.version == same.version != other.version
    assert len(one.version) == 12


def test_a_policy_that_leaves_out_figures_has_those_of_the_default_policy() -> None:
    policy = read_policy("channels:\n  sms: {}\n" + one_rule(), name="test")

    assert policy.figures.channels["sms"].delivered == 0.95
    assert policy.figures.kappa == 0.4


def test_a_policy_may_change_one_figure() -> None:
    policy = read_policy("channels:\n  sms: {seen: 50 %}\n" + one_rule(), name="test")

    assert policy.figures.channels["sms"].seen == 0.5
    assert policy.figures.channels["sms"].delivered == 0.95


def test_a_misspelt_line_anywhere_in_the_default_policy_is_found() -> None:
    """Every line that gives a name is guarded: change the name, and the reader says so at that line."""
    lines = default_policy_text().splitlines()
    guarded = [
        place for place, line in enumerate(lines) if line.strip().startswith(("when:", "because:", "then:", "medium:"))
    ]
    for place in guarded[::9]:
        changed = [*lines[:place], lines[place].replace(":", "x:", 1), *lines[place + 1 :]]

        assert place + 1 in [line for line, _, _ in findings("\n".join(changed))]
