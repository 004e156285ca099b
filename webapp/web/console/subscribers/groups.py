"""Segments and tags: made, renamed, counted, deleted."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import clock
from webapp.flow import segments as flow
from webapp.flow.refusals import NotValid
from webapp.web.console.console import console
from webapp.web.console.subscribers.looks import sees_addresses
from webapp.web.session import person, store


@console.get("/subscribers/segments")
def segments() -> str:
    """All, with how many belong to each."""
    return _page("")


@console.post("/subscribers/segments")
def create_segment() -> Response | tuple[str, int]:
    """A new one."""
    try:
        flow.create(
            store(),
            request.form.get("name", ""),
            is_tag=request.form.get("sort") == "tag",
            by=person(),
            now=clock.now(),
        )
    except NotValid as refusal:
        return _page(str(refusal)), 422
    return redirect(url_for("console.segments"), 303)


@console.post("/subscribers/segments/<code>/name")
def rename_segment(code: str) -> Response | tuple[str, int]:
    """Another name; the code stays."""
    try:
        flow.rename(store(), code, request.form.get("name", ""), by=person(), now=clock.now())
    except NotValid as refusal:
        return _page(str(refusal)), 422
    return redirect(url_for("console.segments"), 303)


@console.post("/subscribers/segments/<code>/deletion")
def delete_segment(code: str) -> Response:
    """Its people stay."""
    number = flow.remove(store(), code, by=person(), now=clock.now())
    flash(f"Deleted. {number} subscribers belonged to it; they stay.")
    return redirect(url_for("console.segments"), 303)


def _page(error: str) -> str:
    return render_template("console/subscribers/segments.html", at="subscribers", tab="segments", counted=flow.counted(store()), error=error,
                           typed=request.form.get("name", ""), may_change=sees_addresses(person()))  # fmt: skip
