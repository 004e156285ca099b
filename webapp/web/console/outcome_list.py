"""Recipients who were not told, or may not have been, with the reason in words and the address as far as one may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from webapp.channels.base import ErrorClass
from webapp.channels.twilio_errors import error_class_of
from webapp.flow import outcomes
from webapp.flow.deliveries import DeliveryState
from webapp.flow.notices import Notice
from webapp.flow.outcomes import Outcome
from webapp.web.console.paging import Page

SIZE = 50
MEANS = {
    ErrorClass.bad_address: "This address does not work any more; it will not be used again",
    ErrorClass.opted_out: "They have told the provider to stop; they will not be written to again",
    ErrorClass.transient: "The phone was off or out of coverage, or the provider was busy",
    ErrorClass.ours: "The provider did not take it from us; an administrator should look at the account and the sender",
    ErrorClass.expired: "Its end came before it could be delivered",
    ErrorClass.unknown: "The provider did not say",
}
STATES = {
    DeliveryState.failed: "Not sent", DeliveryState.undelivered: "Not delivered",
    DeliveryState.expired: "Too late", DeliveryState.unknown: "In doubt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One recipient."""

    channel: str
    address: str
    state: str
    reason: str
    code: str
    tries: int
    at: datetime


def outcome_list(
    session: Session, notice: Notice, states: Sequence[DeliveryState], *, number: int, sees_all: bool
) -> Page[OutcomeRow]:
    """A page of them."""
    total = outcomes.count(session, notice, states)
    number = min(max(1, number), max(1, -(-total // SIZE)))
    found = outcomes.listed(session, notice, states, first=(number - 1) * SIZE, most=SIZE)
    return Page([_row(each, sees_all=sees_all) for each in found], number, SIZE, total)


def masked(channel: str, value: str) -> str:
    """Enough to recognise an address by, not to use it: the last three digits, or the first letter and the domain."""
    if channel == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"… {value[-3:]}"


def _row(outcome: Outcome, *, sees_all: bool) -> OutcomeRow:
    return OutcomeRow(
        channel=outcome.channel,
        address=outcome.value if sees_all else masked(outcome.channel, outcome.value),
        state=STATES.get(outcome.state, outcome.state.value),
        reason=_reason(outcome),
        code=outcome.code,
        tries=outcome.tries,
        at=outcome.at,
    )


def _reason(outcome: Outcome) -> str:
    """What is known, in words; what the provider wrote stands behind it."""
    if outcome.state is DeliveryState.unknown:
        return outcome.detail or "It may or may not have been taken; the provider is being asked"
    if outcome.state is DeliveryState.expired:
        return MEANS[ErrorClass.expired]
    if outcome.channel == "sms" and outcome.code:
        return MEANS[error_class_of(outcome.code)]
    return outcome.detail or MEANS[ErrorClass.unknown]
