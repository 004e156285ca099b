"""From the answers about where to a place. What cannot be used becomes an error at its question."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from shapely import MultiPolygon
from sqlmodel import Session
from wtforms import Field

from webapp.flow.areas import Drawn, Near, Where, drawn, near
from webapp.flow.code_lists import listed
from webapp.flow.extent import extent
from webapp.flow.refusals import NotValid
from webapp.flow.saved_areas import SavedArea
from webapp.flow.whereabouts import Unclear, part
from webapp.geo import shapes
from webapp.geo.gazetteer import Gazetteer
from webapp.web.console import drawn_shapes
from webapp.web.console.drawn_shapes import Disc, Shapes
from webapp.web.console.where_form import PlaceRowsField, WhereForm

Say = Callable[[Field, str], None]
NOT_A_RADIUS = "Write the radius as a number of kilometres, like 15"
AT_ITS_NAME = 0.1  # share of a drawn circle's radius within which a place lends it its name


def read_where(form: WhereForm, session: Session, gazetteer: Gazetteer) -> Where:
    """All that is said, united, without what is left out."""
    most = _rows(form.place, session, gazetteer)
    codes = (*most.codes, *(form.areas.data or ()), *_pasted(form, session))
    whole = replace(most, codes=tuple(dict.fromkeys(codes)))
    rest = _rows(form.but, session, gazetteer)
    shapes_in, shapes_out = _drawn(form, session, gazetteer)
    whole, rest = _united([whole, shapes_in]), _united([rest, shapes_out])
    for saved in _saved(form, session):
        whole, rest = _united([whole, saved]), _united([rest, saved.but or Where()])
    return replace(whole, but=rest) if rest.has_parts else whole


def say(field: Field, error: str) -> None:
    """Put a sentence at a question, once."""
    field.errors = list(dict.fromkeys([*field.errors, error]))


def _united(parts: Iterable[Where]) -> Where:
    every = list(parts)
    return Where(
        codes=tuple(dict.fromkeys(code for each in every for code in each.codes)),
        nears=tuple(dict.fromkeys(near for each in every for near in each.nears)),
        drawns=tuple(dict.fromkeys(drawn for each in every for drawn in each.drawns)),
    )


def _rows(field: PlaceRowsField, session: Session, gazetteer: Gazetteer) -> Where:
    nears: list[Near] = []
    codes: list[str] = []
    for row in field.data:
        try:
            found, in_full = part(session, gazetteer, row.text, _radius(row.km), chosen=row.chosen)
            row.text = in_full if row.chosen else row.text
        except NotValid as refusal:
            row.error = str(refusal)
            row.options = refusal.options if isinstance(refusal, Unclear) else ()
            say(field, row.error)
            continue
        if isinstance(found, Near):
            nears.append(found)
        else:
            codes.append(found)
    return Where(tuple(codes), tuple(nears))


def _radius(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if text else None
    except ValueError:
        raise NotValid("radius_km", NOT_A_RADIUS) from None


def _pasted(form: WhereForm, session: Session) -> tuple[str, ...]:
    found = listed(session, form.codes.data or "")
    if found.complaint:
        say(form.codes, found.complaint)
    return found.codes


def _saved(form: WhereForm, session: Session) -> list[Where]:
    known = (session.get(SavedArea, UUID(each)) for each in form.saved.data or () if each in dict(_choices(form)))
    return [saved.where for saved in known if saved]


def _choices(form: WhereForm) -> Iterable[tuple[str, str]]:
    choices = form.saved.choices
    return choices.items() if isinstance(choices, dict) else ()


def _drawn(form: WhereForm, session: Session, gazetteer: Gazetteer) -> tuple[Where, Where]:
    """What is drawn, and what is drawn to be left out."""
    text = (form.drawn.data or "").strip()
    if not text:
        return Where(), Where()
    read = drawn_shapes.read(text)
    for complaint in read.wrong:
        say(form.drawn, complaint)
    name = " ".join((form.drawn_name.data or "").split())
    return (
        _shapes(form, session, gazetteer, read, name=name, is_excluded=False),
        _shapes(form, session, gazetteer, read, name="", is_excluded=True),
    )


def _shapes(
    form: WhereForm, session: Session, gazetteer: Gazetteer, read: Shapes, *, name: str, is_excluded: bool
) -> Where:
    """Shapes of one name are one area; those without a name take that of the places in them."""
    together: dict[str, list[MultiPolygon]] = {}
    for feature in read.features:
        if bool(feature.properties.get("excluded")) is is_excluded:
            called = str(feature.properties.get("name") or name)[:80]
            together.setdefault(called, []).append(feature.normal.shape)
    drawns = [_named(session, gazetteer, drawn(called, shapes.united(parts) if len(parts) > 1 else parts[0]), called)
              for called, parts in together.items()]  # fmt: skip
    discs = [disc for disc in read.discs if bool(disc.properties.get("excluded")) is is_excluded]
    nears = (_near(form, session, gazetteer, disc, name=name) for disc in discs)
    return Where(nears=tuple(each for each in nears if each), drawns=tuple(drawns))


def _named(session: Session, gazetteer: Gazetteer, shape: Drawn, called: str) -> Drawn:
    """By its largest places: words that are the same in every language. One with no place in it keeps no name."""
    if called:
        return shape
    known = extent(session, gazetteer, Where(drawns=(shape,)))
    places = [place.name for place in known.largest]
    return replace(shape, label=", ".join(places) or shape.label)


def _near(form: WhereForm, session: Session, gazetteer: Gazetteer, disc: Disc, *, name: str) -> Near | None:
    try:
        radius_km = float(str(disc.radius_km))
        latitude, longitude = float(str(disc.latitude)), float(str(disc.longitude))
        found = near(session, f"{latitude:.5f}, {longitude:.5f}", radius_km)
    except NotValid as refusal:
        say(form.drawn, f"{refusal} ({disc.at})")
        return None
    except ValueError:
        say(form.drawn, f'A circle is a Point with [longitude, latitude] and "radius_km", a number ({disc.at})')
        return None
    called = str(disc.properties.get("name") or name)[:80] or _place_at(gazetteer, found)
    return replace(found, label=called or f"{latitude:.2f}, {longitude:.2f}")


def _place_at(gazetteer: Gazetteer, found: Near) -> str:
    circle = found.circle
    close = gazetteer.nearest(circle.latitude, circle.longitude) if gazetteer.is_there else None
    return close[0].name if close and close[1] <= max(1_000.0, AT_ITS_NAME * circle.radius_m) else ""
