"""What Twilio reports of our messages, and what people answer."""

from flask import Blueprint

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
