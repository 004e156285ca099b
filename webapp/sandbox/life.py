"""The life of a text message at the provider: from the queue to the phone, with a report at each step but the first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from time import monotonic

from webapp.sandbox.callbacks import Callbacks
from webapp.sandbox.sms import FINAL, ON_AIR, Sms, SmsStatus

VALIDITY_EXPIRED = 30036


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a text stays before each step."""

    queued_s: float = 0.1  # only with a Messaging Service
    sending_s: float = 0.3
    sent_s: float = 0.3
    ended_s: float = 1.4


AT_ONCE = Pace(queued_s=0.0, sending_s=0.0, sent_s=0.0, ended_s=0.0)


class Life:
    """One thread that moves texts along; `now` reads the clock."""

    def __init__(self, callbacks: Callbacks, *, pace: Pace, now: Callable[[], datetime]) -> None:
        self._callbacks, self._pace, self._now = callbacks, pace, now
        self._due: list[tuple[float, int, Sms, SmsStatus]] = []
        self._order = count()
        self._changed = Condition()
        self._stopped = False
        self._thread = Thread(target=self._run, name="sandbox-life", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Leave everything where it stands."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def begin(self, sms: Sms) -> None:
        """A text was created; its first status is not reported."""
        with self._changed:
            self._plan_next(sms)
            self._changed.notify()

    def cancel(self, sms: Sms) -> bool:
        """Take back a text that is only scheduled; False = too late."""
        with self._changed:
            if sms.status is not SmsStatus.scheduled:
                return False
            self._move(sms, SmsStatus.canceled)
        return True

    def _run(self) -> None:
        while not self._stopped:
            with self._changed:  # let go between two steps, so that nobody who creates texts has to wait
                self._step()

    def _step(self) -> None:
        wait = self._due[0][0] - monotonic() if self._due else None
        if wait is None or wait > 0:
            if not self._stopped:
                self._changed.wait(wait)
            return
        _, _, sms, status = heappop(self._due)
        if sms.status not in FINAL:
            self._move(sms, status)
            self._plan_next(sms)

    def _move(self, sms: Sms, status: SmsStatus) -> None:
        sms.updated_at = self._now()
        if status in ON_AIR and sms.sent_at is None:
            sms.sent_at = sms.updated_at
        if status in {SmsStatus.failed, SmsStatus.undelivered}:
            sms.error_code = VALIDITY_EXPIRED if self._overstays(sms) else sms.fate_code
        sms.status = status
        self._callbacks.post(sms.callback_url, sms.report())

    def _overstays(self, sms: Sms) -> bool:
        return self._pace.sending_s + sms.hold_s > sms.validity_s

    def _plan_next(self, sms: Sms) -> None:
        pace = self._pace
        match sms.status:
            case SmsStatus.scheduled:
                step = ((sms.send_at or sms.received_at) - self._now()).total_seconds(), SmsStatus.queued
            case SmsStatus.accepted:
                step = pace.queued_s, SmsStatus.queued
            case SmsStatus.queued if self._overstays(sms):
                step = sms.validity_s, SmsStatus.failed
            case SmsStatus.queued:
                step = pace.sending_s + sms.hold_s, SmsStatus.sending
            case SmsStatus.sending if sms.fate is SmsStatus.failed:
                step = pace.sent_s, SmsStatus.failed
            case SmsStatus.sending:
                step = pace.sent_s, SmsStatus.sent
            case SmsStatus.sent if sms.fate is not SmsStatus.sent:
                step = pace.ended_s, sms.fate
            case _:
                return
        heappush(self._due, (monotonic() + step[0], next(self._order), sms, step[1]))
