"""How people ask to be told, confirm, change what they follow, and leave."""

from flask import Blueprint

subscribe = Blueprint("subscribe", __name__, url_prefix="/subscribe")
