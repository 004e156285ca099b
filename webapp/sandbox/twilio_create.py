"""Whether Twilio would take a text, and what it makes of it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from webapp.sandbox.faults import Fault, FaultKind
from webapp.sandbox.providers import Providers, new_sid
from webapp.sandbox.sms import Sms, SmsStatus

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
BODY_MAX = 1600


class TwilioApiError(Exception):
    """An error in Twilio's numbering."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def create(providers: Providers, form: Mapping[str, str], fault: Fault | None) -> Sms:
    """Take a text and begin its life; raises TwilioApiError."""
    _check_recipient(providers, form.get("To", ""))
    _check_sender(form.get("From", ""), form.get("MessagingServiceSid", ""))
    _check_content(form)
    now = providers.now()
    send_at = _send_at(form, now)
    service_sid = form.get("MessagingServiceSid", "")
    sms = Sms(
        id=new_sid("SM"),
        recipient=form["To"],
        received_at=now.replace(microsecond=0),
        updated_at=now,
        account_sid=providers.account.account_sid,
        sender=form.get("From") or providers.account.sender,
        service_sid=service_sid,
        body=form["Body"],
        status=SmsStatus.scheduled if send_at else SmsStatus.accepted if service_sid else SmsStatus.queued,
        callback_url=form.get("StatusCallback", ""),
        validity_s=_validity_s(form),
        send_at=send_at,
    )
    if fault and fault.kind is FaultKind.hold:
        sms.hold_s = fault.seconds
    if fault and fault.kind is FaultKind.outcome:
        sms.fate, sms.fate_code = SmsStatus(str(fault.status)), int(fault.code) if fault.code else None
    providers.sms.put(sms)
    providers.life.begin(sms)
    return sms


def _check_recipient(providers: Providers, to: str) -> None:
    if not to:
        raise TwilioApiError(21604, "A 'To' phone number is required.")
    if not _E164.fullmatch(to):
        raise TwilioApiError(21211, f"The 'To' number {to} is not a valid phone number.")
    if to in providers.opted_out:
        raise TwilioApiError(21610, "Attempt to send to unsubscribed recipient")


def _check_sender(sender: str, service_sid: str) -> None:
    if not sender and not service_sid:
        raise TwilioApiError(21603, "A 'From' phone number is required.")
    if service_sid and not _SERVICE.fullmatch(service_sid):
        raise TwilioApiError(21712, "The Messaging Service does not exist.", status=404)
    if sender and not (_E164.fullmatch(sender) or _ALPHANUMERIC.fullmatch(sender)):
        raise TwilioApiError(21212, f"The 'From' number {sender} is not a valid phone number.")


def _check_content(form: Mapping[str, str]) -> None:
    if not form.get("Body"):
        raise TwilioApiError(21602, "Message body is required.")
    if len(form["Body"]) > BODY_MAX:
        raise TwilioApiError(21617, f"The concatenated message body exceeds the {BODY_MAX} character limit.")
    callback_url = form.get("StatusCallback", "")
    if callback_url and not re.match(r"https?://[^\s/_]+", callback_url):
        raise TwilioApiError(21609, "The 'StatusCallback' URL is not a valid URL.")


def _validity_s(form: Mapping[str, str]) -> int:
    wish = form.get("ValidityPeriod", "36000")
    if not wish.isascii() or not wish.isdigit() or not 1 <= int(wish) <= 36_000:
        raise TwilioApiError(20001, "ValidityPeriod must be between 1 and 36000 seconds.")
    return int(wish)


def _send_at(form: Mapping[str, str], now: datetime) -> datetime | None:
    """When a scheduled text goes out. Without a Messaging Service scheduling is silently dropped, as at Twilio."""
    if form.get("ScheduleType") != "fixed" or not form.get("MessagingServiceSid"):
        return None
    try:
        send_at = datetime.fromisoformat(form.get("SendAt", ""))
        is_in_window = timedelta(minutes=15) <= send_at - now <= timedelta(days=35)
    except (ValueError, TypeError):
        is_in_window = False
    if not is_in_window:
        raise TwilioApiError(35114, "SendAt time must be between 15 minutes and 35 days from now.")
    return send_at
