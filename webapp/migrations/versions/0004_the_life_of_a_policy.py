"""Changes of the rules have a life of their own, from draft to in force

Revision: 0004, after 0003
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.String(length=64), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["version"], ["policy_version.version"], name=op.f("fk_amendment_version")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_amendment_author_id")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_amendment_answered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    op.create_index(op.f("ix_amendment_status"), "amendment", ["status"])
    op.create_index(op.f("ix_amendment_in_force_at"), "amendment", ["in_force_at"])
    if op.get_context().as_sql:
        return
    # What has counted until now came into force once each, without a life before it.
    known = sa.table(
        "policy_version",
        sa.column("version"), sa.column("name"), sa.column("text"), sa.column("note"), sa.column("author_id", sa.Uuid()),
        sa.column("in_force_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    for row in op.get_bind().execute(sa.select(known)).mappings().all():
        at = row["in_force_at"]
        op.get_bind().execute(
            table.insert().values(
                **row, id=uuid4(), status="approved", revision=1, reason="", drafted_at=at, answered_at=at
            )
        )


def downgrade() -> None:
    op.execute(
        "UPDATE policy_version SET in_force_at = (SELECT max(in_force_at) FROM amendment "
        "WHERE amendment.version = policy_version.version) "
        "WHERE version IN (SELECT version FROM amendment WHERE in_force_at IS NOT NULL)"
    )
    op.drop_index(op.f("ix_amendment_in_force_at"), table_name="amendment")
    op.drop_index(op.f("ix_amendment_status"), table_name="amendment")
    op.drop_table("amendment")
