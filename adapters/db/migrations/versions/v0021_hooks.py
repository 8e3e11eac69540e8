"""What other programs delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_PARTIAL = (
    ("ix_hook_deliveries_lead_id", ["lead_id"], "lead_id is not null"),
    ("ix_hook_deliveries_with_body", ["received_at"], "body is not null"),
    ("ix_hook_deliveries_failed", ["hook", "received_at"], "state = 'failed'"),
)


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "hook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("replayed_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_hook_deliveries_lead_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
        sa.UniqueConstraint("hook", "external_id", name=op.f("uq_hook_deliveries_hook_external_id")),
    )
    op.create_index(op.f("ix_hook_deliveries_received_at"), "hook_deliveries", ["received_at"], unique=False)
    for name, columns, where in _PARTIAL:
        op.create_index(name, "hook_deliveries", columns, unique=False, postgresql_where=sa.text(where))


def downgrade() -> None:
    """Go one step back."""
    op.drop_table("hook_deliveries")
