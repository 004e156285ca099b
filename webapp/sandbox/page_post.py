"""A post on the page, with what it said before."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from webapp.sandbox.shelf import Received


@dataclass(slots=True, kw_only=True)
class PagePost(Received):
    """`recipient` is the page's id; `id` is the page's and its own number, joined by an underscore."""

    channel: ClassVar[str] = "facebook"

    message: str
    link: str = ""
    updated_at: datetime
    is_pinned: bool = False
    is_ours: bool = True  # False = somebody wrote it on the page by hand
    deleted_at: datetime | None = None
    earlier: list[tuple[datetime, str]] = field(default_factory=list)  # (until when, what it said)

    def edit(self, message: str, now: datetime) -> None:
        """Replace the text, keep the old one to look at."""
        self.earlier.append((now, self.message))
        self.message, self.updated_at = message, now

    def delete(self, now: datetime) -> None:
        """Take it off the page; it stays to be looked at here."""
        self.deleted_at, self.is_pinned = now, False

    def fields(self, *, url: str) -> dict[str, object]:
        """What the Graph API lets its maker read; `url` is where people see it."""
        return {
            "id": self.id,
            "message": self.message,
            "created_time": f"{self.received_at:%Y-%m-%dT%H:%M:%S+0000}",
            "updated_time": f"{self.updated_at:%Y-%m-%dT%H:%M:%S+0000}",
            "permalink_url": url,
            "is_published": True,
            "is_hidden": False,
            "is_expired": False,
            "status_type": "shared_story" if self.link else "mobile_status_update",
        }
