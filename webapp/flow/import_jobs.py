"""Imports of subscribers: the file, how to read it, how far it has come, and what became of each row. A worker does them in chunks."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar

from webapp.db import add, changed_one, json_field, moment, word
from webapp.flow.audit import record
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotFound, NotNow, NotValid
from webapp.imports.shape import Shape

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)  # the file and its result hold addresses; then they go
PART_BYTES = 1 << 20
MOST_BYTES = 2 << 30
MOST_ROWS = 5_000_000


class ImportState(StrEnum):
    """Where an import is."""

    receiving = auto()  # its file is on its way
    ready = auto()  # waits for somebody to try or to start it
    waiting = auto()  # for a worker
    running = auto()
    stopped = auto()  # may go on
    done = auto()
    failed = auto()


ACTIVE = (ImportState.waiting, ImportState.running)


class PartKind(StrEnum):
    """What a part is a part of."""

    file = auto()
    result = auto()


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose for a whole file; a row may say otherwise."""

    consent: str = "asked"  # or service
    source: str = ""  # where these people agreed, in words; kept with each consent
    country: str = "SE"  # of numbers without one
    language: str = "en"
    zone: str = "UTC"  # of moments without one
    mapping: dict[str, str] = field(default_factory=dict)  # their column: our field; "-" = leave out
    components: dict[str, str] = field(default_factory=dict)  # their service: ours
    welcome: bool = False  # write to each who is new


class ImportJob(SQLModel, table=True):
    """One file. Trying it and importing it are two runs of the same."""

    __tablename__ = "import_job"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    file_name: str = Field(max_length=200)
    size: int = Field(default=0, sa_type=sa.BigInteger)  # bytes
    rows_about: int = 0  # lines of the file: how many rows there are at most; 0 = not known
    shape: dict[str, Any] = json_field(default_factory=dict)
    choices: dict[str, Any] = json_field(default_factory=dict)
    state: ImportState = word(ImportState, default=ImportState.receiving, index=True)
    is_dry_run: bool = True
    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    invalid: int = 0
    reasons: dict[str, int] = json_field(default_factory=dict)  # the commonest, and how often
    detail: str = ""  # why it failed
    uploaded_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    uploaded_at: datetime = moment(index=True)
    started_at: datetime | None = moment(default=None)
    ended_at: datetime | None = moment(default=None)
    leased_until: datetime | None = moment(default=None)
    epoch: int = 0  # the fence: a worker that was believed dead notices
    erased_at: datetime | None = moment(default=None)  # its file and result are gone

    @property
    def read_as(self) -> Shape:
        """How to read its file."""
        return Shape(**self.shape)

    @property
    def chosen(self) -> Choices:
        """What somebody chose."""
        return Choices(**self.choices)


class ImportPart(SQLModel, table=True):
    """A piece of a file or of a result, compressed: any worker on any machine can go on with it."""

    __tablename__ = "import_part"
    job_id: UUID = Field(foreign_key="import_job.id", primary_key=True)
    kind: PartKind = word(PartKind, primary_key=True)
    n: int = Field(primary_key=True)
    content: bytes = Field(sa_type=sa.LargeBinary, repr=False)


def require_importer(by: Person | None) -> None:
    """Raises NotAllowed for operators; None = whoever runs the program on the server."""
    if by is not None:
        by.require(Act.approve, f"{by.name} may not import or change subscribers; ask a lead or an administrator")


def receive(session: Session, file_name: str, *, by: Person | None, now: datetime) -> ImportJob:
    """Make room for a file. Raises NotAllowed."""
    require_importer(by)
    return add(session, ImportJob(file_name=file_name[-200:] or "file", uploaded_by_id=by.id if by else None, uploaded_at=now))  # fmt: skip


def keep_part(session: Session, job: ImportJob, n: int, content: bytes) -> None:
    """Keep a piece of the file. Raises NotValid for a file that is too large."""
    job.size += len(content)
    job.rows_about += content.count(b"\n")
    if job.size > MOST_BYTES:
        raise NotValid("file", f"The file is larger than {MOST_BYTES >> 20:,} MB; cut it into several")
    session.add(job)
    add(session, ImportPart(job_id=job.id, kind=PartKind.file, n=n, content=zlib.compress(content, 1)))


def be_ready(
    session: Session, job: ImportJob, shape: Shape, choices: Choices, *, by: Person | None, now: datetime
) -> None:
    """It has arrived and can be read; it may be tried."""
    job.shape, job.choices, job.state = shape.as_stored(), asdict(choices), ImportState.ready
    session.add(job)
    sentence = f"{_who(by)} uploaded {job.file_name} with subscribers"
    record(session, "import.uploaded", ("import", job.id), sentence, by=by, now=now, after={"bytes": job.size})


def choose(session: Session, job: ImportJob, shape: Shape, choices: Choices, *, by: Person | None) -> None:
    """Read it otherwise. Raises NotAllowed, NotNow while it runs or once it was imported."""
    require_importer(by)
    if job.state in ACTIVE or (job.state is ImportState.done and not job.is_dry_run):
        raise NotNow("This import has begun; upload the file again to read it otherwise")
    job.shape, job.choices, job.state = shape.as_stored(), asdict(choices), ImportState.ready
    session.add(job)


def start(session: Session, job: ImportJob, *, is_dry_run: bool, by: Person | None, now: datetime) -> None:
    """Let a worker try it or do it; what was stopped goes on. Raises NotAllowed, NotNow, NotValid without a source of consent."""
    require_importer(by)
    if not job.chosen.source.strip():
        raise NotValid(
            "source", "Say where these people agreed, or whose customers they are; it is kept with each of them"
        )
    goes_on = job.state is ImportState.stopped and not job.is_dry_run and not is_dry_run
    usual = {
        "state": ImportState.waiting,
        "is_dry_run": is_dry_run,
        "leased_until": None,
        "detail": "",
        "ended_at": None,
    }
    anew = (
        {}
        if goes_on
        else {"rows": 0, "created": 0, "updated": 0, "skipped": 0, "invalid": 0, "reasons": {}, "started_at": None}
    )
    may = (ImportState.ready, ImportState.stopped, ImportState.failed, ImportState.done)
    if not changed_one(
        session,
        update(ImportJob).where(col(ImportJob.id) == job.id, col(ImportJob.state).in_(may)).values(usual | anew),
    ):
        raise NotNow("This import is under way")
    if not goes_on:
        session.execute(_parts(job.id, PartKind.result))
    session.refresh(job)
    verb = "tries" if is_dry_run else "imports"
    record(session, "import.started", ("import", job.id), f"{_who(by)} {verb} {job.file_name}", by=by, now=now,
           after={"dry run": is_dry_run, "consent": job.chosen.consent, "source": job.chosen.source})  # fmt: skip


def stop(session: Session, job: ImportJob, *, by: Person | None, now: datetime) -> None:
    """Do no further row; what is done stays. May be repeated. Raises NotAllowed."""
    require_importer(by)
    active = update(ImportJob).where(col(ImportJob.id) == job.id, col(ImportJob.state).in_(ACTIVE))
    if changed_one(session, active.values(state=ImportState.stopped, ended_at=now, leased_until=None)):
        record(session, "import.stopped", ("import", job.id), f"{_who(by)} stopped the import of {job.file_name}", by=by, now=now)  # fmt: skip
    session.refresh(job)


def waiting(session: Session, *, now: datetime) -> bool:
    """Whether one waits, or its worker has died."""
    return session.exec(select(ImportJob.id).where(_free(now)).limit(1)).first() is not None


def claim(session: Session, *, now: datetime, job_id: UUID | None = None) -> ImportJob | None:
    """Take one that is free; of two workers one gets it. A try whose worker died begins anew."""
    wanted = select(ImportJob).where(_free(now)).order_by(col(ImportJob.uploaded_at))
    if job_id is not None:
        wanted = wanted.where(ImportJob.id == job_id)
    for job in session.exec(wanted.limit(3)):
        mine = update(ImportJob).where(col(ImportJob.id) == job.id, col(ImportJob.epoch) == job.epoch, _free(now))
        taken = {"state": ImportState.running, "leased_until": now + LEASE, "epoch": job.epoch + 1}
        if changed_one(session, mine.values(taken)):
            session.refresh(job)
            job.started_at = job.started_at or now
            if job.is_dry_run and job.rows:
                job.rows = job.created = job.updated = job.skipped = job.invalid = 0
                job.reasons = {}
                session.execute(_parts(job.id, PartKind.result))
            return add(session, job)
    return None


def still_mine(session: Session, job_id: UUID, epoch: int, *, now: datetime) -> bool:
    """Renew the claim; False = it was stopped, or another worker has it."""
    mine = update(ImportJob).where(col(ImportJob.id) == job_id, col(ImportJob.epoch) == epoch,
                                   col(ImportJob.state) == ImportState.running)  # fmt: skip
    return changed_one(session, mine.values(leased_until=now + LEASE))


def end(session: Session, job: ImportJob, state: ImportState, *, now: datetime, detail: str = "") -> None:
    """It is through, or cannot go on."""
    mine = update(ImportJob).where(col(ImportJob.id) == job.id, col(ImportJob.state) == ImportState.running)
    if not changed_one(session, mine.values(state=state, ended_at=now, leased_until=None, detail=detail)):
        return
    session.refresh(job)
    said = f"{job.created} created, {job.updated} updated, {job.skipped} skipped, {job.invalid} invalid"
    sentence = f"{'Trying' if job.is_dry_run else 'Importing'} {job.file_name} {'ended' if state is ImportState.done else 'failed'}: {said}"
    record(
        session,
        f"import.{state}",
        ("import", job.id),
        sentence,
        by=None,
        now=now,
        after={"detail": detail} if detail else None,
    )


def content(session: Session, job_id: UUID, kind: PartKind) -> Iterator[bytes]:
    """Pieces in order, one in memory at a time."""
    n = 0
    while (part := session.get(ImportPart, (job_id, kind, n))) is not None:
        yield zlib.decompress(part.content)
        session.expunge(part)
        n += 1


def part(session: Session, job_id: UUID, kind: PartKind, n: int) -> bytes | None:
    """One piece; None = there is none."""
    found = session.get(ImportPart, (job_id, kind, n))
    return zlib.decompress(found.content) if found else None


def keep_result(session: Session, job: ImportJob, content: bytes) -> None:
    """The next piece of what became of the rows."""
    newest = select(sa.func.coalesce(sa.func.max(col(ImportPart.n)), -1)).where(
        ImportPart.job_id == job.id, ImportPart.kind == PartKind.result
    )
    n = session.exec(newest).one() + 1
    add(session, ImportPart(job_id=job.id, kind=PartKind.result, n=n, content=zlib.compress(content, 1)))


def forget(session: Session, job: ImportJob, *, by: Person | None, now: datetime) -> None:
    """Delete the file and its result; the numbers stay. Raises NotAllowed, NotNow while it runs."""
    require_importer(by)
    if job.state in ACTIVE:
        raise NotNow("It is under way; stop it first")
    _erase(session, [job.id], now=now)
    session.refresh(job)
    record(
        session, "import.forgotten", ("import", job.id), f"{_who(by)} deleted the file {job.file_name}", by=by, now=now
    )


def any_old(session: Session, *, now: datetime) -> bool:
    """Whether a file is kept for longer than it is needed."""
    return session.exec(_old(now).limit(1)).first() is not None


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete files and results that nobody needs any more; how many."""
    ids = list(session.exec(_old(now).limit(20)))
    _erase(session, ids, now=now)
    return len(ids)


def job_of(session: Session, job_id: UUID) -> ImportJob:
    """Raises NotFound."""
    found = session.get(ImportJob, job_id)
    if found is None:
        raise NotFound("There is no such import")
    return found


def _erase(session: Session, ids: Iterable[UUID], *, now: datetime) -> None:
    for job_id in ids:
        session.execute(delete(ImportPart).where(col(ImportPart.job_id) == job_id))
        session.execute(update(ImportJob).where(col(ImportJob.id) == job_id).values(erased_at=now))


def _old(now: datetime) -> SelectOfScalar[UUID]:
    is_over = sa.and_(col(ImportJob.uploaded_at) < now - KEPT, col(ImportJob.state).not_in(ACTIVE))
    return select(ImportJob.id).where(is_over, col(ImportJob.erased_at).is_(None))


def _parts(job_id: UUID, kind: PartKind) -> sa.Delete:
    return delete(ImportPart).where(col(ImportPart.job_id) == job_id, col(ImportPart.kind) == kind)


def _free(now: datetime) -> sa.ColumnElement[bool]:
    left = sa.and_(col(ImportJob.state) == ImportState.running, col(ImportJob.leased_until) < now)
    return sa.or_(col(ImportJob.state) == ImportState.waiting, left)


def _who(by: Person | None) -> str:
    return by.name if by else "Somebody at the server's terminal"
