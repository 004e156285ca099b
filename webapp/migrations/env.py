"""Alembic's entry: runs on the connection that it is handed (webapp.db.upgrade), or on DATABASE_URL for a developer."""

from typing import Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from webapp import config, db
from webapp.flow import tables


def _plain(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write types as a migration should know them for ever, not as our classes are called today."""
    if kind == "type" and isinstance(item, db.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, db.Word | AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run(connection: sa.Connection) -> None:
    """Migrate one connection; SQLite changes tables by copying them."""
    context.configure(
        connection=connection,
        target_metadata=tables.METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=_plain,
    )
    with context.begin_transaction():
        context.run_migrations()


assert tables.METADATA is SQLModel.metadata  # noqa: S101  importing the tables is what fills it
given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with db.make_engine(config.read().database_url).begin() as own:
        run(own)
