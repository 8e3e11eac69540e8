"""What real channels and the contact rules need: senders, what comes in, alerts, per-channel suppressions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_NEW_COLUMNS = {
    "leads": (("region", sa.String()), ("inquired_at", _INSTANT), ("purchased_at", _INSTANT)),
    "contact_points": (("dnc_listed", sa.Boolean()), ("dnc_checked_at", _INSTANT)),
    "suppressions": (("lifted_at", _INSTANT), ("lifted_by", sa.String()), ("lifted_why", sa.String())),
    "touches": (
        ("message_id", sa.String()),
        ("sender", sa.String()),
        ("segments", sa.Integer()),
        ("bounced_at", _INSTANT),
        ("complained_at", _INSTANT),
        ("scanned_at", _INSTANT),
    ),
}
_INDEXES = (
    ("ix_touches_sender_happened_at", "touches", ["sender", "happened_at"], "sender is not null"),
    ("ix_touches_message_id", "touches", ["message_id"], "message_id is not null"),
)


def upgrade() -> None:
    """Go one step forward."""
    for table, columns in _NEW_COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    # What asked before this column was there asked when it came.
    op.execute("update leads set inquired_at = created_at where kind = 'inbound'")
    op.add_column(
        "contact_points",
        sa.Column("suppressed_on", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.add_column("consents", sa.Column("seller", sa.String(), server_default="", nullable=False))
    op.add_column("suppressions", sa.Column("channel", sa.String(), server_default="all", nullable=False))
    op.add_column("suppressions", sa.Column("by", sa.String(), server_default="followthrough", nullable=False))
    op.drop_constraint(op.f("pk_suppressions"), "suppressions", type_="primary")
    op.create_primary_key(op.f("pk_suppressions"), "suppressions", ["digest", "channel"])
    for name, table, columns_of, where in _INDEXES:
        op.create_index(name, table, columns_of, unique=False, postgresql_where=sa.text(where))
    op.create_table(
        "senders",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("colleague_id", sa.String(), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.Column("ramp_from", _INSTANT, nullable=True),
        sa.Column("gap_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["colleague_id"], ["colleagues.id"], name=op.f("fk_senders_colleague_id_colleagues")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_senders")),
    )
    op.create_index(op.f("ix_senders_colleague_id"), "senders", ["colleague_id"], unique=False)
    op.create_table(
        "sender_slots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["sender"], ["senders.address"], name=op.f("fk_sender_slots_sender_senders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_slots")),
    )
    op.create_index("ix_sender_slots_sender_at", "sender_slots", ["sender", "at"], unique=False)
    op.create_table(
        "sending_domains",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("warned_at", _INSTANT, nullable=True),
        sa.Column("paused_at", _INSTANT, nullable=True),
        sa.Column("paused_until", _INSTANT, nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_sending_domains")),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("touch_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("handled_at", _INSTANT, nullable=True),
        sa.Column("handled_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_inbound_messages_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        sa.UniqueConstraint("provider", "external_id", name=op.f("uq_inbound_messages_provider_external_id")),
    )
    op.create_index(op.f("ix_inbound_messages_lead_id"), "inbound_messages", ["lead_id"], unique=False)
    op.create_index(
        "ix_inbound_messages_unhandled",
        "inbound_messages",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("lead_id is null and handled_at is null"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("resolved_at", _INSTANT, nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_table(
        "erasures",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", _INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_erasures")),
    )


def downgrade() -> None:
    """Go one step back."""
    for table in ("erasures", "alerts", "inbound_messages", "sending_domains", "sender_slots", "senders"):
        op.drop_table(table)
    for name, table, _, where in reversed(_INDEXES):
        op.drop_index(name, table_name=table, postgresql_where=sa.text(where))
    # The older code knows neither channels nor lifted ones.
    op.execute("delete from suppressions where channel <> 'all' or lifted_at is not null")
    op.drop_constraint(op.f("pk_suppressions"), "suppressions", type_="primary")
    op.create_primary_key(op.f("pk_suppressions"), "suppressions", ["digest"])
    op.drop_column("suppressions", "by")
    op.drop_column("suppressions", "channel")
    op.drop_column("consents", "seller")
    op.drop_column("contact_points", "suppressed_on")
    for table, columns in _NEW_COLUMNS.items():
        for name, _ in reversed(columns):
            op.drop_column(table, name)
