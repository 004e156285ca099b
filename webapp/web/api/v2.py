"""The public programs' view, in the shape that status page readers know."""

from flask import Blueprint

api = Blueprint("api", __name__, url_prefix="/api/v2")
