"""The facts of a case, as the rules know them: given ones, and those that follow from the figures."""

from collections.abc import Mapping
from datetime import datetime

from rules.cells import Value
from rules.facts import Case, Incident, Text
from rules.figures import ChannelFigures, Medium
from rules.laws import reportable_under
from rules.numbers import Numbers
from rules.phrases import listed
from rules.reach import Reach, followers_concerned, recipients_of
from rules.terms import Certainty, Kind, Listeners, Severity, Urgency
from rules.timing import Timing
from rules.wording import (
    asks_for_a_call_or_reply,
    has_link,
    has_personal_details,
    is_marketing,
    looks_dated,
    missing,
)

_STOPS_CHANNELS = {Kind.outage, Kind.safety, Kind.closure, Kind.maintenance}


def is_life_safety(incident: Incident) -> bool:
    """Lives are at stake now, and we are fairly sure."""
    return (
        incident.kind is Kind.safety
        and incident.urgency is Urgency.immediate
        and incident.severity in {Severity.severe, Severity.extreme}
        and incident.certainty in {Certainty.observed, Certainty.likely}
    )


def facts_of_case(case: Case, timing: Timing) -> Mapping[str, Value]:
    """Facts that are the same for every channel."""
    return {**_of_incident(case), **_of_time(case, timing), **_of_text(case)}


def facts_of_channel(
    case: Case, figures: ChannelFigures, reach: Reach, numbers: Numbers, *, remaining_min: float
) -> Mapping[str, Value]:
    """Facts of one channel for one audience."""
    setup = case.channels[figures.key]
    return {
        "sent to": _sent_to(reach),
        "working": yes_no(is_working(case, figures.key)),
        "actual provider": yes_no(setup.actual_provider),
        "announced": yes_no(setup.announced),
        "can choose area": yes_no(setup.can_choose_area),
        "followers affected": followers_concerned(case, figures, setup),
        "people asked": float(recipients_of(case.audience, figures.key, Listeners.asked)),
        "recipients": float(reach.recipients),
        "recent messages": float(setup.recent_messages),
        "messages today": float(setup.messages_today),
        "viewers": numbers.viewers,
        "affected viewers": numbers.affected_viewers,
        "informed in time": numbers.informed_in_time,
        "spill share": numbers.spill / numbers.viewers if numbers.viewers else 0.0,
        "stale share": numbers.stale_share,
        "half-seen time": numbers.half_seen_minutes,
        "send time": numbers.send_minutes,
        "send time share": _part(numbers.send_minutes, remaining_min),
        "cost": numbers.cost,
        "over budget": yes_no(is_over_budget(case, numbers.cost)),
        "cost per informed": numbers.cost / numbers.informed_in_time if numbers.informed_in_time else numbers.cost,
    }


def is_working(case: Case, channel: str) -> bool:
    """Whether the channel works and does not need what has failed."""
    return not why_not_working(case, channel)


def why_not_working(case: Case, channel: str) -> str:
    """What keeps the channel from working, as the end of a sentence that begins with its name; "" = it works."""
    setup = case.channels[channel]
    if not setup.available:
        return "is switched off in the settings"
    if lost := sorted(set(setup.depends_on) & set(case.incident.components)) if stops(case.incident, case.now) else []:
        names = listed([case.component_names.get(code, code.replace("-", " ")) for code in lost])
        return f"depends on {names}, which this incident has stopped"
    if setup.down:
        return setup.down
    # In danger a message is queued and tried until it is taken: a provider may be back sooner than we notice.
    return "" if is_life_safety(case.incident) else setup.failing


def stops(incident: Incident, now: datetime) -> bool:
    """Whether nothing that needs its components works any more."""
    return incident.started_at <= now and incident.kind in _STOPS_CHANNELS


def is_over_budget(case: Case, cost: float) -> bool:
    """Whether it costs more than is left for this month."""
    ours = case.organisation
    return cost > 0 and ours.month_budget is not None and cost > ours.month_budget - ours.month_spent


def yes_no(claim: bool) -> str:
    """As a rule writes it."""
    return "yes" if claim else "no"


def _of_incident(case: Case) -> dict[str, Value]:
    incident = case.incident
    return {
        "kind": incident.kind.replace("_", " "),
        "mode": incident.mode.value,
        "message type": case.message_type.value,
        "severity": incident.severity.value,
        "urgency": incident.urgency.value,
        "certainty": incident.certainty.value,
        "life safety": yes_no(is_life_safety(incident)),
        "noticeable": yes_no(incident.noticeable),
        "named people": yes_no(incident.named_people),
        "impersonation": yes_no(incident.impersonation),
        "sender spoofed": yes_no(incident.sender_spoofed),
        "sensitive": yes_no(incident.sensitive),
        "money lost": yes_no(incident.money_lost),
        "public place": yes_no(incident.public_place),
        "repeated": yes_no(incident.repeated),
        "open complaints": incident.open_complaints,
        "components": incident.components,
        "shown as working": yes_no(incident.shown_as_working),
        "people affected": float(case.audience.affected),
        "share affected": min(case.audience.affected / case.organisation.customers, 1.0),
    }


def _of_time(case: Case, timing: Timing) -> dict[str, Value]:
    incident, now = case.incident, case.now
    local = now.astimezone(timing.zone)
    late = (now - incident.next_update_at).total_seconds() / 60 if incident.next_update_at else 0.0
    return {
        "remaining time": timing.remaining_min,
        "reportable under": reportable_under(case, duration_min=_duration(case, timing)),
        "duration": _duration(case, timing),
        "lead time": max((incident.started_at - now).total_seconds() / 60, 0.0),
        "local time": local.hour * 60 + local.minute + local.second / 60,
        "end known": yes_no(incident.expected_end_at is not None),
        "end given": yes_no(incident.expected_end_at is not None or incident.next_update_at is not None),
        "over": yes_no(timing.end_at <= now),
        "update overdue": max(late, 0.0),
    }


def _duration(case: Case, timing: Timing) -> float:
    return max((timing.end_at - case.incident.started_at).total_seconds() / 60, 0.0)


def _of_text(case: Case) -> dict[str, Value]:
    text = case.text or Text()
    whole = f"{text.headline}\n{text.description}\n{text.instruction}"
    lacking = case.audience.languages - text.languages if text.languages else frozenset()
    return {
        "link in text": yes_no(text.links or has_link(whole)),
        "callback in text": yes_no(asks_for_a_call_or_reply(whole)),
        "marketing in text": yes_no(is_marketing(whole)),
        "personal details in text": yes_no(has_personal_details(whole)),
        "undated text": yes_no(case.text is not None and not looks_dated(whole)),
        "written by hand": yes_no(text.written_by_hand),
        "missing content": _missing(case, text) if case.text else (),
        "language missing": yes_no(bool(lacking)),
    }


def _sent_to(reach: Reach) -> str:
    if reach.figures.medium is not Medium.addresses:
        return "the public"
    return "those who asked" if reach.listeners is Listeners.asked else "everybody on file"


def _part(minutes: float, of_min: float) -> float:
    if not minutes:
        return 0.0
    return min(minutes / of_min, 1.0) if of_min else 1.0


def _missing(case: Case, text: Text) -> tuple[str, ...]:
    return missing(
        text.headline,
        text.description,
        text.instruction,
        source=case.organisation.name,
        is_local=case.incident.public_place,
    )
