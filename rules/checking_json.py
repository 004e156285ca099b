"""What a check says of a policy, as plain values."""

from rules.example import Example
from rules.found import Findings
from rules.mistakes import Mistake, PolicyMistakes
from rules.policy import Policy


def findings_json(policy: Policy, findings: Findings) -> dict[str, object]:
    """Of a policy that has been read."""
    return {
        "policy": {"name": policy.name, "version": policy.version, "rules": len(policy.rules)},
        "may_come_into_force": findings.may_come_into_force,
        "mistakes": [_mistake(warning) for warning in policy.warnings],
        "found": [
            {
                "matter": one.matter.value,
                "weight": one.weight.value,
                "sentence": one.sentence,
                "rules": list(one.rules),
                "channels": list(one.channels),
                "line": one.at.line,
                "column": one.at.column,
                "example": _example(one.example),
            }
            for one in findings.found
        ],
        "promises": [
            {
                "name": one.promise.name,
                "words": one.promise.words,
                "state": one.state.value,
                "channel": one.channel,
                "line": one.promise.at.line,
                "column": one.promise.at.column,
                "example": _example(one.example),
            }
            for one in findings.proofs
        ],
        "scenarios": [
            {"name": one.trial.name, "line": one.trial.at.line, "misses": list(one.misses)} for one in findings.tried
        ],
    }


def mistakes_json(mistakes: PolicyMistakes) -> dict[str, object]:
    """Of a policy that cannot be used."""
    return {"may_come_into_force": False, "mistakes": [_mistake(one) for one in mistakes.findings]}


def _mistake(one: Mistake) -> dict[str, object]:
    return {"line": one.line, "column": one.column, "sentence": one.sentence, "is_warning": one.is_warning}


def _example(example: Example | None) -> dict[str, object] | None:
    return {"facts": dict(example.facts), "later": dict(example.later)} if example else None
