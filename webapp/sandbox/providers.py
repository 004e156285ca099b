"""What the providers hold between them: what they took, who opted out, which faults are armed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from secrets import token_hex

from webapp.channels import stand_in
from webapp.sandbox.callbacks import Callbacks
from webapp.sandbox.faults import Faults
from webapp.sandbox.hook_call import HookCall
from webapp.sandbox.life import Life, Pace
from webapp.sandbox.mail import Mail
from webapp.sandbox.notification import Notification
from webapp.sandbox.page_post import PagePost
from webapp.sandbox.shelf import KEEP, Shelf
from webapp.sandbox.sms import Sms, SmsStatus

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})


@dataclass(frozen=True, slots=True)
class Account:
    """Who may use the stand-in, and where it reports texts that people write."""

    account_sid: str = stand_in.ACCOUNT_SID
    auth_token: str = field(default=stand_in.AUTH_TOKEN, repr=False)
    sender: str = stand_in.SENDER
    page_id: str = stand_in.PAGE_ID
    page_name: str = "Our page"
    page_token: str = field(default=stand_in.PAGE_TOKEN, repr=False)
    app_secret: str = field(default=stand_in.APP_SECRET, repr=False)
    mail_user: str = stand_in.MAIL_USER
    mail_password: str = field(default=stand_in.MAIL_PASSWORD, repr=False)
    inbound_url: str = ""  # gets what people text back; "" = nobody


class Providers:
    """One of each, sharing a clock. `start()` and `stop()` run the threads that move texts along."""

    def __init__(self, account: Account, *, pace: Pace, now: Callable[[], datetime], keep: int = KEEP) -> None:
        self.account, self.now = account, now
        self.inbound_url = account.inbound_url  # may be set later, when whoever listens knows its port
        self.sms: Shelf[Sms] = Shelf(keep=keep)
        self.mail: Shelf[Mail] = Shelf(keep=keep)
        self.posts: Shelf[PagePost] = Shelf(keep=keep)
        self.notifications: Shelf[Notification] = Shelf(keep=keep)
        self.hook_calls: Shelf[HookCall] = Shelf(keep=keep)
        self.hook_secrets: dict[str, str] = {}  # what their owners have pasted in, by the program's name
        self.post_numbers = count(1)
        self.opted_out: set[str] = set()
        self.faults = Faults()
        self.callbacks = Callbacks(account.auth_token)
        self.life = Life(self.callbacks, pace=pace, now=now)

    def start(self) -> None:
        """Begin to move texts and to report."""
        self.callbacks.start()
        self.life.start()

    def stop(self) -> None:
        """End both threads."""
        self.life.stop()
        self.callbacks.stop()

    def text_back(self, number: str, body: str, *, to: str = "") -> Sms:
        """Somebody answers from a phone. STOP and its like opt the number out, START opts it in again."""
        now = self.now()
        sms = Sms(
            id=new_sid("SM"),
            recipient=number,
            received_at=now,
            updated_at=now,
            sent_at=now,
            account_sid=self.account.account_sid,
            sender=to or self.account.sender,
            body=body,
            status=SmsStatus.received,
            is_inbound=True,
        )
        self.sms.put(sms)
        self.callbacks.post(self.inbound_url, _inbound_form(sms, self._opt(number, body)))
        return sms

    def _opt(self, number: str, body: str) -> str:
        """What Twilio calls OptOutType; "" = an ordinary text."""
        word = body.strip().casefold()
        if word in STOP_WORDS:
            self.opted_out.add(number)
            return "STOP"
        if word in START_WORDS:
            self.opted_out.discard(number)
            return "START"
        return ""


def new_sid(prefix: str) -> str:
    """Such as SM and 32 hex digits."""
    return prefix + token_hex(16)


def _inbound_form(sms: Sms, opt_out_type: str) -> dict[str, str]:
    form = {
        "AccountSid": sms.account_sid,
        "ApiVersion": "2010-04-01",
        "MessageSid": sms.id,
        "SmsSid": sms.id,
        "SmsMessageSid": sms.id,
        "SmsStatus": "received",
        "From": sms.recipient,
        "To": sms.sender,
        "Body": sms.body,
        "NumMedia": "0",
        "NumSegments": "1",
    }
    return form | ({"OptOutType": opt_out_type} if opt_out_type else {})
