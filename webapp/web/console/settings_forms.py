"""The forms of the settings: what stands, said so that people can change it, and read back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from math import isfinite
from typing import Any, NoReturn, TypeVar

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from rules.figures import Medium
from rules.mistakes import Unreadable
from rules.quantities import Unit, duration_in_words, read_quantity
from rules.terms import Sector
from webapp.flow.refusals import NotValid
from webapp.flow.settings import ChannelSettings, OrganisationSettings

SECTORS = {
    Sector.finance: "Finance: DORA",
    Sector.essential: "Essential services, as energy, transport, health: NIS2",
    Sector.other: "Neither of them",
}
NUMBER = "Write a number without words, for example {}"
Settings = TypeVar("Settings", OrganisationSettings, ChannelSettings)
FIELDS = {  # those that a medium has, beside what all have
    Medium.page: (), Medium.addresses: ("price_per_segment", "segments_per_second", "source"),
    Medium.followers: ("followers", "reach", "can_choose_area", "source"),
}  # fmt: skip


class OrganisationForm(Form):
    """Who announces."""

    seen = HiddenField()
    name = StringField("What is the organisation called?")
    time_zone = StringField("In which time zone does it live?")
    customers = StringField("How many customers does it have?")
    currency = StringField("In which currency does it count?")
    help_text = StringField("How do people get help by other means?")
    sector = RadioField("Which law on incidents binds it?", choices=[])
    threshold_people = StringField("From how many people affected on is an incident reported?")
    threshold_min = StringField("From how long an incident on?")
    threshold_source = StringField("Who says so?")
    month_budget = StringField("How much may paid messages cost in a month?")


class ChannelForm(Form):
    """One channel."""

    seen = HiddenField()
    available = BooleanField("Use this channel")
    depends_on = SelectMultipleField("Without which of these does it not work?", choices=[], option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))  # fmt: skip
    price_per_segment = StringField("What does one message cost?")
    segments_per_second = StringField("How many messages leave a second?")
    followers = StringField("How many follow you there?")
    reach = StringField("What share of them sees one post?")
    can_choose_area = BooleanField("It can show a post only to people in an area")
    source = StringField("Where do these figures come from?")


def organisation_form(stored: OrganisationSettings, sent: MultiDict[str, str] | None = None) -> OrganisationForm:
    """`sent` None = as it is first shown."""
    form = OrganisationForm(sent, data=_written(stored), prefix="organisation-")
    form.sector.choices = [(sector.value, words) for sector, words in SECTORS.items()]
    return form


def channel_form(channel: str, medium: Medium, stored: ChannelSettings, parts: Mapping[str, str], sent: MultiDict[str, str] | None = None) -> ChannelForm:  # fmt: skip
    """`parts`: the names of the components by code. What the channel has no use for is not asked."""
    form = ChannelForm(sent, data=_written(stored), prefix=f"{channel}-")
    form.depends_on.choices = list(parts.items())
    for name in ("price_per_segment", "segments_per_second", "followers", "reach", "can_choose_area", "source"):
        if name not in FIELDS[medium]:
            del form[name]
    return form


def typed_organisation(form: OrganisationForm) -> OrganisationSettings:
    """What was typed. Raises NotValid for a number or time that cannot be read."""
    return OrganisationSettings(
        name=_text(form, "name"),
        time_zone=_text(form, "time_zone"),
        customers=int(_number(form, "customers", such_as="1 200 000") or 0),
        currency=_text(form, "currency").upper(),
        help_text=_text(form, "help_text"),
        sector=Sector(form.sector.data) if form.sector.data in set(Sector) else _refuse("sector", "Choose one of them"),
        threshold_people=_whole(_number(form, "threshold_people", such_as="100 000")),
        threshold_min=_minutes(form, "threshold_min"),
        threshold_source=_text(form, "threshold_source"),
        month_budget=_number(form, "month_budget", such_as="5 000"),
    )


def typed_channel(form: ChannelForm, stored: ChannelSettings) -> ChannelSettings:
    """The same; what is not asked stays as it is stored."""
    readers: dict[str, Callable[[], object]] = {
        "available": lambda: bool(form.available.data),
        "depends_on": lambda: tuple(form.depends_on.data or ()),
        "price_per_segment": lambda: _number(form, "price_per_segment", such_as="0.50"),
        "segments_per_second": lambda: _number(form, "segments_per_second", such_as="10"),
        "followers": lambda: _whole(_number(form, "followers", such_as="180 000")) or 0,
        "reach": lambda: _share(form, "reach"),
        "can_choose_area": lambda: bool(form.can_choose_area.data),
        "source": lambda: _text(form, "source"),
    }
    read: dict[str, Any] = {name: reader() for name, reader in readers.items() if name in form}
    return replace(stored, **read)


def seen(form: Form, stored: Settings) -> Settings:
    """What stood on the page when the person began to type; what is stored, if the form does not say."""
    try:
        known = json.loads(form["seen"].data or "{}")
        return replace(stored, **{name: _restored(name, value) for name, value in known.items()})
    except (ValueError, TypeError, AttributeError):
        return stored


def _restored(name: str, value: object) -> Any:
    if name == "sector":
        return Sector(str(value))
    return tuple(value) if isinstance(value, list) else value


def _written(stored: OrganisationSettings | ChannelSettings) -> dict[str, object]:
    """As a person would type it."""
    values: dict[str, object] = dict(asdict(stored))
    shown = {name: _as_typed(name, value) for name, value in values.items()}
    return shown | {"seen": json.dumps(values)}


def _as_typed(name: str, value: object) -> object:
    match name, value:
        case _, None:
            return ""
        case "threshold_min", float() | int():
            return duration_in_words(float(value))
        case "reach", float() | int():
            return f"{value * 100:.4g} %"
        case "price_per_segment", float() | int():
            return f"{value:.4f}".rstrip("0").ljust(len(f"{value:.2f}"), "0")
        case _, bool() | tuple() | list() | str():
            return value
        case _, float() | int():
            return f"{value:,.10g}".replace(",", " ") if value >= 1 else f"{value:g}"
    return value


def _text(form: Form, name: str) -> str:
    return " ".join(str(form[name].data or "").split())


def _number(form: Form, name: str, *, such_as: str) -> float | None:
    text = "".join(_text(form, name).split()).replace("\N{MINUS SIGN}", "-")
    if not text:
        return None
    # A comma is a decimal sign, unless three figures follow it as in 1,200,000.
    head, comma, tail = text.rpartition(",")
    plain = text.replace(",", "") if comma and len(tail) == 3 and head else text.replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        _refuse(name, NUMBER.format(such_as))
    return number if isfinite(number) else _refuse(name, NUMBER.format(such_as))


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _minutes(form: Form, name: str) -> float | None:
    text = _text(form, name)
    try:
        return read_quantity(text, Unit.duration) if text else None
    except Unreadable:
        return _refuse(name, "Write a time with its unit, for example 90 min or 2 h")


def _share(form: Form, name: str) -> float | None:
    text = _text(form, name).removesuffix("%").strip()
    if not text:
        return None
    try:
        return float(text.replace(",", ".")) / 100
    except ValueError:
        return _refuse(name, "Write a share in percent, for example 1.65 %")


def _refuse(field: str, sentence: str) -> NoReturn:
    raise NotValid(field, sentence)
