"""A policy's text as blocks, one a rule or scenario: taken out, put back, added and removed, and nothing else moves by a byte.

Works on lines alone, so that one rule can be mended while there are mistakes elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.mistakes import Findings, Mistake, PolicyMistakes
from rules.source import Fields, Items, Node, Text, read_source

_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|\Z)")  # as YAML counts them
_DASH = re.compile(r"( *)-(?: |$)")
_EMPTY_END = re.compile(r"(?:[\n\r\x85\u2028\u2029][ \t]*)+\Z")
_HEADING = re.compile(r" *# *-{2,} *(\S.*?) *-{2,} *$")
_NAME = re.compile(r"^ *(?:- *)?(?:\{ *)?rule: *[\"']?([^\s\"',}#]+)", re.MULTILINE)
NEW_RULE = """\
  - rule: its-name                # small letters and dashes; other rules name it so
    channels: [sms, email]        # one or several, or: all
    when:                         # all of these lines must hold; or write: when: always
      kind: outage or degradation
      severity: at least moderate
    # unless:                     # take away the # to say when it shall not count
    #   life safety: yes
    then: avoid                   # use, allow, avoid, require or block
    because: One sentence that everybody understands, and that you would say to a customer.
"""


class NotApart(ValueError):
    """The text cannot be taken apart into blocks; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one rule or scenario. Comments above its dash and empty lines below it are not part of it."""

    text: str
    number: int  # from 1, in the order of the text
    line: int  # of its dash, in the whole text
    indent: int  # columns before its dash

    @property
    def last_line(self) -> int:
        """In the whole text."""
        return self.line + len(_lines(self.text)) - 1

    @property
    def name(self) -> str:
        """What the rule is called; "" if nothing can be made out."""
        found = _NAME.search(self.text)
        return found[1] if found else ""


def blocks(text: str, section: str = "rules") -> list[Block]:
    """Those below `rules:` or `scenarios:`, none if there is no such line. Raises NotApart for a list in brackets."""
    lines = _lines(text)
    head = _head(lines, section)
    begins = [at for at in range(head + 1, len(lines)) if _is_told(lines[at])][:1] if head is not None else []
    dash = _DASH.match(lines[begins[0]].rstrip()) if begins else None
    found = list(_blocks(lines, begins[0], len(dash[1]))) if dash else []
    _require_as_read(text, section, found)
    return found


def _blocks(lines: list[str], first: int, indent: int) -> Iterator[Block]:
    starts: list[int] = []
    end = len(lines)
    for at in range(first, len(lines)):
        if not _is_told(lines[at]):
            continue
        depth, is_dash = _depth(lines[at]), bool(_DASH.match(lines[at].rstrip()))
        if depth == indent and is_dash:
            starts.append(at)
        elif depth <= indent and depth == 0:
            end = at
            break
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], end], strict=True), start=1):
        yield Block("".join(lines[start : _last_of(lines, start, stop, indent) + 1]), number, start + 1, indent)


def _last_of(lines: list[str], start: int, stop: int, indent: int) -> int:
    """Its last line that says something, or comments at its own depth."""
    return max(at for at in range(start, stop) if at == start or (lines[at].strip() and (_is_told(lines[at]) or _depth(lines[at]) > indent)))  # fmt: skip


def _require_as_read(text: str, section: str, found: list[Block]) -> None:
    """Where the text can be read, the lines must say the same as the reader."""
    try:
        root = read_source(text, Findings())
    except PolicyMistakes:
        return
    node = root.get(section) if isinstance(root, Fields) else None
    items = node.items if isinstance(node, Items) else ()
    alone = _entries("".join(one.text for one in found)) if found else ()
    if [_said(item) for item in items] != [_said(item) for item in alone or ()]:
        raise NotApart(f"The entries below {section}: do not each begin on a line of their own; change the whole text.")


def _entries(text: str) -> tuple[Node, ...]:
    """What these lines say by themselves; nothing if they cannot be read."""
    try:
        read = read_source(f"entries:\n{text}", Findings())
    except PolicyMistakes:
        return ()
    node = read.get("entries") if isinstance(read, Fields) else None
    return node.items if isinstance(node, Items) else ()


def _said(node: Node) -> object:
    """Values without their places."""
    match node:
        case Text():
            return node.value
        case Items():
            return [_said(item) for item in node.items]
        case Fields():
            return [(key.value, _said(value)) for key, value in node.fields]


def replaced(text: str, block: Block, new: str) -> str:
    """The text with other lines in a block's place. Raises PolicyMistakes if those would reach into what stands around it."""
    misplaced = list(mistakes_of(new, block.indent))
    if misplaced:
        raise PolicyMistakes(misplaced)
    lines = _lines(text)
    kept = _EMPTY_END.sub("", new) + _end_of(block.text)
    return "".join(lines[: block.line - 1]) + kept + "".join(lines[block.last_line :])


def removed(text: str, block: Block) -> str:
    """The text without a block, and without one of the two empty lines that would meet."""
    lines = _lines(text)
    before, after = lines[: block.line - 1], lines[block.last_line :]
    if after and not after[0].strip() and (not before or not before[-1].strip()):
        after = after[1:]
    return "".join(before) + "".join(after)


def added(text: str, new: str, section: str = "rules") -> tuple[str, int]:
    """The text with one more block at the end of a section, which is begun if it is missing; and the line of its dash.

    new: indented by two. Raises NotApart.
    """
    lines = _lines(text)
    head = _head(lines, section)
    if head is None:
        blocks(text, section)
        whole = text if not text or text.endswith("\n") else f"{text}\n"
        gap = "\n" if whole.strip() else ""
        return f"{whole}{gap}{section}:\n{new}", len(_lines(whole + gap)) + 2
    known = blocks(text, section)
    if not known and lines[head].partition(":")[2].partition("#")[0].strip():
        raise NotApart(
            f"After {section}: stands something on the same line; begin a list with dashes in the whole text."
        )
    at, indent = (known[-1].last_line, known[-1].indent) if known else (head + 1, 2)
    before = "".join(lines[:at])
    before += "" if before.endswith("\n") else "\n"
    gap = "\n" if known else ""
    shifted = "".join(_shifted(line, indent - 2) for line in _lines(new))
    return before + gap + shifted + "".join(lines[at:]), at + len(gap) + 1


def mistakes_of(new: str, indent: int) -> Iterator[Mistake]:
    """Why these lines are not one entry of their own; lines count from 1 in them. None = they are."""
    lines = _lines(new)
    told = [at for at, line in enumerate(lines) if _is_told(line)]
    if not told:
        yield Mistake(1, 1, "Nothing stands here. To take the rule away, remove it.")
        return
    first = told[0]
    if _depth(lines[first]) != indent or not _DASH.match(lines[first].rstrip()):
        yield Mistake(first + 1, 1, f'The first line begins with {_spaces(indent)} and a dash: "{" " * indent}- rule: its-name".')  # fmt: skip
    left = [at for at in told[1:] if _depth(lines[at]) <= indent]
    for at in left:
        yield Mistake(
            at + 1,
            _depth(lines[at]) + 1,
            f"This line stands too far left to belong to this entry. Indent it by at least {_spaces(indent + 2)};"
            " a further rule is added on a page of its own.",
        )
    if not left:
        yield from _unreadable(new)


def _unreadable(new: str) -> Iterator[Mistake]:
    """What would spill over the entry's end: brackets and quotes that stay open."""
    try:
        read = read_source(f"entries:\n{new}", Findings())
    except PolicyMistakes as mistakes:
        lines = new.splitlines()
        for one in mistakes.findings:
            is_past = one.line - 1 > len(lines)
            place = (len(lines), len(lines[-1]) + 1) if is_past else (max(1, one.line - 1), one.column)
            yield Mistake(*place, one.sentence)
        return
    node = read.get("entries") if isinstance(read, Fields) else None
    if not isinstance(node, Items) or len(node.items) != 1:
        yield Mistake(1, 1, "This is not one entry: it begins with a dash, and all other lines stand further right.")


def title_of(block: Block) -> str:
    """The name of a rule or scenario in a block that can be read; else what can be made out."""
    entry = next(iter(_entries(block.text)), None)
    said = (entry.get("rule") or entry.get("name")) if isinstance(entry, Fields) else None
    return said.value if isinstance(said, Text) else block.name


def headings(text: str) -> dict[int, str]:
    """By line, the comments that part a text: "# ---- Too late to be of use ----"."""
    found = ((line, _HEADING.match(said.rstrip())) for line, said in enumerate(_lines(text), start=1))
    return {line: heading[1] for line, heading in found if heading}


def _lines(text: str) -> list[str]:
    """With their ends."""
    return [line for line in _LINE.findall(text) if line]


def _head(lines: list[str], section: str) -> int | None:
    return next(
        (at for at, line in enumerate(lines) if re.match(rf"\ufeff?[\"']?{section}[\"']? *:(?=\s|$)", line)), None
    )


def _is_told(line: str) -> bool:
    said = line.strip()
    return bool(said) and not said.startswith("#")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, by: int) -> str:
    return " " * by + line if by > 0 and line.strip() else line[-by:] if by < 0 else line


def _end_of(text: str) -> str:
    return text[len(text.rstrip("\n\r\x85\u2028\u2029")) :]


def _spaces(number: int) -> str:
    return f"{number} spaces" if number else "no space"
