"""What all pages share: words for moments and numbers, files by content, and how a refusal looks."""

import hashlib
import json
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from webapp import clock, moments
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotAllowed, NotFound, NotNow, NotValid, Refused, TooMany
from webapp.web.session import person_or_none, store

STATIC = Path(__file__).parent.parent / "static"
NARROW = " "  # between thousands
STATUS = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotNow: HTTPStatus.CONFLICT,
    NotValid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    NotFound: HTTPStatus.NOT_FOUND,
}
TITLES = {
    HTTPStatus.NOT_FOUND: "There is no such page. It may have been moved, or the address is incomplete.",
    HTTPStatus.METHOD_NOT_ALLOWED: "That page cannot be asked in this way.",
    HTTPStatus.BAD_REQUEST: "This form is too old or incomplete. Go back, reload the page and try again.",
}


def install(app: Flask) -> None:
    """Give all templates the same words."""
    app.jinja_env.filters |= {
        "say": _say,
        "clock": _clock,
        "day": _day,
        "number": number,
        "money": money,
        "words": words,
    }
    app.jinja_env.globals |= {
        "static": static,
        "vendor": vendor,
        "now": clock.now,
        "person": person_or_none,
        "zone": zone,
    }
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, _failed)


def number(value: float | None, digits: int = 0) -> str:
    """1 450; "–" for None."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", NARROW)


def money(value: float) -> str:
    """66 SEK; öre only below 10."""
    return f"{number(value, 0 if value >= 10 or value == 0 else 2)} {organisation(store()).currency}"


def words(value: object) -> str:
    """A member of a closed list as people say it: status_page is "status page"."""
    return str(value).replace("_", " ")


@cache
def static(name: str) -> str:
    """A file of ours, by content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def vendor(name: str) -> str | None:
    """A browser file that set-up fetched, or None: pages work without."""
    manifest = STATIC / "vendor" / "manifest.json"
    if not manifest.exists():
        return None
    entry = json.loads(manifest.read_text(encoding="utf-8")).get(name)
    return f"/static/vendor/{entry['file']}" if entry else None


def refused(refusal: Refused) -> Response:
    """A page with the refusal's sentence."""
    return _page(str(refusal), STATUS.get(type(refusal), HTTPStatus.BAD_REQUEST))


def _failed(error: HTTPException) -> Response:
    code = HTTPStatus(error.code or 500)
    if code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response(request.environ))
    return _page(TITLES.get(code, error.description or code.phrase), code)


def _page(sentence: str, code: HTTPStatus) -> Response:
    is_console = request.path.startswith("/console")
    return make_response(render_template("refusal.html", sentence=sentence, code=code, is_console=is_console), code)


def zone() -> str:
    """The organisation's, read once a request: every moment on a page asks for it."""
    if "zone" not in g:
        g.zone = organisation(store()).time_zone
    name: str = g.zone
    return name


def _say(at: datetime | None, language: str = "en") -> str:
    return moments.say(at, zone(), language) if at else "–"


def _clock(at: datetime | None) -> str:
    return moments.clock(at, zone()) if at else "–"


def _day(at: datetime | None, language: str = "en") -> str:
    return moments.day(at, zone(), language) if at else "–"
