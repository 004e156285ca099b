"""What a provider's answer means: the state it leads to, and when to try or to look again."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.channels.base import Accepted, ErrorClass, SendError
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.subscribers import Suppression

LOOK_UP_AGAIN = timedelta(seconds=45)
QUIET = timedelta(seconds=90)  # a provider's own time-out of 30 s, and a minute
LOOK_UPS = 2
GIVEN_UP = 99
LONGEST_BACKOFF = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try came to."""

    state: DeliveryState
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    again_at: datetime | None = None
    heard: str = ""  # what was written back
    suppresses: str = ""  # the reason never to use this address again


def refused(error: SendError, tries: int, *, now: datetime) -> Answer:
    """What a refusal means for a message that was tried so often."""
    match error.error_class:
        case ErrorClass.bad_address:
            return Answer(
                DeliveryState.failed, code=error.code, detail=error.detail, suppresses=Suppression.bad_address
            )
        case ErrorClass.opted_out:
            return Answer(DeliveryState.failed, code=error.code, detail=error.detail, suppresses=Suppression.opted_out)
        case ErrorClass.expired:
            return Answer(DeliveryState.expired, code=error.code, detail=error.detail)
        case ErrorClass.unknown:
            return Answer(DeliveryState.unknown, code=error.code, detail=error.detail, again_at=now)
        case ErrorClass.transient | ErrorClass.ours:
            again_at = now + backoff(error, tries)
            return Answer(DeliveryState.deferred, code=error.code, detail=error.detail, again_at=again_at)


def concluded(
    attempt: Attempt, notice: Notice, found: Accepted | None, *, now: datetime
) -> tuple[DeliveryState, dict[str, object]]:
    """What a look-up says: taken; or, asked twice and long enough after, not taken."""
    if found is not None:
        return DeliveryState.accepted, {
            "provider_id": found.provider_id,
            "again_at": None,
            "detail": "Found at the provider",
        }
    asked = attempt.look_ups + 1
    if asked < LOOK_UPS or now - attempt.at < QUIET:
        return DeliveryState.unknown, {"look_ups": asked, "again_at": now + LOOK_UP_AGAIN}
    if notice.is_life_safety and notice.status is NoticeStatus.live:
        return DeliveryState.deferred, {
            "look_ups": asked,
            "again_at": now,
            "detail": "Not found at the provider: sent again, for life is at stake",
        }
    return DeliveryState.unknown, {
        "look_ups": GIVEN_UP,
        "again_at": None,
        "detail": "In doubt: the provider knows nothing of it",
    }


def backoff(error: SendError, tries: int) -> timedelta:
    """Doubling from two seconds, with jitter, or what the provider asks for; our own faults wait a minute for a person."""
    if error.retry_after_s:
        return min(timedelta(seconds=error.retry_after_s), LONGEST_BACKOFF)
    if error.error_class is ErrorClass.ours:
        return timedelta(minutes=1)
    return min(timedelta(seconds=2 ** min(tries, 10) * random.uniform(0.75, 1.25)), LONGEST_BACKOFF)
