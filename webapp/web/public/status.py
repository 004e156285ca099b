"""The status page and its history, for everybody: no cookie, no script, true by the clock alone."""

from flask import Blueprint, Response

public = Blueprint("public", __name__)


@public.get("/healthz")
def health() -> Response:
    """This process answers."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})
