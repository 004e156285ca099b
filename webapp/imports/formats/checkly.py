"""Checkly: the subscriptions of its bulk call."""

from webapp.imports.entry import Entry, Raw, Record, channel_of, text, words
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """No components = all."""
    said = record.get("config")
    config: Record = said if isinstance(said, dict) else {}
    return Entry(
        addresses=[Raw(channel_of(text(record, "type")), text(config, "address", "phoneNumber", "url"))],
        components=words(config.get("subscribedComponents") or []),
        consent_at=text(record, "created_at", "createdAt"),
    )


def _fits(names: frozenset[str], _first: Record) -> bool:
    return {"type", "config"} <= names


FORMAT = Format("checkly", "Checkly", _fits, read, is_json=True)
