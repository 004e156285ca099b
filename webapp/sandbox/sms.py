"""A text message as Twilio keeps and shows it."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum, auto
from typing import ClassVar

from webapp.sandbox.segments import segments
from webapp.sandbox.shelf import Received


class SmsStatus(StrEnum):
    """Those of Twilio's statuses that one-way texts meet."""

    scheduled = auto()
    accepted = auto()
    queued = auto()
    sending = auto()
    sent = auto()
    delivered = auto()
    undelivered = auto()
    failed = auto()
    canceled = auto()
    received = auto()


FINAL = frozenset(
    {SmsStatus.delivered, SmsStatus.undelivered, SmsStatus.failed, SmsStatus.canceled, SmsStatus.received}
)
ON_AIR = frozenset({SmsStatus.sent, SmsStatus.delivered, SmsStatus.undelivered})


@dataclass(slots=True, kw_only=True)
class Sms(Received):
    """`recipient` is the phone in somebody's hand, also when it is the one that wrote."""

    channel: ClassVar[str] = "sms"

    account_sid: str
    sender: str  # ours
    service_sid: str = ""
    body: str
    status: SmsStatus
    callback_url: str = ""
    validity_s: int = 36_000
    send_at: datetime | None = None  # scheduled
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    is_inbound: bool = False
    fate: SmsStatus = SmsStatus.delivered  # how it will end
    fate_code: int | None = None
    hold_s: float = 0.0  # stays in the queue so much longer

    @property
    def is_routed(self) -> bool:
        """Whether the provider has picked a sender and counted the parts yet."""
        return self.status not in {SmsStatus.accepted, SmsStatus.scheduled}

    @property
    def to(self) -> str | None:
        """Who gets it."""
        return self.sender if self.is_inbound else self.recipient

    @property
    def origin(self) -> str | None:
        """Who it comes from; None while the Messaging Service has not picked a sender."""
        return self.recipient if self.is_inbound else self.sender if self.is_routed else None

    def resource(self) -> dict[str, object]:
        """The JSON of Twilio's Message resource, 2010-04-01."""
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.id}"
        return {
            "body": self.body,
            "num_segments": str(segments(self.body)) if self.is_routed else "0",
            "direction": "inbound" if self.is_inbound else "outbound-api",
            "from": self.origin,
            "to": self.to,
            "date_created": format_datetime(self.received_at),
            "date_updated": format_datetime(self.updated_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "price": None,
            "price_unit": "USD",
            "error_code": self.error_code,
            "error_message": None,
            "uri": f"{uri}.json",
            "account_sid": self.account_sid,
            "num_media": "0",
            "status": self.status,
            "messaging_service_sid": self.service_sid or None,
            "sid": self.id,
            "api_version": "2010-04-01",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }

    def report(self) -> dict[str, str]:
        """The form of a status callback for the status as it is now."""
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": self.sender,
            "To": self.recipient,
            "MessageSid": self.id,
            "SmsSid": self.id,
            "MessageStatus": self.status,
            "SmsStatus": self.status,
        }
        if self.service_sid:
            form["MessagingServiceSid"] = self.service_sid
        if self.error_code:
            form["ErrorCode"] = str(self.error_code)
        if self.status in {SmsStatus.delivered, SmsStatus.undelivered}:
            form["RawDlrDoneDate"] = f"{self.updated_at:%y%m%d%H%M}"
        return form
