"""`python -m rules diff OLD [NEW]`: what changes between two policies, by meaning."""

import json
from argparse import Namespace

from rules.diff import Difference, differences
from rules.exits import FINE, MISSED, WRONG, policy_of, print_mistakes
from rules.mistakes import PolicyMistakes
from rules.policy import Policy


def diff_files(asked: Namespace) -> int:
    """The exit code: 1 if something changes."""
    policies: list[Policy] = []
    for path in (asked.file, asked.new):
        try:
            policies.append(policy_of(path))
        except PolicyMistakes as mistakes:
            print_mistakes(path, mistakes)
            return WRONG
    old, new = policies
    found = differences(old, new)
    if asked.json:
        print(json.dumps([difference_json(one) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found or [Difference("Nothing changes.")]:
            print(one.sentence)
            if one.example:
                print(f"    for example: {one.example}")
    return MISSED if found else FINE


def difference_json(one: Difference) -> dict[str, object]:
    """As plain values."""
    return {
        "sentence": one.sentence,
        "channels": list(one.channels),
        "before": one.before,
        "after": one.after,
        "tests": list(one.tests),
        "where": list(one.where),
        "unless": list(one.unless),
        "example": dict(one.example.facts) if one.example else None,
    }
