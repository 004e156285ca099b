"""Areas that are used again: saved ones and the library; and how an area looks before it is used."""

import json
from uuid import UUID

import shapely
from flask import Response, flash, jsonify, make_response, redirect, render_template, request

from webapp import clock
from webapp.flow import area_use, saved_areas
from webapp.flow.areas import Area, Level, areas, in_words
from webapp.flow.extent import outline
from webapp.flow.people import Act
from webapp.flow.refusals import NotFound
from webapp.flow.saved_areas import SavedArea
from webapp.geo import shapes
from webapp.web.console.area_picture import picture_of
from webapp.web.console.area_said import area_said
from webapp.web.console.console import console
from webapp.web.console.paging import asked_number, page_of
from webapp.web.console.place_lookup import gazetteer
from webapp.web.console.uploads import with_upload
from webapp.web.console.where_form import WhereForm, offer
from webapp.web.console.where_reading import read_where
from webapp.web.session import changes_nothing, person, store

FINE_ENOUGH = 0.0005  # degrees of an outline that is only looked at
SIZE = 50


@console.get("/areas")
def list_areas() -> Response:
    """Saved areas, and a page of the library."""
    person()
    text, level = request.args.get("q", "").strip()[: area_use.LONGEST_QUERY], request.args.get("level", "")
    page = page_of(store(), area_use.wanted(text, Level(level) if level in set(Level) else None), asked_number(), SIZE)
    parents = {area.code: area.name for area in areas(store())}
    saved = [(each, in_words(store(), each.where)) for each in saved_areas.saved(store())]
    asked = {name: value for name, value in (("q", text), ("level", level)) if value}
    outlines = area_use.outlined(store(), [area.code for area in page.rows])
    return make_response(render_template(
        "console/areas/list.html", at="areas", page=page, parents=parents, saved=saved, asked=asked, levels=list(Level),
        outlines=outlines, may_bring=person().may(Act.administer), may_file=person().may(Act.file),
    ))  # fmt: skip


@console.get("/areas/saved/<uuid:area_id>")
def show_saved(area_id: UUID) -> Response:
    """One with its picture and its words."""
    person()
    saved = _saved(area_id)
    said = area_said(store(), gazetteer(), saved.where)
    picture = picture_of(outline(store(), saved.where)[0], gazetteer(), said.title)
    return make_response(
        render_template(
            "console/areas/saved.html",
            at="areas",
            saved=saved,
            area=said,
            picture=picture,
            may_file=person().may(Act.file),
        )
    )


@console.post("/areas/saved/<uuid:area_id>/removal")
def remove_saved(area_id: UUID) -> Response:
    """Forget a name."""
    saved = _saved(area_id)
    saved_areas.remove(store(), saved, by=person())
    flash(f"“{saved.name}” is no longer among the saved areas. Incidents keep their place.")
    return make_response(redirect("/console/areas", 303))


@console.get("/areas/library/<path:code>")
def show_area(code: str) -> Response:
    """One of the library, with its picture, where it comes from, and who refers to it."""
    person()
    area = _area(code)
    known = area_use.outlined(store(), [code]).get(code)
    shape = shapes.from_text(known.geojson) if known else None
    parent = store().get(Area, area.parent_code) if area.parent_code else None
    return make_response(render_template(
        "console/areas/area.html", at="areas", area=area, outline=known, parent=parent, users=area_use.use(store(), code).in_words,
        picture=picture_of(shape, gazetteer(), area.name), may_bring=person().may(Act.administer),
    ))  # fmt: skip


@console.post("/areas/library/<path:code>/removal")
def remove_area(code: str) -> Response:
    """Take it out, if nobody refers to it."""
    area = _area(code)
    area_use.remove(store(), area, by=person(), now=clock.now())
    flash(f"{area.name} is no longer in the library.")
    return make_response(redirect("/console/areas", 303))


@console.get("/areas.geojson")
def export_areas() -> Response:
    """The library as a file, or a level of it."""
    person()
    level = request.args.get("level", "")
    wanted = area_use.wanted("", Level(level) if level in set(Level) else None)
    response = make_response("".join(area_use.exported(store(), store().exec(wanted))))
    response.headers["Content-Type"] = "application/geo+json"
    response.headers["Content-Disposition"] = 'attachment; filename="areas.geojson"'
    return response


@console.post("/areas/outline")
@changes_nothing
def show_outline() -> Response:
    """What is typed, ticked and saved, without what is drawn, as GeoJSON for the map."""
    person()
    form = WhereForm(with_upload(request.form))
    offer(form, areas(store()), saved_areas.saved(store()))
    has_drawn, form.drawn.data = bool((form.drawn.data or "").strip()), ""
    shape, _ = outline(store(), read_where(form, store(), gazetteer()))
    simple = shapely.simplify(shape, FINE_ENOUGH) if shape is not None and not shape.is_empty else None
    geometry = json.loads(shapely.to_geojson(simple)) if simple is not None else None
    return jsonify({"geojson": geometry, "has_drawn": has_drawn})


def _saved(area_id: UUID) -> SavedArea:
    found = store().get(SavedArea, area_id)
    if found is None:
        raise NotFound("There is no such saved area; it may have been removed")
    return found


def _area(code: str) -> Area:
    found = store().get(Area, code)
    if found is None:
        raise NotFound("There is no such area; it may have been taken out of the library")
    return found
