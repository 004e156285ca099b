"""`python -m rules what-if FILE`: what would have to be different, channel by channel."""

import json
from argparse import Namespace

from rules.decision import decide
from rules.exits import FINE, WRONG, complain, policy_of, print_mistakes, text_of
from rules.mistakes import PolicyMistakes
from rules.scenario import read_scenario
from rules.table import ScenarioMistakes
from rules.timing import timing_of
from rules.what_if import ways_of


def what_if_file(asked: Namespace) -> int:
    """The exit code."""
    try:
        policy = policy_of(asked.policy)
        case = read_scenario(text_of(asked.file)).case
    except PolicyMistakes as mistakes:
        print_mistakes(asked.policy, mistakes)
        return WRONG
    except ScenarioMistakes as mistakes:
        return complain(asked.file, mistakes.sentences)
    decisions = decide(case, policy, timing_of(case, policy.figures))
    found = {name: (one.verdict.value, ways_of(one, policy)) for name, one in decisions.items()}
    if asked.json:
        told = {
            name: {"verdict": verdict, "ways": [{"verdict": way.verdict, "tests": list(way.tests)} for way in ways]}
            for name, (verdict, ways) in found.items()
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return FINE
    for name, (verdict, ways) in found.items():
        print(f"{name}: {verdict}")
        for way in ways:
            print(f"    {way}")
        if not ways and verdict != "use":
            print("    nothing that anybody can change would help")
    return FINE
