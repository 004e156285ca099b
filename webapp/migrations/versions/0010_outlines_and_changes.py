"""Outlines of areas, saved areas and which subscribers changed

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PEOPLE = {
    "subscriber": "id",
    "address": "subscriber_id",
    "subscriber_point": "subscriber_id",
    "subscriber_area": "subscriber_id",
    "subscriber_segment": "subscriber_id",
    "subscription": "subscriber_id",
}


def upgrade() -> None:
    op.create_table(
        "area_outline",
        sa.Column("area_code", sa.String(length=40), nullable=False),
        sa.Column("geojson", sa.String(), nullable=False),
        sa.Column("square_km", sa.Float(), nullable=False),
        sa.Column("holds_points", sa.Boolean(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_area_outline_area_code")),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_area_outline")),
    )
    op.create_table(
        "saved_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["saved_by_id"], ["person.id"], name=op.f("fk_saved_area_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_area")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_area_name")),
    )
    op.create_index(op.f("ix_area_parent_code"), "area", ["parent_code"])
    op.add_column("incident_area", sa.Column("geojson", sa.String(), nullable=True))
    op.add_column("incident_area", sa.Column("is_excluded", sa.Boolean(), nullable=False, server_default=sa.false()))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "subscriber_change",
        sa.Column("id", big, nullable=False),
        sa.Column("subscriber_id", big, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_change")),
    )
    op.create_index(op.f("ix_subscriber_change_mark"), "subscriber_change", ["mark"])
    op.create_index(
        "ix_subscriber_point_wide", "subscriber_point", ["z"],
        sqlite_where=sa.text("radius_m > 0"), postgresql_where=sa.text("radius_m > 0"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        _watch_on_sqlite()
    else:
        _watch_on_postgresql()


# ruff: noqa: S608  names of our own tables


def _watch_on_sqlite() -> None:
    """Writers take turns, so that a row's own number says which change came first."""
    for table, key in PEOPLE.items():
        for what, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
            notes = "; ".join(
                f"INSERT INTO subscriber_change (subscriber_id, mark) VALUES ({row}.{key}, "
                "(SELECT coalesce(max(id), 0) + 1 FROM subscriber_change))"
                for row in rows
            )
            op.execute(f"CREATE TRIGGER {table}_change_{what.lower()} AFTER {what} ON {table} BEGIN {notes}; END")


def _watch_on_postgresql() -> None:
    """Transactions end in any order: the mark is the transaction's number, compared with the oldest that is still open."""
    for table, key in PEOPLE.items():
        insert = "INSERT INTO subscriber_change (subscriber_id, mark) SELECT DISTINCT {key}, {mark} FROM {rows}"
        mark = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
        for what, transition, rows in (
            ("INSERT", "NEW TABLE AS new_rows", "new_rows"),
            ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows", f"(SELECT {key} FROM old_rows UNION SELECT {key} FROM new_rows) AS changed"),
            ("DELETE", "OLD TABLE AS old_rows", "old_rows"),
        ):  # fmt: skip
            name = f"{table}_change_{what.lower()}"
            note = insert.format(key=key, mark=mark, rows=rows)
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {what} ON {table} REFERENCING {transition} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in PEOPLE:
        for what in ("insert", "update", "delete"):
            name = f"{table}_change_{what}"
            op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
            if not is_sqlite:
                op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_subscriber_point_wide", table_name="subscriber_point")
    op.drop_table("subscriber_change")
    with op.batch_alter_table("incident_area") as batch_op:
        batch_op.drop_column("is_excluded")
        batch_op.drop_column("geojson")
    op.drop_index(op.f("ix_area_parent_code"), table_name="area")
    op.drop_table("saved_area")
    op.drop_table("area_outline")
