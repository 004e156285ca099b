"""An area in words: what it is, how large, what lies in it, who follows there; and what looks like a mistake."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlmodel import Session

from webapp.flow import counting, followers, incidents
from webapp.flow.areas import UNNAMED, Where, in_words
from webapp.flow.extent import Extent, extent
from webapp.flow.followers import Estimate
from webapp.flow.incidents import Filing
from webapp.flow.organisation import channel_setups
from webapp.flow.refusals import NotValid
from webapp.flow.whereabouts import meant
from webapp.geo import shapes
from webapp.geo.gazetteer import Gazetteer, Place
from webapp.web.console import drawn_shapes
from webapp.web.console.where_form import PlaceRow, WhereForm


@dataclass(frozen=True, slots=True)
class AreaSaid:
    """What stands above the recommendation."""

    title: str  # "" = everywhere
    square_km: float | None
    is_exact: bool  # False = without areas whose outline is not known
    largest: tuple[Place, ...]
    nearest: str  # "", or a place outside and its distance
    in_full: tuple[str, ...]  # each typed place with its county and country
    people: int | None  # on our books whom it concerns; None = not counted yet
    followers: Estimate | None  # None = there is no page, or it cannot be said
    notes: tuple[str, ...] = ()
    unclear: tuple[tuple[str, int, PlaceRow], ...] = ()  # name of the question, number of its row


def area_said(
    session: Session, gazetteer: Gazetteer, where: Where, *, form: WhereForm | None = None, filing: Filing | None = None,
    people: int | None = None,
) -> AreaSaid:  # fmt: skip
    """Of a place; `form`, `filing`: where it comes from one; `people`: if they have been counted."""
    known = extent(session, gazetteer, where)
    return AreaSaid(
        title=in_words(session, where),
        square_km=known.square_km,
        is_exact=known.is_exact,
        largest=known.largest,
        nearest=_nearest(known),
        in_full=tuple(_in_full(session, gazetteer, form)) if form else (),
        people=people,
        followers=_followers(session, known),
        notes=tuple(_notes(session, where, form, filing, people)),
        unclear=tuple(_unclear(form)) if form else (),
    )


def _nearest(known: Extent) -> str:
    if known.nearest is None:
        return ""
    place, metres = known.nearest
    return f"{place.in_full}, {metres / 1_000:.0f} km from its middle"


def _in_full(session: Session, gazetteer: Gazetteer, form: WhereForm) -> Iterator[str]:
    for row in (*form.place.data, *form.but.data):
        if not row.error and row.text[:1].isalpha():
            try:
                yield meant(session, gazetteer, row.text, chosen=row.chosen).in_full
            except NotValid:
                continue


def _followers(session: Session, known: Extent) -> Estimate | None:
    page = next((setup for setup in channel_setups(session) if setup.channel == "facebook"), None)
    if page is None or not page.followers or not known.country_people or not known.is_exact:
        return None
    return followers.estimate(page.followers, people_inside=known.people, people=known.country_people)


def _notes(
    session: Session, where: Where, form: WhereForm | None, filing: Filing | None, people: int | None
) -> Iterator[str]:
    if form and form.drawn.data and form.drawn.data.strip():
        yield from drawn_shapes.read(form.drawn.data.strip()).changes
    if any(each.label == UNNAMED for each in where.drawns):
        yield "No town lies in what is drawn, so messages say “in a marked area”: write what people call it"
    if filing and people == 0 and where.drawns and (there := _if_swapped(session, filing)):
        yield (f"Nobody of ours is there. With longitude and latitude exchanged it would be {there:,}: are they swapped? "
               "GeoJSON has longitude first")  # fmt: skip


def _if_swapped(session: Session, filing: Filing) -> int:
    turned = [replace(each, geojson=shapes.as_text(shape)) for each in filing.where.drawns
              if not (shape := shapes.swapped(each.shape)).is_empty]  # fmt: skip
    if not turned:
        return 0
    other = replace(filing, where=Where(drawns=tuple(turned)))
    return counting.count(session, incidents.concern_of(session, other), channels=[]).people


def _unclear(form: WhereForm) -> Iterator[tuple[str, int, PlaceRow]]:
    for field in (form.place, form.but):
        for number, row in enumerate(field.data):
            if row.options:
                yield field.name, number, row
