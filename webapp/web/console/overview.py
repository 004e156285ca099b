"""What waits, what is live, what ends today."""

from flask import Response, make_response, render_template, request

from webapp import clock
from webapp.web.console import spoken
from webapp.web.console.console import console
from webapp.web.console.desk import desk
from webapp.web.session import person, store

spoken.install(console)


@console.get("/")
def overview() -> Response:
    """Everything that needs somebody now; its changing part alone for htmx."""
    template = "console/desk_again.html" if "HX-Request" in request.headers else "console/overview.html"
    page = make_response(render_template(template, at="overview", desk=desk(store(), person(), now=clock.now())))
    page.headers["Vary"] = "HX-Request, Cookie"
    return page
