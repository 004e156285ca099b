"""Faults that are armed from outside, so that a test can make a provider fail where it would hurt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum, auto
from threading import Lock


class FaultKind(StrEnum):
    """What goes wrong."""

    status = auto()  # refuse with an HTTP or SMTP status and the provider's code
    delay = auto()  # answer properly, but late
    drop = auto()  # take it, then cut the connection with no reply
    drop_before = auto()  # cut the connection before taking it
    apply_500 = auto()  # take it, then answer 500; not for email
    hold = auto()  # sms: stays in the provider's queue for so many seconds
    outcome = auto()  # sms: taken, later reported as undelivered or failed with a code


FATES = ("undelivered", "failed", "sent")  # sent = never heard of again
ACTIONS = {
    "sms": ("create", "read", "list", "edit", "delete"),
    "email": ("rcpt", "data"),
    "push": ("create",),
    "webhook": ("create",),
    "facebook": ("create", "read", "list", "edit", "delete"),
}
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "channel": str,
    "kind": str,
    "recipient": str,
    "on": str,
    "times": int,
    "status": (int, str),
    "code": (int, str),
    "subcode": int,
    "seconds": (int, float),
}


class FaultError(ValueError):
    """The fault that was asked for makes no sense; says why."""


@dataclass(slots=True)
class Fault:
    """One armed fault; gone after `times` uses."""

    channel: str
    kind: FaultKind
    recipient: str = ""  # "" = anybody
    on: str = ""  # which call; "" = the one that sends
    times: int = 1
    status: int | str = 500  # for `outcome`: undelivered or failed
    code: int | str = ""
    subcode: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no provider could do."""
        if self.channel not in ACTIONS:
            raise FaultError(f"channel must be one of {', '.join(ACTIONS)}")
        self.on = self.on or self._sending_call()
        if self.on not in ACTIONS[self.channel]:
            raise FaultError(f"on must be one of {', '.join(ACTIONS[self.channel])}")
        if self.channel == "email" and self.kind is FaultKind.apply_500:
            raise FaultError("A mail server cannot take a mail and refuse it; use drop")
        if self.channel != "sms" and self.kind in {FaultKind.hold, FaultKind.outcome}:
            raise FaultError(f"{self.kind} is for sms")
        if self.kind is FaultKind.status and not (isinstance(self.status, int) and 200 <= self.status <= 599):
            raise FaultError("status must be an HTTP or SMTP status, such as 429 or 451")
        if self.kind is FaultKind.outcome and self.status not in FATES:
            raise FaultError(f"status must be one of {', '.join(FATES)}")
        if self.channel != "email" and not str(self.code or 0).isdecimal():
            raise FaultError("code must be the provider's number")
        if self.times < 1 or self.seconds < 0:
            raise FaultError("times must be 1 or more, seconds 0 or more")

    def _sending_call(self) -> str:
        if self.channel == "email":
            return "rcpt" if self.kind is FaultKind.status else "data"
        return "create"


class Faults:
    """The armed faults, oldest first. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Put it last in the queue."""
        with self._lock:
            self._armed.append(fault)

    def take(self, channel: str, recipient: str, on: str) -> Fault | None:
        """Use up one time of the first fault that fits; None = all goes well."""
        if not self._armed:
            return None
        with self._lock:
            for fault in self._armed:
                if fault.channel == channel and fault.on == on and fault.recipient in {"", recipient}:
                    fault.times -= 1
                    self._armed = [it for it in self._armed if it.times]
                    return fault
        return None

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed = []

    def armed(self) -> list[dict[str, object]]:
        """What is armed, as JSON would have it."""
        with self._lock:
            return [asdict(it) for it in self._armed]


def fault_of(wish: object) -> Fault:
    """Read the JSON of `POST /faults`; raises FaultError with what to write instead."""
    if not isinstance(wish, Mapping):
        raise FaultError('Send one JSON object, such as {"channel": "sms", "kind": "drop"}')
    for name, value in wish.items():
        if name not in _FIELDS:
            raise FaultError(f"Unknown field {name}; there are {', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[name]) or isinstance(value, bool):
            raise FaultError(f"{name} has the wrong type")
    if wish.get("kind") not in set(FaultKind):
        raise FaultError(f"kind must be one of {', '.join(FaultKind)}")
    return Fault(**{"channel": "", **wish, "kind": FaultKind(wish["kind"])})
