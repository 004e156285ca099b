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
            (life for group in groups if (life := group.quantity("expires", 0.0, Unit.duration, above=0.0))),
            default=None,
        ),
        shapes=tuple(line for group in groups for line in _lines(group, "shape", findings)),
        needs=tuple(line for group in groups for line in _lines(group, "needs", findings)),
        pinned=any(group.yes_no("pinned", base=False) for group in groups),
    )


def _clock(group: Group) -> time | None:
    minutes = group.quantity("not before", -1.0, Unit.clock)
    return as_time(minutes) if minutes >= 0 else None


def _roles(node: Node | None, findings: Findings) -> Iterable[str]:
    for text in _texts(node, "approval", findings):
        if text.value in ROLES:
            yield text.value
        else:
            findings.add(text.at, f'"{text.value}" is not a role that signs.{did_you_mean(text.value, ROLES)}')


def _lines(group: Group, name: str, findings: Findings) -> Iterable[str]:
    for text in _texts(group.node(name), name, findings):
        if text.value.strip():
            yield text.value
        else:
            findings.add(text.at, f"Nothing stands after {name}.")


def _texts(node: Node | None, name: str, findings: Findings) -> Iterable[Text]:
    """One text or a list of texts; whatever else stands here would count for nothing."""
    items = node.items if isinstance(node, Items) else () if node is None else (node,)
    if isinstance(node, Items) and not items:
        findings.add(node.at, f"Nothing stands in the list after {name}.")
    for item in items:
        if isinstance(item, Text):
            yield item
        else:
            findings.add(item.at, f"{name} is a text, or a list of texts in brackets: [one, another].")
