"""What one may say of an incident that goes on: where it stands, when it ends, that it is over."""

from datetime import datetime
from typing import TypeVar

from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from webapp import moments
from webapp.flow.incidents import MAINTENANCE_STATUSES, OUTAGE_STATUSES, Incident
from webapp.flow.refusals import NotValid
from webapp.web.console.wall_time import WallTimeField

STATUSES = {
    "investigating": "Investigating: we look for the cause", "identified": "Identified: we know the cause",
    "monitoring": "Monitoring: it is mended, we watch it", "scheduled": "Scheduled: it has not begun",
    "in_progress": "In progress: the work goes on", "verifying": "Verifying: the work is done, we check it",
}  # fmt: skip
NOTE = [Length(max=4_000, message="Say it in at most 4 000 letters")]
Some = TypeVar("Some", bound="Timed")
PAST = "This time has passed already; write a later one"


class Timed(Form):
    """A form with local times: what is written wrongly, or lies in the past, is said at its field."""

    def is_right(self, *, now: datetime) -> bool:
        """Whether everything can be used."""
        right = self.validate()
        for field in self:
            if isinstance(field, WallTimeField):
                wrong = field.mistake or (PAST if field.data and field.data <= now else "")
                field.errors = [*field.errors, wrong] if wrong else field.errors
                right = right and not wrong
        return right

    def blame(self, refusal: NotValid) -> None:
        """Show a refusal where it belongs; one about no field of this form goes on."""
        if refusal.field not in self:
            raise refusal
        self[refusal.field].errors = [str(refusal)]


class UpdateForm(Timed):
    """Where it stands."""

    status = RadioField("Where does it stand?", [InputRequired("Choose where it stands")], choices=[])
    note = TextAreaField("What should colleagues know?", NOTE)
    next_update_at = WallTimeField("When will people hear more?")


class EndForm(Timed):
    """Until when."""

    expected_end_at = WallTimeField("When do you expect it to end?")
    next_update_at = WallTimeField("When will people hear more?")


class ResolutionForm(Form):
    """It is over."""

    note = TextAreaField("How did it end?", NOTE)


def update_form(incident: Incident, sent: MultiDict[str, str] | None, *, zone: str, now: datetime) -> UpdateForm:
    """`sent` None = as it is first shown: with what stands, and a promise that still lies ahead."""
    form = UpdateForm(sent, data={"status": incident.status_at(now)}, prefix="update-", meta={"zone": zone})
    known = MAINTENANCE_STATUSES if incident.is_maintenance else OUTAGE_STATUSES
    form.status.choices = {str(status): STATUSES[status] for status in known if not status.is_end}
    return _shown(form, sent, now, next_update_at=incident.next_update_at)


def end_form(incident: Incident, sent: MultiDict[str, str] | None, *, zone: str, now: datetime) -> EndForm:
    """`sent` None = as it is first shown."""
    form = EndForm(sent, prefix="end-", meta={"zone": zone})
    return _shown(form, sent, now, expected_end_at=incident.expected_end_at, next_update_at=incident.next_update_at)


def _shown(form: Some, sent: MultiDict[str, str] | None, now: datetime, **known: datetime | None) -> Some:
    for name, at in known.items() if sent is None else ():
        field = form[name]
        if isinstance(field, WallTimeField):
            field.text = moments.for_input(at, form.meta.zone) if at and at > now else ""
    return form
