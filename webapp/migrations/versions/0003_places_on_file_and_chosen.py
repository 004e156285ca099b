"""Places on file are kept apart from those that a person chose

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("subscriber_point", "subscriber_area"):
        op.add_column(table, sa.Column("is_on_file", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("subscriber_area", sa.Column("is_chosen", sa.Boolean(), nullable=False, server_default=sa.true()))
    # Until now nobody could tell which it was: of customers they are both.
    op.execute(
        "UPDATE subscriber_area SET is_on_file = true "
        "WHERE subscriber_id IN (SELECT id FROM subscriber WHERE is_customer)"
    )
    op.execute(
        "INSERT INTO subscriber_point (subscriber_id, z, radius_m, label, is_on_file) "
        "SELECT subscriber_id, z, radius_m, label, true FROM subscriber_point "
        "WHERE radius_m = 0 AND subscriber_id IN (SELECT id FROM subscriber WHERE is_customer)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM subscriber_point WHERE is_on_file")
    op.execute("DELETE FROM subscriber_area WHERE NOT is_chosen")
    with op.batch_alter_table("subscriber_area") as batch_op:
        batch_op.drop_column("is_chosen")
        batch_op.drop_column("is_on_file")
    with op.batch_alter_table("subscriber_point") as batch_op:
        batch_op.drop_column("is_on_file")
