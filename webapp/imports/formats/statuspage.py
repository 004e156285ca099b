"""Statuspage: the positional CSV of its import page, and what its API lists."""

from webapp.imports.entry import Entry, Invalid, Raw, Record, channel_of, text
from webapp.imports.format import Format

TYPES = frozenset({"email", "sms", "webhook", "slack"})


def read_csv(record: Record) -> Entry:
    """First the type, then the address; for SMS the country. Columns after these name components."""
    kind, value, third = (text(record, str(number)) for number in range(3))
    if kind.lower() not in TYPES:
        raise Invalid(f"The first column is {kind!r}; it must be email, sms or webhook")
    country = third.upper() if kind.lower() == "sms" else ""
    if country and not (len(country) == 2 and country.isalpha()):
        raise Invalid(f"The third column is {third!r}; for sms it must be a country in two letters, like SE")
    named = [
        said for column, cell in record.items() if column.isdigit() and int(column) > 2 and (said := str(cell).strip())
    ]
    return Entry(addresses=[Raw(channel_of(kind), value, country)], components=named)


def read_api(record: Record) -> Entry:
    """One of GET /v1/pages/…/subscribers. No components = all; quarantined ones are left out, as Statuspage does."""
    kind = text(record, "mode")
    named = record.get("components")
    return Entry(
        addresses=[Raw(channel_of(kind), text(record, *(["phone_number"] if kind == "sms" else ["email", "endpoint"])), text(record, "phone_country"))],
        components=[_id(each) for each in named] if isinstance(named, list) else [],
        consent_at=text(record, "created_at"),
        skip="Statuspage has quarantined this address" if record.get("quarantined_at") else "",
    )  # fmt: skip


def _id(each: object) -> str:
    return text(each, "id", "name") if isinstance(each, dict) else str(each)


def _fits_csv(_names: frozenset[str], first: Record) -> bool:
    """The second cell must be an address: a table of ours may begin with a column email."""
    value = text(first, "1")
    return text(first, "0").lower() in TYPES and ("@" in value or "://" in value or value.lstrip("+").isdigit())


def _fits_api(names: frozenset[str], _first: Record) -> bool:
    return "mode" in names and bool(names & {"quarantined_at", "page_id", "obfuscated_channel_name", "phone_country"})


CSV = Format("statuspage_csv", "Statuspage, CSV without a header", _fits_csv, read_csv, has_header=False)
API = Format("statuspage", "Statuspage, subscribers of its API", _fits_api, read_api, is_json=True)
