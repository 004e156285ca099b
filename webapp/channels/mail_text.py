"""A mail as bytes, written straight: an EmailMessage for each recipient would cost a hundred times as much."""

import re
from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from webapp.channels.base import ErrorClass, Outgoing, SendError

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_URL = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII without < and >


class Sender(Protocol):
    """What of the settings a mail shows."""

    @property
    def sender(self) -> str: ...
    @property
    def sender_name(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def list_id(self) -> str: ...
    @property
    def domain(self) -> str: ...


def wire_address(address: str) -> str:
    """As it stands in commands and headers: ASCII, nothing that ends a line or a bracket; "" = it cannot."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    wire = f"{local}@{ascii_domain}"
    return wire if _ADDRESS.fullmatch(wire) and len(wire) <= 254 else ""


def message_id(key: str, domain: str) -> str:
    """The same for the same key, so that receivers drop a second copy."""
    return f"<{quote(key, safe='')}@{domain}>"


def render(message: Outgoing, sender: Sender, *, to: str, now: datetime) -> bytes:
    """Headers and text, ready for the wire: CRLF, dots doubled, final dot included."""
    head = [
        f"Message-ID: {message_id(message.key, sender.domain)}",
        f"Date: {format_datetime(now)}",
        f"From: {_mailbox(sender.sender_name or message.sender_name, sender.sender)}",
        f"To: {to}",
        f"Subject: {_words(message.subject, 'Subject')}",
        *_about(message, sender),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
    ]
    return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + _body(message.body) + b".\r\n"


def _about(message: Outgoing, sender: Sender) -> list[str]:
    """What tells programs that this is automatic, to many, how to end it and when it is over."""
    lines = [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        f"List-Id: <{sender.list_id or sender.domain}>",
    ]
    if sender.reply_to:
        lines.append(f"Reply-To: {sender.reply_to}")
    if message.unsubscribe_url:
        if not _URL.fullmatch(message.unsubscribe_url):
            raise SendError(ErrorClass.ours, "The address to unsubscribe at is not a web address")
        lines += [f"List-Unsubscribe: <{message.unsubscribe_url}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    if message.expires_at is not None:
        lines.append(f"Expires: {format_datetime(message.expires_at)}")
    if _LANGUAGE.fullmatch(message.language):
        lines.append(f"Content-Language: {message.language}")
    return lines


@lru_cache(maxsize=256)
def _words(text: str, name: str) -> str:
    """Text of a header on one logical line: whatever breaks lines becomes a space, what is not ASCII is encoded."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return Header(plain, header_name=name).encode(linesep="\r\n")


@lru_cache(maxsize=16)
def _mailbox(name: str, address: str) -> str:
    if not name:
        return address
    if name.isascii():
        quoted = _words(name, "From").replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_words(name, 'From')} <{address}>"


def _body(text: str) -> bytes:
    """Quoted-printable with CRLF throughout; a line that starts with a dot gets a second one (RFC 5321, 4.5.2)."""
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    encoded = b2a_qp(lines.encode(), istext=True)
    return re.sub(rb"^\.", b"..", encoded, flags=re.MULTILINE)
