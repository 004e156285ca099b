"""`python -m webapp import-subscribers`: a file of subscribers, tried or imported, from the server's terminal."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from webapp import clock, db
from webapp.config import Config
from webapp.flow import import_jobs
from webapp.flow.import_jobs import PART_BYTES, Choices, ImportJob, ImportState, PartKind
from webapp.flow.organisation import organisation
from webapp.flow.refusals import Refused
from webapp.importer import Importer
from webapp.imports import reading, recognise
from webapp.imports.entry import Unreadable
from webapp.imports.formats import own
from webapp.imports.recognise import FORMATS
from webapp.imports.shape import Shape
from webapp.links import Links

EPILOG = "Exit codes: 0 fine, 1 some rows are invalid, 2 nothing could be read. Ctrl+C stops it; what is done stays, and the same command again skips it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What one may say."""
    parser.epilog = EPILOG
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or JSON, of Sveg or of another tool")
    parser.add_argument("--source", required=True, help="where these people agreed, in words; kept with each consent")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of each row and store nothing")
    parser.add_argument(
        "--format",
        default="",
        choices=["", *FORMATS],
        metavar="FORMAT",
        help=f"if it is not found out: {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--consent", default="asked", choices=("asked", "service"), help="they asked, or they are customers on file"
    )
    parser.add_argument("--country", default="SE", help="of numbers without one (SE)")
    parser.add_argument("--language", default="", help="of people whose row names none; else the organisation's first")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="a column of the file and our name for it; - leaves it out",
    )
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="one of their services and ours: code, id or name",
    )
    parser.add_argument(
        "--result", type=Path, metavar="FILE", help="write every row with its outcome; can be imported again"
    )
    parser.add_argument("--welcome", action="store_true", help="write to each who is new; otherwise nothing is sent")


def run(settings: Config, given: argparse.Namespace) -> int:
    """Import, with progress on the terminal. The exit code."""
    db.upgrade(settings.database_url)
    engine = db.make_engine(settings.database_url)
    try:
        job = _do(engine, settings, given)
        _tell(job)
        if given.result:
            _write(engine, job.id, given.result)
    except (Unreadable, Refused, OSError) as wrong:
        sys.stderr.write(f"{given.file}: {wrong}\n")
        return 2
    finally:
        engine.dispose()
    return 2 if job.state is ImportState.failed else 1 if job.invalid else 0


def _do(engine: sa.Engine, settings: Config, given: argparse.Namespace) -> ImportJob:
    shape = recognise.look(lambda: _pieces(given.file), chosen=given.format)
    said = set(reading.fields(shape, _pairs(given.map)).values())
    if FORMATS[shape.format].may_map and not said & own.WHO:
        columns = ", ".join(shape.columns[:8])
        raise Unreadable(f"None of its columns ({columns}) says who it is; name one, like --map 'THEIRS=email'")
    job_id = _keep(engine, given.file, shape, given)
    links = Links(settings.public_url, settings.secret_key)
    with db.transaction(engine) as session:
        import_jobs.start(
            session, import_jobs.job_of(session, job_id), is_dry_run=given.dry_run, by=None, now=clock.now()
        )
    try:
        Importer(engine, links, now=clock.now, told=_progress).work(job_id)
    except KeyboardInterrupt:
        with db.transaction(engine) as session:
            import_jobs.stop(session, import_jobs.job_of(session, job_id), by=None, now=clock.now())
    with db.reading(engine) as session:
        return import_jobs.job_of(session, job_id)


def _keep(engine: sa.Engine, file: Path, shape: Shape, given: argparse.Namespace) -> UUID:
    """A copy of the file in the store, so that a worker can go on should this end."""
    with db.transaction(engine) as session:
        job = import_jobs.receive(session, file.name, by=None, now=clock.now())
        ours = organisation(session)
        chosen = Choices(
            consent=given.consent, source=given.source, country=given.country.upper(), language=given.language or ours.languages[0],
            zone=ours.time_zone, mapping=_pairs(given.map), components=_pairs(given.component), welcome=given.welcome,
        )  # fmt: skip
        for n, piece in enumerate(_pieces(file)):
            import_jobs.keep_part(session, job, n, piece)
        import_jobs.be_ready(session, job, shape, chosen, by=None, now=clock.now())
    _say(f"{file.name} is read as {FORMATS[shape.format].title}.", *shape.notices)
    return job.id


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PART_BYTES):
            yield piece


def _pairs(said: list[str]) -> dict[str, str]:
    pairs = (one.partition("=") for one in said)
    return {theirs.strip(): ours.strip() for theirs, equals, ours in pairs if equals}


def _progress(job: ImportJob) -> None:
    if sys.stdout.isatty() or job.rows % 50_000 == 0:
        _say(
            f"{job.rows:>9,} rows: {job.created:,} created, {job.updated:,} updated, {job.skipped:,} skipped, {job.invalid:,} invalid"
        )


def _tell(job: ImportJob) -> None:
    would = "would be " if job.is_dry_run else ""
    _say(
        f"{job.rows:,} rows: {job.created:,} {would}created, {job.updated:,} {would}updated, {job.skipped:,} skipped, {job.invalid:,} invalid."
    )
    for reason, times in sorted(job.reasons.items(), key=lambda each: -each[1]):
        _say(f"  {times:>7,} × {reason}")
    if job.state is ImportState.failed:
        _say(job.detail)
    if job.is_dry_run:
        _say("Nothing is stored. The same command without --dry-run imports it.")


def _write(engine: sa.Engine, job_id: UUID, file: Path) -> None:
    with db.reading(engine) as session, file.open("wb") as opened:
        for piece in import_jobs.content(session, job_id, PartKind.result):
            opened.write(piece)
    _say(f"Every row with its outcome is in {file}.")


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
