"""Past incidents of other systems, to replay rules on

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=36), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=True),
        sa.Column("severity", sa.String(length=24), nullable=False),
        sa.Column("urgency", sa.String(length=24), nullable=False),
        sa.Column("certainty", sa.String(length=24), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("announced", sa.JSON(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_incident")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_past_incident_source_external_id")),
    )
    op.create_index(op.f("ix_past_incident_started_at"), "past_incident", ["started_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_past_incident_started_at"), table_name="past_incident")
    op.drop_table("past_incident")
