"""What other pages announced before: read from an address or from files, tried first, listed, and deleted again."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from webapp import clock, db
from webapp.fetch import MOST_BYTES, NotFetched, base_of, fetch_json, parsed
from webapp.flow import history
from webapp.flow.history import Imported, PastIncident
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotValid
from webapp.flow.statuspage import SEVERITIES, Report, Reported, read_documents
from webapp.web.console.console import console
from webapp.web.console.paging import asked_number, page_of
from webapp.web.session import changes_nothing, installation, person, store

SIZE = 50
SHOWN = 25  # incidents of a trial
REASONS = 100  # of each sort, that are written out
ADDRESSES = ("incidents.json", "scheduled-maintenances.json", "components.json")
MOST_UPLOADED = 4 * MOST_BYTES  # all files of one import together


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would do, with what it was read from, so that it can be done."""

    done: Imported
    incidents: list[Reported]  # the first ones
    of: int
    address: str  # "" = from files
    files: Mapping[str, str]  # their content by name


@console.url_value_preprocessor
def allow_documents(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Documents of pages are larger than forms; said before anything reads the form."""
    if endpoint == "console.create_past":
        request.max_content_length = request.max_form_memory_size = MOST_UPLOADED


@console.get("/history")
def past() -> Response:
    """What is stored, and how more of it comes."""
    return _page()


@console.post("/history")
@changes_nothing
def create_past() -> ResponseReturnValue:
    """Try an import, or do it. Nothing is locked while a page is read."""
    by, address = person(), request.form.get("address", "").strip()
    by.require(Act.approve, "Only leads may import past incidents")
    store().rollback()
    is_trial = request.form.get("then") != "import"
    try:
        files = _files() if not address else {}
        reports = read_documents(_fetched(address) if address else {name: parsed(text.encode(), called=name) for name, text in files.items()})  # fmt: skip
    except (NotFetched, NotValid) as wrong:
        return _page(error=str(wrong), address=address, code=HTTPStatus.UNPROCESSABLE_ENTITY)
    with db.transaction(installation().engine) as session:
        lead = session.get_one(Person, by.id)
        done = history.import_past(session, reports, by=lead, now=clock.now(), dry_run=is_trial)
    if is_trial:
        return _page(trial=_trial(done, reports, address, files), address=address)
    flash(f"Imported: {done}.")
    return redirect("/console/history", HTTPStatus.SEE_OTHER)


@console.post("/history/<source>/deletion")
def create_past_deletion(source: str) -> ResponseReturnValue:
    """Forget all incidents of one page."""
    number = history.forget(store(), source, by=person(), now=clock.now())
    flash(f"Deleted: {number} past incidents. They may be imported again.")
    return redirect("/console/history", HTTPStatus.SEE_OTHER)


def _page(
    *, trial: Trial | None = None, error: str = "", address: str = "", code: HTTPStatus = HTTPStatus.OK
) -> Response:
    source = request.args.get("source", "")[:36]
    wanted = select(PastIncident).order_by(col(PastIncident.started_at).desc(), col(PastIncident.id))
    if source:
        wanted = wanted.where(PastIncident.source == source)
    page = render_template(
        "console/past.html",
        at="policies",
        sources=history.sources(store()),
        source=source,
        page=page_of(store(), wanted, asked_number(), SIZE),
        trial=trial,
        error=error,
        address=address,
        severities=SEVERITIES,
        most_reasons=REASONS,
        may_import=person().may(Act.approve),
    )
    return make_response(page, code)


def _fetched(address: str) -> dict[str, object]:
    """The documents of a page. Raises NotFetched."""
    base = f"{base_of(address)}/api/v2"
    may_stay_here = bool(installation().config.sandbox_url)
    return {name: fetch_json(f"{base}/{name}", may_stay_here=may_stay_here) for name in ADDRESSES}


def _files() -> dict[str, str]:
    """Uploaded files, or those that a trial has brought along. Raises NotFetched."""
    files: dict[str, str] = {}
    for upload in request.files.getlist("files"):
        if upload.filename:
            content = upload.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise NotFetched(f"{upload.filename} holds more than {MOST_BYTES // 1_000_000} MB")
            files[upload.filename[:120]] = _text(content, upload.filename)
    tried = zip(request.form.getlist("file-name"), request.form.getlist("file-content"), strict=False)
    files |= dict(tried) if not files else {}
    if not files:
        raise NotFetched(f"Paste the address of a status page, or choose its files: {', '.join(ADDRESSES)}")
    return files


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotFetched(f"{name} is not JSON in UTF-8; save it from the page's /api/v2/ again") from None


def _trial(done: Imported, reports: list[Report], address: str, files: Mapping[str, str]) -> Trial:
    told = [one for report in reports for one in report.incidents]
    return Trial(done, told[:SHOWN], len(told), address, files)
