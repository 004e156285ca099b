"""`python -m rules COMMAND FILE`: decides, checks and compares, for a terminal or a program.

Exit codes: 0 = fine; 1 = an expectation does not hold, the policy may not come into force, or something would change;
2 = a file is wrong.
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from rules.advise_command import advise_file
from rules.check_command import check_file
from rules.diff_command import diff_files
from rules.exits import WRONG, NotText
from rules.format_command import format_file
from rules.replay_command import replay_file
from rules.what_if_command import what_if_file

_EXITS = """\
exit codes:
  0  advise: every expectation holds; check: the policy may come into force; diff, replay, format: nothing changes;
     what-if: always, if the file can be read
  1  advise: an expectation does not hold; check: a mistake, an error, a broken promise or a scenario that does not
     hold; diff, replay, format: something changes
  2  a file cannot be read, or is wrong
"""


def main(arguments: list[str] | None = None) -> int:
    """The exit code of one command."""
    asked = _arguments().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    except NotText as error:
        print(f"{error}: The file is not text in UTF-8.", file=sys.stderr)
    return WRONG


def _arguments() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m rules",
        description="Decides which channels serve an incident, and says why.",
        epilog=_EXITS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _command(
        commands, "advise", advise_file, "advice on one scenario file", policy="another policy than the default one"
    )
    _command(commands, "check", check_file, "mistakes, contradictions, promises and scenarios of a policy file")
    compared = _command(commands, "diff", diff_files, "what changes between two policy files, by meaning")
    compared.add_argument("new", type=Path, help="the newer policy")
    replayed = _command(
        commands, "replay", replay_file, "what would change for past incidents (JSON lines)", policy="the policy to try"
    )
    replayed.add_argument("--against", type=Path, help="compare with this policy, not with what was decided then")
    _command(
        commands,
        "what-if",
        what_if_file,
        "what would have to be different",
        policy="another policy than the default one",
    )
    tidied = _command(commands, "format", format_file, "the canonical layout of a policy file; comments are kept")
    tidied.add_argument("--write", action="store_true", help="change the file")
    return parser


def _command(
    commands: "_SubParsersAction[ArgumentParser]",
    name: str,
    run: Callable[[Namespace], int],
    words: str,
    *,
    policy: str | None = None,
) -> ArgumentParser:
    command = commands.add_parser(
        name, help=words, description=words[0].upper() + words[1:] + ".", epilog=_EXITS,
        formatter_class=RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.set_defaults(run=run)
    command.add_argument("file", type=Path)
    command.add_argument("--json", action="store_true", help="for programs")
    if policy:
        command.add_argument("--policy", type=Path, help=policy)
    return command


if __name__ == "__main__":
    sys.exit(main())
