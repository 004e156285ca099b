"""Sorry: CSV with a header, one row a person."""

from webapp.imports.entry import Entry, Raw, Record, text
from webapp.imports.format import Format

MARKS = frozenset({"first_name", "last_name", "nickname", "tag_list", "city"})


def read(record: Record) -> Entry:
    """The city is no place that we know: it is left out. Tags are between commas."""
    name = " ".join(part for part in (text(record, "first_name"), text(record, "last_name")) if part)
    pairs = (("email", "email"), ("sms", "phone_number"))
    return Entry(
        addresses=[Raw(channel, said) for channel, column in pairs if (said := text(record, column))],
        name=name or text(record, "nickname"),
        components=[],
        tags=[tag for part in text(record, "tag_list").split(",") if (tag := part.strip())],
    )


def _fits(names: frozenset[str], _first: Record) -> bool:
    return bool({"email", "phone_number"} & names) and len(names & MARKS) > 1


FORMAT = Format("sorry", "Sorry", _fits, read)
