"""Writing people back who were changed in memory: a few statements, whatever their number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from webapp.flow.consents import Consent
from webapp.flow.known_people import Known, each
from webapp.flow.subscribers import (
    Address,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    Subscription,
)

PERSON = ("name", "language", "external_id", "is_customer", "follows_everywhere", "time_zone")


def write(session: Session, people: Sequence[Known], *, now: datetime) -> None:
    """Store everybody who is new or changed, with their consents. Their ids are set."""
    new = [one for one in people if one.is_new]
    changed = [one for one in people if not one.is_new and one.changed]
    for number, one in zip(_numbers(session, len(new)), new, strict=True):
        one.id = number
    _insert(session, Subscriber, [_person(one, now) | {
        "id": one.id, "created_at": now, "wants_digest": False, "is_paused": False,
    } for one in new])  # fmt: skip
    if changed:
        table = SQLModel.metadata.tables["subscriber"]
        names = (
            "name",
            "language",
            "external_id",
            "is_customer",
            "follows_everywhere",
            "time_zone",
            "quiet_from_min",
            "quiet_to_min",
            "changed_at",
        )
        mine = sa.update(table).where(table.c.id == sa.bindparam("its_id"))
        mine = mine.values({name: sa.bindparam(f"new_{name}") for name in names})
        rows = [
            {"its_id": one.id} | {f"new_{name}": value for name, value in _person(one, now).items()} for one in changed
        ]
        session.connection().execute(mine, rows)
    everybody = [*new, *changed]
    _addresses(session, everybody)
    _replace(session, Subscription, [one for one in changed if "wishes" in one.changed],
             [{"subscriber_id": one.id, "component_id": part, "severity_floor": floor, "kinds": kinds}
              for one in everybody if "wishes" in one.changed for part, floor, kinds in one.wishes])  # fmt: skip
    _replace(session, SubscriberArea, [one for one in changed if "areas" in one.changed],
             [{"subscriber_id": one.id, "area_code": code, "is_on_file": code in one.on_file, "is_chosen": code in one.chosen}
              for one in everybody if "areas" in one.changed for code in sorted(one.on_file | one.chosen)])  # fmt: skip
    _replace(session, SubscriberPoint, [one for one in changed if "spots" in one.changed],
             [{"subscriber_id": one.id, "z": z, "radius_m": radius, "label": label, "is_on_file": is_on_file}
              for one in everybody if "spots" in one.changed for z, radius, label, is_on_file in one.spots])  # fmt: skip
    _replace(session, SubscriberSegment, [one for one in changed if "segments" in one.changed],
             [{"subscriber_id": one.id, "segment_code": code}
              for one in everybody if "segments" in one.changed for code in sorted(one.segments)])  # fmt: skip
    _insert(session, Consent, [
        {"subscriber_id": one.id, "channel": key[0], "value": key[1], "consent_class": sort, "is_given": is_given, "text": text,
         "source": source, "network": "", "at": at}
        for one in everybody for key, sort, is_given, text, source, at in one.consents])  # fmt: skip


def _person(one: Known, now: datetime) -> dict[str, Any]:
    first, last = one.quiet or (None, None)
    return {name: getattr(one, name) for name in PERSON} | {
        "quiet_from_min": first,
        "quiet_to_min": last,
        "changed_at": now,
    }


def _addresses(session: Session, people: Sequence[Known]) -> None:
    new, changed = [], []
    for one in people:
        for (channel, value), held in one.addresses.items():
            row = {
                "is_on_file": held.is_on_file,
                "confirmed_at": held.confirmed_at,
                "agreed_text": held.agreed_text,
                "source": held.source,
            }
            if held.id is None:
                new.append(row | {"subscriber_id": one.id, "channel": channel, "value": value, "suppressed_reason": ""})
            elif held.is_changed:
                changed.append({f"new_{name}": said for name, said in row.items()} | {"its_id": held.id})
    _insert(session, Address, new)
    if changed:
        table = SQLModel.metadata.tables["address"]
        mine = sa.update(table).where(table.c.id == sa.bindparam("its_id"))
        names = ("is_on_file", "confirmed_at", "agreed_text", "source")
        session.connection().execute(mine.values({name: sa.bindparam(f"new_{name}") for name in names}), changed)


def _replace(session: Session, table: type[SQLModel], before: Sequence[Known], rows: list[dict[str, Any]]) -> None:
    if before:
        owner = SQLModel.metadata.tables[str(table.__tablename__)].c.subscriber_id
        ids = each(session, [one.id for one in before])
        session.execute(sa.delete(table).where(owner.in_(ids)).execution_options(synchronize_session=False))
    _insert(session, table, rows)


def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Past the statement compiler, which would take longer than the database: each column's own conversion, once a value."""
    if not rows:
        return
    columns = SQLModel.metadata.tables[str(table.__tablename__)].c
    names = list(rows[0])
    dialect = session.get_bind().dialect
    converted = [_converted([row[name] for row in rows], columns[name].type, dialect) for name in names]
    mark = "?" if dialect.name == "sqlite" else "%s"
    told = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608  names of our own columns
    session.connection().exec_driver_sql(told, list(zip(*converted, strict=True)))


def _converted(values: list[Any], kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> list[Any]:
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]


def _numbers(session: Session, count: int) -> list[int]:
    """Ids for so many new people: from the sequence, or on SQLite, where we alone write now, the next ones."""
    if not count:
        return []
    if session.get_bind().dialect.name == "postgresql":
        taken = sa.text("SELECT nextval(pg_get_serial_sequence('subscriber', 'id')) FROM generate_series(1, :count)")
        return [int(one) for one in session.execute(taken, {"count": count}).scalars()]
    # Consents outlive their people: an id that one of them names is not given to somebody else.
    last = max(
        session.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one()
        for column in (col(Subscriber.id), col(Consent.subscriber_id))
    )
    return list(range(last + 1, last + 1 + count))
