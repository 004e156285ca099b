"""Answers that everybody may keep for a moment: the same bytes have the same name, and nobody is recognised."""

from flask import Response, make_response, request

SHORT = "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400"


def short(body: str, *, mimetype: str = "text/html", vary: str = "") -> Response:
    """Let caches keep it for ten seconds, and for a day while we cannot be reached; 304 for whoever has it already."""
    response = make_response(body)
    response.mimetype = mimetype
    response.headers["Cache-Control"] = SHORT
    if vary:
        response.vary.add(vary)
    response.add_etag()
    response.make_conditional(request)
    response.headers.pop("Date", None)  # the server's to say
    return response
