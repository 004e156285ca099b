"""The web application, put together. Wiring only."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import config, db
from webapp.config import Config
from webapp.links import Links
from webapp.web import headers, pages, session
from webapp.web.api import subscribers as subscribers_api
from webapp.web.api import v2
from webapp.web.console import (
    approval,
    area_import,
    area_pages,
    audit_trail,
    console,
    figures,
    filing,
    incidents,
    live,
    map_tiles,
    messages,
    overview,
    past,
    place_lookup,
    replay,
    sign_in,
    uploads,
)
from webapp.web.console import settings as settings_page
from webapp.web.console.policies import listing as policies
from webapp.web.console.subscribers import groups, imports, kept_out, one, program_keys
from webapp.web.console.subscribers import listing as subscribers_list
from webapp.web.hooks import twilio
from webapp.web.public import history, status
from webapp.web.subscribe import confirm, leave, mine, own_link, subscribe

CONSOLE_PAGES = (
    sign_in,
    overview,
    filing,
    place_lookup,
    area_import,
    area_pages,
    incidents,
    messages,
    approval,
    live,
    policies,
    figures,
    settings_page,
    audit_trail,
    past,
    replay,
    subscribers_list,
    one,
    imports,
    groups,
    kept_out,
    program_keys,
)  # each adds its views

PUBLIC_PAGES = (status, history, subscribe, confirm, mine, leave, own_link)


def create_app(settings: Config | None = None) -> Flask:
    """An application on its settings; without any, on those of the environment."""
    settings = settings or config.read()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="sveg",
        SESSION_COOKIE_SECURE=settings.has_secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=1_000_000,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:  # else every visitor would have the proxy's address, and all would share its limits
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]  # as Flask's documentation has it
    links = Links(settings.public_url, settings.secret_key)
    session.install(app, session.Installation(settings, db.make_engine(settings.database_url), links))
    headers.install(
        app, over_https=settings.has_secure_cookies, tiles=map_tiles.origin(settings.environ.get("MAP_TILES", ""))
    )
    pages.install(app)
    map_tiles.install(app)
    uploads.install(app)  # before the form is read for its token
    imports.install(app)
    csrf = CSRFProtect(app)
    for door in (console.console, status.public, subscribe.subscribe, v2.api, subscribers_api.people_api, twilio.hooks):
        app.register_blueprint(door)
    for door in (subscribe.subscribe, subscribers_api.people_api, twilio.hooks):
        csrf.exempt(door)  # no cookie stands behind them
    return app
