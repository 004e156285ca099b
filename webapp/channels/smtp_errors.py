"""What a mail server's refusal means for a recipient. Sources: RFC 5321, RFC 3463 and what large receivers send."""

import re
from enum import StrEnum, auto

from webapp.channels.base import ErrorClass

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_BAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_FULL = "5.2.2"  # soft although it is a 5: mailboxes are emptied
_RATE = "4.7.28"  # Gmail's: about us, not about the recipient


class Step(StrEnum):
    """Where in the conversation the refusal came."""

    greeting = auto()
    sender = auto()
    recipient = auto()
    data = auto()
    content = auto()


def error_class_of(code: int, text: str, step: Step) -> tuple[ErrorClass, str]:
    """Class and spelling ("550 5.1.1") of a refusal.

    The enhanced code decides. A bare 5yz says too little to suppress anybody: of one recipient it is tried again,
    anywhere else it concerns us.
    """
    found = _ENHANCED.search(text)
    enhanced = found.group() if found else ""
    return _class(code, enhanced, step), f"{code} {enhanced}".strip()


def _class(code: int, enhanced: str, step: Step) -> ErrorClass:
    if enhanced == _RATE:
        return ErrorClass.ours
    if 400 <= code < 500 or enhanced == _FULL:
        return ErrorClass.transient
    if step in {Step.recipient, Step.content} and enhanced in _BAD_ADDRESS:
        return ErrorClass.bad_address
    if step is Step.recipient and (not enhanced or enhanced.startswith(("5.1.", "5.2.", "5.4."))):
        return ErrorClass.transient
    return ErrorClass.ours
