"""What the Graph API's error codes mean for a post. The code decides; the HTTP status is nearly always 400.

All that is not known to pass by itself is ours: token, permission, text, policy.
"""

import json
from collections.abc import Mapping

from webapp.channels.base import ErrorClass, Gone, SendError

TRANSIENT = frozenset({1, 2, 4, 17, 32, 341, 613, 80001})
DUPLICATE = "506"
GONE = "100/33"


def failure_of(error: Mapping[str, object], headers: Mapping[str, str]) -> SendError:
    """Of the `error` object of a reply. Its message stays out: it may repeat the text."""
    code, subcode = _whole(error.get("code")), _whole(error.get("error_subcode"))
    passes = code in TRANSIENT or error.get("is_transient") is True
    spelled = f"{code}/{subcode}" if subcode and code != 506 else str(code)
    failure = Gone if spelled == GONE else SendError
    return failure(
        ErrorClass.transient if passes else ErrorClass.ours,
        f"Facebook refused with {spelled}",
        code=spelled,
        retry_after_s=_wait_s(headers) if passes else None,
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """From the usage header, whose figure is in minutes; None = it says nothing."""
    try:
        usage = json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
        minutes = [float(it["estimated_time_to_regain_access"]) for uses in usage.values() for it in uses]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return max(minutes, default=0) * 60 or None
