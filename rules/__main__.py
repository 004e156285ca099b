"""`python -m rules COMMAND FILE`: decides, checks and compares, for a terminal or a program.

Exit codes: 0 = fine; 1 = an expectation does not hold, the policy may not come into force, or something would change;
2 = a file is wrong.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from rules.advise_command import advise_file
from rules.check_command import check_file
from rules.exits import WRONG

_EXITS = """\
exit codes:
  0  advise: every expectation holds; check: the policy may come into force
  1  advise: an expectation does not hold; check: a mistake, an error, a broken promise or a scenario that does not hold
  2  a file cannot be read, or is wrong
"""


def main(arguments: list[str] | None = None) -> int:
    """The exit code of one command."""
    asked = _arguments().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    except UnicodeDecodeError:
        print(f"{asked.file}: The file is not text in UTF-8.", file=sys.stderr)
    return WRONG


def _arguments() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m rules",
        description="Decides which channels serve an incident, and says why.",
        epilog=_EXITS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, words, takes_policy in (
        ("advise", advise_file, "advice on one scenario file", True),
        ("check", check_file, "mistakes, contradictions, promises and scenarios of a policy file", False),
    ):
        command = commands.add_parser(name, help=words)
        command.set_defaults(run=run)
        command.add_argument("file", type=Path)
        command.add_argument("--json", action="store_true", help="for programs")
        if takes_policy:
            command.add_argument("--policy", type=Path, help="another policy than the default one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
