"""Asking to be told: prove that the address is yours."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlmodel import Field, Session, SQLModel, col, func, select

from webapp.db import add, json_field, moment
from webapp.flow import consents, hooks, letters, limits
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotFound, NotValid, TooMany
from webapp.flow.subscribers import Address, ConsentClass, Subscriber, Suppression, address, key_of
from webapp.flow.wishes import Choices, as_stored, check, choose, from_stored

LIFE = timedelta(minutes=30)
TRIES = 5
PER_ADDRESS, PER_NETWORK, PER_HOST = 3, 20, 30  # an hour
CHANNELS = ("email", "sms", "push", hooks.CHANNEL)
MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
WRONG_URL = (
    "We cannot call that address; write a public one that begins with https://, like https://example.org/hooks/sveg"
)
SAID = {
    "en": (
        "Your code for {name}: {code}. It is valid for 30 minutes. If you did not ask for it, do nothing.",
        "Confirm that {name} may tell you",
        """You asked {name} to tell you about what concerns you.

Open this page and press Confirm:
{link}

Or write this code on the page that you came from: {code}

Both are valid for 30 minutes. If you did not ask for this, do nothing: you will hear no more.""",
        "Press here to confirm that {name} may tell you, or write this code: {code}. {link}",
    ),
    "sv": (
        "Din kod hos {name}: {code}. Den gäller i 30 minuter. Har du inte bett om den behöver du inte göra något.",
        "Bekräfta att {name} får meddela dig",
        """Du har bett {name} att meddela dig om det som rör dig.

Öppna sidan och tryck på Bekräfta:
{link}

Eller skriv koden på sidan som du kom från: {code}

Båda gäller i 30 minuter. Har du inte bett om detta behöver du inte göra något: du hör inte av oss mer.""",
        "Tryck här för att bekräfta att {name} får meddela dig, eller skriv koden {code}. {link}",
    ),
}
LINK = {
    "en": ("Your link at {name}", "Change what {name} tells you, or leave: {link}"),
    "sv": ("Din länk hos {name}", "Ändra vad {name} meddelar dig, eller lämna: {link}"),
}


class Confirmation(SQLModel, table=True):
    """A wish that waits for proof. The code is kept as a hash."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    channel: str = Field(max_length=24)
    value: str = Field(max_length=2_000, index=True, repr=False)
    code_hash: str = Field(max_length=64, repr=False)
    choices: dict[str, Any] = json_field()
    agreed_text: str
    network: str = Field(max_length=64, index=True)
    asked_at: datetime = moment(index=True)
    tries: int = 0
    confirmed_at: datetime | None = moment(default=None)


def normalised(channel: str, value: str, *, country: str = "SE") -> str:
    """The address as we store it: E.164, or a mail address in lower case. Raises NotValid."""
    if channel == "email":
        try:
            return validate_email(value.strip(), check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            raise NotValid("value", "That is not a mail address; write it like anna@example.org") from None
    if channel == "push":
        return _browser(value)
    if channel == hooks.CHANNEL:
        return _url(value)
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        raise NotValid("value", "That is not a mobile number; write it like 070 123 45 67 or +46 70 123 45 67")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _browser(value: str) -> str:
    """A browser's subscription: where its push service is, and its two keys; nothing that says whose it is."""
    try:
        found = json.loads(value)
        endpoint, keys = str(found["endpoint"]), found["keys"]
        sizes = [len(base64.urlsafe_b64decode(f"{keys[name]}==")) for name in ("p256dh", "auth")]
    except (ValueError, KeyError, TypeError):
        endpoint, keys, sizes = "", {}, []
    if sizes != [65, 16] or len(endpoint) > 1_000 or not endpoint.startswith(("https://", "http://127.0.0.1:")):
        raise NotValid("value", "Your browser did not let us notify you. Allow it and try again, or choose another way")
    return json.dumps({"endpoint": endpoint, "p256dh": keys["p256dh"], "auth": keys["auth"]})


def _url(value: str) -> str:
    """Where somebody's program listens. Whether it may be called is the adapter's to say; it looks at each call."""
    text = value.strip()
    try:
        parts = urlsplit(text)
        host, is_port = parts.hostname or "", parts.port is None or parts.port > 0
    except ValueError:
        host, is_port = "", False
    is_plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    is_here = parts.scheme == "http" and host == "127.0.0.1" if host else False
    if (
        not (host and is_port and is_plain)
        or len(text) > 1_000
        or parts.username is not None
        or not (parts.scheme == "https" or is_here)
    ):
        raise NotValid("value", WRONG_URL)
    named = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in {None, 443} else ""
    return f"{parts.scheme}://{named}{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def ask(
    session: Session,
    channel: str,
    value: str,
    choices: Choices,
    *,
    agreed_text: str,
    network: str,
    public_url: str,
    now: datetime,
) -> Confirmation:
    """Keep the wish and send a code to the address. The same for known and unknown addresses. Raises NotValid, TooMany."""
    if channel not in CHANNELS:
        raise NotValid("channel", "Choose how we should tell you")
    value = normalised(channel, value)
    check(session, choices)
    _limit(session, channel, value, network, now)
    if channel == hooks.CHANNEL:  # many paths may lead to one machine
        limits.count(session, f"host:{urlsplit(value).hostname}", most=PER_HOST, now=now)
    code = f"{secrets.randbelow(1_000_000):06}"
    wish = Confirmation(
        channel=channel,
        value=value,
        code_hash="",
        choices=as_stored(choices),
        agreed_text=agreed_text,
        network=network,
        asked_at=now,
    )
    wish.code_hash = _hash(wish.id, code)
    add(session, wish)
    if channel == hooks.CHANNEL:
        link = f"{public_url}/subscribe/confirm/{wish.id}?by=webhook&code={code}"
        hooks.tell(session, value, "subscription.challenge", {"code": code, "confirm_url": link}, now=now)
        return wish
    name = organisation(session).name
    sms, subject, mail, push = SAID.get(choices.language, SAID["en"])
    body = {"email": mail, "sms": sms, "push": push}[channel].format(
        name=name, code=code, link=f"{public_url}/subscribe/confirm/{wish.id}?code={code}"
    )
    letters.write(
        session,
        channel,
        value,
        subject=subject.format(name=name),
        body=body,
        language=choices.language,
        now=now,
        life=LIFE,
    )
    return wish


def hear(
    session: Session, letter: letters.Letter, heard: str, *, link: Callable[[int], str], now: datetime
) -> Subscriber | None:
    """What a program wrote back to a challenge: its code and nothing else confirms, as text or as `{"code": …}`.

    What is confirmed already is its owner's to change, with the code on the page: many programs write back every code.
    """
    said = json.loads(letter.body)
    known = address(session, letter.channel, letter.value)
    if said["type"] != "subscription.challenge" or (known is not None and known.confirmed_at is not None):
        return None
    code = str(said["data"]["code"])
    try:
        found = json.loads(heard)
    except ValueError:
        found = heard.strip()
    if found not in (code, {"code": code}, int(code)):
        return None
    wanted = select(Confirmation).where(
        Confirmation.channel == letter.channel, Confirmation.value == letter.value, col(Confirmation.code_hash) != ""
    )
    for wish in session.exec(wanted.order_by(col(Confirmation.asked_at).desc()).limit(PER_ADDRESS)):
        if wish.tries < TRIES and wish.asked_at + LIFE >= now and wish.code_hash == _hash(wish.id, code):
            return confirm(session, wish.id, code, now=now, link=link)
    return None


def confirm(
    session: Session, wish_id: UUID, code: str, *, now: datetime, link: Callable[[int], str] | None = None
) -> Subscriber | None:
    """Believe the owner of the address; from here they are told. None = wrong code, which is counted. May be repeated.

    link: how to make the owner's own one, which a program is told.

    Raises NotFound for a wish that is too old, TooMany after five wrong codes.
    """
    wish = session.exec(select(Confirmation).where(Confirmation.id == wish_id).with_for_update()).first()
    if wish is None or wish.asked_at + LIFE < now:
        raise NotFound("This confirmation is too old. Please sign up again; it takes a minute")
    if wish.tries >= TRIES:
        raise TooMany("Too many wrong codes. Please sign up again")
    if not secrets.compare_digest(wish.code_hash, _hash(wish.id, code.strip().replace(" ", ""))):
        wish.tries += 1
        add(session, wish)
        return None
    owned = address(session, wish.channel, wish.value) or _new_address(session, wish, now)
    subscriber = session.get_one(Subscriber, owned.subscriber_id)
    if wish.confirmed_at is None:
        wish.confirmed_at = now
        owned.confirmed_at, owned.agreed_text, owned.source = now, wish.agreed_text, "self_signup"
        owned.suppressed_at, owned.suppressed_reason = None, ""
        session.add_all([wish, owned])
        consents.note(session, owned, ConsentClass.asked, is_given=True, text=wish.agreed_text, source="self_signup",
                      now=now, network=wish.network)  # fmt: skip
        subscriber.is_paused, subscriber.paused_until = False, None
        choose(session, subscriber, from_stored(wish.choices), now=now)
        if wish.channel == hooks.CHANNEL:
            hooks.opened(session, owned, now=now)
            told = {"manage_url": link(owned.subscriber_id)} if link else {}
            hooks.tell(session, owned.value, "subscription.confirmed", told, now=now)
    return subscriber


def send_link(
    session: Session, channel: str, value: str, *, link: Callable[[int], str], network: str, now: datetime
) -> None:
    """Send the owner of an address the link to what they chose. The same for known and unknown ones. Raises NotValid, TooMany."""
    value = normalised(channel, value)
    _limit(session, channel, value, network, now)
    # Counted among the wishes; no code has an empty hash, so that nobody can confirm it.
    add(session, Confirmation(channel=channel, value=value, code_hash="", choices={}, agreed_text="",
                              network=network, asked_at=now))  # fmt: skip
    owned = address(session, channel, value)
    if owned is None or not (owned.confirmed_at or owned.is_on_file):
        return
    if owned.suppressed_at is not None and owned.suppressed_reason != Suppression.not_answering:
        return
    if channel == hooks.CHANNEL:
        hooks.tell(session, value, "subscription.link", {"manage_url": link(owned.subscriber_id)}, now=now)
        return
    name, language = organisation(session).name, session.get_one(Subscriber, owned.subscriber_id).language
    subject, body = LINK.get(language, LINK["en"])
    body = body.format(name=name, link=link(owned.subscriber_id))
    letters.write(session, channel, value, subject=subject.format(name=name), body=body, language=language, now=now, life=LIFE)  # fmt: skip


def _new_address(session: Session, wish: Confirmation, now: datetime) -> Address:
    subscriber = add(session, Subscriber(created_at=now))
    return add(session, Address(subscriber_id=key_of(subscriber), channel=wish.channel, value=wish.value))


def _limit(session: Session, channel: str, value: str, network: str, now: datetime) -> None:
    recent = select(func.count()).select_from(Confirmation).where(col(Confirmation.asked_at) > now - timedelta(hours=1))
    here = session.exec(recent.where(col(Confirmation.network) == network)).one()
    there = session.exec(recent.where(Confirmation.channel == channel, Confirmation.value == value)).one()
    if there >= PER_ADDRESS or here >= PER_NETWORK:
        raise TooMany("Too many sign-ups from here or for this address. Please try again in an hour")


def _hash(wish_id: UUID, code: str) -> str:
    return hashlib.sha256(f"{wish_id}:{code}".encode()).hexdigest()
