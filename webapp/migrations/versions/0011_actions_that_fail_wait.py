"""An action that fails waits, so that it holds up no other

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("action", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("action", sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("action") as batch_op:
        batch_op.drop_column("again_at")
        batch_op.drop_column("tries")
