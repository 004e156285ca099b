"""Better Stack: JSON:API, /api/v2/status-pages/ID/subscribers."""

from webapp.imports.entry import Entry, Raw, Record, text, words
from webapp.imports.format import Format


def read(record: Record) -> Entry:
    """No resources = the whole page. Who was not confirmed there is left out."""
    said = record.get("attributes")
    attributes: Record = said if isinstance(said, dict) else record
    confirmed = text(attributes, "confirmed_at")
    return Entry(
        addresses=[Raw(channel, value) for channel, name in (("email", "email"), ("sms", "phone")) if (value := text(attributes, name))],
        components=words(attributes.get("status_page_resource_ids") or []),
        consent_at=confirmed,
        skip="" if confirmed or "confirmed_at" not in attributes else "They never confirmed at Better Stack",
    )  # fmt: skip


def _fits(names: frozenset[str], first: Record) -> bool:
    said = first.get("attributes")
    inner = set(said) if isinstance(said, dict) else set()
    return bool(
        ({"status_page_resource_ids"} & (names | inner)) or (str(first.get("type")) == "status_page_subscriber")
    )


FORMAT = Format("better_stack", "Better Stack", _fits, read, is_json=True)
