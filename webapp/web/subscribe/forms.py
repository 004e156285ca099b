"""The forms of those who ask to be told. Labels are questions; everything typed is kept when something is wrong."""

from collections.abc import Container, Iterable
from zoneinfo import available_timezones

from sqlmodel import Session
from wtforms import (
    BooleanField,
    EmailField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    URLField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its published types

from rules.terms import Kind, Severity
from webapp.flow.areas import Level, areas
from webapp.flow.components import components
from webapp.flow.organisation import channel_setups
from webapp.flow.refusals import NotValid
from webapp.flow.signups import CHANNELS
from webapp.flow.wishes import MOST_PLACES, Around, Choices, Quiet
from webapp.web.languages import NAMES
from webapp.web.reader import Reader

RADII_KM = (2, 5, 10, 15, 30, 50, 100)
MOST_NAMES = 500  # that a browser is handed to complete from
LEVELS = (Level.county, Level.municipality, Level.own)
FLOORS = (Severity.minor, Severity.moderate, Severity.severe)
ROWS = 3  # for places, shown at once; the next ones come when these are filled


class PlaceForm(Form):
    """One place and how far around it."""

    place = StringField(render_kw={"list": "place-names", "autocomplete": "off"})
    radius_km = SelectField(default="15", validate_choice=False)


class WishesForm(Form):
    """What, where, how bad, in which language and at which hours."""

    components = SelectMultipleField()
    places = FieldList(FormField(PlaceForm), min_entries=ROWS, max_entries=MOST_PLACES)
    area_codes = SelectMultipleField()
    kinds = SelectMultipleField()
    severity_floor = RadioField(default=Severity.minor)
    language = RadioField()
    quiet_from = StringField(render_kw={"type": "time"})
    quiet_to = StringField(render_kw={"type": "time"})
    time_zone = SelectField(default="")
    wants_digest = BooleanField()


class SignUpForm(WishesForm):
    """The same, and how to reach whom."""

    channel = RadioField()
    email = EmailField(render_kw={"autocomplete": "email", "inputmode": "email"})
    number = TelField(render_kw={"autocomplete": "tel", "inputmode": "tel"})
    webhook = URLField(render_kw={"autocomplete": "url", "placeholder": "https://"})
    push = HiddenField()  # what the browser gives when it allows us, by script
    website = StringField()  # nobody sees it; whoever fills it in is a program

    @property
    def value(self) -> str:
        """The address on the chosen channel."""
        typed = {"email": self.email.data, "push": self.push.data, "webhook": self.webhook.data}
        return typed.get(self.channel.data, self.number.data) or ""


class CodeForm(Form):
    """The proof."""

    code = StringField(
        render_kw={"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}
    )


class LinkForm(Form):
    """Where to send a link."""

    address = StringField(render_kw={"autocomplete": "email", "inputmode": "email"})


def offer(
    form: WishesForm, session: Session, to: Reader, *, without: Container[str] = ("push", "webhook")
) -> dict[str, object]:
    """Fill in what can be chosen, and the questions; what a page needs to show them. without: channels not set up."""
    parts, every = components(session), areas(session)
    offered = [area for area in every if area.level in LEVELS]
    form.components.choices = _choices((each.public_id, each.name) for each in parts)
    form.area_codes.choices = _choices((area.code, area.name) for area in offered)
    form.kinds.choices = _choices((kind, to.words[f"kind_{kind}"]) for kind in Kind)
    form.severity_floor.choices = _choices((floor, to.words[f"floor_{floor}"]) for floor in FLOORS)
    form.language.choices = _choices((each, NAMES.get(each, each)) for each in to.organisation.languages)
    form.language.data = form.language.data or to.language
    form.time_zone.choices = _choices(_zones(to))
    for name in ("components", "area_codes", "kinds", "severity_floor", "quiet_from", "quiet_to", "time_zone", "wants_digest"):  # fmt: skip
        form[name].label.text = to.words[name]
    form.language.label.text = to.words["in_language"]
    _offer_places(form, to)
    if isinstance(form, SignUpForm):
        _offer_channels(form, session, to, without=without)
    names = [area.name for area in every if area.latitude is not None][:MOST_NAMES]
    has_more = any(entry.form.place.data for entry in form.places.entries[1:])
    return {"form": form, "parts": parts, "offered": offered, "names_of_places": names, "has_more_places": has_more,
            "mistakes": mistakes}  # fmt: skip


def choices_of(form: WishesForm) -> Choices:
    """As the flow takes it. Raises NotValid for hours that are none, or only half given."""
    typed = [entry.form for entry in form.places if (entry.form.place.data or "").strip()]
    return Choices(
        components=tuple(form.components.data or ()),
        area_codes=tuple(form.area_codes.data or ()),
        places=tuple(Around((each.place.data or "").strip(), _number(each.radius_km.data)) for each in typed),
        kinds=tuple(Kind(each) for each in form.kinds.data or ()),
        severity_floor=Severity(form.severity_floor.data),
        language=form.language.data,
        quiet=_quiet(form.quiet_from.data or "", form.quiet_to.data or ""),
        time_zone=form.time_zone.data or "",
        wants_digest=bool(form.wants_digest.data),
    )


def show_at(form: Form, refusal: NotValid, to: Reader, *, value_at: str = "") -> None:
    """Put a refusal beside the field that it is about, in the reader's language where we have it."""
    name = value_at if refusal.field == "value" else refusal.field
    field = next(iter(form))
    if isinstance(form, WishesForm) and name.startswith("place."):
        field = [each.form for each in form.places if (each.form.place.data or "").strip()][int(name[6:])].place
        name = "place"
    elif name in form:
        field = form[name]
    field.errors = [*field.errors, to.words.get(f"wrong_{name}", str(refusal))]


def mistakes(form: Form) -> list[tuple[str, str]]:
    """What is wrong: the id of each field, and the sentence beside it."""
    found: list[tuple[str, str]] = []
    for field in form:
        if isinstance(field, FieldList):
            found += [each for entry in field for each in mistakes(entry.form)]
        else:
            found += [(field.id, str(error)) for error in field.errors]
    return found


def _offer_places(form: WishesForm, to: Reader) -> None:
    filled = sum(bool((entry.form.place.data or "").strip()) for entry in form.places)
    while len(form.places) <= filled and len(form.places) < MOST_PLACES:
        form.places.append_entry()
    for number, entry in enumerate(form.places):
        row: PlaceForm = entry.form
        row.place.label.text = to.words["another_place" if number else "place"]
        row.radius_km.label.text = to.words["radius_km"]
        chosen = row.radius_km.data
        known = sorted({*RADII_KM, *([float(chosen)] if _is_number(chosen) else [])})
        row.radius_km.choices = _choices((f"{km:g}", f"{km:g} km") for km in known)


def _offer_channels(form: SignUpForm, session: Session, to: Reader, *, without: Container[str]) -> None:
    """First what most people want. Push comes last: without a script it is not shown."""
    there = [setup.channel for setup in channel_setups(session) if setup.available and setup.channel in CHANNELS]
    last = ("webhook", "push")
    set_up = sorted(
        (each for each in there if each not in without), key=lambda each: last.index(each) + 1 if each in last else 0
    )
    form.channel.choices = _choices((each, to.words[each]) for each in set_up)
    form.channel.data = form.channel.data or next(iter(set_up), None)
    form.channel.label.text, form.email.label.text = to.words["channel"], to.words["email_address"]
    form.number.label.text, form.webhook.label.text = to.words["number"], to.words["webhook_address"]


def _zones(to: Reader) -> list[tuple[str, str]]:
    ours = to.organisation.time_zone
    others = sorted(
        zone for zone in available_timezones() if zone.startswith(("Europe/", "Atlantic/")) and zone != ours
    )
    return [("", ours), *((zone, zone.replace("_", " ")) for zone in others)]


def _quiet(start: str, end: str) -> Quiet | None:
    if not start and not end:
        return None
    return Quiet(_minutes("quiet_from", start), _minutes("quiet_to", end))


def _minutes(field: str, text: str) -> int:
    hours, _, minutes = text.strip()[:5].partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise NotValid(field, "Write both times, like 22:00 and 07:00, or leave both empty")
    return int(hours) * 60 + int(minutes)


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def _is_number(text: object) -> bool:
    try:
        return 0.1 <= float(str(text)) <= 1_000
    except ValueError:
        return False


def _number(text: object) -> float:
    return float(str(text)) if _is_number(text) else -1.0  # the flow says what is wrong with it
