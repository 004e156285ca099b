"""Imports, addresses that are kept out, keys of programs, own choices; what the search for subscribers stands on

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_imports()
    op.create_table(
        "kept_out",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("value", sa.String(length=2_000), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_kept_out")),
    )
    op.create_index(op.f("ix_kept_out_at"), "kept_out", ["at"])
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("start", sa.String(length=12), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_api_key_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.add_column("subscriber", sa.Column("chose_at", sa.DateTime(timezone=True), nullable=True))
    # Until now nobody but the people themselves could choose.
    op.execute(
        "UPDATE subscriber SET chose_at = created_at WHERE id IN (SELECT subscriber_id FROM address WHERE confirmed_at IS NOT NULL)"
    )
    op.create_index("ix_subscriber_name", "subscriber", ["name"], postgresql_ops={"name": "text_pattern_ops"})
    op.create_index("ix_subscriber_language", "subscriber", ["language"])
    op.create_index("ix_subscription_component_id", "subscription", ["component_id"])
    suppressed = sa.text("suppressed_at IS NOT NULL")
    op.create_index(
        "ix_address_suppressed", "address", ["suppressed_at"], sqlite_where=suppressed, postgresql_where=suppressed
    )


def _make_imports() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows_about", sa.Integer(), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "created", "updated", "skipped", "invalid")
        ),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("started_at", "ended_at", "leased_until")
        ),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_import_job_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index(op.f("ix_import_job_state"), "import_job", ["state"])
    op.create_index(op.f("ix_import_job_uploaded_at"), "import_job", ["uploaded_at"])
    op.create_table(
        "import_part",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.id"], name=op.f("fk_import_part_job_id")),
        sa.PrimaryKeyConstraint("job_id", "kind", "n", name=op.f("pk_import_part")),
    )


def downgrade() -> None:
    op.drop_index("ix_address_suppressed", table_name="address")
    op.drop_index("ix_subscription_component_id", table_name="subscription")
    op.drop_index("ix_subscriber_language", table_name="subscriber")
    op.drop_index("ix_subscriber_name", table_name="subscriber")
    op.drop_column("subscriber", "chose_at")  # in place: a copied table would lose its triggers on SQLite
    op.drop_table("api_key")
    op.drop_index(op.f("ix_kept_out_at"), table_name="kept_out")
    op.drop_table("kept_out")
    op.drop_table("import_part")
    op.drop_index(op.f("ix_import_job_uploaded_at"), table_name="import_job")
    op.drop_index(op.f("ix_import_job_state"), table_name="import_job")
    op.drop_table("import_job")
