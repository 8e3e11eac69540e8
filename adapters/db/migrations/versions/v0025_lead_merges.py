"""Merged leads: which lead the id of a merged one stands for, and which erased id had been whose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "lead_merges",
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("plan", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["into_id"], ["leads.id"], name=op.f("fk_lead_merges_into_id_leads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("merged_id", name=op.f("pk_lead_merges")),
    )
    op.create_index(op.f("ix_lead_merges_into_id"), "lead_merges", ["into_id"], unique=False)
    op.add_column("erasures", sa.Column("merged_into", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("erasures", "merged_into")
    op.drop_table("lead_merges")
