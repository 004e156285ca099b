"""`python -m rules format FILE`: what the canonical layout would change; `--write` changes it. No comment is touched."""

import json
from argparse import Namespace

from rules.exits import FINE, MISSED, WRONG, print_mistakes, text_of
from rules.mistakes import PolicyMistakes
from rules.tidy import tidy


def format_file(asked: Namespace) -> int:
    """The exit code: 1 if something is, or was, to be changed."""
    text = text_of(asked.file)
    try:
        tidied = tidy(text)
    except PolicyMistakes as mistakes:
        print_mistakes(asked.file, mistakes)
        return WRONG
    found = [*tidied.changes, *tidied.advice]
    if asked.json:
        print(
            json.dumps([{"line": one.line, "column": one.column, "sentence": one.sentence} for one in found], indent=2)
        )
    else:
        for one in found:
            print(f"{asked.file}:{one}")
    if asked.write and tidied.changes:
        asked.file.write_text(tidied.text, encoding="utf-8", newline="\n")
    return MISSED if found else FINE
