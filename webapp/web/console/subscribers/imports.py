"""Bringing subscribers: a file is uploaded, tried, imported; it shows how far it is, can be stopped, and tells what became of each row."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from uuid import UUID

from flask import (
    Flask,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from sqlmodel import col, select
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock, db
from webapp.flow import import_jobs as flow
from webapp.flow.audit import record
from webapp.flow.components import components
from webapp.flow.import_jobs import PART_BYTES, Choices, ImportJob, ImportState, PartKind
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotNow, NotValid
from webapp.imports import reading, recognise
from webapp.imports.entry import Unreadable
from webapp.imports.formats import own
from webapp.imports.reading import OUTCOME, REASON
from webapp.imports.recognise import FORMATS
from webapp.web.console.console import console
from webapp.web.session import installation, person, store

MOST_UPLOADED = 300 << 20
SAMPLE, NEWEST = 5, 20


def install(app: Flask) -> None:
    """Let this form hold a large file; asked before anything reads the form."""

    def allow() -> None:
        if request.endpoint in {"console.upload_import", "console.add_suppressed"}:
            request.max_content_length = MOST_UPLOADED

    app.before_request(allow)


@console.get("/subscribers/imports")
def imports() -> str:
    """Bring a file; those brought before."""
    return _list("")


@console.post("/subscribers/imports")
def upload_import() -> AnyResponse | tuple[str, int]:
    """Keep the file and say how it is read."""
    by, now, file = person(), clock.now(), request.files.get("file")
    flow.require_importer(by)
    if not file or not file.filename:
        return _list("Choose a file"), 422
    job = flow.receive(store(), file.filename, by=by, now=now)
    for n, piece in enumerate(iter(lambda: file.stream.read(PART_BYTES), b"")):
        flow.keep_part(store(), job, n, piece)
    try:
        shape = recognise.look(
            lambda: flow.content(store(), job.id, PartKind.file), chosen=request.form.get("format", "")
        )
    except Unreadable as mistake:
        return _list(f"{file.filename}: {mistake}"), 422
    flow.be_ready(store(), job, shape, _choices(Choices(zone=organisation(store()).time_zone)), by=by, now=now)
    return redirect(url_for("console.import_job", job_id=job.id), 303)


@console.get("/subscribers/imports/<uuid:job_id>")
def import_job(job_id: UUID) -> str:
    """How it is read, how far it is, what came of it."""
    return _show(flow.job_of(store(), job_id))


@console.get("/subscribers/imports/<uuid:job_id>/progress")
def import_progress(job_id: UUID) -> Response:
    """The part that changes by itself."""
    answer = make_response(
        render_template("console/subscribers/import_progress.html", **_progress(flow.job_of(store(), job_id)))
    )
    answer.headers["Vary"] = "HX-Request"
    return answer


@console.post("/subscribers/imports/<uuid:job_id>/reading")
def read_otherwise(job_id: UUID) -> AnyResponse | tuple[str, int]:
    """Other columns, another format, another source."""
    job = flow.job_of(store(), job_id)
    if job.erased_at:
        raise NotNow("Its file is deleted; upload it again")
    chosen = request.form.get("format", job.read_as.format)
    try:
        shape = (
            job.read_as
            if chosen == job.read_as.format
            else recognise.look(lambda: flow.content(store(), job.id, PartKind.file), chosen=chosen)
        )
    except Unreadable as mistake:
        return _show(job, str(mistake)), 422
    flow.choose(store(), job, shape, _choices(job.chosen), by=person())
    return redirect(url_for("console.import_job", job_id=job.id), 303)


@console.post("/subscribers/imports/<uuid:job_id>/run")
def run_import(job_id: UUID) -> AnyResponse | tuple[str, int]:
    """Try it, or do it; what was stopped goes on."""
    job = flow.job_of(store(), job_id)
    if job.erased_at:
        raise NotNow("Its file is deleted; upload it again")
    try:
        flow.start(store(), job, is_dry_run=request.form.get("how") != "import", by=person(), now=clock.now())
    except NotValid as refusal:
        return _show(job, str(refusal)), 422
    return redirect(url_for("console.import_job", job_id=job_id), 303)


@console.post("/subscribers/imports/<uuid:job_id>/stop")
def stop_import(job_id: UUID) -> AnyResponse:
    """No further row."""
    flow.stop(store(), flow.job_of(store(), job_id), by=person(), now=clock.now())
    return redirect(url_for("console.import_job", job_id=job_id), 303)


@console.post("/subscribers/imports/<uuid:job_id>/deletion")
def delete_import(job_id: UUID) -> AnyResponse:
    """Its file and result, not who came by it."""
    flow.forget(store(), flow.job_of(store(), job_id), by=person(), now=clock.now())
    flash("The file and its result are deleted.")
    return redirect(url_for("console.imports"), 303)


@console.post("/subscribers/imports/<uuid:job_id>/result")
def download_result(job_id: UUID) -> Response:
    """Every row with its outcome."""
    job, by = flow.job_of(store(), job_id), person()
    flow.require_importer(by)
    record(
        store(),
        "import.downloaded",
        ("import", job.id),
        f"{by.name} took the result of {job.file_name} along",
        by=by,
        now=clock.now(),
    )
    store().commit()
    is_json = job.read_as.is_json
    name = f"result-{job.file_name.rsplit('.', 1)[0]}.{'jsonl' if is_json else 'csv'}".replace('"', "")
    kind = "application/x-ndjson" if is_json else "text/csv; charset=utf-8"
    body = stream_with_context(_pieces(job_id))
    answer = Response(body, headers={"Content-Type": kind})
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _pieces(job_id: UUID) -> Iterator[bytes]:
    engine, n = installation().engine, 0
    while True:
        with db.reading(engine) as session:
            piece = flow.part(session, job_id, PartKind.result, n)
        if piece is None:
            return
        yield piece
        n += 1


def _choices(before: Choices) -> Choices:
    """What the form says; what it does not ask stays."""
    said, ours = request.form, organisation(store())
    mapping = {name.removeprefix("map-"): value for name, value in said.items() if name.startswith("map-") and value}
    theirs = (line.partition("=") for line in said.get("components", "").splitlines())
    return replace(
        before,
        consent=said["consent"] if said.get("consent") in {"asked", "service"} else before.consent,
        source=said.get("source", before.source).strip()[:500],
        country=said.get("country", before.country).strip().upper()[:2],
        language=said.get("language", before.language) or ours.languages[0],
        welcome=said.get("welcome") == "yes" if "source" in said else before.welcome,
        mapping=mapping if any(name.startswith("map-") for name in said) else before.mapping,
        components={one.strip(): other.strip() for one, equals, other in theirs if equals}
        if "components" in said
        else before.components,
    )


def _list(error: str) -> str:
    jobs = (
        store()
        .exec(
            select(ImportJob)
            .where(col(ImportJob.state) != ImportState.receiving)
            .order_by(col(ImportJob.uploaded_at).desc())
            .limit(NEWEST)
        )
        .all()
    )
    return render_template("console/subscribers/imports.html", at="subscribers", tab="imports", jobs=jobs, formats=FORMATS.values(), error=error,
                           ours=organisation(store()), typed=request.form, may=_may())  # fmt: skip


def _may() -> bool:
    return person().role != "operator"


def _progress(job: ImportJob) -> dict[str, object]:
    active = job.state in flow.ACTIVE
    return {"job": job, "is_active": active, "done": min(1.0, job.rows / job.rows_about) if job.rows_about else None,
            "reasons": sorted(job.reasons.items(), key=lambda each: -each[1])[:12], "may": _may(), "at_now": clock.now()}  # fmt: skip


def _show(job: ImportJob, error: str = "") -> str:
    shape = job.read_as
    fields = reading.fields(shape, job.chosen.mapping)
    sample: list[dict[str, object]] = []
    if not job.erased_at:
        rows = reading.records(lambda: flow.content(store(), job.id, PartKind.file), shape)
        try:
            sample = list(islice(rows, SAMPLE))
        except Unreadable as mistake:
            error = error or str(mistake)
    return render_template(
        "console/subscribers/import.html", at="subscribers", tab="imports", shape=shape, fields=fields, sample=sample, error=error,
        title=FORMATS[shape.format].title, may_map=FORMATS[shape.format].may_map, formats=[one for one in FORMATS.values() if one.is_json == shape.is_json],
        known_fields=[(name, said) for name, said in own.FIELDS.items() if name not in {OUTCOME, REASON}],
        components=components(store()), chosen=job.chosen, ours=organisation(store()), **_progress(job),
    )  # fmt: skip
