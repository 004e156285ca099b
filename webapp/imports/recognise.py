"""Which format a file is in: by its first row, or by what somebody chose."""

from itertools import islice

from webapp.imports import shape as shapes
from webapp.imports import streams
from webapp.imports.entry import Record, Unreadable
from webapp.imports.format import Format
from webapp.imports.formats import (
    better_stack,
    cachet,
    checkly,
    ilert,
    instatus,
    listmonk,
    own,
    sorry,
    statuspage,
)
from webapp.imports.shape import Shape
from webapp.imports.streams import Parts

# Those with marks of their own first; ours takes what is left.
FORMATS = {
    one.name: one
    for one in (
        statuspage.CSV, statuspage.API, instatus.FORMAT, better_stack.FORMAT, sorry.FORMAT, ilert.FORMAT, checkly.FORMAT,
        listmonk.FORMAT, cachet.FORMAT, own.CSV, own.JSON,
    )
}  # fmt: skip
SAMPLE = 5


def look(parts: Parts, *, chosen: str = "") -> Shape:
    """What a file is written in. `chosen`: the name of a format; "" = find out. Raises Unreadable."""
    encoding, notices = shapes.encoding_of(parts())
    head = "".join(islice(streams.lines(islice(parts(), 1), encoding), 200)).lstrip("\ufeff")
    if not head.strip():
        raise Unreadable("There is nothing in it")
    is_json = head.lstrip()[:1] in {"{", "["}
    shape = Shape(encoding=encoding, is_json=is_json, notices=notices)
    if is_json:
        shape.path = streams.json_path(parts(), encoding)
    else:
        shape.delimiter = shapes.delimiter_of(head)
    first = _first(parts, shape)
    shape.format = _named(shape, first, chosen).name
    if not FORMATS[shape.format].has_header:
        shape.columns = list(first)
    return shape


def _first(parts: Parts, shape: Shape) -> Record:
    """The first row, whose keys also stand for the header; columns are noted."""
    if shape.is_json:
        found = next(streams.json_records(parts(), shape), None)
        if found is None:
            raise Unreadable("The list in it is empty")
        shape.columns = list(found)
        return found
    rows = streams.csv_rows(parts(), shape)
    header = next(rows, [])
    shape.columns = unique([name.strip().lstrip("\ufeff") for name in header])
    numbered: Record = {str(number): cell for number, cell in enumerate(header)}
    return numbered | dict(zip(shape.columns, next(rows, []), strict=False))


def unique(names: list[str]) -> list[str]:
    """Columns without a name, or with one that was there before, get their place as a name."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        found.append(name if name and name not in found else f"column {number}")
    return found


def _named(shape: Shape, first: Record, chosen: str) -> Format:
    usable = [one for one in FORMATS.values() if one.is_json == shape.is_json]
    if chosen:
        if chosen not in {one.name for one in usable}:
            titles = ", ".join(one.name for one in usable)
            raise Unreadable(f"It is {'JSON' if shape.is_json else 'CSV'}; choose one of {titles}")
        return FORMATS[chosen]
    names = frozenset(name.strip().lower() for name in shape.columns)
    fitting = [one for one in usable if one.fits(names, first)]
    sure = [one for one in fitting if not one.may_map]
    if len(sure) > 1:
        raise Unreadable(f"It may be {' or '.join(one.title for one in sure)}; choose which")
    if fitting:
        return (sure or fitting)[0]
    if shape.is_json:
        raise Unreadable(
            f"Its objects have {', '.join(sorted(names)[:8])}: none of these says who it is; it needs email, phone, address or external_id"
        )
    shape.notices.append("None of its columns says who it is: choose below what they hold.")
    return own.CSV
