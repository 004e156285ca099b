"""The canonical layout: nothing that says something is changed, and no comment is lost."""

from rules.reading import default_policy_text
from rules.tidy import tidy

UNTIDY = "rules:   # all\r\n\r\n\r\n  - rule: a  \n    when:\n     kind: outage\n    # why\n    because: x"


def test_ends_of_lines_and_empty_lines_are_tidied_and_comments_kept() -> None:
    tidied = tidy(UNTIDY)

    assert tidied.text == "rules:   # all\n\n  - rule: a\n    when:\n     kind: outage\n    # why\n    because: x\n"
    assert [(one.line, one.column) for one in tidied.changes] == [(1, 1), (3, 1), (4, 12), (8, 15)]


def test_other_indentation_is_advised_not_changed() -> None:
    assert [(one.line, one.column, one.sentence) for one in tidy(UNTIDY).advice] == [
        (6, 6, "Indent what stands below when by 2 columns.")
    ]


def test_what_is_tidy_stays_as_it_is() -> None:
    once = tidy(UNTIDY).text

    assert tidy(once).text == once
    assert tidy(once).changes == ()
    assert tidy(default_policy_text()).text == default_policy_text()
    assert not tidy(default_policy_text()).advice


def test_a_text_whose_spaces_count_is_left_alone() -> None:
    block = "because: |\n  one  \n  two\n\nrules: []  \n"

    assert tidy(block).text == block
    assert tidy(block).advice
