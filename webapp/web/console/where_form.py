"""The questions about where: places with a distance, whole areas, codes, shapes, saved areas, and what is left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wtforms import Field, Form, SelectMultipleField, StringField, TextAreaField
from wtforms.utils import unset_value
from wtforms.validators import Length

from webapp.flow.areas import Area, Level
from webapp.flow.saved_areas import SavedArea
from webapp.flow.whereabouts import Spot

MOST_ROWS = 30
MOST_CHIPS = 400  # of whole areas to tick; more are found by typing
LONGEST = 200
PLACE_QUESTIONS = ("place", "areas", "codes", "saved", "drawn", "drawn_name", "but", "area_name")


@dataclass(slots=True)
class PlaceRow:
    """A place as it was typed, with its distance."""

    text: str = ""
    km: str = ""
    chosen: str = ""  # the id of what somebody picked for it
    error: str = ""
    options: Sequence[Spot] = field(default_factory=tuple)  # what it may mean

    @property
    def radius_km(self) -> float | None:
        """None = nothing is written. Raises ValueError."""
        return float(self.km.replace(",", ".")) if self.km else None


class PlaceRowsField(Field):
    """Any number of places; row by row under the same names: place, its distance, its id, and `…_meant_0` by number."""

    def __init__(self, label: str, *, km: str, usual_km: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.km_name, self.usual_km = km, usual_km
        self.data: list[PlaceRow] = []

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:  # noqa: ARG002  the library's
        """Rows without a place are forgotten."""
        self.process_errors, self.data = [], []
        texts = (formdata.getlist(self.name) if formdata else [])[:MOST_ROWS]
        kms, ids = (formdata.getlist(name) if formdata else [] for name in (self.km_name, f"{self.name}_id"))
        for number, text in enumerate(texts):
            if not text.strip():
                continue
            picked = formdata.get(f"{self.name}_meant_{number}") or _at(ids, number)
            row = PlaceRow(" ".join(text.split())[:LONGEST], _at(kms, number).strip(), picked.strip())
            self.data.append(row)

    @property
    def rows(self) -> list[PlaceRow]:
        """With one that is empty, to be filled."""
        return [*self.data, PlaceRow(km=self.usual_km)]


def _at(values: list[str], number: int) -> str:
    return values[number] if number < len(values) else ""


class WhereForm(Form):
    """Where it applies; all of it together."""

    place = PlaceRowsField("Where?", km="radius_km", usual_km="15")
    areas = SelectMultipleField("Or whole areas", choices=[])
    codes = TextAreaField("Which codes?", [Length(max=100_000, message="That is too long; paste fewer codes")])
    saved = SelectMultipleField("Which saved areas?", choices=[])
    drawn = TextAreaField("Which shapes?")
    drawn_name = StringField("What do people call it?", [Length(max=80, message="Write at most 80 letters")])
    but = PlaceRowsField("But not in?", km="but_km", usual_km="5")
    area_name = StringField(
        "Under which name shall it be kept?", [Length(max=120, message="Write at most 120 letters")]
    )


def offer(form: WhereForm, areas: list[Area], saved: list[SavedArea]) -> None:
    """This installation's areas to tick."""
    form.areas.choices = _coded(areas, set(form.areas.data or ()))
    form.saved.choices = {str(each.id): each.name for each in saved}


def _coded(areas: list[Area], chosen: set[str]) -> dict[str, dict[str, str]]:
    """Areas that are not places to measure from, below the area that they lie in; of very many only the chosen ones."""
    names = {area.code: area.name for area in areas}
    order = list(Level)
    whole = [area for area in areas if area.level not in {Level.country, Level.postcode}
             and (area.level is not Level.locality or area.latitude is None)]  # fmt: skip
    if len(whole) > MOST_CHIPS:
        whole = []
    whole += [area for area in areas if area.code in chosen and area not in whole]
    found: dict[str, dict[str, str]] = {}
    for area in sorted(whole, key=lambda area: (order.index(area.level), names.get(area.parent_code or "", ""))):
        found.setdefault(names.get(area.parent_code or "", "Other areas"), {})[area.code] = area.name
    return found
