"""`python -m rules advise FILE [--json] [--policy FILE]` and `python -m rules check FILE`.

Exit codes: 0 = fine; 1 = an expectation does not hold, or the policy may not come into force; 2 = a file is wrong.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rules.advice import advise, as_json
from rules.expectations import misses
from rules.mistakes import PolicyMistakes
from rules.policy import Policy
from rules.reading import default_policy, read_policy
from rules.scenario import read_scenario
from rules.table import ScenarioMistakes
from rules.terminal import report

FINE, MISSED, WRONG = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """The exit code of one command."""
    asked = _arguments().parse_args(arguments)
    try:
        return _advise(asked) if asked.command == "advise" else _check(asked)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    except UnicodeDecodeError:
        print(f"{asked.file}: The file is not text in UTF-8.", file=sys.stderr)
    return WRONG


def _arguments() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m rules", description="Decides which channels serve an incident, and says why."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    advise_one = commands.add_parser("advise", help="advice on one scenario file")
    advise_one.add_argument("file", type=Path)
    advise_one.add_argument("--json", action="store_true", help="for programs")
    advise_one.add_argument("--policy", type=Path, help="another policy than the default one")
    check_one = commands.add_parser("check", help="mistakes of a policy file")
    check_one.add_argument("file", type=Path)
    return parser


def _advise(asked: Namespace) -> int:
    try:
        policy = _policy(asked.policy)
        scenario = read_scenario(asked.file.read_text(encoding="utf-8"))
        advice = advise(scenario.case, policy)
    except PolicyMistakes as mistakes:
        _print_mistakes(asked.policy, mistakes)
        return WRONG
    except ScenarioMistakes as mistakes:
        for sentence in mistakes.sentences:
            print(f"{asked.file}: {sentence}", file=sys.stderr)
        return WRONG
    missed = misses(scenario.expect, advice)
    print(json.dumps(as_json(advice), ensure_ascii=False, indent=2) if asked.json else report(advice, scenario))
    for miss in missed:
        print(f"MISSED {miss}", file=sys.stderr if asked.json else sys.stdout)
    return MISSED if missed else FINE


def _policy(path: Path | None) -> Policy:
    return read_policy(path.read_text(encoding="utf-8"), name=path.stem) if path else default_policy()


def _check(asked: Namespace) -> int:
    try:
        policy = _policy(asked.file)
    except PolicyMistakes as mistakes:
        _print_mistakes(asked.file, mistakes)
        return WRONG if mistakes.is_unreadable else MISSED
    for warning in policy.warnings:
        print(f"{asked.file}:{warning}")
    print(f"{asked.file}: {len(policy.rules)} rules, version {policy.version}, may come into force.")
    return FINE


def _print_mistakes(path: Path, mistakes: PolicyMistakes) -> None:
    for mistake in mistakes.findings:
        print(f"{path}:{mistake}")


if __name__ == "__main__":
    sys.exit(main())
