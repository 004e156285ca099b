"""Small things wait for one mail a day

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "digest_item",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("address_id", BIG, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_digest_item_notice_id")),
        sa.PrimaryKeyConstraint("notice_id", "pos", name=op.f("pk_digest_item")),
    )
    op.create_index(op.f("ix_digest_item_due_at"), "digest_item", ["due_at"])
    op.add_column("letter", sa.Column("subscriber_id", BIG, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch_op:
        batch_op.drop_column("subscriber_id")
    op.drop_index(op.f("ix_digest_item_due_at"), table_name="digest_item")
    op.drop_table("digest_item")
