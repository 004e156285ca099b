"""listmonk: CSV with email, name and attributes as JSON."""

import json

from webapp.imports.entry import Entry, Invalid, Raw, Record, text
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """Attributes are a list's own; of them language and city are never guessed. A blocklisted one is left out."""
    said = text(record, "attributes")
    try:
        attributes = json.loads(said) if said else {}
    except ValueError:
        raise Invalid(f"The attributes are no JSON: {said[:60]!r}; look at the quotes") from None
    language = attributes.get("language") or attributes.get("lang") if isinstance(attributes, dict) else ""
    status = text(record, "status").lower()
    return Entry(
        addresses=[Raw("email", text(record, "email"))],
        name=text(record, "name"),
        language=str(language or ""),
        components=[],
        consent_at=text(record, "created_at"),
        skip="listmonk has it on its blocklist" if status in {"blocklisted", "disabled"} else "",
    )


def _fits(names: frozenset[str], _first: Record) -> bool:
    return {"email", "attributes"} <= names


FORMAT = Format("listmonk", "listmonk", _fits, read)
