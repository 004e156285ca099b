"""How fast a file of subscribers is imported, and by how much memory it grows. SUBSCRIBERS sets the number of rows (50,000)."""

import os
import resource
import time
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import sqlalchemy as sa

from tests.builders import an_organisation
from webapp import clock, db
from webapp.flow import import_jobs
from webapp.flow.import_jobs import Choices, PartKind
from webapp.importer import Importer
from webapp.imports import recognise
from webapp.links import Links

ROWS = int(os.environ.get("SUBSCRIBERS", "50000"))
HEAD = "external_id,name,email,phone,language,components,areas,points,radius_km,segments,consent_at\n"


def rows(url: str) -> Iterator[str]:
    """New people, then the same file again."""
    engine = db.make_engine(url)
    try:
        with db.transaction(engine) as session:
            an_organisation(session)
        for what in ("new", "again"):
            job_id = _upload(engine)
            began, cpu = time.perf_counter(), time.process_time()
            job = Importer(engine, Links("http://127.0.0.1", "bench"), now=clock.now).work(job_id)
            took, worked = time.perf_counter() - began, time.process_time() - cpu
            assert job is not None
            assert job.rows == ROWS
            assert job.created == (ROWS if what == "new" else 0)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
            yield f"{ROWS:,} subscribers, {what}: {took:.1f} s, of the processor {worked:.1f} s, {ROWS / took:,.0f} a second; at most {peak:,.0f} MB"
    finally:
        engine.dispose()


def _upload(engine: sa.Engine) -> UUID:
    lines = _lines()
    with db.transaction(engine) as session:
        job = import_jobs.receive(session, "people.csv", by=None, now=clock.now())
        n = 0
        while piece := "".join(islice(lines, 8_000)):
            import_jobs.keep_part(session, job, n, piece.encode())
            n += 1
        shape = recognise.look(lambda: import_jobs.content(session, job.id, PartKind.file))
        import_jobs.be_ready(session, job, shape, Choices(source="bench"), by=None, now=clock.now())
        import_jobs.start(session, job, is_dry_run=False, by=None, now=clock.now())
    return job.id


def _lines() -> Iterator[str]:
    yield HEAD
    for n in range(ROWS):
        if n % 2:
            part, area = ("atm" if n % 3 else ""), ("SE-2361" if n % 5 == 0 else "")
            point = f'"{59 + n % 9_000 / 1_000:.4f},{14 + n % 7_000 / 1_000:.4f}"'
            yield f"C{n},Anna Berg {n},anna.berg{n}@mail{n % 997}.example.com,,sv,{part},{area},{point},10,private,2024-05-0{1 + n % 9}\n"
        else:
            yield f"C{n},Bo Ek {n},,070{1_000_000 + n:07d},en,,,,,business,\n"
