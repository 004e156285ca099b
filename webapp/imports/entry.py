"""One row of a file, whatever its format: who it is, how they are reached, what they want. Nothing of it is believed yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

Record = dict[str, object]  # a row as its file has it
SEPARATORS = str.maketrans({"|": ";", "\n": ";"})
NO, YES = (
    frozenset({"", "0", "false", "no", "n", "nej", "none", "null"}),
    frozenset({"1", "true", "yes", "y", "ja", "on"}),
)
CALMED = ("'=", "'+", "'-", "'@")
CHANNELS = {
    "email": "email", "e-mail": "email", "mail": "email", "sms": "sms", "phone": "sms", "text": "sms", "mobile": "sms",
    "webhook": "webhook", "slack": "slack", "msteams": "msteams", "teams": "msteams", "rss": "rss",
    "integration_partner": "integration_partner", "push": "web_push",
}  # fmt: skip


class Invalid(ValueError):
    """This row cannot be imported; the sentence says why and what to write instead."""


class Unreadable(ValueError):
    """This file cannot be read; the sentence says where and what to do."""


class Raw(NamedTuple):
    """An address as it was written."""

    channel: str
    value: str
    country: str = ""  # two letters; "" = as the import says


@dataclass(slots=True)
class Entry:
    """What a row says. None = it does not say; an empty list of components = everything."""

    addresses: list[Raw] = field(default_factory=list)
    external_id: str = ""
    name: str = ""
    language: str = ""
    time_zone: str = ""
    components: list[str] | None = None
    areas: list[str] | None = None
    points: list[str] | None = None
    radius_km: str = ""
    segments: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    severity_floor: str = ""
    kinds: list[str] = field(default_factory=list)
    quiet_from: str = ""
    quiet_to: str = ""
    consent: str = ""  # asked, service; "" = as the import says
    consent_at: str = ""
    consent_text: str = ""
    consent_source: str = ""
    skip: str = ""  # why this row is left out although it is right


def text(record: Record, *names: str) -> str:
    """The first of these that the row has, trimmed; "" for null. An apostrophe that keeps spreadsheets calm is taken off."""
    for name in names:
        value = record.get(name)
        if value is None or value == "" or isinstance(value, dict | list):
            continue
        said = value.replace("\0", "").strip() if isinstance(value, str) else str(value)  # no store takes a zero byte
        return said[1:] if said.startswith(CALMED) else said
    return ""


def words(value: object) -> list[str]:
    """A list, or words between semicolons or bars."""
    if not value:
        return []
    parts: Iterable[object] = value if isinstance(value, list) else str(value).translate(SEPARATORS).split(";")
    return [said for part in parts if (said := str(part).replace("\0", "").strip())]


def channel_of(said: str) -> str:
    """Our word for their kind of address. Raises Invalid."""
    found = CHANNELS.get(said.strip().lower())
    if found is None:
        raise Invalid(f"{said!r} is no way to reach somebody; write email or sms")
    return found


def is_yes(value: object, *, usual: bool) -> bool:
    """A yes or a no as tools write it; `usual` for what is empty or neither."""
    said = "" if value is None else str(value).strip().lower()
    return True if said in YES else False if said in NO and said else usual
