"""Instatus: /v2/PAGE/subscribers."""

from webapp.imports.entry import Entry, Raw, Record, is_yes, text
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """`all` = every component; else those listed, whose names may be given by language."""
    parts = record.get("components")
    named = [_named(each) for each in parts] if isinstance(parts, list) else []
    pairs = (("email", "email"), ("sms", "phone"), ("webhook", "webhook"))
    return Entry(
        addresses=[Raw(channel, said) for channel, name in pairs if (said := text(record, name))],
        components=[] if is_yes(record.get("all"), usual=not named) else named,
        consent_at=text(record, "createdAt", "created_at"),
        skip="" if is_yes(record.get("confirmed"), usual=True) else "They never confirmed at Instatus",
    )


def _named(each: object) -> str:
    if not isinstance(each, dict):
        return str(each)
    name = each.get("name")
    spoken = next((str(said) for said in name.values() if said), "") if isinstance(name, dict) else str(name or "")
    return spoken or text(each, "id")


def _fits(names: frozenset[str], _first: Record) -> bool:
    return {"confirmed", "all"} <= names


FORMAT = Format("instatus", "Instatus", _fits, read, is_json=True)
