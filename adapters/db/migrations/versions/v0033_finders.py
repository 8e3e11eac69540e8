"""An index of who found a lead, since what one found is one's business, and one looks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_index(
        "ix_leads_generated_by_id",
        "leads",
        ["generated_by_id"],
        unique=False,
        postgresql_where=sa.text("generated_by_id is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_leads_generated_by_id", table_name="leads")
