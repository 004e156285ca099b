"""Count whom an incident concerns while somebody types: from a snapshot where there is one, else by SQL.

The snapshot is never older than the database: whoever changed since is asked about by SQL, at each count. It agrees with
`audience.count` to the person; approvals freeze by SQL alone.
"""

import fcntl
import logging
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import Session

from rules import facts
from webapp import db
from webapp.flow import audience, changes, snapshot_building, snapshot_files
from webapp.flow.areas import Where
from webapp.flow.audience import Concern, Counted
from webapp.flow.places import Places, resolve
from webapp.flow.snapshot import Hits, Snapshot

LOG = logging.getLogger(__name__)
MANY_CHANGES = 2_000  # since a snapshot, from where on a new one is made
MOST_CHANGES = 20_000  # since a snapshot, up to which it is used
KEPT = 16  # places whose people are remembered
FOLDER = "snapshot"
KEEPERS: "WeakKeyDictionary[sa.Pool, Keeper]" = WeakKeyDictionary()


def install(engine: sa.Engine, instance: Path, *, in_background: bool = True) -> "Keeper":
    """Let sessions on this engine count from snapshots, kept in the instance's folder."""
    keeper = Keeper(engine, instance / FOLDER, in_background=in_background)
    KEEPERS[engine.pool] = keeper
    return keeper


def count(
    session: Session,
    concern: Concern,
    *,
    channels: list[str],
    languages: Collection[str] | None = None,
    segments: Collection[str] | None = None,
) -> Counted:
    """As `audience.count`, quicker. `languages`, `segments`: only people who read one of them, belong to one of them."""
    engine = session.get_bind()
    keeper = KEEPERS.get(engine.pool) if isinstance(engine, sa.Engine) else None
    found = keeper.found(session, concern.where) if keeper else None
    if found is None:
        return audience.count(session, concern, channels=channels, languages=languages, segments=segments)
    return found.count(session, concern, channels=channels, languages=languages, segments=segments)


@dataclass(frozen=True, slots=True)
class Found:
    """Who is in a place, ready to be counted by any filter."""

    snapshot: Snapshot
    hits: Hits
    changed: Sequence[int]  # ids; asked about by SQL

    def count(
        self,
        session: Session,
        concern: Concern,
        *,
        channels: list[str],
        languages: Collection[str] | None = None,
        segments: Collection[str] | None = None,
    ) -> Counted:
        """Distinct people, by the exact set of channels."""
        table = self.snapshot.tally(self.hits, without=self.changed)
        known = self.snapshot.counted(table, concern, channels=channels, languages=languages, segments=segments)
        if not self.changed:
            return known
        fresh = audience.count(
            session, concern, channels=channels, among=self.changed, languages=languages, segments=segments
        )
        return _sum(known, fresh)


class Keeper:
    """The newest snapshot of one database, as this process has it, and the making of the next one."""

    def __init__(self, engine: sa.Engine, folder: Path, *, in_background: bool) -> None:
        self.engine, self.folder, self.in_background = engine, folder, in_background
        self.name, self.snapshot = "", None
        self.remembered: OrderedDict[tuple[str, int], Hits] = OrderedDict()
        self.lock, self.making = Lock(), Lock()

    snapshot: Snapshot | None

    def found(self, session: Session, where: Where) -> Found | None:
        """Who is there; None = no snapshot can say, ask by SQL."""
        snapshot = self._newest()
        changed = changes.since(session, snapshot.mark, most=MOST_CHANGES) if snapshot else None
        if changed is None or len(changed) > MANY_CHANGES:
            self.renew()
        if snapshot is None or changed is None:
            return None
        return Found(snapshot, self._hits(snapshot, resolve(session, where)), changed)

    def renew(self) -> None:
        """Make a new snapshot, in the background if so wished; one at a time, in one process of this machine."""
        if not self.in_background:
            self.make()
        elif self.making.acquire(blocking=False):
            Thread(target=self._make_behind, name="snapshot", daemon=True).start()

    def make(self) -> bool:
        """Read everybody and switch; False = another process is at it."""
        with _only_one(self.folder) as is_ours:
            if not is_ours:
                return False
            before = snapshot_files.current(self.folder)
            older = snapshot_files.read(self.folder, before) if before else None
            isolation = {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
            with Session(self.engine.execution_options(reading=True, **isolation)) as session:
                made = snapshot_building.build(session)
            snapshot_files.write(self.folder, made)
        with db.transaction(self.engine) as session:
            changes.forget(session, before=(older or made).mark)
        return True

    def _make_behind(self) -> None:
        try:
            self.make()
        except sa.exc.DBAPIError:
            LOG.exception("No snapshot could be made; counts come from the database")
        finally:
            self.making.release()

    def _newest(self) -> Snapshot | None:
        name = snapshot_files.current(self.folder)
        with self.lock:
            if name and name != self.name:
                self.snapshot, self.name = snapshot_files.read(self.folder, name), name
            return self.snapshot

    def _hits(self, snapshot: Snapshot, places: Places) -> Hits:
        """Remembered as long as neither the people nor the areas are other ones."""
        key = (self.name, places.stamp)
        with self.lock:
            if key in self.remembered:
                self.remembered.move_to_end(key)
                return self.remembered[key]
        hits = snapshot.hits(places)
        with self.lock:
            self.remembered[key] = hits
            while len(self.remembered) > KEPT:
                self.remembered.popitem(last=False)
        return hits


def _sum(one: Counted, two: Counted) -> Counted:
    """Counts of people who are in one or the other, never in both."""
    groups = Counter[tuple[frozenset[str], frozenset[str]]]()
    for group in (*one.groups, *two.groups):
        groups[group.asked, group.on_file] += group.people
    joined = (facts.Group(number, asked, on_file) for (asked, on_file), number in groups.items())
    return Counted(one.people + two.people, tuple(joined), one.languages | two.languages)


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Whether this process may make a snapshot now; the lock ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "making").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
