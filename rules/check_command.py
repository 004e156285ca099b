"""`python -m rules check FILE`: mistakes, findings, promises and scenarios of a policy."""

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from rules.checking import check
from rules.checking_json import findings_json, mistakes_json
from rules.exits import FINE, MISSED, WRONG, policy_of, print_mistakes
from rules.found import Findings
from rules.mistakes import PolicyMistakes
from rules.policy import Policy


def check_file(asked: Namespace) -> int:
    """The exit code."""
    try:
        policy = policy_of(asked.file)
    except PolicyMistakes as mistakes:
        if asked.json:
            print(json.dumps(mistakes_json(mistakes), ensure_ascii=False, indent=2))
        else:
            print_mistakes(asked.file, mistakes)
        return WRONG if mistakes.is_unreadable else MISSED
    findings = check(policy)
    if asked.json:
        print(json.dumps(findings_json(policy, findings), ensure_ascii=False, indent=2))
    else:
        for line in _lines(policy, findings, asked.file):
            print(line)
    return FINE if findings.may_come_into_force else MISSED


def _lines(policy: Policy, findings: Findings, file: Path) -> Iterator[str]:
    yield from (f"{file}:{warning}" for warning in policy.warnings)
    for found in findings.found:
        yield f"{file}:{found.at.line}:{found.at.column}: {found.weight.value}: {found}"
    for proof in findings.proofs:
        yield f"{file}:{proof.promise.at.line}:{proof.promise.at.column}: promise: {proof}"
    for tried in findings.tried:
        at, came = tried.trial.at, "; ".join(tried.misses) or "holds"
        yield f"{file}:{at.line}:{at.column}: scenario: {tried.trial.name}: {came}."
    verdict = "may come into force" if findings.may_come_into_force else "may not come into force"
    yield f"{file}: {len(policy.rules)} rules, version {policy.version}, {verdict}."
