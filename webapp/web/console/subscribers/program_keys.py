"""Keys for the organisation's own systems: made and revoked by administrators. A key is shown once."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import clock
from webapp.flow import api_keys as flow
from webapp.flow.organisation import organisation
from webapp.flow.people import Act
from webapp.flow.refusals import NotValid
from webapp.web.console.console import console
from webapp.web.session import person, store

SAID = {
    flow.Scope.read: "read subscribers",
    flow.Scope.write: "bring and change them",
    flow.Scope.delete: "delete them",
}


@console.get("/subscribers/keys")
def program_keys() -> str:
    """All of them."""
    return _page()


@console.post("/subscribers/keys")
def create_key() -> str | tuple[str, int]:
    """A new one, shown on this page alone."""
    try:
        _, secret = flow.create(
            store(),
            request.form.get("name", ""),
            request.form.getlist("scopes"),
            expires_at=_day(),
            by=person(),
            now=clock.now(),
        )
    except NotValid as refusal:
        return _page(error=str(refusal)), 422
    return _page(secret=secret)


@console.post("/subscribers/keys/<uuid:key_id>/revocation")
def revoke_key(key_id: UUID) -> Response:
    """At once."""
    key = flow.revoke(store(), key_id, by=person(), now=clock.now())
    flash(f"“{key.name}” opens nothing any more.")
    return redirect(url_for("console.program_keys"), 303)


def _day() -> datetime | None:
    """The end of the day that was chosen, where the organisation is. Raises NotValid."""
    said = request.form.get("expires", "").strip()
    if not said:
        return None
    try:
        day = datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=ZoneInfo(organisation(store()).time_zone))
    except ValueError:
        raise NotValid("expires_at", "Write the day like 2027-03-31") from None
    return day + timedelta(days=1)


def _page(*, secret: str = "", error: str = "") -> str:
    return render_template("console/subscribers/keys.html", at="subscribers", tab="keys", keys=flow.keys(store()), secret=secret, error=error, scopes=SAID,
                           may=person().may(Act.administer), at_now=clock.now(), typed={} if secret else request.form)  # fmt: skip
