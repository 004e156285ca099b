"""Texts for people: how long an SMS is, which characters are safe, what a complete notice has."""

from rules.claims import (
    asks_for_a_call_or_reply,
    has_advice,
    has_date,
    has_link,
    has_next_update,
    has_personal_details,
    has_place,
    has_time,
    is_marketing,
)
from rules.segments import Segments, plain, segments

__all__ = [
    "Segments",
    "asks_for_a_call_or_reply",
    "has_link",
    "has_personal_details",
    "is_marketing",
    "looks_dated",
    "missing",
    "plain",
    "segments",
]


def looks_dated(text: str) -> bool:
    """Stays true when it is read tomorrow: it names a date. "Today" or "13-14" alone does not."""
    return has_date(text)


def missing(
    headline: str = "",
    description: str = "",
    instruction: str = "",
    *,
    source: str = "",
    is_local: bool = False,
) -> tuple[str, ...]:
    """What a complete notice has and this one lacks, in the order of a warning. A help: patterns, no understanding.

    source: the name of whoever speaks; "" = do not look for it. is_local: limited to a place, so the place is named.
    """
    whole = f"{headline}\n{description}\n{instruction}"
    lacks = {
        "source": bool(source) and source.casefold() not in whole.casefold(),
        "what": not (headline + description).strip(),
        "where": is_local and not has_place(whole),
        "when": not has_time(whole),
        "what to do": not instruction.strip() and not has_advice(whole),
        "next update": not has_next_update(whole),
    }
    return tuple(element for element, is_lacking in lacks.items() if is_lacking)
