"""Whose laws bind the organisation, what it may spend, and where the figures of its channels come from

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("sector", sa.String(length=24), nullable=False, server_default="finance"))
    op.add_column("organisation", sa.Column("threshold_people", sa.Integer(), nullable=True))
    op.add_column("organisation", sa.Column("threshold_min", sa.Float(), nullable=True))
    op.add_column("organisation", sa.Column("threshold_source", sa.String(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("month_budget", sa.Float(), nullable=True))
    op.add_column("channel_setup", sa.Column("source", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("channel_setup") as table:
        table.drop_column("source")
    with op.batch_alter_table("organisation") as table:
        for name in ("month_budget", "threshold_source", "threshold_min", "threshold_people", "sector"):
            table.drop_column(name)
