"""iLert: the list of its bulk import."""

from webapp.imports.entry import Entry, Raw, Record, channel_of, text
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """No services = all."""
    named = record.get("services")
    services = [text(each, "name", "id") if isinstance(each, dict) else str(each) for each in named] if isinstance(named, list) else []  # fmt: skip
    return Entry(
        addresses=[Raw(channel_of(text(record, "type")), text(record, "target"))],
        language=text(record, "locale"),
        components=services,
    )


def _fits(names: frozenset[str], _first: Record) -> bool:
    return {"target", "type"} <= names


FORMAT = Format("ilert", "iLert", _fits, read, is_json=True)
