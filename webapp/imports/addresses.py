"""Addresses as we store them: E.164 for mobile numbers, lower case for mail. Fast, for files of a million."""

import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from webapp.imports.entry import Invalid, Raw

# Ordinary ones need no parser; the domain goes through it once.
ORDINARY = re.compile(r"[a-z0-9](?:[._+-]?[a-z0-9])*", re.ASCII)
LONGEST_LOCAL, LONGEST = 64, 254
SUPPORTED = ("email", "sms")
SPOKEN = {"webhook": "webhooks", "slack": "Slack", "msteams": "Microsoft Teams", "rss": "feeds", "web_push": "web push"}
MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


class NotHere(Invalid):
    """This channel is not for importing; the row is left out, not wrong."""


def normalised(raw: Raw, country: str) -> tuple[str, str]:
    """(channel, value). `country` where the row names none. Raises Invalid, NotHere."""
    match raw.channel:
        case "email":
            return "email", mail(raw.value)
        case "sms":
            return "sms", mobile(raw.value, (raw.country or country).upper())
        case other:
            raise NotHere(
                f"Subscribers by {SPOKEN.get(other, other)} cannot be imported; mail addresses and mobile numbers can"
            )


def mail(value: str) -> str:
    """Raises Invalid."""
    local, at, domain = value.strip().lower().rpartition("@")
    is_ordinary = at and len(local) <= LONGEST_LOCAL and ORDINARY.fullmatch(local)
    if is_ordinary and len(value) <= LONGEST and domain.isascii() and _is_domain(domain):
        return f"{local}@{domain}"
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid(f"{value.strip()[:80]!r} is not a mail address; write it like anna@example.org") from None


@lru_cache(maxsize=50_000)
def _is_domain(domain: str) -> bool:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).normalized == f"a@{domain}"
    except EmailNotValidError:
        return False


def mobile(value: str, country: str) -> str:
    """Raises Invalid."""
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(f"{country!r} is no country; write two letters, like SE")
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException:
        number = None
    # Of a number that is not valid the type is unknown: asking for it once answers both.
    if number is None or phonenumbers.number_type(number) not in MOBILE:
        raise Invalid(
            f"{value.strip()[:40]!r} is not a mobile number; write it like +46 70 123 45 67, or with a column country"
        )
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
