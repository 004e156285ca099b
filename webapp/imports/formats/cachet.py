"""Cachet: JSON:API, or its flat lists."""

from webapp.imports.entry import Entry, Raw, Record, is_yes, text
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """`global` = everything; its moments carry no zone and are read as UTC by whoever imports."""
    said = record.get("attributes")
    attributes: Record = said if isinstance(said, dict) else record
    verified = attributes.get("email_verified_at", attributes.get("verified_at"))
    parts = attributes.get("components") or attributes.get("subscriptions")
    named = [_named(each) for each in parts] if isinstance(parts, list) else []
    return Entry(
        addresses=[Raw(channel, value) for channel, name in (("email", "email"), ("sms", "phone_number")) if (value := text(attributes, name))],
        components=[] if is_yes(attributes.get("global"), usual=not named) else named,
        consent_at=_moment(verified),
        skip="" if verified else "They never confirmed at Cachet",
    )  # fmt: skip


def _named(each: object) -> str:
    return text(each, "name", "id", "component_id") if isinstance(each, dict) else str(each)


def _moment(said: object) -> str:
    return text(said, "string", "date") if isinstance(said, dict) else str(said or "")


def _fits(names: frozenset[str], first: Record) -> bool:
    said = first.get("attributes")
    inner = names | set(said) if isinstance(said, dict) else names
    return "email" in inner and bool(inner & {"email_verified_at", "verify_code", "verified_at", "global"})


FORMAT = Format("cachet", "Cachet", _fits, read, is_json=True)
