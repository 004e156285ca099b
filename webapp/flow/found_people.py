"""People who were found, kept for one transaction as a temporary table: found once, joined as often as needed.

A table that no longer is wanted goes with its transaction on PostgreSQL, and before the commit (or by the rollback) on SQLite.
"""

from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join
from sqlmodel import Session

NUMBERS = count(1)
NAMES = "found_people"  # in `Session.info`: tables to drop


def kept(session: Session, people: sa.Select[Any], *, for_long: bool) -> sa.FromClause:
    """Rows of subscriber id, is_there, is_chosen. `for_long`: as a table; else worked out wherever it is used."""
    if not for_long:
        return people.subquery()
    name, is_sqlite = f"{NAMES}_{next(NUMBERS)}", session.get_bind().dialect.name == "sqlite"
    columns = "subscriber_id BIGINT NOT NULL, is_there SMALLINT NOT NULL, is_chosen SMALLINT NOT NULL"
    if not is_sqlite:
        # Compiling a query over 100,000 rows takes longer than answering it.
        session.execute(sa.text("SET LOCAL jit = off"))
    session.execute(sa.text(f"CREATE TEMPORARY TABLE {name} ({columns}){'' if is_sqlite else ' ON COMMIT DROP'}"))
    table = sa.table(name, sa.column("subscriber_id", sa.BigInteger), sa.column("is_there", sa.SmallInteger), sa.column("is_chosen", sa.SmallInteger))  # fmt: skip
    session.execute(sa.insert(table).from_select(["subscriber_id", "is_there", "is_chosen"], people))
    if is_sqlite:
        _drop_later(session, name)
    else:
        # Without figures the planner takes a new table for a small one, and then visits each person alone.
        session.execute(sa.text(f"ANALYZE {name}"))
    return table


class Ordered(Join):
    """A join that SQLite reads from left to right: else it goes through everybody and looks for each among the few."""

    inherit_cache = True


@compiles(Ordered)
def _as_any(join: Ordered, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.visit_join(join, **options))  # type: ignore[no-untyped-call]  # SQLAlchemy's own


@compiles(Ordered, "sqlite")
def _as_sqlite(join: Ordered, compiler: SQLCompiler, asfrom: bool = False, **options: Any) -> str:  # noqa: ARG001  SQLAlchemy's signature
    left, right = (compiler.process(side, asfrom=True, **options) for side in (join.left, join.right))
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause, **options)}"  # type: ignore[arg-type]  # it has one


def _drop_later(session: Session, name: str) -> None:
    if NAMES not in session.info:
        session.info[NAMES] = []
        event.listen(session, "before_commit", _drop)
        event.listen(session, "after_rollback", _forget)
    session.info[NAMES].append(name)


def _drop(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for name in session.info[NAMES]:
        session.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
    session.info[NAMES].clear()


def _forget(session: Session) -> None:
    """A rollback has taken the tables with it."""
    session.info[NAMES].clear()
