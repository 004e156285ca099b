"""The stand-in's HTTP side: two providers, the inbox and the faults, as one WSGI app."""

from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from webapp.channels.loopback import is_loopback
from webapp.sandbox.graph_api import graph_api
from webapp.sandbox.hook_receiver import hook_receiver
from webapp.sandbox.inbox import add_headers, inbox
from webapp.sandbox.inbox_json import inbox_json
from webapp.sandbox.providers import Providers
from webapp.sandbox.push_service import push_service
from webapp.sandbox.twilio_api import twilio_api


def create_sandbox_app(providers: Providers) -> Flask:
    """Wiring only."""
    app = Flask(__name__, static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_refuse_other_sites)
    app.register_blueprint(twilio_api(providers))
    app.register_blueprint(graph_api(providers))
    app.register_blueprint(push_service(providers))
    app.register_blueprint(hook_receiver(providers))
    app.register_blueprint(inbox_json(providers))
    app.register_blueprint(inbox(providers))
    app.after_request(add_headers)
    return app


def _refuse_other_sites() -> tuple[Response, int] | None:
    """Another site in the same browser may neither write here nor read by a name that it points to us."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.host
    if is_foreign or not is_loopback(urlsplit(f"//{request.host}").hostname):
        return jsonify(error="Only for this machine"), 403
    return None
