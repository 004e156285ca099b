"""`python -m rules advise FILE`: advice on one scenario file."""

import json
import sys
from argparse import Namespace

from rules.advice import advise, as_json
from rules.exits import FINE, MISSED, WRONG, complain, policy_of, print_mistakes, text_of
from rules.expectations import misses
from rules.mistakes import PolicyMistakes
from rules.scenario import read_scenario
from rules.table import ScenarioMistakes
from rules.terminal import report


def advise_file(asked: Namespace) -> int:
    """The exit code."""
    try:
        policy = policy_of(asked.policy)
        scenario = read_scenario(text_of(asked.file))
        advice = advise(scenario.case, policy)
    except PolicyMistakes as mistakes:
        print_mistakes(asked.policy, mistakes)
        return WRONG
    except ScenarioMistakes as mistakes:
        return complain(asked.file, mistakes.sentences)
    missed = misses(scenario.expect, advice)
    print(json.dumps(as_json(advice), ensure_ascii=False, indent=2) if asked.json else report(advice, scenario))
    for miss in missed:
        print(f"MISSED {miss}", file=sys.stderr if asked.json else sys.stdout)
    return MISSED if missed else FINE
