"""What a format is: its name, the marks by which it is known, and how one of its rows reads."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.imports.entry import Entry, Record

Fits = Callable[[frozenset[str], Record], bool]  # the names of columns or keys, and the first row


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. What it does not say of consent, language and country, the import says."""

    name: str
    title: str
    fits: Fits
    read: Callable[[Record], Entry]  # raises Invalid
    is_json: bool = False
    has_header: bool = True
    may_map: bool = False  # whether its columns may be called otherwise
