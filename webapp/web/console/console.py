"""The console: everything behind the sign-in."""

from flask import Blueprint

console = Blueprint("console", __name__, url_prefix="/console")
