"""A call as somebody's program received it."""

from dataclasses import dataclass
from typing import ClassVar

from webapp.sandbox.shelf import Received


@dataclass(slots=True, kw_only=True)
class HookCall(Received):
    """One event; `recipient` is the address that was called."""

    channel: ClassVar[str] = "webhook"

    event: str  # webhook-id
    content: str
    type: str  # of the event; "" = it could not be read
    sent_at: int  # webhook-timestamp
    signature: str  # webhook-signature; "" = not signed
    is_verified: bool | None  # None = the program does not know the secret
    is_double: bool = False  # an event with this id had come before
