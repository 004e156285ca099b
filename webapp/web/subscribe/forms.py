"""The forms of those who ask to be told. Labels are questions; everything typed is kept when something is wrong."""

from collections.abc import Iterable

from sqlmodel import Session
from wtforms import EmailField, Form, RadioField, SelectField, SelectMultipleField, StringField, TelField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its published types

from webapp.flow.areas import Level, areas
from webapp.flow.components import components
from webapp.flow.organisation import channel_setups
from webapp.flow.refusals import NotValid
from webapp.flow.signups import CHANNELS
from webapp.flow.wishes import Around, Choices
from webapp.web.languages import NAMES
from webapp.web.reader import Reader

RADII_KM = (2, 5, 10, 15, 30, 50, 100)
MOST_NAMES = 500  # that a browser is handed to complete from
LEVELS = (Level.county, Level.municipality, Level.own)


class WishesForm(Form):
    """What, where and in which language."""

    components = SelectMultipleField()
    place = StringField(render_kw={"list": "places", "autocomplete": "off"})
    radius_km = SelectField(default="15")
    area_codes = SelectMultipleField()
    language = RadioField()


class SignUpForm(WishesForm):
    """The same, and how to reach whom."""

    channel = RadioField()
    email = EmailField(render_kw={"autocomplete": "email", "inputmode": "email"})
    number = TelField(render_kw={"autocomplete": "tel", "inputmode": "tel"})
    website = StringField()  # nobody sees it; whoever fills it in is a program

    @property
    def value(self) -> str:
        """The address on the chosen channel."""
        typed = self.email.data if self.channel.data == "email" else self.number.data
        return typed or ""


class CodeForm(Form):
    """The proof."""

    code = StringField(
        render_kw={"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}
    )


class LinkForm(Form):
    """Where to send a link."""

    address = StringField(render_kw={"autocomplete": "email", "inputmode": "email"})


def offer(form: WishesForm, session: Session, to: Reader) -> dict[str, object]:
    """Fill in what can be chosen, and the questions; what a page needs to show them."""
    parts, every = components(session), areas(session)
    offered = [area for area in every if area.level in LEVELS]
    form.components.choices = _choices((each.public_id, each.name) for each in parts)
    form.area_codes.choices = _choices((area.code, area.name) for area in offered)
    known = sorted({*RADII_KM, *([float(form.radius_km.data)] if _is_number(form.radius_km.data) else [])})
    form.radius_km.choices = _choices((f"{km:g}", f"{km:g} km") for km in known)
    form.language.choices = _choices((each, NAMES.get(each, each)) for each in to.organisation.languages)
    form.language.data = form.language.data or to.language
    for name in ("components", "place", "radius_km", "area_codes"):
        form[name].label.text = to.words[name]
    form.language.label.text = to.words["in_language"]
    if isinstance(form, SignUpForm):
        _offer_channels(form, session, to)
    places = [area.name for area in every if area.latitude is not None][:MOST_NAMES]
    return {"form": form, "parts": parts, "offered": offered, "names_of_places": places}


def choices_of(form: WishesForm) -> Choices:
    """As the flow takes it."""
    return Choices(
        components=tuple(form.components.data or ()),
        area_codes=tuple(form.area_codes.data or ()),
        places=(Around(place, float(form.radius_km.data)),) if (place := (form.place.data or "").strip()) else (),
        language=form.language.data,
    )


def show_at(form: Form, refusal: NotValid, to: Reader, *, value_at: str = "") -> None:
    """Put a refusal beside the field that it is about, in the reader's language where we have it."""
    name = value_at if refusal.field == "value" else refusal.field
    field = form[name] if name in form else next(iter(form))
    field.errors = [*field.errors, to.words.get(f"wrong_{name}", str(refusal))]


def _offer_channels(form: SignUpForm, session: Session, to: Reader) -> None:
    set_up = [setup.channel for setup in channel_setups(session) if setup.available and setup.channel in CHANNELS]
    form.channel.choices = _choices((each, to.words[each]) for each in set_up)
    form.channel.data = form.channel.data or next(iter(set_up), None)
    form.channel.label.text, form.email.label.text = to.words["channel"], to.words["email_address"]
    form.number.label.text = to.words["number"]


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def _is_number(text: object) -> bool:
    try:
        return 0.1 <= float(str(text)) <= 1_000
    except ValueError:
        return False
