"""Does imports: one chunk a transaction, so that nothing is lost when it ends in the middle, and others may write in between."""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from threading import Event
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from webapp import db
from webapp.flow import import_jobs, imports
from webapp.flow.import_jobs import MOST_ROWS, ImportJob, ImportState, PartKind
from webapp.flow.import_lookups import Lookups
from webapp.flow.imports import Tried
from webapp.imports import reading
from webapp.imports.entry import Unreadable
from webapp.imports.reading import Read
from webapp.links import Links

CHUNK = 5_000
TRIES = 3
MOST_CLAIMS = 5
GIVES_WAY_S = 1.0
CACHE_KB = 131_072
LOG = logging.getLogger(__name__)


class Importer:
    """One at a time. `told` hears of every chunk; while we are `busy` with messages to people, the import waits."""

    def __init__(
        self,
        engine: sa.Engine,
        links: Links,
        *,
        now: Callable[[], datetime],
        ending: Event | None = None,
        told: Callable[[ImportJob], None] | None = None,
        busy: Callable[[], bool] = lambda: False,
        chunk: int = CHUNK,
    ) -> None:
        self.engine, self.links, self.now, self.chunk = engine, links, now, chunk
        self.ending, self.told, self.busy, self.gives_way_s = ending or Event(), told, busy, GIVES_WAY_S

    def work(self, job_id: UUID | None = None) -> ImportJob | None:
        """Take a waiting import and go through it; None = there is none. It ends early when it is stopped or we end."""
        with db.reading(self.engine) as session:
            if not import_jobs.waiting(session, now=self.now()):
                return None
        with db.transaction(self.engine) as session:
            job = import_jobs.claim(session, now=self.now(), job_id=job_id)
        if job is None:
            return None
        try:
            with _few_sweeps():
                state, detail = self._go_through(job), ""
        except Unreadable as mistake:
            state, detail = ImportState.failed, str(mistake)
        except Exception as mistake:  # whatever it is: five times, then a person is told
            if job.epoch < MOST_CLAIMS:
                raise
            LOG.exception("An import failed time after time; it is not taken up again by itself")
            state, detail = (
                ImportState.failed,
                f"It failed {job.epoch} times ({type(mistake).__name__}); the worker's log says where",
            )
        if state is not None:
            with db.transaction(self.engine) as session:
                import_jobs.end(session, import_jobs.job_of(session, job.id), state, now=self.now(), detail=detail)
        with db.reading(self.engine) as session:
            return import_jobs.job_of(session, job.id)

    def _go_through(self, job: ImportJob) -> ImportState | None:
        """None = somebody else says what becomes of it."""
        with db.reading(self.engine) as session:
            lookups = Lookups(session, job.chosen)
        reads = reading.reads(lambda: self._parts(job.id), job.read_as, job.chosen.mapping)
        for _ in islice(reads, job.rows):
            pass
        tried, done = Tried(), job.rows
        while not self.ending.is_set():
            if not self._give_way(job):
                return None
            some, broken = self._some(reads)
            if some:
                if not self._do(job, some, lookups, tried):
                    return None
                done += len(some)
            if broken is not None:
                raise broken
            if len(some) < self.chunk:
                return ImportState.done
            if done >= MOST_ROWS:
                raise Unreadable(f"It has more than {MOST_ROWS:,} rows; what comes after is not imported. Cut the file")
        return None

    def _give_way(self, job: ImportJob) -> bool:
        """Messages first; False = it is not ours any more."""
        while self.busy() and not self.ending.wait(self.gives_way_s):
            with db.transaction(self.engine) as session:
                if not import_jobs.still_mine(session, job.id, job.epoch, now=self.now()):
                    return False
        return True

    def _some(self, reads: Iterator[Read]) -> tuple[list[Read], Unreadable | None]:
        """The next rows, and what keeps us from reading on."""
        some: list[Read] = []
        try:
            some.extend(islice(reads, self.chunk))
        except Unreadable as mistake:
            return some, mistake
        return some, None

    def _do(self, job: ImportJob, some: list[Read], lookups: Lookups, tried: Tried) -> bool:
        """One chunk, again if somebody was in the way; False = it is not ours any more."""
        with db.reading(self.engine) as session:
            chunk = imports.prepare(session, some, lookups)
        for attempt in range(1, TRIES + 1):
            made = dict(lookups.new_segments)
            try:
                with db.transaction(self.engine) as session:
                    _keep_more_pages(session)
                    if not import_jobs.still_mine(session, job.id, job.epoch, now=self.now()):
                        return False
                    current = import_jobs.job_of(session, job.id)
                    imports.do_chunk(
                        session, current, chunk, lookups, tried=tried, link=self.links.preferences, now=self.now()
                    )
            except (IntegrityError, OperationalError):
                if attempt == TRIES:
                    raise
                LOG.exception("A chunk of an import met somebody else's change; it is done again")
                lookups.new_segments.update(made)
            else:
                if self.told:
                    self.told(current)
                return True
        return False

    def _parts(self, job_id: UUID) -> Iterator[bytes]:
        """The file, a piece at a time; no transaction is open in between."""
        n = 0
        while True:
            with db.reading(self.engine) as session:
                found = import_jobs.part(session, job_id, PartKind.file, n)
            if found is None:
                return
            yield found
            n += 1


@contextmanager
def _few_sweeps() -> Iterator[None]:
    """A chunk is a hundred thousand small things that die by themselves: looking for cycles among them takes a fifth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _keep_more_pages(session: Session) -> None:
    """SQLite: new addresses go everywhere in their index; what it touches should not be read from the file again each time."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KB}")
