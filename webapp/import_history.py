"""`python -m webapp import-history`: past incidents of a status page, for replaying rules on them."""

import sys
from collections.abc import Callable
from pathlib import Path

from rules.past import Past
from rules.reading import default_policy
from webapp import clock, db
from webapp.config import Config
from webapp.fetch import NotFetched, base_of, fetch_json, read_json
from webapp.flow import history
from webapp.flow.history import Imported
from webapp.flow.refusals import NotValid
from webapp.flow.statuspage import Report, read_component_names, read_statuspage

COMPONENTS = "components.json"
FILES = ("incidents.json", "scheduled-maintenances.json")
MOST_REASONS = 20


def run(settings: Config, where: str, *, dry_run: bool, export: Path | None, assume_usual: bool) -> int:
    """Import, say what came of it, and write the replay file if one is wanted. The exit code: 1 if something is invalid."""
    try:
        reports = reports_in(where, may_stay_here=bool(settings.sandbox_url))
    except (NotFetched, NotValid) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    db.upgrade(settings.database_url)
    engine = db.make_engine(settings.database_url)
    try:
        with db.transaction(engine) as session:
            done = history.import_past(session, reports, by=None, now=clock.now(), dry_run=dry_run)
            rows = history.past_incidents(session)
            if dry_run:
                rows = [
                    history.row_of(report, told, now=clock.now()) for report in reports for told in report.incidents
                ]
            ours = history.ours(session)
            usual = default_policy() if assume_usual else None
            past = [history.as_past(row, ours, usual=usual) for row in rows]
    finally:
        engine.dispose()
    _tell(done, dry_run=dry_run)
    if export:
        return _write(export, past) or (1 if done.invalid else 0)
    return 1 if done.invalid else 0


def reports_in(where: str, *, may_stay_here: bool) -> list[Report]:
    """What a folder of JSON files, or the page at an address, says. Raises NotFetched, NotValid."""
    folder = Path(where)
    if folder.is_dir():
        there = [name for name in FILES if (folder / name).is_file()]
        if not there:
            raise NotFetched(f"{folder} holds neither {FILES[0]} nor {FILES[1]}")
        names = {COMPONENTS} if (folder / COMPONENTS).is_file() else set()
        return _reports(lambda name: read_json(folder / name), there, names)
    base = f"{base_of(where)}/api/v2"
    return _reports(lambda name: fetch_json(f"{base}/{name}", may_stay_here=may_stay_here), FILES, {COMPONENTS})


def _reports(read: Callable[[str], object], there: tuple[str, ...] | list[str], names: set[str]) -> list[Report]:
    known = read_component_names(read(COMPONENTS), called=COMPONENTS) if names else {}
    return [read_statuspage(read(name), called=name, names=known) for name in there]


def _tell(done: Imported, *, dry_run: bool) -> None:
    sys.stdout.write(f"{'Nothing is stored; it would be: ' if dry_run else ''}{done}\n")
    for title, ones in (("invalid", done.invalid), ("skipped", done.skipped)):
        for one in ones[:MOST_REASONS]:
            sys.stdout.write(f"  {title}: {one.where}: {one.reason}\n")
        if len(ones) > MOST_REASONS:
            sys.stdout.write(f"  and {len(ones) - MOST_REASONS} more {title}\n")


def _write(path: Path, past: list[Past]) -> int:
    """For `python -m rules replay`."""
    try:
        path.write_text("".join(f"{history.as_line(one)}\n" for one in past), encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"{path} cannot be written: {error.strerror}\n")
        return 2
    sys.stdout.write(
        f"{len(past)} past incidents are in {path}; try: python -m rules replay {path} --against OLD.yaml\n"
    )
    return 0
