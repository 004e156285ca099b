"""`python -m rules replay FILE --policy NEW`: what would change for past incidents."""

import json
from argparse import Namespace

from rules.exits import FINE, MISSED, WRONG, complain, policy_of, print_mistakes, text_of
from rules.mistakes import PolicyMistakes
from rules.past import read_past
from rules.replay import Change, replay
from rules.table import ScenarioMistakes


def replay_file(asked: Namespace) -> int:
    """The exit code: 1 if something would change."""
    path = asked.policy
    try:
        policy = policy_of(path)
        path = asked.against
        against = policy_of(path) if path else None
        channels = [*policy.by_channel, *(against.by_channel if against else ())]
        # A line ends with \n alone: JSON may hold the other ends of lines within a text.
        past = read_past(text_of(asked.file).split("\n"), channels=dict.fromkeys(channels))
    except PolicyMistakes as mistakes:
        print_mistakes(path, mistakes)
        return WRONG
    except ScenarioMistakes as mistakes:
        return complain(asked.file, mistakes.sentences)
    replayed = replay(past, policy, against=against)
    if asked.json:
        changes = [_json(change) for change in replayed.changes]
        told = {
            "incidents": replayed.incidents,
            "changed": replayed.changed,
            "undecided": replayed.undecided,
            "sentence": str(replayed),
            "changes": changes,
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        print(replayed)
        for change in replayed.changes:
            print(f"  {change.id}: {change.channel} {change.before} → {change.after}{_why(change)}")
    return MISSED if replayed.changes else FINE


def _why(change: Change) -> str:
    really = {None: "", True: "; it was announced there", False: "; it was not announced there"}[change.announced]
    return (f" ({', '.join(change.rules)})" if change.rules else "") + really


def _json(change: Change) -> dict[str, object]:
    return {
        "id": change.id,
        "channel": change.channel,
        "before": change.before,
        "after": change.after,
        "announced": change.announced,
        "rules": list(change.rules),
        "is_certain": change.is_certain,
    }
