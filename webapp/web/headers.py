"""What every answer says to the browser about itself."""

import secrets

from flask import Flask, Response, g, request

CONSOLE = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:{tiles}; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PUBLIC = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


def install(app: Flask, *, over_https: bool, tiles: str = "") -> None:
    """Set them on every answer; a door may have said more already. `tiles`: the origin of a map from elsewhere."""

    def put(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault(
            "Content-Security-Policy",
            CONSOLE.format(nonce=nonce(), tiles=f" {tiles}" if tiles else "") if _is_console() else PUBLIC,
        )
        if _is_console():
            response.headers.setdefault("Cache-Control", "no-store")
        if over_https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    app.after_request(put)
    app.jinja_env.globals["nonce"] = nonce


def nonce() -> str:
    """This answer's own word: htmx acts only on elements whose `hx-nonce` says it, so on none that somebody smuggled in."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    word: str = g.nonce
    return word


def _is_console() -> bool:
    return request.path.startswith("/console")


def is_from_here() -> bool:
    """Whether a form was sent from one of our pages: for doors without a cookie, where a token would need one."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
