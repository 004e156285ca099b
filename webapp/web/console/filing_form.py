"""The questions of a filing: labels ask, errors say what to do. Everything but what has happened may stay open."""

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from rules.terms import Certainty, Kind, Severity, Urgency
from webapp.flow.areas import Area
from webapp.flow.components import Component
from webapp.flow.saved_areas import SavedArea
from webapp.web.console.wall_time import WallTimeField
from webapp.web.console.where_form import WhereForm, offer

KINDS: Mapping[str, str] = {
    Kind.outage: "It does not work", Kind.degradation: "It is slow", Kind.closure: "It is closed",
    Kind.maintenance: "Planned work", Kind.fraud: "Fraud in our name", Kind.data_breach: "Personal data got out",
    Kind.safety: "Danger to people",
}  # fmt: skip
SEVERITIES: Mapping[str, str] = {
    Severity.minor: "A nuisance", Severity.moderate: "People are stuck", Severity.severe: "Serious loss or harm",
    Severity.extreme: "Danger to life", Severity.unknown: "Not known",
}  # fmt: skip
URGENCIES: Mapping[str, str] = {
    Urgency.immediate: "At once", Urgency.expected: "Within the hour", Urgency.future: "Later", Urgency.past: "No longer",
    Urgency.unknown: "Not known",
}  # fmt: skip
CERTAINTIES: Mapping[str, str] = {
    Certainty.observed: "We have seen it", Certainty.likely: "More likely than not", Certainty.possible: "It may be",
    Certainty.unlikely: "Hardly", Certainty.unknown: "Not known",
}  # fmt: skip
UNTIL: Mapping[str, str] = {"60": "1 h", "120": "2 h", "180": "3 h", "at": "At …", "open": "Nobody knows yet"}
NEXT: Mapping[str, str] = {"": "Not planned", "30": "In 30 min", "60": "In 1 h", "120": "In 2 h", "at": "At …"}
ENDS: Mapping[str, str] = {"itself": "It ends by itself", "said": "It stays open until somebody says so"}
MODES: Mapping[str, str] = {"actual": "It is real", "exercise": "It is an exercise"}
PUBLISHING: Mapping[str, str] = {"advised": "As recommended", "yes": "Yes, at once", "no": "No, wait for approval"}
FURTHER: Mapping[str, str] = {
    "noticeable": "People notice it by themselves", "named_people": "It is about people whom one could name",
    "impersonation": "Somebody pretends to be us", "sender_spoofed": "Fake messages carry our sender name",
    "sensitive": "Details would help an attacker", "money_lost": "People have lost money",
}  # fmt: skip


def _radio(label: str, choices: Mapping[str, str], *, default: str | None = None) -> RadioField:
    listed = {str(value): words for value, words in choices.items()}
    return RadioField(label, choices=listed, validators=[Optional()], default=default)


class PeopleField(IntegerField):
    """Takes 1 450 and 1,450."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Raises ValueError with what to write."""
        try:
            super().process_formdata(["".join(value.replace(",", " ").split()) for value in valuelist])
        except ValueError:
            raise ValueError("Write a whole number of people, like 1450, or leave it empty") from None


class FilingForm(WhereForm):
    """What an operator may say of an incident."""

    kind = _radio("What has happened?", KINDS)
    components = SelectMultipleField("Which services?", choices=[])
    severity = _radio("How serious is it?", SEVERITIES)
    urgency = _radio("Must people act?", URGENCIES)
    certainty = _radio("How sure are we?", CERTAINTIES)
    started = _radio("From when?", {"now": "Now", "at": "At …"}, default="now")
    started_at = WallTimeField("It began, or begins, at")
    until = _radio("Until when?", UNTIL)
    until_at = WallTimeField("It ends at")
    ends = _radio("When that time comes?", ENDS, default="itself")
    next = _radio("When do we say more?", NEXT, default="")
    next_at = WallTimeField("We say more at")
    instruction = TextAreaField("What can people do?", [Length(max=600, message="Say it in at most 600 letters")])
    headline = StringField("In one line?", [Length(max=120, message="Say it in at most 120 letters")])
    affected_estimate = PeopleField(
        "About how many are affected?", [Optional(), NumberRange(min=0, message="Write 0 or more, or leave it empty")]
    )
    noticeable, named_people, impersonation = (
        BooleanField(FURTHER[name]) for name in ("noticeable", "named_people", "impersonation")
    )
    sender_spoofed, sensitive, money_lost = (
        BooleanField(FURTHER[name]) for name in ("sender_spoofed", "sensitive", "money_lost")
    )
    publish = _radio("On the status page before approval, with these facts alone?", PUBLISHING, default="advised")
    mode = _radio("Is it real?", MODES, default="actual")


def filing_form(
    sent: MultiDict[str, str] | None,
    *,
    zone: str,
    components: list[Component],
    areas: list[Area],
    saved: list[SavedArea],
) -> FilingForm:
    """The form with this installation's services and areas. `sent` None = as it is first shown."""
    form = FilingForm(sent, meta={"zone": zone})
    form.components.choices = _services(components)
    offer(form, areas, saved)
    return form


def _services(components: list[Component]) -> dict[str, str | dict[str, str]]:
    """The services by code, those of a group below its name."""
    names = {component.id: component.name for component in components}
    found: dict[str, str | dict[str, str]] = {}
    for component in components:
        group = found.setdefault(names[component.group_id], {}) if component.group_id else found
        if not component.is_group and isinstance(group, dict):
            group[component.code] = component.name
    return found
