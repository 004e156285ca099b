"""Who sees an address in full: leads and administrators. Operators see enough to recognise one that they know."""

from webapp.flow.people import Act, Person


def sees_addresses(reader: Person) -> bool:
    """Whether this person sees numbers and mail addresses as they are."""
    return reader.may(Act.approve)


def masked(channel: str, value: str, *, for_: Person) -> str:
    """An address as this person may see it."""
    if sees_addresses(for_):
        return value
    if channel == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}…@{domain}"
    if channel == "sms":
        return f"{value[:3]} … {value[-2:]}"
    return channel.replace("_", " ")
