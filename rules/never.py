"""The combinations of facts that cannot happen, read."""

from functools import cache

from rules.conditions import Condition, read_condition
from rules.source import Text
from rules.vocabulary import vocabulary


@cache
def never_together() -> tuple[tuple[Condition, ...], ...]:
    """The impossible combinations of the facts file."""
    known = vocabulary()
    return tuple(
        tuple(
            read_condition(known.facts[key.value], value.value, {})
            for key, value in together.fields
            if isinstance(value, Text)
        )
        for together in known.never
    )
