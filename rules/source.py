"""Reads YAML text into nodes that know their line and column. Every value stays text; nothing is constructed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from rules.mistakes import Findings, Mistake, Place, PolicyMistakes

_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
MAX_BYTES = 200_000
MAX_DEPTH = 10
_HALF = re.compile("[\ud800-\udfff]")  # half a character: no file and no database takes it
# Written as \0 or \u202e between quotes: not storable, or shown in another order than it is read.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

_PLAIN_WORDS = {
    "mapping values are not allowed": "There is a colon too much here, or the line is indented wrongly."
    " Put a text that contains a colon between quotes.",
    "block sequence entries are not allowed": "A list cannot begin here. Put the dash on its own line below the name.",
    "did not find expected ',' or": "A bracket or brace is opened before this line and not closed.",
    "unexpected end of stream": "A quote is opened here and never closed.",
    "cannot start any token": "A value cannot begin with this character (tabs, @, % and `). Indent with spaces, or put the"
    " value between quotes.",
    "did not find expected '-' indicator": "This line does not belong to the list above it. Check its indentation.",
    "did not find expected key": "This line does not fit what stands above it. Check its indentation, quotes and brackets.",
    "could not find expected ':'": "A name stands here without a colon after it.",
    "did not find expected <document start>": "This does not belong to what stands above it: a bracket too much, or a"
    " line that is indented too little.",
    "unacceptable character": "The text contains a control character.",
}
_REFUSED = {
    "AnchorToken": "Anchors (&name) are not used in policies. Write the value out. Put a text that begins with & between"
    " quotes.",
    "AliasToken": "References (*name) are not used in policies. Write the value out. Put a text that begins with *"
    " between quotes.",
    "TagToken": "Tags (!name) are not used in policies. Put a text that begins with ! between quotes.",
    "DirectiveToken": "Directives (%…) are not used in policies.",
    "DocumentStartToken": "A policy is one document: remove the line with ---.",
}


@dataclass(frozen=True, slots=True)
class Text:
    """One value, as written."""

    value: str
    at: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Fields:
    """Names with values, in the order of the text. Names are unique."""

    fields: tuple[tuple[Text, "Node"], ...]
    at: Place

    def get(self, name: str) -> "Node | None":
        """The value under a name; None if it is not there."""
        return next((node for key, node in self.fields if key.value == name), None)


Node = Text | Items | Fields


def read_source(text: str, findings: Findings) -> Node | None:
    """The nodes of a text; None if it is empty. What makes it unreadable is raised at once, the rest is collected."""
    if _HALF.search(text):
        raise PolicyMistakes([Mistake(1, 1, _PLAIN_WORDS["unacceptable character"])], is_unreadable=True)
    if len(text.encode()) > MAX_BYTES:
        raise PolicyMistakes(
            [Mistake(1, 1, f"The text is longer than {MAX_BYTES // 1000} kB, the most that is read.")],
            is_unreadable=True,
        )
    try:
        _scan(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise PolicyMistakes([_in_plain_words(error)], is_unreadable=True) from error
    if root is None:
        return None
    _warn_of_cut_texts(text, root, findings)
    return _node(root, findings)


def _scan(text: str) -> None:
    """Refuse depth and the parts of YAML that a policy does not need, before anything is built."""
    depth = 0
    refused = []
    for token in yaml.scan(text, Loader=_LOADER):
        kind = type(token).__name__
        if kind.endswith(("MappingStartToken", "SequenceStartToken")):
            depth += 1
        elif kind in {"BlockEndToken", "FlowMappingEndToken", "FlowSequenceEndToken"}:
            depth -= 1
        if depth > MAX_DEPTH:
            place = _place(token.start_mark)
            raise PolicyMistakes(
                [Mistake(*place, f"Brackets and lists are nested deeper than {MAX_DEPTH}.")], is_unreadable=True
            )
        if kind in _REFUSED:
            refused.append(Mistake(*_place(token.start_mark), _REFUSED[kind]))
    if refused:
        raise PolicyMistakes(refused, is_unreadable=True)


def _node(node: yaml.Node, findings: Findings) -> Node:
    at = _place(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return Fields(tuple(_fields(node, findings)), at)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_node(item, findings) for item in node.value), at)
    return Text(_visible(str(node.value), at, findings), at)


def _visible(value: str, at: Place, findings: Findings) -> str:
    if found := _HIDDEN.search(value):
        findings.add(at, f"The text contains a character that nobody can see (U+{ord(found[0]):04X}). Take it out.")
    return value


def _fields(node: yaml.MappingNode, findings: Findings) -> Iterator[tuple[Text, Node]]:
    seen: dict[str, Place] = {}
    for key, value in node.value:
        at = _place(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            findings.add(at, "A name must be a simple text, not a list or a group.")
            continue
        if key.value in seen:
            findings.add(at, f'"{key.value}" stands here twice, first on line {seen[key.value].line}. Keep one.')
            continue
        seen[key.value] = at
        yield Text(_visible(key.value, at, findings), at), _node(value, findings)


def _warn_of_cut_texts(text: str, root: yaml.Node, findings: Findings) -> None:
    """A comment that follows a text and begins without a space, as in "see ticket #12"."""
    lines = text.splitlines()
    for node in _plain_texts(root):
        mark = node.end_mark
        rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
        comment = rest.strip()
        if comment.startswith("#") and len(comment) > 1 and comment[1] not in " #":
            findings.warn(
                Place(mark.line + 1, mark.column + 1),
                f'The text ends here, at "{node.value}": what follows # is taken for a comment. Put the text between quotes.',
            )


def _plain_texts(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        if not node.style:
            yield node
        return
    for item in node.value:
        for part in item if isinstance(item, tuple) else (item,):
            yield from _plain_texts(part)


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _in_plain_words(error: yaml.YAMLError) -> Mistake:
    problem = str(getattr(error, "problem", None) or error)
    # A quote that is never closed is met at the end of the text; where it is opened is what has to be mended.
    first, second = ("context_mark", "problem_mark") if "end of stream" in problem else ("problem_mark", "context_mark")
    mark = getattr(error, first, None) or getattr(error, second, None)
    place = _place(mark) if mark else Place(1, 1)
    known = (words for jargon, words in _PLAIN_WORDS.items() if jargon in problem)
    return Mistake(*place, next(known, "The text cannot be read from here on. Check quotes, brackets and indentation."))
