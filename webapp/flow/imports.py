"""A chunk of rows of a file: read, matched with whom we know, merged, written, and told row by row in the result."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from webapp.flow import import_jobs, import_merging, known_people, known_writing, letters, suppressions
from webapp.flow.import_jobs import ImportJob
from webapp.flow.import_lookups import Lookups
from webapp.flow.import_merging import Outcome, keys_of
from webapp.flow.import_rows import Row, Skipped, row_of
from webapp.flow.known_people import Key, Known
from webapp.flow.organisation import organisation
from webapp.imports.entry import Invalid
from webapp.imports.reading import OUTCOME, REASON, Read
from webapp.imports.recognise import FORMATS
from webapp.imports.shape import Shape

MOST_REASONS = 40
WELCOME_LIFE = timedelta(days=3)
RISKY = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?[\d ().,/]*")
WELCOME = {
    "en": ("{name} will tell you what concerns you", "You are on the list of those whom {name} tells about what concerns them. Change what you get, or leave: {link}"),
    "sv": ("{name} meddelar dig det som rör dig", "Du står på listan över dem som {name} meddelar om det som rör dem. Ändra vad du får, eller lämna: {link}"),
}  # fmt: skip


class Prepared(NamedTuple):
    """A row of the file with what it means, or why it means nothing."""

    read: Read
    row: Row | None
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(slots=True)
class Tried:
    """Whom a try would have made so far: later rows about them are no new people. Hashes, for there may be a million."""

    seen: dict[int, int] = field(default_factory=dict)

    def outcome(self, row: Row) -> Outcome:
        """What a row would come to about somebody who is not stored."""
        content = hash(
            (row.name, row.wish, row.areas, row.points, row.segments, row.quiet, row.time_zone, row.is_asked)
        )
        known = [self.seen.get(hash(key)) for key in keys_of(row)]
        before = next((one for one in known if one is not None), None)
        for key in keys_of(row):
            self.seen[hash(key)] = content
        if before is None:
            return Outcome.created
        return Outcome.skipped if before == content and None not in known else Outcome.updated


def prepare(session: Session, reads: Sequence[Read], lookups: Lookups) -> list[Prepared]:
    """Check and look up; the slow part, for which nothing is locked."""
    found = []
    for read in reads:
        if read.entry is None:
            found.append(Prepared(read, None, Outcome.invalid, read.problem))
            continue
        try:
            found.append(Prepared(read, row_of(session, read.entry, lookups)))
        except Skipped as answer:
            found.append(Prepared(read, None, Outcome.skipped, str(answer)))
        except Invalid as mistake:
            found.append(Prepared(read, None, Outcome.invalid, str(mistake)))
    return found


def do_chunk(
    session: Session,
    job: ImportJob,
    chunk: Sequence[Prepared],
    lookups: Lookups,
    *,
    tried: Tried,
    link: Callable[[int], str],
    now: datetime,
) -> None:
    """Merge these rows and note what became of them; trying it stores only that."""
    is_real = not job.is_dry_run
    told, people = _merged(session, chunk, tried, to_change=is_real, now=now)
    if is_real:
        session.add_all(lookups.new_segments.values())
        session.flush()
        lookups.new_segments.clear()
        new = [one for one in people if one.is_new]
        known_writing.write(session, people, now=now)
        if job.chosen.welcome:
            _welcome(session, new, link, now=now)
    _count(job, told)
    import_jobs.keep_result(session, job, _result(job, chunk, told))
    session.add(job)


def _merged(
    session: Session, chunk: Sequence[Prepared], tried: Tried, *, to_change: bool, now: datetime
) -> tuple[list[tuple[Outcome, str]], list[Known]]:
    rows = [each.row for each in chunk if each.row is not None]
    keys = {key for row in rows for key in keys_of(row)}
    known = known_people.load(session, keys, to_change=to_change)
    unknown = [key for key in keys if key not in known and key[0] != known_people.EXTERNAL]
    barred = {key: one.reason for key, one in suppressions.kept_out(session, unknown).items()}
    told, people = [], {id(one): one for one in known.values()}
    for each in chunk:
        if each.row is None:
            told.append((each.outcome or Outcome.invalid, each.reason))
            continue
        try:
            person = import_merging.person_of(each.row, known)
            outcome, reason = import_merging.merge(each.row, person, barred, now=now)
        except Invalid as mistake:
            told.append((Outcome.invalid, str(mistake)))
            continue
        if outcome in {Outcome.created, Outcome.updated}:
            people[id(person)] = person
            known |= dict.fromkeys(keys_of(each.row), person)
        if not to_change and person.is_new and outcome is Outcome.created:
            outcome = tried.outcome(each.row)
            reason = reason or ("An earlier row is the same" if outcome is Outcome.skipped else "")
        told.append((outcome, reason))
    return told, list(people.values())


def _count(job: ImportJob, told: Sequence[tuple[Outcome, str]]) -> None:
    outcomes = Counter(outcome for outcome, _ in told)
    job.rows += len(told)
    job.created += outcomes[Outcome.created]
    job.updated += outcomes[Outcome.updated]
    job.skipped += outcomes[Outcome.skipped]
    job.invalid += outcomes[Outcome.invalid]
    reasons = dict(job.reasons)
    for outcome, reason in told:
        said = f"{outcome}: {general(reason)}" if reason else ""
        if said and (said in reasons or len(reasons) < MOST_REASONS):
            reasons[said] = reasons.get(said, 0) + 1
    job.reasons = reasons


def general(reason: str) -> str:
    """Without the value that it begins with and without days, so that the same mistakes count together."""
    return re.sub(r"\d{4}-\d\d-\d\d", "…", re.sub(r"^(['\"]).*?\1 ", "… ", reason))


def _result(job: ImportJob, chunk: Sequence[Prepared], told: Sequence[tuple[Outcome, str]]) -> bytes:
    shape, is_first = job.read_as, job.rows == len(told)
    said = [(f"would be {outcome}" if job.is_dry_run and outcome is not Outcome.invalid else str(outcome), reason) for outcome, reason in told]  # fmt: skip
    if shape.is_json:
        lines = [
            {**each.read.record, OUTCOME: outcome, REASON: reason}
            for each, (outcome, reason) in zip(chunk, said, strict=True)
        ]
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
    return _table(shape, chunk, said, is_first=is_first)


def _table(shape: Shape, chunk: Sequence[Prepared], said: Sequence[tuple[str, str]], *, is_first: bool) -> bytes:
    """The columns of the file as they were, then two of ours. UTF-8 with its mark, for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=shape.delimiter, lineterminator="\n")
    has_header = FORMATS[shape.format].has_header
    columns = [one for one in shape.columns if one not in {OUTCOME, REASON}]
    if is_first and has_header:
        writer.writerow([safe(one) for one in [*columns, OUTCOME, REASON]])
    for each, (outcome, reason) in zip(chunk, said, strict=True):
        record = each.read.record
        cells = (
            [record.get(one, "") for one in columns] if has_header else [v for k, v in record.items() if k.isdigit()]
        )
        writer.writerow([*(safe(str(cell)) for cell in cells), outcome, safe(reason)])
    return ("\ufeff" if is_first else "").encode() + text.getvalue().encode()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers with a plus stay as they are. Reading takes the apostrophe off again."""
    return f"'{cell}" if cell.startswith(RISKY) and not NUMBER.fullmatch(cell) else cell


def _welcome(session: Session, new: Sequence[Known], link: Callable[[int], str], *, now: datetime) -> None:
    name = organisation(session).name
    for person in new:
        key: Key | None = next((key for key, held in person.addresses.items() if held.confirmed_at), None)
        if key is not None:
            subject, body = WELCOME.get(person.language, WELCOME["en"])
            letters.write(session, *key, subject=subject.format(name=name), body=body.format(name=name, link=link(person.id)),
                          language=person.language, now=now, life=WELCOME_LIFE)  # fmt: skip
