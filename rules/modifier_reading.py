"""Reads what a rule asks of a notice beside its verdict: signatures, earliest time, life, form."""

from collections.abc import Iterable
from datetime import time

from rules.group import Group
from rules.mistakes import Findings, did_you_mean
from rules.policy import Modifiers
from rules.quantities import Unit, as_time
from rules.source import Items, Node, Text

MODIFIERS = ("approval", "not before", "expires", "shape", "needs", "pinned")
ROLES = ("lead", "fraud lead", "security", "legal", "compliance", "duty officer")


def read_modifiers(groups: Iterable[Group], findings: Findings) -> Modifiers:
    """From the rule itself and from below its `then`."""
    groups = list(groups)
    return Modifiers(
        approvals=tuple(role for group in groups for role in _roles(group.node("approval"), findings)),
        not_before=max((clock for group in groups if (clock := _clock(group))), default=None),
        expires_min=min(
            (life for group in groups if (life := group.quantity("expires", 0.0, Unit.duration))), default=None
        ),
        shapes=tuple(line for group in groups for line in _lines(group.node("shape"))),
        needs=tuple(line for group in groups for line in _lines(group.node("needs"))),
        pinned=any(group.yes_no("pinned", base=False) for group in groups),
    )


def _clock(group: Group) -> time | None:
    minutes = group.quantity("not before", -1.0, Unit.clock)
    return as_time(minutes) if minutes >= 0 else None


def _roles(node: Node | None, findings: Findings) -> Iterable[str]:
    for text in _texts(node):
        if text.value in ROLES:
            yield text.value
        else:
            findings.add(text.at, f'"{text.value}" is not a role that signs.{did_you_mean(text.value, ROLES)}')


def _lines(node: Node | None) -> Iterable[str]:
    return (text.value for text in _texts(node))


def _texts(node: Node | None) -> Iterable[Text]:
    items = node.items if isinstance(node, Items) else (node,)
    return (item for item in items if isinstance(item, Text))
