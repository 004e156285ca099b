"""The form of a draft: its channels, words, messages and times. Its fields depend on what there is to say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its published types
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, Length, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from rules.terms import Listeners
from webapp import moments
from webapp.flow import notices
from webapp.flow.drafting import MessageKey, Typed
from webapp.flow.notices import Notice
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.flow.texts import Said
from webapp.web.console.message_looks import Slot
from webapp.web.session import store

HEADLINE = [
    DataRequired("Say in one line what has happened"),
    Length(max=200, message="One line, at most 200 characters"),
]
BODY = [DataRequired("Write the message, or leave the channel out")]
SUBJECT = [DataRequired("Write what the mail is about"), Length(max=200, message="At most 200 characters")]
REASON = [Length(max=500, message="At most 500 characters")]
TALL = {"rows": 4}


class DraftForm(BaseForm):
    """A draft as it is typed. Names: `headline-en`, `listeners-sms`, `body-now-sms-en`, `subject-by_time-email-sv`."""

    def __init__(self, notice: Notice, setups: Sequence[ChannelSetup], slots: Sequence[Slot]) -> None:
        self.notice, self.setups, self.slots = notice, setups, slots
        self.languages = [text.language for text in notices.texts_of(store(), notice)]
        self.zone = organisation(store()).time_zone
        super().__init__(_fields(setups, slots, self.languages))

    def typed(self) -> Typed:
        """What the flow takes, once it is right."""
        return Typed(
            effective_at=self._begins(),
            wants_all_clear=bool(self["wants_all_clear"].data),
            channels={channel: self._listeners(channel) for channel in self["channels"].data or []},
            said={
                language: Said(self._text(f"headline-{language}"), self._text(f"description-{language}"), self._text(f"instruction-{language}"))
                for language in self.languages
            },
            messages={slot.key: self.message(slot) for slot in self.slots},
            reasons={channel: self._text(f"because-{channel}") for channel in self["channels"].data or []},
            without={setup.channel: self._text(f"without-{setup.channel}") for setup in self.setups},
        )  # fmt: skip

    def message(self, slot: Slot) -> tuple[str, str]:
        """Subject and body, as typed."""
        subject = self._text(f"subject-{slot.name}") if f"subject-{slot.name}" in self else slot.message.subject
        return subject, self._text(f"body-{slot.name}")

    def key_of(self, name: str) -> MessageKey | None:
        """The message whose slot has this name."""
        return next((slot.key for slot in self.slots if slot.name == name), None)

    def is_right(self, *, now: datetime) -> bool:
        """Whether all of it can be kept; else its fields say what to write instead."""
        return bool(self.validate()) & self._begins_ahead(now=now)

    def refuse(self, field: str, sentence: str) -> None:
        """Show a refusal of the flow at its field; one of a field that is not here stands at the channels."""
        place = self[field] if field in self else self["begins_at" if field.endswith("_at") else "channels"]
        place.errors = [*place.errors, sentence]

    def _begins_ahead(self, *, now: datetime) -> bool:
        field = self["begins_at"]
        if self["begins"].data != "at":
            return True
        try:
            begins = self._begins()
        except moments.BadMoment as mistake:
            field.errors = [str(mistake)]
            return False
        if begins is None:
            field.errors = ["Write when it begins, or choose “as soon as it is approved”"]
        elif begins <= now:
            field.errors = ["This has passed already; write a later time, or choose “as soon as it is approved”"]
        return not field.errors

    def _begins(self) -> datetime | None:
        written = self._text("begins_at")
        return moments.read(written, self.zone) if self["begins"].data == "at" and written else None

    def _listeners(self, channel: str) -> Listeners:
        name = f"listeners-{channel}"
        return Listeners(self[name].data or "all") if name in self else Listeners.all

    def _text(self, name: str) -> str:
        return _lines(self[name].data).strip()


def draft_form(
    notice: Notice,
    setups: Sequence[ChannelSetup],
    slots: Sequence[Slot],
    advised: Mapping[str, Any],
    posted: MultiDict[str, str] | None = None,
) -> DraftForm:
    """The form with what is kept, and with what was typed over it."""
    form = DraftForm(notice, setups, slots)
    form.process(formdata=posted, data=_kept(notice, setups, slots, advised, form.zone))
    return form


def _kept(
    notice: Notice, setups: Sequence[ChannelSetup], slots: Sequence[Slot], advised: Mapping[str, Any], zone: str
) -> dict[str, Any]:
    picks = {pick.channel: pick for pick in notices.channels_of(store(), notice)}
    left_out = notices.left_out_of(store(), notice)
    data: dict[str, Any] = {
        "begins": "at" if notice.effective_at else "now",
        "begins_at": moments.for_input(notice.effective_at, zone),
        "wants_all_clear": notice.wants_all_clear,
        "channels": list(picks),
    }
    for setup in setups:
        pick = picks.get(setup.channel)
        audience = advised.get(setup.channel, {}).get("audience") or "all"
        data[f"listeners-{setup.channel}"] = pick.listeners.value if pick else audience
        data[f"because-{setup.channel}"] = pick.override_reason if pick else ""
        data[f"without-{setup.channel}"] = left_out.get(setup.channel, "")
    for text in notices.texts_of(store(), notice):
        for part in ("headline", "description", "instruction"):
            data[f"{part}-{text.language}"] = getattr(text, part)
    for slot in slots:
        data[f"body-{slot.name}"], data[f"subject-{slot.name}"] = slot.message.body, slot.message.subject
    return data


def _fields(setups: Sequence[ChannelSetup], slots: Sequence[Slot], languages: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "begins": RadioField("When does it begin?", choices=[SelectChoice("now", "As soon as it is approved"), SelectChoice("at", "At a time")]),
        "begins_at": StringField("At what time?", filters=[_lines]),
        "wants_all_clear": BooleanField("Send an all-clear to those who were told"),
        "channels": SelectMultipleField(
            "Where does it go?", [_at_least_one], choices=[SelectChoice(setup.channel, setup.channel) for setup in setups],
            widget=ListWidget(), option_widget=CheckboxInput(),
        ),
    }  # fmt: skip
    for setup in setups:
        fields[f"listeners-{setup.channel}"] = RadioField(
            "To whom?", choices=[SelectChoice(each.value, each.value) for each in Listeners], validate_choice=False
        )
        fields[f"because-{setup.channel}"] = TextAreaField(
            "Why there, against the recommendation?", REASON, render_kw={"rows": 2}
        )
        fields[f"without-{setup.channel}"] = TextAreaField(
            "Why not there, although it is recommended?", REASON, render_kw={"rows": 2}
        )
    for language in languages:
        fields[f"headline-{language}"] = StringField("What has happened, in one line?", HEADLINE)
        fields[f"description-{language}"] = TextAreaField("What do people need to know?", render_kw=TALL)
        fields[f"instruction-{language}"] = TextAreaField("What can they do?", render_kw={"rows": 2})
    for slot in slots:
        fields[f"body-{slot.name}"] = TextAreaField("What does it say?", BODY)
        if slot.message.channel == "email":
            fields[f"subject-{slot.name}"] = StringField("What is its subject?", SUBJECT)
    return fields


def _at_least_one(_form: BaseForm, field: Field) -> None:
    if not field.data:
        raise StopValidation("Choose at least one channel")


def _lines(text: str | None) -> str:
    """Browsers send lines that end in CRLF."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")
