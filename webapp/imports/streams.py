"""Rows of a file as a stream: CSV by the csv module, JSON by ijson; never more than a few rows in memory."""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import ijson

from webapp.imports.entry import Record, Unreadable
from webapp.imports.shape import Shape

Parts = Callable[[], Iterator[bytes]]  # the file's bytes from its beginning, as often as they are asked for
LONGEST_CELL = 1_000_000
HOLDERS = frozenset({"data", "subscribers", "subscriptions", "items", "results"})  # names of the list of subscribers
csv.field_size_limit(LONGEST_CELL)


def lines(parts: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Text in lines that keep their ends, as csv wants them. What is not of this encoding becomes a question mark."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    for part in parts:
        rest += decoder.decode(part)
        *whole, rest = rest.split("\n")
        for line in whole:
            yield f"{line}\n"
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def csv_rows(parts: Iterable[bytes], shape: Shape) -> Iterator[list[str]]:
    """Every row that is not empty, the header too. Raises Unreadable."""
    text = (line.replace("\0", "") for line in lines(parts, shape.encoding))
    reader = csv.reader(text, delimiter=shape.delimiter)
    try:
        for row in reader:
            if any(cell and not cell.isspace() for cell in row):
                yield row
    except csv.Error as mistake:
        raise Unreadable(
            f"Line {reader.line_num} cannot be read as CSV ({mistake}); look for a quote that is not closed"
        ) from None


def csv_records(parts: Iterable[bytes], shape: Shape, *, has_header: bool) -> Iterator[Record]:
    """Rows by the names of their columns; without a header, by their numbers from 0. Cells beyond the header go under "+"."""
    rows = csv_rows(parts, shape)
    if not has_header:
        for row in rows:
            yield {str(number): cell for number, cell in enumerate(row)}
        return
    next(rows, None)
    names, width = shape.columns, len(shape.columns)
    for row in rows:
        record: Record = dict(zip(names, row, strict=False))
        if len(row) > width:
            record["+"] = shape.delimiter.join(row[width:])
        yield record


class _Bytes:
    """Parts as a file, in UTF-8 whatever they were written in."""

    def __init__(self, parts: Iterable[bytes], encoding: str) -> None:
        if encoding in {"utf-8", "utf-8-sig"}:
            self.parts = iter(parts)
        else:
            self.parts = (line.lstrip("\ufeff").encode() for line in lines(parts, encoding))
        self.rest = b""

    def read(self, size: int = -1) -> bytes:
        """At least a byte unless it is over; the size is a wish."""
        while not self.rest:
            part = next(self.parts, None)
            if part is None:
                return b""
            self.rest = part.removeprefix(codecs.BOM_UTF8)
        some, self.rest = (self.rest, b"") if size < 0 else (self.rest[:size], self.rest[size:])
        return some


def json_records(parts: Iterable[bytes], shape: Shape) -> Iterator[Record]:
    """Every object at the shape's path. Raises Unreadable."""
    found = ijson.items(_Bytes(parts, shape.encoding), shape.path, use_float=True, multiple_values=True)
    number = 0
    try:
        for number, one in enumerate(found, start=1):
            if not isinstance(one, dict):
                raise Unreadable(f"Entry {number} is not an object in braces; each subscriber must be one")
            yield cast("Record", one)
    except ijson.JSONError as mistake:
        said = " ".join(str(mistake).split())[:120]
        raise Unreadable(f"After entry {number} it is not JSON any more ({said}); was it cut off?") from None


def json_path(parts: Iterable[bytes], encoding: str) -> str:
    """Where the rows are: the list of the whole file, one under a name that tools use for it, or one object a line. Raises Unreadable."""
    try:
        for prefix, event, _ in ijson.parse(_Bytes(parts, encoding), multiple_values=True):
            if event == "start_array" and (prefix in HOLDERS or not prefix):
                return f"{prefix}.item" if prefix else "item"
            if event == "end_map" and not prefix:
                return ""
    except ijson.JSONError:
        raise Unreadable("It begins like JSON and is none; was it cut off?") from None
    raise Unreadable("There is nothing in it")
