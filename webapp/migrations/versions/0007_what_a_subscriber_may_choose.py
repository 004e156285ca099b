"""What a subscriber may choose, segments, and the log of consents

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REASONS = {
    "bad address": "bad_address",
    "opted out at the provider": "opted_out",
    "answered STOP": "answered_stop",
}
SENTENCE = "consents are never changed, only emptied of the address"
ERASED = "NEW.value = '' AND NEW.network = '' AND " + " AND ".join(
    f"NEW.{name} = OLD.{name}"
    for name in ("id", "subscriber_id", "channel", "consent_class", "is_given", "text", "source", "at")
)


def upgrade() -> None:
    _widen_subscribers()
    _make_room(254, 2_000)
    op.add_column("address", sa.Column("service_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscription", sa.Column("kinds", sa.String(length=120), nullable=False, server_default=""))
    for before, after in REASONS.items():
        _rename_reason(before, after)
    _make_segments()
    _make_consents()
    op.create_table(
        "knock",
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "hour_at", name=op.f("pk_knock")),
    )


def _rename_reason(before: str, after: str) -> None:
    reason = sa.table("address", sa.column("suppressed_reason", sa.String())).c.suppressed_reason
    op.execute(sa.update(reason.table).where(reason == before).values(suppressed_reason=after))


def _make_room(before: int, after: int) -> None:
    """Addresses of browsers and programs are longer than those of people."""
    for table in ("address", "recipient", "letter", "confirmation"):
        with op.batch_alter_table(table) as batch_op:
            old, new = sa.String(length=before), sa.String(length=after)
            batch_op.alter_column("value", existing_type=old, type_=new, existing_nullable=False)


def _widen_subscribers() -> None:
    """The unique constraint is a unique index, which SQLite can add without copying the table."""
    op.add_column("subscriber", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscriber", sa.Column("external_id", sa.String(length=64), nullable=True))
    op.add_column("subscriber", sa.Column("time_zone", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("subscriber", sa.Column("quiet_from_min", sa.Integer(), nullable=True))
    op.add_column("subscriber", sa.Column("quiet_to_min", sa.Integer(), nullable=True))
    op.add_column("subscriber", sa.Column("wants_digest", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("subscriber", sa.Column("is_paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("subscriber", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_subscriber_changed_at"), "subscriber", ["changed_at"])
    op.create_index(op.f("ix_subscriber_paused_until"), "subscriber", ["paused_until"])
    op.create_index(op.f("ix_subscriber_external_id"), "subscriber", ["external_id"], unique=True)


def _make_segments() -> None:
    op.create_table(
        "segment",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_tag", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_segment")),
    )
    subscriber_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "subscriber_segment",
        sa.Column("subscriber_id", subscriber_id, nullable=False),
        sa.Column("segment_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_segment_subscriber_id")),
        sa.ForeignKeyConstraint(["segment_code"], ["segment.code"], name=op.f("fk_subscriber_segment_segment_code")),
        sa.PrimaryKeyConstraint("subscriber_id", "segment_code", name=op.f("pk_subscriber_segment")),
    )
    op.create_index(op.f("ix_subscriber_segment_segment_code"), "subscriber_segment", ["segment_code"])


def _make_consents() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "consent",
        sa.Column("id", big, nullable=False),
        sa.Column("subscriber_id", big, nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("value", sa.String(length=2_000), nullable=False),
        sa.Column("consent_class", sa.String(length=24), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_subscriber_id"), "consent", ["subscriber_id"])
    # What was agreed to before this log stands with each address.
    op.execute(
        "INSERT INTO consent (subscriber_id, channel, value, consent_class, is_given, text, source, network, at) "
        "SELECT subscriber_id, channel, value, 'asked', true, agreed_text, source, '', confirmed_at FROM address "
        "WHERE confirmed_at IS NOT NULL"
    )
    _let_the_database_keep_them()


def _let_the_database_keep_them() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent WHEN NOT ({ERASED}) "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
        op.execute(
            f"CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION consent_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND ({ERASED}) THEN RETURN NEW; END IF; RAISE EXCEPTION '{SENTENCE}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consent_is_final BEFORE UPDATE OR DELETE ON consent "
        "FOR EACH ROW EXECUTE FUNCTION consent_is_final()"
    )


def downgrade() -> None:
    op.drop_table("knock")
    op.drop_table("consent")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consent_is_final()")
    op.drop_table("subscriber_segment")
    op.drop_table("segment")
    for before, after in REASONS.items():
        _rename_reason(after, before)
    op.drop_index(op.f("ix_subscriber_external_id"), table_name="subscriber")
    op.drop_index(op.f("ix_subscriber_paused_until"), table_name="subscriber")
    op.drop_index(op.f("ix_subscriber_changed_at"), table_name="subscriber")
    for table, names in (
        ("subscription", ("kinds",)),
        ("address", ("service_refused_at",)),
        ("subscriber", ("paused_until", "is_paused", "wants_digest", "quiet_to_min", "quiet_from_min", "time_zone",
                        "external_id", "changed_at")),
    ):  # fmt: skip
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
    _make_room(2_000, 254)
