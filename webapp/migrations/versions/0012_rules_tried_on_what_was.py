"""Rules tried on all that is stored

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replay_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("amendment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("against", sa.String(length=64), nullable=False),
        sa.Column("sort", sa.String(length=24), nullable=False),
        sa.Column("is_usual", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("cursor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor_id", sa.Uuid(), nullable=True),
        sa.Column("begun_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["amendment_id"], ["amendment.id"], name=op.f("fk_replay_run_amendment_id_amendment")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["person.id"], name=op.f("fk_replay_run_begun_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_run")),
    )
    op.create_index(op.f("ix_replay_run_amendment_id"), "replay_run", ["amendment_id"])
    op.create_table(
        "replay_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("before", sa.String(length=8), nullable=False),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("announced", sa.JSON(), nullable=True),
        sa.Column("is_certain", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["replay_run.id"], name=op.f("fk_replay_change_run_id_replay_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_change")),
    )
    op.create_index(op.f("ix_replay_change_run_id"), "replay_change", ["run_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_replay_change_run_id"), table_name="replay_change")
    op.drop_table("replay_change")
    op.drop_index(op.f("ix_replay_run_amendment_id"), table_name="replay_run")
    op.drop_table("replay_run")
