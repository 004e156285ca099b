"""A mail as it came in, read only when somebody looks."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import ClassVar

from webapp.sandbox.shelf import Received


@dataclass(slots=True, kw_only=True)
class Mail(Received):
    """One recipient's copy."""

    channel: ClassVar[str] = "email"

    sender: str  # of the envelope
    content: bytes

    def parsed(self) -> EmailMessage:
        """The mail as its reader's program sees it."""
        return message_from_bytes(self.content, policy=default)

    def text(self) -> str:
        """The plain text; "" if there is none."""
        part = self.parsed().get_body(("plain",))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    def subject(self) -> str:
        """Decoded; "" if missing."""
        return str(self.parsed()["Subject"] or "")
