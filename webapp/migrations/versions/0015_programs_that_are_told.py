"""Programs that are told by webhook: what they are signed with, and since when they do not answer

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hook",
        sa.Column("address_id", BIG, nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("former_salt", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_hook_address_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_hook")),
    )


def downgrade() -> None:
    op.drop_table("hook")
