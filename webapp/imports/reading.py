"""From a file to entries: the records of its shape, columns under the names that somebody chose for them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from webapp.imports import streams
from webapp.imports.entry import Entry, Invalid, Record
from webapp.imports.formats import own
from webapp.imports.recognise import FORMATS
from webapp.imports.shape import Shape
from webapp.imports.streams import Parts

OUTCOME, REASON = "sveg_outcome", "sveg_reason"
DONE = frozenset({"created", "updated", "skipped"})
OUTCOMES = DONE | {"invalid"} | {f"would be {each}" for each in DONE}


class Read(NamedTuple):
    """One row: as it stood in the file, and what it says or why it says nothing."""

    record: Record
    entry: Entry | None
    problem: str = ""


def records(parts: Parts, shape: Shape) -> Iterator[Record]:
    """Rows as they stand in the file. Raises Unreadable where it ends being one."""
    if shape.is_json:
        return streams.json_records(parts(), shape)
    if FORMATS[shape.format].has_header:
        return streams.csv_records(parts(), shape, has_header=True)
    return (_without_outcome(record) for record in streams.csv_records(parts(), shape, has_header=False))


def _without_outcome(record: Record) -> Record:
    """Rows without a header carry the outcome of an earlier import in their last two cells."""
    cells = list(record.values())
    if len(cells) < 4 or cells[-2] not in OUTCOMES:
        return record
    return dict(list(record.items())[:-2]) | {OUTCOME: cells[-2], REASON: cells[-1]}


def fields(shape: Shape, mapping: Mapping[str, str]) -> dict[str, str]:
    """Our name for each column: as chosen ("-" = leave it out), else as it is called; "" = not read."""
    if not FORMATS[shape.format].may_map:
        return {column: column.strip().lower() for column in shape.columns}
    known = {column: mapping.get(column) or own.field_of(column) for column in shape.columns}
    return {column: "" if name == "-" else name for column, name in known.items()}


def reads(parts: Parts, shape: Shape, mapping: Mapping[str, str]) -> Iterator[Read]:
    """Every row of the file. Raises Unreadable."""
    chosen, format_ = fields(shape, mapping), FORMATS[shape.format]
    is_table = not shape.is_json and format_.has_header
    said = tuple((column, name) for column, name in chosen.items() if name)
    for record in records(parts, shape):
        if OUTCOME in record and str(record[OUTCOME]).strip().lower() in DONE:
            yield Read(record, Entry(skip="Done by an earlier import"))
            continue
        if "+" in record:
            problem = f"It has more cells than the header has columns ({len(shape.columns)}); look for a separator inside a text without quotes"
            yield Read(record, None, problem)
            continue
        if is_table:
            named: Record = {name: value for column, name in said if (value := record.get(column))}
        else:
            named = _renamed(record, chosen) if format_.may_map else record
        try:
            yield Read(record, format_.read(named))
        except Invalid as mistake:
            yield Read(record, None, str(mistake))


def _renamed(record: Record, chosen: Mapping[str, str]) -> Record:
    """Later objects may have keys that the first had not."""
    named: Record = {}
    for column, value in record.items():
        name = chosen.get(column)
        name = own.field_of(column) if name is None else name
        if name and value is not None and value != "":
            named[name] = value
    return named
