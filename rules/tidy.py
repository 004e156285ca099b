"""The canonical layout of a policy file, as far as it can be had without touching a comment or a value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from rules.mistakes import Findings, Mistake, Place
from rules.source import Fields, Items, Node, Text, read_source


@dataclass(frozen=True, slots=True)
class Tidied:
    """A text in canonical layout, what was changed by line, and what a person has to change."""

    text: str
    changes: tuple[Mistake, ...]
    advice: tuple[Mistake, ...] = field(default=())  # not changed: comments could come off their lines


def tidy(text: str) -> Tidied:
    """Spaces at the ends of lines, line ends, runs of empty lines, the end of the file. Raises PolicyMistakes."""
    before = read_source(text, Findings())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept, changes = _kept(lines, text)
    tidied = "\n".join(kept).strip("\n") + "\n"
    # A text of several lines may end its lines with spaces that count: then the file stays as it is.
    if _plain(read_source(tidied, Findings())) != _plain(before):
        return Tidied(
            text, (), (Mistake(1, 1, "A text of several lines depends on spaces at line ends; nothing is changed."),)
        )
    return Tidied(tidied, tuple(changes), tuple(_advice(before, lines)))


def _kept(lines: list[str], text: str) -> tuple[list[str], list[Mistake]]:
    kept: list[str] = []
    changes = [Mistake(1, 1, "Line ends are those of another system.")] if "\r" in text else []
    for number, line in enumerate(lines, start=1):
        stripped = line.rstrip()
        if stripped != line:
            changes.append(Mistake(number, len(stripped) + 1, "Spaces at the end of the line."))
        if not stripped and (not kept or not kept[-1]) and number < len(lines):
            changes.append(Mistake(number, 1, "An empty line too many."))
            continue
        kept.append(stripped)
    if not text.endswith("\n"):
        changes.append(Mistake(len(lines), len(lines[-1]) + 1, "The last line does not end."))
    return kept, changes


def _plain(node: Node | None) -> object:
    """Values without their places."""
    match node:
        case Text():
            return node.value
        case Items():
            return [_plain(item) for item in node.items]
        case Fields():
            return [(key.value, _plain(value)) for key, value in node.fields]
        case _:
            return None


def _advice(root: Node | None, lines: list[str]) -> Iterator[Mistake]:
    """Lists two columns to the right of their name; the names of a group two columns to the right of its own."""
    if not isinstance(root, Fields):
        return
    for key, value in root.fields:
        yield from _indented(key, value, lines)


def _indented(key: Text, value: Node, lines: list[str]) -> Iterator[Mistake]:
    is_bracketed = lines[value.at.line - 1][value.at.column - 1 : value.at.column] in {"{", "["}
    if value.at.line == key.at.line or is_bracketed:
        return
    inner = (
        value.items
        if isinstance(value, Items)
        else [one for one, _ in value.fields]
        if isinstance(value, Fields)
        else []
    )
    wanted = key.at.column + (4 if isinstance(value, Items) and any(isinstance(one, Fields) for one in inner) else 2)
    for place in _beginnings(inner):
        if place.column != wanted:
            yield Mistake(*place, f"Indent what stands below {key.value} by {wanted - key.at.column} columns.")
    for item in inner:
        if isinstance(item, Fields):
            for name, below in item.fields:
                yield from _indented(name, below, lines)
    if isinstance(value, Fields):
        for name, below in value.fields:
            yield from _indented(name, below, lines)


def _beginnings(inner: Iterable[Node]) -> list[Place]:
    """Of each entry that begins a line."""
    places = [item.at for item in inner]
    return places[:1] + [later for earlier, later in pairwise(places) if later.line != earlier.line]
