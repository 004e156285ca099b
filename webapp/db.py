"""The store: one engine, two ways to open it (reading, writing), and the column types that keep our promises."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel

try:
    import pysqlite3.dbapi2 as sqlite  # a newer SQLite than the interpreter's
except ImportError:
    import sqlite3 as sqlite

WAL_IS_SAFE_FROM = (3, 51, 3)  # earlier versions can corrupt a WAL database
Row = TypeVar("Row", bound=SQLModel)

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment: aware in, UTC in the store, aware UTC out. A naive one is refused, for nobody knows what it means."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Raises ValueError for a naive moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; give an aware moment")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Word(sa.TypeDecorator[StrEnum]):
    """A member of a closed list, stored as its word."""

    impl = sa.String(24)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(length=24)
        self.words, self.length = words, 24

    def process_bind_param(self, value: StrEnum | str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        """Raises ValueError for a word outside the list."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:  # noqa: ARG002  SQLAlchemy's signature
        """The member."""
        return None if value is None else self.words(value)


def moment(**options: Any) -> Any:
    """A field that holds a moment."""
    return Field(sa_type=UtcDateTime, **options)


def word(words: type[StrEnum], **options: Any) -> Any:
    """A field that holds one word of a closed list."""
    return Field(sa_type=Word(words), **options)


def json_field(**options: Any) -> Any:
    """A field that holds JSON, compared and stored as a whole."""
    return Field(sa_type=sa.JSON, **options)


def make_engine(url: str) -> sa.Engine:
    """An engine for SQLite or PostgreSQL. SQLite: writers take the lock at BEGIN, readers never do."""
    if url.startswith("postgres"):
        return sa.create_engine(_psycopg(url), pool_pre_ping=True, pool_size=8, max_overflow=24)
    engine = sa.create_engine(url, module=_sqlite(), connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _psycopg(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def _sqlite() -> ModuleType:
    return sqlite  # type: ignore[no-any-return]  # pysqlite3 has no types


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    wal = sqlite.sqlite_version_info >= WAL_IS_SAFE_FROM
    for pragma in (
        "busy_timeout=30000",
        f"journal_mode={'WAL' if wal else 'TRUNCATE'}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def writing(engine: sa.Engine) -> Session:
    """A session that may change things. Rows stay readable after commit and close."""
    return Session(engine, expire_on_commit=False)


def reading(engine: sa.Engine) -> Session:
    """A session that takes no write lock."""
    return Session(engine.execution_options(reading=True), expire_on_commit=False)


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[Session]:
    """One transaction: committed if the block ends well, else rolled back."""
    with writing(engine) as session:
        yield session
        session.commit()


def add(session: Session, row: Row) -> Row:
    """Put a new row into this transaction and give it back."""
    session.add(row)
    session.flush()
    return row


def changed_one(session: Session, statement: sa.Update) -> bool:
    """Run a conditional UPDATE; True if it changed its one row, False if somebody else was first."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount


def upgrade(url: str) -> None:
    """Bring a database to the newest schema; makes the SQLite file and its folder. May be repeated."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        engine.dispose()
