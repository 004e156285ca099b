"""What every adapter gets and gives back.

A failure says what it means for the recipient, never how the provider spells it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from typing import Protocol


class ErrorClass(StrEnum):
    """What a provider's failure means for the recipient."""

    bad_address = auto()  # this address will never work: suppress it
    opted_out = auto()  # this person said stop at the provider: suppress, never retry
    transient = auto()  # refused before it was taken; may be tried again while it still matters
    ours = auto()  # our account, sender, text or permission: no other recipient will fare better
    unknown = auto()  # it may or may not have been taken: never blindly sent again
    expired = auto()  # its end had passed at the provider: not to be tried again


class SendError(Exception):
    """A provider did not (or may not) take a message."""

    def __init__(
        self, error_class: ErrorClass, detail: str, *, code: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.error_class, self.detail, self.code, self.retry_after_s = error_class, detail, code, retry_after_s


class Gone(SendError):
    """What was to be changed is not there any more: somebody has deleted it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one recipient, ready to send; nothing left to decide."""

    key: str  # our delivery id: the same for the same recipient, notice version and channel
    recipient: str  # E.164 number or mail address
    language: str  # BCP 47
    subject: str  # mail only; "" elsewhere
    body: str  # plain text
    expires_at: datetime | None  # not to be shown to anybody after this
    callback_url: str = ""  # where the provider reports, signed by us; "" = no reports
    sender_name: str = ""  # who says it, for channels that show a name and have none of their own
    unsubscribe_url: str = ""  # POST one-click (RFC 8058); "" = not a subscription
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what it is signed with, webhooks only


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken it."""

    provider_id: str
    url: str = ""  # broadcast only: where people see it
    remark: str = ""  # what did not come off beside it, as a sentence; "" = all did
    answer: str = ""  # what was written back, webhooks only


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do beyond sending."""

    receipts: bool = False  # reports later what became of it
    look_up: bool = False  # can be asked whether it took a message
    edit: bool = False
    pin: bool = False
    delete: bool = False


class DirectAdapter(Protocol):
    """One recipient a call. One instance per thread: it may hold a connection. Raises SendError."""

    capabilities: Capabilities

    def send(self, message: Outgoing, *, now: datetime) -> Accepted:
        """Hand one message to the provider. Time-out 30 s, no retries of its own."""

    def look_up(self, message: Outgoing, *, since: datetime) -> Accepted | None:
        """Whether the provider took this message after `since`; None = it knows nothing of it.

        Only if capabilities.look_up.
        """

    def close(self) -> None:
        """Give back connections."""


@dataclass(frozen=True, slots=True)
class Post:
    """A notice for a broadcast channel."""

    key: str  # our posting id; visible in the text so that it can be found again
    text: str
    link: str = ""
    pinned: bool = False


class BroadcastAdapter(Protocol):
    """A page that everybody sees. Edits, pins and deletes may be repeated. Raises SendError."""

    capabilities: Capabilities

    def post(self, post: Post, *, now: datetime) -> Accepted:
        """Publish; the pin is set too if asked for."""

    def edit(self, provider_id: str, text: str) -> None:
        """Replace the text. Raises Gone if the post has been deleted."""

    def unpin(self, provider_id: str) -> None:
        """Take it from the top of the page."""

    def look_up(self, post: Post, *, since: datetime) -> Accepted | None:
        """Whether the page shows this post already; None = no."""

    def close(self) -> None:
        """Give back connections."""


@dataclass(slots=True)
class Adapters:
    """One set of adapters for one thread, by channel name as in the policy (`sms`, `email`, `facebook`)."""

    direct: dict[str, DirectAdapter] = field(default_factory=dict)
    broadcast: dict[str, BroadcastAdapter] = field(default_factory=dict)

    def close(self) -> None:
        """Give back all connections."""
        for direct in self.direct.values():
            direct.close()
        for broadcast in self.broadcast.values():
            broadcast.close()


def event_id(key: str) -> str:
    """The same for the same delivery, without the full stop that the signed content is divided by."""
    return f"msg_{key.replace('.', '_')}"
