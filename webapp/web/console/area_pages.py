"""Areas that are used again, and how an area looks before it is used."""

import json

import shapely
from flask import Response, jsonify, request

from webapp.flow import saved_areas
from webapp.flow.areas import areas
from webapp.flow.extent import outline
from webapp.web.console.console import console
from webapp.web.console.place_lookup import gazetteer
from webapp.web.console.uploads import with_upload
from webapp.web.console.where_form import WhereForm, offer
from webapp.web.console.where_reading import read_where
from webapp.web.session import changes_nothing, person, store

FINE_ENOUGH = 0.0005  # degrees of an outline that is only looked at


@console.post("/areas/outline")
@changes_nothing
def show_outline() -> Response:
    """What is typed, ticked and saved, without what is drawn, as GeoJSON for the map."""
    person()
    form = _form()
    has_drawn, form.drawn.data = bool((form.drawn.data or "").strip()), ""
    shape, _ = outline(store(), read_where(form, store(), gazetteer()))
    simple = shapely.simplify(shape, FINE_ENOUGH) if shape is not None and not shape.is_empty else None
    geometry = json.loads(shapely.to_geojson(simple)) if simple is not None else None
    return jsonify({"geojson": geometry, "has_drawn": has_drawn})


def _form() -> WhereForm:
    form = WhereForm(with_upload(request.form))
    offer(form, areas(store()), saved_areas.saved(store()))
    return form
