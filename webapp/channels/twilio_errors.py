"""What Twilio's error codes mean for a recipient, at creation and in reports alike.

Source: Twilio's error pages; that 21612 and 30004 are permanent for one recipient is our reading.
"""

from webapp.channels.base import ErrorClass

_CODES: dict[ErrorClass, frozenset[int]] = {
    ErrorClass.bad_address: frozenset({21211, 21217, 21612, 21614, 21635, 30004, 30005, 30006}),
    ErrorClass.opted_out: frozenset({21610}),
    ErrorClass.transient: frozenset({20429, 21611, 30001, 30003, 30008}),
    ErrorClass.ours: frozenset(
        {20003, 20404, 21212, 21408, 21603, 21606, 21608, 21609, 21617, 21659, 30002, 30007, 30032, 30034, 63017}
    ),
    ErrorClass.expired: frozenset({30036}),
}
_CLASSES = {code: error_class for error_class, codes in _CODES.items() for code in codes}


def error_class_of(code: int | str | None) -> ErrorClass:
    """Class of a code in a refusal or a report; one that is not in the table is ours: looked at, never retried."""
    try:
        return _CLASSES.get(int(code or 0), ErrorClass.ours)
    except ValueError:
        return ErrorClass.ours
