"""Exit codes, and reading the files that a command names."""

import sys
from pathlib import Path

from rules.mistakes import PolicyMistakes
from rules.policy import Policy
from rules.reading import default_policy, read_policy

FINE, MISSED, WRONG = 0, 1, 2


class NotText(ValueError):
    """A file that is not UTF-8; says which."""


def text_of(path: Path) -> str:
    """Its content, line ends as they are. Raises NotText, OSError."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotText(str(path)) from error


def policy_of(path: Path | None) -> Policy:
    """The policy of a file, or the one that ships. Raises PolicyMistakes."""
    return read_policy(text_of(path), name=path.stem) if path else default_policy()


def print_mistakes(path: Path | None, mistakes: PolicyMistakes) -> None:
    """As FILE:LINE:COLUMN: sentence."""
    for mistake in mistakes.findings:
        print(f"{path}:{mistake}")


def complain(path: Path, sentences: list[str]) -> int:
    """A file that is wrong; the exit code."""
    for sentence in sentences:
        print(f"{path}: {sentence}", file=sys.stderr)
    return WRONG
