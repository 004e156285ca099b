"""Our own: a column, or a key, for each thing that we know of a subscriber. CSV or JSON."""

from webapp.imports.entry import Entry, Invalid, Raw, Record, channel_of, text, words
from webapp.imports.format import Format

FIELDS = {
    "email": "mail address", "phone": "mobile number", "type": "kind of address (email, sms)", "address": "address",
    "country": "country of the number", "external_id": "their number in your books", "name": "name", "language": "language",
    "time_zone": "time zone", "components": "services they follow", "areas": "areas", "points": "places",
    "radius_km": "radius around the places, km", "segments": "segments", "tags": "tags", "severity_min": "least severity",
    "kinds": "kinds of incident", "quiet_from": "quiet from", "quiet_to": "quiet to", "consent": "consent (asked, service)",
    "consent_at": "when they agreed", "consent_text": "what they agreed to", "consent_source": "where they agreed",
    "sveg_outcome": "outcome of an earlier import", "sveg_reason": "reason of an earlier import",
}  # fmt: skip
ALSO = {"mobile": "phone", "phone_number": "phone", "mail": "email", "e-mail": "email", "email_address": "email", "sms": "phone",
        "id": "external_id", "customer_id": "external_id", "lang": "language", "locale": "language", "services": "components",
        "area_codes": "areas", "places": "points", "point": "points", "radius": "radius_km", "segment": "segments",
        "severity_floor": "severity_min", "timezone": "time_zone", "source": "consent_source", "outcome": "sveg_outcome",
        "reason": "sveg_reason", "e-post": "email", "epost": "email", "e-postadress": "email", "mobil": "phone", "mobilnummer": "phone",
        "telefon": "phone", "land": "country", "kundnr": "external_id", "kundnummer": "external_id", "namn": "name", "språk": "language",
        "tjänster": "components", "tjänst": "components", "område": "areas", "områden": "areas", "plats": "points", "platser": "points",
        "radie": "radius_km", "taggar": "tags"}  # fmt: skip
WHO = frozenset({"email", "phone", "address", "external_id", "addresses"})
JSON_ONLY = frozenset({"addresses"})


def field_of(column: str) -> str:
    """Our name for a column; "" = none."""
    name = column.strip().lower().replace(" ", "_")
    name = ALSO.get(name, name)
    return name if name in FIELDS or name in JSON_ONLY else ""


PLAIN = {
    "external_id",
    "name",
    "language",
    "time_zone",
    "radius_km",
    "quiet_from",
    "quiet_to",
    "consent_at",
    "consent_text",
    "consent_source",
}
LISTS = {"segments", "tags", "kinds"}
WISHED = {"components", "areas", "points"}


def read(record: Record) -> Entry:
    """Keys are already our names, and only what is said is there: a million rows have many empty cells."""
    entry = Entry(addresses=_addresses(record))
    for name, value in record.items():
        if name in PLAIN:
            setattr(entry, name, text(record, name))
        elif name in LISTS:
            setattr(entry, name, words(value))
        elif name in WISHED:
            setattr(entry, name, words(value) or None)
        elif name == "severity_min":
            entry.severity_floor = text(record, name)
        elif name == "consent":
            entry.consent = text(record, name).lower()
    if entry.components and [each.lower() for each in entry.components] == ["all"]:
        entry.components = []
    return entry


def _addresses(record: Record) -> list[Raw]:
    country = text(record, "country")
    found = [Raw(channel, said, country) for channel, name in (("email", "email"), ("sms", "phone")) if (said := text(record, name))]  # fmt: skip
    if address := text(record, "address"):
        kind = text(record, "type")
        found.append(Raw(channel_of(kind) if kind else "email" if "@" in address else "sms", address, country))
    many = record.get("addresses")
    for each in many if isinstance(many, list) else []:
        if not isinstance(each, dict):
            raise Invalid("Each of addresses must be an object with channel and value")
        found.append(Raw(channel_of(text(each, "channel", "type")), text(each, "value", "address"), text(each, "country") or country))  # fmt: skip
    return found


def _fits(names: frozenset[str], _first: Record) -> bool:
    return bool({field_of(name) for name in names} & WHO)


CSV = Format("csv", "Sveg or any table with a header", _fits, read, may_map=True)
JSON = Format("json", "Sveg's JSON, a list or one object a line", _fits, read, is_json=True, may_map=True)
