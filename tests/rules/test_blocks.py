"""Rules taken out of a text and put back: nothing else moves by a byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.blocks import NEW_RULE, NotApart, added, blocks, mistakes_of, removed, replaced, title_of
from rules.mistakes import PolicyMistakes
from rules.reading import default_policy_text, read_policy
from tests.rules.random_policies import a_random_policy

TEXT = default_policy_text()
OTHER = "  - rule: another\n    channels: [sms]\n    when: always\n    then: block   # for now\n    because: A trial.\n"
LAID_OUT = "rules:\n# first\n-\n    rule: a\n    channels: [sms]\n    when: {kind: outage}\n    then: use\n    because: |\n      - one\n\n      two\n    # inside\n\n# second\n- {rule: b, channels: all,\n   when: always, then: use, because: \"x\"}\n\n\nscenarios: []\n"  # fmt: skip

noise = st.lists(
    st.sampled_from(["", "  ", "# a remark", "  # ---- A heading ----", "    # - rule: not one"]), max_size=3
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Valid ones, with comments and empty lines wherever they may stand."""
    lines = a_random_policy(draw(st.integers(0, 500))).splitlines()
    strewn = [more for line in lines for more in (*draw(noise), line)]
    after = draw(st.sampled_from(["", "\n", "scenarios:\n  - {name: x, incident: {}, expect: {}}\n", "promises: []"]))
    return draw(st.sampled_from(["", "# A policy\n\n"])) + "\n".join(strewn) + "\n" + after


@settings(max_examples=60, deadline=None)
@given(text=texts(), chosen=st.integers(0, 20))
def test_replacing_one_block_leaves_all_else_as_it_is(text: str, chosen: int) -> None:
    known = blocks(text)
    one = known[chosen % len(known)]

    changed = replaced(text, one, OTHER)
    other = blocks(changed)[one.number - 1]

    assert [title_of(block) for block in known] == [f"r{number}" for number in range(len(known))]
    assert replaced(text, one, one.text) == text
    assert replaced(changed, other, one.text) == text
    lines, new = text.split("\n"), changed.split("\n")
    assert new[: one.line - 1] == lines[: one.line - 1]
    assert new[other.last_line :] == lines[one.last_line :]
    assert [block.text for block in blocks(changed)] == [OTHER if block is one else block.text for block in known]


@settings(max_examples=60, deadline=None)
@given(text=texts(), chosen=st.integers(0, 20))
def test_a_rule_is_added_at_the_end_and_removed_alone(text: str, chosen: int) -> None:
    known = blocks(text)
    one = known[chosen % len(known)]

    more, line = added(text, OTHER)
    less = blocks(removed(text, one))

    assert [block.text for block in blocks(more)] == [*(block.text for block in known), OTHER]
    assert more.split("\n")[line - 1] == "  - rule: another"
    assert removed(more, blocks(more)[-1]).replace("\n", "") == text.replace("\n", "")
    assert [block.text for block in less] == [block.text for block in known if block is not one]


def test_every_rule_of_the_default_policy_is_a_block_that_reads_by_itself() -> None:
    known = blocks(TEXT)

    assert [title_of(one) for one in known] == [rule.name for rule in read_policy(TEXT, name="x").rules]
    assert [one.line for one in known] == [rule.at.line for rule in read_policy(TEXT, name="x").rules]
    assert all(replaced(TEXT, one, one.text) == TEXT and not list(mistakes_of(one.text, 2)) for one in known)


def test_any_layout_of_a_list_is_taken_apart_as_it_is_read() -> None:
    first, second = blocks(LAID_OUT)

    assert (first.line, first.last_line, second.line, second.last_line) == (3, 12, 15, 16)
    assert (title_of(first), title_of(second)) == ("a", "b")
    assert replaced(LAID_OUT, first, first.text) == LAID_OUT


@pytest.mark.parametrize("text", ["rules: [{rule: a}]\n", "{rules: [{rule: a}]}", "rules:\n  [{rule: a}]\n", "rules:\n  - {rule: a,\nwhen: always}\n"])  # fmt: skip
def test_a_list_in_brackets_is_not_taken_apart(text: str) -> None:
    with pytest.raises(NotApart, match="change the whole text"):
        blocks(text)


def test_mistakes_elsewhere_stay_where_they_are() -> None:
    broken = TEXT.replace("    then: block\n", "    then: [block\n", 1)
    one = next(block for block in blocks(broken) if title_of(block) == "quiet-hours")

    changed = replaced(broken, one, one.text.replace("07:00", "06:00"))

    assert changed == broken[: broken.index(one.text)] + one.text.replace("07:00", "06:00") + broken.split(one.text)[1]
    assert "then: [block\n" in changed


@pytest.mark.parametrize(
    ("new", "line", "column"),
    [
        ("", 1, 1),
        ("\n  # nothing\n", 1, 1),
        ("rule: x\n", 1, 1),
        ("  - rule: x\n  - rule: y\n", 2, 3),
        ("  - rule: x\npromises: []\n", 2, 1),
        ("  - rule: x\n    channels: [sms\n", 2, 19),
        ('  - rule: x\n    because: "open\n', 2, 14),
        ("  - rule: x\n\tthen: use\n", 2, 1),
    ],
)
def test_what_would_reach_beyond_its_block_is_refused_with_its_place(new: str, line: int, column: int) -> None:
    one = blocks(TEXT)[3]

    with pytest.raises(PolicyMistakes) as refused:
        replaced(TEXT, one, new)

    assert (refused.value.findings[0].line, refused.value.findings[0].column) == (line, column), refused.value


def test_a_section_that_is_missing_is_begun() -> None:
    text, line = added("rules:\n  - rule: a", "  - name: x\n", "scenarios")

    assert text == "rules:\n  - rule: a\n\nscenarios:\n  - name: x\n"
    assert text.splitlines()[line - 1] == "  - name: x"
    with pytest.raises(NotApart, match="begin a list with dashes"):
        added("scenarios: []\nrules:\n  - rule: a", "  - name: x\n", "scenarios")


def test_the_template_of_a_new_rule_is_a_rule() -> None:
    text, _ = added(TEXT, NEW_RULE)

    assert read_policy(text, name="x").rules[-1].name == "its-name"
