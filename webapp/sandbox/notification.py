"""A notification as a browser showed it."""

from dataclasses import dataclass
from typing import ClassVar

from webapp.sandbox.shelf import Received


@dataclass(slots=True, kw_only=True)
class Notification(Received):
    """What a browser showed; `recipient` is its endpoint."""

    channel: ClassVar[str] = "push"

    title: str
    body: str
    url: str
    tag: str
    ttl_s: int
    urgency: str
    topic: str
