"""The public programs' view, in the shape that status page readers know."""

import json

from flask import Blueprint, Response

from webapp import clock
from webapp.flow import surface
from webapp.flow.organisation import organisation
from webapp.web import caching
from webapp.web.api.shapes import Shape, Shapes
from webapp.web.session import installation, store

api = Blueprint("api", __name__, url_prefix="/api/v2")


@api.get("/summary.json")
def summary() -> Response:
    """Everything that matters now."""
    now = _shapes()
    return _answer(
        {
            "page": now.page(),
            "components": now.components(),
            "incidents": now.incidents(now.shown.open + now.shown.upcoming),
            "scheduled_maintenances": now.maintenances(now.shown.upcoming + now.shown.open),
            "status": now.status(),
        }
    )


@api.get("/status.json")
def status() -> Response:
    """The whole in one word."""
    now = _shapes()
    return _answer({"page": now.page(), "status": now.status()})


@api.after_request
def open_to_all(response: Response) -> Response:
    """Pages of others may show it; there is nothing in it that is not public."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _shapes() -> Shapes:
    own = store()
    language = organisation(own).languages[0]
    return Shapes(surface.shown(own, now=clock.now(), language=language), installation().config.public_url)


def _answer(shape: Shape) -> Response:
    # The key order is part of the shape.
    return caching.short(json.dumps(shape, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")
