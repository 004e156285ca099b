"""A snapshot from the database: six bulk reads of whole numbers, then sorting. A second for a million people."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from webapp.flow import changes
from webapp.flow.snapshot import Arrays, Ints, Snapshot, Sorts, Words

AT_ONCE = 200_000  # rows
MOST_BITS = 62
CHANNEL = "SELECT channel, row_number() OVER (ORDER BY channel) - 1 AS n FROM (SELECT DISTINCT channel FROM address) a"
LANGUAGE = (
    "SELECT language, row_number() OVER (ORDER BY language) - 1 AS n FROM (SELECT DISTINCT language FROM subscriber) s"
)
AREA = "SELECT area_code, row_number() OVER (ORDER BY area_code) - 1 AS n FROM (SELECT DISTINCT area_code FROM subscriber_area) a"
SEGMENT = "SELECT segment_code, row_number() OVER (ORDER BY segment_code) - 1 AS n FROM (SELECT DISTINCT segment_code FROM subscriber_segment) s"
WISHED = "coalesce(CAST(component_id AS text), '') AS part, severity_floor, kinds"
WISH = f"SELECT part, severity_floor, kinds, row_number() OVER (ORDER BY part, severity_floor, kinds) - 1 AS n FROM (SELECT DISTINCT {WISHED} FROM subscription) s"  # noqa: S608  our own words
PEOPLE = f"""SELECT s.id, CAST(l.n AS bigint), CAST((CASE WHEN s.is_customer THEN 1 ELSE 0 END)
    + (CASE WHEN s.follows_everywhere THEN 2 ELSE 0 END) + (CASE WHEN s.is_paused THEN 4 ELSE 0 END) AS bigint)
    FROM subscriber s JOIN ({LANGUAGE}) l ON l.language = s.language"""  # noqa: S608
ADDRESSES = f"""SELECT a.subscriber_id, CAST(c.n AS bigint), CAST((CASE WHEN a.confirmed_at IS NOT NULL THEN 1 ELSE 0 END)
    + (CASE WHEN a.is_on_file THEN 2 ELSE 0 END) + (CASE WHEN a.is_on_file AND a.service_refused_at IS NULL THEN 4 ELSE 0 END) AS bigint)
    FROM address a JOIN ({CHANNEL}) c ON c.channel = a.channel WHERE a.suppressed_at IS NULL"""  # noqa: S608
POINTS = "SELECT subscriber_id, z, CAST(CASE WHEN is_on_file THEN 1 ELSE 0 END AS bigint) FROM subscriber_point WHERE radius_m <= 0"
WIDE_POINTS = (
    "SELECT subscriber_id, z, CASE WHEN is_on_file THEN 1 ELSE 0 END, radius_m FROM subscriber_point WHERE radius_m > 0"
)
AREAS = f"""SELECT p.subscriber_id, CAST(a.n AS bigint), CAST(CASE WHEN p.is_chosen THEN 1 ELSE 0 END AS bigint)
    FROM subscriber_area p JOIN ({AREA}) a ON a.area_code = p.area_code"""  # noqa: S608
WISHES = f"""SELECT s.subscriber_id, CAST(w.n AS bigint) FROM (SELECT subscriber_id, {WISHED} FROM subscription) s
    JOIN ({WISH}) w ON w.part = s.part AND w.severity_floor = s.severity_floor AND w.kinds = s.kinds"""  # noqa: S608
SEGMENTS = f"""SELECT p.subscriber_id, CAST(s.n AS bigint)
    FROM subscriber_segment p JOIN ({SEGMENT}) s ON s.segment_code = p.segment_code"""  # noqa: S608


def build(session: Session) -> Snapshot:
    """Everybody as this transaction sees them. On PostgreSQL it should be `REPEATABLE READ`."""
    mark = changes.next_mark(session)
    channels, languages = _words(session, CHANNEL), _words(session, LANGUAGE)
    areas, segments, wishes = _words(session, AREA), _words(session, SEGMENT), _words(session, WISH)
    people = _whole(session, PEOPLE, 3)
    people = people[np.argsort(people[:, 0], kind="stable")]
    ids = people[:, 0].copy()
    confirmed, on_file, served = _masks(_whole(session, ADDRESSES, 3), ids)
    wish_set, wish_sets = _sets(_whole(session, WISHES, 2), ids, len(wishes))
    segment_set, segment_sets = _sets(_whole(session, SEGMENTS, 2), ids, len(segments))
    columns = [people[:, 2], people[:, 1], confirmed, on_file, served, wish_set, segment_set]
    first, sort = _sorted_out(columns)
    sorts = Sorts(
        is_customer=(people[first, 2] & 1).astype(bool), follows_everywhere=(people[first, 2] & 2).astype(bool),
        is_paused=(people[first, 2] & 4).astype(bool), language=people[first, 1].copy(), confirmed=confirmed[first], on_file=on_file[first],
        served=served[first], wishes=wish_set[first], segments=segment_set[first],
    )  # fmt: skip
    words = Words(
        tuple(row[0] for row in channels), tuple(row[0] for row in languages), tuple(row[0] for row in areas),
        tuple(tuple(_wish(wishes[number]) for number in some) for some in wish_sets),
        tuple(tuple(segments[number][0] for number in some) for some in segment_sets),
    )  # fmt: skip
    return Snapshot(_arrays(session, ids, sort, len(areas)), sorts, words, mark)


def _arrays(session: Session, ids: Ints, sort: Ints, areas: int) -> Arrays:
    points, wide = _whole(session, POINTS, 3), _mixed(session, WIDE_POINTS)
    z = np.concatenate([points[:, 1], wide["z"]])
    person = np.searchsorted(ids, np.concatenate([points[:, 0], wide["person"]]))
    on_file = np.concatenate([points[:, 2], wide["on_file"]]).astype(bool)
    radius = np.concatenate([np.zeros(len(points)), wide["radius_m"]])
    order = np.argsort(z, kind="stable")
    z, person, on_file, radius = z[order], person[order], on_file[order], radius[order]
    first_point = np.full(len(ids), len(z), dtype=np.int64)
    np.minimum.at(first_point, person, np.arange(len(z)))
    by_place = np.argsort(first_point, kind="stable")
    number = np.empty(len(ids), dtype=np.int32)
    number[by_place] = np.arange(len(ids), dtype=np.int32)
    coded = _whole(session, AREAS, 3)
    coded = coded[np.argsort(coded[:, 1], kind="stable")]
    is_wide = np.flatnonzero(radius > 0)
    return Arrays(
        person_id=ids[by_place], by_id=number, sort=sort[by_place].astype(np.int32), z=z,
        point_person=number[person], point_on_file=on_file, wide=is_wide, wide_radius_m=radius[is_wide],
        area_start=np.searchsorted(coded[:, 1], np.arange(areas + 1)).astype(np.int64),
        area_person=number[np.searchsorted(ids, coded[:, 0])], area_chosen=coded[:, 2].astype(bool),
    )  # fmt: skip


def _masks(addresses: Ints, ids: Ints) -> tuple[Ints, Ints, Ints]:
    """Per person a bit for each channel: confirmed, on file, served."""
    masks = tuple(np.zeros(len(ids), dtype=np.int64) for _ in range(3))
    person, channel, marks = np.searchsorted(ids, addresses[:, 0]), addresses[:, 1], addresses[:, 2]
    for number in range(int(channel.max(initial=-1)) + 1):
        for bit, mask in enumerate(masks):
            mask[person[(channel == number) & (marks >> bit & 1 == 1)]] |= np.int64(1) << number
    return masks[0], masks[1], masks[2]


def _sets(pairs: Ints, ids: Ints, size: int) -> tuple[Ints, list[tuple[int, ...]]]:
    """Per person the number of their set of things, and the sets; number 0 is the empty set."""
    person, thing = np.searchsorted(ids, pairs[:, 0]), pairs[:, 1]
    once = np.unique(person * max(size, 1) + thing)
    person, thing = np.divmod(once, max(size, 1))
    start = np.searchsorted(person, np.arange(len(ids) + 1))
    known: dict[tuple[int, ...], int] = {(): 0}
    number = np.zeros(len(ids), dtype=np.int64)
    single = np.diff(start) == 1
    for each in np.unique(thing[start[:-1][single]]).tolist():
        known[each,] = len(known)
    table = np.array([known.get((each,), 0) for each in range(size)], dtype=np.int64)
    number[single] = table[thing[start[:-1][single]]] if size else 0
    things, starts = thing.tolist(), start.tolist()
    for one in np.flatnonzero(np.diff(start) > 1).tolist():
        number[one] = known.setdefault(tuple(things[starts[one] : starts[one + 1]]), len(known))
    return number, list(known)


def _sorted_out(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """One person of each sort, and everybody's sort."""
    both, bits = np.zeros(len(columns[0]), dtype=np.int64), 0
    for column in columns:
        more = max(int(column.max(initial=0)).bit_length(), 1)
        if bits + more > MOST_BITS:
            both = np.unique(both, return_inverse=True)[1].astype(np.int64)
            bits = int(both.max(initial=0)).bit_length()
        if bits + more > MOST_BITS:
            column = np.unique(column, return_inverse=True)[1].astype(np.int64)  # noqa: PLW2901  the same, in fewer bits
            more = max(int(column.max(initial=0)).bit_length(), 1)
        both, bits = both << more | column, bits + more
    _, first, sort = np.unique(both, return_index=True, return_inverse=True)
    return first, sort


def _wish(row: Sequence[Any]) -> tuple[str | None, str, str]:
    return (row[0].replace("-", "") or None, row[1], row[2])


def _words(session: Session, query: str) -> list[Sequence[Any]]:
    return sorted(session.execute(sa.text(query)).all(), key=lambda row: int(row[-1]))


def _whole(session: Session, query: str, columns: int) -> Ints:
    """Rows of whole numbers, none NULL. Shape (rows, columns)."""
    if session.get_bind().dialect.name == "sqlite":
        parts = [np.array(rows, dtype=np.int64) for rows in _sqlite_rows(session, query)]
        return np.concatenate(parts) if parts else np.empty((0, columns), dtype=np.int64)
    fields = [item for number in range(columns) for item in ((f"length{number}", ">i4"), (f"value{number}", ">i8"))]
    rows = _copied(session, query, np.dtype([("fields", ">i2"), *fields]))
    return np.column_stack([rows[f"value{number}"].astype(np.int64) for number in range(columns)])


def _mixed(session: Session, query: str) -> NDArray[Any]:
    """The few points with a circle of their own; their radius is no whole number."""
    rows = [tuple(row) for row in session.execute(sa.text(query))]
    return np.array(
        rows, dtype=[("person", np.int64), ("z", np.int64), ("on_file", np.int64), ("radius_m", np.float64)]
    )


def _sqlite_rows(session: Session, query: str) -> Iterator[list[tuple[int, ...]]]:
    connection: Any = session.connection().connection.driver_connection
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(AT_ONCE):
        yield rows


def _copied(session: Session, query: str, row: np.dtype[Any]) -> NDArray[Any]:
    """PostgreSQL's binary COPY: a head of 19 bytes, rows of equal length, an end of 2."""
    connection: Any = session.connection().connection.driver_connection
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        for part in copy:
            buffer.write(part)
    return np.frombuffer(buffer.getbuffer()[19:-2], dtype=row)
