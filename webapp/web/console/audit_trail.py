"""Who did what, when."""

from flask import render_template, request

from webapp.web.console import audit_list
from webapp.web.console.console import console
from webapp.web.console.paging import asked_number
from webapp.web.session import store


@console.get("/audit")
def audit() -> str:
    """The trail, the newest first, and whether it is whole."""
    wish = audit_list.read_wish(request.args)
    return render_template(
        "console/audit.html",
        at="audit",
        wish=wish,
        page=audit_list.audit_page(store(), wish, asked_number()),
        names=audit_list.names(store()),
        acts=audit_list.acts(store()),
        chain=audit_list.chain(store(), is_asked="check" in request.args),
    )
